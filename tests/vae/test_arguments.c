/* Arguments, networks and options that are refused, and what they leave. */
#include "base/base.h"
#include "vae/scene.h"

#define N SCENE_N
#define Z SCENE_Z
#define DRAWS ((size_t)1 << 24)

static void null_models_and_rows_are_refused(void **state)
{
    (void)state;
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    genmod_workspace *const w = s->w;
    const int32_t bad = GENMOD_BAD_ARGUMENT, t = GENMOD_F64;
    const size_t b = sizeof s->out;
    double *const out = s->out;
    scene_all_refuse(s, NULL, s->v, bad, "m is NULL");
    scene_training_refuses(s, NULL, bad, "x is NULL");
    scene_refused(s, vae_config_new(NULL, w), bad, "out is NULL");
    scene_refused(s, vae_new(s->c, NULL, w), bad, "out is NULL");
    scene_refused(s, vae_configure(NULL, s->c, w), bad, "m is NULL");
    scene_refused(s, vae_configure(s->m, NULL, w), bad, "c is NULL");
    scene_refused(s, vae_get_config(NULL, s->c, w), bad, "m is NULL");
    scene_refused(s, vae_get_config(s->m, NULL, w), bad, "c is NULL");
    scene_refused(s, vae_copy(NULL, s->m, w), bad, "from is NULL");
    scene_refused(s, vae_copy(s->m, NULL, w), bad, "to is NULL");
    scene_refused(s, vae_start(NULL, s->v, w), bad, "m is NULL");
    scene_refused(s, vae_step(NULL, s->v, w), bad, "m is NULL");
    scene_refused(s, vae_fit(NULL, s->v, NULL, NULL, NULL, w), bad,
                  "m is NULL");
    scene_refused(s, vae_decode(NULL, s->codes, 0, 3, t, b, out, w), bad,
                  "m is NULL");
    scene_refused(s, vae_decode(s->m, NULL, 0, 3, t, b, out, w), bad,
                  "z is NULL");
    scene_refused(s, vae_sample(NULL, 1, 0, 1, 0, NULL, t, b, out, w), bad,
                  "m is NULL");
    scene_refused(s, vae_impute(NULL, s->v, 0, 3, 1, t, b, out, w), bad,
                  "m is NULL");
    scene_refused(s, vae_impute(s->m, NULL, 0, 3, 1, t, b, out, w), bad,
                  "x is NULL");
    scene_refused(s, vae_interpolate(s->m, NULL, s->v, 2, 0, t, b, out, w), bad,
                  "from is NULL");
    scene_refused(s, vae_interpolate(s->m, s->v, NULL, 2, 0, t, b, out, w), bad,
                  "to is NULL");
    scene_refused(s, vae_get_params(NULL, "encoder.0.weight", 1, out, NULL, w),
                  bad, "m is NULL");
    scene_refused(s, vae_get_params(s->m, NULL, 1, out, NULL, w), bad,
                  "name is NULL");
    scene_refused(s, vae_set_params(NULL, "encoder.0.weight", 1, out, w), bad,
                  "m is NULL");
    scene_refused(s, vae_set_params(s->m, NULL, 1, out, w), bad,
                  "name is NULL");
    scene_refused(s, vae_set_params(s->m, "encoder.0.weight", 1, NULL, w), bad,
                  "values is NULL");
    scene_refused(s, vae_save(NULL, b, out, NULL, w), bad, "m is NULL");
    scene_refused(s, vae_checkpoint(NULL, b, out, NULL, w), bad, "m is NULL");
    scene_refused(s, vae_load(NULL, b, out, w), bad, "m is NULL");
    scene_refused(s, vae_load(s->m, b, NULL, w), bad, "bytes is NULL");
    assert_int_equal(vae_dimension(NULL), 0);
    assert_int_equal(vae_code_size(NULL), 0);
    assert_null(vae_report(NULL));
    assert_null(vae_params_key(NULL, 0));
    vae_free(NULL);
    scene_close(s);
}

