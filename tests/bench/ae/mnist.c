/* What autoencoders do on MNIST's digits: 50,000 to train, the last 10,000 to
 * judge by.
 *
 *     mnist folder-with-idx-files [threads]
 *
 * Prints a line a measurement and ends with 1 if a bar is missed: a linear
 * autoencoder from a random start within 0.5 % of principal components; the
 * error falls with the width of the code; denoising beats the noisy pictures, a
 * median filter and principal components. Without a folder, in GENMOD_MNIST or
 * as an argument, it says so and ends with 77.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digits.h"
#include "noise.h"

#define MOST 128 /* components */

/* Squared error a picture of the training rows, by the library's own score. */
static double train_error(const ae_model *m, struct digits *g)
{
    double *score = memory(g->n, sizeof *score), sum = 0;
    need(ae_anomaly(m, g->rows, g->n * sizeof *score, score, g->w), g->w);
    for (size_t i = 0; i < g->n; i++)
        sum += score[i];
    free(score);
    return sum / (double)g->n;
}

static void clean_by_pca(const struct digits *g, size_t count, const double *x,
                         double *out)
{
    double z[MOST];
    for (size_t i = 0; i < HELD; i++) {
        pca_project(&g->pca, x + i * D, z);
        pca_back(&g->pca, count, z, out + i * D);
    }
}

static int linear(struct digits *g)
{
    options o = {{AE_ENCODER, "dense 30"},  {AE_DECODER, "dense 784"},
                 {AE_STANDARDISE, "0"},     {AE_EPOCHS, "30"},
                 {AE_BATCH_SIZE, "256"},    {AE_LEARNING_RATE, "0.003"},
                 {AE_SCHEDULE, "cosine"},   {AE_SCHEDULE_STEPS, "5880"},
                 {AE_SCHEDULE_FACTOR, "0"}, {NULL, NULL}};
    ae_model *m = fit_digits(o, g);
    const double ours = train_error(m, g), least = pca_residual(&g->pca, 30);
    const double held = held_error(m, g);
    clean_by_pca(g, 30, g->held, g->out);
    const double pca = D * mean_square(HELD * D, g->held, g->out);
    printf("linear, 30 codes: %.4f, PCA %.4f: %+.3f %%; held out %.4f, PCA "
           "%.4f: %+.3f %%\n",
           ours, least, 100 * (ours / least - 1), held, pca,
           100 * (held / pca - 1));
    ae_free(m);
    return ours <= 1.005 * least && held <= 1.005 * pca;
}

static int widths(struct digits *g)
{
    double before = INFINITY;
    int falls = 1;
    for (size_t z = 1; z <= 64; z *= 2) {
        char encoder[64];
        snprintf(encoder, sizeof encoder,
                 "dense 512; relu; dense 256; relu; dense %zu", z);
        options o = {{AE_ENCODER, encoder},
                     {AE_STANDARDISE, "0"},
                     {AE_EPOCHS, "8"},
                     {AE_BATCH_SIZE, "128"},
                     {AE_SCHEDULE, "cosine"},
                     {AE_SCHEDULE_STEPS, "3128"},
                     {NULL, NULL}};
        ae_model *m = fit_digits(o, g);
        const double ours = held_error(m, g);
        clean_by_pca(g, z, g->held, g->out);
        printf("width %2zu: held out %.3f, PCA %.3f\n", z, ours,
               D * mean_square(HELD * D, g->held, g->out));
        fflush(stdout);
        falls &= ours < before;
        before = ours;
        ae_free(m);
    }
    return falls;
}

static double best_pca(struct digits *g, const double *noisy, size_t *count)
{
    double best = -INFINITY;
    for (size_t k = 10; k <= MOST; k += 10) {
        clean_by_pca(g, k, noisy, g->out);
        const double now = psnr(HELD * D, g->held, g->out, 1);
        if (now > best) {
            best = now;
            *count = k;
        }
    }
    return best;
}

static int denoise(struct digits *g)
{
    options o = {{AE_INPUT, "1x28x28"},
                 {AE_ENCODER,
                  "conv 16 k4 s2 p1; relu; conv 32 k4 s2 p1; relu; dense 128"},
                 {AE_LOSS, "bce"},
                 {AE_CORRUPTION, "gaussian"},
                 {AE_CORRUPTION_LEVEL, "0.4"},
                 {AE_EPOCHS, "6"},
                 {AE_BATCH_SIZE, "128"},
                 {AE_SCHEDULE, "cosine"},
                 {AE_SCHEDULE_STEPS, "2346"},
                 {NULL, NULL}};
    double *noisy = memory(HELD * D, sizeof *noisy);
    size_t count = 0;
    ae_model *m = fit_digits(o, g);
    add_noise(4, HELD * D, g->held, 0.4, 1, noisy);
    const double none = psnr(HELD * D, g->held, noisy, 1);
    const double pca = best_pca(g, noisy, &count);
    for (size_t i = 0; i < HELD; i++)
        median_filter(28, 28, noisy + i * D, g->out + i * D);
    const double median = psnr(HELD * D, g->held, g->out, 1);
    reconstruct(m, HELD, D, noisy, g->out);
    const double ours = psnr(HELD * D, g->held, g->out, 1);
    printf("denoising, noise 0.4: %.2f dB; noisy %.2f, median of 3 x 3 %.2f, "
           "%zu components %.2f\n",
           ours, none, median, count, pca);
    ae_free(m);
    free(noisy);
    return ours > none && ours > median && ours > pca;
}

int main(int argc, char **argv)
{
    const char *const folder = argc > 1 ? argv[1] : getenv("GENMOD_MNIST");
    struct digits g;
    int holds;
    if (!folder) {
        printf("skipped: no folder with MNIST in GENMOD_MNIST\n");
        return 77;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    open_digits(folder, argc > 2 ? (size_t)atol(argv[2]) : 2, &g);
    fit_pca(g.rows, D, MOST, &g.pca);
    holds = linear(&g);
    holds &= widths(&g);
    holds &= denoise(&g);
    free_pca(&g.pca);
    close_digits(&g);
    printf("%s\n", holds ? "all bars hold" : "a bar is missed");
    return !holds;
}
