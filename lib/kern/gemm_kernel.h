/* The native gemm of one instruction set and element type, included by set.c.
 *
 * An output is one accumulator that starts at 0 and takes its products with k
 * ascending; between blocks of k it is kept as it is, in scratch. Last comes
 *
 *     C = beta C + alpha sum,  the outer sum fused, without C for beta = 0,
 *
 * so that an output's bits depend on its row of A, its column of B, alpha, beta
 * and the old output alone: not on the cut into tiles, on what is packed, on m,
 * or on which of the operands lies along the vectors. */
#ifndef KERN_GEMM_KERNEL_H
#define KERN_GEMM_KERNEL_H

#include "kern/gemm.h"

/* Rows of B that are asked for before they are wanted: where B comes from L3,
 * they lie too far apart for the processor to guess. */
#define AHEAD 8

/* The accumulators of a tile fill the registers, but for a row of B and one
 * element of A. */
#define TILE_VECTORS 3
#define TILE_ROWS (VECTOR_REGISTERS == 32 ? 8 : 4)
#define TILE_ROWS_MOST 8

#define NARROW 96 /* rows of A for which a transposed B is not packed */

/* B is read where it lies, unless its rows are CROWDED_BYTES apart, or a
 * multiple: then they share few sets of the caches and throw each other out.
 * Or unless they are so far apart, APART_BYTES, that few lie in a page, and so
 * many rows of A pass by, COPIED, that a copy in few pages is cheaper than to
 * look up B's pages again and again. */
#define CROWDED_BYTES 8192
#define COPIED 128
#define APART_BYTES 2048

/* op(A), op(B) and C by strides, so that a transposed operand, and the
 * transposed product C^T = B^T A^T, are the same code. */
typedef struct product {
    size_t m, n, k;
    const REAL *a, *b;
    REAL *c;
    size_t a_row, a_col, b_row, b_col, c_row, c_col;
    REAL alpha, beta;
    REAL *sliver, *sums, *packed;
} product;

/* rows x vectors outputs: C = beta C + alpha (start + A B). */
typedef struct tile {
    size_t k;
    const REAL *a;
    size_t a_row, a_col;
    const REAL *b;
    size_t b_row;
    const REAL *start; /* NULL: 0 */
    size_t start_row;
    REAL alpha, beta;
    REAL *c;
    size_t c_row;
} tile;

INLINE void multiply(const int rows, const int vectors, const tile *t)
{
    vec sum[TILE_ROWS_MOST][TILE_VECTORS];
    const REAL *a[TILE_ROWS_MOST];
    const REAL *b = t->b;
    const size_t b_row = t->b_row, a_col = t->a_col;

    UNROLL
    for (int r = 0; r < rows; r++) {
        a[r] = t->a + (size_t)r * t->a_row;
        UNROLL
        for (int v = 0; v < vectors; v++)
            sum[r][v] =
                t->start
                    ? v_loadu(t->start + (size_t)r * t->start_row + v * LANES)
                    : v_zero();
    }
    size_t at = 0;
    for (size_t p = t->k; p > 0; p--, b += b_row, at += a_col) {
        vec row[TILE_VECTORS];
        UNROLL
        for (int v = 0; v < vectors; v++) {
            row[v] = v_loadu(b + v * LANES);
            __builtin_prefetch(b + AHEAD * b_row + v * LANES);
        }
        UNROLL
        for (int r = 0; r < rows; r++) {
            const vec x = v_set1(a[r][at]);
            UNROLL
            for (int v = 0; v < vectors; v++)
                sum[r][v] = v_fma(x, row[v], sum[r][v]);
        }
    }
    /* Out of *t first: the compiler must suppose that C overlaps it. */
    REAL *c = t->c;
    const size_t c_row = t->c_row;
    const vec alpha = v_set1(t->alpha), beta = v_set1(t->beta);
    if (t->beta == 0) {
        UNROLL
        for (int r = 0; r < rows; r++, c += c_row)
            UNROLL
            for (int v = 0; v < vectors; v++)
                v_storeu(c + v * LANES, v_mul(alpha, sum[r][v]));
        return;
    }
    UNROLL
    for (int r = 0; r < rows; r++, c += c_row)
        UNROLL
        for (int v = 0; v < vectors; v++)
            v_storeu(c + v * LANES, v_fma(beta, v_loadu(c + v * LANES),
                                          v_mul(alpha, sum[r][v])));
}

