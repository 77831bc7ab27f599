#include "support/test.h"

#include "nn/internal.h"

static genmod_workspace *w;

static int32_t parse(const char *text, nn_size *out)
{
    return nn_size_parse("shape", text, out, w);
}

static void size_of_columns_is_read(void **state)
{
    nn_size s;

    (void)state;
    assert_ok(parse("784", &s));
    assert_int_equal(s.rank, 1);
    assert_int_equal(s.n, 784);
    assert_int_equal(nn_size_elements(&s), 784);
}

static void size_of_an_image_is_read_channels_first(void **state)
{
    nn_size s;

    (void)state;
    assert_ok(parse("3x28x31", &s));
    assert_int_equal(s.rank, 3);
    assert_int_equal(s.c, 3);
    assert_int_equal(s.h, 28);
    assert_int_equal(s.w, 31);
    assert_int_equal(nn_size_elements(&s), 3 * 28 * 31);
}

static void size_is_written_as_it_was_read(void **state)
{
    static const char *const texts[] = {"1", "16777216", "1x28x31",
                                        "16384x8192x8192"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        nn_size s;
        char out[64];
        assert_ok(parse(texts[i], &s));
        assert_int_equal(nn_size_format(&s, out), strlen(texts[i]));
        assert_string_equal(out, texts[i]);
    }
}

static void size_refuses_what_is_none(void **state)
{
    static const char *const texts[] = {
        "",
        "0",
        "-3",
        "+3",
        "3 ",
        " 3",
        "3.5",
        "1e3",
        "16777217",
        "2x3",
        "2x3x4x5",
        "x3x4",
        "2xx4",
        "2x3x",
        "0x3x4",
        "2x0x4",
        "2x3x0",
        "2X3X4",
        "2x3x4 ",
        "a",
        "\xff\xfe",
        "9999999999999999999999999999999999999999999999999999999999999999999"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        nn_size s = {.rank = 7};
        assert_status(parse(texts[i], &s), GENMOD_BAD_ARGUMENT, NULL);
        assert_error_names(w, "shape is");
        assert_int_equal(s.rank, 7);
    }
    assert_status(parse(NULL, &(nn_size){0}), GENMOD_BAD_ARGUMENT, NULL);
    assert_error_names(w, "shape is NULL");
}

static void size_refuses_more_numbers_than_can_be_held(void **state)
{
    nn_size s;

    (void)state;
    assert_status(parse("16777216x16777216x16777216", &s), GENMOD_BAD_ARGUMENT,
                  NULL);
    assert_error_names(w, "more than 1099511627776 numbers");
    assert_ok(parse("16384x8192x8192", &s));
    assert_status(parse("16385x8192x8192", &s), GENMOD_BAD_ARGUMENT, NULL);
}

static void sizes_are_equal_only_in_all_parts(void **state)
{
    static const char *const texts[] = {"12",    "13",    "1x3x4",
                                        "2x3x4", "1x4x4", "1x3x5"};

    (void)state;
    for (size_t i = 0; i < 6; i++) {
        for (size_t j = 0; j < 6; j++) {
            nn_size a, b;
            assert_ok(parse(texts[i], &a));
            assert_ok(parse(texts[j], &b));
            assert_int_equal(nn_size_equal(&a, &b), i == j);
        }
    }
}

static void rows_of_an_image_lie_channels_last(void **state)
{
    const nn_size image = {.rank = 3, .c = 3, .h = 5, .w = 7};
    const nn_size columns = {.rank = 1, .n = 11};
    ad_graph *g;

    (void)state;
    assert_ok(ad_graph_new(13, &g, w));
    const ad_shape i = nn_size_rows(g, &image), c = nn_size_rows(g, &columns);
    const int64_t expected[4] = {13, 5, 7, 3};
    assert_int_equal(i.rank, 4);
    assert_int_equal(i.div, 1);
    assert_memory_equal(i.dim, expected, sizeof expected);
    assert_int_equal(c.rank, 2);
    assert_int_equal(c.dim[0], 13);
    assert_int_equal(c.dim[1], 11);
    ad_graph_free(g);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(size_of_columns_is_read),
        cmocka_unit_test(size_of_an_image_is_read_channels_first),
        cmocka_unit_test(size_is_written_as_it_was_read),
        cmocka_unit_test(size_refuses_what_is_none),
        cmocka_unit_test(size_refuses_more_numbers_than_can_be_held),
        cmocka_unit_test(sizes_are_equal_only_in_all_parts),
        cmocka_unit_test(rows_of_an_image_lie_channels_last),
    };

    assert_ok(genmod_workspace_new(NULL, &w));
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    genmod_workspace_free(w);
    return failed;
}
