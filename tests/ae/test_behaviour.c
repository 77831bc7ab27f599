/* What the header promises, call by call. */
#include "ae/fixture.h"

#include <stdio.h>

#define N 90
#define D 6

typedef struct scene {
    double *x;
    genmod_data *v;
    genmod_workspace *w;
} scene;

static void open_scene(scene *s)
{
    s->x = fixture_invent(N, D, 8);
    s->v = fixture_view(N, D, s->x);
    s->w = fixture_workspace(1, NULL);
}

static void close_scene(scene *s)
{
    genmod_data_free(s->v);
    genmod_workspace_free(s->w);
    free(s->x);
}

static void sizes_are_known_from_input_or_data(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    ae_model *m = fixture_model("input=3x8x9 | code=7");
    assert_int_equal(ae_dimension(m), 216);
    assert_int_equal(ae_code_size(m), 7);
    assert_null(ae_params_key(m, 0));
    ae_free(m);
    m = fixture_model("code=4");
    assert_int_equal(ae_dimension(m), 0);
    assert_int_equal(ae_code_size(m), 0);
    assert_ok(ae_start(m, s.v, NULL));
    assert_int_equal(ae_dimension(m), D);
    assert_int_equal(ae_code_size(m), 4);
    ae_free(m);
    assert_int_equal(ae_dimension(NULL), 0);
    assert_int_equal(ae_code_size(NULL), 0);
    assert_null(ae_report(NULL));
    assert_null(ae_params_key(NULL, 0));
    ae_free(NULL);
    close_scene(&s);
}

/* Weights of the networks that a shape gets by default. */
static void default_networks_are_those_of_the_help(void **state)
{
    (void)state;
    static const struct {
        const char *options;
        size_t code;
        double parameters;
    } cases[] = {
        /* (784 + 32) / 2 = 408 */
        {"input=784", 32,
         784 * 408 + 408 + 408 * 32 + 32 + 32 * 408 + 408 + 408 * 784 + 784},
        {"input=5", 3, 5 * 32 + 32 + 32 * 3 + 3 + 3 * 32 + 32 + 32 * 5 + 5},
        {"input=5 | code=40", 40,
         5 * 40 + 40 + 40 * 40 + 40 + 40 * 40 + 40 + 40 * 5 + 5},
        {"input=1 | tied=1", 1, 32 + 32 + 32 + 1 + 32 + 1},
        /* 28 to 14 to 7: both sides of 7 are below 8 */
        {"input=1x28x28 | code=10", 10,
         16 * 16 + 16 + 16 * 16 * 32 + 32 + 49 * 32 * 10 + 10 + 49 * 32 * 10 +
             49 * 32 + 16 * 16 * 32 + 16 + 16 * 16 + 1},
        {"input=2x5x40 | code=8", 8,
         400 * 204 + 204 + 204 * 8 + 8 + 8 * 204 + 204 + 204 * 400 + 400}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ae_model *const m = fixture_model(cases[i].options);
        const size_t d = ae_dimension(m);
        double *const x = fixture_shares(3, d, 1);
        genmod_data *const v = fixture_view(3, d, x);
        assert_int_equal(ae_code_size(m), cases[i].code);
        assert_ok(ae_start(m, v, NULL));
        const double got = fixture_number(m, AE_REPORT_PARAMETERS);
        if (got != cases[i].parameters)
            fail_msg("%s: %.0f parameters, not %.0f", cases[i].options, got,
                     cases[i].parameters);
        assert_ok(ae_step(m, v, NULL));
        genmod_data_free(v);
        ae_free(m);
        free(x);
    }
}

static void start_forgets_and_is_repeatable(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    ae_model *const m = fixture_model("code=2 | batch_size=30");
    assert_ok(ae_start(m, s.v, s.w));
    const fixture_bytes b = fixture_checkpoint(m);
    assert_true(fixture_number(m, AE_REPORT_STEPS) == 0);
    assert_true(isnan(fixture_number(m, AE_REPORT_LOSS)));
    for (int i = 0; i < 4; i++)
        assert_ok(ae_step(m, s.v, s.w));
    assert_true(fixture_number(m, AE_REPORT_EPOCHS) == 1);
    assert_int_equal(fixture_length(m, AE_REPORT_LOSS_HISTORY), 1);
    assert_ok(ae_start(m, s.v, s.w));
    assert_true(fixture_checkpoints(m, b));
    free(b.p);
    ae_free(m);
    close_scene(&s);
}

