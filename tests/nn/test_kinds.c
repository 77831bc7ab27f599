#include "support/test.h"

#include "nn/nn.h"

#define N 17
#define D 6
#define LARGEST 12 /* cells between two rows of what lies in memory */

static const int32_t kinds[D] = {GENMOD_REAL,     GENMOD_POSITIVE,
                                 GENMOD_POSITIVE, GENMOD_COUNT,
                                 GENMOD_BINARY,   GENMOD_CATEGORICAL};
static const int32_t levels[D] = {0, 0, 0, 0, 0, 3};

/* How rows lie. */
typedef struct layout {
    int32_t type;
    int64_t row, col; /* strides */
    size_t origin;    /* of cell (0, 0) */
    double scale, shift;
} layout;

static const layout layouts[] = {
    {GENMOD_F64, D, 1, 0, 1, 0},
    {GENMOD_F64, 1, N, 0, 1, 0},
    {GENMOD_F64, D, 1, 0, 0.25, 3},
    {GENMOD_F32, D, 1, 0, 1, 0},
    {GENMOD_F32, -2 * D, 2, 2 * D *(N - 1), 1, 0},
    {GENMOD_F32, D, -1, D - 1, 0.25, 3},
    {GENMOD_U8, D, 1, 0, 0.5, -1},
    {GENMOD_U8, 2 * D, 2, 1, 0.5, -1},
};

#define LAYOUTS (sizeof layouts / sizeof *layouts)

typedef struct table {
    const layout *l;
    genmod_workspace *w;
    genmod_data *x;
    double cells[N * LARGEST]; /* memory of any type */
    double center[D], scale[D];
    nn_columns c;
    void *stage;
    float out[N * D], mask[N * D];
} table;

/* Cell (i, j): halves from -1 to 126.5, as bytes are scaled above. */
static double cell(size_t i, size_t j)
{
    switch (kinds[j]) {
    case GENMOD_REAL:
        return (double)((i * 37 + 11) % 251) / 2 - 1;
    case GENMOD_POSITIVE:
        return (double)((i * 29 + j * 101) % 240 + 1) / 2;
    case GENMOD_COUNT:
        return (double)(i * 53 % 127);
    case GENMOD_BINARY:
        return (double)(i % 5 % 2);
    default:
        return (double)(i * 7 % 3);
    }
}

static void put(table *t, size_t i, size_t j, double v)
{
    const layout *const l = t->l;
    const int64_t at =
        (int64_t)l->origin + (int64_t)i * l->row + (int64_t)j * l->col;
    const double kept = (v - l->shift) / l->scale;

    assert_true(at >= 0 && at < N * LARGEST);
    if (l->type == GENMOD_F64)
        t->cells[at] = kept;
    else if (l->type == GENMOD_F32)
        ((float *)t->cells)[at] = (float)kept;
    else
        ((uint8_t *)t->cells)[at] = (uint8_t)kept;
}

static size_t bytes_of(int32_t type)
{
    return type == GENMOD_F64 ? 8 : type == GENMOD_F32 ? 4 : 1;
}

static void stage_anew(table *t)
{
    free(t->stage);
    t->stage = aligned_alloc(64, (nn_rows_stage(t->x, N) + 63) / 64 * 64);
    assert_non_null(t->stage);
}

static table *lay_out(const layout *l, const char *size)
{
    table *const t = calloc(1, sizeof *t);

    assert_non_null(t);
    t->l = l;
    for (size_t i = 0; i < N; i++)
        for (size_t j = 0; j < D; j++)
            put(t, i, j, cell(i, j));
    for (size_t j = 0; j < D; j++) {
        t->center[j] = 0.75 * (double)j - 2;
        t->scale[j] = 1.5 + 0.3 * (double)j;
    }
    assert_ok(genmod_workspace_new(NULL, &t->w));
    assert_ok(genmod_data_new(&t->x, t->w));
    assert_ok(genmod_data_set_rows(
        t->x, l->type, N, D, (char *)t->cells + l->origin * bytes_of(l->type),
        l->row, l->col, t->w));
    assert_ok(genmod_data_set_scale(t->x, l->scale, l->shift, t->w));
    assert_ok(nn_size_parse("input", size, &t->c.size, t->w));
    t->c.center = t->center;
    t->c.scale = t->scale;
    t->c.kind = kinds;
    t->c.levels = levels;
    stage_anew(t);
    return t;
}