static void null_outputs_are_refused(void **state)
{
    (void)state;
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    const vae_model *const m = s->m;
    const genmod_data *const x = s->v;
    genmod_workspace *const w = s->w;
    const int32_t bad = GENMOD_BAD_ARGUMENT, t = GENMOD_F64;
    const size_t b = sizeof s->out;
    scene_refused(s, vae_encode(m, x, t, b, NULL, s->two, w), bad,
                  "mean is NULL");
    scene_refused(s, vae_encode_sample(m, x, 3, t, b, NULL, w), bad,
                  "out is NULL");
    scene_refused(s, vae_decode(m, s->codes, 0, 3, t, b, NULL, w), bad,
                  "out is NULL");
    scene_refused(s, vae_reconstruct(m, x, 0, 3, t, b, NULL, w), bad,
                  "out is NULL");
    scene_refused(s, vae_sample(m, 1, 0, 1, 0, NULL, t, b, NULL, w), bad,
                  "out is NULL");
    scene_refused(s, vae_interpolate(m, x, x, 2, 0, t, b, NULL, w), bad,
                  "out is NULL");
    scene_refused(s, vae_elbo(m, x, 3, 4, b, NULL, s->two, s->three, w), bad,
                  "elbo is NULL");
    scene_refused(s, vae_log_weights(m, x, 3, 0, 2, b, NULL, w), bad,
                  "out is NULL");
    scene_refused(s, vae_log_likelihood(m, x, 3, 4, b, NULL, s->two, w), bad,
                  "out is NULL");
    scene_refused(s, vae_anomaly(m, x, b, NULL, w), bad, "out is NULL");
    scene_refused(s, vae_anomaly_columns(m, x, b, NULL, w), bad, "out is NULL");
    scene_refused(s, vae_threshold(m, x, 0, NULL, w), bad, "out is NULL");
    scene_refused(s, vae_threshold(m, NULL, 0, &(double){0}, w), bad,
                  "x is NULL");
    scene_refused(s, vae_get_params(m, "encoder.0.weight", 1, NULL, NULL, w),
                  bad, "out is NULL");
    scene_refused(s, vae_save(m, b, NULL, NULL, w), bad, "out is NULL");
    scene_refused(s, vae_checkpoint(m, b, NULL, NULL, w), bad, "out is NULL");
    scene_close(s);
}

static void null_where_it_may_be_is_fine(void **state)
{
    (void)state;
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    const size_t b = sizeof s->out;
    double mean[N * Z], again[N * Z], kl[N];
    assert_ok(
        vae_encode(s->m, s->v, GENMOD_F64, sizeof mean, mean, s->two, NULL));
    assert_ok(
        vae_encode(s->m, s->v, GENMOD_F64, sizeof again, again, NULL, NULL));
    assert_memory_equal(mean, again, sizeof mean);
    assert_ok(vae_elbo(s->m, s->v, 3, 2, b, s->out, s->two, s->three, NULL));
    assert_ok(vae_elbo(s->m, s->v, 3, 2, b, again, NULL, kl, NULL));
    assert_memory_equal(s->out, again, N * sizeof *again);
    assert_memory_equal(s->three, kl, sizeof kl);
    assert_ok(vae_log_likelihood(s->m, s->v, 3, 2, b, s->out, s->two, NULL));
    assert_ok(vae_log_likelihood(s->m, s->v, 3, 2, b, again, NULL, NULL));
    assert_memory_equal(s->out, again, N * sizeof *again);
    vae_model *m = NULL;
    assert_ok(vae_new(NULL, &m, NULL));
    assert_int_equal(vae_dimension(m), 0);
    assert_int_equal(vae_code_size(m), 0);
    assert_null(vae_params_key(m, 0));
    vae_free(m);
    scene_close(s);
}

