/** @file measure.h
 * How far two distributions are apart: divergences of tables of probabilities, of
 * densities, of Gaussians in closed form, and of samples.
 *
 *     KL(p ‖ q) = sum p ln(p / q) >= 0, and 0 only where p = q
 *
 * Kullback, Leibler 1951; Lin 1991 (Jensen-Shannon). The arithmetic stands in
 * doc/math/measure.md, and what to use when in doc/guide/measure.md.
 *
 * All share this: a result that is infinite by definition is +INFINITY, not an
 * error; nothing is normalised silently; outputs are untouched after a failure;
 * results do not depend on the number of threads. Information is counted in the
 * unit that the caller names.
 */
#ifndef GENMOD_MEASURE_H
#define GENMOD_MEASURE_H

#include "base.h"
#include "data.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Units of information. */
#define GENMOD_NATS 1 /**< natural logarithms */
#define GENMOD_BITS 2 /**< logarithms of base 2: nats / ln 2 */

/**
 * The entropy - sum p_i ln p_i of a table of probabilities, 0 ln 0 = 0.
 * @param n     outcomes, 1 to 2^40
 * @param p     [n], finite, >= 0, with a sum within n 2^-52 of 1: what is left
 *   of rounding where n numbers were divided by their own sum
 * @param unit  GENMOD_NATS or GENMOD_BITS
 * @param[out] out  one number, from 0 to ln n
 * @param w     may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, a number outside its range, or a sum that is
 *   further from 1: the text says how far
 * @retval GENMOD_BUSY the workspace is in another call
 * @retval GENMOD_NO_MEMORY w is NULL, and none could be made
 * @retval GENMOD_CANCELLED
 * Cost: O(n); allocates nothing. Shannon 1948. Since 0.2.
 */
GENMOD_CALL int32_t genmod_discrete_entropy(size_t n, const double *p,
                                            int32_t unit, double *out,
                                            genmod_workspace *w);

/**
 * The cross-entropy - sum p_i ln q_i: the mean length of a code made for q where
 * p holds. +INFINITY where q_i = 0 < p_i.
 * @param q  [n], as p
 * The rest as genmod_discrete_entropy(). Since 0.2.
 */
GENMOD_CALL int32_t genmod_discrete_cross_entropy(size_t n, const double *p,
                                                  const double *q, int32_t unit,
                                                  double *out,
                                                  genmod_workspace *w);

/**
 * The Kullback-Leibler divergence sum p_i ln(p_i / q_i). +INFINITY where q_i = 0
 * < p_i.
 *
 * Summed as p ln(p / q) - p + q, terms that are not negative and keep their
 * digits where p is near q: so the result is never below 0, and above 0 once they
 * differ in an outcome of more than 1e-290. It differs from the cross-entropy
 * less the entropy by rounding, and by what the sums of p and q differ.
 * @param q  [n], as p
 * The rest as genmod_discrete_entropy(). Since 0.2.
 */
GENMOD_CALL int32_t genmod_discrete_kl(size_t n, const double *p,
                                       const double *q, int32_t unit,
                                       double *out, genmod_workspace *w);

/**
 * The Jensen-Shannon divergence (KL(p ‖ m) + KL(q ‖ m)) / 2, m = (p + q) / 2: of
 * equal bits for (p, q) and (q, p), from 0 to ln 2 (1 bit).
 * @param q  [n], as p
 * The rest as genmod_discrete_entropy(). Lin 1991, (4.1). Since 0.2.
 */
GENMOD_CALL int32_t genmod_discrete_js(size_t n, const double *p,
                                       const double *q, int32_t unit,
                                       double *out, genmod_workspace *w);

/**
 * The Jensen-Shannon distance: the square root of genmod_discrete_js() in the
 * same unit, which is a metric. Endres, Schindelin 2003. Since 0.2.
 */
GENMOD_CALL int32_t genmod_discrete_js_distance(size_t n, const double *p,
                                                const double *q, int32_t unit,
                                                double *out,
                                                genmod_workspace *w);

#ifdef __cplusplus
}
#endif

#endif
