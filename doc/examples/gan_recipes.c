/* What the options are for: presets, losses and penalties, ways to tell of
 * labels, and all that a report says of the game. */
#include <math.h>

#include "example.h"

#define N 192
#define SIDE 8
#define D (SIDE * SIDE)

typedef const char *options[][2];

static double x[N][D];
static int32_t label[N];

/* Bars of brightness 0 to 1, upright or lying. */
static void make_pictures(void)
{
    for (int i = 0; i < N; i++) {
        label[i] = i % 2;
        for (int j = 0; j < D; j++) {
            const double s = j % SIDE - 3.5, t = j / 8 - 3.5;
            const double off = (label[i] ? s : t) - i % 5 + 2;
            x[i][j] = exp(-off * off);
        }
    }
}

static gan_model *play(options o)
{
    genmod_config *c = NULL;
    genmod_data *rows = NULL;
    gan_model *m = NULL;
    need(gan_config_new(&c, NULL), NULL);
    for (int i = 0; o[i][0]; i++)
        need(genmod_config_set_str(c, o[i][0], o[i][1], NULL), NULL);
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_F64, N, D, x, 0, 0, NULL), NULL);
    need(genmod_data_set_labels(rows, N, label, NULL), NULL);
    need(gan_new(c, &m, NULL), NULL);
    need(gan_fit(m, rows, NULL, NULL, NULL, NULL), NULL);
    genmod_config_free(c);
    genmod_data_free(rows);
    return m;
}

static double number(const gan_model *m, const char *key)
{
    double v = 0;
    need(genmod_report_get(gan_report(m), key, &v), NULL);
    return v;
}

static size_t length(const gan_model *m, const char *key)
{
    size_t n = 0;
    const int32_t status =
        genmod_report_series(gan_report(m), key, 0, NULL, &n);
    expect(status == GENMOD_OK || status == GENMOD_TOO_SMALL, key);
    return n;
}

static const char *const numbers[] = {GAN_REPORT_LOSS,
                                      GAN_REPORT_EPOCH_LOSS,
                                      GAN_REPORT_D_LOSS,
                                      GAN_REPORT_D_EQUILIBRIUM,
                                      GAN_REPORT_G_LOSS,
                                      GAN_REPORT_G_EQUILIBRIUM,
                                      GAN_REPORT_PENALTY,
                                      GAN_REPORT_PENALTY_WEIGHT,
                                      GAN_REPORT_D_REAL,
                                      GAN_REPORT_D_FAKE,
                                      GAN_REPORT_D_PAIRED,
                                      GAN_REPORT_ACCURACY_REAL,
                                      GAN_REPORT_ACCURACY_FAKE,
                                      GAN_REPORT_GRADIENT_NORM,
                                      GAN_REPORT_G_GRADIENT_NORM,
                                      GAN_REPORT_SQUARES_REAL,
                                      GAN_REPORT_SQUARES_FAKE,
                                      GAN_REPORT_SPREAD_RATIO,
                                      GAN_REPORT_STEPS,
                                      GAN_REPORT_EPOCHS,
                                      GAN_REPORT_G_UPDATES,
                                      GAN_REPORT_LEARNING_RATE,
                                      GAN_REPORT_PARAMETERS,
                                      GAN_REPORT_VALIDATION_LOSS,
                                      GAN_REPORT_D_UPDATE_RATIO,
                                      GAN_REPORT_G_UPDATE_RATIO,
                                      GAN_REPORT_UPDATE_RATIO_AGE,
                                      GAN_REPORT_CALIBRATION_AGE,
                                      GAN_REPORT_LOGITS_AGE,
                                      GAN_REPORT_JS_BOUND,
                                      GAN_REPORT_JS_BOUND_AGE,
                                      GAN_REPORT_OTHER_KERNELS,
                                      GAN_REPORT_STOPPED_EARLY};

/* The default game on pictures, a fifth of them held out, and what it reports:
 * each loss beside its value at the equilibrium. */
