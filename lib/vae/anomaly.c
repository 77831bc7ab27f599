/* How strange rows and cells are. */
#include "vae/internal.h"

static void give_cells(const model_panels *o, const model_panel *p, void *to)
{
    nn_rows_write(&o->body->columns, 0, p->m, model_panel_output(p, 0),
                  GENMOD_F64, to);
}

static void give_rows(const model_panels *o, const model_panel *p, void *to)
{
    const float *const reconstruction = model_panel_output(p, 1);
    const float *const kl = model_panel_output(p, 2);

    (void)o;
    for (size_t i = 0; i < p->m; i++)
        ((double *)to)[i] = (double)reconstruction[i] + (double)kl[i];
}

static int32_t score(const model *m, const genmod_data *x, int cells,
                     size_t bytes, double *out, genmod_workspace *w)
{
    model_panels o;
    int32_t status = vae_check_rows(m, x, "x", w);

    if (status)
        return status;
    if (!out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    o = vae_panels(m, x, VAE_BLAME);
    o.row = (cells ? m->d : 1) * sizeof *out;
    o.give = cells ? give_cells : give_rows;
    status = model_panels_fit(&o, bytes, w);
    return status ? status : model_panels_out(&o, out, w);
}

static int32_t enter(const vae_model *m, const genmod_data *x, int cells,
                     size_t bytes, double *out, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, score((const model *)m, x, cells, bytes, out, w));
}

int32_t vae_anomaly(const vae_model *m, const genmod_data *x, size_t bytes,
                    double *out, genmod_workspace *w)
{
    return enter(m, x, 0, bytes, out, w);
}

int32_t vae_anomaly_columns(const vae_model *m, const genmod_data *x,
                            size_t bytes, double *out, genmod_workspace *w)
{
    return enter(m, x, 1, bytes, out, w);
}
