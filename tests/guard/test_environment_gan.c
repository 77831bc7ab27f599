/* The host's floating-point environment and locale, before and after every
 * public call of the generative adversarial networks. */
#include "guard/environment.h"

#include <genmod/genmod.h>

#define ROWS 6
#define D 3

static const double rows[ROWS * D] = {-2.25,   0.5,   2, -1.375, 3.25,  0,
                                      -1.0625, 1.75,  1, 1.9375, 0.375, 1,
                                      2.5,     4.125, 0, 3.125,  0.75,  2};
static const int32_t labels[ROWS] = {0, 1, 1, 0, 1, 0};

/* What the calls gave, to be compared bit by bit. */
typedef struct result {
    double codes[ROWS], new[ROWS * D], again[ROWS * D];
    double where[ROWS * D];
    double between[ROWS * D * 3], logits[ROWS], weight[32];
    double probe[GAN_PROBES];
    size_t saved;
    unsigned char file[1 << 15];
} result;

typedef struct scene {
    const environment *e;
    genmod_workspace *w;
    genmod_config *config;
    genmod_data *data, *codes;
    gan_model *model, *other;
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
    return genmod_report_get(report, GAN_REPORT_STEPS, &v);
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
    good(s, "gan_config_new", gan_config_new(&config, s->w));
    s->config = config;
    set(s, GAN_CODES, "1");
    set(s, GAN_GENERATOR, "dense 3; batchnorm; tanh; dropout 0.125");
    set(s, GAN_DISCRIMINATOR, "sn dense 3; lrelu 0.2");
    set(s, GAN_CLASSES, "2");
    set(s, GAN_AVERAGE, "0.75");
    set(s, GAN_WARMUP_STEPS, "2");
    set(s, GAN_CLIP_NORM, "2.5");
    set(s, GAN_EPOCHS, "3");
    set(s, GAN_BATCH_SIZE, "4");
}

static void open_data(scene *s)
{
    assert_ok(genmod_data_new(&s->data, s->w));
    assert_ok(
        genmod_data_set_rows(s->data, GENMOD_F64, ROWS, D, rows, 0, 0, s->w));
    assert_ok(genmod_data_set_labels(s->data, ROWS, labels, s->w));
}

static void call_training(scene *s)
{
    gan_model *m = NULL;
    open_data(s);
    good(s, "gan_new", gan_new(s->config, &m, s->w));
    s->model = m;
    good(s, "gan_configure", gan_configure(m, s->config, s->w));
    good(s, "gan_get_config", gan_get_config(m, s->config, s->w));
    good(s, "gan_start", gan_start(m, s->data, s->w));
    good(s, "gan_step", gan_step(m, s->data, s->w));
    good(s, "gan_fit", gan_fit(m, s->data, s->data, watch, NULL, s->w));
    gan_dimension(m);
    unchanged(s, "gan_dimension");
    gan_code_size(m);
    unchanged(s, "gan_code_size");
    gan_report(m);
    unchanged(s, "gan_report");
}

static void call_rows(scene *s)
{
    result *const o = s->out;
    const int32_t t = GENMOD_F64;
    good(s, "gan_sample_codes",
         gan_sample_codes(s->model, 7, 2, ROWS, t, sizeof o->codes, o->codes,
                          s->w));
    assert_ok(genmod_data_new(&s->codes, s->w));
    assert_ok(genmod_data_set_rows(s->codes, t, ROWS, 1, o->codes, 0, 0, s->w));
    assert_ok(genmod_data_set_labels(s->codes, ROWS, labels, s->w));
    good(
        s, "gan_sample",
        gan_sample(s->model, 7, 2, ROWS, NULL, t, sizeof o->new, o->new, s->w));
    good(s, "gan_sample_where",
         gan_sample_where(s->model, 7, 2, 99, 1, &(const int32_t){0},
                          &(const double){-1e9}, &(const double){1e9}, 1, ROWS,
                          t, sizeof o->where, o->where, NULL, NULL, s->w));
    good(s, "gan_generate",
         gan_generate(s->model, s->codes, t, sizeof o->again, o->again, s->w));
    good(s, "gan_interpolate",
         gan_interpolate(s->model, s->codes, s->codes, 3, GENMOD_SPHERICAL, t,
                         sizeof o->between, o->between, s->w));
    good(
        s, "gan_discriminate",
        gan_discriminate(s->model, s->data, sizeof o->logits, o->logits, s->w));
}

/* Held-out rows that are drawn: a probe wants more than there are. */
static void call_probe(scene *s)
{
    double held[16 * D];
    genmod_data *x = NULL;
    assert_ok(gan_sample(s->model, 11, 0, 16, NULL, GENMOD_F64, sizeof held,
                         held, s->w));
    assert_ok(genmod_data_new(&x, s->w));
    assert_ok(genmod_data_set_rows(x, GENMOD_F64, 16, D, held, 0, 0, s->w));
    good(s, "gan_probe",
         gan_probe(s->model, x, s->data, 7, 16, 3, GAN_PROBES, s->out->probe,
                   NULL, s->w));
    genmod_data_free(x);
}

static void call_copies(scene *s)
{
    static unsigned char file[1 << 15];
    result *const o = s->out;
    size_t need = 0;
    const char *const key = gan_params_key(s->model, 0);
    unchanged(s, "gan_params_key");
    good(s, "gan_get_params",
         gan_get_params(s->model, key, sizeof o->weight / sizeof *o->weight,
                        o->weight, NULL, s->w));
    good(s, "gan_set_params",
         gan_set_params(s->model, "head.0.bias", 1, &(const double){-0.25},
                        s->w));
    good(s, "gan_new", gan_new(s->config, &s->other, s->w));
    good(s, "gan_copy", gan_copy(s->model, s->other, s->w));
    good(s, "gan_save", gan_save(s->model, sizeof file, file, &need, s->w));
    good(s, "gan_load", gan_load(s->other, need, file, s->w));
    good(s, "gan_export_onnx",
         gan_export_onnx(s->model, "discriminator", sizeof file, file, &need,
                         s->w));
    good(s, "gan_checkpoint",
         gan_checkpoint(s->model, sizeof o->file, o->file, &o->saved, s->w));
    good(s, "gan_load", gan_load(s->other, o->saved, o->file, s->w));
}

static void call_ends(scene *s)
{
    gan_free(s->model);
    gan_free(s->other);
    unchanged(s, "gan_free");
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
    call_rows(&s);
    call_probe(&s);
    call_copies(&s);
    call_ends(&s);
}

static void adversarial_networks_leave_the_environment_alone(void **state)
{
    (void)state;
    environment_check_settings(play, sizeof(result));
}

static void adversarial_networks_do_not_hear_the_locale(void **state)
{
    (void)state;
    environment_check_locale(play, sizeof(result));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(adversarial_networks_leave_the_environment_alone),
        cmocka_unit_test(adversarial_networks_do_not_hear_the_locale),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
