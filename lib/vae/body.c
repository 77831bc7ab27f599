/* What a model is made of: likelihood, networks, prior. */
#include <math.h>
#include <string.h>

#include "vae/internal.h"

static void choose(const genmod_config *c, const model_schema *s, vae_body *b,
                   vae_choice *out)
{
    static const int32_t sigmas[] = {VAE_SIGMA_LEARNED, VAE_SIGMA_OPTIMAL,
                                     VAE_SIGMA_FIXED};
    const int32_t likelihood = base_config_choice(c, VAE_LIKELIHOOD);

    /* levels come with data: until then networks are looked at without */
    *out = (vae_choice){
        .likelihood =
            !s->d && likelihood == VAE_CATEGORICAL ? VAE_AUTO : likelihood,
        .sigma = sigmas[base_config_choice(c, VAE_SIGMA)],
        .sigma_value = base_config_f64(c, VAE_SIGMA_VALUE),
        .shared = -1,
        .grid = (int32_t)base_config_i64(c, VAE_LEVELS),
        .kinds = s->kinds,
        .levels = s->levels,
    };
    b->missing = base_config_i64(c, VAE_MISSING) != 0;
    b->classes = base_config_i64(c, VAE_CLASSES);
    b->prior = base_config_choice(c, VAE_PRIOR);
    b->components = base_config_i64(c, VAE_PRIOR_COMPONENTS);
    b->vectors = base_config_i64(c, VAE_CODEBOOK);
    b->width = base_config_i64(c, VAE_CODEBOOK_WIDTH);
    b->standardise = base_config_i64(c, VAE_STANDARDISE) != 0 &&
                     out->likelihood != VAE_DISCRETISED_LOGISTIC;
    b->logits = b->means = b->log_variances = b->pseudo = -1;
    b->shift = b->factor = -1;
}

/* All real columns are read by the fast path; greys pass as Bernoulli cells. */
static void set_columns(vae_body *b)
{
    nn_columns *const c = &b->base.columns;
    const int32_t *const kinds = b->likelihood.kinds;

    c->missing = b->missing;
    c->levels = b->base.schema.levels;
    for (int64_t j = 0; j < b->likelihood.d; j++)
        if (kinds[j] != GENMOD_REAL &&
            (kinds[j] != GENMOD_BINARY || b->base.schema.kinds))
            c->kind = kinds;
    if (!c->kind && b->likelihood.block[0].kind == VAE_BERNOULLI)
        b->standardise = 0;
}

static int is_of_counts(const vae_body *b)
{
    for (size_t i = 0; i < b->likelihood.n; i++)
        if (b->likelihood.block[i].kind == VAE_POISSON ||
            b->likelihood.block[i].kind == VAE_NEGATIVE_BINOMIAL)
            return 1;
    return 0;
}

static ad_shape columns_shape(const nn_size *s)
{
    const int64_t image[3] = {s->h, s->w, s->c};

    return s->rank == 3 ? ad_shape_of(3, image) : ad_vector(s->n);
}

static int32_t declare_features(vae_body *b, genmod_workspace *w)
{
    const ad_shape shape = columns_shape(&b->base.columns.size);
    ad_store *const s = b->base.store;
    int32_t status;

    if (!is_of_counts(b))
        return GENMOD_OK;
    status =
        ad_store_add(s, "features.shift", AD_STATE, 0, shape, &b->shift, w);
    return status ? status
                  : ad_store_add(s, "features.factor", AD_STATE, 0, shape,
                                 &b->factor, w);
}

static int32_t declare_prior(vae_body *b, genmod_workspace *w)
{
    const int64_t k = b->components,
                  z = (int64_t)nn_size_elements(&b->base.codes.size);
    ad_store *const s = b->base.store;
    int32_t status = GENMOD_OK;

    if (b->prior == VAE_VAMP)
        return ad_store_add(s, "prior.pseudo", AD_TRAINED, 0,
                            ad_matrix(k, (int64_t)b->base.d), &b->pseudo, w);
    if (b->vectors)
        return vae_codebook_declare(b, w);
    if (b->prior == VAE_NORMAL)
        return GENMOD_OK;
    status = ad_store_add(s, "prior.logits", AD_TRAINED, 0, ad_vector(k),
                          &b->logits, w);
    if (!status)
        status = ad_store_add(s, "prior.means", AD_TRAINED, 0, ad_matrix(k, z),
                              &b->means, w);
    return status ? status
                  : ad_store_add(s, "prior.log_variances", AD_TRAINED, 0,
                                 ad_matrix(k, z), &b->log_variances, w);
}

