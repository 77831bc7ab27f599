/* Loads any bytes. What loads must save to something that loads and saves to
 * the same bytes, and must encode, unless no float is as far from the file's
 * means as 0 is. */
#include "fuzz/seal.h"
#include "genmod/ae.h"

#include <stdlib.h>

size_t LLVMFuzzerCustomMutator(uint8_t *bytes, size_t n, size_t cap,
                               unsigned seed)
{
    return seal_mutate(bytes, n, cap, seed);
}

static void expect(int holds)
{
    if (!holds)
        abort();
}

static uint8_t *save(const ae_model *m, size_t *n)
{
    expect(ae_save(m, 0, NULL, n, NULL) == GENMOD_TOO_SMALL);
    uint8_t *const out = malloc(*n);
    expect(out && ae_save(m, *n, out, NULL, NULL) == 0);
    return out;
}

static void check_fixed_point(const ae_model *m, ae_model *other)
{
    size_t n, again;
    uint8_t *const bytes = save(m, &n);
    expect(ae_load(other, n, bytes, NULL) == 0);
    uint8_t *const same = save(other, &again);
    expect(again == n && memcmp(bytes, same, n) == 0);
    free(bytes);
    free(same);
}

static void check_codes(const ae_model *m)
{
    const size_t d = ae_dimension(m), z = ae_code_size(m);
    double *const x = calloc(d, sizeof *x), *const out = calloc(z, sizeof *x);
    genmod_data *v = NULL;
    expect(x && out && genmod_data_new(&v, NULL) == 0);
    expect(genmod_data_set_rows(v, GENMOD_F64, 1, d, x, 0, 0, NULL) == 0);
    const int32_t status =
        ae_encode(m, v, GENMOD_F64, z * sizeof *out, out, NULL);
    expect(status == 0 || status == GENMOD_NON_FINITE);
    genmod_data_free(v);
    free(out);
    free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    ae_model *m = NULL, *other = NULL;
    expect(ae_new(NULL, &m, NULL) == 0 && ae_new(NULL, &other, NULL) == 0);
    if (ae_load(m, n, bytes, NULL) == 0) {
        check_fixed_point(m, other);
        check_codes(m);
    } else {
        expect(ae_dimension(m) == 0);
    }
    ae_free(m);
    ae_free(other);
    return 0;
}
