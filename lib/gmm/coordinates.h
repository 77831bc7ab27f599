/* Parameters without bounds, inside room `gmm`. */
#ifndef GMM_COORDINATES_H
#define GMM_COORDINATES_H

#include "gmm/algebra.h"

/* Their number; SIZE_MAX where that is more than there can be. The order is
 * that of gmm_get_coordinates(). */
size_t gmm_coordinates(const gmm_covariance *t, size_t k, size_t d);
/* No rank to keep, and no noise beside the Gaussians. */
int32_t gmm_check_plain(const gmm_model *m, genmod_workspace *w);
/* As many doubles fit at out. */
int32_t gmm_check_coordinates(const gmm_model *m, size_t cap, const double *out,
                              size_t *need, genmod_workspace *w);

#endif
