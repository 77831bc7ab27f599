/* Models that are trained on rows made up, or on digits, and what is measured
 * of them. */
#ifndef TESTS_VAE_TRIAL_H
#define TESTS_VAE_TRIAL_H

#include "support/test.h"

#include "genmod/vae.h"

/* Rows to train on and rows to judge by. Their order is random. */
typedef struct trial {
    size_t n, held, d;
    double *x, *y;   /* [n, d], [held, d] */
    int32_t *labels; /* [n + held], or NULL */
    genmod_data *train, *test;
} trial;

/* Zeroed memory, or the test ends. */
void *trial_take(size_t n, size_t size);
double trial_uniform(uint64_t *state);
double trial_normal(uint64_t *state);

/* Empty rows, for a test to fill in before trial_show(). */
void trial_open(trial *t, size_t n, size_t held, size_t d);
/* The views. */
void trial_show(trial *t);
void trial_close(trial *t);

/* Six real columns that two numbers a row determine, not linearly, but for a
 * little noise; every column has another scale and mean. */
void trial_curve(trial *t, size_t n, size_t held);
/* Four real columns, three clusters far apart on a plane, labelled. */
void trial_clusters(trial *t, size_t n, size_t held);
/* The 8 x 8 digits as ink 0 to 1, labelled, first rows first. */
void trial_digits(trial *t, size_t n, size_t held);

/* options: "key=value | key=value", of which the last one of a key counts. */
vae_model *trial_model(const char *options);
void trial_configure(vae_model *m, const char *options);
/* Trained on t->train. */
vae_model *trial_fit(const trial *t, const char *options);

double trial_number(const vae_model *m, const char *key);
/* Element i of a series; i < 0 counts from the end. */
double trial_series(const vae_model *m, const char *key, int64_t i);
/* An array of the model, the caller's to free. */
double *trial_params(const vae_model *m, const char *name, size_t *n);

double trial_mean(size_t n, const double *x);
/* Means over the rows of the view; part 0: the bound, 1: reconstruction, 2: KL.
 */
double trial_bound(const vae_model *m, const genmod_data *x, size_t n,
                   size_t draws, int part);
double trial_likelihood(const vae_model *m, const genmod_data *x, size_t n,
                        size_t draws);

#endif
