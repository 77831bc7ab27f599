/* Parameters and options that no mixture can have. */
#include "gmm/refusal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void weights_that_are_no_distribution_are_refused(void **state)
{
    (void)state;
    const double cases[7][K] = {
        {0.5, 0.5, 0},   {0.6, 0.6, -0.2},     {0.3, 0.3, 0.3}, {0.4, 0.4, 0.4},
        {NAN, 0.5, 0.5}, {INFINITY, 0.5, 0.5}, {0.5, 0.5, 2e-6}};
    scene *const s = scene_new(REF_FULL);
    const ref_mixture *const r = &s->r;
    for (size_t i = 0; i < 7; i++)
        bad("weight", s,
            gmm_set_params(s->m, K, D, cases[i], r->mu, K * D * D, r->cov,
                           s->w));
    scene_free(s);
}

static void means_that_are_not_finite_are_refused(void **state)
{
    (void)state;
    const double values[3] = {NAN, INFINITY, -INFINITY};
    scene *const s = scene_new(REF_DIAGONAL);
    ref_mixture *const r = &s->r;
    for (size_t i = 0; i < 3; i++) {
        const double keep = r->mu[2 * i];
        r->mu[2 * i] = values[i];
        bad("mean", s,
            gmm_set_params(s->m, K, D, r->w, r->mu, K * D, r->cov, s->w));
        r->mu[2 * i] = keep;
    }
    scene_free(s);
}

static void covariances_that_are_not_positive_definite_are_refused(void **state)
{
    (void)state;
    const double numbers[4] = {0, -1, NAN, INFINITY};
    for (int type = 0; type < REF_TYPES; type++) {
        scene *const s = scene_new(type);
        const ref_mixture *const r = &s->r;
        const size_t n_cov = ref_cov_count(type, K, D);
        double *const cov = fixture_take(n_cov, sizeof *cov);
        for (size_t i = 0; i < 4; i++) {
            memcpy(cov, r->cov, n_cov * sizeof *cov);
            cov[n_cov - 1] = numbers[i]; /* of the last component */
            bad("cov", s,
                gmm_set_params(s->m, K, D, r->w, r->mu, n_cov, cov, s->w));
        }
        free(cov);
        scene_free(s);
    }
}

static void
a_covariance_of_negative_eigenvalue_names_its_component(void **state)
{
    (void)state;
    scene *const s = scene_new(REF_FULL);
    const ref_mixture *const r = &s->r;
    double cov[K * D * D];
    const double saddle[D * D] = {1, 2, 2, 1}; /* eigenvalues 3, -1 */
    const double flat[D * D] = {1, 1, 1, 1};   /* 2, 0 */
    for (size_t j = 0; j < K; j++) {
        memcpy(cov, r->cov, sizeof cov);
        memcpy(cov + j * D * D, j % 2 ? flat : saddle, sizeof saddle);
        char part[32];
        (void)snprintf(part, sizeof part, "component %zu", j);
        bad(part, s,
            gmm_set_params(s->m, K, D, r->w, r->mu, K * D * D, cov, s->w));
    }
    scene_free(s);
}

static void a_covariance_that_is_not_symmetric_is_refused(void **state)
{
    (void)state;
    for (int type = REF_FULL; type <= REF_TIED; type++) {
        scene *const s = scene_new(type);
        const ref_mixture *const r = &s->r;
        const size_t n_cov = ref_cov_count(type, K, D);
        double *const cov = fixture_take(n_cov, sizeof *cov);
        memcpy(cov, r->cov, n_cov * sizeof *cov);
        cov[n_cov - 2] += 1e-6;
        bad("symmetric", s,
            gmm_set_params(s->m, K, D, r->w, r->mu, n_cov, cov, s->w));
        /* rounding is allowed, and what came in comes out, bit for bit */
        cov[n_cov - 2] = r->cov[n_cov - 2] * (1 + 1e-12);
        assert_ok(gmm_set_params(s->m, K, D, r->w, r->mu, n_cov, cov, s->w));
        double *const back = fixture_take(n_cov, sizeof *back);
        assert_ok(
            gmm_get_params(s->m, GMM_COVARIANCES, n_cov, back, NULL, s->w));
        assert_memory_equal(back, cov, n_cov * sizeof *back);
        free(back);
        free(cov);
        scene_free(s);
    }
}

