/* Parameters that a fit leaves as they are. */
#include "gmm/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define D 3
#define K 3
#define N 400

static void invent(int type, double *x, ref_mixture *m)
{
    ref_init(m, type, K, D);
    ref_invent(m, 81 + (uint64_t)type, 1.7);
    ref_draw(m, 7, N, x, NULL);
    m->mu[0] += 0.3; /* the start is not the end */
}

/* What a fit from m's parameters leaves. */
static void fitted(const ref_mixture *m, const char *hold, const double *x,
                   ref_mixture *to, double *parameters)
{
    char options[128] = "warm_start=1 ridge=0 max_iterations=8 tolerance=0 ";
    genmod_data *const v = fixture_view(N, D, x);

    strncat(options, hold, 60);
    gmm_model *const g = fixture_from(m, options);
    assert_ok(gmm_fit(g, v, NULL, NULL, NULL));
    fixture_params(g, to);
    for (size_t i = 1; i < fixture_series_length(g, GMM_REPORT_HISTORY); i++)
        assert_true(fixture_series(g, GMM_REPORT_HISTORY, (int64_t)i) >=
                    fixture_series(g, GMM_REPORT_HISTORY, (int64_t)i - 1) -
                        1e-13);
    *parameters = fixture_number(g, GMM_REPORT_PARAMETERS);
    genmod_data_free(v);
    gmm_free(g);
}

static int same(const double *a, const double *b, size_t n)
{
    return memcmp(a, b, n * sizeof *a) == 0;
}

/* Component j of an array of k parts is the same in both, and no other is. */
static void only(const char *what, size_t j, size_t part, const double *a,
                 const double *b)
{
    for (size_t i = 0; i < K; i++)
        if (same(a + i * part, b + i * part, part) != (i == j))
            fail_msg("%s of component %zu", what, i);
}

static void held_parts_keep_their_bits_and_others_move(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        const size_t n_cov = ref_cov_count(type, K, D);
        const double all = (double)ref_parameters(type, K, D);
        double x[N * D], p;
        ref_mixture m, to;

        invent(type, x, &m);
        ref_init(&to, type, K, D);
        fitted(&m, "hold_weights=all", x, &to, &p);
        assert_true(same(to.w, m.w, K) && !same(to.mu, m.mu, D));
        assert_true(p == all - (K - 1));
        fitted(&m, "hold_means=all", x, &to, &p);
        assert_true(same(to.mu, m.mu, K * D) && !same(to.w, m.w, K));
        assert_true(!same(to.cov, m.cov, n_cov) && p == all - K * D);
        fitted(&m, "hold_covariances=all", x, &to, &p);
        assert_true(same(to.cov, m.cov, n_cov) && !same(to.mu, m.mu, K * D));
        assert_true(p == K - 1 + K * D);
        fitted(&m, "hold_weights=1", x, &to, &p);
        only("weight", 1, 1, to.w, m.w);
        fixture_close("sum", to.w[0] + to.w[1] + to.w[2], 1, 1e-15);
        fitted(&m, "hold_means=2", x, &to, &p);
        only("mean", 2, D, to.mu, m.mu);
        assert_true(p == all - D);
        fitted(&m, "hold_means=0,2", x, &to, &p);
        assert_true(same(to.mu, m.mu, D) &&
                    same(to.mu + 2 * D, m.mu + 2 * D, D));
        assert_false(same(to.mu + D, m.mu + D, D));
        if (type != REF_TIED) {
            fitted(&m, "hold_covariances=0", x, &to, &p);
            only("covariance", 0, n_cov / K, to.cov, m.cov);
        }
        ref_free(&m);
        ref_free(&to);
    }
}

/* Bishop (9.25) about a mean that is not the rows': second moments about it. */
static void covariances_go_about_a_held_mean(void **state)
{
    (void)state;
    for (int wide = 0; wide < 2; wide++) { /* form 2 of the sums, too */
        double x[N * D], r[N * K];
        ref_mixture m, want, got;

        invent(REF_DIAGONAL, x, &m);
        ref_init(&want, REF_DIAGONAL, K, D);
        ref_init(&got, REF_DIAGONAL, K, D);
        for (size_t i = 0; wide && i < N * D; i++)
            x[i] *= i % D ? 1 : 3e7;
        for (size_t j = 0; wide && j < K; j++) {
            m.mu[j * D] *= 3e7;
            m.cov[j * D] *= j ? 9e14 : 9;
        }
        ref_density(&m, N, x, NULL, r);
        ref_maximise(&want, N, x, NULL, r);
        memcpy(want.mu, m.mu, K * D * sizeof(double));
        for (size_t j = 0; j < K; j++)
            for (size_t c = 0; c < D; c++) {
                long double sum = 0, mass = 0;

                for (size_t i = 0; i < N; i++) {
                    const long double e =
                        (long double)x[i * D + c] - m.mu[j * D + c];

                    sum += r[i * K + j] * e * e;
                    mass += r[i * K + j];
                }
                want.cov[j * D + c] = (double)(sum / mass);
            }
        gmm_model *const g =
            fixture_from(&m, "hold_means=all ridge=0 on_singular=error");
        genmod_data *const v = fixture_view(N, D, x);
        assert_ok(gmm_step(g, v, NULL));
        fixture_params(g, &got);
        fixture_mixtures_close("step", &got, &want, 1e-11);
        assert_true(fixture_number(g, GMM_REPORT_FORM) == (wide ? 1 : 2));
        genmod_data_free(v);
        gmm_free(g);
        ref_free(&m);
        ref_free(&want);
        ref_free(&got);
    }
}

