/* The walk over the nodes. */
#include "support/test.h"

#include "ad/naive.h"

struct naive {
    const ad_graph *g;
    size_t rows, room;
    long double **value;  /* [room] */
    unsigned char *known; /* [room]: 1 computed, 2 given */
    unsigned char *needed;
};

naive *naive_new(const ad_graph *g, size_t rows)
{
    naive *const e = calloc(1, sizeof *e);

    assert_non_null(e);
    e->g = g;
    e->rows = rows;
    return e;
}

void naive_free(naive *e)
{
    for (size_t i = 0; i < e->room; i++)
        free(e->value[i]);
    free(e->value);
    free(e->known);
    free(e->needed);
    free(e);
}

size_t naive_dims(const ad_shape *s, size_t rows, int64_t *dim)
{
    size_t n = 1;

    for (int i = 0; i < s->rank; i++) {
        dim[i] = i == 0 && s->div ? (int64_t)rows * s->mul / s->div : s->dim[i];
        n *= (size_t)dim[i];
    }
    return n;
}

void naive_unravel(int32_t rank, const int64_t *dim, size_t at, int64_t *index)
{
    for (int i = rank - 1; i >= 0; i--) {
        index[i] = (int64_t)(at % (size_t)dim[i]);
        at /= (size_t)dim[i];
    }
}

size_t naive_ravel(int32_t rank, const int64_t *dim, const int64_t *index)
{
    size_t at = 0;

    for (int i = 0; i < rank; i++)
        at = at * (size_t)dim[i] + (size_t)index[i];
    return at;
}

size_t naive_count(const naive *e, ad_node x)
{
    int64_t dim[AD_RANK];

    return naive_dims(&e->g->nodes[x].shape, e->rows, dim);
}

static void *larger(void *old, size_t from, size_t to, size_t size)
{
    unsigned char *const p = realloc(old, to * size);

    assert_non_null(p);
    memset(p + from * size, 0, (to - from) * size);
    return p;
}

static void follow(naive *e)
{
    const size_t n = ad_graph_size(e->g);

    if (n <= e->room)
        return;
    e->value = larger(e->value, e->room, n, sizeof *e->value);
    e->known = larger(e->known, e->room, n, 1);
    e->needed = larger(e->needed, e->room, n, 1);
    e->room = n;
}

static long double *place(naive *e, ad_node x)
{
    if (!e->value[x])
        e->value[x] = malloc((naive_count(e, x) + 1) * sizeof **e->value);
    assert_non_null(e->value[x]);
    return e->value[x];
}

void naive_give(naive *e, ad_node x, const long double *v)
{
    follow(e);
    for (size_t i = 0; i < e->room; i++)
        if (e->known[i] == 1)
            e->known[i] = 0;
    memcpy(place(e, x), v, naive_count(e, x) * sizeof *v);
    e->known[x] = 2;
}

static int leaf(const naive_term *t)
{
    int64_t index[AD_RANK];

    for (size_t k = 0; k < t->n; k++) {
        naive_unravel(t->r->shape.rank, t->dim, k, index);
        if (t->r->op == AD_OP_CONSTANT)
            t->y[k] = t->r->p;
        else if (t->r->op == AD_OP_COUNT)
            t->y[k] = (long double)((int64_t)t->rows * t->r->i[0] / t->r->i[1]);
        else if (t->r->op == AD_OP_IOTA)
            t->y[k] = (long double)index[t->r->i[0]];
        else
            return 0;
    }
    return 1;
}

static void compute(naive *e, ad_node x)
{
    naive_term t = {.r = &e->g->nodes[x], .rows = e->rows};

    t.n = naive_dims(&t.r->shape, e->rows, t.dim);
    t.y = place(e, x);
    for (int k = 0; k < ad_operators[t.r->op].arity; k++) {
        const ad_shape *const s = &e->g->nodes[t.r->in[k]].shape;
        t.rank[k] = s->rank;
        t.size[k] = naive_dims(s, e->rows, t.in[k]);
        t.x[k] = e->value[t.r->in[k]];
    }
    if (!leaf(&t) && !naive_tiled(&t) && !naive_moved(&t) &&
        !naive_reduced(&t) && !naive_linear(&t) && !naive_windowed(&t))
        fail_msg("node %d: nothing known of %s", x, ad_operators[t.r->op].name);
    e->known[x] = 1;
}

const long double *naive_value(naive *e, ad_node x)
{
    follow(e);
    assert_true(x >= 0 && (size_t)x < e->room);
    memset(e->needed, 0, e->room);
    e->needed[x] = 1;
    for (ad_node i = x; i >= 0; i--) {
        const ad_record *const r = &e->g->nodes[i];
        if (e->known[i])
            e->needed[i] = 0;
        for (int k = 0; e->needed[i] && k < ad_operators[r->op].arity; k++)
            e->needed[r->in[k]] = 1;
    }
    for (ad_node i = 0; i <= x; i++)
        if (e->needed[i])
            compute(e, i);
    return e->value[x];
}
