/* Progress, cancel, and what may be done in the middle of a fit. */
#include "gmm/fixture.h"

#include <fenv.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define N 3000
#define D 3
#define K 3

typedef struct scene {
    double *x;
    genmod_data *view, *other;
    gmm_model *m;
    genmod_workspace *w, *second;
    size_t calls, stop_at;
    int32_t answer;
    double steps_seen; /* "iterations" at the last call */
    void (*act)(struct scene *s);
    size_t acts;
} scene;

static scene *scene_new(const char *options)
{
    scene *const s = fixture_take(1, sizeof *s);
    ref_mixture r;
    ref_init(&r, REF_FULL, K, D);
    ref_invent(&r, 15, 1);
    s->x = fixture_take(N * D, sizeof *s->x);
    ref_draw(&r, 4, N, s->x, NULL);
    s->view = fixture_view(N, D, s->x);
    s->other = fixture_view(7, D, s->x);
    s->m = fixture_model(K, REF_FULL, options);
    s->w = fixture_workspace(2);
    s->second = fixture_workspace(1);
    s->stop_at = SIZE_MAX;
    ref_free(&r);
    return s;
}

static void scene_free(scene *s)
{
    gmm_free(s->m);
    genmod_data_free(s->view);
    genmod_data_free(s->other);
    genmod_workspace_free(s->w);
    genmod_workspace_free(s->second);
    free(s->x);
    free(s);
}

static int32_t watch(const genmod_report *report, void *user)
{
    scene *const s = user;
    double steps = -1;
    if (genmod_report_get(report, GMM_REPORT_ITERATIONS, &steps) != 0)
        return -99;
    s->steps_seen = steps;
    s->calls++;
    if (s->act) {
        s->act(s);
        s->acts++;
    }
    return s->calls >= s->stop_at ? s->answer : 0;
}

static const char ten[] = "max_iterations=10 tolerance=0 seed=5";

/* Calls that a whole fit makes. */
static size_t calls_of_a_fit(void)
{
    scene *const s = scene_new(ten);
    assert_ok(gmm_fit(s->m, s->view, watch, s, s->w));
    const size_t calls = s->calls;
    scene_free(s);
    return calls;
}

static void progress_is_called_at_least_once_a_step(void **state)
{
    (void)state;
    assert_true(calls_of_a_fit() >= 10);
}

static void progress_does_not_change_the_fit(void **state)
{
    (void)state;
    scene *const s = scene_new(ten);
    gmm_model *const silent = fixture_model(K, REF_FULL, ten);
    assert_ok(gmm_fit(s->m, s->view, watch, s, s->w));
    assert_ok(gmm_fit(silent, s->view, NULL, NULL, NULL));
    const fixture_bytes want = fixture_save(silent);
    assert_true(fixture_unchanged(s->m, want));
    free(want.p);
    gmm_free(silent);
    scene_free(s);
}

/* A model after `steps` whole steps from the same start. */
static void check_stands_at(scene *s, double steps)
{
    gmm_model *const want = fixture_model(K, REF_FULL, ten);
    assert_ok(gmm_start(want, s->view, NULL));
    for (double i = 0; i < steps; i++)
        assert_ok(gmm_step(want, s->view, NULL));
    ref_mixture a, b;
    ref_init(&a, REF_FULL, K, D);
    ref_init(&b, REF_FULL, K, D);
    fixture_params(s->m, &a);
    fixture_params(want, &b);
    assert_memory_equal(a.w, b.w, K * sizeof *a.w);
    assert_memory_equal(a.mu, b.mu, K * D * sizeof *a.mu);
    assert_memory_equal(a.cov, b.cov, K * D * D * sizeof *a.cov);
    assert_true(fixture_number(s->m, GMM_REPORT_ITERATIONS) == steps);
    for (int64_t i = 0; i < (int64_t)steps; i++)
        assert_true(fixture_series(s->m, GMM_REPORT_HISTORY, i) ==
                    fixture_series(want, GMM_REPORT_HISTORY, i));
    ref_free(&a);
    ref_free(&b);
    gmm_free(want);
}

