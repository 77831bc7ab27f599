#include "statement.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "mixture.h"

#define N 200000

/* A mean over draws, and its standard error. */
struct estimate {
    double mean, error, most;
};

/* 0.5 N(-2, 1) + 0.5 N(2, 1), and the Gaussian with its mean and variance.
 * Values by Simpson's rule on two grids that agree. */
static const double kl_f_g = 0.17199876248018, kl_g_f = 0.24782803025874;
static const double js_f_g = 0.04618248576280, h_f = 2.05165872694154;
static const double ce_f_g = 2.22365748942172, ln2 = 0.69314718055994531;

static gmm_model *two(void)
{
    const double half[] = {0.5, 0.5}, apart[] = {-2, 2}, unit[] = {1, 1};
    return line_mixture(2, half, apart, unit);
}

static gmm_model *gaussian(double mean, double variance)
{
    const double one[] = {1};
    return line_mixture(1, one, &mean, &variance);
}

static struct estimate summarise(const double *v)
{
    struct estimate e = {0, 0, -INFINITY};
    double sum2 = 0;
    for (int i = 0; i < N; i++) {
        e.mean += v[i] / N;
        e.most = fmax(e.most, v[i]);
    }
    for (int i = 0; i < N; i++)
        sum2 += (v[i] - e.mean) * (v[i] - e.mean);
    e.error = sqrt(sum2 / N / (N - 1));
    return e;
}

/* Draws from f, and what both say of them. */
static void draw_and_score(const gmm_model *f, const gmm_model *g,
                           uint64_t seed, double *lf, double *lg)
{
    double *x = memory(N, sizeof *x);
    draw_rows(f, seed, N, x);
    log_density(f, N, 1, x, lf);
    log_density(g, N, 1, x, lg);
    free(x);
}

/* E_f[a ln f - b ln g]: KL for 1, 1; entropy for -1, 0; cross-entropy 0, 1. */
static struct estimate expected(const gmm_model *f, const gmm_model *g,
                                double a, double b, uint64_t seed)
{
    double *lf = memory(N, sizeof *lf), *lg = memory(N, sizeof *lg);
    draw_and_score(f, g, seed, lf, lg);
    for (int i = 0; i < N; i++)
        lf[i] = a * lf[i] - b * lg[i];
    const struct estimate e = summarise(lf);
    free(lg);
    free(lf);
    return e;
}

/* E_f[ln(2 f / (f + g))], whose terms are at most ln 2. */
static struct estimate half_js(const gmm_model *f, const gmm_model *g,
                               uint64_t seed)
{
    double *lf = memory(N, sizeof *lf), *lg = memory(N, sizeof *lg);
    draw_and_score(f, g, seed, lf, lg);
    for (int i = 0; i < N; i++)
        lf[i] = ln2 - log1p(exp(lg[i] - lf[i]));
    const struct estimate e = summarise(lf);
    free(lg);
    free(lf);
    return e;
}

static double z_score(struct estimate e, double right)
{
    return fabs(e.mean - right) / e.error;
}

static int differ(struct estimate a, struct estimate b)
{
    return fabs(a.mean - b.mean) >= 4 * hypot(a.error, b.error);
}

int measure_kl_gaussian(const char *data, size_t cap, char *measured)
{
    (void)data;
    gmm_model *a = gaussian(0, 1), *b = gaussian(1, 1), *c = gaussian(0, 4);
    const struct estimate ab = expected(a, b, 1, 1, 1);
    const struct estimate ac = expected(a, c, 1, 1, 2);
    const struct estimate ca = expected(c, a, 1, 1, 3);
    /* KL(N(0,s) | N(0,t)) = (s / t - 1 - ln(s / t)) / 2. */
    const double z =
        fmax(z_score(ab, 0.5), fmax(z_score(ac, (0.25 - 1 + 2 * ln2) / 2),
                                    z_score(ca, (4 - 1 - 2 * ln2) / 2)));
    snprintf(measured, cap,
             "N(0,1)‖N(1,1) %.4f, N(0,1)‖N(0,4) %.4f, back %.4f; z ≤ %.2f",
             ab.mean, ac.mean, ca.mean, z);
    gmm_free(c);
    gmm_free(b);
    gmm_free(a);
    return z <= 4 && differ(ac, ca);
}

int measure_kl_zero(const char *data, size_t cap, char *measured)
{
    (void)data;
    gmm_model *f = two(), *same = two();
    const struct estimate e = expected(f, same, 1, 1, 4);
    snprintf(measured, cap, "%g, standard error %g", e.mean, e.error);
    gmm_free(same);
    gmm_free(f);
    return e.mean == 0 && e.error == 0;
}

