/* Arrays that a caller writes. */
#include "ae/fixture.h"

#define N 60
#define D 6

static const char options[] =
    "encoder=dense 5; batchnorm; tanh; dense 2 | batch_size=20 | average=0.9";

typedef struct scene {
    double *x;
    genmod_data *v;
    ae_model *m;
    genmod_workspace *w;
} scene;

/* After two of the three updates of a pass. */
static void open_scene(scene *s)
{
    s->x = fixture_invent(N, D, 4);
    s->v = fixture_view(N, D, s->x);
    s->m = fixture_model(options);
    s->w = fixture_workspace(1, NULL);
    assert_ok(ae_start(s->m, s->v, NULL));
    assert_ok(ae_step(s->m, s->v, NULL));
    assert_ok(ae_step(s->m, s->v, NULL));
}

static void close_scene(scene *s)
{
    ae_free(s->m);
    genmod_data_free(s->v);
    genmod_workspace_free(s->w);
    free(s->x);
}

/* All arrays of one model into another: the same reconstructions. */
static void arrays_go_out_and_in_again(void **state)
{
    (void)state;
    scene s;
    double want[N * D], got[N * D];
    const char *name;
    open_scene(&s);
    ae_model *const other = fixture_model(options);
    fixture_configure(other, "seed=7");
    assert_ok(ae_start(other, s.v, NULL));
    assert_ok(ae_reconstruct(s.m, s.v, GENMOD_F64, sizeof want, want, NULL));
    assert_ok(ae_reconstruct(other, s.v, GENMOD_F64, sizeof got, got, NULL));
    assert_memory_not_equal(got, want, sizeof want);
    for (size_t i = 0; (name = ae_params_key(s.m, i)); i++) {
        size_t n;
        double *const values = fixture_params(s.m, name, &n);
        assert_ok(ae_set_params(other, name, n, values, NULL));
        double *const back = fixture_params(other, name, NULL);
        assert_memory_equal(back, values, n * sizeof *values);
        free(values);
        free(back);
    }
    assert_ok(ae_reconstruct(other, s.v, GENMOD_F64, sizeof got, got, NULL));
    assert_memory_equal(got, want, sizeof want);
    ae_free(other);
    close_scene(&s);
}

static void values_are_rounded_to_floats(void **state)
{
    (void)state;
    const double values[2] = {1.0 / 3, -2.385e-60};
    scene s;
    open_scene(&s);
    assert_ok(ae_set_params(s.m, "encoder.3.bias", 2, values, NULL));
    double *const got = fixture_params(s.m, "encoder.3.bias", NULL);
    assert_true(got[0] == (double)(float)values[0] && got[1] == 0);
    free(got);
    close_scene(&s);
}

/* As from a saved model: moments of 0, averages that begin anew, states that
 * go on from what was written; the counts go on. */
static void training_goes_on_as_from_a_saved_model(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        size_t n;
    } arrays[] = {{"encoder.0.bias", 5},
                  {"encoder.1.running_variance", 5},
                  {"decoder.0.weight", 10}};
    for (size_t k = 0; k < 3; k++) {
        double values[10];
        scene s;
        open_scene(&s);
        ae_model *const twin = fixture_model(NULL);
        for (size_t i = 0; i < 10; i++)
            values[i] = 0.3 + 0.1 * (double)i;
        assert_ok(
            ae_set_params(s.m, arrays[k].name, arrays[k].n, values, NULL));
        const fixture_bytes b = fixture_save(s.m);
        assert_true(fixture_checkpoints(s.m, b));
        assert_ok(ae_load(twin, b.n, b.p, NULL));
        for (int i = 0; i < 4; i++) {
            assert_ok(ae_step(s.m, s.v, NULL));
            assert_ok(ae_step(twin, s.v, NULL));
            const fixture_bytes want = fixture_checkpoint(twin);
            assert_true(fixture_checkpoints(s.m, want));
            free(want.p);
        }
        assert_true(fixture_number(s.m, AE_REPORT_STEPS) == 6);
        free(b.p);
        ae_free(twin);
        close_scene(&s);
    }
}

static void refused(scene *s, int32_t got, int32_t want, const char *part)
{
    assert_status(got, want, s->w);
    assert_error_names(s->w, part);
}

static void what_is_refused_changes_nothing(void **state)
{
    (void)state;
    static const double wrong[] = {NAN, INFINITY, -INFINITY, 1e39};
    static const char name[] = "encoder.3.bias";
    const int32_t bad = GENMOD_BAD_ARGUMENT;
    const double v[3] = {1, 2, 3};
    scene s;
    open_scene(&s);
    const fixture_bytes b = fixture_checkpoint(s.m);
    refused(&s, ae_set_params(NULL, name, 2, v, s.w), bad, "m is NULL");
    refused(&s, ae_set_params(s.m, NULL, 2, v, s.w), bad, "name is NULL");
    refused(&s, ae_set_params(s.m, name, 2, NULL, s.w), bad, "values is NULL");
    refused(&s, ae_set_params(s.m, name, 1, v, s.w), bad,
            "n is 1; encoder.3.bias has 2 numbers");
    refused(&s, ae_set_params(s.m, name, 3, v, s.w), bad, "n is 3");
    refused(&s, ae_set_params(s.m, name, 0, v, s.w), bad, "n is 0");
    refused(&s, ae_set_params(s.m, "encoder.3", 2, v, s.w), bad,
            "name is \"encoder.3\"; ae_params_key()");
    for (size_t i = 0; i < 4; i++) {
        const double values[2] = {1, wrong[i]};
        refused(&s, ae_set_params(s.m, name, 2, values, s.w), GENMOD_NON_FINITE,
                "values[1] is");
    }
    const double negative[5] = {1, 0, -2.385, 1, 1};
    refused(
        &s, ae_set_params(s.m, "encoder.1.running_variance", 5, negative, s.w),
        bad, "values[2] is -2.385; encoder.1.running_variance must be >= 0");
    assert_true(fixture_checkpoints(s.m, b));
    free(b.p);
    ae_model *const none = fixture_model(options);
    refused(&s, ae_set_params(none, name, 2, v, s.w), GENMOD_NOT_FITTED,
            "no weights");
    ae_free(none);
    close_scene(&s);
}

static int32_t write_weights(const genmod_report *report, void *user)
{
    scene *const s = user;
    const double v[2] = {1, 2};
    (void)report;
    refused(s, ae_set_params(s->m, "encoder.3.bias", 2, v, s->w), GENMOD_BUSY,
            "being trained");
    return 0;
}

static void weights_are_not_written_during_a_fit(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    ae_model *const twin = fixture_model(options);
    fixture_configure(s.m, "epochs=2");
    fixture_configure(twin, "epochs=2");
    assert_ok(ae_fit(s.m, s.v, NULL, write_weights, &s, NULL));
    assert_ok(ae_fit(twin, s.v, NULL, NULL, NULL, NULL));
    const fixture_bytes want = fixture_checkpoint(twin);
    assert_true(fixture_checkpoints(s.m, want));
    free(want.p);
    ae_free(twin);
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arrays_go_out_and_in_again),
        cmocka_unit_test(values_are_rounded_to_floats),
        cmocka_unit_test(training_goes_on_as_from_a_saved_model),
        cmocka_unit_test(what_is_refused_changes_nothing),
        cmocka_unit_test(weights_are_not_written_during_a_fit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
