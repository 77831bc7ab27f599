/* A uniform component for rows that belong to none. */
#include "gmm/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define D 2
#define K 2
#define N 340
#define STRAY 40 /* the last rows */

/* Two groups, and rows all over a square of side 40. */
static void scatter(int type, double *x, ref_mixture *m)
{
    ref_random r = {20261127};

    ref_init(m, type, K, D);
    ref_invent(m, 11 + (uint64_t)type, 1);
    m->mu[0] += 6;
    ref_draw(m, 5, N - STRAY, x, NULL);
    for (size_t i = (N - STRAY) * D; i < N * D; i++)
        x[i] = 40 * ref_uniform(&r) - 20;
}

static double side_of(const double *x, size_t c)
{
    double low = INFINITY, high = -INFINITY;

    for (size_t i = 0; i < N; i++) {
        low = fmin(low, x[i * D + c]);
        high = fmax(high, x[i * D + c]);
    }
    return high - low;
}

static void stray_rows_leave_the_groups_alone(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        double x[N * D], apart[2];
        int32_t label[N];
        size_t stray = 0, wrong = 0;
        ref_mixture m, got;

        scatter(type, x, &m);
        ref_init(&got, type, K, D);
        genmod_data *const v = fixture_view(N, D, x);
        for (int noisy = 0; noisy < 2; noisy++) {
            gmm_model *const g =
                fixture_model(K, type,
                              noisy ? "noise=0.05 starts=4 tolerance=1e-9"
                                    : "starts=4 tolerance=1e-9");
            assert_ok(gmm_fit(g, v, NULL, NULL, NULL));
            fixture_params(g, &got);
            apart[noisy] = fixture_distance(&got, &m);
            assert_ok(gmm_predict(g, v, sizeof label, label, NULL));
            if (noisy) {
                const double u = fixture_number(g, GMM_REPORT_NOISE);
                const double p = (double)STRAY / N;
                assert_true(fabs(u - p) < 3 * sqrt(p * (1 - p) / N));
                fixture_close("volume",
                              fixture_number(g, GMM_REPORT_NOISE_VOLUME),
                              side_of(x, 0) * side_of(x, 1), 1e-14);
            }
            gmm_free(g);
        }
        for (size_t i = 0; i < N; i++) {
            stray += i >= N - STRAY && label[i] == -1;
            wrong += i < N - STRAY && label[i] == -1;
        }
        if (!(apart[1] < 0.5 && apart[0] > 1 && stray > 30 && wrong < 10))
            fail_msg("%s: apart by %g with and %g without noise, %zu stray, "
                     "%zu wrongly",
                     ref_names[type], apart[1], apart[0], stray, wrong);
        genmod_data_free(v);
        ref_free(&m);
        ref_free(&got);
    }
}

static void a_step_is_the_textbooks(void **state)
{
    const double u = 0.125;

    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        double x[N * D], lp[N], r[N * K], got_r[N * K], l = 0, mass = 0, p[3];
        ref_mixture m, want, got;

        scatter(type, x, &m);
        ref_init(&want, type, K, D);
        ref_init(&got, type, K, D);
        ref_density(&m, N, x, lp, r);
        for (size_t i = 0; i < N; i++) {
            const double noise = u / side_of(x, 0) / side_of(x, 1);
            const double others = (1 - u) * exp(lp[i]);

            l += log(noise + others) / N;
            mass += noise / (noise + others) / N;
            for (size_t j = 0; j < K; j++)
                r[i * K + j] *= others / (noise + others);
        }
        ref_maximise(&want, N, x, NULL, r);
        for (size_t j = 0; j < K; j++)
            want.w[j] /= 1 - mass;
        gmm_model *const g =
            fixture_from(&m, "ridge=0 noise=0.125 tolerance=0");
        genmod_data *const v = fixture_view(N, D, x);
        assert_ok(gmm_step(g, v, NULL));
        fixture_params(g, &got);
        fixture_mixtures_close("step", &got, &want, 1e-12);
        fixture_close("likelihood", fixture_series(g, GMM_REPORT_HISTORY, 0), l,
                      1e-13);
        fixture_close("weight", fixture_number(g, GMM_REPORT_NOISE), mass,
                      1e-13);
        assert_ok(gmm_get_params(g, GMM_NOISE, 3, p, NULL, NULL));
        fixture_close("side", p[2], side_of(x, 1), 1e-14);
        assert_ok(
            gmm_responsibilities(g, v, GENMOD_F64, sizeof got_r, got_r, NULL));
        assert_ok(gmm_log_density(g, v, sizeof lp, lp, NULL));
        ref_density(&got, N, x, r, NULL);
        for (size_t i = 0; i < N; i++) {
            const double noise = p[0] / p[1] / p[2];
            const double others = (1 - p[0]) * exp(r[i]);

            fixture_close("density", lp[i], log(noise + others), 1e-12);
            fixture_close("share", got_r[i * K] + got_r[i * K + 1],
                          others / (noise + others), 1e-12);
        }
        genmod_data_free(v);
        gmm_free(g);
        ref_free(&m);
        ref_free(&want);
        ref_free(&got);
    }
}

