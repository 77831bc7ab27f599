/* Tiled operators, with what is known while the graph is built left out. Zeros
 * are symbolic: a gradient that is 0 costs nothing, so 0 x is 0 here even where
 * x could come out infinite. */
#include <math.h>

#include "ad/internal.h"

/* Of one operand, where C is exact or correctly rounded; 0 where it is not. */
static int fold_one(int32_t op, double a, double p, double q, double *y)
{
    if (op == AD_OP_AFFINE)
        *y = p * a + q;
    else if (op == AD_OP_RECIP)
        *y = 1 / a;
    else if (op == AD_OP_SQRT)
        *y = sqrt(a);
    else if (op == AD_OP_ABS)
        *y = fabs(a);
    else if (op == AD_OP_SIGN)
        *y = (a > 0) - (a < 0);
    else if (op == AD_OP_FLOOR)
        *y = floor(a);
    else if (op == AD_OP_LEAKY)
        *y = a > 0 ? a : p * a;
    else if (op == AD_OP_GATE)
        *y = a > 0 ? 1 : p;
    else
        return 0;
    return 1;
}

/* Of two operands or three. */
static double fold_more(int32_t op, double a, double b, double c)
{
    switch (op) {
    case AD_OP_ADD:
        return a + b;
    case AD_OP_SUB:
        return a - b;
    case AD_OP_MUL:
        return a * b;
    case AD_OP_MAX:
        return a >= b ? a : b;
    case AD_OP_MIN:
        return a <= b ? a : b;
    case AD_OP_GREATER:
        return a > b;
    case AD_OP_GREATER_EQUAL:
        return a >= b;
    case AD_OP_EQUAL:
        return a == b;
    default: /* select */
        return a != 0 ? b : c;
    }
}

/* The rest as a program would, by the doubles of the set that all builds have.
 */
static double fold(int32_t op, const double *x, double p, double q)
{
    const kern_ops *const f64 = kern_ops_of(BASE_CPU_GENERIC, GENMOD_F64);
    const kern_tile code = {.op = (uint16_t)ad_operators[op].tile,
                            .out = 1,
                            .a = 0,
                            .p = p,
                            .q = q};
    double a = x[0], y = 0;
    kern_real *const reg[2] = {&a, &y};

    if (ad_operators[op].arity > 1)
        return fold_more(op, x[0], x[1], x[2]);
    if (!fold_one(op, a, p, q, &y))
        f64->tile(1, &code, 1, reg);
    return y;
}

static ad_node emit(ad_graph *g, int32_t op, ad_node a, ad_node b, ad_node c,
                    double p, double q)
{
    const ad_shape shape = *ad_shape_at(g, a);
    const int commutes =
        op == AD_OP_ADD || op == AD_OP_MUL || op == AD_OP_EQUAL;
    ad_record r = ad_record_of(op, commutes && b < a ? b : a,
                               commutes && b < a ? a : b, &shape);

    r.in[2] = c;
    r.p = p;
    r.q = q;
    return ad_append(g, &r);
}

static ad_node affine(ad_graph *g, ad_node a, double p, double q)
{
    const ad_record r = ad_at(g, a);

    if (p == 1 && q == 0)
        return a;
    if (p == 0)
        return ad_constant(g, q, r.shape);
    if (r.op == AD_OP_AFFINE)
        return affine(g, r.in[0], p * r.p, p * r.q + q);
    return emit(g, AD_OP_AFFINE, a, AD_NONE, AD_NONE, p, q);
}

/* x where a is -x, else AD_NONE. */
static ad_node negated(const ad_graph *g, ad_node a)
{
    const ad_record r = ad_at(g, a);

    return r.op == AD_OP_AFFINE && r.p == -1 && r.q == 0 ? r.in[0] : AD_NONE;
}

static ad_node sum_of(ad_graph *g, ad_node a, ad_node b)
{
    double v;

    if (a == b)
        return affine(g, a, 2, 0);
    if (ad_is_constant(g, a, &v))
        return affine(g, b, 1, v);
    if (ad_is_constant(g, b, &v))
        return affine(g, a, 1, v);
    if (negated(g, b) >= 0)
        return emit(g, AD_OP_SUB, a, negated(g, b), AD_NONE, 0, 0);
    if (negated(g, a) >= 0)
        return emit(g, AD_OP_SUB, b, negated(g, a), AD_NONE, 0, 0);
    return emit(g, AD_OP_ADD, a, b, AD_NONE, 0, 0);
}

static ad_node difference_of(ad_graph *g, ad_node a, ad_node b)
{
    double v;

    if (ad_is_constant(g, a, &v))
        return affine(g, b, -1, v);
    if (ad_is_constant(g, b, &v))
        return affine(g, a, 1, -v);
    if (negated(g, b) >= 0)
        return sum_of(g, a, negated(g, b));
    return emit(g, AD_OP_SUB, a, b, AD_NONE, 0, 0);
}

static ad_node product_of(ad_graph *g, ad_node a, ad_node b)
{
    double v;

    if (ad_is_constant(g, a, &v))
        return affine(g, b, v, 0);
    if (ad_is_constant(g, b, &v))
        return affine(g, a, v, 0);
    return emit(g, AD_OP_MUL, a, b, AD_NONE, 0, 0);
}

static ad_node choice_of(ad_graph *g, ad_node m, ad_node a, ad_node b)
{
    double v;

    if (a == b)
        return a;
    if (ad_is_constant(g, m, &v))
        return v != 0 ? a : b;
    return emit(g, AD_OP_SELECT, m, a, b, 0, 0);
}

static int all_constant(const ad_graph *g, int32_t arity, const ad_node *in,
                        double *x)
{
    for (int32_t k = 0; k < arity; k++)
        if (!ad_is_constant(g, in[k], &x[k]))
            return 0;
    return 1;
}

ad_node ad_tiled(ad_graph *g, int32_t op, ad_node a, ad_node b, ad_node c,
                 double p, double q)
{
    const int32_t arity = ad_operators[op].arity;
    const ad_node in[AD_INPUTS] = {a, b, c};
    double x[AD_INPUTS] = {0, 0, 0};

    for (int32_t k = 0; k < arity; k++)
        if (in[k] < 0)
            return AD_NONE;
    if (all_constant(g, arity, in, x))
        return ad_constant(g, fold(op, x, p, q), *ad_shape_at(g, a));
    switch (op) {
    case AD_OP_ADD:
        return sum_of(g, a, b);
    case AD_OP_SUB:
        return difference_of(g, a, b);
    case AD_OP_MUL:
        return product_of(g, a, b);
    case AD_OP_AFFINE:
        return affine(g, a, p, q);
    case AD_OP_SELECT:
        return choice_of(g, a, b, c);
    case AD_OP_MAX:
    case AD_OP_MIN:
        return a == b ? a : emit(g, op, a, b, c, p, q);
    default:
        return emit(g, op, a, b, c, p, q);
    }
}
