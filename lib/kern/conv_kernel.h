/* The convolutions of one instruction set and element type, included by set.c:
 * products of which one factor is gathered, block by block, from images.
 *
 *     Y   y = V(x) W          V unfolds x: a row a pixel of y
 *     F   W = V(x)^T y        the sum over pixels in parts, added in order
 *     X   x = V(y) W'         a product for each residue of x's pixels modulo
 *                             the strides, W' the taps that reach it, reversed
 *     X   x = S(y W^T)        S adds each row up where its taps fall: for few
 *                             channels, and where V would mostly gather zeros;
 *                             at stride 1 also Y, by the mirrored filter,
 *                             and F then is V(y)^T x, mirrored
 *
 * An output of Y and X is one accumulator over taps and channels, or, with S,
 * over channels, added up pixel of y after pixel of y: neither knows the cut.
 */
#ifndef KERN_CONV_KERNEL_H
#define KERN_CONV_KERNEL_H

#include "kern/conv_depthwise.h"
#include "kern/conv_gather.h"

/* The part of the columns that an item does: columns of one group, or whole
 * groups. */
typedef struct span {
    size_t group, groups; /* from, to */
    size_t column, columns;
} span;

static span span_of(const kern_conv_job *job, size_t number, size_t columns)
{
    const size_t size = job->cut[CONV_COLUMNS], groups = job->shape.groups;
    const size_t first = number * size;
    if (groups > 1)
        return (span){first, conv_smaller(first + size, groups), 0, columns};
    return (span){0, 1, first, conv_smaller(size, columns - first)};
}

static product product_in(void *scratch)
{
    product g = {.b_col = 1, .c_col = 1, .alpha = 1};
    lay_out(&g, scratch);
    return g;
}

static REAL *gather_buffer(void *scratch)
{
    return (REAL *)(void *)((char *)scratch + kern_gemm_scratch());
}

static REAL *out_buffer(void *scratch)
{
    return (REAL *)(void *)((char *)scratch + kern_gemm_scratch() +
                            CONV_GATHER_BYTES);
}

static view view_of_x(const kern_conv *s, const REAL *x, size_t group)
{
    const size_t count = s->c / s->groups;
    return (view){.from = x + group * count,
                  .h = s->h,
                  .w = s->w,
                  .pitch = s->c,
                  .count = count,
                  .taps = s->s,
                  .ho = s->ho,
                  .wo = s->wo,
                  .stride_h = s->stride_h,
                  .stride_w = s->stride_w,
                  .top = (ptrdiff_t)s->top,
                  .left = (ptrdiff_t)s->left};
}

/* ---- y ------------------------------------------------------------------- */

static void conv_y(const kern_conv_job *job, size_t item, const conv_arrays *at)
{
    const kern_conv *const s = &job->shape;
    const size_t kg = s->k / s->groups, rows = job->cut[CONV_ROWS];
    const size_t m0 = item / job->cut[CONV_ACROSS] * rows;
    const span o = span_of(job, item % job->cut[CONV_ACROSS], kg);
    product g = product_in(at->scratch);
    g.m = conv_smaller(s->n * s->ho * s->wo - m0, rows);
    g.n = o.columns;
    g.k = s->r * s->s * (s->c / s->groups);
    g.b_row = g.c_row = s->k;
    for (size_t i = o.group; i < o.groups; i++) {
        const view v = view_of_x(s, at->x, i);
        g.b = (const REAL *)at->filter + i * kg + o.column;
        g.c = (REAL *)at->y + m0 * s->k + i * kg + o.column;
        multiply_view(&v, 0, m0, 0, &g, gather_buffer(at->scratch));
    }
}

/* ---- the filter ---------------------------------------------------------- */

