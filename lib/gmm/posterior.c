/* The prior and the posterior that a model holds. */
#include <math.h>
#include <string.h>

#include "gmm/variational.h"

gmm_posterior *gmm_posterior_new(const gmm_covariance *t, size_t k, size_t d,
                                 genmod_workspace *w)
{
    const size_t head = (sizeof(gmm_posterior) + BASE_ALIGN - 1) / BASE_ALIGN *
                        BASE_ALIGN / sizeof(double);
    const size_t unit = gmm_unit_size(t, d);
    double *const block =
        base_alloc_zero(w, head + d + unit + k, sizeof *block);
    gmm_posterior *const p = (gmm_posterior *)block;

    if (!block)
        return NULL;
    p->k = k;
    p->d = d;
    p->unit = unit;
    p->mean = block + head;
    p->covariance = p->mean + d;
    p->counts = p->covariance + unit;
    return p;
}

void gmm_posterior_free(gmm_posterior *p)
{
    base_free(p);
}

void gmm_posterior_copy(gmm_posterior *to, const gmm_posterior *from)
{
    memcpy(to->mean, from->mean,
           (from->d + from->unit + from->k) * sizeof(double));
    to->given_mean = from->given_mean;
    to->given_covariance = from->given_covariance;
    to->fitted = from->fitted;
}

int32_t gmm_variational(const gmm_model *m)
{
    return base_same(base_config_str(m->config, GMM_INFERENCE), "variational");
}

gmm_hyper gmm_hyper_of(const gmm_model *m, const gmm_covariance *t, size_t d)
{
    const genmod_config *const c = m->config;
    gmm_hyper h = {.type = t, .k = gmm_components(m), .d = d};

    h.sticks =
        base_same(base_config_str(c, GMM_WEIGHT_PRIOR), "dirichlet-process");
    h.concentration = base_config_f64(c, GMM_CONCENTRATION);
    if (!(h.concentration > 0))
        h.concentration = 1 / (double)h.k;
    h.precision = base_config_f64(c, GMM_MEAN_PRECISION);
    h.freedom = base_config_f64(c, GMM_DEGREES_OF_FREEDOM);
    if (!(h.freedom > 0))
        h.freedom = (double)d;
    return h;
}

void gmm_concentrations(const gmm_hyper *h, const double *counts, double *out)
{
    double behind = 0;

    for (size_t j = h->k; j-- > 0; behind += counts[j]) {
        const int last = j + 1 == h->k;

        out[j] = (h->sticks ? 1 : h->concentration) + counts[j];
        if (h->sticks)
            out[h->k + j] = last ? 0 : h->concentration + behind;
    }
}

double gmm_mean_precision(const gmm_hyper *h, const double *counts, size_t j)
{
    return h->precision + counts[j];
}

double gmm_freedom(const gmm_hyper *h, const double *counts, size_t unit)
{
    double n = 0;

    if (!h->type->shared)
        return h->freedom + counts[unit];
    for (size_t j = 0; j < h->k; j++)
        n += counts[j];
    return h->freedom + n;
}

/* ---- by name ------------------------------------------------------------- */

/* What a name gives; a size of 0 stands for one that depends on the model. */
static const char *const names[] = {
    GMM_PRIOR_CONCENTRATION,      GMM_PRIOR_MEAN_PRECISION,
    GMM_PRIOR_DEGREES_OF_FREEDOM, GMM_PRIOR_MEAN,
    GMM_PRIOR_COVARIANCE,         GMM_POSTERIOR_CONCENTRATION,
    GMM_POSTERIOR_MEAN_PRECISION, GMM_POSTERIOR_DEGREES_OF_FREEDOM};

int gmm_posterior_size(const gmm_model *m, const char *name, size_t *n)
{
    const gmm_posterior *const p = m->posterior;
    size_t which = 0;

    while (which < sizeof names / sizeof *names &&
           !base_same(names[which], name))
        which++;
    if (which == sizeof names / sizeof *names || !p || !p->fitted)
        return 0;
    if (which < 3)
        *n = 1;
    else if (which == 3)
        *n = p->d;
    else if (which == 4)
        *n = p->unit;
    else if (which == 5)
        *n = gmm_hyper_of(m, m->params->type, p->d).sticks ? 2 * p->k : p->k;
    else
        *n = which == 7 ? gmm_units(m->params->type, p->k) : p->k;
    return 1;
}

