/* Weighted sums over a panel of rows, of one component or of some: what the
 * M-step needs. Included by set.c alone, after mixture_kernel.h.
 *
 * They go by vectors of rows, whose lanes are summed at the end of the panel.
 * Loops over a tile have constant bounds and come apart into registers. */
#ifndef KERN_MOMENTS_KERNEL_H
#define KERN_MOMENTS_KERNEL_H

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
