/* What users of other mixture libraries expect of theirs: the public checks of
 * scikit-learn's GaussianMixture, said anew for this interface. */
#include "gmm/fixture.h"

#include <math.h>
#include <stdio.h>

#define N 500
#define D 2
#define K 2

/* Two Gaussians far apart, of a given covariance type. */
typedef struct scene {
    ref_mixture r;
    double x[N * D];
    int32_t truth[N];
    genmod_data *view;
} scene;

static scene *scene_new(int type, uint64_t seed)
{
    scene *const s = fixture_take(1, sizeof *s);
    ref_init(&s->r, type, K, D);
    ref_invent(&s->r, seed, 1);
    for (size_t c = 0; c < D; c++)
        s->r.mu[c] = s->r.mu[D + c] + 20 + 11 * (double)c;
    ref_draw(&s->r, seed + 1, N, s->x, s->truth);
    s->view = fixture_view(N, D, s->x);
    return s;
}

static void scene_free(scene *s)
{
    ref_free(&s->r);
    genmod_data_free(s->view);
    free(s);
}

static double pairs(double n)
{
    return n * (n - 1) / 2;
}

/* Adjusted Rand index of two labellings into two classes. */
static double agreement(const int32_t *a, const int32_t *b)
{
    double table[2][2] = {{0}}, both = 0, left = 0, right = 0;
    for (size_t i = 0; i < N; i++)
        table[a[i]][b[i]]++;
    for (int i = 0; i < 2; i++) {
        both += pairs(table[i][0]) + pairs(table[i][1]);
        left += pairs(table[i][0] + table[i][1]);
        right += pairs(table[0][i] + table[1][i]);
    }
    const double chance = left * right / pairs(N);
    return (both - chance) / ((left + right) / 2 - chance);
}

static void options_are_kept_after_a_fit(void **state)
{
    (void)state;
    const char *const options = "init=random tolerance=0.0001 ridge=0.001 "
                                "max_iterations=9 starts=2 seed=17";
    scene *const s = scene_new(REF_TIED, 3);
    gmm_model *const m = fixture_model(K, REF_TIED, options);
    assert_ok(gmm_fit(m, s->view, NULL, NULL, NULL));
    genmod_config *const c = fixture_config(1, REF_FULL, NULL);
    assert_ok(gmm_get_config(m, c, NULL));
    int64_t i = 0;
    double f = 0;
    char text[32];
    assert_ok(genmod_config_get_i64(c, GMM_COMPONENTS, &i, NULL));
    assert_int_equal(i, K);
    assert_ok(genmod_config_get_i64(c, GMM_SEED, &i, NULL));
    assert_int_equal(i, 17);
    assert_ok(genmod_config_get_i64(c, GMM_STARTS, &i, NULL));
    assert_int_equal(i, 2);
    assert_ok(genmod_config_get_f64(c, GMM_RIDGE, &f, NULL));
    assert_true(f == 0.001);
    assert_ok(genmod_config_get_f64(c, GMM_TOLERANCE, &f, NULL));
    assert_true(f == 0.0001);
    assert_ok(genmod_config_get_str(c, GMM_COVARIANCE, 32, text, NULL, NULL));
    assert_string_equal(text, "tied");
    assert_ok(genmod_config_get_str(c, GMM_INIT, 32, text, NULL, NULL));
    assert_string_equal(text, "random");
    genmod_config_free(c);
    gmm_free(m);
    scene_free(s);
}

static void prediction_finds_clusters_that_lie_apart(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        for (uint64_t seed = 1; seed <= 3; seed++) {
            scene *const s = scene_new(type, seed);
            gmm_model *const m = fixture_model(K, type, NULL);
            double resp[N * K];
            int32_t label[N];
            assert_ok(gmm_fit(m, s->view, NULL, NULL, NULL));
            assert_ok(gmm_predict(m, s->view, sizeof label, label, NULL));
            assert_ok(gmm_responsibilities(m, s->view, GENMOD_F64, sizeof resp,
                                           resp, NULL));
            for (size_t i = 0; i < N; i++)
                assert_int_equal(label[i], resp[2 * i + 1] > resp[2 * i]);
            assert_true(agreement(s->truth, label) > 0.95);
            gmm_free(m);
            scene_free(s);
        }
    }
}