static void wrong_rows_are_refused(void **state)
{
    (void)state;
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    genmod_workspace *const w = s->w;
    const int32_t bad = GENMOD_BAD_ARGUMENT, t = GENMOD_F64;
    const size_t b = sizeof s->out;
    genmod_data *const few = fixture_view(N / 2, ROWS_D, s->table.x);
    assert_ok(genmod_data_set_labels(few, N / 2, s->table.labels, NULL));
    scene_all_refuse(s, s->m, s->other, bad, "has 7 columns; the model has 6");
    scene_all_refuse(s, s->m, s->empty, bad, "has no rows");
    scene_training_refuses(s, s->empty, bad, "x has no rows");
    scene_refused(s, vae_step(s->m, s->other, w), bad, "x has 7 columns");
    scene_refused(s, vae_fit(s->m, s->other, NULL, NULL, NULL, w), bad,
                  "7 columns");
    scene_refused(s, vae_fit(s->m, s->v, s->other, NULL, NULL, w), bad,
                  "held_out has 7 columns; x has 6");
    scene_refused(s, vae_fit(s->m, s->v, s->empty, NULL, NULL, w), bad,
                  "held_out has no rows");
    scene_refused(s, vae_decode(s->m, s->v, 0, 3, t, b, s->out, w), bad,
                  "z has 6 columns; a code has 2");
    scene_refused(s, vae_decode(s->m, s->empty, 0, 3, t, b, s->out, w), bad,
                  "z has no rows");
    scene_refused(s,
                  vae_interpolate(s->m, s->v, few, 2, 0, t, 2 * b, s->out, w),
                  bad, "to has 20 rows; from has 40");
    scene_refused(s,
                  vae_interpolate(s->m, s->v, s->other, 2, 0, t, b, s->out, w),
                  bad, "to has 7 columns");
    genmod_data_free(few);
    scene_close(s);
}

static void numbers_out_of_bounds_are_refused(void **state)
{
    (void)state;
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    const vae_model *const m = s->m;
    const genmod_data *const x = s->v;
    genmod_workspace *const w = s->w;
    const int32_t bad = GENMOD_BAD_ARGUMENT, t = GENMOD_F64, u8 = GENMOD_U8;
    const size_t b = sizeof s->out;
    double *const out = s->out;
    scene_refused(s, vae_encode(m, x, u8, b, out, s->two, w), bad, "type is 3");
    scene_refused(s, vae_encode_sample(m, x, 3, 0, b, out, w), bad,
                  "type is 0");
    scene_refused(s, vae_decode(m, s->codes, 0, 3, u8, b, out, w), bad,
                  "type is 3");
    scene_refused(s, vae_reconstruct(m, x, 0, 3, -1, b, out, w), bad,
                  "type is -1");
    scene_refused(s, vae_sample(m, 1, 0, 1, 0, NULL, u8, b, out, w), bad,
                  "type is 3");
    scene_refused(s, vae_interpolate(m, x, x, 2, 0, u8, b, out, w), bad,
                  "type is 3");
    scene_refused(s, vae_decode(m, s->codes, 2, 3, t, b, out, w), bad,
                  "what is 2");
    scene_refused(s, vae_reconstruct(m, x, -1, 3, t, b, out, w), bad,
                  "what is -1");
    scene_refused(s, vae_sample(m, 1, 0, 1, 2, NULL, t, b, out, w), bad,
                  "what is 2");
    scene_refused(s, vae_interpolate(m, x, x, 1, 0, t, b, out, w), bad,
                  "steps is 1; it must be 2 to 65536");
    scene_refused(s, vae_interpolate(m, x, x, 65537, 0, t, b, out, w), bad,
                  "steps is 65537");
    scene_refused(s, vae_interpolate(m, x, x, 2, 2, t, 2 * b, out, w), bad,
                  "path is 2");
    scene_refused(s, vae_elbo(m, x, 3, 0, b, out, NULL, NULL, w), bad,
                  "draws is 0; it must be 1 to 16777216");
    scene_refused(s, vae_elbo(m, x, 3, DRAWS + 1, b, out, NULL, NULL, w), bad,
                  "draws is 16777217");
    scene_refused(s, vae_log_likelihood(m, x, 3, 0, b, out, NULL, w), bad,
                  "draws is 0");
    scene_refused(s, vae_log_weights(m, x, 3, 0, 0, b, out, w), bad,
                  "draws is 0");
    scene_refused(s, vae_log_weights(m, x, 3, DRAWS, 1, b, out, w), bad,
                  "first is 16777216; first + draws may be 16777216");
    scene_refused(s, vae_log_weights(m, x, 3, SIZE_MAX, 2, b, out, w), bad,
                  "first is 18446744073709551615");
    scene_refused(s, vae_sample(m, 1, 0, 0, 0, NULL, t, b, out, w), bad,
                  "n is 0");
    scene_refused(
        s, vae_sample(m, 1, UINT64_MAX, 2, 0, NULL, t, b, out, w), bad,
        "first is 18446744073709551615; first + n must be at most 2^64");
    scene_close(s);
}

