/* End a fit from outside: a signal handler, another thread, a button. Here the
 * progress callback presses the button. */
#include "example.h"

/* What the callback and main() share. */
struct patience {
    genmod_workspace *w;
    int calls, limit;
};

static int32_t watch(const genmod_report *report, void *user)
{
    struct patience *p = user;
    double iterations = 0;
    need(genmod_report_get(report, GMM_REPORT_ITERATIONS, &iterations), NULL);
    if (iterations >= p->limit)
        genmod_workspace_cancel(p->w);
    p->calls++;
    return 0; /* a positive value would stop too, and count as success */
}

int main(void)
{
    double x[400];
    for (int i = 0; i < 400; i++)
        x[i] = i % 7 + 3.7 * (i % 2);

    genmod_workspace *w = NULL;
    genmod_config *options = NULL;
    genmod_data *data = NULL;
    gmm_model *model = NULL;
    need(genmod_workspace_new(NULL, &w), NULL);
    need(gmm_config_new(&options, w), w);
    need(genmod_config_set_i64(options, GMM_COMPONENTS, 4, w), w);
    need(genmod_config_set_f64(options, GMM_TOLERANCE, 0, w), w);
    need(genmod_config_set_f64(options, GMM_RELATIVE_TOLERANCE, 0, w), w);
    need(genmod_config_set_i64(options, GMM_MAX_ITERATIONS, 1000, w), w);
    need(genmod_data_new(&data, w), w);
    need(genmod_data_set_rows(data, GENMOD_F64, 200, 2, x, 0, 0, w), w);
    need(gmm_new(options, &model, w), w);

    struct patience p = {w, 0, 3};
    expect(gmm_fit(model, data, watch, &p, w) == GENMOD_CANCELLED,
           "a fit that says it was cancelled");
    expect(p.calls > 0, "a callback that was called");

    /* The model stands at its last complete iteration, ready for use. */
    double done = 0, mean = 0;
    need(genmod_report_get(gmm_report(model), GMM_REPORT_ITERATIONS, &done), w);
    expect(done >= 3 && done < 1000, "the iterations that were completed");
    need(gmm_log_likelihood(model, data, &mean, w), w);

    gmm_free(model);
    genmod_data_free(data);
    genmod_config_free(options);
    genmod_workspace_free(w);
    return 0;
}
