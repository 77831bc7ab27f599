/* Loads any bytes. What loads must draw rows, and either score a row of zeros
 * or say what it does not like: an infinite distance from the file's means, a
 * positive column, a label. */
#include "fuzz/load.h"
#include "vae/internal.h"

static void use(const void *m, genmod_workspace *w)
{
    const size_t d = vae_dimension(m);
    double *const x = calloc(d, sizeof *x), *const out =
                                                calloc(2 * d, sizeof *x);
    double elbo, parts[2];
    genmod_data *v = NULL;
    expect(x && out && genmod_data_new(&v, w) == 0);
    expect(vae_sample(m, 3, 5, 2, GENMOD_DRAW, NULL, GENMOD_F64,
                      2 * d * sizeof *out, out, w) == 0);
    expect(genmod_data_set_rows(v, GENMOD_F64, 1, d, x, 0, 0, w) == 0);
    const int32_t status =
        vae_elbo(m, v, 3, 2, sizeof elbo, &elbo, parts, parts + 1, w);
    expect(status == 0 || status == GENMOD_NON_FINITE ||
           status == GENMOD_BAD_ARGUMENT);
    genmod_data_free(v);
    free(out);
    free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    load_any(&vae_family, sizeof(vae_model), n, bytes, use);
    return 0;
}
