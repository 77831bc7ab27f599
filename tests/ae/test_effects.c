/* Every option has an effect of its own, where its documentation says so and by
 * an amount stated here, on digits that were held out. An option without an
 * entry fails the test. */
#include "ae/fixture.h"

#include <stdio.h>

#define N 300 /* to train on, and held out */
#define D 64

#define NET "encoder=dense 24; relu; dense 8 | standardise=0"
#define BASE NET " | batch_size=25 | epochs=6 | learning_rate=0.003"
#define LONG NET " | batch_size=25 | epochs=40 | learning_rate=0.003"
#define FAST NET " | batch_size=5 | epochs=10 | learning_rate=0.03"
#define SIGMOID                                                    \
    "encoder=dense 16; sigmoid | standardise=0 | batch_size=25 | " \
    "epochs=12 | learning_rate=0.01"
#define PLAIN_SGD \
    NET " | batch_size=25 | epochs=6 | optimiser=sgd | learning_rate=0.003"

typedef struct scene {
    double x[N * D], held[N * D]; /* ink 0 to 1 */
    double seen[N * D], back[N * D];
} scene;

/* What is measured of a model with those options. */
typedef double measure(scene *s, const char *options);

static uint32_t draw(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(*state >> 32);
}

static double uniform(uint64_t *state)
{
    return draw(state) / 4294967296.0;
}

static ae_model *fit(const scene *s, const char *options)
{
    ae_model *const m = fixture_model(options);
    genmod_data *const v = fixture_view(N, D, s->x);
    assert_ok(ae_fit(m, v, NULL, NULL, NULL, NULL));
    genmod_data_free(v);
    return m;
}

static void reconstruct(scene *s, const ae_model *m, const double *x)
{
    genmod_data *const v = fixture_view(N, D, x);
    assert_ok(ae_reconstruct(m, v, GENMOD_F64, sizeof s->back, s->back, NULL));
    genmod_data_free(v);
}

/* ---- reconstructions ----------------------------------------------------- */

static double squares(const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < N * D; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]) / N;
    return sum;
}

static double error(scene *s, const char *options)
{
    ae_model *const m = fit(s, options);
    reconstruct(s, m, s->held);
    ae_free(m);
    return squares(s->back, s->held);
}

static double absolute_error(scene *s, const char *options)
{
    ae_model *const m = fit(s, options);
    double sum = 0;
    reconstruct(s, m, s->held);
    ae_free(m);
    for (size_t i = 0; i < N * D; i++)
        sum += fabs(s->back[i] - s->held[i]) / N;
    return sum;
}

/* By how much reconstructions leave [0, 1]. */
static double ink_out_of_bounds(scene *s, const char *options)
{
    double sum = 0;
    (void)error(s, options);
    for (size_t i = 0; i < N * D; i++)
        sum += fmax(0, fmax(-s->back[i], s->back[i] - 1)) / N;
    return sum;
}

/* Trained on rows of which some cells are wild. */
static double error_after_outliers(scene *s, const char *options)
{
    uint64_t state = 11;
    memcpy(s->seen, s->x, sizeof s->x);
    for (size_t i = 0; i < N * D; i++)
        if (uniform(&state) < 0.02)
            s->x[i] = 10;
    const double v = absolute_error(s, options);
    memcpy(s->x, s->seen, sizeof s->x);
    return v;
}

/* Of the columns of small scale, where every other one has 100 times theirs. */
static double error_of_small_columns(scene *s, const char *options)
{
    double sum = 0;
    for (int back = 0; back < 2; back++) {
        for (size_t i = 0; i < N * D; i += 2) {
            s->x[i] *= back ? 0.01 : 100;
            s->held[i] *= back ? 0.01 : 100;
        }
        if (!back)
            (void)error(s, options);
    }
    for (size_t i = 1; i < N * D; i += 2)
        sum += pow(s->back[i] - s->held[i], 2) / N;
    return sum;
}

/* ---- denoising ----------------------------------------------------------- */

static double normal(uint64_t *state)
{
    const double r = sqrt(-2 * log(1 - uniform(state)));
    return r * cos(6.283185307179586 * uniform(state));
}

/* Held-out digits with noise, told apart by kind: 'g'aussian of deviation 0.3,
 * 'm'asked or 's'alted cells, 40 % of them. */
static void spoil(scene *s, char kind)
{
    uint64_t state = 7;
    for (size_t i = 0; i < N * D; i++) {
        const double u = uniform(&state), v = normal(&state);
        const double wrong = kind == 'm' ? 0 : v > 0;
        s->seen[i] = kind == 'g' ? s->held[i] + 0.3 * v
                     : u < 0.4   ? wrong
                                 : s->held[i];
    }
}

