/* Rows that the tests of variational autoencoders train on. */
#ifndef TESTS_VAE_ROWS_H
#define TESTS_VAE_ROWS_H

#include "vae/fixture.h"

/* A table of each kind of column: real, positive, count, binary, categorical of
 * 3, real; labels from 0 to 2; some cells NaN where `missing` is not 0. The
 * view borrows what `rows_close` frees. */
typedef struct rows_table {
    size_t n;
    double *x; /* [n, ROWS_D] */
    int32_t *labels;
    int missing;
} rows_table;

#define ROWS_D 6

extern const int32_t rows_kinds[ROWS_D], rows_levels[ROWS_D];

void rows_open(rows_table *t, size_t n, uint64_t seed, int missing);
void rows_close(rows_table *t);
/* With schema, labels, and leave for missing cells as the table has them. */
genmod_data *rows_view(const rows_table *t);

#endif
