/* A model as bytes: options, parameters, report. */
#include <math.h>
#include <string.h>

#include "codec/codec.h"
#include "gmm/factor.h"
#include "gmm/noise.h"
#include "gmm/variational.h"

#define COLUMN_VARIANCE "column_variance"
#define OWN_TENSORS 4 /* weights, means, covariances, column variances */
/* Of a model with a prior or a posterior, as gmm_posterior has them. */
#define PRIOR_MEAN "prior_mean"
#define PRIOR_COVARIANCE "prior_covariance"
#define COUNTS "posterior_counts"
#define FLAGS "posterior_flags" /* given_mean, given_covariance, fitted */
#define POSTERIOR_TENSORS 4

/* And the noise, where the options ask for it; two for a covariance that is
 * made of factors; what belongs to a posterior. */
static size_t own_tensors(const gmm_model *m, int belief)
{
    return OWN_TENSORS + (gmm_noise_wanted(m->config) ? 1 : 0) +
           (gmm_model_rank(m) ? 2 : 0) + (belief ? POSTERIOR_TENSORS : 0);
}

/* All entries but likelihoods and what is made of them count something, and
 * training goes on counting. */
static int counts(const base_entry *e)
{
    static const char *const measured[] = {GMM_REPORT_LOG_LIKELIHOOD,
                                           GMM_REPORT_LOWER_BOUND,
                                           GMM_REPORT_OBJECTIVE,
                                           GMM_REPORT_NOISE,
                                           GMM_REPORT_NOISE_VOLUME,
                                           GMM_REPORT_HISTORY,
                                           GMM_REPORT_START_LOG_LIKELIHOOD,
                                           GMM_REPORT_CHOICE_LOG_LIKELIHOOD,
                                           GMM_REPORT_CHOICE_BIC,
                                           GMM_REPORT_CHOICE_AIC,
                                           GMM_REPORT_CHOICE_ICL,
                                           GMM_REPORT_CHOICE_HELD_OUT};

    for (size_t i = 0; i < sizeof measured / sizeof *measured; i++)
        if (base_same(e->key, measured[i]))
            return 0;
    return 1;
}

static const codec_record record = {.family = "gmm",
                                    .noun = "a mixture",
                                    .format = 1,
                                    .options = gmm_options,
                                    .entries = gmm_entries,
                                    .counts = counts};

/* The shape of the covariances: the units, unless there is one for all, then
 * that of a unit. */
static int32_t covariance_shape(const gmm_covariance *t, size_t k, size_t d,
                                uint64_t shape[3])
{
    int32_t rank = 0;

    if (!t->shared)
        shape[rank++] = k;
    if (!t->scalar)
        shape[rank++] = d;
    if (t->triangle)
        shape[rank++] = d;
    return rank;
}

static int32_t add_tensors(codec_draft *f, const gmm_model *m)
{
    const gmm_params *const p = m->params;
    const uint64_t means[2] = {p->k, p->d}, columns[1] = {p->d};
    const uint64_t noise[1] = {1 + p->d};
    uint64_t shape[3];
    const int32_t rank = covariance_shape(p->type, p->k, p->d, shape);

    codec_draft_tensor(f, GMM_WEIGHTS, GENMOD_F64, 1, means, p->weights);
    codec_draft_tensor(f, GMM_MEANS, GENMOD_F64, 2, means, p->means);
    codec_draft_tensor(f, GMM_COVARIANCES, GENMOD_F64, rank, shape,
                       p->covariances);
    if (p->rank) {
        const uint64_t loadings[3] = {p->k, p->d, p->rank};

        codec_draft_tensor(f, GMM_LOADINGS, GENMOD_F64, 3, loadings,
                           p->loadings);
        codec_draft_tensor(f, GMM_UNIQUENESSES, GENMOD_F64, 2, means,
                           p->uniquenesses);
    }
    codec_draft_tensor(f, COLUMN_VARIANCE, GENMOD_F64, 1, columns,
                       p->column_variance);
    if (gmm_noise_wanted(m->config))
        codec_draft_tensor(f, GMM_NOISE, GENMOD_F64, 1, noise, p->noise);
    return codec_draft_series(f, &record, m->report);
}