static void params_are_there_by_name(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    ae_model *const m = fixture_model(
        "encoder=dense 5; batchnorm; relu; dense 2 | decoder=dense 6");
    static const char *const names[] = {
        "encoder.0.weight",       "encoder.0.bias",
        "encoder.1.scale",        "encoder.1.bias",
        "encoder.1.running_mean", "encoder.1.running_variance",
        "encoder.3.weight",       "encoder.3.bias",
        "decoder.0.weight",       "decoder.0.bias"};
    static const size_t sizes[] = {30, 5, 5, 5, 5, 5, 10, 2, 12, 6};
    assert_ok(ae_start(m, s.v, NULL));
    for (size_t i = 0; i < 10; i++) {
        size_t n = 0;
        assert_string_equal(ae_params_key(m, i), names[i]);
        free(fixture_params(m, names[i], &n));
        assert_int_equal(n, sizes[i]);
    }
    assert_null(ae_params_key(m, 10));
    assert_true(fixture_number(m, AE_REPORT_PARAMETERS) == 75);
    ae_free(m);
    close_scene(&s);
}

static void a_copy_is_equal_and_apart(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    ae_model *const m =
        fixture_model("code=2 | batch_size=30 | corruption=salt-and-pepper");
    ae_model *const other = fixture_model("code=3 | seed=4");
    assert_ok(ae_copy(m, other, NULL));
    assert_int_equal(ae_dimension(other), 0);
    assert_ok(ae_fit(m, s.v, NULL, NULL, NULL, NULL));
    const fixture_bytes b = fixture_save(m);
    assert_ok(ae_copy(m, other, NULL));
    assert_ok(ae_copy(m, m, NULL));
    assert_true(fixture_saves(other, b));
    assert_true(fixture_saves(m, b));
    assert_ok(ae_step(other, s.v, NULL));
    assert_true(fixture_saves(m, b));
    assert_false(fixture_saves(other, b));
    ae_free(m);
    assert_ok(ae_step(other, s.v, NULL));
    free(b.p);
    ae_free(other);
    close_scene(&s);
}

/* That is the reason, whatever else is wrong with them. */
static void check_fixed(ae_model *m, genmod_workspace *w)
{
    static const char *const wrong[] = {"input=5", "encoder=dense 3; foo",
                                        "corruption=gaussian | emphasis=1"};
    for (size_t i = 0; i < 3; i++) {
        char text[80], part[80];
        snprintf(text, sizeof text, "code=2 | %s", wrong[i]);
        snprintf(part, sizeof part, "option \"%.*s\" is fixed",
                 (int)strcspn(wrong[i], "="), wrong[i]);
        genmod_config *const c = fixture_config(text);
        assert_status(ae_configure(m, c, w), GENMOD_BAD_ARGUMENT, w);
        assert_error_names(w, part);
        genmod_config_free(c);
    }
}

