/* A model that training can be watched on: w is drawn to a target, with noise
 * that is a function of the minibatch's rows. */
#ifndef NN_TOY_H
#define NN_TOY_H

#include "support/test.h"

#include "nn/nn.h"

#define TOY_ROWS 103
#define TOY_BATCH 10 /* 11 batches an epoch, the last of 3 rows */
#define TOY_EPOCHS 64

typedef struct toy {
    genmod_workspace *w;
    nn_training o;
    ad_store *s;
    nn_optimiser *p;
    nn_loop *l;
    nn_hooks hooks;
    size_t updates, evaluations, published;
    double held_sum; /* of the losses of the rows that were evaluated */
    /* what losses are made to be; NaN: as they come */
    double validation[TOY_EPOCHS];
    uint64_t loss_from, loss_until; /* updates whose loss is made to be */
    double loss;
    uint64_t fail_at;        /* number of an update */
    size_t met[2][TOY_ROWS]; /* rows in updates, in evaluations */
    float *seen;             /* the store when `evaluate` was last called */
} toy;

static inline nn_training toy_options(void)
{
    return (nn_training){.batch = TOY_BATCH,
                         .epochs = 5,
                         .seed = 12,
                         .divergence = 1000,
                         .optimiser = NN_ADAM,
                         .rate = 0.05,
                         .momentum = 0.9,
                         .beta1 = 0.9,
                         .beta2 = 0.99,
                         .epsilon = 1e-8,
                         .schedule = NN_COSINE,
                         .schedule_steps = 300,
                         .schedule_factor = 0.1,
                         .warmup = 7};
}

/* A number without symmetry for (i, t), in (-1, 1). */
double toy_number(uint64_t i, uint64_t t);
genmod_workspace *toy_workspace(size_t threads);
/* n: elements of w. held_out: rows of a view of its own. */
void toy_open(toy *t, genmod_workspace *w, const nn_training *o, int64_t n,
              uint64_t held_out);
void toy_close(toy *t);
size_t toy_bytes(const toy *t); /* of the store's values */
/* Asserts that two toys agree in every bit, and frees nothing. */
void toy_assert_same(const toy *a, const toy *b);
/* A copy of the store's values and of all parts; and the reverse, into a toy
 * that was opened alike. */
char *toy_save(const toy *t, size_t *bytes);
int32_t toy_load(toy *t, const char *saved);

#endif
