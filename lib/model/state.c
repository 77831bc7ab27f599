/* A model as bytes: options, report, weights, and what training goes on from.
 */
#include <math.h>
#include <string.h>

#include "codec/codec.h"
#include "model/model.h"

#define MEAN_WEIGHT "mean_weight"
#define KERNELS "training.kernels" /* a checkpoint's alone */
#define TRAINING "training."       /* before the names of the loop's parts */

/* Tensors besides the report's: the arrays, and one a variable. */
static size_t count_tensors(const model_body *b)
{
    return b->arrays + ad_store_count(b->store);
}

/* Part i of the training: the loop's, then the tallies. */
static int part_at(const model_trainer *t, size_t i, nn_part *out)
{
    size_t n = 0;

    while (nn_loop_part(t->loop, n, out))
        if (n++ == i)
            return 1;
    *out = (nn_part){
        .name = "tally", .type = GENMOD_F64, .n = t->tallies, .data = t->tally};
    return i == n && t->tallies > 0;
}

static size_t count_parts(const model_trainer *t)
{
    nn_part part;
    size_t n = 0;

    while (t && part_at(t, n, &part))
        n++;
    return n;
}

/* ---- writing ------------------------------------------------------------- */

static int32_t add_parts(codec_draft *f, const model_trainer *t, int32_t type)
{
    nn_part part;

    for (size_t i = 0; t && part_at(t, i, &part); i++) {
        char *name;

        if (part.type != type)
            continue;
        name = codec_join(TRAINING, part.name, f->w);
        if (!name)
            return base_status(f->w);
        codec_draft_tensor(f, name, part.type, 1, &(uint64_t){part.n},
                           part.data);
    }
    return GENMOD_OK;
}

static void add_variables(codec_draft *f, const ad_store *s)
{
    for (size_t i = 0; i < ad_store_count(s); i++) {
        const ad_shape *const shape = ad_store_shape(s, i);
        uint64_t sizes[AD_RANK];

        for (int32_t a = 0; a < shape->rank; a++)
            sizes[a] = (uint64_t)shape->dim[a];
        codec_draft_tensor(f, ad_store_name(s, i), GENMOD_F32, shape->rank,
                           sizes, ad_store_value(s, i));
    }
}

static void add_arrays(codec_draft *f, const model_body *b, int32_t type)
{
    for (size_t i = 0; i < b->arrays; i++) {
        const model_array *const a = &b->array[i];

        if (a->type == type)
            codec_draft_tensor(f, a->name, type, 1, &(uint64_t){a->n}, a->data);
    }
}

/* Doubles first, as the writer wants them. */
static int32_t add_tensors(codec_draft *f, const model *m,
                           const model_trainer *t)
{
    const model_body *const b = m->body;
    int32_t status = codec_draft_series(f, &m->family->record, m->report);

    add_arrays(f, b, GENMOD_F64);
    if (!status)
        status = add_parts(f, t, GENMOD_F64);
    add_arrays(f, b, GENMOD_F32);
    add_arrays(f, b, CODEC_I32);
    add_variables(f, b->store);
    if (!status)
        status = add_parts(f, t, GENMOD_F32);
    return status;
}

/* With t what training needs comes along. */
static int32_t save(const model *m, const model_trainer *t, size_t cap,
                    void *out, size_t *need, genmod_workspace *w)
{
    codec_draft f;
    int32_t status = codec_draft_new(&m->family->record, t ? 2 : 1,
                                     count_tensors(m->body) + count_parts(t),
                                     m->config, m->report, &f, w);

    if (!status)
        status = codec_draft_number(&f, MEAN_WEIGHT, m->body->mean_weight);
    if (!status && t)
        codec_draft_text(&f, KERNELS, m->kernels);
    if (!status)
        status = add_tensors(&f, m, t);
    return status ? status : codec_draft_write(&f, cap, out, need);
}

int32_t model_save(const model *m, int checkpoint, size_t cap, void *out,
                   size_t *need, genmod_workspace *w)
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
        status = model_check_fitted(m, w);
    if (!status)
        status = save(m, checkpoint ? m->trainer : NULL, cap, out, need, w);
    return base_leave(&call, status);
}

