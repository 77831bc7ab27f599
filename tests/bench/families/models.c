/* How each family is set up: networks of one size for those that have any. */
#include <stdio.h>
#include <stdlib.h>

#include "adversarial.h"
#include "families.h"
#include "variational.h"

/* One encoder, of which autoencoders have the mirror image for a decoder, the
 * game the same as its discriminator, and the mirror image as its generator. */
#define ENCODER                                                             \
    "conv 32 k4 s2 p1; lrelu 0.2; conv 64 k4 s2 p1; lrelu 0.2; dense 128; " \
    "lrelu 0.2"
#define MIRROR                                                      \
    "dense 128; lrelu 0.2; dense 3136; reshape 64x7x7; lrelu 0.2; " \
    "deconv 32 k4 s2 p1; lrelu 0.2; deconv 1 k4 s2 p1"

/* Sizes that take some minutes each on one core. */
#define FACTOR_K "10"
#define FACTOR_Q "16"
#define FACTOR_I 6
#define DIAGONAL_K "100"
#define DIAGONAL_I 12
#define PASSES 5
#define UPDATES 3128 /* four passes */

#define BYTES (DRAWN * D * sizeof(float))
#define STREAM 1000 /* of what is drawn; the fits' seeds are below it */

/* A number of an option as text, less of it with less effort. */
static const char *number(const struct job *j, double whole, char out[24])
{
    const double n = whole * j->effort;
    snprintf(out, 24, "%.0f", n < 1 ? 1 : n);
    return out;
}

static uint64_t stream(const struct job *j)
{
    return STREAM + (uint64_t)atol(j->seed);
}

/* The last training digits, which the classifier has not seen either. */
void run_real(struct job *j)
{
    const size_t first = j->g.n - DRAWN;
    for (size_t i = 0; i < DRAWN * D; i++)
        j->x[i] = j->g.p.x[first * D + i] / 255.0f;
    report(j, "real", 0, 0);
}

static gmm_model *fit_gmm(const genmod_data *x, const struct job *j,
                          options more)
{
    genmod_config *c = NULL;
    gmm_model *m = NULL;
    need(gmm_config_new(&c, j->g.w), j->g.w);
    need(genmod_config_set_str(c, GMM_SEED, j->seed, j->g.w), j->g.w);
    for (size_t i = 0; more[i][0]; i++)
        need(genmod_config_set_str(c, more[i][0], more[i][1], j->g.w), j->g.w);
    need(gmm_new(c, &m, j->g.w), j->g.w);
    need(gmm_fit(m, x, NULL, NULL, j->g.w), j->g.w);
    genmod_config_free(c);
    return m;
}

static void run_pixels(struct job *j, const char *name, options o)
{
    const double begun = seconds();
    gmm_model *m = fit_gmm(j->g.train, j, o);
    const double fitted = seconds();
    need(gmm_sample(m, stream(j), 0, DRAWN, GENMOD_F32, BYTES, j->x, NULL,
                    j->g.w),
         j->g.w);
    report(j, name, fitted - begun, seconds() - fitted);
    gmm_free(m);
}

void run_factors(struct job *j)
{
    char iterations[24];
    options o = {{GMM_COMPONENTS, FACTOR_K},
                 {GMM_COVARIANCE, "factor"},
                 {GMM_RANK, FACTOR_Q},
                 {GMM_MAX_ITERATIONS, number(j, FACTOR_I, iterations)},
                 {NULL, NULL}};
    run_pixels(j, "factors", o);
}

void run_diagonal(struct job *j)
{
    char iterations[24];
    options o = {{GMM_COMPONENTS, DIAGONAL_K},
                 {GMM_COVARIANCE, "diagonal"},
                 {GMM_MAX_ITERATIONS, number(j, DIAGONAL_I, iterations)},
                 {NULL, NULL}};
    run_pixels(j, "diagonal", o);
}

static ae_model *fit_ae(const struct job *j)
{
    char passes[24], steps[24];
    options o = {{AE_INPUT, "1x28x28"},
                 {AE_ENCODER, ENCODER "; dense 16"},
                 {AE_LOSS, "bce"},
                 {AE_SEED, j->seed},
                 {AE_BATCH_SIZE, "64"},
                 {AE_LEARNING_RATE, "0.001"},
                 {AE_EPOCHS, number(j, PASSES, passes)},
                 {AE_SCHEDULE, "cosine"},
                 {AE_SCHEDULE_STEPS, number(j, PASSES * 781, steps)},
                 {NULL, NULL}};
    ae_model *m = new_autoencoder(o, j->g.w);
    need(ae_fit(m, j->g.train, NULL, NULL, NULL, j->g.w), j->g.w);
    return m;
}

