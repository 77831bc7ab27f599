/* The way from one digit to another: through the codes, and through the ink.
 *
 *     vae_between tests/data/digits.csv out.png
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "mixture.h"
#include "read.h"
#include "variational.h"

#define SIDE 8
#define D (SIDE * SIDE)
#define PATHS 7
#define STEPS 10

/* Rows of the digits that were kept back, of label 0, 1, … from some row on. */
static void choose(const struct table *t, int32_t first, size_t from,
                   double out[PATHS][D])
{
    for (int32_t p = 0; p < PATHS; p++) {
        size_t i = 2 * from + 1;
        while (t->label[i] != (first + p) % 10)
            i += 2;
        for (size_t j = 0; j < D; j++)
            out[p][j] = t->x[i * D + j] / 16;
    }
}

/* Both pictures at once, each paler. */
static void blend(double from[PATHS][D], double to[PATHS][D], double *out)
{
    for (size_t i = 0; i < PATHS * STEPS * D; i++) {
        const size_t p = i / (STEPS * D), j = i % D;
        const double s = (double)(i / D % STEPS) / (STEPS - 1);
        out[i] = (1 - s) * from[p][j] + s * to[p][j];
    }
}

static void draw_paths(figure *f, double left, const char *title,
                       const double *x)
{
    draw_text(f, left, 108, 13, 1, draw_ink, title);
    draw_tiles(f, left, 120, PATHS, STEPS, SIDE, SIDE, x, 1, 4, 4);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: vae_between digits.csv out.png\n");
        return 2;
    }
    static double from[PATHS][D], to[PATHS][D];
    static double path[PATHS * STEPS * D], mixed[PATHS * STEPS * D];
    struct table t;
    size_t n;
    read_csv(argv[1], 1, &t);
    double *train = digit_halves(&t, &n);
    vae_model *m = fit_digits(n, train);
    choose(&t, 0, 30, from);
    choose(&t, 3, 60, to);
    genmod_data *a = view_rows(PATHS, D, from[0]);
    genmod_data *b = view_rows(PATHS, D, to[0]);
    need(vae_interpolate(m, a, b, STEPS, GENMOD_SPHERICAL, GENMOD_F64,
                         sizeof path, path, NULL),
         NULL);
    blend(from, to, mixed);

    figure *f = draw_new(2, 812, 420, "Between two digits lie digits",
                         "From one digit that was kept back to another, in "
                         "ten steps");
    draw_paths(f, 32, "Along the codes of a variational autoencoder", path);
    draw_paths(f, 420, "By mixing the ink", mixed);
    draw_text(f, 32, 404, 11, 0, draw_soft,
              "Data: UCI Optical Recognition of Handwritten Digits, CC BY 4.0");
    draw_save(f, argv[2]);

    genmod_data_free(b);
    genmod_data_free(a);
    vae_free(m);
    free(train);
    free_table(&t);
    return 0;
}
