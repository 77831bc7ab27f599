/* Mixtures of some columns and given some columns, moments, completed rows. */
#include "gmm/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define D 4
#define K 3

static const int32_t given[2] = {3, 1}, others[2] = {0, 2};

static gmm_model *model_of(int type)
{
    ref_mixture r;
    gmm_model *m;

    ref_init(&r, type, K, D);
    ref_invent(&r, 70 + (uint64_t)type, 3);
    m = fixture_from(&r, NULL);
    ref_free(&r);
    return m;
}

static gmm_model *empty(void)
{
    gmm_model *m = NULL;

    assert_ok(gmm_new(NULL, &m, NULL));
    return m;
}

static double log_density(const gmm_model *m, size_t d, const double *x)
{
    genmod_data *const v = fixture_view(1, d, x);
    double out;

    assert_ok(gmm_log_density(m, v, sizeof out, &out, NULL));
    genmod_data_free(v);
    return out;
}

static void pick(const double *x, const int32_t *columns, double out[2])
{
    out[0] = x[columns[0]];
    out[1] = x[columns[1]];
}

/* ln p(x) = ln p(given) + ln p(others | given), for any x. */
static void a_density_is_marginal_times_conditional(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const m = model_of(type), *const a = empty(),
                         *const b = empty();
        double x[40 * D];

        assert_ok(gmm_sample(m, 5, 0, 40, GENMOD_F64, sizeof x, x, NULL, NULL));
        assert_ok(gmm_marginal(m, 2, given, a, NULL));
        for (size_t i = 0; i < 40; i++) {
            double u[2], v[2];

            pick(x + i * D, given, u);
            pick(x + i * D, others, v);
            assert_ok(gmm_condition(m, 2, given, u, b, NULL));
            fixture_close(ref_names[type],
                          log_density(a, 2, u) + log_density(b, 2, v),
                          log_density(m, D, x + i * D), 1e-10);
        }
        gmm_free(m);
        gmm_free(a);
        gmm_free(b);
    }
}

/* Weights may sum to 1 but for 1e-6, and means lie far from 0. */
static void moments_are_of_weights_that_sum_to_one(void **state)
{
    (void)state;
    const double w[2] = {0.5, 0.5 + 9e-7}, mu[2] = {1e8, 1e8 + 1};
    const double variance[2] = {1, 1};
    gmm_model *const m = fixture_model(2, REF_FULL, NULL);
    double mean, spread;

    assert_ok(gmm_set_params(m, 2, 1, w, mu, 2, variance, NULL));
    assert_ok(gmm_moments(m, 1, &mean, &spread, NULL));
    assert_near(mean, 1e8 + 0.5, 1e-6);
    assert_near(spread, 1.25, 1e-6);
    gmm_free(m);
}

/* By draws: 4 standard errors of 40,000. */
static void moments_are_those_of_the_draws(void **state)
{
    enum { N = 40000 };

    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const m = model_of(type);
        double *const x = fixture_take(N * D, sizeof *x);
        double mean[D], s[D * D];

        assert_ok(gmm_moments(m, D, mean, s, NULL));
        assert_ok(gmm_sample(m, 9, 0, N, GENMOD_F64, N * D * sizeof *x, x, NULL,
                             NULL));
        for (size_t a = 0; a < D; a++)
            for (size_t b = 0; b < D; b++) {
                double sum = 0, squares = 0, e;

                for (size_t i = 0; i < N; i++) {
                    e = (x[i * D + a] - mean[a]) * (x[i * D + b] - mean[b]);
                    sum += e;
                    squares += e * e;
                }
                e = sqrt((squares / N - sum / N * (sum / N)) / N);
                assert_true(fabs(sum / N - s[a * D + b]) < 4 * e);
            }
        free(x);
        gmm_free(m);
    }
}

/* The missing cells of a row are the mean of the conditional mixture; the
 * others keep their bits. */
static void missing_cells_become_their_conditional_mean(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const m = model_of(type), *const b = empty();
        double x[6 * D], out[6 * D], mean[2], u[2];
        genmod_data *v;

        assert_ok(gmm_sample(m, 6, 0, 6, GENMOD_F64, sizeof x, x, NULL, NULL));
        x[2 * D] = x[2 * D + 2] = x[3 * D] = x[3 * D + 2] = NAN;
        for (size_t c = 0; c < D; c++)
            x[5 * D + c] = NAN;
        v = fixture_view(6, D, x);
        assert_ok(genmod_data_set_missing(v, 1, NULL));
        assert_ok(gmm_impute(m, v, GENMOD_F64, sizeof out, out, NULL));
        assert_memory_equal(x, out, 2 * D * sizeof *x);
        assert_memory_equal(x + 4 * D, out + 4 * D, D * sizeof *x);
        for (size_t i = 2; i < 4; i++) {
            pick(x + i * D, given, u);
            assert_ok(gmm_condition(m, 2, given, u, b, NULL));
            assert_ok(gmm_moments(b, 2, mean, NULL, NULL));
            fixture_close("first", out[i * D], mean[0], 1e-11);
            fixture_close("second", out[i * D + 2], mean[1], 1e-11);
            assert_true(out[i * D + 1] == x[i * D + 1]);
        }
        assert_ok(gmm_moments(m, D, x, NULL, NULL));
        for (size_t c = 0; c < D; c++)
            fixture_close("all", out[5 * D + c], x[c], 1e-11);
        genmod_data_free(v);
        gmm_free(m);
        gmm_free(b);
    }
}

