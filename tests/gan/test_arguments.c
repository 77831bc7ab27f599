/* What the calls refuse, with a text that says why. */
#include <math.h>

#include "gan/fixture.h"
#include "gan/internal.h"

typedef struct refusal {
    const char *options, *part; /* of the text */
} refusal;

static void games_that_cannot_work_are_refused_with_the_reason(void **state)
{
    (void)state;
    static const refusal all[] = {
        {"packing=3 | batch_size=20", "multiple"},
        {"order=simultaneous | d_updates=2", "\"d_updates\" 1"},
        {"penalty=none | penalty_weight=2", "no penalty"},
        {"discriminator=dense 8; batchnorm; relu", "batchnorm"},
        {"discriminator=dense 8; batchnorm; relu | loss=wasserstein | "
         "penalty=unit-gradient",
         "batchnorm"},
        {"loss=wasserstein | penalty=none", "slope"},
        {"conditioning=projection", "no labels"},
        {"generator_conditioning=batchnorm", "no labels"},
        {"input=4 | generator_conditioning=batchnorm | classes=2",
         "the generator has none"},
        {"conditioning=classifier | classes=2 | packing=2", "\"packing\" 1"},
        {"deviation=4 | batch_size=30", "multiple of 4"},
        {"augmentation=cutout", "columns have no neighbours"},
        {"input=784 | augmentation=translation", "\"1x28x28\""},
        {"input=1x4x4 | augmentation=cutout saturation", "one channel"},
        {"input=1x4x4 | augmentation=cutuot brightness",
         "'cutuot' (nearest: cutout)"},
        {"input=4 | generator=dens 3", "position 1"},
        {"input=4 | discriminator=dense 3; relu; conv 2 k3", "position"},
    };
    genmod_workspace *const w = fixture_workspace(1, NULL);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        genmod_config *const c = fixture_config(all[i].options);
        gan_model *m = NULL;
        assert_int_equal(gan_new(c, &m, w), GENMOD_BAD_ARGUMENT);
        assert_null(m);
        if (!strstr(genmod_workspace_error(w), all[i].part))
            fail_msg("%s: %s", all[i].options, genmod_workspace_error(w));
        genmod_config_free(c);
    }
    genmod_workspace_free(w);
}

static void refused_with(genmod_workspace *w, int32_t status, int32_t want,
                         const char *part)
{
    assert_int_equal(status, want);
    if (!strstr(genmod_workspace_error(w), part))
        fail_msg("\"%s\" lacks \"%s\"", genmod_workspace_error(w), part);
}

static void calls_check_their_arguments(void **state)
{
    (void)state;
    genmod_workspace *const w = fixture_workspace(1, NULL);
    double *const x = fixture_invent(30, 3, 4);
    genmod_data *const v = fixture_view(30, 3, x);
    gan_model *const m =
        fixture_model("codes=2 | batch_size=20 | generator=dense 4; relu | "
                      "discriminator=dense 4; relu");
    double out[90];
    const int32_t label = 0, f = GENMOD_F64;
    const size_t b = sizeof out;
    refused_with(w, gan_sample(m, 1, 0, 1, NULL, f, b, out, w),
                 GENMOD_NOT_FITTED, "no weights");
    refused_with(w, gan_step(m, v, w), GENMOD_NOT_FITTED, "no weights");
    assert_ok(gan_start(m, v, w));
    refused_with(w, gan_sample(NULL, 1, 0, 1, NULL, f, b, out, w),
                 GENMOD_BAD_ARGUMENT, "m is NULL");
    refused_with(w, gan_sample(m, 1, 0, 0, NULL, f, b, out, w),
                 GENMOD_BAD_ARGUMENT, "n is 0");
    refused_with(w, gan_sample(m, 1, UINT64_MAX, 2, NULL, f, b, out, w),
                 GENMOD_BAD_ARGUMENT, "first");
    refused_with(w, gan_sample(m, 1, 0, 1, &label, f, b, out, w),
                 GENMOD_BAD_ARGUMENT, "classes");
    refused_with(w, gan_sample(m, 1, 0, 1, NULL, 9, b, out, w),
                 GENMOD_BAD_ARGUMENT, "type is 9");
    refused_with(w, gan_sample(m, 1, 0, 31, NULL, f, b, out, w),
                 GENMOD_TOO_SMALL, "bytes");
    refused_with(w, gan_sample(m, 1, 0, 1, NULL, f, b, NULL, w),
                 GENMOD_BAD_ARGUMENT, "out is NULL");
    refused_with(w, gan_sample_codes(m, 1, 0, 50, f, b, out, w),
                 GENMOD_TOO_SMALL, "bytes");
    refused_with(w, gan_generate(m, v, f, b, out, w), GENMOD_BAD_ARGUMENT,
                 "z has 3 columns");
    refused_with(w, gan_generate(m, NULL, f, b, out, w), GENMOD_BAD_ARGUMENT,
                 "z is NULL");
    refused_with(w, gan_discriminate(m, v, 8, out, w), GENMOD_TOO_SMALL,
                 "bytes");
    refused_with(w, gan_discriminate(m, v, b, NULL, w), GENMOD_BAD_ARGUMENT,
                 "out is NULL");
    genmod_data_free(v);
    gan_free(m);
    free(x);
    genmod_workspace_free(w);
}

