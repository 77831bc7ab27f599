/* When a fit ends, and how to go on from where it ended. */
#include "example.h"

#define N 500

static double number(const gmm_model *m, const char *key)
{
    double v = 0;
    need(genmod_report_get(gmm_report(m), key, &v), NULL);
    return v;
}

int main(void)
{
    double x[N];
    for (int i = 0; i < N; i++)
        x[i] = (i * 271 % 499) / 100.0 + (i % 5 ? 0 : 3.3);
    genmod_config *options = NULL;
    genmod_data *rows = NULL;
    gmm_model *model = NULL;
    need(gmm_config_new(&options, NULL), NULL);
    need(genmod_config_set_i64(options, GMM_COMPONENTS, 2, NULL), NULL);
    need(genmod_config_set_i64(options, GMM_MAX_ITERATIONS, 4, NULL), NULL);
    need(genmod_config_set_f64(options, GMM_TOLERANCE, 1e-10, NULL), NULL);
    need(genmod_config_set_f64(options, GMM_RELATIVE_TOLERANCE, 0, NULL), NULL);
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_F64, N, 1, x, 0, 0, NULL), NULL);
    need(gmm_new(options, &model, NULL), NULL);

    /* Too few iterations: no error, but the report says so. */
    need(gmm_fit(model, rows, NULL, NULL, NULL), NULL);
    expect(number(model, GMM_REPORT_ITERATIONS) == 4, "all four iterations");
    expect(number(model, GMM_REPORT_CONVERGED) == 0, "not converged");
    const double before = number(model, GMM_REPORT_LOG_LIKELIHOOD);

    /* Training options may change between calls, structure may not. */
    need(gmm_get_config(model, options, NULL), NULL);
    need(genmod_config_set_i64(options, GMM_MAX_ITERATIONS, 100000, NULL),
         NULL);
    need(genmod_config_set_i64(options, GMM_WARM_START, 1, NULL), NULL);
    need(gmm_configure(model, options, NULL), NULL);
    need(gmm_fit(model, rows, NULL, NULL, NULL), NULL);
    expect(number(model, GMM_REPORT_CONVERGED) == 1, "converged now");
    expect(number(model, GMM_REPORT_LOG_LIKELIHOOD) > before, "and better");

    need(genmod_config_set_i64(options, GMM_COMPONENTS, 3, NULL), NULL);
    expect(gmm_configure(model, options, NULL) == GENMOD_BAD_ARGUMENT,
           "a model keeps its number of components");

    gmm_free(model);
    genmod_data_free(rows);
    genmod_config_free(options);
    return 0;
}
