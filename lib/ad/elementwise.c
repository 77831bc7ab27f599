/* Elementwise operators: formula, value by a kern_tile, gradient. With dy the
 * gradient of y and dx[k] the share of operand k. */
#include "ad/internal.h"

static ad_node unary(ad_graph *g, int32_t op, ad_node a, double p, double q)
{
    return ad_tiled(g, op, a, AD_NONE, AD_NONE, p, q);
}

static ad_node binary(ad_graph *g, int32_t op, ad_node a, ad_node b)
{
    ad_node x[2] = {a, b};

    if (!ad_align(g, 2, x))
        return AD_NONE;
    return ad_tiled(g, op, x[0], x[1], AD_NONE, 0, 0);
}

static ad_node operand(const ad_graph *g, ad_node y, int k)
{
    return ad_at(g, y).in[k];
}

/* a + b, a - b, a b */

ad_node ad_add(ad_graph *g, ad_node a, ad_node b)
{
    return binary(g, AD_OP_ADD, a, b);
}

void ad_gradient_add(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                     ad_node *dx)
{
    (void)g;
    (void)y;
    (void)wanted;
    dx[0] = dy;
    dx[1] = dy;
}

ad_node ad_sub(ad_graph *g, ad_node a, ad_node b)
{
    return binary(g, AD_OP_SUB, a, b);
}

void ad_gradient_sub(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                     ad_node *dx)
{
    (void)y;
    dx[0] = dy;
    if (wanted & 2)
        dx[1] = ad_neg(g, dy);
}

ad_node ad_mul(ad_graph *g, ad_node a, ad_node b)
{
    return binary(g, AD_OP_MUL, a, b);
}

void ad_gradient_mul(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                     ad_node *dx)
{
    if (wanted & 1)
        dx[0] = ad_mul(g, dy, operand(g, y, 1));
    if (wanted & 2)
        dx[1] = ad_mul(g, dy, operand(g, y, 0));
}

ad_node ad_div(ad_graph *g, ad_node a, ad_node b)
{
    return ad_mul(g, a, ad_recip(g, b));
}

/* max, min: the chosen operand has the gradient, of equals a */

/* dy where m, else 0; never 0 times an infinite dy. */
static ad_node where(ad_graph *g, ad_node m, ad_node dy)
{
    return ad_select(g, m, dy, ad_zeros(g, dy));
}

ad_node ad_max(ad_graph *g, ad_node a, ad_node b)
{
    return binary(g, AD_OP_MAX, a, b);
}

void ad_gradient_max(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                     ad_node *dx)
{
    const ad_node a = operand(g, y, 0), b = operand(g, y, 1);

    if (wanted & 1)
        dx[0] = where(g, ad_greater_equal(g, a, b), dy);
    if (wanted & 2)
        dx[1] = where(g, ad_greater(g, b, a), dy);
}

ad_node ad_min(ad_graph *g, ad_node a, ad_node b)
{
    return binary(g, AD_OP_MIN, a, b);
}

void ad_gradient_min(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                     ad_node *dx)
{
    const ad_node a = operand(g, y, 0), b = operand(g, y, 1);

    if (wanted & 1)
        dx[0] = where(g, ad_greater_equal(g, b, a), dy);
    if (wanted & 2)
        dx[1] = where(g, ad_greater(g, a, b), dy);
}

/* comparisons: 1 or 0, gradient 0 */

ad_node ad_greater(ad_graph *g, ad_node a, ad_node b)
{
    return binary(g, AD_OP_GREATER, a, b);
}

ad_node ad_greater_equal(ad_graph *g, ad_node a, ad_node b)
{
    return binary(g, AD_OP_GREATER_EQUAL, a, b);
}

ad_node ad_equal(ad_graph *g, ad_node a, ad_node b)
{
    return binary(g, AD_OP_EQUAL, a, b);
}

/* m ? a : b */

ad_node ad_select(ad_graph *g, ad_node m, ad_node a, ad_node b)
{
    ad_node x[3] = {m, a, b};

    if (!ad_align(g, 3, x))
        return AD_NONE;
    return ad_tiled(g, AD_OP_SELECT, x[0], x[1], x[2], 0, 0);
}

void ad_gradient_select(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                        ad_node *dx)
{
    const ad_node m = operand(g, y, 0);

    if (wanted & 2)
        dx[1] = where(g, m, dy);
    if (wanted & 4)
        dx[2] = ad_select(g, m, ad_zeros(g, dy), dy);
}

