/** @file gmm_algebra.h
 * What is made of Gaussian mixtures: divergences, parts, regression, products,
 * maps, fewer components, quantiles, gradients. All that gmm.h says of models
 * holds here, too.
 */
#ifndef GENMOD_GMM_ALGEBRA_H
#define GENMOD_GMM_ALGEBRA_H

#include "gmm.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Places in what gmm_divergence() gives. An _ERROR is a standard error. */
#define GMM_KL 0 /**< KL(p ‖ q), from drawn rows */
#define GMM_KL_ERROR 1 /**< its standard error */
#define GMM_JS 2 /**< Jensen-Shannon divergence, from drawn rows */
#define GMM_JS_ERROR 3 /**< its standard error */
#define GMM_CROSS_ENTROPY 4 /**< - int p ln q, from drawn rows */
#define GMM_CROSS_ENTROPY_ERROR 5 /**< its standard error */
#define GMM_ENTROPY 6 /**< of p, from drawn rows */
#define GMM_ENTROPY_ERROR 7 /**< its standard error */
#define GMM_KL_VARIATIONAL 8 /**< an approximation of KL(p ‖ q), no bound */
#define GMM_KL_UPPER 9       /**< KL(p ‖ q) is at most that */
#define GMM_ENTROPY_LOWER 10 /**< p's entropy is at least that */
#define GMM_ENTROPY_UPPER 11 /**< and at most that */
#define GMM_L2 12            /**< int (p - q)^2, exact; it has no unit of information */
#define GMM_CAUCHY_SCHWARZ 13 /**< - ln(int p q / sqrt(int p^2 int q^2)), exact */
#define GMM_DIVERGENCES 14    /**< their number */

/**
 * How far two mixtures are apart: estimates from rows that are drawn from them,
 * with standard errors, and what is known in closed form.
 *
 * Rows are drawn by strata: each component gives its share of them. The estimates
 * share their rows, so that GMM_KL is GMM_CROSS_ENTROPY less GMM_ENTROPY, and are
 * as they come out: GMM_KL may be below 0 where the divergence is small. Nothing is
 * symmetric but GMM_JS, GMM_L2 and GMM_CAUCHY_SCHWARZ: call again with p and q
 * changed over for the other direction. The same seed draws the same rows.
 *
 * @param p     a model with parameters
 * @param q     a model with parameters, of as many columns
 * @param seed  the stream
 * @param n     rows of each mixture, from twice the larger number of components to
 *   2^40; 0 for none: the first eight numbers are then NaN
 * @param unit  GENMOD_NATS or GENMOD_BITS of measure.h
 * @param cap       doubles at out
 * @param[out] out  [GMM_DIVERGENCES], in the order of the constants above; may be
 *   NULL if cap is 0
 * @param[out] need the doubles that it takes; may be NULL
 * @param w     may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, other columns, or a number outside its range
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_TOO_SMALL cap < *need; out is untouched
 * @retval GENMOD_BREAKDOWN the numbers leave the range of doubles
 * @retval GENMOD_BUSY the workspace is in another call
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * @retval GENMOD_CANCELLED
 * Cost: O(n (k_p + k_q) d^2), and O((k_p + k_q)^2 d^3) for the closed forms (d^2 and
 * d where both mixtures are diagonal or spherical); memory independent of n.
 * Hershey, Olsen 2007; Kolchinsky, Tracey 2017. Since 0.2.
 */
GENMOD_CALL int32_t gmm_divergence(const gmm_model *p, const gmm_model *q,
                                   uint64_t seed, size_t n, int32_t unit,
                                   size_t cap, double *out, size_t *need,
                                   genmod_workspace *w);

/**
 * The mixture of some of the columns, in the order given.
 * @param from     a model with parameters
 * @param n        columns, 1 to d - 1
 * @param columns  [n], each 0 to d - 1, none twice
 * @param to       becomes it, with the options of `from` (but full covariances where
 *   those have factors); may be `from`
 * @param w        may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, or outside these ranges (the text names the
 *   element)
 * @retval GENMOD_NOT_FITTED from
 * @retval GENMOD_BREAKDOWN the numbers leave the range of doubles, or a covariance
 *   is no longer positive definite in them
 * @retval GENMOD_BUSY `to` is being trained
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * After a failure `to` is as it was. O(k n^2). Bishop 2006, (2.98). Since 0.2.
 */
GENMOD_CALL int32_t gmm_marginal(const gmm_model *from, size_t n,
                                 const int32_t *columns, gmm_model *to,
                                 genmod_workspace *w);

