/* What no difference can show: subgradients at kinks and ties, what stops a
 * gradient, and what is not built. */
#include "support/test.h"

#include "ad/fixture.h"

/* The gradient of the sum of f in a vector input at v. */
static void gradient_at(ad_node (*build)(ad_graph *g, ad_node a), size_t n,
                        const long double *v, long double *d)
{
    fixture f;

    fixture_new(&f);
    const ad_node x = ad_input(f.g, "x", ad_vector((int64_t)n));
    const ad_node dx = fixture_gradient(&f, build(f.g, x), x);
    assert_int_equal(fixture_value(&f, 1, x, v, dx, n, d), n);
    fixture_free(&f);
}

static void assert_gradient(ad_node (*build)(ad_graph *g, ad_node a), size_t n,
                            const long double *v, const double *want)
{
    long double d[8];

    gradient_at(build, n, v, d);
    for (size_t i = 0; i < n; i++)
        if (!(fabsl(d[i] - want[i]) <= 1e-15L))
            fail_msg("gradient %zu is %g, not %g", i, (double)d[i], want[i]);
}

static ad_node leaky(ad_graph *g, ad_node a)
{
    return ad_leaky(g, a, 0.3);
}

static ad_node elu(ad_graph *g, ad_node a)
{
    return ad_elu(g, a, 0.7);
}

static ad_node clamp(ad_graph *g, ad_node a)
{
    return ad_clamp(g, a, -1, 2);
}

static void kinks_have_the_stated_gradients(void **state)
{
    const long double v[3] = {-1, 0, 2};

    (void)state;
    assert_gradient(ad_abs, 3, v, (const double[]){-1, 0, 1});
    assert_gradient(ad_relu, 3, v, (const double[]){0, 0, 1});
    assert_gradient(leaky, 3, v, (const double[]){0.3, 0.3, 1});
    assert_gradient(elu, 3, v, (const double[]){0.7 * exp(-1), 0.7, 1});
    assert_gradient(clamp, 3, v, (const double[]){1, 1, 1});
    assert_gradient(ad_sign, 3, v, (const double[]){0, 0, 0});
    assert_gradient(ad_floor, 3, v, (const double[]){0, 0, 0});
}

static ad_node max_of_itself(ad_graph *g, ad_node a)
{
    return ad_max(g, ad_scale(g, a, 3), ad_add(g, a, ad_square(g, a)));
}

static ad_node min_of_itself(ad_graph *g, ad_node a)
{
    return ad_min(g, ad_scale(g, a, 3), ad_add(g, a, ad_square(g, a)));
}

/* At 0 and 2 both are equal: 3 a has the gradient. */
static void of_equals_the_first_has_the_gradient(void **state)
{
    const long double v[3] = {0, 2, 1};

    (void)state;
    assert_gradient(max_of_itself, 3, v, (const double[]){3, 3, 3});
    assert_gradient(min_of_itself, 3, v, (const double[]){3, 3, 3});
}

static ad_node greatest(ad_graph *g, ad_node a)
{
    return ad_greatest(g, a, 1, 0);
}

static ad_node least(ad_graph *g, ad_node a)
{
    return ad_least(g, a, 1, 0);
}

static void extremes_share_their_gradient(void **state)
{
    const long double v[5] = {2.5, -1, 2.5, 2.5, -1};

    (void)state;
    assert_gradient(greatest, 5, v,
                    (const double[]){1.0 / 3, 0, 1.0 / 3, 1.0 / 3, 0});
    assert_gradient(least, 5, v, (const double[]){0, 0.5, 0, 0, 0.5});
}

static void the_first_of_a_pool_has_the_gradient(void **state)
{
    const int64_t image[4] = {1, 2, 2, 1};
    const ad_window o = {1, 1, 0, 0, 0, 0, 1};
    const long double v[4] = {0.5, 1.5, 1.5, 1.5};
    long double d[4];
    fixture f;

    (void)state;
    fixture_new(&f);
    const ad_node x = ad_input(f.g, "x", ad_shape_of(4, image));
    const ad_node dx = fixture_gradient(&f, ad_max_pool(f.g, x, 2, 2, &o), x);
    fixture_value(&f, 1, x, v, dx, 4, d);
    assert_true(d[0] == 0 && d[1] == 1 && d[2] == 0 && d[3] == 0);
    fixture_free(&f);
}

