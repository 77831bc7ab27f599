#include "adversarial.h"

#include <math.h>
#include <stdio.h>

#include "mixture.h"

gan_model *new_gan(options o)
{
    genmod_config *c = NULL;
    gan_model *m = NULL;
    need(gan_config_new(&c, NULL), NULL);
    for (size_t i = 0; o[i][0]; i++)
        need(genmod_config_set_str(c, o[i][0], o[i][1], NULL), NULL);
    need(gan_new(c, &m, NULL), NULL);
    genmod_config_free(c);
    return m;
}

double gan_number(const gan_model *m, const char *key)
{
    double v = 0;
    need(genmod_report_get(gan_report(m), key, &v), NULL);
    return v;
}

double *gan_series(const gan_model *m, const char *key, size_t *n)
{
    const int32_t status = genmod_report_series(gan_report(m), key, 0, NULL, n);
    expect(status == GENMOD_TOO_SMALL && *n > 0, "a history");
    double *v = memory(*n, sizeof *v);
    need(genmod_report_series(gan_report(m), key, *n, v, n), NULL);
    return v;
}

void sample_gan(const gan_model *m, uint64_t seed, size_t n, double *out)
{
    need(gan_sample(m, seed, 0, n, NULL, GENMOD_F64,
                    n * gan_dimension(m) * sizeof *out, out, NULL),
         NULL);
}

static void centre(size_t mode, double at[2])
{
    const double angle = 6.283185307179586 * (double)mode / RING_MODES;
    at[0] = RING_RADIUS * cos(angle);
    at[1] = RING_RADIUS * sin(angle);
}

void ring_rows(uint64_t seed, size_t n, double *out)
{
    normals(seed, 2 * n, out);
    for (size_t i = 0; i < n; i++) {
        double at[2];
        centre(i * 3 % RING_MODES, at);
        for (size_t j = 0; j < 2; j++)
            out[2 * i + j] = at[j] + RING_SIGMA * out[2 * i + j];
    }
}

gan_model *new_ring(const char *preset)
{
    char updates[16];
    snprintf(updates, sizeof updates, "%d", RING_UPDATES);
    options o = {
        {GAN_PRESET, preset},
        {GAN_GENERATOR, "dense 64; lrelu 0.2; dense 64; lrelu 0.2; "
                        "dense 64; lrelu 0.2"},
        {GAN_DISCRIMINATOR, "dense 64; lrelu 0.2; dense 64; lrelu 0.2"},
        {GAN_CODES, "2"},
        {GAN_BATCH_SIZE, "64"},
        {GAN_UPDATES, updates},
        {GAN_SCHEDULE_STEPS, updates},
        {GAN_LEARNING_RATE, "0.005"},
        {GAN_VALIDATION, "0.2"},
        {NULL, NULL}};
    return new_gan(o);
}

gan_model *fit_ring(const char *preset, size_t n, const double *x)
{
    gan_model *m = new_ring(preset);
    genmod_data *rows = view_rows(n, 2, x);
    need(gan_fit(m, rows, NULL, NULL, NULL, NULL), NULL);
    genmod_data_free(rows);
    return m;
}

size_t ring_modes(size_t n, const double *x, double *share)
{
    size_t near_to[RING_MODES] = {0}, found = 0, all = 0;
    for (size_t i = 0; i < n; i++) {
        for (size_t mode = 0; mode < RING_MODES; mode++) {
            double at[2];
            centre(mode, at);
            near_to[mode] +=
                hypot(x[2 * i] - at[0], x[2 * i + 1] - at[1]) <= 3 * RING_SIGMA;
        }
    }
    for (size_t mode = 0; mode < RING_MODES; mode++) {
        found += 4 * RING_MODES * near_to[mode] >= n;
        all += near_to[mode];
    }
    *share = (double)all / (double)n;
    return found;
}

/* D's steps come first: G's one step is the last of gan_step(). */
double generator_gradient(const char *loss, int d_updates, size_t n, size_t d,
                          const double *x, double *fake)
{
    char updates[16];
    snprintf(updates, sizeof updates, "%d", d_updates);
    options o = {{GAN_PRESET, "lecture"},
                 {GAN_LOSS, loss},
                 {GAN_GENERATOR, "dense 64; relu"},
                 {GAN_DISCRIMINATOR, "dense 64; relu"},
                 {GAN_CODES, "8"},
                 {GAN_BATCH_SIZE, "64"},
                 {GAN_D_UPDATES, updates},
                 {GAN_D_LEARNING_RATE, "0.003"},
                 {GAN_SEED, "1"},
                 {NULL, NULL}};
    gan_model *m = new_gan(o);
    genmod_data *rows = view_rows(n, d, x);
    need(gan_start(m, rows, NULL), NULL);
    for (int i = 0; i < d_updates; i++)
        need(gan_step(m, rows, NULL), NULL);
    expect(gan_number(m, GAN_REPORT_G_UPDATES) == 1, "one update of G");
    const double norm = gan_number(m, GAN_REPORT_G_GRADIENT_NORM);
    if (fake)
        *fake = gan_number(m, GAN_REPORT_D_FAKE);
    genmod_data_free(rows);
    gan_free(m);
    return norm;
}
