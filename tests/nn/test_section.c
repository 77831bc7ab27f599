#include "support/test.h"

#include "nn/nn.h"

static genmod_workspace *w;

typedef struct piece {
    const char *text, *input;
    size_t first, weighted, end;
} piece;

static void check(const char *shape, const char *text, size_t n,
                  const piece *want)
{
    nn_size size;
    nn_net *net;
    assert_ok(nn_size_parse("shape", shape, &size, w));
    assert_ok(nn_parse("encoder", text, &size, &net, w));
    assert_int_equal(nn_net_sections(net), n);
    for (size_t i = 0; i < n; i++) {
        char out[128], input[64];
        size_t need;
        nn_section s;
        nn_net_section(net, i, &s);
        nn_size_format(&s.input, input);
        assert_ok(nn_net_section_text(net, i, sizeof out, out, &need, w));
        assert_int_equal(need, strlen(out) + 1);
        assert_string_equal(out, want[i].text);
        assert_string_equal(input, want[i].input);
        assert_int_equal(s.first, want[i].first);
        assert_int_equal(s.weighted, want[i].weighted);
        assert_int_equal(s.end, want[i].end);
    }
    assert_status(nn_net_section_text(net, 0, 3, NULL, NULL, w),
                  GENMOD_TOO_SMALL, w);
    nn_net_free(net);
}

static void sections_begin_at_weights_and_hold_what_follows(void **state)
{
    (void)state;
    const piece dense[] = {
        {"dropout 0.2; dense 9; batchnorm; relu", "7", 0, 1, 4},
        {"dense 5 nobias; tanh; dropout 0.5", "9", 4, 4, 7},
        {"dense 2", "5", 7, 7, 8}};
    check("7",
          "dropout 0.2; dense 9; batchnorm; relu; dense 5 nobias; tanh; "
          "dropout 0.5; dense 2",
          3, dense);
}

static void sections_of_images_know_their_input(void **state)
{
    (void)state;
    const piece conv[] = {{"conv 4 k3 p1; relu; maxpool 2", "1x8x8", 0, 0, 3},
                          {"sn conv 6 k2 s2; flatten", "4x4x4", 3, 3, 5},
                          {"dense 3; softmax", "24", 5, 5, 7}};
    check("1x8x8",
          "conv 4 k3 p1; relu; maxpool 2; sn conv 6 k2 s2; flatten; dense 3; "
          "softmax",
          3, conv);
}

static void a_residual_is_a_section_if_it_has_weights(void **state)
{
    (void)state;
    const piece residual[] = {
        {"dense 6; residual { tanh }", "6", 0, 0, 3},
        {"residual { dense 6; relu; dense 6 }; elu", "6", 3, 3, 8}};
    check("6",
          "dense 6; residual { tanh }; residual { dense 6; relu; dense 6 }; "
          "elu",
          2, residual);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sections_begin_at_weights_and_hold_what_follows),
        cmocka_unit_test(sections_of_images_know_their_input),
        cmocka_unit_test(a_residual_is_a_section_if_it_has_weights),
    };

    assert_ok(genmod_workspace_new(NULL, &w));
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    genmod_workspace_free(w);
    return failed;
}