/* The last row that has a number. */
static void the_last_row_is_drawn(void **state)
{
    (void)state;
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    double two[2 * ROWS_D], one[ROWS_D];
    assert_status(vae_sample(s->m, 5, UINT64_MAX - 1, 2, GENMOD_DRAW, NULL,
                             GENMOD_F64, sizeof two, two, s->w),
                  GENMOD_OK, s->w);
    assert_ok(vae_sample(s->m, 5, UINT64_MAX, 1, GENMOD_DRAW, NULL, GENMOD_F64,
                         sizeof one, one, NULL));
    assert_memory_equal(two + ROWS_D, one, sizeof one);
    scene_close(s);
}

static void bytes_that_do_not_do_are_refused(void **state)
{
    (void)state;
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    const vae_model *const m = s->m;
    const genmod_data *const x = s->v;
    genmod_workspace *const w = s->w;
    const int32_t small = GENMOD_TOO_SMALL, t = GENMOD_F64, f = GENMOD_F32;
    double *const out = s->out;
    size_t need = 0;
    scene_refused(s, vae_encode(m, x, t, N * Z * 8 - 1, out, s->two, w), small,
                  "bytes is 639; the result takes 40 rows of 16 bytes");
    scene_refused(s, vae_encode(m, x, f, N * Z * 4 - 1, out, NULL, w), small,
                  "319");
    scene_refused(s, vae_encode_sample(m, x, 3, f, N * Z * 4 - 1, out, w),
                  small, "319");
    scene_refused(s,
                  vae_decode(m, s->codes, 0, 3, f, N * ROWS_D * 4 - 1, out, w),
                  small, "959");
    scene_refused(s, vae_reconstruct(m, x, 1, 3, t, N * ROWS_D * 8 - 1, out, w),
                  small, "1919");
    scene_refused(
        s, vae_sample(m, 1, 0, 3, 1, NULL, t, 3 * ROWS_D * 8 - 1, out, w),
        small, "143");
    scene_refused(s,
                  vae_sample(m, 1, 0, SIZE_MAX, 1, NULL, t, SIZE_MAX, out, w),
                  small, "the result takes 18446744073709551615 rows");
    scene_refused(
        s, vae_interpolate(m, x, x, 3, 0, f, N * 3 * ROWS_D * 4 - 1, out, w),
        small, "2879");
    scene_refused(s, vae_elbo(m, x, 3, 4, N * 8 - 1, out, s->two, s->three, w),
                  small, "319");
    scene_refused(s, vae_log_weights(m, x, 3, 1, 5, N * 5 * 8 - 1, out, w),
                  small, "1599");
    scene_refused(s, vae_log_likelihood(m, x, 3, 4, N * 8 - 1, out, s->two, w),
                  small, "319");
    scene_refused(s, vae_anomaly(m, x, N * 8 - 1, out, w), small, "319");
    scene_refused(s, vae_anomaly_columns(m, x, N * ROWS_D * 8 - 1, out, w),
                  small, "1919");
    /* what the encoder reads: 4 scaled columns, 3 of a category, 3 labels */
    scene_refused(s, vae_get_params(m, "encoder.0.weight", 3, out, &need, w),
                  small, "doubles");
    assert_true(need >= 8 * ROWS_D);
    scene_refused(s, vae_get_params(m, "encoder.7", 3, out, NULL, w),
                  GENMOD_BAD_ARGUMENT, "encoder.7");
    scene_refused(s, vae_save(m, 100, out, &need, w), small, "cap is 100");
    assert_true(need > 100);
    scene_refused(s, vae_checkpoint(m, 100, out, &need, w), small,
                  "cap is 100");
    scene_close(s);
}

