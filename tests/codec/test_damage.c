#include "file.h"

/* A file with every type, escapes, and its checksum. */
static size_t small_file(unsigned char *out, size_t cap)
{
    static const double f64[3] = {2.385, -0.75, 1e-300};
    static const float f32[2] = {0.5f, -3.25f};
    static const int32_t i32[1] = {-7};
    static const unsigned char u8[3] = {1, 250, 7};
    static const codec_text texts[] = {{"genmod.family", "gmm"},
                                       {"a\"\n\xC3\xA9", "\xF0\x9F\x98\x80\\"},
                                       {"empty", ""}};
    static const codec_tensor tensors[] = {{"weights", GENMOD_F64, 1, {3}, f64},
                                           {"none", CODEC_I64, 2, {0, 3}, NULL},
                                           {"m/b", GENMOD_F32, 2, {1, 2}, f32},
                                           {"i", CODEC_I32, 0, {0}, i32},
                                           {"u", GENMOD_U8, 3, {1, 3, 1}, u8}};
    base_call call;
    int32_t status;
    size_t need;
    assert_non_null(base_enter(&call, NULL, &status));
    status = codec_write(3, texts, 5, tensors, cap, out, &need, call.w);
    assert_int_equal(base_leave(&call, status), 0);
    return need;
}

static void every_prefix_is_rejected(void **state)
{
    (void)state;
    unsigned char whole[1024];
    const size_t n = small_file(whole, sizeof whole);
    for (int32_t need_checksum = 0; need_checksum < 2; need_checksum++) {
        for (size_t i = 0; i < n; i++) {
            opened o;
            file_open(&o, i, whole, need_checksum);
            assert_int_equal(o.status, GENMOD_BAD_BYTES);
            file_close(&o);
        }
    }
}

/* A cyclic code finds every single flipped bit; a flip in the checksum's own
 * key leaves a file without one. */
static void every_flipped_bit_is_rejected(void **state)
{
    (void)state;
    unsigned char whole[1024];
    const size_t n = small_file(whole, sizeof whole);
    for (size_t i = 0; i < 8 * n; i++) {
        opened o;
        whole[i / 8] ^= (unsigned char)(1u << i % 8);
        file_open(&o, n, whole, 1);
        assert_true(o.status == GENMOD_BAD_BYTES ||
                    o.status == GENMOD_UNSUPPORTED);
        file_close(&o);
        whole[i / 8] ^= (unsigned char)(1u << i % 8);
    }
}

/* Bytes put in, taken out, or written over, without a checksum to hide behind:
 * whatever opens is read to its ends. */
static void mutants_are_read_within_their_bytes(void **state)
{
    (void)state;
    static const char marks[] = "{}[]\",:\\u0189dFn ";
    unsigned char whole[1024], mutant[1025];
    const size_t n = small_file(whole, sizeof whole);
    size_t accepted = 0;
    /* The header without its checksum: as an unknown key it is any text. */
    unsigned char *const key = whole + 8 + 18;
    assert_memory_equal(key, "genmod.checksum", 15);
    key[0] = 'G';
    for (uint32_t i = 0; i < 30000; i++) {
        const uint32_t counter[4] = {i, 0, 0, 0}, seed[2] = {2385, 75};
        uint32_t r[4];
        opened o;
        base_philox(counter, seed, r);
        const size_t at = r[0] % n, kind = r[1] % 3;
        const size_t m = kind == 0 ? n : kind == 1 ? n + 1 : n - 1;
        memcpy(mutant, whole, at);
        memcpy(mutant + at + (kind != 2), whole + at + (kind != 1),
               n - at - (kind != 1));
        if (kind != 2)
            mutant[at] = r[2] % 2 ? (unsigned char)r[3]
                                  : (unsigned char)marks[r[3] % 17];
        file_open(&o, m, mutant, 0);
        for (size_t t = 0; !o.status && t < codec_tensors(o.file); t++) {
            const codec_tensor *const tensor = codec_tensor_at(o.file, t);
            const unsigned char *const data = tensor->data;
            const size_t bytes =
                (size_t)codec_elements(tensor) * codec_type_bytes(tensor->type);
            const unsigned char *const start = o.bytes;
            assert_true(data >= start + 8 && data + bytes <= start + m);
            assert_ptr_equal(codec_find(o.file, tensor->name), tensor);
        }
        accepted += o.status == 0;
        file_close(&o);
    }
    /* Other data, names and texts are as good: some mutants must pass. */
    assert_true(accepted > 300);
}

