/* A map of digits: codes of two numbers, and what the decoder draws all over
 * them.
 *
 *     vae_map tests/data/digits.csv out.png
 */
#include <stdio.h>
#include <stdlib.h>

#include "draw.h"
#include "read.h"
#include "variational.h"

#define SIDE 8
#define D (SIDE * SIDE)
#define GRID 17
#define REACH 3.0 /* half the side of the map */

static vae_model *fit(size_t n, const double *x)
{
    options o = {{VAE_ENCODER, "dense 128; relu; dense 64; relu"},
                 {VAE_CODE, "2"},
                 {VAE_LIKELIHOOD, "discretised-logistic"},
                 {VAE_LEVELS, "17"},
                 {VAE_KL_WARMUP, "30"},
                 {VAE_EPOCHS, "200"},
                 {VAE_BATCH_SIZE, "64"},
                 {VAE_LEARNING_RATE, "0.003"},
                 {VAE_SCHEDULE, "cosine"},
                 {VAE_SCHEDULE_STEPS, "3000"},
                 {NULL, NULL}};
    return fit_vae(o, n, D, x, NULL);
}

/* Six colours, and the first four of them again, darker. */
static struct colour colour_of(int32_t digit)
{
    struct colour c = draw_colour((size_t)digit, 0.9);
    if (digit >= 6)
        c = (struct colour){0.55 * c.r, 0.55 * c.g, 0.55 * c.b, 0.9};
    return c;
}

static void draw_map(figure *f, const struct axes *a, const struct table *t,
                     size_t n, const double *z)
{
    draw_axes(f, a);
    for (size_t i = 0; i < n; i++) {
        const int32_t digit = t->label[2 * i + 1];
        const char text[2] = {(char)('0' + digit), '\0'};
        const double x = (z[2 * i] - a->x0) / (a->x1 - a->x0) * a->width;
        const double y = (a->y1 - z[2 * i + 1]) / (a->y1 - a->y0) * a->height;
        draw_text(f, a->left + x - 3, a->top + y + 3.5, 9, 1, colour_of(digit),
                  text);
    }
}

/* The decoder's digits at the points of a grid, the greatest z2 on top. */
static void draw_grid(figure *f, const vae_model *m, double left, double top)
{
    static double z[GRID * GRID][2], x[GRID * GRID][D];
    for (size_t i = 0; i < GRID * GRID; i++) {
        z[i][0] = ((double)(i % GRID) + 0.5) / GRID * 2 * REACH - REACH;
        z[i][1] = REACH - ((double)(i / GRID) + 0.5) / GRID * 2 * REACH;
    }
    decode_vae(m, GRID * GRID, z[0], x[0]);
    draw_text(f, left, top - 14, 13, 1, draw_ink,
              "What the decoder draws at these codes");
    draw_tiles(f, left, top, GRID, GRID, SIDE, SIDE, x[0], 1, 2.5, 2);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: vae_map digits.csv out.png\n");
        return 2;
    }
    struct table t;
    size_t n;
    read_csv(argv[1], 1, &t);
    double *x = digit_halves(&t, &n);
    double *z = memory(2 * n, sizeof *z);
    vae_model *m = fit(n, x);
    encode_vae(m, n, D, x + n * D, z);

    const struct axes a = {.left = 70,
                           .top = 118,
                           .width = 374,
                           .height = 374,
                           .x0 = -REACH,
                           .x1 = REACH,
                           .y0 = -REACH,
                           .y1 = REACH,
                           .title = "Codes of digits that were kept back",
                           .xlabel = "first number of the code",
                           .ylabel = "second number",
                           .xticks = 6,
                           .yticks = 6};
    figure *f = draw_new(2, 900, 572, "A map of digits",
                         "Two numbers for a picture: like lies beside like, "
                         "and what lies between is a picture, too");
    draw_map(f, &a, &t, n, z);
    draw_grid(f, m, 492, a.top);
    draw_text(f, 32, 556, 11, 0, draw_soft,
              "Data: UCI Optical Recognition of Handwritten Digits, CC BY 4.0");
    draw_save(f, argv[2]);

    vae_free(m);
    free(z);
    free(x);
    free_table(&t);
    return 0;
}
