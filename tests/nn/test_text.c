#include "support/test.h"

#include "nn/internal.h"

static genmod_workspace *w;

static nn_size size_of(const char *text)
{
    nn_size s;

    assert_ok(nn_size_parse("shape", text, &s, w));
    return s;
}

static int32_t parse(const char *text, const char *shape, nn_net **out)
{
    const nn_size s = size_of(shape);

    return nn_parse("encoder", text, &s, out, w);
}

static void assert_text(const nn_net *net, const char *expected)
{
    char out[8192];
    size_t need;

    assert_status(nn_net_text(net, sizeof out, out, &need, w), GENMOD_OK, w);
    assert_string_equal(out, expected);
    assert_int_equal(need, strlen(expected) + 1);
}

typedef struct reading {
    const char *shape, *text, *canonical, *out;
} reading;

/* Every word, every option, given and left out. */
static const reading readings[] = {
    {"784", "dense 128", "dense 128", "128"},
    {"784", "  dense\t7\n", "dense 7", "7"},
    {"784", "dense 7;", "dense 7", "7"},
    {"784", "dense 007", "dense 7", "7"},
    {"784", "dense 7 nobias", "dense 7 nobias", "7"},
    {"784", "dense 7 he nobias", "dense 7 nobias he", "7"},
    {"784", "dense 7 glorot", "dense 7 glorot", "7"},
    {"784", "dense 7 fanin", "dense 7 fanin", "7"},
    {"784", "dense 7 orthogonal", "dense 7 orthogonal", "7"},
    {"784", "dense 7 zero", "dense 7 zero", "7"},
    {"784", "sn dense 7 he", "sn dense 7 he", "7"},
    {"3x5x7", "dense 7", "dense 7", "7"},
    {"3x9x11", "conv 8 k3", "conv 8 k3", "8x7x9"},
    {"3x9x11", "conv 8 k3x5 s2x1 p1x2", "conv 8 k3x5 s2x1 p1x2", "8x5x11"},
    {"3x9x11", "conv 8 s2 p1 k3x3", "conv 8 k3 s2 p1", "8x5x6"},
    {"3x9x11", "conv 8 k1 s1 p0 g1", "conv 8 k1", "8x9x11"},
    {"4x9x11", "sn conv 8 k3 g2 nobias orthogonal",
     "sn conv 8 k3 g2 nobias orthogonal", "8x7x9"},
    {"4x9x11", "conv 6 k3 p0x1", "conv 6 k3 p0x1", "6x7x11"},
    {"4x5x6", "deconv 3 k4 s2 p1", "deconv 3 k4 s2 p1", "3x10x12"},
    {"4x5x6", "deconv 3 k3x5 s2x3 p1x2 o1x2", "deconv 3 k3x5 s2x3 p1x2 o1x2",
     "3x10x18"},
    {"4x5x6", "sn deconv 6 k2 g2 o0 nobias", "sn deconv 6 k2 g2 nobias",
     "6x6x7"},
    {"12", "batchnorm", "batchnorm", "12"},
    {"12", "batchnorm 0.1", "batchnorm", "12"},
    {"12", "batchnorm 0.05", "batchnorm 0.05", "12"},
    {"12", "batchnorm 1e-3", "batchnorm 0.001", "12"},
    {"4x5x6", "batchnorm; layernorm; groupnorm 2",
     "batchnorm; layernorm; groupnorm 2", "4x5x6"},
    {"12", "dropout 0.25", "dropout 0.25", "12"},
    {"12", "dropout 0", "dropout 0", "12"},
    {"12", "relu;lrelu;lrelu 0.01;lrelu 0.2;elu;elu 1;elu 0.5",
     "relu; lrelu; lrelu; lrelu 0.2; elu; elu; elu 0.5", "12"},
    {"12", "gelu; silu; tanh; sigmoid; softplus; softmax",
     "gelu; silu; tanh; sigmoid; softplus; softmax", "12"},
    {"4x9x11", "maxpool 2", "maxpool 2", "4x4x5"},
    {"4x9x11", "maxpool 2 s2", "maxpool 2", "4x4x5"},
    {"4x9x11", "maxpool 3x2 s2 p1x0", "maxpool 3x2 s2 p1x0", "4x5x5"},
    {"4x9x11", "avgpool 3 s1 p1", "avgpool 3 s1 p1", "4x9x11"},
    {"4x9x11", "avgpool 9x11", "avgpool 9x11", "4x1x1"},
    {"4x9x11", "upsample 2", "upsample 2", "4x18x22"},
    {"4x9x11", "upsample 2 nearest", "upsample 2", "4x18x22"},
    {"4x9x11", "upsample 3 bilinear", "upsample 3 bilinear", "4x27x33"},
    {"4x9x11", "flatten", "flatten", "396"},
    {"12", "flatten", "flatten", "12"},
    {"12", "reshape 3x2x2", "reshape 3x2x2", "3x2x2"},
    {"2x6x1", "reshape 3x2x2", "reshape 3x2x2", "3x2x2"},
    {"12", "residual { relu }", "residual { relu }", "12"},
    {"12", "residual{dense 5;tanh;dense 12;};relu",
     "residual { dense 5; tanh; dense 12 }; relu", "12"},
    {"12", "residual { residual { dense 12 }; residual { gelu } }; dense 3",
     "residual { residual { dense 12 }; residual { gelu } }; dense 3", "3"},
    {"1x28x28", "conv 32 k4 s2 p1; batchnorm; lrelu 0.2; dense 128; relu",
     "conv 32 k4 s2 p1; batchnorm; lrelu 0.2; dense 128; relu", "128"},
};

