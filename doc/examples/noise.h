/** @file noise.h
 * Noisy pictures, and ways to clean them.
 */
#ifndef NOISE_H
#define NOISE_H

#include <stddef.h>
#include <stdint.h>

#include <genmod/ae.h>

/** out = x + sd n, n standard normal, clipped to 0 … most. */
void add_noise(uint64_t seed, size_t n, const double *x, double sd, double most,
               double *out);

/** The median of each 3 × 3 neighbourhood, edges repeated. */
void median_filter(size_t height, size_t width, const double *x, double *out);

/** 10 log10(most² / mean squared difference): decibels, larger is closer. */
double psnr(size_t n, const double *clean, const double *other, double most);

#define NOISE 0.25 /**< sd that fit_denoiser() trains for; full ink is 1 */

/** A denoising autoencoder of n 8 × 8 pictures, ink 0 to 1. */
ae_model *fit_denoiser(size_t n, const double *x);

#endif