static void configure_changes_training_and_nothing_else(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    static const char *const fixed[] = {"input=6",         "encoder=dense 3",
                                        "decoder=dense 6", "code=1",
                                        "tied=1",          "loss=l1",
                                        "huber_delta=2",   "corruption=masking",
                                        "standardise=0",   "average=0.5"};
    ae_model *const m = fixture_model("code=2");
    for (size_t i = 0; i < sizeof fixed / sizeof *fixed; i++) {
        genmod_config *const c = fixture_config("code=2 | epochs=3");
        char key[32] = {0};
        memcpy(key, fixed[i], strcspn(fixed[i], "="));
        assert_ok(
            genmod_config_set_str(c, key, strchr(fixed[i], '=') + 1, NULL));
        assert_status(ae_configure(m, c, s.w), GENMOD_BAD_ARGUMENT, s.w);
        assert_error_names(s.w, key);
        genmod_config_free(c);
    }
    genmod_config *const c = fixture_config(NULL);
    int64_t epochs = 0;
    assert_ok(ae_get_config(m, c, NULL));
    assert_ok(genmod_config_get_i64(c, AE_EPOCHS, &epochs, NULL));
    assert_int_equal(epochs, 20);
    genmod_config_free(c);
    fixture_configure(m, "epochs=3 | batch_size=45 | learning_rate=0.01");
    assert_ok(ae_fit(m, s.v, NULL, NULL, NULL, NULL));
    assert_true(fixture_number(m, AE_REPORT_STEPS) == 6);
    assert_true(fixture_number(m, AE_REPORT_LEARNING_RATE) == 0.01);
    check_fixed(m, s.w);
    ae_free(m);
    close_scene(&s);
}

/* Training on rows 0 … 29 overfits; the best pass is kept. */
static void early_stopping_keeps_the_best_pass(void **state)
{
    (void)state;
    double *const x = fixture_read("digits.csv", 400, 64);
    genmod_data *const v = fixture_view(30, 64, x);
    genmod_data *const held = fixture_view(370, 64, x + 30 * 64);
    ae_model *const m = fixture_model(
        "encoder=dense 200; relu; dense 40 | batch_size=10 | epochs=300 | "
        "learning_rate=0.01 | patience=6");
    assert_ok(ae_fit(m, v, held, NULL, NULL, NULL));
    const double passes = fixture_number(m, AE_REPORT_EPOCHS);
    const double best = fixture_number(m, AE_REPORT_BEST_EPOCH);
    assert_true(fixture_number(m, AE_REPORT_STOPPED_EARLY) == 1);
    assert_true(passes < 300 && passes == best + 6);
    assert_int_equal(fixture_length(m, AE_REPORT_VALIDATION_HISTORY), passes);
    double rows[370], mean = 0;
    assert_ok(ae_anomaly(m, held, sizeof rows, rows, NULL));
    for (size_t i = 0; i < 370; i++)
        mean += rows[i] / 370;
    const double least = fixture_number(m, AE_REPORT_BEST_LOSS);
    for (int64_t i = 0; i < (int64_t)passes; i++)
        assert_true(fixture_series(m, AE_REPORT_VALIDATION_HISTORY, i) >=
                    least);
    assert_true(fixture_series(m, AE_REPORT_VALIDATION_HISTORY,
                               (int64_t)best - 1) == least);
    /* sums of floats, once by the program and once in doubles */
    assert_near(mean, least, 1e-4 * least);
    ae_free(m);
    genmod_data_free(v);
    genmod_data_free(held);
    free(x);
}

static void a_share_held_out_is_validated_on(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    ae_model *const m =
        fixture_model("code=2 | batch_size=10 | validation=0.2 | epochs=4");
    assert_ok(ae_fit(m, s.v, NULL, NULL, NULL, NULL));
    /* 72 of 90 rows are trained on: 8 updates a pass */
    assert_true(fixture_number(m, AE_REPORT_STEPS) == 32);
    assert_int_equal(fixture_length(m, AE_REPORT_VALIDATION_HISTORY), 4);
    assert_true(fixture_number(m, AE_REPORT_VALIDATION_LOSS) > 0);
    ae_free(m);
    close_scene(&s);
}

/* A row of weight 2 counts like the row twice, where all rows are in one
 * batch: the columns, the losses and the weights that come of them. */
