/* Mutated files whose checksum holds, so that a fuzzer gets past it. */
#ifndef TESTS_FUZZ_SEAL_H
#define TESTS_FUZZ_SEAL_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *bytes, size_t n, size_t cap);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t cap,
                               unsigned seed);
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static inline uint64_t seal_crc64(const uint8_t *bytes, size_t n)
{
    uint64_t s = ~UINT64_C(0);
    for (size_t i = 0; i < n; i++) {
        s ^= bytes[i];
        for (int b = 0; b < 8; b++)
            s = s & 1 ? s >> 1 ^ UINT64_C(0xC96C5795D7870F42) : s >> 1;
    }
    return ~s;
}

/* Writes the checksum where the header has room for one. */
static inline void seal_checksum(uint8_t *bytes, size_t n)
{
    static const char key[] = "\"genmod.checksum\":\"";
    const size_t length = sizeof key - 1;
    for (size_t i = 8; i + length + 16 <= n; i++) {
        if (memcmp(bytes + i, key, length) != 0)
            continue;
        uint8_t *const digits = bytes + i + length;
        memset(digits, '0', 16);
        const uint64_t sum = seal_crc64(bytes, n);
        for (int j = 0; j < 16; j++)
            digits[j] = (uint8_t) "0123456789abcdef"[sum >> (60 - 4 * j) & 15];
        return;
    }
}

/* The end of the header: its last '}' and the spaces behind it, or n. */
static inline size_t seal_header_end(const uint8_t *bytes, size_t n)
{
    uint64_t length = 0;
    if (n < 8)
        return n;
    memcpy(&length, bytes, 8);
    return length <= n - 8 ? 8 + (size_t)length : n;
}

/* Mutates the header, the data, or the whole; in the first two cases, the
 * length still leads to the data. */
static inline size_t seal_mutate(uint8_t *bytes, size_t n, size_t cap,
                                 unsigned seed)
{
    static uint8_t tail[1 << 16];
    const size_t end = seal_header_end(bytes, n);
    const size_t rest = n - end;
    if (seed % 4 == 0 || n <= 8 || rest > sizeof tail) {
        n = LLVMFuzzerMutate(bytes, n, cap);
    } else if (seed % 4 == 1 && rest) {
        n = end + LLVMFuzzerMutate(bytes + end, rest, rest);
    } else {
        memcpy(tail, bytes + end, rest);
        const uint64_t length =
            LLVMFuzzerMutate(bytes + 8, end - 8, cap - rest - 8);
        memcpy(bytes, &length, 8);
        memcpy(bytes + 8 + length, tail, rest);
        n = 8 + (size_t)length + rest;
    }
    seal_checksum(bytes, n);
    return n;
}

#endif
