/* The choice of a mixture from a grid: the table, mclust's published fits, and
 * that each fit is gmm_fit()'s. */
#include <math.h>
#include <string.h>

#include "gmm/fixture.h"

/* mclust 6.1.3 stops at a relative gain of 1e-5, a little below the optimum;
 * its criteria are the negatives of ours. */
#define MCLUST 0.05

typedef struct scene {
    fixture_table t;
    genmod_data *view;
    gmm_model *m;
} scene;

static scene open(const char *file, const char *options)
{
    scene s;
    fixture_read(&s.t, file, 0);
    s.view = fixture_view(s.t.n, s.t.d, s.t.x);
    s.m = fixture_model(1, REF_FULL, options);
    return s;
}

static void close(scene *s)
{
    gmm_free(s->m);
    genmod_data_free(s->view);
    fixture_drop(&s->t);
}

#define CLOSELY "starts=20 tolerance=1e-11 max_iterations=3000 ridge=0 seed=1"

/* Row number `row` against mclust's log-likelihood, BIC and ICL (0: none).
 * Where components overlap, the responsibilities are still on their way where
 * the likelihood has all but stopped, and ICL with them: `slack`. */
static void published(const scene *s, int64_t row, double likelihood,
                      double bic, double icl, double slack)
{
    assert_near(fixture_series(s->m, GMM_REPORT_CHOICE_LOG_LIKELIHOOD, row),
                likelihood, MCLUST);
    assert_near(fixture_series(s->m, GMM_REPORT_CHOICE_BIC, row), -bic, MCLUST);
    if (icl != 0)
        assert_near(fixture_series(s->m, GMM_REPORT_CHOICE_ICL, row), -icl,
                    slack);
}

/* Every cell of the grid leaves the gaps out, not only the first. */
static void cells_of_the_grid_are_fits_where_data_are_missing(void **state)
{
    (void)state;
    scene s = open("faithful.csv", "seed=4 max_iterations=30");
    for (size_t i = 0; i < s.t.n; i += 5)
        s.t.x[i * s.t.d + i % s.t.d] = NAN;
    assert_ok(genmod_data_set_missing(s.view, 1, NULL));
    assert_ok(
        gmm_choose(s.m, s.view, NULL, 2, 3, "full", GMM_CHOOSE_BIC, NULL));
    for (size_t k = 2; k <= 3; k++) {
        gmm_model *const one =
            fixture_model(k, REF_FULL, "seed=4 max_iterations=30");
        double mean;

        assert_ok(gmm_fit(one, s.view, NULL, NULL, NULL));
        assert_ok(gmm_log_likelihood(one, s.view, &mean, NULL));
        assert_near(fixture_series(s.m, GMM_REPORT_CHOICE_LOG_LIKELIHOOD,
                                   (int64_t)k - 2),
                    mean * (double)s.t.n, 1e-9 * (double)s.t.n);
        gmm_free(one);
    }
    close(&s);
}

static void faithful_is_mclusts(void **state)
{
    (void)state;
    scene s = open("faithful.csv", CLOSELY);
    assert_ok(gmm_choose(s.m, s.view, NULL, 1, 4, NULL, GMM_CHOOSE_BIC, NULL));
    /* tied, three components: row 9 of types by numbers */
    assert_true(fixture_number(s.m, GMM_REPORT_CHOSEN) == 9);
    assert_int_equal(gmm_components(s.m), 3);
    published(&s, 9, -1126.326, -2314.316, -2357.824, 0.6);
    assert_near(fixture_series(s.m, GMM_REPORT_CHOICE_LOG_LIKELIHOOD, 9),
                -1126.315928, 1e-5);
    assert_true(fixture_series(s.m, GMM_REPORT_CHOICE_PARAMETERS, 9) == 11);
    close(&s);
}

static void diabetes_is_mclusts(void **state)
{
    (void)state;
    scene s = open("diabetes.csv", CLOSELY);
    assert_ok(
        gmm_choose(s.m, s.view, NULL, 2, 4, "full", GMM_CHOOSE_BIC, NULL));
    assert_int_equal(gmm_components(s.m), 3);
    published(&s, 1, -2295.118, -4734.561, -4749.16, 0.4);
    close(&s);
}

