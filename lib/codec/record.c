/* What the files of all families have: kind, options, report. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "codec/codec.h"

#define FAMILY "genmod.family"
#define FORMAT "genmod.format"
#define VERSION "genmod.version"
#define OWN_TEXTS 3 /* those; the checksum is the writer's */
#define OPTION "option."
#define REPORT "report."

char *codec_join(const char *prefix, const char *key, genmod_workspace *w)
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

static size_t count_options(const codec_record *r)
{
    size_t n = 0;

    while (r->options[n].key)
        n++;
    return n;
}

static size_t count_entries(const codec_record *r, int32_t series)
{
    size_t n = 0;

    for (const base_entry *e = r->entries; e->key; e++)
        n += e->series == series;
    return n;
}

static size_t count_texts(const codec_record *r)
{
    return OWN_TEXTS + count_options(r) + count_entries(r, 0);
}

/* ---- writing ------------------------------------------------------------- */

void codec_draft_text(codec_draft *f, const char *key, const char *value)
{
    f->texts[f->n_texts++] = (codec_text){key, value};
}

/* Room for a number as text, next to its name. */
static int32_t add_digits(codec_draft *f, const char *prefix, const char *key,
                          char **digits)
{
    char *const name = codec_join(prefix, key, f->w);

    *digits = base_scratch(f->w, 32, 1);
    if (!name || !*digits)
        return base_status(f->w);
    codec_draft_text(f, name, *digits);
    return GENMOD_OK;
}

int32_t codec_draft_number(codec_draft *f, const char *key, double v)
{
    char *digits;
    const int32_t status = add_digits(f, "", key, &digits);

    if (!status)
        base_format_f64(v, digits);
    return status;
}

static int32_t add_whole(codec_draft *f, const char *key, int64_t v)
{
    char *digits;
    const int32_t status = add_digits(f, "", key, &digits);

    if (!status)
        base_format_i64(v, digits);
    return status;
}

static int32_t add_options(codec_draft *f, const codec_record *r,
                           const genmod_config *c)
{
    int32_t status = GENMOD_OK;

    for (const base_option *o = r->options; o->key && !status; o++) {
        char *digits;

        status = add_digits(f, OPTION, o->key, &digits);
        if (!status)
            f->texts[f->n_texts - 1].value = option_text(c, o, digits);
    }
    return status;
}

static int32_t add_numbers(codec_draft *f, const codec_record *r,
                           const genmod_report *report)
{
    int32_t status = GENMOD_OK;

    for (const base_entry *e = r->entries; e->key && !status; e++) {
        char *digits;

        if (e->series)
            continue;
        status = add_digits(f, REPORT, e->key, &digits);
        if (!status)
            base_format_f64(base_report_number(report, e->key), digits);
    }
    return status;
}

int32_t codec_draft_new(const codec_record *r, size_t texts, size_t tensors,
                        const genmod_config *c, const genmod_report *report,
                        codec_draft *out, genmod_workspace *w)
{
    int32_t status;

    *out = (codec_draft){.w = w};
    texts += count_texts(r);
    tensors += count_entries(r, 1);
    out->texts = base_scratch(w, texts, sizeof *out->texts);
    out->tensors = base_scratch(w, tensors, sizeof *out->tensors);
    if (!out->texts || !out->tensors)
        return base_status(w);
    codec_draft_text(out, FAMILY, r->family);
    status = add_whole(out, FORMAT, r->format);
    if (!status)
        status = add_whole(out, VERSION, genmod_version());
    if (!status)
        status = add_options(out, r, c);
    if (!status)
        status = add_numbers(out, r, report);
    return status;
}

void codec_draft_tensor(codec_draft *f, const char *name, int32_t type,
                        int32_t rank, const uint64_t *shape, const void *data)
{
    codec_tensor *const t = &f->tensors[f->n_tensors++];

    *t = (codec_tensor){.name = name, .type = type, .rank = rank, .data = data};
    for (int32_t i = 0; i < rank; i++)
        t->shape[i] = shape[i];
}

int32_t codec_draft_series(codec_draft *f, const codec_record *r,
                           const genmod_report *report)
{
    for (const base_entry *e = r->entries; e->key; e++) {
        size_t n;
        const char *name;
        const double *values;

        if (!e->series)
            continue;
        name = codec_join(REPORT, e->key, f->w);
        if (!name)
            return base_status(f->w);
        values = base_report_values(report, e->key, &n);
        codec_draft_tensor(f, name, GENMOD_F64, 1, &(uint64_t){n}, values);
    }
    return GENMOD_OK;
}

