/* Adversarial networks as ONNX. */
#include "gan/internal.h"
#include "genmod/exchange.h"

enum { GENERATOR, DISCRIMINATOR, PARTS };

static const char *const parts[PARTS] = {"generator", "discriminator"};

/* D's number for rows that it sees together, once for each. */
static void repeat_for_rows(model_draft *f)
{
    ad_graph *const g = f->g;
    const int32_t p = (int32_t)((const gan_body *)f->b)->packing;
    const int64_t one = 1, all = p;
    ad_node y = f->target[0].node;

    if (p == 1)
        return;
    y = ad_reshape(g, y, ad_rows(g, 1, p, 2, &one));
    y = ad_broadcast(g, y, ad_rows(g, 1, p, 2, &all));
    f->target[0].node = ad_reshape(g, y, ad_rows(g, 1, 1, 1, NULL));
}

static void build(model_draft *f, size_t part, const model_cells *table,
                  model_graph *o)
{
    const model_port x = {
        .name = "x", .columns = &f->b->columns, .cells = 1, .table = table};

    o->part = parts[part];
    if (part == GENERATOR) {
        o->in = (model_port){.name = "code", .columns = &f->b->codes};
        o->out[0] = x;
        gan_build_generate(f, table ? GAN_NOISE : NULL);
        return;
    }
    o->in = x;
    o->out[0] = (model_port){.name = "logit"};
    gan_build_discriminate(f);
    repeat_for_rows(f);
}

static int32_t export(const model *m, const char *part, size_t cap, void *out,
                      size_t *need, genmod_workspace *w)
{
    model_graph o = {0};
    model_cells cells;
    const gan_body *b;
    model_draft f;
    size_t at;
    int32_t status =
        model_check_export(m, part, PARTS, parts, &at, cap, out, w);

    if (status)
        return status;
    b = (const gan_body *)m->body;
    status = b->table.blocks ? gan_table_cells(b, &cells, w) : GENMOD_OK;
    if (!status)
        status = model_draft_open(&f, m->body, (size_t)(b->packing * b->group),
                                  0, w);
    if (status)
        return status;
    build(&f, at, b->table.blocks ? &cells : NULL, &o);
    return model_draft_export(&f, &o, cap, out, need);
}

int32_t gan_export_onnx(const gan_model *m, const char *part, size_t cap,
                        void *out, size_t *need, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, export((const model *)m, part, cap, out, need, w));
}
