#include "file.h"

static const double weights[2] = {2.385, -0.75};
static const float means[3] = {0.5f, -3.25f, 7.0f};
static const unsigned char pixels[5] = {1, 2, 3, 250, 7};
static const int64_t counts[2] = {-3, INT64_C(1) << 40};
static const int32_t one = -7;

static const codec_text meta[2] = {
    {"genmod.family", "gmm"},
    {"note", "a \"quoted\" \\ back\n\tctl\x01\x1F\x7F \xC3\xA9 "
             "\xF0\x9F\x98\x80"},
};

static const codec_tensor tensors[6] = {
    {"weights", GENMOD_F64, 1, {2}, weights},
    {"q", CODEC_I64, 2, {1, 2}, counts},
    {"m/b", GENMOD_F32, 2, {1, 3}, means},
    {"i", CODEC_I32, 0, {0}, &one},
    {"u", GENMOD_U8, 1, {5}, pixels},
    {"empty", GENMOD_U8, 2, {0, 3}, NULL},
};

/* What the tensors and texts above must be, byte for byte; the digits were
 * computed by another program, bit by bit. The reference implementation of the
 * format in Python (0.8.0) reads these bytes. */
static const char golden_header[] =
    "{\"__metadata__\":{\"genmod.checksum\":\"2d13231e23d1f611\","
    "\"genmod.family\":\"gmm\",\"note\":\"a \\\"quoted\\\" \\\\ "
    "back\\n\\tctl\\u0001\\u001f\x7F \xC3\xA9 \xF0\x9F\x98\x80\"},"
    "\"weights\":{\"dtype\":\"F64\",\"shape\":[2],\"data_offsets\":[0,16]},"
    "\"q\":{\"dtype\":\"I64\",\"shape\":[1,2],\"data_offsets\":[16,32]},"
    "\"m/b\":{\"dtype\":\"F32\",\"shape\":[1,3],\"data_offsets\":[32,44]},"
    "\"i\":{\"dtype\":\"I32\",\"shape\":[],\"data_offsets\":[44,48]},"
    "\"u\":{\"dtype\":\"U8\",\"shape\":[5],\"data_offsets\":[48,53]},"
    "\"empty\":{\"dtype\":\"U8\",\"shape\":[0,3],\"data_offsets\":[53,53]}} ";
static const unsigned char golden_data[53] = {
    0x14, 0xAE, 0x47, 0xE1, 0x7A, 0x14, 0x03, 0x40, 0,    0,    0,
    0,    0,    0,    0xE8, 0xBF, 0xFD, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF,
    0xFF, 0xFF, 0,    0,    0,    0,    0,    1,    0,    0,    0,
    0,    0,    0x3F, 0,    0,    0x50, 0xC0, 0,    0,    0xE0, 0x40,
    0xF9, 0xFF, 0xFF, 0xFF, 1,    2,    3,    0xFA, 7};

/* A file as it would be framed by a public call. */
static int32_t write_file(size_t n_meta, const codec_text *texts,
                          size_t n_tensors, const codec_tensor *arrays,
                          size_t cap, void *out, size_t *need,
                          genmod_workspace *w)
{
    base_call call;
    int32_t status;
    assert_non_null(base_enter(&call, w, &status));
    return base_leave(&call, codec_write(n_meta, texts, n_tensors, arrays, cap,
                                         out, need, call.w));
}

static void write_gives_the_golden_bytes(void **state)
{
    (void)state;
    unsigned char out[1024];
    size_t need = 0;
    assert_int_equal(
        write_file(2, meta, 6, tensors, sizeof out, out, &need, NULL), 0);
    const size_t length = sizeof golden_header - 1;
    assert_int_equal(length % 8, 0);
    assert_int_equal(need, 8 + length + sizeof golden_data);
    static const unsigned char eight[8] = {0xE0, 1};
    assert_int_equal(length, 0x1E0);
    assert_memory_equal(out, eight, 8);
    assert_memory_equal(out + 8, golden_header, length);
    assert_memory_equal(out + 8 + length, golden_data, sizeof golden_data);
}

static void write_says_how_much_it_needs_and_touches_nothing(void **state)
{
    (void)state;
    unsigned char out[1024];
    const size_t whole = 8 + sizeof golden_header - 1 + sizeof golden_data;
    genmod_workspace *w;
    assert_int_equal(genmod_workspace_new(NULL, &w), 0);
    size_t need = 0;
    assert_int_equal(write_file(2, meta, 6, tensors, 0, NULL, &need, w),
                     GENMOD_TOO_SMALL);
    assert_int_equal(need, whole);
    memset(out, 0xA5, sizeof out);
    need = 0;
    assert_int_equal(write_file(2, meta, 6, tensors, whole - 1, out, &need, w),
                     GENMOD_TOO_SMALL);
    assert_string_equal(genmod_workspace_error(w),
                        "cap is 540; the file takes 541 bytes");
    assert_int_equal(need, whole);
    for (size_t i = 0; i < sizeof out; i++)
        assert_int_equal(out[i], 0xA5);
    assert_int_equal(write_file(2, meta, 6, tensors, whole, out, NULL, w), 0);
    assert_int_equal(out[whole - 1], 7);
    assert_int_equal(out[whole], 0xA5);
    genmod_workspace_free(w);
}

