/** @file measure.h
 * How far two distributions are apart: divergences of tables of probabilities, of
 * densities, of Gaussians in closed form, and of samples.
 *
 *     KL(p ‖ q) = sum p ln(p / q) >= 0, and 0 only where p = q
 *
 * Kullback, Leibler 1951; Lin 1991 (Jensen-Shannon). The arithmetic stands in
 * doc/math/measure.md, and what to use when in doc/guide/measure.md.
 *
 * All share this: a result that is infinite by definition is +INFINITY, not an
 * error; nothing is normalised silently; outputs are untouched after a failure;
 * results do not depend on the number of threads. Information is counted in the
 * unit that the caller names.
 */
#ifndef GENMOD_MEASURE_H
#define GENMOD_MEASURE_H

#include "base.h"
#include "data.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Units of information. */
#define GENMOD_NATS 1 /**< natural logarithms */
#define GENMOD_BITS 2 /**< logarithms of base 2: nats / ln 2 */

/**
 * The entropy - sum p_i ln p_i of a table of probabilities, 0 ln 0 = 0.
 * @param n     outcomes, 1 to 2^40
 * @param p     [n], finite, >= 0, with a sum within n 2^-52 of 1: what is left
 *   of rounding where n numbers were divided by their own sum
 * @param unit  GENMOD_NATS or GENMOD_BITS
 * @param[out] out  one number, from 0 to ln n
 * @param w     may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, a number outside its range, or a sum that is
 *   further from 1: the text says how far
 * @retval GENMOD_BUSY the workspace is in another call
 * @retval GENMOD_NO_MEMORY w is NULL, and none could be made
 * @retval GENMOD_CANCELLED
 * Cost: O(n); allocates nothing. Shannon 1948. Since 0.2.
 */
GENMOD_CALL int32_t genmod_discrete_entropy(size_t n, const double *p,
                                            int32_t unit, double *out,
                                            genmod_workspace *w);

/**
 * The cross-entropy - sum p_i ln q_i: the mean length of a code made for q where
 * p holds. +INFINITY where q_i = 0 < p_i.
 * @param q  [n], as p
 * The rest as genmod_discrete_entropy(). Since 0.2.
 */
GENMOD_CALL int32_t genmod_discrete_cross_entropy(size_t n, const double *p,
                                                  const double *q, int32_t unit,
                                                  double *out,
                                                  genmod_workspace *w);

/**
 * The Kullback-Leibler divergence sum p_i ln(p_i / q_i). +INFINITY where q_i = 0
 * < p_i.
 *
 * Summed as p ln(p / q) - p + q, terms that are not negative and keep their
 * digits where p is near q: so the result is never below 0, and above 0 once they
 * differ in an outcome of more than 1e-290. It differs from the cross-entropy
 * less the entropy by rounding, and by what the sums of p and q differ.
 * @param q  [n], as p
 * The rest as genmod_discrete_entropy(). Since 0.2.
 */
GENMOD_CALL int32_t genmod_discrete_kl(size_t n, const double *p,
                                       const double *q, int32_t unit,
                                       double *out, genmod_workspace *w);

/**
 * The Jensen-Shannon divergence (KL(p ‖ m) + KL(q ‖ m)) / 2, m = (p + q) / 2: of
 * equal bits for (p, q) and (q, p), from 0 to ln 2 (1 bit).
 * @param q  [n], as p
 * The rest as genmod_discrete_entropy(). Lin 1991, (4.1). Since 0.2.
 */
GENMOD_CALL int32_t genmod_discrete_js(size_t n, const double *p,
                                       const double *q, int32_t unit,
                                       double *out, genmod_workspace *w);

/**
 * The Jensen-Shannon distance: the square root of genmod_discrete_js() in the
 * same unit, which is a metric. Endres, Schindelin 2003. Since 0.2.
 */
