/* A graph with everything that it takes to replay it beside its naive twin. */
#ifndef AD_RIG_H
#define AD_RIG_H

#include "support/test.h"

#include "ad/naive.h"
#include "ad/plan.h"

#define RIG_LEAVES 32
#define RIG_TARGETS 64

/* A leaf whose elements are made up: between lo and hi, or whole numbers. */
typedef struct rig_leaf {
    ad_node node;
    const char *name; /* of an input */
    int32_t variable; /* -1: an input */
    double lo, hi;
    int whole;
} rig_leaf;

typedef struct rig {
    genmod_workspace *w;
    int32_t type;
    size_t rows, threads;
    ad_graph *g;
    ad_store *s;
    ad_program *p;
    char *arena; /* with a canary behind it */
    size_t n_leaves, n;
    rig_leaf leaf[RIG_LEAVES];
    ad_target target[RIG_TARGETS];
    uint64_t seed, step, first_row;
} rig;

/* c NULL: a context of its own, with so many threads. */
void rig_open(rig *r, int32_t type, size_t rows, size_t threads);
void rig_open_in(rig *r, int32_t type, size_t rows, genmod_context *c);
void rig_close(rig *r);

ad_shape rig_rows(const rig *r, int32_t rank, int64_t a, int64_t b, int64_t c);
ad_node rig_input(rig *r, const char *name, ad_shape shape, double lo,
                  double hi);
/* An input that is in the graph already. */
void rig_take(rig *r, ad_node x, const char *name, double lo, double hi);
/* An input of whole numbers lo … hi. */
ad_node rig_index(rig *r, const char *name, ad_shape shape, int lo, int hi);
/* A variable has to be added before the first rig_compile(). */
ad_node rig_variable(rig *r, const char *name, int32_t kind, ad_shape shape,
                     double lo, double hi);
void rig_output(rig *r, ad_node x);
void rig_target(rig *r, int32_t kind, ad_node x, int32_t variable);
/* Once all targets are there. */
int32_t rig_try(rig *r);
void rig_compile(rig *r);

/* Fills the arena with rubbish, then the inputs, and replays; w may be NULL. */
void rig_run(rig *r, size_t rows, genmod_workspace *w);
/* All targets of the last replay are those of the naive twin: of each tensor,
 * to `tolerance` times its largest magnitude (at least 1). */
void rig_check(rig *r, size_t rows, double tolerance);
/* Compiles, then runs and checks all numbers of rows from 1 to the planned. */
void rig_all_rows(rig *r, double tolerance);

/* Where target i is, and its bytes at so many rows. */
const void *rig_result(const rig *r, size_t i);
size_t rig_bytes(const rig *r, size_t i, size_t rows);
double rig_element(const rig *r, const void *x, size_t i);
/* The targets, one after another. */
size_t rig_all_bytes(const rig *r, size_t rows);
void rig_copy(const rig *r, size_t rows, void *out);

#endif
