#!/bin/sh
# Milliseconds a pass of kann's own VAE example over MNIST's 60,000 digits, and
# of this library on the same network and rows.
#
#     sh tests/bench/vae/race_kann.sh BUILD KANN FOLDER WORK [ROUNDS [EPOCHS [N C]]]
#
# BUILD is a build with buildtype=release; KANN a built checkout of kann (`make`,
# or `make CBLAS=PREFIX` with OpenBLAS under PREFIX); FOLDER holds MNIST's
# training images (IDX, gzip), WORK takes them as kann's text, 200 MiB. 54,000
# digits to train in batches of 64 (RMSprop; N = 64 hidden tanh a side, C = 2
# codes) and 6,000 to validate, without the time to read the text, one thread
# each, asked in turns. Prints each round's medians over the passes after the
# first and their ratio, and the median of the ratios.
set -eu

build=${1:?the build directory} kann=${2:?the built kann}
folder=${3:?the folder of MNIST} work=${4:?a folder}
rounds=${5:-3} epochs=${6:-6} hidden=${7:-64} codes=${8:-2}
data=$work/mnist.knd
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1

if ! test -s "$data"; then
    mkdir -p "$work"
    gzip -dc "$folder/train-images-idx3-ubyte.gz" | tail -c +17 |
        od -An -v -tu1 -w784 | awk '{
            printf "%d", NR
            for (i = 1; i <= NF; i++) printf "\t%.6g", $i / 255
            print ""
        }' >"$data.part"
    mv "$data.part" "$data"
fi
ninja -C "$build" tests/bench/vae_race_kann >&2

median() {
    sort -n | awk '{ at[NR] = $1 } END {
        if (NR == 0) {
            print "race_kann: no pass was timed" >"/dev/stderr"
            exit 1
        }
        print (at[int((NR + 1) / 2)] + at[int(NR / 2) + 1]) / 2
    }'
}

theirs() {
    "$kann/examples/vae" -n "$hidden" -c "$codes" -m "$epochs" "$data" 2>&1 |
        while read -r line; do
            case $line in epoch:*) date +%s%N ;; esac
        done |
        awk 'NR > 1 { print ($1 - last) / 1e6 } { last = $1 }' | median
}

ours() {
    "$build/tests/bench/vae_race_kann" "$folder" "$epochs" 1 "$hidden" \
        "$codes" | median
}

i=0
while [ "$i" -lt "$rounds" ]; do
    echo "$(ours) $(theirs)"
    i=$((i + 1))
done | awk '{ print "genmod " $1 " ms a pass, kann " $2 " ms: " $2 / $1 >"/dev/stderr"
    print $2 / $1 }' | median
