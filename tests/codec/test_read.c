#include "file.h"

/* Three tensors; not in the order of their data. */
#define GOOD                                                              \
    "{\"__metadata__\":{\"k\":\"v\"},"                                    \
    "\"b\":{\"dtype\":\"F32\",\"shape\":[1,2],\"data_offsets\":[16,24]}," \
    "\"a\":{\"data_offsets\":[0,16],\"shape\":[2],\"dtype\":\"F64\"},"    \
    "\"e\":{\"dtype\":\"U8\",\"shape\":[3,0],\"data_offsets\":[16,16]}}"

typedef struct fault {
    const char *header;
    size_t data;
    int64_t
        in_data; /* expected position in the data; -1: marked in the header */
    const char *text;
} fault;

static void expect_faults(const fault *faults, size_t n, int32_t status)
{
    for (size_t i = 0; i < n; i++) {
        file f;
        opened o;
        uint64_t position = 0;
        file_make(&f, faults[i].header, faults[i].data, &position);
        if (faults[i].in_data >= 0)
            position = f.n - faults[i].data + (size_t)faults[i].in_data;
        file_open(&o, f.n, f.bytes, 0);
        file_expect(&o, status, position, faults[i].text);
        file_close(&o);
    }
}

#define EXPECT_FAULTS(faults) \
    expect_faults(faults, sizeof faults / sizeof faults[0], GENMOD_BAD_BYTES)

static void open_gives_tensors_in_the_order_of_the_header(void **state)
{
    (void)state;
    file f;
    opened o;
    file_make(&f, GOOD, 24, NULL);
    file_open(&o, f.n, f.bytes, 0);
    assert_int_equal(o.status, 0);
    assert_int_equal(codec_tensors(o.file), 3);
    const codec_tensor *const b = codec_tensor_at(o.file, 0);
    assert_string_equal(b->name, "b");
    assert_int_equal(b->type, GENMOD_F32);
    assert_int_equal(b->rank, 2);
    assert_int_equal(b->shape[0], 1);
    assert_int_equal(b->shape[1], 2);
    assert_memory_equal(b->data, f.bytes + f.n - 8, 8);
    const codec_tensor *const a = codec_find(o.file, "a");
    assert_ptr_equal(a, codec_tensor_at(o.file, 1));
    assert_int_equal(a->type, GENMOD_F64);
    assert_int_equal(codec_elements(a), 2);
    assert_memory_equal(a->data, f.bytes + f.n - 24, 16);
    const codec_tensor *const e = codec_find(o.file, "e");
    assert_int_equal(codec_elements(e), 0);
    assert_null(codec_find(o.file, "c"));
    assert_int_equal(codec_texts(o.file), 1);
    assert_string_equal(codec_text_at(o.file, 0)->key, "k");
    assert_string_equal(codec_get(o.file, "k"), "v");
    assert_null(codec_get(o.file, "v"));
    file_close(&o);
}

static void open_takes_white_space_empty_objects_and_a_scalar(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        size_t data, tensors;
    } good[] = {
        {"{}", 0, 0},
        {"{ }       ", 0, 0},
        {"{\"__metadata__\":{}}", 0, 0},
        {"{\"__metadata__\" : { \t\r\n} }", 0, 0},
        {"{ \"\" :\t{ \"dtype\" : \"I64\" ,\n\"shape\" : [ ] ,\r"
         "\"data_offsets\" : [ 0 , 8 ] } }  ",
         8, 1},
        {"{\"t\":{\"dtype\":\"I32\",\"shape\":[1,1,1,1,1,1,1,2],"
         "\"data_offsets\":[0,8]}}",
         8, 1},
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        file f;
        opened o;
        file_make(&f, good[i].header, good[i].data, NULL);
        file_open(&o, f.n, f.bytes, 0);
        assert_int_equal(o.status, 0);
        assert_int_equal(codec_tensors(o.file), good[i].tensors);
        assert_int_equal(codec_texts(o.file), 0);
        file_close(&o);
    }
}

