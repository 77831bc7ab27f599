/* Data that no mixture can be made of: one clear error each, and nothing lost.
 */
#include "gmm/fixture.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define N 700
#define D 3
#define K 2

/* Good data with one bad cell, and a model that is fitted already. */
typedef struct scene {
    double x[N * D];
    float y[N * D];
    double weights[N];
    int32_t labels[N];
    double resp[N * K];
    gmm_model *m;
    genmod_data *view;
    genmod_workspace *w;
    fixture_bytes before;
    int element, source;
} scene;

static int32_t give(size_t n, const int64_t *rows, void *x, double *weights,
                    int32_t *labels, void *user)
{
    const scene *const s = user;
    for (size_t i = 0; i < n; i++) {
        const size_t row = (size_t)rows[i];
        if (s->element == GENMOD_F64)
            memcpy((double *)x + i * D, s->x + row * D, D * sizeof(double));
        else
            memcpy((float *)x + i * D, s->y + row * D, D * sizeof(float));
        weights[i] = s->weights[row];
        labels[i] = s->labels[row];
    }
    return 0;
}

static void look(scene *s, int element, int source)
{
    s->element = element;
    s->source = source;
    if (source)
        assert_ok(
            genmod_data_set_source(s->view, element, N, D, give, s, NULL));
    else
        assert_ok(genmod_data_set_rows(
            s->view, element, N, D,
            element == GENMOD_F64 ? (void *)s->x : (void *)s->y, 0, 0, NULL));
    if (source)
        return;
    assert_ok(genmod_data_set_weights(s->view, N, s->weights, NULL));
    assert_ok(genmod_data_set_labels(s->view, N, s->labels, NULL));
}

static scene *scene_new(const char *options)
{
    scene *const s = fixture_take(1, sizeof *s);
    ref_random r = {3};
    for (size_t i = 0; i < N; i++) {
        s->weights[i] = 0.5 + ref_uniform(&r);
        s->labels[i] = (int32_t)(i % K);
        s->resp[i * K] = ref_uniform(&r);
        s->resp[i * K + 1] = 1 - s->resp[i * K];
        for (size_t c = 0; c < D; c++) {
            s->x[i * D + c] = ref_normal(&r) + (i % 2 ? 3.5 : 0);
            s->y[i * D + c] = (float)s->x[i * D + c];
        }
    }
    s->m = fixture_model(K, REF_FULL, options);
    assert_ok(genmod_data_new(&s->view, NULL));
    look(s, GENMOD_F64, 0);
    assert_ok(gmm_fit(s->m, s->view, NULL, NULL, NULL));
    s->w = fixture_workspace(2);
    s->before = fixture_save(s->m);
    return s;
}

static void scene_free(scene *s)
{
    gmm_free(s->m);
    genmod_data_free(s->view);
    genmod_workspace_free(s->w);
    free(s->before.p);
    free(s);
}

/* Every public call that reads data, by number. Outputs are filled with a
 * pattern and must keep it where the call fails. */
#define CALLS 10

static int32_t entry(scene *s, int call)
{
    static double f[N * K], out;
    static int32_t labels[N];
    const double mark = -77.25;
    for (size_t i = 0; i < N * K; i++)
        f[i] = mark;
    memset(labels, 0x5A, sizeof labels);
    out = mark;
    int32_t status = 0;
    switch (call) {
    case 0:
        return gmm_start(s->m, s->view, s->w);
    case 1:
        return gmm_step(s->m, s->view, s->w);
    case 2:
        return gmm_fit(s->m, s->view, NULL, NULL, s->w);
    case 3:
        return gmm_start_responsibilities(s->m, s->view, sizeof s->resp,
                                          s->resp, s->w);
    case 4:
        status = gmm_log_density(s->m, s->view, sizeof f, f, s->w);
        break;
    case 5:
        status =
            gmm_responsibilities(s->m, s->view, GENMOD_F64, sizeof f, f, s->w);
        break;
    case 6:
        status = gmm_predict(s->m, s->view, sizeof labels, labels, s->w);
        break;
    case 7:
        status = gmm_log_likelihood(s->m, s->view, &out, s->w);
        break;
    case 8:
        status = gmm_aic(s->m, s->view, &out, s->w);
        break;
    default:
        status = gmm_bic(s->m, s->view, &out, s->w);
    }
    for (size_t i = 0; status && i < N * K; i++)
        assert_true(f[i] == mark);
    for (size_t i = 0; status && i < N; i++)
        assert_int_equal(labels[i], 0x5A5A5A5A);
    assert_true(!status || out == mark);
    return status;
}

