/* Is a generator any good? Eight modes on a ring, a generator that draws them
 * all, one that has lost two, and one that gives its training rows again: each
 * is held against rows that it was not made from. */
#include <math.h>

#include "example.h"

enum { n = 1600, k = 8, neighbours = 5 };

static double mean[k * 2], deviation[k * 2];

/* Uniforms from a small generator of the program's own; normals by Box, Muller.
 */
static double uniform(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*seed >> 12) + 0.5) / 4503599627370496.0;
}

static void draw(uint64_t seed, int modes, double *x)
{
    for (int i = 0; i < n; i++) {
        const int j = (int)(modes * uniform(&seed));

        for (int c = 0; c < 2; c++) {
            const double radius = sqrt(-2 * log(uniform(&seed)));

            x[2 * i + c] =
                mean[2 * j + c] +
                0.05 * radius * cos(6.283185307179586 * uniform(&seed));
        }
    }
}

int main(void)
{
    static double real[n * 2], other[n * 2], good[n * 2], lost[n * 2];
    double out[4], error[4], expected[4], raw, p;
    int64_t count[k];
    genmod_data *x = NULL, *held = NULL, *y = NULL, *z = NULL;
    genmod_workspace *w = NULL;
    for (int j = 0; j < k; j++) {
        mean[2 * j] = cos(6.283185307179586 * j / k);
        mean[2 * j + 1] = sin(6.283185307179586 * j / k);
        deviation[2 * j] = deviation[2 * j + 1] = 0.05;
    }
    draw(1, k, real);
    draw(2, k, other);
    draw(3, k, good);
    draw(4, k - 2, lost);
    need(genmod_workspace_new(NULL, &w), NULL);
    need(genmod_data_new(&x, w), w);
    need(genmod_data_new(&held, w), w);
    need(genmod_data_new(&y, w), w);
    need(genmod_data_new(&z, w), w);
    need(genmod_data_set_rows(x, GENMOD_F64, n, 2, real, 0, 0, w), w);
    need(genmod_data_set_rows(held, GENMOD_F64, n, 2, other, 0, 0, w), w);
    need(genmod_data_set_rows(y, GENMOD_F64, n, 2, good, 0, 0, w), w);
    need(genmod_data_set_rows(z, GENMOD_F64, n, 2, lost, 0, 0, w), w);

    /* Modes, which are known here: the good one scores what the mixture itself
     * would. 98.9 % lie within three deviations, not all. */
    need(genmod_sample_modes(y, k, mean, deviation, NULL, 3, count, out, error,
                             expected, w),
         w);
    expect(out[0] == 8 && near(out[1], expected[1], 4 * error[1]),
           "all modes, as well as can be");
    need(genmod_sample_modes(z, k, mean, deviation, NULL, 3, count, out, error,
                             expected, w),
         w);
    expect(out[0] == 6 && count[7] == 0 && near(out[2], log(8.0 / 6), 0.02),
           "two are lost: ln(8 / 6) nats");

    /* Precision, recall, density, coverage, when they are not. A lost mode
     * costs recall and coverage; precision does not see it. */
    need(genmod_sample_prdc(x, z, neighbours, out, error, expected, w), w);
    expect(out[0] > expected[0] - 4 * error[0], "what it draws is right");
    expect(out[1] < 0.85 && out[3] < 0.85, "it does not draw a quarter");

    /* Distances, corrected for what finite samples add. */
    need(genmod_sample_frechet(x, y, out, &raw, error, w), w);
    expect(near(out[0], 0, 4 * error[0]) && raw > out[0], "nothing to find");
    need(genmod_sample_frechet(x, z, out, &raw, error, w), w);
    expect(out[0] > 4 * error[0], "far from 0");
    need(genmod_sample_kid(x, z, out, error, w), w);
    expect(out[0] > 4 * error[0], "so says the kernel");
    need(genmod_sample_nearest(x, z, out, error, expected, &p, w), w);
    expect(out[0] > expected[0] && p < 1e-6, "neighbours tell them apart");

    /* Every other row of the last one is a training row, slightly moved. All
     * that is above would praise it. */
    for (int i = 0; i < n * 2; i += 4) {
        good[i] = real[i] + 1e-4;
        good[i + 1] = real[i + 1];
    }
    need(genmod_sample_copies(x, held, y, out, error, &p, w), w);
    expect(out[0] > out[1] + 0.1 && p < 1e-6, "it remembers");

    genmod_data_free(z);
    genmod_data_free(y);
    genmod_data_free(held);
    genmod_data_free(x);
    genmod_workspace_free(w);
    return 0;
}