static void weights_count_like_repeated_rows(void **state)
{
    (void)state;
    enum { n = 30 };
    double *const x = fixture_invent(n, D, 6);
    double *const twice = fixture_take(2 * n * D, sizeof *twice);
    double weights[n], a[n * D], b[n * D];
    size_t rows = 0;
    for (size_t i = 0; i < n; i++) {
        weights[i] = i % 3 ? 1 : 2;
        for (int k = 0; k < (int)weights[i]; k++)
            memcpy(twice + D * rows++, x + D * i, D * sizeof *x);
    }
    static const char options[] =
        "code=2 | batch_size=60 | epochs=20 | optimiser=sgd | "
        "learning_rate=0.005";
    ae_model *const m = fixture_model(options), *const k =
                                                    fixture_model(options);
    genmod_data *const v = fixture_view(n, D, x);
    genmod_data *const u = fixture_view(rows, D, twice);
    assert_ok(genmod_data_set_weights(v, n, weights, NULL));
    assert_ok(ae_fit(m, v, v, NULL, NULL, NULL));
    assert_ok(ae_fit(k, u, u, NULL, NULL, NULL));
    assert_ok(ae_reconstruct(m, v, GENMOD_F64, sizeof a, a, NULL));
    assert_ok(ae_reconstruct(k, v, GENMOD_F64, sizeof b, b, NULL));
    for (size_t i = 0; i < n * D; i++)
        assert_near(a[i], b[i], 1e-4 * (1 + fabs(b[i])));
    assert_near(fixture_number(m, AE_REPORT_LOSS),
                fixture_number(k, AE_REPORT_LOSS), 1e-4);
    assert_near(fixture_number(m, AE_REPORT_VALIDATION_LOSS),
                fixture_number(k, AE_REPORT_VALIDATION_LOSS), 1e-4);
    ae_free(m);
    ae_free(k);
    genmod_data_free(v);
    genmod_data_free(u);
    free(x);
    free(twice);
}

/* In units of their mean, which must be a float. */
static void only_ratios_of_weights_count(void **state)
{
    (void)state;
    static const double levels[] = {1, 1e-20, 1e-46};
    double weights[N], loss[2];
    scene s;
    open_scene(&s);
    for (size_t i = 0; i < 3; i++) {
        ae_model *const m = fixture_model("code=2 | epochs=2 | batch_size=30");
        for (size_t j = 0; j < N; j++)
            weights[j] = levels[i];
        assert_ok(genmod_data_set_weights(s.v, N, weights, NULL));
        assert_status(ae_fit(m, s.v, NULL, NULL, NULL, s.w),
                      i < 2 ? GENMOD_OK : GENMOD_BAD_ARGUMENT, s.w);
        if (i < 2)
            loss[i] = fixture_number(m, AE_REPORT_LOSS);
        ae_free(m);
    }
    assert_error_names(s.w,
                       "the weights' mean is 1e-46: too small for a float");
    /* a weight of 1 to a float's rounding */
    assert_near(loss[1], loss[0], 1e-5 * loss[0]);
    close_scene(&s);
}

typedef struct source {
    const double *x;
    size_t asked;
} source;

static int32_t give(size_t n, const int64_t *rows, void *x, double *weights,
                    int32_t *labels, void *user)
{
    source *const s = user;
    (void)weights;
    (void)labels;
    for (size_t i = 0; i < n; i++)
        memcpy((double *)x + i * D, s->x + (size_t)rows[i] * D,
               D * sizeof(double));
    s->asked += n;
    return 0;
}

static void a_row_source_trains_to_the_same_bits(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    source from = {s.x, 0};
    genmod_data *u = NULL;
    ae_model *const m = fixture_model("code=2 | batch_size=25 | epochs=3");
    ae_model *const k = fixture_model("code=2 | batch_size=25 | epochs=3");
    double a[N * D], b[N * D];
    assert_ok(genmod_data_new(&u, NULL));
    assert_ok(genmod_data_set_source(u, GENMOD_F64, N, D, give, &from, NULL));
    assert_ok(ae_fit(m, s.v, s.v, NULL, NULL, NULL));
    assert_ok(ae_fit(k, u, u, NULL, NULL, NULL));
    const fixture_bytes want = fixture_checkpoint(m);
    assert_true(fixture_checkpoints(k, want));
    assert_ok(ae_reconstruct(m, s.v, GENMOD_F64, sizeof a, a, NULL));
    assert_ok(ae_reconstruct(k, u, GENMOD_F64, sizeof b, b, NULL));
    assert_memory_equal(a, b, sizeof a);
    assert_true(from.asked >= 7 * N);
    free(want.p);
    genmod_data_free(u);
    ae_free(m);
    ae_free(k);
    close_scene(&s);
}

