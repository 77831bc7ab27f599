/* Missing cells filled in, by importance sampling of codes. */
#include <string.h>

#include "vae/internal.h"

/* A row's state over its draws, in doubles: the greatest ln w, the weights of
 * it all, then what each of the likelihood's numbers gives of its column's
 * mean, or the numbers of the draw that resampling stands at. */
enum { MOST, WEIGHTS, NUMBERS };

static const vae_body *body_of(const model_panels *o)
{
    return (const vae_body *)o->body;
}

/* What is averaged of a number: the mean of its cell, log-normal ones as
 * standardised logarithms. */
static double moment_of(const vae_block *k, double v)
{
    double p;

    switch (k->kind) {
    case VAE_BERNOULLI:
        vae_plain()->sigmoid(1, &v, &p);
        return p;
    case VAE_POISSON:
    case VAE_NEGATIVE_BINOMIAL:
        return vae_plain_exp(v < VAE_LOG_RATE_MOST ? v : VAE_LOG_RATE_MOST);
    case VAE_DISCRETISED_LOGISTIC:
        return v < 0 ? 0 : v > 1 ? 1 : v;
    default:
        return v;
    }
}

/* The running mean of a column's probabilities, from its logits. */
static void add_shares(int32_t levels, const float *logits, double share,
                       double *mean)
{
    double most = (double)logits[0], sum = 0;

    for (int32_t i = 1; i < levels; i++)
        most = (double)logits[i] > most ? (double)logits[i] : most;
    for (int32_t i = 0; i < levels; i++)
        sum += vae_plain_exp((double)logits[i] - most);
    for (int32_t i = 0; i < levels; i++)
        mean[i] +=
            share * (vae_plain_exp((double)logits[i] - most) / sum - mean[i]);
}

static void add_block(const vae_block *k, const float *params, double share,
                      double *mean)
{
    const int64_t step = k->kind == VAE_CATEGORICAL ? k->levels : 1;

    for (int64_t i = k->params_first; i < k->params_first + k->params;
         i += step)
        if (k->kind == VAE_CATEGORICAL)
            add_shares(k->levels, params + i, share, mean + i);
        else
            mean[i] += share * (moment_of(k, (double)params[i]) - mean[i]);
}

/* The weight of this draw among those so far: 1 of the first. */
static double advance(double *row, double log_weight, int first)
{
    double w;

    if (first || log_weight > row[MOST]) {
        row[WEIGHTS] *= first ? 0 : vae_plain_exp(row[MOST] - log_weight);
        row[MOST] = log_weight;
    }
    w = vae_plain_exp(log_weight - row[MOST]);
    row[WEIGHTS] += w;
    return w / row[WEIGHTS];
}

static double log_weight_of(const model_panel *p, size_t i)
{
    return (double)model_panel_output(p, 0)[i] +
           (double)model_panel_output(p, 1)[i];
}

static void give_means(const model_panels *o, const model_panel *p, void *to)
{
    const vae_likelihood *const l = &body_of(o)->likelihood;
    const size_t n = (size_t)l->params;
    const float *const params = model_panel_output(p, 2);

    for (size_t i = 0; i < p->m; i++) {
        double *const row = (double *)to + i * (NUMBERS + n);
        const double share = advance(row, log_weight_of(p, i), p->draw == 0);

        for (size_t k = 0; k < l->n; k++)
            add_block(&l->block[k], params + i * n, share, row + NUMBERS);
    }
}

/* One of the draws, each in the share of its weight: the t-th replaces what
 * stands there with its share of the first t (Chao 1982). */
static void give_chosen(const model_panels *o, const model_panel *p, void *to)
{
    const size_t n = (size_t)body_of(o)->likelihood.params;
    const float *const params = model_panel_output(p, 2);

    for (size_t i = 0; i < p->m; i++) {
        double *const row = (double *)to + i * (NUMBERS + n);
        const double share = advance(row, log_weight_of(p, i), p->draw == 0);
        uint32_t bits[4];

        base_random(o->seed, p->first + i, VAE_SITE_RESAMPLE, (uint32_t)p->draw,
                    bits);
        if (base_uniform(bits[0], bits[1]) >= share)
            continue;
        for (size_t j = 0; j < n; j++)
            row[NUMBERS + j] = (double)params[i * n + j];
    }
}

/* ---- writing ------------------------------------------------------------- */

/* Cells of a row from running means. */
static void cells_of(const vae_likelihood *l, const double *mean, float *cells)
{
    for (size_t k = 0; k < l->n; k++) {
        const vae_block *const b = &l->block[k];

        for (int64_t j = 0; j < b->size; j++) {
            const double *const at =
                mean + b->params_first +
                (b->kind == VAE_CATEGORICAL ? j * b->levels : j);
            int32_t best = 0;

            for (int32_t i = 1; b->kind == VAE_CATEGORICAL && i < b->levels;
                 i++)
                best = at[i] > at[best] ? i : best;
            cells[b->first + j] =
                b->kind == VAE_CATEGORICAL ? (float)best : (float)*at;
        }
    }
}

