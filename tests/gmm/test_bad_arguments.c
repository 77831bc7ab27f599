/* Arguments outside their documented range: one clear error each, outputs and
 * objects untouched, and the next call works. */
#include "gmm/refusal.h"

static void null_pointers_are_refused_by_training_calls(void **state)
{
    (void)state;
    scene *const s = scene_new(REF_FULL);
    genmod_workspace *const w = s->w;
    bad("NULL", s, gmm_config_new(NULL, w));
    bad("NULL", s, gmm_new(s->c, NULL, w));
    bad("NULL", s, gmm_configure(NULL, s->c, w));
    bad("NULL", s, gmm_configure(s->m, NULL, w));
    bad("NULL", s, gmm_get_config(NULL, s->c, w));
    bad("NULL", s, gmm_get_config(s->m, NULL, w));
    bad("NULL", s, gmm_copy(NULL, s->m, w));
    bad("NULL", s, gmm_copy(s->m, NULL, w));
    bad("NULL", s, gmm_start(NULL, s->view, w));
    bad("NULL", s, gmm_start(s->m, NULL, w));
    const size_t bytes = sizeof s->resp;
    bad("NULL", s,
        gmm_start_responsibilities(NULL, s->view, bytes, s->resp, w));
    bad("NULL", s, gmm_start_responsibilities(s->m, NULL, bytes, s->resp, w));
    bad("NULL", s, gmm_start_responsibilities(s->m, s->view, bytes, NULL, w));
    bad("NULL", s, gmm_step(NULL, s->view, w));
    bad("NULL", s, gmm_step(s->m, NULL, w));
    bad("NULL", s, gmm_fit(NULL, s->view, NULL, NULL, w));
    bad("NULL", s, gmm_fit(s->m, NULL, NULL, NULL, w));
    scene_free(s);
}

static void null_pointers_are_refused_by_reading_calls(void **state)
{
    (void)state;
    scene *const s = scene_new(REF_DIAGONAL);
    genmod_workspace *const w = s->w;
    double f[N * K];
    int32_t l[N];
    bad("NULL", s, gmm_log_density(NULL, s->view, sizeof f, f, w));
    bad("NULL", s, gmm_log_density(s->m, NULL, sizeof f, f, w));
    bad("NULL", s, gmm_log_density(s->m, s->view, sizeof f, NULL, w));
    bad("NULL", s,
        gmm_responsibilities(NULL, s->view, GENMOD_F64, sizeof f, f, w));
    bad("NULL", s,
        gmm_responsibilities(s->m, NULL, GENMOD_F64, sizeof f, f, w));
    bad("NULL", s,
        gmm_responsibilities(s->m, s->view, GENMOD_F64, sizeof f, NULL, w));
    bad("NULL", s, gmm_predict(NULL, s->view, sizeof l, l, w));
    bad("NULL", s, gmm_predict(s->m, NULL, sizeof l, l, w));
    bad("NULL", s, gmm_predict(s->m, s->view, sizeof l, NULL, w));
    bad("NULL", s, gmm_log_likelihood(NULL, s->view, f, w));
    bad("NULL", s, gmm_log_likelihood(s->m, NULL, f, w));
    bad("NULL", s, gmm_log_likelihood(s->m, s->view, NULL, w));
    bad("NULL", s, gmm_aic(NULL, s->view, f, w));
    bad("NULL", s, gmm_aic(s->m, NULL, f, w));
    bad("NULL", s, gmm_aic(s->m, s->view, NULL, w));
    bad("NULL", s, gmm_bic(NULL, s->view, f, w));
    bad("NULL", s, gmm_bic(s->m, NULL, f, w));
    bad("NULL", s, gmm_bic(s->m, s->view, NULL, w));
    bad("NULL", s, gmm_sample(NULL, 1, 0, 4, GENMOD_F64, sizeof f, f, NULL, w));
    bad("NULL", s,
        gmm_sample(s->m, 1, 0, 4, GENMOD_F64, sizeof f, NULL, NULL, w));
    scene_free(s);
}