static void conv_f(const kern_conv_job *job, size_t item, const conv_arrays *at)
{
    const kern_conv *const s = &job->shape;
    const size_t cg = s->c / s->groups, kg = s->k / s->groups;
    const size_t all = s->r * s->s * cg, pixels = s->n * s->ho * s->wo;
    const size_t parts = job->cut[CONV_PARTS], across = job->cut[CONV_ACROSS];
    const size_t part = item % parts, depth = conv_parts(pixels, parts);
    const size_t i0 = item / parts / across * job->cut[CONV_ROWS];
    const size_t p0 = conv_smaller(part * depth, pixels);
    const span o = span_of(job, item / parts % across, kg);
    REAL *const out = job->work > 0 ? (REAL *)at->work + part * all * s->k
                                    : (REAL *)at->filter;
    product g = product_in(at->scratch);
    g.m = conv_smaller(all - i0, job->cut[CONV_ROWS]);
    g.n = o.columns;
    g.k = conv_smaller(pixels - p0, depth);
    g.b_row = g.c_row = s->k;
    for (size_t i = o.group; i < o.groups; i++) {
        const view v = view_of_x(s, at->x, i);
        g.b = (const REAL *)at->y + p0 * s->k + i * kg + o.column;
        g.c = out + i0 * s->k + i * kg + o.column;
        multiply_view(&v, 1, p0, i0, &g, gather_buffer(at->scratch));
    }
}

/* Cell number i of the filter among those of the mirrored one, whose shape s
 * is. */
static size_t mirror_cell(const kern_conv *s, size_t i)
{
    const size_t cg = s->k / s->groups, kg = s->c / s->groups;
    const size_t q = i % s->c, p = i / s->c % cg, tap = i / s->c / cg;
    return ((s->r * s->s - 1 - tap) * kg + q % kg) * s->k + q / kg * cg + p;
}

/* Adds the parts up, in their order. */
static void conv_f_add(const kern_conv_job *job, size_t item,
                       const conv_arrays *at)
{
    const kern_conv *const s = &job->shape;
    const size_t all = s->r * s->s * (s->c / s->groups) * s->k;
    const size_t size = conv_parts(all, job->items[1]);
    const size_t lo = conv_smaller(item * size, all);
    const size_t hi = conv_smaller(lo + size, all);
    const int mirror = job->cut[CONV_METHOD] == CONV_MIRROR;
    const REAL *const part = at->work;
    REAL *const out = at->filter;
    for (size_t i = lo; i < hi; i++)
        out[i] = part[mirror ? mirror_cell(s, i) : i];
    for (size_t p = 1; p < job->cut[CONV_PARTS]; p++)
        for (size_t i = lo; i < hi; i++)
            out[i] += part[p * all + (mirror ? mirror_cell(s, i) : i)];
}

/* ---- x, gathered --------------------------------------------------------- */

/* `to` [k, pitch] = transpose of `from` [columns, k], rows from_row apart, up
 * to column `end` 0 behind them. */
static void transpose_filter(size_t columns, size_t k, const REAL *from,
                             size_t from_row, size_t end, REAL *to,
                             size_t pitch)
{
    size_t j = 0;
    if ((uintptr_t)(void *)to % VECTOR_BYTES == 0 && pitch % LANES == 0)
        for (; j + LANES <= columns; j += LANES)
            pack_transposed(k, from + j * from_row, from_row, to + j, pitch);
    for (size_t p = 0; p < k; p++)
        for (size_t i = j; i < end; i++)
            to[p * pitch + i] = i < columns ? from[i * from_row + p] : 0;
}

/* Taps that belong to residues before this one. */
static size_t taps_before(size_t r, size_t residue, size_t stride)
{
    size_t sum = 0;
    for (size_t i = 0; i < residue && i < r; i++)
        sum += conv_taps(r, i, stride);
    return sum;
}

/* Where tap (u, v) stands among the packed ones: residue by residue, in each
 * from the last to the first, since y runs back while the taps run on. */
static size_t packed_tap(const kern_conv *s, size_t u, size_t v)
{
    const size_t a = u % s->stride_h, b = v % s->stride_w;
    const size_t down = conv_taps(s->r, a, s->stride_h);
    const size_t across = conv_taps(s->s, b, s->stride_w);
    return taps_before(s->r, a, s->stride_h) * s->s +
           down * taps_before(s->s, b, s->stride_w) +
           (down - 1 - u / s->stride_h) * across + across - 1 - v / s->stride_w;
}

/* work [groups, taps, k / groups, pitch] */
static void conv_gather_pack(const kern_conv_job *job, size_t item,
                             const conv_arrays *at)
{
    const kern_conv *const s = &job->shape;
    const size_t cg = s->c / s->groups, kg = s->k / s->groups;
    const size_t taps = s->r * s->s, pitch = job->cut[CONV_PITCH];
    const size_t all = s->groups * taps, size = conv_parts(all, job->items[0]);
    const size_t hi = conv_smaller(item * size + size, all);
    for (size_t i = item * size; i < hi; i++) {
        const size_t group = i / taps, tap = i % taps;
        const size_t place =
            group * taps + packed_tap(s, tap / s->s, tap % s->s);
        transpose_filter(
            cg, kg, (const REAL *)at->filter + tap * cg * s->k + group * kg,
            s->k, pitch, (REAL *)at->work + place * kg * pitch, pitch);
    }
}

