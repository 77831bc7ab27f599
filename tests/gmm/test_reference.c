/* Densities, responsibilities, criteria and steps of EM against the textbook in
 * plain loops. */
#include "gmm/fixture.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N 701
#define D 5
#define K 4

/* A mixture, N rows of it, weights between 0.2 and 2.7. */
typedef struct scene {
    ref_mixture r;
    double x[N * D], weights[N];
    gmm_model *m;
    genmod_data *view;
} scene;

static scene *scene_new(int type)
{
    scene *const s = fixture_take(1, sizeof *s);
    ref_init(&s->r, type, K, D);
    ref_invent(&s->r, 11 + (uint64_t)type, 1.3);
    ref_draw(&s->r, 5, N, s->x, NULL);
    ref_random random = {77};
    for (size_t i = 0; i < N; i++)
        s->weights[i] = 0.2 + 2.5 * ref_uniform(&random);
    s->m = fixture_from(&s->r, "ridge=0");
    s->view = fixture_view(N, D, s->x);
    return s;
}

static void scene_free(scene *s)
{
    ref_free(&s->r);
    gmm_free(s->m);
    genmod_data_free(s->view);
    free(s);
}

static void close_all(const char *what, size_t n, const double *a,
                      const double *b, double tolerance)
{
    for (size_t i = 0; i < n; i++)
        fixture_close(what, a[i], b[i], tolerance);
}

/* A log-density is a sum of some d^2 products: a few hundred roundings of 1e-16
 * of figures near 10. */
static void log_density_is_the_textbooks(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        scene *const s = scene_new(type);
        double got[N], want[N];
        ref_density(&s->r, N, s->x, want, NULL);
        assert_ok(gmm_log_density(s->m, s->view, sizeof got, got, NULL));
        close_all(ref_names[type], N, got, want, 1e-13);
        scene_free(s);
    }
}

static void log_density_far_out_is_finite_and_right(void **state)
{
    (void)state;
    const double far[3] = {1e3, -2.5e5, 7.3e7};
    for (int type = 0; type < REF_TYPES; type++) {
        scene *const s = scene_new(type);
        double x[3 * D], got[3], want[3];
        for (size_t i = 0; i < 3 * D; i++)
            x[i] = far[i / D] * (1 + 0.1 * (double)(i % D));
        ref_density(&s->r, 3, x, want, NULL);
        genmod_data *const view = fixture_view(3, D, x);
        assert_ok(gmm_log_density(s->m, view, sizeof got, got, NULL));
        close_all(ref_names[type], 3, got, want, 1e-12);
        genmod_data_free(view);
        scene_free(s);
    }
}

/* A log-density off by 1e-13 * 30 makes a responsibility off by as much. */
static void responsibilities_are_the_textbooks_and_sum_to_one(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        scene *const s = scene_new(type);
        double got[N * K], want[N * K];
        float narrow[N * K];
        ref_density(&s->r, N, s->x, NULL, want);
        assert_ok(gmm_responsibilities(s->m, s->view, GENMOD_F64, sizeof got,
                                       got, NULL));
        assert_ok(gmm_responsibilities(s->m, s->view, GENMOD_F32, sizeof narrow,
                                       narrow, NULL));
        close_all(ref_names[type], N * K, got, want, 5e-12);
        for (size_t i = 0; i < N; i++) {
            double sum = 0;
            for (size_t j = 0; j < K; j++) {
                sum += got[i * K + j];
                assert_true(narrow[i * K + j] == (float)got[i * K + j]);
            }
            fixture_close("sum", sum, 1, 1e-14);
        }
        scene_free(s);
    }
}

static void predict_is_the_component_of_largest_responsibility(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        scene *const s = scene_new(type);
        double r[N * K];
        int32_t got[N];
        ref_density(&s->r, N, s->x, NULL, r);
        assert_ok(gmm_predict(s->m, s->view, sizeof got, got, NULL));
        for (size_t i = 0; i < N; i++) {
            int32_t best = 0;
            for (int32_t j = 1; j < K; j++)
                if (r[i * K + (size_t)j] > r[i * K + (size_t)best])
                    best = j;
            assert_int_equal(got[i], best);
        }
        scene_free(s);
    }
}

static void predict_of_equal_components_is_the_first(void **state)
{
    (void)state;
    const double w[3] = {0.25, 0.375, 0.375};
    const double mu[6] = {9, 9, 1.5, -2.25, 1.5, -2.25};
    const double cov[3] = {0.7, 1.3, 1.3};
    const double x[2] = {1.1, -2.7};
    gmm_model *const m = fixture_model(3, REF_SPHERICAL, NULL);
    assert_ok(gmm_set_params(m, 3, 2, w, mu, 3, cov, NULL));
    genmod_data *const view = fixture_view(1, 2, x);
    int32_t got = -1;
    assert_ok(gmm_predict(m, view, sizeof got, &got, NULL));
    assert_int_equal(got, 1);
    genmod_data_free(view);
    gmm_free(m);
}

