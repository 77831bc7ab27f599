/* Which likelihood a column has, and what it takes in the store. */
#include "vae/likelihood.h"

#include <assert.h>
#include <string.h>

const char *const vae_likelihood_words[VAE_LIKELIHOODS] = {
    "auto",       "bernoulli",        "gaussian",
    "log-normal", "categorical",      "discretised-logistic",
    "poisson",    "negative-binomial"};

static const char *const kind_words[] = {"real", "positive", "count", "binary",
                                         "categorical"};

/* The kind of column that a likelihood is for. */
static const int32_t kind_of[VAE_LIKELIHOODS] = {
    [VAE_BERNOULLI] = GENMOD_BINARY,
    [VAE_GAUSSIAN] = GENMOD_REAL,
    [VAE_LOG_NORMAL] = GENMOD_POSITIVE,
    [VAE_CATEGORICAL] = GENMOD_CATEGORICAL,
    [VAE_DISCRETISED_LOGISTIC] = GENMOD_REAL,
    [VAE_POISSON] = GENMOD_COUNT,
    [VAE_NEGATIVE_BINOMIAL] = GENMOD_COUNT};

/* What "auto" chooses for a kind of column. Counts are hardly ever as even as
 * Poisson's, which the negative binomial has as its limit. */
static const int32_t auto_of[] = {[GENMOD_REAL] = VAE_GAUSSIAN,
                                  [GENMOD_POSITIVE] = VAE_LOG_NORMAL,
                                  [GENMOD_COUNT] = VAE_NEGATIVE_BINOMIAL,
                                  [GENMOD_BINARY] = VAE_BERNOULLI,
                                  [GENMOD_CATEGORICAL] = VAE_CATEGORICAL};

/* ---- the plan ------------------------------------------------------------ */

static int32_t likelihood_of(const vae_choice *c, int64_t j)
{
    if (c->likelihood != VAE_AUTO)
        return c->likelihood;
    return c->kinds ? auto_of[c->kinds[j]] : VAE_GAUSSIAN;
}

static int32_t levels_of(const vae_choice *c, int64_t j)
{
    const int32_t kind = likelihood_of(c, j);

    if (kind == VAE_CATEGORICAL)
        return c->levels[j];
    return kind == VAE_DISCRETISED_LOGISTIC ? c->grid : 0;
}

static int is_of_one_block(const vae_choice *c, int64_t i, int64_t j)
{
    return likelihood_of(c, i) == likelihood_of(c, j) &&
           levels_of(c, i) == levels_of(c, j);
}

static int32_t check_schema(const vae_choice *c, int64_t d, genmod_workspace *w)
{
    const int32_t wanted = kind_of[c->likelihood];

    if (c->likelihood == VAE_AUTO)
        return GENMOD_OK;
    if (!c->kinds && c->likelihood == VAE_CATEGORICAL)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "option \"likelihood\" is categorical; the data need "
                         "a schema that gives each column's levels");
    for (int64_t j = 0; c->kinds && j < d; j++)
        if (c->kinds[j] != wanted)
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "option \"likelihood\" is %s, for %s columns; "
                             "the schema says that column %i is %s",
                             vae_likelihood_words[c->likelihood],
                             kind_words[wanted], j, kind_words[c->kinds[j]]);
    return GENMOD_OK;
}

static int32_t check_image(const vae_choice *c, int64_t d, genmod_workspace *w)
{
    for (int64_t j = 1; j < d; j++) {
        if (is_of_one_block(c, 0, j))
            continue;
        if (likelihood_of(c, 0) != likelihood_of(c, j))
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "column %i is %s and column 0 %s; an image's "
                             "columns are of one kind",
                             j, kind_words[c->kinds[j]],
                             kind_words[c->kinds[0]]);
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "column %i has %i levels and column 0 %i; an image's "
                         "columns have one number of levels",
                         j, (int64_t)c->levels[j], (int64_t)c->levels[0]);
    }
    return GENMOD_OK;
}

static void begin_block(const vae_choice *c, int64_t j, vae_likelihood *l)
{
    const int32_t kind = likelihood_of(c, j);
    const int image = l->size.rank == 3;

    l->block[l->n++] = (vae_block){.kind = kind,
                                   .levels = levels_of(c, j),
                                   .first = j,
                                   .params_first = l->params,
                                   .sigma = c->sigma,
                                   .sigma_value = c->sigma_value,
                                   .shared = c->shared < 0 ? image : c->shared,
                                   .variable = -1,
                                   .state = -1};
}