/* In one column full and diagonal are the same model, mclust's V; tied is E. */
static void acidity_and_galaxies_are_mclusts(void **state)
{
    (void)state;
    scene s = open("acidity.csv", CLOSELY);
    assert_ok(
        gmm_choose(s.m, s.view, NULL, 1, 3, "tied|full", GMM_CHOOSE_BIC, NULL));
    assert_true(fixture_number(s.m, GMM_REPORT_CHOSEN) == 2);
    published(&s, 2, -185.9493, -392.0723, -398.5554, MCLUST);
    close(&s);
    s = open("galaxies.csv", CLOSELY " init=random");
    for (size_t i = 0; i < s.t.n; i++)
        s.t.x[i] /= 1000;
    assert_ok(
        gmm_choose(s.m, s.view, NULL, 3, 3, "full", GMM_CHOOSE_BIC, NULL));
    published(&s, 0, -203.1792, -441.6122, 0, MCLUST);
    close(&s);
}

static void same_parameters(const gmm_model *a, const gmm_model *b)
{
    static const char *const names[] = {GMM_WEIGHTS, GMM_MEANS,
                                        GMM_COVARIANCES};
    for (size_t i = 0; i < 3; i++) {
        double p[64], q[64];
        size_t n, m;
        assert_ok(gmm_get_params(a, names[i], 64, p, &n, NULL));
        assert_ok(gmm_get_params(b, names[i], 64, q, &m, NULL));
        assert_int_equal(n, m);
        assert_memory_equal(p, q, n * sizeof *p);
    }
}

/* Alone or in a grid, on one thread or seven: the same bits, the same report.
 */
static void each_fit_is_a_fit_of_its_own(void **state)
{
    (void)state;
    scene s = open("faithful.csv", "starts=3 seed=5");
    genmod_workspace *const w = fixture_workspace(7);
    for (int type = 0; type < REF_TYPES; type++)
        for (size_t k = 1; k <= 3; k += 2) {
            gmm_model *const alone = fixture_model(k, type, "starts=3 seed=5");
            assert_ok(gmm_fit(alone, s.view, NULL, NULL, NULL));
            /* the criterion of one type and number leaves no choice, but its
             * neighbours are fitted beside it */
            assert_ok(gmm_choose(s.m, s.view, NULL, k, k, ref_names[type],
                                 GMM_CHOOSE_AIC, w));
            same_parameters(alone, s.m);
            assert_true(fixture_number(alone, GMM_REPORT_LOG_LIKELIHOOD) ==
                        fixture_number(s.m, GMM_REPORT_LOG_LIKELIHOOD));
            assert_true(fixture_number(alone, GMM_REPORT_ITERATIONS) ==
                        fixture_number(s.m, GMM_REPORT_ITERATIONS));
            const double ll = fixture_number(alone, GMM_REPORT_LOG_LIKELIHOOD);
            assert_ok(
                gmm_choose(s.m, s.view, NULL, 1, 3, NULL, GMM_CHOOSE_AIC, w));
            assert_true(fixture_series(s.m, GMM_REPORT_CHOICE_LOG_LIKELIHOOD,
                                       (int64_t)(4 * (k - 1)) + type) ==
                        ll * (double)s.t.n);
            gmm_free(alone);
        }
    genmod_workspace_free(w);
    close(&s);
}

static void same_number(const gmm_model *a, const gmm_model *b, const char *key)
{
    double x, y;
    if (genmod_report_get(gmm_report(a), key, &x))
        return; /* a series */
    assert_ok(genmod_report_get(gmm_report(b), key, &y));
    if (strcmp(key, GMM_REPORT_CHOSEN) && !(x == y || (isnan(x) && isnan(y))))
        fail_msg("%s is %g, not %g", key, y, x);
}

static void numbers_of_the_report_are_the_fits(void **state)
{
    (void)state;
    static const char *const options[] = {"seed=5", "noise=0.05",
                                          "noise=0.05 noise_volume=900",
                                          "prior=conjugate"};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        scene s = open("faithful.csv", options[i]);
        gmm_model *const alone = fixture_model(2, REF_FULL, options[i]);
        const char *key;
        assert_ok(gmm_fit(alone, s.view, NULL, NULL, NULL));
        assert_ok(
            gmm_choose(s.m, s.view, NULL, 2, 2, "full", GMM_CHOOSE_BIC, NULL));
        for (size_t j = 0; (key = genmod_report_key(gmm_report(s.m), j)); j++)
            same_number(alone, s.m, key);
        gmm_free(alone);
        close(&s);
    }
}

