/* Covariances of low rank and a diagonal, inside room `gmm`: mixtures of factor
 * analysers. Sigma = W W^T + diag(psi), W [d, rank]. */
#ifndef GMM_FACTOR_H
#define GMM_FACTOR_H

#include "gmm/internal.h"

/* Bytes that gmm_factor_step() works in. */
size_t gmm_factor_scratch(size_t d);
/* GENMOD_BAD_ARGUMENT where the rank leaves a matrix of d columns nothing to be
 * low in. */
int32_t gmm_factor_check(size_t rank, size_t d, genmod_workspace *w);
/* Numbers of a component's W and psi; free ones among them. */
size_t gmm_factor_size(size_t d, size_t rank);
size_t gmm_factor_parameters(size_t d, size_t rank);
/* The unit's covariance from its W and psi. */
void gmm_factor_dense(gmm_params *p, size_t unit);
/* All units' covariances, after a check of what they are made from:
 * GENMOD_BAD_ARGUMENT names the element. */
int32_t gmm_factor_settle(gmm_params *p, genmod_workspace *w);
/* The unit's W and psi, and its covariance, from the moments that stand in its
 * covariance; going on from `now`. No psi falls below the share `ridge` of its
 * column's variance, or the pivot that counts as 0. */
void gmm_factor_step(const gmm_params *now, gmm_params *next, size_t unit,
                     double ridge, void *work, void *pack);
/* psi += share of the columns' variances. */
void gmm_factor_widen(gmm_params *p, size_t unit, double share);

#endif