/* ---- reading ------------------------------------------------------------- */

/* What the file says, beside the model until all of it has been read. */
typedef struct loading {
    const codec_file *file;
    int checkpoint;
    model fresh;
    genmod_workspace *w;
} loading;

/* What would be the caller's fault elsewhere is the file's here. */
static int32_t blame(int32_t status, genmod_workspace *w)
{
    if (status != GENMOD_BAD_ARGUMENT)
        return status;
    return base_fail(w, GENMOD_BAD_BYTES, "%s", genmod_workspace_error(w));
}

static int is_finite(double v)
{
    return v - v == 0;
}

/* A tensor of n elements that must be there, all finite. */
static int32_t find(const loading *l, const char *name, int32_t type,
                    int32_t rank, const uint64_t *shape,
                    const codec_tensor **out)
{
    const codec_tensor *const t =
        codec_read_tensor(l->file, name, type, rank, shape, l->w);
    const size_t bytes = codec_type_bytes(type);
    const uint64_t n = t ? codec_elements(t) : 0;

    if (!t)
        return GENMOD_BAD_BYTES;
    for (uint64_t i = 0; type != CODEC_I32 && i < n; i++) {
        const char *const at = (const char *)t->data + i * bytes;
        float narrow;
        double v;

        if (type == GENMOD_F32) {
            memcpy(&narrow, at, sizeof narrow);
            v = (double)narrow;
        } else {
            memcpy(&v, at, sizeof v);
        }
        if (!is_finite(v))
            return base_fail(l->w, GENMOD_BAD_BYTES,
                             "tensor \"%s\": element %u is %g", name, i, v);
    }
    *out = t;
    return GENMOD_OK;
}

/* The tensor of variable i, of the shape that the networks declare. */
static int32_t find_variable(const loading *l, size_t i,
                             const codec_tensor **out)
{
    const ad_store *const s = l->fresh.body->store;
    const ad_shape *const shape = ad_store_shape(s, i);
    const char *const name = ad_store_name(s, i);
    const uint64_t n = (uint64_t)ad_elements(shape);
    uint64_t sizes[AD_RANK];
    int32_t status;

    for (int32_t a = 0; a < shape->rank; a++)
        sizes[a] = (uint64_t)shape->dim[a];
    status = find(l, name, GENMOD_F32, shape->rank, sizes, out);
    for (uint64_t j = 0; !status && nn_is_variance(s, i) && j < n; j++) {
        float v;

        memcpy(&v, (const char *)(*out)->data + j * sizeof v, sizeof v);
        if (v < 0)
            return base_fail(l->w, GENMOD_BAD_BYTES,
                             "tensor \"%s\": element %u is %g; it must be >= 0",
                             name, j, (double)v);
    }
    return status;
}

/* The kinds of columns and their levels, aligned, in scratch. */
static int32_t copy_schema(const loading *l, const codec_tensor *kinds,
                           const codec_tensor *levels, model_schema *out)
{
    const size_t bytes = out->d * sizeof(int32_t);
    int32_t *const k = base_scratch(l->w, 2, bytes), *const n = k + out->d;

    if (!k)
        return base_status(l->w);
    memcpy(k, kinds->data, bytes);
    memcpy(n, levels->data, bytes);
    for (size_t j = 0; j < out->d; j++)
        if (k[j] < GENMOD_REAL || k[j] > GENMOD_CATEGORICAL ||
            (k[j] == GENMOD_CATEGORICAL &&
             (n[j] < 2 || n[j] > MODEL_MOST_COLUMNS)))
            return base_fail(l->w, GENMOD_BAD_BYTES,
                             "column %u has kind %i and %i levels", (uint64_t)j,
                             (int64_t)k[j], (int64_t)n[j]);
    out->kinds = k;
    out->levels = n;
    return GENMOD_OK;
}