static void let_go(table *t)
{
    free(t->stage);
    genmod_data_free(t->x);
    genmod_workspace_free(t->w);
    free(t);
}

/* Where column j of the door stands in a tensor. */
static size_t place(const nn_size *s, size_t j)
{
    const size_t pixels = (size_t)(s->rank == 3 ? s->h * s->w : s->n);

    return j % pixels * (D / pixels) + j / pixels;
}

static double reads_as(const table *t, size_t j, double v)
{
    if (kinds[j] == GENMOD_REAL)
        return (v - t->center[j]) / t->scale[j];
    if (kinds[j] == GENMOD_POSITIVE)
        return (log(v) - t->center[j]) / t->scale[j];
    return v;
}

static int32_t run(table *t, size_t first, size_t n)
{
    memset(t->out, 0x7f, sizeof t->out);
    memset(t->mask, 0x7f, sizeof t->mask);
    return nn_rows_run(t->x, &t->c, first, n, t->stage, t->out, t->mask, t->w);
}

/* A float's rounding; whole numbers have none. */
static void check_row(const table *t, size_t row, const float *out)
{
    for (size_t j = 0; j < D; j++) {
        const double y = reads_as(t, j, cell(row, j));
        const double got = out[place(&t->c.size, j)];

        if (kinds[j] <= GENMOD_POSITIVE)
            assert_near(got, y, 0x1p-23 * (fabs(y) + 0x1p-20));
        else
            assert_true(got == y);
    }
}

static void columns_of_each_kind_read_as_their_own(void **state)
{
    static const char *const sizes[] = {"6", "2x3x1", "3x1x2", "6x1x1"};
    static const int64_t numbers[] = {0, 3, 4, 5, 16};

    (void)state;
    for (size_t l = 0; l < LAYOUTS; l++)
        for (size_t s = 0; s < 4; s++) {
            table *const t = lay_out(&layouts[l], sizes[s]);

            assert_ok(nn_rows_read(t->x, &t->c, 5, numbers, t->stage, t->out,
                                   NULL, NULL, NULL, t->w));
            for (size_t i = 0; i < 5; i++)
                check_row(t, (size_t)numbers[i], t->out + i * D);
            assert_ok(run(t, 2, 9));
            for (size_t i = 0; i < 9; i++)
                check_row(t, i + 2, t->out + i * D);
            for (size_t i = 0; i < 9 * D; i++)
                assert_true(t->mask[i] == 1);
            let_go(t);
        }
}

static void real_columns_by_name_are_real_columns(void **state)
{
    static const int32_t real[D] = {0};

    (void)state;
    for (size_t l = 0; l < LAYOUTS; l++) {
        table *const t = lay_out(&layouts[l], "3x1x2");
        float fast[N * D];

        t->c.kind = t->c.levels = NULL;
        assert_ok(run(t, 0, N));
        memcpy(fast, t->out, sizeof fast);
        for (size_t i = 0; i < N * D; i++)
            assert_true(t->mask[i] == 1);
        t->c.kind = real;
        assert_ok(run(t, 0, N));
        /* cells are below 128; the fast path rounds thrice */
        for (size_t i = 0; i < N * D; i++)
            assert_near(t->out[i], fast[i], 4 * 0x1p-24 * 128);
        let_go(t);
    }
}

/* Every seventh cell, so that each column has some. */
static int is_gap(size_t i, size_t j)
{
    return (i * D + j) % 7 == 3;
}

