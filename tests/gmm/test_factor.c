/* Covariances of factors: W W^T + diag(psi). */
#include "gmm/fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define D 6
#define K 2
#define Q 2
#define PART (D * Q + D)

static void option(genmod_config *c, const char *pair)
{
    char key[64], value[64];

    assert_int_equal(sscanf(pair, "%63[^=]=%63s", key, value), 2);
    assert_ok(genmod_config_set_str(c, key, value, NULL));
}

/* options: NULL, or up to two "key=value". */
static gmm_model *model_of(size_t k, int64_t rank, const char *a, const char *b)
{
    genmod_config *c = NULL;
    gmm_model *m = NULL;

    assert_ok(gmm_config_new(&c, NULL));
    assert_ok(genmod_config_set_i64(c, GMM_COMPONENTS, (int64_t)k, NULL));
    assert_ok(genmod_config_set_str(c, GMM_COVARIANCE, "factor", NULL));
    assert_ok(genmod_config_set_i64(c, GMM_RANK, rank, NULL));
    if (a)
        option(c, a);
    if (b)
        option(c, b);
    assert_ok(gmm_new(c, &m, NULL));
    genmod_config_free(c);
    return m;
}

/* Two components whose numbers have no symmetry, in units of their own. */
static void invent(double *w, double *mu, double *cov)
{
    ref_random r = {4242};

    w[0] = 0.375;
    w[1] = 0.625;
    for (size_t i = 0; i < K * D; i++)
        mu[i] = 3 * ref_normal(&r);
    for (size_t j = 0; j < K; j++) {
        for (size_t i = 0; i < D * Q; i++)
            cov[j * PART + i] = ref_normal(&r);
        for (size_t i = 0; i < D; i++)
            cov[j * PART + D * Q + i] = 0.2 + ref_uniform(&r);
    }
}

static gmm_model *known(const char *a, const char *b)
{
    double w[K], mu[K * D], cov[K * PART];
    gmm_model *const m = model_of(K, Q, a, b);

    invent(w, mu, cov);
    assert_ok(gmm_set_params(m, K, D, w, mu, K * PART, cov, NULL));
    return m;
}

/* The same mixture with covariances written out by hand. */
static void dense(const gmm_model *m, size_t q, ref_mixture *r)
{
    double *const w = fixture_take(r->k * D * q, sizeof *w);
    double psi[4 * D];

    assert_ok(gmm_get_params(m, GMM_WEIGHTS, r->k, r->w, NULL, NULL));
    assert_ok(gmm_get_params(m, GMM_MEANS, r->k * D, r->mu, NULL, NULL));
    assert_ok(gmm_get_params(m, GMM_LOADINGS, r->k * D * q, w, NULL, NULL));
    assert_ok(gmm_get_params(m, GMM_UNIQUENESSES, r->k * D, psi, NULL, NULL));
    for (size_t j = 0; j < r->k; j++)
        for (size_t a = 0; a < D; a++)
            for (size_t b = 0; b < D; b++) {
                long double sum = a == b ? psi[j * D + a] : 0;

                for (size_t f = 0; f < q; f++)
                    sum += (long double)w[(j * D + a) * q + f] *
                           w[(j * D + b) * q + f];
                r->cov[(j * D + a) * D + b] = (double)sum;
            }
    free(w);
}

static double *drawn(size_t n)
{
    double *const x = fixture_take(n * D, sizeof *x);
    gmm_model *const m = known(NULL, NULL);

    assert_ok(gmm_sample(m, 20261127, 0, n, GENMOD_F64, n * D * sizeof *x, x,
                         NULL, NULL));
    gmm_free(m);
    return x;
}

static void densities_are_those_of_the_covariances_written_out(void **state)
{
    enum { N = 300 };
    double *const x = drawn(N), lp[N], want[N], got[K * D * D];
    gmm_model *const m = known(NULL, NULL);
    genmod_data *const v = fixture_view(N, D, x);
    ref_mixture r;

    (void)state;
    ref_init(&r, REF_FULL, K, D);
    dense(m, Q, &r);
    ref_density(&r, N, x, want, NULL);
    assert_ok(gmm_log_density(m, v, sizeof lp, lp, NULL));
    for (size_t i = 0; i < N; i++)
        fixture_close("density", lp[i], want[i], 1e-12);
    assert_ok(gmm_get_params(m, GMM_COVARIANCES, K * D * D, got, NULL, NULL));
    for (size_t i = 0; i < K * D * D; i++)
        fixture_close("covariance", got[i], r.cov[i], 1e-15);
    genmod_data_free(v);
    gmm_free(m);
    free(x);
    ref_free(&r);
}

