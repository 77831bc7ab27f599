#!/bin/sh
# Makes the static library: one relocatable object in which only the names of
# the map are global.
#
#     archive.sh MAP OUTPUT SCRATCH CC… -- HIDDEN… -- ROOM…
#
# ROOM archives go in whole; of HIDDEN ones goes in what the rooms call.
set -eu

map=$1
output=$2
scratch=$3
shift 3

compiler=
while [ "$1" != -- ]; do
    compiler="$compiler $1"
    shift
done
shift
hidden=
while [ "$1" != -- ]; do
    hidden="$hidden $1"
    shift
done
shift

# Those of the compiler's target, which may be another machine's.
objcopy=$($compiler -print-prog-name=objcopy)
ar=$($compiler -print-prog-name=ar)

mkdir -p "$scratch"
sed -n 's/^ *\([a-z0-9_]*\);$/\1/p' "$map" >"$scratch/names"
# shellcheck disable=SC2086 # lists of words
$compiler -r -nostdlib -o "$scratch/genmod.o" \
    -Wl,--whole-archive "$@" -Wl,--no-whole-archive $hidden
"$objcopy" --keep-global-symbols="$scratch/names" "$scratch/genmod.o"
rm -f "$output"
"$ar" rcsD "$output" "$scratch/genmod.o"
