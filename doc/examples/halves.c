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

/* The pictures, halves without their lower part, and what the means make of
 * them. Returns the rows to fit. */
static double *open_halves(const struct table *t, struct halves *h,
                           double **seen)
{
    size_t n;
    double *train = digit_halves(t, &n);
    const size_t bytes = n * D * sizeof *train;
    *h = (struct halves){.n = n};
    h->kept = memory(n * D, sizeof *train);
    h->means = memory(n * D, sizeof *train);
    h->best = memory(n * D, sizeof *train);
    h->drawn = memory(n * D, sizeof *train);
    *seen = memory(n * D, sizeof *train);
    memcpy(h->kept, train + n * D, bytes);
    memcpy(h->means, h->kept, bytes);
    fill_with_means(n, train, h->means);
    for (size_t i = 0; i < n * D; i++)
        (*seen)[i] = i % D < D / 2 ? h->kept[i] : NAN;
    return train;
}

void complete_halves(const struct table *t, struct halves *h)
{
    double *seen, *train = open_halves(t, h, &seen);
    genmod_data *x = view_rows(h->n, D, seen);
    need(genmod_data_set_missing(x, 1, NULL), NULL);
    vae_model *m = fit(h->n, train);
    impute(m, x, GENMOD_MEAN, h->n, h->best);
    impute(m, x, GENMOD_DRAW, h->n, h->drawn);
    vae_free(m);
    genmod_data_free(x);
    free(seen);
    free(train);
}

/* A draw of each lower half, from the mixture of it that the upper one leaves.
 */
static void draw_lower(const gmm_model *m, struct halves *h)
{
    int32_t upper[D / 2];
    gmm_model *lower = NULL;
    need(gmm_new(NULL, &lower, NULL), NULL);
    for (int32_t c = 0; c < D / 2; c++)
        upper[c] = c;
    memcpy(h->drawn, h->kept, h->n * D * sizeof *h->drawn);
    for (size_t i = 0; i < h->n; i++) {
        double *row = h->drawn + i * D;
        need(gmm_condition(m, D / 2, upper, row, lower, NULL), NULL);
        need(gmm_sample(lower, 9, i, 1, GENMOD_F64, D / 2 * sizeof *row,
                        row + D / 2, NULL, NULL),
             NULL);
    }
    gmm_free(lower);
}

void complete_with_mixture(const struct table *t, struct halves *h)
{
    /* 24 covariances of 64 columns from 898 rows: the ridge carries what each
     * component lacks. */
    const struct recipe r = {.components = 24, .ridge = "0.1"};
    double *seen, *train = open_halves(t, h, &seen);
    genmod_data *rows = view_rows(h->n, D, train);
    genmod_data *x = view_rows(h->n, D, seen);
    need(genmod_data_set_missing(x, 1, NULL), NULL);
    gmm_model *m = fit_mixture(&r, rows, NULL);
    need(
        gmm_impute(m, x, GENMOD_F64, h->n * D * sizeof *h->best, h->best, NULL),
        NULL);
    draw_lower(m, h);
    gmm_free(m);
    genmod_data_free(x);
    genmod_data_free(rows);
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