typedef struct writing {
    const model *m;
    const genmod_data *x;
    const double *rows;
    int32_t what, type;
    uint64_t seed;
    const kern_ops *f64;
    float *params, *cells; /* of a row */
    void *stage;
} writing;

static void predict(const writing *g, size_t i)
{
    const vae_body *const b = (const vae_body *)g->m->body;
    const size_t n = (size_t)b->likelihood.params;
    const double *const row = g->rows + i * (NUMBERS + n) + NUMBERS;

    if (g->what == GENMOD_MEAN) {
        cells_of(&b->likelihood, row, g->cells);
        return;
    }
    for (size_t j = 0; j < n; j++)
        g->params[j] = (float)row[j];
    vae_draw_rows(&b->likelihood, b->base.store, g->f64, g->seed, i, 1,
                  g->params, g->cells);
}

/* Row i, with the cells that are there as they are. */
static int32_t write_row(const writing *g, size_t i, char *out,
                         genmod_workspace *w)
{
    const size_t d = g->m->d;
    base_view v;
    const int32_t status = base_data_view(g->x, i, 1, g->stage, &v, w);

    if (status)
        return status;
    predict(g, i);
    nn_rows_write(&g->m->body->columns, 1, 1, g->cells, g->type, out);
    for (size_t j = 0; j < d; j++) {
        const double cell = base_view_cell(&v, 0, j);

        if (cell != cell)
            continue;
        if (g->type == GENMOD_F32)
            ((float *)(void *)out)[j] = (float)cell;
        else
            ((double *)(void *)out)[j] = cell;
    }
    return GENMOD_OK;
}

static int32_t write_rows(writing *g, char *out, genmod_workspace *w)
{
    const vae_body *const b = (const vae_body *)g->m->body;
    const size_t n = base_data_rows(g->x), d = g->m->d;
    const size_t row = d * model_type_bytes(g->type);
    char *const rows = base_scratch(w, n, row);
    int32_t status = GENMOD_OK;

    g->params =
        base_scratch(w, (size_t)b->likelihood.params, sizeof *g->params);
    g->cells = base_scratch(w, d, sizeof *g->cells);
    g->stage = base_scratch(w, 1, base_data_stage_bytes(g->x, 1));
    if (!rows || !g->params || !g->cells || !g->stage)
        return base_status(w);
    for (size_t i = 0; i < n && !status; i++)
        status = write_row(g, i, rows + i * row, w);
    if (!status)
        memcpy(out, rows, n * row);
    return status;
}

/* ---- the call ------------------------------------------------------------ */

static int32_t check(const model *m, const genmod_data *x, int32_t what,
                     size_t draws, int32_t type, size_t bytes, const void *out,
                     genmod_workspace *w)
{
    int32_t status = vae_check_rows(m, x, "x", w);

    if (status)
        return status;
    if (!((const vae_body *)m->body)->missing)
        return base_fail(
            w, GENMOD_UNSUPPORTED,
            "the model has \"missing\" 0: its encoder does not see "
            "which cells are there");
    status = vae_check_density(m, "", w);
    if (!status)
        status = vae_check_draws(0, draws, w);
    if (status)
        return status;
    return vae_check_out(m, base_data_rows(x), what, type, bytes, out, w);
}

static int32_t impute(const model *m, const genmod_data *x, int32_t what,
                      uint64_t seed, size_t draws, int32_t type, size_t bytes,
                      void *out, genmod_workspace *w)
{
    model_panels o = {.seed = seed,
                      .draws = draws,
                      .give = what == GENMOD_MEAN ? give_means : give_chosen};
    writing g = {.m = m, .x = x, .what = what, .type = type, .seed = seed};
    vae_encoded codes;
    void *rows;
    int32_t status = check(m, x, what, draws, type, bytes, out, w);

    if (status)
        return status;
    o.row = (NUMBERS + (size_t)((const vae_body *)m->body)->likelihood.params) *
            sizeof(double);
    status = vae_encode_rows(m, x, &codes, w);
    if (!status)
        status = vae_weigh(m, x, VAE_FILL, &codes, &o, &rows, w);
    if (status)
        return status;
    g.rows = rows;
    g.f64 = kern_ops_of(base_cpu(w), GENMOD_F64);
    return write_rows(&g, out, w);
}

int32_t vae_impute(const vae_model *m, const genmod_data *x, int32_t what,
                   uint64_t seed, size_t draws, int32_t type, size_t bytes,
                   void *out, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, impute((const model *)m, x, what, seed, draws,
                                    type, bytes, out, w));
}
