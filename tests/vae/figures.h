/* What a model with some options gives, of a trial's rows: the figures that the
 * table of effects compares. Larger is more of what the name says; log_ is its
 * logarithm. */
#ifndef TESTS_VAE_FIGURES_H
#define TESTS_VAE_FIGURES_H

#include "vae/trial.h"

typedef double figure(const trial *t, const char *options);

/* "a | b", or the one that is not empty. */
void figure_join(char *out, size_t room, const char *a, const char *b);

figure figure_bound;
figure figure_divergence;
figure figure_likelihood;
figure figure_perplexity;
figure figure_updates;
figure figure_passes;
figure figure_log_rate;
figure figure_passes_of_two_fits;
figure figure_early_divergence;
figure figure_least_divergence_of_a_code;
figure figure_nearness_to_3_nats;
figure figure_normality_of_codes;
figure figure_spread_of_samples;
figure figure_obedience;
figure figure_filling;
figure figure_rows_taken;
figure figure_first_layer;
figure figure_log_first_change;
figure figure_log_late_change;
figure figure_log_turn;
figure figure_norm_of_weights;
figure figure_way_from_the_start;
figure figure_way_from_seed_0;
figure figure_caution;
figure figure_log_noise_of_the_gradient;

#endif
