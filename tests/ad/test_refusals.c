/* What is refused: shapes without sense, and what would mix rows. */
#include "support/test.h"

#include "ad/fixture.h"

static void unsound_shapes_are_refused(void **state)
{
    fixture f;
    const int64_t zero[2] = {3, 0}, minus[1] = {-1};
    const int64_t large[3] = {INT64_C(1) << 24, INT64_C(1) << 24, 2};
    const int64_t overflow[6] = {INT64_MAX, INT64_MAX, INT64_MAX, 2, 2, 2};
    const char *const part = "sizes from 1 on";

    (void)state;
    fixture_new(&f);
    fixture_refused(&f, ad_input(f.g, "a", ad_shape_of(2, zero)), part);
    fixture_refused(&f, ad_input(f.g, "a", ad_shape_of(1, minus)), part);
    fixture_refused(&f, ad_input(f.g, "a", ad_shape_of(3, large)), part);
    fixture_refused(&f, ad_input(f.g, "a", ad_shape_of(6, overflow)), part);
    fixture_refused(&f, ad_input(f.g, "a", ad_shape_of(7, overflow)), part);
    /* six planned rows are no whole number of fours */
    fixture_refused(&f, ad_input(f.g, "a", ad_rows(f.g, 1, 4, 1, NULL)), part);
    fixture_refused(&f, ad_input(f.g, "a", ad_rows(f.g, 0, 1, 1, NULL)), part);
    fixture_free(&f);
}

static void a_graph_without_rows_is_refused(void **state)
{
    fixture f;
    ad_graph *g = NULL;

    (void)state;
    fixture_new(&f);
    assert_status(ad_graph_new(0, &g, f.w), GENMOD_BAD_ARGUMENT, f.w);
    ad_graph_free(g);
    ad_graph_free(NULL);
    fixture_free(&f);
}

static void the_first_refusal_stays(void **state)
{
    fixture f;
    int64_t size[2] = {9, 9};

    (void)state;
    fixture_new(&f);
    const ad_node a = fixture_rows(&f, "a", 3);
    const ad_node bad = ad_reshape(f.g, a, ad_shape_of(2, size));
    assert_int_equal(bad, AD_NONE);
    assert_int_equal(ad_tanh(f.g, a), AD_NONE);
    assert_int_equal(ad_add(f.g, a, bad), AD_NONE);
    assert_int_equal(ad_select(f.g, bad, a, a), AD_NONE);
    assert_int_equal(ad_normalise(f.g, bad, 2, 1e-3, a, a, NULL, NULL),
                     AD_NONE);
    fixture_refused(&f, ad_permute(f.g, a, (const int32_t[]){1, 0}),
                    "a reshape keeps");
    fixture_free(&f);
}

static void elementwise_operands_need_a_common_shape(void **state)
{
    fixture f;
    const int64_t front[2] = {4, 3};
    const char *const part = "no shape in common";

    (void)state;
    fixture_new(&f);
    fixture_refused(&f,
                    ad_add(f.g, ad_input(f.g, "a", ad_vector(3)),
                           ad_input(f.g, "b", ad_vector(4))),
                    part);
    /* six rows are not the six of a table */
    fixture_refused(&f,
                    ad_add(f.g, fixture_rows(&f, "a", 3),
                           ad_input(f.g, "b", ad_matrix(6, 3))),
                    part);
    fixture_refused(
        &f,
        ad_mul(f.g, fixture_rows(&f, "a", 3),
               ad_input(f.g, "b", ad_rows(f.g, 2, 1, 2, front + 1))),
        part);
    /* rows would no longer be in front */
    fixture_refused(
        &f,
        ad_mul(f.g, fixture_rows(&f, "a", 3),
               ad_input(f.g, "b", ad_shape_of(3, (const int64_t[]){2, 1, 3}))),
        part);
    fixture_free(&f);
}

