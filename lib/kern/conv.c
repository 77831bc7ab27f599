/* How a convolution is cut into items, by its shape alone. conv_kernel.h says
 * what they compute. */
#include <assert.h>

#include "kern/conv_part.h"

/* Items that a convolution is cut into if it is large enough, so that uneven
 * threads end together, and products of an item: beneath the least, handing it
 * out costs more than it saves; above the most, nothing is gained. */
#define ITEMS 16
#define LEAST_WORK ((size_t)1 << 20)
#define MOST_WORK ((size_t)1 << 22)

/* The least where products do not share what they load. */
#define FEW_WORK ((size_t)1 << 18)

/* Elements of a filter that an item adds up or packs. */
#define ELEMENTS 16384

/* Products from 0s beside one of a cell, in quarters, above which to gather is
 * worse than to scatter, whose additions cost something too. */
#define WASTE 5

/* Channels below which a vector of them is not filled well enough, in vectors,
 * and products of a sum that pay for adding it. */
#define FEW_VECTORS 2
#define LEAST_DEPTH 8

/* What it costs to gather a cell, in products. */
#define GATHER_WORK 16

/* The product of a kind, for cut_product(). */
typedef struct extent {
    size_t m, n, k;
    size_t times; /* as many of them, in the same items */
} extent;

static size_t width_of(const kern_conv_job *job)
{
    return GEMM_WIDTH / job->ops->bytes;
}

static size_t per_group(const kern_conv_job *job, size_t channels)
{
    return channels / job->shape.groups;
}

static size_t filter_size(const kern_conv *s)
{
    return s->r * s->s * (s->c / s->groups) * s->k;
}

/* Rows and columns of an item: all columns, or groups, unless that leaves too
 * few items. */
static void cut_product(kern_conv_job *job, const extent *o)
{
    const size_t groups = job->shape.groups;
    const size_t sliver = GEMM_SLIVER / job->ops->bytes;
    const size_t unit = groups > 1 ? 1 : sliver;
    const size_t all = groups > 1 ? groups : o->n;
    const size_t width = (groups > 1 ? o->n : 1) * o->k; /* products each */
    const size_t gather = (groups > 1 ? groups : 1) * o->k * GATHER_WORK;
    size_t rows = GEMM_ROWS, columns = conv_parts(all, unit) * unit;
    while (conv_parts(o->m, rows) * o->times > 2 * ITEMS &&
           rows * (columns * width + gather) < MOST_WORK)
        rows *= 2;
    while (conv_parts(o->m, rows) * conv_parts(all, columns) * o->times <
               ITEMS &&
           conv_smaller(o->m, rows) * (columns * width + gather) >=
               2 * LEAST_WORK) {
        if (rows > 16 && (rows > columns || columns <= unit))
            rows /= 2;
        else if (columns > unit)
            columns = conv_parts(columns, 2 * unit) * unit;
        else
            break;
    }
    job->cut[CONV_ROWS] = rows;
    job->cut[CONV_COLUMNS] = columns;
    job->cut[CONV_DOWN] = conv_parts(o->m, rows);
    job->cut[CONV_ACROSS] = conv_parts(all, columns);
}

static void cut_y(kern_conv_job *job)
{
    const kern_conv *const s = &job->shape;
    const extent o = {s->n * s->ho * s->wo, per_group(job, s->k),
                      s->r * s->s * per_group(job, s->c), 1};
    cut_product(job, &o);
    job->items[0] = job->cut[CONV_DOWN] * job->cut[CONV_ACROSS];
}

/* F: so many parts of the sum, at least one. */
static void cut_parts(kern_conv_job *job, size_t tiles, size_t parts)
{
    const size_t size = filter_size(&job->shape);
    job->cut[CONV_PARTS] = parts > 0 ? parts : 1;
    job->items[0] = tiles * job->cut[CONV_PARTS];
    if (parts > 1 || job->cut[CONV_METHOD] == CONV_MIRROR) {
        job->items[1] = conv_parts(size, ELEMENTS);
        job->work = job->cut[CONV_PARTS] * size * job->ops->bytes;
    }
}

