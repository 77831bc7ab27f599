/* Inside the training loop: all that it holds. */
#ifndef NN_LOOP_H
#define NN_LOOP_H

#include "nn/nn.h"

#define NN_OPTIMISERS 2
#define NN_LOSSES 1024 /* of the first epoch, that are kept */

/* Nothing but uint64_t: a checkpoint holds it as an array. */
typedef struct nn_counts {
    uint64_t step, epoch, best_epoch;
    uint64_t seed, n, kept, held_out; /* nn_split, and rows of the other view */
    uint64_t position; /* rows that the epoch under way has used */
    uint64_t end;      /* the epoch after which this training ends */
    uint64_t waited;   /* epochs since the held-out loss fell */
    uint64_t losses;
    uint64_t has_state; /* there is a kept state */
    uint64_t epoch_ended, stopped;
    uint64_t updates[NN_OPTIMISERS];
} nn_counts;

/* Nothing but double. */
typedef struct nn_reals {
    double loss, epoch_loss, validation_loss, best_loss, rate, gradient_norm;
    double sum; /* of the losses of the rows of the epoch under way */
} nn_reals;

#define NN_COUNTS (sizeof(nn_counts) / sizeof(uint64_t))
#define NN_REALS (sizeof(nn_reals) / sizeof(double))
/* A count is two doubles: its halves of 32 bits. */
#define NN_NUMBERS (2 * NN_COUNTS + NN_REALS + NN_LOSSES)

struct nn_loop {
    nn_training o;
    ad_store *s;
    size_t optimisers;
    nn_optimiser *optimiser[NN_OPTIMISERS];
    size_t room; /* of rows */
    int64_t *rows;
    uint64_t looked; /* the first held-out row of the minibatch under way */
    int raw; /* the weights are in the store, the averages in the optimisers */
    nn_counts c;
    nn_reals r;
    /* Values of the store, then what each optimiser's average holds. */
    size_t state_n;
    void *state;
    double *numbers; /* [NN_NUMBERS]: counts, reals, losses */
    double *losses;  /* its tail: sizes of the first, ascending */
};

/* loop_state.c */

size_t nn_loop_bytes(const nn_loop *l); /* of an element */
/* The store's values and the averages, as they lie between two calls, become
 * the kept state, and the reverse. */
void nn_loop_keep(nn_loop *l);
void nn_loop_take_kept(nn_loop *l);
/* Brings `numbers` up to date. */
void nn_loop_pack(nn_loop *l);

#endif
