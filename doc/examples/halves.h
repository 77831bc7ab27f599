/** @file halves.h
 * Digits whose lower half is hidden, and ways to complete them.
 */
#ifndef HALVES_H
#define HALVES_H

#include <stddef.h>

#include "read.h"

/** n pictures of D cells, of which the first D / 2 are seen. */
struct halves {
    size_t n;
    double *kept;  /**< digits that were kept back [n, 64] */
    double *means; /**< hidden cells are their columns' means */
    double *best;  /**< … E[hidden | seen] of the model */
    double *drawn; /**< … a draw of it, from p(hidden | seen) */
};

/** Fit a variational autoencoder to the table's rows of even number, complete
 * the odd ones. */
void complete_halves(const struct table *t, struct halves *h);

/** The same with a Gaussian mixture. */
void complete_with_mixture(const struct table *t, struct halves *h);

/** The root of the mean squared error of the hidden cells. */
double error_of_halves(const struct halves *h, const double *x);

/** Free what complete_halves() took. */
void free_halves(struct halves *h);

#endif
