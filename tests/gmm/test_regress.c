/* Regression: what some columns say of the others, row by row. */
#include "gmm/fixture.h"

#define D 3
#define K 3

static gmm_model *model_of(int type, uint64_t seed)
{
    ref_mixture r;
    ref_init(&r, type, K, D);
    ref_invent(&r, seed, 1.5);
    gmm_model *const m = fixture_from(&r, NULL);
    ref_free(&r);
    return m;
}

static gmm_model *empty(void)
{
    gmm_model *m = NULL;
    assert_ok(gmm_new(NULL, &m, NULL));
    return m;
}

enum { ROWS = 600 };

/* Mean and covariance are the moments of the conditional mixture. */
static void regression_is_the_moments_of_the_conditional(void **state)
{
    (void)state;
    static const int32_t columns[] = {2, 0};
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const m = model_of(type, 70), *const c = empty();
        double x[40 * 2], mean[40], s[40], want, variance;
        ref_random r = {9};
        for (size_t i = 0; i < 80; i++)
            x[i] = 2 * ref_normal(&r);
        genmod_data *const v = fixture_view(40, 2, x);
        assert_ok(gmm_regress(m, 2, columns, v, GENMOD_F64, sizeof mean, mean,
                              sizeof s, s, NULL));
        for (size_t i = 0; i < 40; i++) {
            assert_ok(gmm_condition(m, 2, columns, x + 2 * i, c, NULL));
            assert_ok(gmm_moments(c, 1, &want, &variance, NULL));
            fixture_close("mean", mean[i], want, 1e-12);
            fixture_close("variance", s[i], variance, 1e-12);
        }
        genmod_data_free(v);
        gmm_free(c);
        gmm_free(m);
    }
}

static void regression_of_several_columns_is_symmetric(void **state)
{
    (void)state;
    static const int32_t column[] = {1};
    for (int type = 0; type < REF_TYPES; type++) {
        gmm_model *const m = model_of(type, 71), *const c = empty();
        double x[5] = {-2, -0.5, 0.25, 1, 4}, mean[10], s[20], want[2], cov[4];
        float mean32[10];
        genmod_data *const v = fixture_view(5, 1, x);
        assert_ok(gmm_regress(m, 1, column, v, GENMOD_F64, sizeof mean, mean,
                              sizeof s, s, NULL));
        assert_ok(gmm_regress(m, 1, column, v, GENMOD_F32, sizeof mean32,
                              mean32, 0, NULL, NULL));
        for (size_t i = 0; i < 5; i++) {
            assert_ok(gmm_condition(m, 1, column, x + i, c, NULL));
            assert_ok(gmm_moments(c, 2, want, cov, NULL));
            for (size_t b = 0; b < 2; b++) {
                fixture_close("mean", mean[2 * i + b], want[b], 1e-12);
                assert_true(mean32[2 * i + b] == (float)mean[2 * i + b]);
            }
            for (size_t b = 0; b < 4; b++)
                fixture_close("covariance", s[4 * i + b], cov[b], 1e-12);
            assert_true(s[4 * i + 1] == s[4 * i + 2]);
        }
        genmod_data_free(v);
        gmm_free(c);
        gmm_free(m);
    }
}

static const double *source_rows;

static int32_t source(size_t n, const int64_t *rows, void *x, double *weights,
                      int32_t *labels, void *user)
{
    (void)weights, (void)labels, (void)user;
    for (size_t i = 0; i < n; i++)
        memcpy((double *)x + 2 * i, source_rows + 2 * rows[i],
               2 * sizeof(double));
    return 0;
}

/* One row at a time, several threads and a row source give the same bits. */
static void a_row_of_a_regression_depends_on_itself_alone(void **state)
{
    (void)state;
    static const int32_t columns[] = {0, 1};
    static double x[2 * ROWS], mean[ROWS], s[ROWS], again[ROWS], other[ROWS];
    gmm_model *const m = model_of(REF_FULL, 72);
    ref_random r = {11};
    for (size_t i = 0; i < 2 * ROWS; i++)
        x[i] = 2 * ref_normal(&r);
    genmod_data *const v = fixture_view(ROWS, 2, x);
    assert_ok(gmm_regress(m, 2, columns, v, GENMOD_F64, sizeof mean, mean,
                          sizeof s, s, NULL));
    source_rows = x;
    assert_ok(
        genmod_data_set_source(v, GENMOD_F64, ROWS, 2, source, NULL, NULL));
    for (size_t threads = 2; threads <= 7; threads += 5) {
        genmod_workspace *const w = fixture_workspace(threads);
        assert_ok(gmm_regress(m, 2, columns, v, GENMOD_F64, sizeof again, again,
                              sizeof other, other, w));
        assert_memory_equal(again, mean, sizeof mean);
        assert_memory_equal(other, s, sizeof s);
        genmod_workspace_free(w);
    }
    for (size_t i = 0; i < ROWS; i += 97) {
        genmod_data *const one = fixture_view(1, 2, x + 2 * i);
        assert_ok(gmm_regress(m, 2, columns, one, GENMOD_F64, sizeof *again,
                              again, sizeof *other, other, NULL));
        assert_true(again[0] == mean[i] && other[0] == s[i]);
        genmod_data_free(one);
    }
    genmod_data_free(v);
    gmm_free(m);
}

