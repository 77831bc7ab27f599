/* One block of one application, for density*.c. */
#ifndef VAE_DENSITY_H
#define VAE_DENSITY_H

#include "vae/likelihood.h"

typedef struct vae_term {
    const vae_block *b;
    nn_pass *pass;
    ad_graph *g;
    ad_node y;      /* parameters [m, k, params] */
    ad_node x;      /* cells [m, 1, size], 0 where missing */
    ad_node mask;   /* [m, 1, size]; AD_NONE: none is missing */
    ad_node weight; /* [m, 1, 1]; AD_NONE: ones */
} vae_term;

/* The block's variable or state: [size] or [1]. */
ad_node vae_stored(const vae_term *t, int32_t index);
/* min(a, most) with the gradient of a, which does not end at the bound: a
 * decoder that went past it is called back. */
ad_node vae_at_most(ad_graph *g, ad_node a, double most);

/* sigma.c: ln sigma and 1 / sigma, that broadcast to [m, k, size]. */
void vae_sigma(const vae_term *t, ad_node *log_sigma, ad_node *inverse);

/* density_count.c: ln p [m, k, size] */
ad_node vae_poisson(const vae_term *t);
ad_node vae_negative_binomial(const vae_term *t);
ad_node vae_log_dispersion(const vae_term *t);

/* Bounds of the scale of a discretised logistic. */
double vae_least_log_scale(int32_t levels);

#endif
