/* Movements and reductions. */
#include "support/test.h"

#include "ad/cases.h"

/* So that what moves has a second derivative. */
static ad_node curved(ad_graph *g, ad_node a)
{
    return ad_mul(g, a, ad_square(g, a));
}

static ad_node reshape(ad_graph *g, const ad_node *x)
{
    return curved(
        g, ad_reshape(g, x[0], ad_rows(g, 2, 1, 2, (const int64_t[]){3})));
}

static ad_node packed(ad_graph *g, const ad_node *x)
{
    return curved(
        g, ad_reshape(g, x[0], ad_rows(g, 1, 2, 3, (const int64_t[]){2, 3})));
}

static ad_node permute(ad_graph *g, const ad_node *x)
{
    return curved(g, ad_permute(g, x[0], (const int32_t[]){0, 3, 1, 2}));
}

static ad_node broadcast(ad_graph *g, const ad_node *x)
{
    return ad_broadcast(g, curved(g, x[0]),
                        ad_rows(g, 1, 1, 3, (const int64_t[]){2, 3}));
}

static ad_node broadcast_static(ad_graph *g, const ad_node *x)
{
    return ad_mul(
        g, x[0],
        ad_broadcast(g, x[0], ad_shape_of(3, (const int64_t[]){4, 2, 3})));
}

static ad_node slice(ad_graph *g, const ad_node *x)
{
    const int64_t rows = ad_shape_at(g, x[0])->dim[0];

    return curved(g, ad_slice(g, x[0], (const int64_t[]){0, 1, 0},
                              (const int64_t[]){rows, 2, 3},
                              (const int64_t[]){1, 1, 1}));
}

/* Steps that do and do not divide what is left. */
static ad_node stepped(ad_graph *g, const ad_node *x)
{
    const int64_t rows = ad_shape_at(g, x[0])->dim[0];

    return curved(g, ad_slice(g, x[0], (const int64_t[]){0, 1, 2},
                              (const int64_t[]){rows, 2, 3},
                              (const int64_t[]){1, 3, 2}));
}

static ad_node stepped_static(ad_graph *g, const ad_node *x)
{
    return curved(g,
                  ad_slice(g, x[0], (const int64_t[]){1, 0},
                           (const int64_t[]){3, 2}, (const int64_t[]){2, 3}));
}

static ad_node stop(ad_graph *g, const ad_node *x)
{
    return ad_add(g, curved(g, x[0]), ad_stop(g, ad_sign(g, x[0])));
}

static ad_node all_sum(ad_graph *g, ad_node a)
{
    return curved(g, ad_all_sum(g, a));
}

static ad_node pad(ad_graph *g, const ad_node *x)
{
    return curved(g, ad_pad(g, ad_exp(g, x[0]), (const int64_t[]){0, 1, 2},
                            (const int64_t[]){0, 3, 0}));
}

static ad_node concat(ad_graph *g, const ad_node *x)
{
    return curved(g, ad_concat(g, 1, 3, x));
}

static ad_node concat_first(ad_graph *g, const ad_node *x)
{
    return curved(g, ad_concat(g, 0, 2, x));
}

static ad_node sum_rows(ad_graph *g, ad_node a)
{
    return ad_exp(g, ad_sum(g, a, 1, 0));
}

static ad_node sum_apart(ad_graph *g, ad_node a)
{
    return curved(g, ad_sum(g, a, 5, 1));
}

static ad_node sum_last(ad_graph *g, ad_node a)
{
    return curved(g, ad_sum(g, ad_square(g, a), 4, 0));
}

static ad_node sum_of_broadcast(ad_graph *g, ad_node a)
{
    const ad_shape s = ad_rows(g, 1, 1, 2, (const int64_t[]){4});

    return curved(g, ad_sum(g, ad_broadcast(g, curved(g, a), s), 3, 0));
}

static ad_node mean(ad_graph *g, ad_node a)
{
    return curved(g, ad_mean(g, a, 5, 0));
}

static ad_node mean_all(ad_graph *g, ad_node a)
{
    return ad_exp(g, ad_mean_all(g, a));
}

static ad_node greatest(ad_graph *g, ad_node a)
{
    return curved(g, ad_greatest(g, a, 2, 1));
}

static ad_node greatest_rows(ad_graph *g, ad_node a)
{
    return curved(g, ad_greatest(g, a, 5, 0));
}

static ad_node least(ad_graph *g, ad_node a)
{
    return curved(g, ad_least(g, a, 6, 0));
}

static ad_node logsumexp(ad_graph *g, ad_node a)
{
    return curved(g, ad_logsumexp(g, a, 2, 0));
}

static ad_node logsumexp_apart(ad_graph *g, ad_node a)
{
    return curved(g, ad_logsumexp(g, a, 10, 1));
}

static ad_node logsumexp_rows(ad_graph *g, ad_node a)
{
    return ad_logsumexp(g, a, 3, 0);
}

static ad_node argmax(ad_graph *g, const ad_node *x)
{
    return ad_mul(g, x[0], ad_argmax(g, x[0], 1, 1));
}

static ad_node argmin(ad_graph *g, const ad_node *x)
{
    return ad_mul(g, x[0], ad_argmin(g, x[0], 0, 1));
}

static ad_node both_moments(ad_graph *g, ad_node a, uint32_t axes)
{
    ad_node mean_of, variance;

    ad_moments(g, a, axes, &mean_of, &variance);
    return ad_mul(g, ad_exp(g, mean_of), ad_sqrt(g, variance));
}

