/* The order of the steps, in regions: runs of steps between two barriers.
 *
 * In a region by panels each task takes some rows through all of the region's
 * steps, so that the rows stay in its cache and nobody waits for anybody: every
 * step there computes a row from the same row of its operands. In a region side
 * by side no step reads another's result, and the items of all are one list.
 *
 * Regions depend on the graph and its planned rows alone: sums over rows are
 * cut by panels, so they show in the bits. Where no row knows another, one
 * panel takes all rows: such a program is replayed for some rows at a time, by
 * many threads at once, and wants a small arena.
 */
#include <string.h>

#include "ad/plan.h"

#define PANEL_LEAST 16 /* rows, for the products' sake */
#define PANEL_MOST 64
#define PANELS 4 /* at least, for steps that are worth it */
/* Bytes of a matrix that each panel may read anew. A larger one leaves no room
 * for the rows in a second-level cache of 1 or 2 MiB, and comes from the third
 * once a panel. */
#define SHARED_MOST ((size_t)1 << 20)
#define SLICES 32 /* panels of a region without products */

/* How a group may run. */
enum { SIDE, ROWS, CUT };

typedef struct schedule {
    ad_plan *p;
    int32_t *waits; /* [groups] operands' groups that have no place yet */
    int32_t *kind;  /* [groups] */
    size_t panel;   /* rows, of a region with products */
    int32_t steps;  /* that have a place */
} schedule;

/* ---- which groups go by rows --------------------------------------------- */

static int counts_rows(const ad_shape *s)
{
    return s->div == 1;
}

static size_t elements_of(const ad_plan *p, const ad_value *v)
{
    return ad_extent_at(v->extent, p->g->rows);
}

/* A product of rows by a matrix that all rows share, and a kernel whose bits do
 * not depend on the cut. */
static int product_by_rows(const ad_plan *p, const ad_value *v)
{
    kern_product k = {.ops = p->ops, .tb = v->r.i[1] != 0, .alpha = 1};

    if (v->r.shape.rank != 2 || v->r.i[0] || !counts_rows(&v->r.shape) ||
        v->in[1].shape.div)
        return 0;
    k.m = (size_t)v->r.shape.dim[0];
    k.n = (size_t)v->r.shape.dim[1];
    k.k = (size_t)v->in[0].shape.dim[1];
    k.lda = k.k;
    k.ldb = k.tb ? k.k : k.n;
    k.ldc = k.n;
    if (!p->program->apart && k.n * k.k * p->ops->bytes > SHARED_MOST)
        return 0;
    kern_product_cut(&k);
    return !k.blas;
}

static int reduction_by_rows(const ad_value *v)
{
    return ad_operators[v->r.op].kernel == &ad_kernel_reduce &&
           counts_rows(&v->in[0].shape) && !(v->r.i[0] & 1);
}

/* Picoseconds, roughly. */
static size_t cost_of(const ad_plan *p, int32_t g)
{
    size_t cost = 0;

    for (int32_t i = p->begin[g]; i < p->begin[g + 1]; i++) {
        const ad_value *const v = &p->value[p->member[i]];

        if (v->r.op == AD_OP_MATMUL && v->class == AD_STEPPED)
            cost += 20 * (size_t)ad_elements(&v->r.shape) *
                    (size_t)v->in[0].shape.dim[1];
        else
            cost += 200 * elements_of(p, v);
    }
    return cost;
}

/* Each element lies in the same row of the replay as those that it is made of:
 * not where a row of [m / 2, …] holds two. */
static int fused_by_rows(const ad_plan *p, int32_t g)
{
    for (int32_t i = p->begin[g]; i < p->begin[g + 1]; i++) {
        const ad_value *const v = &p->value[p->member[i]];

        if (v->class != AD_SUMMED && !counts_rows(&v->r.shape))
            return 0;
        for (int32_t k = 0; k < v->arity; k++)
            if (v->in[k].shape.div > 1 ||
                (v->class == AD_SUMMED && !v->in[k].shape.div))
                return 0;
    }
    return 1;
}

/* A sum over parts: nothing else is under way while the ranks exchange it. */
static int is_cut(const ad_value *v)
{
    return v->class == AD_STEPPED && v->r.op == AD_OP_ALL_SUM;
}

static int goes_by_rows(const schedule *s, int32_t g)
{
    const ad_plan *const p = s->p;
    const ad_value *const v = &p->value[p->member[p->begin[g]]];
    const size_t panels = ad_parts(p->g->rows, s->panel);

    if (panels < PANELS && cost_of(p, g) > AD_SMALL)
        return 0;
    if (v->class == AD_TILED || v->class == AD_SUMMED)
        return fused_by_rows(p, g);
    if (v->r.op == AD_OP_MATMUL)
        return product_by_rows(p, v);
    return reduction_by_rows(v);
}

/* ---- the order -------------------------------------------------------------
 */

/* For each reading edge between groups: by[group of the reader] += step. */
static void count(const ad_plan *p, int32_t v, int32_t step, int32_t *by)
{
    for (int32_t e = p->first[v]; e < p->first[v + 1]; e++) {
        const int32_t g = p->value[p->reader[e]].group;

        if (g != p->value[v].group)
            by[g] += step;
    }
}

