/* A convolutional denoising autoencoder of MNIST's digits.
 *
 *     ae_mnist folder-with-idx-files out.png
 *
 * Trained on the first 20,000 pictures; those shown are of the last 10,000.
 */
#include <stdio.h>
#include <stdlib.h>

#include "autoencoder.h"
#include "draw.h"
#include "noise.h"
#include "read.h"

#define D 784
#define ROWS 20000
#define SHOWN 24
#define SD 0.5

static ae_model *train(const struct pictures *p, genmod_workspace *w)
{
    options o = {{AE_INPUT, "1x28x28"},
                 {AE_ENCODER,
                  "conv 16 k4 s2 p1; relu; conv 32 k4 s2 p1; relu; dense 128"},
                 {AE_LOSS, "bce"},
                 {AE_CORRUPTION, "gaussian"},
                 {AE_CORRUPTION_LEVEL, "0.5"},
                 {AE_EPOCHS, "8"},
                 {AE_BATCH_SIZE, "64"},
                 {AE_LEARNING_RATE, "0.002"},
                 {AE_SCHEDULE, "cosine"},
                 {AE_SCHEDULE_STEPS, "2504"},
                 {NULL, NULL}};
    ae_model *m = new_autoencoder(o, w);
    genmod_data *rows = NULL;
    need(genmod_data_new(&rows, w), w);
    need(genmod_data_set_rows(rows, GENMOD_U8, ROWS, D, p->x, 0, 0, w), w);
    need(genmod_data_set_scale(rows, 1.0 / 255, 0, w), w);
    need(ae_fit(m, rows, NULL, NULL, NULL, w), w);
    genmod_data_free(rows);
    return m;
}

static void draw_strip(figure *f, int at, const char *title, const double *kept,
                       const double *tiles)
{
    const double top = 102 + 112 * at;
    char text[96];
    if (tiles == kept)
        snprintf(text, sizeof text, "%s", title);
    else
        snprintf(text, sizeof text, "%s: %.1f dB", title,
                 psnr(SHOWN * D, kept, tiles, 1));
    draw_text(f, 32, top, 13, 1, draw_ink, text);
    draw_tiles(f, 32, top + 12, 2, SHOWN / 2, 28, 28, tiles, 1, 1.25, 4);
}

static void draw_sheet(const char *path, const double *const *set)
{
    static const char *const title[] = {"Digits it never saw", "With noise",
                                        "Median of 3 × 3 cells",
                                        "The denoising autoencoder"};
    figure *f =
        draw_new(2, 536, 578, "Noise, and ways to take it away",
                 "Noise of half of full ink; peak signal-to-noise ratio");
    for (int i = 0; i < 4; i++)
        draw_strip(f, i, title[i], set[0], set[i]);
    draw_text(f, 32, 556, 11, 0, draw_soft,
              "Data: MNIST, LeCun, Cortes and Burges");
    draw_save(f, path);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: ae_mnist folder out.png\n");
        return 2;
    }
    struct pictures p;
    genmod_context *c = NULL;
    genmod_workspace *w = NULL;
    read_mnist(argv[1], &p);
    expect(p.n >= ROWS + 10000, "more pictures");
    need(genmod_context_new(NULL, NULL, NULL, &c), NULL);
    need(genmod_context_set_threads(c, 2), NULL);
    need(genmod_workspace_new(c, &w), NULL);
    ae_model *m = train(&p, w);

    double *set[4];
    for (size_t i = 0; i < 4; i++)
        set[i] = memory(SHOWN * D, sizeof **set);
    for (size_t i = 0; i < SHOWN * D; i++)
        set[0][i] = p.x[(p.n - 10000) * D + i] / 255.0;
    add_noise(12, SHOWN * D, set[0], SD, 1, set[1]);
    for (size_t i = 0; i < SHOWN; i++)
        median_filter(28, 28, set[1] + i * D, set[2] + i * D);
    reconstruct(m, SHOWN, D, set[1], set[3]);
    draw_sheet(argv[2], (const double *const *)set);

    for (size_t i = 0; i < 4; i++)
        free(set[i]);
    ae_free(m);
    genmod_workspace_free(w);
    genmod_context_free(c);
    free_pictures(&p);
    return 0;
}