GENMOD_CALL int32_t genmod_discrete_js_distance(size_t n, const double *p,
                                                const double *q, int32_t unit,
                                                double *out,
                                                genmod_workspace *w);

/**
 * ln p(x) of n points, as gmm_log_density() gives it. Called on the thread that
 * called the library, in no particular order of points.
 * @param n     points, 1 to 225
 * @param d     1 or 2
 * @param x     [n, d], inside the limits
 * @param[out] out  [n], nats; -INFINITY where the density is 0
 * @param user  as handed to the call
 * @return 0, or a negative value to end the call with GENMOD_CALLBACK
 */
typedef int32_t (*genmod_log_density)(size_t n, size_t d, const double *x,
                                      double *out, void *user);

/**
 * The differential entropy - int p ln p of a density, by adaptive quadrature.
 *
 * p is integrated along with it, and must come out as 1: limits that miss some of
 * it, a peak that no point hit and a density without its norm are told apart
 * from a result. Sides without limit suit densities about 0 whose scale is not
 * far from 1; for others give limits that hold all but what may be neglected.
 *
 * @param d       columns, 1 or 2
 * @param lower   [d], -INFINITY for none; NULL for none at all
 * @param upper   [d], > lower, INFINITY for none; NULL for none at all
 * @param p       the density
 * @param p_user  handed to p, may be NULL
 * @param tolerance  the error that will do, in nats, > 0; 1e-10, say. Below some
 *   1e-13 rounding has the last word.
 * @param unit    GENMOD_NATS or GENMOD_BITS
 * @param[out] out    one number
 * @param[out] error  a bound of its error in the same unit, estimated from two
 *   rules in each cell; above the tolerance where that was not reached within 2,000
 *   cells (d = 1) or 10,000 (d = 2), as of an integral that diverges; may be NULL
 * @param w       may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, a number outside its range, or a density
 *   whose integral is not 1: the text says what it is
 * @retval GENMOD_NON_FINITE a density gave NaN or INFINITY; the text says where
 * @retval GENMOD_BREAKDOWN the integral left the range of doubles
 * @retval GENMOD_CALLBACK a density ended it
 * @retval GENMOD_CANCELLED
 * @retval GENMOD_BUSY the workspace is in another call
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * Cost: 15 points a cell (d = 1) or 225 (d = 2); smooth densities take some dozen
 * or some hundred cells; 0.3 MiB, 1 MiB of d = 2. Kronrod 1965; Piessens et al.
 * 1983. Since 0.2.
 */
GENMOD_CALL int32_t genmod_density_entropy(size_t d, const double *lower,
                                           const double *upper,
                                           genmod_log_density p, void *p_user,
                                           double tolerance, int32_t unit,
                                           double *out, double *error,
                                           genmod_workspace *w);

/**
 * The cross-entropy - int p ln q. +INFINITY, with an error of 0, once a point has
 * q = 0 < p.
 * @param q       the other density; not integrated, so that it may reach beyond
 *   limits that hold p
 * @param q_user  handed to q, may be NULL
 * The rest as genmod_density_entropy(). Since 0.2.
 */
GENMOD_CALL int32_t genmod_density_cross_entropy(
    size_t d, const double *lower, const double *upper, genmod_log_density p,
    void *p_user, genmod_log_density q, void *q_user, double tolerance,
    int32_t unit, double *out, double *error, genmod_workspace *w);

/**
 * The Kullback-Leibler divergence int p ln(p / q). As
 * genmod_density_cross_entropy(); below 0 by no more than its error. Since 0.2.
 */
GENMOD_CALL int32_t genmod_density_kl(
    size_t d, const double *lower, const double *upper, genmod_log_density p,
    void *p_user, genmod_log_density q, void *q_user, double tolerance,
    int32_t unit, double *out, double *error, genmod_workspace *w);

/**
 * The Jensen-Shannon divergence (KL(p ‖ m) + KL(q ‖ m)) / 2, m = (p + q) / 2, from
 * 0 to ln 2 (1 bit). Both densities must have the integral 1. Its root is a
 * metric. The rest as genmod_density_cross_entropy(). Lin 1991, (4.1). Since 0.2.
 */
