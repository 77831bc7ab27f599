#include "base/big.h"

#include <assert.h>
#include <string.h>

static void trim(base_big *b)
{
    while (b->n && b->d[b->n - 1] == 0)
        b->n--;
}

void base_big_set(base_big *b, uint64_t v)
{
    b->d[0] = (uint32_t)v;
    b->d[1] = (uint32_t)(v >> 32);
    b->n = 2;
    trim(b);
}

void base_big_multiply(base_big *b, uint32_t factor, uint32_t plus)
{
    uint64_t carry = plus;

    for (size_t i = 0; i < b->n; i++) {
        carry += (uint64_t)b->d[i] * factor;
        b->d[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry) {
        assert(b->n < BIG_WORDS);
        b->d[b->n++] = (uint32_t)carry;
    }
}

void base_big_power5(base_big *b, unsigned k)
{
    for (; k >= 13; k -= 13)
        base_big_multiply(b, 1220703125, 0); /* 5^13 */
    while (k-- > 0)
        base_big_multiply(b, 5, 0);
}

void base_big_shift(base_big *b, unsigned bits)
{
    const size_t words = bits / 32;

    if (b->n == 0)
        return;
    assert(b->n + words < BIG_WORDS);
    memmove(b->d + words, b->d, b->n * sizeof b->d[0]);
    memset(b->d, 0, words * sizeof b->d[0]);
    b->n += words;
    if (bits % 32)
        base_big_multiply(b, UINT32_C(1) << bits % 32, 0);
}

void base_big_subtract(base_big *b, const base_big *less)
{
    uint64_t borrow = 0;

    for (size_t i = 0; i < b->n; i++) {
        const uint64_t minus = (i < less->n ? less->d[i] : 0) + borrow;
        borrow = b->d[i] < minus;
        b->d[i] = (uint32_t)(b->d[i] - minus);
    }
    assert(!borrow);
    trim(b);
}

int base_big_compare(const base_big *a, const base_big *b)
{
    if (a->n != b->n)
        return a->n < b->n ? -1 : 1;
    for (size_t i = a->n; i-- > 0;)
        if (a->d[i] != b->d[i])
            return a->d[i] < b->d[i] ? -1 : 1;
    return 0;
}

unsigned base_big_bits(const base_big *b)
{
    unsigned bits = 0;

    if (b->n == 0)
        return 0;
    for (uint32_t top = b->d[b->n - 1]; top; top >>= 1)
        bits++;
    return bits + 32 * (unsigned)(b->n - 1);
}
