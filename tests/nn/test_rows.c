#include "support/test.h"

#include "nn/nn.h"

#define N 23
#define D 12
#define LARGEST 64 /* cells between two rows of what lies in memory */

/* How rows lie. */
typedef struct layout {
    int32_t type;
    int64_t row, col; /* strides */
    size_t origin;    /* of cell (0, 0) */
    double scale, shift;
} layout;

static const layout layouts[] = {
    {GENMOD_F32, D, 1, 0, 1, 0},
    {GENMOD_F32, D + 5, 1, 3, 1, 0},
    {GENMOD_F32, 1, N, 0, 1, 0},
    {GENMOD_F32, -2 * D, 2, 2 * D *(N - 1), 1, 0},
    {GENMOD_F32, D, -1, D - 1, 1, 0},
    {GENMOD_F32, D, 1, 0, 0.125, -3.5},
    {GENMOD_F64, D, 1, 0, 1, 0},
    {GENMOD_F64, 3, 3 * N, 0, 1, 0},
    {GENMOD_F64, D, 1, 0, -0.3, 7},
    {GENMOD_U8, D, 1, 0, 1, 0},
    {GENMOD_U8, D, 1, 0, 1 / 255.0, 0},
    {GENMOD_U8, 2 * D, 2, 1, 0.01, -1.25},
};

#define LAYOUTS (sizeof layouts / sizeof *layouts)

typedef struct rows {
    genmod_workspace *w;
    genmod_data *x;
    double cells[N * LARGEST]; /* memory of any type */
    double expected[N][D];     /* the cells as they read */
    double center[D], scale[D];
    nn_columns c;
    void *stage;
} rows;

static void fill(rows *f, const layout *l, size_t i, size_t j)
{
    const int64_t at =
        (int64_t)l->origin + (int64_t)i * l->row + (int64_t)j * l->col;
    const double v = (double)((i * 37 + j * 101 + 11) % 251) / 8;
    double kept;

    assert_true(at >= 0 && at < N * LARGEST);
    if (l->type == GENMOD_F64)
        kept = ((double *)f->cells)[at] = v / 3;
    else if (l->type == GENMOD_F32)
        kept = (double)(((float *)f->cells)[at] = (float)(v / 3));
    else
        kept = ((uint8_t *)f->cells)[at] = (uint8_t)(v * 8);
    f->expected[i][j] = kept * l->scale + l->shift;
}

static rows *lay_out(const layout *l, const char *size)
{
    rows *const f = calloc(1, sizeof *f);

    assert_non_null(f);
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++)
            fill(f, l, i, j);
    for (size_t j = 0; j < D; j++) {
        f->center[j] = 0.75 * (double)j - 2;
        f->scale[j] = 1.5 + 0.3 * (double)j;
    }
    assert_ok(genmod_workspace_new(NULL, &f->w));
    assert_ok(genmod_data_new(&f->x, f->w));
    assert_ok(genmod_data_set_rows(
        f->x, l->type, N, D,
        (char *)f->cells + l->origin * (l->type == GENMOD_F64   ? 8
                                        : l->type == GENMOD_F32 ? 4
                                                                : 1),
        l->row, l->col, f->w));
    assert_ok(genmod_data_set_scale(f->x, l->scale, l->shift, f->w));
    assert_ok(nn_size_parse("input", size, &f->c.size, f->w));
    f->c.center = f->center;
    f->c.scale = f->scale;
    f->stage = aligned_alloc(64, (nn_rows_stage(f->x, N) + 63) / 64 * 64);
    assert_non_null(f->stage);
    return f;
}

static void let_go(rows *f)
{
    free(f->stage);
    genmod_data_free(f->x);
    genmod_workspace_free(f->w);
    free(f);
}

static double standardised(const rows *f, size_t row, size_t j)
{
    return (f->expected[row][j] - f->center[j]) / f->scale[j];
}

/* Where column j of the door stands in a tensor. */
static size_t place(const nn_size *s, size_t j)
{
    const size_t pixels = (size_t)(s->rank == 3 ? s->h * s->w : s->n);
    const size_t channels = D / pixels;

    return j % pixels * channels + j / pixels;
}

/* Cells are below 90 and centers below 7; differences and factors of floats are
 * rounded four times. */
