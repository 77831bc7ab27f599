#!/usr/bin/env bash
# sweep.sh BUILD SECONDS CORES OUT: runs the fuzzers of a build on CORES
# processes until SECONDS are over. OUT/summary.txt: executions by fuzzer;
# OUT/corpus: the inputs that were new; OUT/found: findings, with the logs.
# Exit status 0: there are none. SEED (default 1): of the first process.
#
# A build for it does not trace comparisons, which takes half of the time:
#   -Dc_args='-fsanitize=fuzzer-no-link -fno-sanitize-coverage=trace-cmp'
set -u
[ $# -eq 4 ] || { echo "usage: $0 BUILD SECONDS CORES OUT" >&2; exit 2; }
here=$(cd "$(dirname "$0")" && pwd)
bin=$1/tests/fuzz stop=$(($(date +%s) + $2)) cores=$3 out=$4
work=$(mktemp -d)
# Of 16 processes; the first 6 are one of each.
order=(codec_open nn_text gmm_load ae_load vae_load gan_load
    codec_open nn_text gmm_load gan_load vae_load ae_load
    codec_open nn_text gmm_load gan_load)

export ASAN_OPTIONS=allocator_may_return_null=1:detect_stack_use_after_return=0:malloc_context_size=4:quarantine_size_mb=16
export UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1

# longest NAME: inputs of which sort; a checkpoint's seed is longer than a
# model's.
longest() {
    case $1 in
    codec_open | nn_text) echo 2048 ;;
    gmm_load) echo 6144 ;;
    *) echo 32768 ;;
    esac
}

# one NUMBER NAME: runs a fuzzer until it is time; after a finding it goes on.
# The entropic schedule takes longer than the reader.
one() {
    local at=$work/$1-$2 words=dictionary.txt seed=$((${SEED:-1} + $1)) left
    [ "$2" != nn_text ] || words=network.txt
    mkdir -p "$at/new" "$at/found"
    for run in {1..50}; do
        left=$((stop - $(date +%s)))
        [ $left -gt 0 ] || return
        timeout -k 2 $((left + 3)) "$bin/fuzz_$2" "-max_total_time=$left" \
            "-max_len=$(longest "$2")" -len_control=0 -entropic=0 \
            "-dict=$here/$words" "-seed=$seed" -reload=0 -rss_limit_mb=4096 \
            -timeout=20 "-artifact_prefix=$at/found/$2-" \
            -print_final_stats=1 "$at/new" "$here/corpus/${2%%_*}" \
            >"$at/log-$run" 2>&1
        echo $? >>"$at/codes"
        seed=$((seed + 1000))
    done
}

# executions LOG...
executions() {
    cat "$@" | awk '/^stat::number_of_executed_units/ { n += $2 } END { print n + 0 }'
}

for ((i = 0; i < cores; i++)); do
    one "$i" "${order[i % 16]}" &
done
wait

mkdir -p "$out"
for name in "${order[@]:0:6}"; do
    mkdir -p "$out/corpus/${name%%_*}"
    find "$work"/*-"$name"/new -type f \
        -exec mv -t "$out/corpus/${name%%_*}" {} + 2>/dev/null
    echo "$name $(executions "$work"/*-"$name"/log-* 2>/dev/null)"
done | tee "$out/summary.txt"
echo "all $(executions "$work"/*/log-*)" | tee -a "$out/summary.txt"
status=0
# 0 says that the time was over.
if grep -qv '^0$' "$work"/*/codes; then
    status=1
    mkdir -p "$out/found"
    find "$work"/*/found -type f -exec cp -t "$out/found" {} +
    for log in "$work"/*/log-*; do
        cp "$log" "$out/found/$(basename "$(dirname "$log")")-${log##*/}"
    done
    grep -ah ^SUMMARY "$work"/*/log-* | sort | uniq -c | tee -a "$out/summary.txt"
fi
rm -rf "$work"
exit $status
