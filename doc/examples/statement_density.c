#include "statement.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mixture.h"
#include "neighbours.h"
#include "read.h"

#define GRID 801

/* Trapezoids over mean ± 12 standard deviations of the widest kind: for a
 * smooth function that vanishes at the edge they converge faster than any
 * power. */
static double integral(const gmm_model *m, const double lo[2],
                       const double hi[2])
{
    double *xy = memory(GRID * 2, sizeof *xy), *out = memory(GRID, sizeof *out);
    const double dx = (hi[0] - lo[0]) / (GRID - 1);
    const double dy = (hi[1] - lo[1]) / (GRID - 1);
    double sum = 0;
    for (int i = 0; i < GRID; i++) {
        for (int j = 0; j < GRID; j++) {
            xy[2 * j] = lo[0] + i * dx;
            xy[2 * j + 1] = lo[1] + j * dy;
        }
        log_density(m, GRID, 2, xy, out);
        for (int j = 0; j < GRID; j++)
            sum += exp(out[j]) * dx * dy;
    }
    free(out);
    free(xy);
    return sum;
}

static gmm_model *fit_faithful(const char *data)
{
    struct table t;
    read_set(data, "faithful.csv", 0, &t);
    genmod_data *rows = view_rows(t.n, t.d, t.x);
    const struct recipe r = {.components = 2, .tolerance = 1e-8};
    gmm_model *m = fit_mixture(&r, rows, NULL);
    genmod_data_free(rows);
    free_table(&t);
    return m;
}

int measure_integral(const char *data, size_t cap, char *measured)
{
    gmm_model *m = fit_faithful(data);
    double *mean = params(m, GMM_MEANS), *cov = params(m, GMM_COVARIANCES);
    double lo[2], hi[2];
    for (int i = 0; i < 2; i++) {
        const double wide = 12 * sqrt(fmax(cov[3 * i], cov[4 + 3 * i]));
        lo[i] = fmin(mean[i], mean[2 + i]) - wide;
        hi[i] = fmax(mean[i], mean[2 + i]) + wide;
    }
    const double off = fabs(1 - integral(m, lo, hi));
    snprintf(measured, cap, "%.1e", off);
    free(cov);
    free(mean);
    gmm_free(m);
    return off <= 1e-9;
}

/* The largest |z| of one component's mean and covariance over its n draws: the
 * variance of a covariance s_ij of Gaussian draws is
 * (s_ii s_jj + s_ij^2) / n. */
static double worst_moment(size_t n, const double *x, const int32_t *component,
                           int32_t which, const double *mean, const double *cov)
{
    double count = 0, sum[2] = {0}, product[4] = {0}, worst = 0;
    for (size_t i = 0; i < n; i++) {
        if (component[i] != which)
            continue;
        count++;
        for (int a = 0; a < 2; a++) {
            sum[a] += x[2 * i + a] - mean[a];
            for (int b = 0; b < 2; b++)
                product[2 * a + b] +=
                    (x[2 * i + a] - mean[a]) * (x[2 * i + b] - mean[b]);
        }
    }
    for (int a = 0; a < 2; a++) {
        worst = fmax(worst, fabs(sum[a]) / sqrt(count * cov[3 * a]));
        for (int b = 0; b < 2; b++) {
            const double s = cov[2 * a + b];
            const double error =
                sqrt((cov[3 * a] * cov[3 * b] + s * s) / count);
            worst = fmax(worst, fabs(product[2 * a + b] / count - s) / error);
        }
    }
    return worst;
}

int measure_draws(const char *data, size_t cap, char *measured)
{
    const size_t n = 200000;
    gmm_model *m = fit_faithful(data);
    double *x = memory(2 * n, sizeof *x), *weight = params(m, GMM_WEIGHTS);
    double *mean = params(m, GMM_MEANS), *cov = params(m, GMM_COVARIANCES);
    int32_t *component = memory(n, sizeof *component);
    need(gmm_sample(m, 11, 0, n, GENMOD_F64, 2 * n * sizeof *x, x, component,
                    NULL),
         NULL);
    double first = 0, worst = 0;
    for (size_t i = 0; i < n; i++)
        first += component[i] == 0;
    /* Two components: chi-squared with one degree of freedom is z squared. */
    const double z = fabs(first - (double)n * weight[0]) /
                     sqrt((double)n * weight[0] * weight[1]);
    for (int32_t j = 0; j < 2; j++)
        worst = fmax(
            worst, worst_moment(n, x, component, j, mean + 2 * j, cov + 4 * j));
    snprintf(measured, cap, "components √χ² = %.2f; moments ≤ %.2f (%zu draws)",
             z, worst, n);
    free(component);
    free(cov);
    free(mean);
    free(weight);
    free(x);
    gmm_free(m);
    return z <= 4 && worst <= 4;
}

