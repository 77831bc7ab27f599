/* MMD^2 between the codes of a minibatch and N(0, 1), of InfoVAE (Zhao, Song,
 * Ermon 2019), by random features (Rahimi, Recht 2007), so that its cost is
 * that of a layer:
 *
 *     phi_i(z) = sqrt(2) cos(w_i' z + b_i),  k(z, z') = E phi(z) phi(z')
 *
 * is a Gaussian kernel of width s for w ~ N(0, 1 / s^2), b ~ U(0, 2 pi). Widths
 * are sqrt(z) times 1/2, 1 and 2 in equal parts: two codes from N(0, 1) are
 * sqrt(2 z) apart. Features are drawn anew in each update. Of N(0, 1), E phi_i
 * = sqrt(2) exp(-|w_i|^2 / 2) cos b_i. */
#include <math.h>

#include "vae/internal.h"

#define FEATURES 192 /* three widths */
#define TWO_PI 6.283185307179586

/* 1 / s of each feature: [1, FEATURES] */
static ad_node inverse_widths(ad_graph *g, double root)
{
    const ad_shape third = ad_matrix(1, FEATURES / 3);
    const ad_node parts[3] = {ad_constant(g, 2 / root, third),
                              ad_constant(g, 1 / root, third),
                              ad_constant(g, 0.5 / root, third)};

    return ad_concat(g, 1, 3, parts);
}

/* For m rows the mean over features of (mean phi - E phi)^2 less what it has
 * from few rows: the U-statistic, whose mean is 0 where the two agree. */
ad_node vae_mmd(const model_draft *f, const vae_codes *c, ad_node weight)
{
    ad_graph *const g = f->g;
    const int64_t z = (int64_t)f->b->z;
    const ad_shape row = ad_matrix(1, FEATURES);
    const ad_node directions =
        ad_mul(g, ad_normal(g, "vae/mmd", ad_matrix(z, FEATURES)),
               inverse_widths(g, sqrt((double)z)));
    const ad_node phase = ad_scale(g, ad_uniform(g, "vae/phase", row), TWO_PI);
    const ad_node of_prior = ad_mul(
        g,
        ad_exp(g, ad_scale(g, ad_sum(g, ad_square(g, directions), 1, 1), -0.5)),
        ad_cos(g, phase));
    const ad_node first =
        ad_reshape(g, ad_part(g, c->z, 1, 0, 1), ad_rows(g, 1, 1, 2, &z));
    const ad_node phi =
        ad_cos(g, ad_add(g, ad_matmul(g, first, directions, 0, 0), phase));
    const ad_node apart = ad_sub(g, phi, of_prior);
    const ad_node rows = ad_all_count(g, weight);
    const ad_node whole = ad_square(g, ad_all_mean(g, ad_mean(g, apart, 1, 0)));
    const ad_node own = ad_all_mean(g, ad_mean(g, ad_square(g, apart), 1, 0));
    const ad_node others =
        ad_max(g, ad_shift(g, rows, -1), ad_constant(g, 1, ad_scalar()));

    return ad_scale(
        g,
        ad_mean_all(g,
                    ad_div(g, ad_sub(g, ad_mul(g, whole, rows), own), others)),
        2);
}
