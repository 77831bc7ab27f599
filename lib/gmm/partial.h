/* Rows that are seen in part, inside room `gmm`: some cells are missing, or all
 * are noisy. In a block rows that miss cells are taken by pattern: those that
 * miss the same share the factors of the present columns' covariance. Whole
 * rows go the way they always go. Where rows have noise of their own, each goes
 * alone. */
#ifndef GMM_PARTIAL_H
#define GMM_PARTIAL_H

#include "gmm/internal.h"

/* A block of rows that a task works on. */
typedef struct gmm_block {
    size_t at, slot; /* number of (lane, block); of the task's scratch */
    size_t first;    /* row of the round */
    const gmm_params *p;
    const kern_ops *ops;
    char *panel;
    char *l; /* [k, KERN_ROWS] */
} gmm_block;

/* Memory for `lanes` times `blocks` blocks of x that are under way at once, of
 * at most k components; triangle: some lane has covariances beside variances.
 * *out is NULL where every row of x must be whole and exact. */
int32_t gmm_partial_new(const gmm_params *p, const genmod_data *x, size_t k,
                        int triangle, size_t lanes, size_t blocks,
                        gmm_partial **out, genmod_workspace *w);
/* The noise of a round's rows, if there is any. */
int32_t gmm_partial_read(gmm_partial *t, size_t first, size_t n,
                         genmod_workspace *w);
/* 1: there is noise, all rows are partial. */
int gmm_partial_noisy(const gmm_partial *t);
/* All rows of the block are whole. */
void gmm_partial_none(gmm_partial *t, size_t at);
/* A block that kern's pack() refused, or a noisy one: missing cells become the
 * centre. 0 where a cell is none and may not be missing, or noise is none. */
int gmm_partial_pack(gmm_partial *t, const gmm_block *b, const base_view *v,
                     size_t m);
/* GENMOD_NON_FINITE for the first cell of a round that pack() stopped at, or
 * GENMOD_BAD_ARGUMENT for its noise. */
int32_t gmm_partial_refuse(const gmm_partial *t, const base_view *v,
                           size_t first, size_t n, genmod_workspace *w);
/* GENMOD_BAD_ARGUMENT of a round in which gmm_partial_joint() gave 0. */
int32_t gmm_partial_refuse_noise(size_t first, size_t n, genmod_workspace *w);
/* 1 if one of `n` blocks from number `at` on has such a row. */
int gmm_partial_any(const gmm_partial *t, size_t at, size_t n);
/* ln p(x, j) of the block's partial rows into l, in gmm_joint()'s terms. 0
 * where a row's noise is not positive semidefinite. */
int gmm_partial_joint(gmm_partial *t, const gmm_block *b);
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
