/* What the fuzzers start from loads: a format that went on without the corpus
 * would leave them at its door. */
#include "fuzz/sums.h"
#include "genmod/ae.h"
#include "genmod/gan.h"
#include "genmod/gmm_learn.h"
#include "genmod/vae.h"
#include "support/test.h"

#include <stdio.h>

#define MOST 65536

typedef struct seed {
    unsigned char bytes[MOST];
    size_t n;
} seed;

static const seed *read_seed(const char *family, const char *name)
{
    static seed s;
    char path[1024];
    snprintf(path, sizeof path, "%s/../fuzz/corpus/%s/%s.safetensors",
             getenv("GENMOD_TEST_DATA"), family, name);
    FILE *const f = fopen(path, "rb");
    assert_non_null(f);
    s.n = fread(s.bytes, 1, MOST, f);
    assert_in_range(s.n, 1, MOST - 1);
    assert_int_equal(fclose(f), 0);
    return &s;
}

static void mixtures_and_sums_load(void **state)
{
    static const char *const names[] = {"full",      "tied",   "diagonal",
                                        "spherical", "factor", "variational"};
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const seed *const s = read_seed("gmm", names[i]);
        gmm_model *m = NULL;
        assert_ok(gmm_new(NULL, &m, NULL));
        assert_ok(gmm_load(m, s->n, s->bytes, NULL));
        gmm_free(m);
    }
    const seed *const s = read_seed("gmm", "sums");
    gmm_model *const m = sums_model();
    gmm_statistics *sums = NULL;
    assert_ok(gmm_statistics_new(m, &sums, NULL));
    assert_ok(gmm_statistics_load(sums, s->n, s->bytes, NULL));
    gmm_statistics_free(sums);
    gmm_free(m);
}

static void autoencoders_load(void **state)
{
    static const char *const names[] = {"saved", "norm", "checkpoint"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const seed *const s = read_seed("ae", names[i]);
        ae_model *m = NULL;
        assert_ok(ae_new(NULL, &m, NULL));
        assert_ok(ae_load(m, s->n, s->bytes, NULL));
        ae_free(m);
    }
}

static void variational_ones_load(void **state)
{
    static const char *const names[] = {"saved", "vamp", "checkpoint"};
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        const seed *const s = read_seed("vae", names[i]);
        vae_model *m = NULL;
        assert_ok(vae_new(NULL, &m, NULL));
        assert_ok(vae_load(m, s->n, s->bytes, NULL));
        vae_free(m);
    }
}

/* "older" is of version 0.2.0. */
static void adversarial_networks_load(void **state)
{
    static const char *const names[] = {"saved", "table", "checkpoint",
                                        "older"};
    (void)state;
    for (size_t i = 0; i < 4; i++) {
        const seed *const s = read_seed("gan", names[i]);
        gan_model *m = NULL;
        assert_ok(gan_new(NULL, &m, NULL));
        assert_ok(gan_load(m, s->n, s->bytes, NULL));
        gan_free(m);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mixtures_and_sums_load),
        cmocka_unit_test(autoencoders_load),
        cmocka_unit_test(variational_ones_load),
        cmocka_unit_test(adversarial_networks_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