static void add_posterior(codec_draft *f, const gmm_posterior *q,
                          double flags[3])
{
    const uint64_t d[1] = {q->d}, unit[1] = {q->unit}, k[1] = {q->k};

    flags[0] = q->given_mean;
    flags[1] = q->given_covariance;
    flags[2] = q->fitted;
    codec_draft_tensor(f, PRIOR_MEAN, GENMOD_F64, 1, d, q->mean);
    codec_draft_tensor(f, PRIOR_COVARIANCE, GENMOD_F64, 1, unit, q->covariance);
    codec_draft_tensor(f, COUNTS, GENMOD_F64, 1, k, q->counts);
    codec_draft_tensor(f, FLAGS, GENMOD_F64, 1, &(uint64_t){3}, flags);
}

static int32_t save(const gmm_model *m, size_t cap, void *out, size_t *need,
                    genmod_workspace *w)
{
    const gmm_posterior *const q = m->posterior;
    double flags[3];
    codec_draft f;
    int32_t status = codec_draft_new(&record, 0, own_tensors(m, q != NULL),
                                     m->config, m->report, &f, w);

    if (!status)
        status = add_tensors(&f, m);
    if (!status && q)
        add_posterior(&f, q, flags);
    return status ? status : codec_draft_write(&f, cap, out, need);
}

int32_t gmm_save(const gmm_model *m, size_t cap, void *out, size_t *need,
                 genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!m || (cap && !out))
        status =
            base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", m ? "out" : "m");
    else
        status = gmm_check_fitted(m, w);
    return base_leave(&call, status ? status : save(m, cap, out, need, w));
}

/* What the file says, beside the model until all of it has been read. */
typedef struct loading {
    const codec_file *file;
    gmm_model fresh;
    genmod_workspace *w;
} loading;

/* What would be the caller's fault elsewhere is the file's here. */
static int32_t blame(int32_t status, genmod_workspace *w)
{
    if (status != GENMOD_BAD_ARGUMENT)
        return status;
    return base_fail(w, GENMOD_BAD_BYTES, "%s", genmod_workspace_error(w));
}

static const codec_tensor *find(const loading *l, const char *name,
                                int32_t rank, const uint64_t *shape)
{
    return codec_read_tensor(l->file, name, GENMOD_F64, rank, shape, l->w);
}

static int32_t check_variances(const gmm_params *p, genmod_workspace *w)
{
    for (size_t c = 0; c < p->d; c++)
        if (!(p->column_variance[c] >= 0) || !isfinite(p->column_variance[c]))
            return base_fail(w, GENMOD_BAD_BYTES,
                             COLUMN_VARIANCE
                             "[%u] is %g; it must be finite and >= 0",
                             (uint64_t)c, p->column_variance[c]);
    return GENMOD_OK;
}

/* Unit by unit on this thread, with one slot: a slot for each of many threads
 * could take more memory than a call that loads n bytes may. */
static int32_t derive(gmm_params *p, genmod_workspace *w)
{
    const size_t units = gmm_units(p->type, p->k);
    const size_t line = BASE_ALIGN / sizeof(double);
    gmm_slots slots = {NULL, 0, 0, 0};

    if (p->type->triangle) {
        slots.pack = (p->d * p->d + line - 1) / line * BASE_ALIGN;
        slots.bytes = slots.pack + kern_factor_scratch(p->d);
    }
    slots.at = base_scratch(w, 1, slots.bytes);
    if (!slots.at)
        return base_status(w);
    gmm_derive_columns(p);
    for (size_t u = 0; u < units; u++)
        if (!gmm_derive_unit(p, u, &slots, 0))
            return base_fail(w, GENMOD_BAD_BYTES,
                             "covariance %u is not positive definite",
                             (uint64_t)u);
    gmm_derive_norms(p);
    return GENMOD_OK;
}

static int32_t check_noise(const gmm_params *p, genmod_workspace *w)
{
    const double u = p->noise[0];

    if (!(u >= 0 && u < 1))
        return base_fail(w, GENMOD_BAD_BYTES,
                         GMM_NOISE "[0] is %g; it must be in [0, 1)", u);
    for (size_t c = 1; c <= p->d; c++)
        if (!isfinite(p->noise[c]) ||
            !(u > 0 ? p->noise[c] > 0 : p->noise[c] == 0))
            return base_fail(w, GENMOD_BAD_BYTES,
                             GMM_NOISE "[%u] is %g; it must be %s", (uint64_t)c,
                             p->noise[c], u > 0 ? "finite and > 0" : "0");
    return GENMOD_OK;
}

