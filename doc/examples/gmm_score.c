/* Use a fitted mixture: which component, how sure, how strange, how many
 * components are worth it. */
#include <math.h>

#include "example.h"

#define N 240

/* Two clouds; and a last row far from both. */
static void make(double *x)
{
    for (int i = 0; i < N; i++) {
        x[2 * i] = sin(12.9898 * i) + (i % 2 ? 4.5 : 0);
        x[2 * i + 1] = cos(78.233 * i) * 0.7 + (i % 2 ? 1.5 : 0);
    }
}

static void check_rows(const gmm_model *model, const genmod_data *rows)
{
    static double density[N];
    static float r[N * 2];
    static int32_t component[N];
    double mean = 0, sum = 0;
    need(gmm_responsibilities(model, rows, GENMOD_F32, sizeof r, r, NULL),
         NULL);
    need(gmm_predict(model, rows, sizeof component, component, NULL), NULL);
    need(gmm_log_density(model, rows, sizeof density, density, NULL), NULL);
    need(gmm_log_likelihood(model, rows, &mean, NULL), NULL);
    for (int i = 0; i < N; i++) {
        expect(near(r[2 * i] + r[2 * i + 1], 1, 1e-6), "shares of a whole");
        expect(r[2 * i + component[i]] >= 0.5f, "the more probable one");
        expect((component[i] == component[0]) == (i % 2 == 0), "its own cloud");
        sum += density[i];
    }
    expect(near(sum / N, mean, 1e-12), "the mean of ln p(x)");

    /* A density tells what is strange: low is far from all that was seen. */
    const double stranger[] = {20, -20};
    double far = 0;
    genmod_data *one = NULL;
    need(genmod_data_new(&one, NULL), NULL);
    need(genmod_data_set_rows(one, GENMOD_F64, 1, 2, stranger, 0, 0, NULL),
         NULL);
    need(gmm_log_density(model, one, sizeof far, &far, NULL), NULL);
    for (int i = 0; i < N; i++)
        expect(far < density[i] - 100, "stranger than every row");
    genmod_data_free(one);
}

int main(void)
{
    static double x[N * 2];
    double bic[5] = {0}, aic[5] = {0}, mean = 0;
    make(x);
    genmod_config *options = NULL;
    genmod_data *rows = NULL;
    need(gmm_config_new(&options, NULL), NULL);
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_F64, N, 2, x, 0, 0, NULL), NULL);
    for (int k = 1; k <= 4; k++) {
        gmm_model *model = NULL;
        need(genmod_config_set_i64(options, GMM_COMPONENTS, k, NULL), NULL);
        need(gmm_new(options, &model, NULL), NULL);
        need(gmm_fit(model, rows, NULL, NULL, NULL), NULL);
        need(gmm_bic(model, rows, &bic[k], NULL), NULL);
        need(gmm_aic(model, rows, &aic[k], NULL), NULL);
        need(gmm_log_likelihood(model, rows, &mean, NULL), NULL);
        const double parameters = 6 * k - 1; /* k - 1 + 2 k + 3 k */
        expect(near(aic[k], 2 * parameters - 2 * N * mean, 1e-9), "AIC");
        expect(near(bic[k], parameters * log(N) - 2 * N * mean, 1e-9), "BIC");
        if (k == 2)
            check_rows(model, rows);
        gmm_free(model);
    }
    expect(bic[2] < bic[1], "two components are better than one");
    genmod_data_free(rows);
    genmod_config_free(options);
    return 0;
}
