#include "nn/trial.h"

/* Of doubles: some hundred roundings of 2^-53 each, in units of the largest. */
#define ROUNDINGS 1e-13

#define ROWS 3

/* Element of an image in rows [h, w, c]; 0 outside. */
static double cell(const double *x, const nn_size *s, size_t row, int64_t i,
                   int64_t j, int64_t q)
{
    if (i < 0 || j < 0 || i >= s->h || j >= s->w)
        return 0;
    return x[(((int64_t)row * s->h + i) * s->w + j) * s->c + q];
}

static void compare(trial *t, const double *expected, int flags)
{
    const size_t n = ROWS * (size_t)nn_size_elements(nn_net_output(t->net));
    double *const y = trial_run(t, trial_apply(t, flags));

    trial_near(n, y, expected, ROUNDINGS);
    free(y);
    trial_free(t);
}

static void dense_is_a_product_and_a_bias(const char *shape, const char *text,
                                          size_t in, size_t out, int bias)
{
    trial t;
    double y[ROWS * 64];

    trial_new(&t, shape, text, ROWS);
    const double *const weight = trial_value(&t, "0.weight");
    assert_int_equal(ad_store_count(t.s), 1 + bias);
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t j = 0; j < out; j++) {
            y[r * out + j] = bias ? trial_value(&t, "0.bias")[j] : 0;
            for (size_t i = 0; i < in; i++)
                y[r * out + j] += t.in[r * in + i] * weight[i * out + j];
        }
    }
    compare(&t, y, 0);
}

static void dense_layers_are_products(void **state)
{
    (void)state;
    dense_is_a_product_and_a_bias("17", "dense 7", 17, 7, 1);
    dense_is_a_product_and_a_bias("1", "dense 1", 1, 1, 1);
    dense_is_a_product_and_a_bias("17", "dense 7 nobias", 17, 7, 0);
    dense_is_a_product_and_a_bias("2x3x5", "dense 7", 30, 7, 1);
}

static void convolve(const trial *t, double *y)
{
    const nn_layer *const l = &t->net->layers[0];
    const double *const f = trial_value(t, "0.weight");
    const int64_t part = l->in.c / l->groups, outs = l->n / l->groups;
    size_t at = 0;

    for (size_t r = 0; r < ROWS; r++)
        for (int64_t i = 0; i < l->out.h; i++)
            for (int64_t j = 0; j < l->out.w; j++)
                for (int64_t q = 0; q < l->n; q++, at++) {
                    y[at] = l->nobias ? 0 : trial_value(t, "0.bias")[q];
                    for (int64_t u = 0; u < l->k.h; u++)
                        for (int64_t v = 0; v < l->k.w; v++)
                            for (int64_t p = 0; p < part; p++)
                                y[at] +=
                                    cell(t->in, &l->in, r,
                                         i * l->s.h + u - l->p.h,
                                         j * l->s.w + v - l->p.w,
                                         q / outs * part + p) *
                                    f[((u * l->k.w + v) * part + p) * l->n + q];
                }
}

static void convolutions_are_sums_over_windows(void **state)
{
    static const char *const texts[] = {"conv 5 k3", "conv 4 k3x2 s2x3 p1x2 g2",
                                        "conv 3 k1 nobias", "conv 2 k7x9 p1",
                                        "conv 8 k2 s3 g4"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        trial t;
        trial_new(&t, "4x7x9", texts[i], ROWS);
        double *const y = malloc(
            ROWS * (size_t)nn_size_elements(nn_net_output(t.net)) * sizeof *y);
        convolve(&t, y);
        compare(&t, y, 0);
        free(y);
    }
}

