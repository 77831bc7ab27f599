/* Densities that the host computes, integrated. */
#include <math.h>

#include "measure/internal.h"

#define ENTROPY 0
#define CROSS_ENTROPY 1
#define KL 2
#define JS 3

#define MOST_POINTS 225 /* that the quadrature asks for at once */

/* What genmod_log_density gives. */
typedef struct density {
    const char *name;
    genmod_log_density f;
    void *user;
    double ln[MOST_POINTS], value[MOST_POINTS];
} density;

typedef struct job {
    const kern_ops *f64;
    int kind;
    size_t d;
    density p, q;
    double gap[MOST_POINTS];
} job;

/* "0.25" or "(0.25, -1)" in the text. */
static int32_t fail_at(const density *f, size_t d, const double *x, double v,
                       genmod_workspace *w)
{
    if (d == 1)
        return base_fail(w, GENMOD_NON_FINITE,
                         "%s gave %g at x = %g; it must be a number or "
                         "-INFINITY",
                         f->name, v, x[0]);
    return base_fail(w, GENMOD_NON_FINITE,
                     "%s gave %g at x = (%g, %g); it must be a number or "
                     "-INFINITY",
                     f->name, v, x[0], x[1]);
}

static int32_t ask(const job *j, density *f, size_t n, const double *x,
                   genmod_workspace *w)
{
    const int32_t status = f->f(n, j->d, x, f->ln, f->user);

    base_settle();
    if (status < 0)
        return base_fail(w, GENMOD_CALLBACK, "%s returned %i", f->name,
                         (int64_t)status);
    for (size_t i = 0; i < n; i++)
        if (!(f->ln[i] < (double)INFINITY))
            return fail_at(f, j->d, x + i * j->d, f->ln[i], w);
    j->f64->exp(n, f->ln, f->value);
    return GENMOD_OK;
}

/* exp(v) is off by |v| roundings, and a product with v by as much. */
static double size_of(double value, double ln)
{
    return value * (1 + fabs(ln)) * (1 + fabs(ln));
}

static int32_t fill_cross(const job *j, size_t n, double *y, double *size)
{
    for (size_t i = 0; i < n; i++, y += 2, size += 2) {
        const double p = j->p.value[i], ln_p = j->p.ln[i];
        const double ln_q = j->kind == ENTROPY ? ln_p : j->q.ln[i];

        y[0] = y[1] = size[0] = size[1] = 0;
        if (!(p > 0))
            continue;
        if (isinf(ln_q))
            return 1;
        y[0] = j->kind == KL ? p * (ln_p - ln_q) : -p * ln_q;
        y[1] = p;
        size[0] = size_of(p, ln_p) + p * fabs(ln_q);
        size[1] = p * (1 + fabs(ln_p));
    }
    return GENMOD_OK;
}

/* s = |p - q| / (p + q) = tanh(|ln p - ln q| / 2), which does not cancel where
 * p is near q. */
static void fill_js(job *j, size_t n, double *y, double *size)
{
    for (size_t i = 0; i < n; i++)
        j->gap[i] = j->p.value[i] + j->q.value[i] > 0
                        ? fabs(j->p.ln[i] - j->q.ln[i]) / 2
                        : 0;
    j->f64->tanh(n, j->gap, j->gap);
    measure_gap(j->f64, n, j->gap, j->gap);
    for (size_t i = 0; i < n; i++, y += 3, size += 3) {
        const double p = j->p.value[i], q = j->q.value[i];

        y[0] = (p + q) / 2 * j->gap[i];
        y[1] = p;
        y[2] = q;
        size[1] = p > 0 ? p * (1 + fabs(j->p.ln[i])) : 0;
        size[2] = q > 0 ? q * (1 + fabs(j->q.ln[i])) : 0;
        size[0] = size[1] + size[2];
    }
}

static int32_t integrand(size_t n, const double *x, double *y, double *size,
                         void *arg, genmod_workspace *w)
{
    job *const j = arg;
    int32_t status = ask(j, &j->p, n, x, w);

    if (!status && j->kind != ENTROPY)
        status = ask(j, &j->q, n, x, w);
    if (status)
        return status;
    if (j->kind != JS)
        return fill_cross(j, n, y, size);
    fill_js(j, n, y, size);
    return GENMOD_OK;
}

static int32_t check_limits(size_t d, const double *lower, const double *upper,
                            genmod_workspace *w)
{
    for (size_t i = 0; i < d; i++) {
        if (isnan(lower[i]) || !(lower[i] < (double)INFINITY))
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "lower[%u] is %g; it must be a number or "
                             "-INFINITY",
                             (uint64_t)i, lower[i]);
        if (!(upper[i] > lower[i]))
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "upper[%u] is %g; it must be above lower, %g",
                             (uint64_t)i, upper[i], lower[i]);
    }
    return GENMOD_OK;
}

