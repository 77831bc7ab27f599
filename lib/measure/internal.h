/* What the sources of room `measure` share. */
#ifndef MEASURE_INTERNAL_H
#define MEASURE_INTERNAL_H

#include "measure/measure.h"

/* ln 2, ln 2 pi */
#define MEASURE_LN_2 0.693147180559945309417
#define MEASURE_LN_2PI 1.837877066409345483561

/* ---- sum.c --------------------------------------------------------------- */

/* A sum that carries what its additions lost (Neumaier 1974). Zeroed, it is
 * empty. */
typedef struct measure_sum {
    double total, correction;
} measure_sum;

void measure_add(measure_sum *s, double x);
double measure_total(const measure_sum *s);

/* ---- unit.c -------------------------------------------------------------- */

int32_t measure_check_unit(int32_t unit, genmod_workspace *w);
/* What nats are divided by. */
double measure_unit(int32_t unit);

/* ---- log.c: logarithms whose leading terms are gone -----------------------
 */

/* |s| below which the series hold. */
#define MEASURE_NEAR 0.25
#define MEASURE_BLOCK 256

/* Our own logarithm: the C library's differs from version to version. */
double measure_ln(const kern_ops *f64, double x);
/* artanh(s) / s - 1 of z = s^2 <= MEASURE_NEAR^2 */
double measure_artanh_rest(double z);
/* t - ln(1 + t), t > -1: not negative, and all its digits where t is small */
double measure_excess(const kern_ops *f64, double t);
/* y[i] = ((1 + s) ln(1 + s) + (1 - s) ln(1 - s)) / 2 of s[i] in [0, 1]: what a
 * pair with s = |p - q| / (p + q) adds to the Jensen-Shannon divergence, for
 * each unit of (p + q) / 2. n <= MEASURE_BLOCK; y may be s. */
void measure_gap(const kern_ops *f64, size_t n, const double *s, double *y);

/* ---- quadrature.c -------------------------------------------------------- */

#define MEASURE_PARTS 3 /* integrals that are taken at once, at most */

/* y [n, parts] of x [n, d], and what each y's rounding is in proportion to. 0,
 * a negative status, or 1: the integral is infinite. */
typedef int32_t (*measure_integrand)(size_t n, const double *x, double *y,
                                     double *size, void *arg,
                                     genmod_workspace *w);

typedef struct measure_integral {
    size_t d, parts;             /* d: 1 or 2 */
    const double *lower, *upper; /* [d], may be infinite */
    double tolerance;            /* on the error of each part */
    measure_integrand f;
    void *arg;
    double value[MEASURE_PARTS], error[MEASURE_PARTS]; /* out */
} measure_integral;

/* Ends once all errors are within the tolerance, as small as rounding lets them
 * be, or out of cells. Returns the status of the integrand. Takes scratch. */
int32_t measure_integrate(measure_integral *q, genmod_workspace *w);

#endif
