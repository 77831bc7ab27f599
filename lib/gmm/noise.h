/* A uniform component for rows that belong to none, inside room `gmm`: its
 * weight u of the whole, and the sides of the box over which it is uniform.
 *
 *     p(x) = u / V + (1 - u) sum_j w_j N(x | mu_j, Sigma_j) */
#ifndef GMM_NOISE_H
#define GMM_NOISE_H

#include "gmm/partial.h"

/* 1 if the options ask for it. */
int gmm_noise_wanted(const genmod_config *c);
/* Free parameters: its weight unless that is held, and its volume unless that
 * is given. */
size_t gmm_noise_parameters(const genmod_config *c, int32_t held);
/* The sides from the data's ranges; deviations [d] stand in where a column
 * never changes. `volume` > 0 makes the box one of that volume. */
void gmm_noise_sides(const gmm_params *p, double volume, const double *low,
                     const double *high, const double *variance, double *side);
double gmm_noise_volume(const gmm_params *p);
/* The noise's density of a whole row in gmm_joint()'s terms, over 1 - u. */
double gmm_noise_level(const gmm_params *p);
/* What such a density lacks to one of the data: with it and without noise. */
double gmm_log_level(const gmm_params *p);
/* Line k of the block's l: the noise beside the k Gaussians, in gmm_joint()'s
 * terms and over 1 - u. t may be NULL. Returns ln(1 - u). */
double gmm_noise_joint(const gmm_block *b, const gmm_partial *t);
/* The weight after a step, from the sums of both kinds of responsibilities. */
double gmm_noise_step(double noise, double others);

#endif