/* Every input adds its window to the output. */
static void spread(const trial *t, double *y)
{
    const nn_layer *const l = &t->net->layers[0];
    const double *const f = trial_value(t, "0.weight");
    const int64_t part = l->n / l->groups, ins = l->in.c / l->groups;
    const int64_t row = nn_size_elements(&l->out);

    for (int64_t i = 0; i < ROWS * row; i++)
        y[i] = trial_value(t, "0.bias")[i % l->n];
    for (int64_t r = 0; r < ROWS; r++)
        for (int64_t i = 0; i < l->in.h; i++)
            for (int64_t j = 0; j < l->in.w; j++)
                for (int64_t q = 0; q < l->in.c; q++)
                    for (int64_t u = 0; u < l->k.h; u++)
                        for (int64_t v = 0; v < l->k.w; v++) {
                            const int64_t a = i * l->s.h + u - l->p.h;
                            const int64_t b = j * l->s.w + v - l->p.w;
                            if (a < 0 || b < 0 || a >= l->out.h ||
                                b >= l->out.w)
                                continue;
                            for (int64_t p = 0; p < part; p++)
                                y[r * row + (a * l->out.w + b) * l->n +
                                  q / ins * part + p] +=
                                    cell(t->in, &l->in, (size_t)r, i, j, q) *
                                    f[((u * l->k.w + v) * part + p) * l->in.c +
                                      q];
                        }
}

static void transposed_convolutions_spread_each_cell_over_a_window(void **state)
{
    static const char *const texts[] = {"deconv 5 k3", "deconv 6 k4 s2 p1 g2",
                                        "deconv 3 k3x2 s2x3 p1x0 o1x2",
                                        "deconv 2 k1 s3"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        trial t;
        trial_new(&t, "4x3x5", texts[i], ROWS);
        double *const y = malloc(
            ROWS * (size_t)nn_size_elements(nn_net_output(t.net)) * sizeof *y);
        spread(&t, y);
        compare(&t, y, 0);
        free(y);
    }
}

static double sigmoid(double x, double a)
{
    (void)a;
    return 1 / (1 + exp(-x));
}

static double relu(double x, double a)
{
    (void)a;
    return x > 0 ? x : 0;
}

static double leaky(double x, double a)
{
    return x > 0 ? x : a * x;
}

static double elu(double x, double a)
{
    return x > 0 ? x : a * (exp(x) - 1);
}

static double gelu(double x, double a)
{
    (void)a;
    return x * 0.5 * erfc(-x / sqrt(2.0));
}

static double silu(double x, double a)
{
    return x * sigmoid(x, a);
}

static double hyperbolic(double x, double a)
{
    (void)a;
    return tanh(x);
}

static double softplus(double x, double a)
{
    (void)a;
    return log(1 + exp(x));
}

typedef struct activation {
    const char *text;
    double (*f)(double x, double a);
    double a;
} activation;

