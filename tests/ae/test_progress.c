/* Progress, cancel, and what may be done in the middle of a fit. */
#include "ae/fixture.h"

#define N 60
#define D 5
#define UPDATES 20 /* 5 passes of 4 minibatches */

static const char options[] =
    "code=2 | batch_size=15 | epochs=5 | seed=11 | average=0.8";

typedef struct scene {
    double *x;
    genmod_data *v;
    ae_model *m, *twin; /* the twin takes the steps that are expected */
    genmod_workspace *w, *second;
    size_t calls, stop_at;
    int32_t answer;
    void (*act)(struct scene *s);
} scene;

static void open_scene(scene *s)
{
    memset(s, 0, sizeof *s);
    s->x = fixture_invent(N, D, 5);
    s->v = fixture_view(N, D, s->x);
    s->m = fixture_model(options);
    s->twin = fixture_model(options);
    s->w = fixture_workspace(2, NULL);
    s->second = fixture_workspace(1, NULL);
    s->stop_at = SIZE_MAX;
}

static void close_scene(scene *s)
{
    ae_free(s->m);
    ae_free(s->twin);
    genmod_data_free(s->v);
    genmod_workspace_free(s->w);
    genmod_workspace_free(s->second);
    free(s->x);
}

static int32_t watch(const genmod_report *report, void *user)
{
    scene *const s = user;
    double steps = -1;
    assert_true(report == ae_report(s->m));
    assert_ok(genmod_report_get(report, AE_REPORT_STEPS, &steps));
    assert_true(steps == (double)s->calls);
    if (s->act)
        s->act(s);
    return s->calls++ >= s->stop_at ? s->answer : 0;
}

/* The model is what `steps` steps from the start leave, options aside. */
static void check_stands_at(scene *s, size_t steps)
{
    assert_ok(ae_start(s->twin, s->v, NULL));
    for (size_t i = 0; i < steps; i++)
        assert_ok(ae_step(s->twin, s->v, NULL));
    const fixture_bytes want = fixture_save(s->twin);
    assert_true(fixture_saves(s->m, want));
    free(want.p);
}

static void
progress_is_called_before_each_update_and_after_the_last(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    assert_ok(ae_fit(s.m, s.v, NULL, watch, &s, s.w));
    assert_int_equal(s.calls, UPDATES + 1);
    check_stands_at(&s, UPDATES);
    assert_int_equal(fixture_length(s.m, AE_REPORT_LOSS_HISTORY), 5);
    assert_int_equal(fixture_length(s.m, AE_REPORT_VALIDATION_HISTORY), 0);
    close_scene(&s);
}

static void a_positive_answer_stops_and_keeps(void **state)
{
    (void)state;
    for (size_t at = 0; at <= UPDATES; at += 3) {
        scene s;
        open_scene(&s);
        s.stop_at = at;
        s.answer = 7;
        assert_ok(ae_fit(s.m, s.v, NULL, watch, &s, s.w));
        assert_int_equal(s.calls, at + 1);
        check_stands_at(&s, at);
        /* what was stopped is over: a warm fit makes all its passes */
        s.calls = at;
        s.stop_at = SIZE_MAX;
        fixture_configure(s.m, "warm_start=1");
        assert_ok(ae_fit(s.m, s.v, NULL, watch, &s, s.w));
        assert_int_equal(s.calls, (at + 20) / 4 * 4 + 1);
        close_scene(&s);
    }
}

static void a_negative_answer_fails_and_keeps_whole_updates(void **state)
{
    (void)state;
    for (size_t at = 0; at < UPDATES; at += 3) {
        scene s;
        open_scene(&s);
        assert_ok(ae_start(s.m, s.v, NULL));
        fixture_configure(s.m, "seed=12");
        assert_ok(ae_step(s.m, s.v, NULL));
        const fixture_bytes before = fixture_checkpoint(s.m);
        fixture_configure(s.m, "seed=11");
        s.stop_at = at;
        s.answer = -2385;
        assert_status(ae_fit(s.m, s.v, NULL, watch, &s, s.w), GENMOD_CALLBACK,
                      s.w);
        assert_error_names(s.w, "-2385");
        if (at == 0) {
            fixture_configure(s.m, "seed=12");
            assert_true(fixture_checkpoints(s.m, before));
        } else {
            check_stands_at(&s, at);
        }
        free(before.p);
        close_scene(&s);
    }
}

