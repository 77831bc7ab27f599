#!/bin/sh
# What PyTorch and JAX reach with the recipes that the library is judged by.
#
#     sh tests/bench/vae/twins.sh BUILD FOLDER [TWINS]
#
# BUILD is a build directory, FOLDER holds MNIST's training images (IDX, gzip).
# TWINS is `mnist`, `iwae`, `deep`, with commas between; all by default.
# Installs the peers' current releases into BUILD/race-train and leaves figures
# and weights in BUILD/twins. On one thread, OMP_NUM_THREADS of them if set:
# mnist takes some two minutes, iwae half an hour, deep half an hour.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
build=${1:?the build directory} folder=${2:?the folder of MNIST}
twins=${3:-mnist,iwae,deep}
venv=$build/race-train out=$build/twins

if ! test -x "$venv/bin/python"; then
    python3 -m venv "$venv"
    "$venv/bin/pip" install -q --disable-pip-version-check torch 'jax[cpu]' >&2
fi
mkdir -p "$out"

run() { "$venv/bin/python" "$here/twin_$1.py" "$folder" "$out" "$2"; }
case ,$twins, in *,mnist,*) run mnist 0,1,2 ;; esac
case ,$twins, in *,iwae,*) run iwae 1 && run iwae 5 ;; esac
case ,$twins, in *,deep,*) run deep 0 ;; esac
