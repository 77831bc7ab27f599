#!/bin/sh
# Training steps on the engine against PyTorch (eager and compiled) and JAX.
#
#     sh tests/bench/train/race.sh BUILD [THREADS [ROUNDS [CASES]]]
#
# BUILD is a configured build directory with buildtype=release. Wants an idle
# machine: about five minutes.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=${1:?the build directory}
threads=${2:-2} rounds=${3:-7} cases=${4:-all}

exec sh "$here/peers.sh" "$build" race_train "$here" "$threads" "$rounds" "$cases"
