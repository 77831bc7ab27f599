/* Variational autoencoders as ONNX. */
#include "genmod/exchange.h"
#include "vae/internal.h"

enum { ENCODER, DECODER, RECONSTRUCTION, PARTS };

static const char *const parts[PARTS] = {"encoder", "decoder",
                                         "reconstruction"};

/* Of a codebook the code alone: q(z|x) has no density. */
static void build_encoder(model_draft *f, model_graph *o)
{
    o->out[0] = (model_port){.name = "mean", .columns = &f->b->codes};
    o->out[1] = (model_port){.name = "log_variance", .columns = &f->b->codes};
    vae_build_encode(f);
    if (((const vae_body *)f->b)->vectors)
        f->n = 1;
}

static void build(model_draft *f, size_t part, model_graph *o)
{
    const model_port x = {.name = "x", .columns = &f->b->columns, .cells = 1};
    const model_port code = {.name = "code", .columns = &f->b->codes};

    o->part = parts[part];
    o->in = part == DECODER ? code : x;
    o->out[0] = x;
    if (part == ENCODER) {
        build_encoder(f, o);
    } else if (part == DECODER) {
        vae_build_decode(f, 1);
    } else {
        o->out[0].name = "reconstruction";
        vae_build_reconstruct(f);
    }
}

static int32_t export(const model *m, const char *part, size_t cap, void *out,
                      size_t *need, genmod_workspace *w)
{
    model_graph o = {0};
    model_draft f;
    size_t at;
    int32_t status =
        model_check_export(m, part, PARTS, parts, &at, cap, out, w);

    if (!status)
        status = model_draft_open(&f, m->body, 1, 0, w);
    if (status)
        return status;
    build(&f, at, &o);
    return model_draft_export(&f, &o, cap, out, need);
}

int32_t vae_export_onnx(const vae_model *m, const char *part, size_t cap,
                        void *out, size_t *need, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, export((const model *)m, part, cap, out, need, w));
}
