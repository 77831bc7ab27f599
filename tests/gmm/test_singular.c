/* Covariances that collapse: mended and reported, or refused by name. */
#include "gmm/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static void check_finite(const char *what, const gmm_model *m, int type)
{
    ref_mixture r;
    ref_init(&r, type, gmm_components(m), gmm_dimension(m));
    fixture_params(m, &r);
    double sum = 0;
    for (size_t j = 0; j < r.k; j++) {
        if (!(r.w[j] > 0))
            fail_msg("%s, %s: weight %zu is %g", what, ref_names[type], j,
                     r.w[j]);
        sum += r.w[j];
    }
    fixture_close("sum of the weights", sum, 1, 1e-12);
    for (size_t i = 0; i < r.k * r.d; i++)
        assert_true(isfinite(r.mu[i]));
    double *const s = fixture_take(r.d * r.d, sizeof *s);
    long double *const l = fixture_take(r.d * r.d, sizeof *l);
    for (size_t j = 0; j < r.k; j++) {
        ref_covariance(&r, j, s);
        if (!ref_cholesky(r.d, s, l))
            fail_msg("%s, %s: covariance %zu is not positive definite", what,
                     ref_names[type], j);
    }
    free(s);
    free(l);
    ref_free(&r);
}

static double mends(const gmm_model *m)
{
    double sum = 0;
    for (size_t j = 0; j < gmm_components(m); j++) {
        const double n = fixture_series(m, GMM_REPORT_MENDS, (int64_t)j);
        const double last = fixture_series(m, GMM_REPORT_LAST_MEND, (int64_t)j);
        assert_true(n >= 0);
        assert_true(n > 0 ? last >= 1 && last <= 3 : last == 0);
        sum += n;
    }
    return sum;
}

/* Ten points on two sites, ten components, no ridge. */
static void two_sites(double *x)
{
    for (size_t i = 0; i < 10; i++) {
        x[2 * i] = i < 5 ? 1.25 : -3.5;
        x[2 * i + 1] = i < 5 ? 0.75 : 2.25;
    }
}

/* Enough to score, draw, save, and go on. */
static void check_usable(gmm_model *m, const genmod_data *v, size_t n)
{
    double l = 0, *const f = fixture_take(n, sizeof *f);
    assert_ok(gmm_log_density(m, v, n * sizeof *f, f, NULL));
    for (size_t i = 0; i < n; i++)
        assert_true(isfinite(f[i]));
    assert_ok(gmm_log_likelihood(m, v, &l, NULL));
    assert_true(isfinite(l));
    const size_t d = gmm_dimension(m);
    double *const x = fixture_take(20 * d, sizeof *x);
    assert_ok(
        gmm_sample(m, 2, 0, 20, GENMOD_F64, 20 * d * sizeof *x, x, NULL, NULL));
    for (size_t i = 0; i < 20 * d; i++)
        assert_true(isfinite(x[i]));
    assert_ok(gmm_step(m, v, NULL));
    free(x);
    free(f);
}

static void ten_points_on_two_sites_fit_ten_components(void **state)
{
    (void)state;
    const char *const options[4] = {
        "ridge=0 seed=1", "ridge=0 init=k-means++ seed=2",
        "ridge=0 init=random seed=3", "ridge=0 starts=3"};
    for (int type = 0; type < REF_TYPES; type++) {
        for (int i = 0; i < 4; i++) {
            double x[20];
            two_sites(x);
            genmod_data *const v = fixture_view(10, 2, x);
            gmm_model *const m = fixture_model(10, type, options[i]);
            const int32_t got = gmm_fit(m, v, NULL, NULL, NULL);
            if (got)
                fail_msg("%s, %s: status %d", ref_names[type], options[i], got);
            check_finite("two sites", m, type);
            assert_true(mends(m) > 0);
            check_usable(m, v, 10);
            gmm_free(m);
            genmod_data_free(v);
        }
    }
}

static void ten_points_on_two_sites_fit_with_a_ridge(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        double x[20];
        two_sites(x);
        genmod_data *const v = fixture_view(10, 2, x);
        gmm_model *const m = fixture_model(10, type, "ridge=1e-6");
        assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
        check_finite("two sites with a ridge", m, type);
        check_usable(m, v, 10);
        gmm_free(m);
        genmod_data_free(v);
    }
}

