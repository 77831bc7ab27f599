/* A model as bytes: options, parameters, report. */
#include <math.h>
#include <string.h>

#include "codec/codec.h"
#include "gmm/internal.h"

#define FAMILY "genmod.family"
#define FORMAT "genmod.format"
#define VERSION "genmod.version"
#define OWN_TEXTS 3 /* those; the checksum is the codec's */
#define OPTION "option."
#define REPORT "report."
#define COLUMN_VARIANCE "column_variance"
#define OWN_TENSORS 4 /* weights, means, covariances, column variances */

/* Raised by a change that an older reader would take wrongly. */
#define FORMAT_NUMBER 1

/* A name in scratch. */
static char *join(const char *prefix, const char *key, genmod_workspace *w)
{
    const size_t head = strlen(prefix), tail = strlen(key) + 1;
    char *const name = base_scratch(w, head + tail, 1);

    if (!name)
        return NULL;
    memcpy(name, prefix, head);
    memcpy(name + head, key, tail);
    return name;
}

/* An option's value; numbers are written to `digits`, which has 32 bytes. */
static const char *option_text(const genmod_config *c, const base_option *o,
                               char *digits)
{
    if (o->type == BASE_STR)
        return base_config_str(c, o->key);
    if (o->type == BASE_I64)
        base_format_i64(base_config_i64(c, o->key), digits);
    else
        base_format_f64(base_config_f64(c, o->key), digits);
    return digits;
}

static size_t count_options(void)
{
    size_t n = 0;

    while (gmm_options[n].key)
        n++;
    return n;
}

static size_t count_entries(int32_t series)
{
    size_t n = 0;

    for (const base_entry *e = gmm_entries; e->key; e++)
        n += e->series == series;
    return n;
}

typedef struct saving {
    const gmm_model *m;
    codec_text *texts;
    codec_tensor *tensors;
    size_t n_texts, n_tensors;
    genmod_workspace *w;
} saving;

/* Room for a number as text, next to its name. */
static int32_t add_text(saving *s, const char *prefix, const char *key,
                        char **digits)
{
    codec_text *const t = &s->texts[s->n_texts++];

    t->key = join(prefix, key, s->w);
    *digits = base_scratch(s->w, 32, 1);
    t->value = *digits;
    return t->key && *digits ? GENMOD_OK : base_status(s->w);
}

static int32_t add_texts(saving *s)
{
    char *digits;
    int32_t status;

    s->texts[s->n_texts++] = (codec_text){FAMILY, "gmm"};
    status = add_text(s, FORMAT, "", &digits);
    if (!status)
        base_format_i64(FORMAT_NUMBER, digits);
    if (!status)
        status = add_text(s, VERSION, "", &digits);
    if (!status)
        base_format_i64(genmod_version(), digits);
    for (const base_option *o = gmm_options; o->key && !status; o++) {
        codec_text *const t = &s->texts[s->n_texts];

        status = add_text(s, OPTION, o->key, &digits);
        if (!status)
            t->value = option_text(s->m->config, o, digits);
    }
    for (const base_entry *e = gmm_entries; e->key && !status; e++) {
        if (e->series)
            continue;
        status = add_text(s, REPORT, e->key, &digits);
        if (!status)
            base_format_f64(base_report_number(s->m->report, e->key), digits);
    }
    return status;
}

static void add_tensor(saving *s, const char *name, int32_t rank,
                       const uint64_t *shape, const double *data)
{
    codec_tensor *const t = &s->tensors[s->n_tensors++];

    *t = (codec_tensor){
        .name = name, .type = GENMOD_F64, .rank = rank, .data = data};
    for (int32_t i = 0; i < rank; i++)
        t->shape[i] = shape[i];
}

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

static int32_t add_tensors(saving *s)
{
    const gmm_params *const p = s->m->params;
    const uint64_t means[2] = {p->k, p->d}, columns[1] = {p->d};
    uint64_t shape[3];
    const int32_t rank = covariance_shape(p->type, p->k, p->d, shape);

    add_tensor(s, GMM_WEIGHTS, 1, means, p->weights);
    add_tensor(s, GMM_MEANS, 2, means, p->means);
    add_tensor(s, GMM_COVARIANCES, rank, shape, p->covariances);
    add_tensor(s, COLUMN_VARIANCE, 1, columns, p->column_variance);
    for (const base_entry *e = gmm_entries; e->key; e++) {
        size_t n;
        const char *name;
        const double *values;

        if (!e->series)
            continue;
        name = join(REPORT, e->key, s->w);
        if (!name)
            return base_status(s->w);
        values = base_report_values(s->m->report, e->key, &n);
        shape[0] = n;
        add_tensor(s, name, 1, shape, values);
    }
    return GENMOD_OK;
}

