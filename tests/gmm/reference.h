/* The tests' own mixture: the textbook's formulas in plain loops, sums in long
 * double, nothing shared with the library. */
#ifndef TESTS_GMM_REFERENCE_H
#define TESTS_GMM_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

#define REF_FULL 0
#define REF_TIED 1
#define REF_DIAGONAL 2
#define REF_SPHERICAL 3
#define REF_TYPES 4

/* The names of option "covariance", by REF_…. */
extern const char *const ref_names[REF_TYPES];

typedef struct ref_mixture {
    int type;
    size_t k, d;
    double *w;   /* [k] */
    double *mu;  /* [k, d] */
    double *cov; /* as GMM_COVARIANCES */
} ref_mixture;

void ref_init(ref_mixture *m, int type, size_t k, size_t d);
void ref_free(ref_mixture *m);
size_t ref_cov_count(int type, size_t k, size_t d);
size_t ref_parameters(int type, size_t k, size_t d);
/* Component j's covariance, written out [d, d]. */
void ref_covariance(const ref_mixture *m, size_t j, double *out);

/* A mixture whose numbers have no symmetry: means some `spread` apart,
 * covariances well conditioned. */
void ref_invent(ref_mixture *m, uint64_t seed, double spread);

/* lp [n]: ln p(x); resp [n, k]; either may be NULL. */
void ref_density(const ref_mixture *m, size_t n, const double *x, double *lp,
                 double *resp);
/* Weighted mean of ln p(x); weights may be NULL. */
double ref_likelihood(const ref_mixture *m, size_t n, const double *x,
                      const double *weights);
/* Bishop (9.24) to (9.27) for given responsibilities [n, k]. */
void ref_maximise(ref_mixture *to, size_t n, const double *x,
                  const double *weights, const double *resp);
/* One step of EM. */
void ref_step(const ref_mixture *from, ref_mixture *to, size_t n,
              const double *x, const double *weights);

/* A little generator for the tests' data. */
typedef struct ref_random {
    uint64_t state;
} ref_random;

double ref_uniform(ref_random *r); /* in (0, 1) */
double ref_normal(ref_random *r);
/* n rows of the mixture; component [n] may be NULL. */
void ref_draw(const ref_mixture *m, uint64_t seed, size_t n, double *x,
              int32_t *component);
/* Lower L with L L^T = s; 0 where s [d, d] is not positive definite. */
int ref_cholesky(size_t d, const double *s, long double *l);

#endif
