/* Blocks of the unfolded image, in scratch: included by set.c. */
#ifndef KERN_CONV_GATHER_H
#define KERN_CONV_GATHER_H

#include "kern/conv_part.h"
#include "kern/gemm_kernel.h"

/* The matrix [images ho wo, taps_h taps_w count] whose row is what the filter
 * sees at a pixel; cells outside the images are 0. */
typedef struct view {
    const REAL *from;   /* the first channel of the first pixel */
    size_t h, w, pitch; /* pixels are `pitch` apart … */
    size_t count;       /* … and count channels of them are taken */
    size_t taps;        /* side by side */
    size_t ho, wo;
    size_t stride_h, stride_w;
    ptrdiff_t top, left;
} view;

/* Columns that lie side by side in an image too: of filter row u, from tap
 * `tap` on, `first` channels later. */
typedef struct stretch {
    size_t u, tap, first, length;
} stretch;

/* The pixel (b, i, j) of row number m. */
typedef struct pixel {
    size_t b, i, j;
} pixel;

static pixel pixel_of(size_t m, size_t ho, size_t wo)
{
    return (pixel){m / wo / ho, m / wo % ho, m % wo};
}

static void next_line(pixel *p, size_t ho)
{
    p->j = 0;
    if (++p->i == ho) {
        p->i = 0;
        p->b++;
    }
}

/* `count` runs of n cells, `step` apart in a line of `end` cells of an image,
 * the first from cell `start` on; row_step apart in a block. */
typedef struct runs {
    size_t n, count;
    ptrdiff_t start, step, end;
    size_t row_step;
    size_t lo, hi; /* runs lo … hi - 1 lie in the line whole */
} runs;

INLINE void copy_cells(size_t n, const REAL *from, REAL *to)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        v_storeu(to + i, v_loadu(from + i));
    for (; i + 4 <= n; i += 4)
        __builtin_memcpy(to + i, from + i, 4 * sizeof *to);
    for (; i < n; i++)
        to[i] = from[i];
}

static void clear_cells(size_t n, REAL *to)
{
    for (size_t i = 0; i < n; i += LANES)
        give_part(to, n, i, v_zero());
}

INLINE void add_line(size_t n, const REAL *from, REAL *to)
{
    size_t i = 0;
    for (; i + LANES <= n; i += LANES)
        v_storeu(to + i, v_add(v_loadu(to + i), v_loadu(from + i)));
    for (; i < n; i++)
        to[i] += from[i];
}

#define MOST_CELLS 12 /* of a run that has code of its own */

INLINE void short_runs(const int add, const size_t n, size_t count,
                       const REAL *from, size_t from_step, REAL *to,
                       size_t to_step)
{
    for (; count > 0; count--, from += from_step, to += to_step) {
        REAL cell[MOST_CELLS];
        for (size_t i = 0; i < n; i++)
            cell[i] = add ? to[i] + from[i] : from[i];
        for (size_t i = 0; i < n; i++)
            to[i] = cell[i];
    }
}

/* Copies or adds `count` runs of n cells. */
INLINE void move_runs(const int add, size_t n, size_t count, const REAL *from,
                      size_t from_step, REAL *to, size_t to_step)
{
    switch (n) {
#define RUNS(n)                                                  \
    case n:                                                      \
        short_runs(add, n, count, from, from_step, to, to_step); \
        return;
        RUNS(1)
        RUNS(2)
        RUNS(3)
        RUNS(4)
        RUNS(5)
        RUNS(6)
        RUNS(8)
        RUNS(9)
        RUNS(12)
#undef RUNS
    default:
        break;
    }
    for (; count > 0; count--, from += from_step, to += to_step) {
        if (add)
            add_line(n, from, to);
        else
            copy_cells(n, from, to);
    }
}

static void place_runs(runs *o, ptrdiff_t start, size_t count)
{
    const ptrdiff_t room = o->end - (ptrdiff_t)o->n - start;
    const size_t first =
        start < 0 ? (size_t)((o->step - 1 - start) / o->step) : 0;
    const size_t past = room < 0 ? 0 : (size_t)(room / o->step) + 1;
    o->start = start;
    o->count = count;
    o->lo = conv_smaller(first, count);
    o->hi = past < o->lo ? o->lo : conv_smaller(past, count);
}

/* Of run `number`, cells before … before + the result - 1 lie in the line. */
static size_t clipped(const runs *o, size_t number, size_t *before)
{
    const ptrdiff_t start = o->start + (ptrdiff_t)number * o->step;
    const ptrdiff_t stop = start + (ptrdiff_t)o->n;
    const ptrdiff_t from = start < 0 ? 0 : start;
    const ptrdiff_t to = stop > o->end ? o->end : stop;
    *before = from < to ? (size_t)(from - start) : o->n;
    return from < to ? (size_t)(to - from) : 0;
}

static void gather_clipped(const runs *o, size_t lo, size_t hi,
                           const REAL *line, REAL *rows)
{
    for (size_t j = lo; j < hi; j++) {
        size_t before;
        const size_t inside = clipped(o, j, &before);
        REAL *const to = rows + j * o->row_step;
        clear_cells(before, to);
        if (inside > 0)
            copy_cells(inside,
                       line + o->start + (ptrdiff_t)j * o->step +
                           (ptrdiff_t)before,
                       to + before);
        clear_cells(o->n - before - inside, to + before + inside);
    }
}

