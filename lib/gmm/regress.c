/* Regression: the other columns' mean and covariance given some, of many rows.
 * Bishop 2006, (2.81), (2.82), (9.49), (9.50). */
#include <math.h>
#include <string.h>

#include "gmm/algebra.h"

typedef struct regression {
    gmm_pattern t;
    size_t *place; /* [n] cell of a row that given column a lies in */
    double *rest;  /* [units, rest, rest]: covariance given the others */
    double *work;  /* [slots, work_size] */
    size_t work_size;
    int32_t type;
    void *mean, *covariance; /* as `type`; covariance may be NULL */
    const gmm_params *p;
} regression;

/* S_oo - V^T V of a unit. */
static void set_rest(const regression *g, size_t unit)
{
    const gmm_pattern *const t = &g->t;
    const size_t n = t->n, rest = t->rest;
    const double *const v = t->v + unit * g->p->d * g->p->d;
    double *const out = g->rest + unit * rest * rest;

    for (size_t b = 0; b < rest; b++)
        for (size_t c = 0; c < rest; c++) {
            double sum =
                gmm_unit_covariance(g->p, unit, t->others[b], t->others[c]);

            for (size_t a = 0; a < n; a++)
                sum -= v[a * rest + b] * v[a * rest + c];
            out[b * rest + c] = sum;
        }
}

/* Element (b, c) of sum_j share_j (R_j + (m_j - m)(m_j - m)^T). */
static double spread(const regression *g, const double *share,
                     const double *means, const double *mean, size_t b,
                     size_t c)
{
    const size_t rest = g->t.rest;
    double sum = 0;

    for (size_t j = 0; j < g->p->k; j++) {
        const double *const m = means + j * rest;
        const double *const r = g->rest + gmm_unit_of(g->p, j) * rest * rest;

        sum +=
            share[j] * (r[b * rest + c] + (m[b] - mean[b]) * (m[c] - mean[c]));
    }
    return sum;
}

static void give(const regression *g, size_t row, const double *share,
                 const double *means, double *mean)
{
    const size_t rest = g->t.rest;

    for (size_t b = 0; b < rest; b++) {
        mean[b] = 0;
        for (size_t j = 0; j < g->p->k; j++)
            mean[b] += share[j] * means[j * rest + b];
        gmm_set_real(g->type, g->mean, row * rest + b, mean[b]);
    }
    for (size_t b = 0; g->covariance && b < rest; b++)
        for (size_t c = 0; c <= b; c++) {
            const double v = spread(g, share, means, mean, b, c);

            gmm_set_real(g->type, g->covariance, (row * rest + b) * rest + c,
                         v);
            gmm_set_real(g->type, g->covariance, (row * rest + c) * rest + b,
                         v);
        }
}

static int32_t regress_block(const base_view *v, size_t first, size_t m,
                             size_t slot, void *arg)
{
    const regression *const g = arg;
    const size_t n = g->t.n, rest = g->t.rest, k = g->p->k;
    double *const given = g->work + slot * g->work_size;
    double *const e = given + n, *const mean = e + n;
    double *const share = mean + rest, *const means = share + k;

    for (size_t i = 0; i < m; i++) {
        for (size_t a = 0; a < n; a++) {
            given[a] = base_view_cell(v, i, g->place[a]);
            if (!isfinite(given[a]))
                return GENMOD_NON_FINITE;
        }
        for (size_t j = 0; j < k; j++) {
            share[j] = gmm_pattern_weigh(&g->t, j, given, e);
            gmm_pattern_mean(&g->t, j, e, means + j * rest);
        }
        gmm_share_out(g->p, share);
        give(g, first + i, share, means, mean);
    }
    return GENMOD_OK;
}

static int32_t open(regression *g, size_t n, const int32_t *columns,
                    const unsigned char *chosen, const genmod_data *x,
                    genmod_workspace *w)
{
    const size_t k = g->p->k, rest = g->p->d - n;
    int32_t status = gmm_pattern_new(g->p, &g->t, w);

    g->work_size = 2 * n + rest + k + k * rest;
    g->place = base_scratch(w, n, sizeof *g->place);
    g->rest =
        gmm_scratch(w, gmm_units(g->p->type, k), rest, rest, sizeof *g->rest);
    g->work =
        gmm_scratch(w, gmm_block_slots(x, w), g->work_size, 1, sizeof *g->work);
    if (status || !g->place || !g->rest || !g->work)
        return base_status(w);
    gmm_pattern_set(&g->t, chosen);
    for (size_t a = 0; a < n; a++)
        for (size_t i = 0; i < n; i++)
            if ((size_t)columns[i] == g->t.given[a])
                g->place[a] = i;
    for (size_t u = 0; u < gmm_units(g->p->type, k); u++)
        set_rest(g, u);
    return GENMOD_OK;
}

