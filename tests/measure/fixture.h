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

#endif
