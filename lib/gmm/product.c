/* The product of two mixtures: N(x | a, A) N(x | b, B) = N(a | b, A + B)
 * N(x | c, C), C^-1 = A^-1 + B^-1, c = a + C B^-1 (b - a). Precisions are
 * added, so that nothing cancels, whichever of A and B is the smaller. */
#include <math.h>
#include <string.h>

#include "gmm/algebra.h"

#define LN_TWO_PI 1.8378770664093454835607
#define MOST 65536 /* option "components" */

typedef struct product {
    const gmm_params *a, *b;
    gmm_params *to;
    double *precision[2]; /* [units, d, d] of a and of b; triangles only */
    double *work;         /* [slots, 3 d d + d] */
    char *pack;           /* [slots, kern_factor_scratch(d)] */
} product;

/* What both types are closed under; full where that is nothing smaller. */
static const gmm_covariance *type_of(const gmm_covariance *a,
                                     const gmm_covariance *b)
{
    if (a == b)
        return gmm_part_covariance(a);
    return gmm_covariance_of(a->triangle || b->triangle ? "full" : "diagonal");
}

static void write_out(const gmm_params *p, size_t j, double *out)
{
    for (size_t a = 0; a < p->d; a++)
        for (size_t b = 0; b < p->d; b++)
            out[a * p->d + b] = gmm_unit_covariance(
                p, gmm_unit_of(p, j), a < b ? a : b, a < b ? b : a);
}

/* s [d, d] <- its inverse, by way of li; the sum of the logarithms of the
 * factor's diagonal; NaN where s is not positive definite. */
static double invert(const gmm_params *p, double *s, double *li, void *pack)
{
    const size_t d = p->d;
    double log_det = 0;

    if (kern_cholesky(p->f64.ops, d, s, d, 0, pack) != d)
        return (double)NAN;
    for (size_t i = 0; i < d; i++)
        log_det += gmm_ln(p, s[i * d + i]);
    kern_triangular_inverse(p->f64.ops, d, s, d, li, d, pack);
    for (size_t i = 0; i < d; i++)
        for (size_t c = 0; c <= i; c++) {
            double sum = 0;

            for (size_t r = i; r < d; r++)
                sum += li[r * d + i] * li[r * d + c];
            s[i * d + c] = s[c * d + i] = sum;
        }
    return log_det;
}

static int32_t precision(const gmm_params *p, double *out, const product *g,
                         genmod_workspace *w)
{
    for (size_t u = 0; u < gmm_units(p->type, p->k); u++) {
        double *const s = out + u * p->d * p->d;

        write_out(p, u, s);
        if (isnan(invert(p, s, g->work, g->pack)))
            return base_fail(w, GENMOD_BREAKDOWN,
                             "the covariance of component %u is singular",
                             (uint64_t)u);
    }
    return GENMOD_OK;
}

/* ln N(a | b, A + B) of one column, and c, C. */
static double meet_column(const product *g, size_t i, size_t j, size_t c,
                          double *mean, double *variance)
{
    const size_t d = g->a->d;
    const double va = gmm_unit_covariance(g->a, gmm_unit_of(g->a, i), c, c);
    const double vb = gmm_unit_covariance(g->b, gmm_unit_of(g->b, j), c, c);
    const double ma = g->a->means[i * d + c];
    const double delta = g->b->means[j * d + c] - ma, v = va + vb;

    *mean = ma + va / v * delta;
    *variance = va < vb ? va / (1 + va / vb) : vb / (1 + vb / va);
    return -(LN_TWO_PI + gmm_ln(g->a, v) + delta / v * delta) / 2;
}

static double meet_columns(const product *g, size_t i, size_t j, size_t at)
{
    gmm_params *const to = g->to;
    const size_t d = to->d;
    double *const cov =
        to->covariances + gmm_unit_of(to, at) * gmm_unit_size(to->type, d);
    double sum = 0, variance;

    for (size_t c = 0; c < d; c++) {
        sum += meet_column(g, i, j, c, to->means + at * d + c, &variance);
        cov[to->type->scalar ? 0 : c] = variance;
    }
    return sum;
}

/* ln N(a | b, A + B); e = b - a. */
static double ln_normaliser(const product *g, size_t i, size_t j, double *s,
                            double *other, double *e, void *pack)
{
    const size_t d = g->a->d;
    double square = 0, log_det = 0;

    write_out(g->a, i, s);
    write_out(g->b, j, other);
    for (size_t c = 0; c < d * d; c++)
        s[c] += other[c];
    if (kern_cholesky(g->a->f64.ops, d, s, d, 0, pack) != d)
        return (double)NAN;
    kern_triangular_solve(g->a->f64.ops, 0, d, 1, s, d, e, 1);
    for (size_t c = 0; c < d; c++) {
        square += e[c] * e[c];
        log_det += gmm_ln(g->a, s[c * d + c]);
    }
    return -log_det - ((double)d * LN_TWO_PI + square) / 2;
}

