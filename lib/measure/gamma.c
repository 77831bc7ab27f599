/* Factorials and the incomplete gamma function, for chances. */
#include "measure/internal.h"

#include <math.h>

#define HALF_LN_PI 0.572364942924700087072

/* Stirling's series from 16 on, where the first term left out is below 1e-12 of
 * the last place. */
static double stirling(const kern_ops *f64, double n)
{
    const double z = 1 / (n * n);

    return (n + 0.5) * measure_ln(f64, n) - n + MEASURE_LN_2PI / 2 +
           (1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z / 1680))) / n;
}

double measure_ln_factorial(const kern_ops *f64, size_t n)
{
    double product = 1;

    if (n >= 16)
        return stirling(f64, (double)n);
    for (size_t i = 2; i <= n; i++)
        product *= (double)i;
    return measure_ln(f64, product);
}

/* ln Gamma(d / 2 + 1) */
static double ln_gamma_above(const kern_ops *f64, size_t d)
{
    double sum = d % 2 ? HALF_LN_PI : 0;

    for (size_t i = d % 2 ? 1 : 2; i <= d; i += 2)
        sum += measure_ln(f64, (double)i / 2);
    return sum;
}

static double exp_of(const kern_ops *f64, double x)
{
    f64->exp(1, &x, &x);
    return x;
}

/* x^a e^-x / Gamma(a + 1) sum_i x^i / ((a + 1) … (a + i)), a = d / 2, of half
 * the sum: Abramowitz, Stegun 1964, 6.5.29. Terms fall from i = x - a on. */
double measure_chi_square(const kern_ops *f64, size_t d, double x)
{
    const double a = (double)d / 2;
    double term = 1, sum = 1;

    x /= 2;
    if (!(x > 0))
        return 0;
    if (x > a + 40 * sqrt(a + 40)) /* what is above is below 1e-100 */
        return 1;
    for (double i = 1; term > sum * 0x1p-60; i++) {
        term *= x / (a + i);
        sum += term;
    }
    sum = exp_of(f64, a * measure_ln(f64, x) - x - ln_gamma_above(f64, d) +
                          measure_ln(f64, sum));
    return sum < 1 ? sum : 1;
}

/* Above 3 by the continued fraction 1 / (z + 1 / (z + 2 / (z + …))):
 * Abramowitz, Stegun 1964, 26.2.14, where 100 steps leave nothing. */
double measure_normal_tail(const kern_ops *f64, double z)
{
    double rest = z;

    if (z < 0)
        return 1 - measure_normal_tail(f64, -z);
    if (z < 3)
        return (1 - measure_chi_square(f64, 1, z * z)) / 2;
    for (double i = 100; i > 0; i--)
        rest = z + i / rest;
    return exp_of(f64, -(z * z + MEASURE_LN_2PI) / 2) / rest;
}