/**
 * The mixture of the other columns, ascending, given values of some: what those
 * say of these.
 * @param values  [n], finite
 * @retval GENMOD_NON_FINITE the text names the value
 * The rest as gmm_marginal(). A component that the values make as good as
 * impossible keeps the least weight that is a normal number. O(k d^3) for full,
 * O(d^3) for tied covariances. Bishop 2006, (2.81) and (2.82). Since 0.2.
 */
GENMOD_CALL int32_t gmm_condition(const gmm_model *from, size_t n,
                                  const int32_t *columns, const double *values,
                                  gmm_model *to, genmod_workspace *w);

/**
 * Mean and covariance of the whole mixture.
 * @param m  a model with parameters
 * @param d  its columns
 * @param[out] mean        [d]
 * @param[out] covariance  [d, d]; may be NULL
 * @param w  may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, or another d
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_BUSY the workspace is in another call
 * @retval GENMOD_NO_MEMORY
 * O(k d^2). Bishop 2006, (9.49) and (9.50). Since 0.2.
 */
GENMOD_CALL int32_t gmm_moments(const gmm_model *m, size_t d, double *mean,
                                double *covariance, genmod_workspace *w);

/**
 * Fill in missing cells: E[x_missing | x_present], which is exact. x's noise, if it
 * has some, is not looked at.
 * @param x      [n, d], finite but for missing cells, which
 *   genmod_data_set_missing() allows
 * @param type   GENMOD_F32 or GENMOD_F64
 * @param bytes  at out, at least n * d elements of that type
 * @param[out] out  [n, d]; cells that are there come out as they went in; of a
 *   row without any the mixture's mean. Untouched after a failure
 * The rest as gmm_log_density(). O(k d^3) for each change of the pattern of
 * missing cells from row to row, O(k d^2) a row. Since 0.2.
 */
GENMOD_CALL int32_t gmm_impute(const gmm_model *m, const genmod_data *x,
                               int32_t type, size_t bytes, void *out,
                               genmod_workspace *w);

/**
 * Regression: what some columns say of the others, for many rows at once. Mean
 * and covariance of the other columns, ascending, given each row of x.
 * @param m        a model with parameters
 * @param n        columns that are given, 1 to d - 1
 * @param columns  [n], each 0 to d - 1, none twice
 * @param x        [rows, n], finite: values of these columns, in this order
 * @param type     GENMOD_F32 or GENMOD_F64, of mean and covariance
 * @param mean_bytes        at mean, at least rows * (d - n) elements of that type
 * @param[out] mean         [rows, d - n]
 * @param covariance_bytes  at covariance, at least rows * (d - n)^2 elements
 * @param[out] covariance   [rows, d - n, d - n], symmetric; may be NULL
 * @param w        may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, outside these ranges (the text names the
 *   element), or x has no rows or other than n columns
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_NON_FINITE the text names row and column; missing cells, too
 * @retval GENMOD_UNSUPPORTED x has noise (genmod_data_set_noise())
 * @retval GENMOD_TOO_SMALL mean_bytes or covariance_bytes
 * @retval GENMOD_BUSY the workspace is in another call
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * @retval GENMOD_CANCELLED
 * @retval GENMOD_CALLBACK the row source ended it
 * After a failure mean and covariance are untouched. Cost: O(k d^3) once (d^3
 * for tied covariances), then O(k n d) a row, and O(k (d - n)^2) more where the
 * covariance is wanted. A row's bits depend on it alone. Bishop 2006, (2.81),
 * (2.82), (9.49), (9.50). Since 0.2.
 */
GENMOD_CALL int32_t gmm_regress(const gmm_model *m, size_t n,
                                const int32_t *columns, const genmod_data *x,
                                int32_t type, size_t mean_bytes, void *mean,
                                size_t covariance_bytes, void *covariance,
                                genmod_workspace *w);

/**
 * The product of two densities, p(x) q(x) / Z: a mixture of all pairs of
 * components, j of p and l of q becoming number j k_q + l.
 *
 * Of two tied mixtures it is tied, of two diagonal ones diagonal, of two
 * spherical ones spherical; of a diagonal and a spherical one diagonal; of all
 * others full.
 * @param p   a model with parameters
 * @param q   a model with parameters, of as many columns; k_p k_q <= 65536
 * @param to  becomes it, with the options of p but for "components" and
 *   "covariance"; may be p or q
 * @param[out] log_normaliser  ln Z, Z = int p q, in nats; may be NULL
 * @param w   may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, other columns, or too many components
 * @retval GENMOD_NOT_FITTED p or q
 * @retval GENMOD_BREAKDOWN the numbers leave the range of doubles
 * @retval GENMOD_BUSY `to` is being trained
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * After a failure `to` is as it was. A pair that is as good as impossible keeps the
 * least weight that is a normal number. O(k_p k_q d^3), d for diagonal and
 * spherical covariances. Petersen, Pedersen 2012, (371). Since 0.2.
 */
