/* Replays. */
#include <assert.h>

#include "ad/plan.h"

/* In the store, or as far into the replay's own gradients. */
static char *gradient_at(const ad_exec *e, size_t i)
{
    char *const at = ad_store_grad(e->s, i);

    if (!e->r->gradients)
        return at;
    return (char *)e->r->gradients +
           ((at - (const char *)ad_store_gradients(e->s)) -
            (ptrdiff_t)(e->r->first_gradient * e->p->ops->bytes));
}

char *ad_at_place(const ad_exec *e, const ad_place *p)
{
    const size_t i = (size_t)p->variable;

    switch (p->kind) {
    case AD_IN_VALUES:
        return (char *)ad_store_value(e->s, i) + p->at;
    case AD_IN_GRADIENTS:
        return gradient_at(e, i) + p->at;
    case AD_IN_SUCCESSORS:
        return (char *)ad_store_next(e->s, i) + p->at;
    default:
        return (char *)e->r->arena + p->at;
    }
}

uint64_t ad_draw_key(uint64_t seed, uint64_t step)
{
    const uint32_t counter[4] = {(uint32_t)step, (uint32_t)(step >> 32),
                                 0x73746570, 0}; /* "step" */
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};
    uint32_t out[4];

    base_philox(counter, key, out);
    return (uint64_t)out[1] << 32 | out[0];
}

static char *scratch_of(const ad_exec *e, size_t slot)
{
    return (char *)e->r->arena + e->p->arena + slot * e->p->slot;
}

static void run_items(size_t n, base_task task, void *arg, genmod_workspace *w)
{
    if (n > 1 && w)
        (void)base_parallel(w, n, task, arg);
    else
        for (size_t item = 0; item < n; item++)
            (void)task(item, 0, arg);
}

/* ---- side by side: the items of all steps, one list a phase ---------------
 */

typedef struct side {
    ad_exec exec[AD_SIDE];
    size_t n;
} side;

static int32_t side_item(size_t item, size_t slot, void *arg)
{
    const side *const s = arg;
    const ad_exec *e = s->exec;

    for (; item >= e->items[e->phase]; e++)
        item -= e->items[e->phase];
    e->step->kernel->item(e, item, scratch_of(e, slot));
    return 0;
}

static void run_side(const ad_exec *e, size_t first, size_t n,
                     genmod_workspace *w)
{
    side s;

    s.n = n;
    for (size_t k = 0; k < n; k++) {
        s.exec[k] = *e;
        s.exec[k].step = &e->p->steps[first + k];
        s.exec[k].step->kernel->open(&s.exec[k]);
    }
    for (int phase = 0; phase < AD_PHASES; phase++) {
        size_t items = 0;

        for (size_t k = 0; k < n; k++) {
            s.exec[k].phase = phase;
            items += s.exec[k].items[phase];
        }
        run_items(items, side_item, &s, w);
    }
}

/* ---- by panels: each task takes some rows through all steps ----------------
 */

typedef struct panels {
    const ad_exec *e;
    size_t first, n;
    size_t rows; /* of a panel */
} panels;

static int32_t panel_item(size_t item, size_t slot, void *arg)
{
    const panels *const p = arg;
    const size_t lo = item * p->rows, all = p->e->r->rows;
    const size_t hi = lo + p->rows < all ? lo + p->rows : all;
    ad_exec e = *p->e;

    for (size_t k = 0; k < p->n; k++) {
        e.step = &e.p->steps[p->first + k];
        e.step->kernel->rows(&e, lo, hi, item, scratch_of(&e, slot));
    }
    return 0;
}

/* Sums over rows, where there is more than one panel. */
static void join(const ad_exec *e, const panels *p)
{
    ad_exec x = *e;

    x.phase = 1;
    for (size_t k = 0; k < p->n && e->items[0] > 1; k++) {
        x.step = &e->p->steps[p->first + k];
        const ad_fused *const f = x.step->fused;
        const size_t n =
            f && f->form.inner && f->form.block == 0 ? (size_t)f->endings : 0;

        for (size_t i = 0; i < n; i++)
            x.step->kernel->item(&x, i, scratch_of(e, 0));
    }
}

static void run_panels(const ad_exec *e, const ad_region *r, size_t first,
                       size_t n, genmod_workspace *w)
{
    ad_exec x = *e;
    panels p = {.e = &x, .first = first, .n = n, .rows = r->panel};

    x.items[0] = ad_parts(e->r->rows, r->panel);
    run_items(x.items[0], panel_item, &p, w);
    join(&x, &p);
}

/* ---- replays
 * ----------------------------------------------------------------- */

static void run_steps(const ad_exec *e, const ad_region *r, size_t first,
                      size_t n, genmod_workspace *w)
{
    if (r->cost < AD_SMALL)
        w = NULL;
    if (r->panel)
        run_panels(e, r, first, n, w);
    else
        run_side(e, first, n, w);
}

ad_exec ad_open(const ad_program *p, const ad_store *s, const ad_replay *r)
{
    ad_exec e = {.p = p, .s = s, .r = r};

    assert(r->rows >= 1 && r->rows <= p->rows && (uintptr_t)r->arena % 64 == 0);
    e.key = ad_draw_key(r->seed, r->step);
    return e;
}

void ad_run_region(const ad_exec *e, const ad_region *r, genmod_workspace *w)
{
    run_steps(e, r, (size_t)r->first, (size_t)r->n, w);
}

void ad_program_run(const ad_program *p, const ad_store *s, const ad_replay *r,
                    genmod_workspace *w)
{
    const ad_exec e = ad_open(p, s, r);

    assert(r->width >= 1 && (!w || base_width(w) <= r->width));
    for (size_t i = 0; i < p->n_regions; i++)
        ad_run_region(&e, &p->regions[i], w);
}

/* A region's steps one after another: the same bits, with more barriers. */
void ad_program_trace(const ad_program *p, const ad_store *s,
                      const ad_replay *r, void (*mark)(size_t step, void *user),
                      void *user, genmod_workspace *w)
{
    const ad_exec e = ad_open(p, s, r);

    for (size_t i = 0; i < p->n_regions; i++) {
        const ad_region *const at = &p->regions[i];

        for (int32_t k = at->first; k < at->first + at->n; k++) {
            mark((size_t)k, user);
            run_steps(&e, at, (size_t)k, 1, w);
        }
    }
    mark(p->n, user);
}
