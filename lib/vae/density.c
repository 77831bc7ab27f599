/* Log densities and means in the graph. A row's k copies are an axis of their
 * own: [m k, params] of the decoder becomes [m, k, params], which a row's cells
 * [m, 1, d] are broadcast to. */
#include "vae/density.h"

#include <assert.h>

#define HALF_LOG_TWO_PI 0.91893853320467274

ad_node vae_stored(const vae_term *t, int32_t index)
{
    return ad_variable(t->g, t->pass->s, index);
}

ad_node vae_at_most(ad_graph *g, ad_node a, double most)
{
    const ad_node value = ad_stop(g, a);
    const ad_node bound = ad_constant(g, most, ad_scalar());

    return ad_add(g, ad_min(g, value, bound), ad_sub(g, a, value));
}

/* ---- a block: ln p of its cells, [m, k, size] ---------------------------- */

/* x l - ln(1 + e^l) */
static ad_node bernoulli(const vae_term *t)
{
    return ad_neg(t->g, ad_bce_logits(t->g, t->y, t->x));
}

static ad_node gaussian(const vae_term *t)
{
    ad_graph *const g = t->g;
    ad_node log_sigma, inverse, e;

    vae_sigma(t, &log_sigma, &inverse);
    e = ad_mul(g, ad_sub(g, t->x, t->y), inverse);
    e = ad_add(g, ad_scale(g, ad_square(g, e), 0.5), log_sigma);
    return ad_neg(g, ad_shift(g, e, HALF_LOG_TWO_PI));
}

/* The logits as [m, k, size, levels]. */
static ad_node scores(const vae_term *t)
{
    if (t->y == AD_NONE)
        return AD_NONE;
    const ad_shape now = *ad_shape_at(t->g, t->y);
    const int64_t rest[3] = {now.dim[1], t->b->size, t->b->levels};

    return ad_reshape(t->g, t->y, ad_rows(t->g, 1, 1, 4, rest));
}

/* The logit of x less the logarithm of the sum of all. The greatest one is
 * taken off first: differences are exact where logits are large. */
static ad_node categorical(const vae_term *t)
{
    ad_graph *const g = t->g;
    const int64_t cells[3] = {1, t->b->size, 1};
    const int64_t level[1] = {t->b->levels};
    const ad_node all = scores(t);
    const ad_node y = ad_sub(g, all, ad_stop(g, ad_greatest(g, all, 8, 1)));
    const ad_node hit =
        ad_equal(g, ad_reshape(g, t->x, ad_rows(g, 1, 1, 4, cells)),
                 ad_iota(g, ad_shape_of(1, level), 0));
    const ad_node zero = ad_constant(g, 0, ad_scalar());

    return ad_sub(g, ad_sum(g, ad_select(g, hit, y, zero), 8, 0),
                  ad_logsumexp(g, y, 8, 0));
}

/* With half a bin h the bin that has the location in its middle has all but
 * 2^-24 of the probability where the scale is h / ln(2^25): to a float that is
 * all, and a smaller scale gains nothing. */
double vae_least_log_scale(int32_t levels)
{
    static const double log_25_bits = 2.8523629042865366; /* ln(25 ln 2) */
    double bins = 2 * (levels - 1.0), log_bins;

    kern_ops_of(BASE_CPU_GENERIC, GENMOD_F64)->log(1, &bins, &log_bins);
    return -log_bins - log_25_bits;
}

/* s(b) - s(a), s the logistic function, a and b = a + width the ends of x's bin
 * in units of the scale; the outer bins are open (Salimans et al. 2017, section
 * 2.1). ln of it, none of whose terms cancel in the tails:
 *
 *     -softplus(-b) - softplus(a) + ln(1 - e^-width)
 *
 * The scale ends at e^40, before the width is no number. */