static void null_pointers_are_refused_by_parameter_and_byte_calls(void **state)
{
    (void)state;
    scene *const s = scene_new(REF_SPHERICAL);
    genmod_workspace *const w = s->w;
    const ref_mixture *const r = &s->r;
    double f[K * D];
    size_t need = 0;
    bad("NULL", s, gmm_get_params(NULL, GMM_MEANS, K * D, f, &need, w));
    bad("NULL", s, gmm_get_params(s->m, NULL, K * D, f, &need, w));
    bad("NULL", s, gmm_get_params(s->m, GMM_MEANS, K * D, NULL, &need, w));
    bad("NULL", s, gmm_set_params(NULL, K, D, r->w, r->mu, K, r->cov, w));
    bad("NULL", s, gmm_set_params(s->m, K, D, NULL, r->mu, K, r->cov, w));
    bad("NULL", s, gmm_set_params(s->m, K, D, r->w, NULL, K, r->cov, w));
    bad("NULL", s, gmm_set_params(s->m, K, D, r->w, r->mu, K, NULL, w));
    bad("NULL", s, gmm_save(NULL, 0, NULL, &need, w));
    bad("NULL", s, gmm_save(s->m, s->before.n, NULL, &need, w));
    bad("NULL", s, gmm_load(NULL, s->before.n, s->before.p, w));
    bad("NULL", s, gmm_load(s->m, s->before.n, NULL, w));
    assert_int_equal(gmm_components(NULL), 0);
    assert_int_equal(gmm_dimension(NULL), 0);
    assert_null(gmm_report(NULL));
    gmm_free(NULL);
    scene_free(s);
}

static void null_workspaces_are_allowed(void **state)
{
    (void)state;
    scene *const s = scene_new(REF_FULL);
    double f[N * K];
    assert_ok(gmm_log_density(s->m, s->view, sizeof f, f, NULL));
    assert_status(gmm_log_density(NULL, s->view, sizeof f, f, NULL),
                  GENMOD_BAD_ARGUMENT, NULL);
    assert_ok(gmm_fit(s->m, s->view, NULL, NULL, NULL));
    scene_free(s);
}

static void models_without_parameters_say_so(void **state)
{
    (void)state;
    scene *const s = scene_new(REF_FULL);
    genmod_workspace *const w = s->w;
    double f[N * K];
    int32_t l[N];
    size_t need = 4711;
    const gmm_model *const m = s->empty;
    const int32_t want = GENMOD_NOT_FITTED;
    refused("step", s, gmm_step(s->empty, s->view, w), want);
    refused("density", s, gmm_log_density(m, s->view, sizeof f, f, w), want);
    refused("resp", s,
            gmm_responsibilities(m, s->view, GENMOD_F64, sizeof f, f, w), want);
    refused("predict", s, gmm_predict(m, s->view, sizeof l, l, w), want);
    refused("likelihood", s, gmm_log_likelihood(m, s->view, f, w), want);
    refused("aic", s, gmm_aic(m, s->view, f, w), want);
    refused("bic", s, gmm_bic(m, s->view, f, w), want);
    refused("sample", s,
            gmm_sample(m, 1, 0, 4, GENMOD_F64, sizeof f, f, NULL, w), want);
    refused("params", s, gmm_get_params(m, GMM_MEANS, K * D, f, &need, w),
            want);
    refused("save", s, gmm_save(m, 0, NULL, &need, w), want);
    assert_int_equal(gmm_dimension(m), 0);
    assert_int_equal(gmm_components(m), K);
    /* a failed fit leaves it without; a good one ends that */
    const double x[2 * D] = {1, 2, 3, 4};
    genmod_data *const two = fixture_view(2, D, x);
    refused("fit", s, gmm_fit(s->empty, two, NULL, NULL, w),
            GENMOD_BAD_ARGUMENT);
    refused("density", s, gmm_log_density(m, s->view, sizeof f, f, w), want);
    assert_ok(gmm_fit(s->empty, s->view, NULL, NULL, w));
    assert_ok(gmm_log_density(m, s->view, sizeof f, f, w));
    genmod_data_free(two);
    scene_free(s);
}

