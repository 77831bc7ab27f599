/* The reference is the C library's strtod(), which rounds correctly too, in
 * the C locale that a test starts in. */
#include "support/test.h"

#include <locale.h>
#include <stdio.h>

#include "base/base.h"

static uint64_t bits_of(double v)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof bits);
    return bits;
}

static void assert_as_strtod(const char *s)
{
    double v = 2.385;
    char *end;
    const double expected = strtod(s, &end);

    assert_int_equal(*end, '\0');
    if (!base_parse_f64(s, &v) || bits_of(v) != bits_of(expected))
        fail_msg("%s reads as %a, not %a", s, v, expected);
}

static uint32_t draw(uint64_t i, uint32_t site)
{
    uint32_t r[4];

    base_random(491, i, site, 0, r);
    return r[site % 4];
}

static void f64_reads_random_decimals_as_strtod_does(void **state)
{
    char s[64];

    (void)state;
    for (uint64_t i = 0; i < 60000; i++) {
        const uint64_t whole = (uint64_t)draw(i, 0) << 32 | draw(i, 1);
        const int e = (int)(draw(i, 2) % 680) - 350;
        snprintf(s, sizeof s, "%s%llu.%ue%d", i % 2 ? "-" : "",
                 (unsigned long long)whole >> draw(i, 3) % 64, draw(i, 4), e);
        assert_as_strtod(s);
    }
}

static void f64_reads_all_doubles_of_17_digits(void **state)
{
    char s[64];

    (void)state;
    for (uint64_t i = 0; i < 60000; i++) {
        const uint64_t bits = (uint64_t)draw(i, 5) << 32 | draw(i, 6);
        double v;
        memcpy(&v, &bits, sizeof v);
        if (isfinite(v)) {
            snprintf(s, sizeof s, "%.*e", (int)(i % 18), v);
            assert_as_strtod(s);
        }
    }
}

/* Exactly halfway between a double and its neighbour, and a hair off. */
static void f64_breaks_ties_to_even(void **state)
{
    char s[1200];

    (void)state;
    for (uint64_t i = 0; i < 2000; i++) {
        uint64_t bits = (uint64_t)draw(i, 7) << 32 | draw(i, 8);
        double low, high;
        if (i % 4 == 0)
            bits &= (UINT64_C(1) << 52) - 1; /* subnormal */
        bits &= INT64_MAX;
        memcpy(&low, &bits, sizeof low);
        high = nextafter(low, INFINITY);
        /* long double holds the middle, and printf shows it exactly */
        if (!isfinite(high) || sizeof(long double) == sizeof(double))
            continue;
        const long double middle = ((long double)low + high) / 2;
        const int n = snprintf(s, sizeof s, "%.800Le", middle);
        assert_true(n > 0 && (size_t)n < sizeof s);
        assert_as_strtod(s);
        s[790] = '1'; /* above the middle, far behind */
        assert_as_strtod(s);
    }
}

static void f64_reads_hard_cases(void **state)
{
    static const char *const hard[] = {
        "0",
        "-0",
        "0.0",
        "00000.000e999999999999999999999",
        "1",
        "+1",
        ".5",
        "5.",
        "-.5e-3",
        "1e22",
        "1e23",
        "9007199254740993",
        "9007199254740992.99999999999999999999999999999",
        "1e-22",
        "123456789012345e22",
        "1.7976931348623157e308",
        "1.7976931348623158e308",
        "1.797693134862315807e308",
        "1.797693134862315808e308",
        "1.7976931348623159e308",
        "1e309",
        "-1e400",
        "1e99999999999999999999",
        "2.2250738585072014e-308",
        "2.2250738585072011e-308",
        "2.2250738585072012e-308",
        "4.9e-324",
        "2.4703282292062327e-324",
        "2.4703282292062328e-324",
        "3e-324",
        "1e-325",
        "1e-400",
        "1e-99999999999999999999",
        "0.000000000000000000000000000000000000000000000000000000000000001",
        "100000000000000000000000000000000000000000000000000000000000000e-50",
        "6.631236846766476e-316",
        "5e-324",
        "8.41e21",
        "9.5e-324",
        "0.500000000000000166533453693773481063544750213623046875",
        "3.518437208883201171875e13",
        "inf",
        "-inf",
    };

    (void)state;
    for (size_t i = 0; i < sizeof hard / sizeof hard[0]; i++)
        assert_as_strtod(hard[i]);
}

