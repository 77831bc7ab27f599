/* Loads any bytes. What loads must encode, unless no float is as far from the
 * file's means as 0 is. */
#include "ae/internal.h"
#include "fuzz/load.h"

static void use(const void *m, genmod_workspace *w)
{
    const size_t d = ae_dimension(m), z = ae_code_size(m);
    double *const x = calloc(d, sizeof *x), *const out = calloc(z, sizeof *x);
    genmod_data *v = NULL;
    expect(x && out && genmod_data_new(&v, w) == 0);
    expect(genmod_data_set_rows(v, GENMOD_F64, 1, d, x, 0, 0, w) == 0);
    const int32_t status = ae_encode(m, v, GENMOD_F64, z * sizeof *out, out, w);
    expect(status == 0 || status == GENMOD_NON_FINITE);
    genmod_data_free(v);
    free(out);
    free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    load_any(&ae_family, sizeof(ae_model), n, bytes, use);
    return 0;
}