static void fill(const vae_choice *c, vae_likelihood *l)
{
    for (int64_t j = 0; j < l->d; j++) {
        if (j == 0 || !is_of_one_block(c, j - 1, j))
            begin_block(c, j, l);
        vae_block *const b = &l->block[l->n - 1];
        const int64_t more = b->kind == VAE_CATEGORICAL ? b->levels : 1;

        b->size++;
        b->params += more;
        l->params += more;
        l->kinds[j] = c->kinds ? c->kinds[j] : kind_of[b->kind];
    }
}

int32_t vae_likelihood_plan(const vae_choice *c, const nn_size *size,
                            vae_likelihood *out, genmod_workspace *w)
{
    vae_likelihood l = {.size = *size, .d = nn_size_elements(size)};
    size_t blocks = 1;
    int32_t status = check_schema(c, l.d, w);

    assert(l.d >= 1 && c->grid >= 2 && c->sigma_value > 0);
    if (!status && size->rank == 3)
        status = check_image(c, l.d, w);
    if (status)
        return status;
    for (int64_t j = 1; j < l.d; j++)
        blocks += !is_of_one_block(c, j - 1, j);
    l.block = base_alloc_zero(w, blocks, sizeof *l.block);
    l.kinds = base_alloc_zero(w, (size_t)l.d, sizeof *l.kinds);
    if (!l.block || !l.kinds) {
        vae_likelihood_clear(&l);
        return base_status(w);
    }
    fill(c, &l);
    *out = l;
    return GENMOD_OK;
}

void vae_likelihood_clear(vae_likelihood *l)
{
    base_free(l->block);
    base_free(l->kinds);
    memset(l, 0, sizeof *l);
}

int vae_block_standardised(const vae_block *b)
{
    return b->kind == VAE_GAUSSIAN || b->kind == VAE_LOG_NORMAL;
}

int64_t vae_likelihood_column(const vae_likelihood *l, int64_t j)
{
    const int64_t area = l->size.h * l->size.w;

    return l->size.rank == 1 ? j : j % area * l->size.c + j / area;
}

/* ---- the store ----------------------------------------------------------- */

/* "likelihood.<block>.<part>" */
static int32_t add(vae_likelihood *l, ad_store *s, size_t block,
                   const char *part, int32_t kind, int32_t group,
                   int32_t *index, genmod_workspace *w)
{
    const vae_block *const b = &l->block[block];
    char name[64] = "likelihood.";
    size_t at = strlen(name);

    at += base_format_i64((int64_t)block, name + at);
    name[at++] = '.';
    memcpy(name + at, part, strlen(part) + 1);
    return ad_store_add(s, name, kind, group,
                        ad_vector(b->shared ? 1 : b->size), index, w);
}

static int32_t declare_block(vae_likelihood *l, size_t i, ad_store *s,
                             int32_t group, genmod_workspace *w)
{
    vae_block *const b = &l->block[i];

    if (b->kind == VAE_DISCRETISED_LOGISTIC)
        return add(l, s, i, "log_scale", AD_TRAINED, group, &b->variable, w);
    if (b->kind == VAE_NEGATIVE_BINOMIAL)
        return add(l, s, i, "log_dispersion", AD_TRAINED, group, &b->variable,
                   w);
    if (!vae_block_standardised(b) || b->sigma == VAE_SIGMA_FIXED)
        return GENMOD_OK;
    if (b->sigma == VAE_SIGMA_LEARNED)
        return add(l, s, i, "log_sigma", AD_TRAINED, group, &b->variable, w);
    return add(l, s, i, "variance", AD_STATE, group, &b->state, w);
}

int32_t vae_likelihood_declare(vae_likelihood *l, ad_store *s, int32_t group,
                               genmod_workspace *w)
{
    int32_t status = GENMOD_OK;

    for (size_t i = 0; i < l->n && !status; i++)
        status = declare_block(l, i, s, group, w);
    return status;
}

static void set_all(ad_store *s, int32_t index, double v)
{
    const size_t n = (size_t)ad_elements(ad_store_shape(s, (size_t)index));
    void *const to = ad_store_value(s, (size_t)index);

    for (size_t i = 0; i < n; i++) {
        if (ad_store_type(s) == GENMOD_F32)
            ((float *)to)[i] = (float)v;
        else
            ((double *)to)[i] = v;
    }
}

/* A logistic's deviation is pi / sqrt(3) scales: this log scale is that of the
 * deviation 1/4, which greys have about their mean. */
#define FIRST_LOG_SCALE (-1.9817)

void vae_likelihood_initialise(const vae_likelihood *l, ad_store *s)
{
    for (size_t i = 0; i < l->n; i++) {
        const vae_block *const b = &l->block[i];
        const int logistic = b->kind == VAE_DISCRETISED_LOGISTIC;

        if (b->variable >= 0)
            set_all(s, b->variable, logistic ? FIRST_LOG_SCALE : 0);
        if (b->state >= 0)
            set_all(s, b->state, 1);
    }
}
