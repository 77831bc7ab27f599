/* Going on with a fit: warm, step by step, from a saved model, from many
 * starts. */
#include "gmm/fixture.h"

#include <math.h>
#include <stdio.h>

#define N 600
#define D 3
#define K 4

static genmod_data *blobs(double *x)
{
    ref_mixture r;
    ref_init(&r, REF_FULL, K, D);
    ref_invent(&r, 19, 1.5);
    ref_draw(&r, 6, N, x, NULL);
    ref_free(&r);
    return fixture_view(N, D, x);
}

/* Parameters only: histories differ where a fit was cut in two. */
static void check_same_params(const gmm_model *a, const gmm_model *b, int type)
{
    ref_mixture p, q;
    ref_init(&p, type, K, D);
    ref_init(&q, type, K, D);
    fixture_params(a, &p);
    fixture_params(b, &q);
    assert_memory_equal(p.w, q.w, K * sizeof *p.w);
    assert_memory_equal(p.mu, q.mu, K * D * sizeof *p.mu);
    assert_memory_equal(p.cov, q.cov,
                        ref_cov_count(type, K, D) * sizeof *p.cov);
    ref_free(&p);
    ref_free(&q);
}

static void two_warm_fits_of_one_step_are_a_fit_of_two(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        for (int seed = 0; seed < 3; seed++) {
            double x[N * D];
            char options[80];
            genmod_data *const v = blobs(x);
            (void)snprintf(options, sizeof options,
                           "seed=%d tolerance=0 max_iterations=1 warm_start=1",
                           seed);
            gmm_model *const a = fixture_model(K, type, options);
            gmm_model *const b = fixture_model(K, type, options);
            fixture_configure(b, "max_iterations=2 warm_start=0");
            assert_ok(gmm_fit(a, v, NULL, NULL, NULL));
            const double first = fixture_number(a, GMM_REPORT_LOG_LIKELIHOOD);
            assert_ok(gmm_fit(a, v, NULL, NULL, NULL));
            assert_ok(gmm_fit(b, v, NULL, NULL, NULL));
            check_same_params(a, b, type);
            assert_true(fixture_number(a, GMM_REPORT_LOG_LIKELIHOOD) > first ||
                        isnan(first));
            gmm_free(a);
            gmm_free(b);
            genmod_data_free(v);
        }
    }
}

static void a_cold_fit_forgets_the_parameters(void **state)
{
    (void)state;
    double x[N * D];
    genmod_data *const v = blobs(x);
    gmm_model *const m = fixture_model(K, REF_FULL, "max_iterations=7 seed=4");
    assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
    const fixture_bytes once = fixture_save(m);
    assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
    assert_true(fixture_unchanged(m, once));
    free(once.p);
    gmm_free(m);
    genmod_data_free(v);
}

/* fit is written with public calls only. */
static void start_and_steps_are_the_fit(void **state)
{
    (void)state;
    const char *const inits[3] = {"init=k-means", "init=k-means++",
                                  "init=random"};
    for (int type = 0; type < REF_TYPES; type++) {
        for (int i = 0; i < 3; i++) {
            double x[N * D];
            genmod_data *const v = blobs(x);
            gmm_model *const a = fixture_model(K, type, inits[i]);
            gmm_model *const b = fixture_model(K, type, inits[i]);
            fixture_configure(a, "max_iterations=5 tolerance=0");
            assert_ok(gmm_fit(a, v, NULL, NULL, NULL));
            assert_ok(gmm_start(b, v, NULL));
            for (int step = 0; step < 5; step++)
                assert_ok(gmm_step(b, v, NULL));
            check_same_params(a, b, type);
            for (int64_t step = 0; step < 5; step++)
                assert_true(fixture_series(a, GMM_REPORT_HISTORY, step) ==
                            fixture_series(b, GMM_REPORT_HISTORY, step));
            gmm_free(a);
            gmm_free(b);
            genmod_data_free(v);
        }
    }
}

