#include "kern/kern.h"

#include <math.h>

#define INLINE static inline __attribute__((always_inline))

#define COLUMNS 8 /* right-hand sides whose sums run side by side */

/* Element i of an array of either type; `single` is a constant where it
 * matters. */
INLINE double get(int single, const void *p, size_t i)
{
    return single ? (double)((const float *)p)[i] : ((const double *)p)[i];
}

INLINE void put(int single, void *p, size_t i, double v)
{
    if (single)
        ((float *)p)[i] = (float)v;
    else
        ((double *)p)[i] = v;
}

/* a_ij - sum_{k < j} l_ik l_jk */
INLINE double rest(int single, size_t n, const void *a, const void *l, size_t i,
                   size_t j)
{
    double sum = get(single, a, i * n + j);

    for (size_t k = 0; k < j; k++)
        sum -= get(single, l, i * n + k) * get(single, l, j * n + k);
    return sum;
}

/* Row by row (Golub, Van Loan, 4.2); 0 at a pivot that is no positive number.
 */
INLINE int cholesky(int single, size_t n, const void *a, void *l)
{
    for (size_t i = 0; i < n; i++) {
        double pivot;

        for (size_t j = 0; j < i; j++)
            put(single, l, i * n + j,
                rest(single, n, a, l, i, j) / get(single, l, j * n + j));
        pivot = rest(single, n, a, l, i, i);
        if (!(pivot > 0) || !isfinite(pivot))
            return 0;
        put(single, l, i * n + i, sqrt(pivot));
        for (size_t j = i + 1; j < n; j++)
            put(single, l, i * n + j, 0);
    }
    return 1;
}

void kern_cholesky_one(const kern_ops *o, size_t n, const void *a, void *l)
{
    const int single = o->type == GENMOD_F32;

    if (single ? cholesky(1, n, a, l) : cholesky(0, n, a, l))
        return;
    for (size_t i = 0; i < n * n; i++)
        put(single, l, i, (double)NAN);
}

/* Up to COLUMNS columns of row i of x, from c on, by rows from … to - 1, which
 * are solved already. */
INLINE void solve_row(int single, size_t n, size_t m, size_t i, size_t c,
                      size_t from, size_t to, int trans, const void *l,
                      const void *b, void *x)
{
    const size_t some = m - c < COLUMNS ? m - c : COLUMNS;
    const double pivot = get(single, l, i * n + i);
    double sum[COLUMNS] = {0};

    for (size_t j = 0; j < some; j++)
        sum[j] = get(single, b, i * m + c + j);
    for (size_t k = from; k < to; k++) {
        const double lik = get(single, l, trans ? k * n + i : i * n + k);

        for (size_t j = 0; j < some; j++)
            sum[j] -= lik * get(single, x, k * m + c + j);
    }
    for (size_t j = 0; j < some; j++)
        put(single, x, i * m + c + j, sum[j] / pivot);
}

INLINE void solve(int single, int trans, size_t n, size_t m, const void *l,
                  const void *b, void *x)
{
    for (size_t c = 0; c < m; c += COLUMNS) {
        for (size_t i = 0; i < n; i++) {
            if (trans)
                solve_row(single, n, m, n - 1 - i, c, n - i, n, 1, l, b, x);
            else
                solve_row(single, n, m, i, c, 0, i, 0, l, b, x);
        }
    }
}

void kern_solve_one(const kern_ops *o, int trans, size_t n, size_t m,
                    const void *l, const void *b, void *x)
{
    if (o->type == GENMOD_F32)
        solve(1, trans, n, m, l, b, x);
    else
        solve(0, trans, n, m, l, b, x);
}
