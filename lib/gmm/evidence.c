/* What the E-step of variational Bayes and its lower bound need of a posterior:
 * expected logarithms, and the divergence from the prior. */
#include <math.h>
#include <string.h>

#include "gmm/variational.h"
#include "kern/kern.h"

#define CHUNK 64
#define LN_TWO 0.69314718055994530942

/* The operators of graphs: those of doubles are of one set. */
static void special(uint16_t op, size_t n, double *x)
{
    const kern_tile code = {.op = op};
    void *const reg[1] = {x};

    kern_ops_of_graph(BASE_CPU_GENERIC, GENMOD_F64)
        ->tile(1, &code, n, (kern_real *const *)reg);
}

static double one(uint16_t op, double x)
{
    special(op, 1, &x);
    return x;
}

static double ln(const kern_ops *f64, double x)
{
    f64->log(1, &x, &x);
    return x;
}

static double digamma(double x)
{
    return one(KERN_POLYGAMMA, x);
}

static double lgamma_of(double x)
{
    return one(KERN_LGAMMA, x);
}

/* sum_i f((nu - i) / 2), i = 0 … d - 1: of E ln |Lambda|, (10.65), and of a
 * Wishart density's constant, (B.79), but for its power of pi. */
static double over_columns(uint16_t op, double nu, size_t d)
{
    double sum = 0, x[CHUNK];

    for (size_t first = 0; first < d; first += CHUNK) {
        const size_t left = d - first, m = left < CHUNK ? left : CHUNK;

        for (size_t i = 0; i < m; i++)
            x[i] = (nu - (double)(first + i)) / 2;
        special(op, m, x);
        for (size_t i = 0; i < m; i++)
            sum += x[i];
    }
    return sum;
}

/* E ln |Lambda| + ln |unit|: the unit is W^-1 / nu. */
static double spread_log(const gmm_hyper *h, double nu)
{
    const double d = (double)h->d;

    if (h->type->triangle)
        return over_columns(KERN_POLYGAMMA, nu, h->d) - d * ln(h->ops, nu / 2);
    if (h->type->scalar)
        return d * (digamma(d * nu / 2) - ln(h->ops, d * nu / 2));
    return d * (digamma(nu / 2) - ln(h->ops, nu / 2));
}

/* ---- weights ------------------------------------------------------------- */

/* KL(Dirichlet(a) || Dirichlet(b)) of two numbers, the Beta density. */
static double beta_divergence(double a0, double a1, double b0, double b1)
{
    return lgamma_of(a0 + a1) - lgamma_of(a0) - lgamma_of(a1) -
           lgamma_of(b0 + b1) + lgamma_of(b0) + lgamma_of(b1) +
           (a0 - b0) * digamma(a0) + (a1 - b1) * digamma(a1) -
           (a0 + a1 - b0 - b1) * digamma(a0 + a1);
}

/* log_weight [k] <- E ln pi_j, (10.66); gives KL(q(pi) || p(pi)). */
static double dirichlet(const gmm_hyper *h, const double *alpha,
                        double *log_weight)
{
    const double k = (double)h->k;
    double total = 0, sum = 0, psi;

    for (size_t j = 0; j < h->k; j++)
        total += alpha[j];
    psi = digamma(total);
    for (size_t j = 0; j < h->k; j++) {
        log_weight[j] = digamma(alpha[j]) - psi;
        sum += (alpha[j] - h->concentration) * log_weight[j] -
               lgamma_of(alpha[j]) + lgamma_of(h->concentration);
    }
    return sum + lgamma_of(total) - lgamma_of(k * h->concentration);
}

/* The same of broken sticks: Blei, Jordan 2006, (10) and (17). */
static double sticks(const gmm_hyper *h, const double *alpha,
                     double *log_weight)
{
    double left = 0, sum = 0;

    for (size_t j = 0; j < h->k; j++) {
        const double a = alpha[j], b = alpha[h->k + j];

        log_weight[j] = left;
        if (j + 1 == h->k)
            break;
        log_weight[j] += digamma(a) - digamma(a + b);
        left += digamma(b) - digamma(a + b);
        sum += beta_divergence(a, b, 1, h->concentration);
    }
    return sum;
}

/* ---- units --------------------------------------------------------------- */

typedef struct settling {
    const gmm_variation *v;
    const gmm_params *p;
    const double *counts;
} settling;

static const double *precision_of(const gmm_params *p, size_t unit)
{
    return (const double *)p->f64.precision +
           unit * (p->type->triangle ? p->d * p->d : p->d);
}

/* ln det of a unit, of the data's columns: U is of the scaled ones. */
static double log_det(const settling *s, size_t unit)
{
    const gmm_params *const p = s->p;
    const double *const u = precision_of(p, unit), *const scale = p->f64.scale;
    const size_t step = p->type->triangle ? p->d + 1 : 1;
    double sum = 0;

    for (size_t c = 0; c < p->d; c++)
        sum += ln(s->v->h.ops, u[c * step] * scale[c]);
    return -2 * sum;
}