typedef struct target {
    size_t mean_bytes, covariance_bytes; /* of the caller's arrays */
    void *mean, *covariance;
    size_t mean_need, covariance_need;
} target;

static int32_t regress(regression *g, size_t n, const int32_t *columns,
                       const unsigned char *chosen, const genmod_data *x,
                       target *out, genmod_workspace *w)
{
    int32_t status = open(g, n, columns, chosen, x, w);

    if (status)
        return status;
    g->mean = base_scratch(w, out->mean_need, 1);
    if (out->covariance)
        g->covariance = base_scratch(w, out->covariance_need, 1);
    if (!g->mean || (out->covariance && !g->covariance))
        return base_status(w);
    status = gmm_blocks(x, regress_block, g, w);
    if (status)
        return status;
    memcpy(out->mean, g->mean, out->mean_need);
    if (out->covariance)
        memcpy(out->covariance, g->covariance, out->covariance_need);
    return GENMOD_OK;
}

static int32_t check_room(const genmod_data *x, size_t rest, int32_t type,
                          target *out, genmod_workspace *w)
{
    const size_t size = type == GENMOD_F32 ? sizeof(float) : sizeof(double);

    if (type != GENMOD_F32 && type != GENMOD_F64)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "type is %i; it must be GENMOD_F32 or GENMOD_F64",
                         (int64_t)type);
    if (!base_mul(base_data_rows(x), rest * size, &out->mean_need) ||
        out->mean_bytes < out->mean_need)
        return base_fail(w, GENMOD_TOO_SMALL,
                         "mean_bytes is %u; the result takes %u",
                         (uint64_t)out->mean_bytes, (uint64_t)out->mean_need);
    if (!out->covariance)
        return GENMOD_OK;
    if (!base_mul(out->mean_need, rest, &out->covariance_need) ||
        out->covariance_bytes < out->covariance_need)
        return base_fail(
            w, GENMOD_TOO_SMALL, "covariance_bytes is %u; the result takes %u",
            (uint64_t)out->covariance_bytes, (uint64_t)out->covariance_need);
    return GENMOD_OK;
}

static int32_t check(const gmm_model *m, size_t n, const int32_t *columns,
                     const genmod_data *x, int32_t type, target *out,
                     unsigned char **chosen, genmod_workspace *w)
{
    int32_t status;

    if (!m || !columns || !x || !out->mean)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                         !m         ? "m"
                         : !columns ? "columns"
                         : !x       ? "x"
                                    : "mean");
    status = gmm_check_fitted(m, w);
    if (status)
        return status;
    *chosen = base_scratch(w, m->params->d, 1);
    if (!*chosen)
        return base_status(w);
    status = gmm_check_chosen(m, n, m->params->d - 1, columns, *chosen, w);
    if (status)
        return status;
    if (base_data_rows(x) == 0)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "x has no rows; call a genmod_data_set function");
    if (base_data_columns(x) != n)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "x has %u columns; n is %u",
                         (uint64_t)base_data_columns(x), (uint64_t)n);
    return check_room(x, m->params->d - n, type, out, w);
}

int32_t gmm_regress(const gmm_model *m, size_t n, const int32_t *columns,
                    const genmod_data *x, int32_t type, size_t mean_bytes,
                    void *mean, size_t covariance_bytes, void *covariance,
                    genmod_workspace *w)
{
    target out = {mean_bytes, covariance_bytes, mean, covariance, 0, 0};
    regression g = {.type = type};
    unsigned char *chosen = NULL;
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check(m, n, columns, x, type, &out, &chosen, w);
    if (!status) {
        g.p = m->params;
        status = regress(&g, n, columns, chosen, x, &out, w);
    }
    return base_leave(&call, status);
}
