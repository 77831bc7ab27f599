/* Matrix products, one or a batch. */
#include "ad/plan.h"

/* Of one matrix, whose rows may count. */
static size_t size_at(const ad_shape *s, int32_t axis, size_t rows)
{
    return axis == 0 ? ad_length_at(s, rows) : (size_t)s->dim[axis];
}

static size_t batch_at(const ad_shape *s, size_t rows)
{
    size_t n = 1;

    for (int32_t k = 0; k < s->rank - 2; k++)
        n *= size_at(s, k, rows);
    return n;
}

static void plan(ad_step *s, const kern_ops *o)
{
    (void)o;
    s->scratch = kern_gemm_scratch();
}

static void open(ad_exec *e)
{
    const ad_step *const s = e->step;
    const int ta = s->r.i[0] != 0;
    const int32_t last = s->r.shape.rank - 1;
    kern_product *const p = &e->job.product;

    p->ops = e->p->ops;
    p->ta = ta != s->turned[0];
    p->tb = (s->r.i[1] != 0) != s->turned[1];
    p->m = size_at(&s->shape[0], ta ? last : last - 1, e->r->rows);
    p->k = size_at(&s->shape[0], ta ? last - 1 : last, e->r->rows);
    p->n = (size_t)s->r.shape.dim[last];
    p->lda = (size_t)s->lead[0];
    p->ldb = (size_t)s->lead[1];
    p->ldc = p->n;
    p->alpha = 1;
    p->beta = 0;
    kern_product_cut(p);
    if (e->p->apart)
        p->blas = 0; /* whose rows' bits change with their number */
    e->items[0] = kern_product_items(p) * batch_at(&s->r.shape, e->r->rows);
}

static void item(const ad_exec *e, size_t number, char *scratch)
{
    const ad_step *const s = e->step;
    const kern_product *const p = &e->job.product;
    const size_t each = kern_product_items(p), which = number / each;
    const size_t bytes = e->p->ops->bytes;

    kern_product_item(p, number % each,
                      ad_at_place(e, &s->in[0]) + which * p->m * p->k * bytes,
                      ad_at_place(e, &s->in[1]) + which * p->k * p->n * bytes,
                      ad_at_place(e, &s->out) + which * p->m * p->n * bytes,
                      scratch);
}

/* By pass_region.c: of rank 2, the second operand shared by all rows. */
static void rows(const ad_exec *e, size_t lo, size_t hi, size_t part,
                 char *scratch)
{
    const ad_step *const s = e->step;
    const size_t bytes = e->p->ops->bytes, each = (size_t)s->r.shape.mul;
    const size_t n = (size_t)s->r.shape.dim[1], lda = (size_t)s->lead[0];
    const size_t first = lo * each * bytes;

    (void)part;
    e->p->ops->gemm(s->turned[0], (s->r.i[1] != 0) != s->turned[1],
                    (hi - lo) * each, n, (size_t)s->shape[0].dim[1], 1,
                    ad_at_place(e, &s->in[0]) +
                        (s->turned[0] ? first : first * lda),
                    lda, ad_at_place(e, &s->in[1]), (size_t)s->lead[1], 0,
                    ad_at_place(e, &s->out) + first * n, n, scratch);
}

const struct ad_kernel ad_kernel_matmul = {plan, open, item, rows};