static void check_row(const rows *f, size_t row, const float *out)
{
    for (size_t j = 0; j < D; j++)
        assert_near(out[place(&f->c.size, j)], standardised(f, row, j),
                    4 * 0x1p-24 * (fabs(f->expected[row][j]) + 7));
}

static void read_standardises_rows_of_every_type_and_stride(void **state)
{
    static const int64_t numbers[] = {0, 3, 4, 5, 11, 21, 22};
    float out[7 * D];

    (void)state;
    for (size_t l = 0; l < LAYOUTS; l++) {
        rows *const f = lay_out(&layouts[l], "12");

        memset(out, 0x7f, sizeof out);
        assert_ok(nn_rows_read(f->x, &f->c, 7, numbers, f->stage, out, NULL,
                               NULL, NULL, f->w));
        for (size_t i = 0; i < 7; i++)
            check_row(f, (size_t)numbers[i], out + i * D);
        let_go(f);
    }
}

static void read_turns_images_so_that_channels_lie_together(void **state)
{
    static const char *const sizes[] = {"3x2x2", "2x3x2", "12x1x1", "1x3x4"};
    static const int64_t numbers[] = {2, 9};
    float out[2 * D];

    (void)state;
    for (size_t s = 0; s < 4; s++)
        for (size_t l = 0; l < LAYOUTS; l++) {
            rows *const f = lay_out(&layouts[l], sizes[s]);

            assert_ok(nn_rows_read(f->x, &f->c, 2, numbers, f->stage, out, NULL,
                                   NULL, NULL, f->w));
            check_row(f, 2, out);
            check_row(f, 9, out + D);
            let_go(f);
        }
}

static void run_gives_the_bits_of_read(void **state)
{
    int64_t numbers[N];
    float a[N * D], b[N * D];

    (void)state;
    for (size_t i = 0; i < N; i++)
        numbers[i] = (int64_t)i + 4;
    for (size_t l = 0; l < LAYOUTS; l++) {
        rows *const f = lay_out(&layouts[l], "3x2x2");

        assert_ok(nn_rows_read(f->x, &f->c, 15, numbers, f->stage, a, NULL,
                               NULL, NULL, f->w));
        assert_ok(nn_rows_run(f->x, &f->c, 4, 15, f->stage, b, NULL, f->w));
        assert_memory_equal(a, b, 15 * D * sizeof *a);
        let_go(f);
    }
}

static void read_of_raw_columns_gives_the_floats_themselves(void **state)
{
    rows *const f = lay_out(&layouts[0], "12");
    float out[N * D];

    (void)state;
    for (size_t j = 0; j < D; j++) {
        f->center[j] = 0;
        f->scale[j] = 1;
    }
    assert_ok(nn_rows_run(f->x, &f->c, 0, N, f->stage, out, NULL, f->w));
    assert_memory_equal(out, f->cells, sizeof out);
    let_go(f);
}

/* 1e9 with steps of 1: in floats all of it would be gone. */
static void read_of_doubles_survives_a_large_offset(void **state)
{
    rows *const f = lay_out(&layouts[6], "12");
    float out[N * D];

    (void)state;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++)
            f->expected[i][j] = f->cells[i * D + j] += 1e9 + 1.0 / 3;
    for (size_t j = 0; j < D; j++)
        f->center[j] += 1e9 + 1.0 / 3;
    assert_ok(nn_rows_run(f->x, &f->c, 0, N, f->stage, out, NULL, f->w));
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++)
            assert_near(out[i * D + j], standardised(f, i, j), 1e-5);
    let_go(f);
}

/* In floats both the difference and the factor are infinite. */
static void read_of_floats_survives_what_overflows_in_between(void **state)
{
    rows *const f = lay_out(&layouts[0], "12");
    float *const cells = (float *)f->cells, out[D];

    (void)state;
    cells[3] = 3e38f;
    f->center[3] = -3e38;
    f->scale[3] = 1e38;
    cells[4] = 3e-40f;
    f->center[4] = 0;
    f->scale[4] = 1e-40;
    assert_ok(nn_rows_run(f->x, &f->c, 0, 1, f->stage, out, NULL, f->w));
    assert_near(out[3], 6, 1e-5);
    assert_near(out[4], 3, 1e-4); /* 3e-40 has some 18 bits */
    let_go(f);
}

