/* Nodes: that each stands once, and that what is known is not computed. */
#include "support/test.h"

#include "ad/fixture.h"

static void assert_constant(const fixture *f, ad_node x, double v)
{
    double is = -1;

    assert_true(ad_is_constant(f->g, x, &is));
    assert_true(is == v);
}

static int32_t op_of(const fixture *f, ad_node x)
{
    assert_true(x >= 0);
    return ad_at(f->g, x).op;
}

/* hash-consing */

static void the_same_arguments_give_the_same_node(void **state)
{
    fixture f;

    (void)state;
    fixture_new(&f);
    const ad_node a = fixture_rows(&f, "a", 3), b = fixture_rows(&f, "b", 3);
    assert_int_equal(fixture_rows(&f, "a", 3), a);
    assert_int_not_equal(a, b);
    assert_int_equal(ad_add(f.g, a, b), ad_add(f.g, a, b));
    assert_int_equal(ad_tanh(f.g, a), ad_tanh(f.g, a));
    assert_int_not_equal(ad_leaky(f.g, a, 0.1), ad_leaky(f.g, a, 0.2));
    assert_int_equal(ad_constant(f.g, 2.5, ad_vector(3)),
                     ad_constant(f.g, 2.5, ad_vector(3)));
    assert_int_not_equal(ad_constant(f.g, 2.5, ad_vector(3)),
                         ad_constant(f.g, 2.5, ad_vector(4)));
    assert_int_equal(ad_normal(f.g, "z", ad_vector(3)),
                     ad_normal(f.g, "z", ad_vector(3)));
    assert_int_not_equal(ad_normal(f.g, "z", ad_vector(3)),
                         ad_normal(f.g, "y", ad_vector(3)));
    assert_ok(ad_graph_status(f.g));
    fixture_free(&f);
}

static void an_item_says_what_a_node_is(void **state)
{
    fixture f;
    ad_item i;

    (void)state;
    fixture_new(&f);
    const ad_node a = fixture_rows(&f, "a", 3);
    const ad_node y = ad_shift(f.g, ad_scale(f.g, a, 2.385), -0.75);
    ad_graph_item(f.g, a, &i);
    assert_string_equal(i.op, "input");
    assert_string_equal(i.name, "a");
    assert_int_equal(i.arity, 0);
    assert_int_equal(i.variable, -1);
    ad_graph_item(f.g, y, &i);
    assert_string_equal(i.op, "affine");
    assert_null(i.name);
    assert_true(i.tiled && i.arity == 1 && i.in[0] == a);
    assert_true(i.p == 2.385 && i.q == -0.75);
    assert_true(ad_shape_equal(&i.shape, ad_shape_at(f.g, a)));
    ad_graph_item(f.g, ad_sum(f.g, y, 0x2, 0), &i);
    assert_string_equal(i.op, "reshape");
    ad_graph_item(f.g, i.in[0], &i);
    assert_string_equal(i.op, "sum");
    assert_true(!i.tiled && i.i[0] == 2);
    fixture_free(&f);
}

static void operands_that_commute_have_one_order(void **state)
{
    fixture f;

    (void)state;
    fixture_new(&f);
    const ad_node a = fixture_rows(&f, "a", 3), b = fixture_rows(&f, "b", 3);
    assert_int_equal(ad_add(f.g, a, b), ad_add(f.g, b, a));
    assert_int_equal(ad_mul(f.g, a, b), ad_mul(f.g, b, a));
    assert_int_equal(ad_equal(f.g, a, b), ad_equal(f.g, b, a));
    assert_int_not_equal(ad_sub(f.g, a, b), ad_sub(f.g, b, a));
    /* Of equals the first has the gradient. */
    assert_int_not_equal(ad_max(f.g, a, b), ad_max(f.g, b, a));
    fixture_free(&f);
}