static void movements_leave_rows_in_front(void **state)
{
    fixture f;
    const int64_t three = 3, two = 2, none[2] = {0, 0}, one[2] = {1, 1};
    const int64_t part[2] = {5, 3}, all[2] = {6, 3};

    (void)state;
    fixture_new(&f);
    ad_node a = fixture_rows(&f, "a", 3);
    fixture_refused(&f, ad_permute(f.g, a, (const int32_t[]){1, 0}),
                    "leaves rows in front");
    a = fixture_rows(&f, "a", 3);
    fixture_refused(&f, ad_permute(f.g, a, (const int32_t[]){0, 0}),
                    "names each axis once");
    a = fixture_rows(&f, "a", 3);
    fixture_refused(&f, ad_pad(f.g, a, one, none), "0 for rows");
    a = fixture_rows(&f, "a", 3);
    fixture_refused(&f, ad_slice(f.g, a, none, part, one), "keeps rows");
    a = fixture_rows(&f, "a", 3);
    fixture_refused(&f, ad_slice(f.g, a, one, part, one), "keeps rows");
    a = fixture_rows(&f, "a", 3);
    assert_int_equal(ad_slice(f.g, a, none, all, one), a);
    ad_node pair[2] = {a, a};
    fixture_refused(&f, ad_concat(f.g, 0, 2, pair), "static axis");
    a = fixture_rows(&f, "a", 3);
    fixture_refused(&f, ad_reshape(f.g, a, ad_matrix(3, 6)),
                    "elements of every row");
    a = fixture_rows(&f, "a", 3);
    fixture_refused(&f, ad_reshape(f.g, a, ad_rows(f.g, 1, 1, 2, &two)),
                    "elements of every row");
    a = fixture_rows(&f, "a", 3);
    fixture_refused(
        &f, ad_broadcast(f.g, a, ad_shape_of(3, (const int64_t[]){2, 6, 3})),
        "rows cannot be broadcast");
    fixture_refused(&f, ad_iota(f.g, ad_rows(f.g, 1, 1, 2, &three), 0),
                    "static axis");
    fixture_free(&f);
}

static void rows_are_joined_and_split_by_reshapes(void **state)
{
    fixture f;
    const int64_t pair[2] = {2, 3}, three = 3, six = 6;

    (void)state;
    fixture_new(&f);
    const ad_node a = ad_input(f.g, "a", ad_rows(f.g, 1, 1, 3, pair));
    const ad_shape joined = ad_rows(f.g, 2, 1, 2, &three);
    const ad_shape packed = ad_rows(f.g, 1, 2, 2, (const int64_t[]){12});
    const ad_shape flat = ad_rows(f.g, 1, 1, 2, &six);
    const ad_node b = ad_reshape(f.g, a, joined);
    assert_true(ad_shape_equal(ad_shape_at(f.g, b), &joined));
    assert_int_equal(ad_reshape(f.g, b, *ad_shape_at(f.g, a)), a);
    assert_true(ad_reshape(f.g, a, packed) >= 0);
    assert_true(ad_reshape(f.g, a, flat) >= 0);
    assert_ok(ad_graph_status(f.g));
    fixture_free(&f);
}

static void products_sum_over_rows_of_both_alone(void **state)
{
    fixture f;
    const int64_t three = 3, batch[2] = {3, 3};
    const char *const part = "a product's operands";

    (void)state;
    fixture_new(&f);
    ad_node a = fixture_rows(&f, "a", 3), b = fixture_rows(&f, "b", 3);
    const ad_node c = ad_matmul(f.g, a, b, 1, 0);
    assert_int_equal(ad_shape_at(f.g, c)->div, 0);
    assert_int_equal(ad_shape_at(f.g, c)->dim[0], 3);
    /* [3, m], which would have rows behind */
    fixture_refused(&f,
                    ad_matmul(f.g, ad_input(f.g, "t", ad_matrix(4, 3)),
                              fixture_rows(&f, "b", 3), 0, 1),
                    part);
    fixture_refused(&f,
                    ad_matmul(f.g, fixture_rows(&f, "a", 3),
                              fixture_rows(&f, "b", 3), 0, 1),
                    part);
    fixture_refused(&f,
                    ad_matmul(f.g, fixture_rows(&f, "a", 3),
                              ad_input(f.g, "b", ad_rows(f.g, 2, 1, 2, &three)),
                              1, 0),
                    part);
    fixture_refused(&f,
                    ad_matmul(f.g, ad_input(f.g, "t", ad_matrix(6, 3)),
                              fixture_rows(&f, "b", 3), 1, 0),
                    part);
    fixture_refused(&f,
                    ad_matmul(f.g, fixture_rows(&f, "a", 3),
                              ad_input(f.g, "b", ad_matrix(4, 2)), 0, 0),
                    part);
    fixture_refused(&f,
                    ad_matmul(f.g,
                              ad_input(f.g, "t", ad_rows(f.g, 1, 1, 3, batch)),
                              fixture_rows(&f, "b", 3), 0, 0),
                    part);
    fixture_free(&f);
}