static int32_t read_schema(const loading *l, model_schema *out)
{
    const uint64_t d = out->d;
    const codec_tensor *kinds, *levels;
    const char *const mark = l->fresh.family->mark;
    int32_t status;

    if (mark)
        out->marked = codec_find(l->file, mark) ? 1 : -1;
    if (!l->fresh.family->schema || !codec_find(l->file, MODEL_KINDS))
        return GENMOD_OK;
    status = find(l, MODEL_KINDS, CODEC_I32, 1, &d, &kinds);
    if (!status)
        status = find(l, MODEL_LEVELS, CODEC_I32, 1, &d, &levels);
    return status ? status : copy_schema(l, kinds, levels, out);
}

/* The networks of the options, once the file proves to hold their weights. */
static int32_t declare(loading *l)
{
    const codec_tensor *t = codec_find(l->file, MODEL_CENTER);
    const uint64_t d = t ? codec_elements(t) : 0;
    const model_family *const f = l->fresh.family;
    model_schema s = {.d = (size_t)d};
    int32_t status = blame(f->check_options(l->fresh.config, l->w), l->w);

    if (!status && (d < 1 || d > MODEL_MOST_COLUMNS))
        status = base_fail(l->w, GENMOD_BAD_BYTES,
                           "tensor \"" MODEL_CENTER "\" has %u elements; there "
                           "may be 1 to %i",
                           d, (int64_t)MODEL_MOST_COLUMNS);
    if (!status)
        status = read_schema(l, &s);
    if (!status)
        status = blame(
            model_body_new(f, l->fresh.config, &s, &l->fresh.body, l->w), l->w);
    for (size_t i = 0; !status && i < ad_store_count(l->fresh.body->store); i++)
        status = find_variable(l, i, &t);
    return status;
}

static int32_t read_array(const loading *l, const model_array *a)
{
    const codec_tensor *t;
    const int32_t status = find(l, a->name, a->type, 1, &(uint64_t){a->n}, &t);
    double *const values = a->data;

    if (status)
        return status;
    memcpy(a->data, t->data, a->n * codec_type_bytes(a->type));
    for (size_t j = 0; a->bound != MODEL_ANY && j < a->n; j++)
        if (values[j] < 0 || (a->bound == MODEL_POSITIVE && values[j] == 0))
            return base_fail(l->w, GENMOD_BAD_BYTES,
                             "tensor \"%s\": element %u is %g; it must be %s 0",
                             a->name, (uint64_t)j, values[j],
                             a->bound == MODEL_POSITIVE ? ">" : ">=");
    return GENMOD_OK;
}

static int32_t read_values(const loading *l)
{
    const model_body *const b = l->fresh.body;
    int32_t status = GENMOD_OK;

    for (size_t i = 0; i < ad_store_count(b->store) && !status; i++) {
        const codec_tensor *t;

        status = find_variable(l, i, &t);
        if (!status)
            memcpy(ad_store_value(b->store, i), t->data,
                   (size_t)codec_elements(t) * sizeof(float));
    }
    return status;
}

static int32_t read_body(loading *l)
{
    double *const weight = &l->fresh.body->mean_weight;
    int32_t status = model_body_seal(l->fresh.body, l->w);

    for (size_t i = 0; i < l->fresh.body->arrays && !status; i++)
        status = read_array(l, &l->fresh.body->array[i]);
    if (!status)
        status = read_values(l);
    if (!status)
        status = codec_read_number(l->file, MEAN_WEIGHT, weight, l->w);
    if (!status && (!(*weight > 0) || !is_finite(*weight)))
        status =
            base_fail(l->w, GENMOD_BAD_BYTES,
                      MEAN_WEIGHT " is %g; it must be finite and > 0", *weight);
    return status ? status : model_body_compile(l->fresh.body, l->w);
}

/* Of a checkpoint, which is one by that text. */
static int32_t read_kernels(loading *l)
{
    const char *const kernels = codec_get(l->file, KERNELS);

    if (strlen(kernels) >= sizeof l->fresh.kernels)
        return base_fail(
            l->w, GENMOD_BAD_BYTES, KERNELS " has %u bytes; it may have %u",
            (uint64_t)strlen(kernels), (uint64_t)sizeof l->fresh.kernels - 1);
    memcpy(l->fresh.kernels, kernels, strlen(kernels) + 1);
    return GENMOD_OK;
}

