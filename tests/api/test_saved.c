/* Models that earlier versions of the library saved, in tests/data/saved: they
 * load, are what they were, and are saved anew as this version does. The
 * numbers were read out of the files by Python. */
#include "support/test.h"

#include "genmod/genmod.h"

#include <stdio.h>

typedef struct saved {
    unsigned char bytes[1 << 13];
    size_t n;
} saved;

static saved read_saved(const char *name)
{
    saved s = {.n = 0};
    char path[4096];
    const char *const folder = getenv("GENMOD_TEST_DATA");
    assert_non_null(folder);
    snprintf(path, sizeof path, "%s/saved/%s.safetensors", folder, name);
    FILE *const f = fopen(path, "rb");
    assert_non_null(f);
    s.n = fread(s.bytes, 1, sizeof s.bytes, f);
    fclose(f);
    assert_true(s.n > 0 && s.n < sizeof s.bytes);
    return s;
}

static void check_mixture(const char *name, const char *covariance)
{
    static const double means[] = {22.655555555555555, 1.2666666666666671,
                                   2.6333333333333329, -7.9199999999999999};
    const saved old = read_saved(name);
    saved now = {.n = 0};
    genmod_config *c = NULL;
    gmm_model *m = NULL;
    double v[4] = {0};
    char text[32];
    assert_ok(gmm_config_new(&c, NULL));
    assert_ok(gmm_new(c, &m, NULL));
    assert_ok(gmm_load(m, old.n, old.bytes, NULL));
    assert_ok(gmm_get_params(m, GMM_WEIGHTS, 4, v, NULL, NULL));
    assert_true(v[0] == 0.5 && v[1] == 0.5);
    assert_ok(gmm_get_params(m, GMM_MEANS, 4, v, NULL, NULL));
    for (size_t i = 0; i < 4; i++)
        assert_true(v[i] == means[i]);
    assert_ok(gmm_get_config(m, c, NULL));
    assert_ok(genmod_config_get_str(c, GMM_COVARIANCE, sizeof text, text, NULL,
                                    NULL));
    assert_string_equal(text, covariance);
    /* of this version, and not to be taken for one of another */
    assert_ok(
        genmod_config_get_str(c, GMM_INFERENCE, sizeof text, text, NULL, NULL));
    assert_string_equal(text, "em");
    assert_ok(gmm_save(m, sizeof now.bytes, now.bytes, &now.n, NULL));
    assert_true(now.n > old.n);
    assert_ok(gmm_load(m, now.n, now.bytes, NULL));
    gmm_free(m);
    genmod_config_free(c);
}

static void mixtures_of_0_1_load(void **state)
{
    (void)state;
    check_mixture("gmm-0.1-full", "full");
    check_mixture("gmm-0.1-diagonal", "diagonal");
}

static void autoencoders_of_0_1_load(void **state)
{
    (void)state;
    const saved old = read_saved("ae-0.1");
    genmod_config *c = NULL;
    ae_model *m = NULL;
    double v[6] = {0};
    assert_ok(ae_config_new(&c, NULL));
    assert_ok(ae_new(c, &m, NULL));
    assert_ok(ae_load(m, old.n, old.bytes, NULL));
    assert_ok(ae_get_params(m, "encoder.0.weight", 6, v, NULL, NULL));
    assert_true(v[0] == 0.96504664421081543 && v[3] == -1.0511671304702759);
    assert_ok(ae_get_params(m, "decoder.0.weight", 3, v, NULL, NULL));
    assert_true(v[0] == 0.17494846880435944 && v[2] == -0.49253919720649719);
    ae_free(m);
    genmod_config_free(c);
}

static void variational_autoencoders_of_0_1_load(void **state)
{
    (void)state;
    const saved old = read_saved("vae-0.1");
    genmod_config *c = NULL;
    vae_model *m = NULL;
    double v[12] = {0};
    assert_ok(vae_config_new(&c, NULL));
    assert_ok(vae_new(c, &m, NULL));
    assert_ok(vae_load(m, old.n, old.bytes, NULL));
    assert_ok(vae_get_params(m, "encoder.0.weight", 12, v, NULL, NULL));
    assert_true(v[0] == 0.76476365327835083 && v[3] == -0.82885569334030151);
    assert_ok(vae_get_params(m, "decoder.0.weight", 6, v, NULL, NULL));
    assert_true(v[0] == 0.15939174592494965 && v[3] == -1.0234119892120361);
    vae_free(m);
    genmod_config_free(c);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mixtures_of_0_1_load),
        cmocka_unit_test(autoencoders_of_0_1_load),
        cmocka_unit_test(variational_autoencoders_of_0_1_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
