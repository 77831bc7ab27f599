/* What an autoencoder does, and what it does not. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "autoencoder.h"
#include "codes.h"
#include "mixture.h"
#include "neighbours.h"
#include "noise.h"
#include "pca.h"
#include "read.h"
#include "statement.h"

#define D 64

static double *halves(const char *data, size_t *n)
{
    struct table t;
    read_set(data, "digits.csv", 1, &t);
    double *x = digit_halves(&t, n);
    free_table(&t);
    return x;
}

int measure_ae_pca(const char *data, size_t cap, char *measured)
{
    options o = {{AE_ENCODER, "dense 10"},  {AE_DECODER, "dense 64"},
                 {AE_STANDARDISE, "0"},     {AE_EPOCHS, "400"},
                 {AE_BATCH_SIZE, "64"},     {AE_LEARNING_RATE, "0.01"},
                 {AE_SCHEDULE, "cosine"},   {AE_SCHEDULE_STEPS, "6000"},
                 {AE_SCHEDULE_FACTOR, "0"}, {NULL, NULL}};
    size_t n;
    double *x = halves(data, &n), *back = memory(n * D, sizeof *back);
    struct pca p;
    genmod_data *rows = view_rows(n, D, x);
    fit_pca(rows, D, 20, &p);
    ae_model *m = fit_autoencoder(o, n, D, x, NULL);
    reconstruct(m, n, D, x, back);
    const double ours = D * mean_square(n * D, x, back);
    const double least = pca_residual(&p, 10);
    snprintf(measured, cap, "%.4f against %.4f: %.3f %% more", ours, least,
             100 * (ours / least - 1));
    ae_free(m);
    free_pca(&p);
    genmod_data_free(rows);
    free(back);
    free(x);
    return ours <= 1.005 * least && ours >= 0.9999 * least;
}

int measure_ae_denoise(const char *data, size_t cap, char *measured)
{
    size_t n;
    double *x = halves(data, &n), *kept = x + n * D;
    double *noisy = memory(n * D, sizeof *x), *out = memory(n * D, sizeof *x);
    ae_model *m = fit_denoiser(n, x);
    add_noise(99, n * D, kept, 0.25, 1, noisy);
    const double none = psnr(n * D, kept, noisy, 1);
    for (size_t i = 0; i < n; i++)
        median_filter(8, 8, noisy + i * D, out + i * D);
    const double median = psnr(n * D, kept, out, 1);
    reconstruct(m, n, D, noisy, out);
    const double ours = psnr(n * D, kept, out, 1);
    snprintf(measured, cap, "%.2f dB; noisy %.2f, median of 3 × 3 %.2f", ours,
             none, median);
    ae_free(m);
    free(out);
    free(noisy);
    free(x);
    return ours >= none + 3 && ours >= median + 3;
}

int measure_ae_prior(const char *data, size_t cap, char *measured)
{
    struct table t;
    struct codes c;
    read_set(data, "digits.csv", 1, &t);
    fit_codes(&t, &c);
    const double noise = told_apart(c.n, c.d, c.from_kept, c.from_noise);
    const double mixture = told_apart(c.n, c.d, c.from_kept, c.from_mixture);
    snprintf(measured, cap, "%.3f by N(0, I); %.3f by a mixture of the codes",
             noise, mixture);
    free_codes(&c);
    free_table(&t);
    return noise >= 0.9 && mixture <= 0.75;
}
