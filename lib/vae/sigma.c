/* The standard deviation of Gaussian and log-normal blocks. With z of unit
 * deviation and no more than exp(-6) of it left unexplained, sigma has gone far
 * enough: Rybkin et al. 2021 keep ln sigma above -6 by
 *
 *     -6 + softplus(ln sigma + 6) = ln(exp(-6) + sigma),
 *
 * so their soft bound adds exp(-6) to sigma, and needs no logarithm of 0. A
 * learned ln sigma ends at 80, too: then sigma, ten times it in a draw, and 1 /
 * sigma are normal floats.
 */
#include "vae/density.h"

#include <assert.h>

/* A row's cells share the weight of the row. */
static ad_node weighed(const vae_term *t, ad_node a)
{
    return t->weight == AD_NONE ? a : ad_mul(t->g, a, t->weight);
}

/* Over rows and copies, and over the columns of a shared sigma. */
static uint32_t axes_of(const vae_block *b)
{
    return b->shared ? 7 : 3;
}

/* The weight of the cells that were summed: [1, 1, size] or [1, 1, 1]. */
static ad_node cells(const vae_term *t, int64_t copies)
{
    ad_graph *const g = t->g;
    const ad_node there =
        t->mask == AD_NONE
            ? ad_broadcast(g, ad_constant(g, 1, ad_scalar()),
                           t->x == AD_NONE ? ad_scalar()
                                           : *ad_shape_at(g, t->x))
            : t->mask;

    return ad_scale(
        g, ad_all_sum(g, ad_sum(g, weighed(t, there), axes_of(t->b), 1)),
        (double)copies);
}

/* (1 - M) state + M v; as it was where no cell was there. A state has one
 * successor. */
static void follow(const vae_term *t, ad_node some, ad_node v)
{
    ad_graph *const g = t->g;
    nn_pass *const pass = t->pass;
    const int32_t index = t->b->state;
    const ad_node old = vae_stored(t, index);
    ad_node next;

    for (size_t i = 0; i < pass->n; i++)
        if (pass->next[i].kind == AD_NEXT && pass->next[i].variable == index) {
            ad_refuse(g, "a running variance has one successor");
            return;
        }
    next = ad_add(g, ad_scale(g, old, 1 - VAE_VARIANCE_MOMENTUM),
                  ad_scale(g, v, VAE_VARIANCE_MOMENTUM));
    next = ad_select(g, some, next, old);
    assert(pass->n < pass->room);
    pass->next[pass->n++] = (ad_target){
        AD_NEXT, ad_reshape(g, next, ad_vector(t->b->shared ? 1 : t->b->size)),
        index};
}

/* sigma^2 = the mean squared error of the cells that are there, which maximises
 * the minibatch's likelihood. */
static ad_node optimal_variance(const vae_term *t)
{
    ad_graph *const g = t->g;
    ad_node e = ad_sub(g, t->x, t->y), sum, count, some;

    if (e == AD_NONE)
        return AD_NONE;
    const int64_t copies = ad_shape_at(g, e)->dim[1];
    e = ad_square(g, e);
    if (t->mask != AD_NONE)
        e = ad_mul(g, e, t->mask);
    sum = ad_all_sum(g, ad_sum(g, weighed(t, e), axes_of(t->b), 1));
    count = cells(t, copies);
    some = ad_greater(g, count, ad_zeros(g, count));
    const ad_node v = ad_div(
        g, sum, ad_select(g, some, count, ad_constant(g, 1, ad_scalar())));
    if (t->pass->flags & NN_UPDATE)
        follow(t, some, v);
    return v;
}

void vae_sigma(const vae_term *t, ad_node *log_sigma, ad_node *inverse)
{
    ad_graph *const g = t->g;
    const vae_block *const b = t->b;
    ad_node sigma;

    if (b->sigma == VAE_SIGMA_LEARNED) {
        const ad_node v =
            vae_at_most(g, vae_stored(t, b->variable), VAE_LOG_SIGMA_MOST);

        *log_sigma =
            ad_shift(g, ad_softplus(g, ad_shift(g, v, -VAE_LOG_SIGMA_LEAST)),
                     VAE_LOG_SIGMA_LEAST);
        *inverse = ad_exp(g, ad_neg(g, *log_sigma));
        return;
    }
    if (b->sigma == VAE_SIGMA_FIXED)
        sigma = ad_constant(g, b->sigma_value, ad_scalar());
    else
        sigma = ad_shift(g,
                         ad_root(g, t->pass->flags & (NN_TRAIN | NN_UPDATE)
                                        ? optimal_variance(t)
                                        : vae_stored(t, b->state)),
                         VAE_SIGMA_LEAST);
    *log_sigma = ad_log(g, sigma);
    *inverse = ad_recip(g, sigma);
}