/* -ln p(x) with logits of a network that was started at 0. */
static void bce_has_its_derivatives_at_logit_0(void **state)
{
    fixture f;
    const long double v[1] = {0};
    long double d[1];

    (void)state;
    fixture_new(&f);
    const ad_node l = ad_input(f.g, "l", ad_vector(1));
    const ad_node x = ad_constant(f.g, 0.8, ad_vector(1));
    const ad_node d1 = fixture_gradient(&f, ad_bce_logits(f.g, l, x), l);
    const ad_node d2 = fixture_gradient(&f, d1, l);
    fixture_value(&f, 1, l, v, d1, 1, d);
    assert_near(d[0], -0.3, 1e-16);
    fixture_value(&f, 1, l, v, d2, 1, d);
    assert_near(d[0], 0.25, 1e-16);
    fixture_free(&f);
}

static void norms_have_gradient_0_at_0_of_any_order(void **state)
{
    fixture f;
    const long double v[6] = {0, 0, 0, 3, 0, 4};
    long double d[6];

    (void)state;
    fixture_new(&f);
    const ad_node x = ad_input(f.g, "x", ad_matrix(2, 3));
    const ad_node n = ad_norm(f.g, x, 2);
    fixture_value(&f, 1, x, v, n, 6, d);
    assert_true(d[0] == 0 && d[1] == 5);
    ad_node dx = fixture_gradient(&f, n, x);
    for (int order = 1; order <= 3; order++) {
        fixture_value(&f, 1, x, v, dx, 6, d);
        for (int i = 0; i < 3; i++)
            assert_true(d[i] == 0 && isfinite(d[3 + i]));
        if (order == 1) {
            assert_near(d[3], 0.6, 1e-16);
            assert_near(d[5], 0.8, 1e-16);
        }
        dx = fixture_gradient(&f, ad_mul(f.g, dx, dx), x);
    }
    fixture_free(&f);
}

/* what stops */

static void stop_survives_gradients_of_gradients(void **state)
{
    fixture f;
    const long double v[1] = {1.75};
    long double d[1];

    (void)state;
    fixture_new(&f);
    const ad_node x = ad_input(f.g, "x", ad_vector(1));
    const ad_node s = ad_stop(f.g, x);
    /* x^3 s: 3 x^2 s, then 6 x s, and never a term of ds. */
    const ad_node y = ad_mul(f.g, ad_mul(f.g, ad_square(f.g, x), x), s);
    const ad_node d1 = fixture_gradient(&f, y, x);
    const ad_node d2 = fixture_gradient(&f, d1, x);
    const ad_node d3 = fixture_gradient(&f, d2, x);
    const ad_node d4 = fixture_gradient(&f, d3, x);
    fixture_value(&f, 1, x, v, d1, 1, d);
    assert_near(d[0], 3 * 1.75 * 1.75 * 1.75, 1e-15);
    fixture_value(&f, 1, x, v, d2, 1, d);
    assert_near(d[0], 6 * 1.75 * 1.75, 1e-15);
    fixture_value(&f, 1, x, v, d3, 1, d);
    assert_near(d[0], 6 * 1.75, 1e-15);
    assert_true(ad_is_zero(f.g, d4));
    fixture_free(&f);
}

/* floor forwards, the identity backwards. */
static void straight_through_estimators_pass_the_gradient(void **state)
{
    fixture f;
    const long double v[2] = {1.75, -0.25};
    long double d[2];

    (void)state;
    fixture_new(&f);
    const ad_node x = ad_input(f.g, "x", ad_vector(2));
    const ad_node q =
        ad_add(f.g, x, ad_stop(f.g, ad_sub(f.g, ad_floor(f.g, x), x)));
    const ad_node y = ad_mul(f.g, ad_square(f.g, q), q);
    const ad_node d1 = fixture_gradient(&f, y, x);
    const ad_node d2 = fixture_gradient(&f, d1, x);
    fixture_value(&f, 1, x, v, q, 2, d);
    assert_true(d[0] == 1 && d[1] == -1);
    fixture_value(&f, 1, x, v, d1, 2, d);
    assert_true(d[0] == 3 && d[1] == 3);
    fixture_value(&f, 1, x, v, d2, 2, d);
    assert_true(d[0] == 6 && d[1] == -6);
    fixture_free(&f);
}

