/* The host's floating-point environment and locale, before and after every
 * public call of the base and of mixtures. */
#include "guard/environment.h"

#include <fenv.h>
#include <genmod/genmod.h>
#include <locale.h>

#define ROWS 6

static const double rows[ROWS] = {-2.25, -1.375, -1.0625, 1.9375, 2.5, 3.125};

/* What the calls gave, to be compared bit by bit. */
typedef struct result {
    double start, density[ROWS], posterior[2 * ROWS], mean, aic, bic;
    double sample[ROWS], covariances[2], apart[GMM_DIVERGENCES], algebra[7];
    double gradients[38];
    int32_t label[ROWS], component[ROWS];
} result;

typedef struct scene {
    const environment *e;
    genmod_context *context;
    genmod_workspace *w;
    genmod_config *config;
    genmod_data *data;
    gmm_model *model, *other;
    result *out;
} scene;

static void unchanged(const scene *s, const char *name)
{
    environment_unchanged(s->e, name);
}

static void good(const scene *s, const char *name, int32_t status)
{
    environment_good(s->e, name, status, s->w);
}

static int32_t read_rows(size_t n, const int64_t *number, void *x,
                         double *weights, int32_t *labels, void *user)
{
    (void)weights, (void)labels, (void)user;
    for (size_t i = 0; i < n; i++)
        memcpy((double *)x + i, rows + number[i], sizeof *rows);
    return 0;
}

static int32_t watch(const genmod_report *report, void *user)
{
    double v;
    (void)user;
    return genmod_report_get(report, GMM_REPORT_ITERATIONS, &v);
}

static void call_context(scene *s)
{
    genmod_context *c = NULL;
    size_t first, count;
    genmod_version();
    unchanged(s, "genmod_version");
    genmod_status_name(GENMOD_LIMIT);
    unchanged(s, "genmod_status_name");
    good(s, "genmod_context_new", genmod_context_new(NULL, NULL, NULL, &c));
    s->context = c;
    good(s, "genmod_context_set_memory_limit",
         genmod_context_set_memory_limit(c, 1 << 26));
    good(s, "genmod_context_set_parallel_for",
         genmod_context_set_parallel_for(c, 2, environment_here, NULL));
    good(s, "genmod_context_set_threads", genmod_context_set_threads(c, 2));
    good(s, "genmod_context_set_kernels", genmod_context_set_kernels(c, NULL));
    genmod_context_kernels(c);
    unchanged(s, "genmod_context_kernels");
    good(s, "genmod_context_set_communicator",
         genmod_context_set_communicator(c, 0, 1, NULL, NULL, NULL, NULL));
    good(s, "genmod_context_set_shards", genmod_context_set_shards(c, 0));
    good(s, "genmod_shard", genmod_shard(ROWS, 1, 2, 4, &first, &count));
    good(s, "genmod_workspace_new", genmod_workspace_new(c, &s->w));
    genmod_workspace_error(s->w);
    unchanged(s, "genmod_workspace_error");
}

static void call_config(scene *s)
{
    int64_t k = 0;
    double tolerance = 0;
    char text[256];
    genmod_config *c = NULL;
    good(s, "gmm_config_new", gmm_config_new(&c, s->w));
    s->config = c;
    good(s, "genmod_config_set_i64",
         genmod_config_set_i64(c, GMM_COMPONENTS, 2, s->w));
    good(s, "genmod_config_set_f64",
         genmod_config_set_f64(c, GMM_RIDGE, 1e-7, s->w));
    good(s, "genmod_config_set_str",
         genmod_config_set_str(c, GMM_TOLERANCE, "2.5e-5", s->w));
    good(s, "genmod_config_get_i64",
         genmod_config_get_i64(c, GMM_COMPONENTS, &k, s->w));
    good(s, "genmod_config_get_f64",
         genmod_config_get_f64(c, GMM_TOLERANCE, &tolerance, s->w));
    assert_true(k == 2 && tolerance == 2.5e-5);
    good(
        s, "genmod_config_get_str",
        genmod_config_get_str(c, GMM_TOLERANCE, sizeof text, text, NULL, s->w));
    assert_string_equal(text, "0.000025");
    genmod_config_key(c, 0);
    unchanged(s, "genmod_config_key");
    good(s, "genmod_config_describe",
         genmod_config_describe(c, GMM_RIDGE, "default", sizeof text, text,
                                NULL, s->w));
}

