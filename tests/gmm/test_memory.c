/* What a mixture takes from its host. */
#include "gmm/fixture.h"

#include <stdio.h>

#define D 8
#define K 8

typedef struct scene {
    host h;
    genmod_workspace *w;
    ref_mixture r;
    gmm_model *m;
    genmod_data *view;
    double x[300 * D];
} scene;

static scene *scene_new(int type)
{
    scene *const s = fixture_take(1, sizeof *s);
    genmod_context *const c = host_context(&s->h);
    assert_ok(genmod_workspace_new(c, &s->w));
    genmod_context_free(c);
    ref_init(&s->r, type, K, D);
    ref_invent(&s->r, 12, 1);
    ref_draw(&s->r, 3, 300, s->x, NULL);
    s->m = fixture_from(&s->r, NULL);
    s->view = fixture_view(1, D, s->x);
    return s;
}

static void scene_free(scene *s)
{
    genmod_workspace_free(s->w);
    gmm_free(s->m);
    genmod_data_free(s->view);
    ref_free(&s->r);
    free(s);
}

static void look_at(scene *s, size_t row)
{
    assert_ok(genmod_data_set_rows(s->view, GENMOD_F64, 1, D, s->x + row * D, 0,
                                   0, s->w));
}

static void repeated_one_row_calls_take_no_memory(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        scene *const s = scene_new(type);
        double f[K], want[300], x[D];
        int32_t label;
        ref_density(&s->r, 300, s->x, want, NULL);
        for (size_t i = 0; i < 300; i++) {
            if (i == 1)
                host_arm(&s->h, 0, HOST_FROM_THEN_ON);
            look_at(s, i);
            assert_ok(gmm_log_density(s->m, s->view, sizeof *f, f, s->w));
            fixture_close("density", f[0], want[i], 1e-12);
            assert_ok(gmm_responsibilities(s->m, s->view, GENMOD_F64, sizeof f,
                                           f, s->w));
            assert_ok(gmm_predict(s->m, s->view, sizeof label, &label, s->w));
            assert_ok(gmm_sample(s->m, 1, i, 1, GENMOD_F64, sizeof x, x, &label,
                                 s->w));
        }
        assert_int_equal(s->h.calls, 0);
        host_arm(&s->h, HOST_NEVER, HOST_ONCE);
        scene_free(s);
    }
}

/* A workspace that has done a large call does a small one for nothing. */
static void one_row_after_a_large_call_takes_no_memory(void **state)
{
    (void)state;
    scene *const s = scene_new(REF_FULL);
    double f[300];
    assert_ok(
        genmod_data_set_rows(s->view, GENMOD_F64, 300, D, s->x, 0, 0, s->w));
    assert_ok(gmm_log_density(s->m, s->view, sizeof f, f, s->w));
    look_at(s, 0);
    assert_ok(gmm_log_density(s->m, s->view, sizeof f, f, s->w));
    host_arm(&s->h, HOST_NEVER, HOST_ONCE);
    assert_ok(gmm_log_density(s->m, s->view, sizeof f, f, s->w));
    assert_int_equal(s->h.calls, 0);
    scene_free(s);
}

static int32_t generated(size_t n, const int64_t *rows, void *x,
                         double *weights, int32_t *labels, void *user)
{
    (void)weights;
    (void)labels;
    (void)user;
    for (size_t i = 0; i < n; i++) {
        ref_random r = {(uint64_t)rows[i]};
        for (size_t c = 0; c < 3; c++)
            ((double *)x)[i * 3 + c] =
                ref_uniform(&r) + (rows[i] % 3 == 1 ? 2.5 : 0);
    }
    return 0;
}

static size_t peak_of_a_fit(size_t n, int type)
{
    host h;
    genmod_context *const c = host_context(&h);
    genmod_workspace *w = NULL;
    genmod_data *v = NULL;
    gmm_model *m = NULL;
    genmod_config *const options =
        fixture_config(2, type, "max_iterations=2 init_rows=2000");
    assert_ok(genmod_workspace_new(c, &w));
    assert_ok(genmod_data_new(&v, w));
    assert_ok(genmod_data_set_source(v, GENMOD_F64, n, 3, generated, NULL, w));
    assert_ok(gmm_new(options, &m, w));
    assert_ok(gmm_fit(m, v, NULL, NULL, w));
    double l = 0;
    assert_ok(gmm_log_likelihood(m, v, &l, w));
    gmm_free(m);
    genmod_data_free(v);
    genmod_workspace_free(w);
    genmod_context_free(c);
    genmod_config_free(options);
    assert_int_equal(h.blocks, 0);
    return h.peak;
}

