/* Ways to start EM: k-means++ from several seeds, rows drawn at random, labels
 * that are known for some rows, responsibilities; and a loop of one's own. */
#include <string.h>

#include "example.h"

#define N 150
#define K 3

/* Three lines of points, 10 apart. */
static void make(double *x, int32_t *label)
{
    for (int i = 0; i < N; i++) {
        x[2 * i] = 10.0 * (i % K) + (i * 29 % 17) / 8.0;
        x[2 * i + 1] = (i * 13 % 31) / 10.0 - 2.5 * (i % K);
        label[i] = i < N / 2 ? i % K : -1; /* unknown for the second half */
    }
}

static double fitted(const genmod_config *options, const genmod_data *x)
{
    gmm_model *model = NULL;
    double mean = 0;
    need(gmm_new(options, &model, NULL), NULL);
    need(gmm_fit(model, x, NULL, NULL, NULL), NULL);
    need(genmod_report_get(gmm_report(model), GMM_REPORT_LOG_LIKELIHOOD, &mean),
         NULL);
    gmm_free(model);
    return mean;
}

/* gmm_fit() is no more than this, with several starts and the tolerance. */
static double own_loop(const genmod_config *options, const genmod_data *x,
                       const double *responsibilities)
{
    gmm_model *model = NULL;
    double mean = 0;
    need(gmm_new(options, &model, NULL), NULL);
    if (responsibilities)
        need(gmm_start_responsibilities(model, x, N * K * sizeof(double),
                                        responsibilities, NULL),
             NULL);
    else
        need(gmm_start(model, x, NULL), NULL);
    for (int i = 0; i < 60; i++)
        need(gmm_step(model, x, NULL), NULL);
    need(gmm_log_likelihood(model, x, &mean, NULL), NULL);
    gmm_free(model);
    return mean;
}

int main(void)
{
    static double x[N * 2], r[N * K];
    static int32_t label[N];
    make(x, label);
    for (int i = 0; i < N * K; i++)
        r[i] = i % K == i / K % K ? 0.8 : 0.1;

    genmod_data *rows = NULL;
    genmod_config *options = NULL;
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_F64, N, 2, x, 0, 0, NULL), NULL);
    need(genmod_data_set_labels(rows, N, label, NULL), NULL);
    need(gmm_config_new(&options, NULL), NULL);
    need(genmod_config_set_i64(options, GMM_COMPONENTS, K, NULL), NULL);
    need(genmod_config_set_f64(options, GMM_TOLERANCE, 1e-12, NULL), NULL);
    need(genmod_config_set_i64(options, GMM_SEED, 5, NULL), NULL);
    need(genmod_config_set_i64(options, GMM_STARTS, 8, NULL), NULL);
    need(genmod_config_set_i64(options, GMM_INIT_ITERATIONS, 4, NULL), NULL);
    need(genmod_config_set_i64(options, GMM_INIT_ROWS, 100, NULL), NULL);

    static const char *const init[] = {"k-means", "k-means++", "random",
                                       "labels"};
    double best[4];
    for (int i = 0; i < 4; i++) {
        need(genmod_config_set_str(options, GMM_INIT, init[i], NULL), NULL);
        best[i] = fitted(options, rows);
    }
    /* The clouds lie apart, so that all starts end in the same mixture. */
    for (int i = 1; i < 4; i++)
        expect(near(best[i], best[0], 1e-6), init[i]);
    expect(near(own_loop(options, rows, NULL), best[0], 1e-6), "own loop");
    expect(near(own_loop(options, rows, r), best[0], 1e-6), "responsibilities");

    genmod_config_free(options);
    genmod_data_free(rows);
    return 0;
}
