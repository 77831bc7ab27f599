/* The random numbers of one cell, for draw*.c. */
#ifndef VAE_DRAW_H
#define VAE_DRAW_H

#include "vae/likelihood.h"

#define VAE_TRIES 128 /* of a rejection: each fails with less than 0.4 */

typedef struct vae_cell {
    const kern_ops *f64;
    uint64_t seed, row;
    uint32_t block; /* of base_random(), the next: 2^16 belong to a column */
} vae_cell;

double vae_exp(const vae_cell *c, double x);
double vae_log(const vae_cell *c, double x);
/* Uniform in (0, 1), two of a block. */
void vae_uniforms(vae_cell *c, double u[2]);
double vae_normal(vae_cell *c);

/* draw_count.c: rate >= 0; dispersion r by its logarithm */
double vae_draw_poisson(vae_cell *c, double rate);
double vae_draw_negative_binomial(vae_cell *c, double log_mean, double log_r);

#endif
