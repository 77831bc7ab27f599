/* Factor analysis of a component's moments S: EM with the factors hidden
 * (Rubin, Thayer 1982; Ghahramani, Hinton 1996). With M = I + W^T psi^-1 W and
 * beta = M^-1 W^T psi^-1 = W^T Sigma^-1 (Woodbury),
 *
 *     W   <- S beta^T (M^-1 + beta S beta^T)^-1
 *     psi <- diag(S - W beta S)
 *
 * which makes ln det Sigma + tr(S Sigma^-1) no larger. */
#include <math.h>
#include <string.h>

#include "gmm/factor.h"

#define STEPS 4        /* of an iteration: they cost no pass over the rows */
#define FIRST_STEPS 20 /* from the principal axes */

/* Scratch [rank, d] or [rank, rank] each, and of the first step's eigenvectors.
 */
typedef struct factors {
    size_t d, q;
    const kern_ops *ops;
    const double *s; /* [d, d] */
    double *w, *beta, *c;
    double *m, *a, *inverse;
    double *vectors, *values; /* [d, d], [3 d] */
    double *psi, *floor;      /* [d] */
    void *pack, *product;     /* of the factorisations, of gemm */
} factors;

/* Up to where the product's own scratch begins. */
static size_t numbers(size_t d)
{
    const size_t line = BASE_ALIGN / sizeof(double);

    return (7 * d * d + 4 * d + line - 1) / line * line;
}

size_t gmm_factor_scratch(size_t d)
{
    return numbers(d) * sizeof(double) + kern_gemm_scratch();
}

int32_t gmm_factor_check(size_t rank, size_t d, genmod_workspace *w)
{
    if (rank < d)
        return GENMOD_OK;
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "rank is %u; of %u columns it must be below that",
                     (uint64_t)rank, (uint64_t)d);
}

size_t gmm_factor_size(size_t d, size_t rank)
{
    return d * rank + d;
}

/* W is known but for a rotation; beyond a whole matrix nothing is free. */
size_t gmm_factor_parameters(size_t d, size_t rank)
{
    const size_t low = d * rank + d - rank * (rank - 1) / 2;
    const size_t whole = d * (d + 1) / 2;

    return low < whole ? low : whole;
}

void gmm_factor_dense(gmm_params *p, size_t unit)
{
    const size_t d = p->d, q = p->rank;
    const double *const w = p->loadings + unit * d * q;
    double *const cov = p->covariances + unit * d * d;

    for (size_t a = 0; a < d; a++)
        for (size_t b = a; b < d; b++) {
            double sum = a == b ? p->uniquenesses[unit * d + a] : 0;

            for (size_t f = 0; f < q; f++)
                sum += w[a * q + f] * w[b * q + f];
            cov[a * d + b] = cov[b * d + a] = sum;
        }
}

int32_t gmm_factor_settle(gmm_params *p, genmod_workspace *w)
{
    for (size_t i = 0; i < p->k * p->d * p->rank; i++)
        if (!isfinite(p->loadings[i]))
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "loadings: element %u is %g; it must be finite",
                             (uint64_t)i, p->loadings[i]);
    for (size_t i = 0; i < p->k * p->d; i++)
        if (!(p->uniquenesses[i] > 0) || !isfinite(p->uniquenesses[i]))
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "uniquenesses: element %u is %g; it must be "
                             "finite and > 0",
                             (uint64_t)i, p->uniquenesses[i]);
    for (size_t j = 0; j < p->k; j++)
        gmm_factor_dense(p, j);
    return GENMOD_OK;
}

void gmm_factor_widen(gmm_params *p, size_t unit, double share)
{
    for (size_t c = 0; c < p->d; c++)
        p->uniquenesses[unit * p->d + c] += share * p->column_variance[c];
    gmm_factor_dense(p, unit);
}

static factors lay_out(const gmm_params *now, gmm_params *next, size_t unit,
                       void *work, void *pack)
{
    const size_t d = now->d, square = d * d;
    double *const at = work;

    return (factors){.d = d,
                     .q = now->rank,
                     .ops = now->f64.ops,
                     .s = next->covariances + unit * square,
                     .w = at,
                     .beta = at + square,
                     .c = at + 2 * square,
                     .m = at + 3 * square,
                     .a = at + 4 * square,
                     .inverse = at + 5 * square,
                     .vectors = at + 6 * square,
                     .values = at + 7 * square,
                     .floor = at + 7 * square + 3 * d,
                     .psi = next->uniquenesses + unit * d,
                     .pack = pack,
                     .product = at + numbers(d)};
}

static void lift(const factors *t)
{
    for (size_t c = 0; c < t->d; c++)
        if (!(t->psi[c] > t->floor[c]))
            t->psi[c] = t->floor[c];
}

