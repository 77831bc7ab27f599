/* Fused code, tile by tile. */
#include <assert.h>
#include <string.h>

#include "ad/plan.h"

/* An item under way. */
typedef struct pass {
    const ad_exec *e;
    const ad_fused *f;
    const kern_ops *o;
    kern_real *reg[AD_REGISTERS];
    char *base[AD_REGISTERS]; /* [sources] the place of element 0 */
    double *acc;              /* [endings, inner] */
    char *run;                /* [endings, inner] of the table's type */
    size_t added;             /* rows that are in `run` */
} pass;

static size_t inner_of(const ad_fused *f)
{
    return (size_t)f->form.inner;
}

static void fill(const pass *t, double v, size_t n, kern_real *out)
{
    if (t->o->type == GENMOD_F32)
        for (size_t i = 0; i < n; i++)
            ((float *)out)[i] = (float)v;
    else
        for (size_t i = 0; i < n; i++)
            ((double *)out)[i] = v;
}

/* Registers that stay as they are; [lo, hi) are the item's elements. */
static void set_registers(pass *t, size_t lo, size_t hi, char *scratch)
{
    const ad_fused *const f = t->f;
    const size_t some = ad_smaller(f->tile, hi - lo);
    const size_t pitch = ad_round_up(f->tile * t->o->bytes);

    for (int32_t r = 0; r < f->registers; r++)
        if (f->slot[r] >= 0)
            t->reg[r] = scratch + (size_t)f->slot[r] * pitch;
    t->run = scratch + (size_t)f->slots * pitch;
    t->acc = (double *)(void *)(t->run + f->runs);
    t->added = 0;
    for (int32_t k = 0; k < f->sources; k++) {
        const ad_source *const s = &f->source[k];

        if (s->kind == AD_FILLED) {
            const double times =
                s->count.n ? (double)ad_extent_at(s->count, t->e->r->rows) : 1;
            fill(t, s->number * times, some, t->reg[s->reg]);
            continue;
        }
        t->base[k] = ad_at_place(t->e, &s->place);
        if (s->kind == AD_KEPT)
            kern_load(&s->view, t->o->bytes, t->base[k], lo, some,
                      t->reg[s->reg]);
    }
}

static void compute(pass *t, size_t at, size_t n)
{
    const ad_fused *const f = t->f;

    for (int32_t k = 0; k < f->sources; k++)
        if (f->source[k].kind == AD_POINTED)
            t->reg[f->source[k].reg] = t->base[k] + at * t->o->bytes;
    for (int32_t k = 0; k < f->sources; k++)
        if (f->source[k].kind == AD_LOADED)
            kern_load(&f->source[k].view, t->o->bytes, t->base[k], at, n,
                      t->reg[f->source[k].reg]);
    if (f->count)
        t->o->tile(f->count, f->code, n, t->reg);
}

/* ---- sums --------------------------------------------------------------- */

static void put(const kern_ops *o, const double *from, size_t n, char *to)
{
    if (o->type == GENMOD_F32)
        for (size_t i = 0; i < n; i++)
            ((float *)(void *)to)[i] = (float)from[i];
    else
        memcpy(to, from, n * sizeof *from);
}

/* acc += run, and the next one begins. */
static void end_run(pass *t)
{
    const size_t inner = inner_of(t->f);

    for (int32_t k = 0; k < t->f->endings && t->added; k++)
        t->o->sum_columns(1, inner, t->run + (size_t)k * inner * t->o->bytes,
                          inner, t->acc + (size_t)k * inner);
    t->added = 0;
}

/* run += n elements of rows, from column `at` of the first. */
static void add_to_run(pass *t, size_t at, size_t n)
{
    static const kern_tile copy = {.op = KERN_COPY, .out = 1, .a = 0};
    static const kern_tile add = {.op = KERN_ADD, .out = 1, .a = 1, .b = 0};
    const size_t inner = inner_of(t->f), bytes = t->o->bytes;
    size_t some;

    for (size_t done = 0; done < n; done += some, at = 0) {
        some = ad_smaller(n - done, inner - at);
        for (int32_t k = 0; k < t->f->endings; k++) {
            kern_real *const reg[] = {
                (char *)t->reg[t->f->ending[k].reg] + done * bytes,
                t->run + ((size_t)k * inner + at) * bytes};
            t->o->tile(1, t->added ? &add : &copy, some, reg);
        }
        if (at + some == inner && ++t->added == KERN_RUN)
            end_run(t);
    }
}

/* acc += the rows of the tile, elements at … at + n - 1. */
static void accumulate(pass *t, size_t at, size_t n)
{
    const size_t inner = inner_of(t->f);

    if (t->f->runs) {
        add_to_run(t, at % inner, n);
        return;
    }
    for (int32_t k = 0; k < t->f->endings; k++) {
        const kern_real *const x = t->reg[t->f->ending[k].reg];
        double *const acc = t->acc + (size_t)k * inner;

        if (inner == 1)
            acc[0] += t->o->sum(n, x);
        else
            t->o->sum_columns(n / inner, inner, x, inner, acc);
    }
}

