/* The two forms of a step's sums, and the switch between them: means 2 apart
 * and clusters that narrow from 1 to 1e-5. */
#include "gmm/fixture.h"

#include <math.h>
#include <stdlib.h>

#define N 480
#define D 3
#define K 3

/* K clusters of deviation `width` or somewhat more. */
static void narrow(ref_mixture *r, int type, double width)
{
    ref_init(r, type, K, D);
    ref_invent(r, 23, 2);
    for (size_t i = 0; i < ref_cov_count(type, K, D); i++)
        r->cov[i] = width * width * (1 + 0.1 * (double)i);
}

/* One step from the truth; the form that it took. */
static double step_of(int type, double width, double tolerance)
{
    ref_mixture r, got, want;
    double x[N * D];
    narrow(&r, type, width);
    ref_init(&got, type, K, D);
    ref_init(&want, type, K, D);
    ref_draw(&r, 9, N, x, NULL);
    ref_step(&r, &want, N, x, NULL);
    gmm_model *const m = fixture_from(&r, "ridge=0");
    genmod_data *const view = fixture_view(N, D, x);
    assert_ok(gmm_step(m, view, NULL));
    fixture_params(m, &got);
    fixture_mixtures_close("step", &got, &want, tolerance);
    const double form = fixture_number(m, GMM_REPORT_FORM);
    genmod_data_free(view);
    gmm_free(m);
    ref_free(&r);
    ref_free(&got);
    ref_free(&want);
    return form;
}

/* The switch stands at (mu / sigma)^2 = 4.5e5. Up to it sums about the centre
 * lose these digits of 1e-16; past it none are lost but those that subtracting
 * a mean of 2 from rows near it costs. */
static void a_step_is_the_textbooks_on_both_sides_of_the_switch(void **state)
{
    (void)state;
    for (int type = REF_DIAGONAL; type <= REF_SPHERICAL; type++) {
        assert_true(step_of(type, 1, 1e-12) == 2);
        assert_true(step_of(type, 1e-1, 1e-11) == 2);
        assert_true(step_of(type, 1e-2, 1e-9) == 2);
        assert_true(step_of(type, 1e-3, 1e-11) == 1);
        assert_true(step_of(type, 1e-5, 1e-9) == 1);
    }
}

static void matrices_are_summed_about_their_means(void **state)
{
    (void)state;
    for (int type = REF_FULL; type <= REF_TIED; type++) {
        ref_mixture r;
        double x[N * D];
        ref_init(&r, type, K, D);
        ref_invent(&r, 5, 1.7);
        ref_draw(&r, 9, N, x, NULL);
        gmm_model *const m = fixture_from(&r, NULL);
        genmod_data *const view = fixture_view(N, D, x);
        assert_ok(gmm_step(m, view, NULL));
        assert_true(fixture_number(m, GMM_REPORT_FORM) == 1);
        genmod_data_free(view);
        gmm_free(m);
        ref_free(&r);
    }
}

/* What one step about the centre cannot tell from 0 is mended, and from the
 * next on the sums go about the means. */
static void clusters_that_fall_to_points_are_kept_by_the_ridge(void **state)
{
    (void)state;
    for (int type = REF_DIAGONAL; type <= REF_SPHERICAL; type++) {
        ref_mixture r, got;
        double x[N * D];
        narrow(&r, type, 0.1);
        ref_init(&got, type, K, D);
        for (size_t i = 0; i < N; i++)
            for (size_t c = 0; c < D; c++)
                x[i * D + c] = r.mu[i % K * D + c];
        gmm_model *const m = fixture_from(&r, "ridge=0");
        genmod_data *const view = fixture_view(N, D, x);
        for (int i = 0; i < 3; i++)
            assert_ok(gmm_step(m, view, NULL));
        assert_true(fixture_number(m, GMM_REPORT_FORM) == 1);
        assert_true(fixture_series(m, GMM_REPORT_MENDS, 0) == 3);
        fixture_params(m, &got);
        for (size_t i = 0; i < ref_cov_count(type, K, D); i++)
            assert_true(got.cov[i] > 0 && got.cov[i] < 1e-4);
        genmod_data_free(view);
        gmm_free(m);
        ref_free(&r);
        ref_free(&got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_step_is_the_textbooks_on_both_sides_of_the_switch),
        cmocka_unit_test(matrices_are_summed_about_their_means),
        cmocka_unit_test(clusters_that_fall_to_points_are_kept_by_the_ridge),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