static void
on_singular_error_names_the_component_and_loses_nothing(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        double x[20], old[40];
        two_sites(x);
        ref_random r = {6};
        for (size_t i = 0; i < 40; i++)
            old[i] = ref_normal(&r);
        genmod_workspace *const w = fixture_workspace(1);
        genmod_data *const v = fixture_view(20, 2, old);
        /* two components on two sites: each collapses onto its own */
        gmm_model *const m =
            fixture_model(2, type, "on_singular=error ridge=0");
        assert_ok(gmm_fit(m, v, NULL, NULL, w));
        const fixture_bytes before = fixture_save(m);
        assert_ok(genmod_data_set_rows(v, GENMOD_F64, 10, 2, x, 0, 0, NULL));
        assert_status(gmm_start(m, v, w), GENMOD_BREAKDOWN, NULL);
        if (type != REF_TIED)
            fixture_says(w, "component ");
        assert_true(fixture_unchanged(m, before));
        assert_status(gmm_fit(m, v, NULL, NULL, w), GENMOD_BREAKDOWN, NULL);
        if (type != REF_TIED)
            fixture_says(w, "component ");
        assert_true(fixture_unchanged(m, before));
        free(before.p);
        gmm_free(m);
        genmod_data_free(v);
        genmod_workspace_free(w);
    }
}

/* Component 1 holds one repeated point; component 0 is in order. */
static void on_singular_error_names_the_right_component(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        if (type == REF_TIED)
            continue;
        double x[60];
        int32_t labels[30];
        ref_random r = {8};
        for (size_t i = 0; i < 30; i++) {
            labels[i] = i >= 20;
            x[2 * i] = labels[i] ? 9.5 : ref_normal(&r);
            x[2 * i + 1] = labels[i] ? -4.25 : ref_normal(&r);
        }
        genmod_workspace *const w = fixture_workspace(1);
        genmod_data *const v = fixture_view(30, 2, x);
        assert_ok(genmod_data_set_labels(v, 30, labels, NULL));
        gmm_model *const m =
            fixture_model(2, type, "on_singular=error ridge=0 init=labels");
        assert_status(gmm_start(m, v, w), GENMOD_BREAKDOWN, NULL);
        fixture_says(w, "component 1");
        assert_int_equal(gmm_dimension(m), 0);
        /* the same with leave to mend */
        fixture_configure(m, "on_singular=repair");
        assert_ok(gmm_start(m, v, w));
        check_finite("one point", m, type);
        assert_true(fixture_series(m, GMM_REPORT_MENDS, 0) == 0);
        assert_true(fixture_series(m, GMM_REPORT_MENDS, 1) > 0);
        gmm_free(m);
        genmod_data_free(v);
        genmod_workspace_free(w);
    }
}

static void constant_columns_are_fitted(void **state)
{
    (void)state;
    enum { n = 300, d = 4, k = 3 };
    const char *const options[3] = {"ridge=0", "", "ridge=0 starts=2"};
    for (int type = 0; type < REF_TYPES; type++) {
        for (int i = 0; i < 3; i++) {
            double x[n * d];
            ref_random r = {12};
            for (size_t row = 0; row < n; row++) {
                x[row * d] = ref_normal(&r);
                x[row * d + 1] = 7.25; /* constant */
                x[row * d + 2] = ref_normal(&r) + (row % 2 ? 4 : 0);
                x[row * d + 3] = 0; /* constant */
            }
            genmod_data *const v = fixture_view(n, d, x);
            gmm_model *const m = fixture_model(k, type, options[i]);
            assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
            check_finite("constant columns", m, type);
            check_usable(m, v, n);
            ref_mixture p;
            ref_init(&p, type, k, d);
            fixture_params(m, &p);
            for (size_t j = 0; j < k; j++) {
                fixture_close("mean of a constant", p.mu[j * d + 1], 7.25,
                              1e-9);
                fixture_close("mean of a constant", p.mu[j * d + 3], 0, 1e-9);
            }
            ref_free(&p);
            gmm_free(m);
            genmod_data_free(v);
        }
    }
}

static void a_column_that_is_a_sum_of_others_is_fitted(void **state)
{
    (void)state;
    enum { n = 200, d = 3 };
    double x[n * d];
    ref_random r = {14};
    for (size_t i = 0; i < n; i++) {
        x[i * d] = ref_normal(&r);
        x[i * d + 1] = 3 * ref_normal(&r);
        x[i * d + 2] = x[i * d] - 2 * x[i * d + 1];
    }
    for (int type = REF_FULL; type <= REF_TIED; type++) {
        genmod_data *const v = fixture_view(n, d, x);
        gmm_model *const m = fixture_model(2, type, "ridge=0");
        assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
        check_finite("dependent column", m, type);
        assert_true(mends(m) > 0);
        check_usable(m, v, n);
        gmm_free(m);
        genmod_data_free(v);
    }
}