static void a_positive_answer_stops_and_keeps_the_last_step(void **state)
{
    (void)state;
    const size_t all = calls_of_a_fit();
    for (size_t at = 2; at < all; at += 3) {
        scene *const s = scene_new(ten);
        s->stop_at = at;
        s->answer = 3;
        assert_ok(gmm_fit(s->m, s->view, watch, s, s->w));
        assert_int_equal(s->calls, at);
        assert_string_equal(genmod_workspace_error(s->w), "");
        if (gmm_dimension(s->m) > 0) {
            const double steps = fixture_number(s->m, GMM_REPORT_ITERATIONS);
            assert_true(steps < 10 && steps >= s->steps_seen);
            assert_true(fixture_number(s->m, GMM_REPORT_CONVERGED) == 0);
            check_stands_at(s, steps);
        }
        scene_free(s);
    }
}

static void a_negative_answer_stops_with_its_code(void **state)
{
    (void)state;
    const size_t all = calls_of_a_fit();
    for (size_t at = 1; at < all; at += 3) {
        scene *const s = scene_new(ten);
        s->stop_at = at;
        s->answer = -4;
        assert_status(gmm_fit(s->m, s->view, watch, s, s->w), GENMOD_CALLBACK,
                      NULL);
        assert_int_equal(s->calls, at);
        assert_true(genmod_workspace_error(s->w)[0] != 0);
        if (gmm_dimension(s->m) > 0)
            check_stands_at(s, fixture_number(s->m, GMM_REPORT_ITERATIONS));
        /* and the next fit is the one that an undisturbed model makes */
        s->stop_at = SIZE_MAX;
        assert_ok(gmm_fit(s->m, s->view, watch, s, s->w));
        check_stands_at(s, 10);
        scene_free(s);
    }
}

static void
a_fit_stopped_before_its_first_step_leaves_the_old_model(void **state)
{
    (void)state;
    const int32_t answers[2] = {-1, 1};
    for (int i = 0; i < 2; i++) {
        scene *const s = scene_new(ten);
        assert_ok(gmm_fit(s->m, s->view, NULL, NULL, s->w));
        const fixture_bytes before = fixture_save(s->m);
        s->stop_at = 1;
        s->answer = answers[i];
        const int32_t got = gmm_fit(s->m, s->view, watch, s, s->w);
        assert_int_equal(got, i ? 0 : GENMOD_CALLBACK);
        if (got)
            assert_true(fixture_unchanged(s->m, before));
        free(before.p);
        scene_free(s);
    }
}

static void stopping_and_going_on_warm_gives_the_bits_of_one_fit(void **state)
{
    (void)state;
    scene *const s = scene_new(ten);
    s->stop_at = calls_of_a_fit() / 2;
    s->answer = 1;
    assert_ok(gmm_fit(s->m, s->view, watch, s, s->w));
    const double done = fixture_number(s->m, GMM_REPORT_ITERATIONS);
    assert_true(done >= 1);
    char options[64] = "warm_start=1 max_iterations=0";
    options[strlen(options) - 1] = (char)('0' + (10 - (int)done));
    fixture_configure(s->m, options);
    s->stop_at = SIZE_MAX;
    assert_ok(gmm_fit(s->m, s->view, watch, s, s->w));
    gmm_model *const want = fixture_model(K, REF_FULL, ten);
    assert_ok(gmm_fit(want, s->view, NULL, NULL, NULL));
    ref_mixture a, b;
    ref_init(&a, REF_FULL, K, D);
    ref_init(&b, REF_FULL, K, D);
    fixture_params(s->m, &a);
    fixture_params(want, &b);
    assert_memory_equal(a.mu, b.mu, K * D * sizeof *a.mu);
    assert_memory_equal(a.cov, b.cov, K * D * D * sizeof *a.cov);
    ref_free(&a);
    ref_free(&b);
    gmm_free(want);
    scene_free(s);
}

static void cancel_in_callback(scene *s)
{
    if (s->calls == 5)
        genmod_workspace_cancel(s->w);
}

