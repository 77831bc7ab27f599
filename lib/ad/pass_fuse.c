/* Tiled operators of one extent, and the sums that end them, become groups that
 * one step computes tile by tile.
 *
 * Greedy, from the last value to the first: a value joins a group that reads
 * it, unless a path leads from it to that group through another (that group
 * would have to run before and after the other). From the end, since an
 * operator that only a gradient reads then runs with that gradient, and not, as
 * one more result to keep, with what it was made from. Decisions depend on the
 * graph alone, never on the number of rows: they show in the bits.
 */
#include <string.h>

#include "ad/plan.h"

typedef struct group {
    ad_extent extent;
    ad_form form;
    int32_t size; /* values; 0: merged into another */
    int32_t fused;
} group;

typedef struct fusion {
    ad_plan *p;
    size_t words;    /* of a set */
    group *group;    /* [values] */
    uint64_t *below; /* [values] sets: the groups that a group leads to */
} fusion;

static int has(const fusion *f, int32_t set, int32_t g)
{
    return f->below[(size_t)set * f->words + (size_t)g / 64] >> (g % 64) & 1;
}

static void include(fusion *f, int32_t set, int32_t g)
{
    f->below[(size_t)set * f->words + (size_t)g / 64] |= UINT64_C(1) << g % 64;
}

static void unite(fusion *f, int32_t set, int32_t other)
{
    uint64_t *const to = f->below + (size_t)set * f->words;
    const uint64_t *const from = f->below + (size_t)other * f->words;

    for (size_t k = 0; k < f->words; k++)
        to[k] |= from[k];
}

/* What leads to g leads to all that g leads to. */
static void spread(fusion *f, int32_t g)
{
    for (int32_t h = 0; h < (int32_t)f->p->groups; h++)
        if (h != g && f->group[h].size && has(f, h, g))
            unite(f, h, g);
}

/* Whether a tiled reader takes v element by element. */
static int whole(const fusion *f, int32_t v, const ad_value *reader)
{
    if (reader->class != AD_TILED && reader->class != AD_SUMMED)
        return 0;
    for (int32_t k = 0; k < reader->arity; k++)
        if (reader->in[k].value == v &&
            !ad_ref_whole(f->p, &reader->in[k], reader->extent))
            return 0;
    return 1;
}

/* Whether it may take v from a register. */
static int linked(const fusion *f, int32_t v, const ad_value *reader)
{
    return f->p->value[v].class == AD_TILED && whole(f, v, reader);
}

static int forms_agree(ad_form a, ad_form b)
{
    return a.inner == 0 || b.inner == 0 ||
           (a.inner == b.inner && a.block == b.block);
}

static int fits(const fusion *f, int32_t v, int32_t g)
{
    const ad_plan *const p = f->p;
    const group *const to = &f->group[g];

    if (!to->fused || to->size >= AD_GROUP ||
        !ad_extent_equal(to->extent, p->value[v].extent))
        return 0;
    for (int32_t e = p->first[v]; e < p->first[v + 1]; e++) {
        const ad_value *const reader = &p->value[p->reader[e]];

        if (reader->group == g ? !linked(f, v, reader)
                               : has(f, reader->group, g))
            return 0;
    }
    return 1;
}

static int may_merge(const fusion *f, int32_t a, int32_t b)
{
    const group *const x = &f->group[a], *const y = &f->group[b];

    return a != b && x->fused && y->fused && x->size + y->size < AD_GROUP &&
           ad_extent_equal(x->extent, y->extent) &&
           forms_agree(x->form, y->form) && !has(f, a, b) && !has(f, b, a);
}

static void merge(fusion *f, int32_t to, int32_t from)
{
    group *const x = &f->group[to], *const y = &f->group[from];

    for (size_t v = 0; v < f->p->n; v++)
        if (f->p->value[v].group == from)
            f->p->value[v].group = to;
    x->size += y->size;
    if (y->form.inner)
        x->form = y->form;
    y->size = 0;
    unite(f, to, from);
    for (int32_t h = 0; h < (int32_t)f->p->groups; h++)
        if (f->group[h].size && has(f, h, from))
            include(f, h, to);
    spread(f, to);
}

