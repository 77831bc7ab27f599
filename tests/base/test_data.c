#include "support/test.h"

#include <fenv.h>

#include "base/base.h"

#define N 5
#define D 3

typedef struct fixture {
    genmod_workspace *w;
    genmod_data *x;
} fixture;

static const double f64[N * D] = {2.385, -1,  0.5,  7, 1e8,   -3.25, 9, 11,
                                  -0.75, 4.5, 6.25, 8, -12.5, 1e-3,  42};

static int set_up(void **state)
{
    static fixture f;

    assert_ok(genmod_workspace_new(NULL, &f.w));
    assert_ok(genmod_data_new(&f.x, f.w));
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *const f = *state;

    genmod_data_free(f->x);
    genmod_workspace_free(f->w);
    return 0;
}

static int32_t view(const fixture *f, size_t first, size_t n, void *stage,
                    base_view *v)
{
    base_call call;
    genmod_workspace *const w = base_enter(&call, f->w, NULL);

    return base_leave(&call, base_data_view(f->x, first, n, stage, v, w));
}

static int32_t gather(const fixture *f, size_t n, const int64_t *rows,
                      double *out, double *weights, int32_t *labels)
{
    base_call call;
    genmod_workspace *const w = base_enter(&call, f->w, NULL);

    return base_leave(&call,
                      base_data_gather(f->x, n, rows, out, weights, labels, w));
}

/* Refused, with `part` in the text, and the view still of f64. */
static void assert_refused(const fixture *f, int32_t status, const char *part)
{
    assert_int_equal(status, GENMOD_BAD_ARGUMENT);
    assert_error_names(f->w, part);
    assert_int_equal(base_data_rows(f->x), N);
    assert_int_equal(base_data_columns(f->x), D);
    assert_int_equal(base_data_type(f->x), GENMOD_F64);
    assert_int_equal(base_data_is_source(f->x), 0);
}

static void rows_are_seen_through_any_strides(void **state)
{
    const fixture *const f = *state;
    float backwards[4 * N * D];
    base_view v;

    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++)
            backwards[4 * N * D - 1 - (2 * i + 2 * N * j)] =
                (float)f64[i * D + j];
    assert_ok(genmod_data_set_rows(
        f->x, GENMOD_F32, N, D, backwards + 4 * N * D - 1, -2, -2 * N, f->w));
    assert_ok(view(f, 1, 3, NULL, &v));
    for (size_t i = 0; i < 3; i++)
        for (size_t j = 0; j < D; j++)
            assert_true(base_view_cell(&v, i, j) ==
                        (double)(float)f64[(i + 1) * D + j]);
    assert_null(v.weights);
    assert_null(v.labels);
    assert_int_equal(v.scaled, 0);
    assert_int_equal(base_data_stage_bytes(f->x, N), 0);
}

static void bytes_are_scaled(void **state)
{
    static const uint8_t pixels[4] = {0, 51, 102, 255};
    const fixture *const f = *state;
    base_view v;

    assert_ok(genmod_data_set_scale(f->x, 1.0 / 255, -0.5, f->w));
    assert_ok(genmod_data_set_rows(f->x, GENMOD_U8, 2, 2, pixels, 0, 0, f->w));
    assert_int_equal(base_data_type(f->x), GENMOD_F32);
    assert_ok(view(f, 1, 1, NULL, &v));
    assert_int_equal(v.type, GENMOD_U8);
    assert_int_equal(v.scaled, 1);
    assert_near(base_view_cell(&v, 0, 0), -0.1, 1e-16);
    assert_near(base_view_cell(&v, 0, 1), 0.5, 1e-16);
}

