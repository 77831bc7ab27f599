/* Reverse mode: gradients by nodes of the same graph, so that they have
 * gradients themselves. Nodes are made after their operands, so their numbers
 * are an order in which to walk. */
#include <string.h>

#include "ad/internal.h"

typedef struct walk {
    ad_graph *g;
    size_t n;             /* nodes up to y */
    unsigned char *leads; /* [n]: to a wrt */
    ad_node *adjoint;     /* [n]: so far; AD_NONE: 0 */
} walk;

/* Marks the nodes that a wrt reaches by operators that have a gradient. */
static void mark(walk *k, size_t n, const ad_node *wrt)
{
    for (size_t i = 0; i < n; i++)
        if ((size_t)wrt[i] < k->n)
            k->leads[wrt[i]] = 1;
    for (size_t i = 0; i < k->n; i++) {
        const ad_record *const r = &k->g->nodes[i];
        if (!ad_operators[r->op].gradient)
            continue;
        for (int j = 0; j < ad_operators[r->op].arity; j++)
            k->leads[i] |= k->leads[r->in[j]];
    }
}

static void add_share(walk *k, ad_node x, ad_node share)
{
    if (share < 0 || ad_is_zero(k->g, share))
        return;
    ad_node *const sum = &k->adjoint[x];
    *sum = *sum < 0 ? share : ad_add(k->g, *sum, share);
}

/* Hands the gradient of node y on to its operands. */
static void pull(walk *k, ad_node y)
{
    const ad_record r = ad_at(k->g, y);
    const ad_operator *const o = &ad_operators[r.op];
    ad_node dx[AD_INPUTS] = {AD_NONE, AD_NONE, AD_NONE};
    uint32_t wanted = 0;

    for (int j = 0; j < o->arity; j++)
        wanted |= (uint32_t)k->leads[r.in[j]] << j;
    if (!wanted || !o->gradient)
        return;
    o->gradient(k->g, y, k->adjoint[y], wanted, dx);
    for (int j = 0; j < o->arity; j++)
        if (wanted >> j & 1)
            add_share(k, r.in[j], dx[j]);
}

static int32_t walk_new(walk *k, ad_node y)
{
    ad_graph *const g = k->g;

    k->n = (size_t)y + 1;
    k->leads = base_alloc_zero(g->w, k->n, sizeof *k->leads);
    k->adjoint = base_alloc(g->w, k->n, sizeof *k->adjoint);
    if (!k->leads || !k->adjoint)
        return g->status = base_status(g->w);
    memset(k->adjoint, 0xff, k->n * sizeof *k->adjoint);
    return GENMOD_OK;
}

static void walk_free(walk *k)
{
    base_free(k->leads);
    base_free(k->adjoint);
}

static void run(walk *k, ad_node y, ad_node seed, size_t n, const ad_node *wrt,
                ad_node *out)
{
    mark(k, n, wrt);
    k->adjoint[y] = seed;
    for (ad_node x = y; x >= 0 && !k->g->status; x--)
        if (k->leads[x] && k->adjoint[x] >= 0)
            pull(k, x);
    for (size_t i = 0; i < n; i++) {
        const int reached = (size_t)wrt[i] < k->n && k->adjoint[wrt[i]] >= 0;
        out[i] = reached ? k->adjoint[wrt[i]] : ad_zeros(k->g, wrt[i]);
    }
}

int32_t ad_grad(ad_graph *g, ad_node y, ad_node seed, size_t n,
                const ad_node *wrt, ad_node *out)
{
    walk k = {g, 0, NULL, NULL};
    int known = y >= 0;

    for (size_t i = 0; i < n; i++) {
        out[i] = AD_NONE;
        known = known && wrt[i] >= 0;
    }
    if (g->status || !known)
        return g->status;
    const ad_shape shape = *ad_shape_at(g, y);
    if (seed < 0)
        seed = ad_constant(g, 1, shape);
    if (!ad_shape_equal(ad_shape_at(g, seed), &shape))
        ad_refuse(g, "a gradient's seed has the shape of what it is of");
    if (!g->status && !walk_new(&k, y))
        run(&k, y, seed, n, wrt, out);
    walk_free(&k);
    return g->status;
}
