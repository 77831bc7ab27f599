#include "file.h"

/* Opens a file whose metadata has this string, without its quotes, as a value.
 * A '^' marks the expected fault. */
static uint64_t open_string(opened *o, const char *string)
{
    char header[1024] = "{\"__metadata__\":{\"k\":\"";
    file f;
    uint64_t position = 0;
    strncat(header, string, 512);
    strncat(header, "\"}}", 4);
    file_make(&f, header, 0, &position);
    file_open(o, f.n, f.bytes, 0);
    return position;
}

static void string_is_decoded(void **state)
{
    (void)state;
    static const struct {
        const char *in, *out;
    } good[] = {
        {"", ""},
        {"\\\"\\\\\\/\\b\\f\\n\\r\\t", "\"\\/\b\f\n\r\t"},
        {"\\u0041\\u00e9\\u00E9", "A\xC3\xA9\xC3\xA9"},
        {"\\u0001\\u001f\\u007f\x7F", "\x01\x1F\x7F\x7F"},
        {"\\u0080\\u07ff", "\xC2\x80\xDF\xBF"},
        {"\\u0800\\ud7ff\\ue000\\uffff",
         "\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80\xEF\xBF\xBF"},
        {"\\ud800\\udc00\\uDBFF\\uDFFF", "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"},
        {"\\ud83d\\ude00", "\xF0\x9F\x98\x80"},
        {"\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80",
         "\xC2\x80\xDF\xBF\xE0\xA0\x80\xED\x9F\xBF\xEE\x80\x80"},
        {"\xF0\x90\x80\x80\xF4\x8F\xBF\xBF",
         "\xF0\x90\x80\x80\xF4\x8F\xBF\xBF"},
        {"\\\\u0041", "\\u0041"},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        opened o;
        open_string(&o, good[i].in);
        assert_int_equal(o.status, 0);
        assert_string_equal(codec_get(o.file, "k"), good[i].out);
        file_close(&o);
    }
}

static void string_is_rejected_at_the_bad_byte(void **state)
{
    (void)state;
    static const struct {
        const char *in, *text;
    } bad[] = {
        {"ab^\\x41", "an unknown escape"},
        {"^\\U0041", "an unknown escape"},
        {"^\\'", "an unknown escape"},
        {"\\u00^g1", "a hexadecimal digit is missing"},
        {"\\u004^", "a hexadecimal digit is missing"},
        {"a^\\ud800", "a surrogate without its other half"},
        {"^\\udfff\\ud800", "a surrogate without its other half"},
        {"^\\udc00\\udc00", "a surrogate without its other half"},
        {"^\\ud800\\ud800", "a surrogate without its other half"},
        {"^\\ud800\\u0041", "a surrogate without its other half"},
        {"^\\udbff\\ue000", "a surrogate without its other half"},
        {"^\\ud83dudE00", "a surrogate without its other half"},
        {"\\ud800\\u^z", "a hexadecimal digit is missing"},
        {"a^\n", "a bare control character"},
        {"a^\x1F", "a bare control character"},
        {"a^\x80", "not UTF-8"},
        {"a^\xBF", "not UTF-8"},
        {"^\xC0\x80", "not UTF-8"},
        {"^\xC1\xBF", "not UTF-8"},
        {"^\xC2", "not UTF-8"},
        {"^\xC3\xC3", "not UTF-8"},
        {"^\xE0\x9F\xBF", "not UTF-8"},
        {"^\xE1\x80", "not UTF-8"},
        {"^\xE1\x80\x7F", "not UTF-8"},
        {"^\xED\xA0\x80", "not UTF-8"},
        {"^\xEF\xBF\xC0", "not UTF-8"},
        {"^\xF0\x8F\xBF\xBF", "not UTF-8"},
        {"^\xF1\x80\x80", "not UTF-8"},
        {"^\xF4\x90\x80\x80", "not UTF-8"},
        {"^\xF5\x80\x80\x80", "not UTF-8"},
        {"^\xFF", "not UTF-8"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        opened o;
        const uint64_t position = open_string(&o, bad[i].in);
        file_expect(&o, GENMOD_BAD_BYTES, position, bad[i].text);
        file_close(&o);
    }
}

static void string_without_an_end_is_rejected(void **state)
{
    (void)state;
    static const struct {
        const char *header, *text;
    } bad[] = {
        {"{\"ab^", "a string without its end"},
        {"{\"ab^\\", "an unknown escape"},
        {"{\"ab\\u12^", "a hexadecimal digit is missing"},
        {"{\"ab^\\ud800", "a surrogate without its other half"},
        {"{\"ab^\\ud800\\", "a surrogate without its other half"},
        {"{\"ab^\xF0\x90\x80", "not UTF-8"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        file f;
        opened o;
        uint64_t position = 0;
        file_make(&f, bad[i].header, 0, &position);
        file_open(&o, f.n, f.bytes, 0);
        file_expect(&o, GENMOD_BAD_BYTES, position, bad[i].text);
        file_close(&o);
    }
}

static void names_are_compared_decoded(void **state)
{
    (void)state;
    file f;
    opened o;
    file_make(&f,
              "{\"__met\\u0061data__\":{\"\\u00e9\":\"1\",\"\\\"\":\"2\"},"
              "\"w\\u002fb\":{\"d\\u0074ype\":\"\\u00558\",\"shape\":[3],"
              "\"data_offsets\":[0,3]}}",
              3, NULL);
    file_open(&o, f.n, f.bytes, 0);
    assert_int_equal(o.status, 0);
    assert_string_equal(codec_get(o.file, "\xC3\xA9"), "1");
    assert_string_equal(codec_get(o.file, "\""), "2");
    assert_non_null(codec_find(o.file, "w/b"));
    assert_int_equal(codec_find(o.file, "w/b")->type, GENMOD_U8);
    file_close(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(string_is_decoded),
        cmocka_unit_test(string_is_rejected_at_the_bad_byte),
        cmocka_unit_test(string_without_an_end_is_rejected),
        cmocka_unit_test(names_are_compared_decoded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
