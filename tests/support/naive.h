/* Kernels as their definition says them: slow, plain, in long double. */
#ifndef SUPPORT_NAIVE_H
#define SUPPORT_NAIVE_H

#include <stddef.h>
#include <stdint.h>

#include "kern/conv.h"

/* out [m, n] = alpha op(A) op(B) + beta C, arrays of `type` (GENMOD_F32, F64);
 * C is not read for beta = 0. size [m, n] is the same sum of magnitudes: a
 * rounded sum of k products is within (k + 2) eps size of out. */
void naive_gemm(int32_t type, int ta, int tb, size_t m, size_t n, size_t k,
                double alpha, const void *a, size_t lda, const void *b,
                size_t ldb, double beta, const void *c, size_t ldc,
                long double *out, long double *size);

/* out = what `kind` (KERN_CONV_…) makes of the other two of x, filter and y;
 * size as above. */
void naive_conv(int32_t type, int kind, const kern_conv *g, const void *x,
                const void *filter, const void *y, long double *out,
                long double *size);

/* |U^T (x - mu)|^2, U [d, d] upper triangular, its lower part not read */
long double naive_quad_full(size_t d, const double *x, const double *mu,
                            const double *u);
/* sum_c (s_c (x_c - mu_c))^2 */
long double naive_quad_diag(size_t d, const double *x, const double *mu,
                            const double *s);
/* ln sum_i exp(x_i) of n numbers `stride` apart */
long double naive_logsumexp(size_t n, size_t stride, const double *x);
/* s0 += sum_i r_i, s1 [d] += sum_i r_i e_i, s2 [d, d] += sum_i r_i e_i e_i^T,
 * e = x - mu, of rows x [m, d]. */
void naive_moments(size_t m, size_t d, const double *x, const double *mu,
                   const double *r, long double *s0, long double *s1,
                   long double *s2);

#endif