static void release(schedule *s, int32_t g)
{
    for (int32_t i = s->p->begin[g]; i < s->p->begin[g + 1]; i++)
        count(s->p, s->p->member[i], -1, s->waits);
}

/* A sum over rows is complete only when the region is. */
static int is_complete(const schedule *s, int32_t value, int32_t first)
{
    const ad_value *const v = &s->p->value[value];

    return v->group < 0 || s->p->step_of[v->group] < first ||
           v->class != AD_SUMMED || v->form.block != 0;
}

static int may_follow(const schedule *s, int32_t g, int32_t first)
{
    const ad_plan *const p = s->p;

    for (int32_t i = p->begin[g]; i < p->begin[g + 1]; i++) {
        const ad_value *const v = &p->value[p->member[i]];

        for (int32_t k = 0; k < v->arity; k++)
            if (v->in[k].value >= 0 && v->group == g &&
                p->value[v->in[k].value].group != g &&
                !is_complete(s, v->in[k].value, first))
                return 0;
    }
    return 1;
}

/* Of the groups that could come next, that whose last value is oldest. */
static int32_t next(const schedule *s, int kind, int32_t first)
{
    const ad_plan *const p = s->p;
    int32_t best = -1, age = INT32_MAX;

    for (int32_t g = 0; g < (int32_t)p->groups; g++) {
        const int32_t last = p->member[p->begin[g + 1] - 1];

        if (s->waits[g] == 0 && p->step_of[g] < 0 && last < age &&
            s->kind[g] == kind && (kind != ROWS || may_follow(s, g, first))) {
            best = g;
            age = last;
        }
    }
    return best;
}

static void place(schedule *s, ad_region *r, int32_t g)
{
    s->p->order[s->steps] = g;
    s->p->region_of[s->steps] = (int32_t)s->p->regions;
    s->p->step_of[g] = s->steps++;
    r->n++;
    r->cost += cost_of(s->p, g);
}

static void side_by_side(schedule *s, int kind, ad_region *r)
{
    int32_t g = 0;

    while (r->n < AD_SIDE && (g = next(s, kind, 0)) >= 0)
        place(s, r, g);
    for (int32_t i = r->first; i < s->steps; i++)
        release(s, s->p->order[i]);
}

static void by_panels(schedule *s, ad_region *r)
{
    const ad_plan *const p = s->p;
    int products = 0;

    for (int32_t g; (g = next(s, ROWS, r->first)) >= 0;) {
        products |= p->value[p->member[p->begin[g]]].r.op == AD_OP_MATMUL;
        place(s, r, g);
        release(s, g);
    }
    r->panel = products ? s->panel : ad_parts(p->g->rows, SLICES);
    if (r->cost < AD_SMALL || p->program->apart)
        r->panel = p->g->rows;
}

/* Once nothing else can come: all that wait are one message. */
static void exchange(schedule *s, ad_region *r)
{
    side_by_side(s, CUT, r);
    r->cut = 1;
}

/* Steps of one panel follow each other; those of several, or side by side, are
 * under way at the same time. */
static void set_times(ad_plan *p)
{
    int32_t time = 0;

    for (size_t i = 0; i < p->regions; i++) {
        const ad_region *const r = &p->region[i];
        const int follow = r->panel >= p->g->rows;

        for (int32_t k = r->first; k < r->first + r->n; k++) {
            p->time_of[k] = time;
            time += follow;
        }
        time += !follow;
    }
    p->time_of[p->groups] = time;
}

static size_t panel_of(size_t rows)
{
    const size_t n = ad_parts(ad_parts(rows, PANELS), 8) * 8;

    return n < PANEL_LEAST ? PANEL_LEAST : n > PANEL_MOST ? PANEL_MOST : n;
}

static void sort(schedule *s)
{
    ad_plan *const p = s->p;

    s->panel = panel_of(p->g->rows);
    memset(p->step_of, 0xff, p->groups * sizeof *p->step_of);
    for (size_t v = 0; v < p->n; v++)
        if (p->value[v].group >= 0)
            count(p, (int32_t)v, 1, s->waits);
    for (int32_t g = 0; g < (int32_t)p->groups; g++)
        s->kind[g] = is_cut(&p->value[p->member[p->begin[g]]]) ? CUT
                     : goes_by_rows(s, g)                      ? ROWS
                                                               : SIDE;
    while (s->steps < (int32_t)p->groups) {
        ad_region *const r = &p->region[p->regions];

        *r = (ad_region){.first = s->steps};
        if (next(s, SIDE, 0) >= 0)
            side_by_side(s, SIDE, r);
        else if (next(s, ROWS, r->first) >= 0)
            by_panels(s, r);
        else
            exchange(s, r);
        p->regions++;
    }
    set_times(p);
}

int32_t ad_pass_region(ad_plan *p)
{
    schedule s = {.p = p};
    int32_t status = GENMOD_OK;

    s.waits = base_alloc_zero(p->w, p->groups, sizeof *s.waits);
    s.kind = base_alloc_zero(p->w, p->groups, sizeof *s.kind);
    if (s.waits && s.kind)
        sort(&s);
    else
        status = base_status(p->w);
    base_free(s.kind);
    base_free(s.waits);
    return status;
}
