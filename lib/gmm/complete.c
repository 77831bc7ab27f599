/* Rows completed, and the moments of a whole mixture. */
#include <math.h>
#include <string.h>

#include "gmm/internal.h"

/* ---- moments ------------------------------------------------------------- */

static void add_component(const gmm_params *p, size_t j, double weight,
                          const double *mean, double *covariance)
{
    const size_t d = p->d, unit = gmm_unit_of(p, j);
    const double *const mu = p->means + j * d;

    for (size_t a = 0; a < d; a++)
        for (size_t b = 0; b < d; b++)
            covariance[a * d + b] +=
                weight * (gmm_unit_covariance(p, unit, a, b) +
                          (mu[a] - mean[a]) * (mu[b] - mean[b]));
}

/* Weights that were set sum to 1 within 1e-6, which far from 0 is more than a
 * variance of the means. */
static int32_t moments(const gmm_model *m, size_t d, double *mean,
                       double *covariance, genmod_workspace *w)
{
    const gmm_params *const p = m->params;
    double total = 0;

    if (d != p->d)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "d is %u; the model has %u columns", (uint64_t)d,
                         (uint64_t)p->d);
    for (size_t j = 0; j < p->k; j++)
        total += p->weights[j];
    for (size_t c = 0; c < d; c++) {
        mean[c] = 0;
        for (size_t j = 0; j < p->k; j++)
            mean[c] += p->weights[j] / total * p->means[j * d + c];
    }
    if (!covariance)
        return GENMOD_OK;
    memset(covariance, 0, d * d * sizeof *covariance);
    for (size_t j = 0; j < p->k; j++)
        add_component(p, j, p->weights[j] / total, mean, covariance);
    return GENMOD_OK;
}

int32_t gmm_moments(const gmm_model *m, size_t d, double *mean,
                    double *covariance, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!m || !mean)
        status =
            base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", m ? "mean" : "m");
    else
        status = gmm_check_fitted(m, w);
    return base_leave(&call,
                      status ? status : moments(m, d, mean, covariance, w));
}

/* ---- completing ---------------------------------------------------------- */

/* Rows that miss the same cells follow each other often: their pattern is
 * factorised once. */
typedef struct completing {
    const gmm_model *m;
    const genmod_data *x;
    gmm_pattern t;
    unsigned char *there;       /* [2, d] of this row and of the pattern */
    double *row, *given, *mean; /* [d] each */
    double *e;                  /* [k, d] */
    double *share;              /* [k] */
    void *stage;
} completing;

static int32_t reserve(completing *c, genmod_workspace *w)
{
    const gmm_params *const p = c->m->params;
    const size_t d = p->d;
    double *const all = base_scratch(w, 3 * d + p->k, sizeof *all);

    c->e = base_scratch(w, p->k, d * sizeof *c->e);
    c->there = base_scratch(w, 2 * d, 1);
    c->stage = base_scratch(w, 1, base_data_stage_bytes(c->x, 1));
    if (!all || !c->e || !c->there || !c->stage)
        return base_status(w);
    c->row = all;
    c->given = all + d;
    c->mean = all + 2 * d;
    c->share = all + 3 * d;
    memset(c->there, 2, 2 * d); /* no row's */
    return gmm_pattern_new(p, &c->t, w);
}

/* The cells that are there; GENMOD_NON_FINITE for what neither is one nor may
 * be missing. */
static int32_t read_row(completing *c, size_t i, size_t *missing,
                        genmod_workspace *w)
{
    const size_t d = c->m->params->d;
    base_view v;
    const int32_t status = base_data_view(c->x, i, 1, c->stage, &v, w);

    *missing = 0;
    for (size_t j = 0; j < d && !status; j++) {
        const double cell = base_view_cell(&v, 0, j);

        c->row[j] = cell;
        c->there[j] = cell == cell;
        *missing += cell != cell;
        if (cell - cell != 0 && (cell == cell || !base_data_missing(c->x)))
            return base_fail(w, GENMOD_NON_FINITE,
                             "the cell in row %u, column %u is %g", (uint64_t)i,
                             (uint64_t)j, cell);
    }
    return status;
}

/* The missing cells' mean given the others. */
static void fill_row(completing *c)
{
    const gmm_params *const p = c->m->params;
    const size_t d = p->d;
    gmm_pattern *const t = &c->t;

    if (memcmp(c->there, c->there + d, d) != 0) {
        gmm_pattern_set(t, c->there);
        memcpy(c->there + d, c->there, d);
    }
    for (size_t a = 0; a < t->n; a++)
        c->given[a] = c->row[t->given[a]];
    for (size_t b = 0; b < t->rest; b++)
        c->row[t->others[b]] = 0;
    for (size_t j = 0; j < p->k; j++)
        c->share[j] = gmm_pattern_weigh(t, j, c->given, c->e + j * d);
    gmm_share_out(p, c->share);
    for (size_t j = 0; j < p->k; j++) {
        gmm_pattern_mean(t, j, c->e + j * d, c->mean);
        for (size_t b = 0; b < t->rest; b++)
            c->row[t->others[b]] += c->share[j] * c->mean[b];
    }
}

static int32_t impute(const gmm_model *m, const genmod_data *x, int32_t type,
                      void *out, size_t need, genmod_workspace *w)
{
    completing c = {.m = m, .x = x};
    const size_t d = m->params->d;
    void *const rows = base_scratch(w, need, 1);
    int32_t status = rows ? reserve(&c, w) : base_status(w);

    for (size_t i = 0; i < base_data_rows(x) && !status; i++) {
        size_t missing;

        status = base_cancelled(w);
        if (!status)
            status = read_row(&c, i, &missing, w);
        if (status)
            break;
        if (missing)
            fill_row(&c);
        for (size_t j = 0; j < d; j++)
            gmm_set_real(type, rows, i * d + j, c.row[j]);
    }
    if (!status)
        memcpy(out, rows, need);
    return status;
}

int32_t gmm_impute(const gmm_model *m, const genmod_data *x, int32_t type,
                   size_t bytes, void *out, genmod_workspace *w)
{
    base_call call;
    size_t need = 0;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = gmm_check_rows_out(m, x, type, bytes, out, &need, w);
    return base_leave(&call,
                      status ? status : impute(m, x, type, out, need, w));
}
