/** @file gmm_learn.h
 * Other ways to learn Gaussian mixtures than EM from all rows: grids of fits,
 * priors, sums of parts, streams. All that gmm.h says of models holds here, too.
 */
#ifndef GENMOD_GMM_LEARN_H
#define GENMOD_GMM_LEARN_H

#include "gmm.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * What one iteration of EM needs of rows, summed under a model's parameters: of
 * parts of the data, on any machine, in any order.
 *
 * Thread-safety: as gmm_model.
 */
typedef struct gmm_statistics gmm_statistics;

/* What gmm_choose() goes by. */
#define GMM_CHOOSE_BIC 0      /**< p ln N - 2 L */
#define GMM_CHOOSE_AIC 1      /**< 2 p - 2 L */
#define GMM_CHOOSE_ICL 2      /**< BIC of rows and most probable components */
#define GMM_CHOOSE_HELD_OUT 3 /**< likelihood of other rows */

/**
 * Fit every number of components from `least` to `most` with every covariance type
 * of a list, and become the best. All fits share the passes over the data, and run
 * side by side on the context's threads; each is gmm_fit()'s, to the bits.
 *
 * The report has the table, a row a fit, types changing faster: choice_components,
 * choice_covariance (0 full, 1 tied, 2 diagonal, 3 spherical, 4 factor),
 * choice_parameters p, choice_log_likelihood L (total), and the criteria. Of BIC, AIC and ICL, as they
 * are here, the least is the best; mclust's have the other sign. ICL is BIC with
 * sum_i max_j ln p(x_i, j) for L. "chosen" is the row that was taken. A fit that
 * breaks down (on_singular "error") has NaN in its row and is not taken.
 *
 * @param m           the model; options "components" and "covariance" become those of
 *   the best, the others are every fit's
 * @param x           [n, d], n >= most, finite but for missing cells
 * @param held_out    [n', d], finite but for missing cells: rows for the last
 *   criterion; NULL: none
 * @param least       1 to most
 * @param most        to 65536
 * @param covariances names of option "covariance" with a space or a bar between;
 *   NULL or "": all but factor, whose rank option "rank" sets
 * @param criterion   GMM_CHOOSE_…
 * @param w           may be NULL
 * @retval GENMOD_BAD_ARGUMENT outside these ranges; inference is "variational"
 * @retval GENMOD_BREAKDOWN every fit of the grid broke down
 * The rest as gmm_fit(). After a failure the model is as it was. Memory does not
 * depend on n. Schwarz 1978; Akaike 1974; Biernacki, Celeux, Govaert 2000.
 * Since 0.2.
 */
GENMOD_CALL int32_t gmm_choose(gmm_model *m, const genmod_data *x,
                               const genmod_data *held_out, size_t least,
                               size_t most, const char *covariances,
                               int32_t criterion, genmod_workspace *w);

/**
 * Set the prior's mean and scale matrix for inference "variational", in place of
 * the data's mean and of "covariance_prior" times the data's covariance. A
 * posterior that the model has is forgotten; its parameters stay, and the next
 * training call starts from the responsibilities that they give.
 *
 * @param m      the model
 * @param d      columns, 1 to 65536; those of the model where it has parameters
 * @param mean   [d], finite; NULL: the data's
 * @param n_cov  doubles at cov; 0 with cov NULL
 * @param cov    the scale matrix W_0^-1 of one unit: [d, d] symmetric to 1e-8 of its
 *   diagonal and positive definite, diagonal [d], spherical [1]; in units of the data
 *   squared, times the degrees of freedom; NULL: from the data
 * @param w      may be NULL
 * @retval GENMOD_BAD_ARGUMENT m is NULL, outside these ranges, or inference is "em"
 * @retval GENMOD_BUSY the model is being trained
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * After a failure the model is as it was. O(d^3). Bishop 2006, (10.40).
 * Since 0.2.
 */
GENMOD_CALL int32_t gmm_set_prior(gmm_model *m, size_t d, const double *mean,
                                  size_t n_cov, const double *cov,
                                  genmod_workspace *w);

/**
 * Make empty sums for a model's present parameters.
 * @param m         a model with parameters, inference "em"; it may change or go
 *   afterwards, but only gmm_maximise() of the same parameters takes the sums
 * @param[out] out  owned by the caller; NULL after a failure
 * @param w         may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, inference is "variational", or the model has
 *   option "prior" or "noise", which go by all rows at once
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * Since 0.2.
 */
