/* Padding and concatenation: what no strides can say. */
#include <string.h>

#include "ad/plan.h"

#define COST 200 /* picoseconds an element */

/* The dense order of a shape. */
static kern_strides dense(const ad_shape *s)
{
    kern_strides v = {.rank = s->rank};
    int64_t stride = 1;

    for (int32_t k = s->rank - 1; k >= 0; k--) {
        v.dim[k] = s->dim[k];
        v.stride[k] = stride;
        stride *= s->dim[k];
    }
    return v;
}

/* ---- pad --------------------------------------------------------------- */

/* Zeros, then the operand into its place. Where axis 0 is not padded, an item
 * does both for some rows. */

static int in_rows(const ad_step *s)
{
    return s->r.i[0] == 0 && s->r.i[AD_RANK] == 0;
}

static void plan_pad(ad_step *s, const kern_ops *o)
{
    const size_t n = in_rows(s) ? (size_t)s->r.shape.dim[0] : 1;

    s->unit = ad_unit(n, ad_behind(&s->r.shape) * COST * o->bytes / 4);
}

static void open_pad(ad_exec *e)
{
    const ad_step *const s = e->step;

    e->items[0] = in_rows(s)
                      ? ad_parts(ad_length_at(&s->r.shape, e->r->rows), s->unit)
                      : 1;
}

static void item_pad(const ad_exec *e, size_t item, char *scratch)
{
    const ad_step *const s = e->step;
    const size_t bytes = e->p->ops->bytes, rows = e->r->rows;
    const size_t from = ad_behind(&s->shape[0]), to = ad_behind(&s->r.shape);
    const size_t read = ad_length_at(&s->shape[0], rows);
    const size_t lo = in_rows(s) ? item * s->unit : 0;
    const size_t end = in_rows(s) ? ad_smaller(read, lo + s->unit) : read;
    const size_t written =
        in_rows(s) ? end - lo : ad_length_at(&s->r.shape, rows);
    char *const out = ad_at_place(e, &s->out);
    kern_strides v = dense(&s->r.shape);
    size_t offset = 0;

    (void)scratch;
    for (int32_t k = 0; k < v.rank; k++) {
        offset += (size_t)(s->r.i[k] * v.stride[k]);
        v.dim[k] = s->shape[0].dim[k];
    }
    kern_strides_join(&v);
    memset(out + lo * to * bytes, 0, written * to * bytes);
    kern_store(&v, bytes, out + offset * bytes, lo * from, (end - lo) * from,
               ad_at_place(e, &s->in[0]) + lo * from * bytes);
}

const struct ad_kernel ad_kernel_pad = {plan_pad, open_pad, item_pad, NULL};

/* ---- concat: [outer, a] and [outer, b] to [outer, a + b] ---------------- */

/* Elements from axis `axis` on, without a row axis. */
static size_t from_axis(const ad_shape *s, int32_t axis)
{
    size_t n = 1;

    for (int32_t k = axis; k < s->rank; k++)
        n *= (size_t)s->dim[k];
    return n;
}

static size_t outer_at(const ad_step *s, size_t rows)
{
    size_t n = 1;

    for (int32_t k = 0; k < (int32_t)s->r.i[0]; k++)
        n *= k == 0 ? ad_length_at(&s->r.shape, rows)
                    : (size_t)s->r.shape.dim[k];
    return n;
}

static void plan_concat(ad_step *s, const kern_ops *o)
{
    const int32_t axis = (int32_t)s->r.i[0];
    const size_t run = from_axis(&s->r.shape, axis);
    const size_t n = from_axis(&s->r.shape, 0) / run;

    s->unit = ad_unit(n, run * COST * o->bytes / 4);
}

static void open_concat(ad_exec *e)
{
    e->items[0] = ad_parts(outer_at(e->step, e->r->rows), e->step->unit);
}

static void item_concat(const ad_exec *e, size_t item, char *scratch)
{
    const ad_step *const s = e->step;
    const size_t bytes = e->p->ops->bytes;
    const size_t outer = outer_at(s, e->r->rows);
    const size_t lo = item * s->unit, n = ad_smaller(outer - lo, s->unit);
    const int32_t axis = (int32_t)s->r.i[0];
    const size_t all = from_axis(&s->r.shape, axis);
    char *out = ad_at_place(e, &s->out) + lo * all * bytes;

    (void)scratch;
    for (int k = 0; k < 2; k++) {
        const size_t run = from_axis(&s->shape[k], axis);
        kern_strides v = {.rank = 2,
                          .dim = {(int64_t)n, (int64_t)run},
                          .stride = {(int64_t)all, 1}};

        kern_strides_join(&v);
        kern_store(&v, bytes, out, 0, n * run,
                   ad_at_place(e, &s->in[k]) + lo * run * bytes);
        out += run * bytes;
    }
}

const struct ad_kernel ad_kernel_concat = {plan_concat, open_concat,
                                           item_concat, NULL};