static void nodes_stay_findable_while_the_graph_grows(void **state)
{
    fixture f;
    ad_node x[1000];

    (void)state;
    fixture_new(&f);
    const ad_node a = fixture_rows(&f, "a", 3);
    for (int pass = 0; pass < 2; pass++)
        for (int k = 0; k < 1000; k++) {
            const ad_node y = ad_leaky(f.g, a, 0.001 * k + 0.0003);
            if (pass == 0)
                x[k] = y;
            assert_int_equal(y, x[k]);
        }
    assert_int_equal(ad_graph_size(f.g), 1001);
    fixture_free(&f);
}

/* what is known */

static void zeros_and_ones_are_symbolic(void **state)
{
    fixture f;

    (void)state;
    fixture_new(&f);
    const ad_node a = fixture_rows(&f, "a", 3);
    const ad_node zero = ad_zeros(f.g, a);
    const ad_node one = ad_constant(f.g, 1, ad_scalar());
    assert_int_equal(ad_add(f.g, a, zero), a);
    assert_int_equal(ad_add(f.g, zero, a), a);
    assert_int_equal(ad_sub(f.g, a, zero), a);
    assert_int_equal(ad_mul(f.g, a, one), a);
    assert_int_equal(ad_mul(f.g, zero, a), zero);
    assert_int_equal(ad_neg(f.g, ad_neg(f.g, a)), a);
    assert_int_equal(ad_sub(f.g, zero, a), ad_neg(f.g, a));
    assert_int_equal(ad_add(f.g, a, a), ad_scale(f.g, a, 2));
    assert_int_equal(ad_max(f.g, a, a), a);
    assert_int_equal(ad_select(f.g, one, a, zero), a);
    assert_int_equal(ad_select(f.g, zero, a, one),
                     ad_broadcast(f.g, one, *ad_shape_at(f.g, a)));
    assert_int_equal(ad_stop(f.g, ad_stop(f.g, a)), ad_stop(f.g, a));
    assert_int_equal(ad_stop(f.g, zero), zero);
    assert_int_equal(ad_all_sum(f.g, zero), zero);
    assert_ok(ad_graph_status(f.g));
    fixture_free(&f);
}

static void affine_functions_are_joined(void **state)
{
    fixture f;

    (void)state;
    fixture_new(&f);
    const ad_node a = fixture_rows(&f, "a", 3), b = fixture_rows(&f, "b", 3);
    const ad_record r =
        ad_at(f.g, ad_shift(f.g, ad_scale(f.g, ad_shift(f.g, a, 3), -2), 0.25));
    assert_int_equal(r.op, AD_OP_AFFINE);
    assert_int_equal(r.in[0], a);
    assert_true(r.p == -2 && r.q == -5.75);
    assert_int_equal(ad_add(f.g, a, ad_neg(f.g, b)), ad_sub(f.g, a, b));
    assert_int_equal(ad_add(f.g, ad_neg(f.g, b), a), ad_sub(f.g, a, b));
    assert_int_equal(ad_sub(f.g, a, ad_neg(f.g, b)), ad_add(f.g, a, b));
    assert_constant(&f, ad_scale(f.g, a, 0), 0);
    fixture_free(&f);
}

static void constants_are_folded(void **state)
{
    fixture f;

    (void)state;
    fixture_new(&f);
    const ad_node a = ad_constant(f.g, 2.25, ad_scalar());
    const ad_node b = ad_constant(f.g, -0.75, ad_vector(3));
    assert_constant(&f, ad_add(f.g, a, b), 1.5);
    assert_constant(&f, ad_sub(f.g, a, b), 3);
    assert_constant(&f, ad_mul(f.g, a, b), -1.6875);
    assert_constant(&f, ad_max(f.g, a, b), 2.25);
    assert_constant(&f, ad_min(f.g, a, b), -0.75);
    assert_constant(&f, ad_greater(f.g, a, b), 1);
    assert_constant(&f, ad_greater_equal(f.g, b, a), 0);
    assert_constant(&f, ad_equal(f.g, b, b), 1);
    assert_constant(&f, ad_select(f.g, b, a, b), 2.25);
    assert_constant(&f, ad_recip(f.g, ad_constant(f.g, -4, ad_scalar())),
                    -0.25);
    assert_constant(&f, ad_sqrt(f.g, a), 1.5);
    assert_constant(&f, ad_abs(f.g, b), 0.75);
    assert_constant(&f, ad_sign(f.g, b), -1);
    assert_constant(&f, ad_floor(f.g, b), -1);
    assert_constant(&f, ad_leaky(f.g, b, 0.5), -0.375);
    assert_constant(&f, ad_gate(f.g, b, 0.5), 0.5);
    fixture_free(&f);
}