/* The sum over pixels is parted only where the filter alone is too small to be
 * shared out; with more images there are never fewer parts. */
static void cut_f(kern_conv_job *job)
{
    const kern_conv *const s = &job->shape;
    const size_t m = s->r * s->s * per_group(job, s->c);
    const size_t n = per_group(job, s->k), pixels = s->n * s->ho * s->wo;
    size_t rows = GEMM_ROWS, columns = s->groups > 1 ? 1 : width_of(job);
    if (s->groups == 1 && conv_parts(m, rows) * conv_parts(n, columns) < ITEMS)
        rows /= 2;
    while (s->groups > ITEMS * columns && m * n * columns < LEAST_WORK)
        columns *= 2;
    job->cut[CONV_ROWS] = rows;
    job->cut[CONV_COLUMNS] = columns;
    job->cut[CONV_DOWN] = conv_parts(m, rows);
    job->cut[CONV_ACROSS] = conv_parts(s->groups > 1 ? s->groups : n, columns);
    const size_t tiles = job->cut[CONV_DOWN] * job->cut[CONV_ACROSS];
    const size_t work = m * s->groups * (n + GATHER_WORK) * pixels / LEAST_WORK;
    cut_parts(job, tiles, conv_smaller(conv_parts(ITEMS, tiles), work));
}

/* Filters for each channel alone. */
static void cut_depthwise(kern_conv_job *job)
{
    const kern_conv *const s = &job->shape;
    const int back = job->kind == KERN_CONV_X;
    const size_t lines = s->n * (back ? s->h : s->ho);
    const size_t work = (back ? s->w : s->wo) * s->r * s->s * s->c;
    job->cut[CONV_METHOD] = CONV_DEPTHWISE;
    if (job->kind == KERN_CONV_F) {
        cut_parts(job, 1, conv_smaller(ITEMS, lines * work / FEW_WORK));
        return;
    }
    size_t rows = 1;
    while (rows * work < FEW_WORK && rows < lines)
        rows *= 2;
    job->cut[CONV_ROWS] = rows;
    job->items[0] = conv_parts(lines, rows);
}

static size_t padded(const kern_conv_job *job, size_t n)
{
    const size_t lanes = job->ops->conv->lanes;
    return conv_parts(n, lanes) * lanes;
}

/* Gathered: a product for each residue, all cut as the first, the largest. */
static void cut_gather(kern_conv_job *job)
{
    const kern_conv *const s = &job->shape;
    const size_t cg = per_group(job, s->c), kg = per_group(job, s->k);
    const size_t phases = s->stride_h * s->stride_w, taps = s->r * s->s;
    const extent o = {s->n * conv_taps(s->h, 0, s->stride_h) *
                          conv_taps(s->w, 0, s->stride_w),
                      cg,
                      conv_taps(s->r, 0, s->stride_h) *
                          conv_taps(s->s, 0, s->stride_w) * kg,
                      phases};
    cut_product(job, &o);
    job->cut[CONV_PITCH] = padded(job, cg);
    const size_t packed = s->groups * taps * kg * job->cut[CONV_PITCH];
    job->items[0] =
        conv_smaller(s->groups * taps, conv_parts(packed, ELEMENTS));
    job->items[1] = phases * job->cut[CONV_DOWN] * job->cut[CONV_ACROSS];
    job->work = packed * job->ops->bytes;
}

/* Scattered: as many channels as a block of outputs can hold with all taps;
 * several small images to an item, or bands of one large one. */