/* Opens n bytes and returns the most memory that was held for it. */
static size_t memory_of(size_t n, const void *bytes, int32_t want)
{
    host h;
    genmod_workspace *w;
    base_call call;
    int32_t status;
    const codec_file *f;
    host_init(&h);
    genmod_context *const c = host_context(&h);
    assert_ok(genmod_workspace_new(c, &w));
    const size_t before = atomic_load(&h.bytes);
    atomic_store(&h.peak, before);
    assert_non_null(base_enter(&call, w, &status));
    status = codec_open(n, bytes, 0, &f, call.w);
    assert_status(base_leave(&call, status), want, w);
    genmod_workspace_free(w);
    genmod_context_free(c);
    assert_int_equal(atomic_load(&h.blocks), 0);
    return atomic_load(&h.peak) - before;
}

/* `count` times `item`, in which '#' stands for three letters that count. */
static size_t repeat(unsigned char *out, const char *open, const char *item,
                     const char *close, size_t count)
{
    size_t n = 8;
    memcpy(out + n, open, strlen(open));
    n += strlen(open);
    for (size_t i = 0; i < count; i++) {
        if (i)
            out[n++] = ',';
        for (const char *c = item; *c; c++) {
            if (*c != '#') {
                out[n++] = (unsigned char)*c;
                continue;
            }
            for (size_t v = i, j = 0; j < 3; j++, v /= 26)
                out[n++] = (unsigned char)('a' + v % 26);
        }
    }
    memcpy(out + n, close, strlen(close));
    n += strlen(close);
    for (size_t i = 0; i < 8; i++)
        out[i] = (unsigned char)((uint64_t)(n - 8) >> 8 * i);
    return n;
}

static void open_holds_at_most_four_times_the_bytes(void **state)
{
    (void)state;
    static const struct {
        const char *open, *item, *close;
        int32_t status;
    } shapes[] = {
        {"{\"__metadata__\":{", "\"#\":\"\"", "}}", 0},
        {"{\"__metadata__\":{", "\"\":\"\"", "}}", GENMOD_BAD_BYTES},
        {"{", "\"#\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}",
         "}", 0},
        {"{", "\"\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}",
         "}", GENMOD_BAD_BYTES},
    };
    unsigned char *const bytes = malloc(1 << 20);
    assert_non_null(bytes);
    for (size_t i = 0; i < sizeof shapes / sizeof shapes[0]; i++) {
        for (size_t count = 1; count < 16000; count = 5 * count + 1) {
            const size_t n = repeat(bytes, shapes[i].open, shapes[i].item,
                                    shapes[i].close, count);
            const int32_t want = count == 1 ? 0 : shapes[i].status;
            assert_true(memory_of(n, bytes, want) <= 4 * n + (32 << 10));
        }
    }
    free(bytes);
}

static void open_allocates_nothing_for_a_size_that_is_not_there(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "{\"a\":{\"dtype\":\"U8\",\"shape\":[4611686018427387904],"
        "\"data_offsets\":[0,4611686018427387904]}}",
        "{\"a\":{\"dtype\":\"F64\",\"shape\":[4294967296,268435456],"
        "\"data_offsets\":[0,9223372036854775808]}}",
    };
    for (size_t i = 0; i < 2; i++) {
        file f;
        file_make(&f, headers[i], 8, NULL);
        assert_int_equal(memory_of(f.n, f.bytes, GENMOD_BAD_BYTES), 0);
    }
}

static int32_t open_small(genmod_context *c, void *arg)
{
    const file *const f = arg;
    genmod_workspace *w = NULL;
    base_call call;
    const codec_file *opened_file;
    int32_t status = genmod_workspace_new(c, &w);
    if (status)
        return status;
    assert_non_null(base_enter(&call, w, &status));
    status = codec_open(f->n, f->bytes, 1, &opened_file, call.w);
    status = base_leave(&call, status);
    genmod_workspace_free(w);
    return status;
}

/* The workspace, and the index: nothing else is allocated. */
static void open_survives_the_want_of_memory(void **state)
{
    (void)state;
    file f;
    f.n = small_file(f.bytes, sizeof f.bytes);
    assert_int_equal(support_alloc_walk(open_small, &f), 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_prefix_is_rejected),
        cmocka_unit_test(every_flipped_bit_is_rejected),
        cmocka_unit_test(mutants_are_read_within_their_bytes),
        cmocka_unit_test(open_holds_at_most_four_times_the_bytes),
        cmocka_unit_test(open_allocates_nothing_for_a_size_that_is_not_there),
        cmocka_unit_test(open_survives_the_want_of_memory),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
