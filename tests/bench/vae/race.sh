#!/bin/sh
# Training steps of autoencoders against PyTorch (eager and compiled) and JAX.
#
#     sh tests/bench/vae/race.sh BUILD [THREADS [ROUNDS [CASES]]]
#
# BUILD is a configured build directory with buildtype=release; its race_vae is
# the first contestant, and a build without one races the peers alone. Installs
# the peers' current releases into BUILD/race-train. Cases, each as case:batch:
#
#     vae      784-400-20, ReLU, Bernoulli on grey
#     iwae     784-200-200-50, tanh, 5 draws, Bernoulli
#     convvae  28 x 28: conv 32 k4 s2 p1, conv 64 k4 s2 p1, dense 256, 16 codes,
#              mirrored; ReLU, Bernoulli
#     mixed    20 real columns, 10 of 5 levels, 5 counts: dense 128, 8 codes;
#              normal with a learned spread a column, softmax, negative
#              binomial with a learned dispersion a column
#     deep     autoencoder 784-1000-500-250-30, ReLU, Bernoulli
#
# Adam everywhere. Wants an idle machine: about five minutes.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
train=$here/../train
build=${1:?the build directory}
threads=${2:-2} rounds=${3:-7}
cases=${4:-vae:128,iwae:20,iwae:100,convvae:128,mixed:256,deep:128}
venv=$build/race-train

if ! test -x "$venv/bin/python"; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q --disable-pip-version-check torch 'jax[cpu]' >&2
fi

python=$venv/bin/python
torch=$("$python" -c 'import torch; print(torch.__version__.split("+")[0])')
jax=$("$python" -c 'import jax; print(jax.__version__)')
set -- -- "PyTorch $torch" "$python" "$train/race_torch.py" CASE BATCH \
    THREADS eager \
    -- "PyTorch $torch compiled" "$python" "$train/race_torch.py" CASE BATCH \
    THREADS compile \
    -- "JAX $jax" "$python" "$train/race_jax.py" CASE BATCH THREADS
if ninja -C "$build" tests/bench/race_vae >&2; then
    set -- -- genmod "$build/tests/bench/race_vae" CASE BATCH THREADS "$@"
fi
echo "$(uname -m)," \
    "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)," \
    "$threads threads; median of $rounds rounds."
echo
exec "$python" "$train/race.py" "$threads" "$rounds" "$cases" "$@"
