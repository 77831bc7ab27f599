/** @file mixture.h
 * A fit in one call, for the pictures and the statements: what a program would
 * write once around its own data.
 */
#ifndef MIXTURE_H
#define MIXTURE_H

#include "example.h"

/** What to fit. Zero and NULL stand for the library's default. */
struct recipe {
    int64_t components;
    const char *covariance, *init;
    const char *ridge; /**< as text, so that "0" can be asked for */
    int64_t starts;
    int64_t iterations; /**< at most */
    double tolerance;
};

/** A dense view of n rows × d columns. Free it with genmod_data_free(). */
genmod_data *view_rows(size_t n, size_t d, const double *x);

/** A model with the recipe's options, and no parameters yet. */
gmm_model *new_mixture(const struct recipe *r, genmod_workspace *w);

/** Fit it. w may be NULL. Free the model with gmm_free(). */
gmm_model *fit_mixture(const struct recipe *r, const genmod_data *x,
                       genmod_workspace *w);

/** A one-dimensional mixture of k Gaussians, from its parameters. */
gmm_model *line_mixture(size_t k, const double *weights, const double *means,
                        const double *variances);

/** A number of the model's report. */
double report_number(const gmm_model *m, const char *key);

/** The mean of ln p(x) over n rows × d columns, nats a row. */
double mean_log_density(const gmm_model *m, size_t n, size_t d,
                        const double *x);

/** ln p(x) of n rows × d columns. */
void log_density(const gmm_model *m, size_t n, size_t d, const double *x,
                 double *out);

/** Draw n rows from stream `seed`. */
void draw_rows(const gmm_model *m, uint64_t seed, size_t n, double *out);

/** A copy of a parameter's values. */
double *params(const gmm_model *m, const char *name);

#endif
