/* Rows, their responsibilities, and where each component pulls them. */
#include <string.h>

#include "gmm/slope.h"

#define INLINE static inline __attribute__((always_inline))

/* A row's bits depend on it alone: kern_ops.gemm() takes an output from its row
 * and its column, and columns here are rows of the data. */
static size_t padded(size_t m)
{
    return (m + 15) / 16 * 16;
}

int32_t gmm_check_slope(const gmm_params *p, genmod_workspace *w)
{
    if (p->noise[0] > 0)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "the model has noise, whose box has no gradient");
    return GENMOD_OK;
}

int32_t gmm_slope_open(gmm_slope *s, const gmm_params *p, const genmod_data *x,
                       genmod_workspace *w)
{
    const size_t k = p->k, d = p->d;
    int32_t status = gmm_check_slope(p, w);
    size_t rows;

    if (status)
        return status;
    s->p = p;
    s->ops = gmm_tables_of(p, base_data_type(x))->ops;
    s->panel = d * KERN_ROWS * s->ops->bytes;
    rows = KERN_ROWS * sizeof(double);
    s->slot_bytes = 4 * s->panel + k * KERN_ROWS * s->ops->bytes + rows +
                    (p->type->triangle ? kern_gemm_scratch() : 0);
    s->ones = base_scratch(w, KERN_ROWS, sizeof *s->ones);
    s->slots = base_scratch(w, gmm_block_slots(x, w), s->slot_bytes);
    if (!s->ones || !s->slots)
        return base_status(w);
    for (size_t i = 0; i < KERN_ROWS; i++)
        s->ones[i] = 1;
    return GENMOD_OK;
}

gmm_slope_slot gmm_slope_at(const gmm_slope *s, size_t slot)
{
    char *const at = s->slots + slot * s->slot_bytes;
    char *const r = at + 4 * s->panel;
    double *const total = (double *)(r + s->p->k * KERN_ROWS * s->ops->bytes);

    return (gmm_slope_slot){.panel = at,
                            .e = at + s->panel,
                            .y = at + 2 * s->panel,
                            .g = at + 3 * s->panel,
                            .r = r,
                            .total = total,
                            .pack = total + KERN_ROWS};
}

int gmm_slope_weigh(const gmm_slope *s, const gmm_slope_slot *at,
                    const base_view *v, size_t m)
{
    const gmm_tables *const t = gmm_tables_of(s->p, s->ops->type);

    if (!s->ops->pack(v, m, s->p->d, t->center, t->scale, at->panel))
        return 0;
    gmm_joint(s->ops, s->p, m, at->panel, at->r);
    s->ops->posterior(s->p->k, m, at->r, s->ones, at->total);
    return 1;
}

/* out_c = x_c - mu_c of m rows; `single` is a constant where it matters. */
INLINE void subtract(int single, size_t d, size_t m, const void *x,
                     const void *mu, void *out)
{
    for (size_t c = 0; c < d; c++)
        for (size_t i = 0; i < m; i++)
            if (single)
                ((float *)out)[c * KERN_ROWS + i] =
                    ((const float *)x)[c * KERN_ROWS + i] -
                    ((const float *)mu)[c];
            else
                ((double *)out)[c * KERN_ROWS + i] =
                    ((const double *)x)[c * KERN_ROWS + i] -
                    ((const double *)mu)[c];
}

/* out_c = beta out_c + alpha s_c x_c */
INLINE void stretch(int single, size_t d, size_t m, double alpha, const void *s,
                    const void *x, double beta, void *out)
{
    for (size_t c = 0; c < d; c++)
        for (size_t i = 0; i < m; i++) {
            const size_t at = c * KERN_ROWS + i;

            if (single) {
                float *const y = (float *)out + at;
                const float v = (float)alpha * ((const float *)s)[c] *
                                ((const float *)x)[at];

                *y = beta == 0 ? v : (float)beta * *y + v;
            } else {
                double *const y = (double *)out + at;
                const double v =
                    alpha * ((const double *)s)[c] * ((const double *)x)[at];

                *y = beta == 0 ? v : beta * *y + v;
            }
        }
}

static void stretch_any(const kern_ops *ops, size_t d, size_t m, double alpha,
                        const void *s, const void *x, double beta, void *out)
{
    if (ops->type == GENMOD_F32)
        stretch(1, d, m, alpha, s, x, beta, out);
    else
        stretch(0, d, m, alpha, s, x, beta, out);
}

static const void *precision_of(const gmm_slope *s, size_t j)
{
    const gmm_params *const p = s->p;
    const size_t unit =
        (p->type->triangle ? p->d * p->d : p->d) * s->ops->bytes;

    return (const char *)gmm_tables_of(p, s->ops->type)->precision +
           gmm_unit_of(p, j) * unit;
}

void gmm_slope_whiten(const gmm_slope *s, const gmm_slope_slot *at, size_t m,
                      size_t j)
{
    const size_t d = s->p->d, n = padded(m);
    const char *const mu = (const char *)gmm_tables_of(s->p, s->ops->type)->mu +
                           j * d * s->ops->bytes;

    if (s->ops->type == GENMOD_F32)
        subtract(1, d, n, at->panel, mu, at->e);
    else
        subtract(0, d, n, at->panel, mu, at->e);
    if (s->p->type->triangle)
        s->ops->gemm(1, 0, d, n, d, 1, precision_of(s, j), d, at->e, KERN_ROWS,
                     0, at->y, KERN_ROWS, at->pack);
    else
        stretch_any(s->ops, d, n, 1, precision_of(s, j), at->e, 0, at->y);
}

void gmm_slope_press(const gmm_slope *s, const gmm_slope_slot *at, size_t m,
                     size_t j, double alpha, double beta)
{
    const size_t d = s->p->d, n = padded(m);

    if (s->p->type->triangle)
        s->ops->gemm(0, 0, d, n, d, alpha, precision_of(s, j), d, at->y,
                     KERN_ROWS, beta, at->g, KERN_ROWS, at->pack);
    else
        stretch_any(s->ops, d, n, alpha, precision_of(s, j), at->y, beta,
                    at->g);
}

INLINE int share(int single, size_t d, size_t m, const void *r, void *y)
{
    int any = 0;

    for (size_t i = 0; i < m; i++)
        any |=
            single ? ((const float *)r)[i] != 0 : ((const double *)r)[i] != 0;
    for (size_t c = 0; any && c < d; c++)
        for (size_t i = 0; i < m; i++)
            if (single)
                ((float *)y)[c * KERN_ROWS + i] *= ((const float *)r)[i];
            else
                ((double *)y)[c * KERN_ROWS + i] *= ((const double *)r)[i];
    return any;
}

int gmm_slope_share(const gmm_slope *s, const gmm_slope_slot *at, size_t m,
                    size_t j)
{
    const char *const r = (const char *)at->r + j * KERN_ROWS * s->ops->bytes;

    return s->ops->type == GENMOD_F32 ? share(1, s->p->d, padded(m), r, at->y)
                                      : share(0, s->p->d, padded(m), r, at->y);
}
