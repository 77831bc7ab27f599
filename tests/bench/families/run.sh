#!/bin/sh
# Five seeds of every family, each a process of one thread, the longest first.
#
#     run.sh FAMILIES CLASSIFIER MNIST OUT CORES SECONDS
#
# FAMILIES: the program; CLASSIFIER: a file that families_classifier wrote.
# What is not done after SECONDS is ended. Lines for table.py go to
# OUT/families.txt, sheets of the first seed to OUT/sheets.
set -eu
[ $# -eq 6 ] || { sed -n '2,9s/^# \{0,1\}//p' "$0" >&2; exit 2; }
families=$1 classifier=$2 mnist=$3 out=$4 cores=$5
end=$(($(date +%s) + $6))
mkdir -p "$out/sheets" "$out/jobs"
export families classifier mnist out end
export OPENBLAS_NUM_THREADS=1
for family in gan vae codes factors diagonal; do
    for seed in 1 2 3 4 5; do echo "$family" $seed; done
done | { cat; echo real 1; } | xargs -P "$cores" -L 1 sh -c '
    family=$0 seed=$1 sheets=
    [ "$seed" = 1 ] && sheets=$out/sheets
    left=$((end - $(date +%s)))
    [ $left -gt 0 ] || { echo "$family $seed: no time left"; exit 0; }
    timeout $left "$families" "$family" "$seed" "$classifier" "$mnist" \
        "$sheets" >"$out/jobs/$family.$seed" ||
        echo "$family $seed: ended with $?"
    echo "$family $seed is done, $((end - $(date +%s))) s left"' || true
cat "$out"/jobs/* >"$out/families.txt"
wc -l "$out/families.txt"