static void without_weights_nothing_is_computed(void **state)
{
    (void)state;
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    genmod_workspace *const w = s->w;
    const vae_model *const none = s->none;
    const int32_t unfit = GENMOD_NOT_FITTED, t = GENMOD_F64;
    const size_t b = sizeof s->out;
    double *const out = s->out;
    scene_all_refuse(s, none, s->v, unfit, "no weights");
    scene_refused(s, vae_step(s->none, s->v, w), unfit, "no weights");
    scene_refused(s, vae_decode(none, s->codes, 0, 3, t, b, out, w), unfit,
                  "fit");
    scene_refused(s, vae_sample(none, 1, 0, 1, 0, NULL, t, b, out, w), unfit,
                  "fit");
    scene_refused(s, vae_impute(none, s->v, 0, 3, 1, t, b, out, w), unfit,
                  "fit");
    scene_refused(s, vae_get_params(none, "encoder.0.weight", 0, NULL, NULL, w),
                  unfit, "fit");
    scene_refused(s, vae_set_params(s->none, "encoder.0.weight", 1, out, w),
                  unfit, "fit");
    scene_refused(s, vae_save(none, b, out, NULL, w), unfit, "fit");
    scene_refused(s, vae_checkpoint(none, b, out, NULL, w), unfit, "fit");
    scene_close(s);
}

/* ---- options and networks ------------------------------------------------ */

typedef struct clash {
    const char *options, *part;
} clash;

static void check_clashes(scene *s, size_t n, const clash *cases)
{
    for (size_t i = 0; i < n; i++) {
        genmod_config *const c = fixture_config(cases[i].options);
        vae_model *m = s->m;
        const int32_t status = vae_new(c, &m, s->w);
        if (status != GENMOD_BAD_ARGUMENT)
            fail_msg("%s: %s, %s", cases[i].options, genmod_status_name(status),
                     genmod_workspace_error(s->w));
        assert_error_names(s->w, cases[i].part);
        assert_null(m);
        genmod_config_free(c);
    }
}

static void options_that_do_not_go_together_are_refused(void **state)
{
    (void)state;
    static const clash cases[] = {
        {"gradient=dreg", "\"gradient\" is dreg: it is of \"objective\" iwae"},
        {"gradient=dreg | objective=iwae | prior=vamp", "vamp does"},
        {"free_bits=1 | objective=iwae", "\"free_bits\""},
        {"free_bits=1 | gradient=stl", "\"free_bits\""},
        {"free_bits=1 | prior=mixture", "\"free_bits\""},
        {"capacity=2 | objective=iwae", "\"capacity\""},
        {"capacity=2 | free_bits=1", "\"capacity\""},
        {"mmd=1 | prior=mixture", "\"mmd\""},
        {"mmd=1 | prior=vamp", "\"mmd\""},
        {"hide=0.1", "\"hide\": it wants \"missing\" 1"},
        {"prior=vamp | classes=3", "it wants \"classes\" 0"},
    };
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    check_clashes(s, sizeof cases / sizeof *cases, cases);
    /* also of a model that is there */
    for (size_t i = 0; i < 10; i++) {
        genmod_config *const c = fixture_config(cases[i].options);
        scene_refused(s, vae_configure(s->m, c, s->w), GENMOD_BAD_ARGUMENT,
                      "option");
        genmod_config_free(c);
    }
    scene_close(s);
}

