/* Densities of a panel of rows under one component, and responsibilities: the
 * E-step. Included by set.c alone.
 *
 * They go by vectors of rows, a row's arithmetic being that of its lane. Loops
 * over a tile have constant bounds and come apart into registers. */
#ifndef KERN_MIXTURE_KERNEL_H
#define KERN_MIXTURE_KERNEL_H

#include <string.h>

#define QUAD_VECS 4   /* vectors of rows in a tile */
#define QUAD_DEPTH 64 /* columns whose differences are kept near */
#if VECTOR_REGISTERS == 32
#define QUAD_COLUMNS 6
#else
#define QUAD_COLUMNS 3
#endif

#define QUAD_LEAST (16 / LANES) /* what a number of vectors is a multiple of \
                                 */

static size_t vectors_of(size_t m)
{
    return (m + 15) / 16 * QUAD_LEAST;
}

/* offset - q / 2 */
INLINE void store_densities(int vecs, REAL offset, const vec *q, REAL *l)
{
    UNROLL
    for (int v = 0; v < vecs; v++)
        v_store(l + v * LANES, v_fnma(v_set1((REAL)0.5), q[v], v_set1(offset)));
}

/* ---- q = |U^T (x - mu)|^2 ------------------------------------------------ */

/* acc[c][v] += u[l, c] delta[l][v] over `depth` rows of U. */
INLINE void quad_rows(int cols, int vecs, size_t depth, size_t d, const REAL *u,
                      const REAL *delta, vec acc[QUAD_COLUMNS][QUAD_VECS])
{
    for (size_t l = 0; l < depth; l++) {
        UNROLL
        for (int v = 0; v < vecs; v++) {
            const vec x = v_load(delta + (l * vecs + v) * LANES);

            UNROLL
            for (int c = 0; c < cols; c++)
                acc[c][v] = v_fma(v_set1(u[l * d + c]), x, acc[c][v]);
        }
    }
}

/* The triangle where the columns of the tile meet the diagonal. */
INLINE void quad_corner(int cols, int vecs, size_t d, const REAL *u,
                        const REAL *delta, vec acc[QUAD_COLUMNS][QUAD_VECS])
{
    UNROLL
    for (int l = 0; l < cols; l++) {
        UNROLL
        for (int v = 0; v < vecs; v++) {
            const vec x = v_load(delta + (l * vecs + v) * LANES);

            UNROLL
            for (int c = 0; c < cols; c++)
                if (c >= l)
                    acc[c][v] = v_fma(v_set1(u[l * d + c]), x, acc[c][v]);
        }
    }
}

/* A block of U: `depth` rows of it above the tile's columns, and then, if the
 * block lies on the diagonal, the corner and the squares. y [cols, vecs] holds
 * the sums of blocks above; first: there were none. */
INLINE void quad_tile(int cols, int vecs, int first, int last, size_t depth,
                      size_t d, const REAL *u, const REAL *delta, REAL *y,
                      vec *q)
{
    vec acc[QUAD_COLUMNS][QUAD_VECS];

    UNROLL
    for (int c = 0; c < cols; c++)
        UNROLL
    for (int v = 0; v < vecs; v++)
        acc[c][v] = first ? v_zero() : v_load(y + (c * vecs + v) * LANES);
    quad_rows(cols, vecs, depth, d, u, delta, acc);
    if (last) {
        quad_corner(cols, vecs, d, u + depth * d, delta + depth * vecs * LANES,
                    acc);
        UNROLL
        for (int c = 0; c < cols; c++)
            UNROLL
        for (int v = 0; v < vecs; v++)
            q[v] = v_fma(acc[c][v], acc[c][v], q[v]);
    } else {
        UNROLL
        for (int c = 0; c < cols; c++)
            UNROLL
        for (int v = 0; v < vecs; v++)
            v_store(y + (c * vecs + v) * LANES, acc[c][v]);
    }
}