static void shapes_out_of_range_are_refused(void **state)
{
    const fixture *const f = *state;
    const size_t most = (size_t)1 << 40;

    assert_ok(genmod_data_set_rows(f->x, GENMOD_F64, N, D, f64, 0, 0, f->w));
    assert_refused(f, genmod_data_set_rows(f->x, 0, 2, 2, f64, 0, 0, f->w),
                   "type is 0");
    assert_refused(f, genmod_data_set_rows(f->x, 4, 2, 2, f64, 0, 0, f->w),
                   "type is 4");
    assert_refused(
        f, genmod_data_set_rows(f->x, GENMOD_F32, 0, 2, f64, 0, 0, f->w),
        "n is 0; it must be from 1 to 1099511627776");
    assert_refused(
        f, genmod_data_set_rows(f->x, GENMOD_F32, most + 1, 2, f64, 0, 0, f->w),
        "n is 1099511627777");
    assert_refused(
        f, genmod_data_set_rows(f->x, GENMOD_F32, SIZE_MAX, 2, f64, 0, 0, f->w),
        "n is 18446744073709551615");
    assert_refused(
        f, genmod_data_set_rows(f->x, GENMOD_F32, 2, 0, f64, 0, 0, f->w),
        "d is 0; it must be from 1 to 65536");
    assert_refused(
        f, genmod_data_set_rows(f->x, GENMOD_F32, 2, 65537, f64, 0, 0, f->w),
        "d is 65537");
    assert_refused(
        f, genmod_data_set_rows(f->x, GENMOD_F32, 2, 2, NULL, 0, 0, f->w),
        "rows is NULL");
    assert_refused(f,
                   genmod_data_set_rows(f->x, GENMOD_F64, 2, 2,
                                        (const unsigned char *)f64 + 4, 0, 0,
                                        f->w),
                   "rows is not aligned to the 8 bytes");
    assert_int_equal(
        genmod_data_set_rows(NULL, GENMOD_F64, 2, 2, f64, 0, 0, f->w),
        GENMOD_BAD_ARGUMENT);
    assert_error_names(f->w, "view is NULL");
}

static void extents_that_no_memory_has_are_refused(void **state)
{
    const fixture *const f = *state;
    const size_t most = (size_t)1 << 40;

    assert_ok(genmod_data_set_rows(f->x, GENMOD_F64, N, D, f64, 0, 0, f->w));
    assert_refused(f,
                   genmod_data_set_rows(f->x, GENMOD_F64, most, 2, f64,
                                        INT64_C(1) << 24, 1, f->w),
                   "no memory can have 1099511627776 rows of 2 columns");
    assert_refused(
        f,
        genmod_data_set_rows(f->x, GENMOD_F32, 2, 1, f64, INT64_MIN, 1, f->w),
        "strides -9223372036854775808 and 1");
    assert_refused(
        f,
        genmod_data_set_rows(f->x, GENMOD_F32, 1, 2, f64, 1, INT64_MAX, f->w),
        "strides 1 and 9223372036854775807");
    assert_refused(f,
                   genmod_data_set_rows(f->x, GENMOD_U8, 3, 1, f64,
                                        INT64_MAX / 2 + 1, 1, f->w),
                   "no memory");
    /* one row has no row stride to speak of */
    assert_ok(
        genmod_data_set_rows(f->x, GENMOD_F64, 1, 2, f64, INT64_MIN, 1, f->w));
}

static void weights_and_labels_belong_to_the_rows(void **state)
{
    static const double weights[N] = {1, 2.5, 0.125, 4, 3};
    static const int32_t labels[N] = {0, -1, 2, 1, 0};
    const fixture *const f = *state;
    base_view v;

    assert_ok(genmod_data_set_rows(f->x, GENMOD_F64, N, D, f64, 0, 0, f->w));
    assert_ok(genmod_data_set_weights(f->x, N, weights, f->w));
    assert_ok(genmod_data_set_labels(f->x, N, labels, f->w));
    assert_ok(view(f, 2, 2, NULL, &v));
    assert_ptr_equal(v.weights, weights + 2);
    assert_ptr_equal(v.labels, labels + 2);
    assert_refused(f, genmod_data_set_weights(f->x, 4, weights, f->w),
                   "n is 4; with weights it must be 5");
    assert_refused(f, genmod_data_set_labels(f->x, 6, labels, f->w),
                   "n is 6; with labels it must be 5");
    assert_refused(f, genmod_data_set_weights(f->x, N, NULL, f->w),
                   "n is 5; with NULL it must be 0");
    assert_ok(view(f, 2, 2, NULL, &v));
    assert_ptr_equal(v.weights, weights + 2);
    assert_ok(genmod_data_set_weights(f->x, 0, NULL, f->w));
    assert_ok(genmod_data_set_labels(f->x, 0, NULL, f->w));
    assert_ok(view(f, 2, 2, NULL, &v));
    assert_null(v.weights);
    assert_null(v.labels);
    assert_ok(genmod_data_set_weights(f->x, N, weights, f->w));
    assert_ok(genmod_data_set_rows(f->x, GENMOD_F64, N, D, f64, 0, 0, f->w));
    assert_ok(view(f, 0, N, NULL, &v));
    assert_null(v.weights); /* forgotten with the rows */
    assert_int_equal(genmod_data_set_weights(NULL, 0, NULL, f->w),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_data_set_labels(NULL, 0, NULL, f->w),
                     GENMOD_BAD_ARGUMENT);
}