static ad_node discretised_logistic(const vae_term *t)
{
    ad_graph *const g = t->g;
    const double h = 0.5 / (t->b->levels - 1);
    const double least = vae_least_log_scale(t->b->levels);
    const ad_node zero = ad_constant(g, 0, ad_scalar());
    ad_node v =
        vae_at_most(g, vae_stored(t, t->b->variable), VAE_LOG_SCALE_MOST);

    v = ad_shift(g, ad_softplus(g, ad_shift(g, v, -least)), least);
    const ad_node inverse = ad_exp(g, ad_neg(g, v));
    const ad_node e = ad_sub(g, t->x, t->y);
    const ad_node a = ad_mul(g, ad_shift(g, e, -h), inverse);
    const ad_node b = ad_mul(g, ad_shift(g, e, h), inverse);
    const ad_node low = ad_greater(g, ad_constant(g, h, ad_scalar()), t->x);
    const ad_node high =
        ad_greater(g, t->x, ad_constant(g, 1 - h, ad_scalar()));
    const ad_node width = ad_log1mexp(g, ad_scale(g, inverse, -2 * h));
    const ad_node below = ad_select(g, low, zero, ad_softplus(g, a));
    const ad_node above =
        ad_select(g, high, zero, ad_softplus(g, ad_neg(g, b)));
    const ad_node inner = ad_select(g, ad_max(g, low, high), zero, width);

    return ad_sub(g, inner, ad_add(g, below, above));
}

static ad_node density(const vae_term *t)
{
    switch (t->b->kind) {
    case VAE_BERNOULLI:
        return bernoulli(t);
    case VAE_CATEGORICAL:
        return categorical(t);
    case VAE_DISCRETISED_LOGISTIC:
        return discretised_logistic(t);
    case VAE_POISSON:
        return vae_poisson(t);
    case VAE_NEGATIVE_BINOMIAL:
        return vae_negative_binomial(t);
    default:
        return gaussian(t);
    }
}

/* ---- all blocks ---------------------------------------------------------- */

/* [m k, …] as [m, k, n] */
static ad_node unfold(ad_graph *g, ad_node a, int64_t n)
{
    if (a == AD_NONE)
        return AD_NONE;
    const ad_shape now = *ad_shape_at(g, a);
    const int64_t rest[2] = {now.mul, n};

    if (now.div != 1)
        return ad_refuse(g, "parameters count rows, and copies of rows");
    return ad_reshape(g, a, ad_rows(g, 1, 1, 3, rest));
}

/* [m, k, d] in the shape of k copies of rows. */
static ad_node fold(const vae_likelihood *l, ad_graph *g, ad_node a)
{
    const nn_size *const s = &l->size;
    const int64_t columns[1] = {s->n}, image[3] = {s->h, s->w, s->c};

    if (a == AD_NONE)
        return AD_NONE;
    const int32_t k = (int32_t)ad_shape_at(g, a)->dim[1];
    return ad_reshape(g, a,
                      s->rank == 1 ? ad_rows(g, k, 1, 2, columns)
                                   : ad_rows(g, k, 1, 4, image));
}

static ad_node part(ad_graph *g, ad_node a, int64_t first, int64_t size)
{
    return a == AD_NONE ? AD_NONE : ad_part(g, a, 2, first, size);
}

/* What is the same for all blocks; x, mask and y of all columns. */
static vae_term open_term(const vae_likelihood *l, nn_pass *pass,
                          ad_node params, const vae_rows *r)
{
    ad_graph *const g = pass->g;
    const int64_t one[2] = {1, 1};
    vae_term t = {.pass = pass, .g = g, .mask = AD_NONE, .weight = AD_NONE};

    t.y = unfold(g, params, l->params);
    t.x = unfold(g, r->x, l->d);
    if (r->mask != AD_NONE) {
        t.mask = unfold(g, r->mask, l->d);
        t.x = ad_select(g, t.mask, t.x, ad_constant(g, 0, ad_scalar()));
    }
    if (r->weight != AD_NONE)
        t.weight = ad_reshape(g, r->weight, ad_rows(g, 1, 1, 3, one));
    return t;
}

