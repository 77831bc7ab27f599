/* Models that begin with another one's encoder. */
#include "ae/fixture.h"
#include "ae/internal.h"

#include <stdio.h>

#define N 120
#define D 6
#define CLASSES 3

typedef struct scene {
    double *x;
    int32_t *label;
    genmod_data *v;
    genmod_workspace *w;
} scene;

static void open_scene(scene *s)
{
    s->x = fixture_invent(N, D, 8);
    s->label = fixture_classes(N, D, s->x);
    s->v = fixture_view(N, D, s->x);
    s->w = NULL;
    assert_ok(genmod_data_set_labels(s->v, N, s->label, NULL));
}

static void close_scene(scene *s)
{
    genmod_workspace_free(s->w);
    genmod_data_free(s->v);
    free(s->label);
    free(s->x);
}

static const char stack[] =
    "encoder=dense 5; sigmoid; dense 4; tanh; dense 2 | pretrain_epochs=3 | "
    "batch_size=32 | corruption=masking | corruption_level=0.2 | seed=5 | "
    "warm_start=1 | pretrain_learning_rate=0.02";

static const char classifier[] =
    "encoder=dense 5; sigmoid; dense 4; tanh; dense 2 | target=classes | "
    "classes=3 | head=dense 4; relu | epochs=30 | batch_size=32 | seed=2 | "
    "learning_rate=0.02 | warm_start=1";

static double *params(const ae_model *m, const char *name)
{
    return fixture_params(m, name, NULL);
}

static void an_adopted_encoder_gives_the_same_codes(void **state)
{
    (void)state;
    scene s;
    double a[N * 2], b[N * 2];
    open_scene(&s);
    ae_model *const from = fixture_model(stack);
    ae_model *const m = fixture_model(classifier);
    ae_model *const random = fixture_model(classifier);
    genmod_data *const few = fixture_view(30, D, s.x);
    assert_ok(genmod_data_set_labels(few, 30, s.label, NULL));
    assert_ok(ae_fit(from, s.v, NULL, NULL, NULL, NULL));
    assert_ok(ae_adopt(m, from, few, NULL));
    assert_ok(ae_start(random, few, NULL));
    assert_ok(ae_encode(from, s.v, GENMOD_F64, sizeof a, a, NULL));
    assert_ok(ae_encode(m, s.v, GENMOD_F64, sizeof b, b, NULL));
    assert_memory_equal(a, b, sizeof a);
    double *const head = params(m, "head.0.weight");
    double *const fresh = params(random, "head.0.weight");
    assert_memory_equal(head, fresh, 8 * sizeof *head);
    free(head);
    free(fresh);
    ae_free(from);
    ae_free(m);
    ae_free(random);
    genmod_data_free(few);
    close_scene(&s);
}

/* Whatever stands between the layers and has no weights may differ. */
static void dropout_may_stand_between_adopted_layers(void **state)
{
    (void)state;
    static const char *const others[] = {
        "encoder=dropout 0.2; dense 5; sigmoid; dropout 0.5; dense 4; tanh; "
        "dense 2 | target=classes | classes=3",
        "encoder=dense 5; batchnorm; sigmoid; dense 4; tanh; dense 2"};
    scene s;
    double a[N * 2], b[N * 2];
    open_scene(&s);
    s.w = fixture_workspace(1, NULL);
    ae_model *const from = fixture_model(stack);
    ae_model *m = fixture_model(others[0]);
    assert_ok(ae_fit(from, s.v, NULL, NULL, NULL, NULL));
    assert_ok(ae_adopt(m, from, s.v, NULL));
    assert_ok(ae_encode(from, s.v, GENMOD_F64, sizeof a, a, NULL));
    assert_ok(ae_encode(m, s.v, GENMOD_F64, sizeof b, b, NULL));
    assert_memory_equal(a, b, sizeof a);
    ae_free(m);
    m = fixture_model(others[1]);
    assert_status(ae_adopt(m, from, s.v, s.w), GENMOD_BAD_ARGUMENT, s.w);
    assert_string_equal(
        genmod_workspace_error(s.w),
        "m has the array encoder.1.scale where from has encoder.2.weight");
    ae_free(m);
    ae_free(from);
    close_scene(&s);
}

