#!/bin/sh
# Training steps on the engine against PyTorch (eager and compiled) and JAX.
#
#     sh tests/bench/train/race.sh BUILD [THREADS [ROUNDS [CASES]]]
#
# BUILD is a configured build directory with buildtype=release. Installs the
# peers' current releases into BUILD/race-train. Wants an idle machine: about
# five minutes.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=${1:?the build directory}
threads=${2:-2} rounds=${3:-7} cases=${4:-all}
venv=$build/race-train

if ! test -x "$venv/bin/python"; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q --disable-pip-version-check torch 'jax[cpu]' >&2
fi
ninja -C "$build" tests/bench/race_train >&2

python=$venv/bin/python
torch=$("$python" -c 'import torch; print(torch.__version__.split("+")[0])')
jax=$("$python" -c 'import jax; print(jax.__version__)')
echo "$(uname -m)," \
    "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)," \
    "$threads threads; median of $rounds rounds."
echo
exec "$python" "$here/race.py" "$threads" "$rounds" "$cases" \
    -- genmod "$build/tests/bench/race_train" CASE BATCH THREADS \
    -- "PyTorch $torch" "$python" "$here/race_torch.py" CASE BATCH THREADS eager \
    -- "PyTorch $torch compiled" "$python" "$here/race_torch.py" CASE BATCH \
    THREADS compile \
    -- "JAX $jax" "$python" "$here/race_jax.py" CASE BATCH THREADS