static void criteria_are_the_textbooks(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        scene *const s = scene_new(type);
        const double p = (double)ref_parameters(type, K, D);
        const double mean = ref_likelihood(&s->r, N, s->x, NULL);
        double l = 0, aic = 0, bic = 0;
        assert_ok(gmm_log_likelihood(s->m, s->view, &l, NULL));
        assert_ok(gmm_aic(s->m, s->view, &aic, NULL));
        assert_ok(gmm_bic(s->m, s->view, &bic, NULL));
        fixture_close("likelihood", l, mean, 1e-13);
        fixture_close("AIC", aic, 2 * p - 2 * N * mean, 1e-13);
        fixture_close("BIC", bic, p * log(N) - 2 * N * mean, 1e-13);
        scene_free(s);
    }
}

static void criteria_weigh_the_rows(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        scene *const s = scene_new(type);
        const double p = (double)ref_parameters(type, K, D);
        const double mean = ref_likelihood(&s->r, N, s->x, s->weights);
        double mass = 0, l = 0, aic = 0, bic = 0;
        for (size_t i = 0; i < N; i++)
            mass += s->weights[i];
        assert_ok(genmod_data_set_weights(s->view, N, s->weights, NULL));
        assert_ok(gmm_log_likelihood(s->m, s->view, &l, NULL));
        assert_ok(gmm_aic(s->m, s->view, &aic, NULL));
        assert_ok(gmm_bic(s->m, s->view, &bic, NULL));
        fixture_close("likelihood", l, mean, 1e-13);
        fixture_close("AIC", aic, 2 * p - 2 * mass * mean, 1e-13);
        fixture_close("BIC", bic, p * log(mass) - 2 * mass * mean, 1e-13);
        scene_free(s);
    }
}

/* Sums of N terms in f64: 1e-12 leaves a factor of ten over N roundings. */
static void step_is_the_textbooks(void **state)
{
    (void)state;
    for (int weighted = 0; weighted < 2; weighted++) {
        for (int type = 0; type < REF_TYPES; type++) {
            scene *const s = scene_new(type);
            const double *const weights = weighted ? s->weights : NULL;
            ref_mixture got, want;
            ref_init(&got, type, K, D);
            ref_init(&want, type, K, D);
            ref_step(&s->r, &want, N, s->x, weights);
            assert_ok(genmod_data_set_weights(s->view, weighted ? N : 0,
                                              weights, NULL));
            assert_ok(gmm_step(s->m, s->view, NULL));
            fixture_params(s->m, &got);
            fixture_mixtures_close(weighted ? "weighted" : "plain", &got, &want,
                                   1e-12);
            fixture_close("history",
                          fixture_series(s->m, GMM_REPORT_HISTORY, -1),
                          ref_likelihood(&s->r, N, s->x, weights), 1e-13);
            ref_free(&got);
            ref_free(&want);
            scene_free(s);
        }
    }
}

/* Many columns and components: the blocks inside are all at work. */
static void step_of_many_columns_is_the_textbooks(void **state)
{
    (void)state;
    const size_t sizes[3][3] = {{300, 33, 3}, {600, 17, 19}, {90, 1, 2}};
    for (int type = 0; type < REF_TYPES; type++) {
        for (size_t c = 0; c < 3; c++) {
            const size_t n = sizes[c][0], d = sizes[c][1], k = sizes[c][2];
            ref_mixture r, got, want;
            ref_init(&r, type, k, d);
            ref_init(&got, type, k, d);
            ref_init(&want, type, k, d);
            /* close means: every row belongs to all components a little */
            ref_invent(&r, 3 + c, 0.3);
            double *const x = fixture_take(n * d, sizeof *x);
            ref_draw(&r, 9, n, x, NULL);
            ref_step(&r, &want, n, x, NULL);
            gmm_model *const m = fixture_from(&r, "ridge=0");
            genmod_data *const view = fixture_view(n, d, x);
            assert_ok(gmm_step(m, view, NULL));
            fixture_params(m, &got);
            /* the inverse of a covariance of condition 1e3 magnifies */
            fixture_mixtures_close("step", &got, &want, 1e-11);
            genmod_data_free(view);
            gmm_free(m);
            free(x);
            ref_free(&r);
            ref_free(&got);
            ref_free(&want);
        }
    }
}

