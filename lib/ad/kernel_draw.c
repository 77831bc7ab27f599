/* Draws and counters: steps without operands. */
#include "ad/plan.h"

/* ---- draws ------------------------------------------------------------- */

/* Rows m mul / div of a tensor are m / div runs of mul copies, and run q is
 * made of the draws 0, 1, … of global row first_row + q div. A static tensor is
 * the run of row 0. */

#define PIECE 4096 /* draws made at a time; a multiple of 4 */
#define COST 800   /* picoseconds a draw */

typedef struct runs {
    size_t length, pieces; /* draws of a run, and calls for one */
} runs;

static runs runs_of(const ad_shape *s)
{
    runs r = {ad_behind(s), 0};

    r.length *= s->div ? (size_t)s->mul : ad_length_at(s, 1);
    r.pieces = ad_parts(r.length, PIECE);
    return r;
}

static size_t runs_at(const ad_shape *s, size_t rows)
{
    return s->div ? rows / (size_t)s->div : 1;
}

static void plan_draw(ad_step *s, const kern_ops *o)
{
    const ad_shape *const shape = &s->r.shape;
    const runs r = runs_of(shape);
    const size_t n =
        s->r.shape.div ? (size_t)shape->dim[0] / (size_t)shape->mul : 1;
    const size_t piece = r.length < PIECE ? r.length : PIECE;

    s->unit = ad_unit(n * r.pieces, piece * COST);
    s->scratch = o->type == GENMOD_F64 ? PIECE * sizeof(float) : 0;
}

static void open_draw(ad_exec *e)
{
    const ad_shape *const shape = &e->step->r.shape;

    e->items[0] = ad_parts(runs_at(shape, e->r->rows) * runs_of(shape).pieces,
                           e->step->unit);
}

static void draw(const ad_exec *e, size_t run, size_t first, size_t n,
                 float *out)
{
    const ad_step *const s = e->step;
    const kern_ops *const o = kern_ops_of(e->p->ops->cpu, GENMOD_F32);
    const uint64_t row =
        s->r.shape.div ? e->r->first_row + run * (uint64_t)s->r.shape.div : 0;

    (s->r.op == AD_OP_NORMAL ? o->normal : o->uniform)(
        e->key, row, (uint32_t)s->r.i[0], first, n, out);
}

static void item_draw(const ad_exec *e, size_t item, char *scratch)
{
    const ad_step *const s = e->step;
    const runs r = runs_of(&s->r.shape);
    const size_t all = runs_at(&s->r.shape, e->r->rows) * r.pieces;
    const size_t lo = item * s->unit;
    const size_t hi = all - lo < s->unit ? all : lo + s->unit;
    char *const to = ad_at_place(e, &s->out);

    for (size_t i = lo; i < hi; i++) {
        const size_t run = i / r.pieces, first = i % r.pieces * PIECE;
        const size_t n = r.length - first < PIECE ? r.length - first : PIECE;
        char *const out = to + (run * r.length + first) * e->p->ops->bytes;

        if (e->p->ops->type == GENMOD_F32) {
            draw(e, run, first, n, (float *)(void *)out);
        } else {
            draw(e, run, first, n, (float *)(void *)scratch);
            for (size_t k = 0; k < n; k++)
                ((double *)(void *)out)[k] = ((float *)(void *)scratch)[k];
        }
    }
}

const struct ad_kernel ad_kernel_draw = {plan_draw, open_draw, item_draw, NULL};

/* ---- 0, 1, … along an axis ---------------------------------------------- */

static void plan_iota(ad_step *s, const kern_ops *o)
{
    (void)s;
    (void)o;
}

static void open_iota(ad_exec *e)
{
    e->items[0] = 1;
}

static void item_iota(const ad_exec *e, size_t item, char *scratch)
{
    const ad_step *const s = e->step;
    const ad_shape *const shape = &s->r.shape;
    const size_t n = (size_t)ad_elements_at(shape, e->r->rows);
    const size_t size = (size_t)shape->dim[s->r.i[0]];
    char *const out = ad_at_place(e, &s->out);
    size_t inner = 1;

    (void)item;
    (void)scratch;
    for (int32_t k = (int32_t)s->r.i[0] + 1; k < shape->rank; k++)
        inner *= (size_t)shape->dim[k];
    for (size_t j = 0; j < n; j++) {
        const size_t v = j / inner % size;

        if (e->p->ops->type == GENMOD_F32)
            ((float *)(void *)out)[j] = (float)v;
        else
            ((double *)(void *)out)[j] = (double)v;
    }
}

const struct ad_kernel ad_kernel_iota = {plan_iota, open_iota, item_iota, NULL};
