/* Draws: their law, their numbering, their types. */
#include "gmm/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define D 3
#define K 4
#define N 60000

static gmm_model *model_of(int type, ref_mixture *r)
{
    ref_init(r, type, K, D);
    ref_invent(r, 40 + (uint64_t)type, 5);
    return fixture_from(r, NULL);
}

/* chi^2 with 3 degrees of freedom passes 21.1 once in 10^4. */
static void components_are_drawn_with_their_weights(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        ref_mixture r;
        gmm_model *const m = model_of(type, &r);
        double *const x = fixture_take(N * D, sizeof *x);
        int32_t *const c = fixture_take(N, sizeof *c);
        assert_ok(
            gmm_sample(m, 99, 0, N, GENMOD_F64, N * D * sizeof *x, x, c, NULL));
        double count[K] = {0}, chi = 0;
        for (size_t i = 0; i < N; i++) {
            assert_in_range(c[i], 0, K - 1);
            count[c[i]]++;
        }
        for (size_t j = 0; j < K; j++) {
            const double want = N * r.w[j];
            chi += (count[j] - want) * (count[j] - want) / want;
        }
        if (!(chi < 21.1))
            fail_msg("chi^2 is %.3g (%s)", chi, ref_names[type]);
        free(x);
        free(c);
        gmm_free(m);
        ref_free(&r);
    }
}

/* Component j's draws: mean and covariance within 4 standard errors, which are
 * sd / sqrt(n) and sqrt((s_aa s_bb + s_ab^2) / n). */
static void check_component(const ref_mixture *r, size_t j, const double *x,
                            const int32_t *c)
{
    double mean[D] = {0}, s[D * D] = {0}, want[D * D], n = 0;
    ref_covariance(r, j, want);
    for (size_t i = 0; i < N; i++) {
        if (c[i] != (int32_t)j)
            continue;
        n++;
        for (size_t a = 0; a < D; a++)
            mean[a] += x[i * D + a];
    }
    for (size_t a = 0; a < D; a++)
        mean[a] /= n;
    for (size_t i = 0; i < N; i++)
        for (size_t a = 0; c[i] == (int32_t)j && a < D; a++)
            for (size_t b = 0; b < D; b++)
                s[a * D + b] += (x[i * D + a] - mean[a]) *
                                (x[i * D + b] - mean[b]) / (n - 1);
    for (size_t a = 0; a < D; a++) {
        const double se = sqrt(want[a * D + a] / n);
        assert_true(fabs(mean[a] - r->mu[j * D + a]) < 4 * se);
        for (size_t b = 0; b < D; b++) {
            const double v = want[a * D + a] * want[b * D + b] +
                             want[a * D + b] * want[a * D + b];
            if (!(fabs(s[a * D + b] - want[a * D + b]) < 4 * sqrt(v / n)))
                fail_msg("covariance %zu %zu of component %zu: %.6g for %.6g",
                         a, b, j, s[a * D + b], want[a * D + b]);
        }
    }
}

static void rows_of_each_component_have_its_mean_and_covariance(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        ref_mixture r;
        gmm_model *const m = model_of(type, &r);
        double *const x = fixture_take(N * D, sizeof *x);
        int32_t *const c = fixture_take(N, sizeof *c);
        assert_ok(
            gmm_sample(m, 7, 0, N, GENMOD_F64, N * D * sizeof *x, x, c, NULL));
        for (size_t j = 0; j < K; j++)
            check_component(&r, j, x, c);
        free(x);
        free(c);
        gmm_free(m);
        ref_free(&r);
    }
}

/* (x - mean) / sd of one column: normal to the tails, by its distribution
 * function. Kolmogorov's bound 2.23 / sqrt(n) is passed once in 10^4. */
static int ascending(const void *a, const void *b)
{
    const double u = *(const double *)a, v = *(const double *)b;
    return (u > v) - (u < v);
}

static void a_draw_is_normal_by_its_distribution_function(void **state)
{
    (void)state;
    const double w = 1, mu = -2.25, cov = 0.49;
    gmm_model *const m = fixture_model(1, REF_FULL, NULL);
    assert_ok(gmm_set_params(m, 1, 1, &w, &mu, 1, &cov, NULL));
    double *const x = fixture_take(N, sizeof *x);
    assert_ok(gmm_sample(m, 5, 0, N, GENMOD_F64, N * sizeof *x, x, NULL, NULL));
    qsort(x, N, sizeof *x, ascending);
    double worst = 0;
    for (size_t i = 0; i < N; i++) {
        const double f = 0.5 * erfc(-(x[i] - mu) / 0.7 / sqrt(2));
        worst = fmax(worst, fmax(fabs(f - (double)i / N),
                                 fabs(f - (double)(i + 1) / N)));
    }
    assert_true(worst < 2.23 / sqrt(N));
    free(x);
    gmm_free(m);
}

static void draw(const gmm_model *m, uint64_t seed, uint64_t first, size_t n,
                 double *x, int32_t *c, genmod_workspace *w)
{
    assert_ok(
        gmm_sample(m, seed, first, n, GENMOD_F64, n * D * sizeof *x, x, c, w));
}

