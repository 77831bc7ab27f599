#include "neighbours.h"

#include <math.h>

static double distance2(size_t d, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < d; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

double nearest2(size_t n, size_t d, const double *rows, size_t skip,
                const double *x)
{
    double least = INFINITY;
    for (size_t i = 0; i < n; i++)
        if (i != skip)
            least = fmin(least, distance2(d, rows + i * d, x));
    return least;
}

double told_apart(size_t n, size_t d, const double *a, const double *b)
{
    size_t own = 0;
    for (size_t i = 0; i < n; i++) {
        own +=
            nearest2(n, d, a, i, a + i * d) < nearest2(n, d, b, n, a + i * d);
        own +=
            nearest2(n, d, b, i, b + i * d) < nearest2(n, d, a, n, b + i * d);
    }
    return (double)own / (double)(2 * n);
}
