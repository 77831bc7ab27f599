/* Where the data lie and in which unit they are makes no difference. */
#include "gmm/fixture.h"

#include <math.h>
#include <stdlib.h>

#define N 500
#define D 3
#define K 2

static const char options[] = "init=k-means++ seed=3 tolerance=0 ridge=0 "
                              "max_iterations=30";

/* N(0, 1) in two clumps that overlap. */
static void centred(double *x, int as_f32)
{
    ref_random r = {2024};
    for (size_t i = 0; i < N; i++)
        for (size_t c = 0; c < D; c++) {
            const double v = ref_normal(&r) + (i % 3 == 0 && c == 1 ? 2.6 : 0);
            x[i * D + c] = as_f32 ? (double)(float)v : v;
        }
}

static void fit(ref_mixture *to, int type, int32_t element, const double *x,
                const char *with)
{
    gmm_model *const m = fixture_model(K, type, with);
    float *const narrow = fixture_narrow(N * D, x);
    genmod_data *const view = element == GENMOD_F64
                                  ? fixture_view(N, D, x)
                                  : fixture_view_f32(N, D, narrow);
    assert_ok(gmm_fit(m, view, NULL, NULL, NULL));
    ref_init(to, type, K, D);
    fixture_params(m, to);
    genmod_data_free(view);
    free(narrow);
    gmm_free(m);
}

/* Fit of x * scale + offset, brought back to x's place and unit, against the
 * fit of x. `placed` are the numbers as they are handed in. */
static void compare(int type, int32_t element, double scale, double offset,
                    double tolerance)
{
    double x[N * D], placed[N * D], back[N * D];
    centred(x, element == GENMOD_F32);
    for (size_t i = 0; i < N * D; i++) {
        placed[i] = x[i] * scale + offset;
        if (element == GENMOD_F32)
            placed[i] = (double)(float)placed[i];
        back[i] = (placed[i] - offset) / scale;
    }
    ref_mixture a, b;
    fit(&a, type, element, offset != 0 ? back : x, options);
    fit(&b, type, element, placed, options);
    for (size_t i = 0; i < K * D; i++)
        b.mu[i] = (b.mu[i] - offset) / scale;
    for (size_t i = 0; i < ref_cov_count(type, K, D); i++)
        b.cov[i] = b.cov[i] / scale / scale;
    fixture_mixtures_close(element == GENMOD_F64 ? "f64" : "f32", &b, &a,
                           tolerance);
    ref_free(&a);
    ref_free(&b);
}

/* The centred data are those that were rounded at the offset, so that just the
 * arithmetic is compared. */
static void fit_f64_is_right_at_an_offset_of_1e8(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++)
        compare(type, GENMOD_F64, 1, 1e8, 1e-3);
}

static void fit_f32_is_right_at_an_offset_of_1e4(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++)
        compare(type, GENMOD_F32, 1, 1e4, 1e-3);
}

/* As the plain claim reads: against the data as they were before they were
 * moved, whose rounding at the offset is 1e-8 and 1e-3. */
static void fit_at_an_offset_is_that_of_the_unmoved_data(void **state)
{
    (void)state;
    const struct {
        int32_t element;
        double offset;
    } cases[2] = {{GENMOD_F64, 1e8}, {GENMOD_F32, 1e4}};
    for (int type = 0; type < REF_TYPES; type++) {
        for (size_t c = 0; c < 2; c++) {
            double x[N * D], moved[N * D];
            centred(x, cases[c].element == GENMOD_F32);
            for (size_t i = 0; i < N * D; i++)
                moved[i] = x[i] + cases[c].offset;
            ref_mixture a, b;
            fit(&a, type, cases[c].element, x, options);
            fit(&b, type, cases[c].element, moved, options);
            for (size_t i = 0; i < K * D; i++)
                b.mu[i] -= cases[c].offset;
            fixture_mixtures_close("moved", &b, &a, 1e-3);
            ref_free(&a);
            ref_free(&b);
        }
    }
}

static void one_gaussian_at_an_offset_has_the_sample_variance(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        double x[N * D], back[N * D], r[N];
        centred(x, 0);
        for (size_t i = 0; i < N * D; i++) {
            x[i] += 1e8;
            back[i] = x[i] - 1e8;
        }
        for (size_t i = 0; i < N; i++)
            r[i] = 1;
        ref_mixture want, got;
        ref_init(&want, type, 1, D);
        ref_init(&got, type, 1, D);
        ref_maximise(&want, N, back, NULL, r);
        gmm_model *const m = fixture_model(1, type, "ridge=0");
        genmod_data *const view = fixture_view(N, D, x);
        assert_ok(gmm_fit(m, view, NULL, NULL, NULL));
        fixture_params(m, &got);
        for (size_t c = 0; c < D; c++)
            got.mu[c] -= 1e8;
        /* the mean itself is rounded to 1.5e-8 */
        fixture_mixtures_close("one", &got, &want, 1e-7);
        ref_free(&want);
        ref_free(&got);
        genmod_data_free(view);
        gmm_free(m);
    }
}

static void fit_scales_with_the_data_times_1e_minus_4(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        compare(type, GENMOD_F64, 1e-4, 0, 1e-9);
        compare(type, GENMOD_F32, 1e-4, 0, 1e-3);
    }
}

static void fit_scales_with_the_data_over_sixty_decades(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        compare(type, GENMOD_F64, 1e-30, 0, 1e-9);
        compare(type, GENMOD_F64, 1e30, 0, 1e-9);
        compare(type, GENMOD_F32, 1e-15, 0, 1e-3);
        compare(type, GENMOD_F32, 1e15, 0, 1e-3);
    }
}