/* The loop's own check comes behind; NaN stands in its numbers for what is not
 * known. */
static int32_t read_part(const loading *l, const nn_part *part)
{
    const char *const name = codec_join(TRAINING, part->name, l->w);
    const uint64_t n = part->n;
    const codec_tensor *t;

    if (!name)
        return base_status(l->w);
    t = codec_read_tensor(l->file, name, part->type, 1, &n, l->w);
    if (!t)
        return GENMOD_BAD_BYTES;
    memcpy(part->data, t->data, part->n * codec_type_bytes(part->type));
    return GENMOD_OK;
}

static int32_t check_tallies(const loading *l)
{
    const model_trainer *const t = l->fresh.trainer;

    for (size_t i = 0; i < t->tallies; i++)
        if (!is_finite(t->tally[i]))
            return base_fail(l->w, GENMOD_BAD_BYTES,
                             "tensor \"" TRAINING "tally\": element %u is %g",
                             (uint64_t)i, t->tally[i]);
    return GENMOD_OK;
}

/* Counts of the report go on from those of the loop. */
static int32_t settle_counts(loading *l)
{
    model_trainer *const t = l->fresh.trainer;
    nn_status s;

    nn_loop_status(t->loop, &s);
    t->steps -= (double)s.step;
    t->epochs -= (double)s.epoch;
    if (t->steps < 0 || t->epochs < 0)
        return base_fail(l->w, GENMOD_BAD_BYTES,
                         "the report counts fewer updates than the training");
    return GENMOD_OK;
}

static int32_t read_training(loading *l)
{
    const model_shares alone = {.parts = 1, .local = 1, .ranks = 1, .n = 1};
    model *const m = &l->fresh;
    nn_part part;
    int32_t status = read_kernels(l);

    if (!status)
        status = model_trainer_new(m->config, m->body, m->report, &alone,
                                   &m->trainer, l->w);
    for (size_t i = 0; !status && part_at(m->trainer, i, &part); i++)
        status = read_part(l, &part);
    if (!status)
        status = nn_loop_loaded(m->trainer->loop, l->w);
    if (!status)
        status = check_tallies(l);
    return status ? status : settle_counts(l);
}

/* With each name looked up, the right number of them means that there are no
 * others. */
static int32_t check_counts(const loading *l)
{
    const model *const m = &l->fresh;

    return codec_check_counts(
        l->file, &m->family->record, l->checkpoint ? 2 : 1,
        count_tensors(m->body) + count_parts(m->trainer), l->w);
}

static int32_t read_file(loading *l)
{
    const codec_record *const r = &l->fresh.family->record;
    int32_t status = codec_check_kind(l->file, r, l->w);

    if (!status)
        status = codec_read_options(l->file, r, &l->fresh.config, l->w);
    if (!status)
        status = codec_read_report(l->file, r, &l->fresh.report, l->w);
    if (!status)
        status = declare(l);
    if (!status)
        status = read_body(l);
    l->checkpoint = codec_get(l->file, KERNELS) != NULL;
    if (!status && l->checkpoint)
        status = read_training(l);
    return status ? status : check_counts(l);
}

static int32_t load(model *m, size_t n, const void *bytes, genmod_workspace *w)
{
    loading l = {.fresh = {.family = m->family}, .w = w};
    model old = *m;
    int32_t status = codec_open(n, bytes, 1, &l.file, w);

    if (!status)
        status = read_file(&l);
    if (!status) {
        l.fresh.d = l.fresh.body->d;
        l.fresh.z = l.fresh.body->z;
        *m = l.fresh;
        l.fresh = old;
    }
    genmod_config_free(l.fresh.config);
    base_report_free(l.fresh.report);
    model_trainer_free(l.fresh.trainer);
    model_body_free(l.fresh.body);
    return status;
}

int32_t model_load(model *m, size_t n, const void *bytes, genmod_workspace *w)
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
        status = model_check_idle(m, w);
    return base_leave(&call, status ? status : load(m, n, bytes, w));
}