static ad_node moments(ad_graph *g, ad_node a)
{
    return both_moments(g, a, 2);
}

static ad_node moments_of_batch(ad_graph *g, ad_node a)
{
    return both_moments(g, a, 3);
}

static ad_node moments_apart(ad_graph *g, ad_node a)
{
    return both_moments(g, a, 10);
}

static ad_node moments_apart_rows(ad_graph *g, ad_node a)
{
    return both_moments(g, a, 5);
}

static ad_node layer_norm(ad_graph *g, const ad_node *x)
{
    return ad_normalise(g, x[0], 2, 1e-3, x[1], x[2], NULL, NULL);
}

static ad_node batch_norm(ad_graph *g, const ad_node *x)
{
    return ad_normalise(g, x[0], 3, 1e-3, x[1], x[2], NULL, NULL);
}

static ad_node norm(ad_graph *g, ad_node a)
{
    return ad_norm(g, a, 2);
}

const ad_case cases_shape[] = {
    {"reshape", AD_OP_RESHAPE, "m 2 3", -2, 1.5, .build = reshape},
    {"reshape to packs", AD_OP_RESHAPE, "m 3", -2, 1.5, .build = packed},
    {"permute", AD_OP_PERMUTE, "m 2 3 2", -2, 1.5, .build = permute},
    {"broadcast", AD_OP_BROADCAST, "2 1", -2, 1.5, .build = broadcast},
    {"broadcast of rows", AD_OP_BROADCAST, "m 1 3", -2, 1.5,
     .build = broadcast},
    {"broadcast of nothing", AD_OP_BROADCAST, "1 1", -2, 1.5,
     .build = broadcast_static},
    {"slice", AD_OP_SLICE, "m 4 3", -2, 1.5, .build = slice},
    {"slice with steps", AD_OP_SLICE, "m 6 7", -2, 1.5, .build = stepped},
    {"slice of a table", AD_OP_SLICE, "7 4", -2, 1.5, .build = stepped_static},
    {"stop", AD_OP_STOP, "m 3", -2, 1.5, .build = stop},
    {"all_sum", AD_OP_ALL_SUM, "m 3", -2, 1.5, .unary = all_sum},
    {"pad", AD_OP_PAD, "m 2 1", -2, 1.5, .build = pad},
    {"concat", AD_OP_CONCAT, "m 2 2|m 1 2|m 3 2", -2, 1.5, .build = concat},
    {"concat of tables", AD_OP_CONCAT, "2 3|1 3", -2, 1.5,
     .build = concat_first},
    {"sum of rows", AD_OP_SUM, "m 3", -1, 1.5, .unary = sum_rows},
    {"sum apart", AD_OP_SUM, "2m 3 2", -2, 1.5, .unary = sum_apart},
    {"sum of the last", AD_OP_SUM, "m 1 3", -1.4, 1.2, .unary = sum_last},
    {"sum of a broadcast", AD_OP_COUNT, "1 4", -1.4, 1.2,
     .unary = sum_of_broadcast},
    {"mean", AD_OP_SUM, "m/2 3 2", -2, 1.5, .unary = mean},
    {"mean of all", AD_OP_SUM, "m 3 2", -2, 1.5, .unary = mean_all},
    {"greatest", AD_OP_GREATEST, "m 4", -2, 1.5, .unary = greatest},
    {"greatest of rows", AD_OP_GREATEST, "m 3 2", -2, 1.5,
     .unary = greatest_rows},
    {"least", AD_OP_LEAST, "m 2 3", -2, 1.5, .unary = least},
    {"logsumexp", AD_OP_LOGSUMEXP, "m 4", -2, 1.5, .unary = logsumexp},
    {"logsumexp apart", AD_OP_LOGSUMEXP, "m 2 3 2", -2, 1.5,
     .unary = logsumexp_apart},
    {"logsumexp of rows", AD_OP_LOGSUMEXP, "m 3", -2, 1.5,
     .unary = logsumexp_rows},
    {"argmax", AD_OP_ARGMAX, "m 3", -2, 1.5, .build = argmax},
    {"argmin", AD_OP_ARGMIN, "m 3", -2, 1.5, .build = argmin},
    {"moments", AD_OP_MOMENTS, "m 4", -2, 1.5, .unary = moments},
    {"moments of a batch", AD_OP_MOMENTS, "m 2 3", -2, 1.5,
     .unary = moments_of_batch},
    {"moments apart", AD_OP_MOMENTS, "m 2 3 2", -2, 1.5,
     .unary = moments_apart},
    {"moments apart with rows", AD_OP_MOMENTS, "m 3 2", -2, 1.5,
     .unary = moments_apart_rows},
    {"layer norm", AD_OP_MOMENTS, "m 4|4|4", -2, 1.5, .build = layer_norm},
    {"batch norm", AD_OP_MOMENTS, "m 2 3|3|3", -2, 1.5, .build = batch_norm},
    {"norm", AD_OP_SQRT, "m 3", -2, 1.5, .unary = norm},
    {"softmax", AD_OP_LOGSUMEXP, "m 4", -2, 1.5, .unary = ad_softmax},
    {"log softmax", AD_OP_LOGSUMEXP, "m 4", -2, 1.5, .unary = ad_log_softmax},
    {.name = NULL},
};
