/* Codes: q(z|x), p(z), and what the decoder makes of them. */
#include "vae/internal.h"

#define LN_2PI 1.8378770664093453 /* ln(2 pi) */

static const vae_body *body_of(const model_draft *f)
{
    return (const vae_body *)f->b;
}

/* [m, k, z] */
static ad_shape draws_shape(const ad_graph *g, int64_t k, int64_t z)
{
    const int64_t rest[2] = {k, z};

    return ad_rows(g, 1, 1, 3, rest);
}

static ad_node bounded(ad_graph *g, ad_node log_variance)
{
    return ad_clamp(g, log_variance, -VAE_LOG_VARIANCE_MOST,
                    VAE_LOG_VARIANCE_MOST);
}

void vae_posterior(model_draft *f, ad_node features, vae_codes *c)
{
    ad_graph *const g = f->g;
    const int64_t z = (int64_t)f->b->z;
    const ad_node y = nn_apply(f->b->net[VAE_ENCODER_NET],
                               &f->pass[VAE_ENCODER_NET], features);

    if (body_of(f)->vectors) {
        vae_quantise(f, y, c);
        return;
    }
    c->mean = ad_part(g, y, 1, 0, z);
    c->log_variance = bounded(g, ad_part(g, y, 1, z, z));
}

/* [m, z] as [m, 1, z], for all draws of a row. */
static ad_node for_draws(const model_draft *f, ad_node a)
{
    return ad_reshape(f->g, a, draws_shape(f->g, 1, (int64_t)f->b->z));
}

void vae_draw_codes(const model_draft *f, int64_t k, vae_codes *c)
{
    ad_graph *const g = f->g;
    ad_node epsilon, sigma;

    c->k = k;
    if (body_of(f)->vectors) {
        c->z = for_draws(f, vae_straight(f, c));
        return;
    }
    epsilon = ad_normal(g, "vae/z", draws_shape(g, k, (int64_t)f->b->z));
    sigma = ad_exp(g, ad_scale(g, c->log_variance, 0.5));
    c->z = ad_add(g, for_draws(f, c->mean),
                  ad_mul(g, for_draws(f, sigma), epsilon));
}

/* ln N(z; mean, exp(log_variance)), summed over the last axis. */
static ad_node log_normal(ad_graph *g, ad_node z, ad_node mean,
                          ad_node log_variance, int32_t axis)
{
    const ad_node precision = ad_exp(g, ad_neg(g, log_variance));
    const ad_node e = ad_mul(g, ad_square(g, ad_sub(g, z, mean)), precision);

    return ad_scale(g,
                    ad_sum(g, ad_shift(g, ad_add(g, e, log_variance), LN_2PI),
                           1u << axis, 0),
                    -0.5);
}

ad_node vae_log_posterior(const model_draft *f, const vae_codes *c, int stopped)
{
    ad_graph *const g = f->g;
    const ad_node mean = stopped ? ad_stop(g, c->mean) : c->mean;
    const ad_node s = stopped ? ad_stop(g, c->log_variance) : c->log_variance;

    return log_normal(g, c->z, for_draws(f, mean), for_draws(f, s), 2);
}

ad_node vae_kl(const model_draft *f, const vae_codes *c)
{
    ad_graph *const g = f->g;

    if (body_of(f)->vectors)
        return vae_codebook_kl(f, c);
    return ad_scale(
        g,
        ad_add(g, ad_square(g, c->mean),
               ad_sub(g, ad_expm1(g, c->log_variance), c->log_variance)),
        0.5);
}

/* ---- the prior ----------------------------------------------------------- */

/* ln weights [K], means and log-variances [K, z]. */
typedef struct components {
    ad_node weights, means, log_variances;
} components;

/* q(z|u) at the pseudo-inputs: equation (12) of Tomczak, Welling 2018. */
static components vamp(model_draft *f)
{
    const vae_body *const b = body_of(f);
    ad_graph *const g = f->g;
    const nn_size *const s = &b->base.columns.size;
    const int64_t k = b->components;
    const int64_t image[4] = {k, s->h, s->w, s->c};
    const ad_shape rows =
        s->rank == 3 ? ad_shape_of(4, image) : ad_matrix(k, s->n);
    const ad_node u =
        ad_reshape(g, ad_variable(g, b->base.store, b->pseudo), rows);
    const int flags = f->pass[VAE_ENCODER_NET].flags;
    vae_codes c;

    f->pass[VAE_ENCODER_NET].flags = 0;
    vae_posterior(f, vae_features(f, u, AD_NONE, AD_NONE), &c);
    f->pass[VAE_ENCODER_NET].flags = flags;
    return (components){ad_zeros(g, ad_part(g, c.mean, 1, 0, 1)), c.mean,
                        c.log_variance};
}