static void check_gaps(const table *t, size_t first, size_t n)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < D; j++) {
            const size_t at = i * D + place(&t->c.size, j);
            const double y = reads_as(t, j, cell(first + i, j));

            assert_true(t->mask[at] == !is_gap(first + i, j));
            if (is_gap(first + i, j))
                assert_true(t->out[at] == 0);
            else
                assert_near(t->out[at], y, 0x1p-23 * (fabs(y) + 0x1p-20));
        }
}

/* Columns and view let cells be missing. */
static void let_miss(table *t)
{
    t->c.missing = 1;
    assert_ok(genmod_data_set_missing(t->x, 1, NULL));
}

static void missing_cells_read_as_nought_and_are_masked(void **state)
{
    static const char *const sizes[] = {"6", "3x1x2"};

    (void)state;
    for (size_t l = 0; l < 6; l++)
        for (size_t s = 0; s < 2; s++) {
            table *const t = lay_out(&layouts[l], sizes[s]);

            for (size_t i = 0; i < N; i++)
                for (size_t j = 0; j < D; j++)
                    if (is_gap(i, j))
                        put(t, i, j, NAN);
            let_miss(t);
            assert_ok(run(t, 0, N));
            check_gaps(t, 0, N);
            assert_ok(run(t, 5, 3));
            check_gaps(t, 5, 3);
            let_go(t);
        }
}

static void missing_cells_of_real_columns_need_no_kinds(void **state)
{
    table *const t = lay_out(&layouts[3], "6");

    (void)state;
    t->c.kind = t->c.levels = NULL;
    let_miss(t);
    put(t, 2, 4, NAN);
    assert_ok(run(t, 0, 3));
    for (size_t i = 0; i < 3 * D; i++)
        assert_true(t->mask[i] == (i != 2 * D + 4));
    assert_true(t->out[2 * D + 4] == 0);
    assert_near(t->out[2 * D + 3], (cell(2, 3) - t->center[3]) / t->scale[3],
                1e-5);
    put(t, 1, 4, -INFINITY);
    assert_status(run(t, 0, 3), GENMOD_NON_FINITE, t->w);
    assert_error_names(t->w, "the cell in row 1, column 4 is -inf");
    let_go(t);
}

/* It takes both. */
static void missing_cells_want_the_leave_of_the_view(void **state)
{
    table *const t = lay_out(&layouts[3], "6");

    (void)state;
    for (int kinds_told = 1; kinds_told >= 0; kinds_told--) {
        if (!kinds_told)
            t->c.kind = t->c.levels = NULL;
        let_miss(t);
        put(t, 2, 4, NAN);
        assert_ok(run(t, 0, 3));
        assert_ok(genmod_data_set_missing(t->x, 0, NULL));
        assert_status(run(t, 0, 3), GENMOD_NON_FINITE, t->w);
        assert_error_names(t->w, "the cell in row 2, column 4 is nan");
        assert_ok(run(t, 0, 2));
        let_miss(t);
        t->c.missing = 0;
        assert_status(run(t, 0, 3), GENMOD_NON_FINITE, t->w);
    }
    let_go(t);
}

typedef struct refusal {
    size_t column;
    double cell;
    int32_t status;
    const char *text;
} refusal;

#define COUNTS "; a count is a whole number from 0 to 16777216"
#define BINARIES "; a binary cell is 0 or 1"
#define CATEGORIES "; a category is a whole number from 0 to 2"