static void a_fit_recovers_the_parameters(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        scene *const s = scene_new(type, 9);
        gmm_model *const m = fixture_model(K, type, "starts=20 ridge=0");
        ref_mixture got;
        ref_init(&got, type, K, D);
        assert_ok(gmm_fit(m, s->view, NULL, NULL, NULL));
        fixture_params(m, &got);
        /* 4 / sqrt(N w) with w near 0.3 */
        assert_true(fixture_distance(&got, &s->r) < 0.33);
        ref_free(&got);
        gmm_free(m);
        scene_free(s);
    }
}

static void ten_starts_are_as_good_as_the_best_of_ten_fits(void **state)
{
    (void)state;
    scene *const s = scene_new(REF_FULL, 5);
    double best = -INFINITY, together = 0;
    for (int seed = 0; seed < 10; seed++) {
        char options[64];
        double l = 0;
        (void)snprintf(options, sizeof options, "seed=%d tolerance=1e-10",
                       seed);
        gmm_model *const m = fixture_model(K, REF_FULL, options);
        assert_ok(gmm_fit(m, s->view, NULL, NULL, NULL));
        assert_ok(gmm_log_likelihood(m, s->view, &l, NULL));
        best = fmax(best, l);
        gmm_free(m);
    }
    gmm_model *const m =
        fixture_model(K, REF_FULL, "starts=10 tolerance=1e-10");
    assert_ok(gmm_fit(m, s->view, NULL, NULL, NULL));
    assert_ok(gmm_log_likelihood(m, s->view, &together, NULL));
    fixture_close("best", together, best, 1e-7);
    gmm_free(m);
    scene_free(s);
}

static void not_having_converged_is_reported_and_no_error(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        scene *const s = scene_new(type, 2);
        gmm_model *const m =
            fixture_model(K, type, "max_iterations=1 init=random");
        assert_ok(gmm_fit(m, s->view, NULL, NULL, NULL));
        assert_true(fixture_number(m, GMM_REPORT_CONVERGED) == 0);
        assert_true(fixture_number(m, GMM_REPORT_ITERATIONS) == 1);
        gmm_free(m);
        scene_free(s);
    }
}

static void all_types_are_one_in_one_dimension_with_one_component(void **state)
{
    (void)state;
    double x[101], bic[REF_TYPES], aic[REF_TYPES];
    ref_random r = {4};
    for (size_t i = 0; i < 101; i++)
        x[i] = 2.5 * ref_normal(&r) - 1;
    genmod_data *const v = fixture_view(101, 1, x);
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const m = fixture_model(1, type, "ridge=0");
        assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
        assert_ok(gmm_bic(m, v, &bic[type], NULL));
        assert_ok(gmm_aic(m, v, &aic[type], NULL));
        fixture_close("BIC", bic[type], bic[0], 1e-12);
        fixture_close("AIC", aic[type], aic[0], 1e-12);
        gmm_free(m);
    }
    genmod_data_free(v);
}

/* A single Gaussian's criterion is 2 n H plus its penalty, H the entropy of the
 * Gaussian with the sample's covariance. */