int32_t codec_draft_write(const codec_draft *f, size_t cap, void *out,
                          size_t *need)
{
    return codec_write(f->n_texts, f->texts, f->n_tensors, f->tensors, cap, out,
                       need, f->w);
}

/* ---- reading ------------------------------------------------------------- */

int32_t codec_read_text(const codec_file *f, const char *key, const char **out,
                        genmod_workspace *w)
{
    *out = codec_get(f, key);
    if (!*out)
        return base_fail(w, GENMOD_BAD_BYTES, "metadata \"%s\" is missing",
                         key);
    return GENMOD_OK;
}

int32_t codec_read_number(const codec_file *f, const char *key, double *out,
                          genmod_workspace *w)
{
    const char *value;
    char digits[32];
    const int32_t status = codec_read_text(f, key, &value, w);

    if (status)
        return status;
    if (!base_parse_f64(value, out))
        return base_fail(w, GENMOD_BAD_BYTES,
                         "%s is \"%s\", which is not a number", key, value);
    base_format_f64(*out, digits);
    if (!base_same(value, digits))
        return base_fail(w, GENMOD_BAD_BYTES,
                         "%s is \"%s\"; it is saved as \"%s\"", key, value,
                         digits);
    return GENMOD_OK;
}

int32_t codec_check_kind(const codec_file *f, const codec_record *r,
                         genmod_workspace *w)
{
    const char *family, *format, *version;
    int64_t number;
    int32_t status = codec_read_text(f, FAMILY, &family, w);

    if (!status)
        status = codec_read_text(f, FORMAT, &format, w);
    if (!status)
        status = codec_read_text(f, VERSION, &version, w);
    if (status)
        return status;
    if (!base_same(family, r->family))
        return base_fail(w, GENMOD_BAD_BYTES,
                         "the file holds a model of family \"%s\", not \"%s\"",
                         family, r->family);
    if (!base_parse_i64(format, &number) || number < 1 ||
        !base_parse_i64(version, &(int64_t){0}))
        return base_fail(w, GENMOD_BAD_BYTES,
                         FORMAT " is \"%s\", " VERSION " \"%s\"; they are "
                                "whole numbers from 1",
                         format, version);
    if (number > r->format)
        return base_fail(w, GENMOD_UNSUPPORTED,
                         FORMAT " is %i; this version reads up to %i", number,
                         r->format);
    return GENMOD_OK;
}

/* 1: saved by an earlier version of the library, which may have had fewer
 * options and entries. Those that it lacks are as they were then: options at
 * their defaults, entries unknown. */
static int is_older(const codec_file *f)
{
    int64_t version = 0;
    const int number = base_parse_i64(codec_get(f, VERSION), &version);

    assert(number); /* codec_check_kind() */
    (void)number;
    return version < genmod_version();
}

/* What an older file lacks of the record's texts and tensors. */
static int32_t count_lacking(const codec_file *f, const codec_record *r,
                             size_t *texts, size_t *tensors,
                             genmod_workspace *w)
{
    *texts = *tensors = 0;
    for (const base_option *o = r->options; o->key && is_older(f); o++) {
        const char *const key = codec_join(OPTION, o->key, w);

        if (!key)
            return base_status(w);
        *texts += !codec_get(f, key);
    }
    for (const base_entry *e = r->entries; e->key && is_older(f); e++) {
        const char *const key = codec_join(REPORT, e->key, w);

        if (!key)
            return base_status(w);
        *texts += !e->series && !codec_get(f, key);
        *tensors += e->series && !codec_find(f, key);
    }
    return GENMOD_OK;
}

int32_t codec_check_counts(const codec_file *f, const codec_record *r,
                           size_t texts, size_t tensors, genmod_workspace *w)
{
    size_t few, less;
    const int32_t status = count_lacking(f, r, &few, &less, w);

    if (status)
        return status;
    texts += 1 + count_texts(r) - few; /* and the checksum */
    tensors += count_entries(r, 1) - less;
    if (codec_texts(f) != texts || codec_tensors(f) != tensors)
        return base_fail(w, GENMOD_BAD_BYTES,
                         "%u texts and %u tensors; %s has %u and %u",
                         (uint64_t)codec_texts(f), (uint64_t)codec_tensors(f),
                         r->noun, (uint64_t)texts, (uint64_t)tensors);
    return GENMOD_OK;
}

