/** @file thin.h
 * A variational autoencoder with one number in a code: what it says of p(x) can
 * be computed by quadrature as well.
 */
#ifndef THIN_H
#define THIN_H

#include "example.h"

#define THIN_ROWS 100

/** Digits of two colours, kept back, and what is true of them. */
struct thin {
    vae_model *model;
    double *x;
    genmod_data *rows;       /**< [THIN_ROWS, 64] */
    double log_p[THIN_ROWS]; /**< ln of the integral of p(z) p(x|z) */
    double kl[THIN_ROWS];    /**< KL(q(z|x) || p(z|x)) */
};

/** Fit it to digits of data/digits.csv. */
void fit_thin(const char *data, struct thin *t);

/** Free what fit_thin() took. */
void free_thin(struct thin *t);

#endif
