/* A mixture whose rows lie on several ranks, inside room `gmm`. */
#ifndef GMM_RANKS_H
#define GMM_RANKS_H

#include "gmm/job.h"

/* Opens a collective call: what must be alike on all ranks, of which this one's
 * check of its arguments said `status` (m and x may then be NULL). call: a
 * digest of the call's name and arguments. goes_on: from nothing, from the
 * model's parameters, or from its report as well. */
#define GMM_AFRESH 0
#define GMM_PARAMETERS 1
#define GMM_REPORT 2
int32_t gmm_agree(const gmm_model *m, const genmod_data *x, uint64_t call,
                  int32_t goes_on, int32_t status, genmod_workspace *w);
uint64_t gmm_call(const char *name);

/* n rows of given ascending numbers among those of all ranks, as gmm_gather();
 * spoils the numbers. */
int32_t gmm_gather_all(const gmm_job *job, size_t n, int64_t *number,
                       void *stage, double *out, double *weights);

/* pass.c: as gmm_pass_run() for some of this rank's rows. */
int32_t gmm_pass_rows(gmm_pass *pass, size_t first, size_t n,
                      genmod_workspace *w);

#endif