static void the_likelihood_never_falls(void **state)
{
    enum { N = 400 };
    static const char *const more[] = {NULL, "noise=0.05", "prior=conjugate"};

    (void)state;
    for (int64_t rank = 1; rank < D; rank += 2)
        for (size_t i = 0; i < 4; i++) {
            double *const x = drawn(N), before = -INFINITY;
            gmm_model *const m =
                model_of(K, rank, "ridge=0", i < 3 ? more[i] : NULL);
            genmod_data *const v = fixture_view(N, D, x);

            for (size_t c = 0; i == 3 && c < N * D; c += 5)
                x[c] = NAN;
            assert_ok(genmod_data_set_missing(v, 1, NULL));
            assert_ok(gmm_start(m, v, NULL));
            for (int s = 0; s < 60; s++) {
                assert_ok(gmm_step(m, v, NULL));
                const double now = fixture_number(m, GMM_REPORT_OBJECTIVE);
                if (!(now >= before - 2e-13 * fmax(1, fabs(before))))
                    fail_msg("rank %d, case %zu, step %d: %.17g after %.17g",
                             (int)rank, i, s, now, before);
                before = now;
            }
            genmod_data_free(v);
            gmm_free(m);
            free(x);
        }
}

/* Of one component, whose rows alone are taken, the likeliest covariance has
 * the data's own variances; a ridge adds a millionth. */
static void at_rest_the_diagonal_is_the_datas(void **state)
{
    enum { N = 800 };
    double x[N * D], ones[N];
    int32_t from[N];
    size_t n = 0;
    gmm_model *const truth = known(NULL, NULL);
    gmm_model *const m =
        model_of(1, Q, "max_iterations=3000", "tolerance=1e-15");
    ref_mixture whole, r;

    (void)state;
    ref_init(&whole, REF_FULL, 1, D);
    ref_init(&r, REF_FULL, 1, D);
    assert_ok(gmm_sample(truth, 8, 0, N, GENMOD_F64, sizeof x, x, from, NULL));
    for (size_t i = 0; i < N; i++) {
        ones[i] = 1;
        if (from[i] == 1)
            memmove(x + n++ * D, x + i * D, D * sizeof *x);
    }
    ref_maximise(&whole, n, x, NULL, ones);
    genmod_data *const v = fixture_view(n, D, x);
    assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
    dense(m, Q, &r);
    for (size_t c = 0; c < D; c++)
        fixture_close("variance", r.cov[c * D + c], whole.cov[c * D + c], 1e-5);
    assert_true(fabs(r.cov[1] - whole.cov[1]) > 1e-4);
    genmod_data_free(v);
    gmm_free(truth);
    gmm_free(m);
    ref_free(&whole);
    ref_free(&r);
}

/* Where two factors are the truth, they describe rows with fewer numbers. */
static void factors_are_found(void **state)
{
    enum { N = 3000 };
    double *const x = drawn(N), bic[2];
    gmm_model *const m = model_of(K, Q, "tolerance=1e-7", NULL);
    gmm_model *const full = fixture_model(K, REF_FULL, NULL);
    gmm_model *const truth = known(NULL, NULL);
    genmod_data *const v = fixture_view(N, D, x);
    ref_mixture a, b;

    (void)state;
    ref_init(&a, REF_FULL, K, D);
    ref_init(&b, REF_FULL, K, D);
    assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
    assert_ok(gmm_fit(full, v, NULL, NULL, NULL));
    dense(m, Q, &a);
    dense(truth, Q, &b);
    assert_true(fixture_distance(&a, &b) < 0.15);
    assert_ok(gmm_bic(m, v, &bic[0], NULL));
    assert_ok(gmm_bic(full, v, &bic[1], NULL));
    assert_true(bic[0] < bic[1]);
    assert_true(fixture_number(m, GMM_REPORT_PARAMETERS) ==
                K - 1 + K * D + K * (D * Q + D - Q * (Q - 1) / 2));
    genmod_data_free(v);
    gmm_free(m);
    gmm_free(full);
    gmm_free(truth);
    free(x);
    ref_free(&a);
    ref_free(&b);
}

