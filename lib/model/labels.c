/* Labels of rows that a model is conditioned on. */
#include "model/model.h"

int32_t model_check_labels(const model_rows *r, int64_t classes,
                           genmod_workspace *w)
{
    for (size_t i = 0; r->labels && i < r->n; i++)
        if (r->labels[i] < 0 || r->labels[i] >= classes)
            return base_fail(
                w, GENMOD_BAD_ARGUMENT,
                "the label of row %u is %i; with \"classes\" %i it "
                "must be from 0 to %i",
                model_row_number(r, i), (int64_t)r->labels[i], classes,
                classes - 1);
    return GENMOD_OK;
}

int32_t model_check_given(size_t n, const int32_t *labels, int64_t classes,
                          genmod_workspace *w)
{
    if (labels && !classes)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "labels are given; the model has \"classes\" 0");
    for (size_t i = 0; labels && i < n; i++)
        if (labels[i] < 0 || labels[i] >= classes)
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "labels[%u] is %i; with \"classes\" %i it must be "
                             "from 0 to %i",
                             (uint64_t)i, (int64_t)labels[i], classes,
                             classes - 1);
    return GENMOD_OK;
}

/* A class in its share of the training rows. */
static float draw_label(const model_draws *d, double all, uint64_t number)
{
    uint32_t bits[4];
    double left;
    int64_t k = 0;

    base_random(d->seed, number, d->site, 0, bits);
    left = base_uniform(bits[0], bits[1]) * all;
    while (k < d->classes - 1 && left >= d->shares[k])
        left -= d->shares[k++];
    return (float)k;
}

int32_t model_take_labels(const model_draws *d, uint64_t first, size_t n,
                          const int32_t *labels, float **out,
                          genmod_workspace *w)
{
    double all = 0;

    *out = NULL;
    if (!d->classes)
        return GENMOD_OK;
    *out = base_scratch(w, n, sizeof **out);
    if (!*out)
        return base_status(w);
    for (int64_t k = 0; k < d->classes; k++)
        all += d->shares[k];
    for (size_t i = 0; i < n; i++)
        (*out)[i] = labels ? (float)labels[i] : draw_label(d, all, first + i);
    return GENMOD_OK;
}
