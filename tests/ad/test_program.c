/* Every operator, replayed with all numbers of rows, beside its naive twin. */
#include "ad/cases.h"
#include "ad/rig.h"

/* Arithmetic of some ten operators of the type, each within some ulp. */
static double tolerance(int32_t type)
{
    return type == GENMOD_F32 ? 2e-5 : 1e-12;
}

static void both_types(void (*build)(rig *r), size_t rows)
{
    const int32_t types[] = {GENMOD_F32, GENMOD_F64};

    for (int k = 0; k < 2; k++) {
        rig r;

        rig_open(&r, types[k], rows, 2);
        build(&r);
        rig_all_rows(&r, tolerance(types[k]));
        rig_close(&r);
    }
}

#define PROVES(name, rows)              \
    static void name(void **state)      \
    {                                   \
        (void)state;                    \
        both_types(build_##name, rows); \
    }

/* ---- elementwise -------------------------------------------------------- */

typedef ad_node (*unary)(ad_graph *, ad_node);

static void build_unary_operators(rig *r)
{
    static const unary of_any[] = {ad_neg,     ad_exp,      ad_expm1, ad_tanh,
                                   ad_sigmoid, ad_softplus, ad_erf,   ad_sin,
                                   ad_cos,     ad_abs,      ad_sign,  ad_floor,
                                   ad_relu,    ad_gelu,     ad_silu,  ad_stop};
    static const unary of_positive[] = {ad_recip, ad_sqrt,  ad_rsqrt,
                                        ad_log,   ad_log1p, ad_lgamma};
    const ad_node x = rig_input(r, "x", rig_rows(r, 2, 37, 0, 0), -2.3, 2.7);
    const ad_node y = rig_input(r, "y", rig_rows(r, 2, 37, 0, 0), 0.37, 3.1);

    for (size_t k = 0; k < sizeof of_any / sizeof *of_any; k++)
        rig_output(r, of_any[k](r->g, x));
    for (size_t k = 0; k < sizeof of_positive / sizeof *of_positive; k++)
        rig_output(r, of_positive[k](r->g, y));
    rig_output(r, ad_log1mexp(r->g, ad_neg(r->g, y)));
    rig_output(r, ad_polygamma(r->g, 0, y));
    rig_output(r, ad_polygamma(r->g, 2, y));
    rig_output(r, ad_leaky(r->g, x, 0.17));
    rig_output(r, ad_gate(r->g, x, 0.17));
    rig_output(r, ad_scale(r->g, x, -1.75));
    rig_output(r, ad_shift(r->g, x, 0.625));
}
PROVES(unary_operators, 3)

static void build_binary_operators(rig *r)
{
    static ad_node (*const of_two[])(ad_graph *, ad_node, ad_node) = {
        ad_add, ad_sub,     ad_mul,           ad_div,   ad_max,
        ad_min, ad_greater, ad_greater_equal, ad_equal, ad_bce_logits};
    const ad_node a = rig_input(r, "a", rig_rows(r, 2, 41, 0, 0), -2, 3);
    const ad_node b = rig_input(r, "b", rig_rows(r, 2, 41, 0, 0), 0.4, 2.5);
    const ad_node row = rig_input(r, "row", ad_vector(41), 0.3, 1.9);
    const ad_node column =
        rig_input(r, "column", rig_rows(r, 2, 1, 0, 0), 1, 2);
    const ad_node ties = rig_index(r, "ties", rig_rows(r, 2, 41, 0, 0), 0, 1);

    for (size_t k = 0; k < sizeof of_two / sizeof *of_two; k++) {
        rig_output(r, of_two[k](r->g, a, b));
        rig_output(r, of_two[k](r->g, a, row));
        rig_output(r, of_two[k](r->g, a, column));
    }
    rig_output(r, ad_equal(r->g, ties, ad_constant(r->g, 1, ad_scalar())));
    rig_output(r, ad_select(r->g, ties, a, b));
    rig_output(r, ad_select(r->g, ties, row, column));
}
PROVES(binary_operators, 5)

/* The derivative of leaky, which is read off its result; a slope below 0 turns
 * the sign, and has to be left alone. */
static void build_gates(rig *r)
{
    const ad_node x = rig_input(r, "x", rig_rows(r, 2, 41, 0, 0), -2, 3);
    const double slope[] = {0, 0.3, -0.4};
    ad_node d;

    for (int k = 0; k < 3; k++) {
        const ad_node a = ad_scale(r->g, x, 1.5 + k);
        const ad_node y =
            ad_sum_all(r->g, ad_square(r->g, ad_leaky(r->g, a, slope[k])));

        assert_ok(ad_grad(r->g, y, AD_NONE, 1, &x, &d));
        rig_output(r, d);
    }
}
PROVES(gates, 3)

/* ---- movement ----------------------------------------------------------- */

static void build_views_of_views(rig *r)
{
    const ad_node x = rig_input(r, "x", rig_rows(r, 4, 4, 6, 5), -1, 2);
    const ad_shape joined = rig_rows(r, 2, 120, 0, 0);
    const ad_shape rows4 = ad_rows(r->g, 4, 1, 3, (int64_t[]){6, 5});
    const int32_t turn[] = {0, 3, 1, 2};
    const int64_t first[] = {0, 1, 0, 1}, step[] = {1, 1, 2, 3};
    const int64_t size[] = {(int64_t)r->rows, 3, 3, 2};
    const ad_node t = ad_permute(r->g, x, turn);
    const ad_node s = ad_slice(r->g, x, first, size, step);

    rig_output(r, ad_reshape(r->g, x, joined));
    rig_output(r, ad_reshape(r->g, t, joined)); /* takes a copy */
    rig_output(r, ad_reshape(r->g, x, rows4));
    rig_output(r, t);
    rig_output(r, s);
    rig_output(r, ad_exp(r->g, ad_reshape(r->g, s, rig_rows(r, 2, 18, 0, 0))));
    rig_output(
        r, ad_mul(r->g, ad_part(r->g, x, 3, 1, 3), ad_part(r->g, x, 3, 2, 3)));
}
PROVES(views_of_views, 3)

static void build_square_views(rig *r)
{
    const ad_node x = rig_input(r, "x", rig_rows(r, 3, 7, 7, 0), -1, 2);
    const ad_node t = ad_permute(r->g, x, (int32_t[]){0, 2, 1});

    rig_output(r, ad_add(r->g, x, t));
    rig_output(r, ad_sub(r->g, ad_tanh(r->g, x), ad_exp(r->g, t)));
    rig_output(r, ad_sum(r->g, ad_mul(r->g, t, t), 4, 1));
}
PROVES(square_views, 3)

static void build_broadcasts(rig *r)
{
    const ad_node v = rig_variable(r, "v", AD_TRAINED, ad_vector(6), -1, 2);
    const ad_node x = rig_input(r, "x", rig_rows(r, 3, 1, 6, 0), -1, 2);
    const ad_shape wide = rig_rows(r, 3, 5, 6, 0);
    const ad_shape flat = rig_rows(r, 2, 30, 0, 0);

    rig_output(r, ad_broadcast(r->g, x, wide));
    rig_output(r, ad_add(r->g, ad_broadcast(r->g, x, wide), v));
    rig_output(r, ad_reshape(r->g, ad_broadcast(r->g, x, wide), flat));
    rig_output(r, ad_reshape(r->g, ad_broadcast(r->g, v, wide), flat));
}
PROVES(broadcasts, 4)

static void build_padding(rig *r)
{
    const ad_node x = rig_input(r, "x", rig_rows(r, 3, 3, 5, 0), -1, 2);
    const ad_node v = rig_input(r, "v", ad_matrix(3, 4), -1, 2);

    rig_output(r, ad_pad(r->g, x, (int64_t[]){0, 2, 1}, (int64_t[]){0, 0, 3}));
    rig_output(r, ad_pad(r->g, v, (int64_t[]){2, 0}, (int64_t[]){1, 5}));
    rig_output(r, ad_pad(r->g, ad_permute(r->g, x, (int32_t[]){0, 2, 1}),
                         (int64_t[]){0, 1, 0}, (int64_t[]){0, 1, 2}));
}
PROVES(padding, 4)

static void build_concatenation(rig *r)
{
    const ad_node x = rig_input(r, "x", rig_rows(r, 3, 3, 5, 0), -1, 2);
    const ad_node y = rig_input(r, "y", rig_rows(r, 3, 4, 5, 0), -1, 2);
    const ad_node z = rig_input(r, "z", rig_rows(r, 3, 3, 1, 0), -1, 2);
    const ad_node v = rig_input(r, "v", ad_vector(3), -1, 2);
    const ad_node u = rig_input(r, "u", ad_vector(8), -1, 2);

    rig_output(r, ad_concat(r->g, 1, 3, (ad_node[]){x, y, x}));
    rig_output(r, ad_concat(r->g, 2, 2, (ad_node[]){x, z}));
    rig_output(r, ad_concat(r->g, 0, 2, (ad_node[]){v, u}));
}
PROVES(concatenation, 4)

/* ---- reductions --------------------------------------------------------- */

static void sums_of(rig *r, ad_node x, int32_t rank)
{
    for (uint32_t axes = 1; axes < 1u << rank; axes++) {
        rig_output(r, ad_sum(r->g, x, axes, 1));
        rig_output(r, ad_mean(r->g, ad_exp(r->g, x), axes, 0));
    }
}

static void build_sums(rig *r)
{
    sums_of(r, rig_input(r, "x", rig_rows(r, 3, 5, 7, 0), -1, 2), 3);
}
PROVES(sums, 4)

static void build_sums_of_long_rows(rig *r)
{
    const ad_node x = rig_input(r, "x", rig_rows(r, 3, 601, 2, 0), -1, 2);
    const ad_node y = rig_input(r, "y", rig_rows(r, 3, 2, 601, 0), -1, 2);

    sums_of(r, x, 3);
    sums_of(r, y, 3);
}
PROVES(sums_of_long_rows, 3)

/* Few rows to a tile, and more than are summed in the type of the table. */
static void build_sums_of_wide_rows(rig *r)
{
    const ad_node x = rig_input(r, "x", rig_rows(r, 3, 19, 170, 0), -1, 2);
    const ad_node y = rig_input(r, "y", rig_rows(r, 2, 700, 0, 0), -1, 2);

    rig_output(r, ad_sum(r->g, ad_exp(r->g, x), 2, 0));
    rig_output(r, ad_sum(r->g, ad_exp(r->g, x), 3, 0));
    rig_output(r, ad_sum(r->g, ad_exp(r->g, y), 1, 0));
}
PROVES(sums_of_wide_rows, 18)

static void build_extremes(rig *r)
{
    const ad_node x = rig_input(r, "x", rig_rows(r, 3, 5, 7, 0), -1, 2);
    const ad_node v = rig_input(r, "v", ad_matrix(9, 4), -1, 2);

    for (uint32_t axes = 1; axes < 8; axes++) {
        if (axes == 5)
            continue; /* not adjacent: taken apart by its constructor */
        rig_output(r, ad_greatest(r->g, x, axes, 0));
        rig_output(r, ad_least(r->g, x, axes, 1));
        rig_output(r, ad_logsumexp(r->g, x, axes, 0));
    }
    rig_output(r, ad_argmax(r->g, x, 1, 0));
    rig_output(r, ad_argmin(r->g, x, 2, 1));
    rig_output(r, ad_argmax(r->g, v, 0, 0));
    rig_output(r, ad_greatest(r->g, v, 1, 0));
}
PROVES(extremes, 4)

static void build_moments(rig *r)
{
    const ad_node x = rig_input(r, "x", rig_rows(r, 4, 3, 4, 5), 1, 4);
    const uint32_t axes[] = {7, 8, 14, 15};
    ad_node mean, variance;

    for (int k = 0; k < 4; k++) {
        ad_moments(r->g, x, axes[k], &mean, &variance);
        rig_output(r, mean);
        rig_output(r, variance);
    }
    rig_output(r, ad_softmax(r->g, x));
    rig_output(r, ad_log_softmax(r->g, x));
    rig_output(r, ad_norm(r->g, x, 14));
    rig_output(r, ad_normalise(r->g, x, 7, 1e-3, AD_NONE, AD_NONE, NULL, NULL));
}
PROVES(moments, 4)

/* ---- products ----------------------------------------------------------- */

static void build_products(rig *r)
{
    const ad_node x = rig_input(r, "x", rig_rows(r, 2, 19, 0, 0), -1, 2);
    const ad_node w =
        rig_variable(r, "w", AD_TRAINED, ad_matrix(19, 33), -1, 1);
    const ad_node u =
        rig_variable(r, "u", AD_TRAINED, ad_matrix(33, 19), -1, 1);
    const ad_node y = ad_matmul(r->g, x, w, 0, 0);
    const ad_node wide = rig_input(r, "wide", rig_rows(r, 2, 30, 0, 0), -1, 1);

    rig_output(r, y);
    rig_output(r, ad_matmul(r->g, x, u, 0, 1));
    rig_output(r, ad_matmul(r->g, x, y, 1, 0));
    rig_output(r, ad_matmul(r->g, u, w, 1, 1));
    /* operands that lie in a larger matrix, or transposed */
    rig_output(r, ad_matmul(r->g, ad_part(r->g, wide, 1, 4, 19), w, 0, 0));
    rig_output(
        r, ad_matmul(r->g, x, ad_permute(r->g, u, (int32_t[]){1, 0}), 0, 0));
    rig_output(r, ad_matmul(r->g, ad_permute(r->g, w, (int32_t[]){1, 0}),
                            ad_part(r->g, w, 1, 3, 8), 0, 0));
    rig_output(
        r, ad_matmul(r->g, x, ad_constant(r->g, 0.75, ad_matrix(19, 2)), 0, 0));
}
PROVES(products, 5)

static void build_batched_products(rig *r)
{
    const ad_node a = rig_input(r, "a", rig_rows(r, 4, 2, 5, 3), -1, 2);
    const ad_node b = rig_input(r, "b", rig_rows(r, 4, 2, 3, 4), -1, 2);
    const ad_node turned = ad_permute(r->g, b, (int32_t[]){0, 1, 3, 2});

    rig_output(r, ad_matmul(r->g, a, b, 0, 0));
    rig_output(r, ad_matmul(r->g, a, turned, 0, 1));
    rig_output(r, ad_matmul(r->g, a, a, 1, 0));
}
PROVES(batched_products, 3)

static void build_convolutions(rig *r)
{
    const ad_window o = {2, 1, 1, 2, 0, 1, 2};
    const ad_node x = rig_input(r, "x", rig_rows(r, 4, 8, 7, 4), -1, 1);
    const ad_node f = rig_variable(
        r, "f", AD_TRAINED, ad_shape_of(4, (int64_t[]){3, 4, 2, 6}), -1, 1);
    const ad_node y = ad_conv(r->g, x, f, &o);

    rig_output(r, y);
    rig_output(r, ad_conv_x(r->g, y, f, &o, 8, 7));
    rig_output(r, ad_conv_f(r->g, x, y, &o, 3, 4));
}
PROVES(convolutions, 3)

static void build_windows(rig *r)
{
    const ad_window o = {2, 3, 1, 0, 0, 1, 1};
    const ad_node x = rig_input(r, "x", rig_rows(r, 4, 7, 9, 3), -1, 2);
    ad_node dx, seed;

    for (int pad = 0; pad < 2; pad++)
        rig_output(r, ad_average_pool(r->g, x, 3, 2, &o, pad));
    const ad_node y = ad_max_pool(r->g, x, 3, 2, &o);
    const ad_node small = ad_resize_bilinear(r->g, x, 4, 13);
    const ad_node all = ad_add(
        r->g, ad_sum_all(r->g, ad_square(r->g, y)),
        ad_add(r->g, ad_sum_all(r->g, ad_square(r->g, small)),
               ad_sum_all(r->g, ad_square(r->g, ad_average_pool(r->g, x, 2, 2,
                                                                &o, 0)))));
    seed = AD_NONE;
    rig_output(r, y);
    rig_output(r, small);
    rig_output(r, ad_upsample_nearest(r->g, x, 3));
    assert_ok(ad_grad(r->g, all, seed, 1, &x, &dx));
    rig_output(r, dx);
}
PROVES(windows, 3)

static void build_numbers(rig *r)
{
    const ad_node table =
        rig_variable(r, "t", AD_TRAINED, ad_matrix(11, 5), -1, 2);
    const ad_node at = rig_index(r, "at", rig_rows(r, 2, 3, 0, 0), 0, 10);
    const ad_node rows = ad_gather(r->g, table, at);

    rig_output(r, rows);
    rig_output(r, ad_scatter(r->g, ad_square(r->g, rows), at, 11));
}
PROVES(numbers, 4)

static void build_factors(rig *r)
{
    const ad_node x = rig_input(r, "x", rig_rows(r, 3, 4, 4, 0), -0.2, 0.3);
    const ad_node i = ad_iota(r->g, ad_matrix(4, 4), 0);
    const ad_node j = ad_iota(r->g, ad_matrix(4, 4), 1);
    const ad_node both =
        ad_add(r->g, x, ad_permute(r->g, x, (int32_t[]){0, 2, 1}));
    const ad_node a =
        ad_add(r->g, both, ad_scale(r->g, ad_equal(r->g, i, j), 4));
    const ad_node b = rig_input(r, "b", rig_rows(r, 3, 4, 3, 0), -1, 2);
    const ad_node l = ad_cholesky(r->g, a);

    rig_output(r, l);
    rig_output(r, ad_solve(r->g, l, b, 0));
    rig_output(r, ad_solve(r->g, l, b, 1));
    rig_output(r, i);
}
PROVES(factors, 3)

/* ---- the table of operators --------------------------------------------- */

/* The operator, its gradients, and the gradients of their squares. */
static void build_row(rig *r, const ad_case *c)
{
    static const char *const names[] = {"x0", "x1", "x2"};
    ad_node x[CASE_OPERANDS], d[CASE_OPERANDS], dd[CASE_OPERANDS];
    const size_t n = case_operands(c, r->g, x);

    for (size_t k = 0; k < n; k++)
        rig_take(r, x[k], names[k], c->lo, c->hi);
    const ad_node y = case_build(c, r->g, x);
    rig_output(r, y);
    assert_ok(ad_grad(r->g, y, AD_NONE, n, x, d));
    for (size_t k = 0; k < n; k++) {
        rig_output(r, d[k]);
        assert_ok(ad_grad(r->g, ad_square(r->g, d[k]), AD_NONE, n, x, dd));
        for (size_t j = 0; j < n; j++)
            rig_output(r, dd[j]);
    }
}

/* Third derivatives of steep functions lose some digits of f32. The row of
 * variables has a store of its own; build_leaves_as_targets() reads some. */
static void operators_and_their_gradients_replay_as_their_twin(void **state)
{
    const ad_case *c;

    (void)state;
    for (size_t i = 0; (c = case_at(i)); i++)
        for (int k = 0; k < 2 && c->op != AD_OP_VARIABLE; k++) {
            rig r;

            rig_open(&r, k ? GENMOD_F64 : GENMOD_F32, 6, 2);
            build_row(&r, c);
            rig_compile(&r);
            for (size_t rows = 2; rows <= 6; rows += 2) {
                rig_run(&r, rows, r.w);
                rig_check(&r, rows, k ? 1e-10 : 2e-3);
            }
            rig_close(&r);
        }
}

/* ---- leaves and targets ------------------------------------------------- */

static void build_draws(rig *r)
{
    const int64_t rest[] = {7, 3};

    rig_output(r, ad_normal(r->g, "G/z", rig_rows(r, 2, 10, 0, 0)));
    rig_output(r, ad_uniform(r->g, "G/u", ad_rows(r->g, 3, 1, 3, rest)));
    rig_output(r, ad_uniform(r->g, "G/static", ad_vector(4999)));
    rig_output(r, ad_bernoulli(r->g, "G/b", 0.3, rig_rows(r, 2, 9, 0, 0)));
    rig_output(r, ad_gumbel(r->g, "G/g", rig_rows(r, 2, 9, 0, 0)));
}
PROVES(draws, 4)

static void draws_of_packed_rows_are_those_of_their_first_row(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, GENMOD_F64, 8, 2);
    rig_output(&r,
               ad_normal(r.g, "D/pack", ad_rows(r.g, 3, 4, 2, (int64_t[]){5})));
    rig_compile(&r);
    for (size_t rows = 4; rows <= 8; rows += 4) {
        rig_run(&r, rows, r.w);
        rig_check(&r, rows, 1e-15);
    }
    rig_close(&r);
}