/* The call that must fail, and one that shows that nothing is lost. */
static void refuse(scene *s, int call, int32_t want)
{
    const int32_t got = entry(s, call);
    if (got != want)
        fail_msg("call %d: status %d (\"%s\") for %d; element %d, source %d",
                 call, got, genmod_workspace_error(s->w), want, s->element,
                 s->source);
    assert_true(genmod_workspace_error(s->w)[0] != 0);
    assert_true(fixture_unchanged(s->m, s->before));
    double x[D] = {0.1, 0.2, 0.3}, lp = 0;
    genmod_data *const v = fixture_view(1, D, x);
    assert_ok(gmm_log_density(s->m, v, sizeof lp, &lp, s->w));
    assert_string_equal(genmod_workspace_error(s->w), "");
    assert_true(isfinite(lp));
    genmod_data_free(v);
}

static void check_text(const scene *s, size_t row, size_t column)
{
    char part[32];
    (void)snprintf(part, sizeof part, "row %zu", row);
    fixture_says(s->w, part);
    (void)snprintf(part, sizeof part, "column %zu", column);
    fixture_says(s->w, part);
}

/* The start reads every row for the variances, so it finds any bad cell. */
static void a_cell_that_is_not_finite_is_refused_by_row_and_column(void **state)
{
    (void)state;
    const double bad[3] = {NAN, INFINITY, -INFINITY};
    const size_t at[3] = {0, (N / 2 + 7) * D + 1, N * D - 1};
    scene *const s = scene_new("max_iterations=3");
    for (int kind = 0; kind < 4; kind++) {
        look(s, kind % 2 ? GENMOD_F32 : GENMOD_F64, kind / 2);
        for (size_t i = 0; i < 9; i++) {
            const size_t cell = at[i / 3];
            const double keep = s->x[cell];
            s->x[cell] = bad[i % 3];
            s->y[cell] = (float)bad[i % 3];
            for (int call = 0; call < CALLS; call++) {
                const int32_t got = entry(s, call);
                if (got != GENMOD_NON_FINITE)
                    fail_msg("call %d: status %d, kind %d, cell %zu", call, got,
                             kind, cell);
                check_text(s, cell / D, cell % D);
                assert_true(fixture_unchanged(s->m, s->before));
            }
            s->x[cell] = keep;
            s->y[cell] = (float)keep;
        }
        for (int call = 4; call < CALLS; call++)
            assert_int_equal(entry(s, call), 0);
    }
    scene_free(s);
}

static void the_first_of_several_bad_cells_is_named(void **state)
{
    (void)state;
    scene *const s = scene_new("max_iterations=3");
    s->x[(N - 1) * D] = NAN;
    s->x[400 * D + 2] = INFINITY;
    s->x[399 * D + 1] = NAN;
    for (int call = 0; call < CALLS; call++) {
        refuse(s, call, GENMOD_NON_FINITE);
        (void)entry(s, call);
        check_text(s, 399, 1);
    }
    scene_free(s);
}

static void a_non_finite_cell_is_found_in_a_fit_by_labels(void **state)
{
    (void)state;
    scene *const s = scene_new("init=labels");
    s->x[(N - 2) * D + 1] = NAN;
    s->labels[N - 2] = -1;
    refuse(s, 0, GENMOD_NON_FINITE);
    refuse(s, 2, GENMOD_NON_FINITE);
    scene_free(s);
}

/* Scale that lifts a finite f64 cell out of range. */
static void a_cell_that_overflows_by_its_scale_is_refused(void **state)
{
    (void)state;
    scene *const s = scene_new(NULL);
    s->x[13 * D + 2] = 1e300;
    assert_ok(genmod_data_set_scale(s->view, 1e10, 0, NULL));
    for (int call = 0; call < CALLS; call++) {
        refuse(s, call, GENMOD_NON_FINITE);
        (void)entry(s, call);
        check_text(s, 13, 2);
    }
    scene_free(s);
}

/* Finite as a double, and passes are of floats. */
static void a_cell_that_overflows_a_float_is_refused(void **state)
{
    (void)state;
    scene *const s = scene_new("max_iterations=3");
    look(s, GENMOD_F32, 0);
    assert_ok(genmod_data_set_scale(s->view, 2, 0, NULL));
    s->y[600 * D + 1] = 3e38f;
    for (int call = 0; call < CALLS; call++)
        refuse(s, call, GENMOD_NON_FINITE);
    (void)entry(s, 2);
    assert_error_names(s->w,
                       "row 600, column 1 is 6e38: too large for a float");
    scene_free(s);
}

