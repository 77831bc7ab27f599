#!/bin/sh
# How the resident set grows from 10^5 to 10^7 rows.
#
#     sh tests/bench/gmm/memory.sh BUILD
#
# Ends with 1 where it grows by more than 1 MB.
set -eu

build=${1:?the build directory}
ninja -C "$build" tests/gmm/bench_memory >&2

# The least of three: what the allocator and the loader do differs by some pages.
peak() {
    for i in 1 2 3; do
        "$build/tests/gmm/bench_memory" "$1"
    done | sort -n | head -1
}

small=$(peak 100000)
large=$(peak 10000000)
echo "| rows | peak of the resident set, KiB |"
echo "|---|---|"
echo "| 10^5 | $small |"
echo "| 10^7 | $large |"
echo
echo "growth: $((large - small)) KiB, at most 976"
test $((large - small)) -le 976
