/* Products, images, rows by number, factorisations. */
#include "support/test.h"

#include "ad/cases.h"

static ad_node matmul(ad_graph *g, ad_node a, ad_node b)
{
    return ad_matmul(g, a, b, 0, 0);
}

static ad_node matmul_nt(ad_graph *g, ad_node a, ad_node b)
{
    return ad_matmul(g, a, b, 0, 1);
}

static ad_node matmul_tn(ad_graph *g, ad_node a, ad_node b)
{
    return ad_matmul(g, a, b, 1, 0);
}

static ad_node matmul_tt(ad_graph *g, ad_node a, ad_node b)
{
    return ad_matmul(g, a, b, 1, 1);
}

/* images */

static const ad_window plain = {1, 1, 0, 0, 0, 0, 1};
/* A stride that does not divide, padding of four sizes. */
static const ad_window odd = {2, 3, 1, 0, 2, 1, 1};
static const ad_window grouped = {1, 2, 1, 1, 0, 1, 2};

static ad_node conv(ad_graph *g, ad_node x, ad_node f)
{
    return ad_conv(g, x, f, &plain);
}

static ad_node conv_odd(ad_graph *g, ad_node x, ad_node f)
{
    return ad_conv(g, x, f, &odd);
}

static ad_node conv_grouped(ad_graph *g, ad_node x, ad_node f)
{
    return ad_conv(g, x, f, &grouped);
}

static ad_node conv_x(ad_graph *g, ad_node y, ad_node f)
{
    return ad_conv_x(g, y, f, &odd, 4, 5);
}

static ad_node conv_x_grouped(ad_graph *g, ad_node y, ad_node f)
{
    return ad_conv_x(g, y, f, &grouped, 2, 3);
}

static ad_node conv_f(ad_graph *g, ad_node x, ad_node y)
{
    return ad_conv_f(g, x, y, &odd, 3, 2);
}

static ad_node average(ad_graph *g, ad_node x)
{
    return ad_average_pool(g, x, 3, 2, &odd, 0);
}

static ad_node average_padded(ad_graph *g, ad_node x)
{
    return ad_average_pool(g, x, 3, 2, &odd, 1);
}

/* The adjoint of `forward` at zeros of the shape of x[1], as a function of its
 * seed x[0]. */
static ad_node adjoint(ad_graph *g, const ad_node *x,
                       ad_node (*forward)(ad_graph *g, ad_node a))
{
    ad_node dx = AD_NONE;

    ad_grad(g, forward(g, x[1]), x[0], 1, &x[1], &dx);
    return dx;
}

static ad_node average_x(ad_graph *g, const ad_node *x)
{
    return adjoint(g, x, average);
}

static ad_node max_pool(ad_graph *g, ad_node x)
{
    return ad_max_pool(g, x, 3, 2, &odd);
}

static ad_node max_pool_x(ad_graph *g, const ad_node *x)
{
    return adjoint(g, x, max_pool);
}

static ad_node nearest(ad_graph *g, ad_node x)
{
    return ad_upsample_nearest(g, ad_exp(g, x), 2);
}

static ad_node bilinear(ad_graph *g, ad_node x)
{
    return ad_resize_bilinear(g, x, 5, 4);
}

static ad_node bilinear_down(ad_graph *g, ad_node x)
{
    return ad_resize_bilinear(g, x, 2, 3);
}

static ad_node bilinear_x(ad_graph *g, const ad_node *x)
{
    return adjoint(g, x, bilinear);
}

/* rows by number */

/* Numbers 0 … 3 for rows: floors of an input. */
static ad_node numbers(ad_graph *g, ad_node a)
{
    return ad_stop(g, ad_floor(g, a));
}

static ad_node gather(ad_graph *g, ad_node table, ad_node at)
{
    return ad_gather(g, table, numbers(g, at));
}

static ad_node scatter(ad_graph *g, ad_node y, ad_node at)
{
    return ad_scatter(g, y, numbers(g, at), 5);
}

/* factorisations */

/* A A^T + I: positive definite whatever A is. */
static ad_node positive(ad_graph *g, ad_node a)
{
    const ad_shape s = *ad_shape_at(g, a);
    const int64_t n = s.dim[s.rank - 1];
    const ad_node i = ad_iota(g, ad_matrix(n, n), 0);
    const ad_node j = ad_iota(g, ad_matrix(n, n), 1);

    return ad_add(g, ad_matmul(g, a, a, 0, 1), ad_equal(g, i, j));
}

static ad_node cholesky(ad_graph *g, ad_node a)
{
    return ad_cholesky(g, positive(g, a));
}

/* Of what is not symmetric, too: both triangles are read. */
static ad_node cholesky_skew(ad_graph *g, ad_node a)
{
    const ad_node b = ad_scale(g, a, 0.2);
    const ad_shape s = *ad_shape_at(g, a);

    return ad_cholesky(
        g, ad_add(g, b,
                  ad_scale(g, ad_equal(g, ad_iota(g, s, 0), ad_iota(g, s, 1)),
                           3)));
}

