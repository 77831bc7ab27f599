/* batchnorm, layernorm, groupnorm, dropout. */
#include <assert.h>

#include "nn/internal.h"

int32_t nn_norm_declare(const nn_declaring *d, nn_layer *l)
{
    const int64_t channels = nn_channels(&l->in);
    const ad_shape shape =
        l->classes ? ad_matrix(l->classes, channels) : ad_vector(channels);
    int32_t status = nn_variable(d, "scale", AD_TRAINED, shape, &l->weight);

    if (!status)
        status = nn_variable(d, "bias", AD_TRAINED, shape, &l->bias);
    return status;
}

int32_t nn_batchnorm_declare(const nn_declaring *d, nn_layer *l)
{
    const ad_shape shape = ad_vector(nn_channels(&l->in));
    int32_t status = nn_norm_declare(d, l);

    if (!status)
        status = nn_variable(d, "running_mean", AD_STATE, shape, &l->state[0]);
    if (!status)
        status =
            nn_variable(d, "running_variance", AD_STATE, shape, &l->state[1]);
    return status;
}

static ad_node variable(const nn_pass *pass, int32_t index)
{
    return ad_variable(pass->g, pass->s, index);
}

/* A scale or bias: of the layer [c], or of each row's class [m, c], at every
 * pixel of an image [m, 1, 1, c]. */
static ad_node own(const nn_layer *l, const nn_pass *pass, int32_t index)
{
    const ad_node table = variable(pass, index);
    const nn_size pixel = {.rank = 3, .c = nn_channels(&l->in), .h = 1, .w = 1};
    ad_node y;

    if (!l->classes)
        return table;
    y = ad_gather(pass->g, table, pass->label);
    return l->in.rank == 3 ? nn_reshape_rows(pass->g, y, &pixel) : y;
}

/* state' = (1 - M) state + M value */
static void follow(const nn_layer *l, nn_pass *pass, int32_t index,
                   ad_node value)
{
    ad_graph *const g = pass->g;
    const ad_node old = variable(pass, l->state[index]);

    value = ad_reshape(g, value, ad_vector(nn_channels(&l->in)));
    nn_successor(
        pass, l->state[index],
        ad_add(g, ad_scale(g, old, 1 - l->a), ad_scale(g, value, l->a)));
}

/* n / (n - 1), the running variance's correction; n = 1 tells nothing of it. */
static ad_node correction(const nn_layer *l, const nn_pass *pass, ad_node x)
{
    ad_graph *const g = pass->g;
    const double cells =
        l->in.rank == 3 ? (double)l->in.h * (double)l->in.w : 1;
    const ad_node n = ad_scale(g, ad_all_count(g, x), cells);

    return ad_div(
        g, n, ad_max(g, ad_shift(g, n, -1), ad_constant(g, 1, ad_scalar())));
}

/* Ioffe and Szegedy 2015: over rows, and cells of an image. */
static ad_node by_batch(const nn_layer *l, nn_pass *pass, ad_node x)
{
    ad_graph *const g = pass->g;
    const uint32_t axes = l->in.rank == 3 ? 7 : 1;
    ad_node mean, variance;
    const ad_node y =
        ad_normalise(g, x, axes, NN_EPSILON, own(l, pass, l->weight),
                     own(l, pass, l->bias), &mean, &variance);

    if (pass->flags & NN_UPDATE) {
        follow(l, pass, 0, mean);
        follow(l, pass, 1, ad_mul(g, variance, correction(l, pass, x)));
    }
    return y;
}

/* The difference is taken first: the mean may be far from 0. */
static ad_node by_states(const nn_layer *l, nn_pass *pass, ad_node x)
{
    ad_graph *const g = pass->g;
    const ad_node deviation =
        ad_rsqrt(g, ad_shift(g, variable(pass, l->state[1]), NN_EPSILON));
    const ad_node scale = ad_mul(g, own(l, pass, l->weight), deviation);

    return ad_add(g,
                  ad_mul(g, ad_sub(g, x, variable(pass, l->state[0])), scale),
                  own(l, pass, l->bias));
}

ad_node nn_batchnorm_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                           ad_node x)
{
    (void)net;
    return pass->flags & (NN_TRAIN | NN_UPDATE) ? by_batch(l, pass, x)
                                                : by_states(l, pass, x);
}

/* Ba, Kiros, Hinton 2016: over all of a row, with a scale and shift a channel
 * or column. */
ad_node nn_layernorm_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                           ad_node x)
{
    const uint32_t axes = l->in.rank == 3 ? 14 : 2;

    (void)net;
    return ad_normalise(pass->g, x, axes, NN_EPSILON, variable(pass, l->weight),
                        variable(pass, l->bias), NULL, NULL);
}

int32_t nn_groupnorm_shape(const nn_reader *r, nn_layer *l)
{
    if (nn_channels(&l->in) % l->n)
        return nn_misfit(r, l, "its groups must divide the channels");
    return GENMOD_OK;
}

/* Wu and He 2018. The groups become an axis: [m, cells, groups, rest] ->
 * [m, groups, cells, rest], normalised over the last two. */
ad_node nn_groupnorm_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                           ad_node x)
{
    const int32_t swap[4] = {0, 2, 1, 3};
    const int64_t cells = l->in.rank == 3 ? l->in.h * l->in.w : 1;
    const int64_t rest[3] = {cells, l->n, nn_channels(&l->in) / l->n};
    ad_graph *const g = pass->g;

    (void)net;
    if (x == AD_NONE)
        return AD_NONE;
    const ad_shape old = *ad_shape_at(g, x);
    x = ad_reshape(g, x, ad_rows(g, old.mul, old.div, 4, rest));
    x = ad_normalise(g, ad_permute(g, x, swap), 12, NN_EPSILON, AD_NONE,
                     AD_NONE, NULL, NULL);
    x = ad_reshape(g, ad_permute(g, x, swap), old);
    return ad_add(g, ad_mul(g, x, variable(pass, l->weight)),
                  variable(pass, l->bias));
}

/* Srivastava et al. 2014, scaled while training: what is kept counts
 * 1 / (1 - P). */
ad_node nn_dropout_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                         ad_node x)
{
    ad_graph *const g = pass->g;

    (void)net;
    assert(pass->copy >= 0 && pass->copy < NN_COPIES);
    if (!(pass->flags & (NN_TRAIN | NN_UPDATE)) || l->a == 0 || x == AD_NONE)
        return x;
    const ad_node kept = ad_bernoulli(g, l->site + (size_t)pass->copy * NN_NAME,
                                      1 - l->a, *ad_shape_at(g, x));
    return ad_scale(g, ad_mul(g, x, kept), 1 / (1 - l->a));
}
