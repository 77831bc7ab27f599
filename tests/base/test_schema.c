#include "support/test.h"

#include "base/base.h"

#define N 4
#define D 5

static const double cells[N * D] = {2.385, 1, 3, 0, 2, -1, 0.25, 7, 1, 0,
                                    0.5,   9, 0, 1, 1, 8,  6.5,  2, 0, 2};
static const int32_t kinds[D] = {GENMOD_REAL, GENMOD_POSITIVE, GENMOD_COUNT,
                                 GENMOD_BINARY, GENMOD_CATEGORICAL};
static const int32_t levels[D] = {-4, 0, 1, 99999, 3}; /* one counts */

typedef struct fixture {
    genmod_workspace *w;
    genmod_data *x;
} fixture;

static int set_up(void **state)
{
    static fixture f;

    assert_ok(genmod_workspace_new(NULL, &f.w));
    assert_ok(genmod_data_new(&f.x, f.w));
    assert_ok(genmod_data_set_rows(f.x, GENMOD_F64, N, D, cells, 0, 0, f.w));
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

/* Refused, with `part` in the text, and the schema still as it was. */
static void assert_refused(const fixture *f, size_t d, const int32_t *kind,
                           const int32_t *level, const char *part)
{
    assert_status(genmod_data_set_schema(f->x, d, kind, level, f->w),
                  GENMOD_BAD_ARGUMENT, NULL);
    assert_error_names(f->w, part);
    assert_ptr_equal(base_data_kinds(f->x), kinds);
    assert_ptr_equal(base_data_levels(f->x), levels);
}

static int32_t read_nothing(size_t n, const int64_t *rows, void *x,
                            double *weights, int32_t *labels, void *user)
{
    (void)n, (void)rows, (void)x, (void)weights, (void)labels, (void)user;
    return 0;
}

static void a_schema_is_borrowed_and_forgotten(void **state)
{
    const fixture *const f = *state;

    assert_null(base_data_kinds(f->x));
    assert_null(base_data_levels(f->x));
    assert_ok(genmod_data_set_schema(f->x, D, kinds, levels, f->w));
    assert_ptr_equal(base_data_kinds(f->x), kinds);
    assert_ptr_equal(base_data_levels(f->x), levels);
    assert_ok(genmod_data_set_schema(f->x, 0, NULL, levels, f->w));
    assert_null(base_data_kinds(f->x));
    assert_null(base_data_levels(f->x));
}

static void a_schema_stays_while_the_number_of_columns_does(void **state)
{
    const fixture *const f = *state;

    assert_ok(genmod_data_set_schema(f->x, D, kinds, levels, f->w));
    assert_ok(genmod_data_set_rows(f->x, GENMOD_F64, 2, D, cells, 0, 0, f->w));
    assert_ptr_equal(base_data_kinds(f->x), kinds);
    assert_ptr_equal(base_data_levels(f->x), levels);
    assert_ok(genmod_data_set_source(f->x, GENMOD_F32, 9, D, read_nothing, NULL,
                                     f->w));
    assert_ptr_equal(base_data_kinds(f->x), kinds);
    assert_ptr_equal(base_data_levels(f->x), levels);
    assert_status(
        genmod_data_set_rows(f->x, GENMOD_F64, 2, 4, NULL, 0, 0, f->w),
        GENMOD_BAD_ARGUMENT, NULL);
    assert_ptr_equal(base_data_kinds(f->x), kinds);
    assert_ok(genmod_data_set_rows(f->x, GENMOD_F64, 2, 4, cells, 0, 0, f->w));
    assert_null(base_data_kinds(f->x));
    assert_null(base_data_levels(f->x));
    assert_ok(genmod_data_set_schema(f->x, 4, kinds, NULL, f->w));
    assert_ok(genmod_data_set_source(f->x, GENMOD_F32, 9, D, read_nothing, NULL,
                                     f->w));
    assert_null(base_data_kinds(f->x));
}

static void a_row_source_takes_a_schema(void **state)
{
    const fixture *const f = *state;

    assert_ok(genmod_data_set_source(f->x, GENMOD_U8, 9, D, read_nothing, NULL,
                                     f->w));
    assert_ok(genmod_data_set_schema(f->x, D, kinds, levels, f->w));
    assert_ptr_equal(base_data_kinds(f->x), kinds);
}

static void a_bad_schema_names_its_column(void **state)
{
    const fixture *const f = *state;
    int32_t kind[D], level[D];

    assert_ok(genmod_data_set_schema(f->x, D, kinds, levels, f->w));
    memcpy(kind, kinds, sizeof kind);
    memcpy(level, levels, sizeof level);
    kind[3] = -1;
    assert_refused(f, D, kind, level,
                   "the kind of column 3 is -1; it must be from 0 "
                   "(GENMOD_REAL) to 4 (GENMOD_CATEGORICAL)");
    kind[3] = 5;
    assert_refused(f, D, kind, level, "the kind of column 3 is 5;");
    level[4] = 1;
    assert_refused(f, D, kinds, level,
                   "the levels of column 4 are 1; they must be from 2 to "
                   "65536");
    level[4] = 65537;
    assert_refused(f, D, kinds, level, "the levels of column 4 are 65537;");
    assert_refused(f, D, kinds, NULL,
                   "levels is NULL, and column 4 is categorical");
    level[4] = 65536;
    assert_ok(genmod_data_set_schema(f->x, D, kinds, level, f->w));
    level[4] = 2;
    assert_ok(genmod_data_set_schema(f->x, D, kinds, level, f->w));
}

static void a_schema_of_other_columns_is_refused(void **state)
{
    const fixture *const f = *state;

    assert_ok(genmod_data_set_schema(f->x, D, kinds, levels, f->w));
    assert_refused(f, D - 1, kinds, levels, "d is 4; with kinds it must be 5");
    assert_refused(f, D + 1, kinds, levels, "d is 6; with kinds it must be 5");
    assert_refused(f, D, NULL, NULL, "d is 5; with NULL it must be 0");
    assert_status(genmod_data_set_schema(NULL, D, kinds, levels, f->w),
                  GENMOD_BAD_ARGUMENT, NULL);
    assert_error_names(f->w, "view is NULL");
}

static void missing_cells_are_allowed_until_they_are_not(void **state)
{
    const fixture *const f = *state;

    assert_int_equal(base_data_missing(f->x), 0);
    assert_ok(genmod_data_set_missing(f->x, 1, f->w));
    assert_int_equal(base_data_missing(f->x), 1);
    assert_ok(genmod_data_set_rows(f->x, GENMOD_F64, 2, 4, cells, 0, 0, f->w));
    assert_int_equal(base_data_missing(f->x), 1);
    assert_ok(genmod_data_set_source(f->x, GENMOD_F32, 9, 3, read_nothing, NULL,
                                     f->w));
    assert_int_equal(base_data_missing(f->x), 1);
    assert_status(genmod_data_set_missing(f->x, 2, f->w), GENMOD_BAD_ARGUMENT,
                  NULL);
    assert_error_names(f->w, "allowed is 2; it must be 0 or 1");
    assert_int_equal(base_data_missing(f->x), 1);
    assert_ok(genmod_data_set_missing(f->x, 0, f->w));
    assert_int_equal(base_data_missing(f->x), 0);
    assert_status(genmod_data_set_missing(NULL, 1, f->w), GENMOD_BAD_ARGUMENT,
                  NULL);
    assert_error_names(f->w, "view is NULL");
}

/* Whoever cannot do without a cell goes on refusing NaN. */
static void gathering_refuses_a_missing_cell(void **state)
{
    const fixture *const f = *state;
    const int64_t rows[] = {0, 1, 2};
    double with_gap[N * D], out[3 * D];
    base_call call;

    memcpy(with_gap, cells, sizeof cells);
    with_gap[2 * D + 1] = NAN;
    assert_ok(
        genmod_data_set_rows(f->x, GENMOD_F64, N, D, with_gap, 0, 0, f->w));
    assert_ok(genmod_data_set_missing(f->x, 1, f->w));
    genmod_workspace *const w = base_enter(&call, f->w, NULL);
    assert_status(
        base_leave(&call, base_data_gather(f->x, 3, rows, out, NULL, NULL, w)),
        GENMOD_NON_FINITE, NULL);
    assert_error_names(f->w, "row 2, column 1 is nan");
}

static void describing_columns_allocates_nothing(void **state)
{
    const fixture *const f = *state;
    host h;
    genmod_context *const c = host_context(&h);
    genmod_workspace *w;

    assert_ok(genmod_workspace_new(c, &w));
    host_arm(&h, 0, HOST_FROM_THEN_ON);
    assert_ok(genmod_data_set_schema(f->x, D, kinds, levels, w));
    assert_ok(genmod_data_set_missing(f->x, 1, w));
    assert_int_equal(atomic_load(&h.calls), 0);
    genmod_workspace_free(w);
    genmod_context_free(c);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(a_schema_is_borrowed_and_forgotten),
        WITH(a_schema_stays_while_the_number_of_columns_does),
        WITH(a_row_source_takes_a_schema),
        WITH(a_bad_schema_names_its_column),
        WITH(a_schema_of_other_columns_is_refused),
        WITH(missing_cells_are_allowed_until_they_are_not),
        WITH(gathering_refuses_a_missing_cell),
        WITH(describing_columns_allocates_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
