/* What the gradients share, inside room `gmm`. */
#ifndef GMM_SLOPE_H
#define GMM_SLOPE_H

#include "gmm/algebra.h"

/* slope.c: blocks of rows with their responsibilities and, component by
 * component, y = U^T (x - mu) in the type of the rows. Panels are [d,
 * KERN_ROWS] in scaled columns. */
typedef struct gmm_slope {
    const gmm_params *p;
    const kern_ops *ops;
    double *ones; /* [KERN_ROWS] */
    char *slots;
    size_t panel, slot_bytes; /* bytes of a panel, of a slot */
} gmm_slope;

typedef struct gmm_slope_slot {
    kern_real *panel;     /* [d, KERN_ROWS] */
    kern_real *r;         /* [k, KERN_ROWS]: p(j | x) */
    double *total;        /* [KERN_ROWS] ln p(x), but for log_scale */
    kern_real *e, *y, *g; /* [d, KERN_ROWS] */
    void *pack;
} gmm_slope_slot;

/* Refuses noise beside the Gaussians. */
int32_t gmm_check_slope(const gmm_params *p, genmod_workspace *w);
/* Takes scratch for rows of x. */
int32_t gmm_slope_open(gmm_slope *s, const gmm_params *p, const genmod_data *x,
                       genmod_workspace *w);
gmm_slope_slot gmm_slope_at(const gmm_slope *s, size_t slot);
/* Fills panel, r and total; 0 if a cell is not finite. */
int gmm_slope_weigh(const gmm_slope *s, const gmm_slope_slot *at,
                    const base_view *v, size_t m);
/* y <- U^T e of component j, e = x - mu_j. */
void gmm_slope_whiten(const gmm_slope *s, const gmm_slope_slot *at, size_t m,
                      size_t j);
/* g <- beta g + alpha U y of component j; U U^T e = Sigma_j^-1 e. */
void gmm_slope_press(const gmm_slope *s, const gmm_slope_slot *at, size_t m,
                     size_t j, double alpha, double beta);
/* y <- r_j y; 0 if component j has no share in any of the rows. */
int gmm_slope_share(const gmm_slope *s, const gmm_slope_slot *at, size_t m,
                    size_t j);

#endif
