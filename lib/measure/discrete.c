/* Tables of probabilities. */
#include <math.h>

#include "measure/internal.h"

#define MOST_OUTCOMES (UINT64_C(1) << 40)

#define ENTROPY 0
#define CROSS_ENTROPY 1
#define KL 2
#define JS 3
#define JS_DISTANCE 4

/* One call's tables; q is NULL for the entropy. */
typedef struct tables {
    const kern_ops *f64;
    size_t n;
    const double *p, *q;
} tables;

/* Adds the terms first … first + n - 1, n <= MEASURE_BLOCK. */
typedef void (*measure_terms)(const tables *t, size_t first, size_t n,
                              measure_sum *s);

static int32_t check_table(const char *name, size_t n, const double *p,
                           genmod_workspace *w)
{
    const double bound = (double)n * 0x1p-52;
    measure_sum sum = {0};
    double off;

    if (!p)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", name);
    for (size_t i = 0; i < n; i++) {
        if (!(p[i] >= 0) || !isfinite(p[i]))
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "%s[%u] is %g; it must be finite and >= 0", name,
                             (uint64_t)i, p[i]);
        measure_add(&sum, p[i]);
    }
    off = (sum.total - 1) + sum.correction;
    if (fabs(off) > bound)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "%s has the sum 1 %s %g; it must be 1 to %g", name,
                         off > 0 ? "+" : "-", fabs(off), bound);
    return GENMOD_OK;
}

static double cross_term(double p, double ln_q)
{
    return p > 0 ? -p * ln_q : 0;
}

static void entropy_terms(const tables *t, size_t first, size_t n,
                          measure_sum *s)
{
    const double *const p = t->p + first;
    double ln[MEASURE_BLOCK] = {0};

    t->f64->log(n, p, ln);
    for (size_t i = 0; i < n; i++)
        measure_add(s, cross_term(p[i], ln[i]));
}

static void cross_terms(const tables *t, size_t first, size_t n, measure_sum *s)
{
    double ln[MEASURE_BLOCK] = {0};

    t->f64->log(n, t->q + first, ln);
    for (size_t i = 0; i < n; i++)
        measure_add(s, cross_term(t->p[first + i], ln[i]));
}

/* p ln(p / q) - p + q for p, q > 0; near each other, with s = (p - q) / (p +
 * q), it is (p + q) s (s + (1 + s) (artanh(s) / s - 1)). */
static double kl_term(const kern_ops *f64, double p, double q, double ln)
{
    const double s = (p - q) / (p + q);

    if (fabs(s) <= MEASURE_NEAR)
        return (p + q) * s * (s + (1 + s) * measure_artanh_rest(s * s));
    /* p / q may have left the range of normal numbers */
    if (!(fabs(ln) < 700))
        ln = measure_ln(f64, p) - measure_ln(f64, q);
    return p * ln - (p - q);
}

static void kl_terms(const tables *t, size_t first, size_t n, measure_sum *s)
{
    const double *const p = t->p + first, *const q = t->q + first;
    double ln[MEASURE_BLOCK] = {0};

    for (size_t i = 0; i < n; i++)
        ln[i] = p[i] > 0 && q[i] > 0 ? p[i] / q[i] : 1;
    t->f64->log(n, ln, ln);
    for (size_t i = 0; i < n; i++) {
        if (p[i] == 0)
            measure_add(s, q[i]);
        else if (q[i] == 0)
            measure_add(s, (double)INFINITY);
        else
            measure_add(s, kl_term(t->f64, p[i], q[i], ln[i]));
    }
}

/* s = |p - q| / (p + q), which (q, p) has as well. */
static void js_terms(const tables *t, size_t first, size_t n, measure_sum *s)
{
    const double *const p = t->p + first, *const q = t->q + first;
    double gap[MEASURE_BLOCK] = {0};

    for (size_t i = 0; i < n; i++)
        gap[i] = p[i] + q[i] > 0 ? fabs(p[i] - q[i]) / (p[i] + q[i]) : 0;
    measure_gap(t->f64, n, gap, gap);
    for (size_t i = 0; i < n; i++)
        measure_add(s, (p[i] + q[i]) * gap[i]);
}

static int32_t add_up(const tables *t, measure_terms terms, double *out,
                      genmod_workspace *w)
{
    measure_sum s = {0};

    for (size_t i = 0; i < t->n; i += MEASURE_BLOCK) {
        const size_t left = t->n - i;
        const int32_t status = base_cancelled(w);

        if (status)
            return status;
        terms(t, i, left < MEASURE_BLOCK ? left : MEASURE_BLOCK, &s);
    }
    *out = measure_total(&s);
    return GENMOD_OK;
}

static int32_t check(int kind, size_t n, const double *p, const double *q,
                     int32_t unit, const double *out, genmod_workspace *w)
{
    int32_t status = measure_check_unit(unit, w);

    if (!status && (n < 1 || n > MOST_OUTCOMES))
        status = base_fail(w, GENMOD_BAD_ARGUMENT,
                           "n is %u; it must be from 1 to %u", (uint64_t)n,
                           MOST_OUTCOMES);
    if (!status && !out)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    if (!status)
        status = check_table("p", n, p, w);
    if (!status && kind != ENTROPY)
        status = check_table("q", n, q, w);
    return status;
}

/* What rounding leaves outside the range of the measure goes back into it. */
static double settle(int kind, const tables *t, double v, int32_t unit)
{
    if (v < 0)
        v = 0;
    if (kind == ENTROPY) {
        const double most = measure_ln(t->f64, (double)t->n);

        v = v < most ? v : most;
    }
    if (kind >= JS)
        v = v / 2 < MEASURE_LN_2 ? v / 2 : MEASURE_LN_2;
    v /= measure_unit(unit);
    return kind == JS_DISTANCE ? sqrt(v) : v;
}

static int32_t measure(int kind, size_t n, const double *p, const double *q,
                       int32_t unit, double *out, genmod_workspace *w)
{
    static const measure_terms terms[] = {entropy_terms, cross_terms, kl_terms,
                                          js_terms, js_terms};
    tables t = {.n = n, .p = p, .q = q};
    base_call call;
    double v = 0;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check(kind, n, p, q, unit, out, w);
    if (!status) {
        t.f64 = kern_ops_of(base_cpu(w), GENMOD_F64);
        status = add_up(&t, terms[kind], &v, w);
    }
    if (!status)
        *out = settle(kind, &t, v, unit);
    return base_leave(&call, status);
}

int32_t genmod_discrete_entropy(size_t n, const double *p, int32_t unit,
                                double *out, genmod_workspace *w)
{
    return measure(ENTROPY, n, p, NULL, unit, out, w);
}

int32_t genmod_discrete_cross_entropy(size_t n, const double *p,
                                      const double *q, int32_t unit,
                                      double *out, genmod_workspace *w)
{
    return measure(CROSS_ENTROPY, n, p, q, unit, out, w);
}

int32_t genmod_discrete_kl(size_t n, const double *p, const double *q,
                           int32_t unit, double *out, genmod_workspace *w)
{
    return measure(KL, n, p, q, unit, out, w);
}

int32_t genmod_discrete_js(size_t n, const double *p, const double *q,
                           int32_t unit, double *out, genmod_workspace *w)
{
    return measure(JS, n, p, q, unit, out, w);
}

int32_t genmod_discrete_js_distance(size_t n, const double *p, const double *q,
                                    int32_t unit, double *out,
                                    genmod_workspace *w)
{
    return measure(JS_DISTANCE, n, p, q, unit, out, w);
}