static void transcendental_constants_are_folded(void **state)
{
    fixture f;
    double v = 0;

    (void)state;
    fixture_new(&f);
    const ad_node a = ad_constant(f.g, 0.7, ad_scalar());
    assert_true(ad_is_constant(f.g, ad_exp(f.g, a), &v));
    assert_near(v, exp(0.7), 4e-16);
    assert_true(ad_is_constant(f.g, ad_rsqrt(f.g, a), &v));
    assert_near(v, 1 / sqrt(0.7), 4e-16);
    assert_true(ad_is_constant(f.g, ad_polygamma(f.g, 0, a), &v));
    assert_near(v, -1.2200235536979349, 1e-14); /* psi(0.7) */
    fixture_free(&f);
}

static void constants_move_as_constants(void **state)
{
    fixture f;
    const int64_t lo[2] = {1, 0}, hi[2] = {0, 2}, one[2] = {1, 1};

    (void)state;
    fixture_new(&f);
    const ad_node c = ad_constant(f.g, 1.5, ad_matrix(2, 3));
    const ad_node z = ad_constant(f.g, 0, ad_matrix(2, 3));
    const ad_node parts[2] = {c, c};
    assert_constant(&f, ad_reshape(f.g, c, ad_vector(6)), 1.5);
    assert_constant(&f, ad_permute(f.g, c, (const int32_t[]){1, 0}), 1.5);
    assert_constant(&f, ad_slice(f.g, c, one, one, one), 1.5);
    assert_constant(&f, ad_concat(f.g, 1, 2, parts), 1.5);
    assert_constant(&f, ad_pad(f.g, z, lo, hi), 0);
    assert_int_equal(op_of(&f, ad_pad(f.g, c, lo, hi)), AD_OP_PAD);
    assert_constant(&f, ad_sum(f.g, c, 3, 0), 9);
    assert_constant(&f, ad_sum(f.g, c, 2, 1), 4.5);
    assert_constant(&f, ad_mean(f.g, c, 3, 0), 1.5);
    assert_constant(&f, ad_greatest(f.g, c, 1, 0), 1.5);
    assert_constant(&f, ad_argmax(f.g, c, 1, 0), 0);
    assert_ok(ad_graph_status(f.g));
    fixture_free(&f);
}

static void products_with_zero_are_zero(void **state)
{
    fixture f;
    const ad_window o = {1, 1, 0, 0, 0, 0, 1};
    const int64_t image[3] = {4, 4, 2}, filter[4] = {3, 3, 2, 5};

    (void)state;
    fixture_new(&f);
    const ad_node a = fixture_rows(&f, "a", 3);
    const ad_node z = ad_constant(f.g, 0, ad_matrix(3, 2));
    const ad_node x = ad_input(f.g, "x", ad_rows(f.g, 1, 1, 4, image));
    const ad_node k = ad_constant(f.g, 0, ad_shape_of(4, filter));
    const ad_node p = ad_matmul(f.g, a, z, 0, 0);
    assert_constant(&f, p, 0);
    assert_int_equal(ad_shape_at(f.g, p)->div, 1);
    assert_constant(&f, ad_conv(f.g, x, k, &o), 0);
    assert_constant(
        &f, ad_solve(f.g, ad_input(f.g, "l", ad_matrix(3, 3)), z, 0), 0);
    assert_constant(&f, ad_gather(f.g, z, ad_input(f.g, "i", ad_vector(4))), 0);
    fixture_free(&f);
}

