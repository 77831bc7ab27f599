/* The parts of a pass's loss: the report's figures add up, whatever happened in
 * the pass. */
#include "ae/fixture.h"

#define N 90
#define D 6

/* 4 updates a pass, the last a smaller one. */
static const char options[] =
    "encoder=dense 7; tanh; dense 3; sigmoid | batch_size=25 | sparsity=0.3 | "
    "contraction=0.2 | contraction_probes=1 | corruption=masking | "
    "emphasis=0.5";

typedef struct scene {
    double *x;
    genmod_data *v;
    ae_model *m;
} scene;

static void open_scene(scene *s, const char *text)
{
    s->x = fixture_invent(N, D, 9);
    s->v = fixture_view(N, D, s->x);
    s->m = fixture_model(text);
    assert_ok(ae_start(s->m, s->v, NULL));
}

static void close_scene(scene *s)
{
    ae_free(s->m);
    genmod_data_free(s->v);
    free(s->x);
}

static void step(scene *s, int times)
{
    for (int i = 0; i < times; i++)
        assert_ok(ae_step(s->m, s->v, NULL));
}

/* A loss is the float of a sum of two. */
static void check_sum(const scene *s)
{
    const double whole = fixture_number(s->m, AE_REPORT_EPOCH_LOSS);
    const double own = fixture_number(s->m, AE_REPORT_RECONSTRUCTION);
    const double penalty = fixture_number(s->m, AE_REPORT_PENALTY);
    assert_true(own > 0 && penalty > 0);
    assert_near(own + penalty, whole, 3e-7 * whole);
}

static void parts_add_up_to_the_loss_of_each_pass(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, options);
    assert_true(isnan(fixture_number(s.m, AE_REPORT_RECONSTRUCTION)));
    step(&s, 3);
    assert_true(isnan(fixture_number(s.m, AE_REPORT_PENALTY)));
    step(&s, 1);
    check_sum(&s);
    const double first = fixture_number(s.m, AE_REPORT_RECONSTRUCTION);
    step(&s, 3);
    assert_true(fixture_number(s.m, AE_REPORT_RECONSTRUCTION) == first);
    step(&s, 1);
    assert_true(fixture_number(s.m, AE_REPORT_RECONSTRUCTION) != first);
    check_sum(&s);
    close_scene(&s);
}

static void without_penalties_the_reconstruction_is_all(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, "code=3 | batch_size=25");
    step(&s, 4);
    assert_true(fixture_number(s.m, AE_REPORT_PENALTY) == 0);
    assert_true(fixture_number(s.m, AE_REPORT_RECONSTRUCTION) ==
                fixture_number(s.m, AE_REPORT_EPOCH_LOSS));
    close_scene(&s);
}

/* Held-out rows are judged by the reconstruction alone, without noise. */
static void held_out_loss_has_no_penalty(void **state)
{
    (void)state;
    scene s;
    double rows[N], mean = 0;
    open_scene(&s, options);
    fixture_configure(s.m, "epochs=1");
    assert_ok(ae_fit(s.m, s.v, s.v, NULL, NULL, NULL));
    assert_ok(ae_anomaly(s.m, s.v, sizeof rows, rows, NULL));
    for (size_t i = 0; i < N; i++)
        mean += rows[i] / N;
    assert_near(fixture_number(s.m, AE_REPORT_VALIDATION_LOSS), mean,
                1e-5 * mean);
    check_sum(&s);
    close_scene(&s);
}

/* The figures too: a checkpoint holds the report. */
static void checkpoints_go_on_within_a_pass(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, options);
    for (int i = 0; i < 9; i++) {
        const fixture_bytes before = fixture_checkpoint(s.m);
        ae_model *const m = fixture_model(NULL);
        step(&s, 1);
        const fixture_bytes after = fixture_checkpoint(s.m);
        assert_ok(ae_load(m, before.n, before.p, NULL));
        assert_ok(ae_step(m, s.v, NULL));
        assert_true(fixture_checkpoints(m, after));
        ae_free(m);
        free(before.p);
        free(after.p);
    }
    close_scene(&s);
}

/* Rows of the update after `done` that are refused: a cell that is not finite,
 * one whose loss is not. */
static void a_step_that_fails_leaves_the_parts(void **state)
{
    (void)state;
    static const double wrong[] = {NAN, 1e30};
    for (size_t k = 0; k < 2; k++)
        for (int done = 0; done < 5; done++) {
            scene s, twin;
            open_scene(&s, options);
            open_scene(&twin, options);
            step(&s, done);
            step(&twin, done);
            const fixture_bytes b = fixture_checkpoint(s.m);
            for (size_t i = 0; i < N * D; i++)
                s.x[i] = wrong[k];
            assert_status(ae_step(s.m, s.v, NULL),
                          k ? GENMOD_BREAKDOWN : GENMOD_NON_FINITE, NULL);
            assert_true(fixture_checkpoints(s.m, b));
            memcpy(s.x, twin.x, N * D * sizeof *s.x);
            step(&s, 8 - done);
            step(&twin, 8 - done);
            free(b.p);
            const fixture_bytes want = fixture_checkpoint(twin.m);
            assert_true(fixture_checkpoints(s.m, want));
            check_sum(&s);
            free(want.p);
            close_scene(&s);
            close_scene(&twin);
        }
}

/* The update was made, and then refused for its loss. */
static void a_divergence_counts_in_no_pass(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, options);
    step(&s, 6);
    for (size_t i = 0; i < N * D; i++)
        s.x[i] *= 1e4;
    assert_status(ae_step(s.m, s.v, NULL), GENMOD_BREAKDOWN, NULL);
    for (size_t i = 0; i < N * D; i++)
        s.x[i] /= 1e4;
    step(&s, 2);
    assert_true(fixture_number(s.m, AE_REPORT_EPOCHS) == 2);
    check_sum(&s);
    close_scene(&s);
}

static void a_pass_that_begins_anew_counts_from_there(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, options);
    genmod_data *const few = fixture_view(N - 30, D, s.x);
    step(&s, 2);
    for (int i = 0; i < 3; i++)
        assert_ok(ae_step(s.m, few, NULL));
    assert_true(fixture_number(s.m, AE_REPORT_EPOCHS) == 1);
    check_sum(&s);
    genmod_data_free(few);
    close_scene(&s);
}

/* Weights of the penalties may change between passes. */
static void weights_may_change_between_updates(void **state)
{
    (void)state;
    scene s;
    open_scene(&s, options);
    step(&s, 4);
    const double before = fixture_number(s.m, AE_REPORT_PENALTY);
    fixture_configure(s.m, "sparsity=30 | contraction=20");
    step(&s, 4);
    check_sum(&s);
    assert_true(fixture_number(s.m, AE_REPORT_PENALTY) > 50 * before);
    fixture_configure(s.m, "sparsity=0 | contraction=0");
    step(&s, 4);
    assert_true(fixture_number(s.m, AE_REPORT_PENALTY) == 0);
    close_scene(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_add_up_to_the_loss_of_each_pass),
        cmocka_unit_test(without_penalties_the_reconstruction_is_all),
        cmocka_unit_test(held_out_loss_has_no_penalty),
        cmocka_unit_test(checkpoints_go_on_within_a_pass),
        cmocka_unit_test(a_step_that_fails_leaves_the_parts),
        cmocka_unit_test(a_divergence_counts_in_no_pass),
        cmocka_unit_test(a_pass_that_begins_anew_counts_from_there),
        cmocka_unit_test(weights_may_change_between_updates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
