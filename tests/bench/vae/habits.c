/* What a variational autoencoder 784-400-20 of MNIST's digits is good for, and
 * how much chance has to do with it.
 *
 *     vae_habits folder-with-idx-files [threads]
 *
 * Bounds of the likelihood by disjoint groups of 1, 5, 50 and 5,000 of the same
 * weights; a linear classifier on the means of the codes beside one on pixels
 * and one on as many principal components; the loss after few passes over ten
 * seeds at three rates. Ends with 1 if the bounds are out of order or the codes
 * tell less than the components. Without a folder, in GENMOD_MNIST or as an
 * argument, it says so and ends with 77.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "digits.h"
#include "pca.h"

#define CODES 20
#define TRAIN 10000 /* rows of the classifiers */
#define ROWS 100    /* of the bounds */
#define DRAWS 5000

static vae_model *fit(const struct digits *g, const genmod_data *x,
                      const char *passes, const char *seed, const char *rate)
{
    const char *const options[] = {"encoder",
                                   "dense 400; relu",
                                   "decoder",
                                   "dense 400; relu",
                                   "code",
                                   "20",
                                   "likelihood",
                                   "bernoulli",
                                   "kl_warmup",
                                   "0",
                                   "epochs",
                                   passes,
                                   "seed",
                                   seed,
                                   "learning_rate",
                                   rate,
                                   NULL};
    vae_model *m = new_vae(options, g->w);
    need(vae_fit(m, x, NULL, NULL, NULL, g->w), g->w);
    return m;
}

/* ---- bounds -------------------------------------------------------------- */

static double log_mean_exp(size_t n, const double *x)
{
    double most = x[0], sum = 0;
    for (size_t i = 1; i < n; i++)
        most = fmax(most, x[i]);
    for (size_t i = 0; i < n; i++)
        sum += exp(x[i] - most);
    return most + log(sum / (double)n);
}

static int bounds(const vae_model *m, const struct digits *g)
{
    static const size_t groups[] = {1, 5, 50, DRAWS};
    const size_t bytes = ROWS * DRAWS * sizeof(double);
    double *weights = memory(ROWS * DRAWS, sizeof *weights), mean[4] = {0};
    genmod_data *rows = some_bits(g, ROWS);
    int holds = 1;
    need(vae_log_weights(m, rows, 3, 0, DRAWS, bytes, weights, g->w), g->w);
    for (size_t k = 0; k < 4; k++)
        for (size_t i = 0; i < ROWS * DRAWS; i += groups[k])
            mean[k] += log_mean_exp(groups[k], weights + i) *
                       (double)groups[k] / (ROWS * DRAWS);
    for (size_t k = 1; k < 4; k++)
        holds &= mean[k] > mean[k - 1];
    printf("bounds of ln p of %d digits: %.3f (1 draw), %.3f (5), %.3f (50), "
           "%.3f (%d)\n",
           ROWS, mean[0], mean[1], mean[2], mean[3], DRAWS);
    genmod_data_free(rows);
    free(weights);
    return holds;
}

/* ---- a linear classifier ------------------------------------------------- */

#define CLASSES 10
#define PASSES 30

static void probabilities(size_t d, const double *w, const double *x,
                          double *out)
{
    double most = -INFINITY, sum = 0;
    for (size_t k = 0; k < CLASSES; k++) {
        out[k] = w[d * CLASSES + k];
        for (size_t j = 0; j < d; j++)
            out[k] += x[j] * w[j * CLASSES + k];
        most = fmax(most, out[k]);
    }
    for (size_t k = 0; k < CLASSES; k++)
        sum += out[k] = exp(out[k] - most);
    for (size_t k = 0; k < CLASSES; k++)
        out[k] /= sum;
}

/* Columns to mean 0 and deviation 1 by the training rows. */
static void standardise(size_t n, size_t held, size_t d, double *x)
{
    for (size_t j = 0; j < d; j++) {
        double a = 0, b = 0;
        for (size_t i = 0; i < n; i++) {
            a += x[i * d + j] / (double)n;
            b += x[i * d + j] * x[i * d + j] / (double)n;
        }
        b = b - a * a > 1e-8 ? sqrt(b - a * a) : 1;
        for (size_t i = 0; i < n + held; i++)
            x[i * d + j] = (x[i * d + j] - a) / b;
    }
}

/* The share of the held-out rows, behind the n first of x [n + HELD, d], that
 * softmax regression tells right: stochastic gradients, rate falling to 0. */