static int32_t check_vamp(const vae_body *b, genmod_workspace *w)
{
    if (b->prior == VAE_VAMP && b->base.columns.kind)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "option \"prior\" is vamp: its rows are trained "
                         "numbers; it wants columns that are real, or greys");
    return GENMOD_OK;
}

static int32_t declare_networks(const genmod_config *c, vae_body *b,
                                genmod_workspace *w)
{
    model_body *const m = &b->base;
    const int64_t z = vae_code_of(c, &m->columns.size);
    const nn_size features = vae_features_size(b);
    const nn_size codes = {.rank = 1, .n = z + b->classes};
    nn_net *encoder, *decoder;
    int32_t status;

    m->codes.size = (nn_size){.rank = 1, .n = z};
    status = vae_parse_networks(c, b, &features, &codes, &encoder, &decoder, w);
    if (status)
        return status;
    status = model_body_net(m, encoder, "encoder", NULL, w);
    if (status) {
        nn_net_free(decoder);
        return status;
    }
    return model_body_net(m, decoder, "decoder", NULL, w);
}

int32_t vae_declare(const genmod_config *c, const model_schema *s,
                    model_body *m, genmod_workspace *w)
{
    vae_body *const b = (vae_body *)m;
    vae_choice choice;
    int32_t status = model_body_input(c, s, m, w);

    choose(c, s, b, &choice);
    if (!status)
        status =
            vae_likelihood_plan(&choice, &m->columns.size, &b->likelihood, w);
    if (status)
        return status;
    set_columns(b);
    if (b->classes)
        model_body_array(m, VAE_SHARES, GENMOD_F64, MODEL_NOT_NEGATIVE,
                         (size_t)b->classes);
    status = check_vamp(b, w);
    if (!status)
        status = declare_networks(c, b, w);
    if (!status)
        status = vae_likelihood_declare(&b->likelihood, m->store, 0, w);
    if (!status)
        status = declare_features(b, w);
    return status ? status : declare_prior(b, w);
}

void vae_dispose(model_body *m)
{
    vae_body *const b = (vae_body *)m;

    vae_likelihood_clear(&b->likelihood);
    base_free(b->sums);
    b->sums = NULL;
}

/* ---- first values -------------------------------------------------------- */

void vae_settle(model_body *m)
{
    if (!m->columns.kind && ((const vae_body *)m)->standardise)
        model_settle_channels(&m->columns);
}

/* The place of a door's column in the store's rows [h, w, c]. */
static void set_features(const vae_body *b)
{
    const nn_columns *const c = &b->base.columns;
    float *shift, *factor;

    if (b->shift < 0)
        return;
    shift = ad_store_value(b->base.store, (size_t)b->shift);
    factor = ad_store_value(b->base.store, (size_t)b->factor);
    for (size_t i = 0; i < b->base.d; i++) {
        const size_t j = model_column_of(&c->size, i);

        shift[i] = (float)-c->center[j];
        factor[i] = (float)(1 / c->scale[j]);
    }
}

/* The mixture begins as so many normals within N(0, 1): means of variance 1/2,
 * and as much variance about them. */
static void set_mixture(const vae_body *b, uint64_t seed, genmod_workspace *w)
{
    const size_t n = (size_t)b->components * b->base.z;
    ad_store *const s = b->base.store;
    float *const log_variances = ad_store_value(s, (size_t)b->log_variances);

    nn_initialise_normal(s, b->means, seed, sqrt(0.5), w);
    for (size_t i = 0; i < n; i++)
        log_variances[i] = -0.69314718f; /* ln 1/2 */
}

/* The number that gives a block's mean, of a survey's mean of cells or share of
 * a category; bounds keep logarithms small. */
static double start_of(const vae_block *b, double mean)
{
    const double p = mean < 1e-3 ? 1e-3 : mean > 0.999 ? 0.999 : mean;

    switch (b->kind) {
    case VAE_BERNOULLI:
        return vae_plain_ln(p / (1 - p));
    case VAE_CATEGORICAL:
        return vae_plain_ln(p);
    case VAE_POISSON:
    case VAE_NEGATIVE_BINOMIAL:
        return vae_plain_ln(mean < 1e-3 ? 1e-3 : mean);
    default:
        return mean;
    }
}