/* The principal axes of the correlations, less the mean of what is left. */
static void begin(const factors *t)
{
    const size_t d = t->d, q = t->q;
    double *const v = t->vectors, *const e = t->values;
    double rest = 0;

    for (size_t a = 0; a < d; a++)
        for (size_t b = 0; b < d; b++)
            t->m[a * d + b] = t->s[a * d + b] /
                              (sqrt(t->s[a * d + a]) * sqrt(t->s[b * d + b]));
    (void)kern_eigen(d, t->m, d, e, v, d, e + d);
    for (size_t i = 0; i < d - q; i++)
        rest += e[i] / (double)(d - q);
    for (size_t c = 0; c < d; c++) {
        t->psi[c] = t->s[c * d + c];
        for (size_t f = 0; f < q; f++) {
            const double more = e[d - 1 - f] - rest;
            const double w = v[c * d + d - 1 - f] *
                             sqrt(t->s[c * d + c] * (more > 0 ? more : 0));

            t->w[f * d + c] = w;
            t->psi[c] -= w * w;
        }
    }
    lift(t);
}

/* M's factor in m, and its inverse. */
static void invert(const factors *t)
{
    const size_t q = t->q;

    for (size_t f = 0; f < q; f++)
        for (size_t g = 0; g < q; g++) {
            t->m[f * q + g] = t->inverse[f * q + g] = f == g;
            for (size_t c = 0; c < t->d; c++)
                t->m[f * q + g] +=
                    t->w[f * t->d + c] * t->w[g * t->d + c] / t->psi[c];
        }
    (void)kern_cholesky(t->ops, q, t->m, q, 0, t->pack);
    kern_triangular_solve(t->ops, 0, q, q, t->m, q, t->inverse, q);
    kern_triangular_solve(t->ops, 1, q, q, t->m, q, t->inverse, q);
}

static void step(const factors *t)
{
    const size_t d = t->d, q = t->q;

    invert(t);
    for (size_t f = 0; f < q; f++)
        for (size_t c = 0; c < d; c++)
            t->beta[f * d + c] = t->w[f * d + c] / t->psi[c];
    kern_triangular_solve(t->ops, 0, q, d, t->m, q, t->beta, d);
    kern_triangular_solve(t->ops, 1, q, d, t->m, q, t->beta, d);
    t->ops->gemm(0, 0, q, d, d, 1, t->beta, d, t->s, d, 0, t->c, d, t->product);
    for (size_t f = 0; f < q; f++)
        for (size_t g = 0; g < q; g++) {
            t->a[f * q + g] = t->inverse[f * q + g];
            for (size_t c = 0; c < d; c++)
                t->a[f * q + g] += t->beta[f * d + c] * t->c[g * d + c];
        }
    (void)kern_cholesky(t->ops, q, t->a, q, 0, t->pack);
    memcpy(t->w, t->c, q * d * sizeof(double));
    kern_triangular_solve(t->ops, 0, q, d, t->a, q, t->w, d);
    kern_triangular_solve(t->ops, 1, q, d, t->a, q, t->w, d);
    for (size_t c = 0; c < d; c++) {
        t->psi[c] = t->s[c * d + c];
        for (size_t f = 0; f < q; f++)
            t->psi[c] -= t->w[f * d + c] * t->c[f * d + c];
    }
    lift(t);
}

/* 0 where W is nothing, from which no step leads away. */
static int has_factors(const gmm_params *p, size_t unit)
{
    for (size_t i = 0; i < p->d * p->rank; i++)
        if (p->loadings[unit * p->d * p->rank + i] != 0)
            return 1;
    return 0;
}

void gmm_factor_step(const gmm_params *now, gmm_params *next, size_t unit,
                     double ridge, void *work, void *pack)
{
    const size_t d = now->d, q = now->rank;
    const factors t = lay_out(now, next, unit, work, pack);
    const int first = !has_factors(now, unit);
    double *const to = next->loadings + unit * d * q;

    for (size_t c = 0; c < d; c++) {
        const double least = next->pivot_floor * t.s[c * d + c];
        const double given = ridge * now->column_variance[c];

        t.floor[c] = given > least ? given : least;
        t.psi[c] = now->uniquenesses[unit * d + c];
        for (size_t f = 0; f < q; f++)
            t.w[f * d + c] = now->loadings[(unit * d + c) * q + f];
    }
    if (first)
        begin(&t);
    else
        lift(&t);
    for (size_t i = 0; i < (first ? FIRST_STEPS : STEPS); i++)
        step(&t);
    for (size_t c = 0; c < d; c++)
        for (size_t f = 0; f < q; f++)
            to[c * q + f] = t.w[f * d + c];
    gmm_factor_dense(next, unit);
}