static void put(fusion *f, int32_t v, int32_t g)
{
    ad_plan *const p = f->p;

    p->value[v].group = g;
    f->group[g].size++;
    for (int32_t e = p->first[v]; e < p->first[v + 1]; e++) {
        const int32_t below = p->value[p->reader[e]].group;

        if (below != g) {
            include(f, g, below);
            unite(f, g, below);
        }
    }
    spread(f, g);
}

static int32_t open(fusion *f, const ad_value *v)
{
    const int32_t g = (int32_t)f->p->groups++;

    f->group[g] = (group){
        .extent = v->extent, .form = v->form, .fused = v->class != AD_STEPPED};
    return g;
}

/* Into the first group that may have it; its other readers follow. */
static void place(fusion *f, int32_t v)
{
    ad_plan *const p = f->p;
    int32_t g = -1;

    for (int32_t e = p->first[v]; e < p->first[v + 1]; e++) {
        const ad_value *const reader = &p->value[p->reader[e]];

        if (!linked(f, v, reader))
            continue;
        if (g < 0 && fits(f, v, reader->group))
            g = reader->group;
        else if (g >= 0 && fits(f, v, reader->group) &&
                 may_merge(f, g, reader->group))
            merge(f, g, reader->group);
    }
    put(f, v, g < 0 ? open(f, &p->value[v]) : g);
}

/* Groups that read the same value read it once. */
static void gather(fusion *f, int32_t v)
{
    const ad_plan *const p = f->p;
    int32_t g = -1;

    for (int32_t e = p->first[v]; e < p->first[v + 1]; e++) {
        const ad_value *const reader = &p->value[p->reader[e]];

        if (reader->group == p->value[v].group || !whole(f, v, reader))
            continue;
        if (g < 0)
            g = reader->group;
        else if (may_merge(f, g, reader->group))
            merge(f, g, reader->group);
    }
}

static int32_t read_edges(ad_plan *p)
{
    p->first = base_alloc_zero(p->w, p->n + 2, sizeof *p->first);
    if (!p->first)
        return base_status(p->w);
    for (size_t v = 0; v < p->n; v++)
        for (int32_t k = 0; k < p->value[v].arity; k++)
            p->first[p->value[v].in[k].value + 2]++;
    for (size_t v = 2; v < p->n + 2; v++)
        p->first[v] += p->first[v - 1];
    p->reader = base_alloc(p->w, (size_t)p->first[p->n + 1], sizeof *p->reader);
    if (!p->reader)
        return base_status(p->w);
    for (size_t v = 0; v < p->n; v++)
        for (int32_t k = 0; k < p->value[v].arity; k++)
            p->reader[p->first[p->value[v].in[k].value + 1]++] = (int32_t)v;
    return GENMOD_OK;
}

static int32_t run(fusion *f)
{
    ad_plan *const p = f->p;

    f->group = base_alloc(p->w, p->n, sizeof *f->group);
    if (!f->group)
        return base_status(p->w);
    f->below = base_alloc_zero(p->w, p->n * f->words, sizeof *f->below);
    if (!f->below)
        return base_status(p->w);
    for (size_t v = p->n; v-- > 0;)
        if (p->value[v].class != AD_LEAF)
            place(f, (int32_t)v);
    for (size_t v = 0; v < p->n; v++)
        gather(f, (int32_t)v);
    return GENMOD_OK;
}

/* Numbers the groups that are left from 0. */
static void close_up(fusion *f)
{
    ad_plan *const p = f->p;
    int32_t n = 0;

    for (int32_t g = 0; g < (int32_t)p->groups; g++)
        f->group[g].size = f->group[g].size ? n++ : -1;
    for (size_t v = 0; v < p->n; v++)
        if (p->value[v].group >= 0)
            p->value[v].group = f->group[p->value[v].group].size;
    p->groups = (size_t)n;
}

int32_t ad_pass_fuse(ad_plan *p)
{
    fusion f = {.p = p, .words = (p->n + 63) / 64};
    int32_t status = read_edges(p);

    if (!status)
        status = run(&f);
    if (!status)
        close_up(&f);
    base_free(f.group);
    base_free(f.below);
    return status;
}