/* Number i of those that a block reads of the decoder. */
static double start_at(const vae_body *b, const vae_block *k, int64_t i)
{
    const double *const counts = b->sums + b->likelihood.params;
    const int64_t column = k->kind == VAE_CATEGORICAL ? i / k->levels : i;
    const double count = counts[k->first + column];

    return count > 0 ? start_of(k, b->sums[k->params_first + i] / count) : 0;
}

/* Variance of columns first … first + n - 1 together, each about its own mean;
 * 0 where nothing varies. */
static double variance_of(const vae_body *b, const vae_block *k, int64_t first,
                          int64_t n)
{
    const double *const counts = b->sums + b->likelihood.params;
    const double *const squares = counts + b->likelihood.d;
    double sum = 0, cells = 0;

    for (int64_t j = first; j < first + n; j++) {
        const double mean = b->sums[k->params_first + j] / counts[k->first + j];

        if (counts[k->first + j] == 0)
            continue;
        sum += squares[k->first + j] - counts[k->first + j] * mean * mean;
        cells += counts[k->first + j];
    }
    return sum > 0 ? sum / cells : 0;
}

/* Where columns are not standardised sigma starts from their deviations, and
 * not from 1, beside which small columns would not count; but of a column that
 * hardly varies from no less than a tenth of what all of the block do, or the
 * few rows in which it does would outweigh all others. */
#define LEAST 0.01 /* of the block's variance */

static void set_sigmas(const vae_body *b)
{
    const ad_store *const s = b->base.store;

    for (size_t i = 0; i < b->likelihood.n && b->sums && !b->standardise; i++) {
        const vae_block *const k = &b->likelihood.block[i];
        const int64_t step = k->shared ? k->size : 1;
        const double all = variance_of(b, k, 0, k->size);

        if (!vae_block_standardised(k))
            continue;
        for (int64_t j = 0; j < k->size; j += step) {
            const double own = variance_of(b, k, j, step);
            const double v = own > 0 && own < all * LEAST ? all * LEAST : own;

            if (v == 0)
                continue;
            if (k->variable >= 0)
                ((float *)ad_store_value(s, (size_t)k->variable))[j] =
                    (float)(vae_plain_ln(v) / 2);
            if (k->state >= 0)
                ((float *)ad_store_value(s, (size_t)k->state))[j] = (float)v;
        }
    }
}

/* The variable of the head's bias; the number of variables: it has none. A bias
 * stands behind its weight. */
static size_t find_bias(const ad_store *s)
{
    const size_t count = ad_store_count(s);
    size_t at = count;

    for (size_t i = 0; i < count; i++)
        if (model_is_named(ad_store_name(s, i), "decoder.", ".weight"))
            at = i + 1;
    return at < count &&
                   model_is_named(ad_store_name(s, at), "decoder.", ".bias")
               ? at
               : count;
}

/* The head's bias gives the means of the columns; that of a convolution their
 * mean over the pixels. */
static void set_biases(const vae_body *b)
{
    const ad_store *const s = b->base.store;
    const size_t at = find_bias(s), params = (size_t)b->likelihood.params;
    size_t n;
    float *bias;

    if (!b->sums || at == ad_store_count(s))
        return;
    n = (size_t)ad_elements(ad_store_shape(s, at));
    bias = ad_store_value(s, at);
    for (size_t i = 0; i < b->likelihood.n; i++) {
        const vae_block *const k = &b->likelihood.block[i];

        for (int64_t j = 0; j < k->params; j++)
            bias[(size_t)(k->params_first + j) % n] +=
                (float)(start_at(b, k, j) / (double)(params / n));
    }
}

int32_t vae_initialise(model_body *m, const genmod_config *c, uint64_t seed,
                       genmod_workspace *w)
{
    vae_body *const b = (vae_body *)m;

    (void)c;
    vae_likelihood_initialise(&b->likelihood, m->store);
    set_features(b);
    if (b->prior == VAE_MIXTURE)
        set_mixture(b, seed, w);
    if (b->vectors)
        nn_initialise_normal(m->store, b->book, seed, 1, w);
    set_sigmas(b);
    set_biases(b);
    base_free(b->sums);
    b->sums = NULL;
    return GENMOD_OK;
}
