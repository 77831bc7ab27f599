/* A network of doubles with values without symmetry, applied to rows and run.
 */
#ifndef NN_TRIAL_H
#define NN_TRIAL_H

#include "support/test.h"

#include "nn/internal.h"

#define TRIAL_STATES 16

typedef struct trial {
    genmod_workspace *w;
    nn_net *net;
    ad_store *s;
    ad_graph *g;
    size_t rows;
    ad_node x;  /* the input */
    double *in; /* its values, [rows, …] */
    nn_pass pass;
    ad_target next[TRIAL_STATES];
    uint64_t step; /* of draws */
} trial;

/* Parsed, declared as "net", sealed for training, its variables scrambled: in
 * (-0.6, 0.7), but scales and variances in (0.5, 1.5). */
void trial_new(trial *t, const char *shape, const char *text, size_t rows);
void trial_free(trial *t);
/* Values in (lo, hi), a function of `key`. */
void trial_fill(double *v, size_t n, uint64_t key, double lo, double hi);
ad_node trial_apply(trial *t, int flags);
/* The node's values, allocated for the caller; the successors are left in the
 * store, not committed. */
double *trial_run(trial *t, ad_node y);
/* A variable by its name behind "net.", and the successor of a state. */
int32_t trial_index(const trial *t, const char *name);
double *trial_value(const trial *t, const char *name);
double *trial_next(const trial *t, const char *name);
/* All of n values are near those expected, in units of the largest. */
void trial_near(size_t n, const double *v, const double *expected,
                double tolerance);

#endif
