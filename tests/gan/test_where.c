/* Rows of which some columns are given. */
#include <math.h>
#include <string.h>

#include "gan/mixed.h"
#include "genmod/gan_table.h"

static void rows_that_meet_conditions_are_those_of_the_stream(void **state)
{
    (void)state;
    static const int32_t columns[2] = {1, 0};
    static const double least[2] = {1, -INFINITY}, most[2] = {1, 30};
    enum { TRIES = 700, WANTED = 60 };
    static double all[TRIES * D], x[WANTED * D], more[WANTED * D];
    gan_model *const m = mixed_model(mixed_plans[1]);
    size_t given = 0, tried = 0, at = 0, next = 0;
    assert_ok(
        gan_sample(m, 6, 4, TRIES, NULL, GENMOD_F64, sizeof all, all, NULL));
    assert_ok(gan_sample_where(m, 6, 4, TRIES, 2, columns, least, most, -1, 40,
                               GENMOD_F64, sizeof x, x, &given, &tried, NULL));
    assert_int_equal(given, 40);
    for (size_t i = 0; i < tried; i++) {
        const double *const r = all + i * D;
        if (r[1] == 1 && r[0] <= 30)
            assert_memory_equal(r, x + at++ * D, D * sizeof *r);
    }
    assert_int_equal(at, 40);
    assert_true(all[(tried - 1) * D + 1] == 1);
    /* going on: the 20 that come next, as a call for 60 has them */
    assert_ok(gan_sample_where(m, 6, 4, TRIES, 2, columns, least, most, -1,
                               WANTED, GENMOD_F64, sizeof x, x, NULL, &next,
                               NULL));
    assert_ok(gan_sample_where(m, 6, 4 + tried, TRIES - tried, 2, columns,
                               least, most, -1, 20, GENMOD_F64, sizeof more,
                               more, NULL, &at, NULL));
    assert_memory_equal(more, x + 40 * D, 20 * D * sizeof *x);
    assert_int_equal(tried + at, next);
    gan_free(m);
}

static void what_no_row_meets_is_told(void **state)
{
    (void)state;
    static const int32_t column = 0;
    static const double least = 1e6, most = INFINITY;
    double x[3 * D];
    size_t given = 9, tried = 9;
    gan_model *const m = mixed_model(mixed_plans[1]);
    memset(x, 1, sizeof x);
    assert_ok(gan_sample_where(m, 6, 0, 1000, 1, &column, &least, &most, -1, 3,
                               GENMOD_F64, sizeof x, x, &given, &tried, NULL));
    assert_int_equal(given, 0);
    assert_int_equal(tried, 1000);
    for (size_t i = 0; i < 3 * D; i++)
        assert_true(x[i] == 0);
    gan_free(m);
}

static void labels_go_with_conditions(void **state)
{
    (void)state;
    int32_t labels[N], given[300];
    double x[30 * D], all[300 * D];
    static const int32_t column = 4;
    static const double one = 1;
    size_t tried = 0, at = 0;
    genmod_data *const v = mixed_view();
    gan_model *const m = fixture_model(SMALL "classes=2 | numeric=standard");
    for (size_t i = 0; i < N; i++)
        labels[i] = (int32_t)(i % 2);
    for (size_t i = 0; i < 300; i++)
        given[i] = 1;
    assert_ok(genmod_data_set_labels(v, N, labels, NULL));
    assert_ok(gan_start(m, v, NULL));
    assert_ok(
        gan_sample(m, 2, 0, 300, given, GENMOD_F64, sizeof all, all, NULL));
    assert_ok(gan_sample_where(m, 2, 0, 300, 1, &column, &one, &one, 1, 30,
                               GENMOD_F64, sizeof x, x, NULL, &tried, NULL));
    for (size_t i = 0; i < tried; i++)
        if (all[i * D + 4] == 1)
            assert_memory_equal(all + i * D, x + at++ * D, D * sizeof *x);
    assert_int_equal(at, 30);
    assert_status(gan_sample_where(m, 2, 0, 300, 1, &column, &one, &one, 2, 30,
                                   GENMOD_F64, sizeof x, x, NULL, NULL, NULL),
                  GENMOD_BAD_ARGUMENT, NULL);
    gan_free(m);
    genmod_data_free(v);
}

/* With everything right but what the arguments say. */
static void refuse_where(const gan_model *m, size_t tries, int32_t column,
                         double least, double most, int32_t label, size_t n,
                         const char *why)
{
    double x[4 * D];
    size_t given = 77;
    genmod_workspace *const w = fixture_workspace(1, NULL);
    assert_int_equal(gan_sample_where(m, 6, 5, tries, 1, &column, &least, &most,
                                      label, n, GENMOD_F64, sizeof x, x, &given,
                                      NULL, w),
                     GENMOD_BAD_ARGUMENT);
    assert_non_null(strstr(genmod_workspace_error(w), why));
    assert_int_equal(given, 77);
    genmod_workspace_free(w);
}