static void bad_weights_name_their_row(void **state)
{
    static const double bad[] = {0.0, -2.5, NAN, INFINITY, -INFINITY};
    static const char *const shown[] = {"is 0;", "is -2.5;", "is nan;",
                                        "is inf;", "is -inf;"};
    const fixture *const f = *state;
    double weights[N] = {1, 1, 1, 1, 1}, out[N * D];
    const int64_t rows[] = {1, 3};
    base_view v;

    assert_ok(genmod_data_set_rows(f->x, GENMOD_F64, N, D, f64, 0, 0, f->w));
    assert_ok(genmod_data_set_weights(f->x, N, weights, f->w));
    for (size_t i = 0; i < 5; i++) {
        weights[3] = bad[i];
        assert_refused(f, view(f, 1, 4, NULL, &v), "weight of row 3");
        assert_error_names(f->w, shown[i]);
        assert_refused(f, gather(f, 2, rows, out, NULL, NULL),
                       "weight of row 3");
        assert_ok(view(f, 0, 3, NULL, &v));
    }
}

static void scales_outside_their_range_are_refused(void **state)
{
    const fixture *const f = *state;
    base_view v;

    assert_ok(genmod_data_set_rows(f->x, GENMOD_F64, N, D, f64, 0, 0, f->w));
    assert_refused(f, genmod_data_set_scale(f->x, 0, 1, f->w), "scale is 0");
    assert_refused(f, genmod_data_set_scale(f->x, NAN, 1, f->w),
                   "scale is nan");
    assert_refused(f, genmod_data_set_scale(f->x, 2, INFINITY, f->w),
                   "shift is inf");
    assert_int_equal(genmod_data_set_scale(NULL, 2, 0, f->w),
                     GENMOD_BAD_ARGUMENT);
    assert_ok(view(f, 0, 1, NULL, &v));
    assert_true(base_view_cell(&v, 0, 0) == 2.385);
}

static void gather_copies_rows_as_doubles(void **state)
{
    static const double weights[N] = {1, 2.5, 0.125, 4, 3};
    static const int32_t labels[N] = {0, -1, 2, 1, 0};
    const int64_t rows[] = {0, 2, 4};
    const fixture *const f = *state;
    double out[3 * D], weight[3];
    int32_t label[3];

    assert_ok(genmod_data_set_rows(f->x, GENMOD_F64, N, D, f64, 0, 0, f->w));
    assert_ok(genmod_data_set_scale(f->x, 2, 0.25, f->w));
    assert_ok(gather(f, 3, rows, out, weight, label));
    for (size_t i = 0; i < 3; i++) {
        for (size_t j = 0; j < D; j++)
            assert_true(out[i * D + j] == 2 * f64[2 * i * D + j] + 0.25);
        assert_true(weight[i] == 1.0);
        assert_int_equal(label[i], -1);
    }
    assert_ok(genmod_data_set_weights(f->x, N, weights, f->w));
    assert_ok(genmod_data_set_labels(f->x, N, labels, f->w));
    assert_ok(gather(f, 3, rows, out, weight, label));
    for (size_t i = 0; i < 3; i++) {
        assert_true(weight[i] == weights[2 * i]);
        assert_int_equal(label[i], labels[2 * i]);
    }
}

static void what_is_not_finite_is_named(void **state)
{
    static const double bad[] = {NAN, INFINITY, -INFINITY};
    const int64_t rows[] = {0, 1, 2, 3, 4};
    const fixture *const f = *state;
    double cells[N * D], out[N * D];
    base_call call;
    base_view v;

    for (size_t i = 0; i < 3; i++) {
        memcpy(cells, f64, sizeof cells);
        cells[3 * D + 1] = cells[4 * D] = bad[i];
        assert_ok(
            genmod_data_set_rows(f->x, GENMOD_F64, N, D, cells, 0, 0, f->w));
        assert_int_equal(gather(f, N, rows, out, NULL, NULL),
                         GENMOD_NON_FINITE);
        assert_error_names(f->w, "row 3, column 1");
        assert_ok(view(f, 2, 3, NULL, &v));
        genmod_workspace *const w = base_enter(&call, f->w, NULL);
        base_leave(&call, base_view_non_finite(&v, 2, 3, D, w));
        assert_error_names(f->w, "row 3, column 1");
        assert_ok(gather(f, 3, rows, out, NULL, NULL));
    }
}