static const refusal refusals[] = {
    {0, INFINITY, GENMOD_NON_FINITE, "column 0 is inf"},
    {1, 0, GENMOD_BAD_ARGUMENT, "column 1 is 0; a positive number is > 0"},
    {2, -2.5, GENMOD_BAD_ARGUMENT,
     "column 2 is -2.5; a positive number is > 0"},
    {2, INFINITY, GENMOD_NON_FINITE, "column 2 is inf"},
    {3, 1.5, GENMOD_BAD_ARGUMENT, "column 3 is 1.5" COUNTS},
    {3, -1, GENMOD_BAD_ARGUMENT, "column 3 is -1" COUNTS},
    {3, 0x1p100, GENMOD_BAD_ARGUMENT,
     "column 3 is 1.2676506002282294e30" COUNTS},
    {3, -INFINITY, GENMOD_NON_FINITE, "column 3 is -inf"},
    {4, 2, GENMOD_BAD_ARGUMENT, "column 4 is 2" BINARIES},
    {4, 0.5, GENMOD_BAD_ARGUMENT, "column 4 is 0.5" BINARIES},
    {4, -1, GENMOD_BAD_ARGUMENT, "column 4 is -1" BINARIES},
    {5, 3, GENMOD_BAD_ARGUMENT, "column 5 is 3" CATEGORIES},
    {5, 0.25, GENMOD_BAD_ARGUMENT, "column 5 is 0.25" CATEGORIES},
    {5, -1, GENMOD_BAD_ARGUMENT, "column 5 is -1" CATEGORIES},
    {5, INFINITY, GENMOD_NON_FINITE, "column 5 is inf"},
};

static void check_refused(table *t, int32_t status, const char *text)
{
    static const int64_t numbers[] = {1, 2, 7, 15};
    double mean_weight;
    base_call call;

    assert_status(nn_rows_read(t->x, &t->c, 4, numbers, t->stage, t->out,
                               t->mask, NULL, NULL, t->w),
                  status, t->w);
    assert_error_names(t->w, "the cell in row 7, ");
    assert_error_names(t->w, text);
    assert_status(run(t, 5, 4), status, t->w);
    assert_error_names(t->w, "the cell in row 7, ");
    assert_error_names(t->w, text);
    genmod_workspace *const w = base_enter(&call, t->w, NULL);
    assert_status(
        base_leave(&call, nn_columns_learn(t->x, 1, &t->c, &mean_weight, w)),
        status, t->w);
    assert_error_names(t->w, "the cell in row 7, ");
    assert_error_names(t->w, text);
}

static void cells_that_are_not_of_their_kind_are_refused(void **state)
{
    (void)state;
    for (size_t l = 0; l < 6; l++)
        for (size_t r = 0; r < sizeof refusals / sizeof *refusals; r++) {
            const refusal *const how = &refusals[r];
            table *const t = lay_out(&layouts[l], "3x1x2");

            put(t, 7, how->column, how->cell);
            check_refused(t, how->status, how->text);
            let_miss(t);
            check_refused(t, how->status, how->text);
            put(t, 7, 0, NAN);
            if (how->column > 0)
                check_refused(t, how->status, how->text);
            let_go(t);
        }
}

static void the_ends_of_each_kind_are_taken(void **state)
{
    table *const t = lay_out(&layouts[0], "6");

    (void)state;
    put(t, 0, 1, 0x1p-1074);
    put(t, 1, 1, 0x1.fffffffffffffp1023);
    put(t, 0, 3, 0);
    put(t, 1, 3, 16777216);
    put(t, 2, 3, 16777215);
    assert_ok(run(t, 0, 3));
    assert_near(t->out[1], reads_as(t, 1, 0x1p-1074), 1e-4);
    assert_near(t->out[D + 1], reads_as(t, 1, 0x1.fffffffffffffp1023), 1e-4);
    assert_true(t->out[3] == 0 && t->out[D + 3] == 16777216.0f);
    assert_true(t->out[2 * D + 3] == 16777215.0f);
    put(t, 1, 3, 16777217);
    assert_status(run(t, 0, 3), GENMOD_BAD_ARGUMENT, t->w);
    assert_error_names(t->w, "row 1, column 3 is 16777217" COUNTS);
    put(t, 1, 3, 3 - 0x1p-51);
    assert_status(run(t, 0, 3), GENMOD_BAD_ARGUMENT, t->w);
    assert_error_names(t->w, "row 1, column 3 is 2.9999999999999996" COUNTS);
    let_go(t);
}

