/* Rows that say less than they could: some cells are missing, some rows belong
 * nowhere, all are measured with an error that is known. */
#include <math.h>
#include <stdio.h>

#include "mixture.h"

#define N 600
#define D 2

/* Two groups, correlated the other way round. */
static gmm_model *two_groups(void)
{
    const double weights[2] = {0.375, 0.625}, means[2 * D] = {-4, 1, 3, -2};
    const double covariances[2 * D * D] = {1, 0.5,  0.5,  0.75,
                                           2, -0.75, -0.75, 1};
    const struct recipe two = {.components = 2};
    gmm_model *m = new_mixture(&two, NULL);
    need(gmm_set_params(m, 2, D, weights, means, 2 * D * D, covariances, NULL),
         NULL);
    return m;
}

/* A fit with an option, and the variance of the first column of the group on the
 * right. */
static double fit(const genmod_data *rows, const char *key, const char *value,
                  gmm_model **out)
{
    genmod_config *options = NULL;
    double means[2 * D], covariances[2 * D * D];
    need(gmm_config_new(&options, NULL), NULL);
    need(genmod_config_set_i64(options, GMM_COMPONENTS, 2, NULL), NULL);
    if (key)
        need(genmod_config_set_str(options, key, value, NULL), NULL);
    need(gmm_new(options, out, NULL), NULL);
    need(gmm_fit(*out, rows, NULL, NULL, NULL), NULL);
    need(gmm_get_params(*out, GMM_MEANS, 2 * D, means, NULL, NULL), NULL);
    need(gmm_get_params(*out, GMM_COVARIANCES, 2 * D * D, covariances, NULL,
                        NULL),
         NULL);
    genmod_config_free(options);
    return covariances[means[0] > means[D] ? 0 : D * D];
}

/* A third of the second column is gone; nothing is filled in before the fit. */
static void with_gaps(genmod_data *rows, double *x)
{
    gmm_model *m = NULL;
    double kept[N];
    for (size_t i = 0; i < N; i += 3) {
        kept[i] = x[i * D + 1];
        x[i * D + 1] = NAN;
    }
    need(genmod_data_set_missing(rows, 1, NULL), NULL);
    printf("gaps: variance %.2f\n", fit(rows, NULL, NULL, &m));
    gmm_free(m);
    for (size_t i = 0; i < N; i += 3)
        x[i * D + 1] = kept[i];
}

/* Every twelfth row is rubbish: noise takes it. */
static void with_strays(genmod_data *rows, double *x)
{
    gmm_model *m = NULL, *plain = NULL;
    double kept[N * D];
    int32_t label[N];
    for (size_t i = 0; i < N * D; i++)
        kept[i] = x[i];
    for (size_t i = 0; i < N; i += 12) {
        x[i * D] = (double)(i * 7 % 61) - 30;
        x[i * D + 1] = (double)(i * 11 % 59) - 29;
    }
    const double with = fit(rows, GMM_NOISE, "0.05", &m);
    const double without = fit(rows, NULL, NULL, &plain);
    need(gmm_predict(m, rows, sizeof label, label, NULL), NULL);
    printf("strays: variance %.2f, without noise %.2f; noise weighs %.3f\n",
           with, without, report_number(m, GMM_REPORT_NOISE));
    expect(near(with, 2, 0.5) && !near(without, 2, 2), "strays are noise");
    expect(label[0] == -1, "which no component is");
    gmm_free(m);
    gmm_free(plain);
    for (size_t i = 0; i < N * D; i++)
        x[i] = kept[i];
}

/* Errors of variance 3 and 1.5 on top; what lies behind them is sought. */
static void with_errors(genmod_data *rows, double *x)
{
    const double zero[1] = {0}, one[1] = {1}, all[1] = {1};
    gmm_model *unit = line_mixture(1, all, zero, one), *m = NULL;
    genmod_data *errors = NULL;
    double z[N * D], variance[N * D];
    draw_rows(unit, 9, N * D, z);
    for (size_t i = 0; i < N * D; i++) {
        variance[i] = i / D % 2 ? 3 : 1.5;
        x[i] += sqrt(variance[i]) * z[i];
    }
    errors = view_rows(N, D, variance);
    const double blurred = fit(rows, NULL, NULL, &m);
    gmm_free(m);
    need(genmod_data_set_noise(rows, errors, NULL), NULL);
    const double sharp = fit(rows, NULL, NULL, &m);
    printf("errors: variance %.2f, taken as they are %.2f\n", sharp, blurred);
    expect(near(sharp, 2, 0.7) && blurred > 3.2, "what lies behind");
    gmm_free(m);
    gmm_free(unit);
    genmod_data_free(errors);
}

/* The means are known: they stay, to the bit, and a prior steadies the rest. */
static void with_knowledge(const genmod_data *rows)
{
    genmod_config *options = NULL;
    gmm_model *m = two_groups();
    double means[2 * D];
    need(gmm_config_new(&options, NULL), NULL);
    need(gmm_get_config(m, options, NULL), NULL);
    need(genmod_config_set_i64(options, GMM_WARM_START, 1, NULL), NULL);
    need(genmod_config_set_str(options, GMM_HOLD_MEANS, "all", NULL), NULL);
    need(genmod_config_set_str(options, GMM_PRIOR, "conjugate", NULL), NULL);
    need(genmod_config_set_f64(options, GMM_SHRINKAGE, 0.01, NULL), NULL);
    need(gmm_configure(m, options, NULL), NULL);
    need(gmm_fit(m, rows, NULL, NULL, NULL), NULL);
    need(gmm_get_params(m, GMM_MEANS, 2 * D, means, NULL, NULL), NULL);
    expect(means[0] == -4 && means[3] == -2, "held");
    printf("held means: objective %.3f nats a row\n",
           report_number(m, GMM_REPORT_OBJECTIVE));
    gmm_free(m);
    genmod_config_free(options);
}

int main(void)
{
    double x[N * D];
    gmm_model *truth = two_groups();
    draw_rows(truth, 5, N, x);
    genmod_data *rows = view_rows(N, D, x);
    with_gaps(rows, x);
    with_strays(rows, x);
    with_knowledge(rows);
    with_errors(rows, x);
    genmod_data_free(rows);
    gmm_free(truth);
    return 0;
}
