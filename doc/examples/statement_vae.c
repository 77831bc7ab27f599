/* What a variational autoencoder does: a distribution of codes, a bound, and
 * what follows from it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "codes.h"
#include "halves.h"
#include "mixture.h"
#include "neighbours.h"
#include "statement.h"
#include "thin.h"
#include "variational.h"

#define D 64

static double *halves_of(const char *data, size_t *n)
{
    struct table t;
    read_set(data, "digits.csv", 1, &t);
    double *x = digit_halves(&t, n);
    free_table(&t);
    return x;
}

static double mean_of(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

/* The mean over its standard error. */
static double score_of(size_t n, const double *x)
{
    const double mean = mean_of(n, x);
    double squares = 0;
    for (size_t i = 0; i < n; i++)
        squares += (x[i] - mean) * (x[i] - mean);
    return mean / sqrt(squares / (double)(n - 1) / (double)n);
}

/* ln of the mean of the exponentials of `k` weights each, mean over all. */
static double bound_of(size_t n, const double *log_w, size_t k)
{
    double sum = 0;
    for (size_t i = 0; i < n; i += k) {
        double most = -INFINITY, all = 0;
        for (size_t j = i; j < i + k; j++)
            most = fmax(most, log_w[j]);
        for (size_t j = i; j < i + k; j++)
            all += exp(log_w[j] - most);
        sum += most + log(all / (double)k);
    }
    return sum / (double)(n / k);
}

int measure_vae_bound(const char *data, size_t cap, char *measured)
{
    enum { DRAWS = 1000 };
    struct thin t;
    fit_thin(data, &t);
    const size_t n = THIN_ROWS * DRAWS;
    double *w = memory(n, sizeof *w), out[THIN_ROWS];
    need(vae_log_weights(t.model, t.rows, 7, 0, DRAWS, n * sizeof *w, w, NULL),
         NULL);
    need(vae_log_likelihood(t.model, t.rows, 8, DRAWS, sizeof out, out, NULL,
                            NULL),
         NULL);
    const double b[] = {bound_of(n, w, 1), bound_of(n, w, 5),
                        bound_of(n, w, 50), mean_of(THIN_ROWS, out),
                        mean_of(THIN_ROWS, t.log_p)};
    snprintf(measured, cap,
             "bounds of 1, 5, 50 draws %.3f, %.3f, %.3f; %d draws %.3f; "
             "quadrature %.3f",
             b[0], b[1], b[2], DRAWS, b[3], b[4]);
    free(w);
    free_thin(&t);
    return b[0] < b[1] && b[1] < b[2] && b[1] < b[4] && near(b[3], b[4], 0.02);
}

int measure_vae_gap(const char *data, size_t cap, char *measured)
{
    struct thin t;
    double elbo[THIN_ROWS], gap[THIN_ROWS], off[THIN_ROWS];
    fit_thin(data, &t);
    need(
        vae_elbo(t.model, t.rows, 9, 4000, sizeof elbo, elbo, NULL, NULL, NULL),
        NULL);
    for (size_t i = 0; i < THIN_ROWS; i++) {
        gap[i] = t.log_p[i] - elbo[i];
        off[i] = gap[i] - t.kl[i];
    }
    const double z = score_of(THIN_ROWS, off);
    snprintf(measured, cap, "gap %.4f, KL by quadrature %.4f; z %.1f",
             mean_of(THIN_ROWS, gap), mean_of(THIN_ROWS, t.kl), z);
    free_thin(&t);
    return fabs(z) <= 4 && mean_of(THIN_ROWS, t.kl) > 0;
}

/* Closed form less draws: the bound of both with the same draws. */
int measure_vae_kl(const char *data, size_t cap, char *measured)
{
    enum { DRAWS = 64 };
    size_t n;
    double *x = halves_of(data, &n), least = INFINITY;
    vae_model *m = fit_digits(n, x);
    genmod_data *rows = view_rows(n, D, x + n * D);
    double *elbo = memory(n, sizeof *elbo), *kl = memory(n, sizeof *kl);
    double *w = memory(n * DRAWS, sizeof *w), *off = memory(n, sizeof *off);
    need(vae_elbo(m, rows, 3, DRAWS, n * sizeof *elbo, elbo, NULL, kl, NULL),
         NULL);
    need(vae_log_weights(m, rows, 3, 0, DRAWS, n * DRAWS * sizeof *w, w, NULL),
         NULL);
    for (size_t i = 0; i < n; i++) {
        off[i] = elbo[i] - mean_of(DRAWS, w + i * DRAWS);
        least = fmin(least, kl[i]);
    }
    const double z = score_of(n, off);
    snprintf(measured, cap, "%.2f nats a digit, at least %.2f; z %.1f",
             mean_of(n, kl), least, z);
    free(off);
    free(w);
    free(kl);
    free(elbo);
    genmod_data_free(rows);
    vae_free(m);
    free(x);
    return least >= 0 && fabs(z) <= 4;
}