#define TILE(rows)                                                       \
    static __attribute__((noinline)) void multiply_##rows(int vectors,   \
                                                          const tile *t) \
    {                                                                    \
        if (vectors == 3)                                                \
            multiply(rows, 3, t);                                        \
        else if (vectors == 2)                                           \
            multiply(rows, 2, t);                                        \
        else                                                             \
            multiply(rows, 1, t);                                        \
    }

#if VECTOR_REGISTERS == 32
TILE(8)
#endif
TILE(4)
TILE(2)
TILE(1)
#undef TILE

static void multiply_any(size_t rows, int vectors, const tile *t)
{
#if VECTOR_REGISTERS == 32
    if (rows == 8) {
        multiply_8(vectors, t);
        return;
    }
#endif
    if (rows == 4)
        multiply_4(vectors, t);
    else if (rows == 2)
        multiply_2(vectors, t);
    else
        multiply_1(vectors, t);
}

/* The rows of the next tile, of `left`. */
static size_t tile_rows(size_t left)
{
    if (left >= TILE_ROWS)
        return TILE_ROWS;
    return left >= 4 ? 4 : left >= 2 ? 2 : 1;
}

/* The vectors of the next tile, of `left`: 4 are 2 and 2. */
static int tile_vectors(size_t left)
{
    if (left == TILE_VECTORS + 1)
        return TILE_VECTORS - 1;
    return left >= TILE_VECTORS ? TILE_VECTORS : (int)left;
}

/* `to` [k, rows] from rows that lie along k's stride. */
static void pack_rows(size_t rows, size_t k, const REAL *a, size_t a_row,
                      size_t a_col, REAL *to)
{
    if (rows == TILE_ROWS && a_row == 1) {
        for (size_t p = 0; p < k; p++)
            __builtin_memcpy(to + p * TILE_ROWS, a + p * a_col,
                             TILE_ROWS * sizeof *to);
        return;
    }
    for (size_t p = 0; p < k; p++)
        for (size_t r = 0; r < rows; r++)
            to[p * rows + r] = a[r * a_row + p * a_col];
}

/* The general case, and the ragged ends of the others: `to` [k, LANES], columns
 * from `columns` on are 0. */
static void pack_cells(size_t k, size_t columns, const REAL *b, size_t b_row,
                       size_t b_col, REAL *to, size_t to_row)
{
    for (size_t p = 0; p < k; p++, b += b_row, to += to_row) {
        if (b_col == 1) {
            v_store(to, v_load_some(b, columns, v_zero()));
            continue;
        }
        v_store(to, v_zero());
        for (size_t j = 0; j < columns; j++)
            to[j] = b[j * b_col];
    }
}

static void pack_transposed(size_t k, const REAL *b, size_t b_col, REAL *to,
                            size_t to_row)
{
    size_t p = 0;
    for (; p + LANES <= k; p += LANES) {
        vec x[LANES];
        UNROLL
        for (int j = 0; j < LANES; j++)
            x[j] = v_loadu(b + (size_t)j * b_col + p);
        v_transpose(x);
        UNROLL
        for (size_t i = 0; i < LANES; i++)
            v_store(to + (p + i) * to_row, x[i]);
    }
    pack_cells(k - p, LANES, b + p, 1, b_col, to + p * to_row, to_row);
}

/* `to` [k, vectors * LANES], columns from `columns` on are 0. */
static void pack_sliver(const product *g, size_t p0, size_t k, size_t j0,
                        size_t columns, int vectors, REAL *to)
{
    const size_t width = (size_t)vectors * LANES;
    const REAL *const b = g->b + p0 * g->b_row + j0 * g->b_col;
    for (size_t j = 0; j < width; j += LANES) {
        const REAL *const from = b + j * g->b_col;
        const size_t here = columns - j < LANES ? columns - j : LANES;
        if (here == LANES && g->b_col == 1)
            for (size_t p = 0; p < k; p++)
                v_store(to + p * width + j, v_loadu(from + p * g->b_row));
        else if (here == LANES && g->b_row == 1)
            pack_transposed(k, from, g->b_col, to + j, width);
        else
            pack_cells(k, here, from, g->b_row, g->b_col, to + j, width);
    }
}