/* The others share what a held weight leaves, as their rows have it. */
static void free_weights_share_the_rest(void **state)
{
    double x[N * D], r[N * K];
    ref_mixture m, want, got;

    (void)state;
    invent(REF_FULL, x, &m);
    ref_init(&want, REF_FULL, K, D);
    ref_init(&got, REF_FULL, K, D);
    ref_density(&m, N, x, NULL, r);
    ref_maximise(&want, N, x, NULL, r);
    const double rest = (1 - m.w[1]) / (want.w[0] + want.w[2]);
    gmm_model *const g = fixture_from(&m, "hold_weights=1 ridge=0");
    genmod_data *const v = fixture_view(N, D, x);
    assert_ok(gmm_step(g, v, NULL));
    fixture_params(g, &got);
    fixture_close("first", got.w[0], want.w[0] * rest, 1e-13);
    fixture_close("last", got.w[2], want.w[2] * rest, 1e-13);
    genmod_data_free(v);
    gmm_free(g);
    ref_free(&m);
    ref_free(&want);
    ref_free(&got);
}

static void equal_weights_are_equal_and_the_rest_is_fitted(void **state)
{
    double x[N * D], r[N * K], p;
    ref_mixture m, want, got;

    (void)state;
    invent(REF_TIED, x, &m);
    ref_init(&want, REF_TIED, K, D);
    ref_init(&got, REF_TIED, K, D);
    ref_density(&m, N, x, NULL, r);
    ref_maximise(&want, N, x, NULL, r);
    for (size_t j = 0; j < K; j++)
        want.w[j] = 1.0 / K;
    gmm_model *const g = fixture_from(&m, "hold_weights=equal ridge=0");
    genmod_data *const v = fixture_view(N, D, x);
    assert_ok(gmm_step(g, v, NULL));
    fixture_params(g, &got);
    fixture_mixtures_close("step", &got, &want, 1e-12);
    fitted(&want, "hold_weights=equal", x, &got, &p);
    assert_true(p == (double)ref_parameters(REF_TIED, K, D) - (K - 1));
    genmod_data_free(v);
    gmm_free(g);
    ref_free(&m);
    ref_free(&want);
    ref_free(&got);
}

static void a_cold_fit_holds_what_it_starts_with(void **state)
{
    double x[N * D];
    ref_mixture m, first, last;

    (void)state;
    invent(REF_FULL, x, &m);
    ref_init(&first, REF_FULL, K, D);
    ref_init(&last, REF_FULL, K, D);
    genmod_data *const v = fixture_view(N, D, x);
    gmm_model *const g =
        fixture_model(K, REF_FULL, "hold_means=all max_iterations=5");
    assert_ok(gmm_start(g, v, NULL));
    fixture_params(g, &first);
    assert_ok(gmm_fit(g, v, NULL, NULL, NULL));
    fixture_params(g, &last);
    assert_true(same(first.mu, last.mu, K * D));
    assert_false(same(first.cov, last.cov, K * D * D));
    genmod_data_free(v);
    gmm_free(g);
    ref_free(&m);
    ref_free(&first);
    ref_free(&last);
}

/* A component so far out that it has no rows stays where it is. */
static void beside_what_is_held_nothing_is_reseeded(void **state)
{
    double x[N * D];
    ref_mixture m, to;

    (void)state;
    invent(REF_FULL, x, &m);
    ref_init(&to, REF_FULL, K, D);
    m.mu[2 * D] = 1e6;
    genmod_data *const v = fixture_view(N, D, x);
    gmm_model *const g = fixture_from(&m, "hold_means=0 warm_start=1");
    assert_ok(gmm_fit(g, v, NULL, NULL, NULL));
    fixture_params(g, &to);
    assert_true(same(to.mu, m.mu, D) && to.mu[2 * D] == 1e6);
    assert_true(same(to.cov + 2 * D * D, m.cov + 2 * D * D, D * D));
    assert_true(to.w[2] > 0 && to.w[2] < 1e-15);
    assert_true(fixture_series(g, GMM_REPORT_MENDS, 2) == 0);
    genmod_data_free(v);
    gmm_free(g);
    ref_free(&m);
    ref_free(&to);
}

