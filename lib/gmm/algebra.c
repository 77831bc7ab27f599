/* Mixtures from mixtures: of some columns, given some columns. */
#include <math.h>
#include <string.h>

#include "gmm/algebra.h"
#include "gmm/hold.h"

int32_t gmm_check_chosen(const gmm_model *m, size_t n, size_t most,
                         const int32_t *columns, unsigned char *chosen,
                         genmod_workspace *w)
{
    const size_t d = m->params->d;

    if (n < 1 || n > most)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "n is %u; of %u columns it must be 1 to %u",
                         (uint64_t)n, (uint64_t)d, (uint64_t)most);
    memset(chosen, 0, d);
    for (size_t i = 0; i < n; i++) {
        if (columns[i] < 0 || (size_t)columns[i] >= d)
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "columns[%u] is %i; it must be 0 to %u",
                             (uint64_t)i, (int64_t)columns[i], (uint64_t)d - 1);
        if (chosen[columns[i]])
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "columns[%u] is %i, which came before",
                             (uint64_t)i, (int64_t)columns[i]);
        chosen[columns[i]] = 1;
    }
    return GENMOD_OK;
}

static int32_t set_shape(genmod_config *c, const gmm_params *p,
                         genmod_workspace *w)
{
    char k[32];
    int32_t status;

    base_format_i64((int64_t)p->k, k);
    status = base_config_set(c, GMM_COMPONENTS, k, w);
    return status ? status
                  : base_config_set(c, GMM_COVARIANCE, p->type->name, w);
}

int32_t gmm_adopt(gmm_model *to, const gmm_model *from, gmm_params *p,
                  genmod_workspace *w)
{
    int32_t status = base_config_assign(to->config, from->config, 1, w);

    if (!status)
        status = set_shape(to->config, p, w); /* in range: does not fail */
    if (status) {
        gmm_params_free(p);
        return status;
    }
    gmm_params_free(to->params);
    gmm_posterior_free(to->posterior);
    to->params = p;
    to->posterior = NULL; /* of other columns */
    base_report_clear(to->report);
    base_report_set(
        to->report, GMM_REPORT_PARAMETERS,
        (double)gmm_count_parameters(to->config, p->type, p->k, p->d));
    return GENMOD_OK;
}

int32_t gmm_become(gmm_model *to, const gmm_model *from, gmm_params *p,
                   genmod_workspace *w)
{
    int32_t status = gmm_params_settle(p, w);

    if (status == GENMOD_BAD_ARGUMENT) /* to gmm_set_params() it would be one */
        status = base_fail(w, GENMOD_BREAKDOWN,
                           "the numbers leave the range of doubles: %s",
                           genmod_workspace_error(w));
    if (status) {
        gmm_params_free(p);
        return status;
    }
    return gmm_adopt(to, from, p, w);
}

/* Cell (a, b) of a unit of `to` as columns ca and cb have it in `from`. */
static void copy_unit(const gmm_params *from, size_t unit,
                      const size_t *columns, gmm_params *to)
{
    const size_t d = to->d, size = gmm_unit_size(to->type, d);
    double *const out = to->covariances + unit * size;

    for (size_t a = 0; a < d; a++) {
        if (!to->type->triangle && (a == 0 || !to->type->scalar))
            out[a] = gmm_unit_covariance(from, unit, columns[a], columns[a]);
        for (size_t b = 0; to->type->triangle && b < d; b++)
            out[a * d + b] =
                gmm_unit_covariance(from, unit, columns[a], columns[b]);
    }
}

static gmm_params *part_of(const gmm_params *from, size_t n,
                           const size_t *columns, genmod_workspace *w)
{
    gmm_params *const p =
        gmm_params_new(gmm_part_covariance(from->type), from->k, n, w);

    if (!p)
        return NULL;
    memcpy(p->weights, from->weights, p->k * sizeof(double));
    for (size_t c = 0; c < n; c++) {
        p->column_variance[c] = from->column_variance[columns[c]];
        for (size_t j = 0; j < p->k; j++)
            p->means[j * n + c] = from->means[j * from->d + columns[c]];
    }
    for (size_t u = 0; u < gmm_units(p->type, p->k); u++)
        copy_unit(from, u, columns, p);
    return p;
}