/* Salt and pepper are the extremes of m's rows, whatever the units of from's:
 * cells of an image, whose columns the networks take in another order. */
static void an_adopted_scale_keeps_the_extremes_of_the_rows(void **state)
{
    (void)state;
    scene s;
    double far[N * D];
    open_scene(&s);
    for (size_t i = 0; i < N * D; i++)
        far[i] = 100 + 20 * s.x[i] + (double)(i % D);
    genmod_data *const v = fixture_view(N, D, far);
    ae_model *const from = fixture_model("input=2x1x3 | encoder=dense 3; tanh");
    ae_model *const m = fixture_model("input=2x1x3 | encoder=dense 3; tanh | "
                                      "corruption=salt-and-pepper");
    assert_ok(ae_start(from, s.v, NULL));
    assert_ok(ae_adopt(m, from, v, NULL));
    const model_body *const b = m->base.body;
    const float *const low = model_body_find(b, AE_LOW);
    const float *const high = model_body_find(b, AE_HIGH);
    for (size_t i = 0; i < D; i++) {
        const size_t j = model_column_of(&b->columns.size, i);
        double least = far[j], most = far[j];
        for (size_t k = 0; k < N; k++) {
            least = fmin(least, far[k * D + j]);
            most = fmax(most, far[k * D + j]);
        }
        const double center = b->columns.center[j], scale = b->columns.scale[j];
        /* rounded to floats twice */
        assert_near(center + scale * (double)low[i], least, 1e-6 * fabs(most));
        assert_near(center + scale * (double)high[i], most, 1e-6 * fabs(most));
    }
    ae_free(m);
    ae_free(from);
    genmod_data_free(v);
    close_scene(&s);
}

static void what_does_not_fit_is_not_adopted(void **state)
{
    (void)state;
    static const char *const others[][2] = {
        {"encoder=dense 5; sigmoid; dense 3; tanh; dense 2",
         "m has 20 numbers in encoder.2.weight; from has 15, or the same in "
         "another shape"},
        {"encoder=dense 5; sigmoid; dense 4",
         "m has the array encoder.4.weight; from has not"},
        {"encoder=dense 5; sigmoid; dense 4; tanh; dense 2; tanh; dense 2",
         "from has the array encoder.6.weight; m has not"},
        {"encoder=dense 5; sigmoid; dense 4; tanh; dense 2 | standardise=0",
         "one of from and m standardises columns, and the other does not"},
        {"encoder=dense 5; sigmoid; dense 4; tanh; dense 2 | input=1x2x3",
         "the rows of from are 1x2x3, those of m 6"},
    };
    scene s;
    open_scene(&s);
    ae_model *const m = fixture_model(classifier);
    s.w = fixture_workspace(1, NULL);
    assert_ok(ae_start(m, s.v, s.w));
    const fixture_bytes before = fixture_checkpoint(m);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        ae_model *const from = fixture_model(others[i][0]);
        assert_status(ae_adopt(m, from, s.v, s.w), GENMOD_NOT_FITTED, s.w);
        assert_ok(ae_start(from, s.v, s.w));
        assert_status(ae_adopt(m, from, s.v, s.w), GENMOD_BAD_ARGUMENT, s.w);
        assert_string_equal(genmod_workspace_error(s.w), others[i][1]);
        assert_true(fixture_checkpoints(m, before));
        ae_free(from);
    }
    assert_status(ae_adopt(NULL, m, s.v, s.w), GENMOD_BAD_ARGUMENT, s.w);
    assert_status(ae_adopt(m, NULL, s.v, s.w), GENMOD_BAD_ARGUMENT, s.w);
    assert_status(ae_adopt(m, m, NULL, s.w), GENMOD_BAD_ARGUMENT, s.w);
    assert_ok(ae_adopt(m, m, s.v, s.w));
    free(before.p);
    ae_free(m);
    close_scene(&s);
}

