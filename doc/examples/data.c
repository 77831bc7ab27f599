/* Views of rows that lie in memory in other ways than dense doubles. The five
 * views below show the same four points, so a model finds them equally likely.
 * Then a table of mixed columns with a gap.
 */
#include "example.h"

#include <math.h>
#include <string.h>

static gmm_model *known(void)
{
    const double weights[] = {0.3, 0.7}, means[] = {0, 1, 2, -1};
    const double variances[] = {1.0, 0.5, 2.0, 0.25};
    genmod_config *options = NULL;
    gmm_model *model = NULL;
    need(gmm_config_new(&options, NULL), NULL);
    need(genmod_config_set_i64(options, GMM_COMPONENTS, 2, NULL), NULL);
    need(genmod_config_set_str(options, GMM_COVARIANCE, "diagonal", NULL),
         NULL);
    need(gmm_new(options, &model, NULL), NULL);
    need(gmm_set_params(model, 2, 2, weights, means, 4, variances, NULL), NULL);
    genmod_config_free(options);
    return model;
}

static double mean(const gmm_model *m, const genmod_data *x)
{
    double v = 0;
    need(gmm_log_likelihood(m, x, &v, NULL), NULL);
    return v;
}

/* What each column holds is said beside the rows, and checked at once. */
static void describe_table(const gmm_model *m)
{
    const double table[] = {36.6, 1200, 2, 1, 0, 38.1, NAN, 0, 0, 2};
    const int32_t kinds[] = {GENMOD_REAL, GENMOD_POSITIVE, GENMOD_COUNT,
                             GENMOD_BINARY, GENMOD_CATEGORICAL};
    const int32_t levels[] = {0, 0, 0, 0, 3}, few[] = {0, 0, 0, 0, 1};
    genmod_workspace *w = NULL;
    genmod_data *x = NULL;
    double v;
    need(genmod_workspace_new(NULL, &w), NULL);
    need(genmod_data_new(&x, w), w);
    need(genmod_data_set_rows(x, GENMOD_F64, 2, 5, table, 0, 0, w), w);
    need(genmod_data_set_schema(x, 5, kinds, levels, w), w);
    need(genmod_data_set_missing(x, 1, w), w);

    expect(genmod_data_set_schema(x, 5, kinds, few, w) == GENMOD_BAD_ARGUMENT &&
               strstr(genmod_workspace_error(w), "column 4"),
           "one category is none, and the text names its column");
    need(genmod_data_set_rows(x, GENMOD_F64, 1, 2, table + 5, 0, 0, w), w);
    need(gmm_log_likelihood(m, x, &v, w), w);
    expect(isfinite(v), "a row with a missing cell is weighed by the others");
    need(genmod_data_set_missing(x, 0, w), w);
    expect(gmm_log_likelihood(m, x, &v, w) == GENMOD_NON_FINITE &&
               strstr(genmod_workspace_error(w), "column 1"),
           "a cell that may not be missing is named");
    genmod_data_free(x);
    genmod_workspace_free(w);
}

int main(void)
{
    const double dense[] = {0.0, 0.2, 1.0, 0.4, 0.4, 0.6, 0.8, 1.0};
    const float narrow[] = {0.0f, 0.2f, 1.0f, 0.4f, 0.4f, 0.6f, 0.8f, 1.0f};
    const double columns[] = {0.0, 1.0, 0.4, 0.8, 0.2, 0.4, 0.6, 1.0};
    const double wide[] = {0.0, 0.2, 9, 1.0, 0.4, 9, 0.4, 0.6, 9, 0.8, 1.0, 9};
    const uint8_t bytes[] = {0, 1, 5, 2, 2, 3, 4, 5};

    gmm_model *model = known();
    genmod_data *x = NULL;
    need(genmod_data_new(&x, NULL), NULL);
    need(genmod_data_set_rows(x, GENMOD_F64, 4, 2, dense, 0, 0, NULL), NULL);
    const double right = mean(model, x);

    need(genmod_data_set_rows(x, GENMOD_F32, 4, 2, narrow, 0, 0, NULL), NULL);
    expect(near(mean(model, x), right, 1e-6), "rows of float");
    need(genmod_data_set_rows(x, GENMOD_F64, 4, 2, columns, 1, 4, NULL), NULL);
    expect(mean(model, x) == right, "column-major rows");
    need(genmod_data_set_rows(x, GENMOD_F64, 4, 2, wide, 3, 1, NULL), NULL);
    expect(mean(model, x) == right, "two columns of a wider table");
    need(genmod_data_set_rows(x, GENMOD_U8, 4, 2, bytes, 0, 0, NULL), NULL);
    need(genmod_data_set_scale(x, 0.2, 0, NULL), NULL);
    expect(near(mean(model, x), right, 1e-6), "bytes, a fifth each");

    /* Weights count rows: here only the first and the last, the last thrice. */
    const double once[] = {0.0, 0.2, 0.8, 1.0, 0.8, 1.0, 0.8, 1.0};
    const double twice[] = {0.0, 0.2, 0.8, 1.0}, weights[] = {1, 3};
    need(genmod_data_set_scale(x, 1, 0, NULL), NULL);
    need(genmod_data_set_rows(x, GENMOD_F64, 4, 2, once, 0, 0, NULL), NULL);
    const double repeated = mean(model, x);
    need(genmod_data_set_rows(x, GENMOD_F64, 2, 2, twice, 0, 0, NULL), NULL);
    need(genmod_data_set_weights(x, 2, weights, NULL), NULL);
    expect(near(mean(model, x), repeated, 1e-14),
           "a weight of 3 is three rows");

    describe_table(model);
    genmod_data_free(x);
    gmm_free(model);
    return 0;
}