static double accuracy(size_t n, size_t d, double *x, const int32_t *label,
                       const int32_t *held_label)
{
    double *w = memory((d + 1) * CLASSES, sizeof *w), p[CLASSES];
    size_t right = 0;
    memset(w, 0, (d + 1) * CLASSES * sizeof *w);
    standardise(n, HELD, d, x);
    for (size_t t = 0; t < PASSES * n; t++) {
        const size_t i = t * 7919 % n;
        const double rate =
            0.5 / (double)(d + 10) * (1 - (double)t / (double)(PASSES * n));
        probabilities(d, w, x + i * d, p);
        p[label[i]] -= 1;
        for (size_t k = 0; k < CLASSES; k++) {
            for (size_t j = 0; j < d; j++)
                w[j * CLASSES + k] -= rate * p[k] * x[i * d + j];
            w[d * CLASSES + k] -= rate * p[k];
        }
    }
    for (size_t i = 0; i < HELD; i++) {
        size_t best = 0;
        probabilities(d, w, x + (n + i) * d, p);
        for (size_t k = 1; k < CLASSES; k++)
            best = p[k] > p[best] ? k : best;
        right += (int32_t)best == held_label[i];
    }
    free(w);
    return (double)right / HELD;
}

static void ink(const struct digits *g, size_t i, double *row)
{
    const size_t at = i < TRAIN ? i : g->n + i - TRAIN;
    for (size_t j = 0; j < D; j++)
        row[j] = g->p.x[at * D + j] / 255.0;
}

static int probe(const vae_model *m, const struct digits *g)
{
    const size_t n = TRAIN + HELD, z = vae_code_size(m);
    double *x = memory(n * D, sizeof *x), row[D];
    genmod_data *few = some_greys(g, TRAIN);
    struct pca pca;
    need(vae_encode(m, few, GENMOD_F64, TRAIN * z * sizeof *x, x, NULL, g->w),
         g->w);
    need(vae_encode(m, g->grey_held, GENMOD_F64, HELD * z * sizeof *x,
                    x + TRAIN * z, NULL, g->w),
         g->w);
    const double codes = accuracy(TRAIN, z, x, g->p.label, g->p.label + g->n);
    fit_pca(few, D, z, &pca);
    for (size_t i = 0; i < n; i++) {
        ink(g, i, row);
        pca_project(&pca, row, x + i * z);
    }
    const double axes = accuracy(TRAIN, z, x, g->p.label, g->p.label + g->n);
    for (size_t i = 0; i < n; i++)
        ink(g, i, x + i * D);
    const double pixels = accuracy(TRAIN, D, x, g->p.label, g->p.label + g->n);
    printf(
        "linear classifier, %d digits: %.2f %% right from %zu codes, %.2f %% "
        "from as many components, %.2f %% from pixels\n",
        TRAIN, 100 * codes, z, 100 * axes, 100 * pixels);
    free_pca(&pca);
    genmod_data_free(few);
    free(x);
    return codes >= axes;
}

/* ---- chance -------------------------------------------------------------- */

static void spread(const struct digits *g)
{
    static const char *const rates[] = {"0.0005", "0.001", "0.002"};
    genmod_data *few = some_greys(g, 5000);
    for (size_t r = 0; r < 3; r++) {
        double sum = 0, square = 0, least = INFINITY, most = -INFINITY;
        for (int seed = 0; seed < 10; seed++) {
            char text[16];
            snprintf(text, sizeof text, "%d", seed);
            vae_model *m = fit(g, few, "4", text, rates[r]);
            const double loss =
                held_loss(m, g->grey_held, HELD, 1, NULL, NULL, g->w);
            sum += loss / 10;
            square += loss * loss / 10;
            least = fmin(least, loss);
            most = fmax(most, loss);
            vae_free(m);
        }
        printf("rate %s, 5000 digits, 4 passes, 10 seeds: held out %.3f, "
               "deviation %.3f, from %.3f to %.3f\n",
               rates[r], sum, sqrt((square - sum * sum) * 10 / 9), least, most);
    }
    genmod_data_free(few);
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : getenv("GENMOD_MNIST");
    struct digits g;
    int holds;
    if (!folder) {
        printf("skipped: no folder with MNIST in GENMOD_MNIST\n");
        return 77;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    open_digits(folder, argc > 2 ? (size_t)atol(argv[2]) : 1, &g);
    vae_model *m = fit(&g, g.grey, "3", "0", "0.001");
    holds = bounds(m, &g);
    holds &= probe(m, &g);
    vae_free(m);
    spread(&g);
    close_digits(&g);
    return !holds;
}