static void memory_does_not_grow_with_the_rows(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        const size_t small = peak_of_a_fit(20000, type);
        const size_t large = peak_of_a_fit(200000, type);
        if (large > small)
            fail_msg("%s: peak of %zu bytes for 20000 rows, %zu for 200000",
                     ref_names[type], small, large);
    }
}

/* Everything that a small program does, under a limit. */
static int32_t program(genmod_context *c, const double *x, size_t n)
{
    genmod_workspace *w = NULL;
    genmod_data *v = NULL;
    gmm_model *m = NULL;
    double out[200 * 3];
    genmod_config *const options =
        fixture_config(3, REF_FULL, "max_iterations=3 starts=2");
    int32_t status = genmod_workspace_new(c, &w);
    if (!status)
        status = genmod_data_new(&v, w);
    if (!status)
        status = genmod_data_set_rows(v, GENMOD_F64, n, 3, x, 0, 0, w);
    if (!status)
        status = gmm_new(options, &m, w);
    if (!status)
        status = gmm_fit(m, v, NULL, NULL, w);
    if (!status)
        status = gmm_log_density(m, v, sizeof out, out, w);
    if (!status)
        status = gmm_sample(m, 3, 0, n, GENMOD_F64, sizeof out, out, NULL, w);
    if (status && w)
        assert_true(genmod_workspace_error(w)[0] != 0);
    gmm_free(m);
    genmod_data_free(v);
    genmod_workspace_free(w);
    genmod_config_free(options);
    return status;
}

static void memory_stays_under_its_limit_or_the_call_says_so(void **state)
{
    (void)state;
    double x[200 * 3];
    ref_random r = {5};
    for (size_t i = 0; i < 600; i++)
        x[i] = ref_normal(&r);
    host h;
    genmod_context *c = host_context(&h);
    assert_ok(program(c, x, 200));
    genmod_context_free(c);
    const size_t whole = h.peak;
    size_t refused = 0, passed = 0;
    for (size_t i = 1; i <= 20; i++) {
        const size_t limit = whole * i / 15 + 1;
        c = host_context(&h);
        const size_t own = h.bytes;
        assert_ok(genmod_context_set_memory_limit(c, limit));
        const int32_t status = program(c, x, 200);
        if (status != GENMOD_OK)
            assert_status(status, GENMOD_LIMIT, NULL);
        refused += status == GENMOD_LIMIT;
        passed += status == GENMOD_OK;
        if (h.peak > (limit > own ? limit : own))
            fail_msg("limit %zu, peak %zu", limit, (size_t)h.peak);
        genmod_context_free(c);
        assert_int_equal(h.blocks, 0);
        assert_int_equal(h.bytes, 0);
    }
    assert_true(refused >= 5 && passed >= 4);
}

/* What a call was refused leaves room: the model is as it was. */
static void a_fit_over_the_limit_leaves_the_model(void **state)
{
    (void)state;
    double x[200 * 3];
    ref_random r = {5};
    for (size_t i = 0; i < 600; i++)
        x[i] = ref_normal(&r);
    genmod_data *const v = fixture_view(200, 3, x);
    size_t refused = 0;
    for (size_t limit = 20000; limit < 400000; limit += 20000) {
        host h;
        genmod_context *const c = host_context(&h);
        genmod_workspace *w = NULL;
        assert_ok(genmod_context_set_memory_limit(c, limit));
        if (genmod_workspace_new(c, &w) == GENMOD_OK) {
            gmm_model *const m = fixture_model(3, REF_FULL, NULL);
            assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
            fixture_configure(m, "starts=10 seed=3");
            const fixture_bytes before = fixture_save(m);
            const int32_t status = gmm_fit(m, v, NULL, NULL, w);
            if (status) {
                assert_status(status, GENMOD_LIMIT, w);
                assert_true(fixture_unchanged(m, before));
                refused++;
            }
            free(before.p);
            gmm_free(m);
        }
        genmod_workspace_free(w);
        genmod_context_free(c);
        assert_int_equal(h.blocks, 0);
    }
    assert_true(refused > 0);
    genmod_data_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repeated_one_row_calls_take_no_memory),
        cmocka_unit_test(one_row_after_a_large_call_takes_no_memory),
        cmocka_unit_test(memory_does_not_grow_with_the_rows),
        cmocka_unit_test(memory_stays_under_its_limit_or_the_call_says_so),
        cmocka_unit_test(a_fit_over_the_limit_leaves_the_model),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