static ad_node block(const vae_likelihood *l, const vae_term *all, size_t i)
{
    const vae_block *const b = &l->block[i];
    ad_graph *const g = all->g;
    vae_term t = *all;
    ad_node p;

    t.b = b;
    t.y = part(g, all->y, b->params_first, b->params);
    t.x = part(g, all->x, b->first, b->size);
    t.mask = part(g, all->mask, b->first, b->size);
    p = density(&t);
    return t.mask == AD_NONE ? p : ad_mul(g, p, t.mask);
}

ad_node vae_log_density(const vae_likelihood *l, nn_pass *pass, ad_node params,
                        const vae_rows *r)
{
    const vae_term t = open_term(l, pass, params, r);
    ad_node sum = ad_sum(t.g, block(l, &t, 0), 4, 0);

    for (size_t i = 1; i < l->n; i++)
        sum = ad_add(t.g, sum, ad_sum(t.g, block(l, &t, i), 4, 0));
    return sum;
}

ad_node vae_log_density_cells(const vae_likelihood *l, nn_pass *pass,
                              ad_node params, const vae_rows *r)
{
    const vae_term t = open_term(l, pass, params, r);
    ad_node all = block(l, &t, 0);

    for (size_t i = 1; i < l->n; i++) {
        const ad_node pair[2] = {all, block(l, &t, i)};

        all = ad_concat(t.g, 2, 2, pair);
    }
    return fold(l, t.g, all);
}

/* ---- means --------------------------------------------------------------- */

static ad_node mean(const vae_term *t)
{
    ad_graph *const g = t->g;

    switch (t->b->kind) {
    case VAE_BERNOULLI:
        return ad_sigmoid(g, t->y);
    case VAE_CATEGORICAL:
        return ad_argmax(g, scores(t), 3, 0);
    case VAE_DISCRETISED_LOGISTIC:
        return ad_clamp(g, t->y, 0, 1);
    case VAE_POISSON:
    case VAE_NEGATIVE_BINOMIAL:
        return ad_exp(g, vae_at_most(g, t->y, VAE_LOG_RATE_MOST));
    default:
        return t->y;
    }
}

/* The most likely cell. A count's is the mean rounded down, of a negative
 * binomial mu (r - 1) / r; ties are the greater one's. */
static ad_node mode(const vae_term *t)
{
    ad_graph *const g = t->g;
    const double steps = t->b->levels - 1;
    ad_node mu;

    switch (t->b->kind) {
    case VAE_BERNOULLI:
        return ad_greater(g, t->y, ad_zeros(g, t->y));
    case VAE_DISCRETISED_LOGISTIC:
        return ad_scale(
            g, ad_floor(g, ad_shift(g, ad_scale(g, mean(t), steps), 0.5)),
            1 / steps);
    case VAE_POISSON:
        return ad_floor(g, mean(t));
    case VAE_NEGATIVE_BINOMIAL:
        mu = mean(t);
        mu = ad_sub(g, mu, ad_div(g, mu, ad_exp(g, vae_log_dispersion(t))));
        return ad_floor(g, ad_max(g, mu, ad_zeros(g, mu)));
    default:
        return mean(t);
    }
}

/* What `of` makes of each block, as cells. */
static ad_node cells(const vae_likelihood *l, nn_pass *pass, ad_node params,
                     ad_node (*of)(const vae_term *t))
{
    ad_graph *const g = pass->g;
    const ad_node y = unfold(g, params, l->params);
    ad_node all = AD_NONE;

    for (size_t i = 0; i < l->n; i++) {
        const vae_block *const b = &l->block[i];
        const vae_term t = {.b = b,
                            .pass = pass,
                            .g = g,
                            .y = part(g, y, b->params_first, b->params)};
        const ad_node pair[2] = {all, of(&t)};

        all = i ? ad_concat(g, 2, 2, pair) : pair[1];
    }
    return fold(l, g, all);
}

ad_node vae_mean(const vae_likelihood *l, nn_pass *pass, ad_node params)
{
    return cells(l, pass, params, mean);
}

ad_node vae_mode(const vae_likelihood *l, nn_pass *pass, ad_node params)
{
    return cells(l, pass, params, mode);
}
