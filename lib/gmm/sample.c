/* Drawing rows: the component from the categorical distribution, then the row
 * from its Gaussian, x = mu + L z with Sigma = L L^T. */
#include <math.h>
#include <string.h>

#include "gmm/internal.h"

#define BLOCK ((size_t)1024) /* rows of a task */

typedef struct drawing {
    const gmm_params *p;
    uint64_t seed, first;
    size_t n;
    int32_t type;
    double *cumulative; /* [k] */
    double *z;          /* [width, d] */
    void *out;
    int32_t *component;
} drawing;

/* The first component whose cumulative weight passes u times the whole. */
static size_t pick(const drawing *g, uint64_t row)
{
    const size_t k = g->p->k;
    size_t lo = 0, hi = k - 1;
    uint32_t word[4];
    double target;

    base_random(g->seed, row, GMM_SITE_COMPONENT, 0, word);
    target = base_uniform(word[0], word[1]) * g->cumulative[k - 1];
    while (lo < hi) {
        const size_t middle = lo + (hi - lo) / 2;

        if (g->cumulative[middle] > target)
            hi = middle;
        else
            lo = middle + 1;
    }
    return lo;
}

/* z <- e with e = L z: U^T e = z since U = L^-T, by substitution, in scaled
 * columns. */
void gmm_colour(const gmm_params *p, size_t j, double *z)
{
    const size_t d = p->d, unit = p->type->shared ? 0 : j;
    const double *const u = (const double *)p->f64.precision +
                            unit * (p->type->triangle ? d * d : d);
    const double *const s = p->f64.scale;

    if (!p->type->triangle) {
        for (size_t c = 0; c < d; c++)
            z[c] /= u[c];
    } else {
        for (size_t l = 0; l < d; l++) {
            const double *const row = u + l * d;
            const double e = z[l] / row[l];

            z[l] = e;
            for (size_t c = l + 1; c < d; c++)
                z[c] -= row[c] * e;
        }
    }
    for (size_t c = 0; c < d; c++)
        z[c] /= s[c];
}

static int32_t draw_item(size_t item, size_t slot, void *arg)
{
    const drawing *const g = arg;
    const gmm_params *const p = g->p;
    const size_t d = p->d, end = (item + 1) * BLOCK;
    double *const z = g->z + slot * d;

    for (size_t i = item * BLOCK; i < g->n && i < end; i++) {
        const uint64_t row = g->first + i;
        const size_t j = pick(g, row);

        kern_normals(p->f64.ops, g->seed, row, GMM_SITE_NORMAL, d, z);
        gmm_colour(p, j, z);
        if (g->component)
            g->component[i] = (int32_t)j;
        for (size_t c = 0; c < d; c++) {
            const double x = p->means[j * d + c] + z[c];

            gmm_set_real(g->type, g->out, i * d + c, x);
        }
    }
    return GENMOD_OK;
}

static int32_t check(const gmm_model *m, uint64_t first, size_t n, int32_t type,
                     size_t bytes, const void *out, size_t *need,
                     genmod_workspace *w)
{
    const uint64_t end = UINT64_C(1) << 63;
    const size_t size = type == GENMOD_F32 ? sizeof(float) : sizeof(double);
    int32_t status;

    if (!m || !out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", m ? "out" : "m");
    status = gmm_check_fitted(m, w);
    if (status)
        return status;
    if (type != GENMOD_F32 && type != GENMOD_F64)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "type is %i; it must be GENMOD_F32 or GENMOD_F64",
                         (int64_t)type);
    if (n < 1 || n > (UINT64_C(1) << 40))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "n is %u; it must lie in 1 … 2^40", (uint64_t)n);
    if (first > end || n > end - first)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "first is %u; first + n must be at most 2^63", first);
    if (!base_mul(n, m->params->d, need) || !base_mul(*need, size, need) ||
        bytes < *need)
        return base_fail(w, GENMOD_TOO_SMALL,
                         "bytes is %u; the result takes %u", (uint64_t)bytes,
                         (uint64_t)*need);
    return GENMOD_OK;
}

/* Some blocks at a time, so that a cancel is seen soon. */
static int32_t draw_all(drawing *g, genmod_workspace *w)
{
    const size_t size = g->type == GENMOD_F32 ? sizeof(float) : sizeof(double);
    const size_t n = g->n, chunk = 64 * BLOCK;
    char *const out = g->out;
    int32_t *const component = g->component;
    const uint64_t first = g->first;

    for (size_t at = 0; at < n; at += chunk) {
        const int32_t status = base_cancelled(w);

        if (status)
            return status;
        g->n = n - at < chunk ? n - at : chunk;
        g->first = first + at;
        g->out = out + at * g->p->d * size;
        g->component = component ? component + at : NULL;
        if (base_parallel(w, (g->n + BLOCK - 1) / BLOCK, draw_item, g))
            return base_fail(w, GENMOD_CALLBACK, "parallel_for failed");
    }
    return GENMOD_OK;
}

static int32_t sample(const gmm_model *m, drawing *g, size_t need, void *out,
                      int32_t *component, genmod_workspace *w)
{
    const gmm_params *const p = m->params;
    const size_t n = g->n;
    double sum = 0;
    void *rows;
    int32_t *from, status;

    g->p = p;
    g->cumulative = base_scratch(w, p->k, sizeof(double));
    g->z = base_scratch(w, base_width(w) * p->d, sizeof(double));
    g->out = rows = base_scratch(w, need, 1);
    g->component = from =
        component ? base_scratch(w, n, sizeof *component) : NULL;
    if (!g->cumulative || !g->z || !rows || (component && !from))
        return base_status(w);
    for (size_t j = 0; j < p->k; j++)
        g->cumulative[j] = sum += p->weights[j];
    status = draw_all(g, w);
    if (status)
        return status;
    memcpy(out, rows, need);
    if (component)
        memcpy(component, from, n * sizeof *component);
    return GENMOD_OK;
}

int32_t gmm_sample(const gmm_model *m, uint64_t seed, uint64_t first, size_t n,
                   int32_t type, size_t bytes, void *out, int32_t *component,
                   genmod_workspace *w)
{
    drawing g = {.seed = seed, .first = first, .n = n, .type = type};
    base_call call;
    size_t need = 0;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check(m, first, n, type, bytes, out, &need, w);
    if (!status)
        status = sample(m, &g, need, out, component, w);
    return base_leave(&call, status);
}