static void variances_that_overflow_are_refused(void **state)
{
    (void)state;
    scene *const s = scene_new("max_iterations=3");
    for (size_t i = 0; i < N * D; i++)
        s->x[i] *= 1e160;
    refuse(s, 2, GENMOD_BREAKDOWN);
    (void)entry(s, 2);
    assert_error_names(s->w, "variance of column 0");
    scene_free(s);
}

static void a_weight_that_is_not_finite_and_positive_is_refused(void **state)
{
    (void)state;
    const double bad[6] = {0, -0.0, -1.5, NAN, INFINITY, -INFINITY};
    const size_t at[3] = {0, 301, N - 1};
    scene *const s = scene_new("max_iterations=3");
    for (int source = 0; source < 2; source++) {
        look(s, GENMOD_F64, source);
        for (size_t i = 0; i < 18; i++) {
            const double keep = s->weights[at[i / 6]];
            s->weights[at[i / 6]] = bad[i % 6];
            for (int call = 0; call < 4; call++) {
                refuse(s, call, GENMOD_BAD_ARGUMENT);
                (void)entry(s, call);
                char part[32];
                (void)snprintf(part, sizeof part, "%zu", at[i / 6]);
                fixture_says(s->w, "weight");
                fixture_says(s->w, part);
            }
            for (int call = 7; call < CALLS; call++)
                refuse(s, call, GENMOD_BAD_ARGUMENT);
            s->weights[at[i / 6]] = keep;
        }
    }
    scene_free(s);
}

static void fewer_rows_than_components_are_refused(void **state)
{
    (void)state;
    ref_mixture r;
    ref_init(&r, REF_DIAGONAL, 5, D);
    ref_invent(&r, 4, 1);
    gmm_model *const m = fixture_from(&r, NULL);
    const fixture_bytes before = fixture_save(m);
    genmod_workspace *const w = fixture_workspace(1);
    double x[5 * D], resp[5 * 5];
    for (size_t i = 0; i < 5 * D; i++)
        x[i] = 0.37 * (double)(i * i);
    for (size_t i = 0; i < 25; i++)
        resp[i] = 0.2;
    genmod_data *const view = fixture_view(4, D, x);
    assert_status(gmm_start(m, view, w), GENMOD_BAD_ARGUMENT, NULL);
    fixture_says(w, "4");
    fixture_says(w, "5");
    assert_status(gmm_step(m, view, w), GENMOD_BAD_ARGUMENT, NULL);
    assert_status(gmm_fit(m, view, NULL, NULL, w), GENMOD_BAD_ARGUMENT, NULL);
    fixture_says(w, "4");
    assert_status(
        gmm_start_responsibilities(m, view, 20 * sizeof(double), resp, w),
        GENMOD_BAD_ARGUMENT, NULL);
    assert_true(fixture_unchanged(m, before));
    /* n = k is enough */
    assert_ok(genmod_data_set_rows(view, GENMOD_F64, 5, D, x, 0, 0, NULL));
    assert_ok(gmm_fit(m, view, NULL, NULL, w));
    genmod_workspace_free(w);
    genmod_data_free(view);
    free(before.p);
    gmm_free(m);
    ref_free(&r);
}

static void labels_out_of_range_are_refused(void **state)
{
    (void)state;
    const int32_t bad[4] = {K, -2, INT32_MAX, INT32_MIN};
    scene *const s = scene_new("init=labels");
    for (int source = 0; source < 2; source++) {
        look(s, GENMOD_F64, source);
        for (size_t i = 0; i < 4; i++) {
            const int32_t keep = s->labels[456];
            s->labels[456] = bad[i];
            refuse(s, 0, GENMOD_BAD_ARGUMENT);
            refuse(s, 2, GENMOD_BAD_ARGUMENT);
            (void)entry(s, 0);
            fixture_says(s->w, "label");
            fixture_says(s->w, "456");
            s->labels[456] = keep;
        }
    }
    scene_free(s);
}

static void labels_that_leave_a_component_empty_are_refused(void **state)
{
    (void)state;
    scene *const s = scene_new("init=labels");
    for (size_t i = 0; i < N; i++)
        s->labels[i] = i % 3 ? 0 : -1;
    refuse(s, 0, GENMOD_BAD_ARGUMENT);
    refuse(s, 2, GENMOD_BAD_ARGUMENT);
    (void)entry(s, 0);
    fixture_says(s->w, "1"); /* the component */
    scene_free(s);
}

static void a_start_from_labels_without_labels_is_refused(void **state)
{
    (void)state;
    scene *const s = scene_new("init=labels");
    assert_ok(genmod_data_set_labels(s->view, 0, NULL, NULL));
    refuse(s, 0, GENMOD_BAD_ARGUMENT);
    refuse(s, 2, GENMOD_BAD_ARGUMENT);
    scene_free(s);
}