static void training_from_a_saved_model_gives_the_same_bits(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        double x[N * D];
        genmod_data *const v = blobs(x);
        gmm_model *const a = fixture_model(K, type,
                                           "seed=2 ridge=1e-3 warm_start=1 "
                                           "max_iterations=3 tolerance=0");
        gmm_model *const b = fixture_model(1, REF_TIED, NULL);
        assert_ok(gmm_start(a, v, NULL));
        for (int step = 0; step < 6; step++) {
            const fixture_bytes bytes = fixture_save(a);
            assert_ok(gmm_load(b, bytes.n, bytes.p, NULL));
            assert_true(fixture_unchanged(b, bytes));
            free(bytes.p);
            assert_ok(gmm_step(a, v, NULL));
            assert_ok(gmm_step(b, v, NULL));
            const fixture_bytes after = fixture_save(a);
            assert_true(fixture_unchanged(b, after));
            free(after.p);
        }
        /* and a warm fit with the options that came along */
        assert_ok(gmm_fit(a, v, NULL, NULL, NULL));
        assert_ok(gmm_fit(b, v, NULL, NULL, NULL));
        const fixture_bytes end = fixture_save(a);
        assert_true(fixture_unchanged(b, end));
        free(end.p);
        gmm_free(a);
        gmm_free(b);
        genmod_data_free(v);
    }
}

static void a_copy_goes_on_with_the_same_bits_and_alone(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        double x[N * D];
        genmod_data *const v = blobs(x);
        gmm_model *const a = fixture_model(K, type, "seed=2");
        gmm_model *const b = fixture_model(2, REF_DIAGONAL, NULL);
        assert_ok(gmm_start(a, v, NULL));
        assert_ok(gmm_step(a, v, NULL));
        assert_ok(gmm_copy(a, b, NULL));
        const fixture_bytes before = fixture_save(a);
        assert_true(fixture_unchanged(b, before));
        assert_ok(gmm_step(b, v, NULL));
        assert_true(fixture_unchanged(a, before));
        assert_ok(gmm_step(a, v, NULL));
        const fixture_bytes after = fixture_save(a);
        assert_true(fixture_unchanged(b, after));
        assert_ok(gmm_copy(b, b, NULL));
        assert_true(fixture_unchanged(b, after));
        free(before.p);
        free(after.p);
        gmm_free(a);
        gmm_free(b);
        genmod_data_free(v);
    }
}

static double end_of(const char *options, int type, const genmod_data *v)
{
    gmm_model *const m = fixture_model(K, type, options);
    assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
    double l = 0;
    assert_ok(gmm_log_likelihood(m, v, &l, NULL));
    gmm_free(m);
    return l;
}

static void more_starts_are_never_worse(void **state)
{
    (void)state;
    double x[N * D];
    genmod_data *const v = blobs(x);
    for (int type = 0; type < REF_TYPES; type++) {
        for (int seed = 0; seed < 4; seed++) {
            char options[3][80];
            double l[3];
            const int starts[3] = {1, 3, 8};
            for (int i = 0; i < 3; i++) {
                (void)snprintf(options[i], sizeof options[i],
                               "init=random seed=%d starts=%d "
                               "max_iterations=40",
                               seed, starts[i]);
                l[i] = end_of(options[i], type, v);
            }
            assert_true(l[1] >= l[0] - 1e-12);
            assert_true(l[2] >= l[1] - 1e-12);
        }
    }
    genmod_data_free(v);
}

static void the_best_start_is_the_one_reported(void **state)
{
    (void)state;
    double x[N * D];
    genmod_data *const v = blobs(x);
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const m = fixture_model(
            K, type, "starts=6 init=random seed=3 max_iterations=12");
        assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
        assert_int_equal(
            fixture_series_length(m, GMM_REPORT_START_LOG_LIKELIHOOD), 6);
        const double best = fixture_number(m, GMM_REPORT_BEST_START);
        assert_true(best >= 0 && best < 6);
        const double top =
            fixture_series(m, GMM_REPORT_START_LOG_LIKELIHOOD, (int64_t)best);
        for (int64_t i = 0; i < 6; i++)
            assert_true(fixture_series(m, GMM_REPORT_START_LOG_LIKELIHOOD, i) <=
                        top);
        double l = 0;
        assert_ok(gmm_log_likelihood(m, v, &l, NULL));
        fixture_close("best start", top, l, 1e-12);
        fixture_close("as they stand",
                      fixture_number(m, GMM_REPORT_LOG_LIKELIHOOD), l, 1e-12);
        gmm_free(m);
    }
    genmod_data_free(v);
}

