/* The mixture of y = A x + b: Bishop 2006, (2.115) without noise. */
#include <math.h>
#include <string.h>

#include "gmm/algebra.h"

typedef struct map {
    size_t r;        /* rows of a */
    const double *a; /* [r, d] */
    const double *b; /* [r], or NULL */
} map;

/* A row whose part outside the span of those before it is rounding: modified
 * Gram-Schmidt, in columns of like spread. r if there is none. */
static size_t dependent(const gmm_params *p, const map *f, double *work)
{
    const size_t d = p->d;
    const double noise = 16 * (double)d * DBL_EPSILON;

    for (size_t i = 0; i < f->r; i++) {
        double *const row = work + i * d;
        double before = 0, after = 0;

        for (size_t c = 0; c < d; c++) {
            row[c] = f->a[i * d + c] / ((const double *)p->f64.scale)[c];
            before = fabs(row[c]) > before ? fabs(row[c]) : before;
        }
        for (size_t c = 0; c < d && before > 0; c++)
            row[c] /= before;
        for (size_t o = 0; o < i; o++) {
            double dot = 0;

            for (size_t c = 0; c < d; c++)
                dot += row[c] * work[o * d + c];
            for (size_t c = 0; c < d; c++)
                row[c] -= dot * work[o * d + c];
        }
        for (size_t c = 0; c < d; c++)
            after += row[c] * row[c];
        after = sqrt(after);
        if (!(after > noise))
            return i;
        for (size_t c = 0; c < d; c++)
            row[c] /= after;
    }
    return f->r;
}

/* A S A^T of a unit; half [r, d]. */
static void map_unit(const gmm_params *p, size_t unit, const map *f,
                     double *half, double *out)
{
    const size_t d = p->d, r = f->r;

    for (size_t i = 0; i < r; i++)
        for (size_t c = 0; c < d; c++) {
            double sum = 0;

            for (size_t e = 0; e < d; e++)
                sum +=
                    f->a[i * d + e] *
                    gmm_unit_covariance(p, unit, e < c ? e : c, e < c ? c : e);
            half[i * d + c] = sum;
        }
    for (size_t i = 0; i < r; i++)
        for (size_t j = 0; j <= i; j++) {
            double sum = 0;

            for (size_t c = 0; c < d; c++)
                sum += half[i * d + c] * f->a[j * d + c];
            out[i * r + j] = out[j * r + i] = sum;
        }
}

static void map_mean(const gmm_params *p, size_t j, const map *f, double *out)
{
    for (size_t i = 0; i < f->r; i++) {
        out[i] = f->b ? f->b[i] : 0;
        for (size_t c = 0; c < p->d; c++)
            out[i] += f->a[i * p->d + c] * p->means[j * p->d + c];
    }
}

static int32_t transform(const gmm_model *from, const map *f, gmm_model *to,
                         genmod_workspace *w)
{
    const gmm_params *const p = from->params;
    double *const half = gmm_scratch(w, f->r, p->d, 1, sizeof *half);
    gmm_params *q;
    size_t bad;

    if (!half)
        return base_status(w);
    bad = dependent(p, f, half);
    if (bad < f->r)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "row %u of a is a combination of those before it: "
                         "there is no density of such a y",
                         (uint64_t)bad);
    q = gmm_params_new(p->type->triangle ? gmm_part_covariance(p->type)
                                         : gmm_covariance_of("full"),
                       p->k, f->r, w);
    if (!q)
        return base_status(w);
    memcpy(q->weights, p->weights, p->k * sizeof(double));
    memset(q->column_variance, 0, f->r * sizeof(double));
    for (size_t u = 0; u < gmm_units(q->type, q->k); u++)
        map_unit(p, u, f, half, q->covariances + u * f->r * f->r);
    for (size_t j = 0; j < p->k; j++)
        map_mean(p, j, f, q->means + j * f->r);
    return gmm_become(to, from, q, w);
}

static int32_t check_map(const gmm_params *p, const map *f, genmod_workspace *w)
{
    if (f->r < 1 || f->r > p->d)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "r is %u; it must be 1 to %u",
                         (uint64_t)f->r, (uint64_t)p->d);
    for (size_t i = 0; i < f->r * p->d; i++)
        if (!isfinite(f->a[i]))
            return base_fail(w, GENMOD_NON_FINITE, "a: row %u, column %u is %g",
                             (uint64_t)(i / p->d), (uint64_t)(i % p->d),
                             f->a[i]);
    for (size_t i = 0; f->b && i < f->r; i++)
        if (!isfinite(f->b[i]))
            return base_fail(w, GENMOD_NON_FINITE, "b[%u] is %g", (uint64_t)i,
                             f->b[i]);
    return GENMOD_OK;
}

int32_t gmm_affine(const gmm_model *from, size_t r, const double *a,
                   const double *b, gmm_model *to, genmod_workspace *w)
{
    const map f = {r, a, b};
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = gmm_check_pair(from, to, w);
    if (!status && !a)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "a is NULL");
    if (!status)
        status = check_map(from->params, &f, w);
    return base_leave(&call, status ? status : transform(from, &f, to, w));
}
