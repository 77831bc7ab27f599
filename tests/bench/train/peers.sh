#!/bin/sh
# One of our programs against two of PyTorch (eager and compiled) and one of JAX.
#
#     sh tests/bench/train/peers.sh BUILD OURS FOLDER THREADS ROUNDS CASES
#
# OURS: a program of tests/bench; FOLDER has race_torch.py and race_jax.py.
# Installs the peers' current releases into BUILD/race-train.
set -eu

build=$1 ours=tests/bench/$2 folder=$3 threads=$4 rounds=$5 cases=$6
venv=$build/race-train

if ! test -x "$venv/bin/python"; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q --disable-pip-version-check torch 'jax[cpu]' >&2
fi
ninja -C "$build" "$ours" >&2

python=$venv/bin/python
torch=$("$python" -c 'import torch; print(torch.__version__.split("+")[0])')
jax=$("$python" -c 'import jax; print(jax.__version__)')
echo "$(uname -m)," \
    "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)," \
    "$threads threads; median of $rounds rounds."
echo
exec "$python" "$(dirname "$0")/race.py" "$threads" "$rounds" "$cases" \
    -- genmod "$build/$ours" CASE BATCH THREADS \
    -- "PyTorch $torch" "$python" "$folder/race_torch.py" CASE BATCH THREADS eager \
    -- "PyTorch $torch compiled" "$python" "$folder/race_torch.py" CASE BATCH \
    THREADS compile \
    -- "JAX $jax" "$python" "$folder/race_jax.py" CASE BATCH THREADS
