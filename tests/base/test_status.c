#include "support/test.h"

static void version_is_that_of_the_header(void **state)
{
    (void)state;
    assert_int_equal(genmod_version(), GENMOD_VERSION);
}

static void status_name_knows_every_code_and_nothing_else(void **state)
{
    (void)state;
    assert_string_equal(genmod_status_name(0), "ok");
    assert_string_equal(genmod_status_name(GENMOD_BAD_ARGUMENT),
                        "bad argument");
    assert_string_equal(genmod_status_name(GENMOD_BUSY), "busy");
    assert_string_equal(genmod_status_name(GENMOD_CALLBACK), "callback");
    for (int32_t a = -12; a <= 0; a++)
        for (int32_t b = -12; b < a; b++)
            assert_string_not_equal(genmod_status_name(a),
                                    genmod_status_name(b));
    assert_string_equal(genmod_status_name(-13), "unknown status");
    assert_string_equal(genmod_status_name(1), "unknown status");
    assert_string_equal(genmod_status_name(INT32_MIN), "unknown status");
    assert_string_equal(genmod_status_name(INT32_MAX), "unknown status");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(version_is_that_of_the_header),
        cmocka_unit_test(status_name_knows_every_code_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
