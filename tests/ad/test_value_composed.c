/* What is written with other operators, against its formula; and the naive
 * evaluator against values worked out by hand. */
#include "support/test.h"

#include "ad/fixture.h"

#define N 6

static const long double points[N] = {-2.75L, -0.4L, 0, 0.3L, 1.2L, 3.5L};

static void assert_formula(ad_node (*build)(ad_graph *g, ad_node a),
                           long double (*formula)(long double a))
{
    fixture f;
    long double y[N];

    fixture_new(&f);
    const ad_node x = ad_input(f.g, "x", ad_vector(N));
    fixture_value(&f, 1, x, points, build(f.g, x), N, y);
    for (int i = 0; i < N; i++)
        assert_near(y[i], formula(points[i]), 1e-15);
    fixture_free(&f);
}

static ad_node elu(ad_graph *g, ad_node a)
{
    return ad_elu(g, a, 0.7);
}

static long double elu_of(long double a)
{
    return a > 0 ? a : 0.7L * expm1l(a);
}

static long double relu_of(long double a)
{
    return a > 0 ? a : 0;
}

static long double gelu_of(long double a)
{
    return a * erfcl(-a / sqrtl(2)) / 2;
}

static long double silu_of(long double a)
{
    return a / (1 + expl(-a));
}

static ad_node clamp(ad_graph *g, ad_node a)
{
    return ad_clamp(g, a, -0.5, 1.25);
}

static long double clamp_of(long double a)
{
    return a < -0.5L ? -0.5L : a > 1.25L ? 1.25L : a;
}

static ad_node huber(ad_graph *g, ad_node a)
{
    return ad_huber(g, a, 0.75);
}

static long double huber_of(long double a)
{
    const long double size = fabsl(a);

    return size <= 0.75L ? a * a / 2 : 0.75L * (size - 0.375L);
}

static long double root_of(long double a)
{
    return a > 0 ? sqrtl(a) : 0;
}

static ad_node bce(ad_graph *g, ad_node a)
{
    return ad_bce_logits(g, a, ad_constant(g, 0.3, ad_scalar()));
}

static long double bce_of(long double a)
{
    const long double p = 1 / (1 + expl(-a));

    return -0.3L * logl(p) - 0.7L * log1pl(-p);
}

static void activations_and_losses_have_their_values(void **state)
{
    (void)state;
    assert_formula(ad_relu, relu_of);
    assert_formula(elu, elu_of);
    assert_formula(ad_gelu, gelu_of);
    assert_formula(ad_silu, silu_of);
    assert_formula(clamp, clamp_of);
    assert_formula(huber, huber_of);
    assert_formula(bce, bce_of);
    assert_formula(ad_root, root_of);
}

static void softmax_sums_to_one(void **state)
{
    fixture f;
    const long double v[4] = {-1000, 0.5L, 2, 2};
    long double p[4], l[4];
    const long double z = expl(0.5L) + 2 * expl(2);

    (void)state;
    fixture_new(&f);
    const ad_node x = fixture_rows(&f, "x", 4);
    fixture_value(&f, 1, x, v, ad_softmax(f.g, x), 4, p);
    fixture_value(&f, 1, x, v, ad_log_softmax(f.g, x), 4, l);
    for (int i = 0; i < 4; i++) {
        assert_near(p[i], expl(v[i]) / z, 1e-17);
        assert_near(l[i], v[i] - logl(z), 1e-15);
    }
    fixture_free(&f);
}

static void means_divide_by_the_rows_of_the_run(void **state)
{
    fixture f;
    const long double v[9] = {1, 2, 4, 8, 16, 32, 64, 128, 256};
    long double y[3];

    (void)state;
    fixture_new(&f);
    const ad_node x = fixture_rows(&f, "x", 3);
    assert_int_equal(fixture_value(&f, 3, x, v, ad_mean(f.g, x, 1, 0), 3, y),
                     3);
    assert_near(y[1], (2 + 16 + 128) / 3.0, 1e-14);
    fixture_value(&f, 2, x, v, ad_mean_all(f.g, x), 3, y);
    assert_near(y[0], 63 / 6.0, 1e-14);
    fixture_value(&f, 3, x, v, ad_mean(f.g, x, 2, 1), 3, y);
    /* 1 / 3 is rounded as a double */
    assert_near(y[2], 448 / 3.0, 3e-14);
    fixture_free(&f);
}

