/* What the tests of room `measure` draw from. */
#ifndef MEASURE_FIXTURE_H
#define MEASURE_FIXTURE_H

#include "support/test.h"

#include "genmod/measure.h"

/* In (0, 1); *state is the whole state. */
double fixture_uniform(uint64_t *state);
/* A standard normal. */
double fixture_normal(uint64_t *state);
/* n probabilities, divided by their sum; some of them far smaller than others.
 */
void fixture_table(size_t n, uint64_t *state, double *p);
/* x [n, d] of standard normals, the first column moved by `shift`. */
void fixture_sample(size_t n, size_t d, uint64_t seed, double shift, double *x);
/* A dense view, to be freed. */
genmod_data *fixture_view(size_t n, size_t d, const double *x);
/* A workspace with that many threads. */
genmod_workspace *fixture_threads(size_t n);

/* A call on two samples, and what it gives: up to three numbers. */
typedef int32_t (*fixture_call)(const genmod_data *x, const genmod_data *y,
                                double *out, genmod_workspace *w);
/* The same bits of 1, 2, 3 and 7 threads, and from a row source, of 3 columns
 * and of 17, whose distances come of products. */
void fixture_check_bits(fixture_call call);
/* Every way in which the data of a call can be bad; x and y by name. */
void fixture_check_data(fixture_call call);

#endif