/* The pixels i, i + stride, … of an axis of x: their number, the taps that
 * reach them, and the place of the first tap's cell of y for the first one. */
typedef struct phase {
    size_t first, count, taps, before;
    ptrdiff_t edge;
} phase;

static phase phase_of(size_t first, size_t stride, size_t n, size_t r,
                      size_t edge)
{
    const size_t residue = (first + edge) % stride;
    phase o = {.first = first};
    o.count = conv_taps(n, first, stride);
    o.taps = conv_taps(r, residue, stride);
    o.before = taps_before(r, residue, stride);
    o.edge =
        (ptrdiff_t)o.taps - 1 - (ptrdiff_t)((first + edge - residue) / stride);
    return o;
}

/* Rows m0 … of a phase from a block [m, n] to their places in x. */
static void spread(const kern_conv *s, const phase *h, const phase *w,
                   size_t m0, size_t m, size_t n, const REAL *from,
                   size_t from_row, REAL *x)
{
    pixel p = pixel_of(m0, h->count, w->count);
    for (size_t r = 0; r < m; r++, from += from_row) {
        const size_t i = h->first + p.i * s->stride_h;
        const size_t j = w->first + p.j * s->stride_w;
        copy_cells(n, from, x + ((p.b * s->h + i) * s->w + j) * s->c);
        if (++p.j == w->count)
            next_line(&p, h->count);
    }
}

/* Rows and columns of one group, a block of outputs at a time. */
static void gather_group(const kern_conv_job *job, const phase *h,
                         const phase *w, size_t group, size_t m0, size_t m,
                         const span *o, const conv_arrays *at)
{
    const kern_conv *const s = &job->shape;
    const size_t cg = s->c / s->groups, kg = s->k / s->groups;
    const size_t pitch = job->cut[CONV_PITCH];
    const size_t width = GEMM_WIDTH / sizeof(REAL);
    const size_t tap = (group * s->r + h->before) * s->s + h->taps * w->before;
    const size_t end = o->column + o->columns;
    REAL *const out = out_buffer(at->scratch);
    const view v = {.from = (const REAL *)at->y + group * kg,
                    .h = s->ho,
                    .w = s->wo,
                    .pitch = s->k,
                    .count = kg,
                    .taps = w->taps,
                    .ho = h->count,
                    .wo = w->count,
                    .stride_h = 1,
                    .stride_w = 1,
                    .top = h->edge,
                    .left = w->edge};
    product g = product_in(at->scratch);
    g.k = h->taps * w->taps * kg;
    g.b_row = pitch;
    g.c = out;
    for (size_t j = o->column; j < end; j += width)
        for (size_t i = 0; i < m; i += GEMM_ROWS) {
            const size_t columns = conv_smaller(end - j, width);
            g.m = conv_smaller(m - i, GEMM_ROWS);
            g.n = g.c_row = conv_parts(columns, LANES) * LANES;
            g.b = (const REAL *)at->work + tap * kg * pitch + j;
            multiply_view(&v, 0, m0 + i, 0, &g, gather_buffer(at->scratch));
            spread(s, h, w, m0 + i, g.m, columns, out, g.c_row,
                   (REAL *)at->x + group * cg + j);
        }
}

static void conv_gather_x(const kern_conv_job *job, size_t item,
                          const conv_arrays *at)
{
    const kern_conv *const s = &job->shape;
    const size_t rows = job->cut[CONV_ROWS];
    const size_t column = item % job->cut[CONV_ACROSS];
    const size_t line = item / job->cut[CONV_ACROSS];
    const size_t number = line / job->cut[CONV_DOWN];
    const phase h =
        phase_of(number / s->stride_w, s->stride_h, s->h, s->r, s->top);
    const phase w =
        phase_of(number % s->stride_w, s->stride_w, s->w, s->s, s->left);
    const size_t all = s->n * h.count * w.count;
    const size_t m0 = conv_smaller(line % job->cut[CONV_DOWN] * rows, all);
    const span o = span_of(job, column, s->c / s->groups);
    for (size_t i = o.group; i < o.groups && m0 < all; i++)
        gather_group(job, &h, &w, i, m0, conv_smaller(all - m0, rows), &o, at);
}