static void start_zero_of_many_is_the_single_start(void **state)
{
    (void)state;
    double x[N * D];
    genmod_data *const v = blobs(x);
    gmm_model *const one =
        fixture_model(K, REF_FULL, "init=random seed=8 max_iterations=9");
    gmm_model *const many = fixture_model(
        K, REF_FULL, "init=random seed=8 max_iterations=9 starts=5");
    assert_ok(gmm_fit(one, v, NULL, NULL, NULL));
    assert_ok(gmm_fit(many, v, NULL, NULL, NULL));
    assert_true(fixture_series(many, GMM_REPORT_START_LOG_LIKELIHOOD, 0) ==
                fixture_series(one, GMM_REPORT_START_LOG_LIKELIHOOD, 0));
    gmm_free(one);
    gmm_free(many);
    genmod_data_free(v);
}

static void seeds_give_other_starts_and_the_same_seed_the_same(void **state)
{
    (void)state;
    double x[N * D];
    genmod_data *const v = blobs(x);
    const char *const options[3] = {"init=random seed=1", "init=random seed=2",
                                    "init=random seed=1"};
    gmm_model *m[3];
    ref_mixture p[3];
    for (int i = 0; i < 3; i++) {
        m[i] = fixture_model(K, REF_FULL, options[i]);
        assert_ok(gmm_start(m[i], v, NULL));
        ref_init(&p[i], REF_FULL, K, D);
        fixture_params(m[i], &p[i]);
    }
    const size_t bytes = K * D * sizeof(double);
    assert_memory_equal(p[0].mu, p[2].mu, bytes);
    assert_memory_not_equal(p[0].mu, p[1].mu, bytes);
    for (int i = 0; i < 3; i++) {
        gmm_free(m[i]);
        ref_free(&p[i]);
    }
    genmod_data_free(v);
}

static void a_tolerance_ends_the_fit_and_is_reported(void **state)
{
    (void)state;
    const char *const options[2] = {
        "tolerance=1e-3 max_iterations=500",
        "tolerance=0 relative_tolerance=1e-4 max_iterations=500"};
    double x[N * D];
    genmod_data *const v = blobs(x);
    for (int i = 0; i < 2; i++) {
        gmm_model *const m = fixture_model(K, REF_DIAGONAL, options[i]);
        assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
        assert_true(fixture_number(m, GMM_REPORT_CONVERGED) == 1);
        const size_t n = fixture_series_length(m, GMM_REPORT_HISTORY);
        assert_in_range(n, 2, 499);
        const double before = fixture_series(m, GMM_REPORT_HISTORY, -2);
        const double last = fixture_series(m, GMM_REPORT_HISTORY, -1);
        const double bound = i ? 1e-4 * fabs(last) : 1e-3;
        double now = 0;
        assert_ok(gmm_log_likelihood(m, v, &now, NULL));
        /* the last gain seen is under the bound, the one before is not */
        assert_true(now - last <= bound || last - before <= bound);
        if (n > 3) {
            const double third = fixture_series(m, GMM_REPORT_HISTORY, -3);
            const double fourth = fixture_series(m, GMM_REPORT_HISTORY, -4);
            assert_true(third - fourth > bound);
        }
        gmm_free(m);
    }
    genmod_data_free(v);
}

static void no_iterations_leave_the_start(void **state)
{
    (void)state;
    double x[N * D];
    genmod_data *const v = blobs(x);
    gmm_model *const a = fixture_model(K, REF_FULL, "max_iterations=0");
    gmm_model *const b = fixture_model(K, REF_FULL, "max_iterations=0");
    assert_ok(gmm_fit(a, v, NULL, NULL, NULL));
    assert_ok(gmm_start(b, v, NULL));
    check_same_params(a, b, REF_FULL);
    assert_true(fixture_number(a, GMM_REPORT_ITERATIONS) == 0);
    assert_int_equal(fixture_series_length(a, GMM_REPORT_HISTORY), 0);
    gmm_free(a);
    gmm_free(b);
    genmod_data_free(v);
}

/* At rest the likelihood moves up and down by its rounding: no reason to stand
 * still while the tolerance is 0. */
