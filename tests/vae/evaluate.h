/* A likelihood with a store, and a program that evaluates it. */
#ifndef VAE_EVALUATE_H
#define VAE_EVALUATE_H

#include "support/test.h"

#include "vae/likelihood.h"

typedef struct evaluation {
    genmod_workspace *w;
    int32_t type, k; /* of the store; copies */
    size_t rows;     /* planned */
    vae_likelihood l;
    ad_store *s;
    ad_program *p;
    void *arena;
} evaluation;

/* What is not said: a choice with sigma 1 and 256 levels of grey. */
vae_choice evaluate_choice(int32_t likelihood);

/* Plans, declares, seals, initialises. size: "3" or "2x3x4". */
void evaluate_open(evaluation *e, int32_t type, size_t rows, int32_t k,
                   const vae_choice *c, const char *size);
void evaluate_close(evaluation *e);
/* The block's variable or state. */
void evaluate_set(evaluation *e, int32_t index, double v);
double evaluate_get(const evaluation *e, int32_t index, size_t j);
/* flags: of the pass; masked, weighted: 1 where the program reads such. */
void evaluate_compile(evaluation *e, int flags, int masked, int weighted);
/* y [m k, params], x [m, d], mask [m, d] and weight [m] may be NULL. With
 * NN_UPDATE the successors are written, not committed. */
void evaluate_run(evaluation *e, size_t m, const double *y, const double *x,
                  const double *mask, const double *weight);
/* Of the last run: ln p of row i given copy c; of cell j; mean of cell j. Under
 * NN_UPDATE the first alone. */
double evaluate_row(const evaluation *e, size_t i, size_t c);
double evaluate_cell(const evaluation *e, size_t i, size_t c, size_t j);
double evaluate_mean(const evaluation *e, size_t i, size_t c, size_t j);

/* ln p(x) by the definitions, in long double. a, b: parameters of the decoder
 * and of the store. */
long double naive_bernoulli(long double logit, long double x);
long double naive_gaussian(long double mean, long double sigma, long double x);
long double naive_logistic(long double location, long double log_scale,
                           int levels, int x);
long double naive_poisson(long double log_rate, long double x);
long double naive_negative_binomial(long double log_mean, long double log_r,
                                    long double x);
long double naive_categorical(int levels, const double *logit, int x);

#endif