static void small_buffers_are_refused_and_keep_their_content(void **state)
{
    (void)state;
    scene *const s = scene_new(REF_FULL);
    genmod_workspace *const w = s->w;
    const size_t sizes[3] = {0, 1, N * sizeof(int32_t) - 1};
    const int32_t want = GENMOD_TOO_SMALL;
    for (size_t i = 0; i < 3; i++) {
        double f[N * K];
        int32_t l[N];
        memset(f, 0x33, sizeof f);
        memset(l, 0x33, sizeof l);
        refused("density", s, gmm_log_density(s->m, s->view, sizes[i], f, w),
                want);
        refused("resp", s,
                gmm_responsibilities(s->m, s->view, GENMOD_F32, sizes[i], f, w),
                want);
        refused("predict", s, gmm_predict(s->m, s->view, sizes[i], l, w), want);
        refused("sample", s,
                gmm_sample(s->m, 1, 0, N, GENMOD_F32, sizes[i], f, l, w), want);
        for (size_t b = 0; b < sizeof f; b++)
            assert_int_equal(((unsigned char *)f)[b], 0x33);
        for (size_t b = 0; b < N; b++)
            assert_int_equal(l[b], 0x33333333);
    }
    /* one byte less than each needs */
    double f[N * K];
    refused("density", s,
            gmm_log_density(s->m, s->view, N * sizeof(double) - 1, f, w), want);
    refused("resp", s,
            gmm_responsibilities(s->m, s->view, GENMOD_F64, sizeof f - 1, f, w),
            want);
    refused("sample", s,
            gmm_sample(s->m, 1, 0, N, GENMOD_F64, N * D * 8 - 1, f, NULL, w),
            want);
    scene_free(s);
}

static void small_buffers_of_known_need_say_how_much(void **state)
{
    (void)state;
    const char *const names[4] = {GMM_WEIGHTS, GMM_MEANS, GMM_COVARIANCES,
                                  GMM_PRECISIONS_CHOLESKY};
    for (int type = 0; type < REF_TYPES; type++) {
        scene *const s = scene_new(type);
        const size_t n_cov = ref_cov_count(type, K, D);
        const size_t sizes[4] = {K, K * D, n_cov, n_cov};
        for (size_t i = 0; i < 4; i++) {
            double f[64];
            size_t need = 0;
            memset(f, 0x33, sizeof f);
            for (size_t cap = 0; cap < sizes[i]; cap++) {
                refused(names[i], s,
                        gmm_get_params(s->m, names[i], cap, cap ? f : NULL,
                                       &need, s->w),
                        GENMOD_TOO_SMALL);
                assert_int_equal(need, sizes[i]);
            }
            for (size_t b = 0; b < sizeof f; b++)
                assert_int_equal(((unsigned char *)f)[b], 0x33);
            assert_ok(gmm_get_params(s->m, names[i], SIZE_MAX, f, NULL, s->w));
        }
        unsigned char *const p = fixture_take(s->before.n, 1);
        size_t need = 0;
        refused("save", s, gmm_save(s->m, s->before.n - 1, p, &need, s->w),
                GENMOD_TOO_SMALL);
        assert_int_equal(need, s->before.n);
        for (size_t b = 0; b < s->before.n; b++)
            assert_int_equal(p[b], 0);
        free(p);
        scene_free(s);
    }
}

