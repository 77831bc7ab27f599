#!/bin/sh
# Milliseconds a pass of kann's own VAE example over MNIST's 60,000 digits.
#
#     sh tests/bench/vae/race_kann.sh KANN FOLDER WORK [EPOCHS [THREADS [N C]]]
#
# KANN is a built checkout of kann (`make`, or `make CBLAS=PREFIX` with
# OpenBLAS under PREFIX); FOLDER holds MNIST's training images (IDX, gzip), WORK
# takes them as kann's text, 200 MiB. Prints the median of the passes after the
# first: 54,000 digits to train in batches of 64 (RMSprop; N = 64 hidden tanh a
# side, C = 2 codes) and 6,000 to validate, without the time to read the text.
# THREADS are OpenBLAS's; kann itself has one.
set -eu

kann=${1:?the built kann} folder=${2:?the folder of MNIST} work=${3:?a folder}
epochs=${4:-8} threads=${5:-1} hidden=${6:-64} codes=${7:-2}
data=$work/mnist.knd

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

OPENBLAS_NUM_THREADS=$threads OMP_NUM_THREADS=$threads \
    "$kann/examples/vae" -n "$hidden" -c "$codes" -m "$epochs" "$data" 2>&1 |
    while read -r line; do
        case $line in epoch:*) date +%s%N ;; esac
    done |
    awk 'NR > 1 { print ($1 - last) / 1e6 } { last = $1 }' | sort -n |
    awk '{ at[NR] = $1 } END {
        if (NR == 0) {
            print "race_kann: no pass was timed" >"/dev/stderr"
            exit 1
        }
        printf "%.1f ms a pass (%d to %d, %d passes)\n", \
            (at[int((NR + 1) / 2)] + at[int(NR / 2) + 1]) / 2, at[1], at[NR], NR
    }'