/* p a + q */

ad_node ad_neg(ad_graph *g, ad_node a)
{
    return unary(g, AD_OP_AFFINE, a, -1, 0);
}

ad_node ad_scale(ad_graph *g, ad_node a, double p)
{
    return unary(g, AD_OP_AFFINE, a, p, 0);
}

ad_node ad_shift(ad_graph *g, ad_node a, double q)
{
    return unary(g, AD_OP_AFFINE, a, 1, q);
}

void ad_gradient_affine(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                        ad_node *dx)
{
    (void)wanted;
    dx[0] = ad_scale(g, dy, ad_at(g, y).p);
}

/* 1 / a: dx = -dy y y */

ad_node ad_recip(ad_graph *g, ad_node a)
{
    return unary(g, AD_OP_RECIP, a, 0, 0);
}

void ad_gradient_recip(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                       ad_node *dx)
{
    (void)wanted;
    dx[0] = ad_neg(g, ad_mul(g, dy, ad_square(g, y)));
}

/* sqrt(a): dx = dy rsqrt(a) / 2;  rsqrt(a): dx = -dy y^3 / 2 */

ad_node ad_sqrt(ad_graph *g, ad_node a)
{
    return unary(g, AD_OP_SQRT, a, 0, 0);
}

void ad_gradient_sqrt(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                      ad_node *dx)
{
    (void)wanted;
    dx[0] = ad_scale(g, ad_mul(g, dy, ad_rsqrt(g, operand(g, y, 0))), 0.5);
}

ad_node ad_rsqrt(ad_graph *g, ad_node a)
{
    return unary(g, AD_OP_RSQRT, a, 0, 0);
}

void ad_gradient_rsqrt(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                       ad_node *dx)
{
    const ad_node cube = ad_mul(g, ad_square(g, y), y);

    (void)wanted;
    dx[0] = ad_scale(g, ad_mul(g, dy, cube), -0.5);
}

/* exp(a): dx = dy y;  expm1(a): dx = dy exp(a) */

ad_node ad_exp(ad_graph *g, ad_node a)
{
    return unary(g, AD_OP_EXP, a, 0, 0);
}

void ad_gradient_exp(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                     ad_node *dx)
{
    (void)wanted;
    dx[0] = ad_mul(g, dy, y);
}

ad_node ad_expm1(ad_graph *g, ad_node a)
{
    return unary(g, AD_OP_EXPM1, a, 0, 0);
}

void ad_gradient_expm1(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                       ad_node *dx)
{
    (void)wanted;
    dx[0] = ad_mul(g, dy, ad_exp(g, operand(g, y, 0)));
}

/* ln(a): dx = dy / a;  ln(1 + a): dx = dy / (1 + a) */

ad_node ad_log(ad_graph *g, ad_node a)
{
    return unary(g, AD_OP_LOG, a, 0, 0);
}

void ad_gradient_log(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                     ad_node *dx)
{
    (void)wanted;
    dx[0] = ad_mul(g, dy, ad_recip(g, operand(g, y, 0)));
}

ad_node ad_log1p(ad_graph *g, ad_node a)
{
    return unary(g, AD_OP_LOG1P, a, 0, 0);
}

void ad_gradient_log1p(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                       ad_node *dx)
{
    (void)wanted;
    dx[0] = ad_mul(g, dy, ad_recip(g, ad_shift(g, operand(g, y, 0), 1)));
}

/* ln(1 - exp(a)), a < 0: dx = -dy exp(a) / (1 - exp(a)), written so that
 * nothing cancels: -dy / expm1(-a) */

ad_node ad_log1mexp(ad_graph *g, ad_node a)
{
    return unary(g, AD_OP_LOG1MEXP, a, 0, 0);
}

void ad_gradient_log1mexp(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                          ad_node *dx)
{
    const ad_node e = ad_expm1(g, ad_neg(g, operand(g, y, 0)));

    (void)wanted;
    dx[0] = ad_neg(g, ad_mul(g, dy, ad_recip(g, e)));
}

/* tanh(a): dx = dy (1 - y y);  sigmoid(a): dx = dy y (1 - y);
 * softplus(a) = ln(1 + exp(a)): dx = dy sigmoid(a) */

ad_node ad_tanh(ad_graph *g, ad_node a)
{
    return unary(g, AD_OP_TANH, a, 0, 0);
}

