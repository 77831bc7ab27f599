/* Protocol buffers and the ONNX graphs that are made of them. */
#include "codec/internal.h"

#include "file.h"

/* ---- fields -------------------------------------------------------------- */

static size_t put_int(int64_t v, unsigned char *out)
{
    codec_sink s = {out, 0};
    codec_put_int(&s, 1, v);
    return s.at;
}

/* The encoding guide's own examples, and the ends of the range. */
static void varints_have_seven_bits_a_byte(void **state)
{
    static const struct {
        int64_t v;
        size_t n;
        unsigned char bytes[11];
    } cases[] = {
        {0, 2, {8, 0}},
        {127, 2, {8, 0x7f}},
        {150, 3, {8, 0x96, 1}},
        {16384, 4, {8, 0x80, 0x80, 1}},
        {INT64_MAX,
         10,
         {8, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f}},
        {-2, 11, {8, 0xfe, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1}}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        unsigned char out[16] = {0};
        assert_int_equal(put_int(cases[i].v, out), cases[i].n);
        assert_memory_equal(out, cases[i].bytes, cases[i].n);
    }
}

static void put_inner(codec_sink *s, const void *arg)
{
    codec_put_text(s, 2, arg);
    codec_put_float(s, 3, 2.385f);
}

static void messages_are_counted_as_they_are_written(void **state)
{
    static const unsigned char want[] = {0x82, 1,    12,   0x12, 5,
                                         'w',  'h',  'a',  't',  '?',
                                         0x1d, 0xd7, 0xa3, 0x18, 0x40};
    unsigned char out[32] = {0};
    codec_sink count = {NULL, 0}, s = {out, 0};
    (void)state;
    codec_put_message(&count, 16, put_inner, "what?");
    codec_put_message(&s, 16, put_inner, "what?");
    assert_int_equal(count.at, sizeof want);
    assert_int_equal(s.at, sizeof want);
    assert_memory_equal(out, want, sizeof want);
}

/* ---- a graph ------------------------------------------------------------- */

/* y = Transpose(x + w), perm [1, 0]; z = LeakyRelu(y) of two outputs. */
static void build(codec_graph *g)
{
    static const int64_t shape[2] = {CODEC_BATCH, 3}, size = 3;
    static const int64_t turned[2] = {3, CODEC_BATCH}, perm[2] = {1, 0};
    static const float w[3] = {0.5f, -3.25f, 7.0f};
    const codec_attribute axes = {.name = "perm", .n = 2, .ints = perm};
    const codec_attribute rest[2] = {{.name = "alpha", .real = 1, .f = 2.385f},
                                     {.name = "mode", .text = "odd"}};
    const char *in[2] = {"x", "w"};
    codec_graph_input(g, "x", GENMOD_F32, 2, shape);
    codec_graph_tensor(g, "w", GENMOD_F32, 1, &size, w);
    in[0] = codec_graph_node(g, "Add", 2, in, 0, NULL, NULL);
    in[0] = codec_graph_node(g, "Transpose", 1, in, 1, &axes, "y");
    codec_graph_node(g, "LeakyRelu", 1, in, 2, rest, "z");
    codec_graph_output(g, "y", GENMOD_F32, 2, turned);
    codec_graph_output(g, "z", GENMOD_F32, 2, turned);
}

static int32_t write_graph(size_t cap, void *out, size_t *need,
                           genmod_workspace *w)
{
    static const codec_text text = {"k", "v"};
    base_call call;
    int32_t status;
    codec_graph g = {0};
    assert_non_null(base_enter(&call, w, &status));
    g.w = call.w;
    build(&g);
    return base_leave(&call,
                      codec_graph_write(&g, "toy", 1, &text, cap, out, need));
}

