/* Parameters that a fit leaves as they are, inside room `gmm`. */
#ifndef GMM_HOLD_H
#define GMM_HOLD_H

#include "gmm/internal.h"

struct gmm_hold {
    unsigned char *weights, *means, *covariances; /* [k], 1: held */
    int32_t all_weights, equal; /* equal: all weights are 1 / k */
};

/* By the options; *out is NULL where nothing is held. GENMOD_BAD_ARGUMENT for a
 * text that is no list of components. */
int32_t gmm_hold_new(const genmod_config *c, const gmm_covariance *t, size_t k,
                     gmm_hold **out, genmod_workspace *w);
/* Free parameters of a whole model with the options: noise counts (what a fit
 * has to find, whether there is some yet or not), what is held does not. */
size_t gmm_count_parameters(const genmod_config *c, const gmm_covariance *t,
                            size_t k, size_t d);
/* Held weights as in `now`, the others' shares of the rest as they are. */
void gmm_hold_weights(const gmm_hold *h, const gmm_params *now,
                      gmm_params *next);

#endif