static void call_data(scene *s)
{
    static const double weights[ROWS] = {1, 2, 1, 1, 1, 3};
    static const int32_t labels[ROWS] = {0, 0, 0, 1, 1, 1}, kinds[] = {0};
    genmod_data *x = NULL;
    good(s, "genmod_data_new", genmod_data_new(&x, s->w));
    s->data = x;
    good(s, "genmod_data_set_source",
         genmod_data_set_source(x, GENMOD_F64, ROWS, 1, read_rows, NULL, s->w));
    good(s, "genmod_data_set_rows",
         genmod_data_set_rows(x, GENMOD_F64, ROWS, 1, rows, 0, 0, s->w));
    /* A DLTensor of the same rows: data, CPU, one dimension of float64. */
    static int64_t shape[] = {ROWS};
    const struct {
        const void *data;
        int32_t device_type, device_id, ndim;
        uint8_t code, bits;
        uint16_t lanes;
        int64_t *shape, *strides;
        uint64_t byte_offset;
    } tensor = {rows, 1, 0, 1, 2, 64, 1, shape, NULL, 0};
    good(s, "genmod_data_set_dlpack", genmod_data_set_dlpack(x, &tensor, s->w));
    good(s, "genmod_data_set_scale",
         genmod_data_set_scale(x, 0.3125, 1.1, s->w));
    good(s, "genmod_data_set_schema",
         genmod_data_set_schema(x, 1, kinds, NULL, s->w));
    good(s, "genmod_data_set_missing", genmod_data_set_missing(x, 1, s->w));
    good(s, "genmod_data_set_noise", genmod_data_set_noise(x, NULL, s->w));
    good(s, "genmod_data_set_weights",
         genmod_data_set_weights(x, ROWS, weights, s->w));
    good(s, "genmod_data_set_labels",
         genmod_data_set_labels(x, ROWS, labels, s->w));
}

static void call_training(scene *s)
{
    double r[2 * ROWS] = {1, 0, 0.75, 0.25, 1, 0, 0, 1, 0.25, 0.75, 0, 1};
    gmm_model *m = NULL;
    good(s, "gmm_new", gmm_new(s->config, &m, s->w));
    s->model = m;
    good(s, "gmm_configure", gmm_configure(m, s->config, s->w));
    good(s, "gmm_get_config", gmm_get_config(m, s->config, s->w));
    good(s, "gmm_start", gmm_start(m, s->data, s->w));
    good(s, "gmm_log_likelihood",
         gmm_log_likelihood(m, s->data, &s->out->start, s->w));
    good(s, "gmm_start_responsibilities",
         gmm_start_responsibilities(m, s->data, sizeof r, r, s->w));
    good(s, "gmm_step", gmm_step(m, s->data, s->w));
    good(s, "gmm_fit", gmm_fit(m, s->data, watch, NULL, s->w));
    gmm_components(m);
    unchanged(s, "gmm_components");
    gmm_dimension(m);
    unchanged(s, "gmm_dimension");
}

static void call_report(scene *s)
{
    const genmod_report *const r = gmm_report(s->model);
    double v;
    double series[1024];
    size_t need = 0;
    char text[256];
    unchanged(s, "gmm_report");
    genmod_report_key(r, 0);
    unchanged(s, "genmod_report_key");
    good(s, "genmod_report_describe",
         genmod_report_describe(r, GMM_REPORT_HISTORY, "unit", sizeof text,
                                text, NULL, s->w));
    good(s, "genmod_report_get",
         genmod_report_get(r, GMM_REPORT_LOG_LIKELIHOOD, &v));
    good(s, "genmod_report_series",
         genmod_report_series(r, GMM_REPORT_HISTORY, 1024, series, &need));
}