/* What Python's safetensors 0.8.0 wrote for a = [0, 1, 2], b/c = [[2.385]],
 * i = 5 and n of shape [0, 2]. */
static void open_reads_a_file_of_the_reference_implementation(void **state)
{
    (void)state;
    static const char header[] =
        "{\"__metadata__\":{\"k\\\"\":\"\xC3\xA9\"},"
        "\"i\":{\"dtype\":\"I64\",\"shape\":[],\"data_offsets\":[0,8]},"
        "\"b/c\":{\"dtype\":\"F64\",\"shape\":[1,1],\"data_offsets\":[8,16]},"
        "\"a\":{\"dtype\":\"F32\",\"shape\":[3],\"data_offsets\":[16,28]},"
        "\"n\":{\"dtype\":\"U8\",\"shape\":[0,2],\"data_offsets\":[28,28]}}"
        "      ";
    static const unsigned char data[28] = {
        5, 0,    0, 0, 0, 0, 0, 0, 0x14, 0xAE, 0x47, 0xE1, 0x7A, 0x14,
        3, 0x40, 0, 0, 0, 0, 0, 0, 0x80, 0x3F, 0,    0,    0,    0x40};
    file f;
    opened o;
    double a[3], b[1];
    file_make(&f, header, sizeof data, NULL);
    memcpy(f.bytes + f.n - sizeof data, data, sizeof data);
    file_open(&o, f.n, f.bytes, 0);
    assert_int_equal(o.status, 0);
    assert_int_equal(codec_tensors(o.file), 4);
    codec_copy_f64(codec_find(o.file, "a"), a);
    codec_copy_f64(codec_find(o.file, "b/c"), b);
    for (int i = 0; i < 3; i++)
        assert_true(a[i] == i);
    assert_true(b[0] == 2.385);
    assert_int_equal(codec_find(o.file, "i")->rank, 0);
    assert_string_equal(codec_get(o.file, "k\""), "\xC3\xA9");
    file_close(&o);
}