/* 1 if an array of the two differs. */
static int differs(const ae_model *a, const ae_model *b, const char *name)
{
    size_t n;
    double *const x = fixture_params(a, name, &n), *const y = params(b, name);
    const int other = memcmp(x, y, n * sizeof *x) != 0;
    free(x);
    free(y);
    return other;
}

/* weight_decay and running statistics do not reach it either. */
static void a_frozen_encoder_stays_as_it_is(void **state)
{
    (void)state;
    static const char frozen[] =
        "encoder=dense 5; batchnorm; tanh; dense 2 | target=classes | "
        "classes=3 "
        "| freeze=1 | epochs=3 | batch_size=32 | weight_decay=0.1 | "
        "warm_start=1 | average=0.5";
    static const char *const fixed[] = {"encoder.0.weight", "encoder.1.scale",
                                        "encoder.1.running_mean",
                                        "encoder.3.bias"};
    scene s;
    open_scene(&s);
    ae_model *const m = fixture_model(frozen), *const old = fixture_model(NULL);
    assert_ok(ae_start(m, s.v, NULL));
    assert_true(fixture_number(m, AE_REPORT_PARAMETERS) == 2 * 3 + 3);
    assert_ok(ae_copy(m, old, NULL));
    assert_ok(ae_fit(m, s.v, s.v, NULL, NULL, NULL));
    for (size_t i = 0; i < 4; i++)
        assert_false(differs(m, old, fixed[i]));
    assert_true(differs(m, old, "head.0.weight"));
    ae_free(m);
    ae_free(old);
    close_scene(&s);
}

static void structure_options_have_an_effect(void **state)
{
    (void)state;
    static const char *const heads[][2] = {
        {"", "head.0.weight"},
        {" | head=dense 7; tanh", "head.2.weight"},
        {" | classes=4", "head.0.weight"}};
    static const size_t sizes[] = {2 * 3, 7 * 3, 2 * 4};
    scene s;
    open_scene(&s);
    for (size_t i = 0; i < 3; i++) {
        char text[128];
        size_t n;
        (void)snprintf(text, sizeof text,
                       "encoder=dense 2 | target=classes | %s%s",
                       i < 2 ? "classes=3" : "seed=0", heads[i][0]);
        ae_model *const m = fixture_model(text);
        assert_ok(ae_start(m, s.v, NULL));
        free(fixture_params(m, heads[i][1], &n));
        assert_int_equal(n, sizes[i]);
        ae_free(m);
    }
    close_scene(&s);
}

static void bits_do_not_depend_on_threads(void **state)
{
    (void)state;
    static const size_t threads[] = {1, 2, 3, 7};
    fixture_bytes want[2] = {{0, NULL}, {0, NULL}};
    scene s;
    open_scene(&s);
    for (size_t i = 0; i < 4; i++) {
        genmod_workspace *const w = fixture_workspace(threads[i], NULL);
        ae_model *const m = fixture_model(stack);
        ae_model *const c = fixture_model(classifier);
        assert_ok(ae_pretrain(m, s.v, NULL, NULL, w));
        assert_ok(ae_adopt(c, m, s.v, w));
        assert_ok(ae_fit(c, s.v, s.v, NULL, NULL, w));
        if (i == 0) {
            want[0] = fixture_checkpoint(m);
            want[1] = fixture_checkpoint(c);
        }
        assert_true(fixture_checkpoints(m, want[0]));
        assert_true(fixture_checkpoints(c, want[1]));
        ae_free(m);
        ae_free(c);
        genmod_workspace_free(w);
    }
    free(want[0].p);
    free(want[1].p);
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bits_do_not_depend_on_threads),
        cmocka_unit_test(an_adopted_encoder_gives_the_same_codes),
        cmocka_unit_test(dropout_may_stand_between_adopted_layers),
        cmocka_unit_test(an_adopted_scale_keeps_the_extremes_of_the_rows),
        cmocka_unit_test(what_does_not_fit_is_not_adopted),
        cmocka_unit_test(a_frozen_encoder_stays_as_it_is),
        cmocka_unit_test(structure_options_have_an_effect),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
