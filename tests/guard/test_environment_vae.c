/* The host's floating-point environment and locale, before and after every
 * public call of the variational autoencoders. */
#include "guard/environment.h"

#include <genmod/genmod.h>

#define ROWS 6
#define D 3

/* Real, positive, of 3 categories; NaN is missing. */
static const int32_t kinds[D] = {GENMOD_REAL, GENMOD_POSITIVE,
                                 GENMOD_CATEGORICAL};
static const int32_t levels[D] = {0, 0, 3};
static double rows[ROWS * D] = {-2.25,   0.5,   2, -1.375, 3.25,  0,
                                -1.0625, 1.75,  1, 1.9375, 0.375, 1,
                                2.5,     4.125, 0, 3.125,  0.75,  2};
static const int32_t labels[ROWS] = {0, 1, 1, 0, 1, 0};

/* What the calls gave, to be compared bit by bit. */
typedef struct result {
    double code[ROWS], log_variance[ROWS], drawn[ROWS];
    double back[ROWS * D], again[ROWS * D], new[ROWS * D], filled[ROWS * D];
    double between[ROWS * D * 3], elbo[ROWS], parts[2 * ROWS];
    double weights[2 * ROWS], likelihood[ROWS], error[ROWS];
    double loss[ROWS], losses[ROWS * D], weight[32], threshold;
    size_t saved;
    unsigned char file[1 << 15];
} result;

