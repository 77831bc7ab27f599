/* Windows, resampling, rows by index (window.h). Included by set.c alone. The
 * innermost loops run over channels, or over a window's cells for as many
 * channels as fill a vector; what is left goes one by one. No operation here is
 * fused, so all sets give the same bits. */
#ifndef KERN_WINDOW_KERNEL_H
#define KERN_WINDOW_KERNEL_H

#include <assert.h>
#include <string.h>

/* The cells of a window that lie inside the image. */
typedef struct inside {
    size_t top, bottom, left, right; /* bottom and right are not in it */
} inside;

/* Of the window that starts at `start` - before, `size` long, what lies in
 * 0 … limit - 1. */
INLINE void clip(size_t start, size_t before, size_t size, size_t limit,
                 size_t *from, size_t *to)
{
    const size_t end = start + size > before ? start + size - before : 0;

    *to = end < limit ? end : limit;
    *from = start > before ? start - before : 0;
    if (*from > *to)
        *from = *to;
}

INLINE inside window_at(const kern_window *g, size_t i, size_t j)
{
    inside in;

    clip(i * g->stride_h, g->top, g->r, g->h, &in.top, &in.bottom);
    clip(j * g->stride_w, g->left, g->s, g->w, &in.left, &in.right);
    return in;
}

/* What an average divides by; 1 where all of its window is padding. */
INLINE REAL window_count(const kern_window *g, const inside *in)
{
    const size_t n = (in->bottom - in->top) * (in->right - in->left);

    if (g->count_pad)
        return (REAL)(g->r * g->s);
    return n > 0 ? (REAL)n : 1;
}

INLINE void add_cells(size_t n, const REAL *x, REAL *y)
{
    for (size_t p = 0; p < n; p += LANES)
        give_part(y, n, p, v_add(part_of(y, n, p, 0), part_of(x, n, p, 0)));
}

/* Of the channel that `image` starts at. */
INLINE REAL window_sum(const kern_window *g, const inside *in,
                       const REAL *image)
{
    REAL sum = 0;

    for (size_t u = in->top; u < in->bottom; u++)
        for (size_t v = in->left; v < in->right; v++)
            sum += image[(u * g->w + v) * g->c];
    return sum;
}

INLINE vec window_sums(const kern_window *g, const inside *in,
                       const REAL *image)
{
    vec sum = v_zero();

    for (size_t u = in->top; u < in->bottom; u++)
        for (size_t v = in->left; v < in->right; v++)
            sum = v_add(sum, v_loadu(image + (u * g->w + v) * g->c));
    return sum;
}

INLINE void average_cell(const kern_window *g, size_t i, size_t j,
                         const REAL *image, REAL *y)
{
    const inside in = window_at(g, i, j);
    const REAL count = window_count(g, &in);
    size_t p = 0;

    for (; p + LANES <= g->c; p += LANES)
        v_storeu(y + p, v_div(window_sums(g, &in, image + p), v_set1(count)));
    for (; p < g->c; p++)
        y[p] = window_sum(g, &in, image + p) / count;
}

static void window_average(const kern_window *g, size_t lo, size_t hi,
                           const void *from, void *to)
{
    const REAL *const x = from;
    REAL *const y = to;

    for (size_t b = lo; b < hi; b++)
        for (size_t i = 0; i < g->ho; i++)
            for (size_t j = 0; j < g->wo; j++)
                average_cell(g, i, j, x + b * g->h * g->w * g->c,
                             y + ((b * g->ho + i) * g->wo + j) * g->c);
}

INLINE void spread_cell(const kern_window *g, size_t i, size_t j, const REAL *y,
                        REAL *image)
{
    const inside in = window_at(g, i, j);
    const REAL count = window_count(g, &in);
    size_t p = 0;

    for (; p + LANES <= g->c; p += LANES) {
        const vec part = v_div(v_loadu(y + p), v_set1(count));

        for (size_t u = in.top; u < in.bottom; u++) {
            for (size_t v = in.left; v < in.right; v++) {
                REAL *const x = image + (u * g->w + v) * g->c + p;

                v_storeu(x, v_add(v_loadu(x), part));
            }
        }
    }
    for (; p < g->c; p++) {
        const REAL part = y[p] / count;

        for (size_t u = in.top; u < in.bottom; u++)
            for (size_t v = in.left; v < in.right; v++)
                image[(u * g->w + v) * g->c + p] += part;
    }
}

