/* The public calls on Gaussians: arguments, factors, and which formula. */
#include <math.h>
#include <string.h>

#include "measure/internal.h"

#define MOST_COLUMNS 65536u
#define ASYMMETRY 1e-8 /* of the diagonal's geometric mean, as gmm.h allows */

#define ENTROPY 0
#define CROSS_ENTROPY 1
#define KL 2
#define RENYI 3
#define BHATTACHARYYA 4
#define HELLINGER 5
#define FRECHET 6

/* One Gaussian as it comes in, and the factor of its covariance. */
typedef struct gaussian {
    const char *mean_name, *cov_name;
    const double *mean, *cov;
    double *l; /* [d, d], zeros above */
} gaussian;

typedef struct job {
    const kern_ops *f64;
    int kind;
    size_t d;
    gaussian p, q;
    double order;
    void *pack; /* of gemm */
} job;

static int32_t check_mean(const gaussian *g, size_t d, genmod_workspace *w)
{
    if (!g->mean)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", g->mean_name);
    for (size_t i = 0; i < d; i++)
        if (!isfinite(g->mean[i]))
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "%s[%u] is %g; it must be finite", g->mean_name,
                             (uint64_t)i, g->mean[i]);
    return GENMOD_OK;
}

static int32_t check_covariance(const gaussian *g, size_t d,
                                genmod_workspace *w)
{
    const double *const a = g->cov;

    if (!a)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", g->cov_name);
    for (size_t i = 0; i < d * d; i++)
        if (!isfinite(a[i]))
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "%s: row %u, column %u is %g; it must be finite",
                             g->cov_name, (uint64_t)(i / d), (uint64_t)(i % d),
                             a[i]);
    for (size_t i = 0; i < d; i++)
        for (size_t c = i + 1; c < d; c++) {
            const double bound =
                ASYMMETRY * sqrt(fabs(a[i * d + i])) * sqrt(fabs(a[c * d + c]));

            if (!(fabs(a[i * d + c] - a[c * d + i]) <= bound))
                return base_fail(
                    w, GENMOD_BAD_ARGUMENT,
                    "%s is not symmetric: row %u, column %u is %g, "
                    "its mirror %g",
                    g->cov_name, (uint64_t)i, (uint64_t)c, a[i * d + c],
                    a[c * d + i]);
        }
    return GENMOD_OK;
}

static void copy_lower(size_t d, const double *a, double *l)
{
    memset(l, 0, d * d * sizeof *l);
    for (size_t i = 0; i < d; i++)
        memcpy(l + i * d, a + i * d, (i + 1) * sizeof *l);
}

/* What the factor's row `bad` would have had under the root. */
static double pivot(const job *j, const gaussian *g, size_t bad)
{
    const size_t d = j->d;
    double *const row = g->l + bad * d;
    double v = g->cov[bad * d + bad];

    copy_lower(d, g->cov, g->l);
    kern_cholesky(j->f64, bad, g->l, d, 0, j->pack);
    kern_triangular_solve(j->f64, 0, bad, 1, g->l, d, row, 1);
    for (size_t i = 0; i < bad; i++)
        v -= row[i] * row[i];
    return v;
}

/* A pivot within the backward error of its elimination, some d roundings of the
 * diagonal, cannot be told from 0. */
static int32_t factor(const job *j, gaussian *g, genmod_workspace *w)
{
    const size_t d = j->d;
    const double floor = (double)d * 0x1p-52;

    g->l = base_scratch(w, d, d * sizeof *g->l);
    if (!g->l)
        return base_status(w);
    copy_lower(d, g->cov, g->l);
    const size_t bad = kern_cholesky(j->f64, d, g->l, d, floor, j->pack);
    if (bad == d)
        return GENMOD_OK;
    const double v = pivot(j, g, bad);
    return base_fail(
        w, GENMOD_BAD_ARGUMENT,
        "%s is not positive definite: pivot %u is %g of a diagonal "
        "of %g",
        g->cov_name, (uint64_t)bad, v, g->cov[bad * d + bad]);
}

static int32_t check(const job *j, int32_t unit, const double *out,
                     genmod_workspace *w)
{
    int32_t status = measure_check_unit(unit, w);

    if (!status && (j->d < 1 || j->d > MOST_COLUMNS))
        status = base_fail(w, GENMOD_BAD_ARGUMENT,
                           "d is %u; it must be from 1 to %u", (uint64_t)j->d,
                           (uint64_t)MOST_COLUMNS);
    if (!status && !out)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    if (!status && !(j->order >= 0 && isfinite(j->order)))
        status = base_fail(w, GENMOD_BAD_ARGUMENT,
                           "order is %g; it must be finite and >= 0", j->order);
    if (!status && j->kind != ENTROPY)
        status = check_mean(&j->p, j->d, w);
    if (!status)
        status = check_covariance(&j->p, j->d, w);
    if (!status && j->kind != ENTROPY)
        status = check_mean(&j->q, j->d, w);
    if (!status && j->kind != ENTROPY)
        status = check_covariance(&j->q, j->d, w);
    return status;
}

static int32_t factors(job *j, genmod_workspace *w)
{
    const size_t pack =
        j->kind == FRECHET ? kern_gemm_scratch() : kern_factor_scratch(j->d);
    int32_t status;

    j->pack = base_scratch(w, pack, 1);
    if (!j->pack)
        return base_status(w);
    status = factor(j, &j->p, w);
    if (!status)
        status = base_cancelled(w);
    if (!status && j->kind != ENTROPY)
        status = factor(j, &j->q, w);
    if (!status)
        status = base_cancelled(w);
    return status;
}