/* Values so far out that a component's weight underflows. */
static void impossible_components_keep_a_weight(void **state)
{
    const double far[2] = {1e3, -1e3};
    gmm_model *const m = model_of(0), *const b = empty();
    double w[K], sum = 0;

    (void)state;
    assert_ok(gmm_condition(m, 2, given, far, b, NULL));
    assert_ok(gmm_get_params(b, GMM_WEIGHTS, K, w, NULL, NULL));
    for (size_t j = 0; j < K; j++) {
        assert_true(w[j] > 0);
        sum += w[j];
    }
    assert_true(fabs(sum - 1) < 1e-12);
    gmm_free(m);
    gmm_free(b);
}

static void a_model_may_become_its_own_part(void **state)
{
    gmm_model *const m = model_of(1), *const a = empty();
    const double x[2] = {0.4, -0.7};

    (void)state;
    assert_ok(gmm_marginal(m, 2, given, a, NULL));
    assert_ok(gmm_marginal(m, 2, given, m, NULL));
    assert_int_equal(gmm_dimension(m), 2);
    assert_true(log_density(m, 2, x) == log_density(a, 2, x));
    gmm_free(m);
    gmm_free(a);
}

static void refused(genmod_workspace *w, int32_t status, int32_t want,
                    const char *text)
{
    assert_int_equal(status, want);
    if (!strstr(genmod_workspace_error(w), text))
        fail_msg("\"%s\" does not say \"%s\"", genmod_workspace_error(w), text);
}

static void bad_arguments_are_refused(void **state)
{
    const int32_t bad = GENMOD_BAD_ARGUMENT;
    const int32_t twice[2] = {1, 1}, out_of_range[2] = {1, 4};
    const double values[2] = {0, NAN}, far[2] = {1e200, 0},
                 x[D] = {1, NAN, 2, 3};
    genmod_workspace *const w = fixture_workspace(1);
    gmm_model *const m = model_of(0), *const none = empty();
    const fixture_bytes before = fixture_save(m);
    genmod_data *const v = fixture_view(1, D, x);
    double out[D];

    (void)state;
    refused(w, gmm_marginal(NULL, 2, given, m, w), bad, "from is NULL");
    refused(w, gmm_marginal(m, 2, NULL, m, w), bad, "columns is NULL");
    refused(w, gmm_marginal(m, 2, given, NULL, w), bad, "to is NULL");
    refused(w, gmm_marginal(m, 4, given, m, w), bad, "n is 4");
    refused(w, gmm_marginal(m, 0, given, m, w), bad, "n is 0");
    refused(w, gmm_marginal(m, 2, twice, m, w), bad, "came before");
    refused(w, gmm_marginal(m, 2, out_of_range, m, w), bad, "columns[1] is 4");
    refused(w, gmm_marginal(none, 2, given, m, w), GENMOD_NOT_FITTED, "");
    refused(w, gmm_condition(m, 2, given, NULL, m, w), bad, "values is NULL");
    refused(w, gmm_condition(m, 2, given, values, m, w), GENMOD_NON_FINITE,
            "values[1]");
    refused(w, gmm_condition(m, 2, given, far, m, w), GENMOD_BREAKDOWN,
            "the numbers leave the range of doubles");
    refused(w, gmm_moments(m, 3, out, NULL, w), bad, "d is 3");
    refused(w, gmm_moments(m, D, NULL, NULL, w), bad, "mean is NULL");
    refused(w, gmm_impute(m, v, GENMOD_F64, sizeof out, out, w),
            GENMOD_NON_FINITE, "row 0, column 1");
    refused(w, gmm_impute(m, v, 9, sizeof out, out, w), bad, "type is 9");
    refused(w, gmm_impute(m, v, GENMOD_F64, 8, out, w), GENMOD_TOO_SMALL,
            "bytes is 8");
    assert_true(fixture_unchanged(m, before));
    genmod_data_free(v);
    gmm_free(m);
    gmm_free(none);
    free(before.p);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_density_is_marginal_times_conditional),
        cmocka_unit_test(moments_are_of_weights_that_sum_to_one),
        cmocka_unit_test(moments_are_those_of_the_draws),
        cmocka_unit_test(missing_cells_become_their_conditional_mean),
        cmocka_unit_test(impossible_components_keep_a_weight),
        cmocka_unit_test(a_model_may_become_its_own_part),
        cmocka_unit_test(bad_arguments_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
