/* What D says of rows. */
#include "gan/internal.h"

static void give_logits(const model_panels *o, const model_panel *p, void *to)
{
    const size_t packing = (size_t)((const gan_body *)o->body)->packing;
    const float *const y = model_panel_output(p, 0);

    for (size_t i = 0; i < p->m; i++)
        ((double *)to)[i] = (double)y[i / packing];
}

static int32_t check(const model *m, const genmod_data *x, size_t bytes,
                     const double *out, genmod_workspace *w)
{
    model_panels o = {.row = sizeof *out};
    int32_t status;

    if (!m || !x || !out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                         !m   ? "m"
                         : !x ? "x"
                              : "out");
    status = model_check_fitted(m, w);
    if (!status)
        status = model_check_rows(x, "x", m->d, "the model", w);
    if (!status)
        status = model_check_schema(m->body, x, "x", w);
    if (status)
        return status;
    o.n = base_data_rows(x);
    return model_panels_fit(&o, bytes, w);
}

int32_t gan_judge_rows(const model *m, const genmod_data *x, size_t bytes,
                       double *out, genmod_workspace *w)
{
    const gan_body *b;
    model_panels o;
    const int32_t status = check(m, x, bytes, out, w);

    if (status)
        return status;
    b = (const gan_body *)m->body;
    o = (model_panels){.body = m->body,
                       .program = GAN_DISCRIMINATE,
                       .x = x,
                       .columns = &m->body->columns,
                       .look = 1,
                       .labelled = b->classes > 0,
                       .n = base_data_rows(x),
                       .multiple = (size_t)(b->packing * b->group),
                       .row = sizeof *out,
                       .give = give_logits};
    if (o.n % o.multiple)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "x has %u rows; with \"packing\" %i and "
                         "\"deviation\" %i it must be a multiple of %u",
                         (uint64_t)o.n, b->packing, b->group,
                         (uint64_t)o.multiple);
    return model_panels_out(&o, out, w);
}

int32_t gan_discriminate(const gan_model *m, const genmod_data *x, size_t bytes,
                         double *out, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call,
                      gan_judge_rows((const model *)m, x, bytes, out, w));
}
