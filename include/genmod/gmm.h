/** @file gmm.h
 * Gaussian mixtures, learned by expectation-maximisation.
 *
 *     p(x) = sum_j w_j N(x | mu_j, Sigma_j),   j = 0 … k - 1
 *
 * Dempster, Laird, Rubin 1977; Bishop 2006, section 9.2. The arithmetic stands
 * in doc/math/gmm.md.
 */
#ifndef GENMOD_GMM_H
#define GENMOD_GMM_H

#include "base.h"
#include "data.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A mixture of k Gaussians in d dimensions.
 *
 * Thread-safety: calls that take it `const` may run on any number of threads,
 * each with its own workspace; the others want the model for themselves.
 */
typedef struct gmm_model gmm_model;

/* Option keys. Types, defaults and bounds: genmod_config_describe(), and the
 * table in doc/guide/options.md that is made from it. */
#define GMM_COMPONENTS "components"         /**< k */
#define GMM_COVARIANCE "covariance"         /**< full, tied, diagonal, spherical,
                                                factor */
#define GMM_RANK "rank"                     /**< of factor covariances */
#define GMM_INIT "init"                     /**< k-means, k-means++, random, labels */
#define GMM_INIT_ROWS "init_rows"           /**< most rows that a start looks at */
#define GMM_INIT_ITERATIONS "init_iterations" /**< of k-means */
#define GMM_STARTS "starts"                 /**< restarts, the best is kept */
#define GMM_SEED "seed"                     /**< start i draws from stream (seed, i) */
#define GMM_WARM_START "warm_start"         /**< 1: fit goes on from the parameters */
#define GMM_MAX_ITERATIONS "max_iterations" /**< of EM, in one call of fit */
#define GMM_TOLERANCE "tolerance"           /**< on the mean log-likelihood's gain */
#define GMM_RELATIVE_TOLERANCE "relative_tolerance" /**< the same, over its size */
#define GMM_RIDGE "ridge"                   /**< share of the data's variance */
#define GMM_ON_SINGULAR "on_singular"       /**< repair, error */
#define GMM_PRIOR "prior"                   /**< none, conjugate */
#define GMM_PRIOR_ROWS "prior_rows"         /**< what the mean's prior weighs */
#define GMM_PRIOR_DOF "prior_dof"           /**< degrees of freedom beyond d */
#define GMM_PRIOR_SCALE "prior_scale"       /**< of the covariances' prior */
#define GMM_SHRINKAGE "shrinkage"           /**< taken off each correlation */
#define GMM_NOISE "noise"                   /**< first weight of a uniform part */
#define GMM_NOISE_VOLUME "noise_volume"     /**< 0: of the bounding box */
#define GMM_HOLD_WEIGHTS "hold_weights"     /**< none, all, 0,2,5, equal */
#define GMM_HOLD_MEANS "hold_means"         /**< none, all, or 0,2,5 */
#define GMM_HOLD_COVARIANCES "hold_covariances" /**< the same */
#define GMM_STEP_EXPONENT "step_exponent"   /**< of gmm_partial_fit() */
#define GMM_STEP_DELAY "step_delay"         /**< of gmm_partial_fit() */
#define GMM_INFERENCE "inference"           /**< em, variational */
#define GMM_WEIGHT_PRIOR "weight_prior" /**< dirichlet, dirichlet-process */
#define GMM_CONCENTRATION "concentration"   /**< of the weights' prior */
#define GMM_MEAN_PRECISION "mean_precision" /**< rows of the prior's mean */
#define GMM_DEGREES_OF_FREEDOM "degrees_of_freedom" /**< and covariance */
#define GMM_COVARIANCE_PRIOR "covariance_prior" /**< times the data's */

/* Report entries. */
#define GMM_REPORT_LOG_LIKELIHOOD "log_likelihood"
#define GMM_REPORT_OBJECTIVE "objective"
#define GMM_REPORT_ITERATIONS "iterations"
#define GMM_REPORT_CONVERGED "converged"
#define GMM_REPORT_PARAMETERS "parameters"
#define GMM_REPORT_ROWS "rows"
#define GMM_REPORT_FORM "form"
#define GMM_REPORT_BEST_START "best_start"
#define GMM_REPORT_NOISE "noise"
#define GMM_REPORT_NOISE_VOLUME "noise_volume"
#define GMM_REPORT_HISTORY "log_likelihood_history"
#define GMM_REPORT_START_LOG_LIKELIHOOD "start_log_likelihood"
#define GMM_REPORT_MENDS "mends"
#define GMM_REPORT_LAST_MEND "last_mend"
#define GMM_REPORT_LOWER_BOUND "lower_bound"
#define GMM_REPORT_EFFECTIVE "effective_components"
#define GMM_REPORT_CHOSEN "chosen"
#define GMM_REPORT_CHOICE_COMPONENTS "choice_components"
#define GMM_REPORT_CHOICE_COVARIANCE "choice_covariance"
#define GMM_REPORT_CHOICE_PARAMETERS "choice_parameters"
#define GMM_REPORT_CHOICE_LOG_LIKELIHOOD "choice_log_likelihood"
#define GMM_REPORT_CHOICE_BIC "choice_bic"
#define GMM_REPORT_CHOICE_AIC "choice_aic"
#define GMM_REPORT_CHOICE_ICL "choice_icl"
#define GMM_REPORT_CHOICE_HELD_OUT "choice_held_out"

