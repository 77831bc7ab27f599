/* Short ways to say what the tests of the autoencoders say often. A step that
 * does not succeed fails the test. */
#ifndef TESTS_AE_FIXTURE_H
#define TESTS_AE_FIXTURE_H

#include "support/test.h"

#include "genmod/ae.h"

/* Zeroed memory, or the test ends. */
void *fixture_take(size_t n, size_t size);

/* The first n rows of a file of tests/data without header and label: [n, d],
 * the caller's to free. */
double *fixture_read(const char *file, size_t n, size_t d);
/* n rows of d columns that two numbers a row determine, but for a little
 * noise; every column has another scale and mean. */
double *fixture_invent(size_t n, size_t d, uint64_t seed);
/* Labels 0, 1 and 2 of the n rows of x, whose level they shift; the caller's to
 * free. */
int32_t *fixture_classes(size_t n, size_t d, double *x);
/* Cell by cell, from 0 to 1. */
double *fixture_shares(size_t n, size_t d, uint64_t seed);

/* options: "key=value | key=value", may be NULL. */
genmod_config *fixture_config(const char *options);
ae_model *fixture_model(const char *options);
void fixture_configure(ae_model *m, const char *options);

/* Made of a context with that many threads; kernels may be NULL. */
genmod_workspace *fixture_workspace(size_t threads, const char *kernels);

/* A dense view; x stays the caller's. */
genmod_data *fixture_view(size_t n, size_t d, const double *x);

/* Bytes of a model, the caller's to free. */
typedef struct fixture_bytes {
    size_t n;
    void *p;
} fixture_bytes;

fixture_bytes fixture_save(const ae_model *m);
fixture_bytes fixture_checkpoint(const ae_model *m);
int fixture_same(fixture_bytes a, fixture_bytes b);
/* 1 if the model still saves, and checkpoints, to these bytes; frees nothing.
 */
int fixture_saves(const ae_model *m, fixture_bytes want);
int fixture_checkpoints(const ae_model *m, fixture_bytes want);

double fixture_number(const ae_model *m, const char *key);
/* Element i of a series; i < 0 counts from the end. */
double fixture_series(const ae_model *m, const char *key, int64_t i);
size_t fixture_length(const ae_model *m, const char *key);

/* An array of the model, the caller's to free. */
double *fixture_params(const ae_model *m, const char *name, size_t *n);

#endif
