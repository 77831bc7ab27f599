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

/* The first four numbers of an array that was saved, of fewer all and zeros. */
typedef struct known {
    const char *key;
    double v[4];
} known;

static void check_array(int32_t status, const known *k, const double *v)
{
    assert_ok(status);
    for (size_t i = 0; i < 4; i++)
        if (v[i] != k->v[i])
            fail_msg("%s[%zu] is %.17g, was %.17g", k->key, i, v[i], k->v[i]);
}

static void check_mixture(const char *name, const char *covariance,
                          const char *inference, known means)
{
    const saved old = read_saved(name);
    saved now = {.n = 0};
    genmod_config *c = NULL;
    gmm_model *m = NULL;
    double v[4] = {0};
    char text[32];
    assert_ok(gmm_config_new(&c, NULL));
    assert_ok(gmm_new(c, &m, NULL));
    assert_ok(gmm_load(m, old.n, old.bytes, NULL));
    check_array(gmm_get_params(m, GMM_MEANS, 4, v, NULL, NULL), &means, v);
    assert_ok(gmm_get_config(m, c, NULL));
    assert_ok(genmod_config_get_str(c, GMM_COVARIANCE, sizeof text, text, NULL,
                                    NULL));
    assert_string_equal(text, covariance);
    assert_ok(
        genmod_config_get_str(c, GMM_INFERENCE, sizeof text, text, NULL, NULL));
    assert_string_equal(text, inference);
    assert_ok(gmm_save(m, sizeof now.bytes, now.bytes, &now.n, NULL));
    assert_true(now.n >= old.n);
    assert_ok(gmm_load(m, now.n, now.bytes, NULL));
    gmm_free(m);
    genmod_config_free(c);
}

static const known heaps = {"means",
                            {22.655555555555555, 1.2666666666666671,
                             2.6333333333333329, -7.9199999999999999}};

static void mixtures_of_0_1_load(void **state)
{
    (void)state;
    check_mixture("gmm-0.1-full", "full", "em", heaps);
    check_mixture("gmm-0.1-diagonal", "diagonal", "em", heaps);
}

static void mixtures_of_0_2_load(void **state)
{
    (void)state;
    check_mixture("gmm-0.2-full", "full", "em",
                  (known){"means",
                          {22.655488934054983, 1.2667236586930786,
                           2.633364710995565, -7.920038949232366}});
    check_mixture("gmm-0.2-factor", "factor", "em",
                  (known){"means",
                          {22.655488890644243, 1.2667236654399288,
                           2.6333647150918207, -7.9200389590046445}});
    check_mixture("gmm-0.2-variational", "full", "variational",
                  (known){"means",
                          {22.332616483580303, 1.118494621906493,
                           2.956272406930225, -7.77182795449578}});
}

/* A test of one family: what loads an old file, and two of its arrays. */
#define CHECK_NETWORK(family, name, ...)                                  \
    do {                                                                  \
        static const known arrays[] = {__VA_ARGS__};                      \
        const saved old = read_saved(name);                               \
        genmod_config *c = NULL;                                          \
        family##_model *m = NULL;                                         \
        assert_ok(family##_config_new(&c, NULL));                         \
        assert_ok(family##_new(c, &m, NULL));                             \
        assert_ok(family##_load(m, old.n, old.bytes, NULL));              \
        for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {     \
            double v[64] = {0};                                           \
            check_array(                                                  \
                family##_get_params(m, arrays[i].key, 64, v, NULL, NULL), \
                &arrays[i], v);                                           \
        }                                                                 \
        family##_free(m);                                                 \
        genmod_config_free(c);                                            \
    } while (0)

static void autoencoders_load(void **state)
{
    (void)state;
    CHECK_NETWORK(
        ae, "ae-0.1",
        {"encoder.0.weight",
         {0.96504664421081543, -0.31871509552001953, -0.31638237833976746,
          -1.0511671304702759}},
        {"decoder.0.weight",
         {0.17494846880435944, -0.8949276208877563, -0.49253919720649719}});
    CHECK_NETWORK(ae, "ae-0.2-norm",
                  {"encoder.0.weight",
                   {-0.20133310556411743, 0.2718058228492737,
                    1.4207879304885864, 0.20839285850524902}},
                  {"encoder.1.running_mean",
                   {0.009347900748252869, 0.00433548865839839}});
}

static void variational_autoencoders_load(void **state)
{
    (void)state;
    CHECK_NETWORK(vae, "vae-0.1",
                  {"encoder.0.weight",
                   {0.76476365327835083, -0.2593136429786682,
                    -0.2481495887041092, -0.82885569334030151}},
                  {"decoder.0.weight",
                   {0.15939174592494965, -0.8036225438117981,
                    -0.4445354640483856, -1.0234119892120361}});
    CHECK_NETWORK(vae, "vae-0.2-vamp",
                  {"encoder.0.weight",
                   {1.0825263261795044, -0.36594805121421814,
                    -0.35005608201026917, -1.171550989151001}},
                  {"prior.pseudo",
                   {-0.7603330016136169, -0.9034652709960938,
                    0.7854261994361877, 1.0921976566314697}});
}

static void adversarial_networks_load(void **state)
{
    (void)state;
    CHECK_NETWORK(gan, "gan-0.2",
                  {"generator.0.weight",
                   {0.9804083108901978, -0.9711354970932007,
                    -1.0152655839920044, -0.8590603470802307}},
                  {"generator.1.running_variance",
                   {1.1403475999832153, 1.4868144989013672}},
                  {"discriminator.0.spectral_u",
                   {0.7429112792015076, 0.6693899631500244}});
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mixtures_of_0_1_load),
        cmocka_unit_test(mixtures_of_0_2_load),
        cmocka_unit_test(autoencoders_load),
        cmocka_unit_test(variational_autoencoders_load),
        cmocka_unit_test(adversarial_networks_load),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
