/* What is written with other operators, gradients included. */
#include "ad/internal.h"

static ad_node constant_like(ad_graph *g, ad_node a, double v)
{
    return a < 0 ? AD_NONE : ad_constant(g, v, *ad_shape_at(g, a));
}

static uint32_t last_axis(const ad_graph *g, ad_node a)
{
    const int32_t rank = ad_shape_at(g, a)->rank;

    return rank ? 1u << (rank - 1) : 0;
}

ad_node ad_square(ad_graph *g, ad_node a)
{
    return ad_mul(g, a, a);
}

ad_node ad_relu(ad_graph *g, ad_node a)
{
    return ad_leaky(g, a, 0);
}

/* relu(a) + alpha expm1(min(a, 0)): the minimum gives a the gradient at 0, so
 * that it is alpha there, which for alpha = 1 is the derivative. */
ad_node ad_elu(ad_graph *g, ad_node a, double alpha)
{
    const ad_node below = ad_min(g, a, ad_zeros(g, a));

    return ad_add(g, ad_relu(g, a), ad_scale(g, ad_expm1(g, below), alpha));
}

#define ROOT_HALF 0.70710678118654757

/* a (1 + erf(a / sqrt 2)) / 2 */
ad_node ad_gelu(ad_graph *g, ad_node a)
{
    const ad_node e = ad_erf(g, ad_scale(g, a, ROOT_HALF));

    return ad_scale(g, ad_mul(g, a, ad_shift(g, e, 1)), 0.5);
}

ad_node ad_silu(ad_graph *g, ad_node a)
{
    return ad_mul(g, a, ad_sigmoid(g, a));
}

ad_node ad_clamp(ad_graph *g, ad_node a, double lo, double hi)
{
    return ad_max(g, ad_min(g, a, constant_like(g, a, hi)),
                  constant_like(g, a, lo));
}

/* softplus(l) - x l: its derivatives hold at l = 0 too, where those of the two
 * terms of softplus alone do not exist. */
ad_node ad_bce_logits(ad_graph *g, ad_node logits, ad_node x)
{
    return ad_sub(g, ad_softplus(g, logits), ad_mul(g, x, logits));
}

/* c (a - c / 2) with c = a clamped to [-delta, delta] */
ad_node ad_huber(ad_graph *g, ad_node a, double delta)
{
    const ad_node c = ad_clamp(g, a, -delta, delta);

    return ad_mul(g, c, ad_sub(g, a, ad_scale(g, c, 0.5)));
}

ad_node ad_log_softmax(ad_graph *g, ad_node a)
{
    return ad_sub(g, a, ad_logsumexp(g, a, last_axis(g, a), 1));
}

ad_node ad_softmax(ad_graph *g, ad_node a)
{
    return ad_exp(g, ad_log_softmax(g, a));
}

/* The root is taken of 1 where a is 0, and its result is cut off there: no
 * derivative, of any order, meets 0^(-1/2). */
ad_node ad_root(ad_graph *g, ad_node a)
{
    const ad_node some = ad_greater(g, a, ad_zeros(g, a));
    const ad_node safe = ad_select(g, some, a, constant_like(g, a, 1));

    return ad_mul(g, some, ad_sqrt(g, safe));
}

ad_node ad_norm(ad_graph *g, ad_node a, uint32_t axes)
{
    return ad_root(g, ad_sum(g, ad_square(g, a), axes, 1));
}

ad_node ad_normalise(ad_graph *g, ad_node x, uint32_t axes, double eps,
                     ad_node gamma, ad_node beta, ad_node *mean,
                     ad_node *variance)
{
    ad_node m, v;

    ad_moments(g, x, axes, &m, &v);
    ad_node y = ad_mul(g, ad_sub(g, x, m), ad_rsqrt(g, ad_shift(g, v, eps)));
    if (gamma >= 0)
        y = ad_mul(g, y, gamma);
    if (beta >= 0)
        y = ad_add(g, y, beta);
    if (mean)
        *mean = m;
    if (variance)
        *variance = v;
    return y;
}
