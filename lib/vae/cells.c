/* What cells and labels have to be, and what training starts from. */
#include <math.h>
#include <string.h>

#include "vae/internal.h"

#define OFF_GRID 0.01 /* of a step, that a cell of the logistic may be */

int vae_labelled(const model_body *b)
{
    return ((const vae_body *)b)->classes > 0;
}

/* Standardised columns start from 0. */
static int is_plain(const vae_body *b, const vae_block *k)
{
    return b->standardise && vae_block_standardised(k);
}

int vae_surveys(const model_body *m)
{
    const vae_body *const b = (const vae_body *)m;

    if (b->classes || b->prior == VAE_VAMP)
        return 1;
    for (size_t i = 0; i < b->likelihood.n; i++)
        if (!is_plain(b, &b->likelihood.block[i]))
            return 1;
    return 0;
}

/* ---- refusals ------------------------------------------------------------ */

static int is_fine(const vae_block *k, double v)
{
    const double step = v * (k->levels - 1);

    if (k->kind == VAE_BERNOULLI)
        return v >= 0 && v <= 1;
    return v >= 0 && v <= 1 && fabs(step - floor(step + 0.5)) <= OFF_GRID;
}

static int32_t refuse(const model_body *b, const model_rows *r, size_t i,
                      size_t j, const vae_block *k, genmod_workspace *w)
{
    const double v = (double)r->x[i * b->d + j];
    const uint64_t row = model_row_number(r, i);
    const uint64_t column = model_column_of(&b->columns.size, j);

    if (k->kind == VAE_BERNOULLI)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "the cell in row %u, column %u is %g; with likelihood "
                         "bernoulli it must be from 0 to 1",
                         row, column, v);
    return base_fail(
        w, GENMOD_BAD_ARGUMENT,
        "the cell in row %u, column %u is %g; with likelihood "
        "discretised-logistic it must be a multiple of 1 / %i from "
        "0 to 1",
        row, column, v, (int64_t)(k->levels - 1));
}

/* What reading has not checked by the columns' kinds. */
static int32_t check_block(const model_body *b, const model_rows *r,
                           const vae_block *k, genmod_workspace *w)
{
    if (k->kind != VAE_DISCRETISED_LOGISTIC &&
        (k->kind != VAE_BERNOULLI || b->columns.kind))
        return GENMOD_OK;
    for (size_t i = 0; i < r->n; i++)
        for (int64_t j = k->first; j < k->first + k->size; j++)
            if (!is_fine(k, (double)r->x[i * b->d + (size_t)j]))
                return refuse(b, r, i, (size_t)j, k, w);
    return GENMOD_OK;
}

/* ---- what training starts from ------------------------------------------- */

static void add_cell(const vae_block *k, double *sums, int64_t j, double v)
{
    if (k->kind == VAE_CATEGORICAL)
        sums[k->params_first + (j - k->first) * k->levels + (int64_t)v] += 1;
    else
        sums[k->params_first + j - k->first] += v;
}

static void add_row(const vae_body *b, const float *x, const float *mask)
{
    double *const counts = b->sums + b->likelihood.params;
    double *const squares = counts + b->likelihood.d;

    for (size_t i = 0; i < b->likelihood.n; i++) {
        const vae_block *const k = &b->likelihood.block[i];

        for (int64_t j = k->first; j < k->first + k->size; j++) {
            if (mask && mask[j] == 0)
                continue;
            add_cell(k, b->sums, j, (double)x[j]);
            counts[j] += 1;
            squares[j] += (double)x[j] * (double)x[j];
        }
    }
}

/* The pseudo-inputs begin as rows of the data: row i is number i modulo K, the
 * last of such rows stays. With fewer rows than K the rest begins at 0. */
static void keep_pseudo(const vae_body *b, const float *x, uint64_t row)
{
    const size_t d = b->base.d;
    float *const to = ad_store_value(b->base.store, (size_t)b->pseudo);
    const size_t place = (size_t)(row % (uint64_t)b->components);

    memcpy(to + place * d, x, d * sizeof *to);
}

static int32_t learn_rows(vae_body *b, const model_rows *r, genmod_workspace *w)
{
    const size_t d = b->base.d;

    if (!b->sums)
        b->sums = base_alloc_zero(w, (size_t)b->likelihood.params + 2 * d,
                                  sizeof *b->sums);
    if (!b->sums)
        return base_status(w);
    for (size_t i = 0; i < r->n; i++) {
        const float *const x = r->x + i * d;

        add_row(b, x, r->mask ? r->mask + i * d : NULL);
        if (r->labels)
            ((double *)model_body_find(&b->base, VAE_SHARES))[r->labels[i]] +=
                1;
        if (b->prior == VAE_VAMP)
            keep_pseudo(b, x, model_row_number(r, i));
    }
    return GENMOD_OK;
}

int32_t vae_look(model_body *m, const model_rows *r, int learn,
                 genmod_workspace *w)
{
    vae_body *const b = (vae_body *)m;
    int32_t status = model_check_labels(r, b->classes, w);

    if (r->columns != &m->columns)
        return status;
    for (size_t i = 0; i < b->likelihood.n && !status; i++)
        status = check_block(m, r, &b->likelihood.block[i], w);
    return status || !learn ? status : learn_rows(b, r, w);
}

/* ---- over ranks ---------------------------------------------------------- */

double *vae_sums(model_body *m, size_t i, size_t *n)
{
    vae_body *const b = (vae_body *)m;

    *n = i == 0 ? (size_t)b->likelihood.params + 2 * m->d : (size_t)b->classes;
    if (i == 0)
        return b->sums;
    return i == 1 && b->classes ? model_body_find(m, VAE_SHARES) : NULL;
}

int32_t vae_join(model_body *m, genmod_workspace *w)
{
    if (((const vae_body *)m)->prior == VAE_VAMP)
        return base_alone(w, "option \"prior\" vamp");
    return GENMOD_OK;
}