static void nan_is_refused_where_no_cell_may_be_missing(void **state)
{
    static const char *const texts[] = {"column 0 is nan", "column 1 is nan",
                                        "column 2 is nan", "column 3 is nan",
                                        "column 4 is nan", "column 5 is nan"};

    (void)state;
    for (size_t l = 0; l < 6; l++)
        for (size_t j = 0; j < D; j++) {
            table *const t = lay_out(&layouts[l], "6");

            put(t, 7, j, NAN);
            check_refused(t, GENMOD_NON_FINITE, texts[j]);
            let_go(t);
        }
}

/* The first in the door's order, whether it is of another kind or too large. */
static void the_first_of_several_bad_cells_is_named(void **state)
{
    table *const t = lay_out(&layouts[0], "3x1x2");

    (void)state;
    t->scale[2] = 1e-50;
    t->center[2] = 0;
    put(t, 0, 2, 7.25);
    put(t, 0, 4, 3);
    put(t, 0, 0, 1e300);
    assert_status(run(t, 0, 2), GENMOD_NON_FINITE, t->w);
    assert_error_names(t->w, "row 0, column 0 is 1e300: too large for a float");
    put(t, 0, 0, 1);
    assert_status(run(t, 0, 2), GENMOD_NON_FINITE, t->w);
    assert_error_names(t->w, "row 0, column 2 is 7.25: too large for a float");
    put(t, 0, 1, -1);
    assert_status(run(t, 0, 2), GENMOD_BAD_ARGUMENT, t->w);
    assert_error_names(t->w, "row 0, column 1 is -1; a positive number is > 0");
    put(t, 0, 1, 1e300); /* its logarithm is a float */
    t->scale[2] = 1;
    assert_status(run(t, 0, 2), GENMOD_BAD_ARGUMENT, t->w);
    assert_error_names(t->w, "row 0, column 4 is 3");
    let_go(t);
}

static void bytes_of_black_and_white_are_binary(void **state)
{
    static const int32_t binary[D] = {3, 3, 3, 3, 3, 3};
    static const uint8_t pixels[D] = {0, 255, 255, 0, 255, 0};
    table *const t = lay_out(&layouts[6], "6");

    (void)state;
    t->c.kind = binary;
    let_miss(t);
    assert_ok(genmod_data_set_rows(t->x, GENMOD_U8, 1, D, pixels, 0, 0, t->w));
    assert_ok(genmod_data_set_scale(t->x, 1 / 255.0, 0, t->w));
    assert_ok(run(t, 0, 1));
    for (size_t j = 0; j < D; j++)
        assert_true(t->out[j] == (float)(pixels[j] != 0) && t->mask[j] == 1);
    let_go(t);
}

typedef struct feed {
    const double *cells;
    size_t bytes; /* of a row */
} feed;

static int32_t give(size_t n, const int64_t *numbers, void *x, double *weights,
                    int32_t *labels, void *user)
{
    const feed *const f = user;

    (void)weights;
    for (size_t i = 0; i < n; i++) {
        memcpy((char *)x + i * f->bytes,
               (const char *)f->cells + (size_t)numbers[i] * f->bytes,
               f->bytes);
        if (numbers[i] != 8)
            labels[i] = (int32_t)numbers[i] * 3;
    }
    return 0;
}

/* Rows in memory, then the same from a callback: the same bits. */
static void a_source_gives_the_bits_of_memory_without_allocating(void **state)
{
    static const size_t dense[] = {0, 2, 3, 6};
    static const int64_t numbers[] = {1, 2, 3, 8, 14, 16};

    (void)state;
    for (size_t l = 0; l < 4; l++) {
        table *const t = lay_out(&layouts[dense[l]], "3x1x2");
        feed source = {t->cells, D * bytes_of(t->l->type)};
        float out[6 * D], mask[6 * D];
        genmod_workspace *w;
        host h;
        genmod_context *const c = host_context(&h);

        assert_ok(genmod_workspace_new(c, &w));
        let_miss(t);
        if (t->l->type != GENMOD_U8)
            put(t, 8, 3, NAN);
        assert_ok(nn_rows_read(t->x, &t->c, 6, numbers, t->stage, out, mask,
                               NULL, NULL, t->w));
        assert_ok(genmod_data_set_source(t->x, t->l->type, N, D, give, &source,
                                         t->w));
        stage_anew(t);
        host_arm(&h, HOST_NEVER, HOST_ONCE);
        assert_ok(nn_rows_read(t->x, &t->c, 6, numbers, t->stage, t->out,
                               t->mask, NULL, NULL, w));
        assert_memory_equal(t->out, out, sizeof out);
        assert_memory_equal(t->mask, mask, sizeof mask);
        assert_int_equal(atomic_load(&h.calls), 0);
        genmod_workspace_free(w);
        genmod_context_free(c);
        let_go(t);
    }
}