/* 1e-45 is a float, but with one bit. */
static void read_of_floats_survives_factors_that_floats_blur(void **state)
{
    rows *const f = lay_out(&layouts[0], "12");
    float out[D];

    (void)state;
    ((float *)f->cells)[5] = 3e38f;
    f->center[5] = 0;
    f->scale[5] = 1e45;
    assert_ok(nn_rows_run(f->x, &f->c, 0, 1, f->stage, out, NULL, f->w));
    assert_near(out[5], 3e-7, 1e-13);
    let_go(f);
}

static void check_refused(rows *f, const char *what)
{
    static const int64_t numbers[] = {1, 2, 7, 20};
    float out[4 * D];

    assert_status(nn_rows_read(f->x, &f->c, 4, numbers, f->stage, out, NULL,
                               NULL, NULL, f->w),
                  GENMOD_NON_FINITE, f->w);
    assert_error_names(f->w, what);
    assert_status(nn_rows_run(f->x, &f->c, 5, 4, f->stage, out, NULL, f->w),
                  GENMOD_NON_FINITE, f->w);
    assert_error_names(f->w, what);
}

static void read_names_the_cell_that_is_not_finite(void **state)
{
    (void)state;
    for (size_t l = 0; l < LAYOUTS; l++) {
        const layout *const how = &layouts[l];
        rows *f;
        int64_t at;

        if (how->type == GENMOD_U8)
            continue;
        f = lay_out(how, "3x2x2");
        at = (int64_t)how->origin + 7 * how->row + 5 * how->col;
        if (how->type == GENMOD_F64)
            ((double *)f->cells)[at] = NAN;
        else
            ((float *)f->cells)[at] = NAN;
        check_refused(f, "row 7, column 5 is nan");
        at += 4 * how->col;
        if (how->type == GENMOD_F64)
            ((double *)f->cells)[at] = INFINITY;
        else
            ((float *)f->cells)[at] = INFINITY;
        check_refused(f, "row 7, column 5 is nan");
        let_go(f);
    }
}

static void read_refuses_doubles_that_are_no_floats(void **state)
{
    rows *const f = lay_out(&layouts[6], "12");

    (void)state;
    f->cells[7 * D + 11] = -1e300;
    check_refused(f, "row 7, column 11 is -1e300: too large");
    let_go(f);
}

static void read_gives_weights_and_ones(void **state)
{
    static const int64_t numbers[] = {3, 4, 19};
    rows *const f = lay_out(&layouts[1], "12");
    double weights[N];
    float out[3 * D], got[3] = {0};

    (void)state;
    for (size_t i = 0; i < N; i++)
        weights[i] = 0.25 + (double)i;
    assert_ok(nn_rows_read(f->x, &f->c, 3, numbers, f->stage, out, NULL, got,
                           NULL, f->w));
    assert_true(got[0] == 1 && got[1] == 1 && got[2] == 1);
    assert_ok(genmod_data_set_weights(f->x, N, weights, f->w));
    assert_ok(nn_rows_read(f->x, &f->c, 3, numbers, f->stage, out, NULL, got,
                           NULL, f->w));
    assert_true(got[0] == 3.25f && got[1] == 4.25f && got[2] == 19.25f);
    weights[19] = -2;
    assert_status(nn_rows_read(f->x, &f->c, 3, numbers, f->stage, out, NULL,
                               got, NULL, f->w),
                  GENMOD_BAD_ARGUMENT, f->w);
    assert_error_names(f->w, "row 19");
    weights[19] = 1e39;
    assert_status(nn_rows_read(f->x, &f->c, 3, numbers, f->stage, out, NULL,
                               got, NULL, f->w),
                  GENMOD_BAD_ARGUMENT, f->w);
    assert_error_names(f->w, "row 19 is 1e39");
    let_go(f);
}

typedef struct feed {
    const void *cells;
    size_t bytes; /* of a row */
    size_t calls;
    int32_t answer;
} feed;

static int32_t give(size_t n, const int64_t *numbers, void *x, double *weights,
                    int32_t *labels, void *user)
{
    feed *const f = user;

    (void)labels;
    f->calls++;
    for (size_t i = 0; i < n; i++) {
        memcpy((char *)x + i * f->bytes,
               (const char *)f->cells + (size_t)numbers[i] * f->bytes,
               f->bytes);
        weights[i] = 1.5 + (double)numbers[i];
    }
    return f->answer;
}

