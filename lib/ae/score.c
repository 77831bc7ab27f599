/* How strange rows and cells are. */
#include "ae/internal.h"

static void give_cells(const model_panels *o, const model_panel *p, void *to)
{
    nn_rows_write(&o->body->columns, 0, p->m, model_panel_output(p, 0),
                  GENMOD_F64, to);
}

static void give_rows(const model_panels *o, const model_panel *p, void *to)
{
    const size_t d = o->body->d;
    const float *const y = model_panel_output(p, 0);

    for (size_t i = 0; i < p->m; i++) {
        double sum = 0;

        for (size_t j = 0; j < d; j++)
            sum += (double)y[i * d + j];
        ((double *)to)[i] = sum;
    }
}

static int32_t score(const model *m, const genmod_data *x, int cells,
                     size_t bytes, double *out, genmod_workspace *w)
{
    model_panels o = {.program = AE_SCORE,
                      .x = x,
                      .look = 1,
                      .give = cells ? give_cells : give_rows};
    int32_t status;

    if (!m || !x || !out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                         !m   ? "m"
                         : !x ? "x"
                              : "out");
    status = model_check_fitted(m, w);
    if (!status)
        status = ae_check_head(m, 0, w);
    if (!status)
        status = model_check_rows(x, "x", m->d, "the model", w);
    if (status)
        return status;
    o.body = m->body;
    o.columns = &m->body->columns;
    o.n = base_data_rows(x);
    o.row = (cells ? m->d : 1) * sizeof *out;
    status = model_panels_fit(&o, bytes, w);
    return status ? status : model_panels_out(&o, out, w);
}

static int32_t enter(const ae_model *m, const genmod_data *x, int cells,
                     size_t bytes, double *out, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, score((const model *)m, x, cells, bytes, out, w));
}

int32_t ae_anomaly(const ae_model *m, const genmod_data *x, size_t bytes,
                   double *out, genmod_workspace *w)
{
    return enter(m, x, 0, bytes, out, w);
}

int32_t ae_anomaly_columns(const ae_model *m, const genmod_data *x,
                           size_t bytes, double *out, genmod_workspace *w)
{
    return enter(m, x, 1, bytes, out, w);
}

static int32_t score_rows(const model *m, const genmod_data *x, size_t bytes,
                          double *out, genmod_workspace *w)
{
    return score(m, x, 0, bytes, out, w);
}

int32_t ae_threshold(const ae_model *m, const genmod_data *x, double share,
                     double *out, genmod_workspace *w)
{
    return model_threshold((const model *)m, x, share, out, score_rows, w);
}