static int32_t settle(gmm_params *p, genmod_workspace *w)
{
    int32_t status = blame(gmm_params_check(p, w), w);

    if (!status)
        status = check_variances(p, w);
    if (!status)
        status = check_noise(p, w);
    return status ? status : derive(p, w);
}

/* What the covariances are made of, and that they are. */
static int32_t read_factors(const loading *l, gmm_params *p)
{
    const uint64_t shape[3] = {p->k, p->d, p->rank};
    const codec_tensor *const w = find(l, GMM_LOADINGS, 3, shape);
    const codec_tensor *const psi = w ? find(l, GMM_UNIQUENESSES, 2, shape) : w;
    const codec_tensor *const covariances =
        codec_find(l->file, GMM_COVARIANCES);
    int32_t status;

    if (!psi)
        return GENMOD_BAD_BYTES;
    codec_copy_f64(w, p->loadings);
    codec_copy_f64(psi, p->uniquenesses);
    status = blame(gmm_factor_settle(p, l->w), l->w);
    if (!status && memcmp(covariances->data, p->covariances,
                          p->n_cov * sizeof(double)) != 0)
        status = base_fail(l->w, GENMOD_BAD_BYTES,
                           "covariances are not those of loadings and "
                           "uniquenesses");
    return status;
}

/* The tensors are there in full, so d and k are no more than the bytes hold. */
static int32_t read_params(loading *l)
{
    const gmm_covariance *const type = gmm_model_covariance(&l->fresh);
    const size_t k = gmm_components(&l->fresh);
    const codec_tensor *const any = codec_find(l->file, GMM_MEANS);
    const uint64_t d = any && any->rank == 2 ? any->shape[1] : 0;
    const uint64_t two[2] = {k, d};
    uint64_t shape[3];
    const int32_t rank = covariance_shape(type, k, (size_t)d, shape);
    const codec_tensor *const means = find(l, GMM_MEANS, 2, two);
    const codec_tensor *const weights =
        means ? find(l, GMM_WEIGHTS, 1, two) : NULL;
    const codec_tensor *const covariances =
        weights ? find(l, GMM_COVARIANCES, rank, shape) : NULL;
    const codec_tensor *const variance =
        covariances ? find(l, COLUMN_VARIANCE, 1, two + 1) : NULL;
    const uint64_t sides[1] = {d + 1};
    const codec_tensor *noise = NULL;
    int32_t status = GENMOD_OK;
    gmm_params *p;

    if (!variance)
        return GENMOD_BAD_BYTES;
    if (d < 1 || d > 65536)
        return base_fail(l->w, GENMOD_BAD_BYTES,
                         "means have %u columns; there may be 1 to 65536", d);
    if (gmm_model_rank(&l->fresh) >= d)
        return base_fail(l->w, GENMOD_BAD_BYTES, "rank is %u for %u columns",
                         (uint64_t)gmm_model_rank(&l->fresh), d);
    if (gmm_noise_wanted(l->fresh.config)) {
        noise = find(l, GMM_NOISE, 1, sides);
        if (!noise)
            return GENMOD_BAD_BYTES;
    }
    p = gmm_params_new_rank(type, k, (size_t)d, gmm_model_rank(&l->fresh),
                            l->w);
    if (!p)
        return base_status(l->w);
    l->fresh.params = p;
    if (noise)
        codec_copy_f64(noise, p->noise);
    codec_copy_f64(weights, p->weights);
    codec_copy_f64(means, p->means);
    codec_copy_f64(variance, p->column_variance);
    codec_copy_f64(covariances, p->covariances);
    if (p->rank)
        status = read_factors(l, p);
    return status ? status : settle(p, l->w);
}

static int32_t check_posterior(gmm_posterior *q, const double flags[3],
                               const gmm_covariance *t, genmod_workspace *w)
{
    for (size_t i = 0; i < 3; i++)
        if (flags[i] != 0 && flags[i] != 1)
            return base_fail(w, GENMOD_BAD_BYTES, FLAGS "[%u] is %g",
                             (uint64_t)i, flags[i]);
    for (size_t j = 0; j < q->k; j++)
        if (!(q->counts[j] >= 0) || !isfinite(q->counts[j]))
            return base_fail(w, GENMOD_BAD_BYTES,
                             COUNTS "[%u] is %g; it must be finite and >= 0",
                             (uint64_t)j, q->counts[j]);
    q->given_mean = flags[0] != 0;
    q->fitted = flags[2] != 0;
    q->given_covariance =
        q->fitted || flags[1] != 0; /* there is one to check */
    if (blame(gmm_posterior_check(q, t, w), w))
        return base_status(w);
    q->given_covariance = flags[1] != 0;
    return GENMOD_OK;
}