static void every_word_and_option_round_trips(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++) {
        const reading *const r = &readings[i];
        nn_net *net, *again;
        assert_status(parse(r->text, r->shape, &net), GENMOD_OK, w);
        assert_text(net, r->canonical);
        const nn_size in = size_of(r->shape), out = size_of(r->out);
        assert_true(nn_size_equal(nn_net_input(net), &in));
        assert_true(nn_size_equal(nn_net_output(net), &out));
        assert_ok(parse(r->canonical, r->shape, &again));
        assert_text(again, r->canonical);
        nn_net_free(net);
        nn_net_free(again);
    }
}

static void every_kind_of_layer_is_among_the_readings(void **state)
{
    (void)state;
    for (size_t k = 0; k < nn_kinds_count; k++) {
        int found = 0;
        for (size_t i = 0; i < sizeof readings / sizeof readings[0]; i++)
            found |= strstr(readings[i].text, nn_kinds[k].word) != NULL;
        assert_true(found);
    }
}

typedef struct mistake {
    const char *shape, *text;
    const char *position; /* of what is wrong */
    const char *word;     /* that helps */
} mistake;

static const mistake mistakes[] = {
    {"784", "", "1", "expected a layer, not 'the end'"},
    {"784", "   ", "4", "expected a layer"},
    {"784", ";", "1", "expected a layer, not ';'"},
    {"784", "relu;;relu", "6", "expected a layer, not ';'"},
    {"784", "dens 5", "1", "unknown layer 'dens' (nearest: dense)"},
    {"784", "relu; con 5", "7", "nearest: conv"},
    {"784", "relu; Relu", "7", "nearest: relu"},
    {"784", "batchnrm", "1", "nearest: batchnorm"},
    {"784", "sn", "3", "expected a layer"},
    {"784", "sn relu", "4", "expected dense, conv or deconv, not 'relu'"},
    {"784", "sn sn dense 5", "4", "unknown layer 'sn'"},
    {"784", "relu; sn dense 5 zero", "7", "cannot start as 'zero'"},
    {"784", "dense", "6", "expected a count"},
    {"784", "dense ; relu", "7", "not ';'"},
    {"784", "dense 0", "7", "from 1 to 16777216, not '0'"},
    {"784", "dense -5", "7", "not '-5'"},
    {"784", "dense +5", "7", "not '+5'"},
    {"784", "dense 5.0", "7", "not '5.0'"},
    {"784", "dense 1e3", "7", "not '1e3'"},
    {"784", "dense 16777217", "7", "not '16777217'"},
    {"784", "dense 99999999999999999999999999", "7", "whole number"},
    {"784", "dense 5 5", "9", "unexpected '5' (dense N"},
    {"784", "dense 5 bias", "9", "unexpected 'bias' (dense N [nobias]"},
    {"784", "dense 5 nobias nobias", "16", "'nobias' comes second"},
    {"784", "dense 5 he glorot", "12", "'glorot' comes second"},
    {"4x9x11", "conv 8 k3 g0", "11", "expected gG"},
    {"784", "dense 5 k3", "9", "unexpected 'k3'"},
    {"784", "dense 5 relu", "9", "unexpected 'relu'"},
    {"784", "dense 5, relu", "7", "not '5,'"},
    {"784", "dense 5 }", "9", "expected ';' or the end, not '}'"},
    {"784", "dense 5 {", "9", "expected ';' or the end, not '{'"},
    {"784", "conv 8 k3", "1", "conv on 784: its input must be an image"},
    {"3x9x11", "conv 8", "7", "expected kK, not 'the end'"},
    {"3x9x11", "conv 8; relu", "7", "expected kK, not ';'"},
    {"3x9x11", "conv 8 3", "8", "unexpected '3' (conv N kK"},
    {"3x9x11", "conv 8 k", "8", "unexpected 'k'"},
    {"3x9x11", "conv 8 k0", "8", "from 1 to 16777216, not 'k0'"},
    {"3x9x11", "conv 8 k3x", "8", "not 'k3x'"},
    {"3x9x11", "conv 8 k3x3x3", "8", "not 'k3x3x3'"},
    {"3x9x11", "conv 8 k3 s0", "11", "from 1 to 16777216, not 's0'"},
    {"3x9x11", "conv 8 k3 p-1", "11", "unexpected 'p-1'"},
    {"3x9x11", "conv 8 k3 k3", "11", "'k3' comes second"},
    {"3x9x11", "conv 8 k3 o1", "11", "unexpected 'o1'"},
    {"3x9x11", "conv 8 k3 q1", "11", "unexpected 'q1'"},
    {"3x9x11", "relu; conv 8 k10", "7", "window is larger"},
    {"3x9x11", "conv 8 k3 g2", "1", "2 groups do not divide 3 channels"},
    {"4x9x11", "conv 7 k3 g2", "1", "4 channels in and 7 out"},
    {"4x9x11", "deconv 7 k3 g4", "1", "4 channels in and 7 out"},
    {"4x9x11", "deconv 3 k3 o1", "1", "output padding must be below its"},
    {"4x1x1", "deconv 3 k3 p2", "1", "leaves nothing"},
    {"12", "deconv 3 k3", "1", "deconv on 12"},
    {"12", "batchnorm 2", "11", "from 0 to 1, not '2'"},
    {"12", "batchnorm nan", "11", "not 'nan'"},
    {"12", "batchnorm 0.1 0.1", "15", "unexpected '0.1'"},
    {"12", "dropout", "8", "expected P"},
    {"12", "dropout 1", "9", "from 0 to 0.999, not '1'"},
    {"12", "dropout -0.1", "9", "not '-0.1'"},
    {"12", "dropout ; relu", "9", "expected P, a number from 0"},
    {"12", "lrelu x", "7", "from 0 to 1, not 'x'"},
    {"12", "elu 1e9", "5", "from 0 to 1000"},
    {"12", "relu 0.1", "6", "unexpected '0.1' (relu)"},
    {"12", "groupnorm 5", "1", "must divide the channels"},
    {"12", "groupnorm", "10", "a count"},
    {"12", "maxpool 2", "1", "must be an image"},
    {"3x9x11", "maxpool", "8", "K or AxB"},
    {"3x9x11", "maxpool k2", "9", "not 'k2'"},
    {"3x9x11", "maxpool 2 p2", "1", "padding must be below its window"},
    {"3x9x11", "avgpool 12", "1", "avgpool on 3x9x11"},
    {"1x5000x5000", "maxpool 2", "1", "2^24 cells"},
    {"12", "upsample 2", "1", "must be an image"},
    {"3x9x11", "upsample 2 cubic", "12", "nearest|bilinear"},
    {"3x9x11", "upsample 2 nearest bilinear", "20", "comes second"},
    {"3x9x11", "upsample 16777216", "1", "beyond 2^24"},
    {"12", "reshape 13", "9", "CxHxW"},
    {"12", "reshape 3x2", "9", "CxHxW"},
    {"12", "relu; reshape 3x2x3", "7", "reshape of 12 to 3x2x3"},
    {"12", "residual dense 5", "10", "expected '{', not 'dense'"},
    {"12", "residual { }", "12", "expected a layer, not '}'"},
    {"12", "residual { relu", "16", "expected '}' or ';', not 'the end'"},
    {"12", "residual { relu } relu", "19", "expected ';' or the end"},
    {"12", "relu; residual { dense 5 }", "7", "turns 12 into 5"},
    {"12", "residual { dens 5 }", "12", "nearest: dense"},
    {"12", "relu }", "6", "not '}'"},
    {"12", "\xff\xfe\x01", "1", "unknown layer"},
    {"16777216", "dense 16777216", "1", "more than 2^40 numbers"},
    {"4x2048x2048", "deconv 4 k1 s16777216 o16777215", "1",
     "more than 2^40 numbers"},
};