typedef struct scene {
    const environment *e;
    genmod_workspace *w;
    genmod_config *config;
    genmod_data *data, *codes;
    vae_model *model, *other;
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

static int32_t watch(const genmod_report *report, void *user)
{
    double v;
    (void)user;
    return genmod_report_get(report, VAE_REPORT_STEPS, &v);
}

static void set(const scene *s, const char *key, const char *value)
{
    assert_ok(genmod_config_set_str(s->config, key, value, s->w));
}

static void call_config(scene *s)
{
    genmod_context *c = NULL;
    genmod_config *config = NULL;
    assert_ok(genmod_context_new(NULL, NULL, NULL, &c));
    assert_ok(genmod_context_set_parallel_for(c, 2, environment_here, NULL));
    assert_ok(genmod_workspace_new(c, &s->w));
    genmod_context_free(c);
    good(s, "vae_config_new", vae_config_new(&config, s->w));
    s->config = config;
    set(s, VAE_CODE, "1");
    set(s, VAE_ENCODER, "dense 3; batchnorm; tanh; dropout 0.125");
    set(s, VAE_MISSING, "1");
    set(s, VAE_HIDE, "0.25");
    set(s, VAE_CLASSES, "2");
    set(s, VAE_PRIOR, "mixture");
    set(s, VAE_PRIOR_COMPONENTS, "2");
    set(s, VAE_AVERAGE, "0.75");
    set(s, VAE_SCHEDULE, "cosine");
    set(s, VAE_WARMUP_STEPS, "2");
    set(s, VAE_CLIP_NORM, "2.5");
    set(s, VAE_KL_WARMUP, "1.5");
    set(s, VAE_EPOCHS, "3");
    set(s, VAE_BATCH_SIZE, "4");
}

static void open_data(scene *s)
{
    rows[7] = NAN;
    assert_ok(genmod_data_new(&s->data, s->w));
    assert_ok(
        genmod_data_set_rows(s->data, GENMOD_F64, ROWS, D, rows, 0, 0, s->w));
    assert_ok(genmod_data_set_schema(s->data, D, kinds, levels, s->w));
    assert_ok(genmod_data_set_labels(s->data, ROWS, labels, s->w));
    assert_ok(genmod_data_set_missing(s->data, 1, s->w));
}

static void call_training(scene *s)
{
    vae_model *m = NULL;
    open_data(s);
    good(s, "vae_new", vae_new(s->config, &m, s->w));
    s->model = m;
    good(s, "vae_configure", vae_configure(m, s->config, s->w));
    good(s, "vae_get_config", vae_get_config(m, s->config, s->w));
    good(s, "vae_start", vae_start(m, s->data, s->w));
    good(s, "vae_step", vae_step(m, s->data, s->w));
    good(s, "vae_fit", vae_fit(m, s->data, s->data, watch, NULL, s->w));
    vae_dimension(m);
    unchanged(s, "vae_dimension");
    vae_code_size(m);
    unchanged(s, "vae_code_size");
    vae_report(m);
    unchanged(s, "vae_report");
}

static void call_codes(scene *s)
{
    result *const o = s->out;
    const int32_t t = GENMOD_F64;
    good(s, "vae_encode",
         vae_encode(s->model, s->data, t, sizeof o->code, o->code,
                    o->log_variance, s->w));
    good(s, "vae_encode_sample",
         vae_encode_sample(s->model, s->data, 7, t, sizeof o->drawn, o->drawn,
                           s->w));
    assert_ok(genmod_data_new(&s->codes, s->w));
    assert_ok(genmod_data_set_rows(s->codes, t, ROWS, 1, o->code, 0, 0, s->w));
    assert_ok(genmod_data_set_labels(s->codes, ROWS, labels, s->w));
    good(s, "vae_decode",
         vae_decode(s->model, s->codes, GENMOD_DRAW, 7, t, sizeof o->back,
                    o->back, s->w));
    good(s, "vae_reconstruct",
         vae_reconstruct(s->model, s->data, GENMOD_MEAN, 7, t, sizeof o->again,
                         o->again, s->w));
    good(s, "vae_sample",
         vae_sample(s->model, 7, 2, ROWS, GENMOD_DRAW, NULL, t, sizeof o->new,
                    o->new, s->w));
    good(s, "vae_interpolate",
         vae_interpolate(s->model, s->data, s->data, 3, GENMOD_SPHERICAL, t,
                         sizeof o->between, o->between, s->w));
    good(s, "vae_impute",
         vae_impute(s->model, s->data, GENMOD_MEAN, 7, 5, t, sizeof o->filled,
                    o->filled, s->w));
}

static void call_scores(scene *s)
{
    result *const o = s->out;
    good(s, "vae_elbo",
         vae_elbo(s->model, s->data, 7, 3, sizeof o->elbo, o->elbo, o->parts,
                  o->parts + ROWS, s->w));
    good(s, "vae_log_weights",
         vae_log_weights(s->model, s->data, 7, 1, 2, sizeof o->weights,
                         o->weights, s->w));
    good(s, "vae_log_likelihood",
         vae_log_likelihood(s->model, s->data, 7, 9, sizeof o->likelihood,
                            o->likelihood, o->error, s->w));
    good(s, "vae_anomaly",
         vae_anomaly(s->model, s->data, sizeof o->loss, o->loss, s->w));
    good(s, "vae_anomaly_columns",
         vae_anomaly_columns(s->model, s->data, sizeof o->losses, o->losses,
                             s->w));
    good(s, "vae_threshold",
         vae_threshold(s->model, s->data, 0.2, &o->threshold, s->w));
}

static void call_copies(scene *s)
{
    static unsigned char file[1 << 15];
    result *const o = s->out;
    size_t need = 0;
    const char *const key = vae_params_key(s->model, 0);
    unchanged(s, "vae_params_key");
    good(s, "vae_get_params",
         vae_get_params(s->model, key, sizeof o->weight / sizeof *o->weight,
                        o->weight, NULL, s->w));
    good(s, "vae_set_params",
         vae_set_params(s->model, "likelihood.0.log_sigma", 1,
                        &(const double){-0.25}, s->w));
    good(s, "vae_new", vae_new(s->config, &s->other, s->w));
    good(s, "vae_copy", vae_copy(s->model, s->other, s->w));
    good(s, "vae_save", vae_save(s->model, sizeof file, file, &need, s->w));
    good(s, "vae_load", vae_load(s->other, need, file, s->w));
    good(s, "vae_export_onnx",
         vae_export_onnx(s->model, "encoder", sizeof file, file, &need, s->w));
    good(s, "vae_checkpoint",
         vae_checkpoint(s->model, sizeof o->file, o->file, &o->saved, s->w));
    good(s, "vae_load", vae_load(s->other, o->saved, o->file, s->w));
}

static void call_ends(scene *s)
{
    vae_free(s->model);
    vae_free(s->other);
    unchanged(s, "vae_free");
    genmod_data_free(s->data);
    genmod_data_free(s->codes);
    genmod_config_free(s->config);
    genmod_workspace_free(s->w);
}

static void play(const environment *e, void *out)
{
    scene s = {.e = e, .out = out};
    call_config(&s);
    call_training(&s);
    call_codes(&s);
    call_scores(&s);
    call_copies(&s);
    call_ends(&s);
}

static void variational_autoencoders_leave_the_environment_alone(void **state)
{
    (void)state;
    environment_check_settings(play, sizeof(result));
}

static void variational_autoencoders_do_not_hear_the_locale(void **state)
{
    (void)state;
    environment_check_locale(play, sizeof(result));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(variational_autoencoders_leave_the_environment_alone),
        cmocka_unit_test(variational_autoencoders_do_not_hear_the_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