static int32_t check(const job *j, const double *lower, const double *upper,
                     double tolerance, int32_t unit, const double *out,
                     genmod_workspace *w)
{
    if (j->d < 1 || j->d > 2)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "d is %u; it must be 1 or 2",
                         (uint64_t)j->d);
    if (!j->p.f || (j->kind != ENTROPY && !j->q.f) || !out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                         !j->p.f ? "p"
                         : !out  ? "out"
                                 : "q");
    if (!(tolerance > 0) || !isfinite(tolerance))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "tolerance is %g; it must be finite and > 0",
                         tolerance);
    const int32_t status = measure_check_unit(unit, w);
    return status ? status : check_limits(j->d, lower, upper, w);
}

/* The integrals of the densities are parts 1 and 2. */
static int32_t check_mass(const measure_integral *q, genmod_workspace *w)
{
    static const char *const names[] = {"", "p", "q"};

    for (size_t i = 1; i < q->parts; i++)
        if (fabs(q->value[i] - 1) > q->error[i] + q->tolerance)
            return base_fail(
                w, GENMOD_BAD_ARGUMENT,
                "%s has the integral 1 %s %g within the limits; it "
                "must be 1 to %g",
                names[i], q->value[i] > 1 ? "+" : "-", fabs(q->value[i] - 1),
                q->error[i] + q->tolerance);
    return GENMOD_OK;
}

static int32_t integrate(job *j, const double *lower, const double *upper,
                         double tolerance, int32_t unit, double *out,
                         double *error, genmod_workspace *w)
{
    static const double none_below[] = {-(double)INFINITY, -(double)INFINITY};
    static const double none_above[] = {(double)INFINITY, (double)INFINITY};
    measure_integral q = {.d = j->d,
                          .parts = j->kind == JS ? 3 : 2,
                          .lower = lower ? lower : none_below,
                          .upper = upper ? upper : none_above,
                          .tolerance = tolerance,
                          .f = integrand,
                          .arg = j};
    int32_t status = check(j, q.lower, q.upper, tolerance, unit, out, w);

    if (!status)
        status = measure_integrate(&q, w);
    if (status < 0)
        return status;
    if (status > 0) {
        q.value[0] = (double)INFINITY;
        q.error[0] = 0;
    } else if (check_mass(&q, w))
        return base_status(w);
    if (j->kind == JS && q.value[0] > MEASURE_LN_2)
        q.value[0] = MEASURE_LN_2;
    *out = q.value[0] / measure_unit(unit);
    if (error)
        *error = q.error[0] / measure_unit(unit);
    return GENMOD_OK;
}

static int32_t measure(int kind, size_t d, const double *lower,
                       const double *upper, genmod_log_density p, void *p_user,
                       genmod_log_density q, void *q_user, double tolerance,
                       int32_t unit, double *out, double *error,
                       genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    job *const j = base_scratch(w, 1, sizeof *j);
    if (!j)
        return base_leave(&call, base_status(w));
    j->f64 = kern_ops_of(base_cpu(w), GENMOD_F64);
    j->kind = kind;
    j->d = d;
    j->p.name = "p";
    j->p.f = p;
    j->p.user = p_user;
    j->q.name = "q";
    j->q.f = q;
    j->q.user = q_user;
    return base_leave(
        &call, integrate(j, lower, upper, tolerance, unit, out, error, w));
}

int32_t genmod_density_entropy(size_t d, const double *lower,
                               const double *upper, genmod_log_density p,
                               void *p_user, double tolerance, int32_t unit,
                               double *out, double *error, genmod_workspace *w)
{
    return measure(ENTROPY, d, lower, upper, p, p_user, NULL, NULL, tolerance,
                   unit, out, error, w);
}

int32_t genmod_density_cross_entropy(size_t d, const double *lower,
                                     const double *upper, genmod_log_density p,
                                     void *p_user, genmod_log_density q,
                                     void *q_user, double tolerance,
                                     int32_t unit, double *out, double *error,
                                     genmod_workspace *w)
{
    return measure(CROSS_ENTROPY, d, lower, upper, p, p_user, q, q_user,
                   tolerance, unit, out, error, w);
}

int32_t genmod_density_kl(size_t d, const double *lower, const double *upper,
                          genmod_log_density p, void *p_user,
                          genmod_log_density q, void *q_user, double tolerance,
                          int32_t unit, double *out, double *error,
                          genmod_workspace *w)
{
    return measure(KL, d, lower, upper, p, p_user, q, q_user, tolerance, unit,
                   out, error, w);
}

int32_t genmod_density_js(size_t d, const double *lower, const double *upper,
                          genmod_log_density p, void *p_user,
                          genmod_log_density q, void *q_user, double tolerance,
                          int32_t unit, double *out, double *error,
                          genmod_workspace *w)
{
    return measure(JS, d, lower, upper, p, p_user, q, q_user, tolerance, unit,
                   out, error, w);
}