static void sizes_without_sense_are_refused_by_sample(void **state)
{
    (void)state;
    scene *const s = scene_new(REF_TIED);
    genmod_workspace *const w = s->w;
    const gmm_model *const m = s->m;
    const uint64_t end = UINT64_C(1) << 63;
    double f[N * K];
    const size_t cap = sizeof f;
    bad("0", s, gmm_sample(m, 1, 0, 0, GENMOD_F64, cap, f, NULL, w));
    bad("n", s,
        gmm_sample(m, 1, 0, SIZE_MAX, GENMOD_F64, SIZE_MAX, f, NULL, w));
    bad("n", s,
        gmm_sample(m, 1, 0, ((size_t)1 << 40) + 1, GENMOD_F64, SIZE_MAX, f,
                   NULL, w));
    refused("2^31 rows", s,
            gmm_sample(m, 1, 0, (size_t)1 << 31, GENMOD_F64, cap, f, NULL, w),
            GENMOD_TOO_SMALL);
    bad("first", s, gmm_sample(m, 1, end, 1, GENMOD_F64, cap, f, NULL, w));
    bad("first", s, gmm_sample(m, 1, end - 3, 4, GENMOD_F64, cap, f, NULL, w));
    bad("first", s,
        gmm_sample(m, 1, UINT64_MAX, 2, GENMOD_F64, cap, f, NULL, w));
    const int32_t types[5] = {0, 4, -1, INT32_MAX, GENMOD_U8};
    for (size_t i = 0; i < 5; i++) {
        bad("type", s, gmm_sample(m, 1, 0, 2, types[i], cap, f, NULL, w));
        bad("type", s, gmm_responsibilities(m, s->view, types[i], cap, f, w));
    }
    scene_free(s);
}

static void sizes_without_sense_are_refused_by_set_params(void **state)
{
    (void)state;
    const size_t sizes[4] = {0, (size_t)1 << 31, SIZE_MAX, SIZE_MAX / 2 + 1};
    for (int type = 0; type < REF_TYPES; type++) {
        scene *const s = scene_new(type);
        const ref_mixture *const r = &s->r;
        const size_t n_cov = ref_cov_count(type, K, D);
        for (size_t i = 0; i < 4; i++) {
            bad("k", s,
                gmm_set_params(s->m, sizes[i], D, r->w, r->mu, n_cov, r->cov,
                               s->w));
            bad("d", s,
                gmm_set_params(s->m, K, sizes[i], r->w, r->mu, n_cov, r->cov,
                               s->w));
            bad("n_cov", s,
                gmm_set_params(s->m, K, D, r->w, r->mu, sizes[i], r->cov,
                               s->w));
        }
        bad("k", s,
            gmm_set_params(s->m, K + 1, D, r->w, r->mu, n_cov, r->cov, s->w));
        bad("d", s,
            gmm_set_params(s->m, K, 65537, r->w, r->mu, n_cov, r->cov, s->w));
        bad("n_cov", s,
            gmm_set_params(s->m, K, D, r->w, r->mu, n_cov + 1, r->cov, s->w));
        bad("n_cov", s,
            gmm_set_params(s->m, K, D, r->w, r->mu, n_cov - 1, r->cov, s->w));
        scene_free(s);
    }
}

static void sizes_without_sense_are_refused_by_load(void **state)
{
    (void)state;
    scene *const s = scene_new(REF_FULL);
    const int32_t want = GENMOD_BAD_BYTES;
    refused("0", s, gmm_load(s->m, 0, s->before.p, s->w), want);
    refused("1", s, gmm_load(s->m, 1, s->before.p, s->w), want);
    refused("short", s, gmm_load(s->m, s->before.n - 1, s->before.p, s->w),
            want);
    assert_ok(gmm_load(s->m, s->before.n, s->before.p, s->w));
    assert_true(fixture_unchanged(s->m, s->before));
    scene_free(s);
}

