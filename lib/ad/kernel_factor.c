/* Cholesky factors and triangular systems, a matrix an item or more. */
#include "ad/plan.h"

#define COST 500 /* picoseconds a product */

static size_t matrices_at(const ad_shape *s, size_t rows)
{
    return (size_t)ad_elements_at(s, rows) /
           (size_t)(s->dim[s->rank - 1] * s->dim[s->rank - 2]);
}

static void open(ad_exec *e)
{
    e->items[0] =
        ad_parts(matrices_at(&e->step->r.shape, e->r->rows), e->step->unit);
}

static void plan(ad_step *s, const kern_ops *o)
{
    const ad_shape *const y = &s->r.shape;
    const size_t n = (size_t)y->dim[y->rank - 2];
    const size_t m = (size_t)y->dim[y->rank - 1];
    const size_t all = (size_t)ad_elements(y) / (n * m);

    (void)o;
    s->unit = ad_unit(all, n * n * m / 2 * COST);
}

static size_t end_of(const ad_exec *e, size_t item)
{
    const size_t n = matrices_at(&e->step->r.shape, e->r->rows);
    const size_t hi = (item + 1) * e->step->unit;

    return hi < n ? hi : n;
}

static void item_cholesky(const ad_exec *e, size_t item, char *scratch)
{
    const ad_step *const s = e->step;
    const size_t n = (size_t)s->r.shape.dim[s->r.shape.rank - 1];
    const size_t each = n * n * e->p->ops->bytes;

    (void)scratch;
    for (size_t k = item * s->unit; k < end_of(e, item); k++)
        kern_cholesky_one(e->p->ops, n, ad_at_place(e, &s->in[0]) + k * each,
                          ad_at_place(e, &s->out) + k * each);
}

const struct ad_kernel ad_kernel_cholesky = {plan, open, item_cholesky, NULL};

static void item_solve(const ad_exec *e, size_t item, char *scratch)
{
    const ad_step *const s = e->step;
    const ad_shape *const y = &s->r.shape;
    const size_t n = (size_t)y->dim[y->rank - 2];
    const size_t m = (size_t)y->dim[y->rank - 1];
    const size_t bytes = e->p->ops->bytes;

    (void)scratch;
    for (size_t k = item * s->unit; k < end_of(e, item); k++)
        kern_solve_one(e->p->ops, s->r.i[0] != 0, n, m,
                       ad_at_place(e, &s->in[0]) + k * n * n * bytes,
                       ad_at_place(e, &s->in[1]) + k * n * m * bytes,
                       ad_at_place(e, &s->out) + k * n * m * bytes);
}

const struct ad_kernel ad_kernel_solve = {plan, open, item_solve, NULL};