/* Whatever its unit: the product of two variances need be no number. */
static void symmetry_is_in_units_of_the_diagonal(void **state)
{
    (void)state;
    static const double unit[] = {1e-170, 1, 1e160};
    const double w = 1, mu[2] = {0};
    gmm_model *const m = fixture_model(1, REF_FULL, NULL);
    gmm_model *const v = fixture_model(1, REF_FULL, "inference=variational");
    genmod_workspace *const ws = fixture_workspace(1);
    for (size_t i = 0; i < sizeof unit / sizeof *unit; i++) {
        const double u = unit[i];
        const double bent[4] = {2 * u, 0.5 * u, 0.6 * u, u};
        const double rounded[4] = {2 * u, 0.5 * u, 0.5 * u * (1 + 1e-12), u};
        assert_status(gmm_set_params(m, 1, 2, &w, mu, 4, bent, ws),
                      GENMOD_BAD_ARGUMENT, ws);
        fixture_says(ws, "not symmetric");
        assert_ok(gmm_set_params(m, 1, 2, &w, mu, 4, rounded, ws));
        assert_status(gmm_set_prior(v, 2, mu, 4, bent, ws), GENMOD_BAD_ARGUMENT,
                      ws);
        fixture_says(ws, "not symmetric");
        assert_ok(gmm_set_prior(v, 2, mu, 4, rounded, ws));
    }
    genmod_workspace_free(ws);
    gmm_free(v);
    gmm_free(m);
}

static void parameters_come_back_bit_for_bit(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        scene *const s = scene_new(type);
        const size_t n_cov = ref_cov_count(type, K, D);
        ref_mixture back;
        ref_init(&back, type, K, D);
        fixture_params(s->m, &back);
        assert_memory_equal(back.mu, s->r.mu, K * D * sizeof(double));
        assert_memory_equal(back.cov, s->r.cov, n_cov * sizeof(double));
        assert_memory_equal(back.w, s->r.w, K * sizeof(double));
        ref_free(&back);
        scene_free(s);
    }
}

static void an_unknown_parameter_is_refused(void **state)
{
    (void)state;
    scene *const s = scene_new(REF_FULL);
    double f[64];
    bad("covariance", s, gmm_get_params(s->m, "covariance", 64, f, NULL, s->w));
    bad("of factors loadings and uniquenesses", s,
        gmm_get_params(s->m, "loadings", 64, f, NULL, s->w));
    bad("mean", s, gmm_get_params(s->m, "mean", 64, f, NULL, s->w));
    refused("", s, gmm_get_params(s->m, "", 64, f, NULL, s->w),
            GENMOD_BAD_ARGUMENT);
    scene_free(s);
}

static void mistyped_options_name_the_nearest_key(void **state)
{
    (void)state;
    const char *const pairs[6][2] = {{"component", "components"},
                                     {"covarience", "covariance"},
                                     {"max_iteration", "max_iterations"},
                                     {"tolerence", "tolerance"},
                                     {"sede", "seed"},
                                     {"warmstart", "warm_start"}};
    scene *const s = scene_new(REF_FULL);
    for (size_t i = 0; i < 6; i++) {
        bad(pairs[i][1], s, genmod_config_set_i64(s->c, pairs[i][0], 2, s->w));
        bad(pairs[i][1], s, genmod_config_set_f64(s->c, pairs[i][0], 2, s->w));
        bad(pairs[i][1], s,
            genmod_config_set_str(s->c, pairs[i][0], "2", s->w));
    }
    scene_free(s);
}

static void option_values_out_of_bounds_are_refused(void **state)
{
    (void)state;
    const struct {
        const char *key, *value;
    } cases[] = {{GMM_COMPONENTS, "0"},      {GMM_COMPONENTS, "-3"},
                 {GMM_COMPONENTS, "2.5"},    {GMM_COMPONENTS, "three"},
                 {GMM_COMPONENTS, ""},       {GMM_COMPONENTS, "3 "},
                 {GMM_COVARIANCE, "fulll"},  {GMM_COVARIANCE, ""},
                 {GMM_INIT, "kmeans"},       {GMM_STARTS, "0"},
                 {GMM_STARTS, "-1"},         {GMM_MAX_ITERATIONS, "-1"},
                 {GMM_TOLERANCE, "-1e-3"},   {GMM_TOLERANCE, "nan"},
                 {GMM_TOLERANCE, "inf"},     {GMM_RIDGE, "-1e-9"},
                 {GMM_RIDGE, "nan"},         {GMM_WARM_START, "2"},
                 {GMM_ON_SINGULAR, "panic"}, {GMM_RELATIVE_TOLERANCE, "-1"},
                 {GMM_INIT_ROWS, "0"},       {GMM_INIT_ITERATIONS, "-1"}};
    scene *const s = scene_new(REF_FULL);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char was[64], now[64];
        assert_ok(
            genmod_config_get_str(s->c, cases[i].key, 64, was, NULL, s->w));
        const int32_t got =
            genmod_config_set_str(s->c, cases[i].key, cases[i].value, s->w);
        if (got != GENMOD_BAD_ARGUMENT)
            fail_msg("%s=%s: status %d", cases[i].key, cases[i].value, got);
        fixture_says(s->w, cases[i].key);
        assert_ok(
            genmod_config_get_str(s->c, cases[i].key, 64, now, NULL, s->w));
        assert_string_equal(was, now);
    }
    scene_free(s);
}