static void labels_are_read_beside_the_rows(void **state)
{
    static const int64_t numbers[] = {1, 2, 8, 16};
    table *const t = lay_out(&layouts[0], "6");
    feed source = {t->cells, D * sizeof(double)};
    int32_t labels[N], got[4];

    (void)state;
    for (size_t i = 0; i < N; i++)
        labels[i] = (int32_t)i % 5 - 1;
    assert_ok(nn_rows_read(t->x, &t->c, 4, numbers, t->stage, t->out, NULL,
                           NULL, got, t->w));
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(got[i], -1);
    assert_ok(genmod_data_set_labels(t->x, N, labels, t->w));
    assert_ok(nn_rows_read(t->x, &t->c, 4, numbers, t->stage, t->out, NULL,
                           NULL, got, t->w));
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(got[i], labels[numbers[i]]);
    assert_ok(
        genmod_data_set_source(t->x, GENMOD_F64, N, D, give, &source, t->w));
    stage_anew(t);
    assert_ok(nn_rows_read(t->x, &t->c, 4, numbers, t->stage, t->out, NULL,
                           NULL, got, t->w));
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(got[i], numbers[i] == 8 ? -1 : numbers[i] * 3);
    let_go(t);
}

static void write_undoes_read_of_every_kind(void **state)
{
    static const char *const sizes[] = {"6", "3x1x2"};
    double doubles[N * D];
    float floats[N * D];

    (void)state;
    for (size_t s = 0; s < 2; s++) {
        table *const t = lay_out(&layouts[0], sizes[s]);

        assert_ok(run(t, 0, N));
        nn_rows_write(&t->c, 1, N, t->out, GENMOD_F64, doubles);
        nn_rows_write(&t->c, 1, N, t->out, GENMOD_F32, floats);
        for (size_t i = 0; i < N * D; i++) {
            const double v = cell(i / D, i % D);
            /* logarithms below 5 and centers below 2 in floats */
            const double rounding =
                kinds[i % D] <= GENMOD_POSITIVE ? 0x1p-22 * (fabs(v) + 7) : 0;

            assert_near(doubles[i], v, rounding);
            assert_true(floats[i] == (float)doubles[i]);
        }
        nn_rows_write(&t->c, 0, N, t->out, GENMOD_F64, doubles);
        for (size_t i = 0; i < N * D; i++)
            assert_true(doubles[i] ==
                        t->out[i / D * D + place(&t->c.size, i % D)]);
        let_go(t);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(columns_of_each_kind_read_as_their_own),
        cmocka_unit_test(real_columns_by_name_are_real_columns),
        cmocka_unit_test(missing_cells_read_as_nought_and_are_masked),
        cmocka_unit_test(missing_cells_of_real_columns_need_no_kinds),
        cmocka_unit_test(missing_cells_want_the_leave_of_the_view),
        cmocka_unit_test(cells_that_are_not_of_their_kind_are_refused),
        cmocka_unit_test(the_ends_of_each_kind_are_taken),
        cmocka_unit_test(nan_is_refused_where_no_cell_may_be_missing),
        cmocka_unit_test(the_first_of_several_bad_cells_is_named),
        cmocka_unit_test(bytes_of_black_and_white_are_binary),
        cmocka_unit_test(a_source_gives_the_bits_of_memory_without_allocating),
        cmocka_unit_test(labels_are_read_beside_the_rows),
        cmocka_unit_test(write_undoes_read_of_every_kind),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
