/* A prior of means and covariances, inside room `gmm`: normal-inverse-Wishart,
 * or normal-inverse-gamma where covariances are numbers. */
#ifndef GMM_PRIOR_H
#define GMM_PRIOR_H

#include "gmm/internal.h"

struct gmm_prior {
    double rows;          /* kappa: what the mean's prior weighs */
    double dof;           /* nu */
    const double *center; /* [d] the mean's mean */
    double *scale;        /* [d] Lambda, which is diagonal */
    double *mean_scale;   /* [1] its mean, for spherical covariances */
};

/* By the options; *out is NULL where there is no prior. The values come with
 * gmm_prior_set(). */
int32_t gmm_prior_new(const genmod_config *c, size_t d, const double *center,
                      gmm_prior **out, genmod_workspace *w);
/* From the columns' variances: Lambda = scale variance / k^(2 / d). */
void gmm_prior_set(gmm_prior *q, const genmod_config *c, const kern_ops *f64,
                   size_t k, size_t d, const double *variance);
/* Where component j's mean goes, of a column in which its rows' mean lies at
 * `mean` and weighs s0. */
double gmm_prior_mean(const gmm_prior *q, double s0, double mean,
                      double center);
/* A unit's covariance about p's new means becomes the posterior's mode. */
void gmm_prior_spread(const gmm_prior *q, const gmm_params *p, size_t unit,
                      const double *s0);
/* ln of the prior's density at p but for a constant. */
double gmm_prior_density(const gmm_prior *q, const gmm_params *p);

#endif
