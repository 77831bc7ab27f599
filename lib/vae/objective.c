/* What training makes small. Terms are sums over columns and codes, and
 * weighted means over rows. */
#include "vae/internal.h"

/* A training graph under construction. */
typedef struct training {
    model_draft f;
    const double *recipe;
    ad_node x, mask, label, weight;
    ad_node beta; /* as the warm-up has it */
    vae_codes codes;
    ad_node density; /* ln p(x|z) [m, k] */
    ad_node kl;      /* [m, z], where there is one in closed form */
    ad_node ratio;   /* ln q(z|x) - ln p(z) [m, k], where it is sampled */
    ad_node mmd;     /* with its weight; AD_NONE: there is none */
    ad_node loss;
} training;

static const vae_body *body_of(const training *t)
{
    return (const vae_body *)t->f.b;
}

static int recipe_of(const training *t, int place)
{
    return (int)t->recipe[place];
}

/* Mean over the rows of weight * a, a [m] or [m, n]: a scalar or [n]. */
static ad_node mean_rows(const training *t, ad_node a)
{
    ad_graph *const g = t->f.g;
    const int64_t one = 1;
    ad_node weight = t->weight;

    if (ad_shape_at(g, a)->rank == 2)
        weight = ad_reshape(g, weight, ad_rows(g, 1, 1, 2, &one));
    return ad_mean(g, ad_mul(g, weight, a), 1, 0);
}

/* The mask that the encoder sees: less what training hides. */
static ad_node seen(const training *t, int updating)
{
    ad_graph *const g = t->f.g;
    const double hide = t->recipe[VAE_R_HIDE];

    if (t->mask == AD_NONE || hide == 0 || !updating)
        return t->mask;
    return ad_mul(
        g, t->mask,
        ad_bernoulli(g, "vae/hide", 1 - hide, *ad_shape_at(g, t->mask)));
}

/* x with zeros where the encoder does not see. */
static ad_node visible(const training *t, ad_node mask)
{
    return mask == t->mask ? t->x : ad_mul(t->f.g, t->x, mask);
}

static int32_t open_training(training *t, const model_body *b,
                             const double *recipe, size_t rows, int flags,
                             genmod_workspace *w)
{
    const int32_t status = model_draft_open(&t->f, b, rows, flags, w);

    if (status)
        return status;
    t->recipe = recipe;
    t->x = model_draft_rows(&t->f, "x", &b->columns.size);
    t->mask = vae_input_mask(&t->f);
    t->label = vae_input_label(&t->f);
    t->weight = model_draft_weights(&t->f);
    t->beta = ad_input(t->f.g, "beta", ad_scalar());
    return GENMOD_OK;
}

/* Encoder, draws, decoder. */
static void run_networks(training *t, int updating)
{
    model_draft *const f = &t->f;
    const ad_node mask = seen(t, updating);
    vae_rows r = {.x = t->x, .mask = t->mask, .weight = t->weight};

    vae_posterior(f, vae_features(f, visible(t, mask), mask, t->label),
                  &t->codes);
    vae_draw_codes(f, recipe_of(t, VAE_R_SAMPLES), &t->codes);
    t->density =
        vae_log_density(&body_of(t)->likelihood, &f->pass[VAE_DECODER_NET],
                        vae_decoded(f, t->codes.z, t->label), &r);
}

/* KL in closed form where there is one and the gradient is to be its own. */
static void measure(training *t)
{
    model_draft *const f = &t->f;
    const int gradient = recipe_of(t, VAE_R_GRADIENT);
    const int closed = body_of(t)->prior == VAE_NORMAL;

    t->kl = closed ? vae_kl(f, &t->codes) : AD_NONE;
    t->ratio = AD_NONE;
    if (!closed || gradient != VAE_STANDARD ||
        recipe_of(t, VAE_R_OBJECTIVE) == VAE_IWAE)
        t->ratio = ad_sub(
            f->g, vae_log_posterior(f, &t->codes, gradient != VAE_STANDARD),
            vae_log_prior(f, t->codes.z));
}

/* beta KL, or what stands for it: KL has no gradient with a codebook. */
static ad_node penalty(const training *t)
{
    ad_graph *const g = t->f.g;
    const double bits = t->recipe[VAE_R_FREE_BITS];
    ad_node kl;

    if (body_of(t)->vectors)
        return ad_mul(g, ad_input(g, "commitment", ad_scalar()),
                      mean_rows(t, vae_commitment(&t->f, &t->codes)));
    if (bits > 0) {
        const ad_node codes = ad_all_mean(g, mean_rows(t, t->kl));
        const ad_node least = ad_constant(g, bits, *ad_shape_at(g, codes));

        return ad_mul(g, t->beta, ad_sum_all(g, ad_max(g, codes, least)));
    }
    kl = t->ratio == AD_NONE ? mean_rows(t, ad_sum(g, t->kl, 2, 0))
                             : mean_rows(t, ad_mean(g, t->ratio, 2, 0));
    if (recipe_of(t, VAE_R_CAPACITY))
        kl = ad_abs(g, ad_sub(g, ad_all_mean(g, kl),
                              ad_input(g, "capacity", ad_scalar())));
    return ad_mul(g, t->beta, kl);
}

