#include "support/naive.h"

#include <math.h>

#include "genmod/base.h"

static long double cell(int32_t type, const void *p, size_t ld, int trans,
                        size_t i, size_t j)
{
    const size_t at = trans ? j * ld + i : i * ld + j;
    if (type == GENMOD_F32)
        return ((const float *)p)[at];
    return ((const double *)p)[at];
}

void naive_gemm(int32_t type, int ta, int tb, size_t m, size_t n, size_t k,
                double alpha, const void *a, size_t lda, const void *b,
                size_t ldb, double beta, const void *c, size_t ldc,
                long double *out, long double *size)
{
    for (size_t i = 0; i < m; i++)
        for (size_t j = 0; j < n; j++) {
            long double sum = 0, magnitude = 0;
            for (size_t p = 0; p < k; p++) {
                const long double x =
                    cell(type, a, lda, ta, i, p) * cell(type, b, ldb, tb, p, j);
                sum += x;
                magnitude += fabsl(x);
            }
            sum *= alpha;
            magnitude *= fabs(alpha);
            if (beta != 0) {
                const long double x = beta * cell(type, c, ldc, 0, i, j);
                sum += x;
                magnitude += fabsl(x);
            }
            out[i * n + j] = sum;
            size[i * n + j] = magnitude;
        }
}

static long double element(int32_t type, const void *p, size_t at)
{
    return cell(type, p, 0, 0, 0, at);
}

/* All that one tap of one pixel of y adds. */
static void add_tap(int32_t type, int kind, const kern_conv *g, size_t x_at,
                    size_t y_at, size_t tap, const void *x, const void *filter,
                    const void *y, long double *out, long double *size)
{
    const size_t cg = g->c / g->groups, kg = g->k / g->groups;
    for (size_t q = 0; q < g->k; q++)
        for (size_t p = 0; p < cg; p++) {
            const size_t xi = x_at + q / kg * cg + p, yi = y_at + q;
            const size_t fi = (tap * cg + p) * g->k + q;
            const size_t to = kind == KERN_CONV_Y   ? yi
                              : kind == KERN_CONV_X ? xi
                                                    : fi;
            long double term = 1;
            if (kind != KERN_CONV_X)
                term *= element(type, x, xi);
            if (kind != KERN_CONV_F)
                term *= element(type, filter, fi);
            if (kind != KERN_CONV_Y)
                term *= element(type, y, yi);
            out[to] += term;
            size[to] += fabsl(term);
        }
}

void naive_conv(int32_t type, int kind, const kern_conv *g, const void *x,
                const void *filter, const void *y, long double *out,
                long double *size)
{
    const size_t pixels = g->n * g->ho * g->wo, taps = g->r * g->s;
    const size_t count = kind == KERN_CONV_Y   ? pixels * g->k
                         : kind == KERN_CONV_X ? g->n * g->h * g->w * g->c
                                               : taps * g->c / g->groups * g->k;
    for (size_t i = 0; i < count; i++)
        out[i] = size[i] = 0;
    for (size_t m = 0; m < pixels; m++)
        for (size_t tap = 0; tap < taps; tap++) {
            const size_t b = m / (g->ho * g->wo);
            const size_t i = m / g->wo % g->ho * g->stride_h + tap / g->s;
            const size_t j = m % g->wo * g->stride_w + tap % g->s;
            if (i < g->top || i - g->top >= g->h || j < g->left ||
                j - g->left >= g->w)
                continue;
            add_tap(type, kind, g,
                    ((b * g->h + i - g->top) * g->w + j - g->left) * g->c,
                    m * g->k, tap, x, filter, y, out, size);
        }
}

long double naive_quad_full(size_t d, const double *x, const double *mu,
                            const double *u)
{
    long double q = 0;

    for (size_t c = 0; c < d; c++) {
        long double y = 0;

        for (size_t l = 0; l <= c; l++)
            y += (long double)u[l * d + c] * ((long double)x[l] - mu[l]);
        q += y * y;
    }
    return q;
}

long double naive_quad_diag(size_t d, const double *x, const double *mu,
                            const double *s)
{
    long double q = 0;

    for (size_t c = 0; c < d; c++) {
        const long double e = (long double)x[c] - mu[c];

        q += s[c] * e * (s[c] * e);
    }
    return q;
}

long double naive_logsumexp(size_t n, size_t stride, const double *x)
{
    long double most = -INFINITY, sum = 0;

    for (size_t i = 0; i < n; i++)
        most = fmaxl(most, x[i * stride]);
    if (isinf(most))
        return most;
    for (size_t i = 0; i < n; i++)
        sum += expl(x[i * stride] - most);
    return most + logl(sum);
}

void naive_moments(size_t m, size_t d, const double *x, const double *mu,
                   const double *r, long double *s0, long double *s1,
                   long double *s2)
{
    for (size_t i = 0; i < m; i++) {
        *s0 += r[i];
        for (size_t a = 0; a < d; a++) {
            const long double e = (long double)x[i * d + a] - mu[a];

            s1[a] += r[i] * e;
            for (size_t b = 0; b < d; b++)
                s2[a * d + b] += r[i] * e * ((long double)x[i * d + b] - mu[b]);
        }
    }
}