static void structure_does_not_change(void **state)
{
    (void)state;
    static const char *const changes[][2] = {
        {VAE_CODE, "3"},          {VAE_LIKELIHOOD, "gaussian"},
        {VAE_SIGMA, "optimal"},   {VAE_SIGMA_VALUE, "2"},
        {VAE_LEVELS, "17"},       {VAE_STANDARDISE, "0"},
        {VAE_MISSING, "1"},       {VAE_CLASSES, "4"},
        {VAE_PRIOR, "mixture"},   {VAE_PRIOR_COMPONENTS, "7"},
        {VAE_ENCODER, "dense 9"}, {VAE_DECODER, "dense 9"},
        {VAE_INPUT, "6"}};
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        assert_ok(vae_get_config(s->m, s->c, NULL));
        assert_ok(
            genmod_config_set_str(s->c, changes[i][0], changes[i][1], NULL));
        assert_ok(genmod_config_set_str(s->c, VAE_BETA, "2.385", NULL));
        scene_refused(s, vae_configure(s->m, s->c, s->w), GENMOD_BAD_ARGUMENT,
                      changes[i][0]);
    }
    scene_close(s);
}

static void wrong_networks_are_refused(void **state)
{
    (void)state;
    static const clash cases[] = {
        {"input=0", "input"},
        {"input=3x4", "input"},
        {"input=4 columns", "input"},
        {"input=9x90x90", "72900 columns"},
        {"input=4 | encoder=dense 3; rellu", "encoder\": position 10"},
        {"input=4 | encoder=dense 3; conv 2 k3", "encoder\": position 10"},
        {"input=4 | encoder=dense", "encoder\": position 6"},
        {"input=4 | decoder=dense 3; dens 4", "decoder\": position 10"},
        {"input=4 | decoder=reshape 3x1x1", "decoder\": position"},
        {"input=1x8x8 | encoder=maxpool 3 s2; dense 3", "decoder"}};
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    check_clashes(s, sizeof cases / sizeof *cases, cases);
    /* found out when the columns are known */
    vae_model *m = fixture_model("encoder=dense 3; conv 2 k3");
    scene_refused(s, vae_start(m, s->v, s->w), GENMOD_BAD_ARGUMENT,
                  "position 10");
    assert_int_equal(vae_dimension(m), 0);
    vae_free(m);
    m = fixture_model("input=5");
    scene_refused(s, vae_start(m, s->v, s->w), GENMOD_BAD_ARGUMENT,
                  "x has 6 columns; option \"input\" is 5");
    assert_int_equal(vae_dimension(m), 5);
    vae_free(m);
    scene_close(s);
}

static void configs_of_other_families_are_refused(void **state)
{
    (void)state;
    static const base_option options[] = {
        {.key = "k", .type = BASE_I64, .initial = "1", .maximum = 9},
        {.key = NULL}};
    scene *const s = scene_open(SCENE_OPTIONS "classes=3", 0);
    genmod_config *c = NULL;
    vae_model *m = NULL;
    base_call call;
    genmod_workspace *const w = base_enter(&call, NULL, NULL);
    assert_non_null(w);
    assert_ok(base_leave(&call, base_config_new(options, &c, w)));
    scene_refused(s, vae_new(c, &m, s->w), GENMOD_BAD_ARGUMENT,
                  "vae_config_new");
    scene_refused(s, vae_configure(s->m, c, s->w), GENMOD_BAD_ARGUMENT,
                  "vae_config_new");
    scene_refused(s, vae_get_config(s->m, c, s->w), GENMOD_BAD_ARGUMENT,
                  "vae_config_new");
    genmod_config_free(c);
    scene_close(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_models_and_rows_are_refused),
        cmocka_unit_test(null_outputs_are_refused),
        cmocka_unit_test(null_where_it_may_be_is_fine),
        cmocka_unit_test(wrong_rows_are_refused),
        cmocka_unit_test(numbers_out_of_bounds_are_refused),
        cmocka_unit_test(the_last_row_is_drawn),
        cmocka_unit_test(bytes_that_do_not_do_are_refused),
        cmocka_unit_test(without_weights_nothing_is_computed),
        cmocka_unit_test(options_that_do_not_go_together_are_refused),
        cmocka_unit_test(structure_does_not_change),
        cmocka_unit_test(wrong_networks_are_refused),
        cmocka_unit_test(configs_of_other_families_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
