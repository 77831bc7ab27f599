/* Row weights in a fit: the same mixture as from rows that are repeated. */
#include "example.h"

#define N 60

static void fit(const double *x, size_t n, const double *weights, double *out)
{
    genmod_config *options = NULL;
    genmod_data *rows = NULL;
    gmm_model *model = NULL;
    need(gmm_config_new(&options, NULL), NULL);
    need(genmod_config_set_i64(options, GMM_COMPONENTS, 2, NULL), NULL);
    need(genmod_config_set_str(options, GMM_INIT, "labels", NULL), NULL);
    need(genmod_config_set_i64(options, GMM_MAX_ITERATIONS, 15, NULL), NULL);
    need(genmod_config_set_f64(options, GMM_TOLERANCE, 0, NULL), NULL);
    need(genmod_config_set_f64(options, GMM_RELATIVE_TOLERANCE, 0, NULL), NULL);

    int32_t label[2 * N];
    for (size_t i = 0; i < n; i++)
        label[i] = x[i] > 3;
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_F64, n, 1, x, 0, 0, NULL), NULL);
    need(genmod_data_set_labels(rows, n, label, NULL), NULL);
    if (weights)
        need(genmod_data_set_weights(rows, n, weights, NULL), NULL);
    need(gmm_new(options, &model, NULL), NULL);
    need(gmm_fit(model, rows, NULL, NULL, NULL), NULL);
    need(gmm_get_params(model, GMM_WEIGHTS, 2, out, NULL, NULL), NULL);
    need(gmm_get_params(model, GMM_MEANS, 2, out + 2, NULL, NULL), NULL);
    need(gmm_get_params(model, GMM_COVARIANCES, 2, out + 4, NULL, NULL), NULL);
    gmm_free(model);
    genmod_data_free(rows);
    genmod_config_free(options);
}

int main(void)
{
    double x[N], weights[N], repeated[2 * N], a[6], b[6];
    size_t n = 0;
    for (int i = 0; i < N; i++) {
        x[i] = (i * 23 % 47) / 11.0 + (i % 2 ? 2.3 : 0);
        weights[i] = i % 3 == 0 ? 2 : 1;
        for (int j = 0; j < (int)weights[i]; j++)
            repeated[n++] = x[i];
    }
    fit(x, N, weights, a);
    fit(repeated, n, NULL, b);
    for (int i = 0; i < 6; i++)
        expect(near(a[i], b[i], 1e-10), "weight 2 = the row twice");
    return 0;
}
