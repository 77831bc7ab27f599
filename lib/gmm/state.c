/* A model as bytes: options, parameters, report. */
#include <math.h>

#include "codec/codec.h"
#include "gmm/noise.h"

#define COLUMN_VARIANCE "column_variance"
#define OWN_TENSORS 4 /* weights, means, covariances, column variances */

/* And the noise, where the options ask for it. */
static size_t own_tensors(const genmod_config *c)
{
    return OWN_TENSORS + (gmm_noise_wanted(c) ? 1 : 0);
}

/* All entries but the likelihoods count something, and training goes on
 * counting. */
static int counts(const base_entry *e)
{
    return !base_same(e->key, GMM_REPORT_LOG_LIKELIHOOD) &&
           !base_same(e->key, GMM_REPORT_OBJECTIVE) &&
           !base_same(e->key, GMM_REPORT_NOISE) &&
           !base_same(e->key, GMM_REPORT_NOISE_VOLUME) &&
           !base_same(e->key, GMM_REPORT_HISTORY) &&
           !base_same(e->key, GMM_REPORT_START_LOG_LIKELIHOOD);
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
    codec_draft_tensor(f, COLUMN_VARIANCE, GENMOD_F64, 1, columns,
                       p->column_variance);
    if (gmm_noise_wanted(m->config))
        codec_draft_tensor(f, GMM_NOISE, GENMOD_F64, 1, noise, p->noise);
    return codec_draft_series(f, &record, m->report);
}

static int32_t save(const gmm_model *m, size_t cap, void *out, size_t *need,
                    genmod_workspace *w)
{
    codec_draft f;
    int32_t status = codec_draft_new(&record, 0, own_tensors(m->config),
                                     m->config, m->report, &f, w);

    if (!status)
        status = add_tensors(&f, m);
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
    gmm_slots slots = {NULL, 0, 0};

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
    gmm_params *p;

    if (!variance)
        return GENMOD_BAD_BYTES;
    if (d < 1 || d > 65536)
        return base_fail(l->w, GENMOD_BAD_BYTES,
                         "means have %u columns; there may be 1 to 65536", d);
    if (gmm_noise_wanted(l->fresh.config)) {
        noise = find(l, GMM_NOISE, 1, sides);
        if (!noise)
            return GENMOD_BAD_BYTES;
    }
    p = gmm_params_new(type, k, (size_t)d, l->w);
    if (!p)
        return base_status(l->w);
    l->fresh.params = p;
    if (noise)
        codec_copy_f64(noise, p->noise);
    codec_copy_f64(weights, p->weights);
    codec_copy_f64(means, p->means);
    codec_copy_f64(covariances, p->covariances);
    codec_copy_f64(variance, p->column_variance);
    return settle(p, l->w);
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
    b->config = old.config;
    b->report = old.report;
    b->params = old.params;
}

static int32_t load(gmm_model *m, size_t n, const void *bytes,
                    genmod_workspace *w)
{
    loading l = {.w = w};
    int32_t status = codec_open(n, bytes, 1, &l.file, w);

    if (!status)
        status = codec_check_kind(l.file, &record, w);
    if (!status)
        status = codec_read_options(l.file, &record, &l.fresh.config, w);
    if (!status)
        status = codec_check_counts(l.file, &record, 0,
                                    own_tensors(l.fresh.config), w);
    if (!status)
        status = read_params(&l);
    if (!status)
        status = read_report(&l);
    if (!status)
        swap(m, &l.fresh);
    genmod_config_free(l.fresh.config);
    base_report_free(l.fresh.report);
    gmm_params_free(l.fresh.params);
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
