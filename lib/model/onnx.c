/* A drafted graph as an ONNX file. */
#include <string.h>

#include "model/onnx.h"

/* ---- what is computed here ----------------------------------------------- */

/* Values that no input reaches, and no number of rows. */
static void find_fixed(model_onnx *e)
{
    static const char *const reached[] = {"input", "count", "uniform",
                                          "normal"};
    ad_item r;

    for (size_t y = 0; y < ad_graph_size(e->ad); y++) {
        int fixed;

        ad_graph_item(e->ad, (ad_node)y, &r);
        fixed = r.shape.div == 0;
        for (size_t i = 0; i < sizeof reached / sizeof *reached; i++)
            fixed &= !base_same(r.op, reached[i]);
        for (int32_t k = 0; k < r.arity; k++)
            fixed &= e->value[r.in[k]].fixed;
        e->value[y].fixed = (unsigned char)fixed;
    }
}

/* Constants element by element are numbers of their node. */
static int is_written_out(const model_onnx *e, const ad_item *r, int32_t k)
{
    ad_item o;

    ad_graph_item(e->ad, r->in[k], &o);
    return r->tiled && base_same(o.op, "constant");
}

/* From the outputs back. */
static void find_asked(model_onnx *e)
{
    ad_item r;

    for (size_t i = 0; i < e->f->n; i++)
        e->value[e->f->target[i].node].asked = 1;
    for (size_t y = ad_graph_size(e->ad); y-- > 0;) {
        if (!e->value[y].asked || e->value[y].fixed)
            continue;
        onnx_item(e, (ad_node)y, &r);
        for (int32_t k = 0; k < r.arity; k++)
            if (!is_written_out(e, &r, k))
                e->value[r.in[k]].asked = 1;
    }
}

/* The numbers of a variable, in whatever shape; NULL: they are computed. */
static const float *stored(const model_onnx *e, ad_node y)
{
    ad_item r;

    for (ad_graph_item(e->ad, y, &r); base_same(r.op, "reshape");)
        ad_graph_item(e->ad, r.in[0], &r);
    return r.variable < 0 ? NULL
                          : ad_store_value(e->f->b->store, (size_t)r.variable);
}

/* Replays a program of the n values for the rows that the graph was made for;
 * its arena stays in scratch. */
static int32_t compute(model_onnx *e, size_t n, const ad_target *targets)
{
    const ad_store *const s = e->f->b->store;
    ad_replay how = {.rows = ad_graph_rows(e->ad), .width = 1};
    ad_program *p;
    int32_t status = ad_compile(e->ad, s, n, targets, &p, e->w);

    if (status)
        return status;
    how.arena = base_scratch(e->w, 1, ad_program_bytes(p, 1));
    status = how.arena ? GENMOD_OK : base_status(e->w);
    if (!status)
        ad_program_run(p, s, &how, NULL);
    for (size_t i = 0; i < n && !status; i++)
        e->value[targets[i].node].data = ad_program_output(p, i, how.arena);
    ad_program_free(p);
    return status;
}

static int32_t fold(model_onnx *e)
{
    const size_t size = ad_graph_size(e->ad);
    ad_target *const targets = base_scratch(e->w, size, sizeof *targets);
    size_t n = 0;

    if (!targets)
        return base_status(e->w);
    for (size_t y = 0; y < size; y++) {
        onnx_value *const v = &e->value[y];

        if (!v->fixed || !v->asked)
            continue;
        v->data = stored(e, (ad_node)y);
        if (!v->data)
            targets[n++] = (ad_target){.kind = AD_OUTPUT, .node = (ad_node)y};
    }
    return n ? compute(e, n, targets) : GENMOD_OK;
}

/* ---- the rest ------------------------------------------------------------ */

static int32_t translate(model_onnx *e)
{
    ad_item r;
    int32_t status = e->to.status;

    for (size_t y = 0; y < ad_graph_size(e->ad) && !status; y++) {
        const onnx_value *const v = &e->value[y];

        ad_graph_item(e->ad, (ad_node)y, &r);
        if (!v->asked || v->fixed || v->name[0] || v->name[1])
            continue;
        status = onnx_translate(e, (ad_node)y);
    }
    return status;
}

static int32_t open(model_onnx *e, const model_draft *f)
{
    const size_t nodes = ad_graph_size(f->g);
    const size_t variables = ad_store_count(f->b->store);

    *e = (model_onnx){.f = f, .ad = f->g, .to = {.w = f->w}, .w = f->w};
    e->value = base_scratch(f->w, nodes, sizeof *e->value);
    e->used = base_scratch(f->w, variables, 1);
    if (!e->value || !e->used)
        return base_status(f->w);
    memset(e->value, 0, nodes * sizeof *e->value);
    memset(e->used, 0, variables);
    find_fixed(e);
    find_asked(e);
    return fold(e);
}

static int32_t export(const model_draft *f, const model_graph *o, size_t cap,
                      void *out, size_t *need)
{
    const codec_text texts[2] = {{"genmod.family", f->b->family->record.family},
                                 {"genmod.part", o->part}};
    model_onnx e;
    int32_t status = open(&e, f);

    if (status)
        return status;
    onnx_enter(&e, &o->in);
    status = translate(&e);
    for (size_t i = 0; i < f->n && !status; i++)
        onnx_leave(&e, f->target[i].node, &o->out[i]);
    return status ? status
                  : codec_graph_write(&e.to, o->part, 2, texts, cap, out, need);
}

int32_t model_draft_export(model_draft *f, const model_graph *o, size_t cap,
                           void *out, size_t *need)
{
    int32_t status = f->status ? f->status : ad_graph_status(f->g);

    if (!status)
        status = export(f, o, cap, out, need);
    ad_graph_free(f->g);
    return status;
}

/* Appends to the names that a text has room for. */
static void put(char *text, size_t cap, size_t *n, const char *name)
{
    for (; *name && *n + 1 < cap; name++)
        text[(*n)++] = *name;
    text[*n] = 0;
}

static int32_t refuse_part(const char *part, size_t n, const char *const *parts,
                           genmod_workspace *w)
{
    char names[128] = "";
    size_t at = 0;

    for (size_t i = 0; i < n; i++) {
        put(names, sizeof names, &at, !i ? "" : i + 1 < n ? ", " : " or ");
        put(names, sizeof names, &at, "\"");
        put(names, sizeof names, &at, parts[i]);
        put(names, sizeof names, &at, "\"");
    }
    return base_fail(w, GENMOD_BAD_ARGUMENT, "part is \"%s\"; it must be %s",
                     part, names);
}

int32_t model_check_export(const model *m, const char *part, size_t n,
                           const char *const *parts, size_t *at, size_t cap,
                           const void *out, genmod_workspace *w)
{
    if (!m || !part || (cap && !out))
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                         !m      ? "m"
                         : !part ? "part"
                                 : "out");
    for (*at = 0; *at < n; ++*at)
        if (base_same(part, parts[*at]))
            return model_check_fitted(m, w);
    return refuse_part(part, n, parts, w);
}