static void call_scores(scene *s)
{
    result *const o = s->out;
    good(s, "gmm_log_density",
         gmm_log_density(s->model, s->data, sizeof o->density, o->density,
                         s->w));
    good(s, "gmm_responsibilities",
         gmm_responsibilities(s->model, s->data, GENMOD_F64,
                              sizeof o->posterior, o->posterior, s->w));
    good(s, "gmm_predict",
         gmm_predict(s->model, s->data, sizeof o->label, o->label, s->w));
    good(s, "gmm_log_likelihood",
         gmm_log_likelihood(s->model, s->data, &o->mean, s->w));
    good(s, "gmm_aic", gmm_aic(s->model, s->data, &o->aic, s->w));
    good(s, "gmm_bic", gmm_bic(s->model, s->data, &o->bic, s->w));
    good(s, "gmm_sample",
         gmm_sample(s->model, 2385, 7, ROWS, GENMOD_F64, sizeof o->sample,
                    o->sample, o->component, s->w));
    good(s, "gmm_divergence",
         gmm_divergence(s->model, s->model, 2385, 50, GENMOD_NATS,
                        GMM_DIVERGENCES, o->apart, NULL, s->w));
    good(s, "gmm_get_params",
         gmm_get_params(s->model, GMM_COVARIANCES, 2, o->covariances, NULL,
                        s->w));
}

static void call_copies(scene *s)
{
    static const double weights[] = {0.385, 0.615}, means[] = {-1.25, 2.5};
    static const double covariances[] = {0.75, 1.5};
    static unsigned char file[1 << 16];
    size_t need = 0;
    good(s, "gmm_new", gmm_new(s->config, &s->other, s->w));
    good(s, "gmm_copy", gmm_copy(s->model, s->other, s->w));
    good(s, "gmm_save", gmm_save(s->model, sizeof file, file, &need, s->w));
    good(s, "gmm_load", gmm_load(s->other, need, file, s->w));
    good(s, "gmm_export_onnx",
         gmm_export_onnx(s->model, GENMOD_F64, sizeof file, file, &need, s->w));
    good(s, "gmm_set_params",
         gmm_set_params(s->other, 2, 1, weights, means, 2, covariances, s->w));
}

/* Two columns, of which one is known. */
static void call_parts(scene *s)
{
    static const double weights[] = {0.385, 0.615};
    static const double means[] = {-1.25, 2.5, 0.75, -0.5};
    static const double covariances[] = {0.75,  0.25, 0.25, 1.5,
                                         1.125, 0.5,  0.5,  0.875};
    static const double row[] = {0.25, 1.5};
    static const int32_t column[] = {1};
    genmod_data *x = NULL;
    double out[2], square[4];
    good(s, "gmm_set_params",
         gmm_set_params(s->other, 2, 2, weights, means, 8, covariances, s->w));
    good(s, "gmm_moments", gmm_moments(s->other, 2, out, square, s->w));
    good(s, "genmod_data_new", genmod_data_new(&x, s->w));
    good(s, "genmod_data_set_rows",
         genmod_data_set_rows(x, GENMOD_F64, 1, 2, row, 0, 0, s->w));
    good(s, "gmm_impute",
         gmm_impute(s->other, x, GENMOD_F64, sizeof out, out, s->w));
    genmod_data_free(x);
    good(s, "gmm_condition",
         gmm_condition(s->other, 1, column, row, s->model, s->w));
    good(s, "gmm_marginal", gmm_marginal(s->other, 1, column, s->model, s->w));
}

