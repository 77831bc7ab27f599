/* What the options are for: recipes on small pictures. */
#include <math.h>

#include "autoencoder.h"
#include "mixture.h"

#define N 256
#define SIDE 8
#define D (SIDE * SIDE)

/* Bars of brightness 0 to 1 at some angle. */
static void make_pictures(double x[N][D])
{
    for (int i = 0; i < N; i++)
        for (int j = 0; j < D; j++) {
            const double a = i % 16 * 0.2, s = j % SIDE - 3.5, t = j / 8 - 3.5;
            x[i][j] = exp(-pow(s * cos(a) + t * sin(a) - i % 3 + 1, 2));
        }
}

static double report(const ae_model *m, const char *key)
{
    double v = 0;
    need(genmod_report_get(ae_report(m), key, &v), NULL);
    return v;
}

/* A denoising convolutional autoencoder: half of the cells are masked, and
 * count more than twice as much as those that can be seen; the code is an image
 * of its own. */
static void denoise(double x[N][D])
{
    options o = {
        {AE_INPUT, "1x8x8"},
        {AE_ENCODER, "conv 8 k3 s2 p1; batchnorm; relu; conv 4 k3 s2 p1"},
        {AE_STANDARDISE, "0"},
        {AE_LOSS, "bce"},
        {AE_CORRUPTION, "masking"},
        {AE_CORRUPTION_LEVEL, "0.5"},
        {AE_EMPHASIS, "0.6"},
        {AE_EPOCHS, "30"},
        {AE_BATCH_SIZE, "32"},
        {AE_SEED, "11"},
        {AE_OPTIMISER, "adamw"},
        {AE_WEIGHT_DECAY, "0.01"},
        {AE_BETA1, "0.8"},
        {AE_BETA2, "0.99"},
        {AE_EPSILON, "1e-7"},
        {AE_AVERAGE, "0.9"},
        {NULL, NULL}};
    ae_model *m = fit_autoencoder(o, N, D, x[0], NULL);
    expect(ae_code_size(m) == 4 * 2 * 2, "4 channels of 2 x 2");
    ae_free(m);
}

/* A network with tied weights and a loss that outliers do not rule. */
static void tie(double x[N][D])
{
    options o = {{AE_ENCODER, "dense 24; elu; dense 8"},
                 {AE_DECODER, "dense 24; elu; dense 64"},
                 {AE_TIED, "1"},
                 {AE_LOSS, "huber"},
                 {AE_HUBER_DELTA, "0.5"},
                 {AE_OPTIMISER, "sgd"},
                 {AE_MOMENTUM, "0.9"},
                 {AE_NESTEROV, "1"},
                 {AE_LEARNING_RATE, "0.02"},
                 {AE_CLIP_NORM, "5"},
                 {AE_SCHEDULE, "cosine"},
                 {AE_SCHEDULE_STEPS, "240"},
                 {AE_SCHEDULE_FACTOR, "0.01"},
                 {AE_WARMUP_STEPS, "16"},
                 {AE_EPOCHS, "30"},
                 {AE_BATCH_SIZE, "32"},
                 {NULL, NULL}};
    ae_model *m = fit_autoencoder(o, N, D, x[0], NULL);
    size_t own = 0;
    for (size_t i = 0; ae_params_key(m, i); i++)
        own++;
    expect(own == 6, "two weights, four biases");
    expect(report(m, AE_REPORT_EPOCH_LOSS) < 20,
           "half of what no code at all would cost");
    ae_free(m);
}

/* More units than columns, of which few are on at a time: the mean activation
 * of each is drawn to a twentieth. */
static void thin_out(double x[N][D])
{
    options o = {{AE_ENCODER, "dense 100; sigmoid"},
                 {AE_STANDARDISE, "0"},
                 {AE_SPARSITY, "0.5"},
                 {AE_SPARSITY_KIND, "kl"},
                 {AE_SPARSITY_TARGET, "0.05"},
                 {AE_LEARNING_RATE, "0.01"},
                 {AE_EPOCHS, "60"},
                 {AE_BATCH_SIZE, "64"},
                 {NULL, NULL}};
    ae_model *m = fit_autoencoder(o, N, D, x[0], NULL);
    static double z[N * 100];
    double mean = 0;
    encode(m, N, D, x[0], z);
    for (int i = 0; i < N * 100; i++)
        mean += z[i] / (N * 100);
    expect(mean < 0.1, "few units are on");
    expect(report(m, AE_REPORT_PENALTY) < report(m, AE_REPORT_EPOCH_LOSS),
           "a part of the loss");
    ae_free(m);
}

/* Codes that small changes of a row hardly move. One random direction a row
 * stands for the code's 12 numbers. */
static void contract(double x[N][D])
{
    options o = {{AE_ENCODER, "dense 32; sigmoid; dense 12; sigmoid"},
                 {AE_STANDARDISE, "0"},
                 {AE_CONTRACTION, "0.1"},
                 {AE_CONTRACTION_PROBES, "1"},
                 {AE_LEARNING_RATE, "0.01"},
                 {AE_EPOCHS, "30"},
                 {AE_BATCH_SIZE, "32"},
                 {NULL, NULL}};
    ae_model *m = fit_autoencoder(o, N, D, x[0], NULL);
    const double own = report(m, AE_REPORT_RECONSTRUCTION);
    const double penalty = report(m, AE_REPORT_PENALTY);
    const double whole = report(m, AE_REPORT_EPOCH_LOSS);
    expect(fabs(own + penalty - whole) < 1e-5 * whole, "the two parts");
    ae_free(m);
}

/* Early stopping on a share of the rows, and a guard against divergence. */
static void stop(double x[N][D])
{
    options o = {{AE_CODE, "6"},
                 {AE_LOSS, "l1"},
                 {AE_OPTIMISER, "rmsprop"},
                 {AE_MOMENTUM, "0"},
                 {AE_VALIDATION, "0.2"},
                 {AE_PATIENCE, "3"},
                 {AE_MIN_DELTA, "0.001"},
                 {AE_DIVERGENCE, "100"},
                 {AE_EPOCHS, "2000"},
                 {AE_BATCH_SIZE, "64"},
                 {NULL, NULL}};
    ae_model *m = fit_autoencoder(o, N, D, x[0], NULL);
    double early = 0;
    need(genmod_report_get(ae_report(m), AE_REPORT_STOPPED_EARLY, &early),
         NULL);
    expect(early == 1, "long before 2,000 passes");
    ae_free(m);
}

int main(void)
{
    static double x[N][D];
    make_pictures(x);
    denoise(x);
    tie(x);
    thin_out(x);
    contract(x);
    stop(x);
    return 0;
}
