/* The plan as text, and what it says of what was fused. */
#include "ad/model.h"

static char *dump(rig *r)
{
    size_t need, again;

    assert_int_equal(ad_program_dump(r->p, 0, NULL, &need, r->w),
                     GENMOD_TOO_SMALL);
    char *const text = malloc(need);
    assert_non_null(text);
    assert_ok(ad_program_dump(r->p, need, text, &again, r->w));
    assert_int_equal(need, again);
    assert_int_equal(strlen(text) + 1, need);
    return text;
}

static void assert_plan(rig *r, const char *expected)
{
    rig_compile(r);
    char *const text = dump(r);
    assert_string_equal(text, expected);
    free(text);
    rig_close(r);
}

static void a_layer_is_a_product_and_one_pass(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, GENMOD_F32, 4, 1);
    const ad_node x = rig_input(&r, "x", rig_rows(&r, 2, 8, 0, 0), -1, 1);
    const ad_node w =
        rig_variable(&r, "w", AD_TRAINED, ad_matrix(8, 16), -1, 1);
    const ad_node b = rig_variable(&r, "b", AD_TRAINED, ad_vector(16), -1, 1);
    rig_output(&r, ad_tanh(r.g, ad_add(r.g, ad_matmul(r.g, x, w, 0, 0), b)));
    rig_compile(&r);
    char *const text = dump(&r);
    const char *const expected =
        "by panels of 4 rows\n"
        "0 matmul [1 m, 16], 256 bytes, 1 item\n"
        "1 fused 16 m, 256 bytes, 1 item: r1 kept; r3 written; r2 = add r0 r1; "
        "r3 = tanh r2;\n"
        "arena 384 bytes, and ";
    assert_memory_equal(text, expected, strlen(expected));
    assert_int_equal(ad_program_steps(r.p), 2);
    assert_string_equal(ad_program_step(r.p, 0), "matmul");
    assert_string_equal(ad_program_step(r.p, 1), "fused");
    free(text);
    rig_close(&r);
}

/* A product and a sum are one instruction, as are a quotient's two halves. */
static void arithmetic_is_joined(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, GENMOD_F32, 4, 1);
    const ad_shape s = rig_rows(&r, 2, 5, 0, 0);
    const ad_node a = rig_input(&r, "a", s, 1, 2);
    const ad_node b = rig_input(&r, "b", s, 1, 2);
    const ad_node c = rig_input(&r, "c", s, 1, 2);
    rig_output(&r, ad_div(r.g, ad_add(r.g, ad_mul(r.g, a, b), c), b));
    assert_plan(&r, "by panels of 4 rows\n"
                    "0 fused 5 m, 80 bytes, 1 item: r4 written; r3 = fma r0 r1 "
                    "r2; r4 = div r3 r1;\n"
                    "arena 384 bytes, and 2048 a thread\n");
}

/* A sum takes its operand from the register, and the mean is a scalar's. */
static void a_sum_ends_the_pass_that_makes_its_operand(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, GENMOD_F64, 3, 1);
    const ad_node x = rig_input(&r, "x", rig_rows(&r, 2, 7, 0, 0), 1, 2);
    rig_output(&r, ad_sum(r.g, ad_exp(r.g, x), 2, 0));
    rig_output(&r, ad_mean_all(r.g, x));
    rig_compile(&r);
    char *const text = dump(&r);
    assert_int_equal(ad_program_steps(r.p), 3);
    assert_non_null(strstr(text, "r1 = exp r0; sum r1;\n"));
    assert_non_null(strstr(text, "sum 7 m, 8 bytes, 1 item: sum r0;\n"));
    free(text);
    rig_close(&r);
}

/* Backward passes run where their gradient does: what only they read of the way
 * forward is made again from what is kept anyhow. */
static void a_derivative_is_fused_with_the_gradient(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, GENMOD_F32, 8, 1);
    model_dense(&r, 0);
    rig_compile(&r);
    char *const text = dump(&r);
    /* h = tanh(a) is written; 1 - h^2 is not */
    assert_non_null(strstr(text, "r1 kept; r3 written; r2 = add r0 r1; r3 = "
                                 "tanh r2;\n"));
    assert_int_equal(ad_program_steps(r.p), 11);
    free(text);
    rig_close(&r);
}

static void the_dump_is_the_same_each_time(void **state)
{
    char *text[2];

    (void)state;
    for (int k = 0; k < 2; k++) {
        rig r;

        rig_open(&r, GENMOD_F32, 33, 1 + (size_t)k);
        model_image(&r);
        rig_compile(&r);
        text[k] = dump(&r);
        rig_close(&r);
    }
    assert_string_equal(text[0], text[1]);
    free(text[0]);
    free(text[1]);
}

static void a_small_arena_serves_a_deep_network(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, GENMOD_F32, 64, 1);
    ad_node x = rig_input(&r, "x", rig_rows(&r, 2, 64, 0, 0), -1, 1);
    const ad_node w =
        rig_variable(&r, "w", AD_TRAINED, ad_matrix(64, 64), -1, 1);
    for (int k = 0; k < 20; k++)
        x = ad_tanh(r.g, ad_matmul(r.g, x, w, 0, 0));
    rig_output(&r, x);
    rig_compile(&r);
    /* two tensors at a time; a tanh goes where its operand was */
    assert_int_equal(r.p->arena, 2 * 64 * 64 * sizeof(float));
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_layer_is_a_product_and_one_pass),
        cmocka_unit_test(arithmetic_is_joined),
        cmocka_unit_test(a_sum_ends_the_pass_that_makes_its_operand),
        cmocka_unit_test(a_derivative_is_fused_with_the_gradient),
        cmocka_unit_test(the_dump_is_the_same_each_time),
        cmocka_unit_test(a_small_arena_serves_a_deep_network),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