/* `inner`: w is in this call, and setting an option is a call of its own. */
static int32_t read_option(const codec_file *f, const base_option *o,
                           genmod_config *c, genmod_workspace *inner,
                           genmod_workspace *w)
{
    const char *const key = codec_join(OPTION, o->key, w);
    const char *value;
    char digits[32];
    int32_t status;

    if (!key)
        return base_status(w);
    if (!codec_get(f, key) && is_older(f))
        return GENMOD_OK;
    status = codec_read_text(f, key, &value, w);
    if (status)
        return status;
    if (genmod_config_set_str(c, o->key, value, inner))
        return base_fail(w, GENMOD_BAD_BYTES, "%s",
                         genmod_workspace_error(inner));
    if (!base_same(option_text(c, o, digits), value))
        return base_fail(w, GENMOD_BAD_BYTES,
                         "option \"%s\" is \"%s\", which is not how it is "
                         "saved",
                         o->key, value);
    return GENMOD_OK;
}

int32_t codec_read_options(const codec_file *f, const codec_record *r,
                           genmod_config **out, genmod_workspace *w)
{
    genmod_workspace *inner;
    int32_t status = base_config_new(r->options, out, w);

    if (status)
        return status;
    status = genmod_workspace_new(base_context(w), &inner);
    for (const base_option *o = r->options; o->key && !status; o++)
        status = read_option(f, o, *out, inner, w);
    genmod_workspace_free(inner);
    return status;
}

const codec_tensor *codec_read_tensor(const codec_file *f, const char *name,
                                      int32_t type, int32_t rank,
                                      const uint64_t *shape,
                                      genmod_workspace *w)
{
    const codec_tensor *const t = codec_find(f, name);
    int same = t && t->type == type && t->rank == rank;

    for (int32_t i = 0; i < rank && same; i++)
        same = t->shape[i] == shape[i];
    if (same)
        return t;
    base_fail(w, GENMOD_BAD_BYTES,
              t ? "tensor \"%s\" has another type or shape than the rest of "
                  "the file says"
                : "tensor \"%s\" is missing",
              name);
    return NULL;
}

/* NaN stands for what is not known. */
static int32_t check_entry(const codec_record *r, const base_entry *e, double v,
                           genmod_workspace *w)
{
    if (!r->counts(e) || isnan(v) ||
        (v >= 0 && v <= 0x1p53 && v == (double)(int64_t)v))
        return GENMOD_OK;
    return base_fail(w, GENMOD_BAD_BYTES,
                     REPORT "%s has the value %g; it counts", e->key, v);
}

static int32_t read_number(const codec_file *f, const codec_record *r,
                           const base_entry *e, genmod_report *report,
                           genmod_workspace *w)
{
    const char *const key = codec_join(REPORT, e->key, w);
    double v;
    int32_t status;

    if (!key)
        return base_status(w);
    if (!codec_get(f, key) && is_older(f))
        return GENMOD_OK;
    status = codec_read_number(f, key, &v, w);
    if (!status)
        status = check_entry(r, e, v, w);
    if (!status)
        base_report_set(report, e->key, v);
    return status;
}

static int32_t read_series(const codec_file *f, const codec_record *r,
                           const base_entry *e, genmod_report *report,
                           genmod_workspace *w)
{
    const char *const name = codec_join(REPORT, e->key, w);
    const codec_tensor *t;
    uint64_t n;
    int32_t status = GENMOD_OK;

    if (!name)
        return base_status(w);
    t = codec_find(f, name);
    if (!t && is_older(f))
        return GENMOD_OK;
    n = t ? codec_elements(t) : 0;
    t = codec_read_tensor(f, name, GENMOD_F64, 1, &n, w);
    if (!t)
        return GENMOD_BAD_BYTES;
    if (n)
        status = base_report_reserve(report, e->key, (size_t)n, w);
    for (size_t i = 0; i < n && !status; i++) {
        double v;

        memcpy(&v, (const char *)t->data + i * sizeof v, sizeof v);
        status = check_entry(r, e, v, w);
        if (!status)
            base_report_append(report, e->key, v);
    }
    return status;
}

int32_t codec_read_report(const codec_file *f, const codec_record *r,
                          genmod_report **out, genmod_workspace *w)
{
    int32_t status = base_report_new(r->entries, out, w);

    for (const base_entry *e = r->entries; e->key && !status; e++)
        status = e->series ? read_series(f, r, e, *out, w)
                           : read_number(f, r, e, *out, w);
    return status;
}