typedef struct source {
    size_t calls, most;
    int32_t status;
    int64_t bad_weight; /* this row has one */
    int tagged;         /* writes weights and labels */
} source;

static int32_t read_rows(size_t n, const int64_t *rows, void *x,
                         double *weights, int32_t *labels, void *user)
{
    source *const s = user;
    float *const out = x;

    s->calls++;
    s->most = n > s->most ? n : s->most;
    for (size_t i = 0; i < n; i++) {
        if (weights[i] != 1.0 || labels[i] != -1)
            return -99;
        for (size_t j = 0; j < D; j++)
            out[i * D + j] = (float)(rows[i] * 10) + (float)j;
        if (s->tagged) {
            weights[i] = (double)rows[i] + 0.5;
            labels[i] = (int32_t)rows[i] % 7;
        }
        if (rows[i] == s->bad_weight)
            weights[i] = -1;
    }
    fesetround(FE_UPWARD); /* a careless host */
    return s->status;
}

static void a_source_fills_the_stage(void **state)
{
    const fixture *const f = *state;
    source s = {0, 0, 0, -1, 0};
    base_view v;

    assert_ok(
        genmod_data_set_source(f->x, GENMOD_F32, 5000, D, read_rows, &s, f->w));
    assert_int_equal(base_data_is_source(f->x), 1);
    const size_t bytes = base_data_stage_bytes(f->x, 100);
    assert_true(bytes >= 100 * (4 * D + 8 + 4 + 8));
    void *const stage = aligned_alloc(BASE_ALIGN, bytes);
    assert_ok(view(f, 4321, 100, stage, &v));
    assert_int_equal(fegetround(), FE_TONEAREST);
    assert_int_equal(s.calls, 1);
    for (size_t i = 0; i < 100; i++) {
        assert_true(base_view_cell(&v, i, 2) == (double)(43210 + 10 * i + 2));
        assert_true(v.weights[i] == 1.0);
        assert_int_equal(v.labels[i], -1);
    }
    s.tagged = 1;
    assert_ok(view(f, 4321, 100, stage, &v));
    assert_true(v.weights[99] == 4420.5);
    assert_int_equal(v.labels[99], 4420 % 7);
    free(stage);
    assert_int_equal(
        base_data_stage_bytes(f->x, SIZE_MAX / 4) > SIZE_MAX - 4096, 1);
}

static void a_source_is_gathered_in_pieces(void **state)
{
    const fixture *const f = *state;
    source s = {0, 0, 0, -1, 1};
    static int64_t rows[3000];
    static double out[3000 * D], weights[3000];
    static int32_t labels[3000];

    for (size_t i = 0; i < 3000; i++)
        rows[i] = (int64_t)(i + i / 2);
    assert_ok(
        genmod_data_set_source(f->x, GENMOD_F32, 5000, D, read_rows, &s, f->w));
    assert_ok(gather(f, 3000, rows, out, weights, labels));
    assert_int_equal(s.calls, 3);
    assert_int_equal(s.most, 1024);
    for (size_t i = 0; i < 3000; i++) {
        assert_true(out[i * D + 1] == (double)(10 * rows[i] + 1));
        assert_true(weights[i] == (double)rows[i] + 0.5);
        assert_int_equal(labels[i], rows[i] % 7);
    }
}

static void a_sources_failures_are_told(void **state)
{
    const fixture *const f = *state;
    source s = {0, 0, -7, -1, 0};
    const int64_t rows[] = {3, 40, 41};
    double out[3 * D];

    assert_ok(
        genmod_data_set_source(f->x, GENMOD_F32, 50, D, read_rows, &s, f->w));
    assert_int_equal(gather(f, 3, rows, out, NULL, NULL), GENMOD_CALLBACK);
    assert_error_names(f->w, "returned -7 at row 3");
    s.status = 0;
    s.bad_weight = 40;
    assert_int_equal(gather(f, 3, rows, out, NULL, NULL), GENMOD_BAD_ARGUMENT);
    assert_error_names(f->w, "weight of row 40 is -1;");
    s.bad_weight = -1;
    s.status = 3; /* only negative ones end a call */
    assert_ok(gather(f, 3, rows, out, NULL, NULL));
}

