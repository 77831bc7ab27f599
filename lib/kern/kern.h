/* The door of room `kern`: dense kernels. It knows no graph and no model, and
 * is the only room that sees OpenBLAS.
 *
 * Kernels are written once per instruction set and element type and stand in
 * const tables. `kern_real` is float or double, as the table says.
 *
 * A *panel* holds up to KERN_ROWS rows transposed: cell (i, c) of the rows lies
 * at [c * KERN_ROWS + i], so that a vector holds one column of several rows and
 * a row's arithmetic never depends on its neighbours. A panel of m rows is
 * padded with finite values to a multiple of 16 rows.
 */
#ifndef KERN_KERN_H
#define KERN_KERN_H

#include "base/base.h"

#define KERN_ROWS 256

typedef void kern_real;

typedef struct kern_ops {
    int32_t type;     /* GENMOD_F32 or GENMOD_F64 */
    int32_t cpu;      /* BASE_CPU_… */
    size_t bytes;     /* of an element */

    /* panel_kernel.h. Rows 0 … m - 1 of the view -> (x - center) * scale,
     * padded with 0. Differences are taken in the type of the table; center
     * [d], scale [d]. Returns 1 if all m rows are finite, else 0 (the panel
     * is then rubbish). */
    int (*pack)(const base_view *v, size_t m, size_t d, const kern_real *center,
                const kern_real *scale, kern_real *panel);

    /* mixture_kernel.h. m rows, rounded up to 16, of a panel; all arithmetic of
     * a row in the same order whatever m is.
     *
     * l[i] = offset - |U^T (x_i - mu)|^2 / 2, U [d, d] row-major upper
     * triangular: a Gaussian's log-density. */
    void (*quad_full)(size_t d, size_t m, const kern_real *panel,
                      const kern_real *mu, const kern_real *u, double offset,
                      kern_real *l);
    /* l[i] = offset - sum_c (s_c x_ic - s_c mu_c)^2 / 2, s [d]: one rounding of
     * s_c mu_c, as of mu_c itself, and two operations a cell. */
    void (*quad_diag)(size_t d, size_t m, const kern_real *panel,
                      const kern_real *mu, const kern_real *s,
                      double offset, kern_real *l);
    /* l [k, KERN_ROWS] holds log joint densities. Out: total[i] = ln sum_j
     * exp(l_ji) as double, and, if `weight` is not NULL, l_ji = weight_i *
     * exp(l_ji - total_i) (weight [m] doubles), 0 where that is fainter than
     * the root of the smallest normal number. Padding rows get 0. */
    void (*posterior)(size_t k, size_t m, kern_real *l, const double *weight,
                      double *total);
    /* s0 += sum_i r_i; s1[c] += sum_i r_i e_ic with e = x - mu;
     * s2[a, b] += sum_i r_i e_ia e_ib for rows a in [lo, hi), b >= a, of s2
     * [d, d]. lo is a multiple of 8. s0 and s1 only where lo = 0. Sums run over
     * the block in the type of the table and are added in double. r is 0 in
     * padding rows. */
    void (*moments_full)(size_t d, size_t m, const kern_real *panel,
                         const kern_real *mu, const kern_real *r, size_t lo,
                         size_t hi, double *s0, double *s1, double *s2);
    /* s2[c] += sum_i r_i e_ic^2, and s0, s1 as above. */
    void (*moments_diag)(size_t d, size_t m, const kern_real *panel,
                         const kern_real *mu, const kern_real *r, double *s0,
                         double *s1, double *s2);
    /* The same with mu = 0 for `count` components, r [count, KERN_ROWS], s0
     * [count], s1 and s2 [count, d]: half the arithmetic, since all share the
     * squares. A component's bits do not depend on the others. */
    void (*moments_origin)(size_t d, size_t m, size_t count,
                           const kern_real *panel, const kern_real *r,
                           double *s0, double *s1, double *s2);

    /* gemm.c, native: C = alpha op(A) op(B) + beta C, row-major; op(A) [m, k],
     * op(B) [k, n]. One accumulator an output, k ascending: the bits of an
     * output depend on its row of A and column of B alone. beta = 0 does not
     * read C. `pack` is scratch of kern_gemm_scratch() bytes. Serial. */
    void (*gemm)(int ta, int tb, size_t m, size_t n, size_t k, double alpha,
                 const kern_real *a, size_t lda, const kern_real *b, size_t ldb,
                 double beta, kern_real *c, size_t ldc, void *pack);

    /* vmath_kernel.h: y[i] = f(x[i]); y may be x. Bounds in ULP stand there. */
    void (*exp)(size_t n, const kern_real *x, kern_real *y);
    void (*log)(size_t n, const kern_real *x, kern_real *y);
    void (*log1p)(size_t n, const kern_real *x, kern_real *y);
    void (*tanh)(size_t n, const kern_real *x, kern_real *y);
    void (*sigmoid)(size_t n, const kern_real *x, kern_real *y);
    void (*softplus)(size_t n, const kern_real *x, kern_real *y);
    void (*sincos)(size_t n, const kern_real *x, kern_real *s, kern_real *c);
    /* max_i x_i; ln sum_i exp(x_i), as double */
    double (*logsumexp)(size_t n, const kern_real *x);
    /* sum_i x_i in a fixed tree, as double */
    double (*sum)(size_t n, const kern_real *x);
} kern_ops;

