#include "statement.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mixture.h"
#include "read.h"

#define MOST 8

/* The largest fall of the likelihood over 600 steps, over max(1, |L|). */
static double largest_fall(const char *covariance, int64_t k, size_t n,
                           size_t d, const double *x)
{
    const struct recipe r = {
        .components = k, .covariance = covariance, .ridge = "0"};
    gmm_model *m = new_mixture(&r, NULL);
    genmod_data *rows = view_rows(n, d, x);
    double fall = 0, history[600];
    need(gmm_start(m, rows, NULL), NULL);
    for (int i = 0; i < 600; i++)
        need(gmm_step(m, rows, NULL), NULL);
    need(genmod_report_series(gmm_report(m), GMM_REPORT_HISTORY, 600, history,
                              NULL),
         NULL);
    for (int i = 1; i < 600; i++)
        fall = fmax(fall,
                    (history[i - 1] - history[i]) / fmax(1, fabs(history[i])));
    genmod_data_free(rows);
    gmm_free(m);
    return fall;
}

int measure_monotone(const char *data, size_t cap, char *measured)
{
    static const char *const type[] = {"full", "tied", "diagonal", "spherical"};
    struct table iris, faithful;
    read_set(data, "iris.csv", 1, &iris);
    read_set(data, "faithful.csv", 0, &faithful);
    double fall = 0;
    for (int i = 0; i < 4; i++) {
        fall = fmax(fall, largest_fall(type[i], 3, iris.n, iris.d, iris.x));
        fall = fmax(
            fall, largest_fall(type[i], 2, faithful.n, faithful.d, faithful.x));
    }
    free_table(&faithful);
    free_table(&iris);
    snprintf(measured, cap, "%.1e", fall);
    return fall <= 1e-13;
}

int measure_more_components(const char *data, size_t cap, char *measured)
{
    struct table t;
    read_set(data, "faithful.csv", 0, &t);
    const size_t half = t.n / 2;
    double *fitted = memory(t.n * t.d, sizeof *fitted);
    double *kept = memory(t.n * t.d, sizeof *kept);
    for (size_t i = 0; i < t.n; i++)
        memcpy((i % 2 ? kept : fitted) + i / 2 * t.d, t.x + i * t.d,
               t.d * sizeof *t.x);
    genmod_data *rows = view_rows(half, t.d, fitted);

    double seen[MOST + 1], unseen[MOST + 1];
    int rises = 1;
    size_t best = 1;
    for (size_t k = 1; k <= MOST; k++) {
        const struct recipe r = {.components = (int64_t)k, .starts = 20};
        gmm_model *m = fit_mixture(&r, rows, NULL);
        seen[k] = mean_log_density(m, half, t.d, fitted);
        unseen[k] = mean_log_density(m, half, t.d, kept);
        rises &= k == 1 || seen[k] > seen[k - 1];
        best = unseen[k] > unseen[best] ? k : best;
        gmm_free(m);
    }
    snprintf(measured, cap,
             "fitted %.3f → %.3f nats a row%s; kept back: best k = %zu, "
             "%.3f → %.3f at k = %d",
             seen[1], seen[MOST], rises ? "" : ", with falls", best,
             unseen[best], unseen[MOST], MOST);
    genmod_data_free(rows);
    free(kept);
    free(fitted);
    free_table(&t);
    return rises && best <= 4 && unseen[MOST] < unseen[best];
}

static size_t bic_picks(const char *covariance, const genmod_data *rows)
{
    double bic[MOST + 1];
    size_t best = 1;
    for (size_t k = 1; k <= MOST; k++) {
        const struct recipe r = {
            .components = (int64_t)k, .covariance = covariance, .starts = 20};
        gmm_model *m = fit_mixture(&r, rows, NULL);
        need(gmm_bic(m, rows, &bic[k], NULL), NULL);
        best = bic[k] < bic[best] ? k : best;
        gmm_free(m);
    }
    return best;
}