GENMOD_CALL int32_t genmod_density_js(
    size_t d, const double *lower, const double *upper, genmod_log_density p,
    void *p_user, genmod_log_density q, void *q_user, double tolerance,
    int32_t unit, double *out, double *error, genmod_workspace *w);

/**
 * The differential entropy (d ln(2 pi e) + ln det cov) / 2 of a Gaussian.
 * @param d     columns, 1 to 65536
 * @param cov   [d, d], finite, symmetric to 1e-8 of its diagonal (the lower
 *   triangle is read), positive definite: each pivot of its Cholesky factor above d
 *   2^-52 of the diagonal it came from
 * @param unit  GENMOD_NATS or GENMOD_BITS
 * @param[out] out  one number
 * @param w     may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL or a number outside its range; the text names
 *   the pivot of a covariance that is not positive definite
 * @retval GENMOD_BREAKDOWN the numbers leave the range of doubles
 * @retval GENMOD_CANCELLED
 * @retval GENMOD_BUSY the workspace is in another call
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * Cost: O(d^3), memory O(d^2). Since 0.2.
 */
GENMOD_CALL int32_t genmod_gaussian_entropy(size_t d, const double *cov,
                                            int32_t unit, double *out,
                                            genmod_workspace *w);

/**
 * The cross-entropy - int p ln q of two Gaussians.
 * @param mean_p  [d], finite
 * @param cov_p   [d, d], as cov above
 * @param mean_q  [d], finite
 * @param cov_q   [d, d], as cov above
 * The rest as genmod_gaussian_entropy(). Since 0.2.
 */
GENMOD_CALL int32_t genmod_gaussian_cross_entropy(
    size_t d, const double *mean_p, const double *cov_p, const double *mean_q,
    const double *cov_q, int32_t unit, double *out, genmod_workspace *w);

/**
 * The Kullback-Leibler divergence of two Gaussians,
 * (tr(cov_q^-1 cov_p) - d + D^T cov_q^-1 D + ln(det cov_q / det cov_p)) / 2 with
 * D = mean_p - mean_q, as a sum without negative terms: never below 0. As
 * genmod_gaussian_cross_entropy(). Since 0.2.
 */
GENMOD_CALL int32_t genmod_gaussian_kl(size_t d, const double *mean_p,
                                       const double *cov_p,
                                       const double *mean_q,
                                       const double *cov_q, int32_t unit,
                                       double *out, genmod_workspace *w);

/**
 * Renyi's divergence ln(int p^order q^(1 - order)) / (order - 1). +INFINITY for an
 * order above 1 at which order cov_q + (1 - order) cov_p is not positive definite.
 * @param order  finite, >= 0; 1 is Kullback-Leibler, 0 is 0
 * The rest as genmod_gaussian_cross_entropy(). Gil, Alajaji, Linder 2013.
 * Since 0.2.
 */
GENMOD_CALL int32_t genmod_gaussian_renyi(size_t d, const double *mean_p,
                                          const double *cov_p,
                                          const double *mean_q,
                                          const double *cov_q, double order,
                                          int32_t unit, double *out,
                                          genmod_workspace *w);

/**
 * The Bhattacharyya distance - ln int sqrt(p q), half of Renyi's divergence of
 * order 1/2. As genmod_gaussian_cross_entropy(). Since 0.2.
 */
GENMOD_CALL int32_t genmod_gaussian_bhattacharyya(
    size_t d, const double *mean_p, const double *cov_p, const double *mean_q,
    const double *cov_q, int32_t unit, double *out, genmod_workspace *w);

/**
 * The Hellinger distance sqrt(1 - int sqrt(p q)), a metric from 0 to 1 (some
 * authors leave the root out, or double what is below it). It has no unit. The
 * rest as genmod_gaussian_cross_entropy(). Since 0.2.
 */