/* The table's criteria are those of the model that it leaves. */
static void criteria_are_the_models_own(void **state)
{
    (void)state;
    static const int32_t criteria[] = {GMM_CHOOSE_BIC, GMM_CHOOSE_AIC,
                                       GMM_CHOOSE_ICL, GMM_CHOOSE_HELD_OUT};
    static const char *const series[] = {
        GMM_REPORT_CHOICE_BIC, GMM_REPORT_CHOICE_AIC, GMM_REPORT_CHOICE_ICL,
        GMM_REPORT_CHOICE_HELD_OUT};
    scene s = open("iris.csv", "starts=4");
    genmod_data *const some = fixture_view(100, s.t.d, s.t.x);
    genmod_data *const rest = fixture_view(50, s.t.d, s.t.x + 100 * s.t.d);
    for (size_t i = 0; i < 4; i++) {
        double want = 0;
        assert_ok(gmm_choose(s.m, some, rest, 1, 4, "diagonal tied",
                             criteria[i], NULL));
        const int64_t row = (int64_t)fixture_number(s.m, GMM_REPORT_CHOSEN);
        const double got = fixture_series(s.m, series[i], row);
        for (int64_t j = 0; j < 8; j++) {
            const double v = fixture_series(s.m, series[i], j);
            assert_true(i == 3 ? v <= got : v >= got);
        }
        if (i == 0)
            assert_ok(gmm_bic(s.m, some, &want, NULL));
        if (i == 1)
            assert_ok(gmm_aic(s.m, some, &want, NULL));
        if (i == 3)
            assert_ok(gmm_log_likelihood(s.m, rest, &want, NULL));
        if (i != 2)
            fixture_close("criterion", got, want, 1e-12);
    }
    genmod_data_free(some);
    genmod_data_free(rest);
    close(&s);
}

static void icl_is_of_most_probable_components(void **state)
{
    (void)state;
    enum { n = 272, k = 2 };
    scene s = open("faithful.csv", NULL);
    double lp[n], r[n * k], bic, sum = 0;
    assert_ok(
        gmm_choose(s.m, s.view, NULL, k, k, "full", GMM_CHOOSE_ICL, NULL));
    assert_ok(gmm_log_density(s.m, s.view, sizeof lp, lp, NULL));
    assert_ok(gmm_responsibilities(s.m, s.view, GENMOD_F64, sizeof r, r, NULL));
    assert_ok(gmm_bic(s.m, s.view, &bic, NULL));
    for (size_t i = 0; i < n; i++)
        sum += log(fmax(r[2 * i], r[2 * i + 1]));
    fixture_close("icl", fixture_series(s.m, GMM_REPORT_CHOICE_ICL, 0),
                  bic - 2 * sum, 1e-12);
    close(&s);
}

static void chosen_model_is_saved_with_its_table(void **state)
{
    (void)state;
    scene s = open("faithful.csv", NULL);
    gmm_model *const again = fixture_model(1, REF_FULL, NULL);
    assert_ok(gmm_choose(s.m, s.view, NULL, 1, 2, NULL, GMM_CHOOSE_BIC, NULL));
    const fixture_bytes a = fixture_save(s.m);
    assert_ok(gmm_load(again, a.n, a.p, NULL));
    assert_int_equal(fixture_series_length(again, GMM_REPORT_CHOICE_BIC), 8);
    assert_true(fixture_unchanged(again, a));
    free(a.p);
    gmm_free(again);
    close(&s);
}

/* Three sites and eight components: with "error" those with no room for a
 * covariance are left out. */
/* Starts of clusters break down at once, random rows as means in an M-step. */
static void leave_out_fits(const char *options)
{
    double x[30];
    for (size_t i = 0; i < 30; i++)
        x[i] = (double)(i % 3) * 2.5;
    genmod_data *const v = fixture_view(30, 1, x);
    gmm_model *const m = fixture_model(1, REF_FULL, options);
    assert_ok(gmm_choose(m, v, NULL, 1, 3, "full", GMM_CHOOSE_BIC, NULL));
    assert_int_equal(gmm_components(m), 1);
    assert_true(isnan(fixture_series(m, GMM_REPORT_CHOICE_BIC, 2)));
    genmod_workspace *const w = fixture_workspace(1);
    assert_status(gmm_choose(m, v, NULL, 3, 3, "full", GMM_CHOOSE_BIC, w),
                  GENMOD_BREAKDOWN, w);
    assert_int_equal(gmm_components(m), 1);
    genmod_workspace_free(w);
    gmm_free(m);
    genmod_data_free(v);
}

