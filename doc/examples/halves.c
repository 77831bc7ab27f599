#include "halves.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mixture.h"
#include "variational.h"

#define D 64
#define DRAWS 200

/* Training hides half of the cells at random, and is asked for all. */
static vae_model *fit(size_t n, const double *x)
{
    options o = {{VAE_ENCODER, "dense 256; relu; dense 128; relu"},
                 {VAE_CODE, "8"},
                 {VAE_LIKELIHOOD, "discretised-logistic"},
                 {VAE_LEVELS, "17"},
                 {VAE_MISSING, "1"},
                 {VAE_HIDE, "0.5"},
                 {VAE_KL_WARMUP, "30"},
                 {VAE_EPOCHS, "200"},
                 {VAE_BATCH_SIZE, "64"},
                 {VAE_LEARNING_RATE, "0.002"},
                 {VAE_SCHEDULE, "cosine"},
                 {VAE_SCHEDULE_STEPS, "3000"},
                 {NULL, NULL}};
    return fit_vae(o, n, D, x, NULL);
}

static void fill_with_means(size_t n, const double *train, double *x)
{
    for (size_t j = D / 2; j < D; j++) {
        double sum = 0;
        for (size_t i = 0; i < n; i++)
            sum += train[i * D + j];
        for (size_t i = 0; i < n; i++)
            x[i * D + j] = sum / (double)n;
    }
}

static void impute(const vae_model *m, const genmod_data *x, int32_t what,
                   size_t n, double *out)
{
    need(vae_impute(m, x, what, 9, DRAWS, GENMOD_F64, n * D * sizeof *out, out,
                    NULL),
         NULL);
}

void complete_halves(const struct table *t, struct halves *h)
{
    size_t n;
    double *train = digit_halves(t, &n), *seen = memory(n * D, sizeof *seen);
    const size_t bytes = n * D * sizeof *train;
    *h = (struct halves){.n = n};
    h->kept = memory(n * D, sizeof *train);
    h->means = memory(n * D, sizeof *train);
    h->best = memory(n * D, sizeof *train);
    h->drawn = memory(n * D, sizeof *train);
    memcpy(h->kept, train + n * D, bytes);
    memcpy(h->means, h->kept, bytes);
    fill_with_means(n, train, h->means);

    for (size_t i = 0; i < n * D; i++)
        seen[i] = i % D < D / 2 ? h->kept[i] : NAN;
    genmod_data *x = view_rows(n, D, seen);
    need(genmod_data_set_missing(x, 1, NULL), NULL);
    vae_model *m = fit(n, train);
    impute(m, x, GENMOD_MEAN, n, h->best);
    impute(m, x, GENMOD_DRAW, n, h->drawn);
    vae_free(m);
    genmod_data_free(x);
    free(seen);
    free(train);
}

double error_of_halves(const struct halves *h, const double *x)
{
    /* The cells that were seen are the same and add nothing. */
    return sqrt(2 * mean_square(h->n * D, h->kept, x));
}

void free_halves(struct halves *h)
{
    free(h->drawn);
    free(h->best);
    free(h->means);
    free(h->kept);
}