GENMOD_CALL int32_t genmod_gaussian_hellinger(size_t d, const double *mean_p,
                                              const double *cov_p,
                                              const double *mean_q,
                                              const double *cov_q, double *out,
                                              genmod_workspace *w);

/**
 * The squared Frechet distance, which is the squared 2-Wasserstein distance:
 * |mean_p - mean_q|^2 + tr cov_p + tr cov_q - 2 tr (cov_p cov_q)^(1/2), in the
 * square of the data's unit; its root is a metric. By the eigenvalues of a
 * symmetric matrix: never complex, never below 0. Of equal Gaussians rounding
 * leaves some 1e-15 of the traces. The rest as genmod_gaussian_cross_entropy().
 * Dowson, Landau 1982. Since 0.2.
 */
GENMOD_CALL int32_t genmod_gaussian_frechet(size_t d, const double *mean_p,
                                            const double *cov_p,
                                            const double *mean_q,
                                            const double *cov_q, double *out,
                                            genmod_workspace *w);

/**
 * The differential entropy of the density that a sample was drawn from, from the
 * distance rho of each row to its k-th nearest neighbour:
 *
 *     psi(n) - psi(k) + ln V_d + d / n sum ln rho_i
 *
 * A row that has k copies or more takes as many more neighbours as reach a
 * distance above 0, and is counted with that number. Data with many copies
 * have no density, and the result then says little.
 *
 * @param x     [n, d], finite, n > k; without weights
 * @param k     neighbours, 1 to 1024; 3 to 10 are usual: more have less variance
 *   and more bias
 * @param unit  GENMOD_NATS or GENMOD_BITS
 * @param[out] out  one number
 * @param w     may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, no rows, or a number outside its range
 * @retval GENMOD_NON_FINITE the text names view, row and column
 * @retval GENMOD_UNSUPPORTED a row has a weight other than 1
 * @retval GENMOD_BREAKDOWN all rows are the same, or so far apart or so near that
 *   the squares of their distances are no numbers
 * @retval GENMOD_CANCELLED
 * @retval GENMOD_CALLBACK the row source ended it
 * @retval GENMOD_BUSY the workspace is in another call
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * Cost: O(n^2 d), all pairs, over the workspace's threads; some 12 MiB and 16 KiB
 * for each of the k, whatever n is, and half a MiB for each thread beside the
 * first, as in all calls that look at all pairs; the rows are read n / 2048 times.
 * The bias grows with d. Kozachenko, Leonenko 1987; Kraskov et al. 2004, (20).
 * Since 0.2.
 */
GENMOD_CALL int32_t genmod_sample_entropy(const genmod_data *x, size_t k,
                                          int32_t unit, double *out,
                                          genmod_workspace *w);

/**
 * KL(p ‖ q) of the densities that two samples were drawn from, from the distances
 * rho of each row of x to its k-th neighbour in x, and nu to that in y:
 *
 *     d / n sum ln(nu_i / rho_i) + ln(m / (n - 1))
 *
 * Copies are taken as by genmod_sample_entropy(). It may be below 0 where the
 * divergence is small: it is not clamped.
 * @param x  [n, d], drawn from p, n > k
 * @param y  [m, d], drawn from q, m >= k
 * The rest as genmod_sample_entropy(). Cost: O(n (n + m) d). Wang, Kulkarni,
 * Verdu 2009. Since 0.2.
 */
GENMOD_CALL int32_t genmod_sample_kl(const genmod_data *x, const genmod_data *y,
                                     size_t k, int32_t unit, double *out,
                                     genmod_workspace *w);

