/* Threads: the library's own pool, or the host's. The bits do not change. */
#include <stdlib.h>
#include <string.h>

#include "example.h"

#define N 4000
#define D 3
#define K 5

/* A host with a pool would hand the tasks out to it; the order is free. */
static int32_t host_loop(size_t n, genmod_task task, void *arg, void *user)
{
    *(size_t *)user += n;
    int32_t status = 0;
    for (size_t i = n; i-- > 0;) {
        const int32_t s = task(i, arg);
        status = status ? status : s;
    }
    return status;
}

static void fit(genmod_context *c, const double *x, double *means)
{
    genmod_workspace *w = NULL;
    genmod_config *options = NULL;
    genmod_data *data = NULL;
    gmm_model *model = NULL;
    need(genmod_workspace_new(c, &w), NULL);
    need(gmm_config_new(&options, w), w);
    need(genmod_config_set_i64(options, GMM_COMPONENTS, K, w), w);
    need(genmod_data_new(&data, w), w);
    need(genmod_data_set_rows(data, GENMOD_F64, N, D, x, 0, 0, w), w);
    need(gmm_new(options, &model, w), w);
    need(gmm_fit(model, data, NULL, NULL, w), w);
    need(gmm_get_params(model, GMM_MEANS, K * D, means, NULL, w), w);
    gmm_free(model);
    genmod_data_free(data);
    genmod_config_free(options);
    genmod_workspace_free(w);
}

int main(void)
{
    double *x = memory(N * D, sizeof *x);
    for (int i = 0; i < N * D; i++)
        x[i] = (i * 7919 % 1009) / 100.0 + 5 * (i / D % K);

    double alone[K * D], pool[K * D], host[K * D];
    fit(NULL, x, alone);

    genmod_context *c = NULL;
    need(genmod_context_new(NULL, NULL, NULL, &c), NULL);
    need(genmod_context_set_threads(c, 3), NULL);
    fit(c, x, pool);
    genmod_context_free(c);

    size_t tasks = 0;
    need(genmod_context_new(NULL, NULL, NULL, &c), NULL);
    need(genmod_context_set_parallel_for(c, 4, host_loop, &tasks), NULL);
    fit(c, x, host);
    genmod_context_free(c);

    expect(tasks > 0, "work for the host's loop");
    expect(memcmp(alone, pool, sizeof alone) == 0, "one thread = three");
    expect(memcmp(alone, host, sizeof alone) == 0, "one thread = the host's");
    free(x);
    return 0;
}