static void build_leaves_as_targets(rig *r)
{
    const ad_node x = rig_input(r, "x", rig_rows(r, 2, 5, 0, 0), -1, 2);
    const ad_node v = rig_variable(r, "v", AD_STATE, ad_matrix(3, 5), -1, 2);
    const ad_node u = rig_variable(r, "u", AD_TRAINED, ad_matrix(2, 5), -1, 2);
    const ad_node y = ad_tanh(r->g, v);

    rig_output(r, x);
    rig_output(r, v);
    rig_output(r, ad_constant(r->g, 2.375, rig_rows(r, 2, 3, 0, 0)));
    rig_output(r, ad_count(r->g, x));
    rig_output(r, ad_permute(r->g, v, (int32_t[]){1, 0}));
    rig_output(r, y);
    rig_output(r, y);
    rig_target(r, AD_NEXT, y, 0);
    rig_target(r, AD_GRAD, ad_zeros(r->g, u), 1);
    rig_output(r, ad_square(r->g, x));
}
PROVES(leaves_as_targets, 3)

static void build_gradients_into_the_store(rig *r)
{
    const ad_node x = rig_input(r, "x", rig_rows(r, 2, 12, 0, 0), -1, 2);
    const ad_node w = rig_variable(r, "w", AD_TRAINED, ad_matrix(12, 7), -1, 1);
    const ad_node b = rig_variable(r, "b", AD_TRAINED, ad_vector(7), -1, 1);
    const ad_node mean = rig_variable(r, "m", AD_STATE, ad_vector(7), -1, 1);
    const ad_node unread =
        rig_variable(r, "n", AD_TRAINED, ad_vector(3), -1, 1);
    const ad_node y =
        ad_tanh(r->g, ad_add(r->g, ad_matmul(r->g, x, w, 0, 0), b));
    const ad_node loss = ad_mean_all(r->g, ad_square(r->g, y));
    const ad_node wrt[] = {w, b, unread};
    ad_node d[3];

    assert_ok(ad_grad(r->g, loss, AD_NONE, 3, wrt, d));
    rig_output(r, loss);
    rig_target(r, AD_GRAD, d[0], 0);
    rig_target(r, AD_GRAD, d[1], 1);
    rig_target(r, AD_GRAD, d[2], 3);
    rig_target(r, AD_NEXT,
               ad_add(r->g, ad_scale(r->g, mean, 0.9),
                      ad_scale(r->g, ad_mean(r->g, y, 1, 0), 0.1)),
               2);
    rig_output(r, ad_sum_all(r->g, ad_square(r->g, d[0])));
}
PROVES(gradients_into_the_store, 6)