GENMOD_CALL int32_t gmm_product(const gmm_model *p, const gmm_model *q,
                                gmm_model *to, double *log_normaliser,
                                genmod_workspace *w);

/**
 * The mixture of y = A x + b, of as many columns as A has rows.
 * @param from   a model with parameters
 * @param r      rows of A, 1 to d
 * @param a      [r, d], finite, its rows linearly independent
 * @param b      [r], finite; NULL for 0
 * @param to     becomes it, with the options of `from`: full, but tied of a tied
 *   one; may be `from`
 * @param w      may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, outside these ranges, or a row of a is a
 *   combination of others (the text names it)
 * @retval GENMOD_NON_FINITE the text names the element
 * The rest as gmm_marginal(). O(k r d^2), r d^2 for tied. Bishop 2006, (2.115).
 * Since 0.2.
 */
GENMOD_CALL int32_t gmm_affine(const gmm_model *from, size_t r, const double *a,
                               const double *b, gmm_model *to,
                               genmod_workspace *w);

/**
 * Fewer components: two are merged into one with their mean and covariance, and
 * again, each time those whose merging costs least.
 *
 * Mean and covariance of the whole mixture stay (of a diagonal one the variances,
 * of a spherical one their sum). A merged component stands where the first of the
 * two stood. A tied mixture, and one whose covariances have factors, becomes full.
 * @param from  a model with parameters
 * @param k     components that remain, 1 to those of `from`
 * @param to    becomes it, with the options of `from` but for "components" and
 *   "covariance"; may be `from`
 * @param[out] cost  KL(from ‖ to) is at most that, in nats; may be NULL
 * @param w     may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, or another k
 * @retval GENMOD_NOT_FITTED from
 * @retval GENMOD_BREAKDOWN a covariance is singular, or the numbers leave the range
 *   of doubles
 * @retval GENMOD_BUSY `to` is being trained
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * @retval GENMOD_CANCELLED
 * After a failure `to` is as it was. O(k^2 d^3) for full and tied, O(k^2 d) for
 * the others, k^2 numbers of memory, k those of `from`. Runnalls 2007, (21).
 * Since 0.2.
 */
GENMOD_CALL int32_t gmm_merge(const gmm_model *from, size_t k, gmm_model *to,
                              double *cost, genmod_workspace *w);

/**
 * Leave out components that weigh less than `least`; the others' weights are
 * scaled to a sum of 1. The heaviest always stays.
 * @param from   a model with parameters
 * @param least  0 to below 1
 * @param to     becomes it, with the options of `from` but for "components" (and
 *   full covariances where those have factors); may be `from`
 * @param[out] cost  - ln(1 - W), W the weight that was left out: KL(to ‖ from)
 *   is at most that, in nats; may be NULL
 * The rest as gmm_marginal(). O(k d^2). Since 0.2.
 */
GENMOD_CALL int32_t gmm_prune(const gmm_model *from, double least,
                              gmm_model *to, double *cost,
                              genmod_workspace *w);

/**
 * P(X_c <= x) of one column.
 * @param m       a model with parameters, of any covariance type
 * @param column  0 to d - 1
 * @param n       numbers
 * @param x       [n], finite
 * @param[out] out  [n], 0 to 1; small ones with all their digits
 * @param w       may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, or no such column
 * @retval GENMOD_NON_FINITE the text names the element
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_BUSY the workspace is in another call
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * After a failure out is untouched. O(k) a number, up to a microsecond a
 * component.
 * Since 0.2.
 */
GENMOD_CALL int32_t gmm_cdf(const gmm_model *m, int32_t column, size_t n,
                            const double *x, double *out, genmod_workspace *w);

/**
 * Where gmm_cdf() of a column is p: a bracketed root, to the last digits, in
 * either tail.
 * @param p  [n], each between 0 and 1, exclusive
 * @retval GENMOD_BAD_ARGUMENT also for such a p; the text names it
 * The rest as gmm_cdf(). Some ten times as much a number. Since 0.2.
 */
GENMOD_CALL int32_t gmm_quantile(const gmm_model *m, int32_t column, size_t n,
                                 const double *p, double *out,
                                 genmod_workspace *w);

