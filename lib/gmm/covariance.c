/* The covariance types. */
#include "gmm/internal.h"

static const gmm_covariance types[GMM_COVARIANCE_TYPES] = {
    {"full", 1, 0, 0, 0},      {"tied", 1, 1, 0, 0},   {"diagonal", 0, 0, 0, 0},
    {"spherical", 0, 0, 1, 0}, {"factor", 1, 0, 0, 1},
};

const gmm_covariance *gmm_covariance_of(const char *name)
{
    for (size_t i = 0; i < GMM_COVARIANCE_TYPES; i++)
        if (base_same(types[i].name, name))
            return &types[i];
    return NULL;
}

const gmm_covariance *gmm_part_covariance(const gmm_covariance *t)
{
    return t->low ? &types[0] : t;
}

size_t gmm_units(const gmm_covariance *t, size_t k)
{
    return t->shared ? 1 : k;
}

size_t gmm_unit_size(const gmm_covariance *t, size_t d)
{
    if (t->triangle)
        return d * d;
    return t->scalar ? 1 : d;
}

double gmm_unit_variance(const gmm_covariance *t, size_t d, const double *unit,
                         size_t c)
{
    if (t->triangle)
        return unit[c * d + c];
    return t->scalar ? unit[0] : unit[c];
}
