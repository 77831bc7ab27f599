/* What a game of two networks does: it fills modes, comes to a draw, and
 * teaches the generator only by a loss that does not saturate. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "adversarial.h"
#include "statement.h"

#define N 4000

int measure_gan_modes(const char *data, size_t cap, char *measured)
{
    (void)data;
    double *x = memory(2 * N, sizeof *x), share, real;
    ring_rows(5, N, x);
    ring_modes(N, x, &real);
    gan_model *m = fit_ring("relativistic", N, x);
    sample_gan(m, 1, N, x);
    const size_t modes = ring_modes(N, x, &share);
    snprintf(measured, cap, "%zu modes, share %.3f; of the data %.3f", modes,
             share, real);
    gan_free(m);
    free(x);
    return modes == RING_MODES && share >= 0.8;
}

/* The mean of the last tenth of a history. */
static double last_of(const gan_model *m, const char *key)
{
    size_t n;
    double *v = gan_series(m, key, &n), sum = 0;
    for (size_t i = n - n / 10; i < n; i++)
        sum += v[i];
    free(v);
    return sum / (double)(n / 10);
}

int measure_gan_half(const char *data, size_t cap, char *measured)
{
    (void)data;
    double *x = memory(2 * N, sizeof *x);
    ring_rows(5, N, x);
    gan_model *m = fit_ring("relativistic", N, x);
    const double real = last_of(m, GAN_REPORT_D_REAL_HISTORY);
    const double fake = last_of(m, GAN_REPORT_D_FAKE_HISTORY);
    const double bound = last_of(m, GAN_REPORT_JS_BOUND_HISTORY);
    snprintf(measured, cap, "D(x) %.3f, D(G(z)) %.3f; bound %.3f nats", real,
             fake, bound);
    gan_free(m);
    free(x);
    return near(real, 0.5, 0.05) && near(fake, 0.5, 0.05) && bound <= 0.05;
}

int measure_gan_saturates(const char *data, size_t cap, char *measured)
{
    static const char *const loss[] = {"minimax", "non-saturating"};
    struct table t;
    size_t n;
    double norm[2][2], fake[2];
    read_set(data, "digits.csv", 1, &t);
    double *x = digit_halves(&t, &n);
    for (int i = 0; i < 2; i++) {
        norm[i][0] = generator_gradient(loss[i], 1, n, t.d, x, &fake[0]);
        norm[i][1] = generator_gradient(loss[i], 300, n, t.d, x, &fake[1]);
    }
    snprintf(measured, cap,
             "D(G(z)) %.2f, then %.4f: minimax %.2f, then %.3f; "
             "non-saturating %.1f, then %.1f",
             fake[0], fake[1], norm[0][0], norm[0][1], norm[1][0], norm[1][1]);
    free(x);
    free_table(&t);
    return norm[0][1] <= 0.2 * norm[0][0] && norm[1][1] >= norm[1][0];
}
