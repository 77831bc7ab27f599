/* Parameters in and out. */
#include <math.h>
#include <string.h>

#include "gmm/factor.h"
#include "gmm/hold.h"
#include "gmm/variational.h"

/* U of one unit, original columns: U_ij = scale_i U'_ij, since e' = scale e. */
static void give_precision(const gmm_params *p, double *out)
{
    const size_t d = p->d, units = gmm_units(p->type, p->k);
    const double *const u = p->f64.precision;
    const double *const s = p->f64.scale;

    for (size_t t = 0; t < units; t++)
        for (size_t i = 0; i < d; i++)
            for (size_t c = 0; c < d; c++)
                out[(t * d + i) * d + c] = s[i] * u[(t * d + i) * d + c];
}

static void give_deviations(const gmm_params *p, double *out)
{
    for (size_t i = 0; i < p->n_cov; i++)
        out[i] = 1 / sqrt(p->covariances[i]);
}

/* The block behind a name, or NULL for one that is computed. */
static const double *stored(const gmm_params *p, const char *name, size_t *n)
{
    if (base_same(name, GMM_WEIGHTS)) {
        *n = p->k;
        return p->weights;
    }
    if (base_same(name, GMM_MEANS)) {
        *n = p->k * p->d;
        return p->means;
    }
    if (p->rank && base_same(name, GMM_LOADINGS)) {
        *n = p->k * p->d * p->rank;
        return p->loadings;
    }
    if (p->rank && base_same(name, GMM_UNIQUENESSES)) {
        *n = p->k * p->d;
        return p->uniquenesses;
    }
    if (base_same(name, GMM_NOISE)) {
        *n = 1 + p->d;
        return p->noise;
    }
    *n = p->n_cov;
    return base_same(name, GMM_COVARIANCES) ? p->covariances : NULL;
}

static int32_t give(const gmm_model *m, const char *name, size_t cap,
                    double *out, size_t *need, genmod_workspace *w)
{
    const gmm_params *const p = m->params;
    size_t n;
    const double *const from = stored(p, name, &n);
    const int belief = gmm_posterior_size(m, name, &n);

    if (!from && !belief && !base_same(name, GMM_PRECISIONS_CHOLESKY))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "no parameter \"%s\"; there are weights, means, "
                         "covariances, precisions_cholesky, noise, of factors "
                         "loadings and uniquenesses, and what a posterior has",
                         name);
    if (need)
        *need = n;
    if (cap < n)
        return base_fail(w, GENMOD_TOO_SMALL, "cap is %u doubles; %s takes %u",
                         (uint64_t)cap, name, (uint64_t)n);
    if (!out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    if (from)
        memcpy(out, from, n * sizeof *out);
    else if (belief)
        gmm_posterior_give(m, name, out);
    else if (p->type->triangle)
        give_precision(p, out);
    else
        give_deviations(p, out);
    return GENMOD_OK;
}

int32_t gmm_get_params(const gmm_model *m, const char *name, size_t cap,
                       double *out, size_t *need, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!m || !name)
        status =
            base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", m ? "name" : "m");
    else
        status = gmm_check_fitted(m, w);
    if (!status)
        status = give(m, name, cap, out, need, w);
    return base_leave(&call, status);
}

typedef struct values {
    size_t k, d, n_cov;
    const double *weights, *means, *cov;
} values;

static int32_t check_sizes(const gmm_model *m, const values *v,
                           genmod_workspace *w)
{
    const gmm_covariance *const t = gmm_model_covariance(m);
    const size_t k = gmm_components(m);
    const size_t rank = gmm_model_rank(m);
    size_t n, unit;
    int32_t status;

    if (v->k != k)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "k is %u; components is %u",
                         (uint64_t)v->k, (uint64_t)k);
    if (v->d < 1 || v->d > 65536)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "d is %u; it must lie in 1 … 65536", (uint64_t)v->d);
    status = rank ? gmm_factor_check(rank, v->d, w) : GENMOD_OK;
    if (status)
        return status;
    unit = rank ? gmm_factor_size(v->d, rank) : gmm_unit_size(t, v->d);
    if (!base_mul(gmm_units(t, k), unit, &n) || v->n_cov != n)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "n_cov is %u; %s covariances take %u",
                         (uint64_t)v->n_cov, t->name, (uint64_t)n);
    return GENMOD_OK;
}

int32_t gmm_params_settle(gmm_params *p, genmod_workspace *w)
{
    gmm_slots slots;
    int32_t status = gmm_params_check(p, w);
    size_t bad;

    if (!status)
        status = gmm_slots_new(p->type, p->d, base_width(w), &slots, w);
    if (status)
        return status;
    bad = gmm_params_derive(p, &slots, w);
    if (bad < gmm_units(p->type, p->k))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "cov of component %u is not positive definite",
                         (uint64_t)bad);
    return GENMOD_OK;
}

/* Of each component W, then psi. */
static int32_t take_factors(gmm_params *p, const double *from,
                            genmod_workspace *w)
{
    const size_t d = p->d, n = d * p->rank;

    for (size_t j = 0; j < p->k; j++, from += n + d) {
        memcpy(p->loadings + j * n, from, n * sizeof(double));
        memcpy(p->uniquenesses + j * d, from + n, d * sizeof(double));
    }
    return gmm_factor_settle(p, w);
}

static int32_t take(gmm_model *m, const values *v, genmod_workspace *w)
{
    gmm_params *const p = gmm_params_new_rank(gmm_model_covariance(m), v->k,
                                              v->d, gmm_model_rank(m), w);
    int32_t status;

    if (!p)
        return base_status(w);
    memcpy(p->weights, v->weights, v->k * sizeof(double));
    memcpy(p->means, v->means, v->k * v->d * sizeof(double));
    if (!p->rank)
        memcpy(p->covariances, v->cov, v->n_cov * sizeof(double));
    status = p->rank ? take_factors(p, v->cov, w) : GENMOD_OK;
    memset(p->column_variance, 0, v->d * sizeof(double));
    if (!status)
        status = gmm_params_settle(p, w);
    if (status) {
        gmm_params_free(p);
        return status;
    }
    gmm_params_free(m->params);
    m->params = p;
    if (m->posterior)
        m->posterior->fitted = 0;
    base_report_clear(m->report);
    base_report_set(
        m->report, GMM_REPORT_PARAMETERS,
        (double)gmm_count_parameters(m->config, p->type, p->k, p->d));
    return GENMOD_OK;
}

int32_t gmm_set_params(gmm_model *m, size_t k, size_t d, const double *weights,
                       const double *means, size_t n_cov, const double *cov,
                       genmod_workspace *w)
{
    const values v = {k, d, n_cov, weights, means, cov};
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!m || !weights || !means || !cov)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                           !m         ? "m"
                           : !weights ? "weights"
                           : !means   ? "means"
                                      : "cov");
    else
        status = gmm_check_idle(m, w);
    if (!status)
        status = check_sizes(m, &v, w);
    return base_leave(&call, status ? status : take(m, &v, w));
}
