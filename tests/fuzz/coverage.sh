#!/usr/bin/env bash
# coverage.sh FOLDER: the share of the reader's branches that the kept corpora
# and the tests of reading take; exit status 1 below 95 %. Builds into FOLDER,
# with clang. Not for CI.
#
# The reader is what turns bytes of others into a model: the container, the
# files of all families, the numbers, the options and the networks in them.
# Assertions are left out. The tests that let each allocation fail take longest.
set -eu
build=$(realpath -m "$1")
cd "$(dirname "$0")/../.."
reader=(lib/codec/{read,json,index,types,checksum,record}.c
    lib/base/{parse,config}.c lib/model/state.c
    lib/gmm/{state,statistics_bytes}.c lib/nn/{text,token,arguments,size,loop_state}.c)
fuzzers=(codec_open nn_text gmm_load ae_load vae_load gan_load)
tests=(codec/test_codec_{damage,json,read,write} base/test_base_{parse,config,text}
    nn/test_nn_{text,size,kinds,loop_state} ae/test_ae_{arguments,state} vae/test_vae_state
    gan/test_gan_{state,table_life} gmm/test_gmm_{state,variational_state,statistics}
    gmm/test_api_alloc_gmm ae/test_api_alloc_ae)

export LLVM_PROFILE_FILE=/dev/null
[ -d "$build" ] || CC=clang meson setup "$build" -Dfuzz=true -Dblas=builtin \
    -Dkernels=generic -Dtests=enabled -Dexamples=disabled -Dbuildtype=plain \
    -Doptimization=1 -Ddebug=false -Db_ndebug=true \
    -Dc_args='-fprofile-instr-generate -fcoverage-mapping' \
    -Dc_link_args=-fprofile-instr-generate >/dev/null
ninja -C "$build" "${fuzzers[@]/#/tests/fuzz/fuzz_}" "${tests[@]/#/tests/}" \
    >"$build/log" || { tail -n 30 "$build/log"; exit 1; }

rm -f "$build"/*.profraw
export LLVM_PROFILE_FILE=$build/%p.profraw GENMOD_TEST_DATA=$PWD/tests/data
for name in "${fuzzers[@]}"; do
    "$build/tests/fuzz/fuzz_$name" -runs=0 "tests/fuzz/corpus/${name%%_*}" \
        >"$build/log" 2>&1 || { tail -n 30 "$build/log"; exit 1; }
done
for name in "${tests[@]}"; do
    "$build/tests/$name" >"$build/log" 2>&1 || { tail -n 30 "$build/log"; exit 1; }
done
llvm-profdata merge -o "$build/all.profdata" "$build"/*.profraw
rm -f "$build"/*.profraw
objects=("${fuzzers[@]/#/-object=$build/tests/fuzz/fuzz_}" "${tests[@]/#/-object=$build/tests/}")
llvm-cov report -show-region-summary=0 -instr-profile "$build/all.profdata" \
    "$build/tests/fuzz/fuzz_codec_open" "${objects[@]}" |
    awk -v files="${reader[*]}" '
        BEGIN { n = split(files, file, " ") }
        { for (i = 1; i <= n; i++)
              if (length($1) && $1 == substr(file[i], 1 + length(file[i]) - length($1))) {
                  all += $(NF - 2); missed += $(NF - 1); seen++
                  printf "%-28s %4d of %4d branches\n", file[i], $(NF - 2) - $(NF - 1), $(NF - 2)
              } }
        END { share = all ? 100 * (all - missed) / all : 0
              printf "%-28s %4d of %4d: %.2f %%\n", "reader", all - missed, all, share
              exit !(seen == n && share >= 95) }'