/* A file without a posterior has none of the four. */
static int32_t read_posterior(loading *l)
{
    const gmm_params *const p = l->fresh.params;
    const uint64_t d[1] = {p->d}, unit[1] = {gmm_unit_size(p->type, p->d)};
    const uint64_t k[1] = {p->k};
    const codec_tensor *const mean = find(l, PRIOR_MEAN, 1, d);
    const codec_tensor *const covariance =
        mean ? find(l, PRIOR_COVARIANCE, 1, unit) : NULL;
    const codec_tensor *const counts =
        covariance ? find(l, COUNTS, 1, k) : NULL;
    const codec_tensor *const flags =
        counts ? find(l, FLAGS, 1, &(uint64_t){3}) : NULL;
    gmm_posterior *q;
    double flag[3];

    if (!flags)
        return GENMOD_BAD_BYTES;
    if (!gmm_variational(&l->fresh))
        return base_fail(l->w, GENMOD_BAD_BYTES,
                         "a posterior, but inference is \"em\"");
    q = gmm_posterior_new(p->type, p->k, p->d, l->w);
    if (!q)
        return base_status(l->w);
    l->fresh.posterior = q;
    codec_copy_f64(mean, q->mean);
    codec_copy_f64(covariance, q->covariance);
    codec_copy_f64(counts, q->counts);
    codec_copy_f64(flags, flag);
    return check_posterior(q, flag, p->type, l->w);
}

/* Mends are per component. */
static int32_t check_length(const loading *l, const char *key)
{
    const size_t k = gmm_components(&l->fresh);
    size_t n;

    base_report_values(l->fresh.report, key, &n);
    if (n == 0 || n == k)
        return GENMOD_OK;
    return base_fail(l->w, GENMOD_BAD_BYTES,
                     "report.%s has %u values for %u components", key,
                     (uint64_t)n, (uint64_t)k);
}

static int32_t read_report(loading *l)
{
    int32_t status =
        codec_read_report(l->file, &record, &l->fresh.report, l->w);

    if (!status)
        status = check_length(l, GMM_REPORT_MENDS);
    if (!status)
        status = check_length(l, GMM_REPORT_LAST_MEND);
    return status;
}

/* Options, report and parameters change places; the old ones are freed. */
static void swap(gmm_model *a, gmm_model *b)
{
    const gmm_model old = *a;

    a->config = b->config;
    a->report = b->report;
    a->params = b->params;
    a->posterior = b->posterior;
    b->config = old.config;
    b->report = old.report;
    b->params = old.params;
    b->posterior = old.posterior;
}

static int32_t load(gmm_model *m, size_t n, const void *bytes,
                    genmod_workspace *w)
{
    loading l = {.w = w};
    int32_t status = codec_open(n, bytes, 1, &l.file, w);
    const int belief = !status && codec_find(l.file, PRIOR_MEAN);

    if (!status)
        status = codec_check_kind(l.file, &record, w);
    if (!status)
        status = codec_read_options(l.file, &record, &l.fresh.config, w);
    if (!status)
        status = codec_check_counts(l.file, &record, 0,
                                    own_tensors(&l.fresh, belief), w);
    if (!status)
        status = read_params(&l);
    if (!status && belief)
        status = read_posterior(&l);
    if (!status)
        status = read_report(&l);
    if (!status)
        swap(m, &l.fresh);
    genmod_config_free(l.fresh.config);
    base_report_free(l.fresh.report);
    gmm_params_free(l.fresh.params);
    gmm_posterior_free(l.fresh.posterior);
    return status;
}

int32_t gmm_load(gmm_model *m, size_t n, const void *bytes, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!m || !bytes)
        status =
            base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", m ? "bytes" : "m");
    else
        status = gmm_check_idle(m, w);
    return base_leave(&call, status ? status : load(m, n, bytes, w));
}