static void a_source_checks_its_arguments(void **state)
{
    static const double weights[N] = {1, 1, 1, 1, 1};
    const fixture *const f = *state;
    source s = {0, 0, 0, -1, 0};

    assert_ok(genmod_data_set_rows(f->x, GENMOD_F64, N, D, f64, 0, 0, f->w));
    assert_refused(
        f, genmod_data_set_source(f->x, GENMOD_F32, 5, 5, NULL, &s, f->w),
        "read is NULL");
    assert_refused(f,
                   genmod_data_set_source(f->x, 9, 5, 5, read_rows, &s, f->w),
                   "type is 9");
    assert_int_equal(
        genmod_data_set_source(NULL, GENMOD_F32, 5, 5, read_rows, &s, f->w),
        GENMOD_BAD_ARGUMENT);
    assert_ok(
        genmod_data_set_source(f->x, GENMOD_F32, N, D, read_rows, &s, f->w));
    assert_int_equal(genmod_data_set_weights(f->x, N, weights, f->w),
                     GENMOD_BAD_ARGUMENT);
    assert_error_names(f->w, "a row source writes its weights itself");
    assert_int_equal(genmod_data_set_labels(f->x, 0, NULL, f->w),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(s.calls, 0);
}

static void new_checks_its_arguments(void **state)
{
    (void)state;
    assert_int_equal(genmod_data_new(NULL, NULL), GENMOD_BAD_ARGUMENT);
    genmod_data_free(NULL);
}

static void pointing_a_view_allocates_nothing(void **state)
{
    host h;
    genmod_context *const c = host_context(&h);
    genmod_workspace *w;
    genmod_data *x;
    source s = {0, 0, 0, -1, 0};

    (void)state;
    assert_ok(genmod_workspace_new(c, &w));
    assert_ok(genmod_data_new(&x, w));
    host_arm(&h, 0, HOST_FROM_THEN_ON);
    assert_ok(genmod_data_set_rows(x, GENMOD_F64, N, D, f64, 0, 0, w));
    assert_ok(genmod_data_set_source(x, GENMOD_F32, N, D, read_rows, &s, w));
    assert_int_equal(atomic_load(&h.calls), 0);
    genmod_workspace_free(w);
    genmod_context_free(c);
    genmod_data_free(x); /* last, in any order */
    assert_int_equal(atomic_load(&h.blocks), 0);
}

static int32_t make_and_gather(genmod_context *c, void *arg)
{
    const int64_t rows[] = {3, 40, 41};
    source s = {0, 0, 0, -1, 0};
    double out[3 * D];
    fixture f = {NULL, NULL};
    int32_t status = genmod_workspace_new(c, &f.w);

    (void)arg;
    if (!status)
        status = genmod_data_new(&f.x, f.w);
    if (!status)
        status =
            genmod_data_set_source(f.x, GENMOD_F32, 50, D, read_rows, &s, f.w);
    if (!status)
        status = gather(&f, 3, rows, out, NULL, NULL);
    genmod_data_free(f.x);
    genmod_workspace_free(f.w);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_int_equal(support_alloc_walk(make_and_gather, NULL), 3);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(rows_are_seen_through_any_strides),
        WITH(bytes_are_scaled),
        WITH(shapes_out_of_range_are_refused),
        WITH(extents_that_no_memory_has_are_refused),
        WITH(weights_and_labels_belong_to_the_rows),
        WITH(bad_weights_name_their_row),
        WITH(scales_outside_their_range_are_refused),
        WITH(gather_copies_rows_as_doubles),
        WITH(what_is_not_finite_is_named),
        WITH(a_source_fills_the_stage),
        WITH(a_source_is_gathered_in_pieces),
        WITH(a_sources_failures_are_told),
        WITH(a_source_checks_its_arguments),
        cmocka_unit_test(new_checks_its_arguments),
        cmocka_unit_test(pointing_a_view_allocates_nothing),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
