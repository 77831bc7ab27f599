/* Every operator's gradients, up to the third order. */
#include "support/test.h"

#include "ad/check.h"

static void walk(size_t order)
{
    const ad_case *c;

    for (size_t i = 0; (c = case_at(i)); i++) {
        const check_result r = check_gradients(c, order);
        if (!(r.error <= CHECK_TOLERANCE) || !(r.own <= CHECK_TOLERANCE))
            fail_msg("%s: off by %g in order %zu, operand %zu, element %zu; "
                     "the differences themselves by %g",
                     c->name, r.error, r.order, r.operand, r.element, r.own);
    }
}

static void gradients_equal_differences(void **state)
{
    (void)state;
    walk(1);
}

static void second_gradients_equal_differences(void **state)
{
    (void)state;
    walk(2);
}

static void third_gradients_equal_differences(void **state)
{
    (void)state;
    walk(3);
}

/* 1 if the row's graph has its operator. */
static int has_its_operator(const ad_case *c)
{
    genmod_workspace *w = NULL;
    ad_graph *g = NULL;
    ad_node x[CASE_OPERANDS];
    int found = 0;

    assert_ok(genmod_workspace_new(NULL, &w));
    assert_ok(ad_graph_new(6, &g, w));
    case_operands(c, g, x);
    case_build(c, g, x);
    assert_status(ad_graph_status(g), GENMOD_OK, w);
    for (ad_node k = 0; (size_t)k < ad_graph_size(g); k++)
        found |= ad_at(g, k).op == c->op;
    ad_graph_free(g);
    genmod_workspace_free(w);
    return found;
}

static void every_operator_has_a_row(void **state)
{
    int rows[AD_OPS] = {0};
    const ad_case *c;

    (void)state;
    for (size_t i = 0; (c = case_at(i)); i++) {
        if (!has_its_operator(c))
            fail_msg("%s: no %s in it", c->name, ad_operators[c->op].name);
        rows[c->op]++;
    }
    for (int op = 0; op < AD_OPS; op++) {
        if (!ad_operators[op].name)
            fail_msg("operator %d is not in the table of operators", op);
        if (!rows[op])
            fail_msg("%s has no row", ad_operators[op].name);
    }
}

/* An operator that mixes nothing in has no gradient to check: the others' must
 * not be 0 by accident. */
static void gradients_of_rows_are_not_zero(void **state)
{
    const ad_case *c;

    (void)state;
    for (size_t i = 0; (c = case_at(i)); i++) {
        const check_result r = check_gradients(c, 1);
        if (!(r.largest > 0.05))
            fail_msg("%s: no gradient above %g", c->name, r.largest);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_operator_has_a_row),
        cmocka_unit_test(gradients_equal_differences),
        cmocka_unit_test(second_gradients_equal_differences),
        cmocka_unit_test(third_gradients_equal_differences),
        cmocka_unit_test(gradients_of_rows_are_not_zero),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
