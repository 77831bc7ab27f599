#!/bin/sh
# EM against scikit-learn (the system's and the newest) and Armadillo.
#
#     sh tests/bench/gmm/race.sh BUILD [N D K [REPEATS [THREADS [CONTESTS]]]]
#
# BUILD is a configured build directory with buildtype=release. Prints the
# table of doc/guide/performance.md; ends with 1 if a figure is void or a bar
# missed. Wants an idle machine: an hour at the default size: the peers take it.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=${1:?the build directory}
n=${2:-200000} d=${3:-32} k=${4:-32} repeats=${5:-5}
threads=${6:-1 2} contests=${7:-all}
low=1 high=10
work=$build/race
mkdir -p "$work"

say() { echo "race: $*" >&2; }

if ! /usr/bin/python3 -c 'import sklearn' 2>/dev/null ||
    ! test -f /usr/include/armadillo; then
    say "installing python3-sklearn and libarmadillo-dev"
    if test "$(id -u)" = 0; then sudo=; else sudo=sudo; fi
    $sudo apt-get install -y -q python3-sklearn libarmadillo-dev \
        python3-venv >&2
fi

if ! test -x "$work/venv/bin/python"; then
    say "making $work/venv with the newest scikit-learn"
    /usr/bin/python3 -m venv "$work/venv"
    "$work/venv/bin/pip" install -q --disable-pip-version-check \
        scikit-learn numpy >&2
fi

ninja -C "$build" tests/gmm/race_genmod >&2
g++ -std=c++14 -O3 -march=native -fopenmp -DARMA_NO_DEBUG \
    "$here/race_armadillo.cpp" -o "$work/race_armadillo" -larmadillo

stamp="$n $d $k $(cksum <"$here/race_data.py")"
if test "$(cat "$work/size" 2>/dev/null)" != "$stamp"; then
    say "making $n x $d rows of $k components"
    /usr/bin/python3 "$here/race_data.py" "$work" "$n" "$d" "$k"
    echo "$stamp" >"$work/size"
fi

version() { "$1" -c 'import sklearn; print(sklearn.__version__)'; }
armadillo=$(dpkg-query -W -f '${Version}' libarmadillo-dev 2>/dev/null |
    sed 's/.*://; s/[+-].*//')
echo "n = $n, d = $d, k = $k; $(uname -m)," \
    "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)," \
    "$(nproc) cores; iterations $low to $high, median of $repeats."
echo
exec /usr/bin/python3 "$here/race.py" "$work" "$n" "$d" "$k" "$repeats" \
    "$low" "$high" "$threads" "$contests" \
    -- genmod "$build/tests/gmm/race_genmod" \
    -- "scikit-learn $(version /usr/bin/python3)" /usr/bin/python3 \
    "$here/race_sklearn.py" \
    -- "scikit-learn $(version "$work/venv/bin/python")" \
    "$work/venv/bin/python" "$here/race_sklearn.py" \
    -- "Armadillo $armadillo" "$work/race_armadillo"