static double denoised(scene *s, const char *options, char kind)
{
    ae_model *const m = fit(s, options);
    spoil(s, kind);
    reconstruct(s, m, s->seen);
    ae_free(m);
    return squares(s->back, s->held);
}

static double error_in_noise(scene *s, const char *options)
{
    return denoised(s, options, 'g');
}

static double error_of_masked(scene *s, const char *options)
{
    return denoised(s, options, 'm');
}

static double error_of_salted(scene *s, const char *options)
{
    return denoised(s, options, 's');
}

/* Of the cells alone that were masked. */
static double error_in_masked_cells(scene *s, const char *options)
{
    double sum = 0;
    (void)denoised(s, options, 'm');
    for (size_t i = 0; i < N * D; i++)
        if (s->seen[i] != s->held[i])
            sum += pow(s->back[i] - s->held[i], 2) / N;
    return sum;
}

/* ---- codes --------------------------------------------------------------- */

static double *codes(const ae_model *m, const double *x, size_t n)
{
    genmod_data *const v = fixture_view(n, D, x);
    const size_t size = n * ae_code_size(m);
    double *const z = fixture_take(size, sizeof *z);
    assert_ok(ae_encode(m, v, GENMOD_F64, size * sizeof *z, z, NULL));
    genmod_data_free(v);
    return z;
}

/* Mean size of a code's numbers. */
static double activation(scene *s, const char *options)
{
    ae_model *const m = fit(s, options);
    double *const z = codes(m, s->held, N), sum = 0;
    const size_t size = N * ae_code_size(m);
    for (size_t i = 0; i < size; i++)
        sum += fabs(z[i]) / (double)size;
    free(z);
    ae_free(m);
    return sum;
}

/* Squared norm of the Jacobian at some held-out digits, by differences. */
static double sensitivity(scene *s, const char *options)
{
    enum { SOME = 20 };
    ae_model *const m = fit(s, options);
    double sum = 0;
    for (size_t k = 0; k < D; k++) {
        double *const from = codes(m, s->held, SOME);
        for (size_t i = 0; i < SOME; i++)
            s->held[i * D + k] += 0.01;
        double *const to = codes(m, s->held, SOME);
        for (size_t i = 0; i < SOME; i++)
            s->held[i * D + k] -= 0.01;
        for (size_t i = 0; i < SOME * ae_code_size(m); i++)
            sum += pow((to[i] - from[i]) / 0.01, 2) / SOME;
        free(from);
        free(to);
    }
    ae_free(m);
    return sum;
}

/* ---- weights and report -------------------------------------------------- */

static double weights(scene *s, const char *options)
{
    ae_model *const m = fit(s, options);
    const double v = fixture_number(m, AE_REPORT_PARAMETERS);
    ae_free(m);
    return v;
}

static double steps(scene *s, const char *options)
{
    ae_model *const m = fit(s, options);
    const double v = fixture_number(m, AE_REPORT_STEPS);
    ae_free(m);
    return v;
}

static double norm_of_weights(scene *s, const char *options)
{
    ae_model *const m = fit(s, options);
    size_t n;
    double *const a = fixture_params(m, "encoder.0.weight", &n), sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * a[i];
    free(a);
    ae_free(m);
    return sqrt(sum);
}

/* How far one update moves the first weights. */
static double stride(scene *s, const char *options)
{
    ae_model *const m = fixture_model(options);
    genmod_data *const v = fixture_view(N, D, s->x);
    double sum = 0;
    size_t n;
    assert_ok(ae_start(m, v, NULL));
    double *const from = fixture_params(m, "encoder.0.weight", &n);
    assert_ok(ae_step(m, v, NULL));
    double *const to = fixture_params(m, "encoder.0.weight", NULL);
    for (size_t i = 0; i < n; i++)
        sum += (to[i] - from[i]) * (to[i] - from[i]);
    free(from);
    free(to);
    genmod_data_free(v);
    ae_free(m);
    return sqrt(sum);
}

/* Of a second fit. */
static double error_of_another_fit(scene *s, const char *options)
{
    ae_model *const m = fit(s, options);
    genmod_data *const v = fixture_view(N, D, s->x);
    assert_ok(ae_fit(m, v, NULL, NULL, NULL, NULL));
    reconstruct(s, m, s->held);
    genmod_data_free(v);
    ae_free(m);
    return squares(s->back, s->held);
}