static void fits_that_break_down_are_left_out(void **state)
{
    (void)state;
    leave_out_fits("on_singular=error ridge=0 starts=2");
    leave_out_fits("on_singular=error ridge=0 starts=2 init=random "
                   "max_iterations=500 tolerance=0 relative_tolerance=0");
}

static void every_covariance_type_may_be_compared(void **state)
{
    (void)state;
    scene s = open("faithful.csv", "max_iterations=5");
    genmod_workspace *const w = fixture_workspace(1);
    assert_ok(gmm_choose(s.m, s.view, NULL, 2, 2,
                         "full tied diagonal spherical factor", GMM_CHOOSE_BIC,
                         w));
    assert_int_equal(fixture_series_length(s.m, GMM_REPORT_CHOICE_BIC), 5);
    for (int64_t i = 0; i < 5; i++)
        assert_true(fixture_series(s.m, GMM_REPORT_CHOICE_COVARIANCE, i) == i);
    assert_false(isnan(fixture_series(s.m, GMM_REPORT_CHOICE_BIC, 4)));
    assert_status(gmm_choose(s.m, s.view, NULL, 2, 2,
                             "full tied diagonal spherical factor foe",
                             GMM_CHOOSE_BIC, w),
                  GENMOD_BAD_ARGUMENT, w);
    fixture_says(w,
                 "\"foe\" is none of full, tied, diagonal, spherical, factor");
    assert_status(gmm_choose(s.m, s.view, NULL, 2, 2,
                             "factor full tied diagonal spherical tied",
                             GMM_CHOOSE_BIC, w),
                  GENMOD_BAD_ARGUMENT, w);
    fixture_says(w, "\"tied\" came before");
    genmod_workspace_free(w);
    close(&s);
}

static void bad_arguments_are_refused(void **state)
{
    (void)state;
    scene s = open("faithful.csv", NULL);
    genmod_workspace *const w = fixture_workspace(1);
    gmm_model *const vb = fixture_model(1, REF_FULL, "inference=variational");
    genmod_data *const thin = fixture_view(9, 1, s.t.x);
#define REFUSED(text, ...)                                                 \
    do {                                                                   \
        assert_status(gmm_choose(__VA_ARGS__, w), GENMOD_BAD_ARGUMENT, w); \
        fixture_says(w, text);                                             \
    } while (0)
    REFUSED("m is NULL", NULL, s.view, NULL, 1, 2, NULL, 0);
    REFUSED("x is NULL", s.m, NULL, NULL, 1, 2, NULL, 0);
    REFUSED("least is 0", s.m, s.view, NULL, 0, 2, NULL, 0);
    REFUSED("least is 3, most 2", s.m, s.view, NULL, 3, 2, NULL, 0);
    REFUSED("most 65537", s.m, s.view, NULL, 3, 65537, NULL, 0);
    REFUSED("272 rows; 273", s.m, s.view, NULL, 3, 273, NULL, 0);
    REFUSED("\"fool\" is none", s.m, s.view, NULL, 1, 2, "fool", 0);
    REFUSED("\"\" is none", s.m, s.view, NULL, 1, 2, "full  tied", 0);
    REFUSED("\"full\" came before", s.m, s.view, NULL, 1, 2, "full|full", 0);
    REFUSED("criterion is 4", s.m, s.view, NULL, 1, 2, NULL, 4);
    REFUSED("held_out is NULL", s.m, s.view, NULL, 1, 2, NULL, 3);
    REFUSED("held_out has 9 rows and 1", s.m, s.view, thin, 1, 2, NULL, 3);
    REFUSED("inference is", vb, s.view, NULL, 1, 2, NULL, 0);
    assert_int_equal(gmm_dimension(s.m), 0);
    genmod_data_free(thin);
    gmm_free(vb);
    genmod_workspace_free(w);
    close(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(faithful_is_mclusts),
        cmocka_unit_test(cells_of_the_grid_are_fits_where_data_are_missing),
        cmocka_unit_test(diabetes_is_mclusts),
        cmocka_unit_test(acidity_and_galaxies_are_mclusts),
        cmocka_unit_test(each_fit_is_a_fit_of_its_own),
        cmocka_unit_test(numbers_of_the_report_are_the_fits),
        cmocka_unit_test(criteria_are_the_models_own),
        cmocka_unit_test(icl_is_of_most_probable_components),
        cmocka_unit_test(chosen_model_is_saved_with_its_table),
        cmocka_unit_test(fits_that_break_down_are_left_out),
        cmocka_unit_test(every_covariance_type_may_be_compared),
        cmocka_unit_test(bad_arguments_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