/**
 * The squared maximum mean discrepancy of two samples under the kernel
 * exp(-|x - y|^2 / (2 width^2)), and how often labels that were dealt out anew
 * give as much.
 *
 * The estimate is unbiased (a U-statistic without the kernel's diagonal) and so
 * may be below 0. The p-value is exact whatever the sizes: the share of labellings,
 * the data's own among them, at which the statistic is as large.
 *
 * @param x      [m, d], finite, m >= 2; without weights
 * @param y      [n, d], finite, n >= 2
 * @param width  of the kernel, finite, > 0; 0 for the median distance of the
 *   pooled rows, or of 1,000 of them that the seed picks. To compare several
 *   samples with one, give one width to all.
 * @param permutations  0 to 10000; the p-value is at least 1 / (permutations + 1)
 * @param seed   of the permutations and the pick
 * @param[out] out      one number, at most 2
 * @param[out] p_value  in (0, 1]; 1 without permutations; may be NULL
 * @param[out] used     the width; may be NULL
 * @param w      may be NULL
 * @retval GENMOD_BREAKDOWN the median distance is 0 or no number, or the square of a
 *   distance over that of the width is none, as of equal rows and a width of 1e-200
 * The rest as genmod_sample_entropy(). Cost: O((m + n)^2 (d + permutations)), and
 * (m + n) permutations / 8 bytes with some 20 MiB. Gretton et al. 2012, (3).
 * Since 0.2.
 */
GENMOD_CALL int32_t genmod_sample_mmd(const genmod_data *x,
                                      const genmod_data *y, double width,
                                      size_t permutations, uint64_t seed,
                                      double *out, double *p_value,
                                      double *used, genmod_workspace *w);

/**
 * The squared sliced 2-Wasserstein distance of two samples: the mean, over random
 * directions, of the squared distance of their projections, in the square of
 * the data's unit. Its root is a metric. Samples of different sizes are compared by
 * their quantiles.
 *
 * Directions are drawn in groups of up to 64, d and a thirtieth of their number
 * that are orthogonal to each other; their number is rounded up to whole groups.
 *
 * @param x  [m, d], finite; without weights
 * @param y  [n, d], finite
 * @param directions  2 to 65536
 * @param seed  of the directions
 * @param[out] out  one number
 * @param[out] standard_error  of out as an estimate of the mean over all
 *   directions, from the spread of the groups (it says nothing of the samples'
 *   own chance); may be NULL
 * @param w  may be NULL
 * @retval GENMOD_BREAKDOWN the distance leaves the range of doubles
 * The rest as genmod_sample_entropy(). Cost: O(directions (m + n) (d + ln(m + n)));
 * 64 MiB of projections, or those of one direction if that is more, and as much
 * as one direction's for each thread. Rabin et al. 2011. Since 0.2.
 */
GENMOD_CALL int32_t genmod_sample_sliced_wasserstein(
    const genmod_data *x, const genmod_data *y, size_t directions, uint64_t seed,
    double *out, double *standard_error, genmod_workspace *w);

/**
 * The squared Frechet distance of the Gaussians that have two samples' means
 * and covariances, less its bias, which is of the order of d^2 / n: in the
 * square of the data's unit, and below 0 by chance where the samples are of one
 * distribution.
 *
 * Bias and error come from leaving out each of 30 batches in turn (a jackknife;
 * fewer batches where there are fewer rows). What is left of the bias is of the
 * order of 1 / n^2, which asks for some n > 5 d rows. Raw distances of samples
 * of different sizes cannot be compared; these can.
 *
 * @param x  [m, d], finite, m >= 3, d up to 65536; without weights
 * @param y  [n, d], finite, n >= 3
 * @param[out] out  one number
 * @param[out] raw  the distance before the correction, >= 0; may be NULL
 * @param[out] standard_error  of out; too large by up to a half where the
 *   samples are of one distribution, else right to some tenth; may be NULL
 * @param w  may be NULL
 * @retval GENMOD_BREAKDOWN the distance leaves the range of doubles
 * The rest as genmod_sample_entropy(). Cost: O((m + n) d^2 + 31 d^3), the
 * latter on one thread; some 14 d^2 numbers and 9 bytes a row; the rows are read
 * three times. Covariances may be singular. Dowson, Landau 1982; Quenouille
 * 1956. Since 0.2.
 */
