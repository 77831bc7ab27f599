/* The model's arrays by name. */
#include "ae/internal.h"

const char *ae_params_key(const ae_model *m, size_t i)
{
    if (!m || !m->body || i >= ad_store_count(m->body->store))
        return NULL;
    return ad_store_name(m->body->store, i);
}

static int32_t get(const ae_model *m, const char *name, size_t cap, double *out,
                   size_t *need, genmod_workspace *w)
{
    const ad_store *const s = m->body->store;
    const float *values;
    size_t i = 0, n;

    while (i < ad_store_count(s) && !base_same(ad_store_name(s, i), name))
        i++;
    if (i == ad_store_count(s))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "name is \"%s\"; ae_params_key() tells those that "
                         "there are",
                         name);
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

int32_t ae_get_params(const ae_model *m, const char *name, size_t cap,
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
        status = ae_check_fitted(m, w);
    return base_leave(&call, status ? status : get(m, name, cap, out, need, w));
}
