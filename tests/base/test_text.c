#include "support/test.h"

#include <stdio.h>

#include "base/base.h"

static void assert_writes(double v, const char *expected)
{
    char s[32];
    const size_t length = base_format_f64(v, s);

    assert_string_equal(s, expected);
    assert_int_equal(length, strlen(s));
}

static void f64_writes_the_shortest_text(void **state)
{
    (void)state;
    assert_writes(0.0, "0");
    assert_writes(-0.0, "-0");
    assert_writes(1.0, "1");
    assert_writes(-2.385, "-2.385");
    assert_writes(1e-3, "0.001");
    assert_writes(0.1 + 0.2, "0.30000000000000004");
    assert_writes(1.0 / 3, "0.3333333333333333");
    assert_writes(1234567890123456.0, "1234567890123456");
    assert_writes(1e15, "1000000000000000");
    assert_writes(1e16, "1e16");
    assert_writes(1e22, "1e22");
    assert_writes(1e23, "1e23");
    assert_writes(9.5e-5, "0.000095");
    assert_writes(9.5e-6, "9.5e-6");
    assert_writes(INFINITY, "inf");
    assert_writes(-INFINITY, "-inf");
    assert_writes(NAN, "nan");
    assert_writes(-NAN, "nan");
    assert_writes(4.9e-324, "5e-324");
    assert_writes(1.7976931348623157e308, "1.7976931348623157e308");
    /* a power of two, where the nearest 16 digits read back as another */
    assert_writes(0x1p-44, "5.684341886080802e-14");
    assert_writes(0x1p-1022, "2.2250738585072014e-308");
}

static size_t digits_of(const char *s)
{
    size_t n = 0;

    while (*s == '-' || *s == '0' || *s == '.')
        s++;
    for (; *s && *s != 'e'; s++)
        n += *s != '.';
    return n;
}

/* No shorter than printf's: the fewest digits that strtod() reads back. */
static size_t fewest_digits(double v)
{
    char s[40];

    for (int n = 1;; n++) {
        snprintf(s, sizeof s, "%.*e", n - 1, v);
        if (strtod(s, NULL) == v)
            return (size_t)n;
    }
}

static void f64_reads_back_to_the_same_bits(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < 6000; i++) {
        uint32_t r[4];
        double v, back;
        char s[32];
        base_random(17, i, 0, 0, r);
        uint64_t bits = (uint64_t)r[0] << 32 | r[1];
        if (i % 3 == 0)
            bits &= ~UINT64_C(0) << r[2] % 64; /* short mantissas */
        if (i % 7 == 0)
            bits &= ~(UINT64_C(0x7ff) << 52); /* subnormal */
        memcpy(&v, &bits, sizeof v);
        if (!isfinite(v))
            continue;
        memset(s, 'x', sizeof s);
        const size_t length = base_format_f64(v, s);
        assert_int_equal(s[length], '\0');
        assert_true(base_parse_f64(s, &back));
        if (memcmp(&v, &back, sizeof v) || strtod(s, NULL) != v)
            fail_msg("%a became %s", v, s);
        if (v != 0 && strchr(s, 'e') && digits_of(s) > fewest_digits(v))
            fail_msg("%s is not the shortest", s);
    }
}

static void i64_writes_its_whole_range(void **state)
{
    char s[32];

    (void)state;
    assert_int_equal(base_format_i64(INT64_MIN, s), 20);
    assert_string_equal(s, "-9223372036854775808");
    assert_int_equal(base_format_i64(INT64_MAX, s), 19);
    assert_string_equal(s, "9223372036854775807");
    assert_int_equal(base_format_i64(0, s), 1);
    assert_string_equal(s, "0");
}

static void give_text_writes_all_or_nothing(void **state)
{
    genmod_workspace *outer = NULL;
    base_call call;
    size_t need = 0;
    char out[8] = "untouch";

    (void)state;
    assert_ok(genmod_workspace_new(NULL, &outer));
    genmod_workspace *const w = base_enter(&call, outer, NULL);
    assert_int_equal(base_give_text("full", 4, out, &need, w),
                     GENMOD_TOO_SMALL);
    assert_string_equal(out, "untouch");
    assert_int_equal(need, 5);
    assert_error_names(w, "5 bytes");
    assert_int_equal(base_give_text("full", 0, NULL, NULL, w),
                     GENMOD_TOO_SMALL);
    assert_int_equal(base_give_text("full", 5, NULL, NULL, w),
                     GENMOD_BAD_ARGUMENT);
    assert_ok(base_give_text("full", 5, out, NULL, w));
    assert_string_equal(out, "full");
    base_leave(&call, 0);
    genmod_workspace_free(outer);
}

static void same_compares_text_and_takes_null(void **state)
{
    (void)state;
    assert_true(base_same("tied", "tied"));
    assert_false(base_same("tied", "tie"));
    assert_false(base_same(NULL, "tied"));
    assert_false(base_same("tied", NULL));
    assert_false(base_same(NULL, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(f64_writes_the_shortest_text),
        cmocka_unit_test(f64_reads_back_to_the_same_bits),
        cmocka_unit_test(i64_writes_its_whole_range),
        cmocka_unit_test(give_text_writes_all_or_nothing),
        cmocka_unit_test(same_compares_text_and_takes_null),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
