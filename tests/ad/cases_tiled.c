/* Leaves and elementwise operators. */
#include "support/test.h"

#include "ad/cases.h"

static ad_node constant(ad_graph *g, const ad_node *x)
{
    return ad_max(g, x[0], ad_constant(g, 1.37, ad_scalar()));
}

static ad_node variable(ad_graph *g, const ad_node *x)
{
    ad_store *s = NULL;
    int32_t index;

    assert_ok(ad_store_new(GENMOD_F64, &s, g->w));
    assert_ok(
        ad_store_add(s, "v", AD_TRAINED, 0, ad_matrix(1, 3), &index, g->w));
    const ad_node v = ad_variable(g, s, index);
    ad_store_free(s);
    return ad_mul(g, x[0], v);
}

static ad_node count_rows(ad_graph *g, const ad_node *x)
{
    return ad_mul(g, ad_count(g, x[0]), ad_square(g, x[0]));
}

static ad_node iota(ad_graph *g, const ad_node *x)
{
    return ad_mul(g, x[0], ad_iota(g, *ad_shape_at(g, x[0]), 1));
}

static ad_node uniform(ad_graph *g, const ad_node *x)
{
    return ad_mul(g, x[0], ad_uniform(g, "u", *ad_shape_at(g, x[0])));
}

static ad_node normal(ad_graph *g, const ad_node *x)
{
    return ad_mul(g, x[0], ad_normal(g, "n", *ad_shape_at(g, x[0])));
}

static ad_node cube(ad_graph *g, const ad_node *x)
{
    return ad_mul(g, ad_mul(g, x[0], x[0]), x[0]);
}

static ad_node three_way(ad_graph *g, const ad_node *x)
{
    return ad_select(g, ad_greater(g, x[0], x[1]), x[1], x[2]);
}

static ad_node affine(ad_graph *g, const ad_node *x)
{
    return ad_shift(g, ad_scale(g, x[0], -1.75), 0.3);
}

static ad_node digamma(ad_graph *g, ad_node a)
{
    return ad_polygamma(g, 0, a);
}

static ad_node tetragamma(ad_graph *g, ad_node a)
{
    return ad_polygamma(g, 2, a);
}

static ad_node leaky(ad_graph *g, ad_node a)
{
    return ad_leaky(g, a, 0.2);
}

static ad_node gate(ad_graph *g, const ad_node *x)
{
    return ad_mul(g, x[0], ad_gate(g, x[0], 0.2));
}

static ad_node greater(ad_graph *g, const ad_node *x)
{
    return ad_mul(g, x[0], ad_greater(g, x[0], x[1]));
}

static ad_node greater_equal(ad_graph *g, const ad_node *x)
{
    return ad_mul(g, x[0], ad_greater_equal(g, x[0], x[1]));
}

static ad_node equal(ad_graph *g, const ad_node *x)
{
    return ad_mul(g, x[0], ad_equal(g, ad_sign(g, x[0]), ad_sign(g, x[1])));
}

static ad_node elu(ad_graph *g, ad_node a)
{
    return ad_elu(g, a, 0.7);
}

static ad_node clamp(ad_graph *g, ad_node a)
{
    return ad_mul(g, a, ad_clamp(g, a, -0.61, 1.13));
}

static ad_node huber(ad_graph *g, ad_node a)
{
    return ad_huber(g, a, 0.83);
}