/* Parameters by name, for gmm_get_params(). */
#define GMM_WEIGHTS "weights"         /**< [k] */
#define GMM_MEANS "means"             /**< [k, d] */
#define GMM_COVARIANCES "covariances" /**< full [k, d, d], tied [d, d],
                                           diagonal [k, d], spherical [k],
                                           factor [k, d, d] */
#define GMM_LOADINGS "loadings"         /**< W [k, d, rank] of factor covariances, */
#define GMM_UNIQUENESSES "uniquenesses" /**< and psi [k, d]: W W^T + diag(psi) */
#define GMM_PRECISIONS_CHOLESKY "precisions_cholesky" /**< shapes as covariances:
    upper U with U U^T = Sigma^-1; diagonal, spherical: 1 / standard deviation */
/* And GMM_NOISE, [1 + d]: the noise's weight, and the sides of the box over which
 * it is uniform; zeros where there is none. */

/* The same, of a model that variational inference fitted. */
#define GMM_POSTERIOR_CONCENTRATION "posterior_concentration" /**< [k];
    dirichlet-process [2, k]: the two numbers of each stick's Beta density */
#define GMM_POSTERIOR_MEAN_PRECISION "posterior_mean_precision" /**< [k] */
#define GMM_POSTERIOR_DEGREES_OF_FREEDOM \
    "posterior_degrees_of_freedom" /**< [k]; tied [1] */
#define GMM_PRIOR_CONCENTRATION "prior_concentration"   /**< [1] */
#define GMM_PRIOR_MEAN_PRECISION "prior_mean_precision" /**< [1] */
#define GMM_PRIOR_DEGREES_OF_FREEDOM "prior_degrees_of_freedom" /**< [1] */
#define GMM_PRIOR_MEAN "prior_mean"             /**< [d] */
#define GMM_PRIOR_COVARIANCE "prior_covariance" /**< one matrix, or its like */

/**
 * Make a config with the defaults of a mixture.
 * @param[out] out  the config, owned by the caller; NULL after a failure
 * @param w         may be NULL
 * @retval GENMOD_BAD_ARGUMENT out is NULL
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * Since 0.1.
 */
GENMOD_CALL int32_t gmm_config_new(genmod_config **out, genmod_workspace *w);

/**
 * Make a model without parameters. What computes densities or samples returns
 * GENMOD_NOT_FITTED until gmm_fit(), gmm_start(), gmm_set_params() or
 * gmm_load().
 * @param c         its options, copied; NULL for the defaults
 * @param[out] out  the model, owned by the caller; NULL after a failure
 * @param w         may be NULL
 * @retval GENMOD_BAD_ARGUMENT out is NULL, or c belongs to another family
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * Since 0.1.
 */
GENMOD_CALL int32_t gmm_new(const genmod_config *c, gmm_model **out,
                            genmod_workspace *w);

/**
 * Change the training options of a model, all or nothing.
 * @param m  the model
 * @param c  options; those whose "when" is "structure" must equal the model's
 * @param w  may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, or a structural option differs
 * @retval GENMOD_BUSY the model is being trained
 * Since 0.1.
 */
GENMOD_CALL int32_t gmm_configure(gmm_model *m, const genmod_config *c,
                                  genmod_workspace *w);

/**
 * Copy a model's options out.
 * @param c  a config of this family; overwritten
 * @retval GENMOD_BAD_ARGUMENT NULL, or c belongs to another family
 * Since 0.1.
 */
GENMOD_CALL int32_t gmm_get_config(const gmm_model *m, genmod_config *c,
                                   genmod_workspace *w);

/**
 * Make `to` equal to `from`: options, parameters, report.
 * @retval GENMOD_BAD_ARGUMENT NULL
 * @retval GENMOD_BUSY `to` is being trained
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * After a failure `to` is as it was. Since 0.1.
 */