/* Even digits to fit, odd ones kept back, and as many draws as were kept. */
struct halves {
    size_t n, d;
    double *fitted, *kept, *drawn;
    gmm_model *m;
};

static struct halves halve(const char *data, int64_t components)
{
    struct table t;
    read_set(data, "digits.csv", 1, &t);
    struct halves h = {.n = t.n / 2, .d = t.d};
    h.fitted = memory(t.n * t.d, sizeof *h.fitted);
    h.kept = memory(t.n * t.d, sizeof *h.kept);
    h.drawn = memory(h.n * t.d, sizeof *h.drawn);
    for (size_t i = 0; i < t.n; i++)
        memcpy((i % 2 ? h.kept : h.fitted) + i / 2 * t.d, t.x + i * t.d,
               t.d * sizeof *t.x);
    genmod_data *rows = view_rows(h.n, h.d, h.fitted);
    const struct recipe r = {.components = components, .ridge = "0.05"};
    h.m = fit_mixture(&r, rows, NULL);
    draw_rows(h.m, 3, h.n, h.drawn);
    genmod_data_free(rows);
    free_table(&t);
    return h;
}

static void free_halves(struct halves *h)
{
    gmm_free(h->m);
    free(h->drawn);
    free(h->kept);
    free(h->fitted);
}

int measure_held_out(const char *data, size_t cap, char *measured)
{
    struct halves h = halve(data, 10), one = halve(data, 1);
    const double kept = mean_log_density(h.m, h.n, h.d, h.kept);
    const double drawn = mean_log_density(h.m, h.n, h.d, h.drawn);
    const double plain = mean_log_density(one.m, h.n, h.d, one.kept);
    const double gap = fabs(kept - drawn) / (double)h.d;
    snprintf(
        measured, cap,
        "gap %.3f nats a pixel (real %.1f, drawn %.1f a picture; real under "
        "one Gaussian %.1f)",
        gap, kept, drawn, plain);
    free_halves(&one);
    free_halves(&h);
    return gap <= 0.1 && kept > plain;
}

/* Pixels are whole numbers from 0 to 16; without this, fractions would give the
 * draws away. */
static void round_pixels(size_t n, double *x)
{
    for (size_t i = 0; i < n; i++)
        x[i] = fmin(16, fmax(0, round(x[i])));
}

static double digits_told_apart(struct halves *h)
{
    round_pixels(h->n * h->d, h->drawn);
    return told_apart(h->n, h->d, h->kept, h->drawn);
}

int measure_told_apart(const char *data, size_t cap, char *measured)
{
    struct halves h = halve(data, 10), one = halve(data, 1);
    const double mixture = digits_told_apart(&h),
                 plain = digits_told_apart(&one);
    snprintf(measured, cap, "%.3f (one Gaussian: %.3f)", mixture, plain);
    free_halves(&one);
    free_halves(&h);
    return mixture <= 0.80 && plain >= 0.85;
}

int measure_new(const char *data, size_t cap, char *measured)
{
    struct halves h = halve(data, 10);
    double drawn = 0, kept = 0;
    round_pixels(h.n * h.d, h.drawn);
    for (size_t i = 0; i < h.n; i++) {
        drawn += sqrt(nearest2(h.n, h.d, h.fitted, h.n, h.drawn + i * h.d));
        kept += sqrt(nearest2(h.n, h.d, h.fitted, h.n, h.kept + i * h.d));
    }
    snprintf(measured, cap, "%.3f (%.2f against %.2f)", drawn / kept,
             drawn / (double)h.n, kept / (double)h.n);
    free_halves(&h);
    return drawn >= kept;
}