static void cut_scatter(kern_conv_job *job)
{
    const kern_conv *const s = &job->shape;
    const size_t cg = per_group(job, s->c), kg = per_group(job, s->k);
    const size_t lanes = job->ops->conv->lanes, taps = s->r * s->s;
    const size_t pixels = s->ho * s->wo;
    size_t channels = conv_smaller(width_of(job) / taps, cg);
    if (channels < cg && channels > lanes)
        channels -= channels % lanes;
    const size_t across = s->groups * conv_parts(cg, channels);
    const size_t work = pixels * padded(job, taps * channels) * kg;
    size_t images = 1, bands = 1;
    while (conv_parts(s->n, 2 * images) * across >= ITEMS &&
           images * work < MOST_WORK)
        images *= 2;
    while (images == 1 && s->n * across * bands < ITEMS &&
           work / bands >= 2 * LEAST_WORK && s->h / bands >= 4 * s->r)
        bands *= 2;
    job->cut[CONV_METHOD] = CONV_SCATTER;
    job->cut[CONV_COLUMNS] = channels;
    job->cut[CONV_DOWN] = bands;
    job->cut[CONV_ACROSS] = across;
    job->cut[CONV_IMAGES] = images;
    job->cut[CONV_PITCH] = padded(job, taps * channels);
    job->items[0] = across;
    job->items[1] = conv_parts(s->n, images) * bands * across;
    job->work = across * kg * job->cut[CONV_PITCH] * job->ops->bytes;
}

/* Cells of y that all pixels of an axis of x would gather. */
static size_t gathered(size_t n, size_t r, size_t stride, size_t edge)
{
    size_t sum = 0;
    for (size_t i = 0; i < stride; i++)
        sum +=
            conv_taps(n, i, stride) * conv_taps(r, (i + edge) % stride, stride);
    return sum;
}

static int wasteful(const kern_conv *s)
{
    const size_t down = gathered(s->h, s->r, s->stride_h, s->top);
    const size_t across = gathered(s->w, s->s, s->stride_w, s->left);
    return 4 * down * across > WASTE * s->ho * s->r * s->wo * s->s;
}

/* Of the shape without its images: an image's bits do not depend on them. */
static int scatters(const kern_conv_job *job)
{
    const kern_conv *const s = &job->shape;
    const size_t few = FEW_VECTORS * job->ops->conv->lanes;
    if (s->r * s->s > width_of(job))
        return 0;
    return wasteful(s) ||
           (per_group(job, s->c) < few && per_group(job, s->k) >= LEAST_DEPTH);
}

/* Y of few channels, and its F, at stride 1: as above, with the parts of x and
 * y changed. */
static int mirrors(const kern_conv_job *job)
{
    const kern_conv *const s = &job->shape;
    return s->stride_h == 1 && s->stride_w == 1 && s->top < s->r &&
           s->left < s->s && s->r * s->s <= width_of(job) &&
           per_group(job, s->k) < job->ops->conv->lanes &&
           per_group(job, s->c) >= LEAST_DEPTH &&
           4 * s->h * s->w <= WASTE * s->ho * s->wo;
}

static kern_conv mirrored(const kern_conv *s)
{
    kern_conv o = *s;
    o.h = s->ho;
    o.w = s->wo;
    o.c = s->k;
    o.ho = s->h;
    o.wo = s->w;
    o.k = s->c;
    o.top = s->r - 1 - s->top;
    o.left = s->s - 1 - s->left;
    return o;
}

/* Filters of one cell, or of the size of the image: x and y are matrices. */
static int dense(const kern_conv *s)
{
    if (s->groups > 1 || s->top > 0 || s->left > 0)
        return 0;
    if (s->ho == 1 && s->wo == 1)
        return s->r == s->h && s->s == s->w;
    return s->r == 1 && s->s == 1 && s->ho == s->h && s->wo == s->w &&
           s->stride_h == 1 && s->stride_w == 1;
}

/* Rows and columns of x as a matrix beside y [pixels, k]. */
static void cut_dense(kern_conv_job *job)
{
    const kern_conv *const s = &job->shape;
    const size_t rows = s->n * s->ho * s->wo, columns = s->r * s->s * s->c;
    const int y = job->kind == KERN_CONV_Y;
    const extent o = {rows, y ? s->k : columns, y ? columns : s->k, 1};
    cut_product(job, &o);
    job->cut[CONV_METHOD] = CONV_DENSE;
    job->items[0] = job->cut[CONV_DOWN] * job->cut[CONV_ACROSS];
}

