/* Nodes: an arena of records, each of which stands there once. */
#include <assert.h>
#include <string.h>

#include "ad/internal.h"

#define FIRST 256 /* nodes; the hash table has twice as many slots */

int32_t ad_graph_new(size_t rows, ad_graph **out, genmod_workspace *w)
{
    ad_graph *const g = base_alloc_zero(w, 1, sizeof *g);

    *out = g;
    if (!g)
        return base_status(w);
    g->w = w;
    g->rows = rows;
    g->parts = 1;
    if (rows < 1)
        ad_refuse(g, "a graph is for 1 row or more");
    return g->status;
}

void ad_graph_free(ad_graph *g)
{
    if (!g)
        return;
    base_free(g->nodes);
    base_free(g->table);
    base_free(g->input_names);
    base_free(g->site_names);
    base_free(g);
}

int32_t ad_graph_status(const ad_graph *g)
{
    return g->status;
}

size_t ad_graph_rows(const ad_graph *g)
{
    return g->rows;
}

void ad_graph_share(ad_graph *g, size_t parts)
{
    assert(g->size == 0 && parts > 0);
    g->parts = parts;
}

size_t ad_graph_parts(const ad_graph *g)
{
    return g->parts;
}

size_t ad_graph_size(const ad_graph *g)
{
    return g->size;
}

static const ad_shape nowhere = {AD_RANK, 0, 0, {1, 1, 1, 1, 1, 1}};

const ad_shape *ad_shape_at(const ad_graph *g, ad_node x)
{
    return x < 0 ? &nowhere : &g->nodes[x].shape;
}

ad_record ad_at(const ad_graph *g, ad_node x)
{
    return g->nodes[x];
}

ad_node ad_refuse(ad_graph *g, const char *why)
{
    if (!g->status)
        g->status = base_fail(g->w, GENMOD_BAD_ARGUMENT, "%s", why);
    return AD_NONE;
}

static void *grow(ad_graph *g, void *old, size_t n, size_t room, size_t size)
{
    void *const fresh = base_alloc_zero(g->w, room, size);

    if (!fresh) {
        g->status = base_status(g->w);
        return NULL;
    }
    if (n)
        memcpy(fresh, old, n * size);
    base_free(old);
    return fresh;
}

/* the hash table: FNV-1a over the words of a record (padding is not one),
 * open addressing */

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 29;
}

static uint64_t bits(double v)
{
    uint64_t u;

    memcpy(&u, &v, sizeof u);
    return u;
}

static uint64_t hash_of(const ad_record *r)
{
    uint64_t h = mix(UINT64_C(0xcbf29ce484222325), (uint32_t)r->op);

    for (int k = 0; k < AD_INPUTS; k++)
        h = mix(h, (uint32_t)r->in[k]);
    h = mix(h, (uint32_t)r->shape.rank);
    h = mix(h, (uint64_t)(uint32_t)r->shape.mul << 32 | (uint32_t)r->shape.div);
    for (int k = 0; k < AD_RANK; k++)
        h = mix(h, (uint64_t)r->shape.dim[k]);
    h = mix(mix(h, bits(r->p)), bits(r->q));
    for (int k = 0; k < AD_ATTRIBUTES; k++)
        h = mix(h, (uint64_t)r->i[k]);
    return h;
}

static int equal(const ad_record *a, const ad_record *b)
{
    return a->op == b->op && memcmp(a->in, b->in, sizeof a->in) == 0 &&
           ad_shape_equal(&a->shape, &b->shape) && bits(a->p) == bits(b->p) &&
           bits(a->q) == bits(b->q) && memcmp(a->i, b->i, sizeof a->i) == 0;
}

/* The slot that holds the record's node, or the empty one where it belongs. */
static size_t slot_of(const ad_graph *g, const ad_record *r)
{
    size_t at = (size_t)hash_of(r) & (g->slots - 1);

    while (g->table[at] != AD_NONE && !equal(&g->nodes[g->table[at]], r))
        at = (at + 1) & (g->slots - 1);
    return at;
}

static int make_room(ad_graph *g)
{
    const size_t room = g->room ? 2 * g->room : FIRST;
    ad_node *const table = base_alloc(g->w, 2 * room, sizeof *table);

    if (!table) {
        g->status = base_status(g->w);
        return 0;
    }
    ad_record *const nodes = grow(g, g->nodes, g->size, room, sizeof *g->nodes);
    if (!nodes) {
        base_free(table);
        return 0;
    }
    base_free(g->table);
    g->nodes = nodes;
    g->room = room;
    g->table = table;
    g->slots = 2 * room;
    memset(table, 0xff, g->slots * sizeof *table);
    for (size_t i = 0; i < g->size; i++)
        table[slot_of(g, &nodes[i])] = (ad_node)i;
    return 1;
}