static void read_the_report(void)
{
    options o = {{GAN_INPUT, "1x8x8"},      {GAN_UPDATES, "90"},
                 {GAN_BATCH_SIZE, "32"},    {GAN_VALIDATION, "0.2"},
                 {GAN_PENALTY_WEIGHT, "2"}, {GAN_PENALTY_END, "0.1"},
                 {GAN_SEED, "3"},           {GAN_WARM_START, "0"},
                 {GAN_DIVERGENCE, "1e6"},   {NULL, NULL}};
    static const char *const flags[] = {
        GAN_REPORT_SATURATED, GAN_REPORT_DEAD, GAN_REPORT_COLLAPSING,
        GAN_REPORT_ORBITING, GAN_REPORT_OVER_FITTING};
    static const char *const histories[] = {
        GAN_REPORT_LOSS_HISTORY, GAN_REPORT_D_LOSS_HISTORY,
        GAN_REPORT_G_LOSS_HISTORY, GAN_REPORT_D_REAL_HISTORY,
        GAN_REPORT_D_FAKE_HISTORY};
    gan_model *const m = play(o);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        expect(isfinite(number(m, numbers[i])), numbers[i]);
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++)
        expect(number(m, flags[i]) == 0, flags[i]);
    for (size_t i = 0; i < sizeof histories / sizeof *histories; i++)
        expect(length(m, histories[i]) == 18, histories[i]);
    expect(length(m, GAN_REPORT_VALIDATION_HISTORY) <= 18, "looks");
    expect(length(m, GAN_REPORT_JS_BOUND_HISTORY) > 0, "a bound of each look");
    /* no held-out loss is the best: it chooses nothing */
    expect(isnan(number(m, GAN_REPORT_BEST_LOSS)), "no best loss");
    expect(isnan(number(m, GAN_REPORT_BEST_EPOCH)), "no best pass");
    gan_free(m);
}

/* Presets name published recipes; single options may be set beside them. */
static void take_presets(void)
{
    options dcgan = {{GAN_PRESET, "dcgan"}, {GAN_INPUT, "1x8x8"},
                     {GAN_EPOCHS, "3"},     {GAN_BATCH_SIZE, "32"},
                     {GAN_CLIP_NORM, "5"},  {GAN_WARMUP_STEPS, "4"},
                     {GAN_EPSILON, "1e-7"}, {NULL, NULL}};
    options wgan = {{GAN_PRESET, "wgan-gp"},
                    {GAN_INPUT, "1x8x8"},
                    {GAN_EPOCHS, "4"},
                    {GAN_BATCH_SIZE, "32"},
                    {GAN_D_UPDATES, "3"},
                    {GAN_SCHEDULE, "constant"},
                    {NULL, NULL}};
    options hinge = {{GAN_PRESET, "sn-hinge"},
                     {GAN_INPUT, "1x8x8"},
                     {GAN_EPOCHS, "3"},
                     {GAN_BATCH_SIZE, "32"},
                     {GAN_SCHEDULE, "step"},
                     {GAN_SCHEDULE_STEPS, "9"},
                     {GAN_SCHEDULE_FACTOR, "0.5"},
                     {NULL, NULL}};
    options lecture = {{GAN_PRESET, "lecture"},
                       {GAN_EPOCHS, "3"},
                       {GAN_BATCH_SIZE, "32"},
                       {GAN_BETA1, "0.4"},
                       {GAN_BETA2, "0.98"},
                       {GAN_BETA2_END, "0.99"},
                       {NULL, NULL}};
    gan_model *const m[] = {play(dcgan), play(wgan), play(hinge),
                            play(lecture)};
    expect(isnan(number(m[1], GAN_REPORT_G_EQUILIBRIUM)), "any number");
    for (int i = 0; i < 4; i++) {
        expect(isfinite(number(m[i], GAN_REPORT_D_LOSS)), "a loss");
        gan_free(m[i]);
    }
}

/* A Wasserstein game with clipped weights, as it was first played, and plain
 * steps of both from one state. */
