/* Rows that do not lie in memory: a callback makes them (or reads a file, or a
 * socket) as the fit asks for them. The result is the same to the bit. */
#include <stdlib.h>
#include <string.h>

#include "example.h"

#define N 3000
#define D 2
#define K 3

static void make_row(int64_t i, double *row)
{
    row[0] = (double)(i * 7919 % 2003) / 500 + 6.0 * (double)(i % K);
    row[1] = (double)(i * 104729 % 997) / 250 - 3.0 * (double)(i % K);
}

static int32_t read_rows(size_t n, const int64_t *rows, void *x,
                         double *weights, int32_t *labels, void *user)
{
    double *out = x;
    for (size_t i = 0; i < n; i++)
        make_row(rows[i], out + i * D);
    (void)weights; /* ones already */
    (void)labels;  /* -1 already */
    *(size_t *)user += n;
    return 0;
}

static void fit(const genmod_data *rows, double *means)
{
    genmod_config *options = NULL;
    gmm_model *model = NULL;
    need(gmm_config_new(&options, NULL), NULL);
    need(genmod_config_set_i64(options, GMM_COMPONENTS, K, NULL), NULL);
    need(gmm_new(options, &model, NULL), NULL);
    need(gmm_fit(model, rows, NULL, NULL, NULL), NULL);
    need(gmm_get_params(model, GMM_MEANS, K * D, means, NULL, NULL), NULL);
    gmm_free(model);
    genmod_config_free(options);
}

int main(void)
{
    double *x = memory(N * D, sizeof *x), streamed[K * D], held[K * D];
    for (int64_t i = 0; i < N; i++)
        make_row(i, x + i * D);

    size_t seen = 0;
    genmod_data *rows = NULL;
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_source(rows, GENMOD_F64, N, D, read_rows, &seen, NULL),
         NULL);
    fit(rows, streamed);
    expect(seen >= N, "rows that went through the callback");

    need(genmod_data_set_rows(rows, GENMOD_F64, N, D, x, 0, 0, NULL), NULL);
    fit(rows, held);
    expect(memcmp(streamed, held, sizeof held) == 0, "the same bits");
    genmod_data_free(rows);
    free(x);
    return 0;
}
