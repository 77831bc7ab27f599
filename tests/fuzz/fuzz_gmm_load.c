/* Loads any bytes, as a mixture and, where they speak of that, as sums. What
 * loads must save to something that loads and saves to the same bytes; a
 * mixture must give densities, and sums may give an update. */
#include "fuzz/fuzz.h"
#include "fuzz/sums.h"

static uint8_t *save(const gmm_model *m, size_t *n)
{
    genmod_workspace *const w = workspace();
    expect(gmm_save(m, 0, NULL, n, w) == GENMOD_TOO_SMALL);
    uint8_t *const out = malloc(*n);
    expect(out && gmm_save(m, *n, out, NULL, w) == 0);
    return out;
}

static void check_fixed_point(const gmm_model *m, gmm_model *other)
{
    size_t n, again;
    uint8_t *const bytes = save(m, &n);
    expect(gmm_load(other, n, bytes, workspace()) == 0);
    uint8_t *const same = save(other, &again);
    expect(again == n && memcmp(bytes, same, n) == 0);
    free(bytes);
    free(same);
}

static void check_density(const gmm_model *m)
{
    genmod_workspace *const w = workspace();
    const size_t d = gmm_dimension(m);
    double *const x = calloc(d, sizeof *x), out;
    genmod_data *v = NULL;
    expect(x && genmod_data_new(&v, w) == 0);
    expect(genmod_data_set_rows(v, GENMOD_F64, 1, d, x, 0, 0, w) == 0);
    expect(gmm_log_density(m, v, sizeof out, &out, w) == 0);
    genmod_data_free(v);
    free(x);
}

static uint8_t *save_sums(const gmm_statistics *s, size_t *n)
{
    genmod_workspace *const w = workspace();
    expect(gmm_statistics_save(s, 0, NULL, n, w) == GENMOD_TOO_SMALL);
    uint8_t *const out = malloc(*n);
    expect(out && gmm_statistics_save(s, *n, out, NULL, w) == 0);
    return out;
}

static void load_sums(const uint8_t *bytes, size_t n)
{
    static gmm_model *m;
    static gmm_statistics *s;
    genmod_workspace *const w = workspace();
    size_t need, again;
    if (!m) {
        m = sums_model();
        expect(m && gmm_statistics_new(m, &s, w) == 0);
    }
    if (gmm_statistics_load(s, n, bytes, w))
        return;
    uint8_t *const saved = save_sums(s, &need);
    expect(gmm_statistics_load(s, need, saved, w) == 0);
    uint8_t *const same = save_sums(s, &again);
    expect(again == need && memcmp(saved, same, need) == 0);
    if (gmm_maximise(m, s, w) == 0) {
        gmm_free(m);
        m = sums_model();
        expect(m != NULL);
    }
    free(saved);
    free(same);
}

static int speaks_of_sums(const uint8_t *bytes, size_t n)
{
    static const char family[] = "\"gmm_statistics\"";
    const size_t length = sizeof family - 1;
    for (size_t i = 0; i + length <= n; i++)
        if (bytes[i] == '"' && memcmp(bytes + i, family, length) == 0)
            return 1;
    return 0;
}

/* A failed load leaves a model as it was, so that one serves until something
 * loads. */
int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    static gmm_model *m, *other;
    genmod_workspace *const w = workspace();
    if (!m)
        expect(gmm_new(NULL, &m, w) == 0 && gmm_new(NULL, &other, w) == 0);
    if (gmm_load(m, n, bytes, w) == 0) {
        check_fixed_point(m, other);
        check_density(m);
        gmm_free(m);
        gmm_free(other);
        m = other = NULL;
    } else {
        expect(gmm_dimension(m) == 0 && *genmod_workspace_error(w));
    }
    if (speaks_of_sums(bytes, n))
        load_sums(bytes, n);
    return 0;
}