static void criteria_of_one_gaussian_are_its_entropy(void **state)
{
    (void)state;
    scene *const s = scene_new(REF_FULL, 7);
    ref_mixture one;
    double ones[N];
    for (size_t i = 0; i < N; i++)
        ones[i] = 1;
    ref_init(&one, REF_FULL, 1, D);
    ref_maximise(&one, N, s->x, NULL, ones);
    const double det = one.cov[0] * one.cov[3] - one.cov[1] * one.cov[2];
    const double entropy =
        0.5 * D * (1 + log(6.283185307179586)) + 0.5 * log(det);
    gmm_model *const m = fixture_model(1, REF_FULL, "ridge=0");
    double aic = 0, bic = 0;
    assert_ok(gmm_fit(m, s->view, NULL, NULL, NULL));
    assert_ok(gmm_aic(m, s->view, &aic, NULL));
    assert_ok(gmm_bic(m, s->view, &bic, NULL));
    fixture_close("AIC", aic, 2 * N * entropy + 2 * 5, 1e-11);
    fixture_close("BIC", bic, 2 * N * entropy + log(N) * 5, 1e-11);
    ref_free(&one);
    gmm_free(m);
    scene_free(s);
}

static void free_parameters_are_counted(void **state)
{
    (void)state;
    /* k = 2, d = 5: full, tied, diagonal, spherical */
    const double want[REF_TYPES] = {41, 26, 21, 13};
    double x[50 * 5];
    ref_random r = {1};
    for (size_t i = 0; i < 250; i++)
        x[i] = ref_normal(&r);
    genmod_data *const v = fixture_view(50, 5, x);
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const m = fixture_model(2, type, NULL);
        assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
        assert_true(fixture_number(m, GMM_REPORT_PARAMETERS) == want[type]);
        gmm_free(m);
    }
    genmod_data_free(v);
}

static void repeated_warm_fits_converge(void **state)
{
    (void)state;
    const int most[3] = {1, 2, 50};
    for (int i = 0; i < 3; i++) {
        scene *const s = scene_new(REF_FULL, 4);
        char options[64];
        (void)snprintf(options, sizeof options,
                       "warm_start=1 max_iterations=%d tolerance=1e-4",
                       most[i]);
        gmm_model *const m = fixture_model(K, REF_FULL, options);
        int converged = 0;
        for (int fit = 0; fit < 100 && !converged; fit++) {
            assert_ok(gmm_fit(m, s->view, NULL, NULL, NULL));
            converged = fixture_number(m, GMM_REPORT_CONVERGED) == 1;
        }
        assert_true(converged);
        gmm_free(m);
        scene_free(s);
    }
}

static void the_score_is_the_mean_of_the_rows_and_rises(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        scene *const s = scene_new(type, 11);
        gmm_model *const m = fixture_model(
            K, type, "max_iterations=1 init=random seed=6 warm_start=1");
        double f[N], l[2], mean = 0;
        for (int i = 0; i < 2; i++) {
            assert_ok(gmm_fit(m, s->view, NULL, NULL, NULL));
            assert_ok(gmm_log_likelihood(m, s->view, &l[i], NULL));
        }
        assert_ok(gmm_log_density(m, s->view, sizeof f, f, NULL));
        for (size_t i = 0; i < N; i++)
            mean += f[i] / N;
        fixture_close("mean", l[1], mean, 1e-12);
        assert_true(l[1] >= l[0]);
        gmm_free(m);
        scene_free(s);
    }
}

static void one_step_at_a_time_reaches_convergence(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        scene *const s = scene_new(type, 13);
        gmm_model *const m = fixture_model(
            K, type, "warm_start=1 max_iterations=1 ridge=0 tolerance=1e-7");
        double before = -INFINITY, now = 0;
        int converged = 0;
        for (int i = 0; i < 600 && !converged; i++) {
            assert_ok(gmm_fit(m, s->view, NULL, NULL, NULL));
            assert_ok(gmm_log_likelihood(m, s->view, &now, NULL));
            assert_true(now >= before - 1e-13 * fmax(1, fabs(now)));
            before = now;
            converged = fixture_number(m, GMM_REPORT_CONVERGED) == 1;
        }
        assert_true(converged);
        gmm_free(m);
        scene_free(s);
    }
}