static void activations_are_their_formulas(void **state)
{
    static const activation all[] = {
        {"relu", relu, 0},         {"lrelu", leaky, 0.01},
        {"lrelu 0.2", leaky, 0.2}, {"elu", elu, 1},
        {"elu 0.7", elu, 0.7},     {"gelu", gelu, 0},
        {"silu", silu, 0},         {"tanh", hyperbolic, 0},
        {"sigmoid", sigmoid, 0},   {"softplus", softplus, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        trial t;
        double y[ROWS * 11];
        trial_new(&t, "11", all[i].text, ROWS);
        for (size_t k = 0; k < ROWS * 11; k++)
            y[k] = all[i].f(t.in[k], all[i].a);
        compare(&t, y, NN_TRAIN);
    }
}

static void softmax_at(const char *shape, size_t cells, size_t c)
{
    trial t;
    double y[ROWS * 64];

    trial_new(&t, shape, "softmax", ROWS);
    for (size_t i = 0; i < ROWS * cells; i++) {
        double sum = 0;
        for (size_t q = 0; q < c; q++)
            sum += exp(t.in[i * c + q]);
        for (size_t q = 0; q < c; q++)
            y[i * c + q] = exp(t.in[i * c + q]) / sum;
    }
    compare(&t, y, 0);
}

static void softmax_is_over_columns_or_the_channels_of_a_cell(void **state)
{
    (void)state;
    softmax_at("7", 1, 7);
    softmax_at("5x2x3", 6, 5);
}

static double pooled(const nn_layer *l, const double *x, size_t row, int64_t i,
                     int64_t j, int64_t q)
{
    const int greatest = strcmp(l->kind->word, "maxpool") == 0;
    double most = -INFINITY, sum = 0, n = 0;

    for (int64_t u = 0; u < l->k.h; u++) {
        for (int64_t v = 0; v < l->k.w; v++) {
            const int64_t a = i * l->s.h + u - l->p.h;
            const int64_t b = j * l->s.w + v - l->p.w;
            if (a < 0 || b < 0 || a >= l->in.h || b >= l->in.w)
                continue;
            most = fmax(most, cell(x, &l->in, row, a, b, q));
            sum += cell(x, &l->in, row, a, b, q);
            n++;
        }
    }
    return greatest ? most : sum / n;
}

static void pools_take_the_greatest_or_the_mean_of_what_is_inside(void **state)
{
    static const char *const texts[] = {
        "maxpool 2",       "maxpool 3x2 s2x1 p1", "avgpool 2",
        "avgpool 3 s1 p1", "avgpool 3x4 s2 p2x1", "maxpool 5x7"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        trial t;
        double y[ROWS * 256];
        size_t at = 0;
        trial_new(&t, "3x5x7", texts[i], ROWS);
        const nn_layer *const l = &t.net->layers[0];
        for (size_t r = 0; r < ROWS; r++)
            for (int64_t a = 0; a < l->out.h; a++)
                for (int64_t b = 0; b < l->out.w; b++)
                    for (int64_t q = 0; q < 3; q++)
                        y[at++] = pooled(l, t.in, r, a, b, q);
        compare(&t, y, 0);
    }
}

/* Between the centres of cells, at half integers; edges go on. */
static double between(const double *x, const nn_size *s, size_t row, double i,
                      double j, int64_t q)
{
    const double a = fmin(fmax(i, 0), (double)s->h - 1);
    const double b = fmin(fmax(j, 0), (double)s->w - 1);
    const int64_t top = (int64_t)floor(a), left = (int64_t)floor(b);
    const int64_t low = top + 1 < s->h ? top + 1 : top;
    const int64_t right = left + 1 < s->w ? left + 1 : left;
    const double down = a - (double)top, over = b - (double)left;

    return (1 - down) * ((1 - over) * cell(x, s, row, top, left, q) +
                         over * cell(x, s, row, top, right, q)) +
           down * ((1 - over) * cell(x, s, row, low, left, q) +
                   over * cell(x, s, row, low, right, q));
}

static void upsampling_repeats_or_interpolates(void **state)
{
    (void)state;
    for (int bilinear = 0; bilinear < 2; bilinear++) {
        trial t;
        double y[ROWS * 3 * 6 * 12];
        size_t at = 0;
        trial_new(&t, "3x2x4", bilinear ? "upsample 3 bilinear" : "upsample 3",
                  ROWS);
        for (size_t r = 0; r < ROWS; r++)
            for (int64_t i = 0; i < 6; i++)
                for (int64_t j = 0; j < 12; j++)
                    for (int64_t q = 0; q < 3; q++)
                        y[at++] = bilinear
                                      ? between(t.in, nn_net_input(t.net), r,
                                                ((double)i + 0.5) / 3 - 0.5,
                                                ((double)j + 0.5) / 3 - 0.5, q)
                                      : cell(t.in, nn_net_input(t.net), r,
                                             i / 3, j / 3, q);
        compare(&t, y, 0);
    }
}

static void flatten_and_reshape_move_nothing(void **state)
{
    static const char *const texts[][2] = {{"2x3x5", "flatten"},
                                           {"30", "reshape 2x3x5"},
                                           {"2x3x5", "reshape 5x6x1"},
                                           {"30", "flatten"}};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        trial t;
        double y[ROWS * 30];
        trial_new(&t, texts[i][0], texts[i][1], ROWS);
        memcpy(y, t.in, sizeof y);
        compare(&t, y, 0);
    }
}

