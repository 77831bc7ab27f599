#!/bin/sh
# Programs built against the headers of earlier versions run on this library: the
# tests and examples that use the public interface alone, as the last commit of each
# version has them, are compiled with its headers and linked with the library of
# today.
#
#     old_headers.sh ROOT LIBRARY COMPILER…
#
# Without the project's history there is nothing to check out: skipped.
set -u
root=$1
library=$2
shift 2

changes=$(git -C "$root" log --format=%H -G'define GENMOD_VERSION_M[AI]' \
    -- include/genmod/base.h 2>/dev/null)
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT
passed=0
failed=0
versions=0

# build_and_run NAME SOURCE…
build_and_run() {
    name=$1
    shift
    if "$@" -o "$folder/program" "$library" -lcmocka -lm \
        "-Wl,-rpath,$(dirname "$library")" >"$folder/log" 2>&1 &&
        (cd "$folder" && GENMOD_TEST_DATA=$old/tests/data ./program \
            >"$folder/log" 2>&1); then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$version: $name"
        tail -n 5 "$folder/log"
    fi
}

# version_of: of a header on standard input
version_of() {
    awk '/^#define GENMOD_VERSION_M[AI]/ { v = v s $3; s = "." } END { print v }'
}

# Tests that see what public headers and the tests' own support declare; first.c
# wants the very version that it was compiled for.
public_tests() {
    for source in "$old"/tests/api/test_*.c "$old"/tests/guard/test_*.c; do
        grep '^#include "' "$source" |
            grep -qv '"\(genmod/.*\|support/test\|support/host\|environment\)\.h"' ||
            echo "$source"
    done
}

# Programs that hold a call to refuse what a later version can do.
lifted() {
    case "$version/$1" in
    0.1/data.c) echo "0.1: data.c wants mixtures to refuse missing cells" ;;
    *) return 1 ;;
    esac
}

# The programs that the examples' build file made tests of and that take no file.
examples() {
    sed -n "/^foreach name : \[/,/^endforeach/p" "$old/doc/examples/meson.build" |
        sed -n '/^foreach/,/\]/p' | grep -o "'[a-z_0-9]*'" | tr -d "'"
}

for change in $changes; do
    # The commit before the version changed; the first commit has none.
    last=$(git -C "$root" rev-parse -q --verify "$change^") || continue
    header=include/genmod/base.h
    version=$(git -C "$root" show "$last:$header" | version_of)
    [ "$version" != "$(git -C "$root" show "$change:$header" | version_of)" ] ||
        continue
    old=$folder/$last
    mkdir "$old"
    git -C "$root" archive "$last" include tests/api tests/guard tests/support \
        tests/data doc/examples | tar -x -C "$old" || exit 1
    versions=$((versions + 1))
    before=$passed
    for source in $(public_tests); do
        build_and_run "$(basename "$source")" "$@" -std=c11 -O1 \
            -I "$old/include" -I "$old/tests" "$source" "$old/tests/support/host.c" \
            "$old/tests/guard/environment.c"
    done
    # What the examples share, compiled once.
    for helper in adversarial autoencoder codes example halves mixture \
        neighbours noise pca read_csv variational; do
        [ ! -f "$old/doc/examples/$helper.c" ] ||
            "$@" -std=c11 -O1 -I "$old/include" -c "$old/doc/examples/$helper.c" \
                -o "$old/$helper.o" || exit 1
    done
    for name in $(examples); do
        ! lifted "$name.c" || continue
        build_and_run "$name.c" "$@" -std=c11 -O1 -pthread -I "$old/include" \
            "$old/doc/examples/$name.c" "$old"/*.o
    done
    echo "$version ($last): $((passed - before)) programs run"
done
if [ "$versions" = 0 ]; then
    echo "skipped: no history of earlier versions here"
    exit 77
fi
echo "$passed passed, $failed failed"
[ "$failed" = 0 ] && [ "$passed" -gt 0 ]
