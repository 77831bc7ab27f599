/* Moments of rows that were taken in parts. */
#include "kern/kern.h"

#include <string.h>

/* Chan, Golub, LeVeque 1979, equations (2.1a) and (2.1b). */
void kern_moments_join(size_t n, size_t count_a, double *part_a, size_t count_b,
                       const double *part_b)
{
    const double a = (double)count_a, b = (double)count_b;
    const double share = b / (a + b);

    if (!count_a && count_b)
        memcpy(part_a, part_b, 2 * n * sizeof *part_a);
    if (!count_a || !count_b)
        return;
    for (size_t j = 0; j < n; j++) {
        const double apart = part_b[j] - part_a[j];

        part_a[j] += apart * share;
        part_a[n + j] += part_b[n + j] + apart * apart * (a * share);
    }
}
