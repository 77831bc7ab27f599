#include "thin.h"

#include <math.h>
#include <stdlib.h>

#include "mixture.h"
#include "statement.h"
#include "variational.h"

#define D 64
#define POINTS 3201
#define REACH 8.0
#define STEP (2 * REACH / (POINTS - 1))
#define LN_2PI 1.8378770664093453

static double at(size_t i)
{
    return (double)i * STEP - REACH;
}

static double log_normal(double x, double mean, double log_variance)
{
    const double e = x - mean;
    return -0.5 * (LN_2PI + log_variance + e * e / exp(log_variance));
}

/* The logits of each cell at each point [POINTS, D]. */
static double *logits_of(const vae_model *m)
{
    double *z = memory(POINTS, sizeof *z), *p = memory(POINTS * D, sizeof *p);
    for (size_t i = 0; i < POINTS; i++)
        z[i] = at(i);
    decode_vae(m, POINTS, z, p);
    for (size_t i = 0; i < POINTS * D; i++)
        p[i] = log(p[i]) - log1p(-p[i]);
    free(z);
    return p;
}

/* ln p(x|z) of a row of ones and zeros. */
static double log_bernoulli(const double *x, const double *logit)
{
    double sum = 0;
    for (size_t j = 0; j < D; j++)
        sum -= log1p(exp(x[j] == 1 ? -logit[j] : logit[j]));
    return sum;
}

/* Trapezoids of p(z) p(x|z), then of q ln (q / p(z|x)). The ends, eight
 * deviations out, add nothing. */
static void integrate(const double *x, const double *logits, double mean,
                      double log_variance, double *log_p, double *kl)
{
    static double joint[POINTS];
    double most = -INFINITY, sum = 0;
    for (size_t i = 0; i < POINTS; i++) {
        joint[i] = log_normal(at(i), 0, 0) + log_bernoulli(x, logits + i * D);
        most = fmax(most, joint[i]);
    }
    for (size_t i = 0; i < POINTS; i++)
        sum += exp(joint[i] - most);
    *log_p = most + log(sum * STEP);
    *kl = 0;
    for (size_t i = 0; i < POINTS; i++) {
        const double q = log_normal(at(i), mean, log_variance);
        *kl += STEP * exp(q) * (q - joint[i] + *log_p);
    }
}

static vae_model *fit(size_t n, const double *x)
{
    options o = {{VAE_ENCODER, "dense 3; tanh"},
                 {VAE_DECODER, "dense 64; tanh"},
                 {VAE_CODE, "1"},
                 {VAE_LIKELIHOOD, "bernoulli"},
                 {VAE_EPOCHS, "60"},
                 {VAE_BATCH_SIZE, "64"},
                 {VAE_LEARNING_RATE, "0.003"},
                 {NULL, NULL}};
    return fit_vae(o, n, D, x, NULL);
}

void fit_thin(const char *data, struct thin *t)
{
    struct table table;
    double mean[THIN_ROWS], log_variance[THIN_ROWS];
    size_t n;
    read_set(data, "digits.csv", 1, &table);
    t->x = digit_halves(&table, &n);
    free_table(&table);
    for (size_t i = 0; i < 2 * n * D; i++)
        t->x[i] = t->x[i] >= 0.5;
    t->model = fit(n, t->x);
    const double *kept = t->x + n * D;
    t->rows = view_rows(THIN_ROWS, D, kept);
    need(vae_encode(t->model, t->rows, GENMOD_F64, sizeof mean, mean,
                    log_variance, NULL),
         NULL);
    double *logits = logits_of(t->model);
    for (size_t i = 0; i < THIN_ROWS; i++)
        integrate(kept + i * D, logits, mean[i], log_variance[i], &t->log_p[i],
                  &t->kl[i]);
    free(logits);
}

void free_thin(struct thin *t)
{
    genmod_data_free(t->rows);
    vae_free(t->model);
    free(t->x);
}
