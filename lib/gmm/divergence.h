/* What the sources of gmm_divergence() share, inside room `gmm`. */
#ifndef GMM_DIVERGENCE_H
#define GMM_DIVERGENCE_H

#include "gmm/internal.h"
#include "measure/measure.h"

/* bounds.c: what is known without drawing, in nats: out[GMM_KL_VARIATIONAL] and
 * all that follow. */
int32_t gmm_bounds(const gmm_params *p, const gmm_params *q, double *out,
                   genmod_workspace *w);

#endif
