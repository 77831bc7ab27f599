/* A model that begins with another one's encoder. */
#include <string.h>

#include "ae/internal.h"

#define ENCODER "encoder."

static int is_encoders(const ad_store *s, size_t i)
{
    return memcmp(ad_store_name(s, i), ENCODER, sizeof ENCODER - 1) == 0;
}

/* The number of a variable by name, or their count. */
static size_t find(const ad_store *s, const char *name)
{
    size_t i = 0;

    while (i < ad_store_count(s) && !base_same(ad_store_name(s, i), name))
        i++;
    return i;
}

/* Each array of a's encoder is one of b's, of the same shape. */
static int32_t check_arrays(const ad_store *a, const char *whose,
                            const ad_store *b, const char *other,
                            genmod_workspace *w)
{
    for (size_t i = 0; i < ad_store_count(a); i++) {
        const char *const name = ad_store_name(a, i);
        const size_t at = is_encoders(a, i) ? find(b, name) : 0;

        if (!is_encoders(a, i))
            continue;
        if (at == ad_store_count(b))
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "%s has the array %s; %s has not", whose, name,
                             other);
        if (!ad_shape_equal(ad_store_shape(a, i), ad_store_shape(b, at)))
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "%s has %u numbers in %s; %s has %u, or the same "
                             "in another shape",
                             whose, (uint64_t)ad_elements(ad_store_shape(a, i)),
                             name, other,
                             (uint64_t)ad_elements(ad_store_shape(b, at)));
    }
    return GENMOD_OK;
}

static int32_t check_columns(const model_body *from, const model_body *b,
                             genmod_workspace *w)
{
    char theirs[64], ours[64];

    nn_size_format(&from->columns.size, theirs);
    nn_size_format(&b->columns.size, ours);
    if (!nn_size_equal(&from->columns.size, &b->columns.size))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "the rows of from are %s, those of m %s", theirs,
                         ours);
    if (((const ae_body *)from)->standardise !=
        ((const ae_body *)b)->standardise)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "one of from and m standardises columns, and the "
                         "other does not");
    return GENMOD_OK;
}

/* Extremes [d] of b's columns, in units of its scales, in those of from's. */
static void rescale(const model_body *from, const model_body *b, float *v)
{
    const nn_columns *const was = &b->columns, *const is = &from->columns;

    for (size_t i = 0; v && i < b->d; i++) {
        const size_t j = model_column_of(&was->size, i);
        const double x = was->center[j] + was->scale[j] * (double)v[i];

        v[i] = (float)((x - is->center[j]) / is->scale[j]);
    }
}

static int32_t adopt(model_body *b, genmod_report *r, void *arg,
                     genmod_workspace *w)
{
    const model_body *const from = arg;
    const ad_store *const s = from->store;
    int32_t status = check_columns(from, b, w);

    (void)r;
    if (!status)
        status = check_arrays(b->store, "m", s, "from", w);
    if (!status)
        status = check_arrays(s, "from", b->store, "m", w);
    if (status)
        return status;
    for (size_t i = 0; i < ad_store_count(s); i++)
        if (is_encoders(s, i))
            memcpy(
                ad_store_value(b->store, find(b->store, ad_store_name(s, i))),
                ad_store_value(s, i),
                (size_t)ad_elements(ad_store_shape(s, i)) * sizeof(float));
    rescale(from, b, model_body_find(b, AE_LOW));
    rescale(from, b, model_body_find(b, AE_HIGH));
    memcpy(b->columns.center, from->columns.center, b->d * sizeof(double));
    memcpy(b->columns.scale, from->columns.scale, b->d * sizeof(double));
    return GENMOD_OK;
}

static int32_t check(const model *m, const model *from, genmod_workspace *w)
{
    if (!m || !from)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                         m ? "from" : "m");
    if (!from->body)
        return base_fail(w, GENMOD_NOT_FITTED,
                         "from has no weights; fit, start or load some");
    return GENMOD_OK;
}

int32_t ae_adopt(ae_model *m, const ae_model *from, const genmod_data *x,
                 genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check((model *)m, (const model *)from, w);
    status = status ? model_agree((model *)m, x, NULL, 1, status, w)
                    : model_begin((model *)m, x, adopt, from->base.body, w);
    return base_leave(&call, status);
}
