/* Rows of a table by number. */
#include "ad/plan.h"

#define COST 300 /* picoseconds an element */
#define SCANS 8  /* items that each look at all numbers */

static size_t last_of(const ad_shape *s)
{
    return (size_t)s->dim[s->rank - 1];
}

/* ---- gather: table [v, d], index; items are ranges of numbers ----------- */

static void plan_gather(ad_step *s, const kern_ops *o)
{
    s->unit = ad_unit((size_t)ad_elements(&s->shape[1]),
                      last_of(&s->r.shape) * COST * (o->bytes / sizeof(float)));
}

static void open_gather(ad_exec *e)
{
    const ad_step *const s = e->step;

    e->items[0] =
        ad_parts((size_t)ad_elements_at(&s->shape[1], e->r->rows), s->unit);
}

static void item_gather(const ad_exec *e, size_t item, char *scratch)
{
    const ad_step *const s = e->step;
    const size_t n = (size_t)ad_elements_at(&s->shape[1], e->r->rows);
    const size_t lo = item * s->unit;

    (void)scratch;
    kern_rows_gather(e->p->ops, (size_t)s->shape[0].dim[0],
                     last_of(&s->r.shape), lo, ad_smaller(n, lo + s->unit),
                     ad_at_place(e, &s->in[0]), ad_at_place(e, &s->in[1]),
                     ad_at_place(e, &s->out));
}

const struct ad_kernel ad_kernel_gather = {plan_gather, open_gather,
                                           item_gather, NULL};

/* ---- scatter: y [.., d], index; items are ranges of the table's rows ---- */

static void plan_scatter(ad_step *s, const kern_ops *o)
{
    const size_t v = (size_t)s->r.shape.dim[0];
    const size_t cost = (size_t)ad_elements(&s->shape[0]) / v + 1;

    s->unit = ad_unit(v, cost * COST * (o->bytes / sizeof(float)));
    if (s->unit < ad_parts(v, SCANS))
        s->unit = ad_parts(v, SCANS);
}

static void open_scatter(ad_exec *e)
{
    e->items[0] = ad_parts((size_t)e->step->r.shape.dim[0], e->step->unit);
}

static void item_scatter(const ad_exec *e, size_t item, char *scratch)
{
    const ad_step *const s = e->step;
    const size_t lo = item * s->unit;

    (void)scratch;
    kern_rows_scatter(e->p->ops,
                      (size_t)ad_elements_at(&s->shape[1], e->r->rows),
                      last_of(&s->r.shape), lo,
                      ad_smaller((size_t)s->r.shape.dim[0], lo + s->unit),
                      ad_at_place(e, &s->in[0]), ad_at_place(e, &s->in[1]),
                      ad_at_place(e, &s->out));
}

const struct ad_kernel ad_kernel_scatter = {plan_scatter, open_scatter,
                                            item_scatter, NULL};