/* 5 standard errors of 20,000 rows. */
static void draws_have_the_covariance(void **state)
{
    enum { N = 20000 };
    double *const x = drawn(N), mean[D], s[D * D];
    gmm_model *const m = known(NULL, NULL);

    (void)state;
    assert_ok(gmm_moments(m, D, mean, s, NULL));
    for (size_t a = 0; a < D; a++)
        for (size_t b = 0; b <= a; b++) {
            double sum = 0, squares = 0;

            for (size_t i = 0; i < N; i++) {
                const double e =
                    (x[i * D + a] - mean[a]) * (x[i * D + b] - mean[b]);

                sum += e / N;
                squares += e * e / N;
            }
            assert_true(fabs(sum - s[a * D + b]) <
                        5 * sqrt((squares - sum * sum) / N));
        }
    gmm_free(m);
    free(x);
}

/* Loadings of a fit of drawn rows in another unit, in which they are given. */
static void loadings_in(double unit, double *out)
{
    enum { N = 300 };
    double *const x = drawn(N);
    for (size_t i = 0; i < N * D; i++)
        x[i] *= unit;
    genmod_data *const v = fixture_view(N, D, x);
    gmm_model *const m = model_of(K, Q, "max_iterations=20", "tolerance=0");
    assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
    assert_ok(gmm_get_params(m, GMM_LOADINGS, K * D * Q, out, NULL, NULL));
    gmm_free(m);
    genmod_data_free(v);
    free(x);
}

/* Not even one in which two variances have no product. */
static void the_unit_changes_no_factor(void **state)
{
    (void)state;
    static const double unit[] = {0x1p-90, 0x1p300};
    double a[K * D * Q], b[K * D * Q];
    loadings_in(1, a);
    for (size_t i = 0; i < sizeof unit / sizeof *unit; i++) {
        loadings_in(unit[i], b);
        for (size_t j = 0; j < K * D * Q; j++)
            assert_near(b[j] / unit[i], a[j], 1e-9);
    }
}

static void threads_saving_and_going_on_change_no_bit(void **state)
{
    enum { N = 700 };
    double *const x = drawn(N);
    gmm_model *const a = model_of(K, Q, "max_iterations=4", "starts=2");
    gmm_model *const b = fixture_model(1, REF_TIED, NULL);
    genmod_data *const v = fixture_view(N, D, x);
    genmod_workspace *const w = fixture_workspace(3);

    (void)state;
    assert_ok(gmm_fit(a, v, NULL, NULL, NULL));
    const fixture_bytes first = fixture_save(a);
    assert_ok(gmm_load(b, first.n, first.p, NULL));
    assert_true(fixture_unchanged(b, first));
    assert_ok(gmm_fit(a, v, NULL, NULL, w));
    assert_true(fixture_unchanged(a, first));
    assert_ok(gmm_step(a, v, NULL));
    assert_ok(gmm_step(b, v, w));
    const fixture_bytes next = fixture_save(a);
    assert_true(fixture_unchanged(b, next));
    assert_ok(gmm_load(b, first.n, first.p, NULL));
    assert_ok(gmm_copy(a, b, NULL));
    assert_true(fixture_unchanged(b, next));
    free(first.p);
    free(next.p);
    genmod_data_free(v);
    genmod_workspace_free(w);
    gmm_free(a);
    gmm_free(b);
    free(x);
}

static void assert_full(const gmm_model *m)
{
    genmod_config *c = NULL;
    char text[32];

    assert_ok(gmm_config_new(&c, NULL));
    assert_ok(gmm_get_config(m, c, NULL));
    assert_ok(genmod_config_get_str(c, GMM_COVARIANCE, sizeof text, text, NULL,
                                    NULL));
    assert_string_equal(text, "full");
    genmod_config_free(c);
}

/* Parts of the columns are mixtures with full covariances. */
static void parts_have_full_covariances(void **state)
{
    static const int32_t columns[2] = {4, 1};
    const double values[2] = {0.375, -1};
    gmm_model *const m = known(NULL, NULL), *a = NULL, *b = NULL;
    double whole[K * D * D], part[K * 4];

    (void)state;
    assert_ok(gmm_new(NULL, &a, NULL));
    assert_ok(gmm_new(NULL, &b, NULL));
    assert_ok(gmm_marginal(m, 2, columns, a, NULL));
    assert_ok(gmm_condition(m, 2, columns, values, b, NULL));
    assert_int_equal(gmm_dimension(b), D - 2);
    assert_full(a);
    assert_ok(gmm_get_params(m, GMM_COVARIANCES, K * D * D, whole, NULL, NULL));
    assert_ok(gmm_get_params(a, GMM_COVARIANCES, K * 4, part, NULL, NULL));
    assert_true(part[1] == whole[4 * D + 1] && part[3] == whole[D + 1]);
    const fixture_bytes bytes = fixture_save(a);
    assert_ok(gmm_load(b, bytes.n, bytes.p, NULL));
    free(bytes.p);
    gmm_free(m);
    gmm_free(a);
    gmm_free(b);
}

