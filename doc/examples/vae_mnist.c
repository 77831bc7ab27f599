/* MNIST's digits drawn by a variational autoencoder, and by a plain one.
 *
 *     vae_mnist folder-with-idx-files out.png
 *
 * Trained on the first 20,000 pictures; those shown are of the last 10,000.
 */
#include <stdio.h>
#include <stdlib.h>

#include "draw.h"
#include "read.h"
#include "variational.h"

#define D 784
#define ROWS 20000
#define SHOWN 26
#define CODE 16

static genmod_data *view_pictures(const struct pictures *p, genmod_workspace *w)
{
    genmod_data *rows = NULL;
    need(genmod_data_new(&rows, w), w);
    need(genmod_data_set_rows(rows, GENMOD_U8, ROWS, D, p->x, 0, 0, w), w);
    need(genmod_data_set_scale(rows, 1.0 / 255, 0, w), w);
    return rows;
}

static vae_model *train(const genmod_data *rows, genmod_workspace *w)
{
    options o = {{VAE_ENCODER, "dense 400; relu"},
                 {VAE_CODE, "16"},
                 {VAE_LIKELIHOOD, "bernoulli"},
                 {VAE_EPOCHS, "12"},
                 {VAE_BATCH_SIZE, "64"},
                 {VAE_LEARNING_RATE, "0.002"},
                 {VAE_SCHEDULE, "cosine"},
                 {VAE_SCHEDULE_STEPS, "3756"},
                 {NULL, NULL}};
    vae_model *m = new_vae(o, w);
    need(vae_fit(m, rows, NULL, NULL, NULL, w), w);
    return m;
}

static ae_model *train_plain(const genmod_data *rows, genmod_workspace *w)
{
    options o = {{AE_ENCODER, "dense 400; relu; dense 16"},
                 {AE_LOSS, "bce"},
                 {AE_EPOCHS, "5"},
                 {AE_BATCH_SIZE, "64"},
                 {AE_LEARNING_RATE, "0.002"},
                 {NULL, NULL}};
    ae_model *m = new_autoencoder(o, w);
    need(ae_fit(m, rows, NULL, NULL, NULL, w), w);
    return m;
}

static void draw_sheet(const char *path, double *const *set)
{
    static const char *const title[] = {"Digits it never saw",
                                        "Given back from 16 numbers each",
                                        "New: z ~ N(0, I), through the decoder",
                                        "The same by a plain autoencoder"};
    figure *f = draw_new(2, 580, 578, "A variational autoencoder of MNIST",
                         "Its codes were made to follow the law that new ones "
                         "are drawn from");
    for (int i = 0; i < 4; i++) {
        const double top = 102 + 112 * i;
        draw_text(f, 32, top, 13, 1, draw_ink, title[i]);
        draw_tiles(f, 32, top + 12, 2, SHOWN / 2, 28, 28, set[i], 1, 1.25, 4);
    }
    draw_text(f, 32, 556, 11, 0, draw_soft,
              "Data: MNIST, LeCun, Cortes and Burges");
    draw_save(f, path);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: vae_mnist folder out.png\n");
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
    genmod_data *rows = view_pictures(&p, w);
    vae_model *m = train(rows, w);
    ae_model *plain = train_plain(rows, w);

    double *set[4], z[SHOWN * CODE];
    for (size_t i = 0; i < 4; i++)
        set[i] = memory(SHOWN * D, sizeof **set);
    for (size_t i = 0; i < SHOWN * D; i++)
        set[0][i] = p.x[(p.n - 10000) * D + i] / 255.0;
    reconstruct_vae(m, SHOWN, D, set[0], set[1]);
    normals(6, SHOWN * CODE, z);
    decode_vae(m, SHOWN, z, set[2]);
    decode(plain, SHOWN, z, set[3]);
    draw_sheet(argv[2], set);

    for (size_t i = 0; i < 4; i++)
        free(set[i]);
    ae_free(plain);
    vae_free(m);
    genmod_data_free(rows);
    genmod_workspace_free(w);
    genmod_context_free(c);
    free_pictures(&p);
    return 0;
}