static void weights_of_two_equal_doubled_rows(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        scene *const s = scene_new(type);
        double *const twice = fixture_take(2 * N * D, sizeof *twice);
        size_t rows = 0;
        for (size_t i = 0; i < N; i++) {
            s->weights[i] = i % 3 == 1 ? 2 : 1;
            for (double c = 0; c < s->weights[i]; c++)
                memcpy(twice + D * rows++, s->x + i * D, D * sizeof *twice);
        }
        gmm_model *const other = fixture_from(&s->r, "ridge=0");
        genmod_data *const doubled = fixture_view(rows, D, twice);
        assert_ok(genmod_data_set_weights(s->view, N, s->weights, NULL));
        ref_mixture a, b;
        ref_init(&a, type, K, D);
        ref_init(&b, type, K, D);
        for (int i = 0; i < 5; i++) {
            assert_ok(gmm_step(s->m, s->view, NULL));
            assert_ok(gmm_step(other, doubled, NULL));
        }
        fixture_params(s->m, &a);
        fixture_params(other, &b);
        /* rounding of sums in another order, carried through five steps */
        fixture_mixtures_close("doubled", &a, &b, 1e-11);
        double la = 0, lb = 0, ba = 0, bb = 0;
        assert_ok(gmm_log_likelihood(s->m, s->view, &la, NULL));
        assert_ok(gmm_log_likelihood(other, doubled, &lb, NULL));
        assert_ok(gmm_bic(s->m, s->view, &ba, NULL));
        assert_ok(gmm_bic(other, doubled, &bb, NULL));
        fixture_close("likelihood", la, lb, 1e-12);
        fixture_close("BIC", ba, bb, 1e-12);
        ref_free(&a);
        ref_free(&b);
        genmod_data_free(doubled);
        gmm_free(other);
        free(twice);
        scene_free(s);
    }
}

/* The weights' unit does not matter to a fit. */
static void weights_of_one_kind_change_nothing(void **state)
{
    (void)state;
    scene *const s = scene_new(REF_FULL);
    ref_mixture a, b;
    ref_init(&a, REF_FULL, K, D);
    ref_init(&b, REF_FULL, K, D);
    assert_ok(gmm_step(s->m, s->view, NULL));
    fixture_params(s->m, &a);
    for (size_t i = 0; i < N; i++)
        s->weights[i] = 4;
    fixture_set(s->m, &s->r);
    assert_ok(genmod_data_set_weights(s->view, N, s->weights, NULL));
    assert_ok(gmm_step(s->m, s->view, NULL));
    fixture_params(s->m, &b);
    fixture_mixtures_close("times four", &b, &a, 1e-14);
    ref_free(&a);
    ref_free(&b);
    scene_free(s);
}

/* f32 rows carry 6e-8 of their size; arithmetic in f32 some times that. */
static void rows_in_f32_give_the_fit_of_f64(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        scene *const s = scene_new(type);
        float *const narrow = fixture_narrow(N * D, s->x);
        genmod_data *const view = fixture_view_f32(N, D, narrow);
        gmm_model *const other = fixture_from(&s->r, "ridge=0");
        double a[N], b[N];
        assert_ok(gmm_log_density(s->m, s->view, sizeof a, a, NULL));
        assert_ok(gmm_log_density(other, view, sizeof b, b, NULL));
        close_all("density", N, b, a, 1e-5);
        for (int i = 0; i < 5; i++) {
            assert_ok(gmm_step(s->m, s->view, NULL));
            assert_ok(gmm_step(other, view, NULL));
        }
        ref_mixture p, q;
        ref_init(&p, type, K, D);
        ref_init(&q, type, K, D);
        fixture_params(s->m, &p);
        fixture_params(other, &q);
        fixture_mixtures_close("f32", &q, &p, 1e-4);
        ref_free(&p);
        ref_free(&q);
        genmod_data_free(view);
        gmm_free(other);
        free(narrow);
        scene_free(s);
    }
}