static void fewer_components_have_full_covariances(void **state)
{
    gmm_model *const m = known(NULL, NULL), *a = NULL;

    (void)state;
    assert_ok(gmm_new(NULL, &a, NULL));
    assert_ok(gmm_merge(m, 1, a, NULL, NULL));
    assert_full(a);
    assert_ok(gmm_prune(m, 0, a, NULL, NULL));
    assert_full(a);
    gmm_free(m);
    gmm_free(a);
}

/* Rows that repeat, a column that is a copy, held covariances. */
static void singular_and_held_covariances_are_survived(void **state)
{
    enum { N = 200 };
    double *const x = drawn(N), was[K * D * Q], now[K * D * Q];
    gmm_model *const m = model_of(5, Q, "starts=2", "ridge=0");
    gmm_model *const held = known("hold_covariances=all", "warm_start=1");
    genmod_data *const v = fixture_view(N, D, x);

    (void)state;
    assert_ok(gmm_get_params(held, GMM_LOADINGS, K * D * Q, was, NULL, NULL));
    assert_ok(gmm_fit(held, v, NULL, NULL, NULL));
    assert_ok(gmm_get_params(held, GMM_LOADINGS, K * D * Q, now, NULL, NULL));
    assert_memory_equal(was, now, sizeof was);
    for (size_t i = 0; i < N; i++) {
        memcpy(x + i * D, x + i % 12 * D, D * sizeof *x);
        x[i * D + 1] = x[i * D];
    }
    assert_ok(gmm_fit(m, v, NULL, NULL, NULL));
    const fixture_bytes b = fixture_save(m);
    assert_ok(gmm_load(held, b.n, b.p, NULL)); /* mended ones agree, too */
    free(b.p);
    genmod_data_free(v);
    gmm_free(m);
    gmm_free(held);
    free(x);
}

static void refused(genmod_workspace *w, int32_t status, const char *text)
{
    assert_int_equal(status, GENMOD_BAD_ARGUMENT);
    fixture_says(w, text);
}

static void bad_arguments_are_refused(void **state)
{
    enum { N = 50 };
    genmod_workspace *const w = fixture_workspace(1);
    double *const x = drawn(N), a[K], mu[K * D], cov[K * PART];
    gmm_model *const m = known(NULL, NULL), *const wide =
                                                model_of(K, D, NULL, NULL);
    gmm_model *const full = fixture_model(K, REF_FULL, NULL);
    genmod_data *const v = fixture_view(N, D, x);
    const fixture_bytes before = fixture_save(m);

    (void)state;
    invent(a, mu, cov);
    refused(w, gmm_fit(wide, v, NULL, NULL, w), "rank is 6; of 6 columns");
    refused(w, gmm_set_params(m, K, D, a, mu, K * D * D, cov, w),
            "n_cov is 72; factor covariances take 36");
    cov[PART + D * Q + 1] = 0;
    refused(w, gmm_set_params(m, K, D, a, mu, K * PART, cov, w),
            "uniquenesses: element 7 is 0");
    cov[3] = INFINITY;
    refused(w, gmm_set_params(m, K, D, a, mu, K * PART, cov, w),
            "loadings: element 3 is inf");
    assert_ok(gmm_fit(full, v, NULL, NULL, w));
    refused(w, gmm_get_params(full, GMM_LOADINGS, 36, cov, NULL, w),
            "no parameter \"loadings\"");
    assert_true(fixture_unchanged(m, before));
    free(before.p);
    genmod_data_free(v);
    gmm_free(m);
    gmm_free(wide);
    gmm_free(full);
    free(x);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(densities_are_those_of_the_covariances_written_out),
        cmocka_unit_test(the_likelihood_never_falls),
        cmocka_unit_test(at_rest_the_diagonal_is_the_datas),
        cmocka_unit_test(factors_are_found),
        cmocka_unit_test(the_unit_changes_no_factor),
        cmocka_unit_test(draws_have_the_covariance),
        cmocka_unit_test(threads_saving_and_going_on_change_no_bit),
        cmocka_unit_test(parts_have_full_covariances),
        cmocka_unit_test(fewer_components_have_full_covariances),
        cmocka_unit_test(singular_and_held_covariances_are_survived),
        cmocka_unit_test(bad_arguments_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
