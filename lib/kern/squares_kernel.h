/* The sum of squares (train.h), by the same tree on every set. Included by
 * set.c alone. */
#ifndef KERN_SQUARES_KERNEL_H
#define KERN_SQUARES_KERNEL_H

#include <string.h>

#define SQUARES 8 /* sums that run side by side in an `eight` */

/* The same on every set, whatever it makes of these. */
typedef double eight __attribute__((vector_size(8 * SQUARES)));
typedef REAL eight_real __attribute__((vector_size(sizeof(REAL) * SQUARES)));
typedef eight_real eight_anywhere
    __attribute__((may_alias, aligned(sizeof(REAL))));

INLINE void add_squares(const REAL *x, eight *total)
{
    const eight d = __builtin_convertvector(
        *(const eight_anywhere *)(const void *)x, eight);

    *total += d * d;
}

/* Element i is in sum number i mod 32, whatever the set. */
static double sum_squares(size_t n, const void *elements)
{
    const REAL *const x = elements;
    REAL rest[4 * SQUARES] = {0};
    eight a = {0}, b = {0}, c = {0}, d = {0};
    const size_t whole = n / (4 * SQUARES) * (4 * SQUARES);

    for (size_t i = 0; i <= whole; i += 4 * SQUARES) {
        const REAL *from = x + i;

        if (i == whole) {
            memcpy(rest, from, (n - whole) * sizeof(REAL));
            from = rest;
        }
        add_squares(from, &a);
        add_squares(from + SQUARES, &b);
        add_squares(from + 2 * SQUARES, &c);
        add_squares(from + 3 * SQUARES, &d);
    }
    a = (a + b) + (c + d);
    return ((a[0] + a[4]) + (a[2] + a[6])) + ((a[1] + a[5]) + (a[3] + a[7]));
}

#endif