static void window_average_x(const kern_window *g, size_t lo, size_t hi,
                             const void *from, void *to)
{
    const size_t size = g->h * g->w * g->c;
    const REAL *const y = from;
    REAL *const x = to;

    for (size_t b = lo; b < hi; b++) {
        memset(x + b * size, 0, size * sizeof(REAL));
        for (size_t i = 0; i < g->ho; i++)
            for (size_t j = 0; j < g->wo; j++)
                spread_cell(g, i, j, y + ((b * g->ho + i) * g->wo + j) * g->c,
                            x + b * size);
    }
}

/* Of the channel that `image` starts at. The window is not empty. */
INLINE REAL window_place(const kern_window *g, const inside *in,
                         const REAL *image)
{
    size_t place = in->top * g->w + in->left;
    REAL most = image[place * g->c];

    for (size_t u = in->top; u < in->bottom; u++) {
        for (size_t v = in->left; v < in->right; v++) {
            const REAL x = image[(u * g->w + v) * g->c];

            if (!(x <= most) && most == most) {
                most = x;
                place = u * g->w + v;
            }
        }
    }
    return (REAL)place;
}

INLINE vec window_places(const kern_window *g, const inside *in,
                         const REAL *image)
{
    const size_t first = in->top * g->w + in->left;
    vec place = v_set1((REAL)first);
    vec most = v_loadu(image + first * g->c);

    for (size_t u = in->top; u < in->bottom; u++) {
        for (size_t v = in->left; v < in->right; v++) {
            const size_t cell = u * g->w + v;
            const vec x = v_loadu(image + cell * g->c);
            const mask less = (mask)(v_lt(x, most) | v_eq(x, most));
            const mask more = (mask)(~less & v_eq(most, most));

            most = v_blend(more, x, most);
            place = v_blend(more, v_set1((REAL)cell), place);
        }
    }
    return place;
}

INLINE void argmax_cell(const kern_window *g, const inside *in,
                        const REAL *image, REAL *index)
{
    const int none = in->top == in->bottom || in->left == in->right;
    size_t p = 0;

    for (; !none && p + LANES <= g->c; p += LANES)
        v_storeu(index + p, window_places(g, in, image + p));
    for (; p < g->c; p++)
        index[p] = none ? -1 : window_place(g, in, image + p);
}

static void window_argmax(const kern_window *g, size_t lo, size_t hi,
                          const void *from, void *to)
{
    const REAL *const x = from;
    REAL *const index = to;

    assert(KERN_BITS == 64 || g->h * g->w <= (size_t)1 << 24);
    for (size_t b = lo; b < hi; b++) {
        for (size_t i = 0; i < g->ho; i++) {
            for (size_t j = 0; j < g->wo; j++) {
                const inside in = window_at(g, i, j);

                argmax_cell(g, &in, x + b * g->h * g->w * g->c,
                            index + ((b * g->ho + i) * g->wo + j) * g->c);
            }
        }
    }
}

static void window_gather(const kern_window *g, size_t lo, size_t hi,
                          const void *from, const void *where, void *to)
{
    const size_t size = g->h * g->w * g->c, out = g->ho * g->wo * g->c;
    const REAL *const x = from, *const index = where;
    REAL *const y = to;

    for (size_t b = lo; b < hi; b++)
        for (size_t i = b * out; i < (b + 1) * out; i += g->c)
            for (size_t p = 0; p < g->c; p++)
                y[i + p] = index[i + p] < 0
                               ? 0
                               : x[b * size + (size_t)index[i + p] * g->c + p];
}

static void window_scatter(const kern_window *g, size_t lo, size_t hi,
                           const void *from, const void *where, void *to)
{
    const size_t size = g->h * g->w * g->c, out = g->ho * g->wo * g->c;
    const REAL *const y = from, *const index = where;
    REAL *const x = to;

    for (size_t b = lo; b < hi; b++) {
        memset(x + b * size, 0, size * sizeof(REAL));
        for (size_t i = b * out; i < (b + 1) * out; i += g->c)
            for (size_t p = 0; p < g->c; p++)
                if (index[i + p] >= 0)
                    x[b * size + (size_t)index[i + p] * g->c + p] += y[i + p];
    }
}

/* Between cells a and b, at t of the way. */
typedef struct tap {
    size_t a, b;
    REAL t;
} tap;

/* Where (i + 1/2) from / to - 1/2 lies, kept in 0 … from - 1: a quotient of
 * whole numbers, so t is rounded once. */
INLINE tap tap_of(size_t i, size_t from, size_t to)
{
    const size_t place = (2 * i + 1) * from;
    tap at = {0, 0, 0};

    if (place <= to)
        return at;
    at.a = (place - to) / (2 * to);
    at.b = at.a;
    if (at.a + 1 < from) {
        at.t = (REAL)((double)((place - to) % (2 * to)) / (double)(2 * to));
        at.b += at.t > 0;
    }
    return at;
}