static void responsibilities_out_of_range_are_refused(void **state)
{
    (void)state;
    const double bad[4] = {-0.25, NAN, INFINITY, -INFINITY};
    scene *const s = scene_new(NULL);
    for (size_t i = 0; i < 12; i++) {
        const size_t at[3] = {0, 2 * N / 3, N * K - 1};
        const double keep = s->resp[at[i / 4]];
        s->resp[at[i / 4]] = bad[i % 4];
        refuse(s, 3, GENMOD_BAD_ARGUMENT);
        s->resp[at[i / 4]] = keep;
    }
    for (size_t i = 0; i < N; i++)
        s->resp[i * K + 1] = 0;
    refuse(s, 3, GENMOD_BAD_ARGUMENT);
    scene_free(s);
}

static void responsibilities_of_another_size_are_refused(void **state)
{
    (void)state;
    scene *const s = scene_new(NULL);
    const size_t sizes[5] = {0, 8, sizeof s->resp - 8, (size_t)1 << 31,
                             SIZE_MAX};
    for (size_t i = 0; i < 5; i++) {
        const int32_t got =
            gmm_start_responsibilities(s->m, s->view, sizes[i], s->resp, s->w);
        assert_true(got == GENMOD_BAD_ARGUMENT || got == GENMOD_TOO_SMALL);
        assert_true(fixture_unchanged(s->m, s->before));
    }
    scene_free(s);
}

static void data_of_another_width_are_refused(void **state)
{
    (void)state;
    scene *const s = scene_new(NULL);
    assert_ok(
        genmod_data_set_rows(s->view, GENMOD_F64, N, D - 1, s->x, D, 1, NULL));
    refuse(s, 1, GENMOD_BAD_ARGUMENT);
    for (int call = 4; call < CALLS; call++) {
        refuse(s, call, GENMOD_BAD_ARGUMENT);
        (void)entry(s, call);
        fixture_says(s->w, "2");
        fixture_says(s->w, "3");
    }
    scene_free(s);
}

static void a_view_of_no_rows_is_refused(void **state)
{
    (void)state;
    scene *const s = scene_new(NULL);
    genmod_data_free(s->view);
    s->view = NULL;
    assert_ok(genmod_data_new(&s->view, NULL));
    for (int call = 0; call < CALLS; call++)
        refuse(s, call, GENMOD_BAD_ARGUMENT);
    scene_free(s);
}

/* A source that gives up. */
static int32_t fails_late(size_t n, const int64_t *rows, void *x,
                          double *weights, int32_t *labels, void *user)
{
    if (rows[n - 1] >= 600)
        return -7;
    return give(n, rows, x, weights, labels, user);
}

static void a_source_that_fails_ends_the_call_and_nothing_is_lost(void **state)
{
    (void)state;
    scene *const s = scene_new("max_iterations=3");
    assert_ok(
        genmod_data_set_source(s->view, GENMOD_F64, N, D, fails_late, s, NULL));
    for (int call = 0; call < CALLS; call++)
        refuse(s, call, GENMOD_CALLBACK);
    scene_free(s);
}

static void a_warm_fit_on_bad_data_loses_nothing(void **state)
{
    (void)state;
    scene *const s = scene_new("warm_start=1");
    s->x[N * D - 2] = NAN;
    refuse(s, 2, GENMOD_NON_FINITE);
    scene_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(
            a_cell_that_is_not_finite_is_refused_by_row_and_column),
        cmocka_unit_test(the_first_of_several_bad_cells_is_named),
        cmocka_unit_test(a_non_finite_cell_is_found_in_a_fit_by_labels),
        cmocka_unit_test(a_cell_that_overflows_by_its_scale_is_refused),
        cmocka_unit_test(a_cell_that_overflows_a_float_is_refused),
        cmocka_unit_test(variances_that_overflow_are_refused),
        cmocka_unit_test(a_weight_that_is_not_finite_and_positive_is_refused),
        cmocka_unit_test(fewer_rows_than_components_are_refused),
        cmocka_unit_test(labels_out_of_range_are_refused),
        cmocka_unit_test(labels_that_leave_a_component_empty_are_refused),
        cmocka_unit_test(a_start_from_labels_without_labels_is_refused),
        cmocka_unit_test(responsibilities_out_of_range_are_refused),
        cmocka_unit_test(responsibilities_of_another_size_are_refused),
        cmocka_unit_test(data_of_another_width_are_refused),
        cmocka_unit_test(a_view_of_no_rows_is_refused),
        cmocka_unit_test(a_source_that_fails_ends_the_call_and_nothing_is_lost),
        cmocka_unit_test(a_warm_fit_on_bad_data_loses_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