void gmm_posterior_give(const gmm_model *m, const char *name, double *out)
{
    const gmm_posterior *const p = m->posterior;
    const gmm_covariance *const t = m->params->type;
    const gmm_hyper h = gmm_hyper_of(m, t, p->d);

    if (base_same(name, GMM_PRIOR_CONCENTRATION))
        *out = h.concentration;
    else if (base_same(name, GMM_PRIOR_MEAN_PRECISION))
        *out = h.precision;
    else if (base_same(name, GMM_PRIOR_DEGREES_OF_FREEDOM))
        *out = h.freedom;
    else if (base_same(name, GMM_PRIOR_MEAN))
        memcpy(out, p->mean, p->d * sizeof *out);
    else if (base_same(name, GMM_PRIOR_COVARIANCE))
        memcpy(out, p->covariance, p->unit * sizeof *out);
    else if (base_same(name, GMM_POSTERIOR_CONCENTRATION))
        gmm_concentrations(&h, p->counts, out);
    else if (base_same(name, GMM_POSTERIOR_MEAN_PRECISION))
        for (size_t j = 0; j < p->k; j++)
            out[j] = gmm_mean_precision(&h, p->counts, j);
    else
        for (size_t u = 0; u < gmm_units(t, p->k); u++)
            out[u] = gmm_freedom(&h, p->counts, u);
}

/* ---- given --------------------------------------------------------------- */

static int32_t check_cells(const gmm_posterior *p, const gmm_covariance *t,
                           genmod_workspace *w)
{
    const double *const s = p->covariance;
    const size_t d = p->d;

    for (size_t c = 0; c < d; c++)
        if (!isfinite(p->mean[c]))
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "mean[%u] is %g; it must be finite", (uint64_t)c,
                             p->mean[c]);
    for (size_t i = 0; i < p->unit; i++)
        if (!isfinite(s[i]) ||
            (p->given_covariance && !t->triangle && !(s[i] > 0)))
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "cov: element %u is %g; it must be finite%s",
                             (uint64_t)i, s[i], t->triangle ? "" : " and > 0");
    for (size_t i = 0; t->triangle && i < d; i++)
        for (size_t c = 0; c < i; c++)
            if (!(fabs(s[i * d + c] - s[c * d + i]) <=
                  1e-8 * sqrt(fabs(s[i * d + i])) * sqrt(fabs(s[c * d + c]))))
                return base_fail(w, GENMOD_BAD_ARGUMENT,
                                 "cov is not symmetric in row %u, column %u",
                                 (uint64_t)i, (uint64_t)c);
    return GENMOD_OK;
}

static int32_t check_definite(const gmm_posterior *p, genmod_workspace *w)
{
    const size_t d = p->d;
    const kern_ops *const ops = kern_ops_of(base_cpu(w), GENMOD_F64);
    double *const a = base_scratch(w, d, d * sizeof *a);
    void *const pack = base_scratch(w, 1, kern_factor_scratch(d));

    if (!a || !pack)
        return base_status(w);
    memcpy(a, p->covariance, d * d * sizeof *a);
    if (kern_cholesky(ops, d, a, d, 0, pack) != d)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "cov is not positive definite");
    return GENMOD_OK;
}

int32_t gmm_posterior_check(const gmm_posterior *p, const gmm_covariance *t,
                            genmod_workspace *w)
{
    const int32_t status = check_cells(p, t, w);

    if (status || !p->given_covariance || !t->triangle)
        return status;
    return check_definite(p, w);
}

static int32_t set_prior(gmm_model *m, size_t d, const double *mean,
                         const double *cov, genmod_workspace *w)
{
    const gmm_covariance *const t = gmm_model_covariance(m);
    gmm_posterior *const p = gmm_posterior_new(t, gmm_components(m), d, w);
    int32_t status;

    if (!p)
        return base_status(w);
    p->given_mean = mean != NULL;
    p->given_covariance = cov != NULL;
    if (mean)
        memcpy(p->mean, mean, d * sizeof *mean);
    if (cov)
        memcpy(p->covariance, cov, p->unit * sizeof *cov);
    status = gmm_posterior_check(p, t, w);
    if (status) {
        gmm_posterior_free(p);
        return status;
    }
    gmm_posterior_free(m->posterior);
    m->posterior = p;
    return GENMOD_OK;
}

static int32_t check_prior(const gmm_model *m, size_t d, size_t n_cov,
                           const double *cov, genmod_workspace *w)
{
    const gmm_covariance *const t = gmm_model_covariance(m);

    if (!gmm_variational(m))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "inference is \"em\", which has no such prior");
    if (d < 1 || d > 65536)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "d is %u; it must lie in 1 … 65536", (uint64_t)d);
    if (m->params && d != m->params->d)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "d is %u; the model has %u columns", (uint64_t)d,
                         (uint64_t)m->params->d);
    if (n_cov != (cov ? gmm_unit_size(t, d) : 0))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "n_cov is %u; of %s covariances the prior takes %u, "
                         "or 0 with cov NULL",
                         (uint64_t)n_cov, t->name,
                         (uint64_t)gmm_unit_size(t, d));
    return GENMOD_OK;
}

int32_t gmm_set_prior(gmm_model *m, size_t d, const double *mean, size_t n_cov,
                      const double *cov, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!m)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "m is NULL");
    else
        status = gmm_check_idle(m, w);
    if (!status)
        status = check_prior(m, d, n_cov, cov, w);
    if (!status)
        status = set_prior(m, d, mean, cov, w);
    return base_leave(&call, status);
}