static void what_has_no_gradient_gives_zeros(void **state)
{
    fixture f;
    ad_node d[3] = {7, 7, 7};

    (void)state;
    fixture_new(&f);
    const ad_node x = fixture_rows(&f, "x", 3),
                  other = fixture_rows(&f, "o", 3);
    const ad_node u = ad_uniform(f.g, "u", *ad_shape_at(f.g, x));
    const ad_node y = ad_mul(f.g, ad_greater(f.g, x, u), ad_stop(f.g, x));
    const ad_node wrt[3] = {x, other, u};
    assert_ok(ad_grad(f.g, y, AD_NONE, 3, wrt, d));
    assert_int_equal(d[0], ad_zeros(f.g, x));
    assert_int_equal(d[1], ad_zeros(f.g, other));
    assert_true(ad_shape_equal(ad_shape_at(f.g, d[2]), ad_shape_at(f.g, u)));
    fixture_free(&f);
}

static void a_draw_may_be_differentiated_by(void **state)
{
    fixture f;
    const int64_t three = 3;

    (void)state;
    fixture_new(&f);
    const ad_node z = ad_normal(f.g, "z", ad_rows(f.g, 1, 1, 2, &three));
    const ad_node dz = fixture_gradient(&f, ad_square(f.g, z), z);
    assert_int_equal(dz, ad_scale(f.g, z, 2));
    fixture_free(&f);
}

/* what is built */

static size_t products(const ad_graph *g)
{
    size_t n = 0;

    for (ad_node x = 0; (size_t)x < ad_graph_size(g); x++)
        n += ad_at(g, x).op == AD_OP_MATMUL;
    return n;
}

static void only_gradients_asked_for_are_built(void **state)
{
    fixture f;
    ad_node d[2];

    (void)state;
    fixture_new(&f);
    const ad_node x = fixture_rows(&f, "x", 3);
    const ad_node a = ad_input(f.g, "a", ad_matrix(3, 4));
    const ad_node b = ad_input(f.g, "b", ad_matrix(4, 2));
    const ad_node y =
        ad_matmul(f.g, ad_tanh(f.g, ad_matmul(f.g, x, a, 0, 0)), b, 0, 0);
    assert_int_equal(products(f.g), 2);
    assert_ok(ad_grad(f.g, y, AD_NONE, 1, &b, d));
    assert_int_equal(products(f.g), 3);
    assert_ok(ad_grad(f.g, y, AD_NONE, 1, &a, d));
    assert_int_equal(products(f.g), 5);
    assert_ok(ad_grad(f.g, y, AD_NONE, 1, &x, d));
    assert_int_equal(products(f.g), 6);
    const ad_node wrt[2] = {x, b};
    assert_ok(ad_grad(f.g, y, AD_NONE, 2, wrt, d));
    assert_int_equal(products(f.g), 6);
    fixture_free(&f);
}

/* With a linear layer the penalty's second gradient is 0, and costs nothing. */
static void gradients_that_are_0_cost_nothing(void **state)
{
    fixture f;

    (void)state;
    fixture_new(&f);
    const ad_node x = fixture_rows(&f, "x", 3);
    const ad_node w = ad_input(f.g, "w", ad_matrix(3, 2));
    const ad_node h = ad_relu(f.g, ad_matmul(f.g, x, w, 0, 0));
    const ad_node dx = fixture_gradient(&f, h, x);
    const size_t before = products(f.g);
    assert_true(ad_is_zero(f.g, fixture_gradient(&f, dx, x)));
    assert_int_equal(products(f.g), before);
    fixture_free(&f);
}

