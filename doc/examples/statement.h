/** @file statement.h
 * Statements about generative models, each measured.
 */
#ifndef STATEMENT_H
#define STATEMENT_H

#include <stddef.h>

/** A row of the table. */
struct statement {
    const char *name;
    const char *text;
    const char *bar;
    const char *picture; /**< "" for none */
    /**
     * Measure it with the data sets in folder `data`, write the figures as
     * text, and say whether they keep to the bar.
     */
    int (*measure)(const char *data, size_t cap, char *measured);
};

/* What a generative model is: statement_density.c. */
int measure_integral(const char *data, size_t cap, char *measured);
int measure_draws(const char *data, size_t cap, char *measured);
int measure_held_out(const char *data, size_t cap, char *measured);
int measure_told_apart(const char *data, size_t cap, char *measured);
int measure_new(const char *data, size_t cap, char *measured);

/* How it is learned: statement_em.c. */
int measure_monotone(const char *data, size_t cap, char *measured);
int measure_more_components(const char *data, size_t cap, char *measured);
int measure_bic(const char *data, size_t cap, char *measured);
int measure_threads(const char *data, size_t cap, char *measured);
int measure_stream(const char *data, size_t cap, char *measured);

/* How far two of them are apart: statement_divergence.c. */
int measure_kl_gaussian(const char *data, size_t cap, char *measured);
int measure_kl_zero(const char *data, size_t cap, char *measured);
int measure_kl_mixture(const char *data, size_t cap, char *measured);
int measure_cross_entropy(const char *data, size_t cap, char *measured);
int measure_js(const char *data, size_t cap, char *measured);
int measure_js_bound(const char *data, size_t cap, char *measured);
int measure_bounds(const char *data, size_t cap, char *measured);

/* What an autoencoder does and does not: statement_ae.c. */
int measure_ae_pca(const char *data, size_t cap, char *measured);
int measure_ae_denoise(const char *data, size_t cap, char *measured);
int measure_ae_prior(const char *data, size_t cap, char *measured);

/* What a variational autoencoder does, and a mixture beside it:
 * statement_vae.c. */
int measure_vae_bound(const char *data, size_t cap, char *measured);
int measure_vae_gap(const char *data, size_t cap, char *measured);
int measure_vae_kl(const char *data, size_t cap, char *measured);
int measure_vae_codes(const char *data, size_t cap, char *measured);
int measure_vae_draws(const char *data, size_t cap, char *measured);
int measure_vae_complete(const char *data, size_t cap, char *measured);
int measure_gmm_complete(const char *data, size_t cap, char *measured);
int measure_vae_beta(const char *data, size_t cap, char *measured);

/* What a game of two networks does: statement_gan.c. */
int measure_gan_modes(const char *data, size_t cap, char *measured);
int measure_gan_half(const char *data, size_t cap, char *measured);
int measure_gan_saturates(const char *data, size_t cap, char *measured);

/** One of the data sets: read_csv() of data/name. */
struct table;
void read_set(const char *data, const char *name, int labelled,
              struct table *out);

#endif
