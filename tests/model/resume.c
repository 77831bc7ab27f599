/* Training that stops anywhere goes on bit for bit. */
#include "model/life.h"

void fit_is_start_and_steps(void **state)
{
    life_run r;
    life_open(*state, &r);
    model *const m = life_model(r.f);
    life_fit(&r);
    assert_ok(model_start(m, r.v, NULL));
    for (size_t i = 1; i < r.n; i++) {
        assert_ok(model_step(m, r.v, NULL));
        if (!fixture_checkpoints(m, r.at[i]))
            fail_msg("step %zu differs from the fit's", i);
    }
    const fixture_bytes end = fixture_checkpoint(r.m);
    assert_true(fixture_checkpoints(m, end));
    free(end.p);
    model_free(m);
    life_close(&r);
}

/* In a model of other options, which the file's replace. */
static model *loaded(const life *f, fixture_bytes b, genmod_workspace *w)
{
    model *const m = fixture_model_of(f->family, f->bytes, NULL);
    assert_status(model_load(m, b.n, b.p, w), GENMOD_OK, w);
    return m;
}

static void check_step(const life_run *r, size_t i)
{
    genmod_workspace *const w = fixture_workspace(1 + i % 3, NULL);
    model *const m = loaded(r->f, r->at[i], w);
    assert_true(fixture_checkpoints(m, r->at[i]));
    if (i + 1 < r->n) {
        assert_status(model_step(m, r->v, w), GENMOD_OK, w);
        if (!fixture_checkpoints(m, r->at[i + 1]))
            fail_msg("step %zu from its checkpoint differs", i + 1);
    }
    genmod_workspace_free(w);
    model_free(m);
}

static void check_end(const life_run *r, size_t i, fixture_bytes end)
{
    model *const m = loaded(r->f, r->at[i], NULL);
    fixture_configure(m, "warm_start=1");
    assert_ok(model_fit(m, r->v, NULL, NULL, NULL, NULL));
    assert_true(fixture_number(m, "epochs") == (double)r->f->passes);
    fixture_configure(m, "warm_start=0");
    if (!fixture_checkpoints(m, end))
        fail_msg("the fit from step %zu ends elsewhere", i);
    model_free(m);
}

void checkpoints_go_on_bit_for_bit(void **state)
{
    life_run r;
    life_open(*state, &r);
    life_fit(&r);
    const fixture_bytes end = fixture_checkpoint(r.m);
    for (size_t i = 0; i < r.n; i++)
        check_step(&r, i);
    for (size_t i = 1; i + 1 < r.n; i += r.n / 6)
        check_end(&r, i, end);
    free(end.p);
    life_close(&r);
}

void a_completed_fit_is_followed_by_more_passes(void **state)
{
    life_run r;
    life_open(*state, &r);
    fixture_configure(r.m, "epochs=3 | warm_start=1");
    for (size_t i = 1; i <= 3; i++) {
        assert_ok(model_fit(r.m, r.v, NULL, NULL, NULL, NULL));
        assert_true(fixture_number(r.m, "epochs") == 3 * (double)i);
        assert_true(fixture_number(r.m, "steps") ==
                    (double)(3 * r.f->updates * i));
        assert_int_equal(fixture_length(r.m, "loss_history"), 3 * i);
    }
    fixture_configure(r.m, "warm_start=0");
    assert_ok(model_fit(r.m, r.v, NULL, NULL, NULL, NULL));
    assert_true(fixture_number(r.m, "epochs") == 3);
    life_close(&r);
}

void a_saved_model_goes_on_with_new_moments(void **state)
{
    life_run r;
    life_open(*state, &r);
    fixture_configure(r.m, "epochs=3");
    assert_ok(model_fit(r.m, r.v, NULL, NULL, NULL, NULL));
    const fixture_bytes saved = fixture_save(r.m);
    model *const m = loaded(r.f, saved, NULL);
    assert_true(fixture_saves(m, saved));
    assert_true(fixture_checkpoints(m, saved));
    assert_ok(model_step(m, r.v, NULL));
    assert_true(fixture_number(m, "steps") == (double)(3 * r.f->updates + 1));
    assert_true(fixture_number(m, "other_kernels") == 0);
    free(saved.p);
    model_free(m);
    life_close(&r);
}

/* A step from a checkpoint is that of the model that wrote it; the caller's to
 * free. */
static fixture_bytes check_next(life_run *r, const char *change)
{
    const fixture_bytes b = fixture_checkpoint(r->m);
    model *const m = loaded(r->f, b, NULL);
    assert_ok(model_step(m, r->v, NULL));
    assert_ok(model_step(r->m, r->v, NULL));
    const fixture_bytes next = fixture_checkpoint(r->m);
    if (!fixture_checkpoints(m, next))
        fail_msg("%s: a checkpoint goes on otherwise", change);
    free(next.p);
    model_free(m);
    return b;
}

/* A step with a checkpoint before it and one behind it. */
static void check_change(life_run *r, const char *change, double steps)
{
    fixture_configure(r->m, change);
    const fixture_bytes before = check_next(r, change);
    assert_true(fixture_number(r->m, "steps") == steps);
    const fixture_bytes behind = check_next(r, change);
    assert_ok(model_load(r->m, behind.n, behind.p, NULL));
    free(before.p);
    free(behind.p);
}

void life_check_changes(const life *f, size_t n, const char *const *changes)
{
    life_run r;
    life_open(f, &r);
    assert_ok(model_start(r.m, r.v, NULL));
    for (int i = 0; i < 7; i++)
        assert_ok(model_step(r.m, r.v, NULL));
    for (size_t i = 0; i < n; i++)
        check_change(&r, changes[i], 8 + (double)i);
    life_close(&r);
}
