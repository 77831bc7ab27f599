/* Short ways to say what the tests of the mixtures say often. A step that does
 * not succeed fails the test. */
#ifndef TESTS_GMM_FIXTURE_H
#define TESTS_GMM_FIXTURE_H

#include "support/test.h"

#include "genmod/gmm.h"
#include "genmod/gmm_algebra.h"
#include "genmod/gmm_learn.h"
#include "gmm/reference.h"

/* Zeroed memory, or the test ends. */
void *fixture_take(size_t n, size_t size);

/* A file of tests/data without its header. The last column becomes labels if
 * they are asked for. x is the caller's to free. */
typedef struct fixture_table {
    size_t n, d;
    double *x;       /* [n, d] */
    int32_t *labels; /* [n], or NULL */
} fixture_table;

void fixture_read(fixture_table *t, const char *file, int labelled);
void fixture_drop(fixture_table *t);

/* options: "ridge=0 starts=20", may be NULL. */
genmod_config *fixture_config(size_t k, int type, const char *options);
gmm_model *fixture_model(size_t k, int type, const char *options);
void fixture_configure(gmm_model *m, const char *options);
/* A model with the parameters of a reference mixture. */
gmm_model *fixture_from(const ref_mixture *r, const char *options);
void fixture_set(gmm_model *m, const ref_mixture *r);
/* Its parameters, into a reference mixture of its size. */
void fixture_params(const gmm_model *m, ref_mixture *r);

genmod_workspace *fixture_workspace(size_t threads);

/* Dense views; x stays the caller's. */
genmod_data *fixture_view(size_t n, size_t d, const double *x);
genmod_data *fixture_view_f32(size_t n, size_t d, const float *x);
float *fixture_narrow(size_t n, const double *x);

/* The bytes of gmm_save(), the caller's to free. */
typedef struct fixture_bytes {
    size_t n;
    void *p;
} fixture_bytes;

fixture_bytes fixture_save(const gmm_model *m);
int fixture_same(fixture_bytes a, fixture_bytes b);
/* 1 if the model still saves to these bytes. */
int fixture_unchanged(const gmm_model *m, fixture_bytes before);

double fixture_number(const gmm_model *m, const char *key);
/* Element i of a series of the report; i < 0 counts from the end. */
double fixture_series(const gmm_model *m, const char *key, int64_t i);
size_t fixture_series_length(const gmm_model *m, const char *key);

/* |a - b| <= tolerance * max(1, |b|), or the test fails and says `what`. */
void fixture_close(const char *what, double a, double b, double tolerance);
/* Weights, means and covariances equal, in units of b's standard deviations. */
void fixture_mixtures_close(const char *what, const ref_mixture *a,
                            const ref_mixture *b, double tolerance);
/* The largest difference in those units, whatever the order of components is
 * in `a`. */
double fixture_distance(const ref_mixture *a, const ref_mixture *b);
/* The text holds the part. */
void fixture_says(const genmod_workspace *w, const char *part);

/* Parameters of the labelled classes: weights, means, ML covariances. */
void fixture_classes(ref_mixture *to, const fixture_table *t);

#endif