static void movements_that_move_nothing_vanish(void **state)
{
    fixture f;
    const int64_t dim[3] = {2, 3, 1}, zero[3] = {0}, one[3] = {1, 1, 1};

    (void)state;
    fixture_new(&f);
    const ad_node a = ad_input(f.g, "a", ad_shape_of(3, dim));
    const ad_shape flat = ad_vector(6), wide = ad_matrix(3, 2);
    assert_int_equal(ad_reshape(f.g, a, *ad_shape_at(f.g, a)), a);
    assert_int_equal(ad_reshape(f.g, ad_reshape(f.g, a, flat), wide),
                     ad_reshape(f.g, a, wide));
    assert_int_equal(
        ad_reshape(f.g, ad_reshape(f.g, a, flat), *ad_shape_at(f.g, a)), a);
    assert_int_equal(ad_permute(f.g, a, (const int32_t[]){0, 1, 2}), a);
    assert_int_equal(op_of(&f, ad_permute(f.g, a, (const int32_t[]){2, 0, 1})),
                     AD_OP_RESHAPE);
    const ad_node p = ad_permute(f.g, a, (const int32_t[]){1, 2, 0});
    assert_int_equal(op_of(&f, p), AD_OP_PERMUTE);
    assert_int_equal(ad_permute(f.g, p, (const int32_t[]){2, 0, 1}), a);
    assert_int_equal(ad_broadcast(f.g, a, *ad_shape_at(f.g, a)), a);
    assert_int_equal(ad_pad(f.g, a, zero, zero), a);
    assert_int_equal(ad_slice(f.g, a, zero, dim, one), a);
    assert_int_equal(ad_concat(f.g, 1, 1, &a), a);
    assert_int_equal(ad_sum(f.g, a, 4, 1), a);
    assert_ok(ad_graph_status(f.g));
    fixture_free(&f);
}

static void broadcasts_and_slices_of_their_kind_are_joined(void **state)
{
    fixture f;
    const int64_t thin[3] = {1, 3, 1}, mid[3] = {1, 3, 4}, full[3] = {2, 3, 4};
    const int64_t first[1] = {1}, five[1] = {5}, two[1] = {2}, three[1] = {3};

    (void)state;
    fixture_new(&f);
    const ad_node a = ad_input(f.g, "a", ad_shape_of(3, thin));
    const ad_node b = ad_broadcast(f.g, a, ad_shape_of(3, mid));
    assert_int_equal(ad_broadcast(f.g, b, ad_shape_of(3, full)),
                     ad_broadcast(f.g, a, ad_shape_of(3, full)));
    const ad_node v = ad_input(f.g, "v", ad_vector(20));
    const ad_node s = ad_slice(f.g, v, first, five, three);
    const ad_record r = ad_at(f.g, ad_slice(f.g, s, first, two, two));
    assert_int_equal(r.in[0], v);
    assert_int_equal(r.i[0], 1 + 3);
    assert_int_equal(r.i[AD_RANK], 6);
    fixture_free(&f);
}

/* At fewer rows than planned, so that the count must be the run's. */
static void sums_of_broadcasts_count(void **state)
{
    fixture f;
    const long double v[3] = {0.5L, -1.25L, 3};
    const int64_t three = 3;
    long double out[3];

    (void)state;
    fixture_new(&f);
    const ad_node a = ad_input(f.g, "a", ad_vector(3));
    const ad_node b = ad_broadcast(f.g, a, ad_rows(f.g, 2, 1, 2, &three));
    const ad_node s = ad_sum(f.g, b, 1, 0);
    assert_int_equal(fixture_value(&f, 4, a, v, s, 3, out), 3);
    for (int k = 0; k < 3; k++)
        assert_near(out[k], 8 * v[k], 1e-15);
    for (ad_node k = 0; (size_t)k < ad_graph_size(f.g); k++)
        assert_int_not_equal(ad_at(f.g, k).op, AD_OP_SUM);
    assert_int_equal(ad_sum(f.g, ad_sum(f.g, b, 2, 1), 1, 1),
                     ad_sum(f.g, b, 3, 1));
    fixture_free(&f);
}