static void texts_that_name_no_component_are_refused(void **state)
{
    static const char *const texts[] = {
        "hold_means=3", "hold_means=0,", "hold_weights=some",
        "hold_covariances=-1", "hold_means=99999999999999999999999"};
    genmod_workspace *const w = fixture_workspace(1);
    double x[N * D];

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        const int type = i < 5 ? REF_FULL : REF_TIED;
        ref_mixture m;

        invent(type, x, &m);
        gmm_model *const g =
            fixture_from(&m, i < 5 ? texts[i] : "hold_covariances=1");
        const fixture_bytes before = fixture_save(g);
        genmod_data *const v = fixture_view(N, D, x);
        assert_status(gmm_fit(g, v, NULL, NULL, w), GENMOD_BAD_ARGUMENT, w);
        fixture_says(w, "hold_");
        fixture_says(w, i < 5 ? "0 to 2, with commas" : "as a whole or not");
        assert_true(fixture_unchanged(g, before));
        free(before.p);
        genmod_data_free(v);
        gmm_free(g);
        ref_free(&m);
    }
    genmod_workspace_free(w);
}

/* p of AIC and p of the report; noise that is held has its volume alone. */
static void counts(gmm_model *g, const genmod_data *v, size_t rows, double want)
{
    double aic, mean;

    assert_ok(gmm_aic(g, v, &aic, NULL));
    assert_ok(gmm_log_likelihood(g, v, &mean, NULL));
    assert_near(aic / 2 + mean * (double)rows, want, 1e-8);
    assert_true(fixture_number(g, GMM_REPORT_PARAMETERS) == want);
}

static void parameters_are_counted_alike_by_all_calls(void **state)
{
    static const int32_t column[] = {1};
    static const char *const options[] = {
        "noise=0.1", "noise=0.1 hold_weights=all",
        "noise=0.1 hold_weights=equal",
        "noise=0.1 hold_weights=0,1,2 noise_volume=900"};
    static const double fixed[] = {4, 1, 2, 0}; /* weights, noise */
    double x[N * D], y[N], u[1 + D];
    ref_mixture m;

    (void)state;
    invent(REF_FULL, x, &m);
    for (size_t i = 0; i < N; i++)
        y[i] = x[i * D + 1];
    genmod_data *const v = fixture_view(N, D, x), *const one =
                                                      fixture_view(N, 1, y);
    for (size_t i = 0; i < 4; i++) {
        gmm_model *const g = fixture_from(&m, options[i]);

        assert_ok(gmm_step(g, v, NULL));
        counts(g, v, N, fixed[i] + K * D + K * D * (D + 1) / 2.0);
        assert_ok(gmm_get_params(g, GMM_NOISE, 1 + D, u, NULL, NULL));
        assert_true((u[0] == 0.1) == (i % 2 == 1));
        assert_ok(gmm_marginal(g, 1, column, g, NULL));
        counts(g, one, N, fixed[i] + 2 * K);
        gmm_free(g);
    }
    genmod_data_free(one);
    genmod_data_free(v);
    ref_free(&m);
}

/* A component that is named twice is held, and counted, once. K is 3. */
static void components_named_twice_count_once(void **state)
{
    static const struct {
        const char *options;
        double held;
    } of[] = {{"hold_means=1,1", D},
              {"hold_means=1,0,1,1", 2 * D},
              {"hold_covariances=2,02", D * (D + 1) / 2.0},
              {"hold_weights=1,0,1 noise=0.1 noise_volume=900", 1}};
    double x[N * D];
    ref_mixture m;

    (void)state;
    invent(REF_FULL, x, &m);
    genmod_data *const v = fixture_view(N, D, x);
    for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
        gmm_model *const g = fixture_from(&m, of[i].options);

        assert_ok(gmm_step(g, v, NULL));
        counts(g, v, N, (double)ref_parameters(REF_FULL, K, D) - of[i].held);
        gmm_free(g);
    }
    genmod_data_free(v);
    ref_free(&m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(held_parts_keep_their_bits_and_others_move),
        cmocka_unit_test(covariances_go_about_a_held_mean),
        cmocka_unit_test(free_weights_share_the_rest),
        cmocka_unit_test(equal_weights_are_equal_and_the_rest_is_fitted),
        cmocka_unit_test(a_cold_fit_holds_what_it_starts_with),
        cmocka_unit_test(beside_what_is_held_nothing_is_reseeded),
        cmocka_unit_test(texts_that_name_no_component_are_refused),
        cmocka_unit_test(parameters_are_counted_alike_by_all_calls),
        cmocka_unit_test(components_named_twice_count_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
