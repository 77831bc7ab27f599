/* Autoencoders as ONNX. */
#include "ae/internal.h"
#include "genmod/exchange.h"

enum { ENCODER, DECODER, RECONSTRUCTION, CLASSIFIER, REGRESSOR, PARTS };

static const char *const parts[PARTS] = {"encoder", "decoder", "reconstruction",
                                         "classifier", "regressor"};

static int32_t check_part(const model *m, size_t part, genmod_workspace *w)
{
    switch (part) {
    case ENCODER:
        return GENMOD_OK;
    case CLASSIFIER:
        return ae_check_target(m, AE_LABELS, w);
    case REGRESSOR:
        return ae_check_target(m, AE_NUMBERS, w);
    default:
        return ae_check_head(m, 0, w);
    }
}

/* What a part's graph is given and gives; and builds it. */
static void build(model_draft *f, size_t part, model_graph *o)
{
    static const size_t program[PARTS] = {AE_ENCODE, AE_DECODE, AE_RECONSTRUCT,
                                          AE_OUTPUT, AE_OUTPUT};
    const model_body *const b = f->b;
    const model_port x = {.name = "x", .columns = &b->columns, .cells = 1};
    const model_port code = {.name = "code", .columns = &b->codes};

    o->part = parts[part];
    o->in = part == DECODER ? code : x;
    o->out[0] = part == ENCODER ? code : x;
    if (part == RECONSTRUCTION)
        o->out[0].name = "reconstruction";
    if (part == REGRESSOR)
        o->out[0] =
            (model_port){.name = "values", .columns = &b->target, .cells = 1};
    ae_build(f, program[part]);
    if (part != CLASSIFIER)
        return;
    o->out[0] = (model_port){.name = "probabilities"};
    o->out[1] = (model_port){.name = "label", .whole = 1};
    ae_build(f, AE_CLASS);
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
        status = check_part(m, at, w);
    if (!status)
        status = model_draft_open(&f, m->body, 1, 0, w);
    if (status)
        return status;
    build(&f, at, &o);
    return model_draft_export(&f, &o, cap, out, need);
}

int32_t ae_export_onnx(const ae_model *m, const char *part, size_t cap,
                       void *out, size_t *need, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, export((const model *)m, part, cap, out, need, w));
}