static void conditions_that_cannot_be_are_refused(void **state)
{
    (void)state;
    gan_model *const m = mixed_model(mixed_plans[0]), *const none =
                                                          fixture_model(SMALL);
    double x[4 * D];
    refuse_where(m, 0, 0, 0, 1, -1, 4, "tries is 0");
    refuse_where(m, 9, 6, 0, 1, -1, 4, "the model's are 0 to 5");
    refuse_where(m, 9, -1, 0, 1, -1, 4, "columns has -1");
    refuse_where(m, 9, 0, 2, 1, -1, 4, "from 2 to 1");
    refuse_where(m, 9, 0, NAN, 1, -1, 4, "which no number is");
    refuse_where(m, 9, 1, 3, 3, -1, 4, "holds 0 to 2");
    refuse_where(m, 9, 4, 2, 2, -1, 4, "holds 0 to 1");
    refuse_where(m, 9, 0, 0, 1, 0, 4, "0 classes");
    refuse_where(m, 9, 0, 0, 1, -1, 0, "n is 0");
    refuse_where(NULL, 9, 0, 0, 1, -1, 4, "m is NULL");
    assert_status(gan_sample_where(m, 1, 0, 9, 1, NULL, x, x, -1, 4, GENMOD_F64,
                                   sizeof x, x, NULL, NULL, NULL),
                  GENMOD_BAD_ARGUMENT, NULL);
    assert_status(gan_sample_where(m, 1, 0, 9, 0, NULL, NULL, NULL, -1, 5,
                                   GENMOD_F64, sizeof x, x, NULL, NULL, NULL),
                  GENMOD_TOO_SMALL, NULL);
    assert_status(gan_sample_where(m, 1, UINT64_MAX, 9, 0, NULL, NULL, NULL, -1,
                                   4, GENMOD_F64, sizeof x, x, NULL, NULL,
                                   NULL),
                  GENMOD_BAD_ARGUMENT, NULL);
    assert_status(gan_sample_where(none, 1, 0, 9, 0, NULL, NULL, NULL, -1, 4,
                                   GENMOD_F64, sizeof x, x, NULL, NULL, NULL),
                  GENMOD_NOT_FITTED, NULL);
    gan_free(m);
    gan_free(none);
}

/* Column 0 is real, 1 of three categories, 2 positive, 3 a count, 4 binary. */
static void ranges_without_a_cell_of_the_kind_are_refused(void **state)
{
    (void)state;
    static const struct {
        int32_t column;
        double least, most;
        const char *why;
    } none[] = {{1, 1.2, 1.8, "holds 0 to 2"},
                {1, 2.1, INFINITY, "holds 0 to 2"},
                {3, 1.2, 1.8, "whole numbers"},
                {3, -5, -1, "whole numbers"},
                {3, 1e9, 1e10, "0 to 16777216, whole numbers"},
                {4, 0.1, 0.9, "holds 0 to 1"},
                {2, -5, 0, "positive"},
                {2, INFINITY, INFINITY, "positive"},
                {0, -INFINITY, -INFINITY, "finite"}},
      some[] = {{1, 1.2, 2.8, NULL}, {1, -7, 0.3, NULL},
                {3, -5, 0, NULL},    {3, 16777216, 1e10, NULL},
                {4, 0.1, 1, NULL},   {2, -5, 1e-9, NULL},
                {0, -5, -1, NULL}};
    gan_model *const m = mixed_model(mixed_plans[0]);
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        refuse_where(m, 9, none[i].column, none[i].least, none[i].most, -1, 4,
                     none[i].why);
    for (size_t i = 0; i < sizeof some / sizeof *some; i++) {
        double x[4 * D];
        assert_ok(gan_sample_where(m, 6, 5, 9, 1, &some[i].column,
                                   &some[i].least, &some[i].most, -1, 4,
                                   GENMOD_F64, sizeof x, x, NULL, NULL, NULL));
    }
    gan_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rows_that_meet_conditions_are_those_of_the_stream),
        cmocka_unit_test(what_no_row_meets_is_told),
        cmocka_unit_test(labels_go_with_conditions),
        cmocka_unit_test(conditions_that_cannot_be_are_refused),
        cmocka_unit_test(ranges_without_a_cell_of_the_kind_are_refused),
    };
    mixed_make_rows();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