static void clip_weights(void)
{
    options o = {{GAN_GENERATOR, "dense 16; relu"},
                 {GAN_DISCRIMINATOR, "dense 16; relu"},
                 {GAN_STANDARDISE, "0"},
                 {GAN_CODES, "4"},
                 {GAN_LOSS, "wasserstein"},
                 {GAN_PENALTY, "none"},
                 {GAN_CLIP_WEIGHTS, "0.05"},
                 {GAN_ORDER, "simultaneous"},
                 {GAN_OPTIMISER, "sgd"},
                 {GAN_LEARNING_RATE, "0.001"},
                 {GAN_D_LEARNING_RATE, "0.002"},
                 {GAN_MOMENTUM, "0.3"},
                 {GAN_NESTEROV, "1"},
                 {GAN_WEIGHT_DECAY, "1e-4"},
                 {GAN_AVERAGE, "0.9"},
                 {GAN_EPOCHS, "2"},
                 {GAN_BATCH_SIZE, "32"},
                 {NULL, NULL}};
    double w[D * 16];
    gan_model *const m = play(o);
    need(gan_get_params(m, "discriminator.0.weight", D * 16, w, NULL, NULL),
         NULL);
    for (int i = 0; i < D * 16; i++)
        expect(fabs(w[i]) <= 0.0500001, "a small weight");
    gan_free(m);
}

/* D is told of labels by a projection, sees the deviation in groups of four;
 * or G is told by its batch norms; or D tells labels itself; or sees rows in
 * pairs. */
static void tell_labels(void)
{
    options projection = {
        {GAN_CLASSES, "2"},     {GAN_CONDITIONING, "projection"},
        {GAN_DEVIATION, "4"},   {GAN_EPOCHS, "2"},
        {GAN_BATCH_SIZE, "32"}, {NULL, NULL}};
    options norms = {{GAN_PRESET, "sn-hinge"},
                     {GAN_CLASSES, "2"},
                     {GAN_CONDITIONING, "projection"},
                     {GAN_GENERATOR_CONDITIONING, "batchnorm"},
                     {GAN_EPOCHS, "2"},
                     {GAN_BATCH_SIZE, "32"},
                     {NULL, NULL}};
    options classifier = {{GAN_CLASSES, "2"},
                          {GAN_CONDITIONING, "classifier"},
                          {GAN_CLASSIFIER_WEIGHT, "0.5"},
                          {GAN_EPOCHS, "2"},
                          {GAN_BATCH_SIZE, "32"},
                          {NULL, NULL}};
    options packs = {{GAN_CLASSES, "2"},
                     {GAN_PACKING, "2"},
                     {GAN_EPOCHS, "2"},
                     {GAN_BATCH_SIZE, "32"},
                     {NULL, NULL}};
    static const int32_t one[3] = {1, 1, 1};
    gan_model *const m[] = {play(projection), play(norms), play(classifier),
                            play(packs)};
    for (int i = 0; i < 4; i++) {
        double rows[3][D];
        need(
            gan_sample(m[i], 1, 0, 3, one, GENMOD_F64, sizeof rows, rows, NULL),
            NULL);
        gan_free(m[i]);
    }
}

/* Few pictures, that D sees moved and cut, more of them as training goes on. */
static void augment(void)
{
    options o = {{GAN_INPUT, "1x8x8"},
                 {GAN_AUGMENTATION, "translation cutout"},
                 {GAN_AUGMENTATION_SHARE, "0"},
                 {GAN_AUGMENTATION_END, "0.3"},
                 {GAN_EPOCHS, "3"},
                 {GAN_BATCH_SIZE, "32"},
                 {NULL, NULL}};
    gan_model *const m = play(o);
    expect(number(m, GAN_REPORT_AUGMENTATION_SHARE) > 0.29, "three in ten");
    gan_free(m);
}

int main(void)
{
    make_pictures();
    read_the_report();
    take_presets();
    clip_weights();
    tell_labels();
    augment();
    return 0;
}
