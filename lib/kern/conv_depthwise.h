/* Convolutions with a filter for each channel alone, where no product fills a
 * vector: channels lie along the vectors instead. Included by set.c.
 *
 * An output is one accumulator, over taps in Y and X, over lines and pixels of
 * a part in F. */
#ifndef KERN_CONV_DEPTHWISE_H
#define KERN_CONV_DEPTHWISE_H

#include "kern/conv_gather.h"

/* The taps of an axis that reach an output: from the first, `step` apart, the
 * cell each meets the next one, or with `back` the one before. */
typedef struct reach {
    size_t taps, first, step, cell;
    int back;
} reach;

static reach reach_of_y(size_t i, size_t n, size_t r, size_t stride,
                        size_t edge)
{
    const size_t at = i * stride;
    reach o = {.first = at < edge ? edge - at : 0, .step = 1};
    const size_t past = at < n + edge ? conv_smaller(n + edge - at, r) : 0;
    o.taps = past > o.first ? past - o.first : 0;
    o.cell = at + o.first - edge;
    return o;
}

static reach reach_of_x(size_t i, size_t n, size_t r, size_t stride,
                        size_t edge)
{
    reach o = {.first = (i + edge) % stride, .step = stride, .back = 1};
    o.cell = (i + edge) / stride;
    if (o.cell >= n) {
        o.first += (o.cell - (n - 1)) * stride;
        o.cell = n - 1;
    }
    o.taps = conv_smaller(conv_taps(r, o.first, stride), o.cell + 1);
    return o;
}

static size_t met(const reach *o, size_t tap)
{
    return o->back ? o->cell - tap : o->cell + tap;
}

/* One pixel: to [c] = the sum over the taps of a [h, w, c], w cells to a line,
 * and filter [r, s, c]. */
static void depthwise_pixel(const kern_conv *s, const reach *down,
                            const reach *across, const REAL *a, size_t w,
                            const REAL *filter, REAL *to)
{
    const size_t c = s->c;
    size_t e = 0;
    for (; e + LANES <= c; e += LANES) {
        vec sum = v_zero();
        for (size_t u = 0; u < down->taps; u++) {
            const REAL *const line = a + met(down, u) * w * c + e;
            const REAL *f =
                filter + e +
                ((down->first + u * down->step) * s->s + across->first) * c;
            for (size_t v = 0; v < across->taps; v++, f += across->step * c)
                sum =
                    v_fma(v_loadu(line + met(across, v) * c), v_loadu(f), sum);
        }
        v_storeu(to + e, sum);
    }
    for (; e < c; e++) {
        to[e] = 0;
        for (size_t u = 0; u < down->taps; u++)
            for (size_t v = 0; v < across->taps; v++)
                to[e] += a[(met(down, u) * w + met(across, v)) * c + e] *
                         filter[((down->first + u * down->step) * s->s +
                                 across->first + v * across->step) *
                                    c +
                                e];
    }
}

/* y from x, or x from y: lines of all images. */
static void conv_depthwise(const kern_conv_job *job, size_t item,
                           const conv_arrays *at)
{
    const kern_conv *const s = &job->shape;
    const int back = job->kind == KERN_CONV_X;
    const size_t h = back ? s->h : s->ho, w = back ? s->w : s->wo;
    const size_t from_h = back ? s->ho : s->h, from_w = back ? s->wo : s->w;
    const REAL *const from = back ? at->y : at->x;
    REAL *to = back ? at->x : at->y;
    const size_t lo = item * job->cut[CONV_ROWS];
    const size_t hi = conv_smaller(lo + job->cut[CONV_ROWS], s->n * h);
    to += lo * w * s->c;
    for (size_t line = lo; line < hi; line++) {
        const reach down = (back ? reach_of_x : reach_of_y)(
            line % h, from_h, s->r, s->stride_h, s->top);
        for (size_t j = 0; j < w; j++, to += s->c) {
            const reach across = (back ? reach_of_x : reach_of_y)(
                j, from_w, s->s, s->stride_w, s->left);
            depthwise_pixel(s, &down, &across,
                            from + line / h * from_h * from_w * s->c, from_w,
                            at->filter, to);
        }
    }
}

/* to [c] += the sum over pixels j of a line of y, and those of x that a tap
 * meets, stride_w apart. */
static void depthwise_line(const kern_conv *s, size_t count, const REAL *x,
                           const REAL *y, REAL *to)
{
    const size_t c = s->c, step = s->stride_w * c;
    size_t e = 0;
    for (; e + LANES <= c; e += LANES) {
        vec sum = v_loadu(to + e);
        for (size_t j = 0; j < count; j++)
            sum = v_fma(v_loadu(x + j * step + e), v_loadu(y + j * c + e), sum);
        v_storeu(to + e, sum);
    }
    for (; e < c; e++)
        for (size_t j = 0; j < count; j++)
            to[e] += x[j * step + e] * y[j * c + e];
}

/* Pixels of y that tap v has inside a line: the first, and their number. */
static size_t inside_of(const kern_conv *s, size_t v, size_t *first)
{
    const size_t before = v < s->left ? s->left - v : 0;
    const size_t past = s->w + s->left;
    *first = conv_parts(before, s->stride_w);
    if (v >= past)
        return 0;
    const size_t last = conv_smaller(conv_parts(past - v, s->stride_w), s->wo);
    return last > *first ? last - *first : 0;
}

/* The filter, from a part of the lines of y. */
static void conv_depthwise_f(const kern_conv_job *job, size_t item,
                             const conv_arrays *at)
{
    const kern_conv *const s = &job->shape;
    const size_t c = s->c, all = s->r * s->s * c, lines = s->n * s->ho;
    const size_t size = conv_parts(lines, job->cut[CONV_PARTS]);
    const size_t lo = conv_smaller(item * size, lines);
    const size_t hi = conv_smaller(lo + size, lines);
    REAL *const out =
        job->work > 0 ? (REAL *)at->work + item * all : (REAL *)at->filter;
    clear_cells(all, out);
    for (size_t line = lo; line < hi; line++) {
        const REAL *const x =
            (const REAL *)at->x + line / s->ho * s->h * s->w * c;
        const REAL *const y = (const REAL *)at->y + line * s->wo * c;
        for (size_t tap = 0; tap < s->r * s->s; tap++) {
            const size_t i = line % s->ho * s->stride_h + tap / s->s;
            size_t j;
            const size_t count = inside_of(s, tap % s->s, &j);
            if (i < s->top || i >= s->h + s->top || count == 0)
                continue;
            depthwise_line(s, count,
                           x + ((i - s->top) * s->w + j * s->stride_w +
                                tap % s->s - s->left) *
                                   c,
                           y + j * c, out + tap * c);
        }
    }
}

#endif
