#include "mixture.h"

#include <stdlib.h>

genmod_data *view_rows(size_t n, size_t d, const double *x)
{
    genmod_data *rows = NULL;
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_F64, n, d, x, 0, 0, NULL), NULL);
    return rows;
}

static void set_f64(genmod_config *c, const char *key, double v)
{
    need(genmod_config_set_f64(c, key, v, NULL), NULL);
}

static void set_i64(genmod_config *c, const char *key, int64_t v)
{
    if (v)
        need(genmod_config_set_i64(c, key, v, NULL), NULL);
}

gmm_model *new_mixture(const struct recipe *r, genmod_workspace *w)
{
    genmod_config *c = NULL;
    gmm_model *m = NULL;
    need(gmm_config_new(&c, w), w);
    set_i64(c, GMM_COMPONENTS, r->components);
    set_i64(c, GMM_STARTS, r->starts);
    set_i64(c, GMM_MAX_ITERATIONS, r->iterations);
    if (r->covariance)
        need(genmod_config_set_str(c, GMM_COVARIANCE, r->covariance, w), w);
    if (r->init)
        need(genmod_config_set_str(c, GMM_INIT, r->init, w), w);
    if (r->ridge)
        need(genmod_config_set_str(c, GMM_RIDGE, r->ridge, w), w);
    if (r->tolerance > 0) {
        set_f64(c, GMM_TOLERANCE, r->tolerance);
        set_f64(c, GMM_RELATIVE_TOLERANCE, 0);
    }
    need(gmm_new(c, &m, w), w);
    genmod_config_free(c);
    return m;
}

gmm_model *fit_mixture(const struct recipe *r, const genmod_data *x,
                       genmod_workspace *w)
{
    gmm_model *m = new_mixture(r, w);
    need(gmm_fit(m, x, NULL, NULL, w), w);
    return m;
}

gmm_model *line_mixture(size_t k, const double *weights, const double *means,
                        const double *variances)
{
    const struct recipe r = {.components = (int64_t)k,
                             .covariance = "diagonal"};
    gmm_model *m = new_mixture(&r, NULL);
    need(gmm_set_params(m, k, 1, weights, means, k, variances, NULL), NULL);
    return m;
}

double report_number(const gmm_model *m, const char *key)
{
    double v = 0;
    need(genmod_report_get(gmm_report(m), key, &v), NULL);
    return v;
}

double mean_log_density(const gmm_model *m, size_t n, size_t d, const double *x)
{
    double mean = 0;
    genmod_data *rows = view_rows(n, d, x);
    need(gmm_log_likelihood(m, rows, &mean, NULL), NULL);
    genmod_data_free(rows);
    return mean;
}

void log_density(const gmm_model *m, size_t n, size_t d, const double *x,
                 double *out)
{
    genmod_data *rows = view_rows(n, d, x);
    need(gmm_log_density(m, rows, n * sizeof *out, out, NULL), NULL);
    genmod_data_free(rows);
}

void draw_rows(const gmm_model *m, uint64_t seed, size_t n, double *out)
{
    need(gmm_sample(m, seed, 0, n, GENMOD_F64,
                    n * gmm_dimension(m) * sizeof *out, out, NULL, NULL),
         NULL);
}

double *params(const gmm_model *m, const char *name)
{
    size_t n = 0;
    const int32_t status = gmm_get_params(m, name, 0, NULL, &n, NULL);
    expect(status == GENMOD_TOO_SMALL, "the size of the parameters");
    double *out = memory(n, sizeof *out);
    need(gmm_get_params(m, name, n, out, NULL, NULL), NULL);
    return out;
}
