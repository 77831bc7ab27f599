/* The mixture under which the sums in the corpus were made. */
#ifndef TESTS_FUZZ_SUMS_H
#define TESTS_FUZZ_SUMS_H

#include "genmod/gmm_learn.h"

/* NULL after a failure. */
static gmm_model *sums_model(void)
{
    static const double weights[2] = {0.25, 0.75};
    static const double means[4] = {1, -2, 3.5, 0.25};
    static const double variances[4] = {2, 1, 0.5, 4};
    genmod_config *c = NULL;
    gmm_model *m = NULL;
    if (gmm_config_new(&c, NULL) ||
        genmod_config_set_i64(c, GMM_COMPONENTS, 2, NULL) ||
        genmod_config_set_str(c, GMM_COVARIANCE, "diagonal", NULL) ||
        gmm_new(c, &m, NULL) ||
        gmm_set_params(m, 2, 2, weights, means, 4, variances, NULL)) {
        gmm_free(m);
        m = NULL;
    }
    genmod_config_free(c);
    return m;
}

#endif
