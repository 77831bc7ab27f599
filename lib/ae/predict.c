/* What models with a head predict. */
#include <string.h>

#include "ae/internal.h"

int32_t ae_check_head(const model *m, int head, genmod_workspace *w)
{
    static const char *const words[] = {"reconstruction", "classes", "values"};
    const int32_t target = base_config_choice(m->config, AE_TARGET);

    if (head == (target != AE_ROWS))
        return GENMOD_OK;
    return base_fail(w, GENMOD_UNSUPPORTED,
                     "option \"target\" is \"%s\": the model has no %s",
                     words[target], head ? "head that predicts" : "decoder");
}

int32_t ae_check_target(const model *m, int32_t target, genmod_workspace *w)
{
    const int32_t status = ae_check_head(m, 1, w);

    if (status || base_config_choice(m->config, AE_TARGET) == target)
        return status;
    return base_fail(w, GENMOD_UNSUPPORTED,
                     target == AE_LABELS
                         ? "option \"target\" is \"values\": the model has no "
                           "classes"
                         : "option \"target\" is \"classes\": the model gives "
                           "no values");
}

static void give_classes(const model_panels *o, const model_panel *p, void *to)
{
    const float *const y = model_panel_output(p, 0);

    (void)o;
    for (size_t i = 0; i < p->m; i++)
        ((int32_t *)to)[i] = (int32_t)y[i];
}

static void give_shares(const model_panels *o, const model_panel *p, void *to)
{
    const size_t n = p->m * ((const ae_body *)o->body)->outputs;
    const float *const y = model_panel_output(p, 0);

    if (o->type == GENMOD_F32)
        memcpy(to, y, n * sizeof *y);
    else
        for (size_t i = 0; i < n; i++)
            ((double *)to)[i] = (double)y[i];
}

static void give_values(const model_panels *o, const model_panel *p, void *to)
{
    nn_rows_write(&o->body->target, 1, p->m, model_panel_output(p, 0), o->type,
                  to);
}

static int32_t check(const model *m, const genmod_data *x, int32_t target,
                     int32_t type, const void *out, genmod_workspace *w)
{
    int32_t status;

    if (!m || !x || !out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                         !m   ? "m"
                         : !x ? "x"
                              : "out");
    status = model_check_type(type, w);
    if (!status)
        status = ae_check_target(m, target, w);
    if (!status)
        status = model_check_fitted(m, w);
    return status ? status : model_check_rows(x, "x", m->d, "the model", w);
}

/* o has program, type and how to give. */
static int32_t predict(const model *m, const genmod_data *x, int32_t target,
                       model_panels *o, size_t bytes, void *out,
                       genmod_workspace *w)
{
    int32_t status = check(m, x, target, o->type, out, w);

    if (status)
        return status;
    o->body = m->body;
    o->x = x;
    o->n = base_data_rows(x);
    o->columns = &m->body->columns;
    o->row = o->program == AE_CLASS ? sizeof(int32_t)
                                    : ((const ae_body *)m->body)->outputs *
                                          model_type_bytes(o->type);
    status = model_panels_fit(o, bytes, w);
    return status ? status : model_panels_out(o, out, w);
}

static int32_t enter(const ae_model *m, const genmod_data *x, int32_t target,
                     model_panels o, size_t bytes, void *out,
                     genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call,
                      predict((const model *)m, x, target, &o, bytes, out, w));
}

int32_t ae_predict(const ae_model *m, const genmod_data *x, size_t bytes,
                   int32_t *out, genmod_workspace *w)
{
    const model_panels o = {
        .program = AE_CLASS, .type = GENMOD_F32, .give = give_classes};

    return enter(m, x, AE_LABELS, o, bytes, out, w);
}

int32_t ae_probabilities(const ae_model *m, const genmod_data *x, int32_t type,
                         size_t bytes, void *out, genmod_workspace *w)
{
    const model_panels o = {
        .program = AE_OUTPUT, .type = type, .give = give_shares};

    return enter(m, x, AE_LABELS, o, bytes, out, w);
}

int32_t ae_values(const ae_model *m, const genmod_data *x, int32_t type,
                  size_t bytes, void *out, genmod_workspace *w)
{
    const model_panels o = {
        .program = AE_OUTPUT, .type = type, .give = give_values};

    return enter(m, x, AE_NUMBERS, o, bytes, out, w);
}
