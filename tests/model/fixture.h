/* Short ways to say what the tests of trained families say often. A step that
 * does not succeed fails the test. What takes a handle as `void` takes that of
 * any family: it begins with a `model`. */
#ifndef TESTS_MODEL_FIXTURE_H
#define TESTS_MODEL_FIXTURE_H

#include "support/test.h"

#include "model/model.h"

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
genmod_config *fixture_config_of(const model_family *f, const char *options);
/* A handle of so many bytes. */
void *fixture_model_of(const model_family *f, size_t bytes,
                       const char *options);
void fixture_configure(void *m, const char *options);

/* Made of a context with that many threads; kernels may be NULL. */
genmod_workspace *fixture_workspace(size_t threads, const char *kernels);

/* A dense view; x stays the caller's. */
genmod_data *fixture_view(size_t n, size_t d, const double *x);

/* Bytes of a model, the caller's to free. */
typedef struct fixture_bytes {
    size_t n;
    void *p;
} fixture_bytes;

fixture_bytes fixture_save(const void *m);
fixture_bytes fixture_checkpoint(const void *m);
int fixture_same(fixture_bytes a, fixture_bytes b);
/* 1 if the model still saves, and checkpoints, to these bytes; frees nothing.
 */
int fixture_saves(const void *m, fixture_bytes want);
int fixture_checkpoints(const void *m, fixture_bytes want);

double fixture_number(const void *m, const char *key);
/* Element i of a series; i < 0 counts from the end. */
double fixture_series(const void *m, const char *key, int64_t i);
size_t fixture_length(const void *m, const char *key);

/* An array of the model, the caller's to free. */
double *fixture_params(const void *m, const char *name, size_t *n);

#endif