static void every_mistake_is_named_with_its_position(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        const mistake *const m = &mistakes[i];
        char expected[64] = "encoder: position ";
        nn_net *net = (void *)mistakes;
        assert_status(parse(m->text, m->shape, &net), GENMOD_BAD_ARGUMENT, w);
        assert_null(net);
        strcat(expected, m->position);
        strcat(expected, ": ");
        assert_error_names(w, expected);
        assert_error_names(w, m->word);
    }
}

static void text_that_is_null_is_refused(void **state)
{
    nn_net *net;

    (void)state;
    assert_status(parse(NULL, "12", &net), GENMOD_BAD_ARGUMENT, NULL);
    assert_error_names(w, "encoder is NULL");
}

static char *repeat(const char *open, size_t n, const char *middle,
                    const char *close)
{
    char *const out = malloc(n * (strlen(open) + strlen(close)) + 64);

    out[0] = '\0';
    for (size_t i = 0; i < n; i++)
        strcat(out, open);
    strcat(out, middle);
    for (size_t i = 0; i < n; i++)
        strcat(out, close);
    return out;
}

static void residuals_nest_eight_deep_and_no_deeper(void **state)
{
    nn_net *net;
    char *const eight = repeat("residual { ", NN_DEPTH, "dense 12", " }");
    char *const nine = repeat("residual { ", NN_DEPTH + 1, "dense 12", " }");
    char *const many = repeat("residual { ", 20000, "dense 12", " }");

    (void)state;
    assert_ok(parse(eight, "12", &net));
    assert_text(net, eight);
    nn_net_free(net);
    assert_status(parse(nine, "12", &net), GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "position 89: residual in more than 7 others");
    assert_status(parse(many, "12", &net), GENMOD_BAD_ARGUMENT, w);
    free(eight);
    free(nine);
    free(many);
}