GENMOD_CALL int32_t genmod_sample_frechet(const genmod_data *x,
                                          const genmod_data *y, double *out,
                                          double *raw, double *standard_error,
                                          genmod_workspace *w);

/**
 * The kernel distance: the squared maximum mean discrepancy under the kernel
 * (x^T y / d + 1)^3, over all pairs and without the kernel's diagonal.
 * Unbiased, so that it may be below 0, and samples of any size can be compared.
 * It sees means, covariances and third moments, and depends on the data's
 * origin and unit.
 *
 * @param x  [m, d], finite, m >= 2; without weights
 * @param y  [n, d], finite, n >= 2
 * @param[out] out  one number
 * @param[out] standard_error  of out, the root of an unbiased estimate of its
 *   variance (but for a part that is kept from falling below 0); may be NULL
 * @param w  may be NULL
 * @retval GENMOD_BREAKDOWN the kernel leaves the range of doubles
 * The rest as genmod_sample_entropy(). Cost: O((m + n)^2 d); some 20 MiB,
 * whatever m and n are. Binkowski et al. 2018; Gretton et al. 2012, (3).
 * Since 0.2.
 */
GENMOD_CALL int32_t genmod_sample_kid(const genmod_data *x,
                                      const genmod_data *y, double *out,
                                      double *standard_error,
                                      genmod_workspace *w);

/**
 * How y, generated, covers x, real, by balls about each row that reach its k-th
 * neighbour in its own sample:
 *
 *     [0] precision  the share of y that lies in a ball of x
 *     [1] recall     the share of x that lies in a ball of y
 *     [2] density    the mean number of x's balls that a row of y lies in,
 *                    over k
 *     [3] coverage   the share of x's balls that hold a row of y
 *
 * Balls are closed, and density counts a ball that holds more than k rows of x
 * besides its own as k over their number: where all rows are the same, density
 * is m / (m - 1) and the others are 1.
 *
 * @param x  [m, d], finite, m > k; without weights
 * @param y  [n, d], finite, n > k
 * @param k  neighbours, 1 to 1024; 5 is usual
 * @param[out] out  [4]
 * @param[out] standard_error  [4], from the spread over up to 30 batches; a
 *   third off for few rows; INFINITY for fewer than 2 (k + 2) rows; may be NULL
 * @param[out] expected  [4], what equal distributions would give with as many
 *   rows: of density and coverage exactly (ties aside), of precision and recall
 *   as the share of x, or y, that lies in a ball of its own sample, measured
 *   without it; may be NULL, which saves two of five passes over all pairs
 * @param w  may be NULL
 * @retval GENMOD_BREAKDOWN rows so far apart that the squares of their
 *   distances are no numbers
 * The rest as genmod_sample_entropy(). Cost: O((m + n)^2 d); some 20 MiB,
 * 32 KiB for each of the k and 42 bytes a row. Kynkaanniemi et al. 2019; Naeem
 * et al. 2020. Since 0.2.
 */
GENMOD_CALL int32_t genmod_sample_prdc(const genmod_data *x,
                                       const genmod_data *y, size_t k,
                                       double *out, double *standard_error,
                                       double *expected, genmod_workspace *w);

