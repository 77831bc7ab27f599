/* One column's distribution function and its quantiles. Digits by mpmath 1.3 at
 * 40 of them: sums of erfc(-z / sqrt 2) / 2, and findroot on their logarithm.
 */
#include "gmm/fixture.h"

static gmm_model *two(int type)
{
    static const double w[] = {0.3, 0.7}, mean[] = {-1, 2};
    static const double variance[] = {0.25, 1};
    gmm_model *const m = fixture_model(2, type, NULL);
    assert_ok(gmm_set_params(m, 2, 1, w, mean, 2, variance, NULL));
    return m;
}

static double cdf(const gmm_model *m, double x)
{
    double out;
    assert_ok(gmm_cdf(m, 0, 1, &x, &out, NULL));
    return out;
}

static double quantile(const gmm_model *m, double p)
{
    double out;
    assert_ok(gmm_quantile(m, 0, 1, &p, &out, NULL));
    return out;
}

/* The lower tail to its last digits, far out, too. */
static void the_distribution_function_has_its_known_digits(void **state)
{
    (void)state;
    static const double x[] = {-18, -4, -1, 0.5, 2.25, 9, 30};
    static const double want[] = {1.9275368830243635866e-89,
                                  9.865876450376981407e-10,
                                  0.15094492862214106617,
                                  0.34636007147871161785,
                                  0.71909442796599860522,
                                  0.99999999999910413122,
                                  1};
    for (int type = 0; type < REF_TYPES; type++) {
        if (type == REF_TIED)
            continue; /* two variances */
        gmm_model *const m = two(type);
        double out[7];
        assert_ok(gmm_cdf(m, 0, 7, x, out, NULL));
        for (int i = 0; i < 7; i++)
            assert_near(out[i], want[i], 4e-15 * want[i]);
        gmm_free(m);
    }
}

/* 0.3 + 0.6 + 0.1, each over their sum, come to a rounding more than 1. */
static void the_distribution_function_ends_at_1(void **state)
{
    (void)state;
    static const double w[] = {0.3, 0.6, 0.1}, mean[] = {-1, 2, 2.385};
    static const double variance[] = {0.25, 1, 0.5};
    gmm_model *const m = fixture_model(3, REF_DIAGONAL, NULL);
    assert_ok(gmm_set_params(m, 3, 1, w, mean, 3, variance, NULL));
    assert_true(cdf(m, 99) == 1);
    gmm_free(m);
}

static void one_gaussian_has_the_normal_tails(void **state)
{
    (void)state;
    static const double one[] = {1}, zero[] = {0};
    static const struct {
        double z, tail;
    } at[] = {
        {0.3, 0.38208857781104736693},   {1.4999, 0.06682015399983360347},
        {1.5, 0.066807201268858066004},  {1.7, 0.044565462758543043664},
        {3, 0.0013498980316300945267},   {8, 6.2209605742717841235e-16},
        {20, 2.7536241186062336951e-89}, {37, 5.7255712225245768227e-300}};
    gmm_model *const m = fixture_model(1, REF_FULL, NULL);
    assert_ok(gmm_set_params(m, 1, 1, one, zero, 1, one, NULL));
    for (size_t i = 0; i < sizeof at / sizeof *at; i++) {
        assert_near(cdf(m, -at[i].z), at[i].tail, 4e-15 * at[i].tail);
        assert_near(cdf(m, at[i].z), 1 - at[i].tail, 3e-16);
    }
    assert_near(quantile(m, 0.975), 1.9599639845400542355, 3e-16 * 2);
    gmm_free(m);
}

static void quantiles_have_their_known_digits(void **state)
{
    (void)state;
    static const double p[] = {1e-300, 1e-12, 0.25, 0.5, 0.975, 1 - 0x1p-53};
    static const double want[] = {
        -35.037474442494594046, -4.984611233009042942, -0.54145145353840273998,
        1.4340518883956349031,  3.8027430907391899408, 10.166598437522374656};
    gmm_model *const m = two(REF_FULL);
    double out[6];
    assert_ok(gmm_quantile(m, 0, 6, p, out, NULL));
    for (int i = 0; i < 6; i++)
        assert_near(out[i], want[i], 4e-16 * fabs(want[i]));
    gmm_free(m);
}

