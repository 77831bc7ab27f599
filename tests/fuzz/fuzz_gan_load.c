/* Loads any bytes. What loads must draw rows and codes, and either judge a row
 * of zeros or say what it does not like: an infinite distance from the file's
 * means, a label, the one row of a pack. */
#include "fuzz/load.h"
#include "gan/internal.h"

static void use(const void *m, genmod_workspace *w)
{
    const size_t d = gan_dimension(m);
    double *const x = calloc(d, sizeof *x), *const out =
                                                calloc(2 * d, sizeof *x);
    double logit;
    genmod_data *v = NULL;
    expect(x && out && genmod_data_new(&v, w) == 0);
    expect(gan_sample(m, 3, 5, 2, NULL, GENMOD_F64, 2 * d * sizeof *out, out,
                      w) == 0);
    expect(genmod_data_set_rows(v, GENMOD_F64, 1, d, x, 0, 0, w) == 0);
    const int32_t status = gan_discriminate(m, v, sizeof logit, &logit, w);
    expect(status == 0 || status == GENMOD_NON_FINITE ||
           status == GENMOD_BAD_ARGUMENT);
    genmod_data_free(v);
    free(out);
    free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    load_any(&gan_family, sizeof(gan_model), n, bytes, use);
    return 0;
}
