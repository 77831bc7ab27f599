#include <math.h>

#include "measure/internal.h"

double measure_ln(const kern_ops *f64, double x)
{
    f64->log(1, &x, &x);
    return x;
}

/* z / 3 + z^2 / 5 + …; the first term left out is below 2^-57 of the sum. */
double measure_artanh_rest(double z)
{
    double sum = 0;

    for (int k = 14; k > 0; k--)
        sum = z * (sum + 1.0 / (2 * k + 1));
    return sum;
}

/* With s = t / (2 + t): t = 2 s / (1 - s) and ln(1 + t) = 2 artanh(s). */
double measure_excess(const kern_ops *f64, double t)
{
    const double s = t / (2 + t);
    double ln = t;

    if (fabs(s) <= MEASURE_NEAR)
        return 2 * s * (s / (1 - s) - measure_artanh_rest(s * s));
    f64->log1p(1, &ln, &ln);
    return t - ln;
}

/* measure_gap() as a series in z = s^2: sum z^k / (2k (2k - 1)) */
static double gap_near(double z)
{
    double sum = 0;

    for (int k = 14; k > 0; k--)
        sum = z * (sum + 1.0 / (2 * k * (2 * k - 1)));
    return sum;
}

void measure_gap(const kern_ops *f64, size_t n, const double *s, double *y)
{
    double more[MEASURE_BLOCK], less[MEASURE_BLOCK];

    for (size_t i = 0; i < n; i++)
        less[i] = -s[i];
    f64->log1p(n, s, more);
    f64->log1p(n, less, less);
    for (size_t i = 0; i < n; i++) {
        if (s[i] <= MEASURE_NEAR)
            y[i] = gap_near(s[i] * s[i]);
        else if (s[i] == 1)
            y[i] = MEASURE_LN_2;
        else
            y[i] = ((1 + s[i]) * more[i] + (1 - s[i]) * less[i]) / 2;
    }
}