/* ---- x, scattered -------------------------------------------------------- */

/* work [groups, blocks of channels, k / groups, pitch], a row the taps of the
 * block's channels */
static void conv_scatter_pack(const kern_conv_job *job, size_t item,
                              const conv_arrays *at)
{
    const kern_conv *const s = &job->shape;
    const size_t cg = s->c / s->groups, kg = s->k / s->groups;
    const size_t taps = s->r * s->s, pitch = job->cut[CONV_PITCH];
    const size_t size = job->cut[CONV_COLUMNS], blocks = conv_parts(cg, size);
    const size_t group = item / blocks, c0 = item % blocks * size;
    const size_t count = conv_smaller(size, cg - c0);
    REAL *const to = (REAL *)at->work + item * kg * pitch;
    const REAL *const from = (const REAL *)at->filter + c0 * s->k + group * kg;
    for (size_t i = 0; i < taps; i++)
        transpose_filter(count, kg, from + i * cg * s->k, s->k,
                         i + 1 < taps ? count : pitch - i * count,
                         to + i * count, pitch);
}

/* The same of a filter that is not transposed, but mirrored: [taps, k / groups,
 * c], the shape being that of the X it is used for. */
static void conv_mirror_pack(const kern_conv_job *job, size_t item,
                             const conv_arrays *at)
{
    const kern_conv *const s = &job->shape;
    const size_t cg = s->c / s->groups, kg = s->k / s->groups;
    const size_t taps = s->r * s->s, pitch = job->cut[CONV_PITCH];
    const size_t size = job->cut[CONV_COLUMNS], blocks = conv_parts(cg, size);
    const size_t group = item / blocks, c0 = item % blocks * size;
    const size_t count = conv_smaller(size, cg - c0);
    const REAL *const from = (const REAL *)at->filter + group * cg + c0;
    for (size_t p = 0; p < kg; p++) {
        REAL *const to = (REAL *)at->work + (item * kg + p) * pitch;
        for (size_t i = 0; i < taps; i++)
            copy_cells(count, from + ((taps - 1 - i) * kg + p) * s->c,
                       to + i * count);
        clear_cells(pitch - taps * count, to + taps * count);
    }
}

/* What an item of S owns: channels and lines of images. */
typedef struct quota {
    size_t image, images; /* from, to */
    size_t line, lines;   /* from, to */
    size_t channel, channels;
    const REAL *filter;
} quota;

/* x += the taps of y's pixels (i, j) … (i, j + count - 1) of an image, of which
 * `row` holds the rows. Taps that lie a stride apart are added one after the
 * other, so that what is added at once does not overlap. */
static void add_taps(const kern_conv_job *job, const quota *o, size_t i,
                     size_t j, size_t count, const REAL *row, REAL *x)
{
    const kern_conv *const s = &job->shape;
    const ptrdiff_t pitch = (ptrdiff_t)s->c;
    const size_t together =
        o->channels == s->c ? conv_smaller(s->stride_w, s->s) : 1;
    runs line = {.step = (ptrdiff_t)s->stride_w * pitch,
                 .end = (ptrdiff_t)s->w * pitch,
                 .row_step = job->cut[CONV_PITCH]};
    for (size_t v = 0; v < s->s; v += together) {
        line.n = conv_smaller(together, s->s - v) * o->channels;
        place_runs(&line,
                   ((ptrdiff_t)(j * s->stride_w + v) - (ptrdiff_t)s->left) *
                           pitch +
                       (ptrdiff_t)o->channel,
                   count);
        for (size_t u = 0; u < s->r; u++) {
            const size_t at = i * s->stride_h + u;
            if (at < s->top + o->line || at >= s->top + o->lines)
                continue;
            scatter_runs(&line, row + (u * s->s + v) * o->channels,
                         x + (at - s->top) * s->w * s->c);
        }
    }
}