static void normalising_gives_mean_0_and_variance_1(void **state)
{
    fixture f;
    const long double v[6] = {1, 4, 2.5L, -7, 0, 3};
    long double y[6], m[6], s[6];
    ad_node mean, variance;

    (void)state;
    fixture_new(&f);
    const ad_node x = fixture_rows(&f, "x", 3);
    const ad_node gamma = ad_constant(f.g, 2, ad_vector(3));
    const ad_node beta = ad_constant(f.g, -1, ad_vector(3));
    const ad_node n = ad_normalise(f.g, x, 2, 0, gamma, beta, &mean, &variance);
    fixture_value(&f, 2, x, v, n, 6, y);
    fixture_value(&f, 2, x, v, mean, 6, m);
    fixture_value(&f, 2, x, v, variance, 6, s);
    for (int i = 0; i < 2; i++) {
        const long double *const a = v + 3 * i;
        const long double mu = (a[0] + a[1] + a[2]) / 3;
        long double var = 0;
        for (int k = 0; k < 3; k++)
            var += (a[k] - mu) * (a[k] - mu) / 3;
        assert_near(m[i], mu, 1e-16);
        assert_near(s[i], var, 1e-15);
        for (int k = 0; k < 3; k++)
            assert_near(y[3 * i + k], 2 * (a[k] - mu) / sqrtl(var) - 1, 1e-15);
    }
    fixture_free(&f);
}

/* act(x W + b) r + x, columns 2 and 0 of it: with no product of all of W */
static void columns_are_picked_where_they_are_made(void **state)
{
    fixture f;
    const long double v[6] = {0.3L, -1.2L, 0.7L, 2.1L, 0.4L, -0.5L};
    long double all[6], some[4];

    (void)state;
    fixture_new(&f);
    const ad_node x = fixture_rows(&f, "x", 3),
                  iota = ad_iota(f.g, ad_matrix(3, 3), 1);
    const ad_node w =
        ad_shift(f.g,
                 ad_sin(f.g, ad_add(f.g, ad_scale(f.g, iota, 2.385),
                                    ad_iota(f.g, ad_matrix(3, 3), 0))),
                 0.2);
    const ad_node bias = ad_part(f.g, w, 0, 1, 1);
    const ad_node h =
        ad_tanh(f.g, ad_add(f.g, ad_matmul(f.g, x, w, 0, 1), bias));
    const ad_node y = ad_add(f.g, ad_mul(f.g, h, ad_sum(f.g, x, 2, 1)), x);
    const ad_node last = ad_scale(f.g, ad_iota(f.g, ad_matrix(1, 2), 1), -2);
    const ad_node s =
        ad_equal(f.g, ad_iota(f.g, ad_matrix(3, 2), 0), ad_shift(f.g, last, 2));
    const ad_node picked = ad_pick(f.g, y, s);
    fixture_value(&f, 2, x, v, y, 6, all);
    fixture_value(&f, 2, x, v, picked, 4, some);
    for (size_t i = 0; i < 2; i++)
        for (size_t j = 0; j < 2; j++)
            assert_near(some[2 * i + j], all[3 * i + 2 - 2 * j], 1e-15);
    fixture_refused(&f, ad_pick(f.g, x, ad_constant(f.g, 1, ad_matrix(2, 3))),
                    "static [k, n]");
    fixture_free(&f);
}

/* the evaluator itself, by hand */

static void matrices_by_hand(void **state)
{
    fixture f;
    const long double a[4] = {4, 2, 2, 10};
    long double y[4];

    (void)state;
    fixture_new(&f);
    const ad_node x = ad_input(f.g, "x", ad_matrix(2, 2));
    fixture_value(&f, 1, x, a, ad_matmul(f.g, x, x, 0, 0), 4, y);
    assert_true(y[0] == 20 && y[1] == 28 && y[2] == 28 && y[3] == 104);
    const ad_node l = ad_cholesky(f.g, x);
    fixture_value(&f, 1, x, a, l, 4, y);
    assert_true(y[0] == 2 && y[1] == 0 && y[2] == 1 && y[3] == 3);
    const ad_node b = ad_shift(f.g, ad_iota(f.g, ad_matrix(2, 1), 0), 2);
    fixture_value(&f, 1, x, a, ad_solve(f.g, l, b, 0), 4, y);
    assert_true(y[0] == 1);
    assert_near(y[1], 2 / 3.0L, 1e-18);
    fixture_value(&f, 1, x, a, ad_solve(f.g, l, b, 1), 4, y);
    assert_true(y[0] == 0.5 && y[1] == 1);
    fixture_free(&f);
}

