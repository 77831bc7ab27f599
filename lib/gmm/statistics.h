/* Sums that outlive a call, inside room `gmm`. */
#ifndef GMM_STATISTICS_H
#define GMM_STATISTICS_H

#include "gmm/job.h"

struct gmm_statistics {
    gmm_params *reference; /* the parameters that weighed the rows */
    gmm_stats *sums;
    int32_t element; /* of the rows; the sums are about that type's means */
    double weight, log_likelihood, rows;
};

/* GENMOD_BAD_ARGUMENT where an option keeps EM from working on sums of parts.
 */
int32_t gmm_check_sums(const gmm_model *m, genmod_workspace *w);

#endif