/* Bytes times 1/255 minus 0.5 are the same numbers as those rows in f32. */
static void scaled_bytes_give_the_fit_of_their_values(void **state)
{
    (void)state;
    enum { n = 400, d = 3 };
    for (int type = 0; type < REF_TYPES; type++) {
        uint8_t bytes[n * d];
        double x[n * d];
        ref_random random = {4};
        for (size_t i = 0; i < n * d; i++) {
            const double side = (i / d) % 3 ? 70 : 180;
            bytes[i] = (uint8_t)(side + 60 * ref_uniform(&random));
            x[i] = bytes[i] * (1.0 / 255) - 0.5;
        }
        genmod_data *byte_view = NULL;
        assert_ok(genmod_data_new(&byte_view, NULL));
        assert_ok(genmod_data_set_rows(byte_view, GENMOD_U8, n, d, bytes, 0, 0,
                                       NULL));
        assert_ok(genmod_data_set_scale(byte_view, 1.0 / 255, -0.5, NULL));
        genmod_data *const view = fixture_view(n, d, x);
        const char *const options = "max_iterations=20 tolerance=0 ridge=0";
        gmm_model *const a = fixture_model(2, type, options);
        gmm_model *const b = fixture_model(2, type, options);
        assert_ok(gmm_fit(a, view, NULL, NULL, NULL));
        assert_ok(gmm_fit(b, byte_view, NULL, NULL, NULL));
        ref_mixture p, q;
        ref_init(&p, type, 2, d);
        ref_init(&q, type, 2, d);
        fixture_params(a, &p);
        fixture_params(b, &q);
        fixture_mixtures_close("bytes", &q, &p, 1e-4);
        double la = 0, lb = 0;
        assert_ok(gmm_log_likelihood(a, view, &la, NULL));
        assert_ok(gmm_log_likelihood(b, byte_view, &lb, NULL));
        fixture_close("likelihood", lb, la, 1e-5);
        ref_free(&p);
        ref_free(&q);
        genmod_data_free(view);
        genmod_data_free(byte_view);
        gmm_free(a);
        gmm_free(b);
    }
}

/* A scale and a shift on f64 rows are what the caller would have computed. */
static void scale_and_shift_are_applied_to_f64_rows(void **state)
{
    (void)state;
    scene *const s = scene_new(REF_FULL);
    double x[N * D], a[N], b[N];
    for (size_t i = 0; i < N * D; i++)
        x[i] = s->x[i] * -0.75 + 2.5; /* not exact: 1 ulp */
    genmod_data *const view = fixture_view(N, D, x);
    assert_ok(genmod_data_set_scale(s->view, -0.75, 2.5, NULL));
    assert_ok(gmm_log_density(s->m, s->view, sizeof a, a, NULL));
    assert_ok(gmm_log_density(s->m, view, sizeof b, b, NULL));
    close_all("density", N, a, b, 1e-12);
    genmod_data_free(view);
    scene_free(s);
}

static void precisions_are_upper_factors_of_the_inverse(void **state)
{
    (void)state;
    for (int type = 0; type < REF_TYPES; type++) {
        scene *const s = scene_new(type);
        size_t need = 0;
        assert_status(
            gmm_get_params(s->m, GMM_PRECISIONS_CHOLESKY, 0, NULL, &need, NULL),
            GENMOD_TOO_SMALL, NULL);
        assert_int_equal(need, ref_cov_count(type, K, D));
        double *const u = fixture_take(need, sizeof *u);
        assert_ok(
            gmm_get_params(s->m, GMM_PRECISIONS_CHOLESKY, need, u, NULL, NULL));
        if (type >= REF_DIAGONAL) {
            for (size_t i = 0; i < need; i++)
                fixture_close("1 / sd", u[i], 1 / sqrt(s->r.cov[i]), 1e-15);
        } else {
            /* U^T Sigma U = I */
            const double *const c = s->r.cov;
            for (size_t a = 0; a < D; a++) {
                for (size_t b = 0; b < D; b++) {
                    double v = 0;
                    for (size_t p = 0; p < D; p++)
                        for (size_t q = 0; q < D; q++)
                            v += u[p * D + a] * c[p * D + q] * u[q * D + b];
                    fixture_close("identity", v, a == b, 1e-13);
                    if (a > b)
                        assert_true(u[a * D + b] == 0);
                }
                assert_true(u[a * D + a] > 0);
            }
        }
        free(u);
        scene_free(s);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(log_density_is_the_textbooks),
        cmocka_unit_test(log_density_far_out_is_finite_and_right),
        cmocka_unit_test(responsibilities_are_the_textbooks_and_sum_to_one),
        cmocka_unit_test(predict_is_the_component_of_largest_responsibility),
        cmocka_unit_test(predict_of_equal_components_is_the_first),
        cmocka_unit_test(criteria_are_the_textbooks),
        cmocka_unit_test(criteria_weigh_the_rows),
        cmocka_unit_test(step_is_the_textbooks),
        cmocka_unit_test(step_of_many_columns_is_the_textbooks),
        cmocka_unit_test(weights_of_two_equal_doubled_rows),
        cmocka_unit_test(weights_of_one_kind_change_nothing),
        cmocka_unit_test(rows_in_f32_give_the_fit_of_f64),
        cmocka_unit_test(scaled_bytes_give_the_fit_of_their_values),
        cmocka_unit_test(scale_and_shift_are_applied_to_f64_rows),
        cmocka_unit_test(precisions_are_upper_factors_of_the_inverse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
