/* Extremes, logsumexp and moments over adjacent axes: [a, r, i] to [a, i].
 * Where a counts rows, or is more than 1, items are blocks [r, i]; where all is
 * one block, items are parts of it, joined in their order. */
#include "ad/plan.h"

#define COST 500 /* picoseconds an element */

typedef struct form {
    size_t a, r, i;
    int whole; /* one block */
} form;

static form form_at(const ad_step *s, size_t rows)
{
    const ad_shape *const x = &s->shape[0];
    const uint32_t axes = (uint32_t)s->r.i[0];
    form f = {1, 1, 1, 1};
    int32_t lo = 0, hi = x->rank - 1;

    while (lo < x->rank && !(axes >> lo & 1))
        lo++;
    while (hi > lo && !(axes >> hi & 1))
        hi--;
    for (int32_t k = 0; k < x->rank; k++) {
        const size_t n = k == 0 ? ad_length_at(x, rows) : (size_t)x->dim[k];
        if (k < lo)
            f.a *= n;
        else if (k <= hi)
            f.r *= n;
        else
            f.i *= n;
    }
    f.whole = lo == 0 || (!x->div && f.a == 1);
    return f;
}

/* The rows that a step was planned for. */
static size_t planned(const ad_shape *s)
{
    return s->div ? (size_t)s->dim[0] / (size_t)s->mul * (size_t)s->div : 1;
}

static int kind_of(const ad_step *s)
{
    switch (s->r.op) {
    case AD_OP_GREATEST:
        return KERN_REDUCE_MAX;
    case AD_OP_LEAST:
        return KERN_REDUCE_MIN;
    case AD_OP_ARGMAX:
        return KERN_REDUCE_ARGMAX;
    case AD_OP_ARGMIN:
        return KERN_REDUCE_ARGMIN;
    case AD_OP_LOGSUMEXP:
        return KERN_REDUCE_LOGSUMEXP;
    default:
        return KERN_REDUCE_MOMENTS;
    }
}

static void plan(ad_step *s, const kern_ops *o)
{
    const form f = form_at(s, planned(&s->shape[0]));
    const size_t cost = COST * (o->bytes / sizeof(float));

    if (!f.whole) {
        s->unit = ad_unit(f.a, f.r * f.i * cost);
        return;
    }
    s->unit = ad_unit(f.r, f.i * cost);
    if (s->r.op == AD_OP_ARGMAX || s->r.op == AD_OP_ARGMIN)
        s->unit = f.r;
    s->work = ad_parts(f.r, s->unit) * f.i;
    s->work *= s->r.op == AD_OP_MOMENTS ? 2 * sizeof(double) : o->bytes;
}

static void open(ad_exec *e)
{
    const form f = form_at(e->step, e->r->rows);

    e->items[0] = ad_parts(f.whole ? f.r : f.a, e->step->unit);
    if (f.whole && (e->items[0] > 1 || e->step->r.op == AD_OP_MOMENTS))
        e->items[1] = 1;
}

/* Blocks lo … lo + n - 1. */
static void blocks(const ad_exec *e, const form *f, size_t lo, size_t n)
{
    const ad_step *const s = e->step;
    const kern_ops *const o = e->p->ops;
    const size_t wide = s->r.op == AD_OP_MOMENTS ? 2 : 1;

    o->reduce(kind_of(s), n, f->r, f->i,
              ad_at_place(e, &s->in[0]) + lo * f->r * f->i * o->bytes,
              ad_at_place(e, &s->out) + lo * f->i * wide * o->bytes);
}

/* Part number `item`, to work, or at once to where it belongs. */
static void part(const ad_exec *e, const form *f, size_t item)
{
    const ad_step *const s = e->step;
    const kern_ops *const o = e->p->ops;
    const size_t lo = item * s->unit, n = ad_smaller(f->r - lo, s->unit);
    char *const x = ad_at_place(e, &s->in[0]) + lo * f->i * o->bytes;
    char *const work = (char *)e->r->arena + s->work_at;

    if (s->r.op == AD_OP_MOMENTS)
        o->moments_part(n, f->i, x, f->i,
                        (double *)(void *)work + item * 2 * f->i);
    else
        o->reduce(kind_of(s), 1, n, f->i, x,
                  e->items[0] == 1 ? ad_at_place(e, &s->out)
                                   : work + item * f->i * o->bytes);
}

static void join_moments(const ad_exec *e, const form *f)
{
    const ad_step *const s = e->step;
    double *const acc = (double *)(void *)((char *)e->r->arena + s->work_at);
    char *const y = ad_at_place(e, &s->out);

    for (size_t k = 1; k < e->items[0]; k++)
        kern_moments_join(f->i, k * s->unit, acc,
                          ad_smaller(f->r - k * s->unit, s->unit),
                          acc + k * 2 * f->i);
    for (size_t j = 0; j < f->i; j++) {
        const double mean = acc[j], variance = acc[f->i + j] / (double)f->r;

        if (e->p->ops->type == GENMOD_F32) {
            ((float *)(void *)y)[2 * j] = (float)mean;
            ((float *)(void *)y)[2 * j + 1] = (float)variance;
        } else {
            ((double *)(void *)y)[2 * j] = mean;
            ((double *)(void *)y)[2 * j + 1] = variance;
        }
    }
}

static void item(const ad_exec *e, size_t number, char *scratch)
{
    const ad_step *const s = e->step;
    const form f = form_at(s, e->r->rows);

    const size_t lo = number * s->unit;

    (void)scratch;
    if (!f.whole)
        blocks(e, &f, lo, ad_smaller(f.a - lo, s->unit));
    else if (e->phase == 0)
        part(e, &f, number);
    else if (s->r.op == AD_OP_MOMENTS)
        join_moments(e, &f);
    else
        e->p->ops->reduce(kind_of(s), 1, e->items[0], f.i,
                          (char *)e->r->arena + s->work_at,
                          ad_at_place(e, &s->out));
}

/* By pass_region.c: axis 0 counts rows and stays. */
static void rows(const ad_exec *e, size_t lo, size_t hi, size_t part,
                 char *scratch)
{
    const form f = form_at(e->step, 1); /* the blocks of one row */

    (void)part;
    (void)scratch;
    blocks(e, &f, lo * f.a, (hi - lo) * f.a);
}

const struct ad_kernel ad_kernel_reduce = {plan, open, item, rows};
