/* A mixture from known parameters: nothing is fitted. Its density against the
 * formula, its draws against its weights. */
#include <math.h>
#include <stdlib.h>

#include "example.h"

#define N 20000

/* 0.25 N(x | -1, 0.5^2) + 0.75 N(x | 2, 1.5^2) */
static double formula(double x)
{
    const double root = sqrt(2 * 3.14159265358979323846);
    const double a = (x + 1) / 0.5, b = (x - 2) / 1.5;
    return log(0.25 / (0.5 * root) * exp(-a * a / 2) +
               0.75 / (1.5 * root) * exp(-b * b / 2));
}

static void check_density(const gmm_model *model)
{
    const double x[] = {-3.25, -1, 0.385, 2, 7.5};
    double out[5];
    genmod_data *rows = NULL;
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_F64, 5, 1, x, 0, 0, NULL), NULL);
    need(gmm_log_density(model, rows, sizeof out, out, NULL), NULL);
    for (int i = 0; i < 5; i++)
        expect(near(out[i], formula(x[i]), 1e-12),
               "ln p(x) as the formula has");
    genmod_data_free(rows);
}

static void check_draws(const gmm_model *model)
{
    float *x = memory(N, sizeof *x), one = 0;
    int32_t *component = memory(N, sizeof *component);
    need(gmm_sample(model, 7, 0, N, GENMOD_F32, N * sizeof *x, x, component,
                    NULL),
         NULL);
    int second = 0;
    for (int i = 0; i < N; i++)
        second += component[i];
    /* Four standard errors of a share: 4 sqrt(0.25 * 0.75 / N). */
    expect(near((double)second / N, 0.75, 4 * sqrt(0.1875 / N)),
           "three of four draws from the second component");

    /* Random access: draw number 12345 alone. */
    need(gmm_sample(model, 7, 12345, 1, GENMOD_F32, sizeof one, &one, NULL,
                    NULL),
         NULL);
    expect(one == x[12345], "the same draw");
    free(component);
    free(x);
}

int main(void)
{
    const double weights[] = {0.25, 0.75}, means[] = {-1, 2};
    const double variances[] = {0.25, 2.25};
    genmod_config *options = NULL;
    gmm_model *model = NULL;
    need(gmm_config_new(&options, NULL), NULL);
    need(genmod_config_set_i64(options, GMM_COMPONENTS, 2, NULL), NULL);
    need(gmm_new(options, &model, NULL), NULL);
    expect(gmm_dimension(model) == 0, "no columns before there are parameters");
    need(gmm_set_params(model, 2, 1, weights, means, 2, variances, NULL), NULL);
    expect(gmm_components(model) == 2 && gmm_dimension(model) == 1, "sizes");

    double u[2];
    need(gmm_get_params(model, GMM_PRECISIONS_CHOLESKY, 2, u, NULL, NULL),
         NULL);
    expect(near(u[0], 1 / 0.5, 1e-14) && near(u[1], 1 / 1.5, 1e-14),
           "in one dimension: one over the standard deviation");
    check_density(model);
    check_draws(model);
    gmm_free(model);
    genmod_config_free(options);
    return 0;
}