static components components_of(model_draft *f)
{
    const vae_body *const b = body_of(f);
    ad_graph *const g = f->g;
    const ad_store *const s = b->base.store;

    if (b->prior == VAE_VAMP) {
        components c = vamp(f);

        c.weights = ad_reshape(g, c.weights, ad_vector(b->components));
        c.weights = ad_log_softmax(g, c.weights);
        return c;
    }
    return (components){ad_log_softmax(g, ad_variable(g, s, b->logits)),
                        ad_variable(g, s, b->means),
                        bounded(g, ad_variable(g, s, b->log_variances))};
}

/* The mixture's density at z [m, k, z]: logsumexp over the components. */
static ad_node log_mixture(model_draft *f, ad_node z)
{
    ad_graph *const g = f->g;
    const components c = components_of(f);
    const int64_t k = ad_shape_at(g, z)->dim[1], d = (int64_t)f->b->z;
    const int64_t rest[3] = {k, 1, d};
    const ad_node wide = ad_reshape(g, z, ad_rows(g, 1, 1, 4, rest));

    return ad_logsumexp(
        g,
        ad_add(g, log_normal(g, wide, c.means, c.log_variances, 3), c.weights),
        1u << 2, 0);
}

ad_node vae_log_prior(model_draft *f, ad_node z)
{
    ad_graph *const g = f->g;

    if (body_of(f)->prior != VAE_NORMAL)
        return log_mixture(f, z);
    return ad_scale(
        g, ad_sum(g, ad_shift(g, ad_square(g, z), LN_2PI), 1u << 2, 0), -0.5);
}

void vae_prior_draw(model_draft *f, ad_node *centre, ad_node *deviate)
{
    const vae_body *const b = body_of(f);
    ad_graph *const g = f->g;
    const int64_t z = (int64_t)f->b->z;
    const ad_node epsilon = ad_normal(g, "vae/prior", ad_rows(g, 1, 1, 2, &z));
    const int64_t count = b->components;
    components c;
    ad_node which, sigma;

    if (b->vectors) {
        *centre = vae_codebook_draw(f);
        *deviate = ad_zeros(g, *centre);
        return;
    }
    *deviate = epsilon;
    *centre = ad_zeros(g, epsilon);
    if (b->prior == VAE_NORMAL)
        return;
    c = components_of(f);
    which = ad_argmax(
        g,
        ad_add(g, ad_gumbel(g, "vae/component", ad_rows(g, 1, 1, 2, &count)),
               c.weights),
        1, 0);
    sigma = ad_exp(g, ad_scale(g, c.log_variances, 0.5));
    *centre = ad_gather(g, c.means, which);
    *deviate = ad_mul(g, epsilon, ad_gather(g, sigma, which));
}

/* ---- decoding ------------------------------------------------------------ */

/* Codes [m, k, z] with the label [m] behind each as ones among zeros. */
static ad_node labelled(const model_draft *f, ad_node z, ad_node label)
{
    ad_graph *const g = f->g;
    const int64_t k = ad_shape_at(g, z)->dim[1];
    const int64_t classes = body_of(f)->classes, one[2] = {1, 1};
    const ad_node hot =
        ad_equal(g, ad_reshape(g, label, ad_rows(g, 1, 1, 3, one)),
                 ad_iota(g, ad_vector(classes), 0));
    const ad_node parts[2] = {z,
                              ad_broadcast(g, hot, draws_shape(g, k, classes))};

    return ad_concat(g, 2, 2, parts);
}

ad_node vae_decoded(model_draft *f, ad_node z, ad_node label)
{
    ad_graph *const g = f->g;
    const int64_t k = ad_shape_at(g, z)->dim[1];
    const int64_t params = body_of(f)->likelihood.params;
    int64_t n = (int64_t)f->b->z;
    ad_node y = z;

    if (label != AD_NONE) {
        y = labelled(f, z, label);
        n += body_of(f)->classes;
    }
    y = ad_reshape(g, y, ad_rows(g, (int32_t)k, 1, 2, &n));
    y = nn_apply(f->b->net[VAE_DECODER_NET], &f->pass[VAE_DECODER_NET], y);
    return ad_reshape(g, y, ad_rows(g, (int32_t)k, 1, 2, &params));
}