/* Back and forth, of mixtures at random and columns of all types. */
static void a_quantile_is_where_the_function_has_that_value(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        ref_mixture r;
        double p[199], x[199], back[199];
        ref_init(&r, type, 4, 3);
        ref_invent(&r, 90 + (uint64_t)type, 8);
        gmm_model *const m = fixture_from(&r, NULL);
        for (int i = 0; i < 199; i++)
            p[i] = (i + 1) / 200.0;
        assert_ok(gmm_quantile(m, 1, 199, p, x, NULL));
        assert_ok(gmm_cdf(m, 1, 199, x, back, NULL));
        for (int i = 0; i < 199; i++) {
            /* a rounding of x, of a slope of at most 1 / (sigma sqrt(2 pi)) */
            assert_near(back[i], p[i], 4e-15);
            assert_true(i == 0 || x[i] > x[i - 1]);
        }
        gmm_free(m);
        ref_free(&r);
    }
}

/* Between two far apart nothing is left for Newton to go by. */
static void a_plateau_and_a_needle_are_found(void **state)
{
    (void)state;
    static const double w[] = {0.5, 0.5}, mean[] = {-1e6, 1e6};
    static const double variance[] = {1, 1e-20};
    gmm_model *const m = fixture_model(2, REF_FULL, NULL);
    assert_ok(gmm_set_params(m, 2, 1, w, mean, 2, variance, NULL));
    assert_near(quantile(m, 0.25), -1e6, 1e-9);
    assert_near(quantile(m, 0.75), 1e6, 1e-9);
    assert_near(cdf(m, 0), 0.5, 1e-16);
    assert_near(cdf(m, quantile(m, 0.5)), 0.5, 1e-15);
    gmm_free(m);
}

static void numbers_do_not_depend_on_the_threads(void **state)
{
    (void)state;
    static double p[500], one[500], five[500];
    gmm_model *const m = two(REF_DIAGONAL);
    genmod_workspace *const w = fixture_workspace(5);
    for (int i = 0; i < 500; i++)
        p[i] = (i + 0.5) / 500;
    assert_ok(gmm_quantile(m, 0, 500, p, one, NULL));
    assert_ok(gmm_quantile(m, 0, 500, p, five, w));
    assert_memory_equal(one, five, sizeof one);
    for (int i = 0; i < 500; i += 77)
        assert_true(quantile(m, p[i]) == one[i]);
    genmod_workspace_free(w);
    gmm_free(m);
}

static void bad_arguments_are_refused_by_name(void **state)
{
    (void)state;
    const double x[2] = {0.5, NAN}, p[3] = {0.5, 1, 0};
    genmod_workspace *const w = fixture_workspace(1);
    gmm_model *const m = two(REF_FULL), *none = NULL;
    double out[3] = {2.385, 2.385, 2.385};
    assert_ok(gmm_new(NULL, &none, w));
    assert_status(gmm_cdf(NULL, 0, 1, x, out, w), GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "m is NULL");
    assert_status(gmm_cdf(m, 0, 1, NULL, out, w), GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "x is NULL");
    assert_status(gmm_cdf(m, 0, 1, x, NULL, w), GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "out is NULL");
    assert_status(gmm_cdf(m, 1, 1, x, out, w), GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "column is 1");
    assert_status(gmm_cdf(m, -1, 1, x, out, w), GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "column is -1");
    assert_status(gmm_cdf(m, 0, 2, x, out, w), GENMOD_NON_FINITE, w);
    assert_error_names(w, "x[1] is");
    assert_status(gmm_cdf(none, 0, 1, x, out, w), GENMOD_NOT_FITTED, w);
    assert_status(gmm_quantile(m, 0, 1, NULL, out, w), GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "p is NULL");
    assert_status(gmm_quantile(m, 0, 2, p, out, w), GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "p[1] is 1; it must lie between 0 and 1");
    assert_status(gmm_quantile(m, 0, 1, p + 2, out, w), GENMOD_BAD_ARGUMENT, w);
    assert_status(gmm_quantile(m, 0, 2, x, out, w), GENMOD_BAD_ARGUMENT, w);
    assert_true(out[0] == 2.385 && out[1] == 2.385);
    gmm_free(none);
    gmm_free(m);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_distribution_function_has_its_known_digits),
        cmocka_unit_test(the_distribution_function_ends_at_1),
        cmocka_unit_test(one_gaussian_has_the_normal_tails),
        cmocka_unit_test(quantiles_have_their_known_digits),
        cmocka_unit_test(a_quantile_is_where_the_function_has_that_value),
        cmocka_unit_test(a_plateau_and_a_needle_are_found),
        cmocka_unit_test(numbers_do_not_depend_on_the_threads),
        cmocka_unit_test(bad_arguments_are_refused_by_name),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