/* The table of an instruction set (base_cpu()) and type; NULL where this build
 * lacks it. */
const kern_ops *kern_ops_of(int32_t cpu, int32_t type);

/* ---- gemm.c: the contract ----------------------------------------------- */

/* As kern_ops.gemm, over the pool of w: cut into tiles by shape alone, so that
 * the bits do not depend on the number of threads. The provider (OpenBLAS or
 * native) is chosen by shape, build and kernel set alone. Returns 0 or the
 * status of a failed allocation of scratch. */
int32_t kern_gemm(genmod_workspace *w, int32_t type, int ta, int tb, size_t m,
                  size_t n, size_t k, double alpha, const kern_real *a,
                  size_t lda, const kern_real *b, size_t ldb, double beta,
                  kern_real *c, size_t ldc);
size_t kern_gemm_scratch(void); /* bytes for one serial native gemm */
/* "builtin", or OpenBLAS's name, version and core: part of a checkpoint. */
const char *kern_blas_name(void);

/* ---- factor.c: doubles, row-major, serial ------------------------------- */

/* Bytes of `pack` below for matrices of n rows: 0 where they fit one block. */
size_t kern_factor_scratch(size_t n);

/* A = L L^T, lower triangle of a [n, n] overwritten by L (the upper one is left
 * alone). Returns n, or the row of the first pivot that is not > floor * the
 * diagonal element it came from (NaN included). Blocked, on native gemm. */
size_t kern_cholesky(const kern_ops *f64, size_t n, double *a, size_t lda,
                     double floor, void *pack);
/* inv = L^-1, lower triangular with zeros above; l and inv do not overlap. */
void kern_triangular_inverse(const kern_ops *f64, size_t n, const double *l,
                             size_t ldl, double *inv, size_t ldi, void *pack);
/* x = L^-1 b (trans = 0) or L^-T b (trans = 1), m right-hand sides: b [n, m]
 * overwritten. */
void kern_triangular_solve(const kern_ops *f64, int trans, size_t n, size_t m,
                           const double *l, size_t ldl, double *b, size_t ldb);
/* A = V diag(e) V^T of a symmetric a [n, n] (lower triangle read): e ascending,
 * v [n, n] with eigenvectors as columns. work: 2 n doubles. Householder
 * tridiagonalisation and implicit QL (Golub, Van Loan, 8.3). Returns 1, or 0 if
 * it did not converge (never for finite a, within 30 n sweeps). */
int kern_eigen(size_t n, const double *a, size_t lda, double *e, double *v,
               size_t ldv, double *work);

/* ---- random.c ------------------------------------------------------------ */

/* n standard normals, elements 0 … n - 1 of row `row` at `site` of stream
 * `seed`: Box and Muller 1958 on Philox, own log and sincos. */
void kern_normals(const kern_ops *f64, uint64_t seed, uint64_t row,
                  uint32_t site, size_t n, double *out);

#endif