/* -ln of the mean of k weights: equation (8) of Burda et al. 2016. */
static ad_node importance(const training *t, ad_node log_weights)
{
    ad_graph *const g = t->f.g;
    const ad_node draws = ad_constant(g, t->recipe[VAE_R_SAMPLES], ad_scalar());
    const ad_node bound =
        ad_sub(g, ad_logsumexp(g, log_weights, 2, 0), ad_log(g, draws));

    return ad_neg(g, mean_rows(t, bound));
}

/* ln w [m, k], beta on the part of the codes. */
static ad_node log_weights(const training *t)
{
    return ad_sub(t->f.g, t->density, ad_mul(t->f.g, t->beta, t->ratio));
}

static void set_loss(training *t)
{
    ad_graph *const g = t->f.g;
    const double mmd = t->recipe[VAE_R_MMD];

    if (recipe_of(t, VAE_R_OBJECTIVE) == VAE_IWAE)
        t->loss = importance(t, log_weights(t));
    else
        t->loss =
            ad_add(g, ad_neg(g, mean_rows(t, ad_mean(g, t->density, 2, 0))),
                   penalty(t));
    t->mmd = AD_NONE;
    if (mmd > 0) {
        t->mmd = ad_scale(g, vae_mmd(&t->f, &t->codes, t->weight), mmd);
        t->loss = ad_add(g, t->loss, t->mmd);
    }
}

/* What track.c gathers, in the order of VAE_O_…. */
static void give_figures(training *t)
{
    ad_graph *const g = t->f.g;
    const int64_t z = (int64_t)t->f.b->z;
    const ad_node kl = t->kl == AD_NONE
                           ? mean_rows(t, ad_mean(g, t->ratio, 2, 0))
                           : mean_rows(t, ad_sum(g, t->kl, 2, 0));
    const ad_node own = vae_kl(&t->f, &t->codes);
    const ad_node parts[3] = {
        ad_reshape(g, mean_rows(t, own), ad_matrix(1, z)),
        ad_reshape(g, ad_mean(g, t->codes.mean, 1, 0), ad_matrix(1, z)),
        ad_reshape(g, ad_mean(g, ad_square(g, t->codes.mean), 1, 0),
                   ad_matrix(1, z))};

    model_draft_output(&t->f, t->loss);
    model_draft_output(&t->f,
                       ad_neg(g, mean_rows(t, ad_mean(g, t->density, 2, 0))));
    model_draft_output(&t->f, kl);
    model_draft_output(&t->f, ad_concat(g, 0, 3, parts));
}

/* ---- gradients ----------------------------------------------------------- */

/* Doubly reparameterised (Tucker et al. 2019, equation (8)): the encoder has
 * sum of v_k (1 - beta (1 - v_k)) d ln w_k / dz dz/dphi, v the normalised
 * weights, all else their plain gradient. With beta 1 that is theirs: ln w
 * holds beta ln q, so beta v_k is what the score is weighed with, and of that
 * dv_k/dz = v_k (1 - v_k) d ln w_k / dz is left. ln w has no path to the
 * encoder but z here, nor has the MMD, whose gradient is its plain one. */
static void double_gradient(training *t)
{
    model_draft *const f = &t->f;
    ad_graph *const g = f->g;
    const ad_node w = log_weights(t);
    const ad_node v = ad_stop(g, ad_softmax(g, w));
    const int64_t one = 1, rest[2] = {ad_shape_at(g, w)->dim[1], 1};
    const ad_node rows =
        ad_div(g, ad_reshape(g, t->weight, ad_rows(g, 1, 1, 2, &one)),
               ad_count(g, t->weight));
    ad_node seed = ad_neg(g, ad_mul(g, v, rows)), by_z;

    if (ad_grad(g, w, seed, 1, &t->codes.z, &by_z))
        return;
    seed = ad_shift(g, ad_mul(g, t->beta, ad_shift(g, v, -1)), 1);
    seed = ad_mul(g, ad_reshape(g, seed, ad_rows(g, 1, 1, 3, rest)), by_z);
    if (t->mmd != AD_NONE) {
        if (ad_grad(g, t->mmd, AD_NONE, 1, &t->codes.z, &by_z))
            return;
        seed = ad_add(g, seed, by_z);
    }
    model_draft_gradients_through(f, t->loss, "encoder.", t->codes.z, seed);
}

int32_t vae_compile_update(const model_body *b, const double *recipe,
                           size_t phase, size_t rows, ad_program **out,
                           genmod_workspace *w)
{
    training t;
    const int32_t status =
        open_training(&t, b, recipe, rows, NN_TRAIN | NN_UPDATE, w);

    (void)phase;
    if (status)
        return status;
    run_networks(&t, 1);
    measure(&t);
    set_loss(&t);
    give_figures(&t);
    if (body_of(&t)->vectors)
        vae_codebook_follow(&t.f, &t.codes, t.weight);
    if (recipe_of(&t, VAE_R_GRADIENT) == VAE_DREG)
        double_gradient(&t);
    else
        model_draft_gradients(&t.f, t.loss);
    return model_draft_close(&t.f, out);
}

int32_t vae_compile_evaluate(const model_body *b, const double *recipe,
                             size_t rows, ad_program **out, genmod_workspace *w)
{
    training t;
    const int32_t status = open_training(&t, b, recipe, rows, 0, w);

    if (status)
        return status;
    run_networks(&t, 0);
    measure(&t);
    set_loss(&t);
    model_draft_output(&t.f, t.loss);
    return model_draft_close(&t.f, out);
}
