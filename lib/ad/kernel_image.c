/* Convolutions, windows and resampling. */
#include "ad/plan.h"

/* ---- the triple: which operand, or the result, is x, the filter, y ------ */

typedef struct triple {
    int kind;
    const ad_shape *x, *filter, *y;
    const ad_place *at_x, *at_filter, *at_y;
} triple;

static triple triple_of(const ad_step *s)
{
    const ad_shape *const a = &s->shape[0], *const b = &s->shape[1];
    const ad_shape *const c = &s->r.shape;

    if (s->r.op == AD_OP_CONV)
        return (triple){KERN_CONV_Y, a, b, c, &s->in[0], &s->in[1], &s->out};
    if (s->r.op == AD_OP_CONV_X)
        return (triple){KERN_CONV_X, c, b, a, &s->out, &s->in[1], &s->in[0]};
    return (triple){KERN_CONV_F, a, c, b, &s->in[0], &s->out, &s->in[1]};
}

static kern_conv conv_at(const ad_step *s, size_t n)
{
    const triple t = triple_of(s);
    const int64_t *const i = s->r.i;

    return (kern_conv){.n = n,
                       .h = (size_t)t.x->dim[1],
                       .w = (size_t)t.x->dim[2],
                       .c = (size_t)t.x->dim[3],
                       .ho = (size_t)t.y->dim[1],
                       .wo = (size_t)t.y->dim[2],
                       .k = (size_t)t.y->dim[3],
                       .r = (size_t)t.filter->dim[0],
                       .s = (size_t)t.filter->dim[1],
                       .stride_h = (size_t)i[0],
                       .stride_w = (size_t)i[1],
                       .top = (size_t)i[2],
                       .left = (size_t)i[3],
                       .groups = (size_t)i[6]};
}

static void plan_conv(ad_step *s, const kern_ops *o)
{
    const triple t = triple_of(s);
    const kern_conv c = conv_at(s, (size_t)t.x->dim[0]);
    kern_conv_job job;

    kern_conv_cut(&job, o, t.kind, &c);
    s->work = job.work;
    s->scratch = kern_conv_scratch();
}

static void open_conv(ad_exec *e)
{
    const triple t = triple_of(e->step);
    const kern_conv c = conv_at(e->step, ad_length_at(t.x, e->r->rows));

    kern_conv_cut(&e->job.conv, e->p->ops, t.kind, &c);
    for (int k = 0; k < KERN_CONV_PHASES; k++)
        e->items[k] = e->job.conv.items[k];
}

static void item_conv(const ad_exec *e, size_t item, char *scratch)
{
    const triple t = triple_of(e->step);

    kern_conv_item(&e->job.conv, e->phase, item, ad_at_place(e, t.at_x),
                   ad_at_place(e, t.at_filter), ad_at_place(e, t.at_y),
                   (char *)e->r->arena + e->step->work_at, scratch);
}

const struct ad_kernel ad_kernel_conv = {plan_conv, open_conv, item_conv, NULL};

_Static_assert(KERN_CONV_PHASES <= AD_PHASES, "phases");

/* ---- windows: images lo … hi - 1 ---------------------------------------- */

#define COST 300 /* picoseconds a cell and window cell */

static int is_adjoint(int32_t op)
{
    return op == AD_OP_AVERAGE_X || op == AD_OP_WINDOW_SCATTER ||
           op == AD_OP_BILINEAR_X;
}

static kern_window window_of(const ad_step *s)
{
    const ad_shape *const x = is_adjoint(s->r.op) ? &s->r.shape : &s->shape[0];
    const ad_shape *const y = is_adjoint(s->r.op) ? &s->shape[0] : &s->r.shape;
    const int64_t *const i = s->r.i;

    return (kern_window){.h = (size_t)x->dim[1],
                         .w = (size_t)x->dim[2],
                         .c = (size_t)x->dim[3],
                         .ho = (size_t)y->dim[1],
                         .wo = (size_t)y->dim[2],
                         .r = (size_t)i[7],
                         .s = (size_t)i[8],
                         .stride_h = (size_t)i[0],
                         .stride_w = (size_t)i[1],
                         .top = (size_t)i[2],
                         .left = (size_t)i[3],
                         .count_pad = i[6] != 0};
}

static void plan_window(ad_step *s, const kern_ops *o)
{
    const kern_window g = window_of(s);
    const size_t cells = g.r > 0 && g.s > 0 ? g.r * g.s : 4;

    s->unit = ad_unit((size_t)s->r.shape.dim[0],
                      (g.h * g.w + g.ho * g.wo * cells) * g.c * COST *
                          (o->bytes / sizeof(float)));
}

static void open_window(ad_exec *e)
{
    e->items[0] =
        ad_parts(ad_length_at(&e->step->r.shape, e->r->rows), e->step->unit);
}

static void item_window(const ad_exec *e, size_t item, char *scratch)
{
    const ad_step *const s = e->step;
    const kern_ops *const o = e->p->ops;
    const kern_window g = window_of(s);
    const size_t n = ad_length_at(&s->r.shape, e->r->rows);
    const size_t lo = item * s->unit;
    const size_t hi = n - lo < s->unit ? n : lo + s->unit;
    char *const a = ad_at_place(e, &s->in[0]);
    char *const b = ad_at_place(e, &s->in[s->arity - 1]);
    char *const out = ad_at_place(e, &s->out);

    (void)scratch;
    switch (s->r.op) {
    case AD_OP_AVERAGE:
        kern_average(o, &g, lo, hi, a, out);
        break;
    case AD_OP_AVERAGE_X:
        kern_average_x(o, &g, lo, hi, a, out);
        break;
    case AD_OP_WINDOW_ARGMAX:
        kern_window_argmax(o, &g, lo, hi, a, out);
        break;
    case AD_OP_WINDOW_GATHER:
        kern_window_gather(o, &g, lo, hi, a, b, out);
        break;
    case AD_OP_WINDOW_SCATTER:
        kern_window_scatter(o, &g, lo, hi, a, b, out);
        break;
    case AD_OP_BILINEAR:
        kern_bilinear(o, &g, lo, hi, a, out);
        break;
    default:
        kern_bilinear_x(o, &g, lo, hi, a, out);
    }
}

const struct ad_kernel ad_kernel_window = {plan_window, open_window,
                                           item_window, NULL};
