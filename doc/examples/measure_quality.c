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

/* Modes, which are known here. The good one scores what the mixture itself
 * would: 98.9 % lie within three deviations, not all. */
static void count_modes(const genmod_data *good, const genmod_data *lost,
                        genmod_workspace *w)
{
    double out[3], error[3], expected[3];
    int64_t count[k];

    need(genmod_sample_modes(good, k, mean, deviation, NULL, 3, count, out,
                             error, expected, w),
         w);
    expect(out[0] == 8 && near(out[1], expected[1], 4 * error[1]),
           "all modes, as well as can be");
    need(genmod_sample_modes(lost, k, mean, deviation, NULL, 3, count, out,
                             error, expected, w),
         w);
    expect(out[0] == 6 && count[7] == 0 && near(out[2], log(8.0 / 6), 0.02),
           "two are lost: ln(8 / 6) nats");
}

/* Where modes are not known. A lost one costs recall and coverage; precision
 * does not see it. Distances are corrected for what finite samples add. */
static void compare(const genmod_data *x, const genmod_data *good,
                    const genmod_data *lost, genmod_workspace *w)
{
    double out[4], error[4], expected[4], raw, p;

    need(genmod_sample_prdc(x, lost, neighbours, out, error, expected, w), w);
    expect(out[0] > expected[0] - 4 * error[0], "what it draws is right");
    expect(out[1] < 0.85 && out[3] < 0.85, "it does not draw a quarter");

    need(genmod_sample_frechet(x, good, out, &raw, error, w), w);
    expect(near(out[0], 0, 4 * error[0]) && raw > out[0], "nothing to find");
    need(genmod_sample_frechet(x, lost, out, &raw, error, w), w);
    expect(out[0] > 4 * error[0], "far from 0");
    need(genmod_sample_kid(x, lost, out, error, w), w);
    expect(out[0] > 4 * error[0], "so says the kernel");
    need(genmod_sample_nearest(x, lost, out, error, expected, &p, w), w);
    expect(out[0] > expected[0] && p < 1e-6, "neighbours tell them apart");
}

int main(void)
{
    static double rows[4][n * 2];
    double out[3], error[3], p;
    genmod_data *view[4] = {NULL}; /* trained on, held out, good, lost */
    genmod_workspace *w = NULL;
    for (int j = 0; j < k; j++) {
        mean[2 * j] = cos(6.283185307179586 * j / k);
        mean[2 * j + 1] = sin(6.283185307179586 * j / k);
        deviation[2 * j] = deviation[2 * j + 1] = 0.05;
    }
    need(genmod_workspace_new(NULL, &w), NULL);
    for (int i = 0; i < 4; i++) {
        draw((uint64_t)i + 1, i < 3 ? k : k - 2, rows[i]);
        need(genmod_data_new(&view[i], w), w);
        need(genmod_data_set_rows(view[i], GENMOD_F64, n, 2, rows[i], 0, 0, w),
             w);
    }
    count_modes(view[2], view[3], w);
    compare(view[0], view[2], view[3], w);

    /* Every other row is a training row, slightly moved. All that is above
     * would praise it. */
    for (int i = 0; i < n * 2; i += 4) {
        rows[2][i] = rows[0][i] + 1e-4;
        rows[2][i + 1] = rows[0][i + 1];
    }
    need(genmod_sample_copies(view[0], view[1], view[2], out, error, &p, w), w);
    expect(out[0] > out[1] + 0.1 && p < 1e-6, "it remembers");

    for (int i = 0; i < 4; i++)
        genmod_data_free(view[i]);
    genmod_workspace_free(w);
    return 0;
}