static void a_fit_at_rest_still_makes_all_its_steps(void **state)
{
    (void)state;
    double x[N * D];
    ref_mixture r;
    ref_init(&r, REF_FULL, K, D);
    ref_invent(&r, 19, 5);
    ref_draw(&r, 6, N, x, NULL);
    genmod_data *const v = fixture_view(N, D, x);
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const steps = fixture_model(K, type, "seed=3 ridge=0");
        assert_ok(gmm_start(steps, v, NULL));
        for (int most = 1; most <= 40; most++) {
            char options[64];
            (void)snprintf(options, sizeof options,
                           "seed=3 ridge=0 tolerance=0 max_iterations=%d",
                           most);
            gmm_model *const m = fixture_model(K, type, options);
            assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
            assert_ok(gmm_step(steps, v, NULL));
            assert_int_equal((int)fixture_number(m, GMM_REPORT_ITERATIONS),
                             most);
            check_same_params(m, steps, type);
            gmm_free(m);
        }
        gmm_free(steps);
    }
    genmod_data_free(v);
    ref_free(&r);
}

static int32_t stop(const genmod_report *report, void *user)
{
    size_t *const calls = user;

    (void)report;
    return ++*calls > 2;
}

/* What is left of a choice and of starts, after which call. */
static void check_forgotten(const gmm_model *m)
{
    assert_true(isnan(fixture_number(m, GMM_REPORT_CHOSEN)));
    assert_int_equal(fixture_series_length(m, GMM_REPORT_CHOICE_BIC), 0);
    assert_int_equal(fixture_series_length(m, GMM_REPORT_CHOICE_COMPONENTS), 0);
    assert_int_equal(fixture_series_length(m, GMM_REPORT_START_LOG_LIKELIHOOD),
                     0);
}

static void the_report_has_nothing_of_earlier_calls(void **state)
{
    (void)state;
    static const char options[] = "max_iterations=4 tolerance=0 starts=2";
    double x[N * D];
    size_t calls = 0;
    genmod_data *const v = blobs(x);
    gmm_model *const a = fixture_model(K, REF_FULL, options);
    gmm_model *const b = fixture_model(K, REF_FULL, options);
    assert_ok(gmm_fit(a, v, NULL, NULL, NULL));
    const fixture_bytes fresh = fixture_save(a);
    assert_ok(gmm_choose(b, v, NULL, K, K, "full", GMM_CHOOSE_BIC, NULL));
    assert_ok(gmm_fit(b, v, NULL, NULL, NULL));
    assert_true(fixture_unchanged(b, fresh));
    assert_ok(gmm_fit(b, v, stop, &calls, NULL)); /* cold, within a start */
    check_forgotten(b);
    assert_ok(gmm_choose(b, v, NULL, K, K, "full", GMM_CHOOSE_BIC, NULL));
    assert_true(fixture_number(b, GMM_REPORT_CHOSEN) == 0);
    assert_ok(gmm_step(b, v, NULL));
    check_forgotten(b);
    assert_int_equal(fixture_series_length(b, GMM_REPORT_HISTORY), 5);
    fixture_configure(a, "warm_start=1");
    assert_ok(gmm_fit(a, v, NULL, NULL, NULL));
    check_forgotten(a);
    free(fresh.p);
    gmm_free(a);
    gmm_free(b);
    genmod_data_free(v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_warm_fits_of_one_step_are_a_fit_of_two),
        cmocka_unit_test(a_cold_fit_forgets_the_parameters),
        cmocka_unit_test(start_and_steps_are_the_fit),
        cmocka_unit_test(a_fit_at_rest_still_makes_all_its_steps),
        cmocka_unit_test(training_from_a_saved_model_gives_the_same_bits),
        cmocka_unit_test(a_copy_goes_on_with_the_same_bits_and_alone),
        cmocka_unit_test(more_starts_are_never_worse),
        cmocka_unit_test(the_best_start_is_the_one_reported),
        cmocka_unit_test(start_zero_of_many_is_the_single_start),
        cmocka_unit_test(seeds_give_other_starts_and_the_same_seed_the_same),
        cmocka_unit_test(a_tolerance_ends_the_fit_and_is_reported),
        cmocka_unit_test(no_iterations_leave_the_start),
        cmocka_unit_test(the_report_has_nothing_of_earlier_calls),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