static double meet_matrices(const product *g, size_t i, size_t j, size_t at,
                            double *work, void *pack)
{
    gmm_params *const to = g->to;
    const size_t d = to->d, cells = d * d;
    const double *const pa = g->precision[0] + gmm_unit_of(g->a, i) * cells;
    const double *const pb = g->precision[1] + gmm_unit_of(g->b, j) * cells;
    double *const s = work, *const li = work + cells, *const e = li + 2 * cells;
    double *const v = li;

    for (size_t c = 0; c < cells; c++)
        s[c] = pa[c] + pb[c];
    (void)invert(to, s, li, pack); /* settling says if it is none */
    memcpy(to->covariances + gmm_unit_of(to, at) * cells, s, cells * sizeof *s);
    for (size_t c = 0; c < d; c++)
        e[c] = g->b->means[j * d + c] - g->a->means[i * d + c];
    for (size_t r = 0; r < d; r++) {
        v[r] = 0;
        for (size_t c = 0; c < d; c++)
            v[r] += pb[r * d + c] * e[c];
    }
    for (size_t r = 0; r < d; r++) {
        double *const mean = to->means + at * d + r;

        *mean = g->a->means[i * d + r];
        for (size_t c = 0; c < d; c++)
            *mean += s[r * d + c] * v[c];
    }
    return ln_normaliser(g, i, j, s, li + cells, e, pack);
}

/* A pair of components; of two tied mixtures all write the same matrix, which
 * is why these go one after the other. */
static int32_t meet(size_t at, size_t slot, void *arg)
{
    const product *const g = arg;
    const size_t i = at / g->b->k, j = at % g->b->k, d = g->a->d;
    double *const work = g->work + slot * (3 * d * d + d);
    const double l =
        g->to->type->triangle
            ? meet_matrices(g, i, j, at, work,
                            g->pack + slot * kern_factor_scratch(d))
            : meet_columns(g, i, j, at);

    g->to->weights[at] =
        gmm_ln(g->a, g->a->weights[i]) + gmm_ln(g->a, g->b->weights[j]) + l;
    return GENMOD_OK;
}

static int32_t meet_all(product *g, genmod_workspace *w)
{
    const size_t pairs = g->to->k;
    int32_t status = GENMOD_OK;

    if (g->to->type->shared)
        for (size_t at = 0; at < pairs; at++)
            status = meet(at, 0, g);
    else
        status = base_parallel(w, pairs, meet, g);
    return status ? base_fail(w, GENMOD_CALLBACK, "parallel_for failed")
                  : GENMOD_OK;
}

static double sum_of(const gmm_params *p)
{
    double sum = 0;

    for (size_t j = 0; j < p->k; j++)
        sum += p->weights[j];
    return sum;
}

/* Weights from their logarithms; the logarithm of what they sum to. */
static double normalise(const product *g)
{
    double *const l = g->to->weights;
    double most = l[0], sum = 0;

    for (size_t i = 1; i < g->to->k; i++)
        most = l[i] > most ? l[i] : most;
    for (size_t i = 0; i < g->to->k; i++)
        sum += gmm_exp(g->a, l[i] - most);
    gmm_share_out(g->to, l);
    return most + gmm_ln(g->a, sum) - gmm_ln(g->a, sum_of(g->a)) -
           gmm_ln(g->a, sum_of(g->b));
}

static int32_t take_memory(product *g, genmod_workspace *w)
{
    const size_t d = g->a->d, slots = base_width(w);
    int32_t status;

    if (!g->to->type->triangle)
        return GENMOD_OK;
    g->precision[0] =
        gmm_scratch(w, gmm_units(g->a->type, g->a->k), d, d, sizeof(double));
    g->precision[1] =
        gmm_scratch(w, gmm_units(g->b->type, g->b->k), d, d, sizeof(double));
    g->work = gmm_scratch(w, slots, 3 * d + 1, d, sizeof(double));
    g->pack = base_scratch(w, slots, kern_factor_scratch(d));
    if (!g->precision[0] || !g->precision[1] || !g->work || !g->pack)
        return base_status(w);
    status = precision(g->a, g->precision[0], g, w);
    return status ? status : precision(g->b, g->precision[1], g, w);
}

static int32_t multiply(const gmm_model *p, const gmm_model *q, gmm_model *to,
                        double *out, genmod_workspace *w)
{
    product g = {.a = p->params, .b = q->params};
    const size_t d = g.a->d;
    double l = 0;
    int32_t status;

    g.to = gmm_params_new(type_of(g.a->type, g.b->type), g.a->k * g.b->k, d, w);
    if (!g.to)
        return base_status(w);
    memset(g.to->column_variance, 0, d * sizeof(double));
    status = take_memory(&g, w);
    if (!status)
        status = meet_all(&g, w);
    if (!status) {
        l = normalise(&g);
        if (!isfinite(l))
            status = base_fail(w, GENMOD_BREAKDOWN,
                               "log_normaliser would be %g: the mixtures are "
                               "too far apart for doubles",
                               l);
    }
    if (status) {
        gmm_params_free(g.to);
        return status;
    }
    status = gmm_become(to, p, g.to, w);
    if (!status && out)
        *out = l;
    return status;
}

static int32_t check(const gmm_model *p, const gmm_model *q,
                     const gmm_model *to, genmod_workspace *w)
{
    size_t k;
    int32_t status;

    if (!p || !q || !to)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                         !p   ? "p"
                         : !q ? "q"
                              : "to");
    status = gmm_check_pair(p, to, w);
    if (!status)
        status = gmm_check_fitted(q, w);
    if (status)
        return status;
    if (p->params->d != q->params->d)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "q has %u columns; p has %u",
                         (uint64_t)q->params->d, (uint64_t)p->params->d);
    if (!base_mul(p->params->k, q->params->k, &k) || k > MOST)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "the product has %u components; there may be %u",
                         (uint64_t)k, (uint64_t)MOST);
    return GENMOD_OK;
}

int32_t gmm_product(const gmm_model *p, const gmm_model *q, gmm_model *to,
                    double *log_normaliser, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check(p, q, to, w);
    return base_leave(&call,
                      status ? status : multiply(p, q, to, log_normaliser, w));
}