static void networks_have_up_to_256_layers(void **state)
{
    nn_net *net;
    char *const most = repeat("relu;", NN_LAYERS - 1, "tanh", "");
    char *const more = repeat("relu;", NN_LAYERS, "tanh", "");

    (void)state;
    assert_ok(parse(most, "12", &net));
    assert_true(nn_net_has(net, "tanh"));
    nn_net_free(net);
    assert_status(parse(more, "12", &net), GENMOD_BAD_ARGUMENT, w);
    assert_error_names(w, "position 1281: more than 256 layers");
    free(most);
    free(more);
}

static void words_of_any_length_are_refused_in_one_line(void **state)
{
    nn_net *net;
    char word[300];

    (void)state;
    for (size_t n = 1; n < sizeof word; n++) {
        memset(word, "\xc3\xa4q0"[n % 4], n);
        word[n] = '\0';
        assert_status(parse(word, "12", &net), GENMOD_BAD_ARGUMENT, w);
        assert_error_names(w, "position 1: unknown layer");
    }
}

static void long_words_are_not_cut_inside_a_character(void **state)
{
    (void)state;
    for (size_t n = 0; n < 2; n++) {
        char word[300] = "q";
        nn_net *net;
        for (size_t i = n; i < 200; i += 2)
            memcpy(word + i, "\xc3\xa4", 3);
        assert_status(parse(word, "12", &net), GENMOD_BAD_ARGUMENT, w);
        for (const char *at = genmod_workspace_error(w); *at; at++)
            if (*at == '\xc3')
                assert_int_equal(*++at, '\xa4');
    }
}

/* Any bytes: words of the grammar in disorder, cut and changed. */
static void any_bytes_give_a_network_or_one_error(void **state)
{
    static const char *const parts[] = {
        "dense ",      "conv ",    "deconv ",   "8 ",       "k3 ",
        "s2 ",         "p1x2 ",    "o1 ",       "g2 ",      ";",
        "{",           "}",        "residual ", "sn ",      "relu",
        "lrelu ",      "0.2 ",     "\n",        "\x80",     "reshape ",
        "2x3x2 ",      "maxpool ", "upsample ", "flatten;", "nobias ",
        "9999999999 ", "x"};
    const size_t n = sizeof parts / sizeof parts[0];
    size_t good = 0;

    (void)state;
    for (uint32_t turn = 0; turn < 20000; turn++) {
        char text[256] = "";
        nn_net *net;
        uint32_t bits[4];
        base_random(41, turn, 0, 0, bits);
        for (size_t i = 0; i < bits[0] % 12; i++) {
            uint32_t which[4];
            base_random(41, turn, 1, (uint32_t)i, which);
            strcat(text, parts[which[0] % n]);
        }
        if (bits[1] % 4 == 0 && text[0])
            text[bits[2] % strlen(text)] = (char)(bits[3] % 255 + 1);
        const int32_t status = parse(text, "2x6x7", &net);
        if (status) {
            assert_int_equal(status, GENMOD_BAD_ARGUMENT);
            assert_error_names(w, "encoder: position ");
            assert_null(net);
            continue;
        }
        char out[512];
        size_t need;
        good++;
        assert_ok(nn_net_text(net, sizeof out, out, &need, w));
        nn_net_free(net);
        assert_ok(parse(out, "2x6x7", &net));
        assert_text(net, out);
        nn_net_free(net);
    }
    assert_true(good > 100);
}