static int32_t marginal(const gmm_model *from, size_t n, const int32_t *columns,
                        gmm_model *to, genmod_workspace *w)
{
    size_t *const at = base_scratch(w, n, sizeof *at);
    gmm_params *p;

    if (!at)
        return base_status(w);
    for (size_t i = 0; i < n; i++)
        at[i] = (size_t)columns[i];
    p = part_of(from->params, n, at, w);
    return p ? gmm_become(to, from, p, w) : base_status(w);
}

int32_t gmm_check_pair(const gmm_model *from, const gmm_model *to,
                       genmod_workspace *w)
{
    int32_t status;

    if (!from || !to)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                         from ? "to" : "from");
    status = gmm_check_idle(to, w);
    return status ? status : gmm_check_fitted(from, w);
}

static int32_t check(const gmm_model *from, size_t n, const int32_t *columns,
                     const gmm_model *to, unsigned char **chosen,
                     genmod_workspace *w)
{
    int32_t status = gmm_check_pair(from, to, w);

    if (!status && !columns)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "columns is NULL");
    if (status)
        return status;
    *chosen = base_scratch(w, from->params->d, 1);
    return *chosen ? gmm_check_chosen(from, n, from->params->d - 1, columns,
                                      *chosen, w)
                   : base_status(w);
}

int32_t gmm_marginal(const gmm_model *from, size_t n, const int32_t *columns,
                     gmm_model *to, genmod_workspace *w)
{
    unsigned char *chosen;
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check(from, n, columns, to, &chosen, w);
    return base_leave(&call,
                      status ? status : marginal(from, n, columns, to, w));
}

/* S_rr - V^T V into a unit; without off-diagonals nothing changes. */
static void condition_unit(const gmm_pattern *t, size_t unit, gmm_params *to)
{
    const size_t n = t->n, d = to->d;
    const double *const v = t->v + unit * t->p->d * t->p->d;
    double *const out = to->covariances + unit * d * d;

    if (!to->type->triangle)
        return;
    for (size_t a = 0; a < n; a++)
        for (size_t i = 0; i < d; i++)
            for (size_t c = 0; c < d; c++)
                out[i * d + c] -= v[a * d + i] * v[a * d + c];
}

static int32_t condition(const gmm_model *from, gmm_pattern *t,
                         const double *values, const int32_t *columns,
                         gmm_model *to, genmod_workspace *w)
{
    const gmm_params *const p = from->params;
    double *const given = base_scratch(w, p->d, sizeof *given);
    double *const e = base_scratch(w, p->d, sizeof *e);
    gmm_params *q;

    if (!given || !e)
        return base_status(w);
    for (size_t a = 0; a < t->n; a++)
        for (size_t i = 0; i < t->n; i++)
            if ((size_t)columns[i] == t->given[a])
                given[a] = values[i];
    q = part_of(p, t->rest, t->others, w);
    if (!q)
        return base_status(w);
    for (size_t u = 0; u < gmm_units(p->type, p->k); u++)
        condition_unit(t, u, q);
    for (size_t j = 0; j < p->k; j++) {
        q->weights[j] = gmm_pattern_weigh(t, j, given, e);
        gmm_pattern_mean(t, j, e, q->means + j * q->d);
    }
    gmm_share_out(q, q->weights);
    return gmm_become(to, from, q, w);
}

static int32_t check_values(size_t n, const double *values, genmod_workspace *w)
{
    if (!values)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "values is NULL");
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return base_fail(w, GENMOD_NON_FINITE, "values[%u] is %g",
                             (uint64_t)i, values[i]);
    return GENMOD_OK;
}

int32_t gmm_condition(const gmm_model *from, size_t n, const int32_t *columns,
                      const double *values, gmm_model *to, genmod_workspace *w)
{
    unsigned char *chosen;
    base_call call;
    gmm_pattern t;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check(from, n, columns, to, &chosen, w);
    if (!status)
        status = check_values(n, values, w);
    if (!status)
        status = gmm_pattern_new(from->params, &t, w);
    if (!status) {
        gmm_pattern_set(&t, chosen);
        status = condition(from, &t, values, columns, to, w);
    }
    return base_leave(&call, status);
}
