/* What EM does with a panel of rows and one component. Included by set.c alone.
 *
 * Densities go by vectors of rows, a row's arithmetic being that of its lane;
 * moments go by vectors of rows too, and their lanes are summed at the end of
 * the panel. Loops over a tile have constant bounds and come apart into
 * registers.
 */
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

#define QUAD_LEAST (16 / LANES) /* what a number of vectors is a multiple of */

static size_t vectors_of(size_t m)
{
    return (m + 15) / 16 * QUAD_LEAST;
}

/* offset - q / 2 */
INLINE void store_densities(int vecs, REAL offset, const vec *q, REAL *l)
{
    UNROLL
    for (int v = 0; v < vecs; v++)
        v_store(l + v * LANES,
                v_fnma(v_set1((REAL)0.5), q[v], v_set1(offset)));
}

/* ---- q = |U^T (x - mu)|^2 ------------------------------------------------ */

/* acc[c][v] += u[l, c] delta[l][v] over `depth` rows of U. */
INLINE void quad_rows(int cols, int vecs, size_t depth, size_t d,
                      const REAL *u, const REAL *delta,
                      vec acc[QUAD_COLUMNS][QUAD_VECS])
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
                    v_store(delta + (j * vecs + v) * LANES,
                            v_sub(v_load(panel + (above + j) * KERN_ROWS +
                                         v * LANES),
                                  v_set1(mu[above + j])));
            for (size_t c = 0, cols; c < width; c += cols) {
                cols = quad_width(width - c);
                quad_columns(cols, vecs, above == 0, last, last ? c : rows, d,
                             u + above * d + i + c, delta,
                             y + c * vecs * LANES, q);
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
        quad_rows_of(2, d, panel + i * LANES, mu, u, base,
                     l + i * LANES);
    for (; QUAD_LEAST == 1 && i < n; i++)
        quad_rows_of(1, d, panel + i * LANES, mu, u, base,
                     l + i * LANES);
}

/* ---- q = sum_c (s_c x_c - s_c mu_c)^2 ------------------------------------ */

