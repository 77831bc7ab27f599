/** @file autoencoder.h
 * An autoencoder in one call, for the pictures and the statements.
 */
#ifndef AUTOENCODER_H
#define AUTOENCODER_H

#include "example.h"
#include "read.h"

/** Options: key and value as text, ended by a pair of NULL. */
typedef const char *const options[][2];

/** A model with these options, and no weights yet. */
ae_model *new_autoencoder(options o, genmod_workspace *w);

/** Fit it to n rows × d columns. Free it with ae_free(). */
ae_model *fit_autoencoder(options o, size_t n, size_t d, const double *x,
                          genmod_workspace *w);

/** What it makes of n rows × d columns. */
void reconstruct(const ae_model *m, size_t n, size_t d, const double *x,
                 double *out);

/** The codes of n rows × d columns. */
void encode(const ae_model *m, size_t n, size_t d, const double *x,
            double *out);

/** The rows of n codes. */
void decode(const ae_model *m, size_t n, const double *z, double *out);

/** The mean over n rows × d columns of the squared distance of two arrays. */
double mean_square(size_t n, const double *a, const double *b);

/** A table of the 8 × 8 digits as ink 0 to 1: its rows of even number [n, 64],
 * then those of odd number [n, 64]. */
double *digit_halves(const struct table *t, size_t *n);

/** `count` of n rows × d columns, spread over them. */
double *some_rows(size_t count, size_t n, size_t d, const double *x);

/** n standard normal numbers of stream `seed`. */
void normals(uint64_t seed, size_t n, double *out);

#endif