static void run_dense(const kern_conv_job *job, size_t item,
                      const conv_arrays *at)
{
    const kern_conv *const s = &job->shape;
    const size_t all = s->n * s->ho * s->wo, depth = s->r * s->s * s->c;
    const size_t bytes = job->ops->bytes, across = job->cut[CONV_ACROSS];
    const size_t i = item / across * job->cut[CONV_ROWS];
    const size_t j = item % across * job->cut[CONV_COLUMNS];
    const size_t m = conv_smaller(all - i, job->cut[CONV_ROWS]);
    char *const x = (char *)at->x + i * depth * bytes;
    char *const y = (char *)at->y + i * s->k * bytes;
    const char *const f = at->filter;
    if (job->kind == KERN_CONV_Y)
        job->ops->gemm(0, 0, m, conv_smaller(s->k - j, job->cut[CONV_COLUMNS]),
                       depth, 1, x, depth, f + j * bytes, s->k, 0,
                       y + j * bytes, s->k, at->scratch);
    else
        job->ops->gemm(0, 1, m, conv_smaller(depth - j, job->cut[CONV_COLUMNS]),
                       s->k, 1, y, s->k, f + j * s->k * bytes, s->k, 0,
                       x + j * bytes, depth, at->scratch);
}

void kern_conv_cut(kern_conv_job *job, const struct kern_ops *ops, int kind,
                   const kern_conv *shape)
{
    assert(shape->c % shape->groups == 0 && shape->k % shape->groups == 0);
    assert(shape->r > 0 && shape->s > 0 && shape->stride_h > 0 &&
           shape->stride_w > 0);
    *job = (kern_conv_job){.ops = ops, .shape = *shape, .kind = kind};
    if (shape->groups > 1 && shape->groups == shape->c &&
        shape->groups == shape->k) {
        cut_depthwise(job);
    } else if (kind == KERN_CONV_F) {
        if (mirrors(job)) {
            job->shape = mirrored(shape);
            job->cut[CONV_METHOD] = CONV_MIRROR;
        }
        cut_f(job);
    } else if (dense(shape)) {
        cut_dense(job);
    } else if (kind == KERN_CONV_X && scatters(job)) {
        cut_scatter(job);
    } else if (kind == KERN_CONV_X) {
        cut_gather(job);
    } else if (mirrors(job)) {
        job->shape = mirrored(shape);
        cut_scatter(job);
        job->cut[CONV_METHOD] = CONV_MIRROR;
    } else {
        cut_y(job);
    }
}

size_t kern_conv_scratch(void)
{
    return kern_gemm_scratch() + CONV_GATHER_BYTES + CONV_OUT_BYTES;
}

static conv_run *run_of(const kern_conv_job *job, int phase)
{
    const struct conv_ops *const ops = job->ops->conv;
    const int whole = job->cut[CONV_METHOD] == CONV_DEPTHWISE;
    if (job->kind == KERN_CONV_F && phase > 0)
        return ops->f_add;
    if (job->kind == KERN_CONV_F)
        return whole ? ops->depthwise_f : ops->f;
    switch (job->cut[CONV_METHOD]) {
    case CONV_DEPTHWISE:
        return ops->depthwise;
    case CONV_DENSE:
        return run_dense;
    case CONV_SCATTER:
        return phase == 0 ? ops->scatter_pack : ops->scatter_x;
    case CONV_MIRROR:
        return phase == 0 ? ops->mirror_pack : ops->scatter_x;
    default:
        break;
    }
    if (job->kind == KERN_CONV_Y)
        return ops->y;
    return phase == 0 ? ops->gather_pack : ops->gather_x;
}

void kern_conv_item(const kern_conv_job *job, int phase, size_t item, void *x,
                    void *filter, void *y, void *work, void *scratch)
{
    conv_arrays at = {x, filter, y, work, scratch};
    if (job->cut[CONV_METHOD] == CONV_MIRROR) {
        at.x = y;
        at.y = x;
    }
    run_of(job, phase)(job, item, &at);
}