static void all_rows_equal_are_fitted(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        double x[36];
        for (size_t i = 0; i < 36; i++)
            x[i] = i % 2 ? 1e8 : -2.5;
        genmod_data *const v = fixture_view(18, 2, x);
        gmm_model *const m = fixture_model(3, type, "ridge=0");
        assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
        check_finite("equal rows", m, type);
        check_usable(m, v, 18);
        gmm_free(m);
        genmod_data_free(v);
    }
}

static void as_many_components_as_rows_are_fitted(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        for (size_t n = 1; n <= 6; n++) {
            double x[18];
            ref_random r = {n};
            for (size_t i = 0; i < 18; i++)
                x[i] = ref_normal(&r);
            genmod_data *const v = fixture_view(n, 3, x);
            gmm_model *const m = fixture_model(n, type, "ridge=0");
            assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
            check_finite("n = k", m, type);
            check_usable(m, v, n);
            gmm_free(m);
            genmod_data_free(v);
        }
    }
}

/* One component with hardly any mass: it must not end in NaN. */
static void a_component_far_from_all_rows_is_survived(void **state)
{
    (void)state;
    enum { n = 100 };
    for (int type = 0; type < REF_TYPES; type++) {
        ref_mixture r;
        double x[2 * n];
        ref_random random = {3};
        for (size_t i = 0; i < 2 * n; i++)
            x[i] = ref_normal(&random);
        ref_init(&r, type, 2, 2);
        ref_invent(&r, 1, 0.5);
        r.mu[2] = r.mu[3] = 1e6;
        gmm_model *const m = fixture_from(&r, "ridge=0");
        genmod_data *const v = fixture_view(n, 2, x);
        for (int i = 0; i < 20; i++)
            assert_ok(gmm_step(m, v, NULL));
        check_finite("far component", m, type);
        check_usable(m, v, n);
        gmm_free(m);
        genmod_data_free(v);
        ref_free(&r);
    }
}

/* 0.1 and its neighbour: what varies is the rounding, so the column has the
 * ridge of a constant one, a millionth of its square. */
static void a_column_that_varies_by_roundings_counts_as_constant(void **state)
{
    (void)state;
    double x[90 * 2], variance = 0, cov[2] = {0};
    for (size_t i = 0; i < 90; i++) {
        x[2 * i] = 0.3 * (double)(i % 7);
        x[2 * i + 1] = i % 3 ? 0.1 : nextafter(0.1, 1);
    }
    for (size_t i = 0; i < 90; i++)
        variance += pow(x[2 * i] - 0.3 * 267 / 90, 2) / 90;
    gmm_model *const m = fixture_model(1, REF_DIAGONAL, NULL);
    genmod_data *const v = fixture_view(90, 2, x);
    assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
    assert_ok(gmm_get_params(m, GMM_COVARIANCES, 2, cov, NULL, NULL));
    fixture_close("the other column", cov[0], variance * (1 + 1e-6), 1e-12);
    fixture_close("the rounded column", cov[1], 1e-8, 1e-15);
    genmod_data_free(v);
    gmm_free(m);
}

/* Floats from 2^23 on are whole numbers, and nine of them in a row are values,
 * not roundings of one: the variance is theirs. */
static void a_column_of_few_floats_far_from_0_varies(void **state)
{
    (void)state;
    float x[90];
    double cov[1] = {0};
    for (size_t i = 0; i < 90; i++)
        x[i] = 8388608 + (float)(i % 9);
    gmm_model *const m = fixture_model(1, REF_FULL, NULL);
    genmod_data *v = NULL;
    assert_ok(genmod_data_new(&v, NULL));
    assert_ok(genmod_data_set_rows(v, GENMOD_F32, 90, 1, x, 0, 0, NULL));
    assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
    assert_ok(gmm_get_params(m, GMM_COVARIANCES, 1, cov, NULL, NULL));
    fixture_close("the variance of 0 … 8", cov[0], 60 / 9., 1e-5);
    genmod_data_free(v);
    gmm_free(m);
}

/* A constant's deviation is a thousandth of its value or, if that is less, of
 * the others' deviation; by whichever call the columns become known. */
