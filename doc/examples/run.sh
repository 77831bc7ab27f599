#!/bin/sh
# Sets up, builds and runs the gallery: pictures and a table of measured
# statements in build/gallery/.
#
#     sh doc/examples/run.sh [folder with MNIST's IDX files]
set -u

mnist=
if [ $# -gt 0 ]; then
    mnist=$(cd "$1" 2>/dev/null && pwd) || {
        echo "run.sh: $1: no such folder" >&2
        exit 1
    }
fi
cd "$(dirname "$0")/../.." || exit 1
. tests/setup.sh

build=build
gallery=$build/gallery
data=tests/data
total=18
[ -z "$mnist" ] || total=21
done=0

# progress WHAT: "[2/5] WHAT … "
progress() {
    done=$((done + 1))
    printf '[%d/%d] %s … ' "$done" "$total" "$1"
    begun=$(date +%s)
}

took() {
    echo "$(($(date +%s) - begun)) s"
}

# picture NAME ARGUMENT…: build/gallery/NAME.png
picture() {
    name=$1
    shift
    progress "$gallery/$name.png"
    "$build/doc/examples/$name" "$@" "$gallery/$name.png" ||
        setup_fail "$name failed"
    took
}

setup_packages examples
echo "Building in $build"
setup_build "$build" -Dexamples=enabled
mkdir -p "$gallery"

picture gmm_digits $data/digits.csv
picture gmm_faithful $data/faithful.csv
picture gmm_components $data/faithful.csv
picture gmm_divergence
picture gmm_distance
picture gmm_complete $data/digits.csv
picture ae_denoise $data/digits.csv
picture ae_bottleneck $data/digits.csv
picture ae_prior $data/digits.csv
picture vae_digits $data/digits.csv
picture vae_between $data/digits.csv
picture vae_map $data/digits.csv
picture vae_passes $data/digits.csv
picture vae_complete $data/digits.csv
picture gan_ring
picture gan_balance $data/digits.csv
picture gan_digits $data/digits.csv
if [ -n "$mnist" ]; then
    picture gmm_mnist "$mnist"
    picture ae_mnist "$mnist"
    picture vae_mnist "$mnist"
fi

progress "$gallery/statements.md"
{
    echo "# What generative models do, measured"
    echo
    echo "Written by \`doc/examples/run.sh\`, on this machine."
    echo
    "$build/doc/examples/statements" $data
} >"$gallery/statements.md" || {
    echo
    grep '| NO |' "$gallery/statements.md" >&2
    setup_fail "a statement does not hold; see $gallery/statements.md"
}
took