static void cancel_from_the_callback_ends_the_fit(void **state)
{
    (void)state;
    scene *const s = scene_new(ten);
    s->act = cancel_in_callback;
    assert_status(gmm_fit(s->m, s->view, watch, s, s->w), GENMOD_CANCELLED,
                  NULL);
    assert_true(genmod_workspace_error(s->w)[0] != 0);
    assert_in_range(s->calls, 5, 6);
    if (gmm_dimension(s->m) > 0)
        check_stands_at(s, fixture_number(s->m, GMM_REPORT_ITERATIONS));
    /* the cancel is used up */
    s->act = NULL;
    assert_ok(gmm_fit(s->m, s->view, watch, s, s->w));
    check_stands_at(s, 10);
    scene_free(s);
}

typedef struct canceller {
    genmod_workspace *w;
    pthread_mutex_t lock;
    pthread_cond_t started;
    int go;
} canceller;

static void *cancel_later(void *p)
{
    canceller *const c = p;
    (void)pthread_mutex_lock(&c->lock);
    while (!c->go)
        (void)pthread_cond_wait(&c->started, &c->lock);
    (void)pthread_mutex_unlock(&c->lock);
    genmod_workspace_cancel(c->w);
    return NULL;
}

static int32_t announce(const genmod_report *report, void *user)
{
    canceller *const c = user;
    (void)report;
    (void)pthread_mutex_lock(&c->lock);
    c->go = 1;
    (void)pthread_cond_signal(&c->started);
    (void)pthread_mutex_unlock(&c->lock);
    return 0;
}

static void cancel_from_another_thread_ends_the_fit(void **state)
{
    (void)state;
    scene *const s = scene_new("max_iterations=1000000 tolerance=0 ridge=0");
    canceller c = {s->w, PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER,
                   0};
    pthread_t t;
    assert_int_equal(pthread_create(&t, NULL, cancel_later, &c), 0);
    assert_status(gmm_fit(s->m, s->view, announce, &c, s->w), GENMOD_CANCELLED,
                  NULL);
    assert_int_equal(pthread_join(t, NULL), 0);
    double l = 0;
    assert_ok(gmm_start(s->m, s->view, s->w));
    assert_ok(gmm_log_likelihood(s->m, s->view, &l, s->w));
    scene_free(s);
}

static void cancel_ends_the_next_computing_call_and_only_that(void **state)
{
    (void)state;
    scene *const s = scene_new(ten);
    assert_ok(gmm_fit(s->m, s->view, NULL, NULL, s->w));
    const fixture_bytes before = fixture_save(s->m);
    double f[N * K];
    int32_t l[N];
    const int32_t want = GENMOD_CANCELLED;
    for (size_t i = 0; i < N * K; i++)
        f[i] = 4.75;
    genmod_workspace_cancel(s->w);
    assert_status(gmm_log_density(s->m, s->view, sizeof f, f, s->w), want,
                  NULL);
    genmod_workspace_cancel(s->w);
    assert_status(
        gmm_responsibilities(s->m, s->view, GENMOD_F64, sizeof f, f, s->w),
        want, NULL);
    genmod_workspace_cancel(s->w);
    assert_status(gmm_predict(s->m, s->view, sizeof l, l, s->w), want, NULL);
    genmod_workspace_cancel(s->w);
    assert_status(gmm_log_likelihood(s->m, s->view, f, s->w), want, NULL);
    genmod_workspace_cancel(s->w);
    assert_status(gmm_aic(s->m, s->view, f, s->w), want, NULL);
    genmod_workspace_cancel(s->w);
    assert_status(gmm_bic(s->m, s->view, f, s->w), want, NULL);
    genmod_workspace_cancel(s->w);
    assert_status(gmm_sample(s->m, 1, 0, N, GENMOD_F64, sizeof f, f, l, s->w),
                  want, NULL);
    genmod_workspace_cancel(s->w);
    assert_status(gmm_start(s->m, s->view, s->w), want, NULL);
    genmod_workspace_cancel(s->w);
    assert_status(gmm_step(s->m, s->view, s->w), want, NULL);
    genmod_workspace_cancel(s->w);
    assert_status(gmm_fit(s->m, s->view, NULL, NULL, s->w), want, NULL);
    assert_true(fixture_unchanged(s->m, before));
    for (size_t i = 0; i < N * K; i++)
        assert_true(f[i] == 4.75);
    assert_ok(gmm_log_density(s->m, s->view, sizeof f, f, s->w));
    genmod_workspace_cancel(NULL);
    free(before.p);
    scene_free(s);
}