/* 1, and 1 for an update on rows three times as large, if it is not refused. */
static double loud_steps(scene *s, const char *options)
{
    ae_model *const m = fit(s, options);
    const double before = fixture_number(m, AE_REPORT_STEPS);
    genmod_data *const v = fixture_view(N, D, s->x);
    assert_ok(genmod_data_set_scale(v, 3, 0, NULL));
    const int32_t status = ae_step(m, v, NULL);
    assert_true(status == GENMOD_OK || status == GENMOD_BREAKDOWN);
    genmod_data_free(v);
    const double more = fixture_number(m, AE_REPORT_STEPS) - before;
    ae_free(m);
    return 1 + more;
}

/* ---- the table ----------------------------------------------------------- */

/* measure(to) / measure(from) lies in [least, most]; the models differ in that
 * option alone. */
static const struct effect {
    const char *key, *common, *from, *to;
    measure *of;
    double least, most;
} effects[] = {
    {AE_INPUT, "standardise=0 | epochs=1", "64", "1x8x8", weights, 1.5, 2.5},
    {AE_ENCODER, "standardise=0 | batch_size=25 | learning_rate=0.003",
     "dense 2", "dense 16", error, 0, 0.6},
    {AE_DECODER, BASE, "dense 2; relu; dense 64", "dense 64", error, 0, 0.8},
    {AE_CODE, "standardise=0 | batch_size=25 | learning_rate=0.003", "1", "16",
     error, 0, 0.6},
    {AE_TIED, BASE, "0", "1", weights, 0.5, 0.55},
    {AE_LOSS, LONG, "squared", "l1", error_after_outliers, 0, 0.85},
    {AE_LOSS, LONG " | huber_delta=0.3", "squared", "huber",
     error_after_outliers, 0, 0.85},
    {AE_LOSS, LONG, "squared", "bce", ink_out_of_bounds, 0, 0},
    {AE_HUBER_DELTA, LONG " | loss=huber", "10", "0.2", error_after_outliers, 0,
     0.85},
    {AE_CORRUPTION, LONG " | corruption_level=0.3", "none", "gaussian",
     error_in_noise, 0, 0.95},
    {AE_CORRUPTION, LONG " | corruption_level=0.4", "none", "masking",
     error_of_masked, 0, 0.8},
    {AE_CORRUPTION, LONG " | corruption_level=0.4", "none", "salt-and-pepper",
     error_of_salted, 0, 0.8},
    {AE_CORRUPTION_LEVEL, LONG " | corruption=masking", "0.02", "0.4",
     error_of_masked, 0, 0.9},
    {AE_EMPHASIS,
     "encoder=dense 64; relu | standardise=0 | batch_size=25 | epochs=20 | "
     "learning_rate=0.003 | corruption=masking | corruption_level=0.1",
     "0", "1", error_in_masked_cells, 0, 0.95},
    {AE_SPARSITY, SIGMOID, "0", "1", activation, 0, 0.5},
    {AE_SPARSITY, SIGMOID " | sparsity_kind=l1", "0", "0.5", activation, 0,
     0.5},
    {AE_SPARSITY_KIND, SIGMOID " | sparsity=1 | sparsity_target=0.3", "kl",
     "l1", activation, 0, 0.5},
    {AE_SPARSITY_TARGET, SIGMOID " | sparsity=1", "0.05", "0.3", activation, 2,
     8},
    {AE_CONTRACTION, SIGMOID, "0", "1", sensitivity, 0, 0.5},
    {AE_CONTRACTION_PROBES, SIGMOID " | contraction=1", "0", "1", sensitivity,
     0.8, 1.25},
    {AE_STANDARDISE, "encoder=dense 24; relu; dense 8 | learning_rate=0.003",
     "0", "1", error_of_small_columns, 0, 0.5},
    {AE_BATCH_SIZE, BASE, "100", "20", error, 0, 0.8},
    {AE_EPOCHS, BASE, "2", "20", error, 0, 0.7},
    {AE_WARM_START, BASE, "0", "1", error_of_another_fit, 0, 0.9},
    {AE_VALIDATION, BASE, "0", "0.5", steps, 0.5, 0.5},
    {AE_PATIENCE,
     NET " | batch_size=10 | epochs=60 | learning_rate=0.02 | validation=0.2",
     "0", "2", steps, 0, 0.8},
    {AE_MIN_DELTA,
     NET " | batch_size=25 | epochs=60 | learning_rate=0.003 | "
         "validation=0.2 | patience=2",
     "0", "0.2", steps, 0, 0.8},
    {AE_DIVERGENCE, BASE, "1000", "2", loud_steps, 0.5, 0.5},
    {AE_OPTIMISER, BASE " | momentum=0", "sgd", "adam", error, 0, 0.85},
    {AE_OPTIMISER, BASE " | momentum=0", "sgd", "rmsprop", error, 0, 0.97},
    {AE_OPTIMISER, BASE " | weight_decay=1", "adam", "adamw", norm_of_weights,
     1.5, 3},
    {AE_LEARNING_RATE, BASE, "0.0003", "0.003", error, 0, 0.8},
    {AE_MOMENTUM, PLAIN_SGD " | learning_rate=0.0003", "0", "0.9", error, 0,
     0.8},
    {AE_NESTEROV, PLAIN_SGD " | momentum=0.95", "0", "1", error, 0, 0.99},
    {AE_BETA1, BASE " | epochs=2", "0.9", "0.999", error, 1.05, 10},
    {AE_BETA2, BASE, "0.999", "0.3", error, 1.02, 10},
    {AE_EPSILON, BASE, "1e-8", "1", error, 1.1, 10},
    {AE_WEIGHT_DECAY, BASE " | optimiser=adamw", "0", "2", norm_of_weights, 0,
     0.9},
    {AE_CLIP_NORM, PLAIN_SGD, "0", "1", stride, 0, 0.5},
    {AE_AVERAGE, FAST, "0", "0.97", error, 0, 0.95},
    {AE_SCHEDULE, FAST " | schedule_steps=600", "constant", "cosine", error, 0,
     0.9},
    {AE_SCHEDULE, FAST " | schedule_steps=400", "constant", "step", error, 0,
     0.95},
    {AE_SCHEDULE_STEPS, BASE " | schedule=step", "1000", "10", error, 1.1, 10},
    {AE_SCHEDULE_FACTOR, BASE " | schedule=step | schedule_steps=20", "1", "0",
     error, 1.1, 10},
    {AE_WARMUP_STEPS, BASE, "0", "300", error, 1.1, 10},
};