static void structural_options_cannot_be_changed_on_a_model(void **state)
{
    (void)state;
    scene *const s = scene_new(REF_FULL);
    assert_ok(genmod_config_set_i64(s->c, GMM_SEED, 77, NULL));
    assert_ok(genmod_config_set_i64(s->c, GMM_COMPONENTS, 4, NULL));
    bad("components", s, gmm_configure(s->m, s->c, s->w));
    assert_ok(genmod_config_set_i64(s->c, GMM_COMPONENTS, K, NULL));
    assert_ok(genmod_config_set_str(s->c, GMM_COVARIANCE, "tied", NULL));
    bad("covariance", s, gmm_configure(s->m, s->c, s->w));
    /* all or nothing: the seed is still the old one */
    genmod_config *const now = fixture_config(1, REF_TIED, NULL);
    int64_t seed = -1;
    assert_ok(gmm_get_config(s->m, now, s->w));
    assert_ok(genmod_config_get_i64(now, GMM_SEED, &seed, NULL));
    assert_int_not_equal(seed, 77);
    genmod_config_free(now);
    scene_free(s);
}

static void an_unknown_report_entry_is_refused(void **state)
{
    (void)state;
    scene *const s = scene_new(REF_FULL);
    const genmod_report *const r = gmm_report(s->m);
    double v = 5;
    size_t need = 9;
    const int32_t want = GENMOD_BAD_ARGUMENT;
    assert_status(genmod_report_get(r, "likelihood", &v), want, NULL);
    assert_status(genmod_report_get(r, GMM_REPORT_HISTORY, &v), want, NULL);
    assert_status(genmod_report_get(r, NULL, &v), want, NULL);
    assert_status(genmod_report_get(r, GMM_REPORT_ROWS, NULL), want, NULL);
    assert_status(genmod_report_get(NULL, GMM_REPORT_ROWS, &v), want, NULL);
    assert_status(genmod_report_series(r, GMM_REPORT_ROWS, 1, &v, &need), want,
                  NULL);
    assert_true(v == 5 && need == 9);
    scene_free(s);
}

/* The most that set_params takes: 65536 columns, of which diagonal ones fit. */
static void a_mixture_of_65536_columns_works(void **state)
{
    (void)state;
    enum { d = 65536 };
    double *const mu = fixture_take(d, sizeof *mu);
    double *const var = fixture_take(d, sizeof *var);
    for (size_t c = 0; c < d; c++)
        var[c] = 0.5 + (double)(c % 5);
    const double one = 1;
    gmm_model *const m = fixture_model(1, REF_DIAGONAL, NULL);
    assert_ok(gmm_set_params(m, 1, d, &one, mu, d, var, NULL));
    double want = 0, got = 0;
    for (size_t c = 0; c < d; c++)
        want -= 0.5 * (log(2 * 3.14159265358979323846 * var[c]));
    genmod_data *const v = fixture_view(1, d, mu);
    assert_ok(gmm_log_density(m, v, sizeof got, &got, NULL));
    fixture_close("density at the mean", got, want, 1e-11);
    genmod_data_free(v);
    gmm_free(m);
    free(mu);
    free(var);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weights_that_are_no_distribution_are_refused),
        cmocka_unit_test(means_that_are_not_finite_are_refused),
        cmocka_unit_test(
            covariances_that_are_not_positive_definite_are_refused),
        cmocka_unit_test(
            a_covariance_of_negative_eigenvalue_names_its_component),
        cmocka_unit_test(a_covariance_that_is_not_symmetric_is_refused),
        cmocka_unit_test(symmetry_is_in_units_of_the_diagonal),
        cmocka_unit_test(parameters_come_back_bit_for_bit),
        cmocka_unit_test(an_unknown_parameter_is_refused),
        cmocka_unit_test(mistyped_options_name_the_nearest_key),
        cmocka_unit_test(option_values_out_of_bounds_are_refused),
        cmocka_unit_test(structural_options_cannot_be_changed_on_a_model),
        cmocka_unit_test(an_unknown_report_entry_is_refused),
        cmocka_unit_test(a_mixture_of_65536_columns_works),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
