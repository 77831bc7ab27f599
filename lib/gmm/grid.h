/* Fits over a grid of numbers of components and covariance types, inside room
 * `gmm`. */
#ifndef GMM_GRID_H
#define GMM_GRID_H

#include "gmm/job.h"

#define GMM_MOST_LANES 64 /* of a shared pass */

/* One row of the table, and the likeliest end of its starts. */
typedef struct gmm_cell {
    const gmm_covariance *type;
    size_t k;
    gmm_params *best; /* NULL: every start broke down */
    gmm_track track;  /* its history and counts, in arrays of the cell */
    gmm_stats stats;  /* its form */
    double classified,
        held; /* sum of max_j ln p(x, j); mean of held-out rows */
} gmm_cell;

/* Some starts of a cell. */
typedef struct gmm_batch {
    gmm_cell *c;
    gmm_model trial; /* nothing but options */
    gmm_job job;
} gmm_batch;

typedef struct gmm_grid {
    gmm_model *m;
    const genmod_data *x, *held_out;
    int32_t criterion;
    size_t starts, most, n_cells, n_batches;
    size_t rows, held_rows; /* of all ranks: of x, of held_out */
    gmm_cell *cells;
    gmm_batch *batches; /* [GMM_MOST_LANES] */
    gmm_lane *lanes;
    double *center, *variance; /* [d] of the data's columns, once known */
    double weight;
    int32_t known, partial; /* partial: some cells are missing */
    size_t chosen;
    genmod_workspace *w;
} gmm_grid;

/* The best end of each cell's starts: GENMOD_OK with `best` NULL where they all
 * broke down. */
int32_t gmm_grid_run(gmm_grid *c);
void gmm_grid_close(gmm_grid *c);
/* Options of the model with the cell's number and type. */
int32_t gmm_grid_options(const gmm_grid *c, const gmm_cell *one,
                         genmod_config **out);

#endif