static void sample_i_is_the_same_however_many_are_drawn(void **state)
{
    (void)state;
    enum { n = 1500 };
    const size_t batches[] = {1, 2, 3, 16, 17, 255, 256, 257, 1499};
    genmod_workspace *const w = fixture_workspace(3);
    for (int type = 0; type < REF_TYPES; type++) {
        ref_mixture r;
        gmm_model *const m = model_of(type, &r);
        static double all[n * D], part[n * D];
        static int32_t c[n], pc[n];
        draw(m, 123456789012345u, 0, n, all, c, NULL);
        for (size_t b = 0; b < sizeof batches / sizeof *batches; b++) {
            for (size_t at = 0; at < n; at += batches[b]) {
                const size_t k = n - at < batches[b] ? n - at : batches[b];
                draw(m, 123456789012345u, at, k, part, pc, b % 2 ? w : NULL);
                assert_memory_equal(part, all + at * D, k * D * sizeof *all);
                assert_memory_equal(pc, c + at, k * sizeof *c);
            }
        }
        gmm_free(m);
        ref_free(&r);
    }
    genmod_workspace_free(w);
}

static void sample_reaches_the_last_number_of_a_stream(void **state)
{
    (void)state;
    ref_mixture r;
    gmm_model *const m = model_of(REF_FULL, &r);
    const uint64_t end = UINT64_C(1) << 63;
    double x[8 * D], y[D];
    draw(m, 3, end - 8, 8, x, NULL, NULL);
    draw(m, 3, end - 3, 1, y, NULL, NULL);
    assert_memory_equal(y, x + 5 * D, sizeof y);
    gmm_free(m);
    ref_free(&r);
}

static void streams_differ(void **state)
{
    (void)state;
    ref_mixture r;
    gmm_model *const m = model_of(REF_DIAGONAL, &r);
    const uint64_t seeds[4] = {0, 1, UINT64_C(1) << 32, UINT64_MAX};
    const uint64_t firsts[4] = {0, 0, UINT64_C(1) << 32, UINT64_C(1) << 62};
    double x[4 * 4][10 * D];
    for (size_t i = 0; i < 16; i++)
        draw(m, seeds[i % 4], firsts[i / 4] + (i / 4 == 1 ? 100 : 0), 10, x[i],
             NULL, NULL);
    for (size_t i = 0; i < 16; i++)
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(x[i], x[j], sizeof x[i]);
    gmm_free(m);
    ref_free(&r);
}

static void sample_f32_is_the_rounded_f64(void **state)
{
    (void)state;
    enum { n = 777 };
    for (int type = 0; type < REF_TYPES; type++) {
        ref_mixture r;
        gmm_model *const m = model_of(type, &r);
        double x[n * D];
        float y[n * D];
        int32_t c[n], e[n];
        draw(m, 8, 5, n, x, c, NULL);
        assert_ok(gmm_sample(m, 8, 5, n, GENMOD_F32, sizeof y, y, e, NULL));
        for (size_t i = 0; i < n * D; i++)
            assert_true(y[i] == (float)x[i]);
        assert_memory_equal(c, e, sizeof c);
        gmm_free(m);
        ref_free(&r);
    }
}

static void sample_without_components_draws_the_same_rows(void **state)
{
    (void)state;
    ref_mixture r;
    gmm_model *const m = model_of(REF_TIED, &r);
    double x[40 * D], y[40 * D];
    int32_t c[40];
    draw(m, 17, 2, 40, x, c, NULL);
    draw(m, 17, 2, 40, y, NULL, NULL);
    assert_memory_equal(x, y, sizeof x);
    gmm_free(m);
    ref_free(&r);
}

static void sample_has_the_same_bits_for_any_number_of_threads(void **state)
{
    (void)state;
    enum { n = 9001 };
    const size_t threads[4] = {1, 2, 3, 7};
    double *const x = fixture_take(n * D, sizeof *x);
    double *const y = fixture_take(n * D, sizeof *y);
    for (int type = 0; type < REF_TYPES; type++) {
        ref_mixture r;
        gmm_model *const m = model_of(type, &r);
        for (size_t i = 0; i < 4; i++) {
            genmod_workspace *const w = fixture_workspace(threads[i]);
            draw(m, 6, 11, n, i ? y : x, NULL, w);
            if (i)
                assert_memory_equal(x, y, n * D * sizeof *x);
            genmod_workspace_free(w);
        }
        gmm_free(m);
        ref_free(&r);
    }
    free(x);
    free(y);
}

/* Draws of a mixture, scored and fitted again. */
static void fit_of_draws_finds_the_mixture(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        ref_mixture r, got;
        gmm_model *const m = model_of(type, &r);
        double *const x = fixture_take(N * D, sizeof *x);
        draw(m, 1, 0, N, x, NULL, NULL);
        genmod_data *const view = fixture_view(N, D, x);
        gmm_model *const fit = fixture_from(
            &r, "warm_start=1 tolerance=1e-9 ridge=0 max_iterations=50");
        assert_ok(gmm_fit(fit, view, NULL, NULL, NULL));
        ref_init(&got, type, K, D);
        fixture_params(fit, &got);
        /* some 4 sd / sqrt(N w), w >= 0.1 */
        fixture_mixtures_close("refit", &got, &r, 0.08);
        ref_free(&got);
        genmod_data_free(view);
        gmm_free(fit);
        free(x);
        gmm_free(m);
        ref_free(&r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(components_are_drawn_with_their_weights),
        cmocka_unit_test(rows_of_each_component_have_its_mean_and_covariance),
        cmocka_unit_test(a_draw_is_normal_by_its_distribution_function),
        cmocka_unit_test(sample_i_is_the_same_however_many_are_drawn),
        cmocka_unit_test(sample_reaches_the_last_number_of_a_stream),
        cmocka_unit_test(streams_differ),
        cmocka_unit_test(sample_f32_is_the_rounded_f64),
        cmocka_unit_test(sample_without_components_draws_the_same_rows),
        cmocka_unit_test(sample_has_the_same_bits_for_any_number_of_threads),
        cmocka_unit_test(fit_of_draws_finds_the_mixture),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
