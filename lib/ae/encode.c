/* Codes of rows, rows of codes. */
#include "ae/internal.h"

static void give(const model_panels *o, const model_panel *p, void *to)
{
    const int encoding = o->program == AE_ENCODE;

    nn_rows_write(encoding ? &o->body->codes : &o->body->columns, !encoding,
                  p->m, model_panel_output(p, 0), o->type, to);
}

static int32_t check(const model *m, const genmod_data *x, int decoding,
                     int32_t type, const void *out, genmod_workspace *w)
{
    int32_t status;

    if (!m || !x || !out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                         !m   ? "m"
                         : !x ? decoding ? "z" : "x"
                              : "out");
    status = model_check_type(type, w);
    if (!status)
        status = model_check_fitted(m, w);
    if (status)
        return status;
    return decoding ? model_check_rows(x, "z", m->z, "a code", w)
                    : model_check_rows(x, "x", m->d, "the model", w);
}

static int32_t rows(const model *m, const genmod_data *x, size_t program,
                    int32_t type, size_t bytes, void *out, genmod_workspace *w)
{
    const int decoding = program == AE_DECODE;
    model_panels o = {.program = program, .x = x, .type = type, .give = give};
    int32_t status = check(m, x, decoding, type, out, w);

    if (!status && program != AE_ENCODE)
        status = ae_check_head(m, 0, w);
    if (status)
        return status;
    o.body = m->body;
    o.columns = decoding ? &m->body->codes : &m->body->columns;
    o.n = base_data_rows(x);
    o.row = (program == AE_ENCODE ? m->z : m->d) * model_type_bytes(type);
    status = model_panels_fit(&o, bytes, w);
    return status ? status : model_panels_out(&o, out, w);
}

static int32_t enter(const ae_model *m, const genmod_data *x, size_t program,
                     int32_t type, size_t bytes, void *out, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call,
                      rows((const model *)m, x, program, type, bytes, out, w));
}

int32_t ae_encode(const ae_model *m, const genmod_data *x, int32_t type,
                  size_t bytes, void *out, genmod_workspace *w)
{
    return enter(m, x, AE_ENCODE, type, bytes, out, w);
}

int32_t ae_decode(const ae_model *m, const genmod_data *z, int32_t type,
                  size_t bytes, void *out, genmod_workspace *w)
{
    return enter(m, z, AE_DECODE, type, bytes, out, w);
}

int32_t ae_reconstruct(const ae_model *m, const genmod_data *x, int32_t type,
                       size_t bytes, void *out, genmod_workspace *w)
{
    return enter(m, x, AE_RECONSTRUCT, type, bytes, out, w);
}