/**
 * Does a generator give its training rows again? A row is a copy if it is
 * nearer to its nearest training row than that one is to its nearest fellow, or
 * equal to it.
 *
 *     [0] the share of copies among the generated rows
 *     [1] the share among rows that were held out: what honesty gives
 *     [2] the share of generated rows that equal a training row
 *
 * @param train  [m, d], finite, m >= 2; without weights
 * @param held   [q, d], of the training rows' distribution and not trained on
 * @param y      [n, d], generated
 * @param[out] out  [3]
 * @param[out] standard_error  [3], given the training rows; may be NULL
 * @param[out] p_value  the chance of as many copies among y and as few among
 *   the held-out rows if a row of either is one as easily (Fisher's exact
 *   test): small says that y remembers. A generator that misses the
 *   distribution copies less, and may hide behind that. May be NULL.
 * @param w  may be NULL
 * @retval GENMOD_BREAKDOWN rows so far apart that the squares of their
 *   distances are no numbers
 * The rest as genmod_sample_entropy(). Cost: O(m (m + q + n) d); some 12 MiB
 * and 8 bytes a training row. Alaa et al. 2022; Fisher 1935. Since 0.2.
 */
GENMOD_CALL int32_t genmod_sample_copies(const genmod_data *train,
                                         const genmod_data *held,
                                         const genmod_data *y, double *out,
                                         double *standard_error,
                                         double *p_value, genmod_workspace *w);

/**
 * The share of rows whose nearest neighbour, of both samples, is of their own:
 * 1 if the samples are apart, about a half if nothing tells them apart, and
 * less if one repeats the other. Of rows that are equally near, chance takes
 * one.
 *
 * @param x  [m, d], finite, m >= 2; without weights
 * @param y  [n, d], finite, n >= 2; m + n up to 2^32
 * @param[out] out  one number, 0 to 1
 * @param[out] standard_error  of out if the samples are of one distribution,
 *   exactly, given which rows are whose neighbours; may be NULL
 * @param[out] expected  out's mean if they are,
 *   (m (m - 1) + n (n - 1)) / ((m + n) (m + n - 1)); may be NULL
 * @param[out] p_value  the chance of as large a share if they are, by a normal
 *   of that mean and error; may be NULL
 * @param w  may be NULL
 * @retval GENMOD_BREAKDOWN rows so far apart that the squares of their
 *   distances are no numbers
 * The rest as genmod_sample_entropy(). Cost: O((m + n)^2 d); some 12 MiB and 8
 * bytes a row. Schilling 1986; Henze 1988. Since 0.2.
 */
GENMOD_CALL int32_t genmod_sample_nearest(const genmod_data *x,
                                          const genmod_data *y, double *out,
                                          double *standard_error,
                                          double *expected, double *p_value,
                                          genmod_workspace *w);

/**
 * Which modes of a known mixture a sample reaches. A row belongs to the mode
 * that is nearest in that mode's deviations, and is of high quality if it lies
 * within `radius` of them.
 *
 *     [0] modes that have a row of high quality
 *     [1] the share of rows of high quality
 *     [2] KL(shares of rows ‖ shares of modes), nats, of all rows
 *
 * @param y     [n, d], finite; without weights
 * @param k     modes, 1 to 2^20
 * @param mean  [k, d], finite
 * @param deviation  [k, d], of each column, finite, > 0
 * @param share  [k], > 0, with a sum within k 2^-52 of 1; NULL for 1 / k each
 * @param radius  finite, > 0; 3 is usual
 * @param[out] count  [k] rows of high quality of each mode; may be NULL
 * @param[out] out  [3]
 * @param[out] standard_error  [3]; may be NULL
 * @param[out] expected  [3], what rows drawn from the mixture itself would give
 *   if its modes are Gaussians far apart: 1 - exp(-9 / 2) of high quality, say,
 *   of two columns within 3, and (k - 1) / (2 n) nats, to first order; may be
 *   NULL
 * @param w  may be NULL
 * The rest as genmod_sample_entropy(). Cost: O(n k d) over the workspace's
 * threads; 5 MiB and k (d + 2) numbers. Srivastava et al. 2017; Lin et al.
 * 2018. Since 0.2.
 */
GENMOD_CALL int32_t genmod_sample_modes(
    const genmod_data *y, size_t k, const double *mean, const double *deviation,
    const double *share, double radius, int64_t *count, double *out,
    double *standard_error, double *expected, genmod_workspace *w);

#ifdef __cplusplus
}
#endif

#endif