INLINE void quad_diag_rows(int vecs, size_t d, const REAL *panel,
                           const REAL *mu, const REAL *s, REAL offset,
                           REAL *l)
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
        quad_diag_rows(2 * QUAD_VECS, d, panel + i * LANES, mu, s,
                       base, l + i * LANES);
    for (; QUAD_LEAST == 4 && i < n; i += 4)
        quad_diag_rows(4, d, panel + i * LANES, mu, s, base,
                       l + i * LANES);
    for (; QUAD_LEAST <= 2 && i + 2 <= n; i += 2)
        quad_diag_rows(2, d, panel + i * LANES, mu, s, base,
                       l + i * LANES);
    for (; QUAD_LEAST == 1 && i < n; i++)
        quad_diag_rows(1, d, panel + i * LANES, mu, s, base,
                       l + i * LANES);
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
    scale = v_div(weights_of(weight, m, i), sum);
    scale = v_blend(v_eq(sum, v_zero()), v_zero(), scale);
    for (size_t j = 0; j < k; j++) {
        const vec r = v_mul(v_load(l + j * KERN_ROWS), scale);

        v_store(l + j * KERN_ROWS,
                v_blend(v_lt(r, v_set1(FAINT)), v_zero(), r));
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

/* ---- moments ------------------------------------------------------------- */

#define SQUARE 4 /* rows and columns of s2 in a tile; divides 8 */

/* Elements between columns of scratch: were it a power of two, columns would
 * contend for the same lines of the cache. */
#define APART (KERN_ROWS + 16)

/* s[i] += x[i], i < 4, as vectors: left alone, compilers take lanes apart. */
INLINE void add_four(const REAL *x, double *s)
{
    typedef REAL narrow __attribute__((vector_size(4 * sizeof(REAL))));
    typedef double wide __attribute__((vector_size(32)));
    narrow a;
    wide b;

    memcpy(&a, x, sizeof a);
    memcpy(&b, s, sizeof b);
    b += __builtin_convertvector(a, wide);
    memcpy(s, &b, sizeof b);
}

static double total_of(size_t n, const REAL *r)
{
    vec s = v_zero();

    for (size_t i = 0; i < n; i++)
        s = v_add(s, v_load(r + i * LANES));
    return (double)v_sum(s);
}

/* acc[a][b] += re_a e_b over n vectors of rows, for `rows` rows of s2 and
 * `cols` of its columns; on the diagonal only b >= a. e is made anew in every
 * tile: that is cheaper than to store it outside the nearest cache. */
INLINE void moment_sums(int rows, int cols, int diagonal, size_t n,
                        const REAL *re, const REAL *x, const REAL *mu,
                        REAL *out)
{
    vec acc[SQUARE * SQUARE], center[SQUARE];

    UNROLL
    for (int i = 0; i < SQUARE * SQUARE; i++)
        acc[i] = v_zero();
    UNROLL
    for (int b = 0; b < cols; b++)
        center[b] = v_set1(mu[b]);
    for (size_t i = 0; i < n * LANES; i += LANES) {
        vec e[SQUARE];

        UNROLL
        for (int b = 0; b < cols; b++)
            e[b] = v_sub(v_load(x + b * KERN_ROWS + i), center[b]);
        UNROLL
        for (int a = 0; a < rows; a++) {
            const vec y = v_load(re + a * APART + i);

            UNROLL
            for (int b = 0; b < cols; b++)
                if (!diagonal || b >= a)
                    acc[a * SQUARE + b] = v_fma(y, e[b], acc[a * SQUARE + b]);
        }
    }
    UNROLL
    for (int i = 0; i < SQUARE * SQUARE; i += LANES)
        v_storeu(out + i, v_sums(acc + i));
}

INLINE void moment_tile(int rows, int cols, int diagonal, size_t n, size_t d,
                        const REAL *re, const REAL *x, const REAL *mu,
                        double *s2)
{
    REAL out[SQUARE * SQUARE] __attribute__((aligned(BASE_ALIGN)));

    moment_sums(rows, cols, diagonal, n, re, x, mu, out);
    if (!diagonal && cols == SQUARE) {
        UNROLL
        for (int a = 0; a < SQUARE; a++)
            add_four(out + a * SQUARE, s2 + (size_t)a * d);
        return;
    }
    UNROLL
    for (int a = 0; a < rows; a++)
        UNROLL
        for (int b = 0; b < cols; b++)
            if (!diagonal || b >= a)
                s2[(size_t)a * d + b] += (double)out[a * SQUARE + b];
}

/* The tile on the diagonal, whose width is 1 … SQUARE. */
static void moment_corner(size_t width, size_t n, size_t d, const REAL *re,
                          const REAL *x, const REAL *mu, double *s2)
{
    switch (width) {
    case 1:
        moment_tile(1, 1, 1, n, d, re, x, mu, s2);
        break;
    case 2:
        moment_tile(2, 2, 1, n, d, re, x, mu, s2);
        break;
    case 3:
        moment_tile(3, 3, 1, n, d, re, x, mu, s2);
        break;
    default:
        moment_tile(4, 4, 1, n, d, re, x, mu, s2);
        break;
    }
}

/* The tiles right of it, which exist only where it has SQUARE rows. */
static void moment_side(size_t width, size_t n, size_t d, const REAL *re,
                        const REAL *x, const REAL *mu, double *s2)
{
    switch (width) {
    case 1:
        moment_tile(SQUARE, 1, 0, n, d, re, x, mu, s2);
        break;
    case 2:
        moment_tile(SQUARE, 2, 0, n, d, re, x, mu, s2);
        break;
    case 3:
        moment_tile(SQUARE, 3, 0, n, d, re, x, mu, s2);
        break;
    default:
        moment_tile(SQUARE, 4, 0, n, d, re, x, mu, s2);
        break;
    }
}

/* Of `cols` columns, re = r (x - mu), and s1 += sum_i re_i unless s1 is NULL.
 */
INLINE void weigh_columns(int cols, size_t n, const REAL *x, const REAL *mu,
                          const REAL *r, REAL *re, double *s1)
{
    vec acc[SQUARE];

    UNROLL
    for (int c = 0; c < cols; c++)
        acc[c] = v_zero();
    for (size_t i = 0; i < n * LANES; i += LANES) {
        const vec w = v_load(r + i);

        UNROLL
        for (int c = 0; c < cols; c++) {
            const vec e = v_sub(v_load(x + c * KERN_ROWS + i), v_set1(mu[c]));
            const vec y = v_mul(w, e);

            v_store(re + c * APART + i, y);
            acc[c] = v_add(acc[c], y);
        }
    }
    UNROLL
    for (int c = 0; s1 && c < cols; c++)
        s1[c] += (double)v_sum(acc[c]);
}

static void weigh(size_t cols, size_t n, const REAL *x, const REAL *mu,
                  const REAL *r, REAL *re, double *s1)
{
    if (cols == SQUARE)
        weigh_columns(SQUARE, n, x, mu, r, re, s1);
    else
        for (size_t c = 0; c < cols; c++)
            weigh_columns(1, n, x + c * KERN_ROWS, mu + c, r, re + c * APART,
                          s1 ? s1 + c : NULL);
}

/* Both moments of `cols` columns, LANES / 2 at most. */
INLINE void moment_columns(int cols, size_t n, const REAL *x, const REAL *mu,
                           const REAL *r, double *s1, double *s2)
{
    vec acc[LANES], sums;

    UNROLL
    for (int c = 0; c < LANES; c++)
        acc[c] = v_zero();
    for (size_t i = 0; i < n * LANES; i += LANES) {
        const vec w = v_load(r + i);

        UNROLL
        for (int c = 0; c < cols; c++) {
            const vec e = v_sub(v_load(x + c * KERN_ROWS + i), v_set1(mu[c]));
            const vec we = v_mul(w, e);

            acc[c] = v_add(acc[c], we);
            acc[LANES / 2 + c] = v_fma(we, e, acc[LANES / 2 + c]);
        }
    }
    sums = v_sums(acc);
    UNROLL
    for (int c = 0; c < cols; c++) {
        s1[c] += (double)sums[c];
        s2[c] += (double)sums[LANES / 2 + c];
    }
}

static void moments_diag(size_t d, size_t m, const void *cells,
                         const void *means, const void *shares, double *s0,
                         double *s1, double *s2)
{
    const REAL *const panel = cells, *const mu = means, *const r = shares;
    const size_t n = vectors_of(m);

    size_t c = 0;

    *s0 += total_of(n, r);
    for (; c + LANES / 2 <= d; c += LANES / 2)
        moment_columns(LANES / 2, n, panel + c * KERN_ROWS, mu + c, r, s1 + c,
                       s2 + c);
    for (; c < d; c++)
        moment_columns(1, n, panel + c * KERN_ROWS, mu + c, r, s1 + c, s2 + c);
}

/* Components and columns in a tile: their sums fill whole groups of LANES
 * accumulators, which stay in registers. */
#if VECTOR_REGISTERS == 32
#define ORIGIN_COMPONENTS 4
#else
#define ORIGIN_COMPONENTS 2
#endif
#if LANES == 16 || (LANES == 8 && VECTOR_REGISTERS == 16)
#define ORIGIN_COLUMNS 2
#else
#define ORIGIN_COLUMNS 3
#endif
#define ORIGIN_SUMS (2 * ORIGIN_COMPONENTS * ORIGIN_COLUMNS)

/* sums: s1 and s2 of each column, component by component. */
INLINE void origin_sums(int comps, int cols, size_t n, const REAL *x,
                        const REAL *r, REAL *sums)
{
    vec acc[ORIGIN_SUMS];

    UNROLL
    for (int s = 0; s < ORIGIN_SUMS; s++)
        acc[s] = v_zero();
    for (size_t i = 0; i < n * LANES; i += LANES) {
        vec a[ORIGIN_COLUMNS], square[ORIGIN_COLUMNS];

        UNROLL
        for (int c = 0; c < cols; c++) {
            a[c] = v_load(x + c * KERN_ROWS + i);
            square[c] = v_mul(a[c], a[c]);
        }
        UNROLL
        for (int j = 0; j < comps; j++) {
            const vec w = v_load(r + j * KERN_ROWS + i);

            UNROLL
            for (int c = 0; c < cols; c++) {
                vec *const s = acc + 2 * (j * cols + c);

                s[0] = v_fma(w, a[c], s[0]);
                s[1] = v_fma(w, square[c], s[1]);
            }
        }
    }
    UNROLL
    for (int s = 0; s < ORIGIN_SUMS; s += LANES)
        v_storeu(sums + s, v_sums(acc + s));
}

INLINE void origin_tile(int comps, int cols, size_t n, size_t d, const REAL *x,
                        const REAL *r, double *s1, double *s2)
{
    REAL sums[ORIGIN_SUMS];

    origin_sums(comps, cols, n, x, r, sums);
    UNROLL
    for (int j = 0; j < comps; j++)
        UNROLL
        for (int c = 0; c < cols; c++) {
            s1[(size_t)j * d + c] += (double)sums[2 * (j * cols + c)];
            s2[(size_t)j * d + c] += (double)sums[2 * (j * cols + c) + 1];
        }
}

INLINE void origin_columns(int comps, size_t n, size_t d, const REAL *x,
                           const REAL *r, double *s1, double *s2)
{
    size_t c = 0;

    for (; c + ORIGIN_COLUMNS <= d; c += ORIGIN_COLUMNS)
        origin_tile(comps, ORIGIN_COLUMNS, n, d, x + c * KERN_ROWS, r, s1 + c,
                    s2 + c);
    for (; c < d; c++)
        origin_tile(comps, 1, n, d, x + c * KERN_ROWS, r, s1 + c, s2 + c);
}

static void moments_origin(size_t d, size_t m, size_t count, const void *cells,
                           const void *shares, double *s0, double *s1,
                           double *s2)
{
    const REAL *const panel = cells, *const r = shares;
    const size_t n = vectors_of(m);
    size_t j = 0;

    for (size_t i = 0; i < count; i++)
        s0[i] += total_of(n, r + i * KERN_ROWS);
    for (; j + ORIGIN_COMPONENTS <= count; j += ORIGIN_COMPONENTS)
        origin_columns(ORIGIN_COMPONENTS, n, d, panel, r + j * KERN_ROWS,
                       s1 + j * d, s2 + j * d);
    for (; j < count; j++)
        origin_columns(1, n, d, panel, r + j * KERN_ROWS, s1 + j * d,
                       s2 + j * d);
}

static void moments_full(size_t d, size_t m, const void *cells,
                         const void *means, const void *shares, size_t lo,
                         size_t hi, double *s0, double *s1, double *s2)
{
    const REAL *const panel = cells, *const mu = means, *const r = shares;
    const size_t n = vectors_of(m);
    REAL re[SQUARE * APART] __attribute__((aligned(BASE_ALIGN)));

    if (lo == 0)
        *s0 += total_of(n, r);
    for (size_t a = lo; a < (lo == 0 ? d : hi); a += SQUARE) {
        const size_t width = d - a < SQUARE ? d - a : SQUARE;

        weigh(width, n, panel + a * KERN_ROWS, mu + a, r, re,
              lo == 0 ? s1 + a : NULL);
        if (a >= hi)
            continue;
        moment_corner(width, n, d, re, panel + a * KERN_ROWS, mu + a,
                      s2 + a * d + a);
        for (size_t b = a + SQUARE; b < d; b += SQUARE)
            moment_side(d - b, n, d, re, panel + b * KERN_ROWS, mu + b,
                        s2 + a * d + b);
    }
}

#endif