static void the_seed_weighs_the_outputs(void **state)
{
    fixture f;
    const long double v[3] = {1.5, -2, 0.25};
    long double out[3];
    ad_node d = AD_NONE;

    (void)state;
    fixture_new(&f);
    const ad_node x = ad_input(f.g, "x", ad_vector(3));
    const ad_node y = ad_square(f.g, x);
    const ad_node seed = ad_iota(f.g, ad_vector(3), 0);
    assert_ok(ad_grad(f.g, y, seed, 1, &x, &d));
    fixture_value(&f, 1, x, v, d, 3, out);
    assert_true(out[0] == 0 && out[1] == -4 && out[2] == 1);
    assert_ok(ad_grad(f.g, x, seed, 1, &x, &d));
    assert_int_equal(d, seed);
    assert_status(ad_grad(f.g, y, ad_constant(f.g, 1, ad_vector(2)), 1, &x, &d),
                  GENMOD_BAD_ARGUMENT, f.w);
    fixture_refused(&f, d, "a gradient's seed");
    fixture_free(&f);
}

/* As the total derivative: through what lies between, too. */
static void a_wrt_within_the_path_does_not_cut_it(void **state)
{
    fixture f;
    const long double v[1] = {1.5};
    long double out[1];
    ad_node d[2];

    (void)state;
    fixture_new(&f);
    const ad_node x = ad_input(f.g, "x", ad_vector(1));
    const ad_node h = ad_exp(f.g, x);
    const ad_node wrt[2] = {h, x};
    assert_ok(ad_grad(f.g, ad_square(f.g, h), AD_NONE, 2, wrt, d));
    fixture_value(&f, 1, x, v, d[0], 1, out);
    assert_near(out[0], 2 * expl(1.5L), 1e-15);
    fixture_value(&f, 1, x, v, d[1], 1, out);
    assert_near(out[0], 2 * expl(3), 1e-13);
    fixture_free(&f);
}

/* Nothing recurses: a stack of so many frames would overflow. */
static void deep_graphs_have_gradients(void **state)
{
    fixture f;
    const long double v[1] = {0.7L};
    long double out[1];

    (void)state;
    fixture_new(&f);
    const ad_node x = ad_input(f.g, "x", ad_vector(1));
    ad_node y = x;
    for (int k = 0; k < 50000; k++)
        y = k % 2 ? ad_log(f.g, y) : ad_exp(f.g, y);
    fixture_value(&f, 1, x, v, fixture_gradient(&f, y, x), 1, out);
    assert_near(out[0], 1, 1e-13); /* 10^5 roundings of 1e-19 */
    fixture_free(&f);
}

static void gradients_of_nothing_are_nothing(void **state)
{
    fixture f;
    ad_node d = 5;

    (void)state;
    fixture_new(&f);
    const ad_node x = fixture_rows(&f, "x", 3), none = AD_NONE;
    assert_ok(ad_grad(f.g, AD_NONE, AD_NONE, 1, &x, &d));
    assert_int_equal(d, AD_NONE);
    d = 5;
    assert_ok(ad_grad(f.g, x, AD_NONE, 1, &none, &d));
    assert_int_equal(d, AD_NONE);
    assert_ok(ad_grad(f.g, x, AD_NONE, 0, NULL, NULL));
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinks_have_the_stated_gradients),
        cmocka_unit_test(of_equals_the_first_has_the_gradient),
        cmocka_unit_test(extremes_share_their_gradient),
        cmocka_unit_test(the_first_of_a_pool_has_the_gradient),
        cmocka_unit_test(bce_has_its_derivatives_at_logit_0),
        cmocka_unit_test(norms_have_gradient_0_at_0_of_any_order),
        cmocka_unit_test(stop_survives_gradients_of_gradients),
        cmocka_unit_test(straight_through_estimators_pass_the_gradient),
        cmocka_unit_test(what_has_no_gradient_gives_zeros),
        cmocka_unit_test(a_draw_may_be_differentiated_by),
        cmocka_unit_test(only_gradients_asked_for_are_built),
        cmocka_unit_test(gradients_that_are_0_cost_nothing),
        cmocka_unit_test(the_seed_weighs_the_outputs),
        cmocka_unit_test(a_wrt_within_the_path_does_not_cut_it),
        cmocka_unit_test(deep_graphs_have_gradients),
        cmocka_unit_test(gradients_of_nothing_are_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
