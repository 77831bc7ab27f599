"""The calls that the package makes, as the headers in include/genmod declare them.

A line that ends in a colon names the families that the declarations below it
are of; F_ stands for each.
"""
PROTOTYPES = '''
genmod:
int32_t genmod_version(void);
const char *genmod_status_name(int32_t status);
int32_t genmod_context_new(genmod_alloc alloc, genmod_dealloc dealloc,
    void *user, genmod_context **out);
int32_t genmod_context_set_threads(genmod_context *c, size_t n);
void genmod_context_free(genmod_context *c);
int32_t genmod_workspace_new(genmod_context *c, genmod_workspace **out);
const char *genmod_workspace_error(const genmod_workspace *w);
void genmod_workspace_cancel(genmod_workspace *w);
void genmod_workspace_free(genmod_workspace *w);
int32_t genmod_config_set_str(genmod_config *c, const char *key, const char *v,
    genmod_workspace *w);
int32_t genmod_config_get_str(const genmod_config *c, const char *key,
    size_t cap, char *out, size_t *need, genmod_workspace *w);
const char *genmod_config_key(const genmod_config *c, size_t i);
int32_t genmod_config_describe(const genmod_config *c, const char *key,
    const char *property, size_t cap, char *out, size_t *need,
    genmod_workspace *w);
void genmod_config_free(genmod_config *c);
const char *genmod_report_key(const genmod_report *r, size_t i);
int32_t genmod_report_describe(const genmod_report *r, const char *key,
    const char *property, size_t cap, char *out, size_t *need,
    genmod_workspace *w);
int32_t genmod_report_get(const genmod_report *r, const char *key, double *v);
int32_t genmod_report_series(const genmod_report *r, const char *key,
    size_t cap, double *out, size_t *need);
int32_t genmod_data_new(genmod_data **out, genmod_workspace *w);
int32_t genmod_data_set_rows(genmod_data *x, int32_t type, size_t n, size_t d,
    const void *rows, int64_t row_stride, int64_t col_stride,
    genmod_workspace *w);
int32_t genmod_data_set_scale(genmod_data *x, double scale, double shift,
    genmod_workspace *w);
int32_t genmod_data_set_schema(genmod_data *x, size_t d, const int32_t *kinds,
    const int32_t *levels, genmod_workspace *w);
int32_t genmod_data_set_missing(genmod_data *x, int32_t allowed,
    genmod_workspace *w);
int32_t genmod_data_set_noise(genmod_data *x, const genmod_data *noise,
    genmod_workspace *w);
int32_t genmod_data_set_weights(genmod_data *x, size_t n,
    const double *weights, genmod_workspace *w);
int32_t genmod_data_set_labels(genmod_data *x, size_t n, const int32_t *labels,
    genmod_workspace *w);
void genmod_data_free(genmod_data *x);
int32_t genmod_discrete_entropy(size_t n, const double *p, int32_t unit,
    double *out, genmod_workspace *w);
int32_t genmod_discrete_cross_entropy(size_t n, const double *p,
    const double *q, int32_t unit, double *out, genmod_workspace *w);
int32_t genmod_discrete_kl(size_t n, const double *p, const double *q,
    int32_t unit, double *out, genmod_workspace *w);
int32_t genmod_discrete_js(size_t n, const double *p, const double *q,
    int32_t unit, double *out, genmod_workspace *w);
int32_t genmod_discrete_js_distance(size_t n, const double *p, const double *q,
    int32_t unit, double *out, genmod_workspace *w);
int32_t genmod_density_entropy(size_t d, const double *lower,
    const double *upper, genmod_log_density p, void *p_user, double tolerance,
    int32_t unit, double *out, double *error, genmod_workspace *w);
int32_t genmod_density_cross_entropy(size_t d, const double *lower,
    const double *upper, genmod_log_density p, void *p_user,
    genmod_log_density q, void *q_user, double tolerance, int32_t unit,
    double *out, double *error, genmod_workspace *w);
int32_t genmod_density_kl(size_t d, const double *lower, const double *upper,
    genmod_log_density p, void *p_user, genmod_log_density q, void *q_user,
    double tolerance, int32_t unit, double *out, double *error,
    genmod_workspace *w);
int32_t genmod_density_js(size_t d, const double *lower, const double *upper,
    genmod_log_density p, void *p_user, genmod_log_density q, void *q_user,
    double tolerance, int32_t unit, double *out, double *error,
    genmod_workspace *w);
int32_t genmod_gaussian_entropy(size_t d, const double *cov, int32_t unit,
    double *out, genmod_workspace *w);
int32_t genmod_gaussian_cross_entropy(size_t d, const double *mean_p,
    const double *cov_p, const double *mean_q, const double *cov_q,
    int32_t unit, double *out, genmod_workspace *w);
int32_t genmod_gaussian_kl(size_t d, const double *mean_p, const double *cov_p,
    const double *mean_q, const double *cov_q, int32_t unit, double *out,
    genmod_workspace *w);
int32_t genmod_gaussian_renyi(size_t d, const double *mean_p,
    const double *cov_p, const double *mean_q, const double *cov_q,
    double order, int32_t unit, double *out, genmod_workspace *w);
int32_t genmod_gaussian_bhattacharyya(size_t d, const double *mean_p,
    const double *cov_p, const double *mean_q, const double *cov_q,
    int32_t unit, double *out, genmod_workspace *w);
int32_t genmod_gaussian_hellinger(size_t d, const double *mean_p,
    const double *cov_p, const double *mean_q, const double *cov_q,
    double *out, genmod_workspace *w);
int32_t genmod_gaussian_frechet(size_t d, const double *mean_p,
    const double *cov_p, const double *mean_q, const double *cov_q,
    double *out, genmod_workspace *w);
int32_t genmod_sample_entropy(const genmod_data *x, size_t k, int32_t unit,
    double *out, genmod_workspace *w);
int32_t genmod_sample_kl(const genmod_data *x, const genmod_data *y, size_t k,
    int32_t unit, double *out, genmod_workspace *w);
int32_t genmod_sample_mmd(const genmod_data *x, const genmod_data *y,
    double width, size_t permutations, uint64_t seed, double *out,
    double *p_value, double *used, genmod_workspace *w);
int32_t genmod_sample_sliced_wasserstein(const genmod_data *x,
    const genmod_data *y, size_t directions, uint64_t seed, double *out,
    double *standard_error, genmod_workspace *w);
int32_t genmod_sample_frechet(const genmod_data *x, const genmod_data *y,
    double *out, double *raw, double *standard_error, genmod_workspace *w);
int32_t genmod_sample_kid(const genmod_data *x, const genmod_data *y,
    double *out, double *standard_error, genmod_workspace *w);
int32_t genmod_sample_prdc(const genmod_data *x, const genmod_data *y,
    size_t k, double *out, double *standard_error, double *expected,
    genmod_workspace *w);
int32_t genmod_sample_copies(const genmod_data *train, const genmod_data *held,
    const genmod_data *y, double *out, double *standard_error, double *p_value,
    genmod_workspace *w);
int32_t genmod_sample_nearest(const genmod_data *x, const genmod_data *y,
    double *out, double *standard_error, double *expected, double *p_value,
    genmod_workspace *w);
int32_t genmod_sample_modes(const genmod_data *y, size_t k, const double *mean,
    const double *deviation, const double *share, double radius,
    int64_t *count, double *out, double *standard_error, double *expected,
    genmod_workspace *w);

gmm ae vae gan:
int32_t F_config_new(genmod_config **out, genmod_workspace *w);
int32_t F_new(const genmod_config *c, F_model **out, genmod_workspace *w);
void F_free(F_model *m);
int32_t F_configure(F_model *m, const genmod_config *c, genmod_workspace *w);
int32_t F_get_config(const F_model *m, genmod_config *c, genmod_workspace *w);
int32_t F_copy(const F_model *from, F_model *to, genmod_workspace *w);
size_t F_dimension(const F_model *m);
const genmod_report *F_report(const F_model *m);
int32_t F_get_params(const F_model *m, const char *name, size_t cap,
    double *out, size_t *need, genmod_workspace *w);
int32_t F_save(const F_model *m, size_t cap, void *out, size_t *need,
    genmod_workspace *w);
int32_t F_load(F_model *m, size_t n, const void *bytes, genmod_workspace *w);

ae vae gan:
size_t F_code_size(const F_model *m);
int32_t F_fit(F_model *m, const genmod_data *x, const genmod_data *held_out,
    genmod_progress progress, void *user, genmod_workspace *w);
int32_t F_checkpoint(const F_model *m, size_t cap, void *out, size_t *need,
    genmod_workspace *w);
const char *F_params_key(const F_model *m, size_t i);
int32_t F_set_params(F_model *m, const char *name, size_t n,
    const double *values, genmod_workspace *w);

ae vae:
int32_t F_anomaly(const F_model *m, const genmod_data *x, size_t bytes,
    double *out, genmod_workspace *w);
int32_t F_anomaly_columns(const F_model *m, const genmod_data *x, size_t bytes,
    double *out, genmod_workspace *w);
int32_t F_threshold(const F_model *m, const genmod_data *x, double share,
    double *out, genmod_workspace *w);

vae gan:
int32_t F_interpolate(const F_model *m, const genmod_data *from,
    const genmod_data *to, size_t steps, int32_t path, int32_t type,
    size_t bytes, void *out, genmod_workspace *w);

gmm:
int32_t F_start(F_model *m, const genmod_data *x, genmod_workspace *w);
int32_t F_fit(F_model *m, const genmod_data *x, genmod_progress progress,
    void *user, genmod_workspace *w);
int32_t F_partial_fit(F_model *m, const genmod_data *x, genmod_workspace *w);
int32_t F_set_params(F_model *m, size_t k, size_t d, const double *weights,
    const double *means, size_t n_cov, const double *cov, genmod_workspace *w);
int32_t F_set_prior(F_model *m, size_t d, const double *mean, size_t n_cov,
    const double *cov, genmod_workspace *w);
int32_t F_predict(const F_model *m, const genmod_data *x, size_t bytes,
    int32_t *out, genmod_workspace *w);
int32_t F_responsibilities(const F_model *m, const genmod_data *x,
    int32_t type, size_t bytes, void *out, genmod_workspace *w);
int32_t F_log_density(const F_model *m, const genmod_data *x, size_t bytes,
    double *out, genmod_workspace *w);
int32_t F_log_likelihood(const F_model *m, const genmod_data *x, double *out,
    genmod_workspace *w);
int32_t F_aic(const F_model *m, const genmod_data *x, double *out,
    genmod_workspace *w);
int32_t F_bic(const F_model *m, const genmod_data *x, double *out,
    genmod_workspace *w);
int32_t F_sample(const F_model *m, uint64_t seed, uint64_t first, size_t n,
    int32_t type, size_t bytes, void *out, int32_t *component,
    genmod_workspace *w);
int32_t F_impute(const F_model *m, const genmod_data *x, int32_t type,
    size_t bytes, void *out, genmod_workspace *w);
int32_t F_divergence(const F_model *p, const F_model *q, uint64_t seed,
    size_t n, int32_t unit, size_t cap, double *out, size_t *need,
    genmod_workspace *w);

ae:
int32_t F_encode(const F_model *m, const genmod_data *x, int32_t type,
    size_t bytes, void *out, genmod_workspace *w);
int32_t F_decode(const F_model *m, const genmod_data *z, int32_t type,
    size_t bytes, void *out, genmod_workspace *w);
int32_t F_reconstruct(const F_model *m, const genmod_data *x, int32_t type,
    size_t bytes, void *out, genmod_workspace *w);
int32_t F_predict(const F_model *m, const genmod_data *x, size_t bytes,
    int32_t *out, genmod_workspace *w);
int32_t F_probabilities(const F_model *m, const genmod_data *x, int32_t type,
    size_t bytes, void *out, genmod_workspace *w);
int32_t F_values(const F_model *m, const genmod_data *x, int32_t type,
    size_t bytes, void *out, genmod_workspace *w);

vae:
int32_t F_encode(const F_model *m, const genmod_data *x, int32_t type,
    size_t bytes, void *mean, void *log_variance, genmod_workspace *w);
int32_t F_decode(const F_model *m, const genmod_data *z, int32_t what,
    uint64_t seed, int32_t type, size_t bytes, void *out, genmod_workspace *w);
int32_t F_reconstruct(const F_model *m, const genmod_data *x, int32_t what,
    uint64_t seed, int32_t type, size_t bytes, void *out, genmod_workspace *w);
int32_t F_sample(const F_model *m, uint64_t seed, uint64_t first, size_t n,
    int32_t what, const int32_t *labels, int32_t type, size_t bytes, void *out,
    genmod_workspace *w);
int32_t F_impute(const F_model *m, const genmod_data *x, int32_t what,
    uint64_t seed, size_t draws, int32_t type, size_t bytes, void *out,
    genmod_workspace *w);
int32_t F_elbo(const F_model *m, const genmod_data *x, uint64_t seed,
    size_t draws, size_t bytes, double *elbo, double *reconstruction,
    double *kl, genmod_workspace *w);
int32_t F_log_likelihood(const F_model *m, const genmod_data *x, uint64_t seed,
    size_t draws, size_t bytes, double *out, double *error,
    genmod_workspace *w);

gan:
int32_t F_sample(const F_model *m, uint64_t seed, uint64_t first, size_t n,
    const int32_t *labels, int32_t type, size_t bytes, void *out,
    genmod_workspace *w);
int32_t F_sample_codes(const F_model *m, uint64_t seed, uint64_t first,
    size_t n, int32_t type, size_t bytes, void *out, genmod_workspace *w);
int32_t F_generate(const F_model *m, const genmod_data *z, int32_t type,
    size_t bytes, void *out, genmod_workspace *w);
int32_t F_discriminate(const F_model *m, const genmod_data *x, size_t bytes,
    double *out, genmod_workspace *w);
int32_t F_probe(const F_model *m, const genmod_data *x,
    const genmod_data *train, uint64_t seed, size_t rows, size_t steps,
    size_t cap, double *out, size_t *need, genmod_workspace *w);
'''
