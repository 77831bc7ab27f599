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

#include "kern/conv.h"
#include "kern/move.h"
#include "kern/tile.h"
#include "kern/train.h"
#include "kern/window.h"

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

    /* mixture_kernel.h, moments_kernel.h. m rows, rounded up to 16, of a
     * panel; all arithmetic of a row in the same order whatever m is.
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

    /* pair_kernel.h. l[j] += a + b[j], j < m: a row's products with m others in
     * l, -|x|^2 / 2 of it in a, of them in b, become -|x - y|^2 / 2. Returns
     * the greatest; *near = 1 where some have too little left of what was
     * subtracted, or are no numbers. */
    double (*pair)(size_t m, double a, const kern_real *b, kern_real *l,
                   int *near);
    /* Puts `exact` in the place of those. Returns the greatest. */
    double (*mend)(size_t m, double a, const kern_real *b,
                   const kern_real *exact, kern_real *l);
    /* Is some l[j] >= t[j], j < m? */
    int (*reaches)(size_t m, const kern_real *l, const kern_real *t);
    /* max_j l[j], m > 0; NaN is passed over */
    double (*greatest)(size_t m, const kern_real *l);

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

    /* ---- from here on, but for sum_squares(): kern_ops_of_graph() ---- */

    /* tile_kernel.h: runs `code` over n <= KERN_TILE elements; register r is
     * reg[r][0 … n - 1], of any alignment. An output may be an input. The bits
     * of an element do not depend on n or on where it lies. */
    void (*tile)(size_t count, const kern_tile *code, size_t n,
                 kern_real *const *reg);

    /* reduce_kernel.h. x [a, r, i] dense, y [a, i]: what `kind` (KERN_REDUCE_…)
     * makes of axis r; indices count from 0, of equal elements the first. NaN
     * goes through (its index counts as the extreme). */
    void (*reduce)(int kind, size_t a, size_t r, size_t i, const kern_real *x,
                   kern_real *y);
    /* acc[j] += sum_r x[r * ld + j] of `rows` rows, n columns: r ascending,
     * runs of KERN_RUN rows in the type of the table, runs added as doubles. */
    void (*sum_columns)(size_t rows, size_t n, const kern_real *x, size_t ld,
                        double *acc);
    /* Means and sums of squared distances from them of n columns of `rows`
     * rows: part [2, n]. Twice over x: about the first row, then about the
     * mean, so that nothing cancels. Join parts by kern_moments_join(). */
    void (*moments_part)(size_t rows, size_t n, const kern_real *x, size_t ld,
                         double *part);

    /* random_kernel.h. Elements first … first + n - 1 of (seed, row, site):
     * element e is made of word e % 4 of block e / 4 of base_random(), as
     * random_kernel.h says; f32 only (NULL in f64 tables: draws of f64 programs
     * are the f32 ones, widened). first is a multiple of 4. */
    void (*uniform)(uint64_t seed, uint64_t row, uint32_t site, size_t first,
                    size_t n, float *out);
    void (*normal)(uint64_t seed, uint64_t row, uint32_t site, size_t first,
                   size_t n, float *out);

    /* train_kernel.h: n parameters, their gradient, their moments; m may be
     * NULL where momentum is 0. An element's bits do not depend on n or on
     * where it lies. */
    void (*sgd)(const kern_update *u, size_t n, const kern_real *g,
                kern_real *m, kern_real *w);
    void (*adam)(const kern_update *u, size_t n, const kern_real *g,
                 kern_real *m, kern_real *v, kern_real *w);
    void (*rmsprop)(const kern_update *u, size_t n, const kern_real *g,
                    kern_real *m, kern_real *v, kern_real *w);
    /* average += (1 - decay) (w - average) */
    void (*average)(double decay, size_t n, const kern_real *w,
                    kern_real *average);
    /* sum_i x_i^2 as double, squares taken as doubles, in a tree that n alone
     * fixes; NaN and infinity show */
    double (*sum_squares)(size_t n, const kern_real *x);

    /* conv_kernel.h, window_kernel.h: called through conv.h and window.h. */
    const struct conv_ops *conv;
    const struct window_ops *window;
} kern_ops;

/* The table of an instruction set (base_cpu()) and type; NULL where this build
 * lacks it. */
const kern_ops *kern_ops_of(int32_t cpu, int32_t type);
/* The same for whoever runs graphs or moves parameters. Doubles do so in checks
 * of gradients alone, so only the generic set has these kernels for them. */
const kern_ops *kern_ops_of_graph(int32_t cpu, int32_t type);

/* ---- gemm.c: the contract ----------------------------------------------- */

/* C = alpha op(A) op(B) + beta C, as kern_ops.gemm, cut into items by its shape
 * alone: whoever runs them, in whatever order, the bits are the same. The
 * provider (OpenBLAS or native) is chosen by shape, build and kernel set alone.
 * Cheap to make: a replay with fewer rows makes it anew. */
typedef struct kern_product {
    const kern_ops *ops;
    int ta, tb;
    size_t m, n, k, lda, ldb, ldc;
    double alpha, beta;
    size_t rows, columns; /* of an item, by kern_product_cut() */
    size_t across;
    int blas;
} kern_product;

/* Fills in what stands behind `beta`. */
void kern_product_cut(kern_product *p);
size_t kern_product_items(const kern_product *p);
/* scratch: kern_gemm_scratch() bytes. No allocation, no lock. */
void kern_product_item(const kern_product *p, size_t item, const kern_real *a,
                       const kern_real *b, kern_real *c, void *scratch);
/* All items over the pool of w. Returns 0 or the status of a failed allocation
 * of scratch. */
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

/* ---- reduce.c ------------------------------------------------------------ */

/* part_a [2, n] = what moments_part() makes of count_a and count_b rows
 * together. Either count may be 0; its part is then not looked at. */
void kern_moments_join(size_t n, size_t count_a, double *part_a, size_t count_b,
                       const double *part_b);

/* ---- random.c ------------------------------------------------------------ */

/* n standard normals, elements 0 … n - 1 of row `row` at `site` of stream
 * `seed`: Box and Muller 1958 on Philox, own log and sincos. */
void kern_normals(const kern_ops *f64, uint64_t seed, uint64_t row,
                  uint32_t site, size_t n, double *out);

#endif
