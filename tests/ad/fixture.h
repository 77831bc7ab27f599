/* A graph of six planned rows, and nodes to play with. */
#ifndef AD_FIXTURE_H
#define AD_FIXTURE_H

#include "ad/internal.h"
#include "ad/naive.h"

#define FIXTURE_ROWS 6

typedef struct fixture {
    genmod_workspace *w;
    ad_graph *g;
} fixture;

void fixture_new(fixture *f);
void fixture_free(fixture *f);
/* An input of shape [m, n]. */
ad_node fixture_rows(fixture *f, const char *name, int64_t n);
/* The graph is refused with a text that has `part`; begins a new one. */
void fixture_refused(fixture *f, ad_node x, const char *part);
/* The value of y at `rows` rows, by the naive evaluator, with the values
 * `given` for the node x. Copies naive_count() of them, at most `cap`. */
size_t fixture_value(const fixture *f, size_t rows, ad_node x,
                     const long double *given, ad_node y, size_t cap,
                     long double *out);
/* The gradient of the sum of y's elements in x. */
ad_node fixture_gradient(fixture *f, ad_node y, ad_node x);

#endif