/* A mixture of the training digits' codes, drawn from through the decoder. */
void run_codes(struct job *j)
{
    const double begun = seconds();
    ae_model *m = fit_ae(j);
    const size_t z = ae_code_size(m), n = j->g.n;
    float *codes = memory(n * z, sizeof *codes);
    genmod_data *rows = NULL;
    char iterations[24];
    options o = {{GMM_COMPONENTS, "100"},
                 {GMM_MAX_ITERATIONS, number(j, 50, iterations)},
                 {NULL, NULL}};
    need(ae_encode(m, j->g.train, GENMOD_F32, n * z * sizeof *codes, codes,
                   j->g.w),
         j->g.w);
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_F32, n, z, codes, 0, 0, NULL), NULL);
    gmm_model *mixture = fit_gmm(rows, j, o);
    const double fitted = seconds();
    need(gmm_sample(mixture, stream(j), 0, DRAWN, GENMOD_F32,
                    DRAWN * z * sizeof *codes, codes, NULL, j->g.w),
         j->g.w);
    need(genmod_data_set_rows(rows, GENMOD_F32, DRAWN, z, codes, 0, 0, NULL),
         NULL);
    need(ae_decode(m, rows, GENMOD_F32, BYTES, j->x, j->g.w), j->g.w);
    report(j, "codes", fitted - begun, seconds() - fitted);
    gmm_free(mixture);
    genmod_data_free(rows);
    free(codes);
    ae_free(m);
}

static void draw_vae(struct job *j, const vae_model *m, int32_t what,
                     const char *name, double fit)
{
    const double begun = seconds();
    need(vae_sample(m, stream(j), 0, DRAWN, what, NULL, GENMOD_F32, BYTES, j->x,
                    j->g.w),
         j->g.w);
    report(j, name, fit, seconds() - begun);
}

void run_vae(struct job *j)
{
    char passes[24], steps[24];
    options o = {{VAE_INPUT, "1x28x28"},
                 {VAE_ENCODER, ENCODER},
                 {VAE_CODE, "16"},
                 {VAE_LIKELIHOOD, "bernoulli"},
                 {VAE_SEED, j->seed},
                 {VAE_BATCH_SIZE, "64"},
                 {VAE_LEARNING_RATE, "0.001"},
                 {VAE_KL_WARMUP, "2"},
                 {VAE_EPOCHS, number(j, PASSES, passes)},
                 {VAE_SCHEDULE, "cosine"},
                 {VAE_SCHEDULE_STEPS, number(j, PASSES * 781, steps)},
                 {NULL, NULL}};
    const double begun = seconds();
    vae_model *m = new_vae(o, j->g.w);
    need(vae_fit(m, j->g.train, NULL, NULL, NULL, j->g.w), j->g.w);
    const double fit = seconds() - begun;
    draw_vae(j, m, GENMOD_MEAN, "vae-means", fit);
    draw_vae(j, m, GENMOD_DRAW, "vae-draws", fit);
    vae_free(m);
}

void run_gan(struct job *j)
{
    char updates[24];
    options o = {{GAN_INPUT, "1x28x28"},
                 {GAN_GENERATOR, MIRROR},
                 {GAN_DISCRIMINATOR, ENCODER},
                 {GAN_SEED, j->seed},
                 {GAN_BATCH_SIZE, "64"},
                 {GAN_LEARNING_RATE, "0.001"},
                 {GAN_UPDATES, number(j, UPDATES, updates)},
                 {NULL, NULL}};
    const double begun = seconds();
    gan_model *m = new_gan(o);
    need(gan_fit(m, j->g.train, NULL, NULL, NULL, j->g.w), j->g.w);
    const double fitted = seconds();
    need(gan_sample(m, stream(j), 0, DRAWN, NULL, GENMOD_F32, BYTES, j->x,
                    j->g.w),
         j->g.w);
    report(j, "gan", fitted - begun, seconds() - fitted);
    gan_free(m);
}
