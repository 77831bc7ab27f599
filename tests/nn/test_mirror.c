#include "support/test.h"

#include "nn/internal.h"

static genmod_workspace *w;

static nn_net *parse(const char *text, const nn_size *size)
{
    nn_net *net;

    assert_status(nn_parse("encoder", text, size, &net, w), GENMOD_OK, w);
    return net;
}

static nn_net *parse_at(const char *text, const char *shape)
{
    nn_size size;

    assert_ok(nn_size_parse("shape", shape, &size, w));
    return parse(text, &size);
}

static nn_net *mirror_of(const nn_net *net, char *out, size_t cap)
{
    size_t need;

    assert_status(nn_net_mirror(net, cap, out, &need, w), GENMOD_OK, w);
    assert_int_equal(need, strlen(out) + 1);
    return parse(out, nn_net_output(net));
}

typedef struct image {
    const char *shape, *text, *mirror;
} image;

static const image images[] = {
    {"784", "dense 400; relu; dense 20", "dense 400; relu; dense 784"},
    {"784", "dense 400; relu; dense 20; tanh", "dense 400; relu; dense 784"},
    {"784", "dropout 0.2; dense 400; batchnorm; relu; dropout 0.5; dense 20",
     "dense 400; batchnorm; relu; dropout 0.5; dense 784"},
    {"784", "dense 50 nobias he; layernorm; elu 0.5; dense 20 orthogonal",
     "dense 50 nobias he; layernorm; elu 0.5; dense 784"},
    {"784", "sn dense 50; relu; dense 20", "dense 50; relu; sn dense 784"},
    {"1x28x28", "dense 50; relu; dense 20",
     "dense 50; relu; dense 784; reshape 1x28x28"},
    {"1x28x28", "flatten; dense 50; relu; dense 20",
     "dense 50; relu; dense 784; reshape 1x28x28"},
    {"784", "flatten; dense 20", "dense 784"},
    {"784", "reshape 1x28x28; conv 2 k5; relu; flatten; dense 20",
     "dense 1152; reshape 2x24x24; relu; deconv 1 k5; flatten"},
    {"2x4x8", "reshape 4x4x4; conv 3 k2", "deconv 4 k2; reshape 2x4x8"},
    {"1x28x28", "conv 16 k4 s2 p1; batchnorm; lrelu 0.2; flatten; dense 32",
     "dense 3136; reshape 16x14x14; batchnorm; lrelu 0.2; deconv 1 k4 s2 p1"},
    {"3x9x11", "conv 16 k3x2 s2x4 p1x0; tanh; conv 5 k2 s2",
     "deconv 16 k2 s2 o1; tanh; deconv 3 k3x2 s2x4 p1x0 o0x1"},
    {"4x9x11", "conv 6 k3 g2", "deconv 4 k3 g2"},
    {"4x5x6", "deconv 6 k4 s3 p1 o2 g2; relu; conv 3 k1",
     "deconv 6 k1; relu; conv 4 k4 s3 p1 g2"},
    {"3x8x12", "conv 4 k1; relu; maxpool 2; conv 6 k1; gelu; avgpool 2",
     "upsample 2; deconv 4 k1; upsample 2; relu; deconv 3 k1"},
    {"3x4x4", "conv 4 k1; upsample 2 bilinear; conv 2 k1",
     "deconv 4 k1; avgpool 2; deconv 3 k1"},
    {"12", "dense 8; residual { dense 5; relu; dense 8; tanh }; dense 3",
     "dense 8; residual { dense 5; relu; dense 8 }; dense 12"},
    {"12", "residual { tanh }; dense 3", "dense 12; residual { tanh }"},
    {"12", "residual { residual { dense 5; relu; dense 12 } }; relu; dense 3",
     "dense 12; relu; residual { residual { dense 5; relu; dense 12 } }"},
};

static void mirror_images_are_what_undoes_each_layer_in_reverse(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof images / sizeof images[0]; i++) {
        nn_net *const net = parse_at(images[i].text, images[i].shape);
        char out[512];
        nn_net *const mirror = mirror_of(net, out, sizeof out);
        assert_string_equal(out, images[i].mirror);
        assert_true(nn_size_equal(nn_net_output(mirror), nn_net_input(net)));
        nn_net_free(mirror);
        nn_net_free(net);
    }
}