/* The columns of the next tile, of `left`: each number that a tile may have is
 * code of its own. */
static size_t quad_width(size_t left)
{
    if (left >= QUAD_COLUMNS)
        return QUAD_COLUMNS;
    return left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

/* quad_tile() with the number of columns, a quad_width(), made a constant. */
INLINE void quad_columns(size_t cols, int vecs, int first, int last,
                         size_t depth, size_t d, const REAL *u,
                         const REAL *delta, REAL *y, vec *q)
{
    if (cols == QUAD_COLUMNS)
        quad_tile(QUAD_COLUMNS, vecs, first, last, depth, d, u, delta, y, q);
    else if (QUAD_COLUMNS > 4 && cols == 4)
        quad_tile(4, vecs, first, last, depth, d, u, delta, y, q);
    else if (cols == 2)
        quad_tile(2, vecs, first, last, depth, d, u, delta, y, q);
    else
        quad_tile(1, vecs, first, last, depth, d, u, delta, y, q);
}

/* q of `vecs` vectors of rows, U in square blocks of QUAD_DEPTH, those above
 * the diagonal first: y_c is summed in the order of its rows of U. */
INLINE void quad_rows_of(int vecs, size_t d, const REAL *panel, const REAL *mu,
                         const REAL *u, REAL offset, REAL *l)
{
    REAL delta[QUAD_DEPTH * QUAD_VECS * LANES]
        __attribute__((aligned(BASE_ALIGN)));
    REAL y[QUAD_DEPTH * QUAD_VECS * LANES] __attribute__((aligned(BASE_ALIGN)));
    vec q[QUAD_VECS] = {v_zero()};

    for (size_t i = 0; i < d; i += QUAD_DEPTH) {
        const size_t width = d - i < QUAD_DEPTH ? d - i : QUAD_DEPTH;

        for (size_t above = 0; above <= i; above += QUAD_DEPTH) {
            const int last = above == i;
            const size_t rows = last ? width : QUAD_DEPTH;

            for (size_t j = 0; j < rows; j++)
                UNROLL
            for (int v = 0; v < vecs; v++)
                v_store(
                    delta + (j * vecs + v) * LANES,
                    v_sub(v_load(panel + (above + j) * KERN_ROWS + v * LANES),
                          v_set1(mu[above + j])));
            for (size_t c = 0, cols; c < width; c += cols) {
                cols = quad_width(width - c);
                quad_columns(cols, vecs, above == 0, last, last ? c : rows, d,
                             u + above * d + i + c, delta, y + c * vecs * LANES,
                             q);
            }
        }
    }
    store_densities(vecs, offset, q, l);
}

static void quad_full(size_t d, size_t m, const void *cells, const void *means,
                      const void *factor, double offset, void *densities)
{
    const REAL *const panel = cells, *const mu = means, *const u = factor;
    const REAL base = (REAL)offset;
    REAL *const l = densities;
    const size_t n = vectors_of(m);
    size_t i = 0;

    for (; i + QUAD_VECS <= n; i += QUAD_VECS)
        quad_rows_of(QUAD_VECS, d, panel + i * LANES, mu, u, base,
                     l + i * LANES);
    for (; QUAD_LEAST <= 2 && i + 2 <= n; i += 2)
        quad_rows_of(2, d, panel + i * LANES, mu, u, base, l + i * LANES);
    for (; QUAD_LEAST == 1 && i < n; i++)
        quad_rows_of(1, d, panel + i * LANES, mu, u, base, l + i * LANES);
}

/* ---- q = sum_c (s_c x_c - s_c mu_c)^2 ------------------------------------ */

INLINE void quad_diag_rows(int vecs, size_t d, const REAL *panel,
                           const REAL *mu, const REAL *s, REAL offset, REAL *l)
{
    vec q[2 * QUAD_VECS] = {v_zero()};

    for (size_t c = 0; c < d; c++) {
        const vec scale = v_set1(s[c]), back = v_set1(-s[c] * mu[c]);

        UNROLL
        for (int v = 0; v < vecs; v++) {
            const vec e =
                v_fma(scale, v_load(panel + c * KERN_ROWS + v * LANES), back);

            q[v] = v_fma(e, e, q[v]);
        }
    }
    store_densities(vecs, offset, q, l);
}

static void quad_diag(size_t d, size_t m, const void *cells, const void *means,
                      const void *scales, double offset, void *densities)
{
    const REAL *const panel = cells, *const mu = means;
    const REAL *const s = scales;
    const REAL base = (REAL)offset;
    REAL *const l = densities;
    const size_t n = vectors_of(m);
    size_t i = 0;

    for (; i + 2 * QUAD_VECS <= n; i += 2 * QUAD_VECS)
        quad_diag_rows(2 * QUAD_VECS, d, panel + i * LANES, mu, s, base,
                       l + i * LANES);
    for (; QUAD_LEAST == 4 && i < n; i += 4)
        quad_diag_rows(4, d, panel + i * LANES, mu, s, base, l + i * LANES);
    for (; QUAD_LEAST <= 2 && i + 2 <= n; i += 2)
        quad_diag_rows(2, d, panel + i * LANES, mu, s, base, l + i * LANES);
    for (; QUAD_LEAST == 1 && i < n; i++)
        quad_diag_rows(1, d, panel + i * LANES, mu, s, base, l + i * LANES);
}

/* ---- responsibilities ---------------------------------------------------- */

/* weight_i, 0 past row m. */
INLINE vec weights_of(const double *weight, size_t m, size_t i)
{
    REAL w[LANES];

    for (size_t v = 0; v < LANES; v++)
        w[v] = i + v < m ? (REAL)weight[i + v] : 0;
    return v_loadu(w);
}

/* The root of the smallest normal number. What a fainter responsibility adds to
 * a sum is lost in it, and its products with squares would be subnormal: some
 * hundred cycles each. */
#define FAINT ((REAL)(KERN_BITS == 32 ? 0x1p-63 : 0x1p-511))

/* One vector of rows. Where every l is -inf, the shift is 0, the total -inf
 * and the responsibilities are 0. */
static void posterior_rows(size_t k, size_t m, size_t i, REAL *l,
                           const double *weight, double *total)
{
    vec most = v_load(l), sum = v_zero(), scale;
    REAL out[LANES];

    for (size_t j = 1; j < k; j++)
        most = v_max(most, v_load(l + j * KERN_ROWS));
    most = v_blend(v_eq(most, v_set1((REAL)-INFINITY)), v_zero(), most);
    for (size_t j = 0; j < k; j++) {
        const vec p = v_exp_below(v_sub(v_load(l + j * KERN_ROWS), most));

        sum = v_add(sum, p);
        if (weight)
            v_store(l + j * KERN_ROWS, p);
    }
    v_storeu(out, v_log(sum));
    for (size_t v = 0; v < LANES && i + v < m; v++)
        total[i + v] = (double)most[v] + (double)out[v];
    if (!weight)
        return;
    const vec w = weights_of(weight, m, i), faint = v_mul(v_set1(FAINT), w);
    scale = v_div(w, sum);
    scale = v_blend(v_eq(sum, v_zero()), v_zero(), scale);
    for (size_t j = 0; j < k; j++) {
        const vec r = v_mul(v_load(l + j * KERN_ROWS), scale);

        v_store(l + j * KERN_ROWS, v_blend(v_lt(r, faint), v_zero(), r));
    }
}

static void posterior(size_t k, size_t m, void *densities, const double *weight,
                      double *total)
{
    REAL *const l = densities;
    const size_t rows = vectors_of(m) * LANES;

    for (size_t i = 0; i < rows; i += LANES)
        posterior_rows(k, m, i, l + i, weight, total);
}

#endif
