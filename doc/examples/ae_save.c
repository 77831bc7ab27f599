/* A checkpoint goes on bit for bit; a saved model is smaller and encodes the
 * same. */
#include <stdlib.h>
#include <string.h>

#include "example.h"

#define N 300
#define D 5

static void steps(ae_model *m, const genmod_data *x, int n)
{
    for (int i = 0; i < n; i++)
        need(ae_step(m, x, NULL), NULL);
}

static void codes(const ae_model *m, const genmod_data *x, float out[N])
{
    need(ae_encode(m, x, GENMOD_F32, N * sizeof *out, out, NULL), NULL);
}

/* The bytes of a model, by one of the two calls. */
static uint8_t *bytes_of(const ae_model *m, int checkpoint, size_t *n)
{
    *n = 0;
    if (checkpoint) {
        expect(ae_checkpoint(m, 0, NULL, n, NULL) == GENMOD_TOO_SMALL, "size");
        uint8_t *file = memory(*n, 1);
        need(ae_checkpoint(m, *n, file, NULL, NULL), NULL);
        return file;
    }
    expect(ae_save(m, 0, NULL, n, NULL) == GENMOD_TOO_SMALL, "size");
    uint8_t *file = memory(*n, 1);
    need(ae_save(m, *n, file, NULL, NULL), NULL);
    return file;
}

int main(void)
{
    static double x[N][D];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < D; j++)
            x[i][j] = ((i * 7 % 31) * (j + 1) + (i * 13 % 17) * (5 - j)) / 9.0;
    genmod_config *options = NULL;
    genmod_data *rows = NULL;
    ae_model *model = NULL, *other = NULL;
    need(ae_config_new(&options, NULL), NULL);
    need(genmod_config_set_i64(options, AE_CODE, 1, NULL), NULL);
    need(genmod_config_set_i64(options, AE_BATCH_SIZE, 32, NULL), NULL);
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_F64, N, D, x, 0, 0, NULL), NULL);
    need(ae_new(options, &model, NULL), NULL);
    need(ae_new(NULL, &other, NULL), NULL);

    /* An own training loop: a start, then as many updates as one likes. */
    need(ae_start(model, rows, NULL), NULL);
    steps(model, rows, 23);
    size_t n_all = 0, n_some = 0;
    uint8_t *all = bytes_of(model, 1, &n_all);
    uint8_t *some = bytes_of(model, 0, &n_some);
    expect(n_some < n_all, "the optimiser's moments take room");

    float straight[N], resumed[N];
    steps(model, rows, 40);
    codes(model, rows, straight);
    need(ae_load(other, n_all, all, NULL), NULL);
    steps(other, rows, 40);
    codes(other, rows, resumed);
    expect(memcmp(straight, resumed, sizeof straight) == 0, "the same bits");
    double elsewhere = 1;
    need(genmod_report_get(ae_report(other), AE_REPORT_OTHER_KERNELS,
                           &elsewhere),
         NULL);
    expect(elsewhere == 0, "and on the same kernels");

    /* Without an optimiser's state it encodes as well, and may be trained anew
     * from where it stands. */
    need(ae_load(other, n_some, some, NULL), NULL);
    need(ae_copy(model, other, NULL), NULL);
    codes(other, rows, resumed);
    expect(memcmp(straight, resumed, sizeof straight) == 0, "a copy, too");

    some[n_some / 2] ^= 16;
    expect(ae_load(other, n_some, some, NULL) == GENMOD_BAD_BYTES, "damage");

    free(some);
    free(all);
    ae_free(other);
    ae_free(model);
    genmod_data_free(rows);
    genmod_config_free(options);
    return 0;
}
