/** @file pca.h
 * Principal components, to compare with: the best that a linear map to k
 * numbers and back can do.
 */
#ifndef PCA_H
#define PCA_H

#include "example.h"

/** k leading components of d columns. */
struct pca {
    size_t d, k;
    double *mean;  /**< [d] */
    double *axes;  /**< [k, d], orthonormal, the greatest variance first */
    double *value; /**< [k] their variances */
    double total;  /**< variance of all columns together */
};

/** Components of the rows of a view. Free them with free_pca(). */
void fit_pca(const genmod_data *rows, size_t d, size_t k, struct pca *p);

/** One row [d] to its components [k]. */
void pca_project(const struct pca *p, const double *x, double *z);

/** The first `count` components [count] to a row [d]. */
void pca_back(const struct pca *p, size_t count, const double *z, double *x);

/** The mean squared distance, summed over columns, that the first `count`
 * components leave of the rows they were fitted to. */
double pca_residual(const struct pca *p, size_t count);

/** Free what fit_pca() took. */
void free_pca(struct pca *p);

#endif
