/* A variational autoencoder gives digits back, and draws new ones.
 *
 *     vae_digits tests/data/digits.csv out.png
 *
 * Digits of odd number are kept back; what is shown was not trained on.
 */
#include <stdio.h>
#include <stdlib.h>

#include "codes.h"
#include "draw.h"
#include "read.h"
#include "variational.h"

#define SIDE 8
#define D (SIDE * SIDE)
#define ROWS 3
#define COLUMNS 11

static void draw_strip(figure *f, int at, const char *title, size_t n,
                       const double *x)
{
    const double left = at % 2 ? 456 : 32, top = at < 2 ? 108 : 268;
    double *shown = some_rows(ROWS * COLUMNS, n, D, x);
    draw_text(f, left, top, 13, 1, draw_ink, title);
    draw_tiles(f, left, top + 12, ROWS, COLUMNS, SIDE, SIDE, shown, 1, 4, 4);
    free(shown);
}

static void draw_sheet(const char *path, size_t n, double *const *sets)
{
    static const char *const title[] = {"Digits that were kept back",
                                        "Given back from 8 numbers each",
                                        "New: z ~ N(0, I), through its decoder",
                                        "The same by a plain autoencoder"};
    figure *f = draw_new(2, 880, 448, "A variational autoencoder generates",
                         "Its codes were made to follow the law that new ones "
                         "are drawn from");
    for (int i = 0; i < 4; i++)
        draw_strip(f, i, title[i], n, sets[i]);
    draw_text(f, 32, 426, 11, 0, draw_soft,
              "Data: UCI Optical Recognition of Handwritten Digits, CC BY 4.0");
    draw_save(f, path);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: vae_digits digits.csv out.png\n");
        return 2;
    }
    struct table t;
    struct codes plain;
    size_t n;
    read_csv(argv[1], 1, &t);
    double *train = digit_halves(&t, &n), *kept = train + n * D;
    double *back = memory(n * D, sizeof *back);
    double *fresh = memory(n * D, sizeof *fresh);
    vae_model *m = fit_digits(n, train);
    reconstruct_vae(m, n, D, kept, back);
    sample_vae(m, 5, n, GENMOD_MEAN, fresh);
    fit_codes(&t, &plain);
    draw_sheet(argv[2], n,
               (double *const[]){kept, back, fresh, plain.from_noise});

    free_codes(&plain);
    vae_free(m);
    free(fresh);
    free(back);
    free(train);
    free_table(&t);
    return 0;
}
