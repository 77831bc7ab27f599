#!/bin/sh
# The ABI of the shared library against the dump that is checked in.
#
#     abi.sh check INCLUDE DUMP LIBRARY
#     abi.sh canary CC…
#     abi.sh --update [build folder]      writes the dump of this machine's kind
#
# Both sides are dumps of the public types alone: abidw leaves out what only
# private headers define. Any difference is refused, harmless ones too: whoever
# changes the interface updates the dump in the same commit.
set -eu

# dump INCLUDE LIBRARY OUTPUT
# With whole paths: of two sources of one name abidiff sees but one otherwise.
dump() {
    abidw --headers-dir "$1" --drop-private-types --no-comp-dir-path \
        --no-corpus-path --exported-interfaces-only \
        --type-id-style hash "$2" --out-file "$3"
}

# Without debugging information a dump knows names, but no types. compare would
# then see nothing.
informed() {
    if ! grep -q '<function-decl ' "$1"; then
        echo "$2: no debugging information"
        return 1
    fi
    if grep -q '<data-member ' "$1"; then
        echo "$2: the dump shows the inside of a type:"
        grep -B 2 '<data-member ' "$1" | head -n 5
        return 1
    fi
}

# check INCLUDE DUMP LIBRARY
check() {
    new=$(mktemp)
    status=0
    dump "$1" "$3" "$new" || status=1
    informed "$new" "$3" || status=1
    if [ $status -eq 0 ] && ! abidiff --harmless "$2" "$new"; then
        status=1
        echo "The ABI changed. If that is meant: sh tests/guard/abi.sh --update"
    fi
    rm -f "$new"
    return $status
}

toy_header='typedef struct toy toy;
int *toy_do(toy *t, int n);
int toy_too(int n);'
toy_source='#include "public.h"
struct toy { int a; };
int *toy_do(toy *t, int n)
{
    t->a += n;
    return &t->a;
}'

toy_second='#include "public.h"
int toy_too(int n)
{
    return n;
}'

# toy FOLDER HEADER SOURCE SECOND CC OPTIONS…: SECOND has the other's file name.
toy() {
    folder=$1
    mkdir -p "$folder/include" "$folder/second"
    printf '%s\n' "$2" >"$folder/include/public.h"
    printf '%s\n' "$3" >"$folder/toy.c"
    printf '%s\n' "$4" >"$folder/second/toy.c"
    shift 4
    "$@" -shared -fPIC -I "$folder/include" -o "$folder/toy.so" "$folder/toy.c" \
        "$folder/second/toy.c"
}

# judge WHAT [WORD]: check must pass, or fail with a message that has the word.
judge() {
    wanted=$(($# - 1))
    answer=0
    check "$base/twin/include" "$base/toy.abi" "$base/$1/toy.so" \
        >"$base/out" 2>&1 || answer=1
    if [ $answer -eq $wanted ] && { [ $answer -eq 0 ] ||
        grep -q "$2" "$base/out"; }; then
        echo "ok   $1"
    else
        echo "FAIL $1"
        cat "$base/out"
        failed=1
    fi
}

canary() {
    base=$(mktemp -d)
    failed=0
    toy "$base/twin" "$toy_header" "$toy_source" "$toy_second" "$@" -g
    dump "$base/twin/include" "$base/twin/toy.so" "$base/toy.abi"
    judge twin
    toy "$base/private" "$toy_header" \
        "$(echo "$toy_source" | sed 's/int a;/int b, a;/')" "$toy_second" \
        "$@" -g
    judge private
    toy "$base/argument" "$(echo "$toy_header" | sed 's/int n/long n/')" \
        "$(echo "$toy_source" | sed 's/int n/long n/')" \
        "$(echo "$toy_second" | sed 's/int n/long n/')" "$@" -g
    judge argument "int' to 'long int"
    toy "$base/second" "$(echo "$toy_header" | sed 's/too(int n/too(long n/')" \
        "$toy_source" "$(echo "$toy_second" | sed 's/int n/long n/')" "$@" -g
    judge second "toy_too"
    toy "$base/gone" "$(echo "$toy_header" | sed 's/toy_do/toy_did/')" \
        "$(echo "$toy_source" | sed 's/toy_do/toy_did/')" "$toy_second" "$@" -g
    judge gone toy_do
    toy "$base/stripped" "$toy_header" "$toy_source" "$toy_second" "$@" -g0
    judge stripped 'no debugging information'
    rm -rf "$base"
    return $failed
}

update() {
    cd "$(dirname "$0")/../.."
    dump include "${1:-build}/lib/libgenmod.so" \
        "tests/guard/abi/$(uname -m).abi"
}

case $1 in
check) shift && check "$@" ;;
canary) shift && canary "$@" ;;
--update) shift && update "$@" ;;
esac
