/* Orthonormal rows, for weights that start as rotations. */
#include <math.h>

#include "nn/internal.h"

#define BLOCK 32 /* rows; their share of the arithmetic is 32 / n */

static void project(size_t m, const double *q, double *x)
{
    double dot = 0;

    for (size_t j = 0; j < m; j++)
        dot += q[j] * x[j];
    for (size_t j = 0; j < m; j++)
        x[j] -= dot * q[j];
}

/* Rows [first, last) against each other. */
static void within(size_t m, size_t first, size_t last, double *a)
{
    for (size_t i = first; i < last; i++) {
        double *const x = a + i * m;
        double sum = 0;
        for (size_t p = first; p < i; p++)
            project(m, a + p * m, x);
        for (size_t j = 0; j < m; j++)
            sum += x[j] * x[j];
        for (size_t j = 0; j < m; j++)
            x[j] /= sqrt(sum);
    }
}

/* Twice is enough: Giraud, Langou, Rozloznik 2005. The diagonal of the factor
 * that is left out is positive, so of normal numbers the rows are uniform among
 * all orthonormal ones (Stewart 1980). */
int32_t nn_orthonormal_rows(size_t n, size_t m, double *a, genmod_workspace *w)
{
    double *const dots = base_alloc(w, BLOCK * n, sizeof *dots);
    int32_t status = dots ? GENMOD_OK : base_status(w);

    for (size_t first = 0; !status && first < n; first += BLOCK) {
        const size_t last = n - first < BLOCK ? n : first + BLOCK;
        double *const x = a + first * m;
        for (int turn = 0; !status && turn < 2; turn++) {
            if (first)
                status = kern_gemm(w, GENMOD_F64, 0, 1, last - first, first, m,
                                   1, x, m, a, m, 0, dots, first);
            if (first && !status)
                status = kern_gemm(w, GENMOD_F64, 0, 0, last - first, m, first,
                                   -1, dots, first, a, m, 1, x, m);
            within(m, first, last, a);
        }
    }
    base_free(dots);
    return status;
}