static void paths_check_their_ends(void **state)
{
    (void)state;
    genmod_workspace *const w = fixture_workspace(1, NULL);
    double *const x = fixture_invent(30, 2, 4);
    genmod_data *const v = fixture_view(30, 2, x);
    genmod_data *const few = fixture_view(3, 2, x);
    gan_model *const m =
        fixture_model("codes=2 | batch_size=20 | generator=dense 4; relu | "
                      "discriminator=dense 4; relu");
    double out[90];
    const int32_t f = GENMOD_F64, line = GENMOD_LINEAR;
    assert_ok(gan_start(m, v, w));
    refused_with(w, gan_interpolate(m, v, few, 3, line, f, 720, out, w),
                 GENMOD_BAD_ARGUMENT, "to has 3 rows; from has 30");
    refused_with(w, gan_interpolate(m, few, few, 1, line, f, 720, out, w),
                 GENMOD_BAD_ARGUMENT, "steps is 1");
    refused_with(w, gan_interpolate(m, few, few, 3, 7, f, 720, out, w),
                 GENMOD_BAD_ARGUMENT, "path is 7");
    refused_with(w, gan_interpolate(m, few, few, 3, line, f, 8, out, w),
                 GENMOD_TOO_SMALL, "bytes");
    genmod_data_free(v);
    genmod_data_free(few);
    gan_free(m);
    free(x);
    genmod_workspace_free(w);
}

static void fewer_rows_than_a_pack_are_refused(void **state)
{
    (void)state;
    genmod_workspace *const w = fixture_workspace(1, NULL);
    static const double x[3] = {1, 2, 4};
    genmod_data *const v = fixture_view(3, 1, x);
    gan_model *const m = fixture_model("packing=4 | batch_size=8");
    refused_with(w, gan_start(m, v, w), GENMOD_BAD_ARGUMENT, "3 rows");
    genmod_data_free(v);
    gan_free(m);
    genmod_workspace_free(w);
}

/* Which would never be looked at. */
static void fewer_held_out_rows_than_d_sees_together_are_refused(void **state)
{
    (void)state;
    genmod_workspace *const w = fixture_workspace(1, NULL);
    double *const x = fixture_invent(40, 2, 4);
    genmod_data *const v = fixture_view(40, 2, x);
    genmod_data *const three = fixture_view(3, 2, x);
    genmod_data *const four = fixture_view(4, 2, x);
    const char *const of = "packing=2 | deviation=2 | batch_size=8 | epochs=1";
    gan_model *const m = fixture_model(of);
    refused_with(w, gan_fit(m, v, three, NULL, NULL, w), GENMOD_BAD_ARGUMENT,
                 "held_out has 3 rows; a minibatch takes 4");
    assert_ok(gan_fit(m, v, four, NULL, NULL, w));
    assert_true(isfinite(fixture_number(m, GAN_REPORT_VALIDATION_LOSS)));
    fixture_configure(m, "packing=2 | deviation=2 | batch_size=8 | epochs=1 | "
                         "validation=0.05");
    refused_with(w, gan_fit(m, v, NULL, NULL, NULL, w), GENMOD_BAD_ARGUMENT,
                 "x has 2 rows to hold out");
    genmod_data_free(v);
    genmod_data_free(three);
    genmod_data_free(four);
    gan_free(m);
    free(x);
    genmod_workspace_free(w);
}

/* Without a penalty dcgan's discriminator has batchnorm, which goes with none:
 * a model that has weights keeps its networks, and its files load. */
static void a_penalty_that_means_other_networks_is_refused(void **state)
{
    (void)state;
    genmod_workspace *const w = fixture_workspace(1, NULL);
    double *const x = fixture_invent(40, 2, 4);
    genmod_data *const v = fixture_view(40, 2, x);
    gan_model *const m = fixture_model("preset=dcgan | batch_size=8");
    gan_model *const other = fixture_model(NULL);
    genmod_config *const c = fixture_config("preset=dcgan | penalty=r1");
    assert_ok(gan_configure(m, c, w));
    genmod_config_free(c);
    genmod_config *const none = fixture_config("preset=dcgan | batch_size=8");
    assert_ok(gan_configure(m, none, w));
    assert_ok(gan_start(m, v, w));
    genmod_config *const r1 = fixture_config("preset=dcgan | penalty=r1");
    refused_with(w, gan_configure(m, r1, w), GENMOD_BAD_ARGUMENT,
                 "other networks than the model has");
    assert_ok(gan_step(m, v, w));
    const fixture_bytes b = fixture_checkpoint(m);
    assert_ok(gan_load(other, b.n, b.p, w));
    free(b.p);
    genmod_config_free(none);
    genmod_config_free(r1);
    genmod_data_free(v);
    gan_free(m);
    gan_free(other);
    free(x);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(games_that_cannot_work_are_refused_with_the_reason),
        cmocka_unit_test(calls_check_their_arguments),
        cmocka_unit_test(paths_check_their_ends),
        cmocka_unit_test(fewer_rows_than_a_pack_are_refused),
        cmocka_unit_test(fewer_held_out_rows_than_d_sees_together_are_refused),
        cmocka_unit_test(a_penalty_that_means_other_networks_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