static int32_t save(const gmm_model *m, size_t cap, void *out, size_t *need,
                    genmod_workspace *w)
{
    const size_t texts = OWN_TEXTS + count_options() + count_entries(0);
    const size_t tensors = OWN_TENSORS + count_entries(1);
    saving s = {.m = m, .w = w};
    int32_t status;

    s.texts = base_scratch(w, texts, sizeof *s.texts);
    s.tensors = base_scratch(w, tensors, sizeof *s.tensors);
    if (!s.texts || !s.tensors)
        return base_status(w);
    status = add_texts(&s);
    if (!status)
        status = add_tensors(&s);
    return status ? status
                  : codec_write(s.n_texts, s.texts, s.n_tensors, s.tensors, cap,
                                out, need, w);
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

/* The value of a key that must be there. */
static int32_t get(const loading *l, const char *prefix, const char *key,
                   const char **value)
{
    const char *const name = join(prefix, key, l->w);

    if (!name)
        return base_status(l->w);
    *value = codec_get(l->file, name);
    if (!*value)
        return base_fail(l->w, GENMOD_BAD_BYTES, "metadata \"%s\" is missing",
                         name);
    return GENMOD_OK;
}

static int32_t check_kind(const loading *l)
{
    const char *family, *format, *version;
    int64_t number;
    int32_t status = get(l, FAMILY, "", &family);

    if (!status)
        status = get(l, FORMAT, "", &format);
    if (!status)
        status = get(l, VERSION, "", &version);
    if (status)
        return status;
    if (!base_same(family, "gmm"))
        return base_fail(l->w, GENMOD_BAD_BYTES,
                         "the file holds a model of family \"%s\", not \"gmm\"",
                         family);
    if (!base_parse_i64(format, &number) || number < FORMAT_NUMBER ||
        !base_parse_i64(version, &(int64_t){0}))
        return base_fail(l->w, GENMOD_BAD_BYTES,
                         FORMAT " is \"%s\", " VERSION " \"%s\"; they are "
                                "whole numbers from 1",
                         format, version);
    if (number > FORMAT_NUMBER)
        return base_fail(l->w, GENMOD_UNSUPPORTED,
                         FORMAT " is %i; this version reads up to %i", number,
                         (int64_t)FORMAT_NUMBER);
    return GENMOD_OK;
}

/* With each key looked up elsewhere, the right number of them means that there
 * are no others. */
static int32_t check_counts(const loading *l)
{
    const size_t texts = 1 + OWN_TEXTS + count_options() + count_entries(0);
    const size_t tensors = OWN_TENSORS + count_entries(1);

    if (codec_texts(l->file) != texts || codec_tensors(l->file) != tensors)
        return base_fail(l->w, GENMOD_BAD_BYTES,
                         "%u texts and %u tensors; a mixture has %u and %u",
                         (uint64_t)codec_texts(l->file),
                         (uint64_t)codec_tensors(l->file), (uint64_t)texts,
                         (uint64_t)tensors);
    return GENMOD_OK;
}

/* `inner`: w is in this call, and setting an option is a call of its own. */
static int32_t read_option(loading *l, const base_option *o,
                           genmod_workspace *inner)
{
    genmod_config *const c = l->fresh.config;
    const char *value;
    char digits[32];
    int32_t status = get(l, OPTION, o->key, &value);

    if (status)
        return status;
    if (genmod_config_set_str(c, o->key, value, inner))
        return base_fail(l->w, GENMOD_BAD_BYTES, "%s",
                         genmod_workspace_error(inner));
    if (!base_same(option_text(c, o, digits), value))
        return base_fail(l->w, GENMOD_BAD_BYTES,
                         "option \"%s\" is \"%s\", which is not how it is "
                         "saved",
                         o->key, value);
    return GENMOD_OK;
}

static int32_t read_options(loading *l)
{
    genmod_workspace *inner;
    int32_t status = base_config_new(gmm_options, &l->fresh.config, l->w);

    if (status)
        return status;
    status = genmod_workspace_new(base_context(l->w), &inner);
    for (const base_option *o = gmm_options; o->key && !status; o++)
        status = read_option(l, o, inner);
    genmod_workspace_free(inner);
    return status;
}

/* A tensor of doubles with that shape, or NULL with text. */
static const codec_tensor *find(const loading *l, const char *name,
                                int32_t rank, const uint64_t *shape)
{
    const codec_tensor *const t = codec_find(l->file, name);
    int same = t && t->type == GENMOD_F64 && t->rank == rank;

    for (int32_t i = 0; i < rank && same; i++)
        same = t->shape[i] == shape[i];
    if (same)
        return t;
    base_fail(l->w, GENMOD_BAD_BYTES,
              t ? "tensor \"%s\" has another type or shape than options and "
                  "means say"
                : "tensor \"%s\" is missing",
              name);
    return NULL;
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

static int32_t settle(gmm_params *p, genmod_workspace *w)
{
    int32_t status = blame(gmm_params_check(p, w), w);

    if (!status)
        status = check_variances(p, w);
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
    gmm_params *p;

    if (!variance)
        return GENMOD_BAD_BYTES;
    if (d < 1 || d > 65536)
        return base_fail(l->w, GENMOD_BAD_BYTES,
                         "means have %u columns; there may be 1 to 65536", d);
    p = gmm_params_new(type, k, (size_t)d, l->w);
    if (!p)
        return base_status(l->w);
    l->fresh.params = p;
    codec_copy_f64(weights, p->weights);
    codec_copy_f64(means, p->means);
    codec_copy_f64(covariances, p->covariances);
    codec_copy_f64(variance, p->column_variance);
    return settle(p, l->w);
}

/* All entries but the likelihoods count something, and training goes on
 * counting. NaN stands for what is not known. */
static int fits(const base_entry *e, double v)
{
    if (base_same(e->key, GMM_REPORT_LOG_LIKELIHOOD) ||
        base_same(e->key, GMM_REPORT_HISTORY) ||
        base_same(e->key, GMM_REPORT_START_LOG_LIKELIHOOD) || isnan(v))
        return 1;
    return v >= 0 && v <= 0x1p53 && v == floor(v);
}

static int32_t misfit(const loading *l, const base_entry *e, double v)
{
    return base_fail(l->w, GENMOD_BAD_BYTES,
                     REPORT "%s has the value %g; it counts", e->key, v);
}

static int32_t read_number(loading *l, const base_entry *e)
{
    const char *value;
    char digits[32];
    double v;
    int32_t status = get(l, REPORT, e->key, &value);

    if (status)
        return status;
    if (!base_parse_f64(value, &v))
        return base_fail(l->w, GENMOD_BAD_BYTES,
                         REPORT "%s is \"%s\", which is not a number", e->key,
                         value);
    base_format_f64(v, digits);
    if (!base_same(value, digits))
        return base_fail(l->w, GENMOD_BAD_BYTES,
                         REPORT "%s is \"%s\"; it is saved as \"%s\"", e->key,
                         value, digits);
    if (!fits(e, v))
        return misfit(l, e, v);
    base_report_set(l->fresh.report, e->key, v);
    return GENMOD_OK;
}

/* Mends are per component. */
static int32_t check_length(const loading *l, const base_entry *e, uint64_t n)
{
    const size_t k = gmm_components(&l->fresh);

    if (n == 0 || n == k ||
        (!base_same(e->key, GMM_REPORT_MENDS) &&
         !base_same(e->key, GMM_REPORT_LAST_MEND)))
        return GENMOD_OK;
    return base_fail(l->w, GENMOD_BAD_BYTES,
                     REPORT "%s has %u values for %u components", e->key, n,
                     (uint64_t)k);
}

static int32_t read_series(loading *l, const base_entry *e)
{
    const char *const name = join(REPORT, e->key, l->w);
    const codec_tensor *t;
    uint64_t n;
    int32_t status;

    if (!name)
        return base_status(l->w);
    t = codec_find(l->file, name);
    n = t ? codec_elements(t) : 0;
    t = find(l, name, 1, &n);
    if (!t)
        return GENMOD_BAD_BYTES;
    status = check_length(l, e, n);
    if (!status && n)
        status = base_report_reserve(l->fresh.report, e->key, (size_t)n, l->w);
    for (size_t i = 0; i < n && !status; i++) {
        double v;

        memcpy(&v, (const char *)t->data + i * sizeof v, sizeof v);
        if (fits(e, v))
            base_report_append(l->fresh.report, e->key, v);
        else
            status = misfit(l, e, v);
    }
    return status;
}

static int32_t read_report(loading *l)
{
    int32_t status = base_report_new(gmm_entries, &l->fresh.report, l->w);

    for (const base_entry *e = gmm_entries; e->key && !status; e++)
        status = e->series ? read_series(l, e) : read_number(l, e);
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
        status = check_kind(&l);
    if (!status)
        status = check_counts(&l);
    if (!status)
        status = read_options(&l);
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