void ad_gradient_tanh(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                      ad_node *dx)
{
    (void)wanted;
    dx[0] = ad_mul(g, dy, unary(g, AD_OP_AFFINE, ad_square(g, y), -1, 1));
}

ad_node ad_sigmoid(ad_graph *g, ad_node a)
{
    return unary(g, AD_OP_SIGMOID, a, 0, 0);
}

void ad_gradient_sigmoid(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                         ad_node *dx)
{
    const ad_node other = unary(g, AD_OP_AFFINE, y, -1, 1);

    (void)wanted;
    dx[0] = ad_mul(g, dy, ad_mul(g, y, other));
}

ad_node ad_softplus(ad_graph *g, ad_node a)
{
    return unary(g, AD_OP_SOFTPLUS, a, 0, 0);
}

void ad_gradient_softplus(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                          ad_node *dx)
{
    (void)wanted;
    dx[0] = ad_mul(g, dy, ad_sigmoid(g, operand(g, y, 0)));
}

/* erf(a): dx = dy 2 / sqrt(pi) exp(-a^2) */

#define TWO_OVER_ROOT_PI 1.1283791670955126

ad_node ad_erf(ad_graph *g, ad_node a)
{
    return unary(g, AD_OP_ERF, a, 0, 0);
}

void ad_gradient_erf(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                     ad_node *dx)
{
    const ad_node e = ad_exp(g, ad_neg(g, ad_square(g, operand(g, y, 0))));

    (void)wanted;
    dx[0] = ad_scale(g, ad_mul(g, dy, e), TWO_OVER_ROOT_PI);
}

/* ln Gamma(a) and its derivatives: polygamma(0) is the first */

ad_node ad_lgamma(ad_graph *g, ad_node a)
{
    return unary(g, AD_OP_LGAMMA, a, 0, 0);
}

void ad_gradient_lgamma(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                        ad_node *dx)
{
    (void)wanted;
    dx[0] = ad_mul(g, dy, ad_polygamma(g, 0, operand(g, y, 0)));
}

ad_node ad_polygamma(ad_graph *g, int32_t n, ad_node a)
{
    return unary(g, AD_OP_POLYGAMMA, a, n, 0);
}

void ad_gradient_polygamma(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                           ad_node *dx)
{
    const ad_record r = ad_at(g, y);

    (void)wanted;
    dx[0] = ad_mul(g, dy, ad_polygamma(g, (int32_t)r.p + 1, r.in[0]));
}

/* sin(a): dx = dy cos(a);  cos(a): dx = -dy sin(a) */

ad_node ad_sin(ad_graph *g, ad_node a)
{
    return unary(g, AD_OP_SIN, a, 0, 0);
}

void ad_gradient_sin(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                     ad_node *dx)
{
    (void)wanted;
    dx[0] = ad_mul(g, dy, ad_cos(g, operand(g, y, 0)));
}

ad_node ad_cos(ad_graph *g, ad_node a)
{
    return unary(g, AD_OP_COS, a, 0, 0);
}

void ad_gradient_cos(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                     ad_node *dx)
{
    (void)wanted;
    dx[0] = ad_neg(g, ad_mul(g, dy, ad_sin(g, operand(g, y, 0))));
}

/* |a|: dx = dy sign(a);  sign and floor: 0 */

ad_node ad_abs(ad_graph *g, ad_node a)
{
    return unary(g, AD_OP_ABS, a, 0, 0);
}

void ad_gradient_abs(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                     ad_node *dx)
{
    (void)wanted;
    dx[0] = ad_mul(g, dy, ad_sign(g, operand(g, y, 0)));
}

ad_node ad_sign(ad_graph *g, ad_node a)
{
    return unary(g, AD_OP_SIGN, a, 0, 0);
}

ad_node ad_floor(ad_graph *g, ad_node a)
{
    return unary(g, AD_OP_FLOOR, a, 0, 0);
}

/* a > 0 ? a : p a: dx = dy gate(a); the gate a > 0 ? 1 : p has gradient 0 */

ad_node ad_leaky(ad_graph *g, ad_node a, double slope)
{
    return unary(g, AD_OP_LEAKY, a, slope, 0);
}

void ad_gradient_leaky(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                       ad_node *dx)
{
    const ad_record r = ad_at(g, y);

    (void)wanted;
    dx[0] = ad_mul(g, dy, ad_gate(g, r.in[0], r.p));
}

ad_node ad_gate(ad_graph *g, ad_node a, double slope)
{
    return unary(g, AD_OP_GATE, a, slope, 0);
}
