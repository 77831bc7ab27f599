/* The same checks, with one gradient after the other wrong by a hundredth: this
 * program links a table of operators of its own. */
#include "support/test.h"

#define ad_operators true_operators
#include "../../lib/ad/ops.c"
#undef ad_operators

#include "ad/check.h"

#define NO_OPERATOR (-1)

/* The operator whose gradient is wrong. */
static int32_t mutant = NO_OPERATOR;
ad_operator ad_operators[AD_OPS];

static void gradient(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                     ad_node *dx)
{
    const int32_t op = ad_at(g, y).op;

    true_operators[op].gradient(g, y, dy, wanted, dx);
    if (op == mutant)
        for (int k = 0; k < AD_INPUTS; k++)
            dx[k] = ad_scale(g, dx[k], 1.01);
}

static int set_up(void **state)
{
    (void)state;
    memcpy(ad_operators, true_operators, sizeof true_operators);
    for (int op = 0; op < AD_OPS; op++)
        if (ad_operators[op].gradient)
            ad_operators[op].gradient = gradient;
    return 0;
}

/* Of the rows of an operator. */
static double error_of(int32_t op, size_t order)
{
    const ad_case *c;
    double error = 0;

    for (size_t i = 0; (c = case_at(i)); i++)
        if (c->op == op) {
            const check_result r = check_gradients(c, order);
            error = r.error > error ? r.error : error;
        }
    return error;
}

static void undisturbed_gradients_pass(void **state)
{
    (void)state;
    mutant = NO_OPERATOR;
    for (int op = 0; op < AD_OPS; op++)
        assert_true(error_of(op, 1) <= CHECK_TOLERANCE);
}

/* Every row of an operator, not only one of them. */
static void a_gradient_off_by_a_hundredth_is_rejected(void **state)
{
    const ad_case *c;

    (void)state;
    for (size_t i = 0; (c = case_at(i)); i++) {
        if (!true_operators[c->op].gradient)
            continue;
        mutant = c->op;
        const check_result r = check_gradients(c, 1);
        mutant = NO_OPERATOR;
        if (r.error <= CHECK_TOLERANCE)
            fail_msg("%s: the gradient of %s times 1.01 passes", c->name,
                     true_operators[c->op].name);
    }
}

/* Errors that only the second order can show: of operators that the first
 * order's gradients bring in. */
static void a_gradient_of_a_gradient_is_rejected(void **state)
{
    static const struct {
        const char *row;
        int32_t op;
    } pairs[] = {
        {"tanh", AD_OP_AFFINE},
        {"lgamma", AD_OP_POLYGAMMA},
        {"sqrt", AD_OP_RSQRT},
        {"erf", AD_OP_EXP},
        {"softplus", AD_OP_SIGMOID},
        {"average", AD_OP_AVERAGE_X},
        {"bilinear", AD_OP_BILINEAR_X},
        {"gather", AD_OP_SCATTER},
        {"max pool", AD_OP_WINDOW_SCATTER},
        {"slice", AD_OP_PAD},
    };

    (void)state;
    for (size_t k = 0; k < sizeof pairs / sizeof *pairs; k++) {
        const ad_case *c;
        for (size_t i = 0; (c = case_at(i)); i++) {
            if (strcmp(c->name, pairs[k].row))
                continue;
            mutant = pairs[k].op;
            const double error = check_gradients(c, 2).error;
            mutant = NO_OPERATOR;
            if (error <= CHECK_TOLERANCE)
                fail_msg("%s: %s times 1.01 passes", c->name,
                         true_operators[pairs[k].op].name);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(undisturbed_gradients_pass),
        cmocka_unit_test(a_gradient_off_by_a_hundredth_is_rejected),
        cmocka_unit_test(a_gradient_of_a_gradient_is_rejected),
    };

    return cmocka_run_group_tests(tests, set_up, NULL);
}
