/* A plan as text, a line a region and a line a step:
 *
 *     by panels of 32 rows
 *     3 fused 400 m, 204800 bytes, 4 items: r2 = add r0 r1; r3 = tanh r2;
 *     side by side
 *
 * with the length of what it iterates over (m rows) or the shape of the result,
 * the bytes that it writes, and its items (of a region by panels: the panels),
 * both at the planned rows. Registers that are written nowhere are read: dense,
 * gathered, or constants. */
#include <string.h>

#include "ad/plan.h"

static const char *const names[KERN_TILE_OPS] = {
    [KERN_COPY] = "copy",         [KERN_NEG] = "neg",
    [KERN_RECIP] = "recip",       [KERN_SQRT] = "sqrt",
    [KERN_RSQRT] = "rsqrt",       [KERN_EXP] = "exp",
    [KERN_EXPM1] = "expm1",       [KERN_LOG] = "log",
    [KERN_LOG1P] = "log1p",       [KERN_LOG1MEXP] = "log1mexp",
    [KERN_TANH] = "tanh",         [KERN_SIGMOID] = "sigmoid",
    [KERN_SOFTPLUS] = "softplus", [KERN_ERF] = "erf",
    [KERN_LGAMMA] = "lgamma",     [KERN_POLYGAMMA] = "polygamma",
    [KERN_SIN] = "sin",           [KERN_COS] = "cos",
    [KERN_ABS] = "abs",           [KERN_SIGN] = "sign",
    [KERN_FLOOR] = "floor",       [KERN_LEAKY] = "leaky",
    [KERN_GATE] = "gate",         [KERN_AFFINE] = "affine",
    [KERN_ADD] = "add",           [KERN_SUB] = "sub",
    [KERN_MUL] = "mul",           [KERN_DIV] = "div",
    [KERN_MAX] = "max",           [KERN_MIN] = "min",
    [KERN_GREATER] = "greater",   [KERN_GREATER_EQUAL] = "greater_equal",
    [KERN_EQUAL] = "equal",       [KERN_SELECT] = "select",
    [KERN_FMA] = "fma",
};

/* Text that grows; with `to` NULL it is measured. */
typedef struct text {
    size_t n;
    char *to;
} text;

static void add(text *t, const char *s)
{
    const size_t n = strlen(s);

    if (t->to)
        memcpy(t->to + t->n, s, n);
    t->n += n;
}

static void add_integer(text *t, int64_t v)
{
    char s[32];

    s[base_format_i64(v, s)] = 0;
    add(t, s);
}

static void add_real(text *t, double v)
{
    char s[40];

    s[base_format_f64(v, s)] = 0;
    add(t, s);
}

static void add_extent(text *t, ad_extent e)
{
    add_integer(t, e.n);
    if (e.div)
        add(t, " m");
    if (e.div > 1) {
        add(t, " / ");
        add_integer(t, e.div);
    }
}

static void add_shape(text *t, const ad_shape *s)
{
    add(t, "[");
    for (int32_t k = 0; k < s->rank; k++) {
        add(t, k ? ", " : "");
        if (k == 0 && s->div)
            add_extent(t, (ad_extent){s->mul, s->div});
        else
            add_integer(t, s->dim[k]);
    }
    add(t, "]");
}

/* ---- fused code --------------------------------------------------------- */

static void add_register(text *t, int r)
{
    add(t, " r");
    add_integer(t, r);
}

static void add_code(text *t, const kern_tile *c)
{
    add_register(t, c->out);
    add(t, " = ");
    add(t, names[c->op]);
    add_register(t, c->a);
    if (c->op >= KERN_ADD)
        add_register(t, c->b);
    if (c->op >= KERN_SELECT)
        add_register(t, c->c);
    if (c->op == KERN_AFFINE || c->op == KERN_LEAKY || c->op == KERN_GATE ||
        c->op == KERN_POLYGAMMA) {
        add(t, " ");
        add_real(t, c->p);
    }
    if (c->op == KERN_AFFINE) {
        add(t, " ");
        add_real(t, c->q);
    }
    add(t, ";");
}