GENMOD_CALL int32_t gmm_copy(const gmm_model *from, gmm_model *to,
                             genmod_workspace *w);

/** The number of components k. NULL gives 0. Since 0.1. */
GENMOD_API size_t gmm_components(const gmm_model *m);

/** The number of columns d; 0 before there are parameters. Since 0.1. */
GENMOD_API size_t gmm_dimension(const gmm_model *m);

/**
 * Give the model first parameters, as option "init" says, and an empty report.
 *
 * Reads the data twice: once for the variance of each column, once for the rows
 * (at most "init_rows" of them, one from each of as many equal stretches) that
 * k-means sees. Draws from stream (seed, 0).
 *
 * @param m  the model; loses its parameters
 * @param x  [n, d], n >= k, finite but for missing cells, which
 *   genmod_data_set_missing() allows (since 0.2); each column has a cell. Its noise
 *   (genmod_data_set_noise(), since 0.2) is taken out of what is fitted. For init
 *   "labels" every label lies in 0 … k - 1 or is -1 (unknown: left out of the
 *   start), and each component has one.
 * @param w  may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, n < k, a weight that is not finite and > 0, or
 *   a label out of range; with inference "variational" also x with missing cells or
 *   noise, covariance "factor", and prior, shrinkage, noise or hold_… in use
 * @retval GENMOD_NON_FINITE the text names row and column
 * @retval GENMOD_BREAKDOWN on_singular is "error" and a covariance is singular
 * @retval GENMOD_BUSY the model is being trained
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * @retval GENMOD_CANCELLED
 * @retval GENMOD_CALLBACK the row source ended it
 * After a failure the model is as it was. Cost: O(init_rows k d) a k-means
 * iteration. Arthur, Vassilvitskii 2007 (k-means++). Since 0.1.
 */
GENMOD_CALL int32_t gmm_start(gmm_model *m, const genmod_data *x,
                              genmod_workspace *w);

/**
 * Give the model first parameters from responsibilities: one M-step.
 * @param bytes  at r: n * k * sizeof(double)
 * @param r      [n, k], finite, >= 0, each column with a sum > 0; rows need not
 *   sum to 1
 * The rest as gmm_start(). Since 0.1.
 */
GENMOD_CALL int32_t gmm_start_responsibilities(gmm_model *m,
                                               const genmod_data *x,
                                               size_t bytes, const double *r,
                                               genmod_workspace *w);

/**
 * One iteration of EM: one pass over the data.
 *
 * Appends the mean log-likelihood of the parameters *before* the step to
 * "log_likelihood_history".
 *
 * @param m  a model with parameters
 * @param x  [n, d], n >= k, finite but for missing cells
 * @param w  may be NULL
 * @retval GENMOD_NOT_FITTED there are no parameters to go on from
 * The rest as gmm_start(). After a failure the model is as it was.
 * Cost: O(n k d^2) for full and tied covariances, O(n k d) for the others; with
 * missing cells, O(k d^3) more for each pattern of them in 256 rows, and with noise
 * for each row (O(k d) where noise and covariances have no off-diagonals); memory
 * independent of n. Bishop 2006, (9.23) to (9.28); Ghahramani, Jordan 1994; Bovy,
 * Hogg, Roweis 2011. Since 0.1.
 */
GENMOD_CALL int32_t gmm_step(gmm_model *m, const genmod_data *x,
                             genmod_workspace *w);

/**
 * Fit the mixture: as many starts as "starts" says, all in the same passes over
 * the data, EM on each until its gain falls to the tolerance, and the best kept.
 *
 * With "warm_start" and a model that has parameters it goes on from them.
 * Not having converged within "max_iterations" is no error: see the report.
 *
 * @param m         the model
 * @param x         [n, d], n >= k, finite but for missing cells
 * @param progress  called at every round of rows; may be NULL
 * @param user      handed to progress, may be NULL
 * @param w         may be NULL
 * The codes are those of gmm_start(); GENMOD_CALLBACK also for progress.
 * After a failure before the first iteration is complete the model is as it
 * was; after that it stands at its last complete iteration (of the best start so
 * far), and the report counts them. Since 0.1.
 */
GENMOD_CALL int32_t gmm_fit(gmm_model *m, const genmod_data *x,
                            genmod_progress progress, void *user,
                            genmod_workspace *w);