static void ten_starts_score_at_least_what_one_does(void **state)
{
    (void)state;
    double x[60];
    ref_random r = {21};
    for (size_t i = 0; i < 60; i++)
        x[i] = ref_normal(&r);
    genmod_data *const v = fixture_view(30, 2, x);
    for (int seed = 0; seed < 15; seed++) {
        double l[2];
        for (int i = 0; i < 2; i++) {
            char options[64];
            (void)snprintf(options, sizeof options,
                           "seed=%d starts=%d max_iterations=3", seed,
                           i ? 10 : 1);
            gmm_model *const m = fixture_model(3, REF_FULL, options);
            assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
            assert_ok(gmm_log_likelihood(m, v, &l[i], NULL));
            gmm_free(m);
        }
        assert_true(l[1] >= l[0] - 1e-12);
    }
    genmod_data_free(v);
}

static void starts_give_distinct_means_inside_the_data(void **state)
{
    (void)state;
    const char *const inits[3] = {"init=k-means", "init=k-means++",
                                  "init=random"};
    enum { k = 5 };
    for (int i = 0; i < 3; i++) {
        for (int type = 0; type < REF_TYPES; type++) {
            scene *const s = scene_new(type, 6);
            gmm_model *const m = fixture_model(k, type, inits[i]);
            double mu[k * D], w[k], lo[D], hi[D], sum = 0;
            assert_ok(gmm_start(m, s->view, NULL));
            assert_ok(gmm_get_params(m, GMM_MEANS, k * D, mu, NULL, NULL));
            assert_ok(gmm_get_params(m, GMM_WEIGHTS, k, w, NULL, NULL));
            for (size_t c = 0; c < D; c++) {
                lo[c] = hi[c] = s->x[c];
                for (size_t row = 0; row < N; row++) {
                    lo[c] = fmin(lo[c], s->x[row * D + c]);
                    hi[c] = fmax(hi[c], s->x[row * D + c]);
                }
            }
            for (size_t j = 0; j < k; j++) {
                sum += w[j];
                for (size_t c = 0; c < D; c++)
                    assert_true(mu[j * D + c] >= lo[c] &&
                                mu[j * D + c] <= hi[c]);
                for (size_t e = 0; e < j; e++)
                    assert_memory_not_equal(mu + j * D, mu + e * D,
                                            D * sizeof *mu);
            }
            fixture_close("sum of the weights", sum, 1, 1e-12);
            assert_ok(gmm_fit(m, s->view, NULL, NULL, NULL));
            assert_true(fixture_number(m, GMM_REPORT_CONVERGED) == 1);
            gmm_free(m);
            scene_free(s);
        }
    }
}

static void one_component_of_three_rows_fits_and_draws(void **state)
{
    (void)state;
    const double x[6] = {0.25, 0.5, -1.5, 2.25, 0.75, -0.125};
    for (int type = 0; type < REF_TYPES; type++) {
        genmod_data *const v = fixture_view(3, 2, x);
        gmm_model *const m = fixture_model(1, type, NULL);
        double w = 0, draw[2];
        assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
        assert_ok(gmm_get_params(m, GMM_WEIGHTS, 1, &w, NULL, NULL));
        assert_true(w == 1);
        assert_ok(
            gmm_sample(m, 0, 0, 1, GENMOD_F64, sizeof draw, draw, NULL, NULL));
        gmm_free(m);
        genmod_data_free(v);
    }
}

/* The start is drawn alike wherever the data lie. */
static void moved_data_with_the_same_seed_give_the_moved_fit(void **state)
{
    (void)state;
    const char *const inits[3] = {
        "init=k-means seed=3", "init=k-means++ seed=3", "init=random seed=3"};
    for (int i = 0; i < 3; i++) {
        scene *const s = scene_new(REF_FULL, 8);
        double moved[N * D];
        for (size_t j = 0; j < N * D; j++)
            moved[j] = s->x[j] + 100;
        genmod_data *const v = fixture_view(N, D, moved);
        ref_mixture a, b;
        ref_init(&a, REF_FULL, 3, D);
        ref_init(&b, REF_FULL, 3, D);
        gmm_model *const m = fixture_model(3, REF_FULL, inits[i]);
        fixture_configure(m, "tolerance=0 max_iterations=20");
        assert_ok(gmm_fit(m, s->view, NULL, NULL, NULL));
        fixture_params(m, &a);
        assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
        fixture_params(m, &b);
        for (size_t j = 0; j < 3 * D; j++)
            b.mu[j] -= 100;
        fixture_mixtures_close("moved", &b, &a, 1e-7);
        ref_free(&a);
        ref_free(&b);
        gmm_free(m);
        genmod_data_free(v);
        scene_free(s);
    }
}