static void images_must_go_together(void **state)
{
    fixture f;
    const int64_t image[3] = {4, 5, 2}, filter[4] = {3, 3, 2, 5};
    const ad_window o = {1, 1, 0, 0, 0, 0, 1}, two = {1, 1, 0, 0, 0, 0, 2};
    const ad_window none = {0, 1, 0, 0, 0, 0, 1};
    const char *const part = "do not go together";

    (void)state;
    for (int k = 0; k < 6; k++) {
        fixture_new(&f);
        const ad_node x = ad_input(f.g, "x", ad_rows(f.g, 1, 1, 4, image));
        const ad_node w = ad_input(f.g, "w", ad_shape_of(4, filter));
        const ad_node y = ad_conv(f.g, x, w, &o);
        assert_int_equal(ad_shape_at(f.g, y)->dim[1], 2);
        assert_int_equal(ad_shape_at(f.g, y)->dim[2], 3);
        assert_int_equal(ad_shape_at(f.g, y)->dim[3], 5);
        fixture_refused(&f,
                        k == 0   ? ad_conv(f.g, x, w, &two)
                        : k == 1 ? ad_conv(f.g, x, w, &none)
                        : k == 2 ? ad_conv(f.g, y, w, &o)
                        : k == 3 ? ad_conv_x(f.g, y, w, &o, 5, 5)
                        : k == 4 ? ad_conv_f(f.g, x, y, &o, 2, 3)
                                 : ad_conv(f.g, x, x, &o),
                        part);
        fixture_free(&f);
    }
    fixture_new(&f);
    const ad_window wide = {1, 1, 2, 0, 0, 0, 1};
    const ad_node x = ad_input(f.g, "x", ad_rows(f.g, 1, 1, 4, image));
    fixture_refused(&f, ad_max_pool(f.g, x, 2, 2, &wide), "no smaller than");
    fixture_free(&f);
}

static void others_are_refused_by_name(void **state)
{
    fixture f;

    (void)state;
    fixture_new(&f);
    ad_node a = fixture_rows(&f, "a", 6);
    fixture_refused(&f, ad_gather(f.g, a, a), "static table");
    a = fixture_rows(&f, "a", 6);
    fixture_refused(&f, ad_scatter(f.g, a, a, 4), "for each number");
    a = fixture_rows(&f, "a", 6);
    fixture_refused(&f, ad_cholesky(f.g, a), "square");
    a = fixture_rows(&f, "a", 6);
    fixture_refused(&f,
                    ad_solve(f.g, ad_input(f.g, "l", ad_matrix(6, 6)), a, 0),
                    "a system");
    a = fixture_rows(&f, "a", 6);
    fixture_refused(&f, ad_sum(f.g, a, 4, 0), "over axes of its operand");
    a = fixture_rows(&f, "a", 6);
    fixture_refused(&f, ad_argmax(f.g, a, 2, 0), "one of the axes");
    a = fixture_rows(&f, "a", 6);
    fixture_refused(&f, ad_part(f.g, a, 2, 0, 1), "one of the axes");
    a = fixture_rows(&f, "a", 6);
    fixture_refused(&f, fixture_rows(&f, "a", 5), "one shape");
    fixture_refused(&f, ad_concat(f.g, 0, 0, NULL), "1 part or more");
    fixture_free(&f);
}

/* "costarring" and "liquid" have one hash of FNV-1a. */
static void sites_of_one_hash_are_refused(void **state)
{
    fixture f;

    (void)state;
    fixture_new(&f);
    assert_true(ad_uniform(f.g, "costarring", ad_vector(3)) >= 0);
    assert_true(ad_normal(f.g, "costarring", ad_vector(3)) >= 0);
    fixture_refused(&f, ad_uniform(f.g, "liquid", ad_vector(3)), "one hash");
    fixture_free(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unsound_shapes_are_refused),
        cmocka_unit_test(a_graph_without_rows_is_refused),
        cmocka_unit_test(the_first_refusal_stays),
        cmocka_unit_test(elementwise_operands_need_a_common_shape),
        cmocka_unit_test(movements_leave_rows_in_front),
        cmocka_unit_test(rows_are_joined_and_split_by_reshapes),
        cmocka_unit_test(products_sum_over_rows_of_both_alone),
        cmocka_unit_test(images_must_go_together),
        cmocka_unit_test(others_are_refused_by_name),
        cmocka_unit_test(sites_of_one_hash_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