static const struct {
    const char *key, *why;
} others[] = {
    {AE_SEED, "other bits, of no direction: test_bits.c"},
    {AE_TARGET, "test_supervised.c, calls_of_another_target_say_so"},
    {AE_CLASSES, "test_adopt.c, structure_options_have_an_effect"},
    {AE_VALUES, "test_supervised.c, values_follow_images"},
    {AE_HEAD, "test_adopt.c, structure_options_have_an_effect"},
    {AE_FREEZE, "test_adopt.c, a_frozen_encoder_stays_as_it_is"},
    {AE_PRETRAIN_EPOCHS, "test_pretrain.c, pretraining_options_have_an_effect"},
    {AE_PRETRAIN_LEARNING_RATE,
     "test_pretrain.c, pretraining_options_have_an_effect"},
};

#define EFFECTS (sizeof effects / sizeof *effects)

static void every_option_has_an_effect_that_is_tested(void **state)
{
    (void)state;
    genmod_config *const c = fixture_config(NULL);
    const char *key;
    for (size_t i = 0; (key = genmod_config_key(c, i)); i++) {
        int tested = 0;
        for (size_t k = 0; k < EFFECTS; k++)
            tested |= strcmp(effects[k].key, key) == 0;
        for (size_t k = 0; k < sizeof others / sizeof *others; k++)
            tested |= strcmp(others[k].key, key) == 0 && *others[k].why;
        if (!tested)
            fail_msg("option \"%s\" has no entry", key);
    }
    genmod_config_free(c);
}

static double measure_of(scene *s, const struct effect *e, const char *value)
{
    char text[600];
    assert_in_range(
        snprintf(text, sizeof text, "%s | %s=%s", e->common, e->key, value), 1,
        sizeof text - 1);
    return e->of(s, text);
}

static void each_option_moves_what_it_is_for(void **state)
{
    (void)state;
    scene *const s = fixture_take(1, sizeof *s);
    double *const digits = fixture_read("digits.csv", 2 * N, D);
    int wrong = 0;
    for (size_t i = 0; i < N * D; i++) {
        s->x[i] = digits[i] / 16;
        s->held[i] = digits[N * D + i] / 16;
    }
    for (size_t k = 0; k < EFFECTS; k++) {
        const struct effect *const e = &effects[k];
        const double from = measure_of(s, e, e->from);
        const double to = measure_of(s, e, e->to);
        const int holds = to / from >= e->least && to / from <= e->most;
        print_message("  %-18s %s to %s: %.4g to %.4g, times %.3f%s\n", e->key,
                      e->from, e->to, from, to, to / from,
                      holds ? "" : ": WRONG");
        wrong += !holds;
    }
    free(digits);
    free(s);
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_has_an_effect_that_is_tested),
        cmocka_unit_test(each_option_moves_what_it_is_for),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
