/* A checkpoint goes on bit for bit; a saved model is smaller and encodes the
 * same. Weights by name. */
#include <stdlib.h>
#include <string.h>

#include "example.h"

#define N 300
#define D 5
#define Z 2

static void steps(vae_model *m, const genmod_data *x, int n)
{
    for (int i = 0; i < n; i++)
        need(vae_step(m, x, NULL), NULL);
}

static void codes(const vae_model *m, const genmod_data *x, float out[N][Z])
{
    need(vae_encode(m, x, GENMOD_F32, N * sizeof *out, out, NULL, NULL), NULL);
}

/* The bytes of a model, by one of the two calls. */
static uint8_t *bytes_of(const vae_model *m, int checkpoint, size_t *n)
{
    *n = 0;
    if (checkpoint) {
        expect(vae_checkpoint(m, 0, NULL, n, NULL) == GENMOD_TOO_SMALL, "size");
        uint8_t *file = memory(*n, 1);
        need(vae_checkpoint(m, *n, file, NULL, NULL), NULL);
        return file;
    }
    expect(vae_save(m, 0, NULL, n, NULL) == GENMOD_TOO_SMALL, "size");
    uint8_t *file = memory(*n, 1);
    need(vae_save(m, *n, file, NULL, NULL), NULL);
    return file;
}

/* Each array has a name; together they are all parameters. */
static void change_weights(vae_model *m)
{
    double all = 0, count = 0;
    const char *name;
    for (size_t i = 0; (name = vae_params_key(m, i)); i++) {
        size_t n = 0;
        expect(vae_get_params(m, name, 0, NULL, &n, NULL) == GENMOD_TOO_SMALL,
               "a size");
        double *v = memory(n, sizeof *v);
        need(vae_get_params(m, name, n, v, NULL, NULL), NULL);
        v[0] += 0.25;
        need(vae_set_params(m, name, n, v, NULL), NULL);
        free(v);
        all += (double)n;
    }
    need(genmod_report_get(vae_report(m), VAE_REPORT_PARAMETERS, &count), NULL);
    expect(all == count, "all parameters have a name");
}

int main(void)
{
    static double x[N][D];
    static float straight[N][Z], resumed[N][Z];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < D; j++)
            x[i][j] = ((i * 7 % 31) * (j + 1) + (i * 13 % 17) * (5 - j)) / 9.0;
    genmod_config *options = NULL;
    genmod_data *rows = NULL;
    vae_model *model = NULL, *other = NULL;
    need(vae_config_new(&options, NULL), NULL);
    need(genmod_config_set_i64(options, VAE_CODE, Z, NULL), NULL);
    need(genmod_config_set_i64(options, VAE_BATCH_SIZE, 32, NULL), NULL);
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_F64, N, D, x, 0, 0, NULL), NULL);
    need(vae_new(options, &model, NULL), NULL);
    need(vae_new(NULL, &other, NULL), NULL);

    /* An own training loop: a start, then as many updates as one likes. */
    need(vae_start(model, rows, NULL), NULL);
    steps(model, rows, 23);
    size_t n_all = 0, n_some = 0;
    uint8_t *all = bytes_of(model, 1, &n_all);
    uint8_t *some = bytes_of(model, 0, &n_some);
    expect(n_some < n_all, "the optimiser's moments take room");

    steps(model, rows, 40);
    codes(model, rows, straight);
    need(vae_load(other, n_all, all, NULL), NULL);
    steps(other, rows, 40);
    codes(other, rows, resumed);
    expect(memcmp(straight, resumed, sizeof straight) == 0, "the same bits");
    double elsewhere = 1;
    need(genmod_report_get(vae_report(other), VAE_REPORT_OTHER_KERNELS,
                           &elsewhere),
         NULL);
    expect(elsewhere == 0, "and on the same kernels");

    /* Without an optimiser's state it encodes as well, and may be trained anew
     * from where it stands. */
    need(vae_load(other, n_some, some, NULL), NULL);
    need(vae_copy(model, other, NULL), NULL);
    codes(other, rows, resumed);
    expect(memcmp(straight, resumed, sizeof straight) == 0, "a copy, too");
    change_weights(other);
    codes(other, rows, resumed);
    expect(memcmp(straight, resumed, sizeof straight) != 0, "other weights");

    some[n_some / 2] ^= 16;
    expect(vae_load(other, n_some, some, NULL) == GENMOD_BAD_BYTES, "damage");

    free(some);
    free(all);
    vae_free(other);
    vae_free(model);
    genmod_data_free(rows);
    genmod_config_free(options);
    return 0;
}