static void has_looks_at_any_depth(void **state)
{
    nn_net *net;

    (void)state;
    assert_ok(parse("dense 4; residual { residual { sn dense 4; tanh } }", "12",
                    &net));
    assert_true(nn_net_has(net, "tanh"));
    assert_true(nn_net_has(net, "dense"));
    assert_true(nn_net_has(net, "sn"));
    assert_false(nn_net_has(net, "relu"));
    nn_net_free(net);
}

static void last_is_what_decides_the_range(void **state)
{
    static const char *const cases[][2] = {
        {"dense 4; sigmoid", "sigmoid"},
        {"dense 4; sigmoid; reshape 1x2x2; flatten", "sigmoid"},
        {"dense 4; sigmoid; dropout 0.1", "dropout"},
        {"sigmoid; residual { dense 12; residual { dense 12; tanh } }",
         "residual"},
        {"residual { dense 12; tanh }; softmax", "softmax"},
        {"reshape 3x2x2", NULL}};

    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        nn_net *net;

        assert_ok(parse(cases[i][0], "12", &net));
        if (cases[i][1])
            assert_string_equal(nn_net_last(net), cases[i][1]);
        else
            assert_null(nn_net_last(net));
        nn_net_free(net);
    }
}

static void text_says_how_much_room_it_wants(void **state)
{
    nn_net *net;
    char out[12];
    size_t need = 0;

    (void)state;
    assert_ok(parse("dense  4;tanh", "12", &net));
    assert_status(nn_net_text(net, 0, NULL, &need, w), GENMOD_TOO_SMALL, w);
    assert_int_equal(need, sizeof "dense 4; tanh");
    assert_status(nn_net_text(net, sizeof out, out, &need, w), GENMOD_TOO_SMALL,
                  w);
    nn_net_free(net);
}

static int32_t parse_once(genmod_context *c, void *arg)
{
    const nn_size size = {.rank = 3, .c = 2, .h = 6, .w = 7};
    genmod_workspace *own;
    char out[200];
    size_t need;
    nn_net *net;
    int32_t status = genmod_workspace_new(c, &own);

    (void)arg;
    if (status)
        return status;
    status =
        nn_parse("encoder", "conv 4 k3; residual { batchnorm; relu }; dense 3",
                 &size, &net, own);
    if (!status)
        status = nn_net_text(net, sizeof out, out, &need, own);
    if (!status)
        status = nn_net_mirror(net, sizeof out, out, &need, own);
    nn_net_free(net);
    genmod_workspace_free(own);
    return status;
}

static void failed_allocations_leave_nothing(void **state)
{
    (void)state;
    assert_true(support_alloc_walk(parse_once, NULL) >= 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_word_and_option_round_trips),
        cmocka_unit_test(every_kind_of_layer_is_among_the_readings),
        cmocka_unit_test(every_mistake_is_named_with_its_position),
        cmocka_unit_test(text_that_is_null_is_refused),
        cmocka_unit_test(residuals_nest_eight_deep_and_no_deeper),
        cmocka_unit_test(networks_have_up_to_256_layers),
        cmocka_unit_test(words_of_any_length_are_refused_in_one_line),
        cmocka_unit_test(long_words_are_not_cut_inside_a_character),
        cmocka_unit_test(any_bytes_give_a_network_or_one_error),
        cmocka_unit_test(has_looks_at_any_depth),
        cmocka_unit_test(last_is_what_decides_the_range),
        cmocka_unit_test(text_says_how_much_room_it_wants),
        cmocka_unit_test(failed_allocations_leave_nothing),
    };

    assert_ok(genmod_workspace_new(NULL, &w));
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    genmod_workspace_free(w);
    return failed;
}