static void open_rejects_a_wrong_length(void **state)
{
    (void)state;
    static const unsigned char cut[] = {2, 0, 0, 0, 0, 0, 0};
    static const unsigned char past[] = {3, 0, 0, 0, 0, 0, 0, 0, '{', '}'};
    static const unsigned char large[] = {1, 0xE1, 0xF5, 5, 0, 0, 0, 0, '{'};
    static const unsigned char most[] = {255, 255, 255, 255, 255,
                                         255, 255, 255, '{'};
    static const unsigned char none[] = {0, 0, 0, 0, 0, 0, 0, 0};
    static const struct {
        const void *bytes;
        size_t n;
        uint64_t position;
        const char *text;
    } bad[] = {
        {cut, 0, 0, "the end; the header's length takes 8"},
        {cut, 7, 7, "the end; the header's length takes 8"},
        {past, 10, 0, "a header of 3 bytes; there are 2"},
        {large, 9, 0, "a header of 100000001 bytes; at most 100000000"},
        {most, 9, 0,
         "a header of 18446744073709551615 bytes; at most 100000000"},
        {none, 8, 8, "the header starts with '{'"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        opened o;
        file_open(&o, bad[i].n, bad[i].bytes, 0);
        file_expect(&o, GENMOD_BAD_BYTES, bad[i].position, bad[i].text);
        file_close(&o);
    }
}

static void open_rejects_another_structure(void **state)
{
    (void)state;
    static const fault faults[] = {
        {"^ {}", 0, -1, "the header starts with '{'"},
        {"^[]", 0, -1, "the header starts with '{'"},
        {"{}^\n", 0, -1, "only spaces follow the header"},
        {"{} ^{}", 0, -1, "only spaces follow the header"},
        {"{^", 0, -1, "'\"' is missing"},
        {"{^1:2}", 0, -1, "'\"' is missing"},
        {"{^,}", 0, -1, "'\"' is missing"},
        {"{\"a\"^,", 0, -1, "':' is missing"},
        {"{\"a\":^3}", 0, -1, "'{' is missing"},
        {"{\"a\":^[{}]}", 0, -1, "'{' is missing"},
        {"{\"a\":{^}}", 0, -1, "'\"' is missing"},
        {"{\"a\":{^\"a\":{}}}", 0, -1, "an unknown member of a tensor"},
        {"{\"a\":{^\"Dtype\":\"F32\"}}", 0, -1,
         "an unknown member of a tensor"},
        {"{\"a\":{^\"data_offsets_too\":\"F32\"}}", 0, -1,
         "an unknown member of a tensor"},
        {"{\"a\":{\"dtype\":\"U8\",^\"dtype\":\"U8\"}}", 0, -1,
         "a member for the second time"},
        {"{\"a\":{\"shape\":[],^\"sh\\u0061pe\":[]}}", 0, -1,
         "a member for the second time"},
        {"{\"a\":{\"dtype\":\"U8\",\"shape\":[0]^}}", 0, -1,
         "dtype, shape or data_offsets is missing"},
        {"{\"a\":{\"dtype\":^8}}", 0, -1, "'\"' is missing"},
        {"{\"a\":{\"shape\":^8}}", 0, -1, "'[' is missing"},
        {"{\"a\":{\"shape\":[^[[[[[[[[[1]]]]]]]]]}}", 0, -1,
         "a whole number is missing"},
        {"{\"a\":{\"shape\":[1^;2]}}", 0, -1, "']' is missing"},
        {"{\"a\":{\"shape\":[1,^]}}", 0, -1, "a whole number is missing"},
        {"{\"__metadata__\":^null}", 0, -1, "'{' is missing"},
        {"{\"__metadata__\":{\"a\":^1}}", 0, -1, "'\"' is missing"},
        {"{\"__metadata__\":{\"a\":^{}}}", 0, -1, "'\"' is missing"},
        {"{\"__metadata__\":{\"a\"^}}", 0, -1, "':' is missing"},
        {"{\"__metadata__\":{\"a\":\"b\",^}}", 0, -1, "'\"' is missing"},
        {"{\"__metadata__\":{},^}", 0, -1, "'\"' is missing"},
        {"{\"__metadata__\":{}^", 0, -1, "'}' is missing"},
    };
    EXPECT_FAULTS(faults);
}

static void open_rejects_wrong_numbers(void **state)
{
    (void)state;
    static const fault faults[] = {
        {"{\"a\":{\"shape\":[^-1]}}", 0, -1, "a whole number is missing"},
        {"{\"a\":{\"shape\":[^+1]}}", 0, -1, "a whole number is missing"},
        {"{\"a\":{\"shape\":[1^.0]}}", 0, -1, "']' is missing"},
        {"{\"a\":{\"shape\":[1^e3]}}", 0, -1, "']' is missing"},
        {"{\"a\":{\"shape\":[^01]}}", 0, -1, "a number with a leading zero"},
        {"{\"a\":{\"shape\":[^00]}}", 0, -1, "a number with a leading zero"},
        {"{\"a\":{\"shape\":[^18446744073709551616]}}", 0, -1,
         "a number above 2^64 - 1"},
        {"{\"a\":{\"shape\":[^99999999999999999999]}}", 0, -1,
         "a number above 2^64 - 1"},
        {"{\"a\":{\"data_offsets\":^[]}}", 0, -1, "offsets are two numbers"},
        {"{\"a\":{\"data_offsets\":^[0]}}", 0, -1, "offsets are two numbers"},
        {"{\"a\":{\"data_offsets\":^[0,1,2]}}", 0, -1,
         "offsets are two numbers"},
    };
    EXPECT_FAULTS(faults);
}

#define ENTRY(type, shape, offsets)                \
    "{\"a\":{\"dtype\":" type ",\"shape\":[" shape \
    "],\"data_offsets\":" offsets "}}"

static void open_rejects_extents_that_do_not_fit(void **state)
{
    (void)state;
    static const fault faults[] = {
        {ENTRY("^\"F65\"", "1", "[0,8]"), 8, -1, "an unknown type"},
        {ENTRY("^\"f64\"", "1", "[0,8]"), 8, -1, "an unknown type"},
        {ENTRY("^\"\"", "1", "[0,8]"), 8, -1, "an unknown type"},
        {ENTRY("^\"F64 and so much more\"", "1", "[0,8]"), 8, -1,
         "an unknown type"},
        {ENTRY("\"F64\"", "2", "^[0,8]"), 8, -1,
         "offsets that do not fit type and shape"},
        {ENTRY("\"F64\"", "", "^[0,4]"), 4, -1,
         "offsets that do not fit type and shape"},
        {ENTRY("\"U8\"", "0,7", "^[0,7]"), 7, -1,
         "offsets that do not fit type and shape"},
        {ENTRY("\"F64\"", "1", "^[0,8]"), 7, -1, "offsets outside the data"},
        {ENTRY("\"F64\"", "1", "^[8,0]"), 8, -1, "offsets outside the data"},
        /* 2^61 doubles are 2^64 bytes. */
        {ENTRY("\"F64\"", "2305843009213693952", "^[0,0]"), 0, -1,
         "a shape of 2^64 bytes or more"},
        {ENTRY("\"U8\"", "4294967296,4294967296", "^[0,0]"), 0, -1,
         "a shape of 2^64 bytes or more"},
        {ENTRY("\"U8\"", "0,4294967296,4294967296", "^[0,0]"), 0, -1,
         "a shape of 2^64 bytes or more"},
        {ENTRY("\"U8\"", "18446744073709551615", "^[1,18446744073709551615]"),
         3, -1, "offsets outside the data"},
    };
    EXPECT_FAULTS(faults);
}

#define TENSOR(name, begin, end, length)                \
    "\"" name "\":{\"dtype\":\"U8\",\"shape\":[" length \
    "],\"data_offsets\":[" begin "," end "]}"

static void open_rejects_holes_and_overlaps(void **state)
{
    (void)state;
    static const fault faults[] = {
        {"{}", 1, 0, "data of no tensor"},
        {"{" TENSOR("a", "1", "3", "2") "}", 3, 0, "data of no tensor"},
        {"{" TENSOR("a", "0", "2", "2") "}", 3, 2, "data of no tensor"},
        {"{" TENSOR("b", "3", "5", "2") "," TENSOR("a", "0", "2", "2") "}", 5,
         2, "data of no tensor"},
        {"{" TENSOR("b", "1", "5", "4") "," TENSOR("a", "0", "2", "2") "}", 5,
         1, "data of two tensors"},
        {"{" TENSOR("b", "0", "5", "5") "," TENSOR("a", "0", "5", "5") "}", 5,
         0, "data of two tensors"},
        /* An empty tensor lies between two others, never inside one. */
        {"{" TENSOR("b", "0", "5", "5") "," TENSOR("a", "2", "2", "0") "}", 5,
         2, "data of two tensors"},
    };
    EXPECT_FAULTS(faults);
}

static void open_rejects_what_comes_twice(void **state)
{
    (void)state;
    static const fault faults[] = {
        {"{" TENSOR("a", "0", "2", "2") ",^" TENSOR("a", "2", "3", "1") "}", 3,
         -1, "a name for the second time"},
        {"{" TENSOR("ab", "0", "2", "2") ",^" TENSOR(
             "a\\u0062", "2", "3", "1") "," TENSOR("c", "3", "3", "0") "}",
         3, -1, "a name for the second time"},
        {"{\"__metadata__\":{\"c\":\"1\",\"\":\"2\",\"b\":\"3\","
         "^\"\\u0063\":\"1\"}}",
         0, -1, "a key for the second time"},
        {"{\"__metadata__\":{\"\":\"\",^\"\":\"\"}}", 0, -1,
         "a key for the second time"},
        {"{\"__metadata__\":{},^\"__met\\u0061data__\":{}}", 0, -1,
         "metadata for the second time"},
    };
    EXPECT_FAULTS(faults);
}

static void open_says_what_the_format_has_and_we_have_not(void **state)
{
    (void)state;
    static const fault faults[] = {
        {ENTRY("^\"BF16\"", "1", "[0,2]"), 2, -1,
         "tensors of type BF16 are not supported"},
        {ENTRY("^\"BOOL\"", "1", "[0,1]"), 1, -1,
         "tensors of type BOOL are not supported"},
        {ENTRY("\"U8\"", "1,1,1,1,1,1,1,1,^1", "[0,1]"), 1, -1,
         "more than 8 numbers"},
        {"{\"__metadata__\":{\"a\":\"b^\\u0000\"}}", 0, -1,
         "a zero character in a string"},
    };
    expect_faults(faults, sizeof faults / sizeof faults[0], GENMOD_UNSUPPORTED);
}

static void open_wants_the_checksum_only_where_told(void **state)
{
    (void)state;
    file f;
    opened o;
    file_make(&f, GOOD, 24, NULL);
    file_open(&o, f.n, f.bytes, 1);
    file_expect(&o, GENMOD_BAD_BYTES, 8, "there is no checksum");
    file_close(&o);
    static const fault faults[] = {
        {"{\"__metadata__\":{\"genmod.checksum\":\"^0123456789abcdef\"}}", 0,
         -1, "the checksum differs"},
        {"{\"__metadata__\":{\"genmod.checksum\":^\"0123456789abcde\"}}", 0, -1,
         "a checksum has 16 lower-case digits"},
        {"{\"__metadata__\":{\"genmod.checksum\":^\"0123456789ABCDEF\"}}", 0,
         -1, "a checksum has 16 lower-case digits"},
        {"{\"__metadata__\":{\"genmod.checksum\":"
         "^\"\\\"0123456789abcdef\"}}",
         0, -1, "a checksum has 16 lower-case digits"},
        {"{\"__metadata__\":{\"genmod.checksum\":^\"\\u0031123456789\"}}", 0,
         -1, "a checksum has 16 lower-case digits"},
    };
    EXPECT_FAULTS(faults);
}

static void copy_widens_floats_at_any_address(void **state)
{
    (void)state;
    static const float f32[3] = {0.1f, -3.25f, 7e-42f};
    static const double f64[2] = {2.385, -0.75};
    unsigned char bytes[1 + sizeof f64];
    double out[3];
    codec_tensor t = {"t", GENMOD_F32, 1, {3}, bytes + 1};
    memcpy(bytes + 1, f32, sizeof f32);
    codec_copy_f64(&t, out);
    for (int i = 0; i < 3; i++)
        assert_true(out[i] == (double)f32[i]);
    t = (codec_tensor){"t", GENMOD_F64, 1, {2}, bytes + 1};
    memcpy(bytes + 1, f64, sizeof f64);
    codec_copy_f64(&t, out);
    assert_memory_equal(out, f64, sizeof f64);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(open_gives_tensors_in_the_order_of_the_header),
        cmocka_unit_test(open_takes_white_space_empty_objects_and_a_scalar),
        cmocka_unit_test(open_reads_a_file_of_the_reference_implementation),
        cmocka_unit_test(open_rejects_a_wrong_length),
        cmocka_unit_test(open_rejects_another_structure),
        cmocka_unit_test(open_rejects_wrong_numbers),
        cmocka_unit_test(open_rejects_extents_that_do_not_fit),
        cmocka_unit_test(open_rejects_holes_and_overlaps),
        cmocka_unit_test(open_rejects_what_comes_twice),
        cmocka_unit_test(open_says_what_the_format_has_and_we_have_not),
        cmocka_unit_test(open_wants_the_checksum_only_where_told),
        cmocka_unit_test(copy_widens_floats_at_any_address),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
