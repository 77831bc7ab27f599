/* The door of room `measure`: divergences between distributions, and measures
 * of samples. It knows no model; the families bring densities and rows. */
#ifndef MEASURE_MEASURE_H
#define MEASURE_MEASURE_H

#include "genmod/measure.h"
#include "kern/kern.h"

/* ---- unit.c ------------------------------------------------------------- */

int32_t measure_check_unit(int32_t unit, genmod_workspace *w);
/* What nats are divided by. */
double measure_unit(int32_t unit);

/* ---- gaussian.c: closed forms, in nats ---------------------------------- */

/* Gaussians p and q: means [d], Cholesky factors [d, d] of their covariances
 * with zeros above. work: measure_gaussian_work(d) doubles, SIZE_MAX if that is
 * more than there can be. */
size_t measure_gaussian_work(size_t d);
double measure_gaussian_kl(const kern_ops *f64, size_t d, const double *mp,
                           const double *lp, const double *mq, const double *lq,
                           double *work);
double measure_gaussian_cross_entropy(const kern_ops *f64, size_t d,
                                      const double *mp, const double *lp,
                                      const double *mq, const double *lq,
                                      double *work);
/* Of order >= 0; infinite where an order above 1 has no integral, or the square
 * of the means' distance overflows at another; NaN where numbers overflow. */
double measure_gaussian_renyi(const kern_ops *f64, size_t d, const double *mp,
                              const double *lp, const double *mq,
                              const double *lq, double order, double *work);
/* The squared 2-Wasserstein distance; NaN if the eigenvalues do not converge.
 * pack: kern_gemm_scratch() bytes; work: measure_frechet_work(d) doubles. */
size_t measure_frechet_work(size_t d);
double measure_gaussian_frechet(const kern_ops *f64, size_t d, const double *mp,
                                const double *lp, const double *mq,
                                const double *lq, void *pack, double *work);
/* ln det L L^T */
double measure_log_det(const kern_ops *f64, size_t d, const double *l);

/* ---- gamma.c ------------------------------------------------------------- */

/* The chance that a normal is above z. */
double measure_normal_tail(const kern_ops *f64, double z);

/* ---- sort.c ------------------------------------------------------------- */

/* n finite numbers, ascending; scratch [n]. */
void measure_sort(size_t n, double *x, double *scratch);

/* ---- prdc.c, copies.c: genmod_sample_…(), inside a call ------------------ */

int32_t measure_prdc(const genmod_data *x, const genmod_data *y, size_t k,
                     double *out, double *standard_error, double *expected,
                     genmod_workspace *w);
int32_t measure_copies(const genmod_data *train, const genmod_data *held,
                       const genmod_data *y, double *out,
                       double *standard_error, double *p_value,
                       genmod_workspace *w);

#endif