/* shapes */

static void rows_are_counted_in_lowest_terms(void **state)
{
    fixture f;
    const int64_t rest[2] = {3, 5};

    (void)state;
    fixture_new(&f);
    const ad_shape a = ad_rows(f.g, 4, 6, 3, rest);
    const ad_shape b = ad_rows(f.g, 2, 3, 3, rest);
    assert_true(ad_shape_equal(&a, &b));
    assert_int_equal(a.mul, 2);
    assert_int_equal(a.div, 3);
    assert_int_equal(ad_elements(&a), 4 * 15);
    assert_int_equal(ad_elements_at(&a, 3), 2 * 15);
    const ad_shape c = ad_matrix(3, 4);
    assert_int_equal(ad_elements_at(&c, 3), 12);
    const ad_shape same_at_six = ad_matrix(6, 3),
                   rows = ad_rows(f.g, 1, 1, 2, rest);
    assert_false(ad_shape_equal(&same_at_six, &rows));
    fixture_free(&f);
}

static void shapes_of_nothing_can_be_read(void **state)
{
    fixture f;

    (void)state;
    fixture_new(&f);
    for (int k = 0; k < AD_RANK; k++)
        assert_int_equal(ad_shape_at(f.g, AD_NONE)->dim[k], 1);
    fixture_free(&f);
}

static void reducing_to_a_shape_sums_what_was_stretched(void **state)
{
    fixture f;
    const int64_t rest[2] = {2, 3};
    const long double v[12] = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
    long double out[6];
    const ad_shape three = ad_vector(3), pair = ad_matrix(2, 1);

    (void)state;
    fixture_new(&f);
    const ad_node x = ad_input(f.g, "x", ad_rows(f.g, 1, 1, 3, rest));
    const ad_node a = ad_reduce_to(f.g, x, &three);
    assert_int_equal(fixture_value(&f, 2, x, v, a, 6, out), 3);
    assert_true(out[0] == 22 && out[2] == 30);
    const ad_node b = ad_reduce_to(f.g, x, &pair);
    assert_int_equal(fixture_value(&f, 2, x, v, b, 6, out), 2);
    assert_true(out[0] == 30 && out[1] == 48);
    assert_int_equal(ad_reduce_to(f.g, x, ad_shape_at(f.g, x)), x);
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_arguments_give_the_same_node),
        cmocka_unit_test(an_item_says_what_a_node_is),
        cmocka_unit_test(operands_that_commute_have_one_order),
        cmocka_unit_test(nodes_stay_findable_while_the_graph_grows),
        cmocka_unit_test(zeros_and_ones_are_symbolic),
        cmocka_unit_test(affine_functions_are_joined),
        cmocka_unit_test(constants_are_folded),
        cmocka_unit_test(transcendental_constants_are_folded),
        cmocka_unit_test(constants_move_as_constants),
        cmocka_unit_test(products_with_zero_are_zero),
        cmocka_unit_test(movements_that_move_nothing_vanish),
        cmocka_unit_test(broadcasts_and_slices_of_their_kind_are_joined),
        cmocka_unit_test(sums_of_broadcasts_count),
        cmocka_unit_test(reducing_to_a_shape_sums_what_was_stretched),
        cmocka_unit_test(rows_are_counted_in_lowest_terms),
        cmocka_unit_test(shapes_of_nothing_can_be_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
