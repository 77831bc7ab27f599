#include "support/test.h"

#include "base/base.h"

typedef struct fixture {
    genmod_workspace *outer, *w;
    base_call call;
} fixture;

static int set_up(void **state)
{
    static fixture f;

    assert_ok(genmod_workspace_new(NULL, &f.outer));
    f.w = base_enter(&f.call, f.outer, NULL);
    assert_non_null(f.w);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    fixture *const f = *state;

    base_leave(&f->call, GENMOD_OK);
    genmod_workspace_free(f->outer);
    return 0;
}

static void fail_writes_each_kind_of_argument(void **state)
{
    const fixture *const f = *state;

    assert_int_equal(base_fail(f->w, GENMOD_LIMIT, "%s %i %u %g 100%%", "key",
                               INT64_MIN, UINT64_MAX, -2.385),
                     GENMOD_LIMIT);
    assert_string_equal(genmod_workspace_error(f->w),
                        "key -9223372036854775808 18446744073709551615 -2.385"
                        " 100%");
    assert_int_equal(base_status(f->w), GENMOD_LIMIT);
}

static void fail_writes_reals_with_six_digits(void **state)
{
    const fixture *const f = *state;

    base_fail(f->w, -1, "%g %g %g %g %g %g", 1.0 / 3, 2999999.5, 0.0,
              (double)NAN, (double)-INFINITY, 1.23456789e-20);
    assert_string_equal(genmod_workspace_error(f->w),
                        "0.333333 3000000 0 nan -inf 1.23457e-20");
}

static void fail_stays_one_short_line(void **state)
{
    const fixture *const f = *state;
    char text[2000];

    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    text[3] = '\n';
    base_fail(f->w, -1, "%s%s%s%s", text, text, text, text);
    assert_memory_equal(genmod_workspace_error(f->w), "aaa?aaa", 7);
    assert_true(strlen(genmod_workspace_error(f->w)) < 512);
    base_fail(f->w, -1, "[%s]", text);
    assert_error_names(f->w, "aaa...]");
}

static void fail_cuts_between_characters(void **state)
{
    const fixture *const f = *state;
    char text[401];

    for (size_t i = 0; i < 400; i += 2)
        memcpy(text + i, "\xc3\xa9", 2);
    text[400] = '\0';
    base_fail(f->w, -1, "%s", text + 1); /* cut inside a character */
    const char *const s = genmod_workspace_error(f->w);
    const size_t n = strlen(s);
    assert_string_equal(s + n - 3, "...");
    assert_int_equal((unsigned char)s[n - 4], 0xa9);
}

static void fail_takes_the_old_text_as_an_argument(void **state)
{
    const fixture *const f = *state;

    base_fail(f->w, -1, "inner");
    base_fail(f->w, -2, "outer: %s", genmod_workspace_error(f->w));
    assert_string_equal(genmod_workspace_error(f->w), "outer: inner");
    base_fail(f->w, -2, "none: %s", (const char *)NULL);
    assert_string_equal(genmod_workspace_error(f->w), "none: NULL");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(fail_writes_each_kind_of_argument,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(fail_writes_reals_with_six_digits,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(fail_stays_one_short_line, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(fail_cuts_between_characters, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(fail_takes_the_old_text_as_an_argument,
                                        set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