/* Shapes of every convolution with windows, strides and padding up to 5. */
static void mirror_of_any_convolution_gives_its_input_back(void **state)
{
    size_t n = 0;

    (void)state;
    for (uint32_t turn = 0; turn < 3000; turn++) {
        uint32_t b[8];
        base_random(77, turn, 0, 0, b);
        base_random(77, turn, 0, 1, b + 4);
        const nn_size in = {
            .rank = 3, .c = 2, .h = 1 + b[0] % 13, .w = 1 + b[1] % 13};
        char text[64] = "conv 4 k";
        const uint32_t v[6] = {1 + b[2] % 5, 1 + b[3] % 5, 1 + b[4] % 5,
                               1 + b[5] % 5, b[6] % 4,     b[7] % 4};
        const char *const between[6] = {"x", " s", "x", " p", "x", ""};
        nn_net *net;
        for (size_t i = 0; i < 6; i++) {
            const char digit[2] = {(char)('0' + v[i]), '\0'};
            strcat(text, digit);
            strcat(text, between[i]);
        }
        if (nn_parse("encoder", text, &in, &net, w))
            continue; /* a window beyond the image */
        char out[256];
        nn_net *const mirror = mirror_of(net, out, sizeof out);
        assert_true(nn_size_equal(nn_net_output(mirror), &in));
        nn_net *const twice = mirror_of(mirror, out, sizeof out);
        assert_true(nn_size_equal(nn_net_output(twice), nn_net_output(net)));
        nn_net_free(twice);
        nn_net_free(mirror);
        nn_net_free(net);
        n++;
    }
    assert_true(n > 2000);
}

static void
mirror_of_the_mirror_has_the_layers_between_the_weights(void **state)
{
    static const image same[] = {
        {"784", "dense 400; relu; dense 20", NULL},
        {"3x8x12", "conv 4 k3 s2 p1; batchnorm 0.2; silu; conv 6 k4 s2 p1",
         NULL},
        {"3x9x11",
         "conv 4 k3; groupnorm 2; relu; residual { conv 5 k1; "
         "lrelu; conv 4 k1 }; tanh; conv 6 k2",
         "conv 4 k3; groupnorm 2; relu; residual { conv 5 k1; lrelu; conv 4 "
         "k1 }; tanh; conv 6 k2"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++) {
        nn_net *const net = parse_at(same[i].text, same[i].shape);
        char out[512];
        nn_net *const mirror = mirror_of(net, out, sizeof out);
        nn_net *const twice = mirror_of(mirror, out, sizeof out);
        assert_string_equal(out, same[i].text);
        nn_net_free(twice);
        nn_net_free(mirror);
        nn_net_free(net);
    }
}

static void mirror_refuses_what_cannot_come_back(void **state)
{
    static const image refused[] = {
        {"3x9x12", "conv 2 k1; maxpool 2", "position 12: maxpool"},
        {"3x8x8", "avgpool 3 s1 p1", "position 1: avgpool"},
        {"3x8x8", "maxpool 2x4", "position 1: maxpool"},
        {"3x8x8", "residual { maxpool 3 s1 p1; conv 3 k1 }", "position 12"},
        {"12", "relu; batchnorm", "nothing has a mirror image"},
        {"2x4096x4096", "dense 4", "position 1: dense"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof refused[0]; i++) {
        nn_net *const net = parse_at(refused[i].text, refused[i].shape);
        char out[256];
        size_t need;
        assert_status(nn_net_mirror(net, sizeof out, out, &need, w),
                      GENMOD_UNSUPPORTED, w);
        assert_error_names(w, refused[i].mirror);
        nn_net_free(net);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mirror_images_are_what_undoes_each_layer_in_reverse),
        cmocka_unit_test(mirror_of_any_convolution_gives_its_input_back),
        cmocka_unit_test(
            mirror_of_the_mirror_has_the_layers_between_the_weights),
        cmocka_unit_test(mirror_refuses_what_cannot_come_back),
    };

    assert_ok(genmod_workspace_new(NULL, &w));
    const int failed = cmocka_run_group_tests(tests, NULL, NULL);
    genmod_workspace_free(w);
    return failed;
}
