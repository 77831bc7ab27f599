/* A denoising autoencoder of the 8 × 8 digits.
 *
 *     ae_denoise tests/data/digits.csv out.png
 *
 * Digits of odd number are kept back; what is shown was not trained on.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "autoencoder.h"
#include "draw.h"
#include "mixture.h"
#include "noise.h"
#include "pca.h"
#include "read.h"

#define SIDE 8
#define D (SIDE * SIDE)
#define ROWS 2
#define COLUMNS 10

/* The best number of components is chosen on the pictures that are shown: more
 * than a user could know. */
static void clean_by_pca(size_t n, const double *train, const double *clean,
                         const double *noisy, double *out)
{
    struct pca p;
    genmod_data *rows = view_rows(n, D, train);
    fit_pca(rows, D, 40, &p);
    double z[40], best = -1;
    double *trial = memory(n * D, sizeof *trial);
    for (size_t k = 1; k <= p.k; k++) {
        for (size_t i = 0; i < n; i++) {
            pca_project(&p, noisy + i * D, z);
            pca_back(&p, k, z, trial + i * D);
        }
        const double now = psnr(n * D, clean, trial, 1);
        if (now > best) {
            best = now;
            memcpy(out, trial, n * D * sizeof *out);
        }
    }
    free(trial);
    genmod_data_free(rows);
    free_pca(&p);
}

static void draw_strip(figure *f, int at, const char *title, size_t n,
                       const double *kept, const double *x)
{
    const double top = 102 + 124 * at;
    double *shown = some_rows(ROWS * COLUMNS, n, D, x);
    char text[96];
    if (x == kept)
        snprintf(text, sizeof text, "%s", title);
    else
        snprintf(text, sizeof text, "%s: %.1f dB", title,
                 psnr(n * D, kept, x, 1));
    draw_text(f, 32, top, 13, 1, draw_ink, text);
    draw_tiles(f, 32, top + 12, ROWS, COLUMNS, SIDE, SIDE, shown, 1, 5, 4);
    free(shown);
}

static void draw_sheet(const char *path, size_t n, double *const *sets)
{
    static const char *const title[] = {
        "Digits that were kept back", "With noise", "Median of 3 × 3 cells",
        "Principal components, their number chosen best",
        "The denoising autoencoder"};
    figure *f = draw_new(2, 504, 758, "Noise, and ways to take it away",
                         "Noise of a quarter of full ink; peak signal-to-noise "
                         "ratio of all 898 digits");
    for (int i = 0; i < 5; i++)
        draw_strip(f, i, title[i], n, sets[0], sets[i]);
    draw_text(f, 32, 736, 11, 0, draw_soft,
              "Data: UCI Optical Recognition of Handwritten Digits, CC BY 4.0");
    draw_save(f, path);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: ae_denoise digits.csv out.png\n");
        return 2;
    }
    struct table t;
    size_t n;
    read_csv(argv[1], 1, &t);
    double *train = digit_halves(&t, &n), *sets[5] = {train + n * D};
    for (size_t i = 1; i < 5; i++)
        sets[i] = memory(n * D, sizeof **sets);
    ae_model *m = fit_denoiser(n, train);
    add_noise(77, n * D, sets[0], NOISE, 1, sets[1]);
    for (size_t i = 0; i < n; i++)
        median_filter(SIDE, SIDE, sets[1] + i * D, sets[2] + i * D);
    clean_by_pca(n, train, sets[0], sets[1], sets[3]);
    reconstruct(m, n, D, sets[1], sets[4]);
    draw_sheet(argv[2], n, sets);

    ae_free(m);
    for (size_t i = 1; i < 5; i++)
        free(sets[i]);
    free(train);
    free_table(&t);
    return 0;
}