static void refused(genmod_workspace *w, int32_t status, int32_t want,
                    const char *text)
{
    assert_status(status, want, w);
    assert_error_names(w, text);
}

static void bad_regressions_are_refused(void **state)
{
    (void)state;
    const int32_t bad = GENMOD_BAD_ARGUMENT, f64 = GENMOD_F64;
    const int32_t columns[] = {0, 1}, twice[] = {1, 1}, outside[] = {0, 3};
    const double x[4] = {1, 2, 3, NAN};
    genmod_workspace *const w = fixture_workspace(1);
    gmm_model *const m = model_of(0, 81), *const none = empty();
    genmod_data *const v = fixture_view(1, 2, x), *const bare = NULL;
    genmod_data *const hole = fixture_view(2, 2, x), *rowless = NULL;
    genmod_data *const noise = fixture_view(1, 2, x);
    double y[2] = {2.385, 2.385}, s[2] = {2.385, 2.385};
    assert_ok(genmod_data_new(&rowless, w));
    refused(w, gmm_regress(NULL, 2, columns, v, f64, 8, y, 8, s, w), bad,
            "m is NULL");
    refused(w, gmm_regress(m, 2, NULL, v, f64, 8, y, 8, s, w), bad,
            "columns is NULL");
    refused(w, gmm_regress(m, 2, columns, bare, f64, 8, y, 8, s, w), bad,
            "x is NULL");
    refused(w, gmm_regress(m, 2, columns, v, f64, 8, NULL, 8, s, w), bad,
            "mean is NULL");
    refused(w, gmm_regress(m, 3, columns, v, f64, 8, y, 8, s, w), bad,
            "n is 3");
    refused(w, gmm_regress(m, 2, twice, v, f64, 8, y, 8, s, w), bad,
            "came before");
    refused(w, gmm_regress(m, 2, outside, v, f64, 8, y, 8, s, w), bad,
            "columns[1] is 3");
    refused(w, gmm_regress(m, 1, columns, v, f64, 16, y, 8, s, w), bad,
            "x has 2 columns; n is 1");
    refused(w, gmm_regress(m, 2, columns, rowless, f64, 8, y, 8, s, w), bad,
            "x has no rows");
    refused(w, gmm_regress(m, 2, columns, v, 3, 8, y, 8, s, w), bad,
            "type is 3");
    refused(w, gmm_regress(m, 2, columns, v, f64, 7, y, 8, s, w),
            GENMOD_TOO_SMALL, "mean_bytes is 7");
    refused(w, gmm_regress(m, 2, columns, v, f64, 8, y, 7, s, w),
            GENMOD_TOO_SMALL, "covariance_bytes is 7");
    refused(w, gmm_regress(m, 2, columns, hole, f64, 16, y, 16, s, w),
            GENMOD_NON_FINITE, "row 1, column 1");
    assert_ok(genmod_data_set_noise(v, noise, w));
    refused(w, gmm_regress(m, 2, columns, v, f64, 8, y, 8, s, w),
            GENMOD_UNSUPPORTED, "x has noise");
    assert_ok(genmod_data_set_noise(v, NULL, w));
    refused(w, gmm_regress(none, 2, columns, v, f64, 8, y, 8, s, w),
            GENMOD_NOT_FITTED, "");
    assert_true(y[0] == 2.385 && s[0] == 2.385);
    genmod_data_free(noise);
    genmod_data_free(rowless);
    genmod_data_free(hole);
    genmod_data_free(v);
    gmm_free(none);
    gmm_free(m);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(regression_is_the_moments_of_the_conditional),
        cmocka_unit_test(regression_of_several_columns_is_symmetric),
        cmocka_unit_test(a_row_of_a_regression_depends_on_itself_alone),
        cmocka_unit_test(bad_regressions_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