GENMOD_CALL int32_t gmm_statistics_new(const gmm_model *m, gmm_statistics **out,
                                       genmod_workspace *w);

/**
 * Add rows: one pass over them, gmm_step()'s E-step.
 * @param s  the sums
 * @param x  [n, d], finite but for missing cells, of one element type (f32, f64) for
 *   all calls
 * @param w  may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, other columns, or the other element type
 * The rest as gmm_log_density(). After a failure the sums are as they were. Cost:
 * as gmm_step(). Bishop 2006, (9.23) to (9.27). Since 0.2.
 */
GENMOD_CALL int32_t gmm_statistics_add(gmm_statistics *s, const genmod_data *x,
                                       genmod_workspace *w);

/**
 * Add the sums of other rows, made under the same parameters.
 * @param to    grows
 * @param from  stays; not `to`
 * @param w     may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, one and the same, other parameters, or rows of
 *   the other element type
 * Sums of the same parts in the same order have the same bits. O(k d^2), O(k d).
 * Since 0.2.
 */
GENMOD_CALL int32_t gmm_statistics_merge(gmm_statistics *to,
                                         const gmm_statistics *from,
                                         genmod_workspace *w);

/**
 * Let what was added so far count less.
 * @param factor  0 to 1, on all sums and on the rows' weight
 * @retval GENMOD_BAD_ARGUMENT NULL, or a factor outside its range
 * Since 0.2.
 */
GENMOD_CALL int32_t gmm_statistics_decay(gmm_statistics *s, double factor,
                                         genmod_workspace *w);

/**
 * Write the sums as safetensors, for another process.
 * @param cap       bytes at out
 * @param[out] out  may be NULL if cap is 0
 * @param[out] need bytes that it takes; may be NULL
 * @param w         may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL
 * @retval GENMOD_TOO_SMALL cap < *need; out is untouched
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * Since 0.2.
 */
GENMOD_CALL int32_t gmm_statistics_save(const gmm_statistics *s, size_t cap,
                                        void *out, size_t *need,
                                        genmod_workspace *w);

/**
 * Make the sums what gmm_statistics_save() wrote. Any bytes may be handed in.
 * @param s      made by gmm_statistics_new() from a model with the same parameters
 * @param n      bytes
 * @param bytes  the file; copied from
 * @param w      may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, or sums under other parameters
 * @retval GENMOD_BAD_BYTES not exactly what gmm_statistics_save() writes
 * @retval GENMOD_UNSUPPORTED written by a later, incompatible version
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * After a failure the sums are as they were. Since 0.2.
 */
GENMOD_CALL int32_t gmm_statistics_load(gmm_statistics *s, size_t n,
                                        const void *bytes, genmod_workspace *w);

/** Free sums. NULL is allowed. Since 0.2. */
GENMOD_API void gmm_statistics_free(gmm_statistics *s);

/**
 * One M-step from sums: what gmm_step() does after its pass.
 * @param m  the model, with the parameters that the sums were made under
 * @param s  stays as it is, and does not fit the model any more
 * @param w  may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, sums under other parameters or of no rows, or a
 *   model that gmm_statistics_new() refuses
 * @retval GENMOD_BREAKDOWN on_singular is "error" and a covariance is singular
 * @retval GENMOD_BUSY the model is being trained
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * The report goes on as after gmm_step(). After a failure the model is as it was.
 * O(k d^3) for full covariances. Since 0.2.
 */
GENMOD_CALL int32_t gmm_maximise(gmm_model *m, const gmm_statistics *s,
                                 genmod_workspace *w);

/**
 * Learn from the next batch of a stream: stepwise EM.
 *
 * The means of the statistics over all rows so far, which the parameters stand for,
 * move by a step of (t + step_delay)^-step_exponent towards those of the batch, t
 * the report's "iterations"; then one M-step. The first batch of a model without
 * parameters starts it, as gmm_start(), and counts in full. Batches of several
 * hundred rows are better than single ones.
 *
 * @param m  the model, inference "em", without options "prior" and "noise"
 * @param x  [n, d], n >= k, finite but for missing cells: the batch
 * @param w  may be NULL
 * The rest as gmm_step(). After a failure the model is as it was. Cost: as gmm_step()
 * on the batch. Cappé, Moulines 2009, (13); Liang, Klein 2009. Since 0.2.
 */
GENMOD_CALL int32_t gmm_partial_fit(gmm_model *m, const genmod_data *x,
                                    genmod_workspace *w);

#ifdef __cplusplus
}
#endif

#endif