/* Mixtures of mixtures; s->other has two columns and two components. */
static void call_algebra(scene *s)
{
    static const double a[] = {0.75, -0.25}, b[] = {1.5}, row[] = {0.375};
    static const int32_t column[] = {1};
    genmod_data *x = NULL;
    double *const out = s->out->algebra;
    good(s, "genmod_data_new", genmod_data_new(&x, s->w));
    good(s, "genmod_data_set_rows",
         genmod_data_set_rows(x, GENMOD_F64, 1, 1, row, 0, 0, s->w));
    good(s, "gmm_regress",
         gmm_regress(s->other, 1, column, x, GENMOD_F64, sizeof *out, out,
                     sizeof *out, out + 1, s->w));
    genmod_data_free(x);
    good(s, "gmm_cdf", gmm_cdf(s->other, 1, 1, row, out + 2, s->w));
    good(s, "gmm_quantile", gmm_quantile(s->other, 1, 1, row, out + 3, s->w));
    good(s, "gmm_product",
         gmm_product(s->other, s->other, s->model, out + 4, s->w));
    good(s, "gmm_merge", gmm_merge(s->model, 3, s->model, out + 5, s->w));
    good(s, "gmm_prune", gmm_prune(s->model, 0.125, s->model, out + 6, s->w));
    good(s, "gmm_affine", gmm_affine(s->other, 1, a, b, s->model, s->w));
}

/* s->other has 12 coordinates. */
static void call_gradients(scene *s)
{
    static const double row[] = {0.375, -1.25};
    genmod_data *x = NULL;
    double *const out = s->out->gradients, theta[12];
    good(s, "genmod_data_new", genmod_data_new(&x, s->w));
    good(s, "genmod_data_set_rows",
         genmod_data_set_rows(x, GENMOD_F64, 1, 2, row, 0, 0, s->w));
    good(s, "gmm_log_density_gradient",
         gmm_log_density_gradient(s->other, x, GENMOD_F64, 2 * sizeof *out, out,
                                  s->w));
    good(s, "gmm_likelihood_gradient",
         gmm_likelihood_gradient(s->other, x, 12, out + 2, NULL, s->w));
    good(s, "gmm_row_gradients",
         gmm_row_gradients(s->other, x, 12 * sizeof *out, out + 14, s->w));
    genmod_data_free(x);
    good(s, "gmm_get_coordinates",
         gmm_get_coordinates(s->other, 12, theta, NULL, s->w));
    memcpy(out + 26, theta, sizeof theta);
    good(s, "gmm_set_coordinates",
         gmm_set_coordinates(s->other, 2, 12, theta, s->w));
}

static void call_sums(scene *s, gmm_model *m)
{
    static unsigned char bytes[1 << 12];
    gmm_statistics *a = NULL, *b = NULL;
    size_t need = 0;
    good(s, "gmm_statistics_new", gmm_statistics_new(m, &a, s->w));
    good(s, "gmm_statistics_new", gmm_statistics_new(m, &b, s->w));
    good(s, "gmm_statistics_add", gmm_statistics_add(a, s->data, s->w));
    good(s, "gmm_statistics_save",
         gmm_statistics_save(a, sizeof bytes, bytes, &need, s->w));
    good(s, "gmm_statistics_load", gmm_statistics_load(b, need, bytes, s->w));
    good(s, "gmm_statistics_merge", gmm_statistics_merge(a, b, s->w));
    good(s, "gmm_statistics_decay", gmm_statistics_decay(a, 0.385, s->w));
    good(s, "gmm_maximise", gmm_maximise(m, a, s->w));
    good(s, "gmm_partial_fit", gmm_partial_fit(m, s->data, s->w));
    gmm_statistics_free(a);
    gmm_statistics_free(b);
    unchanged(s, "gmm_statistics_free");
}