/* Rows in memory, then the same from a callback: the same bits. */
static void read_asks_a_source_for_its_rows_without_allocating(void **state)
{
    static const size_t dense[] = {0, 5, 6, 8, 9, 10};
    static const int64_t numbers[] = {1, 2, 3, 8, 21, 22};
    float a[6 * D], b[6 * D], weights[6];

    (void)state;
    for (size_t l = 0; l < 6; l++) {
        const layout *const how = &layouts[dense[l]];
        const size_t bytes = how->type == GENMOD_F64   ? 8
                             : how->type == GENMOD_F32 ? 4
                                                       : 1;
        rows *const f = lay_out(how, "3x2x2");
        feed source = {.cells = f->cells, .bytes = D * bytes};
        host h;
        genmod_context *c;
        genmod_workspace *w;

        host_init(&h);
        c = host_context(&h);
        assert_ok(genmod_workspace_new(c, &w));
        assert_ok(nn_rows_read(f->x, &f->c, 6, numbers, f->stage, a, NULL, NULL,
                               NULL, f->w));
        assert_ok(
            genmod_data_set_source(f->x, how->type, N, D, give, &source, f->w));
        free(f->stage);
        f->stage = aligned_alloc(64, (nn_rows_stage(f->x, N) + 63) / 64 * 64);
        host_arm(&h, HOST_NEVER, HOST_ONCE);
        assert_ok(nn_rows_read(f->x, &f->c, 6, numbers, f->stage, b, NULL,
                               weights, NULL, w));
        assert_int_equal(source.calls, 1);
        assert_memory_equal(a, b, sizeof a);
        for (size_t i = 0; i < 6; i++)
            assert_true(weights[i] == 1.5f + (float)numbers[i]);
        assert_ok(nn_rows_run(f->x, &f->c, 1, 3, f->stage, b, NULL, w));
        assert_memory_equal(a, b, 3 * D * sizeof *a);
        assert_int_equal(atomic_load(&h.calls), 0);
        source.answer = -5;
        assert_status(nn_rows_read(f->x, &f->c, 6, numbers, f->stage, b, NULL,
                                   NULL, NULL, w),
                      GENMOD_CALLBACK, w);
        genmod_workspace_free(w);
        genmod_context_free(c);
        let_go(f);
    }
}

static void write_undoes_read_in_both_types(void **state)
{
    static const char *const sizes[] = {"12", "3x2x2", "2x2x3"};
    float in[N * D], floats[N * D];
    double doubles[N * D];

    (void)state;
    for (size_t s = 0; s < 3; s++) {
        rows *const f = lay_out(&layouts[6], sizes[s]);

        assert_ok(nn_rows_run(f->x, &f->c, 0, N, f->stage, in, NULL, f->w));
        nn_rows_write(&f->c, 1, N, in, GENMOD_F64, doubles);
        nn_rows_write(&f->c, 1, N, in, GENMOD_F32, floats);
        for (size_t i = 0; i < N * D; i++) {
            const double v = f->expected[i / D][i % D];

            assert_near(doubles[i], v, 0x1p-23 * (fabs(v) + 7));
            assert_true(floats[i] == (float)doubles[i]);
        }
        nn_rows_write(&f->c, 0, N, in, GENMOD_F64, doubles);
        for (size_t i = 0; i < N; i++)
            for (size_t j = 0; j < D; j++)
                assert_true(doubles[i * D + j] ==
                            in[i * D + place(&f->c.size, j)]);
        let_go(f);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(read_standardises_rows_of_every_type_and_stride),
        cmocka_unit_test(read_turns_images_so_that_channels_lie_together),
        cmocka_unit_test(run_gives_the_bits_of_read),
        cmocka_unit_test(read_of_raw_columns_gives_the_floats_themselves),
        cmocka_unit_test(read_of_doubles_survives_a_large_offset),
        cmocka_unit_test(read_of_floats_survives_what_overflows_in_between),
        cmocka_unit_test(read_of_floats_survives_factors_that_floats_blur),
        cmocka_unit_test(read_names_the_cell_that_is_not_finite),
        cmocka_unit_test(read_refuses_doubles_that_are_no_floats),
        cmocka_unit_test(read_gives_weights_and_ones),
        cmocka_unit_test(read_asks_a_source_for_its_rows_without_allocating),
        cmocka_unit_test(write_undoes_read_in_both_types),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