static void images_by_hand(void **state)
{
    fixture f;
    const int64_t image[4] = {1, 2, 3, 1}, filter[4] = {2, 2, 1, 1};
    const ad_window o = {1, 2, 0, 1, 0, 0, 1};
    const long double v[6] = {1, 2, 3, 4, 5, 6};
    long double y[12];

    (void)state;
    fixture_new(&f);
    const ad_node x = ad_input(f.g, "x", ad_shape_of(4, image));
    const ad_node w =
        ad_reshape(f.g, ad_iota(f.g, ad_vector(4), 0), ad_shape_of(4, filter));
    /* | 0 1 |   | 2 3 |        | 0 1 |
     * | 0 4 |   | 5 6 | under  | 2 3 | */
    fixture_value(&f, 1, x, v, ad_conv(f.g, x, w, &o), 12, y);
    assert_true(y[0] == 13 && y[1] == 31);
    fixture_value(&f, 1, x, v, ad_average_pool(f.g, x, 2, 2, &o, 0), 12, y);
    assert_true(y[0] == 2.5 && y[1] == 4);
    fixture_value(&f, 1, x, v, ad_average_pool(f.g, x, 2, 2, &o, 1), 12, y);
    assert_true(y[0] == 1.25 && y[1] == 4);
    fixture_value(&f, 1, x, v, ad_max_pool(f.g, x, 2, 2, &o), 12, y);
    assert_true(y[0] == 4 && y[1] == 6);
    fixture_free(&f);
}

static void resampling_by_hand(void **state)
{
    fixture f;
    const int64_t image[4] = {1, 1, 2, 1};
    const long double v[2] = {1, 3};
    long double y[8];

    (void)state;
    fixture_new(&f);
    const ad_node x = ad_input(f.g, "x", ad_shape_of(4, image));
    fixture_value(&f, 1, x, v, ad_resize_bilinear(f.g, x, 1, 4), 8, y);
    assert_true(y[0] == 1 && y[1] == 1.5 && y[2] == 2.5 && y[3] == 3);
    assert_int_equal(
        fixture_value(&f, 1, x, v, ad_upsample_nearest(f.g, x, 2), 8, y), 8);
    for (int i = 0; i < 8; i++)
        assert_true(y[i] == (i % 4 < 2 ? 1 : 3));
    fixture_free(&f);
}

static void rows_by_number_by_hand(void **state)
{
    fixture f;
    const long double v[3] = {2, 0, 2};
    long double y[9];

    (void)state;
    fixture_new(&f);
    const ad_node at = ad_input(f.g, "at", ad_vector(3));
    const ad_node table = ad_iota(f.g, ad_matrix(3, 2), 0);
    const ad_node rows = ad_gather(f.g, table, at);
    fixture_value(&f, 1, at, v, rows, 9, y);
    assert_true(y[0] == 2 && y[1] == 2 && y[2] == 0 && y[4] == 2);
    assert_int_equal(
        fixture_value(&f, 1, at, v, ad_scatter(f.g, rows, at, 4), 9, y), 8);
    assert_true(y[0] == 0 && y[2] == 0 && y[4] == 4 && y[5] == 4 && y[7] == 0);
    fixture_free(&f);
}

static void reductions_by_hand(void **state)
{
    fixture f;
    const long double v[6] = {3, -1, 3, 0, 7, -2};
    long double y[6];

    (void)state;
    fixture_new(&f);
    const ad_node x = fixture_rows(&f, "x", 3);
    fixture_value(&f, 2, x, v, ad_argmax(f.g, x, 1, 0), 6, y);
    assert_true(y[0] == 0 && y[1] == 1);
    fixture_value(&f, 2, x, v, ad_argmin(f.g, x, 0, 0), 6, y);
    assert_true(y[0] == 1 && y[1] == 0 && y[2] == 1);
    fixture_value(&f, 2, x, v, ad_greatest(f.g, x, 1, 0), 6, y);
    assert_true(y[0] == 3 && y[1] == 7 && y[2] == 3);
    fixture_value(&f, 2, x, v, ad_least(f.g, x, 3, 0), 6, y);
    assert_true(y[0] == -2);
    fixture_value(&f, 2, x, v, ad_sum(f.g, x, 2, 0), 6, y);
    assert_true(y[0] == 5 && y[1] == 5);
    fixture_value(&f, 2, x, v, ad_logsumexp(f.g, x, 2, 0), 6, y);
    assert_near(y[1], logl(1 + expl(7) + expl(-2)), 1e-17);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(activations_and_losses_have_their_values),
        cmocka_unit_test(softmax_sums_to_one),
        cmocka_unit_test(means_divide_by_the_rows_of_the_run),
        cmocka_unit_test(normalising_gives_mean_0_and_variance_1),
        cmocka_unit_test(columns_are_picked_where_they_are_made),
        cmocka_unit_test(matrices_by_hand),
        cmocka_unit_test(images_by_hand),
        cmocka_unit_test(resampling_by_hand),
        cmocka_unit_test(rows_by_number_by_hand),
        cmocka_unit_test(reductions_by_hand),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