static void sizes_without_sense_are_refused_by_views(void **state)
{
    (void)state;
    scene *const s = scene_new(REF_FULL);
    genmod_workspace *const w = s->w;
    genmod_data *const v = s->view;
    const size_t n_bad[3] = {0, ((size_t)1 << 40) + 1, SIZE_MAX};
    const size_t d_bad[4] = {0, 65537, (size_t)1 << 31, SIZE_MAX};
    for (size_t i = 0; i < 3; i++)
        bad("n", s,
            genmod_data_set_rows(v, GENMOD_F64, n_bad[i], D, s->x, 0, 0, w));
    for (size_t i = 0; i < 4; i++)
        bad("d", s,
            genmod_data_set_rows(v, GENMOD_F64, N, d_bad[i], s->x, 0, 0, w));
    bad("rows", s, genmod_data_set_rows(v, GENMOD_F64, N, D, NULL, 0, 0, w));
    bad("type", s, genmod_data_set_rows(v, 9, N, D, s->x, 0, 0, w));
    bad("stride", s,
        genmod_data_set_rows(v, GENMOD_F64, N, D, s->x, INT64_MAX, INT64_MAX,
                             w));
    bad("stride", s,
        genmod_data_set_rows(v, GENMOD_F64, N, D, s->x, INT64_MIN, 1, w));
    /* weights of 2^31 and SIZE_MAX rows */
    const double one[1] = {1};
    const int32_t zero[1] = {0};
    bad("n", s, genmod_data_set_weights(v, (size_t)1 << 31, one, w));
    bad("n", s, genmod_data_set_weights(v, SIZE_MAX, one, w));
    bad("n", s, genmod_data_set_labels(v, N + 1, zero, w));
    scene_free(s);
}

/* 2^31 rows are a legal number: of a view that the model can never reach the
 * end of, and whose first bad cell ends the call. */
static int32_t empty_space(size_t n, const int64_t *rows, void *x,
                           double *weights, int32_t *labels, void *user)
{
    (void)weights;
    (void)labels;
    (void)user;
    for (size_t i = 0; i < n * D; i++)
        ((double *)x)[i] = rows[i / D] >= 5000 ? NAN : (double)(i % 7);
    return 0;
}

static void two_to_the_31_rows_are_read_until_the_first_bad_cell(void **state)
{
    (void)state;
    scene *const s = scene_new(REF_FULL);
    genmod_data *v = NULL;
    assert_ok(genmod_data_new(&v, NULL));
    assert_ok(genmod_data_set_source(v, GENMOD_F64, (size_t)1 << 31, D,
                                     empty_space, NULL, NULL));
    double out = 0;
    const int32_t want = GENMOD_NON_FINITE;
    refused("step", s, gmm_step(s->m, v, s->w), want);
    refused("fit", s, gmm_fit(s->m, v, NULL, NULL, s->w), want);
    refused("likelihood", s, gmm_log_likelihood(s->m, v, &out, s->w), want);
    assert_status(gmm_step(s->m, v, s->w), want, NULL);
    fixture_says(s->w, "5000");
    refused("density", s, gmm_log_density(s->m, v, sizeof out, &out, s->w),
            GENMOD_TOO_SMALL);
    genmod_data_free(v);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(null_pointers_are_refused_by_training_calls),
        cmocka_unit_test(null_pointers_are_refused_by_reading_calls),
        cmocka_unit_test(null_pointers_are_refused_by_parameter_and_byte_calls),
        cmocka_unit_test(null_workspaces_are_allowed),
        cmocka_unit_test(models_without_parameters_say_so),
        cmocka_unit_test(small_buffers_are_refused_and_keep_their_content),
        cmocka_unit_test(small_buffers_of_known_need_say_how_much),
        cmocka_unit_test(sizes_without_sense_are_refused_by_sample),
        cmocka_unit_test(sizes_without_sense_are_refused_by_set_params),
        cmocka_unit_test(sizes_without_sense_are_refused_by_load),
        cmocka_unit_test(sizes_without_sense_are_refused_by_views),
        cmocka_unit_test(two_to_the_31_rows_are_read_until_the_first_bad_cell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