/**
 * The report of the last training. What goes on from parameters goes on with
 * iterations, mends and histories; all else is of the last call alone.
 *
 * log_likelihood: mean a row, nats, of the parameters as they stand after
 * gmm_fit(); after gmm_step() and inside a callback, of those before the last
 * iteration. objective: that and the prior's share; what convergence and the best
 * start go by. log_likelihood_history: before each iteration. mends, last_mend:
 * per component, how often a singular covariance was mended, and how (0 not,
 * 1 by a larger ridge, 2 re-seeded from the heaviest component). form: how the
 * last iteration summed its moments, 1 about each component's mean, 2 about the
 * common centre (diagonal and spherical covariances, where few digits go by it).
 *
 * With inference "variational" the lower bound, a row, stands for the
 * log-likelihood in all of these; lower_bound is that of all rows. What the
 * parameters, the posterior's means, make of the rows gmm_log_likelihood() says.
 *
 * @return lent until the next mutating call; NULL for NULL. Since 0.1.
 */
GENMOD_API const genmod_report *gmm_report(const gmm_model *m);

/**
 * ln p(x) of each row, in nats: of the cells that are there, where some are
 * missing, and 0 where all are; of the row as it was measured, where x has noise
 * (genmod_data_set_noise()). -inf where x lies so far out that the range of its
 * element type ends. Row i's bits depend on row i alone.
 * @param m      a model with parameters
 * @param x      [n, d], finite but for missing cells, which
 *   genmod_data_set_missing() allows (since 0.2)
 * @param bytes  at out, at least n * sizeof(double)
 * @param[out] out  [n]; untouched after a failure
 * @param w      may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, or x has another number of columns
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_NON_FINITE the text names row and column
 * @retval GENMOD_TOO_SMALL bytes
 * @retval GENMOD_BUSY the workspace is in another call
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * @retval GENMOD_CANCELLED
 * @retval GENMOD_CALLBACK the row source ended it
 * Cost: as half a gmm_step(). A repeated one-row call allocates nothing.
 * Bishop 2006, (9.7). Since 0.1.
 */
GENMOD_CALL int32_t gmm_log_density(const gmm_model *m, const genmod_data *x,
                                    size_t bytes, double *out,
                                    genmod_workspace *w);

/**
 * p(j | x) of each row and component. With noise (option "noise") a row's sum
 * falls short of 1 by the probability that the row is noise. 0 for all of a row
 * whose log-density is -inf.
 * @param type   GENMOD_F32 or GENMOD_F64
 * @param bytes  at out, at least n * k elements of that type
 * @param[out] out  [n, k], rows sum to 1, or to less where there is noise
 * The rest as gmm_log_density(). Bishop 2006, (9.13). Since 0.1.
 */
GENMOD_CALL int32_t gmm_responsibilities(const gmm_model *m,
                                         const genmod_data *x, int32_t type,
                                         size_t bytes, void *out,
                                         genmod_workspace *w);

/**
 * The most probable component of each row; of equal ones the first, and so of a row
 * whose log-density is -inf. -1 where noise (option "noise") is more probable than
 * any.
 * @param bytes  at out, at least n * sizeof(int32_t)
 * @param[out] out  [n], 0 … k - 1, or -1
 * The rest as gmm_log_density(). Since 0.1.
 */
GENMOD_CALL int32_t gmm_predict(const gmm_model *m, const genmod_data *x,
                                size_t bytes, int32_t *out,
                                genmod_workspace *w);

/**
 * The mean of ln p(x) over the rows, weighted with their weights: nats a row; -inf
 * if it is that of one row, gmm_aic() and gmm_bic() then being inf.
 * @param[out] out  one number
 * The rest as gmm_log_density(). Since 0.1.
 */
GENMOD_CALL int32_t gmm_log_likelihood(const gmm_model *m, const genmod_data *x,
                                       double *out, genmod_workspace *w);

/**
 * Akaike's criterion 2 p - 2 L, L the total log-likelihood in nats, p the number
 * of free parameters by the options, "parameters" of the report. Smaller is better.
 * As gmm_log_likelihood(). Since 0.1.
 */
GENMOD_CALL int32_t gmm_aic(const gmm_model *m, const genmod_data *x,
                            double *out, genmod_workspace *w);

/**
 * The Bayesian criterion p ln N - 2 L, N the sum of the row weights (the number
 * of rows where there are none). Smaller is better. (mclust reports its
 * negative.) As gmm_log_likelihood(). Schwarz 1978. Since 0.1.
 */
GENMOD_CALL int32_t gmm_bic(const gmm_model *m, const genmod_data *x,
                            double *out, genmod_workspace *w);