/* In a callback: const calls with another workspace, or none. */
static void read_the_model(scene *s)
{
    double f[7 * K], mean = 0;
    int32_t l[7];
    size_t need = 0;
    genmod_workspace *const ws[2] = {NULL, s->second};
    if (gmm_dimension(s->m) == 0)
        return;
    for (int i = 0; i < 2; i++) {
        genmod_workspace *const w = ws[i];
        assert_ok(gmm_log_density(s->m, s->other, sizeof f, f, w));
        assert_ok(
            gmm_responsibilities(s->m, s->other, GENMOD_F64, sizeof f, f, w));
        assert_ok(gmm_predict(s->m, s->other, sizeof l, l, w));
        assert_ok(gmm_log_likelihood(s->m, s->other, &mean, w));
        assert_ok(gmm_sample(s->m, 3, 0, 5, GENMOD_F64, sizeof f, f, l, w));
        assert_ok(gmm_get_params(s->m, GMM_MEANS, K * D, f, &need, w));
    }
    const fixture_bytes b = fixture_save(s->m);
    gmm_model *const copy = fixture_model(1, REF_TIED, NULL);
    assert_ok(gmm_load(copy, b.n, b.p, s->second));
    assert_int_equal(gmm_components(copy), K);
    assert_ok(gmm_copy(s->m, copy, s->second));
    gmm_free(copy);
    free(b.p);
}

static void const_calls_and_saving_work_inside_a_callback(void **state)
{
    (void)state;
    scene *const s = scene_new(ten);
    s->act = read_the_model;
    /* parameters from before are there to be read even in the start */
    assert_ok(gmm_fit(s->m, s->view, NULL, NULL, s->w));
    assert_ok(gmm_fit(s->m, s->view, watch, s, s->w));
    assert_true(s->acts > 0);
    check_stands_at(s, 10);
    scene_free(s);
}

static void change_the_model(scene *s)
{
    const double w[K] = {0.25, 0.25, 0.5};
    double mu[K * D] = {0}, cov[K * D * D] = {0};
    for (size_t i = 0; i < K * D; i++)
        cov[i / D * D * D + i % D * (D + 1)] = 1;
    const int32_t want = GENMOD_BUSY;
    gmm_model *const spare = fixture_model(K, REF_FULL, NULL);
    assert_ok(gmm_start(spare, s->other, NULL));
    const fixture_bytes b = fixture_save(spare);
    genmod_config *const c = fixture_config(K, REF_FULL, NULL);
    double resp[7 * K];
    for (size_t i = 0; i < 7 * K; i++)
        resp[i] = 0.5;
    genmod_workspace *const ws[2] = {NULL, s->second};
    for (int i = 0; i < 2; i++) {
        genmod_workspace *const o = ws[i];
        assert_status(gmm_start(s->m, s->other, o), want, NULL);
        assert_status(
            gmm_start_responsibilities(s->m, s->other, sizeof resp, resp, o),
            want, NULL);
        assert_status(gmm_step(s->m, s->other, o), want, NULL);
        assert_status(gmm_fit(s->m, s->other, NULL, NULL, o), want, NULL);
        assert_status(gmm_configure(s->m, c, o), want, NULL);
        assert_status(gmm_copy(spare, s->m, o), want, NULL);
        assert_status(gmm_load(s->m, b.n, b.p, o), want, NULL);
        assert_status(gmm_set_params(s->m, K, D, w, mu, K * D * D, cov, o),
                      want, NULL);
    }
    assert_true(genmod_workspace_error(s->second)[0] != 0);
    free(b.p);
    genmod_config_free(c);
    gmm_free(spare);
}