static void write_and_open_agree(void **state)
{
    (void)state;
    unsigned char out[1024];
    size_t need;
    opened o;
    assert_int_equal(
        write_file(2, meta, 6, tensors, sizeof out, out, &need, NULL), 0);
    file_open(&o, need, out, 1);
    assert_int_equal(o.status, 0);
    assert_int_equal(codec_texts(o.file), 3);
    for (size_t i = 0; i < 2; i++) {
        const codec_text *const t = codec_text_at(o.file, i + 1);
        assert_string_equal(t->key, meta[i].key);
        assert_string_equal(t->value, meta[i].value);
    }
    assert_int_equal(codec_tensors(o.file), 6);
    for (size_t i = 0; i < 6; i++) {
        const codec_tensor *const t = codec_tensor_at(o.file, i);
        assert_string_equal(t->name, tensors[i].name);
        assert_int_equal(t->type, tensors[i].type);
        assert_int_equal(t->rank, tensors[i].rank);
        for (int32_t j = 0; j < t->rank; j++)
            assert_int_equal(t->shape[j], tensors[i].shape[j]);
        const size_t bytes =
            (size_t)codec_elements(t) * codec_type_bytes(t->type);
        if (bytes)
            assert_memory_equal(t->data, tensors[i].data, bytes);
    }
    file_close(&o);
}

static void write_without_anything_gives_a_file(void **state)
{
    (void)state;
    unsigned char out[128];
    size_t need;
    opened o;
    assert_int_equal(write_file(0, NULL, 0, NULL, sizeof out, out, &need, NULL),
                     0);
    assert_int_equal(need % 8, 0);
    file_open(&o, need, out, 1);
    assert_int_equal(o.status, 0);
    assert_int_equal(codec_texts(o.file), 1);
    assert_int_equal(codec_tensors(o.file), 0);
    file_close(&o);
}

/* Every single character below U+0100, as a key and as a value. */
static void write_and_open_agree_on_odd_texts(void **state)
{
    (void)state;
    for (unsigned c = 1; c < 0x100; c++) {
        char text[4] = "x";
        size_t n = 1;
        if (c < 0x80) {
            text[n++] = (char)c;
        } else {
            text[n++] = (char)(0xC0 | c >> 6);
            text[n++] = (char)(0x80 | (c & 0x3F));
        }
        const codec_text odd = {text, text + 1};
        unsigned char out[256];
        size_t need;
        opened o;
        assert_int_equal(
            write_file(1, &odd, 0, NULL, sizeof out, out, &need, NULL), 0);
        file_open(&o, need, out, 1);
        assert_int_equal(o.status, 0);
        assert_non_null(codec_get(o.file, text));
        assert_string_equal(codec_get(o.file, text), text + 1);
        file_close(&o);
    }
}

static void write_refuses_text_that_is_not_utf8(void **state)
{
    (void)state;
    const codec_text value = {"option.init", "ab\xC3"};
    const codec_text key = {"\xFF", "ab"};
    unsigned char out[256];
    genmod_workspace *w;
    assert_int_equal(genmod_workspace_new(NULL, &w), 0);
    assert_int_equal(write_file(1, &value, 0, NULL, sizeof out, out, NULL, w),
                     GENMOD_BAD_ARGUMENT);
    assert_string_equal(genmod_workspace_error(w),
                        "option.init: byte 2 of its text is not UTF-8");
    assert_int_equal(write_file(1, &key, 0, NULL, sizeof out, out, NULL, w),
                     GENMOD_BAD_ARGUMENT);
    assert_string_equal(genmod_workspace_error(w),
                        "metadata: byte 0 of its text is not UTF-8");
    genmod_workspace_free(w);
}

/* 7 is prime to 97, so the names come in a mixed order. */
static void find_tells_many_names_apart(void **state)
{
    (void)state;
    char names[97][3];
    codec_tensor many[97];
    codec_text texts[97];
    unsigned char bytes[97], out[16384];
    size_t need;
    opened o;
    for (size_t i = 0; i < 97; i++) {
        names[i][0] = (char)('a' + i * 7 % 97 / 10);
        names[i][1] = (char)('a' + i * 7 % 97 % 10);
        names[i][2] = 0;
        bytes[i] = (unsigned char)(37 * i + 11);
        many[i] = (codec_tensor){names[i], GENMOD_U8, 0, {0}, &bytes[i]};
        texts[i] = (codec_text){names[i], names[96 - i]};
    }
    assert_int_equal(
        write_file(97, texts, 97, many, sizeof out, out, &need, NULL), 0);
    file_open(&o, need, out, 1);
    assert_int_equal(o.status, 0);
    for (size_t i = 0; i < 97; i++) {
        const codec_tensor *const t = codec_find(o.file, names[i]);
        assert_ptr_equal(t, codec_tensor_at(o.file, i));
        assert_int_equal(*(const unsigned char *)t->data, bytes[i]);
        assert_string_equal(codec_get(o.file, names[i]), names[96 - i]);
    }
    assert_null(codec_find(o.file, "zz"));
    assert_null(codec_get(o.file, ""));
    file_close(&o);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(write_gives_the_golden_bytes),
        cmocka_unit_test(write_says_how_much_it_needs_and_touches_nothing),
        cmocka_unit_test(write_and_open_agree),
        cmocka_unit_test(write_without_anything_gives_a_file),
        cmocka_unit_test(write_and_open_agree_on_odd_texts),
        cmocka_unit_test(write_refuses_text_that_is_not_utf8),
        cmocka_unit_test(find_tells_many_names_apart),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
