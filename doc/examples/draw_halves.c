#include "draw_halves.h"

#include <stdio.h>
#include <stdlib.h>

#include "autoencoder.h"
#include "draw.h"

#define SIDE 8
#define D (SIDE * SIDE)
#define COLUMNS 16

static void draw_strip(figure *f, int at, const char *title,
                       const struct halves *h, const double *x)
{
    const double top = 96 + 58 * at;
    double *shown = some_rows(COLUMNS, h->n, D, x);
    char text[64];
    draw_text(f, 32, top + 20, 13, 1, draw_ink, title);
    if (x != h->kept)
        snprintf(text, sizeof text, "hidden cells: error %.3f",
                 error_of_halves(h, x));
    else
        snprintf(text, sizeof text, "kept back from the fit");
    draw_text(f, 32, top + 36, 11, 0, draw_soft, text);
    draw_tiles(f, 232, top, 1, COLUMNS, SIDE, SIDE, shown, 1, 5, 4);
    free(shown);
}

/* The row of what is seen has plain paper below. */
static void draw_seen(figure *f, const struct halves *h)
{
    double *seen = memory(h->n * D, sizeof *seen);
    for (size_t i = 0; i < h->n * D; i++)
        seen[i] = i % D < D / 2 ? h->kept[i] : 0.18;
    double *shown = some_rows(COLUMNS, h->n, D, seen);
    draw_text(f, 32, 174, 13, 1, draw_ink, "What is seen");
    draw_text(f, 32, 190, 11, 0, draw_soft, "the lower half is missing");
    draw_tiles(f, 232, 154, 1, COLUMNS, SIDE, SIDE, shown, 1, 5, 4);
    free(shown);
    free(seen);
}

void draw_halves(const char *path, const char *title, const char *subtitle,
                 const char *best, const char *drawn, const struct halves *h)
{
    figure *f = draw_new(2, 960, 426, title, subtitle);
    draw_strip(f, 0, "Digits", h, h->kept);
    draw_seen(f, h);
    draw_strip(f, 2, "Column means", h, h->means);
    draw_strip(f, 3, best, h, h->best);
    draw_strip(f, 4, drawn, h, h->drawn);
    draw_text(f, 32, 408, 11, 0, draw_soft,
              "Data: UCI Optical Recognition of Handwritten Digits, CC BY "
              "4.0. Error: root of the mean square, full ink is 1");
    draw_save(f, path);
}
