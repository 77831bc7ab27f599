/* One column's distribution: its function and the inverse of that. */
#include <math.h>
#include <string.h>

#include "gmm/algebra.h"

#define ROWS ((size_t)64) /* numbers of a task */
/* The normal distribution beyond is less than the least number. */
#define FAR 39
#define SERIES 1.5 /* below, ½ less the series keeps its digits */
#define STEPS 2100 /* halvings from the range of doubles to its least part */
#define ROOT_TWO_PI 2.50662827463100050242

typedef struct line {
    const gmm_params *p;
    size_t n;
    double *weight, *mean, *sigma; /* [k] each */
    const double *in;
    double *out;
} line;

/* exp(-z^2 / 2) / sqrt(2 pi), with the square split so that its rounding does
 * not show. */
static double density(const gmm_params *p, double z)
{
    const double head = (double)(float)z, tail = z - head;

    if (fabs(z) > FAR)
        return 0;
    return gmm_exp(p, -head * head / 2) * gmm_exp(p, -tail * (z + head) / 2) /
           ROOT_TWO_PI;
}

/* P(Z <= z), with as many digits in either tail. Abramowitz, Stegun 26.2.11
 * near 0, and the continued fraction 26.2.14, whose terms that matter are
 * fewer the farther out. */
static double below(const gmm_params *p, double z)
{
    const double t = fabs(z), f = density(p, z);
    double v;

    if (t < SERIES) {
        double term = z, sum = z;

        for (int i = 3; fabs(term) > 0x1p-60 * fabs(sum); i += 2)
            sum += term *= z * z / i;
        return 0.5 + f * sum;
    }
    v = 0;
    for (int i = 20 + (int)(400 / (t * t)); i > 0; i--)
        v = i / (t + v);
    v = f / (t + v);
    return z < 0 ? v : 1 - v;
}

/* P(X <= x), or P(X > x) where `upper`. */
static double mass(const line *g, double x, int upper)
{
    double sum = 0;

    for (size_t j = 0; j < g->p->k; j++) {
        const double z = (x - g->mean[j]) / g->sigma[j];

        sum += g->weight[j] * below(g->p, upper ? -z : z);
    }
    return sum;
}

static double slope(const line *g, double x)
{
    double sum = 0;

    for (size_t j = 0; j < g->p->k; j++)
        sum += g->weight[j] / g->sigma[j] *
               density(g->p, (x - g->mean[j]) / g->sigma[j]);
    return sum;
}

static double larger(double a, double b)
{
    return a > b ? a : b;
}

/* Where the distribution has all its mass, and its smallest deviation. */
static double bracket(const line *g, double *lo, double *hi)
{
    double least = g->sigma[0];

    *lo = (double)INFINITY;
    *hi = -(double)INFINITY;
    for (size_t j = 0; j < g->p->k; j++) {
        *lo = -larger(-*lo, FAR * g->sigma[j] - g->mean[j]);
        *hi = larger(*hi, g->mean[j] + FAR * g->sigma[j]);
        least = -larger(-least, -g->sigma[j]);
    }
    return least;
}

/* The root of P(X <= x) = p, or of P(X > x) = 1 - p above the median, so that
 * neither tail loses digits. Newton's steps while they at least halve and stay
 * in the bracket, bisection where they do not. Ends at a step below the
 * rounding of x or of the smallest deviation, or where the steps have come down
 * to some roundings and are no longer halved: they are those of the function.
 */
static double invert(const line *g, double p)
{
    const int upper = p > 0.5;
    const double want = upper ? 1 - p : p; /* exact */
    double lo, hi;
    const double least = bracket(g, &lo, &hi);
    double x = lo / 2 + hi / 2, before = hi - lo;

    for (int i = 0; i < STEPS; i++) {
        const double e = upper ? want - mass(g, x, 1) : mass(g, x, 0) - want;
        const double s = slope(g, x);
        double step = e / s, next = x - step;

        if (e == 0)
            break;
        if (e < 0)
            lo = x;
        else
            hi = x;
        if (!(next > lo && next < hi && fabs(step) < before / 2)) {
            if (fabs(e) <= 0x1p-49 * want ||
                fabs(step) <= 0x1p-50 * larger(fabs(x), least))
                return x;
            next = lo / 2 + hi / 2;
            step = hi / 2 - lo / 2;
        }
        before = fabs(step);
        if (!(before > 0x1p-54 * larger(fabs(x), least)))
            return next;
        x = next;
    }
    return x;
}

