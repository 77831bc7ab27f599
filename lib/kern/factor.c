/* Cholesky factors and triangular matrices, in double. The work is done by gemm
 * on blocks; what remains inside a block is done by substitution, never with an
 * inverted block, so that the backward error does not grow with its condition.
 */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "kern/kern.h"

#define BLOCK 64 /* a block of doubles and its panel stay in L1 and L2 */
#define LEAF 8   /* below this a gemm call costs more than it saves */

size_t kern_factor_scratch(size_t n)
{
    return n <= BLOCK ? 0 : kern_gemm_scratch();
}

/* L of one block; original[i * stride] is the diagonal before any update. */
static size_t factor_block(size_t n, double *a, size_t lda,
                           const double *original, size_t stride, double floor)
{
    for (size_t i = 0; i < n; i++) {
        double *const row = a + i * lda;
        for (size_t j = 0; j < i; j++) {
            const double *const other = a + j * lda;
            double s = row[j];
            for (size_t p = 0; p < j; p++)
                s -= row[p] * other[p];
            row[j] = s / other[j];
        }
        double pivot = row[i];
        for (size_t p = 0; p < i; p++)
            pivot -= row[p] * row[p];
        const double bound = floor * original[i * stride];
        if (!(pivot > bound && pivot > 0.0 && pivot <= HUGE_VAL))
            return i;
        row[i] = sqrt(pivot);
    }
    return n;
}

/* x [m, n] := x L^-T for a few columns, row by row. */
static void solve_leaf(size_t n, size_t m, const double *l, size_t ldl,
                       double *x, size_t ldx)
{
    for (size_t i = 0; i < m; i++) {
        double *const row = x + i * ldx;
        for (size_t c = 0; c < n; c++) {
            double s = row[c];
            for (size_t p = 0; p < c; p++)
                s -= row[p] * l[c * ldl + p];
            row[c] = s / l[c * ldl + c];
        }
    }
}

/* x [m, n] := x L^-T: the left half, its share of the right half, the rest. The
 * depth is log2(BLOCK / LEAF). */
static void solve_right(const kern_ops *f64, size_t n, size_t m,
                        const double *l, size_t ldl, double *x, size_t ldx,
                        void *pack)
{
    if (n <= LEAF) {
        solve_leaf(n, m, l, ldl, x, ldx);
        return;
    }
    const size_t h = (n / 2 + LEAF - 1) / LEAF * LEAF;
    solve_right(f64, h, m, l, ldl, x, ldx, pack);
    f64->gemm(0, 1, m, n - h, h, -1.0, x, ldx, l + h * ldl, ldl, 1.0, x + h,
              ldx, pack);
    solve_right(f64, n - h, m, l + h * ldl + h, ldl, x + h, ldx, pack);
}

/* Copies the lower triangle; what gemm reads above it is 0. */
static void copy_lower(size_t n, const double *from, size_t ldf, double *to,
                       size_t ldt)
{
    for (size_t i = 0; i < n; i++) {
        memcpy(to + i * ldt, from + i * ldf, (i + 1) * sizeof(double));
        for (size_t j = i + 1; j < n; j++)
            to[i * ldt + j] = 0.0;
    }
}

static void paste_lower(size_t n, const double *from, size_t ldf, double *to,
                        size_t ldt)
{
    for (size_t i = 0; i < n; i++)
        memcpy(to + i * ldt, from + i * ldf, (i + 1) * sizeof(double));
}

/* Golub, Van Loan, 4.2.9, left-looking: a diagonal block is worked on in a
 * copy, so that the upper triangle of `a` stays as it is and the original
 * diagonal stands in `a` until its pivots are tested. */
size_t kern_cholesky(const kern_ops *f64, size_t n, double *a, size_t lda,
                     double floor, void *pack)
{
    double block[BLOCK * BLOCK];

    assert(n <= lda);
    for (size_t j = 0; j < n; j += BLOCK) {
        const size_t b = n - j < BLOCK ? n - j : BLOCK;
        double *const left = a + j * lda; /* L[j …, 0 … j - 1] */
        double *const diagonal = left + j;
        copy_lower(b, diagonal, lda, block, BLOCK);
        if (j)
            f64->gemm(0, 1, b, b, j, -1.0, left, lda, left, lda, 1.0, block,
                      BLOCK, pack);
        const size_t good =
            factor_block(b, block, BLOCK, diagonal, lda + 1, floor);
        if (good < b)
            return j + good;
        paste_lower(b, block, BLOCK, diagonal, lda);
        const size_t rest = n - j - b;
        if (rest && j)
            f64->gemm(0, 1, rest, b, j, -1.0, left + b * lda, lda, left, lda,
                      1.0, diagonal + b * lda, lda, pack);
        if (rest)
            solve_right(f64, b, rest, block, BLOCK, diagonal + b * lda, lda,
                        pack);
    }
    return n;
}

/* to -= factor * from, over m columns. */
static void subtract(size_t m, double factor, const double *restrict from,
                     double *restrict to)
{
    for (size_t c = 0; c < m; c++)
        to[c] -= factor * from[c];
}

static void divide(size_t m, double divisor, double *x)
{
    for (size_t c = 0; c < m; c++)
        x[c] /= divisor;
}

static void solve_forward(size_t n, size_t m, const double *l, size_t ldl,
                          double *b, size_t ldb)
{
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++)
            subtract(m, l[i * ldl + j], b + j * ldb, b + i * ldb);
        divide(m, l[i * ldl + i], b + i * ldb);
    }
}

static void solve_backward(size_t n, size_t m, const double *l, size_t ldl,
                           double *b, size_t ldb)
{
    for (size_t i = n; i-- > 0;) {
        divide(m, l[i * ldl + i], b + i * ldb);
        for (size_t j = 0; j < i; j++)
            subtract(m, l[i * ldl + j], b + i * ldb, b + j * ldb);
    }
}

void kern_triangular_solve(const kern_ops *f64, int trans, size_t n, size_t m,
                           const double *l, size_t ldl, double *b, size_t ldb)
{
    (void)f64;
    assert(n <= ldl && m <= ldb);
    if (trans)
        solve_backward(n, m, l, ldl, b, ldb);
    else
        solve_forward(n, m, l, ldl, b, ldb);
}

/* Block row i of the inverse X solves L_ii X_ij = I_ij - sum_{j <= p < i} L_ip
 * X_pj; for a block column j the sum starts at block j, where X begins. */
void kern_triangular_inverse(const kern_ops *f64, size_t n, const double *l,
                             size_t ldl, double *inv, size_t ldi, void *pack)
{
    assert(n <= ldl && n <= ldi);
    for (size_t i = 0; i < n; i += BLOCK) {
        const size_t b = n - i < BLOCK ? n - i : BLOCK;
        double *const row = inv + i * ldi;
        for (size_t r = 0; r < b; r++) {
            memset(row + r * ldi + i, 0, (n - i) * sizeof(double));
            row[r * ldi + i + r] = 1.0;
        }
        for (size_t j = 0; j < i; j += BLOCK)
            f64->gemm(0, 0, b, BLOCK, i - j, -1.0, l + i * ldl + j, ldl,
                      inv + j * ldi + j, ldi, 0.0, row + j, ldi, pack);
        solve_forward(b, i + b, l + i * ldl + i, ldl, row, ldi);
    }
}