static ad_node solve(ad_graph *g, ad_node l, ad_node b)
{
    return ad_solve(g, l, b, 0);
}

static ad_node solve_transposed(ad_graph *g, ad_node l, ad_node b)
{
    return ad_solve(g, l, b, 1);
}

const ad_case cases_linear[] = {
    {"matmul of rows", AD_OP_MATMUL, "m 3|3 2", -2, 1.5, .binary = matmul},
    {"matmul", AD_OP_MATMUL, "2 3|3 4", -2, 1.5, .binary = matmul},
    {"matmul of one", AD_OP_MATMUL, "1 1|1 3", -2, 1.5, .binary = matmul},
    {"matmul of rows by B^T", AD_OP_MATMUL, "m 3|2 3", -2, 1.5,
     .binary = matmul_nt},
    {"matmul over rows", AD_OP_MATMUL, "m 3|m 2", -2, 1.5, .binary = matmul_tn},
    {"matmul of A^T", AD_OP_MATMUL, "3 2|3 4", -2, 1.5, .binary = matmul_tn},
    {"matmul of A^T B^T", AD_OP_MATMUL, "3 2|4 3", -2, 1.5,
     .binary = matmul_tt},
    {"matmul of batches", AD_OP_MATMUL, "m 2 3|m 3 2", -2, 1.5,
     .binary = matmul},
    {"matmul of batches by B^T", AD_OP_MATMUL, "m 2 3|m 1 3", -2, 1.5,
     .binary = matmul_nt},
    {"matmul of batches of A^T", AD_OP_MATMUL, "2 3 2|2 3 2", -2, 1.5,
     .binary = matmul_tn},
    {"matmul of batches of A^T B^T", AD_OP_MATMUL, "2 2 3 1|2 2 4 3", -2, 1.5,
     .binary = matmul_tt},
    {"conv", AD_OP_CONV, "m 3 2 2|2 1 2 3", -2, 1.5, .binary = conv},
    {"conv with strides", AD_OP_CONV, "m 4 5 1|3 2 1 2", -2, 1.5,
     .binary = conv_odd},
    {"conv in groups", AD_OP_CONV, "m 2 3 2|2 2 1 4", -2, 1.5,
     .binary = conv_grouped},
    {"conv_x", AD_OP_CONV_X, "m 3 2 2|3 2 1 2", -2, 1.5, .binary = conv_x},
    {"conv_x in groups", AD_OP_CONV_X, "m 2 2 4|2 2 1 4", -2, 1.5,
     .binary = conv_x_grouped},
    {"conv_f", AD_OP_CONV_F, "m 4 5 1|m 3 2 2", -2, 1.5, .binary = conv_f},
    {"average", AD_OP_AVERAGE, "m 4 5 2", -2, 1.5, .unary = average},
    {"average with padding", AD_OP_AVERAGE, "m 4 5 1", -2, 1.5,
     .unary = average_padded},
    {"average_x", AD_OP_AVERAGE_X, "m 3 2 2|m 4 5 2", -2, 1.5,
     .build = average_x},
    {"window_argmax", AD_OP_WINDOW_ARGMAX, "m 4 5 1", -2, 1.5,
     .unary = max_pool},
    {"max pool", AD_OP_WINDOW_GATHER, "m 4 5 2", -2, 1.5, .unary = max_pool},
    {"max pool's adjoint", AD_OP_WINDOW_SCATTER, "m 3 2 2|m 4 5 2", -2, 1.5,
     .build = max_pool_x},
    {"nearest", AD_OP_BROADCAST, "m 2 3 1", -2, 1.5, .unary = nearest},
    {"bilinear", AD_OP_BILINEAR, "m 2 3 2", -2, 1.5, .unary = bilinear},
    {"bilinear down", AD_OP_BILINEAR, "m 5 4 1", -2, 1.5,
     .unary = bilinear_down},
    {"bilinear_x", AD_OP_BILINEAR_X, "m 5 4 1|m 2 3 1", -2, 1.5,
     .build = bilinear_x},
    {"gather", AD_OP_GATHER, "4 3|m 2", 0.1, 3.9, .binary = gather},
    {"scatter", AD_OP_SCATTER, "m 2 3|m 2", 0.1, 3.9, .binary = scatter},
    {"cholesky", AD_OP_CHOLESKY, "m 3 3", -1, 1.5, .unary = cholesky},
    {"cholesky of any", AD_OP_CHOLESKY, "3 3", -1, 1.5, .unary = cholesky_skew},
    {"cholesky of one", AD_OP_CHOLESKY, "1 1", -1, 1.5, .unary = cholesky},
    {"solve", AD_OP_SOLVE, "m 3 3|m 3 2", 0.4, 2, .binary = solve},
    {"solve transposed", AD_OP_SOLVE, "3 3|3 1", 0.4, 2,
     .binary = solve_transposed},
    {.name = NULL},
};