int measure_bic(const char *data, size_t cap, char *measured)
{
    struct table t;
    read_set(data, "faithful.csv", 0, &t);
    genmod_data *rows = view_rows(t.n, t.d, t.x);
    const size_t full = bic_picks("full", rows), tied = bic_picks("tied", rows);
    snprintf(measured, cap, "%zu full; %zu tied", full, tied);
    genmod_data_free(rows);
    free_table(&t);
    return full == 2 && tied == 3;
}

/* Weights, means, covariances, then n log-densities, then n draws. */
struct outcome {
    size_t bytes;
    double *v;
};

static struct outcome outcome_of(const genmod_data *rows, size_t n, size_t d,
                                 genmod_workspace *w)
{
    const size_t k = 10, own = k * (1 + d + d * d);
    const struct recipe r = {
        .components = (int64_t)k, .ridge = "0.05", .iterations = 6};
    gmm_model *m = fit_mixture(&r, rows, w);
    const size_t total = own + n + n * d;
    struct outcome o = {total * sizeof(double), memory(total, sizeof(double))};
    double *at = o.v;
    need(gmm_get_params(m, GMM_WEIGHTS, k, at, NULL, w), w);
    need(gmm_get_params(m, GMM_MEANS, k * d, at += k, NULL, w), w);
    need(gmm_get_params(m, GMM_COVARIANCES, k * d * d, at += k * d, NULL, w),
         w);
    at = o.v + own;
    need(gmm_log_density(m, rows, n * sizeof *at, at, w), w);
    need(
        gmm_sample(m, 5, 0, n, GENMOD_F64, n * d * sizeof *at, at + n, NULL, w),
        w);
    gmm_free(m);
    return o;
}

static size_t bytes_apart(const struct outcome *a, const struct outcome *b)
{
    const unsigned char *p = (const unsigned char *)a->v;
    const unsigned char *q = (const unsigned char *)b->v;
    size_t n = 0;
    for (size_t i = 0; i < a->bytes; i++)
        n += p[i] != q[i];
    return n;
}

int measure_threads(const char *data, size_t cap, char *measured)
{
    static const size_t threads[] = {2, 3, 7};
    struct table t;
    read_set(data, "digits.csv", 1, &t);
    genmod_data *rows = view_rows(t.n, t.d, t.x);
    struct outcome one = outcome_of(rows, t.n, t.d, NULL);
    size_t apart = 0;
    for (int i = 0; i < 3; i++) {
        genmod_context *c = NULL;
        genmod_workspace *w = NULL;
        need(genmod_context_new(NULL, NULL, NULL, &c), NULL);
        need(genmod_context_set_threads(c, threads[i]), NULL);
        need(genmod_workspace_new(c, &w), NULL);
        genmod_context_free(c);
        struct outcome many = outcome_of(rows, t.n, t.d, w);
        apart += bytes_apart(&one, &many);
        free(many.v);
        genmod_workspace_free(w);
    }
    snprintf(measured, cap, "%zu of %zu bytes", apart, 3 * one.bytes);
    free(one.v);
    genmod_data_free(rows);
    free_table(&t);
    return apart == 0;
}

static int32_t read_rows(size_t n, const int64_t *rows, void *x,
                         double *weights, int32_t *labels, void *user)
{
    const struct table *t = user;
    double *out = x;
    (void)weights;
    (void)labels;
    for (size_t i = 0; i < n; i++)
        memcpy(out + i * t->d, t->x + (size_t)rows[i] * t->d,
               t->d * sizeof *out);
    return 0;
}

int measure_stream(const char *data, size_t cap, char *measured)
{
    struct table t;
    read_set(data, "digits.csv", 1, &t);
    genmod_data *rows = view_rows(t.n, t.d, t.x);
    struct outcome held = outcome_of(rows, t.n, t.d, NULL);
    need(
        genmod_data_set_source(rows, GENMOD_F64, t.n, t.d, read_rows, &t, NULL),
        NULL);
    struct outcome streamed = outcome_of(rows, t.n, t.d, NULL);
    const size_t apart = bytes_apart(&held, &streamed);
    snprintf(measured, cap, "%zu of %zu bytes", apart, held.bytes);
    free(streamed.v);
    free(held.v);
    genmod_data_free(rows);
    free_table(&t);
    return apart == 0;
}
