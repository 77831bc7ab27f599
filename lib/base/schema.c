/* What the columns of a view hold, and whether cells may be missing. */
#include "base/internal.h"

#define LEAST_LEVELS 2
#define MOST_LEVELS 65536

/* Whether kind and levels of column j are such; levels may be NULL. */
static int32_t check_column(size_t j, int32_t kind, const int32_t *levels,
                            genmod_workspace *w)
{
    if (kind < GENMOD_REAL || kind > GENMOD_CATEGORICAL)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "the kind of column %u is %i; it must be from %i "
                         "(GENMOD_REAL) to %i (GENMOD_CATEGORICAL)",
                         (uint64_t)j, (int64_t)kind, (int64_t)GENMOD_REAL,
                         (int64_t)GENMOD_CATEGORICAL);
    if (kind != GENMOD_CATEGORICAL)
        return GENMOD_OK;
    if (!levels)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "levels is NULL, and column %u is categorical",
                         (uint64_t)j);
    if (levels[j] < LEAST_LEVELS || levels[j] > MOST_LEVELS)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "the levels of column %u are %i; they must be from "
                         "%i to %i",
                         (uint64_t)j, (int64_t)levels[j], (int64_t)LEAST_LEVELS,
                         (int64_t)MOST_LEVELS);
    return GENMOD_OK;
}

static int32_t set_schema(genmod_data *x, size_t d, const int32_t *kinds,
                          const int32_t *levels, genmod_workspace *w)
{
    int32_t status = GENMOD_OK;

    if (!x)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "the data view is NULL");
    if (d != (kinds ? x->d : 0))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "d is %u; with %s it must be %u", (uint64_t)d,
                         kinds ? "kinds" : "NULL", kinds ? (uint64_t)x->d : 0);
    for (size_t j = 0; j < d && !status; j++)
        status = check_column(j, kinds[j], levels, w);
    if (status)
        return status;
    x->kinds = kinds;
    x->levels = kinds ? levels : NULL;
    return GENMOD_OK;
}

int32_t genmod_data_set_schema(genmod_data *x, size_t d, const int32_t *kinds,
                               const int32_t *levels, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, set_schema(x, d, kinds, levels, w));
}

static int32_t set_missing(genmod_data *x, int32_t allowed, genmod_workspace *w)
{
    if (!x)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "the data view is NULL");
    if (allowed != 0 && allowed != 1)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "allowed is %i; it must be 0 or 1", (int64_t)allowed);
    x->missing = allowed;
    return GENMOD_OK;
}

int32_t genmod_data_set_missing(genmod_data *x, int32_t allowed,
                                genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, set_missing(x, allowed, w));
}

static int32_t set_noise(genmod_data *x, const genmod_data *noise,
                         genmod_workspace *w)
{
    if (!x)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "the data view is NULL");
    if (noise == x)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "noise is the view that it is of");
    if (noise && noise->n != x->n)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "noise has %u rows; the view has %u",
                         (uint64_t)noise->n, (uint64_t)x->n);
    if (noise && noise->d != x->d && noise->d != x->d * x->d)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "noise has %u columns; of %u columns it takes %u "
                         "variances or a matrix of %u",
                         (uint64_t)noise->d, (uint64_t)x->d, (uint64_t)x->d,
                         (uint64_t)(x->d * x->d));
    x->noise = noise;
    return GENMOD_OK;
}

int32_t genmod_data_set_noise(genmod_data *x, const genmod_data *noise,
                              genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, set_noise(x, noise, w));
}

const genmod_data *base_data_noise(const genmod_data *x)
{
    return x->noise;
}

const int32_t *base_data_kinds(const genmod_data *x)
{
    return x->kinds;
}

const int32_t *base_data_levels(const genmod_data *x)
{
    return x->levels;
}

int32_t base_data_missing(const genmod_data *x)
{
    return x->missing;
}
