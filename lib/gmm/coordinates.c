/* Parameters as numbers without bounds: ln w_j, means, and of each unit L with
 * Sigma = L L^T, row by row, its diagonal as logarithms; ln sigma where there
 * are no more than variances. */
#include <math.h>
#include <string.h>

#include "gmm/coordinates.h"
#include "gmm/slope.h"

size_t gmm_coordinates(const gmm_covariance *t, size_t k, size_t d)
{
    size_t unit = t->triangle ? 0 : gmm_unit_size(t, d), cells, n;

    if (t->triangle && (!base_mul(d, d + 1, &unit)))
        return SIZE_MAX;
    unit = t->triangle ? unit / 2 : unit;
    if (!base_mul(gmm_units(t, k), unit, &cells) || !base_mul(k, d + 1, &n) ||
        !base_add(n, cells, &n))
        return SIZE_MAX;
    return n;
}

/* L of a unit, lower triangle of l. */
static int32_t factor(const gmm_params *p, size_t unit, double *l, void *pack,
                      genmod_workspace *w)
{
    const size_t d = p->d;

    for (size_t i = 0; i < d; i++)
        for (size_t c = 0; c <= i; c++)
            l[i * d + c] = gmm_unit_covariance(p, unit, c, i);
    if (kern_cholesky(p->f64.ops, d, l, d, 0, pack) != d)
        return base_fail(w, GENMOD_BREAKDOWN,
                         "the covariance of component %u is singular",
                         (uint64_t)unit);
    return GENMOD_OK;
}

static int32_t give_triangles(const gmm_params *p, double *out,
                              genmod_workspace *w)
{
    const size_t d = p->d;
    double *const l = gmm_scratch(w, d, d, 1, sizeof *l);
    void *const pack = base_scratch(w, 1, kern_factor_scratch(d));

    if (!l || !pack)
        return base_status(w);
    for (size_t u = 0; u < gmm_units(p->type, p->k); u++) {
        const int32_t status = factor(p, u, l, pack, w);

        if (status)
            return status;
        for (size_t i = 0; i < d; i++)
            for (size_t c = 0; c <= i; c++)
                *out++ = c < i ? l[i * d + c] : gmm_ln(p, l[i * d + i]);
    }
    return GENMOD_OK;
}

static int32_t give(const gmm_params *p, double *out, genmod_workspace *w)
{
    double *const cov = out + p->k * (1 + p->d);

    if (p->type->triangle) { /* first, since it can fail */
        const int32_t status = give_triangles(p, cov, w);

        if (status)
            return status;
    }
    for (size_t i = 0; !p->type->triangle && i < p->n_cov; i++)
        cov[i] = gmm_ln(p, p->covariances[i]) / 2;
    for (size_t j = 0; j < p->k; j++)
        out[j] = gmm_ln(p, p->weights[j]);
    memcpy(out + p->k, p->means, p->k * p->d * sizeof *out);
    return GENMOD_OK;
}

int32_t gmm_check_plain(const gmm_model *m, genmod_workspace *w)
{
    if (gmm_model_covariance(m)->low)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "covariance is \"factor\", which has no coordinates");
    return m->params ? gmm_check_slope(m->params, w) : GENMOD_OK;
}

int32_t gmm_check_coordinates(const gmm_model *m, size_t cap, const double *out,
                              size_t *need, genmod_workspace *w)
{
    const gmm_params *const p = m->params;
    const size_t n = gmm_coordinates(p->type, p->k, p->d);
    const int32_t status = gmm_check_plain(m, w);

    if (status)
        return status;
    if (need)
        *need = n;
    if (cap < n)
        return base_fail(w, GENMOD_TOO_SMALL,
                         "cap is %u doubles; the result takes %u",
                         (uint64_t)cap, (uint64_t)n);
    if (!out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    return GENMOD_OK;
}

int32_t gmm_get_coordinates(const gmm_model *m, size_t cap, double *out,
                            size_t *need, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!m)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "m is NULL");
    else
        status = gmm_check_fitted(m, w);
    if (!status)
        status = gmm_check_coordinates(m, cap, out, need, w);
    return base_leave(&call, status ? status : give(m->params, out, w));
}

/* ---- the way back -------------------------------------------------------- */

/* S = L L^T of theta [d (d + 1) / 2]; l [d, d]. */
static void multiply_out(const gmm_params *p, const double *theta, double *l,
                         double *s)
{
    const size_t d = p->d;

    for (size_t i = 0; i < d; i++)
        for (size_t c = 0; c <= i; c++, theta++)
            l[i * d + c] = c < i ? *theta : gmm_exp(p, *theta);
    for (size_t i = 0; i < d; i++)
        for (size_t c = 0; c <= i; c++) {
            double sum = 0;

            for (size_t r = 0; r <= c; r++)
                sum += l[i * d + r] * l[c * d + r];
            s[i * d + c] = s[c * d + i] = sum;
        }
}

static int32_t take(gmm_model *m, size_t d, const double *theta,
                    genmod_workspace *w)
{
    const gmm_covariance *const t = gmm_model_covariance(m);
    double *const l = gmm_scratch(w, t->triangle ? d : 0, d, 1, sizeof *l);
    gmm_params *const p = l ? gmm_params_new(t, gmm_components(m), d, w) : NULL;
    const double *cov = theta + gmm_components(m) * (1 + d);
    int32_t status;

    if (!p)
        return base_status(w);
    memset(p->column_variance, 0, d * sizeof(double));
    memcpy(p->weights, theta, p->k * sizeof(double));
    gmm_share_out(p, p->weights);
    memcpy(p->means, theta + p->k, p->k * d * sizeof(double));
    for (size_t u = 0; t->triangle && u < gmm_units(t, p->k); u++) {
        multiply_out(p, cov, l, p->covariances + u * d * d);
        cov += d * (d + 1) / 2;
    }
    for (size_t i = 0; !t->triangle && i < p->n_cov; i++)
        p->covariances[i] = gmm_exp(p, 2 * cov[i]);
    status = gmm_params_settle(p, w);
    if (status) {
        gmm_params_free(p);
        return status;
    }
    return gmm_adopt(m, m, p, w);
}

static int32_t check(const gmm_model *m, size_t d, size_t n,
                     const double *theta, genmod_workspace *w)
{
    size_t want;
    int32_t status;

    if (!m || !theta)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                         m ? "theta" : "m");
    status = gmm_check_idle(m, w);
    if (!status)
        status = gmm_check_plain(m, w);
    if (status)
        return status;
    if (d < 1 || d > 65536)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "d is %u; it must lie in 1 … 65536", (uint64_t)d);
    want = gmm_coordinates(gmm_model_covariance(m), gmm_components(m), d);
    if (n != want)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "n is %u; %u %s components in %u columns take %u",
                         (uint64_t)n, (uint64_t)gmm_components(m),
                         gmm_model_covariance(m)->name, (uint64_t)d,
                         (uint64_t)want);
    for (size_t i = 0; i < n; i++)
        if (!isfinite(theta[i]))
            return base_fail(w, GENMOD_NON_FINITE, "theta[%u] is %g",
                             (uint64_t)i, theta[i]);
    return GENMOD_OK;
}

int32_t gmm_set_coordinates(gmm_model *m, size_t d, size_t n,
                            const double *theta, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check(m, d, n, theta, w);
    return base_leave(&call, status ? status : take(m, d, theta, w));
}
