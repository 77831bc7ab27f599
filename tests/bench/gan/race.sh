#!/bin/sh
# Whole games through the public calls against PyTorch (eager and compiled) and
# JAX.
#
#     sh tests/bench/gan/race.sh BUILD [THREADS [ROUNDS [CASES]]]
#
# BUILD is a configured build directory with buildtype=release. Installs the
# peers' current releases into BUILD/race-train. What is timed is a turn: the
# updates of D that go before one of G, each on codes of its own, that one, and
# the average of G's weights. Cases, each as case:batch:
#
#     dcgan       preset dcgan, 3 x 32 x 32, base 64, batch norm in both
#     wgan-gp     preset wgan-gp, two columns: 5 updates of D with a gradient
#                 penalty, batch norm in G, three layers of 128 each
#     wgan-gp-28  the same with images of 28 x 28, the preset's networks
#     auto        the default, two columns: pairs, R1 and R2, layer norm in G
#     auto-28     the default, images of 28 x 28
#
# With one thread the seconds are the processor's, so that a busy machine
# disturbs little; else the machine should be idle. Some twenty minutes.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=${1:?the build directory}
threads=${2:-1} rounds=${3:-5}
cases=${4:-dcgan:64,dcgan:128,wgan-gp:64,wgan-gp:256,wgan-gp-28:64,auto:256,auto-28:64}

exec sh "$here/../train/peers.sh" "$build" race_gan "$here" "$threads" \
    "$rounds" "$cases"