static void draws_keep_constant_columns(void **state)
{
    (void)state;
    enum { n = 200, d = 4 };
    static const double value[d] = {0, 1, 2026, 0};
    const double mu[2 * d] = {-5e3, 1, 2026, 0, 5e3, 1, 2026, 0};
    const double w[2] = {0.5, 0.5};
    for (int far = 0; far < 2; far++) {
        const double spread = far ? 5e4 : 2.385;
        const double most[d] = {0, 1e-3, far ? 2.026 : 5e-3, far ? 100 : 5e-3};
        double x[n * d], y[64 * d], one[2 * d];
        for (size_t i = 0; i < n * d; i++)
            x[i] = i % d ? value[i % d] : spread * ((double)(i % 37) / 18 - 1);
        for (size_t i = 0; i < 2 * d; i++)
            one[i] = 1e4;
        genmod_data *const v = fixture_view(n, d, x);
        gmm_model *const m = fixture_model(2, REF_DIAGONAL, NULL);
        for (int call = 0; call < 2; call++) {
            if (call == 0)
                assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
            else {
                gmm_statistics *s = NULL;
                assert_ok(gmm_set_params(m, 2, d, w, mu, 2 * d, one, NULL));
                assert_ok(gmm_statistics_new(m, &s, NULL));
                assert_ok(gmm_statistics_add(s, v, NULL));
                assert_ok(gmm_maximise(m, s, NULL));
                gmm_statistics_free(s);
            }
            assert_ok(
                gmm_sample(m, 3, 0, 64, GENMOD_F64, sizeof y, y, NULL, NULL));
            for (size_t i = 0; i < 64 * d; i++)
                if (i % d)
                    assert_near(y[i], value[i % d], 4 * most[i % d]);
        }
        gmm_free(m);
        genmod_data_free(v);
    }
}

/* The same of sums under parameters whose mean lies beside the constant, for
 * rows of doubles and of floats. */
static void sums_know_constant_columns_from_roundings(void **state)
{
    (void)state;
    enum { n = 200 };
    double x[2 * n];
    float f[2 * n];
    for (size_t i = 0; i < n; i++) {
        x[2 * i] = f[2 * i] = (float)(i % 37) / 8;
        x[2 * i + 1] = f[2 * i + 1] = 2026;
    }
    const double w[] = {1}, cov[] = {9, 9};
    for (double off = 1.234; off > 1e-9; off /= 3.7)
        for (int floats = 0; floats < 2; floats++) {
            const double mu[] = {2, 2026 + off};
            double got[2];
            gmm_model *const m = fixture_model(1, REF_DIAGONAL, NULL);
            gmm_statistics *s = NULL;
            genmod_data *v = NULL;
            assert_ok(genmod_data_new(&v, NULL));
            assert_ok(genmod_data_set_rows(v, floats ? GENMOD_F32 : GENMOD_F64,
                                           n, 2, floats ? (void *)f : x, 0, 0,
                                           NULL));
            assert_ok(gmm_set_params(m, 1, 2, w, mu, 2, cov, NULL));
            assert_ok(gmm_statistics_new(m, &s, NULL));
            assert_ok(gmm_statistics_add(s, v, NULL));
            assert_ok(gmm_maximise(m, s, NULL));
            assert_ok(gmm_get_params(m, GMM_COVARIANCES, 2, got, NULL, NULL));
            /* floats round what is summed, by a hundredth here */
            fixture_close("share of a ridge", got[1] / (1e-6 * got[0]), 1,
                          0.05);
            gmm_statistics_free(s);
            gmm_free(m);
            genmod_data_free(v);
        }
}

/* 8 x 8 digits: three of the 64 pixels are constant. */
static void digits_fit_with_ten_full_covariances(void **state)
{
    (void)state;
    const char *const options[2] = {"max_iterations=15",
                                    "max_iterations=15 ridge=0"};
    fixture_table t;
    fixture_read(&t, "digits.csv", 1);
    assert_int_equal(t.n, 1797);
    assert_int_equal(t.d, 64);
    genmod_data *const v = fixture_view(t.n, t.d, t.x);
    for (int i = 0; i < 2; i++) {
        gmm_model *const m = fixture_model(10, REF_FULL, options[i]);
        assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
        check_finite("digits", m, REF_FULL);
        check_usable(m, v, t.n);
        gmm_free(m);
    }
    genmod_data_free(v);
    fixture_drop(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ten_points_on_two_sites_fit_ten_components),
        cmocka_unit_test(ten_points_on_two_sites_fit_with_a_ridge),
        cmocka_unit_test(
            on_singular_error_names_the_component_and_loses_nothing),
        cmocka_unit_test(on_singular_error_names_the_right_component),
        cmocka_unit_test(constant_columns_are_fitted),
        cmocka_unit_test(a_column_that_varies_by_roundings_counts_as_constant),
        cmocka_unit_test(a_column_of_few_floats_far_from_0_varies),
        cmocka_unit_test(a_column_that_is_a_sum_of_others_is_fitted),
        cmocka_unit_test(all_rows_equal_are_fitted),
        cmocka_unit_test(as_many_components_as_rows_are_fitted),
        cmocka_unit_test(a_component_far_from_all_rows_is_survived),
        cmocka_unit_test(digits_fit_with_ten_full_covariances),
        cmocka_unit_test(draws_keep_constant_columns),
        cmocka_unit_test(sums_know_constant_columns_from_roundings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