int measure_kl_mixture(const char *data, size_t cap, char *measured)
{
    (void)data;
    gmm_model *f = two(), *g = gaussian(0, 5);
    const struct estimate fg = expected(f, g, 1, 1, 5);
    const struct estimate gf = expected(g, f, 1, 1, 6);
    const double z = fmax(z_score(fg, kl_f_g), z_score(gf, kl_g_f));
    snprintf(measured, cap, "%.4f ± %.4f, back %.4f ± %.4f; z ≤ %.2f", fg.mean,
             fg.error, gf.mean, gf.error, z);
    gmm_free(g);
    gmm_free(f);
    return z <= 4 && differ(fg, gf) && fg.mean > 0 && gf.mean > 0;
}

int measure_cross_entropy(const char *data, size_t cap, char *measured)
{
    (void)data;
    gmm_model *f = two(), *g = gaussian(0, 5);
    const struct estimate h = expected(f, g, -1, 0, 7);
    const struct estimate ce = expected(f, g, 0, 1, 7);
    const struct estimate kl = expected(f, g, 1, 1, 7);
    const double difference = ce.mean - h.mean;
    const double z = fmax(z_score(h, h_f), z_score(ce, ce_f_g));
    snprintf(measured, cap, "%.4f - %.4f = %.4f; z ≤ %.2f", ce.mean, h.mean,
             difference, z);
    gmm_free(g);
    gmm_free(f);
    /* The same draws, so that only rounding is between the two sides. */
    return z <= 4 && difference >= 0 && near(difference, kl.mean, 1e-10);
}

int measure_js(const char *data, size_t cap, char *measured)
{
    (void)data;
    gmm_model *f = two(), *g = gaussian(0, 5);
    const struct estimate a = half_js(f, g, 8), b = half_js(g, f, 9);
    const struct estimate c = half_js(g, f, 10), d = half_js(f, g, 11);
    const double js = (a.mean + b.mean) / 2, back = (c.mean + d.mean) / 2;
    const double error = hypot(a.error, b.error) / 2;
    const double other = hypot(c.error, d.error) / 2;
    const double z =
        fmax(fabs(js - js_f_g) / error, fabs(back - js_f_g) / other);
    const double apart = fabs(js - back) / hypot(error, other);
    snprintf(measured, cap, "%.5f, back %.5f; z ≤ %.2f, %.2f between them", js,
             back, z, apart);
    gmm_free(g);
    gmm_free(f);
    return z <= 4 && apart <= 4;
}

int measure_js_bound(const char *data, size_t cap, char *measured)
{
    (void)data;
    gmm_model *f = gaussian(0, 1), *g = gaussian(10, 1);
    const struct estimate a = half_js(f, g, 12), b = half_js(g, f, 13);
    const double js = (a.mean + b.mean) / 2, most = fmax(a.most, b.most);
    snprintf(measured, cap, "%.8f of %.8f; largest term %.8f", js, ln2, most);
    gmm_free(g);
    gmm_free(f);
    return most <= ln2 && js <= ln2 && ln2 - js <= 1e-4;
}

int measure_bounds(const char *data, size_t cap, char *measured)
{
    static const double w[] = {0.3, 0.7}, variance[] = {0.25, 1};
    const double here[] = {-1, 2};
    gmm_model *f = line_mixture(2, w, here, variance);
    double worst = -INFINITY, js = 0;
    int rises = 1;
    (void)data;
    for (int t = 1; t <= 9; t++) {
        const double there[] = {-1 + t, 2 + t};
        double v[GMM_DIVERGENCES];
        gmm_model *g = line_mixture(2, w, there, variance);
        need(gmm_divergence(f, g, 14, N / 10, GENMOD_NATS, GMM_DIVERGENCES, v,
                            NULL, NULL),
             NULL);
        const double past[] = {
            (v[GMM_KL] - v[GMM_KL_UPPER]) / v[GMM_KL_ERROR],
            (v[GMM_ENTROPY_LOWER] - v[GMM_ENTROPY]) / v[GMM_ENTROPY_ERROR],
            (v[GMM_ENTROPY] - v[GMM_ENTROPY_UPPER]) / v[GMM_ENTROPY_ERROR]};
        for (int i = 0; i < 3; i++)
            worst = fmax(worst, past[i]);
        rises &= v[GMM_JS] > js;
        js = v[GMM_JS];
        gmm_free(g);
    }
    snprintf(measured, cap,
             "at the nearest %.1f standard errors inside; JS %s to %.4f of "
             "%.4f",
             -worst, rises ? "rises" : "falls, then rises", js, ln2);
    gmm_free(f);
    return worst <= 4 && rises && js <= ln2 && ln2 - js <= 0.01;
}