/* onnx 1.23 reads these bytes as the graph above. */
static const unsigned char golden[] = {
    0x3a, 0xd0, 1,    0x0a, 0x0e, 0x0a, 1,    'x',  0x0a, 1,    'w',  0x12,
    1,    0x30, 0x22, 3,    'A',  'd',  'd',  0x0a, 0x20, 0x0a, 1,    0x30,
    0x12, 1,    'y',  0x22, 9,    'T',  'r',  'a',  'n',  's',  'p',  'o',
    's',  'e',  0x2a, 0x0d, 0x0a, 4,    'p',  'e',  'r',  'm',  0x40, 1,
    0x40, 0,    0xa0, 1,    7,    0x0a, 0x32, 0x0a, 1,    'y',  0x12, 1,
    'z',  0x22, 9,    'L',  'e',  'a',  'k',  'y',  'R',  'e',  'l',  'u',
    0x2a, 0x0f, 0x0a, 5,    'a',  'l',  'p',  'h',  'a',  0x15, 0xd7, 0xa3,
    0x18, 0x40, 0xa0, 1,    1,    0x2a, 0x0e, 0x0a, 4,    'm',  'o',  'd',
    'e',  0x22, 3,    'o',  'd',  'd',  0xa0, 1,    3,    0x12, 3,    't',
    'o',  'y',  0x2a, 0x15, 8,    3,    0x10, 1,    'B',  1,    'w',  'J',
    0x0c, 0,    0,    0,    0x3f, 0,    0,    'P',  0xc0, 0,    0,    0xe0,
    0x40, 'Z',  0x18, 0x0a, 1,    'x',  0x12, 0x13, 0x0a, 0x11, 8,    1,
    0x12, 0x0d, 0x0a, 7,    0x12, 5,    'b',  'a',  't',  'c',  'h',  0x0a,
    2,    8,    3,    'b',  0x18, 0x0a, 1,    'y',  0x12, 0x13, 0x0a, 0x11,
    8,    1,    0x12, 0x0d, 0x0a, 2,    8,    3,    0x0a, 7,    0x12, 5,
    'b',  'a',  't',  'c',  'h',  'b',  0x18, 0x0a, 1,    'z',  0x12, 0x13,
    0x0a, 0x11, 8,    1,    0x12, 0x0d, 0x0a, 2,    8,    3,    0x0a, 7,
    0x12, 5,    'b',  'a',  't',  'c',  'h',  'B',  4,    0x0a, 0,    0x10,
    0x0d, 'r',  6,    0x0a, 1,    'k',  0x12, 1,    'v'};

static void a_graph_has_the_golden_bytes_behind_its_version(void **state)
{
    unsigned char out[512];
    size_t need = 0, version;
    (void)state;
    assert_ok(write_graph(sizeof out, out, &need, NULL));
    assert_memory_equal(out, "\b\7\x12\tlibgenmod\x1a", 14);
    version = out[14];
    assert_int_equal(need, 15 + version + sizeof golden);
    assert_memory_equal(out + 15 + version, golden, sizeof golden);
}

static void a_graph_that_does_not_fit_is_sized_and_leaves_the_buffer(void **s)
{
    unsigned char out[512], untouched[512];
    size_t need = 0, again = 0;
    genmod_workspace *w = NULL;
    (void)s;
    memset(out, 0xa5, sizeof out);
    memcpy(untouched, out, sizeof out);
    assert_ok(genmod_workspace_new(NULL, &w));
    assert_int_equal(write_graph(0, NULL, &need, w), GENMOD_TOO_SMALL);
    assert_int_equal(write_graph(need - 1, out, &again, w), GENMOD_TOO_SMALL);
    assert_int_equal(need, again);
    assert_memory_equal(out, untouched, sizeof out);
    assert_ok(write_graph(need, out, NULL, w));
    assert_memory_equal(out + need, untouched + need, sizeof out - need);
    genmod_workspace_free(w);
}

static void a_new_name_has_a_stem_and_a_number_of_its_own(void **state)
{
    base_call call;
    int32_t status;
    codec_graph g = {0};
    (void)state;
    assert_non_null(base_enter(&call, NULL, &status));
    g.w = call.w;
    assert_string_equal(codec_graph_name(&g, ""), "0");
    assert_string_equal(codec_graph_name(&g, "a.weight"), "a.weight/1");
    assert_string_equal(codec_graph_name(&g, ""), "2");
    assert_ok(base_leave(&call, GENMOD_OK));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(varints_have_seven_bits_a_byte),
        cmocka_unit_test(messages_are_counted_as_they_are_written),
        cmocka_unit_test(a_graph_has_the_golden_bytes_behind_its_version),
        cmocka_unit_test(
            a_graph_that_does_not_fit_is_sized_and_leaves_the_buffer),
        cmocka_unit_test(a_new_name_has_a_stem_and_a_number_of_its_own)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