/* Outputs of a tile from where they lie in C, and back. Where C is transposed,
 * along its lines. */
static void read_tile(const product *g, size_t rows, size_t columns,
                      const REAL *c, REAL *out, size_t width)
{
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < width; j++)
            out[i * width + j] =
                j < columns ? c[i * g->c_row + j * g->c_col] : 0;
}

static void write_tile(const product *g, size_t rows, size_t columns,
                       const REAL *out, size_t width, REAL *c)
{
    if (g->c_row == 1 && rows == TILE_ROWS) {
        for (size_t j = 0; j < columns; j++) {
            UNROLL
            for (size_t i = 0; i < TILE_ROWS; i++)
                c[i + j * g->c_col] = out[i * width + j];
        }
        return;
    }
    for (size_t i = 0; i < rows; i++)
        for (size_t j = 0; j < columns; j += g->c_col == 1 ? LANES : 1) {
            const REAL *const from = out + i * width + j;
            if (g->c_col == 1)
                give_part(c + i * g->c_row, columns, j, v_loadu(from));
            else
                c[i * g->c_row + j * g->c_col] = *from;
        }
}

/* A tile whose outputs are no whole vectors side by side. */
static void multiply_ragged(const product *g, size_t rows, size_t columns,
                            int vectors, tile *t, REAL *c)
{
    REAL out[TILE_ROWS_MOST * TILE_VECTORS * LANES];
    const size_t width = (size_t)vectors * LANES;
    if (t->beta != 0)
        read_tile(g, rows, columns, c, out, width);
    t->c = out;
    t->c_row = width;
    multiply_any(rows, vectors, t);
    write_tile(g, rows, columns, out, width, c);
}

/* A block of up to GEMM_ROWS by GEMM_WIDTH outputs and one part of k. */
typedef struct block {
    size_t i0, m, j0, n, p0, k;
    int first, last, packed;
} block;

/* All rows of a block beside columns j … of it. */
static void multiply_sliver(const product *g, const block *o, size_t j,
                            size_t columns, int vectors, const REAL *b,
                            size_t b_row)
{
    const size_t sums_row = GEMM_WIDTH / sizeof(REAL);
    const int whole = g->c_col == 1 && columns == (size_t)vectors * LANES;
    size_t rows;
    for (size_t i = 0; i < o->m; i += rows) {
        rows = tile_rows(o->m - i);
        REAL *const sums = g->sums + i * sums_row + j;
        REAL *const c = g->c + (o->i0 + i) * g->c_row + (o->j0 + j) * g->c_col;
        tile t = {.k = o->k, .b = b, .b_row = b_row, .alpha = 1};
        t.a = o->packed ? g->packed + i * o->k
                        : g->a + (o->i0 + i) * g->a_row + o->p0 * g->a_col;
        t.a_row = o->packed ? 1 : g->a_row;
        t.a_col = o->packed ? rows : g->a_col;
        t.start = o->first ? NULL : sums;
        t.start_row = t.c_row = sums_row;
        t.c = sums;
        if (o->last) {
            t.alpha = g->alpha;
            t.beta = g->beta;
            t.c = c;
            t.c_row = g->c_row;
        }
        if (o->last && !whole)
            multiply_ragged(g, rows, columns, vectors, &t, c);
        else
            multiply_any(rows, vectors, &t);
    }
}

static void pack_block(const product *g, const block *o)
{
    size_t rows;
    for (size_t i = 0; i < o->m; i += rows) {
        rows = tile_rows(o->m - i);
        pack_rows(rows, o->k, g->a + (o->i0 + i) * g->a_row + o->p0 * g->a_col,
                  g->a_row, g->a_col, g->packed + i * o->k);
    }
}

