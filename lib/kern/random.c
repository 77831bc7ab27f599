#include "kern/kern.h"

#include <math.h>

#define PAIRS 64 /* of uniforms that go through the vector functions at once */

static const double two_pi = 6.283185307179586;

/* Pairs first … first + n - 1: block number b makes elements 2 b and 2 b + 1,
 * so that an element does not depend on how many were asked for. */
static void pairs(const kern_ops *f64, uint64_t seed, uint64_t row,
                  uint32_t site, size_t first, size_t n, double *even,
                  double *odd)
{
    double radius[PAIRS], angle[PAIRS];

    for (size_t i = 0; i < n; i++) {
        uint32_t bits[4];

        base_random(seed, row, site, (uint32_t)(first + i), bits);
        radius[i] = base_uniform(bits[0], bits[1]);
        angle[i] = two_pi * base_uniform(bits[2], bits[3]);
    }
    f64->log(n, radius, radius);
    f64->sincos(n, angle, odd, even);
    for (size_t i = 0; i < n; i++) {
        radius[i] = sqrt(-2 * radius[i]);
        even[i] *= radius[i];
        odd[i] *= radius[i];
    }
}

void kern_normals(const kern_ops *f64, uint64_t seed, uint64_t row,
                  uint32_t site, size_t n, double *out)
{
    double even[PAIRS], odd[PAIRS];

    for (size_t first = 0; 2 * first < n; first += PAIRS) {
        const size_t left = (n + 1) / 2 - first;
        const size_t some = left < PAIRS ? left : PAIRS;

        pairs(f64, seed, row, site, first, some, even, odd);
        for (size_t i = 0; i < some; i++) {
            const size_t at = 2 * (first + i);

            out[at] = even[i];
            if (at + 1 < n)
                out[at + 1] = odd[i];
        }
    }
}