static void the_likelihood_never_falls(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        double x[N * D], before = -INFINITY;
        ref_mixture m;

        scatter(type, x, &m);
        for (size_t i = 0; i < N * D; i += 9)
            x[i] = NAN;
        gmm_model *const g = fixture_model(K, type, "ridge=0 noise=0.3");
        genmod_data *const v = fixture_view(N, D, x);
        assert_ok(genmod_data_set_missing(v, 1, NULL));
        assert_ok(gmm_start(g, v, NULL));
        for (int i = 0; i < 100; i++) {
            assert_ok(gmm_step(g, v, NULL));
            const double now = fixture_series(g, GMM_REPORT_HISTORY, -1);
            if (!(now >= before - 1e-13 * fmax(1, fabs(before))))
                fail_msg("%s, step %d: %.17g after %.17g", ref_names[type], i,
                         now, before);
            before = now;
        }
        genmod_data_free(v);
        gmm_free(g);
        ref_free(&m);
    }
}

/* Far out there is nothing else; of a row with a gap the box has one side. */
static void far_rows_have_the_density_of_the_noise(void **state)
{
    const double far[3 * D] = {1e6, 1e6, NAN, 1e6, NAN, NAN};
    double x[N * D], lp[3], p[3], bic[2];
    ref_mixture m;

    (void)state;
    scatter(REF_FULL, x, &m);
    gmm_model *const g = fixture_from(
        &m, "noise=0.25 noise_volume=200 max_iterations=1 warm_start=1");
    genmod_data *const v = fixture_view(N, D, x);
    assert_ok(gmm_fit(g, v, NULL, NULL, NULL));
    assert_ok(gmm_get_params(g, GMM_NOISE, 3, p, NULL, NULL));
    fixture_close("volume", p[1] * p[2], 200, 1e-13);
    fixture_close("shape", p[1] / p[2], side_of(x, 0) / side_of(x, 1), 1e-13);
    assert_ok(gmm_bic(g, v, &bic[0], NULL));
    assert_ok(gmm_log_likelihood(g, v, &bic[1], NULL));
    fixture_close("parameters", (bic[0] + 2 * N * bic[1]) / log(N), 12, 1e-12);
    assert_ok(genmod_data_set_rows(v, GENMOD_F64, 3, D, far, 0, 0, NULL));
    assert_ok(genmod_data_set_missing(v, 1, NULL));
    assert_ok(gmm_log_density(g, v, sizeof lp, lp, NULL));
    fixture_close("far", lp[0], log(p[0] / 200), 1e-13);
    fixture_close("gap", lp[1], log(p[0] / p[2]), 1e-13);
    assert_true(fabs(lp[2]) < 1e-14);
    genmod_data_free(v);
    gmm_free(g);
    ref_free(&m);
}

static void threads_saving_and_going_on_change_no_bit(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        double x[N * D];
        ref_mixture m;

        scatter(type, x, &m);
        genmod_data *const v = fixture_view(N, D, x);
        gmm_model *const a =
            fixture_model(K, type, "noise=0.1 max_iterations=3 starts=2");
        gmm_model *const b = fixture_model(1, REF_TIED, NULL);
        assert_ok(gmm_fit(a, v, NULL, NULL, NULL));
        const fixture_bytes first = fixture_save(a);
        assert_ok(gmm_load(b, first.n, first.p, NULL));
        assert_true(fixture_unchanged(b, first));
        assert_ok(gmm_step(a, v, NULL));
        const fixture_bytes next = fixture_save(a);
        genmod_workspace *const w = fixture_workspace(3);
        assert_ok(gmm_step(b, v, w));
        assert_true(fixture_unchanged(b, next));
        assert_ok(gmm_copy(a, b, NULL));
        assert_true(fixture_unchanged(b, next));
        genmod_workspace_free(w);
        free(first.p);
        free(next.p);
        genmod_data_free(v);
        gmm_free(a);
        gmm_free(b);
        ref_free(&m);
    }
}

static void other_noise_is_another_model(void **state)
{
    genmod_workspace *const w = fixture_workspace(1);
    gmm_model *const g = fixture_model(K, REF_FULL, "noise=0.1");
    genmod_config *const c = fixture_config(K, REF_FULL, "noise=0.2");

    (void)state;
    assert_status(gmm_configure(g, c, w), GENMOD_BAD_ARGUMENT, w);
    fixture_says(w, "noise");
    assert_status(genmod_config_set_f64(c, GMM_NOISE, 1, w),
                  GENMOD_BAD_ARGUMENT, w);
    assert_status(genmod_config_set_f64(c, GMM_NOISE_VOLUME, -1, w),
                  GENMOD_BAD_ARGUMENT, w);
    genmod_config_free(c);
    gmm_free(g);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stray_rows_leave_the_groups_alone),
        cmocka_unit_test(a_step_is_the_textbooks),
        cmocka_unit_test(the_likelihood_never_falls),
        cmocka_unit_test(far_rows_have_the_density_of_the_noise),
        cmocka_unit_test(threads_saving_and_going_on_change_no_bit),
        cmocka_unit_test(other_noise_is_another_model),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
