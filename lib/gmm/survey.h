/* What the columns hold, cell by cell, inside room `gmm`. */
#ifndef GMM_SURVEY_H
#define GMM_SURVEY_H

#include "gmm/internal.h"

typedef struct gmm_survey {
    double missing;          /* cells */
    double *mean, *variance; /* [d], of the cells that are there */
    double *mass;            /* [d], the weights of their rows */
    double *low, *high;      /* [d] */
} gmm_survey;

/* One pass on the calling thread over the rows of all ranks, `total` of them.
 * GENMOD_BAD_ARGUMENT for a column without a cell. */
int32_t gmm_survey_run(const genmod_data *x, size_t total, gmm_survey *s,
                       genmod_workspace *w);

/* base_data_gather(), but for missing cells, which come out as NaN. `stage`:
 * base_data_stage_bytes() for n rows. */
int32_t gmm_gather(const genmod_data *x, size_t n, const int64_t *rows,
                   void *stage, double *out, double *weights,
                   genmod_workspace *w);

#endif
