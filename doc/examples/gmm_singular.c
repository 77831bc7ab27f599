/* Data that make a covariance singular: a column that never changes. The fit
 * mends and reports it; or says so, if that is asked for. */
#include "example.h"

#define N 80
#define K 2

int main(void)
{
    double x[N * 2];
    for (int i = 0; i < N; i++) {
        x[2 * i] = (i * 19 % 41) / 10.0 + (i % K ? 9.0 : 0);
        x[2 * i + 1] = i % K ? 1.0 : -1.0; /* the same within a component */
    }
    genmod_workspace *w = NULL;
    genmod_config *options = NULL;
    genmod_data *rows = NULL;
    gmm_model *strict = NULL, *kind = NULL;
    need(genmod_workspace_new(NULL, &w), NULL);
    need(gmm_config_new(&options, w), w);
    need(genmod_config_set_i64(options, GMM_COMPONENTS, K, w), w);
    need(genmod_config_set_f64(options, GMM_RIDGE, 0, w), w);
    need(genmod_data_new(&rows, w), w);
    need(genmod_data_set_rows(rows, GENMOD_F64, N, 2, x, 0, 0, w), w);

    need(genmod_config_set_str(options, GMM_ON_SINGULAR, "error", w), w);
    need(gmm_new(options, &strict, w), w);
    expect(gmm_fit(strict, rows, NULL, NULL, w) == GENMOD_BREAKDOWN,
           "a refusal");
    expect(*genmod_workspace_error(w) != '\0', "one line that says why");

    need(genmod_config_set_str(options, GMM_ON_SINGULAR, "repair", w), w);
    need(gmm_new(options, &kind, w), w);
    need(gmm_fit(kind, rows, NULL, NULL, w), w);
    double mends[K], last[K], mean = 0;
    need(genmod_report_series(gmm_report(kind), GMM_REPORT_MENDS, K, mends,
                              NULL),
         w);
    need(genmod_report_series(gmm_report(kind), GMM_REPORT_LAST_MEND, K, last,
                              NULL),
         w);
    expect(mends[0] > 0 && mends[1] > 0, "mends, counted per component");
    expect(last[0] > 0 && last[1] > 0, "and how the last one was done");
    need(gmm_log_likelihood(kind, rows, &mean, w), w);

    gmm_free(kind);
    gmm_free(strict);
    genmod_data_free(rows);
    genmod_config_free(options);
    genmod_workspace_free(w);
    return 0;
}
