/* Fraley, Raftery 2007: a conjugate prior, and the mode of what it makes of the
 * moments. Its defaults are theirs: kappa 0.01, nu = d + 2, the scale that of
 * the data over k^(2 / d). */
#include "gmm/prior.h"

int32_t gmm_prior_new(const genmod_config *c, size_t d, const double *center,
                      gmm_prior **out, genmod_workspace *w)
{
    gmm_prior *q;

    *out = NULL;
    if (base_same(base_config_str(c, GMM_PRIOR), "none"))
        return GENMOD_OK;
    q = base_scratch(w, 1, sizeof *q);
    if (!q)
        return base_status(w);
    *q = (gmm_prior){.rows = base_config_f64(c, GMM_PRIOR_ROWS),
                     .dof = base_config_f64(c, GMM_PRIOR_DOF) + (double)d,
                     .center = center,
                     .scale = base_scratch(w, d + 1, sizeof(double))};
    if (!q->scale)
        return base_status(w);
    q->mean_scale = q->scale + d;
    *out = q;
    return GENMOD_OK;
}

void gmm_prior_set(gmm_prior *q, const genmod_config *c, const kern_ops *f64,
                   size_t k, size_t d, const double *variance)
{
    double share = (double)k;

    f64->log(1, &share, &share);
    share *= -2 / (double)d;
    f64->exp(1, &share, &share);
    share *= base_config_f64(c, GMM_PRIOR_SCALE);
    q->mean_scale[0] = 0;
    for (size_t i = 0; i < d; i++) {
        q->scale[i] = share * variance[i];
        q->mean_scale[0] += q->scale[i] / (double)d;
    }
}

double gmm_prior_mean(const gmm_prior *q, double s0, double mean, double center)
{
    return (s0 * mean + q->rows * center) / (s0 + q->rows);
}

/* What stands over the covariance beyond the rows' own moments: the components
 * of the unit, columns a and b. */
static double extra(const gmm_prior *q, const gmm_params *p, size_t unit,
                    size_t a, size_t b)
{
    const size_t first = p->type->shared ? 0 : unit;
    const size_t end = p->type->shared ? p->k : unit + 1;
    double sum = a == b ? q->scale[a] : 0;

    for (size_t j = first; j < end; j++)
        sum += q->rows * (p->means[j * p->d + a] - q->center[a]) *
               (p->means[j * p->d + b] - q->center[b]);
    return sum;
}

/* Twice the power of det Sigma, or of a variance, that the prior has. */
static double power(const gmm_prior *q, const gmm_params *p)
{
    const double d = (double)p->d;

    if (p->type->shared)
        return q->dof + d + 1 + (double)p->k;
    if (p->type->triangle)
        return q->dof + d + 2;
    return p->type->scalar ? q->dof + 2 + d : q->dof + 3;
}

void gmm_prior_spread(const gmm_prior *q, const gmm_params *p, size_t unit,
                      const double *s0)
{
    const size_t d = p->d, size = gmm_unit_size(p->type, d);
    double *const cov = p->covariances + unit * size;
    double mass = 0, sum = q->mean_scale[0];

    for (size_t j = 0; j < p->k; j++)
        mass += p->type->shared || j == unit ? s0[j] : 0;
    for (size_t a = 0; a < d; a++) {
        for (size_t b = a; p->type->triangle && b < d; b++)
            cov[a * d + b] = cov[b * d + a] =
                (mass * cov[a * d + b] + extra(q, p, unit, a, b)) /
                (mass + power(q, p));
        if (!p->type->triangle && !p->type->scalar)
            cov[a] = (mass * cov[a] + extra(q, p, unit, a, a)) /
                     (mass + power(q, p));
        sum += extra(q, p, unit, a, a) - q->scale[a];
    }
    if (p->type->scalar)
        cov[0] = (mass * (double)d * cov[0] + sum) /
                 (mass * (double)d + power(q, p));
}

static double ln(const gmm_params *p, double x)
{
    p->f64.ops->log(1, &x, &x);
    return x;
}

/* tr(E Sigma^-1) with E = extra(), Sigma^-1 = s U U^T s, and ln det Sigma. */
static double trace_triangle(const gmm_prior *q, const gmm_params *p,
                             size_t unit, double *log_det)
{
    const size_t d = p->d;
    const double *const u = (const double *)p->f64.precision + unit * d * d;
    const double *const s = p->f64.scale;
    double sum = 0;

    *log_det = -2 * p->log_scale;
    for (size_t a = 0; a < d; a++) {
        *log_det -= 2 * ln(p, u[a * d + a]);
        for (size_t b = 0; b < d; b++) {
            double inverse = 0;

            for (size_t c = a > b ? a : b; c < d; c++)
                inverse += u[a * d + c] * u[b * d + c];
            sum += s[a] * s[b] * inverse * extra(q, p, unit, a, b);
        }
    }
    return sum;
}

static double density_of(const gmm_prior *q, const gmm_params *p, size_t unit)
{
    const double *const cov =
        p->covariances + unit * gmm_unit_size(p->type, p->d);
    double sum = 0, log_det = 0, squares = q->mean_scale[0];

    if (p->type->triangle) {
        sum = trace_triangle(q, p, unit, &log_det);
        return -(power(q, p) * log_det + sum) / 2;
    }
    for (size_t c = 0; c < p->d; c++) {
        const double e = extra(q, p, unit, c, c);

        squares += e - q->scale[c];
        if (!p->type->scalar)
            sum += power(q, p) * ln(p, cov[c]) + e / cov[c];
    }
    if (p->type->scalar)
        sum = power(q, p) * ln(p, cov[0]) + squares / cov[0];
    return -sum / 2;
}

double gmm_prior_density(const gmm_prior *q, const gmm_params *p)
{
    double sum = 0;

    for (size_t u = 0; u < gmm_units(p->type, p->k); u++)
        sum += density_of(q, p, u);
    return sum;
}
