/* Save to memory, load, go on training: the same bits as without a stop. */
#include <stdlib.h>
#include <string.h>

#include "example.h"

#define N 400

static void steps(gmm_model *m, const genmod_data *x, int n)
{
    for (int i = 0; i < n; i++)
        need(gmm_step(m, x, NULL), NULL);
}

static void params(const gmm_model *m, double out[4])
{
    need(gmm_get_params(m, GMM_COVARIANCES, 4, out, NULL, NULL), NULL);
}

int main(void)
{
    double x[N], straight[4], resumed[4];
    for (int i = 0; i < N; i++)
        x[i] = (i * 61 % 127) / 16.0 + 3.1 * (i % 4);
    genmod_config *options = NULL;
    genmod_data *rows = NULL;
    gmm_model *model = NULL, *other = NULL, *copy = NULL;
    need(gmm_config_new(&options, NULL), NULL);
    need(genmod_config_set_i64(options, GMM_COMPONENTS, 4, NULL), NULL);
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_F64, N, 1, x, 0, 0, NULL), NULL);
    need(gmm_new(options, &model, NULL), NULL);
    need(gmm_new(NULL, &other, NULL), NULL);
    need(gmm_new(NULL, &copy, NULL), NULL);
    need(gmm_start(model, rows, NULL), NULL);
    steps(model, rows, 3);

    /* Ask for the size, then for the bytes; write them wherever you like. */
    size_t bytes = 0;
    expect(gmm_save(model, 0, NULL, &bytes, NULL) == GENMOD_TOO_SMALL,
           "a size");
    uint8_t *file = memory(bytes, 1);
    need(gmm_save(model, bytes, file, NULL, NULL), NULL);

    need(gmm_copy(model, copy, NULL), NULL); /* the same without bytes */
    need(gmm_load(other, bytes, file, NULL), NULL);
    expect(gmm_components(other) == 4, "the options, too");
    steps(model, rows, 5);
    steps(other, rows, 5);
    steps(copy, rows, 5);
    params(model, straight);
    params(other, resumed);
    expect(memcmp(straight, resumed, sizeof straight) == 0, "the same bits");
    params(copy, resumed);
    expect(memcmp(straight, resumed, sizeof straight) == 0, "the copy's, too");

    /* A damaged file is refused, and the model stays what it was. */
    file[bytes / 2] ^= 4;
    expect(gmm_load(other, bytes, file, NULL) == GENMOD_BAD_BYTES, "damage");
    expect(gmm_dimension(other) == 1, "a model that is still there");

    free(file);
    gmm_free(copy);
    gmm_free(other);
    gmm_free(model);
    genmod_data_free(rows);
    genmod_config_free(options);
    return 0;
}