static void
mutating_calls_inside_a_callback_are_busy_and_change_nothing(void **state)
{
    (void)state;
    scene *const s = scene_new(ten);
    s->act = change_the_model;
    assert_ok(gmm_fit(s->m, s->view, watch, s, s->w));
    assert_true(s->acts > 0);
    check_stands_at(s, 10);
    scene_free(s);
}

static void use_the_same_workspace(scene *s)
{
    double l = 0;
    if (gmm_dimension(s->m))
        assert_status(gmm_log_likelihood(s->m, s->other, &l, s->w), GENMOD_BUSY,
                      NULL);
}

static void the_workspace_of_the_fit_is_busy_inside_a_callback(void **state)
{
    (void)state;
    scene *const s = scene_new(ten);
    s->act = use_the_same_workspace;
    assert_ok(gmm_fit(s->m, s->view, watch, s, s->w));
    check_stands_at(s, 10);
    scene_free(s);
}

/* While a fit is under way its model's report tells where it is. */
static void the_report_in_a_callback_counts_rows_and_steps(void **state)
{
    (void)state;
    scene *const s = scene_new(ten);
    assert_ok(gmm_fit(s->m, s->view, watch, s, s->w));
    assert_true(s->steps_seen >= 9 && s->steps_seen <= 10);
    assert_true(fixture_number(s->m, GMM_REPORT_ROWS) == N);
    assert_true(fixture_number(s->m, GMM_REPORT_ITERATIONS) == 10);
    assert_true(fixture_number(s->m, GMM_REPORT_PARAMETERS) ==
                (double)ref_parameters(REF_FULL, K, D));
    assert_int_equal(fixture_series_length(s->m, GMM_REPORT_HISTORY), 10);
    assert_int_equal(fixture_series_length(s->m, GMM_REPORT_MENDS), K);
    assert_int_equal(fixture_series_length(s->m, GMM_REPORT_LAST_MEND), K);
    scene_free(s);
}

static void round_up(scene *s)
{
    (void)s;
    assert_int_equal(fesetround(FE_UPWARD), 0);
}

static void a_callback_that_changes_the_rounding_does_not_change_the_fit(
    void **state)
{
    (void)state;
    scene *const s = scene_new(ten);
    gmm_model *const silent = fixture_model(K, REF_FULL, ten);
    s->act = round_up;
    assert_ok(gmm_fit(s->m, s->view, watch, s, s->w));
    assert_int_equal(fesetround(FE_TONEAREST), 0);
    assert_ok(gmm_fit(silent, s->view, NULL, NULL, NULL));
    const fixture_bytes want = fixture_save(silent);
    assert_true(fixture_unchanged(s->m, want));
    free(want.p);
    gmm_free(silent);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(progress_is_called_at_least_once_a_step),
        cmocka_unit_test(progress_does_not_change_the_fit),
        cmocka_unit_test(
            a_callback_that_changes_the_rounding_does_not_change_the_fit),
        cmocka_unit_test(a_positive_answer_stops_and_keeps_the_last_step),
        cmocka_unit_test(a_negative_answer_stops_with_its_code),
        cmocka_unit_test(
            a_fit_stopped_before_its_first_step_leaves_the_old_model),
        cmocka_unit_test(stopping_and_going_on_warm_gives_the_bits_of_one_fit),
        cmocka_unit_test(cancel_from_the_callback_ends_the_fit),
        cmocka_unit_test(cancel_from_another_thread_ends_the_fit),
        cmocka_unit_test(cancel_ends_the_next_computing_call_and_only_that),
        cmocka_unit_test(const_calls_and_saving_work_inside_a_callback),
        cmocka_unit_test(
            mutating_calls_inside_a_callback_are_busy_and_change_nothing),
        cmocka_unit_test(the_workspace_of_the_fit_is_busy_inside_a_callback),
        cmocka_unit_test(the_report_in_a_callback_counts_rows_and_steps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
