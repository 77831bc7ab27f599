/* How many components, and how surely: a posterior of the mixture in place of
 * its likeliest parameters.
 *
 *     gmm_bayes tests/data/faithful.csv
 *
 * Eight components are offered to the eruptions of Old Faithful, and a prior
 * that prefers few. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "mixture.h"
#include "read.h"

#define K 8

static genmod_config *recipe(const char *weight_prior)
{
    genmod_config *c = NULL;
    need(gmm_config_new(&c, NULL), NULL);
    need(genmod_config_set_i64(c, GMM_COMPONENTS, K, NULL), NULL);
    need(genmod_config_set_str(c, GMM_INFERENCE, "variational", NULL), NULL);
    need(genmod_config_set_str(c, GMM_WEIGHT_PRIOR, weight_prior, NULL), NULL);
    /* Less than a row's worth: a component has to earn its place. */
    need(genmod_config_set_f64(c, GMM_CONCENTRATION, 0.01, NULL), NULL);
    need(genmod_config_set_i64(c, GMM_MAX_ITERATIONS, 2000, NULL), NULL);
    need(genmod_config_set_f64(c, GMM_TOLERANCE, 1e-9, NULL), NULL);
    return c;
}

static gmm_model *fit(const genmod_config *c, const genmod_data *x,
                      const double *mean)
{
    gmm_model *m = NULL;
    need(gmm_new(c, &m, NULL), NULL);
    if (mean) /* known from elsewhere; the covariance stays the data's */
        need(gmm_set_prior(m, 2, mean, 0, NULL, NULL), NULL);
    need(gmm_fit(m, x, NULL, NULL, NULL), NULL);
    return m;
}

/* What was put in, as the options and the data have it. */
static void describe_prior(const gmm_model *m)
{
    double *mean = params(m, GMM_PRIOR_MEAN);
    double *scale = params(m, GMM_PRIOR_COVARIANCE);
    double *nu = params(m, GMM_PRIOR_DEGREES_OF_FREEDOM);
    double *weight = params(m, GMM_PRIOR_CONCENTRATION);
    double *sticks = params(m, GMM_POSTERIOR_CONCENTRATION); /* [2, K] */
    printf("prior: mean %.2f %.2f, deviations %.2f %.2f, concentration %g\n",
           mean[0], mean[1], sqrt(scale[0] / nu[0]), sqrt(scale[3] / nu[0]),
           weight[0]);
    expect(sticks[0] > 1 && sticks[2 * K - 1] == 0, "the last stick is whole");
    free(mean);
    free(scale);
    free(nu);
    free(weight);
    free(sticks);
}

static void describe(const char *what, const gmm_model *m)
{
    double *w = params(m, GMM_WEIGHTS);
    double *nu = params(m, GMM_POSTERIOR_DEGREES_OF_FREEDOM);
    double *rows = params(m, GMM_POSTERIOR_MEAN_PRECISION);
    double *prior = params(m, GMM_PRIOR_MEAN_PRECISION);
    printf("%s: log evidence >= %.3f, %g of %d components\n", what,
           report_number(m, GMM_REPORT_LOWER_BOUND),
           report_number(m, GMM_REPORT_EFFECTIVE), K);
    for (int j = 0; j < K; j++)
        if (rows[j] - prior[0] >= 1)
            printf("  weight %.3f, %.1f rows, %.1f degrees of freedom\n", w[j],
                   rows[j] - prior[0], nu[j]);
    free(w);
    free(nu);
    free(rows);
    free(prior);
}

int main(int argc, char **argv)
{
    static const double minutes[2] = {3.5, 70};
    struct table t;
    expect(argc == 2, "usage: gmm_bayes faithful.csv");
    read_csv(argv[1], 0, &t);
    genmod_data *rows = view_rows(t.n, t.d, t.x);
    genmod_config *c = recipe("dirichlet-process");
    gmm_model *process = fit(c, rows, NULL);
    describe("Dirichlet process", process);
    describe_prior(process);

    genmod_config *d = recipe("dirichlet");
    gmm_model *dirichlet = fit(d, rows, minutes);
    describe("Dirichlet", dirichlet);
    expect(report_number(process, GMM_REPORT_EFFECTIVE) == 2 &&
               report_number(dirichlet, GMM_REPORT_EFFECTIVE) == 2,
           "short and long eruptions");

    /* The bound compares priors, too: here, that means and covariances count
     * for 10 rows, and are wider. */
    need(genmod_config_set_f64(d, GMM_MEAN_PRECISION, 10, NULL), NULL);
    need(genmod_config_set_f64(d, GMM_DEGREES_OF_FREEDOM, 10, NULL), NULL);
    need(genmod_config_set_f64(d, GMM_COVARIANCE_PRIOR, 2, NULL), NULL);
    gmm_model *firm = fit(d, rows, minutes);
    describe("a firmer prior", firm);
    expect(report_number(firm, GMM_REPORT_LOWER_BOUND) <
               report_number(dirichlet, GMM_REPORT_LOWER_BOUND),
           "which the data do not ask for");
    gmm_free(firm);
    gmm_free(dirichlet);
    gmm_free(process);
    genmod_config_free(d);
    genmod_config_free(c);
    genmod_data_free(rows);
    free_table(&t);
    return 0;
}
