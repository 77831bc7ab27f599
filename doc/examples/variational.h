/** @file variational.h
 * A variational autoencoder in one call, for the pictures and the statements.
 */
#ifndef VARIATIONAL_H
#define VARIATIONAL_H

#include "autoencoder.h"

/** A model with these options, and no weights yet. */
vae_model *new_vae(options o, genmod_workspace *w);

/** Fit it to n rows × d columns. Free it with vae_free(). */
vae_model *fit_vae(options o, size_t n, size_t d, const double *x,
                   genmod_workspace *w);

/** A number of the model's report. */
double vae_number(const vae_model *m, const char *key);

/** The mean codes of n rows × d columns. */
void encode_vae(const vae_model *m, size_t n, size_t d, const double *x,
                double *out);

/** The rows of n codes: means. */
void decode_vae(const vae_model *m, size_t n, const double *z, double *out);

/** What it makes of n rows × d columns: means at their mean codes. */
void reconstruct_vae(const vae_model *m, size_t n, size_t d, const double *x,
                     double *out);

/** n new rows of stream `seed`, GENMOD_MEAN or GENMOD_DRAW. */
void sample_vae(const vae_model *m, uint64_t seed, size_t n, int32_t what,
                double *out);

/** A variational autoencoder of n 8 × 8 digits of 17 greys, 0 to 1, with 8
 * numbers in a code. */
vae_model *fit_digits(size_t n, const double *x);

#endif
