#include "support/test.h"

#include "base/base.h"

static const base_entry entries[] = {
    {"log_likelihood", 0, "nats a row", "The mean."},
    {"history", 1, "nats a row", "One value a step."},
    {"mends", 1, NULL, NULL},
    {"iterations", 0, "", "Steps."},
    {NULL, 0, NULL, NULL},
};

typedef struct fixture {
    genmod_workspace *outer, *w;
    base_call call;
    genmod_report *r;
} fixture;

static int set_up(void **state)
{
    static fixture f;

    assert_ok(genmod_workspace_new(NULL, &f.outer));
    f.w = base_enter(&f.call, f.outer, NULL);
    assert_ok(base_report_new(entries, &f.r, f.w));
    base_leave(&f.call, 0);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *const f = *state;

    base_report_free(f->r);
    genmod_workspace_free(f->outer);
    return 0;
}

static void numbers_start_unknown_and_take_values(void **state)
{
    const fixture *const f = *state;
    double v = 0;

    assert_ok(genmod_report_get(f->r, "iterations", &v));
    assert_true(isnan(v));
    base_report_set(f->r, "iterations", 17.0);
    assert_ok(genmod_report_get(f->r, "iterations", &v));
    assert_true(v == 17.0);
    assert_true(base_report_number(f->r, "iterations") == 17.0);
    base_report_clear(f->r);
    assert_true(isnan(base_report_number(f->r, "iterations")));
}

/* Of a history that grows by one, in a session without end. */
static void a_series_that_grows_is_seldom_copied(void **state)
{
    fixture *const f = *state;
    const double *at = NULL;
    size_t n, moves = 0;

    genmod_workspace *const w = base_enter(&f->call, f->outer, NULL);
    for (size_t i = 0; i < 1000; i++) {
        assert_ok(base_report_reserve(f->r, "history", i + 1, w));
        base_report_append(f->r, "history", (double)i);
        moves += base_report_values(f->r, "history", &n) != at;
        at = base_report_values(f->r, "history", &n);
    }
    base_leave(&f->call, 0);
    assert_true(moves < 20 && at[0] == 0 && at[999] == 999);
    base_report_put(f->r, "history", 999, at); /* its own values */
    assert_true(base_report_values(f->r, "history", &n)[998] == 998);
}

static void series_keep_their_order(void **state)
{
    fixture *const f = *state;
    const double put[] = {9.5, 8.25};
    double out[4];
    size_t n;

    genmod_workspace *const w = base_enter(&f->call, f->outer, NULL);
    assert_ok(base_report_reserve(f->r, "history", 2, w));
    base_report_append(f->r, "history", -3.5);
    base_report_append(f->r, "history", -2.25);
    assert_ok(base_report_reserve(f->r, "history", 3, w));
    assert_ok(base_report_reserve(f->r, "history", 1, w));
    base_report_append(f->r, "history", -1.75);
    base_leave(&f->call, 0);
    assert_ok(genmod_report_series(f->r, "history", 4, out, &n));
    assert_int_equal(n, 3);
    assert_true(out[0] == -3.5 && out[1] == -2.25 && out[2] == -1.75);
    base_report_put(f->r, "history", 2, put);
    assert_memory_equal(base_report_values(f->r, "history", &n), put,
                        sizeof put);
    assert_int_equal(n, 2);
    base_report_clear(f->r);
    assert_ok(genmod_report_series(f->r, "history", 0, NULL, &n));
    assert_int_equal(n, 0);
}

static void series_say_what_they_need(void **state)
{
    fixture *const f = *state;
    const double put[] = {9.5, 8.25};
    double out[2] = {1, 2};
    size_t need = 0;

    genmod_workspace *const w = base_enter(&f->call, f->outer, NULL);
    assert_ok(base_report_reserve(f->r, "mends", 2, w));
    base_leave(&f->call, 0);
    base_report_put(f->r, "mends", 2, put);
    assert_int_equal(genmod_report_series(f->r, "mends", 1, out, &need),
                     GENMOD_TOO_SMALL);
    assert_int_equal(need, 2);
    assert_true(out[0] == 1 && out[1] == 2);
    assert_int_equal(genmod_report_series(f->r, "mends", 0, NULL, NULL),
                     GENMOD_TOO_SMALL);
    assert_int_equal(genmod_report_series(f->r, "mends", 2, NULL, NULL),
                     GENMOD_BAD_ARGUMENT);
}

