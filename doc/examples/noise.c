#include "noise.h"

#include <math.h>
#include <stdlib.h>

#include "autoencoder.h"

void add_noise(uint64_t seed, size_t n, const double *x, double sd, double most,
               double *out)
{
    normals(seed, n, out);
    for (size_t i = 0; i < n; i++)
        out[i] = fmin(most, fmax(0, x[i] + sd * out[i]));
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static size_t inside(size_t i, int step, size_t n)
{
    const long j = (long)i + step;
    return j < 0 ? 0 : j < (long)n ? (size_t)j : n - 1;
}

void median_filter(size_t height, size_t width, const double *x, double *out)
{
    for (size_t i = 0; i < height; i++)
        for (size_t j = 0; j < width; j++) {
            double near9[9];
            for (int k = 0; k < 9; k++)
                near9[k] = x[inside(i, k / 3 - 1, height) * width +
                             inside(j, k % 3 - 1, width)];
            qsort(near9, 9, sizeof *near9, ascending);
            out[i * width + j] = near9[4];
        }
}

double psnr(size_t n, const double *clean, const double *other, double most)
{
    return 10 * log10(most * most / mean_square(n, clean, other));
}

/* "bce" knows that ink lies between 0 and 1, which squares do not. */
ae_model *fit_denoiser(size_t n, const double *x)
{
    options o = {{AE_ENCODER, "dense 512; relu; dense 64"},
                 {AE_LOSS, "bce"},
                 {AE_CORRUPTION, "gaussian"},
                 {AE_CORRUPTION_LEVEL, "0.25"},
                 {AE_EPOCHS, "150"},
                 {AE_BATCH_SIZE, "64"},
                 {AE_LEARNING_RATE, "0.002"},
                 {AE_SCHEDULE, "cosine"},
                 {AE_SCHEDULE_STEPS, "2250"},
                 {NULL, NULL}};
    return fit_autoencoder(o, n, 64, x, NULL);
}
