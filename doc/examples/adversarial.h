/** @file adversarial.h
 * A generative adversarial network in one call, for the pictures and the
 * statements, and the rows of a ring for it.
 */
#ifndef ADVERSARIAL_H
#define ADVERSARIAL_H

#include "autoencoder.h"

#define RING_MODES 8
#define RING_RADIUS 2.0
#define RING_SIGMA 0.1
#define RING_UPDATES 6000

/** A model with these options, and no weights yet. Free it with gan_free(). */
gan_model *new_gan(options o);

/** A number of the model's report. */
double gan_number(const gan_model *m, const char *key);

/** A history of the model's report and its length. The caller frees it. */
double *gan_series(const gan_model *m, const char *key, size_t *n);

/** n new rows of stream `seed`. */
void sample_gan(const gan_model *m, uint64_t seed, size_t n, double *out);

/** n rows [n, 2] of eight Gaussians on a ring. */
void ring_rows(uint64_t seed, size_t n, double *out);

/** A game of RING_UPDATES updates on a ring's rows, without weights as yet. A
 * fit holds a fifth of the rows out. */
gan_model *new_ring(const char *preset);

/** new_ring(), fitted. */
gan_model *fit_ring(const char *preset, size_t n, const double *x);

/**
 * How many modes have at least a quarter of their due of the rows within 3
 * deviations.
 * @param[out] share  of all rows that lie so near to a mode
 */
size_t ring_modes(size_t n, const double *x, double *share);

/**
 * The norm of G's gradient by a loss against a D that has learned for so many
 * updates to tell G's rows from n rows × d columns, while G stood still.
 * @param[out] fake  mean D(G(z)) by then; may be NULL
 */
double generator_gradient(const char *loss, int d_updates, size_t n, size_t d,
                          const double *x, double *fake);

#endif
