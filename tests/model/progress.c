/* Progress, cancel, and what may be done in the middle of a fit. */
#include "model/life.h"

typedef struct scene {
    const life *f;
    genmod_data *v;
    model *m, *twin; /* the twin takes the steps that are expected */
    genmod_workspace *w, *second;
    size_t calls, stop_at;
    int32_t answer;
    void (*act)(struct scene *s);
    unsigned char a[LIFE_ROOM], b[LIFE_ROOM];
} scene;

static scene *open_scene(const life *f)
{
    scene *const s = fixture_take(1, sizeof *s);
    s->f = f;
    s->v = f->view();
    s->m = life_model(f);
    s->twin = life_model(f);
    s->w = fixture_workspace(2, NULL);
    s->second = fixture_workspace(1, NULL);
    s->stop_at = SIZE_MAX;
    return s;
}

static void close_scene(scene *s)
{
    model_free(s->m);
    model_free(s->twin);
    genmod_data_free(s->v);
    genmod_workspace_free(s->w);
    genmod_workspace_free(s->second);
    free(s);
}

static size_t updates_of(const life *f)
{
    return f->passes * f->updates;
}

static int32_t watch(const genmod_report *report, void *user)
{
    scene *const s = user;
    double steps = -1;
    assert_true(report == s->m->report);
    assert_ok(genmod_report_get(report, "steps", &steps));
    assert_true(steps == (double)s->calls);
    if (s->act)
        s->act(s);
    return s->calls++ >= s->stop_at ? s->answer : 0;
}

static int32_t fit(scene *s)
{
    return model_fit(s->m, s->v, NULL, watch, s, s->w);
}

/* The model is what `steps` steps from the start leave, options aside. */
static void check_stands_at(scene *s, size_t steps)
{
    assert_ok(model_start(s->twin, s->v, NULL));
    for (size_t i = 0; i < steps; i++)
        assert_ok(model_step(s->twin, s->v, NULL));
    const fixture_bytes want = fixture_save(s->twin);
    assert_true(fixture_saves(s->m, want));
    free(want.p);
}

void progress_is_called_before_each_update_and_after_the_last(void **state)
{
    scene *const s = open_scene(*state);
    assert_ok(fit(s));
    assert_int_equal(s->calls, updates_of(s->f) + 1);
    check_stands_at(s, updates_of(s->f));
    assert_int_equal(fixture_length(s->m, "loss_history"), s->f->passes);
    assert_int_equal(fixture_length(s->m, "validation_history"), 0);
    close_scene(s);
}

void a_positive_answer_stops_and_keeps(void **state)
{
    const life *const f = *state;
    for (size_t at = 0; at <= updates_of(f); at += 3) {
        scene *const s = open_scene(f);
        s->stop_at = at;
        s->answer = 7;
        assert_ok(fit(s));
        assert_int_equal(s->calls, at + 1);
        check_stands_at(s, at);
        /* what was stopped is over: a warm fit makes all its passes */
        s->calls = at;
        s->stop_at = SIZE_MAX;
        fixture_configure(s->m, "warm_start=1");
        assert_ok(fit(s));
        assert_int_equal(s->calls,
                         (at + updates_of(f)) / f->updates * f->updates + 1);
        close_scene(s);
    }
}

void a_negative_answer_fails_and_keeps_whole_updates(void **state)
{
    const life *const f = *state;
    for (size_t at = 0; at < updates_of(f); at += 3) {
        scene *const s = open_scene(f);
        assert_ok(model_start(s->m, s->v, NULL));
        fixture_configure(s->m, "seed=12");
        assert_ok(model_step(s->m, s->v, NULL));
        const fixture_bytes before = fixture_checkpoint(s->m);
        fixture_configure(s->m, "seed=11");
        s->stop_at = at;
        s->answer = -2385;
        assert_status(fit(s), GENMOD_CALLBACK, s->w);
        assert_error_names(s->w, "-2385");
        if (at == 0) {
            fixture_configure(s->m, "seed=12");
            assert_true(fixture_checkpoints(s->m, before));
        } else {
            check_stands_at(s, at);
        }
        free(before.p);
        close_scene(s);
    }
}

void a_cancelled_fit_is_finished_by_the_next_warm_one(void **state)
{
    scene *const s = open_scene(*state);
    s->stop_at = 9;
    s->answer = -1;
    assert_status(fit(s), GENMOD_CALLBACK, s->w);
    s->stop_at = SIZE_MAX;
    s->calls = 9;
    fixture_configure(s->m, "warm_start=1");
    assert_ok(fit(s));
    assert_int_equal(s->calls, updates_of(s->f) + 1);
    fixture_configure(s->m, "warm_start=0");
    check_stands_at(s, updates_of(s->f));
    close_scene(s);
}

static void cancel_here(scene *s)
{
    if (s->calls == 6)
        genmod_workspace_cancel(s->w);
}

void cancel_ends_at_the_next_update(void **state)
{
    scene *const s = open_scene(*state);
    genmod_workspace_cancel(s->w);
    assert_status(fit(s), GENMOD_CANCELLED, s->w);
    assert_int_equal(s->m->d, 0);
    s->act = cancel_here;
    assert_status(fit(s), GENMOD_CANCELLED, s->w);
    check_stands_at(s, 7);
    close_scene(s);
}

/* Const calls see the weights of the last update; a step later they differ. */
static void use_model(scene *s)
{
    const life *const f = s->f;
    const fixture_bytes c = fixture_checkpoint(s->m);
    assert_ok(model_load(s->twin, c.n, c.p, s->second));
    assert_ok(f->ask(s->m, s->v, s->a, s->second));
    assert_ok(f->ask(s->twin, s->v, s->b, NULL));
    assert_memory_equal(s->a, s->b, sizeof s->a);
    assert_status(f->ask(s->m, s->v, s->b, s->w), GENMOD_BUSY, NULL);
    free(c.p);
}

static void change_model(scene *s)
{
    genmod_config *const c = fixture_config_of(s->f->family, NULL);
    const fixture_bytes b = fixture_save(s->m);
    genmod_workspace *const w = s->second;
    assert_status(model_start(s->m, s->v, w), GENMOD_BUSY, w);
    assert_error_names(w, "being trained");
    assert_status(model_step(s->m, s->v, w), GENMOD_BUSY, w);
    assert_status(model_fit(s->m, s->v, NULL, NULL, NULL, w), GENMOD_BUSY, w);
    assert_status(model_configure(s->m, c, w), GENMOD_BUSY, w);
    assert_status(model_copy(s->twin, s->m, w), GENMOD_BUSY, w);
    assert_status(model_load(s->m, b.n, b.p, w), GENMOD_BUSY, w);
    assert_ok(model_get_config(s->m, c, w));
    assert_ok(model_copy(s->m, s->twin, w));
    assert_true(fixture_saves(s->twin, b));
    genmod_config_free(c);
    free(b.p);
}

void in_the_middle_const_calls_work_and_others_are_busy(void **state)
{
    static void (*const acts[])(scene * s) = {use_model, change_model};
    for (size_t i = 0; i < 2; i++) {
        scene *const s = open_scene(*state);
        s->act = acts[i];
        assert_ok(fit(s));
        model_free(s->twin);
        s->twin = life_model(s->f);
        check_stands_at(s, updates_of(s->f));
        close_scene(s);
    }
}