const ad_case cases_tiled[] = {
    {"constant", AD_OP_CONSTANT, "m 3", 1, 2, .build = constant},
    {"input", AD_OP_INPUT, "m 3|3", 0.3, 2, .binary = ad_mul},
    {"variable", AD_OP_VARIABLE, "m 3", 0.3, 2, .build = variable},
    {"count", AD_OP_COUNT, "2m 3", 0.3, 2, .build = count_rows},
    {"iota", AD_OP_IOTA, "m 3", 0.3, 2, .build = iota},
    {"uniform", AD_OP_UNIFORM, "m 3", 0.3, 2, .build = uniform},
    {"normal", AD_OP_NORMAL, "m 3", 0.3, 2, .build = normal},
    {"add", AD_OP_ADD, "m 3 2|m 3 2", -2, 1.5, .binary = ad_add},
    {"add stretched", AD_OP_ADD, "m 1 2|3 1", -2, 1.5, .binary = ad_add},
    {"sub", AD_OP_SUB, "m 3|m 3", -2, 1.5, .binary = ad_sub},
    {"sub stretched", AD_OP_SUB, "|m 3", -2, 1.5, .binary = ad_sub},
    {"mul", AD_OP_MUL, "2m 3|2m 3", -2, 1.5, .binary = ad_mul},
    {"mul of rows", AD_OP_MUL, "m 3 1|1 1 4", -2, 1.5, .binary = ad_mul},
    {"mul of packs", AD_OP_MUL, "m/2 1|m/2 5", -2, 1.5, .binary = ad_mul},
    {"mul of one", AD_OP_MUL, "1|1 1", -2, 1.5, .binary = ad_mul},
    {"mul of itself", AD_OP_MUL, "2 3", -2, 1.5, .build = cube},
    {"max", AD_OP_MAX, "m 3|m 3", -2, 1.5, .binary = ad_max},
    {"max stretched", AD_OP_MAX, "m 3|1 3", -2, 1.5, .binary = ad_max},
    {"min", AD_OP_MIN, "m 3|m 3", -2, 1.5, .binary = ad_min},
    {"min stretched", AD_OP_MIN, "|4 3", -2, 1.5, .binary = ad_min},
    {"greater", AD_OP_GREATER, "m 3|m 3", -2, 1.5, .build = greater},
    {"greater_equal", AD_OP_GREATER_EQUAL, "m 3|3", -2, 1.5,
     .build = greater_equal},
    {"equal", AD_OP_EQUAL, "m 3|m 3", -2, 1.5, .build = equal},
    {"select", AD_OP_SELECT, "m 3|m 3|m 3", -2, 1.5, .build = three_way},
    {"select stretched", AD_OP_SELECT, "m 1|3|", -2, 1.5, .build = three_way},
    {"affine", AD_OP_AFFINE, "m 3", -2, 1.5, .build = affine},
    {"recip", AD_OP_RECIP, "m 3", 0.4, 2, .unary = ad_recip},
    {"recip of negatives", AD_OP_RECIP, "m 3", -2, -0.4, .unary = ad_recip},
    {"div", AD_OP_RECIP, "m 3|m 1", 0.4, 2, .binary = ad_div},
    {"sqrt", AD_OP_SQRT, "m 3", 0.3, 4, .unary = ad_sqrt},
    {"rsqrt", AD_OP_RSQRT, "m 3", 0.3, 4, .unary = ad_rsqrt},
    {"exp", AD_OP_EXP, "m 3", -2, 1.5, .unary = ad_exp},
    {"expm1", AD_OP_EXPM1, "m 3", -2, 1.5, .unary = ad_expm1},
    {"log", AD_OP_LOG, "m 3", 0.3, 4, .unary = ad_log},
    {"log1p", AD_OP_LOG1P, "m 3", -0.6, 2, .unary = ad_log1p},
    {"log1mexp", AD_OP_LOG1MEXP, "m 3", -2.5, -0.2, .unary = ad_log1mexp},
    {"tanh", AD_OP_TANH, "m 3", -2, 1.5, .unary = ad_tanh},
    {"sigmoid", AD_OP_SIGMOID, "m 3", -3, 2.5, .unary = ad_sigmoid},
    {"softplus", AD_OP_SOFTPLUS, "m 3", -3, 2.5, .unary = ad_softplus},
    {"erf", AD_OP_ERF, "m 3", -1.5, 1.3, .unary = ad_erf},
    {"lgamma", AD_OP_LGAMMA, "m 3", 0.4, 6, .unary = ad_lgamma},
    {"digamma", AD_OP_POLYGAMMA, "m 3", 0.4, 6, .unary = digamma},
    {"tetragamma", AD_OP_POLYGAMMA, "m 3", 0.7, 6, .unary = tetragamma},
    {"sin", AD_OP_SIN, "m 3", -2, 3.5, .unary = ad_sin},
    {"cos", AD_OP_COS, "m 3", -2, 3.5, .unary = ad_cos},
    {"abs", AD_OP_ABS, "m 3", -2, 1.5, .unary = ad_abs},
    {"sign", AD_OP_SIGN, "m 3", -2, 1.5, .unary = ad_sign},
    {"floor", AD_OP_FLOOR, "m 3", -2, 1.7, .unary = ad_floor},
    {"leaky", AD_OP_LEAKY, "m 3", -2, 1.5, .unary = leaky},
    {"relu", AD_OP_LEAKY, "m 3", -2, 1.5, .unary = ad_relu},
    {"gate", AD_OP_GATE, "m 3", -2, 1.5, .build = gate},
    {"elu", AD_OP_EXPM1, "m 3", -2, 1.5, .unary = elu},
    {"gelu", AD_OP_ERF, "m 3", -2, 1.5, .unary = ad_gelu},
    {"silu", AD_OP_SIGMOID, "m 3", -2, 1.5, .unary = ad_silu},
    {"clamp", AD_OP_MIN, "m 3", -2, 1.7, .unary = clamp},
    {"huber", AD_OP_MUL, "m 3", -2, 1.7, .unary = huber},
    {"bce of logits", AD_OP_SOFTPLUS, "m 3|m 3", -2, 1.5,
     .binary = ad_bce_logits},
    {.name = NULL},
};
