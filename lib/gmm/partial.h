/* Rows of which some cells are missing, inside room `gmm`. In a block such rows
 * are taken by pattern: those that miss the same cells share the factors of the
 * present columns' covariance. Whole rows go the way they always go. */
#ifndef GMM_PARTIAL_H
#define GMM_PARTIAL_H

#include "gmm/internal.h"

/* A block of rows that a task works on. */
typedef struct gmm_block {
    size_t at, slot; /* number of (lane, block); of the task's scratch */
    const gmm_params *p;
    const kern_ops *ops;
    char *panel;
    char *l; /* [k, KERN_ROWS] */
} gmm_block;

/* Memory for `blocks` blocks (of all lanes) that are under way at once. */
int32_t gmm_partial_new(const gmm_params *p, int32_t type, size_t blocks,
                        gmm_partial **out, genmod_workspace *w);
/* All rows of the block are whole. */
void gmm_partial_none(gmm_partial *t, size_t at);
/* A block that kern's pack() refused: missing cells become the centre. 0 where
 * a cell is infinite. */
int gmm_partial_pack(gmm_partial *t, const gmm_block *b, const base_view *v,
                     size_t m);
/* GENMOD_NON_FINITE for the first infinite cell of a round. */
int32_t gmm_partial_refuse(const gmm_partial *t, const base_view *v,
                           size_t first, size_t n, genmod_workspace *w);
/* 1 if one of `n` blocks from number `at` on has such a row. */
int gmm_partial_any(const gmm_partial *t, size_t at, size_t n);
/* ln p(x, j) of the block's partial rows into l, in gmm_joint()'s terms. */
void gmm_partial_joint(gmm_partial *t, const gmm_block *b);
/* Takes the sides of missing cells out of the volume of line k of l. */
void gmm_partial_widen(const gmm_partial *t, const gmm_block *b,
                       const double *side);
/* Takes missing cells out of minus half the squared distances in l. */
void gmm_partial_distances(const gmm_partial *t, const gmm_block *b,
                           const char *metric);
/* Keeps these rows' responsibilities and leaves 0 in l. */
void gmm_partial_take(gmm_partial *t, const gmm_block *b);
/* Adds their expected moments to component j's sums. */
void gmm_partial_add(gmm_partial *t, const gmm_block *b, size_t j,
                     gmm_stats *s);

#endif