static int32_t fill_cdf(size_t item, size_t slot, void *arg)
{
    const line *const g = arg;

    (void)slot;
    for (size_t i = item * ROWS; i < g->n && i < (item + 1) * ROWS; i++) {
        const double v = mass(g, g->in[i], 0);

        g->out[i] = v > 1 ? 1 : v; /* weights are 1 to rounding */
    }
    return GENMOD_OK;
}

static int32_t fill_quantile(size_t item, size_t slot, void *arg)
{
    const line *const g = arg;

    (void)slot;
    for (size_t i = item * ROWS; i < g->n && i < (item + 1) * ROWS; i++)
        g->out[i] = invert(g, g->in[i]);
    return GENMOD_OK;
}

static int32_t run(const gmm_params *p, size_t column, size_t n,
                   const double *in, base_task task, double *out,
                   genmod_workspace *w)
{
    double *const all = base_scratch(w, p->k, 3 * sizeof *all);
    line g = {.p = p, .n = n, .in = in};
    double sum = 0;

    g.out = base_scratch(w, n, sizeof *out);
    if (!all || !g.out)
        return base_status(w);
    g.weight = all;
    g.mean = all + p->k;
    g.sigma = g.mean + p->k;
    for (size_t j = 0; j < p->k; j++)
        sum += p->weights[j];
    for (size_t j = 0; j < p->k; j++) {
        g.weight[j] = p->weights[j] / sum;
        g.mean[j] = p->means[j * p->d + column];
        g.sigma[j] =
            sqrt(gmm_unit_covariance(p, gmm_unit_of(p, j), column, column));
    }
    if (base_parallel(w, n / ROWS + (n % ROWS != 0), task, &g))
        return base_fail(w, GENMOD_CALLBACK, "parallel_for failed");
    memcpy(out, g.out, n * sizeof *out);
    return GENMOD_OK;
}

/* `name` of what comes in, and where it has to lie. */
static int32_t check(const gmm_model *m, int32_t column, size_t n,
                     const char *name, const double *in, double least,
                     double most, const double *out, genmod_workspace *w)
{
    int32_t status;

    if (!m || !in || !out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                         !m    ? "m"
                         : !in ? name
                               : "out");
    status = gmm_check_fitted(m, w);
    if (status)
        return status;
    if (column < 0 || (size_t)column >= m->params->d)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "column is %i; it must be 0 to %u", (int64_t)column,
                         (uint64_t)m->params->d - 1);
    for (size_t i = 0; i < n; i++)
        if (!(in[i] > least && in[i] < most))
            return base_fail(
                w, isfinite(most) ? GENMOD_BAD_ARGUMENT : GENMOD_NON_FINITE,
                isfinite(most) ? "%s[%u] is %g; it must lie between 0 and 1"
                               : "%s[%u] is %g",
                name, (uint64_t)i, in[i]);
    return GENMOD_OK;
}

int32_t gmm_cdf(const gmm_model *m, int32_t column, size_t n, const double *x,
                double *out, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check(m, column, n, "x", x, -(double)INFINITY, (double)INFINITY,
                   out, w);
    if (!status)
        status = run(m->params, (size_t)column, n, x, fill_cdf, out, w);
    return base_leave(&call, status);
}

int32_t gmm_quantile(const gmm_model *m, int32_t column, size_t n,
                     const double *p, double *out, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check(m, column, n, "p", p, 0, 1, out, w);
    if (!status)
        status = run(m->params, (size_t)column, n, p, fill_quantile, out, w);
    return base_leave(&call, status);
}