static void multiply_block(const product *g, block *o)
{
    /* A transposed A is walked across its lines: worth a copy if read often. */
    o->packed = g->a_col != 1 && o->n > TILE_VECTORS * LANES;
    if (o->packed)
        pack_block(g, o);
    const int crowded =
        g->b_row * sizeof(REAL) % CROWDED_BYTES == 0 && o->m > TILE_ROWS;
    const int copied =
        crowded || (o->m >= COPIED && g->b_row * sizeof(REAL) >= APART_BYTES);
    size_t j = 0;
    while (j < o->n) {
        const size_t left = (o->n - j + LANES - 1) / LANES;
        const int vectors = tile_vectors(left);
        const size_t width = (size_t)vectors * LANES;
        const size_t columns = o->n - j < width ? o->n - j : width;
        const REAL *b = g->b + o->p0 * g->b_row + o->j0 + j;
        size_t b_row = g->b_row;
        if (g->b_col != 1 || columns < width || copied) {
            pack_sliver(g, o->p0, o->k, o->j0 + j, columns, vectors, g->sliver);
            b = g->sliver;
            b_row = width;
        }
        multiply_sliver(g, o, j, columns, vectors, b, b_row);
        j += columns;
    }
}

static void scale(const product *g)
{
    for (size_t i = 0; i < g->m; i++)
        for (size_t j = 0; j < g->n; j++) {
            REAL *const c = g->c + i * g->c_row + j * g->c_col;
            *c = g->beta == 0 ? 0 : g->beta * *c;
        }
}

/* The rows of C lie along the vectors instead. */
static void swap_operands(product *g)
{
    const product h = *g;
    g->m = h.n;
    g->n = h.m;
    g->a = h.b;
    g->a_row = h.b_col;
    g->a_col = h.b_row;
    g->b = h.a;
    g->b_row = h.a_col;
    g->b_col = h.a_row;
    g->c_row = h.c_col;
    g->c_col = h.c_row;
}

/* Few columns; or few rows of A beside a transposed B, which would have to be
 * packed for each: then the rows are packed instead. */
static int is_better_swapped(int ta, int tb, size_t m, size_t n)
{
    if (n < LANES)
        return m > n;
    return tb && !ta && m >= LANES / 2 && m <= NARROW && m < n;
}

static void multiply_product(const product *g)
{
    const size_t width = GEMM_WIDTH / sizeof(REAL);
    const size_t parts = (g->k + GEMM_DEPTH - 1) / GEMM_DEPTH;
    const size_t depth = (g->k + parts - 1) / parts;
    for (size_t j = 0; j < g->n; j += width)
        for (size_t i = 0; i < g->m; i += GEMM_ROWS)
            for (size_t p = 0; p < g->k; p += depth) {
                block o = {.i0 = i, .j0 = j, .p0 = p};
                o.m = g->m - i < GEMM_ROWS ? g->m - i : GEMM_ROWS;
                o.n = g->n - j < width ? g->n - j : width;
                o.k = g->k - p < depth ? g->k - p : depth;
                o.first = p == 0;
                o.last = p + o.k == g->k;
                multiply_block(g, &o);
            }
}

static void lay_out(product *g, void *pack)
{
    char *const scratch = pack;
    g->sliver = (REAL *)(void *)scratch;
    g->sums = (REAL *)(void *)(scratch + GEMM_SLIVER_BYTES);
    g->packed = (REAL *)(void *)(scratch + GEMM_SLIVER_BYTES + GEMM_SUM_BYTES);
}

static void gemm(int ta, int tb, size_t m, size_t n, size_t k, double alpha,
                 const kern_real *a, size_t lda, const kern_real *b, size_t ldb,
                 double beta, kern_real *c, size_t ldc, void *pack)
{
    product g = {.m = m, .n = n, .k = k, .a = a, .b = b, .c = c};
    g.alpha = (REAL)alpha;
    g.beta = (REAL)beta;
    g.a_row = ta ? 1 : lda;
    g.a_col = ta ? lda : 1;
    g.b_row = tb ? 1 : ldb;
    g.b_col = tb ? ldb : 1;
    g.c_row = ldc;
    g.c_col = 1;
    lay_out(&g, pack);
    if (is_better_swapped(ta, tb, m, n))
        swap_operands(&g);
    if (k == 0 || g.alpha == 0)
        scale(&g);
    else
        multiply_product(&g);
}

#endif