static void add_source(text *t, const ad_source *s)
{
    static const char *const kinds[] = {"", " gathered", " kept", ""};

    if (s->kind == AD_POINTED && !s->written)
        return;
    add_register(t, s->reg);
    add(t, kinds[s->kind]);
    if (s->written)
        add(t, " written");
    if (s->kind == AD_FILLED) {
        add(t, " = ");
        add_real(t, s->number);
        if (s->count.n) {
            add(t, " * ");
            add_extent(t, s->count);
        }
    }
    add(t, ";");
}

static void add_fused(text *t, const ad_fused *f)
{
    add(t, ":");
    for (int32_t k = 0; k < f->sources; k++)
        add_source(t, &f->source[k]);
    for (size_t i = 0; i < f->count; i++)
        add_code(t, &f->code[i]);
    for (int32_t k = 0; k < f->endings; k++) {
        add(t, " sum");
        add_register(t, f->ending[k].reg);
        add(t, ";");
    }
}

/* ---- steps -------------------------------------------------------------- */

static size_t written(const ad_program *p, const ad_step *s)
{
    const ad_fused *const f = s->fused;
    size_t n = 0;

    if (!f)
        return (size_t)ad_elements(&s->r.shape) * p->ops->bytes;
    for (int32_t k = 0; k < f->sources; k++)
        n += f->source[k].written ? ad_extent_at(f->extent, p->rows) : 0;
    n += f->form.block
             ? (size_t)f->endings * (size_t)f->form.inner *
                   (ad_extent_at(f->extent, p->rows) / (size_t)f->form.block)
             : (size_t)f->endings * (size_t)f->form.inner;
    return n * p->ops->bytes;
}

static size_t items(const ad_program *p, const ad_region *in, const ad_step *s)
{
    const ad_replay r = {.rows = p->rows, .width = 1};
    ad_exec e = {.p = p, .r = &r, .step = s};

    if (in->panel)
        return ad_parts(p->rows, in->panel);
    s->kernel->open(&e);
    return e.items[0];
}

static void add_step(text *t, const ad_program *p, const ad_region *in,
                     size_t i)
{
    const ad_step *const s = &p->steps[i];
    const size_t n = items(p, in, s);

    add_integer(t, (int64_t)i);
    add(t, " ");
    add(t, s->name);
    add(t, " ");
    if (s->fused)
        add_extent(t, s->fused->extent);
    else
        add_shape(t, &s->r.shape);
    add(t, ", ");
    add_integer(t, (int64_t)written(p, s));
    add(t, " bytes, ");
    add_integer(t, (int64_t)n);
    add(t, n == 1 ? " item" : " items");
    if (s->fused)
        add_fused(t, s->fused);
    add(t, "\n");
}

static void add_region(text *t, const ad_region *in)
{
    if (!in->panel) {
        add(t, "side by side\n");
        return;
    }
    add(t, "by panels of ");
    add_integer(t, (int64_t)in->panel);
    add(t, in->panel == 1 ? " row\n" : " rows\n");
}

static void add_program(text *t, const ad_program *p)
{
    for (size_t i = 0; i < p->n_regions; i++) {
        const ad_region *const in = &p->regions[i];

        add_region(t, in);
        for (int32_t k = in->first; k < in->first + in->n; k++)
            add_step(t, p, in, (size_t)k);
    }
    add(t, "arena ");
    add_integer(t, (int64_t)p->arena);
    add(t, " bytes, and ");
    add_integer(t, (int64_t)p->slot);
    add(t, " a thread\n");
}

int32_t ad_program_dump(const ad_program *p, size_t cap, char *out,
                        size_t *need, genmod_workspace *w)
{
    text t = {0, NULL};
    size_t n;

    add_program(&t, p);
    n = t.n + 1;
    if (need)
        *need = n;
    if (cap < n)
        return base_fail(w, GENMOD_TOO_SMALL, "out has %u bytes, not %u",
                         (uint64_t)cap, (uint64_t)n);
    t = (text){0, out};
    add_program(&t, p);
    out[t.n] = 0;
    return GENMOD_OK;
}
