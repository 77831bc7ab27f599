/* The host's floating-point environment and locale, before and after every
 * public call of the autoencoders. */
#include "guard/environment.h"

#include <genmod/genmod.h>

#define ROWS 6
#define D 2

static const double rows[ROWS * D] = {-2.25,   0.5,    -1.375, 3.25,
                                      -1.0625, 1.75,   1.9375, -0.375,
                                      2.5,     -4.125, 3.125,  0.75};

/* What the calls gave, to be compared bit by bit. */
typedef struct result {
    double code[ROWS], back[ROWS * D], again[ROWS * D];
    double loss[ROWS], losses[ROWS * D], weight[8], threshold;
    double share[ROWS * 2], value[ROWS];
    int32_t class[ROWS + ROWS % 2];
    size_t saved;
    unsigned char file[1 << 15];
} result;

typedef struct scene {
    const environment *e;
    genmod_workspace *w;
    genmod_config *config;
    genmod_data *data, *codes;
    ae_model *model, *other;
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
    return genmod_report_get(report, AE_REPORT_STEPS, &v);
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
    good(s, "ae_config_new", ae_config_new(&config, s->w));
    s->config = config;
    set(s, AE_ENCODER, "dense 3; batchnorm; tanh; dropout 0.125; dense 1");
    set(s, AE_CORRUPTION, "gaussian");
    set(s, AE_CORRUPTION_LEVEL, "0.1");
    set(s, AE_AVERAGE, "0.75");
    set(s, AE_SCHEDULE, "cosine");
    set(s, AE_WARMUP_STEPS, "2");
    set(s, AE_CLIP_NORM, "2.5");
    set(s, AE_EPOCHS, "3");
    set(s, AE_BATCH_SIZE, "4");
}

static void call_training(scene *s)
{
    ae_model *m = NULL;
    assert_ok(genmod_data_new(&s->data, s->w));
    assert_ok(
        genmod_data_set_rows(s->data, GENMOD_F64, ROWS, D, rows, 0, 0, s->w));
    good(s, "ae_new", ae_new(s->config, &m, s->w));
    s->model = m;
    good(s, "ae_configure", ae_configure(m, s->config, s->w));
    good(s, "ae_get_config", ae_get_config(m, s->config, s->w));
    good(s, "ae_start", ae_start(m, s->data, s->w));
    good(s, "ae_step", ae_step(m, s->data, s->w));
    good(s, "ae_fit", ae_fit(m, s->data, s->data, watch, NULL, s->w));
    ae_dimension(m);
    unchanged(s, "ae_dimension");
    ae_code_size(m);
    unchanged(s, "ae_code_size");
    ae_report(m);
    unchanged(s, "ae_report");
}

static void call_scores(scene *s)
{
    result *const o = s->out;
    good(s, "ae_encode",
         ae_encode(s->model, s->data, GENMOD_F64, sizeof o->code, o->code,
                   s->w));
    assert_ok(genmod_data_new(&s->codes, s->w));
    assert_ok(genmod_data_set_rows(s->codes, GENMOD_F64, ROWS, 1, o->code, 0, 0,
                                   s->w));
    good(s, "ae_decode",
         ae_decode(s->model, s->codes, GENMOD_F64, sizeof o->back, o->back,
                   s->w));
    good(s, "ae_reconstruct",
         ae_reconstruct(s->model, s->data, GENMOD_F64, sizeof o->again,
                        o->again, s->w));
    good(s, "ae_anomaly",
         ae_anomaly(s->model, s->data, sizeof o->loss, o->loss, s->w));
    good(s, "ae_anomaly_columns",
         ae_anomaly_columns(s->model, s->data, sizeof o->losses, o->losses,
                            s->w));
    good(s, "ae_threshold",
         ae_threshold(s->model, s->data, 0.2, &o->threshold, s->w));
}

static void call_heads(scene *s)
{
    static const int32_t labels[ROWS] = {0, 1, 1, 0, 1, 0};
    result *const o = s->out;
    ae_model *m = NULL, *values = NULL;
    set(s, AE_PRETRAIN_EPOCHS, "2");
    set(s, AE_TARGET, "classes");
    good(s, "ae_new", ae_new(s->config, &m, s->w));
    assert_ok(genmod_data_set_labels(s->data, ROWS, labels, s->w));
    good(s, "ae_adopt", ae_adopt(m, s->model, s->data, s->w));
    good(s, "ae_predict",
         ae_predict(m, s->data, sizeof o->class, o->class, s->w));
    good(s, "ae_probabilities",
         ae_probabilities(m, s->data, GENMOD_F64, sizeof o->share, o->share,
                          s->w));
    set(s, AE_TARGET, "values");
    good(s, "ae_new", ae_new(s->config, &values, s->w));
    good(s, "ae_fit", ae_fit(values, s->data, NULL, NULL, NULL, s->w));
    assert_ok(
        genmod_data_set_rows(s->codes, GENMOD_F64, ROWS, 1, rows, D, 1, s->w));
    good(s, "ae_values",
         ae_values(values, s->codes, GENMOD_F64, sizeof o->value, o->value,
                   s->w));
    set(s, AE_TARGET, "reconstruction");
    ae_free(m);
    ae_free(values);
    good(s, "ae_new", ae_new(s->config, &m, s->w));
    good(s, "ae_pretrain", ae_pretrain(m, s->data, watch, NULL, s->w));
    ae_free(m);
}

static void call_copies(scene *s)
{
    static unsigned char file[1 << 15];
    result *const o = s->out;
    size_t need = 0, weights = 0;
    const char *const key = ae_params_key(s->model, 0);
    unchanged(s, "ae_params_key");
    good(s, "ae_get_params",
         ae_get_params(s->model, key, sizeof o->weight / sizeof *o->weight,
                       o->weight, &weights, s->w));
    good(s, "ae_set_params",
         ae_set_params(s->model, key, weights, o->weight, s->w));
    good(s, "ae_new", ae_new(s->config, &s->other, s->w));
    good(s, "ae_copy", ae_copy(s->model, s->other, s->w));
    good(s, "ae_save", ae_save(s->model, sizeof file, file, &need, s->w));
    good(s, "ae_load", ae_load(s->other, need, file, s->w));
    good(s, "ae_export_onnx",
         ae_export_onnx(s->model, "reconstruction", sizeof file, file, &need,
                        s->w));
    good(s, "ae_checkpoint",
         ae_checkpoint(s->model, sizeof o->file, o->file, &o->saved, s->w));
    good(s, "ae_load", ae_load(s->other, o->saved, o->file, s->w));
}

static void call_ends(scene *s)
{
    ae_free(s->model);
    ae_free(s->other);
    unchanged(s, "ae_free");
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
    call_scores(&s);
    call_heads(&s);
    call_copies(&s);
    call_ends(&s);
}

static void autoencoders_leave_the_environment_alone(void **state)
{
    (void)state;
    environment_check_settings(play, sizeof(result));
}

static void autoencoders_do_not_hear_the_locale(void **state)
{
    (void)state;
    environment_check_locale(play, sizeof(result));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(autoencoders_leave_the_environment_alone),
        cmocka_unit_test(autoencoders_do_not_hear_the_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