static void f64_minds_a_digit_after_thousands(void **state)
{
    const size_t n = 5000;
    char *const s = malloc(n + 1);

    (void)state;
    assert_non_null(s);
    memset(s, '0', n);
    memcpy(s, "9007199254740993.", 17); /* halfway, if nothing follows */
    s[n] = '\0';
    assert_as_strtod(s);
    s[n - 1] = '1';
    assert_as_strtod(s);
    memset(s, '0', n);
    memcpy(s, "0.", 2);
    memcpy(s + n - 12, "2385e4900", 10); /* zeros before, and an exponent */
    assert_as_strtod(s);
    free(s);
}

static void f64_reads_nan(void **state)
{
    double v = 0;

    (void)state;
    assert_true(base_parse_f64("nan", &v));
    assert_true(isnan(v));
}

static void f64_refuses_what_is_no_number(void **state)
{
    static const char *const bad[] = {
        "",         " 1",  "1 ",    "+",     "-",      ".",    "e5",  ".e5",
        "1e",       "1e+", "1e5.0", "1.2.3", "1,5",    "0x10", "1f",  "--1",
        "infinity", "Inf", "NaN",   "1e5x",  "nan(1)", "in",   "1\n",
    };
    double v = 2.385;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (base_parse_f64(bad[i], &v))
            fail_msg("\"%s\" is no number", bad[i]);
    assert_true(v == 2.385);
}

static void i64_reads_its_whole_range_and_no_more(void **state)
{
    static const char *const bad[] = {
        "",
        "-",
        "+",
        "9223372036854775808",
        "-9223372036854775809",
        "99999999999999999999",
        "1.0",
        "1e3",
        " 1",
        "1 ",
        "0x1",
        "--1",
    };
    int64_t v;

    (void)state;
    assert_true(base_parse_i64("9223372036854775807", &v) && v == INT64_MAX);
    assert_true(base_parse_i64("-9223372036854775808", &v) && v == INT64_MIN);
    assert_true(base_parse_i64("-0", &v) && v == 0);
    assert_true(base_parse_i64("+00042", &v) && v == 42);
    v = 7;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (base_parse_i64(bad[i], &v))
            fail_msg("\"%s\" is no whole number", bad[i]);
    assert_int_equal(v, 7);
}

static void f64_does_not_ask_the_locale(void **state)
{
    static const char *const comma[] = {"de_DE.UTF-8", "de_DE", "fr_FR.UTF-8"};
    double v;

    (void)state;
    for (size_t i = 0; i < sizeof comma / sizeof comma[0]; i++)
        if (setlocale(LC_ALL, comma[i]))
            break;
    assert_true(base_parse_f64("1.25", &v) && v == 1.25);
    assert_false(base_parse_f64("1,25", &v));
    setlocale(LC_ALL, "C");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(f64_reads_random_decimals_as_strtod_does),
        cmocka_unit_test(f64_reads_all_doubles_of_17_digits),
        cmocka_unit_test(f64_breaks_ties_to_even),
        cmocka_unit_test(f64_reads_hard_cases),
        cmocka_unit_test(f64_minds_a_digit_after_thousands),
        cmocka_unit_test(f64_reads_nan),
        cmocka_unit_test(f64_refuses_what_is_no_number),
        cmocka_unit_test(i64_reads_its_whole_range_and_no_more),
        cmocka_unit_test(f64_does_not_ask_the_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
