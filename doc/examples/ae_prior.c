/* Why a plain autoencoder does not generate: nothing says where codes lie.
 *
 *     ae_prior tests/data/digits.csv out.png
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "autoencoder.h"
#include "codes.h"
#include "draw.h"
#include "mixture.h"
#include "read.h"

#define ROWS 3
#define COLUMNS 15

/* The first two numbers of each code [n, 2]. */
static double *two_of(size_t n, const double *codes)
{
    double *xy = memory(2 * n, sizeof *xy);
    for (size_t i = 0; i < 2 * n; i++)
        xy[i] = codes[i / 2 * CODE + i % 2];
    return xy;
}

static double greatest(size_t n, const double *a, const double *b)
{
    double most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmax(most, fmax(fabs(a[i]), fabs(b[i])));
    return most;
}

static void draw_codes(figure *f, const struct codes *c)
{
    double *real = two_of(c->n, c->kept), *noise = two_of(c->n, c->noise);
    const double r = 1.08 * greatest(2 * c->n, real, noise);
    const struct axes a = {.left = 70,
                           .top = 130,
                           .width = 300,
                           .height = 300,
                           .x0 = -r,
                           .x1 = r,
                           .y0 = -r,
                           .y1 = 1.15 * r,
                           .title = "Two of the eight numbers of a code",
                           .xlabel = "first",
                           .ylabel = "second",
                           .xticks = 6,
                           .yticks = 6};
    draw_axes(f, &a);
    draw_points(f, &a, c->n, noise, 1.8, draw_colour(1, 0.5));
    draw_points(f, &a, c->n, real, 1.8, draw_colour(0, 0.6));
    draw_legend(f, 76, 144, 'o', draw_colour(0, 1), "digits kept back");
    draw_legend(f, 220, 144, 'o', draw_colour(1, 1), "z ~ N(0, I)");
    free(noise);
    free(real);
}

static void draw_strip(figure *f, double top, const char *title, size_t n,
                       const double *x)
{
    double *shown = some_rows(ROWS * COLUMNS, n, 64, x);
    draw_text(f, 420, top, 13, 1, draw_ink, title);
    draw_tiles(f, 420, top + 12, ROWS, COLUMNS, 8, 8, shown, 1, 3, 3);
    free(shown);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: ae_prior digits.csv out.png\n");
        return 2;
    }
    struct table t;
    read_csv(argv[1], 1, &t);
    struct codes c;
    fit_codes(&t, &c);

    figure *f =
        draw_new(1.5, 860, 510, "Why a plain autoencoder does not generate",
                 "It was asked to give digits back, not to put their "
                 "codes anywhere in particular");
    draw_codes(f, &c);
    draw_strip(f, 116, "Digits kept back, through encoder and decoder", c.n,
               c.from_kept);
    draw_strip(f, 240, "z ~ N(0, I), through the decoder", c.n, c.from_noise);
    draw_strip(f, 364, "z ~ a Gaussian mixture of the codes, through it too",
               c.n, c.from_mixture);
    draw_text(f, 32, 492, 11, 0, draw_soft,
              "Data: UCI Optical Recognition of Handwritten Digits, CC BY 4.0");
    draw_save(f, argv[2]);

    free_codes(&c);
    free_table(&t);
    return 0;
}
