/* A fit that leaves a checkpoint at every update. */
#include "model/life.h"

#define MOST 256

void *life_model(const life *f)
{
    return fixture_model_of(f->family, f->bytes, f->options);
}

void life_open(const life *f, life_run *r)
{
    *r = (life_run){.f = f, .m = life_model(f), .v = f->view()};
    r->at = fixture_take(MOST, sizeof *r->at);
}

void life_close(life_run *r)
{
    for (size_t i = 0; i < r->n; i++)
        free(r->at[i].p);
    free(r->at);
    genmod_data_free(r->v);
    model_free(r->m);
}

static int32_t note(const genmod_report *report, void *user)
{
    life_run *const r = user;
    double steps = -1;
    assert_ok(genmod_report_get(report, "steps", &steps));
    assert_true(steps == (double)r->n);
    assert_true(r->n < MOST);
    r->at[r->n++] = fixture_checkpoint(r->m);
    return 0;
}

void life_fit(life_run *r)
{
    assert_ok(model_fit(r->m, r->v, NULL, note, r, NULL));
    assert_int_equal(r->n, r->f->passes * r->f->updates + 1);
}