static void clear_quota(const kern_conv *s, const quota *o, REAL *x)
{
    for (size_t b = o->image; b < o->images; b++)
        for (size_t i = o->line; i < o->lines; i++) {
            REAL *const to = x + (b * s->h + i) * s->w * s->c + o->channel;
            if (o->channels == s->c)
                clear_cells(s->w * s->c, to);
            else
                for (size_t j = 0; j < s->w; j++)
                    clear_cells(o->channels, to + j * s->c);
        }
}

/* Lines of y, counted over the images. A block of products is whole lines, or
 * parts of one that the shape alone tells: their order is part of the bits. */
static void scatter(const kern_conv_job *job, const quota *o, size_t group,
                    size_t line, size_t lines, const conv_arrays *at)
{
    const kern_conv *const s = &job->shape;
    const size_t kg = s->k / s->groups, pitch = job->cut[CONV_PITCH];
    const size_t width = conv_smaller(s->wo, GEMM_ROWS);
    const size_t height = GEMM_ROWS / width;
    product g = product_in(at->scratch);
    g.n = g.b_row = g.c_row = pitch;
    g.k = kg;
    g.b = o->filter;
    g.c = out_buffer(at->scratch);
    g.a_row = s->k;
    g.a_col = 1;
    for (size_t i = 0; i < lines; i += height)
        for (size_t j = 0; j < s->wo; j += width) {
            const size_t count = conv_smaller(width, s->wo - j);
            const size_t below = conv_smaller(height, lines - i);
            g.m = below * count;
            g.a = (const REAL *)at->y + ((line + i) * s->wo + j) * s->k +
                  group * kg;
            multiply_product(&g);
            for (size_t l = 0; l < below; l++)
                add_taps(job, o, (line + i + l) % s->ho, j, count,
                         g.c + l * count * pitch,
                         (REAL *)at->x +
                             (line + i + l) / s->ho * s->h * s->w * s->c);
        }
}

/* Lines of y that reach lines of x from `line` on: the first, and the one
 * behind the last for those before `line`. */
static size_t reached_from(const kern_conv *s, size_t line)
{
    const size_t before = line + s->top + 1;
    return before <= s->r
               ? 0
               : conv_smaller(conv_parts(before - s->r, s->stride_h), s->ho);
}

static size_t reached_before(const kern_conv *s, size_t line)
{
    return conv_smaller(conv_parts(line + s->top, s->stride_h), s->ho);
}

static void conv_scatter_x(const kern_conv_job *job, size_t item,
                           const conv_arrays *at)
{
    const kern_conv *const s = &job->shape;
    const size_t cg = s->c / s->groups, kg = s->k / s->groups;
    const size_t across = job->cut[CONV_ACROSS], down = job->cut[CONV_DOWN];
    const size_t size = job->cut[CONV_COLUMNS], blocks = conv_parts(cg, size);
    const size_t strip = item % across, band = item / across % down;
    const size_t lines = conv_parts(s->h, down);
    const size_t group = strip / blocks, c0 = strip % blocks * size;
    quota o = {.image = item / across / down * job->cut[CONV_IMAGES]};
    o.images = conv_smaller(o.image + job->cut[CONV_IMAGES], s->n);
    o.line = conv_smaller(band * lines, s->h);
    o.lines = conv_smaller(o.line + lines, s->h);
    o.channel = group * cg + c0;
    o.channels = conv_smaller(size, cg - c0);
    o.filter = (const REAL *)at->work + strip * kg * job->cut[CONV_PITCH];
    clear_quota(s, &o, at->x);
    const size_t lo = reached_from(s, o.line), hi = reached_before(s, o.lines);
    if (lo >= hi || o.line == o.lines)
        return;
    if (lo == 0 && hi == s->ho) {
        scatter(job, &o, group, o.image * s->ho, (o.images - o.image) * s->ho,
                at);
        return;
    }
    for (size_t b = o.image; b < o.images; b++)
        scatter(job, &o, group, b * s->ho + lo, hi - lo, at);
}

static const struct conv_ops conv_table = {
    .lanes = LANES,
    .y = conv_y,
    .gather_pack = conv_gather_pack,
    .gather_x = conv_gather_x,
    .scatter_pack = conv_scatter_pack,
    .mirror_pack = conv_mirror_pack,
    .scatter_x = conv_scatter_x,
    .f = conv_f,
    .f_add = conv_f_add,
    .depthwise = conv_depthwise,
    .depthwise_f = conv_depthwise_f,
};

#endif
