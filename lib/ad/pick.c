/* Columns of a matrix, taken where they are made: what is left out need not be
 * computed. */
#include "ad/internal.h"

typedef struct walk {
    ad_graph *g;
    ad_node s;
    ad_node *done; /* by node; AD_NONE: not yet */
} walk;

static ad_node columns(walk *k, ad_node a);

/* [.., n] where the operator has [.., k]. */
static ad_shape narrowed(const walk *k, ad_node a)
{
    ad_shape shape = *ad_shape_at(k->g, a);

    shape.dim[1] = ad_shape_at(k->g, k->s)->dim[1];
    return shape;
}

/* Element by element: op(a, b) S = op(a S, b S). */
static ad_node tiled(walk *k, const ad_record *r)
{
    ad_node in[AD_INPUTS] = {AD_NONE, AD_NONE, AD_NONE};

    for (int32_t j = 0; j < ad_operators[r->op].arity; j++)
        in[j] = columns(k, r->in[j]);
    return ad_tiled(k->g, r->op, in[0], in[1], in[2], r->p, r->q);
}

/* A column that is stretched is the same in all places. */
static ad_node stretched(walk *k, ad_node a, const ad_record *r)
{
    const int same = ad_is_one(ad_shape_at(k->g, r->in[0]), 1);
    const ad_node from = same ? r->in[0] : columns(k, r->in[0]);

    return ad_broadcast(k->g, from, narrowed(k, a));
}

/* (A op(B)) S = A (op(B) S) */
static ad_node product(walk *k, const ad_record *r)
{
    const ad_node b = ad_matmul(k->g, r->in[1], k->s, r->i[1] != 0, 0);

    return ad_matmul(k->g, r->in[0], b, 0, 0);
}

static int has_factor(const walk *k, const ad_record *r)
{
    return r->op == AD_OP_MATMUL && !r->i[0] &&
           !ad_shape_at(k->g, r->in[1])->div;
}

static ad_node make(walk *k, ad_node a)
{
    const ad_record r = ad_at(k->g, a);

    if (r.op == AD_OP_CONSTANT)
        return ad_constant(k->g, r.p, narrowed(k, a));
    if (ad_operators[r.op].class == AD_TILED)
        return tiled(k, &r);
    if (r.op == AD_OP_BROADCAST)
        return stretched(k, a, &r);
    return has_factor(k, &r) ? product(k, &r) : ad_matmul(k->g, a, k->s, 0, 0);
}

static ad_node columns(walk *k, ad_node a)
{
    if (k->done[a] < 0)
        k->done[a] = make(k, a);
    return k->done[a];
}

ad_node ad_pick(ad_graph *g, ad_node a, ad_node s)
{
    walk k = {.g = g, .s = s};
    ad_node out;

    if (a < 0 || s < 0)
        return AD_NONE;
    if (ad_shape_at(g, a)->rank != 2 || ad_shape_at(g, s)->rank != 2 ||
        ad_shape_at(g, s)->div ||
        ad_shape_at(g, s)->dim[0] != ad_shape_at(g, a)->dim[1])
        return ad_refuse(g, "columns are taken of [m, k] by a static [k, n]");
    k.done = base_alloc(g->w, (size_t)a + 1, sizeof *k.done);
    if (!k.done) {
        g->status = base_status(g->w);
        return AD_NONE;
    }
    for (ad_node i = 0; i <= a; i++)
        k.done[i] = AD_NONE;
    out = columns(&k, a);
    base_free(k.done);
    return out;
}