/* 1 - exp(-v), which keeps its digits where v is small */
static double complement(const kern_ops *f64, double v)
{
    v /= 2;
    f64->tanh(1, &v, &v);
    return 2 * v / (1 + v);
}

static double formula(const job *j, double *work)
{
    const kern_ops *const f64 = j->f64;
    const size_t d = j->d;
    const double *const mp = j->p.mean, *const lp = j->p.l;
    const double *const mq = j->q.mean, *const lq = j->q.l;

    switch (j->kind) {
    case ENTROPY:
        return ((double)d * (MEASURE_LN_2PI + 1) +
                measure_log_det(f64, d, lp)) /
               2;
    case CROSS_ENTROPY:
        return measure_gaussian_cross_entropy(f64, d, mp, lp, mq, lq, work);
    case FRECHET:
        return measure_gaussian_frechet(f64, d, mp, lp, mq, lq, j->pack, work);
    case RENYI:
        return measure_gaussian_renyi(f64, d, mp, lp, mq, lq, j->order, work);
    case BHATTACHARYYA:
        return measure_gaussian_renyi(f64, d, mp, lp, mq, lq, 0.5, work) / 2;
    case HELLINGER:
        return sqrt(complement(
            f64,
            measure_gaussian_renyi(f64, d, mp, lp, mq, lq, 0.5, work) / 2));
    default:
        return measure_gaussian_kl(f64, d, mp, lp, mq, lq, work);
    }
}

static int32_t compute(job *j, int32_t unit, double *out, genmod_workspace *w)
{
    double v;
    int32_t status = check(j, unit, out, w);

    if (!status)
        status = factors(j, w);
    if (status)
        return status;
    double *const work =
        base_scratch(w,
                     j->kind == FRECHET ? measure_frechet_work(j->d)
                                        : measure_gaussian_work(j->d),
                     sizeof *work);
    if (!work)
        return base_status(w);
    v = formula(j, work);
    if (isnan(v) || (isinf(v) && !(j->kind == RENYI && j->order > 1)))
        return base_fail(w, GENMOD_BREAKDOWN,
                         "the numbers leave the range of doubles");
    *out = v / measure_unit(unit);
    return GENMOD_OK;
}

static int32_t measure(int kind, size_t d, const double *mean_p,
                       const double *cov_p, const double *mean_q,
                       const double *cov_q, double order, int32_t unit,
                       double *out, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    job j = {
        .f64 = kern_ops_of(base_cpu(w), GENMOD_F64),
        .kind = kind,
        .d = d,
        .p = {"mean_p", kind == ENTROPY ? "cov" : "cov_p", mean_p, cov_p, NULL},
        .q = {"mean_q", "cov_q", mean_q, cov_q, NULL},
        .order = order};
    return base_leave(&call, compute(&j, unit, out, w));
}

int32_t genmod_gaussian_entropy(size_t d, const double *cov, int32_t unit,
                                double *out, genmod_workspace *w)
{
    return measure(ENTROPY, d, NULL, cov, NULL, NULL, 0, unit, out, w);
}

int32_t genmod_gaussian_cross_entropy(size_t d, const double *mean_p,
                                      const double *cov_p, const double *mean_q,
                                      const double *cov_q, int32_t unit,
                                      double *out, genmod_workspace *w)
{
    return measure(CROSS_ENTROPY, d, mean_p, cov_p, mean_q, cov_q, 0, unit, out,
                   w);
}

int32_t genmod_gaussian_kl(size_t d, const double *mean_p, const double *cov_p,
                           const double *mean_q, const double *cov_q,
                           int32_t unit, double *out, genmod_workspace *w)
{
    return measure(KL, d, mean_p, cov_p, mean_q, cov_q, 0, unit, out, w);
}

int32_t genmod_gaussian_renyi(size_t d, const double *mean_p,
                              const double *cov_p, const double *mean_q,
                              const double *cov_q, double order, int32_t unit,
                              double *out, genmod_workspace *w)
{
    return measure(RENYI, d, mean_p, cov_p, mean_q, cov_q, order, unit, out, w);
}

int32_t genmod_gaussian_bhattacharyya(size_t d, const double *mean_p,
                                      const double *cov_p, const double *mean_q,
                                      const double *cov_q, int32_t unit,
                                      double *out, genmod_workspace *w)
{
    return measure(BHATTACHARYYA, d, mean_p, cov_p, mean_q, cov_q, 0, unit, out,
                   w);
}

int32_t genmod_gaussian_hellinger(size_t d, const double *mean_p,
                                  const double *cov_p, const double *mean_q,
                                  const double *cov_q, double *out,
                                  genmod_workspace *w)
{
    return measure(HELLINGER, d, mean_p, cov_p, mean_q, cov_q, 0, GENMOD_NATS,
                   out, w);
}

int32_t genmod_gaussian_frechet(size_t d, const double *mean_p,
                                const double *cov_p, const double *mean_q,
                                const double *cov_q, double *out,
                                genmod_workspace *w)
{
    return measure(FRECHET, d, mean_p, cov_p, mean_q, cov_q, 0, GENMOD_NATS,
                   out, w);
}
