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

#include "autoencoder.h"
#include "noise.h"
#include "pca.h"
#include "read.h"

#define D 784
#define HELD 10000
#define MOST 128 /* components */

struct digits {
    struct pictures p;
    size_t n;          /* to train on */
    double *held;      /* [HELD, D] ink 0 to 1 */
    double *out;       /* the same size */
    genmod_data *rows; /* the first n */
    struct pca pca;
    genmod_workspace *w;
};

static genmod_data *view(const struct pictures *p, size_t first, size_t n)
{
    genmod_data *rows = NULL;
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_U8, n, D, p->x + first * D, 0, 0,
                              NULL),
         NULL);
    need(genmod_data_set_scale(rows, 1.0 / 255, 0, NULL), NULL);
    return rows;
}

static void open_digits(const char *folder, int64_t threads, struct digits *g)
{
    genmod_context *c = NULL;
    read_mnist(folder, &g->p);
    expect(g->p.n > 2 * HELD, "more pictures");
    g->n = g->p.n - HELD;
    g->held = memory(HELD * D, sizeof *g->held);
    g->out = memory(HELD * D, sizeof *g->out);
    for (size_t i = 0; i < HELD * D; i++)
        g->held[i] = g->p.x[g->n * D + i] / 255.0;
    g->rows = view(&g->p, 0, g->n);
    need(genmod_context_new(NULL, NULL, NULL, &c), NULL);
    need(genmod_context_set_threads(c, (size_t)threads), NULL);
    need(genmod_workspace_new(c, &g->w), NULL);
    genmod_context_free(c);
    fit_pca(g->rows, D, MOST, &g->pca);
}

static ae_model *fit(options o, struct digits *g)
{
    ae_model *m = new_autoencoder(o, g->w);
    need(ae_fit(m, g->rows, NULL, NULL, NULL, g->w), g->w);
    return m;
}

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

static double held_error(const ae_model *m, struct digits *g)
{
    reconstruct(m, HELD, D, g->held, g->out);
    return D * mean_square(HELD * D, g->held, g->out);
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
    ae_model *m = fit(o, g);
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
        ae_model *m = fit(o, g);
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
    ae_model *m = fit(o, g);
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

static void close_digits(struct digits *g)
{
    free_pca(&g->pca);
    genmod_workspace_free(g->w);
    genmod_data_free(g->rows);
    free(g->out);
    free(g->held);
    free_pictures(&g->p);
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
    open_digits(folder, argc > 2 ? atol(argv[2]) : 2, &g);
    holds = linear(&g);
    holds &= widths(&g);
    holds &= denoise(&g);
    close_digits(&g);
    printf("%s\n", holds ? "all bars hold" : "a bar is missed");
    return !holds;
}