/**
 * Draw rows from the mixture (from its Gaussians, where there is noise): samples
 * number first … first + n - 1 of stream `seed`. Sample i is the same however many
 * are drawn around it.
 *
 * @param m      a model with parameters
 * @param seed   the stream
 * @param first  number of the first sample; first + n <= 2^63
 * @param n      rows, 1 to 2^40
 * @param type   GENMOD_F32 or GENMOD_F64
 * @param bytes  at out, at least n * d elements of that type
 * @param[out] out        [n, d]
 * @param[out] component  [n] the component that each row came from; may be NULL
 * @param w      may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, a size outside its range, unknown type
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_TOO_SMALL bytes
 * @retval GENMOD_BUSY the workspace is in another call
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * @retval GENMOD_CANCELLED
 * Cost: O(n d^2) for full and tied covariances, O(n d) for the others.
 * Salmon et al. 2011 (Philox4x32-10). Since 0.1.
 */
GENMOD_CALL int32_t gmm_sample(const gmm_model *m, uint64_t seed,
                               uint64_t first, size_t n, int32_t type,
                               size_t bytes, void *out, int32_t *component,
                               genmod_workspace *w);

/**
 * Copy parameters out by name: GMM_WEIGHTS, GMM_MEANS, GMM_COVARIANCES,
 * GMM_PRECISIONS_CHOLESKY, GMM_NOISE; of factor covariances, also GMM_LOADINGS and
 * GMM_UNIQUENESSES; of a fitted posterior, also GMM_POSTERIOR_… and GMM_PRIOR_…. The
 * posterior's scale matrix W_j^-1 is the covariance times the degrees of freedom.
 * @param cap       doubles at out
 * @param[out] out  row-major; may be NULL if cap is 0
 * @param[out] need the doubles that it takes; may be NULL
 * @param w         may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, or no such name
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_TOO_SMALL cap < *need; out is untouched
 * Since 0.1.
 */
GENMOD_CALL int32_t gmm_get_params(const gmm_model *m, const char *name,
                                   size_t cap, double *out, size_t *need,
                                   genmod_workspace *w);

/**
 * Make the mixture from known parameters; nothing is fitted. The report is
 * emptied. There is no noise until a fit or a step, which begins with that of
 * option "noise".
 * @param m        the model
 * @param k        components, as option "components" says
 * @param d        columns, 1 to 65536
 * @param weights  [k], > 0, with a sum within 1e-6 of 1
 * @param means    [k, d], finite
 * @param n_cov    doubles at cov
 * @param cov      the shape that option "covariance" has in GMM_COVARIANCES; of
 *   factor covariances for each component the loadings [d, rank] and then the
 *   uniquenesses [d], which are > 0;
 *   finite, symmetric to 1e-8 of its diagonal (the upper triangle is read), positive
 *   definite. Copied, bit for bit.
 * @param w        may be NULL
 * @retval GENMOD_BAD_ARGUMENT outside these ranges; the text names the element,
 *   or the component whose covariance is not positive definite
 * @retval GENMOD_BUSY the model is being trained
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * After a failure the model is as it was. Since 0.1.
 */
GENMOD_CALL int32_t gmm_set_params(gmm_model *m, size_t k, size_t d,
                                   const double *weights, const double *means,
                                   size_t n_cov, const double *cov,
                                   genmod_workspace *w);

/**
 * Write the model as safetensors: options, parameters, report. EM has no other
 * state, so training goes on from a loaded model with the same bits.
 * @param cap       bytes at out
 * @param[out] out  the file's bytes; may be NULL if cap is 0
 * @param[out] need their number; may be NULL
 * @param w         may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_TOO_SMALL cap < *need; out is untouched
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * Since 0.1.
 */
GENMOD_CALL int32_t gmm_save(const gmm_model *m, size_t cap, void *out,
                             size_t *need, genmod_workspace *w);

/**
 * Make the model what gmm_save() wrote; options and all. Any bytes may be
 * handed in.
 * @param n      bytes
 * @param bytes  the file; copied from
 * @param w      may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL
 * @retval GENMOD_BAD_BYTES not a whole model of this family, or its checksum
 *   does not hold; the text says where and why
 * @retval GENMOD_UNSUPPORTED written by a later, incompatible version
 * @retval GENMOD_BUSY the model is being trained
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * After a failure the model is as it was. Allocates at most 4 n + 64 KiB, and
 * 448 KiB more for matrices of more than 64 columns.
 * Since 0.1.
 */
GENMOD_CALL int32_t gmm_load(gmm_model *m, size_t n, const void *bytes,
                             genmod_workspace *w);

/** Free a model. NULL is allowed. Since 0.1. */
GENMOD_API void gmm_free(gmm_model *m);

#ifdef __cplusplus
}
#endif

#endif
