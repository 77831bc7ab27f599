/* What the M-step may be told: factors in place of whole covariances, a prior,
 * the volume of strays, and parameters that stay. */
#include <math.h>
#include <stdio.h>

#include "mixture.h"

#define N 240
#define D 4

/* One cause behind all columns, each with an error of its own. */
static void invent(double *x)
{
    static const double share[D] = {2, -1, 0.5, 1.5};
    for (size_t i = 0; i < N; i++) {
        const double cause = sin(1.0 + (double)i * 0.7);
        for (size_t c = 0; c < D; c++)
            x[i * D + c] = share[c] * cause +
                           0.25 * sin((double)(i * (c + 2)) * 1.1 + (double)c);
    }
}

struct setting {
    const char *key, *value;
};

/* A model of two components with options, the last of which has no key. */
static gmm_model *model(const struct setting *s)
{
    genmod_config *c = NULL;
    gmm_model *m = NULL;
    need(gmm_config_new(&c, NULL), NULL);
    need(genmod_config_set_i64(c, GMM_COMPONENTS, 2, NULL), NULL);
    for (; s->key; s++)
        need(genmod_config_set_str(c, s->key, s->value, NULL), NULL);
    need(gmm_new(c, &m, NULL), NULL);
    genmod_config_free(c);
    return m;
}

static void factors(const genmod_data *rows)
{
    const struct setting low[] = {
        {GMM_COVARIANCE, "factor"}, {GMM_RANK, "1"}, {NULL, NULL}};
    double w[2 * D], psi[2 * D], s[2 * D * D];
    gmm_model *m = model(low);
    need(gmm_fit(m, rows, NULL, NULL, NULL), NULL);
    need(gmm_get_params(m, GMM_LOADINGS, 2 * D, w, NULL, NULL), NULL);
    need(gmm_get_params(m, GMM_UNIQUENESSES, 2 * D, psi, NULL, NULL), NULL);
    need(gmm_get_params(m, GMM_COVARIANCES, 2 * D * D, s, NULL, NULL), NULL);
    expect(near(s[0], w[0] * w[0] + psi[0], 1e-12) &&
               near(s[1], w[0] * w[1], 1e-12),
           "a covariance is W W^T and the columns' own variances");
    gmm_free(m);
}

/* The spread of the smaller component's first column, under a prior. */
static double spread(const genmod_data *rows, const char *degrees)
{
    const struct setting prior[] = {{GMM_PRIOR, "conjugate"},
                                    {GMM_PRIOR_ROWS, "1"},
                                    {GMM_PRIOR_DOF, degrees},
                                    {GMM_PRIOR_SCALE, "2"},
                                    {NULL, NULL}};
    double s[2 * D * D];
    gmm_model *m = model(prior);
    need(gmm_fit(m, rows, NULL, NULL, NULL), NULL);
    need(gmm_get_params(m, GMM_COVARIANCES, 2 * D * D, s, NULL, NULL), NULL);
    gmm_free(m);
    return fmin(s[0], s[D * D]);
}

static void strays(const genmod_data *rows)
{
    const struct setting noise[] = {
        {GMM_NOISE, "0.05"}, {GMM_NOISE_VOLUME, "500"}, {NULL, NULL}};
    double volume = 0;
    gmm_model *m = model(noise);
    need(gmm_fit(m, rows, NULL, NULL, NULL), NULL);
    need(genmod_report_get(gmm_report(m), GMM_REPORT_NOISE_VOLUME, &volume),
         NULL);
    expect(near(volume, 500, 1e-9), "strays are spread over what was said");
    gmm_free(m);
}

/* Weights and one covariance stay where the known parameters have them. */
static void known(const genmod_data *rows)
{
    const struct setting held[] = {{GMM_WARM_START, "1"},
                                   {GMM_COVARIANCE, "diagonal"},
                                   {GMM_HOLD_WEIGHTS, "all"},
                                   {GMM_HOLD_COVARIANCES, "1"},
                                   {NULL, NULL}};
    const double weights[2] = {0.25, 0.75};
    const double means[2 * D] = {1, -1, 0, 1, -1, 0, 0, -1};
    const double s[2 * D] = {1, 1, 1, 1, 2, 2, 2, 2};
    double now[2 * D];
    gmm_model *m = model(held);
    need(gmm_set_params(m, 2, D, weights, means, 2 * D, s, NULL), NULL);
    need(gmm_fit(m, rows, NULL, NULL, NULL), NULL);
    need(gmm_get_params(m, GMM_WEIGHTS, 2, now, NULL, NULL), NULL);
    expect(now[0] == 0.25 && now[1] == 0.75, "the weights are held");
    need(gmm_get_params(m, GMM_COVARIANCES, 2 * D, now, NULL, NULL), NULL);
    expect(now[D] == 2 && now[0] != 1, "of the covariances the second is");
    gmm_free(m);
}

int main(void)
{
    static double x[N * D];
    genmod_data *rows = NULL;
    invent(x);
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_F64, N, D, x, 0, 0, NULL), NULL);
    factors(rows);
    const double weak = spread(rows, "2"), strong = spread(rows, "500");
    printf("variance under a prior: weak %.3f, strong %.3f\n", weak, strong);
    expect(fabs(weak - strong) > 0.01, "a prior of more weight moves more");
    strays(rows);
    known(rows);
    genmod_data_free(rows);
    return 0;
}
