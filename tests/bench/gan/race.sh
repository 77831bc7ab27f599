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
venv=$build/race-train

if ! test -x "$venv/bin/python"; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q --disable-pip-version-check torch 'jax[cpu]' >&2
fi
ninja -C "$build" tests/bench/race_gan >&2

python=$venv/bin/python
torch=$("$python" -c 'import torch; print(torch.__version__.split("+")[0])')
jax=$("$python" -c 'import jax; print(jax.__version__)')
echo "$(uname -m)," \
    "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)," \
    "$threads threads; median of $rounds rounds."
echo
exec "$python" "$here/../train/race.py" "$threads" "$rounds" "$cases" \
    -- genmod "$build/tests/bench/race_gan" CASE BATCH THREADS \
    -- "PyTorch $torch" "$python" "$here/race_torch.py" CASE BATCH THREADS eager \
    -- "PyTorch $torch compiled" "$python" "$here/race_torch.py" CASE BATCH \
    THREADS compile \
    -- "JAX $jax" "$python" "$here/race_jax.py" CASE BATCH THREADS