/* `rows` = the runs of a line; NULL is one of 0s. */
static void gather_runs(const runs *o, const REAL *line, REAL *rows)
{
    const size_t lo = o->lo, hi = o->hi;
    if (!line) {
        for (size_t j = 0; j < o->count; j++)
            clear_cells(o->n, rows + j * o->row_step);
        return;
    }
    gather_clipped(o, 0, lo, line, rows);
    if (lo < hi)
        move_runs(0, o->n, hi - lo, line + o->start + (ptrdiff_t)lo * o->step,
                  (size_t)o->step, rows + lo * o->row_step, o->row_step);
    gather_clipped(o, hi, o->count, line, rows);
}

static void scatter_clipped(const runs *o, size_t lo, size_t hi,
                            const REAL *rows, REAL *line)
{
    for (size_t j = lo; j < hi; j++) {
        size_t before;
        const size_t inside = clipped(o, j, &before);
        if (inside > 0)
            add_line(inside, rows + j * o->row_step + before,
                     line + o->start + (ptrdiff_t)j * o->step +
                         (ptrdiff_t)before);
    }
}

/* The runs of a line += rows. They do not overlap. */
static void scatter_runs(const runs *o, const REAL *rows, REAL *line)
{
    const size_t lo = o->lo, hi = o->hi;
    scatter_clipped(o, 0, lo, rows, line);
    if (lo < hi)
        move_runs(1, o->n, hi - lo, rows + lo * o->row_step, o->row_step,
                  line + o->start + (ptrdiff_t)lo * o->step, (size_t)o->step);
    scatter_clipped(o, hi, o->count, rows, line);
}

/* One stretch of rows m0 … m0 + m - 1. */
static void gather_stretch(const view *v, const stretch *o, size_t m0, size_t m,
                           REAL *to, size_t to_row)
{
    const ptrdiff_t pitch = (ptrdiff_t)v->pitch;
    runs line = {.n = o->length,
                 .step = (ptrdiff_t)v->stride_w * pitch,
                 .end = (ptrdiff_t)v->w * pitch,
                 .row_step = to_row};
    pixel p = pixel_of(m0, v->ho, v->wo);
    while (m > 0) {
        const ptrdiff_t i = (ptrdiff_t)(p.i * v->stride_h + o->u) - v->top;
        const int inside = i >= 0 && i < (ptrdiff_t)v->h;
        const size_t count = conv_smaller(m, v->wo - p.j);
        const ptrdiff_t start =
            ((ptrdiff_t)(p.j * v->stride_w + o->tap) - v->left) * pitch +
            (ptrdiff_t)o->first;
        if (count != line.count || start != line.start)
            place_runs(&line, start, count);
        gather_runs(&line,
                    inside
                        ? v->from + (p.b * v->h + (size_t)i) * v->w * v->pitch
                        : NULL,
                    to);
        m -= line.count;
        to += line.count * to_row;
        next_line(&p, v->ho);
    }
}

/* `to` [m, k]: rows from m0, columns from p0 on. */
static void gather(const view *v, size_t m0, size_t m, size_t p0, size_t k,
                   REAL *to)
{
    const size_t together = v->count == v->pitch ? v->taps : 1;
    const size_t most = together * v->count;
    stretch o;
    for (size_t p = 0; p < k; p += o.length) {
        const size_t tap = (p0 + p) / most * together;
        o.u = tap / v->taps;
        o.tap = tap % v->taps;
        o.first = (p0 + p) % most;
        o.length = conv_smaller(most - o.first, k - p);
        gather_stretch(v, &o, m0, m, to + p, k);
    }
}

/* C = A B of a part g of a product, with a part of its k. */
static void multiply_part(const product *g, int first, int last)
{
    block o = {.m = g->m, .n = g->n, .k = g->k, .first = first, .last = last};
    if (g->n < LANES && g->m > g->n) {
        product h = *g;
        swap_operands(&h);
        o.m = h.m;
        o.n = h.n;
        multiply_block(&h, &o);
        return;
    }
    multiply_block(g, &o);
}

/* Rows of a block of A: a wide one may lie along the vectors. */
static size_t most_rows(const product *g)
{
    return g->n < LANES && g->m > g->n ? GEMM_WIDTH / sizeof(REAL) : GEMM_ROWS;
}

static size_t depth_of(size_t k)
{
    return conv_parts(k, conv_parts(k, GEMM_DEPTH));
}

/* C = V B, or V^T B, of V the rows from r0 and the columns from c0 on; g's A is
 * not read. */
static void multiply_view(const view *v, int trans, size_t r0, size_t c0,
                          const product *g, REAL *buffer)
{
    const size_t width = GEMM_WIDTH / sizeof(REAL), most = most_rows(g);
    if (g->k == 0) {
        scale(g);
        return;
    }
    const size_t depth = depth_of(g->k);
    for (size_t i = 0; i < g->m; i += most)
        for (size_t j = 0; j < g->n; j += width)
            for (size_t p = 0; p < g->k; p += depth) {
                product h = *g;
                h.m = conv_smaller(g->m - i, most);
                h.n = conv_smaller(g->n - j, width);
                h.k = conv_smaller(g->k - p, depth);
                if (trans)
                    gather(v, r0 + p, h.k, c0 + i, h.m, buffer);
                else
                    gather(v, r0 + i, h.m, c0 + p, h.k, buffer);
                h.a = buffer;
                h.a_row = trans ? 1 : h.k;
                h.a_col = trans ? h.m : 1;
                h.b += p * g->b_row + j * g->b_col;
                h.c += i * g->c_row + j * g->c_col;
                multiply_part(&h, p == 0, p + h.k == g->k);
            }
}

#endif
