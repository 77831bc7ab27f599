/* The statements about generative models that this library makes true so far,
 * as a markdown table: each measured here and now, against its bar.
 *
 *     statements tests/data            all of them
 *     statements tests/data kl-zero    one of them
 *
 * Ends with 1 if a bar is missed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "example.h"
#include "read.h"
#include "statement.h"

static const struct statement list[] = {
    {"density",
     "A fitted mixture is a density: over the plane it integrates to "
     "1 (Old Faithful, trapezoids)",
     "off by ≤ 1e-9", "gmm_faithful.png", measure_integral},
    {"draws",
     "Draws follow the law they are drawn from: components by their "
     "weights (χ²), each component's mean and covariance by its parameters",
     "every z ≤ 4", "gmm_faithful.png", measure_draws},
    {"held-out",
     "It has learned the distribution, not the rows: real digits that "
     "it never saw are as likely as its own draws",
     "gap ≤ 0.1 nats a pixel, and above one Gaussian's density on them",
     "gmm_digits.png", measure_held_out},
    {"told-apart",
     "Its draws are harder to tell from real digits than those of "
     "one Gaussian (leave-one-out nearest neighbour; 0.5 is a guess)",
     "≤ 0.80, and one Gaussian ≥ 0.85", "gmm_digits.png", measure_told_apart},
    {"new",
     "Its draws are new, not copies: they lie no nearer to the rows it was "
     "fitted to than real digits do",
     "ratio of mean nearest distances ≥ 1", "gmm_digits.png", measure_new},
    {"gmm-complete",
     "It completes digits that are half hidden better than column means do "
     "(root mean squared error of hidden cells)",
     "≥ 20 % less", "gmm_complete.png", measure_gmm_complete},
    {"monotone",
     "EM never lowers the likelihood (iris and Old Faithful, four "
     "covariance types, no ridge, 600 iterations each)",
     "largest fall ≤ 1e-13 · max(1, abs L)", "gmm_faithful.png",
     measure_monotone},
    {"more-components",
     "More components raise the likelihood of the rows that are "
     "fitted, but not of rows kept back (Old Faithful, k = 1 … 8)",
     "fitted: rises throughout; kept back: best k ≤ 4", "gmm_components.png",
     measure_more_components},
    {"bic", "BIC picks few components (Old Faithful, k = 1 … 8)",
     "2 full covariances; 3 tied", "gmm_components.png", measure_bic},
    {"threads",
     "The same bits for 1, 2, 3 and 7 threads (digits: parameters, "
     "densities, draws)",
     "0 bytes differ", "gmm_digits.png", measure_threads},
    {"stream",
     "A fit from a row source is the fit from memory, bit for bit "
     "(digits)",
     "0 bytes differ", "gmm_digits.png", measure_stream},
    {"kl-gaussian",
     "KL divergence by draws and log-densities agrees with the "
     "closed form of Gaussians, and differs by direction",
     "every z ≤ 4; the directions ≥ 4 standard errors apart",
     "gmm_divergence.png", measure_kl_gaussian},
    {"kl-zero", "KL(f ‖ f) is 0, for every draw", "exactly 0",
     "gmm_divergence.png", measure_kl_zero},
    {"kl-mixture",
     "KL of two mixtures is positive and not symmetric, as by "
     "quadrature",
     "every z ≤ 4; the directions ≥ 4 standard errors apart",
     "gmm_divergence.png", measure_kl_mixture},
    {"cross-entropy",
     "Cross-entropy less entropy is KL: coding with the wrong "
     "model costs the divergence",
     "every z ≤ 4; difference ≥ 0", "gmm_divergence.png",
     measure_cross_entropy},
    {"js", "Jensen-Shannon divergence is symmetric, as by quadrature",
     "every z ≤ 4, also between the directions, drawn apart",
     "gmm_divergence.png", measure_js},
    {"js-bound",
     "Jensen-Shannon divergence is at most ln 2, and nearly that for "
     "two that do not touch",
     "every term ≤ ln 2; within 1e-4 of ln 2", "gmm_divergence.png",
     measure_js_bound},
    {"bounds",
     "As two mixtures move apart, KL stays under its bound, entropy between "
     "its own, and Jensen-Shannon rises from 0 to ln 2",
     "no bound passed by 4 standard errors; rises throughout, within 0.01 of "
     "ln 2",
     "gmm_distance.png", measure_bounds},
    {"ae-pca",
     "A linear autoencoder learns the span of the principal components: "
     "its error is theirs (digits, 10 numbers, squared error a picture)",
     "≤ 0.5 % more, and not less", "ae_bottleneck.png", measure_ae_pca},
    {"ae-denoise",
     "A denoising autoencoder takes noise off digits that it never saw "
     "(peak signal-to-noise ratio)",
     "3 dB above the noisy ones and above a median filter", "ae_denoise.png",
     measure_ae_denoise},
    {"ae-prior",
     "A plain autoencoder does not generate: what its decoder makes of "
     "z ~ N(0, I) is told apart from what it makes of digits' codes "
     "(leave-one-out nearest neighbour; 0.5 is a guess)",
     "≥ 0.9; ≤ 0.75 once a mixture was fitted to the codes", "ae_prior.png",
     measure_ae_prior},
    {"vae-bound",
     "A variational autoencoder maximises a lower bound of ln p(x), and "
     "importance weights of more draws close it (digits kept back, one number "
     "a code)",
     "rising; of 5 draws below quadrature; of 1000 within 0.02 of it",
     "vae_passes.png", measure_vae_bound},
    {"vae-gap",
     "What the bound lacks is the KL divergence of the encoder's distribution "
     "of codes from the true posterior (the same digits, by quadrature)",
     "> 0; abs z ≤ 4", "vae_passes.png", measure_vae_gap},
    {"vae-kl",
     "It maps a row to a distribution, whose KL to the prior is not negative "
     "and, in closed form, what draws say",
     "each ≥ 0; abs z ≤ 4", "vae_passes.png", measure_vae_kl},
    {"vae-beta",
     "A greater weight of KL buys a lower KL with a worse reconstruction",
     "KL falls, reconstruction rises", "vae_passes.png", measure_vae_beta},
    {"vae-codes",
     "Its codes follow the law that new ones are drawn from: told apart from "
     "N(0, I) (leave-one-out nearest neighbour; 0.5 is a guess)",
     "≤ 0.8; ≥ 0.95 of a plain autoencoder", "vae_map.png", measure_vae_codes},
    {"vae-draws",
     "So it generates, where a plain autoencoder does not: its draws lie near "
     "the digits it was fitted to, and are harder to tell from real ones",
     "≤ 1.6 times, ≤ 0.85; plain ≥ 3 times, ≥ 0.95", "vae_digits.png",
     measure_vae_draws},
    {"vae-complete",
     "It completes digits that are half hidden better than column means do "
     "(root mean squared error of hidden cells)",
     "≥ 10 % less", "vae_complete.png", measure_vae_complete},
    {"gan-modes",
     "A generator fills all eight modes of a ring, and little lies between "
     "them (a quarter of a mode's due counts as found; share of rows within 3 "
     "deviations of one)",
     "8; ≥ 0.8", "gan_ring.png", measure_gan_modes},
    {"gan-half",
     "The game comes to a draw: both halves of it near 1/2, and rows kept back "
     "hardly told from generated ones (the same ring, means over the last "
     "tenth of training)",
     "within 0.05; Jensen-Shannon bound ≤ 0.05 of at most ln 2",
     "gan_balance.png", measure_gan_half},
    {"gan-saturates",
     "Against a D that is sure, the game's own loss teaches G nothing, and the "
     "non-saturating one does (norm of G's gradient after 1 and 300 updates of "
     "D alone, digits)",
     "minimax ≤ 0.2 times the first; non-saturating no less than it",
     "gan_balance.png", measure_gan_saturates},
};

void read_set(const char *data, const char *name, int labelled,
              struct table *out)
{
    char path[4096];
    const int n = snprintf(path, sizeof path, "%s/%s", data, name);
    expect(n > 0 && (size_t)n < sizeof path, "a shorter path");
    read_csv(path, labelled, out);
}

static int print_row(const struct statement *s, const char *data)
{
    char measured[256] = "";
    const int holds = s->measure(data, sizeof measured, measured);
    printf("| %s | `build/doc/examples/statements tests/data %s` | %s | %s | ",
           s->text, s->name, measured, s->bar);
    if (*s->picture)
        printf("[%s](%s)", s->picture, s->picture);
    printf(" | %s |\n", holds ? "yes" : "NO");
    fflush(stdout);
    return holds;
}

int main(int argc, char **argv)
{
    if (argc != 2 && argc != 3) {
        fprintf(stderr, "usage: statements folder-with-data [name]\n");
        return 2;
    }
    printf("| statement | command | measured | bar | picture | holds |\n"
           "| --- | --- | --- | --- | --- | --- |\n");
    int all = 1, found = 0;
    for (size_t i = 0; i < sizeof list / sizeof *list; i++) {
        if (argc == 3 && strcmp(argv[2], list[i].name) != 0)
            continue;
        found = 1;
        all &= print_row(&list[i], argv[1]);
    }
    if (!found)
        fprintf(stderr, "%s: no such statement\n", argv[2]);
    return all && found ? 0 : 1;
}