static void inputs_that_nothing_reads_are_not_found(void **state)
{
    rig r;

    (void)state;
    rig_open(&r, GENMOD_F32, 2, 1);
    const ad_node x = rig_input(&r, "x", ad_vector(3), -1, 2);
    const ad_node y = rig_input(&r, "y", ad_vector(3), -1, 2);
    rig_output(&r, ad_exp(r.g, x));
    ad_exp(r.g, y);
    rig_compile(&r);
    assert_int_equal(ad_program_find(r.p, "x"), 0);
    assert_int_equal(ad_program_find(r.p, "y"), -1);
    assert_int_equal(ad_program_rows(r.p), 2);
    rig_close(&r);
}

static void a_refused_graph_is_not_compiled(void **state)
{
    rig r;
    ad_program *p;

    (void)state;
    rig_open(&r, GENMOD_F32, 2, 1);
    ad_add(r.g, ad_zeros(r.g, ad_constant(r.g, 1, ad_vector(3))),
           ad_constant(r.g, 1, ad_vector(4)));
    assert_int_equal(ad_graph_status(r.g), GENMOD_BAD_ARGUMENT);
    assert_int_equal(ad_compile(r.g, r.s, 0, NULL, &p, r.w),
                     GENMOD_BAD_ARGUMENT);
    assert_null(p);
    rig_close(&r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unary_operators),
        cmocka_unit_test(binary_operators),
        cmocka_unit_test(gates),
        cmocka_unit_test(views_of_views),
        cmocka_unit_test(square_views),
        cmocka_unit_test(broadcasts),
        cmocka_unit_test(padding),
        cmocka_unit_test(concatenation),
        cmocka_unit_test(sums),
        cmocka_unit_test(sums_of_long_rows),
        cmocka_unit_test(sums_of_wide_rows),
        cmocka_unit_test(extremes),
        cmocka_unit_test(moments),
        cmocka_unit_test(products),
        cmocka_unit_test(batched_products),
        cmocka_unit_test(convolutions),
        cmocka_unit_test(windows),
        cmocka_unit_test(numbers),
        cmocka_unit_test(factors),
        cmocka_unit_test(operators_and_their_gradients_replay_as_their_twin),
        cmocka_unit_test(draws),
        cmocka_unit_test(draws_of_packed_rows_are_those_of_their_first_row),
        cmocka_unit_test(leaves_as_targets),
        cmocka_unit_test(gradients_into_the_store),
        cmocka_unit_test(inputs_that_nothing_reads_are_not_found),
        cmocka_unit_test(a_refused_graph_is_not_compiled),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