static void clear(const pass *t)
{
    const size_t n = (size_t)t->f->endings * inner_of(t->f);

    for (size_t i = 0; i < n; i++)
        t->acc[i] = 0;
}

/* acc to result number `block` of each sum. */
static void deliver(const pass *t, size_t block)
{
    const size_t inner = inner_of(t->f);

    for (int32_t k = 0; k < t->f->endings; k++)
        put(t->o, t->acc + (size_t)k * inner, inner,
            ad_at_place(t->e, &t->f->ending[k].place) +
                block * inner * t->o->bytes);
}

/* Whole blocks of a tile. */
static void reduce(const pass *t, size_t at, size_t n)
{
    const size_t inner = inner_of(t->f), block = (size_t)t->f->form.block;

    for (int32_t k = 0; k < t->f->endings; k++)
        t->o->reduce(KERN_REDUCE_SUM, n / block, block / inner, inner,
                     t->reg[t->f->ending[k].reg],
                     ad_at_place(t->e, &t->f->ending[k].place) +
                         at / block * inner * t->o->bytes);
}

/* ---- items -------------------------------------------------------------- */

static size_t tile_at(const ad_fused *f, size_t at, size_t hi)
{
    size_t n = ad_smaller(f->tile, hi - at);

    if (f->period)
        n = ad_smaller(n, f->period - at % f->period);
    return n;
}

static void run_tiles(pass *t, size_t lo, size_t hi)
{
    const ad_fused *const f = t->f;
    const size_t block = (size_t)f->form.block;
    size_t n;

    for (size_t at = lo; at < hi; at += n) {
        n = tile_at(f, at, hi);
        if (block && f->period && at % block == 0)
            clear(t);
        compute(t, at, n);
        if (f->form.inner == 0)
            continue;
        if (block && !f->period) {
            reduce(t, at, n);
            continue;
        }
        accumulate(t, at, n);
        if (block && (at + n) % block == 0) {
            end_run(t);
            deliver(t, at / block);
        }
    }
    end_run(t);
}

static double *partial(const ad_exec *e, size_t item)
{
    const ad_fused *const f = e->step->fused;

    return (double *)(void *)((char *)e->r->arena + e->step->work_at) +
           item * (size_t)f->endings * inner_of(f);
}

/* Elements lo … hi - 1, part number `part` of a sum, or all of it. */
static void run_range(const ad_exec *e, size_t lo, size_t hi, size_t part,
                      char *scratch)
{
    const ad_fused *const f = e->step->fused;
    pass t;

    t.e = e;
    t.f = f;
    t.o = e->p->ops;
    set_registers(&t, lo, hi, scratch);
    if (f->form.inner && f->form.block == 0) {
        t.acc = partial(e, part);
        clear(&t);
    }
    run_tiles(&t, lo, hi);
    if (f->form.inner && f->form.block == 0 && e->items[0] == 1)
        deliver(&t, 0);
}

static void first_phase(const ad_exec *e, size_t item, char *scratch)
{
    const ad_fused *const f = e->step->fused;
    const size_t n = ad_extent_at(f->extent, e->r->rows);
    const size_t lo = item * f->item;

    run_range(e, lo, ad_smaller(n, lo + f->item), item, scratch);
}

static void rows(const ad_exec *e, size_t lo, size_t hi, size_t part,
                 char *scratch)
{
    const size_t row = (size_t)e->step->fused->extent.n;

    run_range(e, lo * row, hi * row, part, scratch);
}

/* The parts of one sum, added up in their order. */
static void second_phase(const ad_exec *e, size_t item)
{
    const ad_fused *const f = e->step->fused;
    const size_t inner = inner_of(f);
    double *const acc = partial(e, 0) + item * inner;

    for (size_t i = 1; i < e->items[0]; i++) {
        const double *const more = partial(e, i) + item * inner;

        for (size_t j = 0; j < inner; j++)
            acc[j] += more[j];
    }
    put(e->p->ops, acc, inner, ad_at_place(e, &f->ending[item].place));
}

static void plan(ad_step *s, const kern_ops *o)
{
    (void)s;
    (void)o;
}

static void open(ad_exec *e)
{
    const ad_fused *const f = e->step->fused;

    e->items[0] = ad_parts(ad_extent_at(f->extent, e->r->rows), f->item);
    if (f->form.inner && f->form.block == 0 && e->items[0] > 1)
        e->items[1] = (size_t)f->endings;
}

static void item(const ad_exec *e, size_t number, char *scratch)
{
    if (e->phase == 0)
        first_phase(e, number, scratch);
    else
        second_phase(e, number);
}

const struct ad_kernel ad_kernel_fused = {plan, open, item, rows};