/* x + (inner x + relu(inner x)), with inner the same dense layer by hand */
static void residuals_add_their_input(void **state)
{
    trial t;
    double y[ROWS * 5];

    (void)state;
    trial_new(&t, "5", "residual { dense 5; residual { relu } }; tanh", ROWS);
    const double *const weight = trial_value(&t, "1.weight");
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t j = 0; j < 5; j++) {
            double inner = trial_value(&t, "1.bias")[j];
            for (size_t i = 0; i < 5; i++)
                inner += t.in[r * 5 + i] * weight[i * 5 + j];
            y[r * 5 + j] = tanh(t.in[r * 5 + j] + inner + relu(inner, 0));
        }
    }
    compare(&t, y, 0);
}

static void layers_apply_one_after_the_other(void **state)
{
    trial t;
    double y[ROWS * 2];

    (void)state;
    trial_new(&t, "3", "dense 4; sigmoid; dense 2", ROWS);
    for (size_t r = 0; r < ROWS; r++) {
        double h[4];
        for (size_t j = 0; j < 4; j++) {
            h[j] = trial_value(&t, "0.bias")[j];
            for (size_t i = 0; i < 3; i++)
                h[j] +=
                    t.in[r * 3 + i] * trial_value(&t, "0.weight")[i * 4 + j];
            h[j] = sigmoid(h[j], 0);
        }
        for (size_t j = 0; j < 2; j++) {
            y[r * 2 + j] = trial_value(&t, "2.bias")[j];
            for (size_t i = 0; i < 4; i++)
                y[r * 2 + j] += h[i] * trial_value(&t, "2.weight")[i * 2 + j];
        }
    }
    compare(&t, y, 0);
}

/* Two samples a row, [2 m, 3] from [m, 6]: an application keeps the count. */
static void rows_may_count_in_multiples(void **state)
{
    trial t;
    double *out[2];

    (void)state;
    for (int twice = 0; twice < 2; twice++) {
        const int64_t one[3] = {2, 3, 4}, two[3] = {3, 4, 1};
        trial_new(&t, "1x3x4", "conv 2 k2; groupnorm 2; dense 2", 4);
        if (twice) {
            ad_graph_free(t.g);
            assert_ok(ad_graph_new(2, &t.g, t.w));
            t.rows = 2;
            t.x = ad_input(t.g, "x", ad_rows(t.g, 1, 1, 4, one));
            t.pass.g = t.g;
            const ad_node x = ad_reshape(t.g, t.x, ad_rows(t.g, 2, 1, 4, two));
            out[1] = trial_run(&t, nn_apply(t.net, &t.pass, x));
            assert_int_equal(ad_graph_status(t.g), GENMOD_OK);
        } else {
            out[0] = trial_run(&t, trial_apply(&t, 0));
        }
        trial_free(&t);
    }
    trial_near(4 * 2, out[1], out[0], ROUNDINGS);
    free(out[0]);
    free(out[1]);
}

static void failed_graphs_stay_failed(void **state)
{
    trial t;

    (void)state;
    trial_new(&t, "2x3x4",
              "batchnorm; groupnorm 2; dropout 0.5; sn conv 2 k2; maxpool 2; "
              "residual { gelu }; flatten; dense 2; softmax",
              ROWS);
    t.pass.flags = NN_TRAIN;
    assert_int_equal(nn_apply(t.net, &t.pass, AD_NONE), AD_NONE);
    trial_free(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(dense_layers_are_products),
        cmocka_unit_test(convolutions_are_sums_over_windows),
        cmocka_unit_test(
            transposed_convolutions_spread_each_cell_over_a_window),
        cmocka_unit_test(activations_are_their_formulas),
        cmocka_unit_test(softmax_is_over_columns_or_the_channels_of_a_cell),
        cmocka_unit_test(pools_take_the_greatest_or_the_mean_of_what_is_inside),
        cmocka_unit_test(upsampling_repeats_or_interpolates),
        cmocka_unit_test(flatten_and_reshape_move_nothing),
        cmocka_unit_test(residuals_add_their_input),
        cmocka_unit_test(layers_apply_one_after_the_other),
        cmocka_unit_test(rows_may_count_in_multiples),
        cmocka_unit_test(failed_graphs_stay_failed),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