static void a_cancelled_fit_is_finished_by_the_next_warm_one(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    s.stop_at = 9;
    s.answer = -1;
    assert_status(ae_fit(s.m, s.v, NULL, watch, &s, s.w), GENMOD_CALLBACK, s.w);
    s.stop_at = SIZE_MAX;
    s.calls = 9;
    fixture_configure(s.m, "warm_start=1");
    assert_ok(ae_fit(s.m, s.v, NULL, watch, &s, s.w));
    assert_int_equal(s.calls, UPDATES + 1);
    fixture_configure(s.m, "warm_start=0");
    check_stands_at(&s, UPDATES);
    close_scene(&s);
}

static void cancel_here(scene *s)
{
    if (s->calls == 6)
        genmod_workspace_cancel(s->w);
}

static void cancel_ends_at_the_next_update(void **state)
{
    (void)state;
    scene s;
    open_scene(&s);
    genmod_workspace_cancel(s.w);
    assert_status(ae_fit(s.m, s.v, NULL, watch, &s, s.w), GENMOD_CANCELLED,
                  s.w);
    assert_int_equal(ae_dimension(s.m), 0);
    s.act = cancel_here;
    assert_status(ae_fit(s.m, s.v, NULL, watch, &s, s.w), GENMOD_CANCELLED,
                  s.w);
    check_stands_at(&s, 7);
    close_scene(&s);
}

/* Const calls see the weights of the last update; a step later they differ. */
static void use_model(scene *s)
{
    double a[N * D], b[N * D], one = 0;
    const fixture_bytes c = fixture_checkpoint(s->m);
    assert_ok(ae_load(s->twin, c.n, c.p, s->second));
    assert_ok(ae_reconstruct(s->m, s->v, GENMOD_F64, sizeof a, a, s->second));
    assert_ok(ae_reconstruct(s->twin, s->v, GENMOD_F64, sizeof b, b, NULL));
    assert_memory_equal(a, b, sizeof a);
    assert_status(ae_anomaly(s->m, s->v, sizeof one, &one, s->w), GENMOD_BUSY,
                  NULL);
    free(c.p);
}

static void change_model(scene *s)
{
    genmod_config *const c = fixture_config(NULL);
    const fixture_bytes b = fixture_save(s->m);
    genmod_workspace *const w = s->second;
    assert_status(ae_start(s->m, s->v, w), GENMOD_BUSY, w);
    assert_error_names(w, "being trained");
    assert_status(ae_step(s->m, s->v, w), GENMOD_BUSY, w);
    assert_status(ae_fit(s->m, s->v, NULL, NULL, NULL, w), GENMOD_BUSY, w);
    assert_status(ae_configure(s->m, c, w), GENMOD_BUSY, w);
    assert_status(ae_copy(s->twin, s->m, w), GENMOD_BUSY, w);
    assert_status(ae_load(s->m, b.n, b.p, w), GENMOD_BUSY, w);
    assert_ok(ae_get_config(s->m, c, w));
    assert_ok(ae_copy(s->m, s->twin, w));
    assert_true(fixture_saves(s->twin, b));
    genmod_config_free(c);
    free(b.p);
}

static void in_the_middle_const_calls_work_and_others_are_busy(void **state)
{
    (void)state;
    static void (*const acts[])(scene * s) = {use_model, change_model};
    for (size_t i = 0; i < 2; i++) {
        scene s;
        open_scene(&s);
        s.act = acts[i];
        assert_ok(ae_fit(s.m, s.v, NULL, watch, &s, s.w));
        ae_free(s.twin);
        s.twin = fixture_model(options);
        check_stands_at(&s, UPDATES);
        close_scene(&s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            progress_is_called_before_each_update_and_after_the_last),
        cmocka_unit_test(a_positive_answer_stops_and_keeps),
        cmocka_unit_test(a_negative_answer_fails_and_keeps_whole_updates),
        cmocka_unit_test(a_cancelled_fit_is_finished_by_the_next_warm_one),
        cmocka_unit_test(cancel_ends_at_the_next_update),
        cmocka_unit_test(in_the_middle_const_calls_work_and_others_are_busy),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
