/* Loads any bytes. What loads must save to something that loads and saves to
 * the same bytes, and must give densities. */
#include "fuzz/seal.h"
#include "genmod/gmm.h"

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

static uint8_t *save(const gmm_model *m, size_t *n)
{
    expect(gmm_save(m, 0, NULL, n, NULL) == GENMOD_TOO_SMALL);
    uint8_t *const out = malloc(*n);
    expect(out && gmm_save(m, *n, out, NULL, NULL) == 0);
    return out;
}

static void check_fixed_point(const gmm_model *m, gmm_model *other)
{
    size_t n, again;
    uint8_t *const bytes = save(m, &n);
    expect(gmm_load(other, n, bytes, NULL) == 0);
    uint8_t *const same = save(other, &again);
    expect(again == n && memcmp(bytes, same, n) == 0);
    free(bytes);
    free(same);
}

static void check_density(const gmm_model *m)
{
    const size_t d = gmm_dimension(m);
    double *const x = calloc(d, sizeof *x), out;
    genmod_data *v = NULL;
    expect(x && genmod_data_new(&v, NULL) == 0);
    expect(genmod_data_set_rows(v, GENMOD_F64, 1, d, x, 0, 0, NULL) == 0);
    expect(gmm_log_density(m, v, sizeof out, &out, NULL) == 0);
    genmod_data_free(v);
    free(x);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    gmm_model *m = NULL, *other = NULL;
    expect(gmm_new(NULL, &m, NULL) == 0 && gmm_new(NULL, &other, NULL) == 0);
    if (gmm_load(m, n, bytes, NULL) == 0) {
        check_fixed_point(m, other);
        check_density(m);
    } else {
        expect(gmm_dimension(m) == 0);
    }
    gmm_free(m);
    gmm_free(other);
    return 0;
}
