/* An evaluator of graphs that is as plain as can be: long double, one loop an
 * operator, the shapes of a given number of rows. The twin of every program. */
#ifndef AD_NAIVE_H
#define AD_NAIVE_H

#include "ad/internal.h"

typedef struct naive naive;

/* For replays of `rows` rows; the graph may grow after. */
naive *naive_new(const ad_graph *g, size_t rows);
void naive_free(naive *e);
/* The value of a node, copied: every input, variable and draw that is read
 * wants one. What was computed before is forgotten. */
void naive_give(naive *e, ad_node x, const long double *v);
/* Its elements, valid until the next call. */
const long double *naive_value(naive *e, ad_node x);
/* How many these are. */
size_t naive_count(const naive *e, ad_node x);

/* for naive_*.c: a node with its operands */

typedef struct naive_term {
    const ad_record *r;
    size_t n, rows;         /* elements of y; rows of the replay */
    int64_t dim[AD_RANK];   /* of y, at these rows */
    int64_t in[3][AD_RANK]; /* of the operands */
    int32_t rank[3];
    size_t size[3]; /* their elements */
    const long double *x[3];
    long double *y;
} naive_term;

/* Sizes at a number of rows; returns the elements. */
size_t naive_dims(const ad_shape *s, size_t rows, int64_t *dim);
/* Element number `at` of `rank` sizes as indices, and back. */
void naive_unravel(int32_t rank, const int64_t *dim, size_t at, int64_t *index);
size_t naive_ravel(int32_t rank, const int64_t *dim, const int64_t *index);

/* Each returns 0 for an operator that it does not know. */
int naive_tiled(const naive_term *t);
int naive_moved(const naive_term *t);
int naive_reduced(const naive_term *t);
int naive_linear(const naive_term *t);
int naive_windowed(const naive_term *t);

#endif
