/* How many numbers does a digit need? The error against the width of the code.
 *
 *     ae_bottleneck tests/data/digits.csv out.png
 */
#include <stdio.h>
#include <stdlib.h>

#include "autoencoder.h"
#include "draw.h"
#include "mixture.h"
#include "pca.h"
#include "read.h"

#define D 64
#define WIDTHS 7

/* Squared error a picture, in units of full ink, of rows that were kept back.
 */
static double kept_error(const ae_model *m, size_t n, const double *kept)
{
    double *back = memory(n * D, sizeof *back);
    reconstruct(m, n, D, kept, back);
    const double error = D * mean_square(n * D, kept, back);
    free(back);
    return error;
}

static double fitted_error(const char *encoder, const char *decoder,
                           const char *rate, size_t n, const double *x)
{
    options o = {{AE_ENCODER, encoder},         {AE_DECODER, decoder},
                 {AE_STANDARDISE, "0"},         {AE_EPOCHS, "150"},
                 {AE_BATCH_SIZE, "64"},         {AE_LEARNING_RATE, rate},
                 {AE_SCHEDULE, "cosine"},       {AE_SCHEDULE_STEPS, "2250"},
                 {AE_SCHEDULE_FACTOR, "0.001"}, {NULL, NULL}};
    ae_model *m = fit_autoencoder(o, n, D, x, NULL);
    const double error = kept_error(m, n, x + n * D);
    ae_free(m);
    return error;
}

static double pca_error(const struct pca *p, size_t count, size_t n,
                        const double *kept)
{
    double z[D], *back = memory(n * D, sizeof *back);
    for (size_t i = 0; i < n; i++) {
        pca_project(p, kept + i * D, z);
        pca_back(p, count, z, back + i * D);
    }
    const double error = D * mean_square(n * D, kept, back);
    free(back);
    return error;
}

static void draw_sheet(const char *path, const double *linear,
                       const double *deep, const double *pca)
{
    const struct axes a = {.left = 90,
                           .top = 130,
                           .width = 560,
                           .height = 300,
                           .x0 = -0.2,
                           .x1 = 6.2,
                           .y0 = 0,
                           .y1 = 4.4,
                           .title = "Squared error of digits kept back",
                           .xlabel = "numbers in a code",
                           .ylabel = "a picture, full ink = 1",
                           .xticks = 6,
                           .yticks = 4,
                           .xpower = 2};
    figure *f = draw_new(1.5, 690, 520, "How many numbers does a digit need?",
                         "Autoencoders of 8 × 8 digits, by the width of their "
                         "code");
    draw_axes(f, &a);
    draw_line(f, &a, WIDTHS, pca, 2, 5, draw_ink);
    draw_points(f, &a, WIDTHS, linear, 4, draw_colour(0, 1));
    draw_line(f, &a, WIDTHS, deep, 2, 0, draw_colour(1, 1));
    draw_points(f, &a, WIDTHS, deep, 4, draw_colour(1, 1));
    draw_legend(f, 440, 155, '-', draw_ink, "principal components");
    draw_legend(f, 440, 175, 'o', draw_colour(0, 1), "linear autoencoder");
    draw_legend(f, 440, 195, 'o', draw_colour(1, 1), "256 relu units a side");
    draw_text(f, 32, 500, 11, 0, draw_soft,
              "Data: UCI Optical Recognition of Handwritten Digits, CC BY 4.0");
    draw_save(f, path);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: ae_bottleneck digits.csv out.png\n");
        return 2;
    }
    struct table t;
    struct pca p;
    size_t n;
    read_csv(argv[1], 1, &t);
    double *x = digit_halves(&t, &n);
    genmod_data *rows = view_rows(n, D, x);
    fit_pca(rows, D, D, &p);

    double linear[2 * WIDTHS], deep[2 * WIDTHS], pca[2 * WIDTHS];
    for (size_t i = 0; i < WIDTHS; i++) {
        const size_t z = (size_t)1 << i;
        char encoder[64];
        linear[2 * i] = deep[2 * i] = pca[2 * i] = (double)i;
        snprintf(encoder, sizeof encoder, "dense %zu", z);
        linear[2 * i + 1] = fitted_error(encoder, "dense 64", "0.02", n, x);
        snprintf(encoder, sizeof encoder, "dense 256; relu; dense %zu", z);
        deep[2 * i + 1] = fitted_error(encoder, "", "0.003", n, x);
        pca[2 * i + 1] = pca_error(&p, z, n, x + n * D);
    }
    draw_sheet(argv[2], linear, deep, pca);

    free_pca(&p);
    genmod_data_free(rows);
    free(x);
    free_table(&t);
    return 0;
}
