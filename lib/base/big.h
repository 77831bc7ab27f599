/* Whole numbers of any size that reading and writing a double needs. */
#ifndef BASE_BIG_H
#define BASE_BIG_H

#include <stddef.h>
#include <stdint.h>

/* 4096 bits. Reading needs the most: 801 digits (2661 bits) against
 * 5^1126 (2615 bits), brought to one length and doubled. */
#define BIG_WORDS 128

typedef struct base_big {
    size_t n; /* words in use; the highest is not 0 */
    uint32_t d[BIG_WORDS];
} base_big;

void base_big_set(base_big *b, uint64_t v);
void base_big_multiply(base_big *b, uint32_t factor, uint32_t plus);
void base_big_power5(base_big *b, unsigned k);             /* b *= 5^k */
void base_big_shift(base_big *b, unsigned bits);           /* b *= 2^bits */
void base_big_subtract(base_big *b, const base_big *less); /* less <= b */
int base_big_compare(const base_big *a, const base_big *b);
unsigned base_big_bits(const base_big *b); /* 0 for 0 */

#endif