/* A pixel's four cells of the image, and their shares. */
typedef struct taps {
    size_t cell[4];
    REAL share[4];
} taps;

INLINE taps taps_of(const kern_window *g, const tap *row, const tap *column)
{
    const REAL t = row->t, s = column->t;
    const size_t upper = row->a * g->w, lower = row->b * g->w;

    return (taps){{(upper + column->a) * g->c, (upper + column->b) * g->c,
                   (lower + column->a) * g->c, (lower + column->b) * g->c},
                  {(1 - t) * (1 - s), (1 - t) * s, t * (1 - s), t * s}};
}

/* share of the cells of one tap */
INLINE vec tap_part(const taps *at, size_t k, size_t n, size_t p,
                    const REAL *image)
{
    return v_mul(v_set1(at->share[k]), part_of(image + at->cell[k], n, p, 0));
}

INLINE void mix_cells(size_t n, const taps *at, const REAL *image, REAL *y)
{
    for (size_t p = 0; p < n; p += LANES)
        give_part(y, n, p,
                  v_add(v_add(tap_part(at, 0, n, p, image),
                              tap_part(at, 1, n, p, image)),
                        v_add(tap_part(at, 2, n, p, image),
                              tap_part(at, 3, n, p, image))));
}

INLINE void share_cells(size_t n, const taps *at, const REAL *y, REAL *image)
{
    for (size_t k = 0; k < 4; k++) {
        REAL *const to = image + at->cell[k];

        for (size_t p = 0; p < n; p += LANES)
            give_part(to, n, p,
                      v_add(part_of(to, n, p, 0),
                            v_mul(v_set1(at->share[k]), part_of(y, n, p, 0))));
    }
}

static void window_bilinear(const kern_window *g, size_t lo, size_t hi,
                            const void *from, void *to)
{
    const size_t size = g->h * g->w * g->c;
    const REAL *const x = from;
    REAL *const y = to;

    for (size_t q = lo * g->ho; q < hi * g->ho; q++) {
        const tap row = tap_of(q % g->ho, g->h, g->ho);

        for (size_t j = 0; j < g->wo; j++) {
            const tap column = tap_of(j, g->w, g->wo);
            const taps at = taps_of(g, &row, &column);

            mix_cells(g->c, &at, x + q / g->ho * size,
                      y + (q * g->wo + j) * g->c);
        }
    }
}

static void window_bilinear_x(const kern_window *g, size_t lo, size_t hi,
                              const void *from, void *to)
{
    const size_t size = g->h * g->w * g->c;
    const REAL *const y = from;
    REAL *const x = to;

    memset(x + lo * size, 0, (hi - lo) * size * sizeof(REAL));
    for (size_t q = lo * g->ho; q < hi * g->ho; q++) {
        const tap row = tap_of(q % g->ho, g->h, g->ho);

        for (size_t j = 0; j < g->wo; j++) {
            const tap column = tap_of(j, g->w, g->wo);
            const taps at = taps_of(g, &row, &column);

            share_cells(g->c, &at, y + (q * g->wo + j) * g->c,
                        x + q / g->ho * size);
        }
    }
}

static void rows_gather(size_t v, size_t d, size_t lo, size_t hi,
                        const void *from, const void *which, void *to)
{
    const REAL *const table = from, *const index = which;
    REAL *const y = to;

    for (size_t i = lo; i < hi; i++) {
        if (index[i] >= 0 && index[i] < (REAL)v)
            memcpy(y + i * d, table + (size_t)index[i] * d, d * sizeof(REAL));
        else
            for (size_t j = 0; j < d; j++)
                y[i * d + j] = (REAL)NAN;
    }
}

static void rows_scatter(size_t n, size_t d, size_t lo, size_t hi,
                         const void *from, const void *which, void *to)
{
    const REAL *const y = from, *const index = which;
    REAL *const table = to;

    memset(table + lo * d, 0, (hi - lo) * d * sizeof(REAL));
    for (size_t i = 0; i < n; i++)
        if (index[i] >= (REAL)lo && index[i] < (REAL)hi)
            add_cells(d, y + i * d, table + (size_t)index[i] * d);
}

static const window_ops window_table = {
    .average = window_average,
    .average_x = window_average_x,
    .argmax = window_argmax,
    .gather = window_gather,
    .scatter = window_scatter,
    .bilinear = window_bilinear,
    .bilinear_x = window_bilinear_x,
    .rows_gather = rows_gather,
    .rows_scatter = rows_scatter,
};

#endif