static void one_row_and_one_column_are_enough(void **state)
{
    (void)state;
    const double x = 2.385;
    for (int type = 0; type < REF_TYPES; type++) {
        genmod_data *const v = fixture_view(1, 1, &x);
        gmm_model *const m = fixture_model(1, type, NULL);
        double mu = 0, l = 0;
        assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
        assert_ok(gmm_get_params(m, GMM_MEANS, 1, &mu, NULL, NULL));
        fixture_close("mean", mu, x, 1e-12);
        assert_ok(gmm_log_density(m, v, sizeof l, &l, NULL));
        assert_true(isfinite(l));
        gmm_free(m);
        genmod_data_free(v);
    }
}

/* Where its square passes the range of floats nothing has a density. */
static void a_row_that_is_out_of_range_has_density_0(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        scene *const s = scene_new(type, 33);
        gmm_model *const m = fixture_from(&s->r, NULL);
        float *const x = fixture_narrow(N * D, s->x), r[N * K];
        double lp[N], mean, aic, bic;
        int32_t label[N];
        x[7 * D] = 1e30F;
        genmod_data *const v = fixture_view_f32(N, D, x);
        assert_ok(gmm_log_density(m, v, sizeof lp, lp, NULL));
        assert_ok(gmm_responsibilities(m, v, GENMOD_F32, sizeof r, r, NULL));
        assert_ok(gmm_predict(m, v, sizeof label, label, NULL));
        assert_ok(gmm_log_likelihood(m, v, &mean, NULL));
        assert_ok(gmm_aic(m, v, &aic, NULL));
        assert_ok(gmm_bic(m, v, &bic, NULL));
        assert_true(lp[7] == -INFINITY && mean == -INFINITY);
        assert_true(aic == INFINITY && bic == INFINITY);
        assert_true(r[7 * K] == 0 && r[7 * K + 1] == 0 && label[7] == 0);
        assert_true(isfinite(lp[6]) && isfinite(lp[8]));
        genmod_data_free(v);
        free(x);
        gmm_free(m);
        scene_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(options_are_kept_after_a_fit),
        cmocka_unit_test(prediction_finds_clusters_that_lie_apart),
        cmocka_unit_test(a_fit_recovers_the_parameters),
        cmocka_unit_test(ten_starts_are_as_good_as_the_best_of_ten_fits),
        cmocka_unit_test(not_having_converged_is_reported_and_no_error),
        cmocka_unit_test(all_types_are_one_in_one_dimension_with_one_component),
        cmocka_unit_test(criteria_of_one_gaussian_are_its_entropy),
        cmocka_unit_test(free_parameters_are_counted),
        cmocka_unit_test(repeated_warm_fits_converge),
        cmocka_unit_test(the_score_is_the_mean_of_the_rows_and_rises),
        cmocka_unit_test(one_step_at_a_time_reaches_convergence),
        cmocka_unit_test(ten_starts_score_at_least_what_one_does),
        cmocka_unit_test(starts_give_distinct_means_inside_the_data),
        cmocka_unit_test(one_component_of_three_rows_fits_and_draws),
        cmocka_unit_test(moved_data_with_the_same_seed_give_the_moved_fit),
        cmocka_unit_test(one_row_and_one_column_are_enough),
        cmocka_unit_test(a_row_that_is_out_of_range_has_density_0),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
