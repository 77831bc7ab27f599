#include "codec/internal.h"

#include <string.h>

/* CRC-64/XZ: the polynomial of ECMA-182, bit-reversed, all ones before and
 * after. It finds every burst of up to 64 bits, and so every flipped bit. */
#define POLYNOMIAL UINT64_C(0xC96C5795D7870F42)

/* of[j][v]: what nibble v at place j of the remainder becomes in 64 shifts. */
typedef struct table {
    uint64_t of[16][16];
} table;

static uint64_t shift(uint64_t s)
{
    return s >> 1 ^ (s & 1 ? POLYNOMIAL : 0);
}

/* The highest bit arrives at the lowest place after 63 shifts, and the 64th
 * turns it into the polynomial; the bit below it is one shift ahead, and so on.
 * All else follows because the shift is linear. */
static void fill(table *t)
{
    uint64_t image = POLYNOMIAL;
    for (size_t j = 16; j-- > 0;) {
        uint64_t bit[4];
        for (size_t b = 4; b-- > 0;) {
            bit[b] = image;
            image = shift(image);
        }
        t->of[j][0] = 0;
        for (size_t b = 0; b < 4; b++)
            for (size_t v = 0; v < (size_t)1 << b; v++)
                t->of[j][v | (size_t)1 << b] = t->of[j][v] ^ bit[b];
    }
}

static uint64_t update(const table *t, uint64_t s, size_t n,
                       const unsigned char *bytes)
{
    for (; n >= 8; n -= 8, bytes += 8) {
        uint64_t word, image = 0;
        memcpy(&word, bytes, 8);
        s ^= word;
        for (size_t j = 0; j < 16; j++)
            image ^= t->of[j][s >> 4 * j & 15];
        s = image;
    }
    for (; n > 0; n--, bytes++) {
        s ^= *bytes;
        for (int b = 0; b < 8; b++)
            s = shift(s);
    }
    return s;
}

uint64_t codec_checksum(size_t n, const unsigned char *bytes, size_t hole)
{
    static const unsigned char zeros[] = "0000000000000000";
    const size_t past = hole + CODEC_DIGITS;
    table t;
    fill(&t);
    uint64_t s = ~UINT64_C(0);
    s = update(&t, s, hole, bytes);
    s = update(&t, s, CODEC_DIGITS, zeros);
    s = update(&t, s, n - past, bytes + past);
    return ~s;
}

void codec_digits(uint64_t v, unsigned char *out)
{
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < CODEC_DIGITS; i++)
        out[i] = (unsigned char)digits[v >> (60 - 4 * i) & 15];
}