/* A posterior, of a model that is gone again at the end. */
static void call_posterior(scene *s)
{
    static const double mean[] = {0.25};
    genmod_config *c = NULL;
    gmm_model *m = NULL;
    good(s, "gmm_config_new", gmm_config_new(&c, s->w));
    good(s, "genmod_config_set_str",
         genmod_config_set_str(c, GMM_INFERENCE, "variational", s->w));
    good(s, "gmm_new", gmm_new(c, &m, s->w));
    good(s, "gmm_set_prior", gmm_set_prior(m, 1, mean, 0, NULL, s->w));
    good(s, "genmod_data_set_missing",
         genmod_data_set_missing(s->data, 0, s->w));
    good(s, "genmod_data_set_noise",
         genmod_data_set_noise(s->data, NULL, s->w));
    good(s, "gmm_fit", gmm_fit(m, s->data, NULL, NULL, s->w));
    gmm_free(m);
    m = NULL;
    good(s, "gmm_new", gmm_new(s->config, &m, s->w));
    good(s, "gmm_choose",
         gmm_choose(m, s->data, s->data, 1, 2, "tied", GMM_CHOOSE_HELD_OUT,
                    s->w));
    call_sums(s, m);
    gmm_free(m);
    genmod_config_free(c);
}

static void call_ends(scene *s)
{
    genmod_workspace_cancel(s->w);
    unchanged(s, "genmod_workspace_cancel");
    gmm_free(s->model);
    gmm_free(s->other);
    unchanged(s, "gmm_free");
    genmod_data_free(s->data);
    unchanged(s, "genmod_data_free");
    genmod_config_free(s->config);
    unchanged(s, "genmod_config_free");
    genmod_workspace_free(s->w);
    unchanged(s, "genmod_workspace_free");
    genmod_context_free(s->context);
    unchanged(s, "genmod_context_free");
}

static void play(const environment *e, void *out)
{
    scene s = {.e = e, .out = out};
    call_context(&s);
    call_config(&s);
    call_data(&s);
    call_training(&s);
    call_report(&s);
    call_scores(&s);
    call_copies(&s);
    call_posterior(&s);
    call_parts(&s);
    call_algebra(&s);
    call_gradients(&s);
    call_ends(&s);
}

static void public_calls_leave_the_environment_alone(void **state)
{
    (void)state;
    environment_check_settings(play, sizeof(result));
}

static void public_calls_do_not_hear_the_locale(void **state)
{
    (void)state;
    environment_check_locale(play, sizeof(result));
}

static void leave_a_flag(void)
{
    feraiseexcept(FE_INEXACT);
}

static void leave_a_rounding_mode(void)
{
    fesetround(FE_UPWARD);
}

static void leave_denormals_flushed(void)
{
#ifdef __SSE__
    __builtin_ia32_ldmxcsr(__builtin_ia32_stmxcsr() | 0x8040);
#else
    fesetround(FE_DOWNWARD);
#endif
}

static void leave_a_locale(void)
{
    setlocale(LC_ALL, "C.UTF-8");
    feclearexcept(FE_ALL_EXCEPT);
}

static void leave_nothing(void)
{
}

/* The canary: what must be seen, and what must not. */
static void changes_of_the_environment_are_told(void **state)
{
    static void (*const mutants[])(void) = {leave_a_flag, leave_a_rounding_mode,
                                            leave_denormals_flushed,
                                            leave_a_locale};
    static const char *const told[] = {"exception flags", "rounding mode", NULL,
                                       "locale"};
    const environment e = {.locale = "C"};
    fenv_t before;
    (void)state;
    feholdexcept(&before);
    leave_nothing();
    assert_null(environment_difference(&e));
    for (size_t i = 0; i < sizeof mutants / sizeof *mutants; i++) {
        mutants[i]();
        const char *const what = environment_difference(&e);
        fesetenv(&before);
        setlocale(LC_ALL, "C");
        assert_non_null(what);
        if (told[i])
            assert_string_equal(what, told[i]);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(public_calls_leave_the_environment_alone),
        cmocka_unit_test(public_calls_do_not_hear_the_locale),
        cmocka_unit_test(changes_of_the_environment_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
