/* A model that begins with another one's encoder. */
#include <string.h>

#include "ae/internal.h"

#define ENCODER "encoder."

static int is_encoders(const ad_store *s, size_t i)
{
    return memcmp(ad_store_name(s, i), ENCODER, sizeof ENCODER - 1) == 0;
}

/* The first of the encoder's variables at or behind i, or their count. */
static size_t next(const ad_store *s, size_t i)
{
    while (i < ad_store_count(s) && !is_encoders(s, i))
        i++;
    return i;
}

/* "weight" of "encoder.3.weight". Its number also counts layers that have no
 * variables, in which two encoders may differ: dropout. */
static const char *part_of(const char *name)
{
    name += sizeof ENCODER - 1;
    while (*name && *name != '.')
        name++;
    return name;
}

static int32_t check_pair(const ad_store *a, size_t i, const ad_store *b,
                          size_t j, genmod_workspace *w)
{
    const char *const ours = ad_store_name(a, i);
    const char *const theirs = ad_store_name(b, j);

    if (!base_same(part_of(ours), part_of(theirs)))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "m has the array %s where from has %s", ours, theirs);
    if (!ad_shape_equal(ad_store_shape(a, i), ad_store_shape(b, j)))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "m has %u numbers in %s; from has %u, or the same in "
                         "another shape",
                         (uint64_t)ad_elements(ad_store_shape(a, i)), ours,
                         (uint64_t)ad_elements(ad_store_shape(b, j)));
    return GENMOD_OK;
}

/* Gives a's encoder the variables of b's, pair by pair in the order of the
 * layers. */
static int32_t take_encoder(ad_store *a, const ad_store *b, genmod_workspace *w)
{
    size_t i = next(a, 0), j = next(b, 0);

    for (; i < ad_store_count(a) && j < ad_store_count(b);
         i = next(a, i + 1), j = next(b, j + 1)) {
        const int32_t status = check_pair(a, i, b, j, w);

        if (status)
            return status;
        memcpy(ad_store_value(a, i), ad_store_value(b, j),
               (size_t)ad_elements(ad_store_shape(a, i)) * sizeof(float));
    }
    if (i < ad_store_count(a))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "m has the array %s; from has not",
                         ad_store_name(a, i));
    if (j < ad_store_count(b))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "from has the array %s; m has not",
                         ad_store_name(b, j));
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

/* b is a body of its own until this has succeeded. */
static int32_t adopt(model_body *b, genmod_report *r, void *arg,
                     genmod_workspace *w)
{
    const model_body *const from = arg;
    int32_t status = check_columns(from, b, w);

    (void)r;
    if (!status)
        status = take_encoder(b->store, from->store, w);
    if (status)
        return status;
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
