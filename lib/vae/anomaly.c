/* How strange rows and cells are. */
#include <math.h>

#include "vae/internal.h"

static double row_score(const model_panel *p, size_t i)
{
    return (double)model_panel_output(p, VAE_B_RECONSTRUCTION)[i] +
           (double)model_panel_output(p, VAE_B_KL)[i];
}

static int is_there(const model_panel *p, size_t at)
{
    return !p->mask || p->mask[at] != 0;
}

static void give_rows(const model_panels *o, const model_panel *p, void *to)
{
    (void)o;
    for (size_t i = 0; i < p->m; i++)
        ((double *)to)[i] = row_score(p, i);
}

static void give_cells(const model_panels *o, const model_panel *p, void *to)
{
    const float *const cells = model_panel_output(p, VAE_B_CELLS);
    const float *const most = model_panel_output(p, VAE_B_MOST);
    const size_t d = o->body->d;

    for (size_t i = 0; i < p->m * d; i++)
        ((double *)to)[i / d * d + model_column_of(&o->columns->size, i % d)] =
            is_there(p, i) ? (double)most[i] - (double)cells[i] : 0;
}

/* Of the replay that hides cell j: less the score of the others, and the most
 * that ln p of the cell could be. */
static void give_hidden(const model_panels *o, const model_panel *p, void *to)
{
    const float *const most = model_panel_output(p, VAE_B_MOST);
    const size_t d = o->body->d, j = p->draw;
    double *const column = (double *)to + model_column_of(&o->columns->size, j);

    for (size_t i = 0; i < p->m; i++)
        column[i * d] = (double)most[i * d + j] - row_score(p, i);
}

static void add_rows(const model_panels *o, const model_panel *p, void *to)
{
    const size_t d = o->body->d;

    for (size_t i = 0; i < p->m * d; i++)
        ((double *)to)[i / d * d + model_column_of(&o->columns->size, i % d)] =
            is_there(p, i) ? row_score(p, i / d) : NAN;
}

/* How much less likely the row is with the cell than without it, next to how
 * likely the cell might be: -ln p(x_j | the others) + max ln p(x_j | z), for a
 * code z that did not see it. */
static int32_t score_hidden(model_panels *o, double *out, genmod_workspace *w)
{
    const size_t cells = o->n * o->body->d;
    void *whole, *hidden;
    int32_t status;

    o->keep = 1;
    o->give = add_rows;
    status = model_panels_run(o, &whole, w);
    if (status)
        return status;
    o->give = give_hidden;
    o->hiding = 1;
    o->draws = o->body->d;
    status = model_panels_run(o, &hidden, w);
    for (size_t i = 0; !status && i < cells; i++) {
        const double with = ((const double *)whole)[i];

        out[i] = isnan(with) ? 0 : with + ((const double *)hidden)[i];
    }
    return status;
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
    o.keep = cells;
    o.give = cells ? give_cells : give_rows;
    status = model_panels_fit(&o, bytes, w);
    if (status)
        return status;
    return cells && o.columns->missing ? score_hidden(&o, out, w)
                                       : model_panels_out(&o, out, w);
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

static int32_t score_rows(const model *m, const genmod_data *x, size_t bytes,
                          double *out, genmod_workspace *w)
{
    return score(m, x, 0, bytes, out, w);
}

int32_t vae_threshold(const vae_model *m, const genmod_data *x, double share,
                      double *out, genmod_workspace *w)
{
    return model_threshold((const model *)m, x, share, out, score_rows, w);
}
