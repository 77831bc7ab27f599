/* Mutated files whose checksum holds, so that a fuzzer gets past it. Built
 * without sanitizers: what the mutator does is of no interest to the fuzzer,
 * and took it a quarter of the time. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

size_t LLVMFuzzerMutate(uint8_t *bytes, size_t n, size_t cap);
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t cap,
                               unsigned seed);

/* Not codec_checksum(), which is under test. */
static uint64_t crc64(const uint8_t *bytes, size_t n)
{
    static uint64_t table[256];
    uint64_t s = ~UINT64_C(0);
    for (uint64_t v = 0; !table[1] && v < 256; v++) {
        uint64_t image = v;
        for (int b = 0; b < 8; b++)
            image = image >> 1 ^ (image & 1 ? UINT64_C(0xC96C5795D7870F42) : 0);
        table[v] = image;
    }
    for (size_t i = 0; i < n; i++)
        s = s >> 8 ^ table[(s ^ bytes[i]) & 255];
    return ~s;
}

/* Writes the checksum where the header has room for one. */
static void seal(uint8_t *bytes, size_t n)
{
    static const char key[] = "\"genmod.checksum\":\"";
    const size_t length = sizeof key - 1;
    for (size_t i = 8; i + length + 16 <= n; i++) {
        if (bytes[i] != '"' || memcmp(bytes + i, key, length) != 0)
            continue;
        uint8_t *const digits = bytes + i + length;
        memset(digits, '0', 16);
        const uint64_t sum = crc64(bytes, n);
        for (int j = 0; j < 16; j++)
            digits[j] = (uint8_t) "0123456789abcdef"[sum >> (60 - 4 * j) & 15];
        return;
    }
}

/* The end of the header: its last '}' and the spaces behind it, or n. */
static size_t header_end(const uint8_t *bytes, size_t n)
{
    uint64_t length = 0;
    if (n < 8)
        return n;
    memcpy(&length, bytes, 8);
    return length <= n - 8 ? 8 + (size_t)length : n;
}

/* Mutates the header, the data, or the whole; in the first two cases, the
 * length still leads to the data. */
size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t cap,
                               unsigned seed)
{
    static uint8_t tail[1 << 16];
    const size_t end = header_end(bytes, n);
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
    seal(bytes, n);
    return n;
}