static void reading_checks_its_arguments(void **state)
{
    const fixture *const f = *state;
    double v = 2.385;

    assert_int_equal(genmod_report_get(NULL, "iterations", &v),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_report_get(f->r, NULL, &v), GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_report_get(f->r, "iteration", &v),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_report_get(f->r, "history", &v),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_report_get(f->r, "iterations", NULL),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_report_series(NULL, "history", 1, &v, NULL),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_report_series(f->r, "iterations", 1, &v, NULL),
                     GENMOD_BAD_ARGUMENT);
    assert_true(v == 2.385);
}

static void keys_are_listed_and_described(void **state)
{
    const fixture *const f = *state;
    char out[32];
    size_t need;

    for (size_t i = 0; i < 4; i++)
        assert_string_equal(genmod_report_key(f->r, i), entries[i].key);
    assert_null(genmod_report_key(f->r, 4));
    assert_null(genmod_report_key(f->r, SIZE_MAX));
    assert_null(genmod_report_key(NULL, 0));
    assert_ok(genmod_report_describe(f->r, "history", "type", sizeof out, out,
                                     &need, f->outer));
    assert_string_equal(out, "series");
    assert_int_equal(need, 7);
    assert_ok(genmod_report_describe(f->r, "log_likelihood", "unit", sizeof out,
                                     out, NULL, NULL));
    assert_string_equal(out, "nats a row");
    assert_ok(genmod_report_describe(f->r, "mends", "help", sizeof out, out,
                                     NULL, NULL));
    assert_string_equal(out, "");
}

static void describing_names_what_is_wrong(void **state)
{
    const fixture *const f = *state;
    char out[32];

    assert_int_equal(genmod_report_describe(f->r, "mend", "type", sizeof out,
                                            out, NULL, f->outer),
                     GENMOD_BAD_ARGUMENT);
    assert_error_names(f->outer, "did you mean \"mends\"?");
    assert_int_equal(genmod_report_describe(f->r, "mends", "typ", sizeof out,
                                            out, NULL, f->outer),
                     GENMOD_BAD_ARGUMENT);
    assert_error_names(f->outer, "type, unit, help");
    assert_int_equal(genmod_report_describe(f->r, "mends", NULL, sizeof out,
                                            out, NULL, f->outer),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(genmod_report_describe(NULL, "mends", "type", sizeof out,
                                            out, NULL, f->outer),
                     GENMOD_BAD_ARGUMENT);
    assert_error_names(f->outer, "report is NULL");
    assert_int_equal(genmod_report_describe(f->r, NULL, "type", sizeof out, out,
                                            NULL, f->outer),
                     GENMOD_BAD_ARGUMENT);
    assert_int_equal(
        genmod_report_describe(f->r, "mends", "type", 3, out, NULL, f->outer),
        GENMOD_TOO_SMALL);
}

static int32_t make_and_copy(genmod_context *c, void *arg)
{
    static const double three[] = {1.5, 2.5, 4.5};
    genmod_report *from = NULL, *to = NULL;
    genmod_workspace *outer;
    base_call call;
    size_t n;
    int32_t status = genmod_workspace_new(c, &outer);

    (void)arg;
    if (status)
        return status;
    genmod_workspace *const w = base_enter(&call, outer, NULL);
    status = base_report_new(entries, &from, w);
    if (!status)
        status = base_report_new(entries, &to, w);
    if (!status)
        status = base_report_reserve(from, "history", 3, w);
    if (!status)
        status = base_report_reserve(from, "mends", 3, w);
    if (!status) {
        base_report_set(from, "iterations", 3);
        base_report_set(to, "iterations", 8);
        base_report_put(from, "history", 3, three);
        base_report_put(from, "mends", 2, three);
        status = base_report_copy(to, from, w);
        assert_true(base_report_number(to, "iterations") == (status ? 8 : 3));
        base_report_values(to, "history", &n);
        assert_int_equal(n, status ? 0 : 3);
    }
    if (!status)
        assert_memory_equal(base_report_values(to, "mends", &n), three,
                            2 * sizeof(double));
    base_report_free(from);
    base_report_free(to);
    base_leave(&call, status);
    genmod_workspace_free(outer);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_int_equal(support_alloc_walk(make_and_copy, NULL), 7);
}

#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH(numbers_start_unknown_and_take_values),
        WITH(a_series_that_grows_is_seldom_copied),
        WITH(series_keep_their_order),
        WITH(series_say_what_they_need),
        WITH(reading_checks_its_arguments),
        WITH(keys_are_listed_and_described),
        WITH(describing_names_what_is_wrong),
        cmocka_unit_test(every_allocation_may_fail),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
