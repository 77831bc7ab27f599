/* Some columns given others: Bishop 2006, (2.81), (2.82), (2.98). */
#include <math.h>
#include <string.h>

#include "gmm/internal.h"

#define LN_TWO_PI 1.8378770664093453

double gmm_unit_covariance(const gmm_params *p, size_t unit, size_t a, size_t b)
{
    const double *const u =
        p->covariances + unit * gmm_unit_size(p->type, p->d);

    if (p->type->triangle)
        return u[a * p->d + b];
    return a == b ? gmm_unit_variance(p->type, p->d, u, a) : 0;
}

size_t gmm_unit_of(const gmm_params *p, size_t j)
{
    return p->type->shared ? 0 : j;
}

static double ln(const gmm_params *p, double x)
{
    p->f64.ops->log(1, &x, &x);
    return x;
}

static double exp_of(const gmm_params *p, double x)
{
    p->f64.ops->exp(1, &x, &x);
    return x;
}

int32_t gmm_pattern_new(const gmm_params *p, gmm_pattern *t,
                        genmod_workspace *w)
{
    const size_t units = gmm_units(p->type, p->k), d = p->d;
    size_t cells;

    *t = (gmm_pattern){.p = p};
    if (!base_mul(units, d, &cells) || !base_mul(cells, d, &cells))
        cells = SIZE_MAX;
    t->l = base_scratch(w, cells, sizeof *t->l);
    t->v = base_scratch(w, cells, sizeof *t->v);
    t->log_det = base_scratch(w, units, sizeof *t->log_det);
    t->pack = base_scratch(w, 1, kern_factor_scratch(d));
    t->given = base_scratch(w, d, sizeof *t->given);
    t->others = base_scratch(w, d, sizeof *t->others);
    return t->l && t->v && t->log_det && t->pack && t->given && t->others
               ? GENMOD_OK
               : base_status(w);
}

/* A principal part of a positive definite matrix is so, too. */
static void factorise(gmm_pattern *t, size_t unit)
{
    const gmm_params *const p = t->p;
    const size_t n = t->n, rest = t->rest;
    double *const l = t->l + unit * p->d * p->d;
    double *const v = t->v + unit * p->d * p->d;

    for (size_t a = 0; a < n; a++) {
        for (size_t b = 0; b < n; b++)
            l[a * n + b] =
                gmm_unit_covariance(p, unit, t->given[a], t->given[b]);
        for (size_t b = 0; b < rest; b++)
            v[a * rest + b] =
                gmm_unit_covariance(p, unit, t->given[a], t->others[b]);
    }
    t->log_det[unit] = 0;
    if (n == 0)
        return;
    (void)kern_cholesky(p->f64.ops, n, l, n, 0, t->pack);
    for (size_t a = 0; a < n; a++)
        t->log_det[unit] += ln(p, l[a * n + a]);
    if (rest)
        kern_triangular_solve(p->f64.ops, 0, n, rest, l, n, v, rest);
}

void gmm_pattern_set(gmm_pattern *t, const unsigned char *is_given)
{
    t->n = t->rest = 0;
    for (size_t c = 0; c < t->p->d; c++)
        if (is_given[c])
            t->given[t->n++] = c;
        else
            t->others[t->rest++] = c;
    for (size_t u = 0; u < gmm_units(t->p->type, t->p->k); u++)
        factorise(t, u);
}

double gmm_pattern_weigh(const gmm_pattern *t, size_t j, const double *given,
                         double *e)
{
    const gmm_params *const p = t->p;
    const size_t n = t->n, unit = gmm_unit_of(p, j);
    double square = 0;

    for (size_t a = 0; a < n; a++)
        e[a] = given[a] - p->means[j * p->d + t->given[a]];
    if (n)
        kern_triangular_solve(p->f64.ops, 0, n, 1, t->l + unit * p->d * p->d, n,
                              e, 1);
    for (size_t a = 0; a < n; a++)
        square += e[a] * e[a];
    return ln(p, p->weights[j]) - t->log_det[unit] -
           (square + (double)n * LN_TWO_PI) / 2;
}

void gmm_pattern_mean(const gmm_pattern *t, size_t j, const double *e,
                      double *out)
{
    const gmm_params *const p = t->p;
    const size_t n = t->n, rest = t->rest;
    const double *const v = t->v + gmm_unit_of(p, j) * p->d * p->d;

    for (size_t b = 0; b < rest; b++)
        out[b] = p->means[j * p->d + t->others[b]];
    for (size_t a = 0; a < n; a++)
        for (size_t b = 0; b < rest; b++)
            out[b] += v[a * rest + b] * e[a];
}

void gmm_share_out(const gmm_params *p, double *l)
{
    double most = l[0], sum = 0;

    for (size_t j = 1; j < p->k; j++)
        most = l[j] > most ? l[j] : most;
    for (size_t j = 0; j < p->k; j++)
        sum += l[j] = exp_of(p, l[j] - most);
    for (size_t j = 0; j < p->k; j++)
        l[j] = l[j] / sum > DBL_MIN ? l[j] / sum : DBL_MIN;
}