/* tr(W_0^-1 E Lambda) = |L^T U|^2. */
static double trace(const settling *s, size_t unit, char *slot)
{
    const gmm_params *const p = s->p;
    const gmm_variation *const v = s->v;
    const size_t d = p->d;
    const double *const scale = p->f64.scale, *const u = precision_of(p, unit);
    double *const a = (double *)slot, *const b = a + d * d;
    double sum = 0;

    if (!p->type->triangle) {
        for (size_t c = 0; c < d; c++)
            sum += v->root[p->type->scalar ? 0 : c] * (u[c] * scale[c]) *
                   (u[c] * scale[c]);
        return sum;
    }
    for (size_t i = 0; i < d; i++)
        for (size_t c = 0; c < d; c++)
            a[i * d + c] = scale[i] * u[i * d + c];
    v->h.ops->gemm(1, 0, d, d, d, 1, v->root, d, a, d, 0, b, d,
                   slot + v->slots.pack);
    return v->h.ops->sum_squares(d * d, b);
}

/* KL(q(Lambda) || p(Lambda)): (10.74) and (10.77) with (B.79), or the Gamma
 * density's. */
static int32_t unit_item(size_t unit, size_t slot, void *arg)
{
    const settling *const s = arg;
    const gmm_variation *const v = s->v;
    const gmm_hyper *const h = &v->h;
    const kern_ops *const f = h->ops;
    const double d = (double)h->d, nu0 = h->freedom;
    const double nu = gmm_freedom(h, s->counts, unit);
    const double size = h->type->scalar ? d : 1; /* columns of a number */
    const double det = log_det(s, unit);
    const double log_lambda = spread_log(h, nu) - det;
    double sum = (nu - nu0) / 2 * log_lambda - nu * d / 2 +
                 trace(s, unit, v->slots.at + slot * v->slots.bytes) / 2;

    /* ln B(W, nu) - ln B(W_0, nu_0), W^-1 = nu unit */
    sum += nu / 2 * (det + d * ln(f, nu)) - nu0 / 2 * v->log_det;
    if (h->type->triangle)
        sum += over_columns(KERN_LGAMMA, nu0, h->d) -
               over_columns(KERN_LGAMMA, nu, h->d) -
               (nu - nu0) / 2 * d * LN_TWO;
    else
        sum +=
            d / size * (lgamma_of(size * nu0 / 2) - lgamma_of(size * nu / 2)) +
            (nu - nu0) / 2 * d * ln(f, size / 2);
    v->unit_terms[unit] = sum;
    return GENMOD_OK;
}

/* ---- means --------------------------------------------------------------- */

/* |U^T e|^2 with e = m_j - m_0. */
static double distance(const settling *s, size_t j)
{
    const gmm_params *const p = s->p;
    const size_t d = p->d;
    const double *const u = precision_of(p, gmm_unit_of(p, j));
    const double *const scale = p->f64.scale;
    double sum = 0;

    for (size_t c = 0; c < d; c++) {
        double y = 0;

        for (size_t i = p->type->triangle ? 0 : c; i <= c; i++)
            y += u[p->type->triangle ? i * d + c : c] * scale[i] *
                 (p->means[j * d + i] - s->v->post->mean[i]);
        sum += y * y;
    }
    return sum;
}

/* The same for means given precisions, averaged over these. */
static double mean_divergence(const settling *s, size_t j)
{
    const gmm_hyper *const h = &s->v->h;
    const double ratio = h->precision / gmm_mean_precision(h, s->counts, j);

    return ((double)h->d * (ratio - 1 - ln(h->ops, ratio)) +
            h->precision * distance(s, j)) /
           2;
}

int32_t gmm_vary_settle(gmm_job *job, gmm_track *t, gmm_params *p)
{
    gmm_variation *const v = job->vary;
    const gmm_hyper *const h = &v->h;
    const size_t k = job->k;
    double *const log_weight = v->from_prior; /* free by now */
    settling s = {v, p, t->counts};
    int32_t status;
    double sum;

    gmm_concentrations(h, t->counts, v->concentrations);
    sum = h->sticks ? sticks(h, v->concentrations, log_weight)
                    : dirichlet(h, v->concentrations, log_weight);
    memcpy(t->norms, p->log_norm, k * sizeof *t->norms);
    for (size_t j = 0; j < k; j++) {
        const double nu = gmm_freedom(h, t->counts, gmm_unit_of(p, j));
        const double beta = gmm_mean_precision(h, t->counts, j);

        p->log_norm[j] += log_weight[j] - ln(h->ops, p->weights[j]) +
                          (spread_log(h, nu) - (double)h->d / beta) / 2;
        sum += mean_divergence(&s, j);
    }
    status = base_parallel(job->w, gmm_units(job->type, k), unit_item, &s);
    if (status)
        return status;
    for (size_t u = 0; u < gmm_units(job->type, k); u++)
        sum += v->unit_terms[u];
    t->divergence = sum;
    return GENMOD_OK;
}