/* Rows may change their number: a pass begins anew. */
static void other_rows_begin_a_pass(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    genmod_data *const few = fixture_view(31, D, s.x);
    ae_model *const m = fixture_model("code=2 | batch_size=30");
    assert_ok(ae_start(m, s.v, NULL));
    assert_ok(ae_step(m, s.v, NULL));
    assert_ok(ae_step(m, few, NULL));
    assert_true(fixture_number(m, AE_REPORT_EPOCHS) == 0);
    assert_ok(ae_step(m, few, NULL));
    assert_true(fixture_number(m, AE_REPORT_EPOCHS) == 1);
    assert_true(fixture_number(m, AE_REPORT_STEPS) == 3);
    genmod_data_free(few);
    ae_free(m);
    close_scene(&s);
}

static void steady_steps_take_no_memory(void **state)
{
    (void)state;
    scene s;
    host h;
    open_scene(&s);
    genmod_context *const c = host_context(&h);
    genmod_workspace *w = NULL;
    ae_model *const m = fixture_model("code=2 | batch_size=25 | average=0.5 | "
                                      "validation=0.1");
    assert_ok(genmod_context_set_threads(c, 2));
    assert_ok(genmod_workspace_new(c, &w));
    assert_ok(ae_start(m, s.v, w));
    assert_ok(ae_step(m, s.v, w));
    host_arm(&h, 0, HOST_FROM_THEN_ON);
    for (int i = 0; i < 100; i++)
        assert_status(ae_step(m, s.v, w), GENMOD_OK, w);
    assert_int_equal(h.calls, 0);
    assert_true(fixture_number(m, AE_REPORT_EPOCHS) == 25);
    host_arm(&h, HOST_NEVER, HOST_ONCE);
    ae_free(m);
    genmod_workspace_free(w);
    genmod_context_free(c);
    close_scene(&s);
}

/* Allocations and the most bytes of a fit. */
static void measure(const scene *s, const char *epochs, size_t *calls,
                    size_t *peak)
{
    host h;
    genmod_context *const c = host_context(&h);
    genmod_workspace *w = NULL;
    ae_model *const m = fixture_model("code=2 | batch_size=25");
    fixture_configure(m, epochs);
    assert_ok(genmod_workspace_new(c, &w));
    host_arm(&h, HOST_NEVER, HOST_ONCE);
    assert_ok(ae_fit(m, s->v, s->v, NULL, NULL, w));
    *calls = h.calls;
    *peak = h.peak;
    ae_free(m);
    genmod_workspace_free(w);
    genmod_context_free(c);
}

static void memory_does_not_grow_with_the_updates(void **state)
{
    (void)state;
    scene s;
    size_t calls[2], peak[2];
    open_scene(&s);
    measure(&s, "epochs=1", &calls[0], &peak[0]);
    measure(&s, "epochs=60", &calls[1], &peak[1]);
    assert_int_equal(calls[0], calls[1]);
    assert_int_equal(peak[0], peak[1]);
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sizes_are_known_from_input_or_data),
        cmocka_unit_test(default_networks_are_those_of_the_help),
        cmocka_unit_test(start_forgets_and_is_repeatable),
        cmocka_unit_test(params_are_there_by_name),
        cmocka_unit_test(a_copy_is_equal_and_apart),
        cmocka_unit_test(configure_changes_training_and_nothing_else),
        cmocka_unit_test(early_stopping_keeps_the_best_pass),
        cmocka_unit_test(a_share_held_out_is_validated_on),
        cmocka_unit_test(weights_count_like_repeated_rows),
        cmocka_unit_test(only_ratios_of_weights_count),
        cmocka_unit_test(a_row_source_trains_to_the_same_bits),
        cmocka_unit_test(other_rows_begin_a_pass),
        cmocka_unit_test(steady_steps_take_no_memory),
        cmocka_unit_test(memory_does_not_grow_with_the_updates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