int measure_vae_codes(const char *data, size_t cap, char *measured)
{
    struct table t;
    struct codes plain;
    size_t n;
    double *x = halves_of(data, &n);
    double *z = memory(n * CODE, sizeof *z), *noise = memory(n * CODE, 8);
    vae_model *m = fit_digits(n, x);
    genmod_data *rows = view_rows(n, D, x + n * D);
    need(vae_encode_sample(m, rows, 4, GENMOD_F64, n * CODE * sizeof *z, z,
                           NULL),
         NULL);
    normals(77, n * CODE, noise);
    read_set(data, "digits.csv", 1, &t);
    fit_codes(&t, &plain);
    const double ours = told_apart(n, CODE, z, noise);
    const double theirs = told_apart(n, CODE, plain.kept, noise);
    snprintf(measured, cap, "%.3f; a plain autoencoder's %.3f", ours, theirs);
    free_codes(&plain);
    free_table(&t);
    genmod_data_free(rows);
    vae_free(m);
    free(noise);
    free(z);
    free(x);
    return ours <= 0.8 && theirs >= 0.95;
}

/* The mean distance of n pictures to the nearest of n others. */
static double distance_to(size_t n, const double *rows, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += sqrt(nearest2(n, D, rows, n, x + i * D));
    return sum / (double)n;
}

int measure_vae_draws(const char *data, size_t cap, char *measured)
{
    struct table t;
    struct codes plain;
    size_t n;
    double *x = halves_of(data, &n), *kept = x + n * D;
    double *fresh = memory(n * D, sizeof *fresh);
    vae_model *m = fit_digits(n, x);
    sample_vae(m, 5, n, GENMOD_DRAW, fresh);
    read_set(data, "digits.csv", 1, &t);
    fit_codes(&t, &plain);
    const double apart[] = {told_apart(n, D, kept, fresh),
                            told_apart(n, D, kept, plain.from_noise)};
    const double real = distance_to(n, x, kept);
    const double far[] = {distance_to(n, x, fresh) / real,
                          distance_to(n, x, plain.from_noise) / real};
    snprintf(measured, cap,
             "%.2f times the distance of real digits, told apart %.3f; plain "
             "%.2f times, %.3f",
             far[0], apart[0], far[1], apart[1]);
    free_codes(&plain);
    free_table(&t);
    vae_free(m);
    free(fresh);
    free(x);
    return far[0] <= 1.6 && far[1] >= 3 && apart[0] <= 0.85 && apart[1] >= 0.95;
}

/* The error of hidden cells is at most `bar` of what column means have. */
static int measure_completed(const char *data,
                             void (*complete)(const struct table *,
                                              struct halves *),
                             double bar, size_t cap, char *measured)
{
    struct table t;
    struct halves h;
    read_set(data, "digits.csv", 1, &t);
    complete(&t, &h);
    const double ours = error_of_halves(&h, h.best);
    const double means = error_of_halves(&h, h.means);
    snprintf(measured, cap, "%.3f; column means %.3f", ours, means);
    free_halves(&h);
    free_table(&t);
    return ours <= bar * means;
}

int measure_vae_complete(const char *data, size_t cap, char *measured)
{
    return measure_completed(data, complete_halves, 0.9, cap, measured);
}

int measure_gmm_complete(const char *data, size_t cap, char *measured)
{
    return measure_completed(data, complete_with_mixture, 0.8, cap, measured);
}

int measure_vae_beta(const char *data, size_t cap, char *measured)
{
    static const char *const beta[] = {"0.25", "1", "4"};
    double r[3], kl[3];
    size_t n;
    double *x = halves_of(data, &n);
    for (int i = 0; i < 3; i++) {
        options o = {{VAE_ENCODER, "dense 64; relu"},
                     {VAE_CODE, "8"},
                     {VAE_LIKELIHOOD, "discretised-logistic"},
                     {VAE_LEVELS, "17"},
                     {VAE_BETA, beta[i]},
                     {VAE_EPOCHS, "40"},
                     {VAE_BATCH_SIZE, "64"},
                     {VAE_LEARNING_RATE, "0.003"},
                     {NULL, NULL}};
        vae_model *m = fit_vae(o, n, D, x, NULL);
        r[i] = vae_number(m, VAE_REPORT_RECONSTRUCTION);
        kl[i] = vae_number(m, VAE_REPORT_KL);
        vae_free(m);
    }
    snprintf(measured, cap,
             "beta 0.25, 1, 4: KL %.1f, %.1f, %.1f; reconstruction %.1f, "
             "%.1f, %.1f",
             kl[0], kl[1], kl[2], r[0], r[1], r[2]);
    free(x);
    return kl[0] > kl[1] && kl[1] > kl[2] && r[0] < r[1] && r[1] < r[2];
}
