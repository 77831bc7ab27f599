#!/bin/sh
# The whole test suite, from a fresh checkout: installs what is lacking,
# configures, builds, runs. The last line is "N passed, N failed, N skipped".
#
#     sh tests/run.sh [build folder]
set -u
cd "$(dirname "$0")/.." || exit 1
. tests/setup.sh

build=${1:-build}
setup_packages tests
setup_build "$build" -Dtests=enabled -Dexamples=enabled

# Suites that take minutes or need other libraries to compare with are run by
# hand: meson test -C build --suite slow
meson test -C "$build" --no-rebuild --print-errorlogs --no-suite slow \
    --no-suite bench --no-suite peer --no-suite ffi --no-suite mpi
python3 tests/count.py "$build"
