/* Fits that other programs have published or that any right EM must reach. */
#include "gmm/fixture.h"

#include <stdlib.h>

/* By REF_…: after ten steps from the species of iris, and at the end. */
static const double tenth[REF_TYPES] = {-1.201244375301, -1.709026956525,
                                        -2.046131213240, -2.562849270122};
static const double total[REF_TYPES] = {-180.185477131, -256.354043126,
                                        -306.860460507, -384.314095061};
/* scikit-learn's BIC of the same fits, six decimals. */
static const double bic[REF_TYPES] = {580.838907, 632.963333, 743.997439,
                                      853.808990};

static void iris_start(fixture_table *t, ref_mixture *r, int type)
{
    fixture_read(t, "iris.csv", 1);
    assert_int_equal(t->n, 150);
    assert_int_equal(t->d, 4);
    ref_init(r, type, 3, 4);
    fixture_classes(r, t);
}

static void
iris_ten_steps_from_the_species_parameters_give_known_likelihood(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        fixture_table t;
        ref_mixture r;
        iris_start(&t, &r, type);
        gmm_model *const m = fixture_from(&r, "ridge=0 tolerance=0");
        genmod_data *const x = fixture_view(t.n, t.d, t.x);
        for (int i = 0; i < 10; i++)
            assert_ok(gmm_step(m, x, NULL));
        assert_int_equal(fixture_series_length(m, GMM_REPORT_HISTORY), 10);
        fixture_close(ref_names[type], fixture_series(m, GMM_REPORT_HISTORY, 9),
                      tenth[type], 1e-9);
        genmod_data_free(x);
        gmm_free(m);
        ref_free(&r);
        fixture_drop(&t);
    }
}

static void
iris_fit_from_the_species_labels_gives_known_likelihood(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        fixture_table t;
        fixture_read(&t, "iris.csv", 1);
        gmm_model *const m = fixture_model(
            3, type, "init=labels ridge=0 tolerance=0 max_iterations=10");
        genmod_data *const x = fixture_view(t.n, t.d, t.x);
        assert_ok(genmod_data_set_labels(x, t.n, t.labels, NULL));
        assert_ok(gmm_fit(m, x, NULL, NULL, NULL));
        fixture_close(ref_names[type], fixture_series(m, GMM_REPORT_HISTORY, 9),
                      tenth[type], 1e-9);
        assert_true(fixture_number(m, GMM_REPORT_ITERATIONS) == 10);
        assert_true(fixture_number(m, GMM_REPORT_CONVERGED) == 0);
        genmod_data_free(x);
        gmm_free(m);
        fixture_drop(&t);
    }
}

/* EM on iris is slow at its end: steps go on until a gain of 1e-14 a row. */
static void iris_fit_converges_to_known_total_and_bic(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        fixture_table t;
        ref_mixture r;
        iris_start(&t, &r, type);
        gmm_model *const m =
            fixture_from(&r, "ridge=0 tolerance=1e-14 relative_tolerance=0 "
                             "max_iterations=5000 warm_start=1");
        genmod_data *const x = fixture_view(t.n, t.d, t.x);
        assert_ok(gmm_fit(m, x, NULL, NULL, NULL));
        double mean = 0, b = 0;
        assert_ok(gmm_log_likelihood(m, x, &mean, NULL));
        assert_ok(gmm_bic(m, x, &b, NULL));
        assert_true(fixture_number(m, GMM_REPORT_CONVERGED) == 1);
        assert_near(150 * mean, total[type], 1e-6);
        /* six decimals are known */
        assert_near(b, bic[type], 1.5e-6);
        genmod_data_free(x);
        gmm_free(m);
        ref_free(&r);
        fixture_drop(&t);
    }
}

static void old_faithful_best_of_twenty_starts_reaches_the_optimum(void **state)
{
    (void)state;
    fixture_table t;
    fixture_read(&t, "faithful.csv", 0);
    assert_int_equal(t.n, 272);
    gmm_model *const m =
        fixture_model(3, REF_TIED,
                      "starts=20 ridge=0 tolerance=1e-12 "
                      "relative_tolerance=0 max_iterations=2000");
    genmod_data *const x = fixture_view(t.n, t.d, t.x);
    assert_ok(gmm_fit(m, x, NULL, NULL, NULL));
    double mean = 0;
    assert_ok(gmm_log_likelihood(m, x, &mean, NULL));
    assert_near(272 * mean, -1126.315928, 1e-5);
    /* the report's own figure is that of the parameters as they stand */
    fixture_close("reported", fixture_number(m, GMM_REPORT_LOG_LIKELIHOOD),
                  mean, 1e-12);
    assert_int_equal(fixture_series_length(m, GMM_REPORT_START_LOG_LIKELIHOOD),
                     20);
    genmod_data_free(x);
    gmm_free(m);
    fixture_drop(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            iris_ten_steps_from_the_species_parameters_give_known_likelihood),
        cmocka_unit_test(
            iris_fit_from_the_species_labels_gives_known_likelihood),
        cmocka_unit_test(iris_fit_converges_to_known_total_and_bic),
        cmocka_unit_test(
            old_faithful_best_of_twenty_starts_reaches_the_optimum),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