/**
 * The gradient of ln p(x) in x, of each row: - sum_j p(j | x) Sigma_j^-1
 * (x - mu_j), in nats a unit of the column. It points to where rows are likelier:
 * for steps uphill, Langevin draws, plots of a field.
 * @param x      [n, d], finite; a missing cell is GENMOD_NON_FINITE
 * @param type   GENMOD_F32 or GENMOD_F64
 * @param bytes  at out, at least n * d elements of that type
 * @param[out] out  [n, d]
 * @retval GENMOD_BAD_ARGUMENT also for a model with noise (option "noise")
 * @retval GENMOD_UNSUPPORTED x has noise (genmod_data_set_noise())
 * The rest as gmm_log_density(); arithmetic is in the type of the rows. Cost:
 * O(n k d^2) for full and tied covariances, three to five times gmm_log_density(),
 * O(n k d) for the others. A row's bits depend on it alone. Bishop 2006, (9.16).
 * Since 0.2.
 */
GENMOD_CALL int32_t gmm_log_density_gradient(const gmm_model *m,
                                             const genmod_data *x, int32_t type,
                                             size_t bytes, void *out,
                                             genmod_workspace *w);

/**
 * The parameters as numbers without bounds, for optimisers: in this order ln w_j
 * [k], the means [k, d], and for each covariance [k] (tied: the one) its L, Sigma =
 * L L^T, lower triangle row by row, ln L_cc on the diagonal; diagonal: ln sigma [k,
 * d]; spherical: ln sigma [k].
 * @param m         a model with parameters
 * @param cap       doubles at out
 * @param[out] out  may be NULL if cap is 0
 * @param[out] need the doubles that it takes: the mixture's free parameters and 1;
 *   may be NULL
 * @param w         may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, or the model has factors or noise (options
 *   "covariance" and "noise"), which have no such numbers
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_TOO_SMALL cap < *need; out is untouched
 * @retval GENMOD_BREAKDOWN a covariance is singular
 * @retval GENMOD_BUSY the workspace is in another call
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * O(k d^3). Since 0.2.
 */
GENMOD_CALL int32_t gmm_get_coordinates(const gmm_model *m, size_t cap,
                                        double *out, size_t *need,
                                        genmod_workspace *w);

/**
 * Make the mixture from such numbers, with the model's options "components" and
 * "covariance"; weights are softmax of the first k. The report is emptied.
 * @param m      the model
 * @param d      columns, 1 to 65536
 * @param n      numbers, as gmm_get_coordinates() counts them
 * @param theta  [n], finite
 * @param w      may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, another d or n, a model with factors or noise, or
 *   covariances that leave the range of doubles
 * @retval GENMOD_NON_FINITE the text names the element
 * @retval GENMOD_BUSY the model is being trained
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * After a failure the model is as it was. O(k d^3). Since 0.2.
 */
GENMOD_CALL int32_t gmm_set_coordinates(gmm_model *m, size_t d, size_t n,
                                        const double *theta,
                                        genmod_workspace *w);

/**
 * The gradient of gmm_log_likelihood() in the numbers of gmm_get_coordinates():
 * the mean over the rows, weighted with their weights.
 * @param m         a model with parameters
 * @param x         [n, d], finite but for missing cells; its noise counts, too
 * @param cap       doubles at out
 * @param[out] out  as gmm_get_coordinates() orders them; may be NULL if cap is 0.
 *   Untouched after a failure
 * @param[out] need the doubles that it takes; may be NULL
 * @retval GENMOD_BAD_ARGUMENT also where gmm_get_coordinates() has it
 * @retval GENMOD_TOO_SMALL cap < *need
 * The rest as gmm_log_density(). Cost: as a gmm_step(), and O(k d^3).
 * Bishop 2006, (9.16), (9.19). Since 0.2.
 */
GENMOD_CALL int32_t gmm_likelihood_gradient(const gmm_model *m,
                                            const genmod_data *x, size_t cap,
                                            double *out, size_t *need,
                                            genmod_workspace *w);

/**
 * The gradient of ln p(x) in the numbers of gmm_get_coordinates(), of each row:
 * for Fisher vectors, influence, gradients that are clipped.
 * @param x      [n, d], finite; a missing cell is GENMOD_NON_FINITE
 * @param bytes  at out, at least n times as many doubles as gmm_get_coordinates()
 *   gives
 * @param[out] out  [n, those]
 * @retval GENMOD_BAD_ARGUMENT also where gmm_get_coordinates() has it
 * @retval GENMOD_UNSUPPORTED x has noise (genmod_data_set_noise())
 * The rest as gmm_log_density_gradient(). Cost: O(n k d^2), and as much memory as out.
 * A row's bits depend on it alone. Since 0.2.
 */
GENMOD_CALL int32_t gmm_row_gradients(const gmm_model *m, const genmod_data *x,
                                      size_t bytes, double *out,
                                      genmod_workspace *w);

#ifdef __cplusplus
}
#endif

#endif
