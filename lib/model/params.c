/* The model's arrays by name. */
#include "model/model.h"

const char *model_params_key(const model *m, size_t i)
{
    if (!m || !m->body || i >= ad_store_count(m->body->store))
        return NULL;
    return ad_store_name(m->body->store, i);
}

static int32_t find(const model *m, const char *name, size_t *out,
                    genmod_workspace *w)
{
    const ad_store *const s = m->body->store;
    size_t i = 0;

    while (i < ad_store_count(s) && !base_same(ad_store_name(s, i), name))
        i++;
    *out = i;
    if (i < ad_store_count(s))
        return GENMOD_OK;
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "name is \"%s\"; %s_params_key() tells those that there "
                     "are",
                     name, m->family->record.family);
}

static int32_t get(const model *m, const char *name, size_t cap, double *out,
                   size_t *need, genmod_workspace *w)
{
    const ad_store *const s = m->body->store;
    const float *values;
    size_t i, n;
    const int32_t status = find(m, name, &i, w);

    if (status)
        return status;
    n = (size_t)ad_elements(ad_store_shape(s, i));
    if (need)
        *need = n;
    if (cap < n)
        return base_fail(w, GENMOD_TOO_SMALL, "cap is %u; %s takes %u doubles",
                         (uint64_t)cap, name, (uint64_t)n);
    values = ad_store_value(s, i);
    for (size_t j = 0; j < n; j++)
        out[j] = (double)values[j];
    return GENMOD_OK;
}

int32_t model_get_params(const model *m, const char *name, size_t cap,
                         double *out, size_t *need, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!m || !name || (cap && !out))
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                           !m      ? "m"
                           : !name ? "name"
                                   : "out");
    else
        status = model_check_fitted(m, w);
    return base_leave(&call, status ? status : get(m, name, cap, out, need, w));
}

/* Moments belong to the weights that they were gathered at: they go. */
static int32_t set(model *m, const char *name, size_t n, const double *values,
                   genmod_workspace *w)
{
    ad_store *const s = m->body->store;
    float *to;
    size_t i, room;
    const int32_t status = find(m, name, &i, w);

    if (status)
        return status;
    room = (size_t)ad_elements(ad_store_shape(s, i));
    if (n != room)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "n is %u; %s has %u numbers",
                         (uint64_t)n, name, (uint64_t)room);
    for (size_t j = 0; j < n; j++) {
        const float v = (float)values[j];

        if (v - v != 0)
            return base_fail(w, GENMOD_NON_FINITE,
                             "values[%u] is %g; it must be a finite float",
                             (uint64_t)j, values[j]);
        if (v < 0 && nn_is_variance(s, i))
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "values[%u] is %g; %s must be >= 0", (uint64_t)j,
                             values[j], name);
    }
    to = ad_store_value(s, i);
    for (size_t j = 0; j < n; j++)
        to[j] = (float)values[j];
    if (ad_store_gradients(s))
        ad_store_revert(s);
    model_trainer_free(m->trainer);
    m->trainer = NULL;
    m->kernels[0] = '\0';
    return GENMOD_OK;
}

int32_t model_set_params(model *m, const char *name, size_t n,
                         const double *values, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!m || !name || !values)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                           !m      ? "m"
                           : !name ? "name"
                                   : "values");
    else
        status = model_check_idle(m, w);
    if (!status)
        status = model_check_fitted(m, w);
    return base_leave(&call, status ? status : set(m, name, n, values, w));
}