ad_node ad_append(ad_graph *g, const ad_record *r)
{
    if (g->status)
        return AD_NONE;
    if (!ad_sound(&r->shape))
        return ad_refuse(g, "a shape has rank 0 to 6 and sizes from 1 on, its "
                            "rows are whole, and its elements below 2^48");
    if (g->size == g->room && !make_room(g))
        return AD_NONE;
    const size_t at = slot_of(g, r);
    if (g->table[at] == AD_NONE) {
        g->nodes[g->size] = *r;
        g->table[at] = (ad_node)g->size++;
    }
    return g->table[at];
}

ad_record ad_record_of(int32_t op, ad_node a, ad_node b, const ad_shape *shape)
{
    ad_record r;

    memset(&r, 0, sizeof r);
    r.op = op;
    r.in[0] = a;
    r.in[1] = b;
    r.in[2] = AD_NONE;
    r.shape = *shape;
    return r;
}

int ad_is_constant(const ad_graph *g, ad_node x, double *v)
{
    if (x < 0 || g->nodes[x].op != AD_OP_CONSTANT)
        return 0;
    *v = g->nodes[x].p;
    return 1;
}

int ad_is_zero(const ad_graph *g, ad_node x)
{
    double v;

    return ad_is_constant(g, x, &v) && v == 0;
}

/* leaves */

/* The place of a name in a list that it is added to, or -1. */
static int64_t place(ad_graph *g, const char ***names, size_t *n,
                     const char *name)
{
    for (size_t i = 0; i < *n; i++)
        if (base_same((*names)[i], name))
            return (int64_t)i;
    if (*n % 16 == 0) {
        const char **const more =
            grow(g, (void *)*names, *n, *n + 16, sizeof *more);
        if (!more)
            return -1;
        *names = more;
    }
    (*names)[*n] = name;
    return (int64_t)(*n)++;
}

ad_node ad_input(ad_graph *g, const char *name, ad_shape shape)
{
    ad_record r = ad_record_of(AD_OP_INPUT, AD_NONE, AD_NONE, &shape);
    const size_t old = g->inputs;

    if (g->status)
        return AD_NONE;
    r.i[0] = place(g, &g->input_names, &g->inputs, name);
    if (r.i[0] < 0)
        return AD_NONE;
    if (g->inputs == old)
        for (size_t i = 0; i < g->size; i++)
            if (g->nodes[i].op == AD_OP_INPUT && g->nodes[i].i[0] == r.i[0] &&
                !ad_shape_equal(&g->nodes[i].shape, &shape))
                return ad_refuse(g, "an input has one shape");
    return ad_append(g, &r);
}

ad_node ad_variable(ad_graph *g, const ad_store *s, int32_t index)
{
    ad_record r = ad_record_of(AD_OP_VARIABLE, AD_NONE, AD_NONE,
                               ad_store_shape(s, (size_t)index));

    r.i[0] = index;
    return ad_append(g, &r);
}

ad_node ad_constant(ad_graph *g, double v, ad_shape shape)
{
    ad_record r = ad_record_of(AD_OP_CONSTANT, AD_NONE, AD_NONE, &shape);

    r.p = v;
    return ad_append(g, &r);
}

ad_node ad_zeros(ad_graph *g, ad_node like)
{
    return like < 0 ? AD_NONE : ad_constant(g, 0, *ad_shape_at(g, like));
}

ad_node ad_count(ad_graph *g, ad_node x)
{
    const ad_shape scalar = ad_scalar();

    if (x < 0)
        return AD_NONE;
    const ad_shape s = *ad_shape_at(g, x);
    if (!s.div)
        return ad_constant(g, s.rank ? (double)s.dim[0] : 1, scalar);
    ad_record r = ad_record_of(AD_OP_COUNT, AD_NONE, AD_NONE, &scalar);
    r.i[0] = s.mul;
    r.i[1] = s.div;
    return ad_append(g, &r);
}

ad_node ad_iota(ad_graph *g, ad_shape shape, int32_t axis)
{
    ad_record r = ad_record_of(AD_OP_IOTA, AD_NONE, AD_NONE, &shape);

    if (axis < 0 || axis >= shape.rank || ad_is_rows(&shape, axis))
        return ad_refuse(g, "iota counts along a static axis");
    r.i[0] = axis;
    return ad_append(g, &r);
}

/* FNV-1a of 32 bits. */
static uint32_t number_of(const char *name)
{
    uint32_t h = UINT32_C(0x811c9dc5);

    for (; *name; name++)
        h = (h ^ (unsigned char)*name) * UINT32_C(0x01000193);
    return h;
}

int64_t ad_site(ad_graph *g, const char *name)
{
    const uint32_t number = number_of(name);

    for (size_t i = 0; i < g->sites; i++)
        if (number_of(g->site_names[i]) == number &&
            !base_same(g->site_names[i], name)) {
            ad_refuse(g, "two sites of draws have names of one hash");
            return -1;
        }
    return place(g, &g->site_names, &g->sites, name) < 0 ? -1 : (int64_t)number;
}