/* Ridge is a share of the data's variance: it does not break the unit. */
static void fit_with_the_default_ridge_scales_with_the_data(void **state)
{
    (void)state;
    const char *const with = "seed=3 tolerance=0 max_iterations=30";
    for (int type = 0; type < REF_TYPES; type++) {
        double x[N * D], y[N * D];
        centred(x, 0);
        for (size_t i = 0; i < N * D; i++)
            y[i] = x[i] * 1e-4;
        ref_mixture a, b;
        fit(&a, type, GENMOD_F64, x, with);
        fit(&b, type, GENMOD_F64, y, with);
        for (size_t i = 0; i < K * D; i++)
            b.mu[i] /= 1e-4;
        for (size_t i = 0; i < ref_cov_count(type, K, D); i++)
            b.cov[i] /= 1e-8;
        fixture_mixtures_close("ridge", &b, &a, 1e-9);
        ref_free(&a);
        ref_free(&b);
    }
}

/* A power of two changes exponents only. */
static void fit_of_data_times_a_power_of_two_has_the_same_digits(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        double x[N * D], y[N * D];
        centred(x, 0);
        for (size_t i = 0; i < N * D; i++)
            y[i] = ldexp(x[i], 9);
        ref_mixture a, b;
        fit(&a, type, GENMOD_F64, x, options);
        fit(&b, type, GENMOD_F64, y, options);
        for (size_t i = 0; i < K * D; i++)
            b.mu[i] = ldexp(b.mu[i], -9);
        for (size_t i = 0; i < ref_cov_count(type, K, D); i++)
            b.cov[i] = ldexp(b.cov[i], -18);
        fixture_mixtures_close("power of two", &b, &a, 1e-12);
        ref_free(&a);
        ref_free(&b);
    }
}

/* Columns in units that differ by 10^12. */
static void fit_bears_columns_of_different_units(void **state)
{
    (void)state;
    const double unit[D] = {1e-6, 1, 1e6};
    for (int type = REF_FULL; type < REF_SPHERICAL; type++) {
        double x[N * D], y[N * D];
        centred(x, 0);
        for (size_t i = 0; i < N * D; i++)
            y[i] = x[i] * unit[i % D];
        ref_mixture a, b;
        ref_random r = {5};
        double resp[N * K];
        for (size_t i = 0; i < N; i++) {
            resp[i * K] = 0.2 + 0.6 * ref_uniform(&r);
            resp[i * K + 1] = 1 - resp[i * K];
        }
        gmm_model *const m = fixture_model(K, type, "ridge=0");
        ref_init(&a, type, K, D);
        ref_init(&b, type, K, D);
        ref_mixture *const to[2] = {&a, &b};
        for (int turn = 0; turn < 2; turn++) {
            genmod_data *const v = fixture_view(N, D, turn ? y : x);
            assert_ok(
                gmm_start_responsibilities(m, v, sizeof resp, resp, NULL));
            for (int i = 0; i < 10; i++)
                assert_ok(gmm_step(m, v, NULL));
            fixture_params(m, to[turn]);
            genmod_data_free(v);
        }
        for (size_t i = 0; i < K * D; i++)
            b.mu[i] /= unit[i % D];
        for (size_t i = 0; i < ref_cov_count(type, K, D); i++)
            b.cov[i] /= type == REF_DIAGONAL ? unit[i % D] * unit[i % D]
                                             : unit[i % D] * unit[i / D % D];
        fixture_mixtures_close("units", &b, &a, 1e-9);
        ref_free(&a);
        ref_free(&b);
        gmm_free(m);
    }
}

/* Bits of the weights' exponent are no bits of the fit, but for what rounding a
 * weight to a float changes. */
static void only_ratios_of_weights_matter(void **state)
{
    (void)state;
    const double unit[] = {0x1p-80, 0x1p-60, 0x1p60};
    double x[N * D], weight[N];
    centred(x, 1);
    float *const narrow = fixture_narrow(N * D, x);
    genmod_data *const view = fixture_view_f32(N, D, narrow);
    ref_mixture plain;
    fit(&plain, REF_FULL, GENMOD_F32, x, options);
    for (size_t u = 0; u < sizeof unit / sizeof *unit; u++) {
        gmm_model *const m = fixture_model(K, REF_FULL, options);
        ref_mixture r;
        for (size_t i = 0; i < N; i++)
            weight[i] = unit[u];
        assert_ok(genmod_data_set_weights(view, N, weight, NULL));
        assert_ok(gmm_fit(m, view, NULL, NULL, NULL));
        ref_init(&r, REF_FULL, K, D);
        fixture_params(m, &r);
        fixture_mixtures_close("weighted", &r, &plain, 1e-4);
        ref_free(&r);
        gmm_free(m);
    }
    ref_free(&plain);
    genmod_data_free(view);
    free(narrow);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fit_f64_is_right_at_an_offset_of_1e8),
        cmocka_unit_test(fit_f32_is_right_at_an_offset_of_1e4),
        cmocka_unit_test(fit_at_an_offset_is_that_of_the_unmoved_data),
        cmocka_unit_test(one_gaussian_at_an_offset_has_the_sample_variance),
        cmocka_unit_test(fit_scales_with_the_data_times_1e_minus_4),
        cmocka_unit_test(fit_scales_with_the_data_over_sixty_decades),
        cmocka_unit_test(fit_with_the_default_ridge_scales_with_the_data),
        cmocka_unit_test(fit_of_data_times_a_power_of_two_has_the_same_digits),
        cmocka_unit_test(fit_bears_columns_of_different_units),
        cmocka_unit_test(only_ratios_of_weights_matter),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
