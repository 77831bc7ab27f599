#include "digits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static genmod_data *view(const struct pictures *p, size_t first, size_t n)
{
    genmod_data *rows = NULL;
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_U8, n, D, p->x + first * D, 0, 0,
                              NULL),
         NULL);
    need(genmod_data_set_scale(rows, 1.0 / 255, 0, NULL), NULL);
    need(genmod_data_set_labels(rows, n, p->label + first, NULL), NULL);
    return rows;
}

void open_digits(const char *folder, size_t threads, struct digits *g)
{
    genmod_context *c = NULL;
    memset(g, 0, sizeof *g);
    read_mnist(folder, &g->p);
    expect(g->p.n > 2 * HELD, "more pictures");
    g->n = g->p.n - HELD;
    g->train = view(&g->p, 0, g->n);
    g->taught = view(&g->p, 0, g->n - HELD);
    g->held = view(&g->p, g->n, HELD);
    need(genmod_context_new(NULL, NULL, NULL, &c), NULL);
    need(genmod_context_set_threads(c, threads), NULL);
    need(genmod_workspace_new(c, &g->w), NULL);
    genmod_context_free(c);
}

void close_digits(struct digits *g)
{
    genmod_workspace_free(g->w);
    genmod_data_free(g->held);
    genmod_data_free(g->taught);
    genmod_data_free(g->train);
    free_pictures(&g->p);
}

genmod_data *view_ink(size_t n, const float *x)
{
    genmod_data *rows = NULL;
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_F32, n, D, x, 0, 0, NULL), NULL);
    return rows;
}

void cut_ink(size_t n, float *x)
{
    for (size_t i = 0; i < n * D; i++)
        x[i] = x[i] < 0 ? 0 : x[i] > 1 ? 1 : x[i];
}

unsigned char *read_file(const char *path, size_t *n)
{
    FILE *f = fopen(path, "rb");
    expect(f != NULL, path);
    expect(fseek(f, 0, SEEK_END) == 0, "a file with an end");
    const long size = ftell(f);
    expect(size > 0, "a file that is not empty");
    rewind(f);
    *n = (size_t)size;
    unsigned char *bytes = memory(*n, 1);
    expect(fread(bytes, 1, *n, f) == *n, "a whole file");
    fclose(f);
    return bytes;
}

void write_file(const char *path, size_t n, const void *bytes)
{
    FILE *f = fopen(path, "wb");
    expect(f != NULL, path);
    expect(fwrite(bytes, 1, n, f) == n && fclose(f) == 0, "room for the file");
}

static ae_model *new_classifier(const char *passes, genmod_workspace *w)
{
    char steps[32];
    snprintf(steps, sizeof steps, "%ld", atol(passes) * (40000 / 64));
    options o = {{AE_INPUT, "1x28x28"},
                 {AE_ENCODER, "conv 16 k5 p2; relu; maxpool 2; "
                              "conv 32 k5 p2; relu; maxpool 2; dense 64; relu"},
                 {AE_HEAD, "dropout 0.3"},
                 {AE_TARGET, "classes"},
                 {AE_CLASSES, "10"},
                 {AE_STANDARDISE, "0"},
                 {AE_BATCH_SIZE, "64"},
                 {AE_EPOCHS, passes},
                 {AE_SCHEDULE, "cosine"},
                 {AE_SCHEDULE_STEPS, steps},
                 {AE_SCHEDULE_FACTOR, "0"},
                 {NULL, NULL}};
    return new_autoencoder(o, w);
}

ae_model *train_classifier(const struct digits *g, const char *passes)
{
    ae_model *m = new_classifier(passes, g->w);
    need(ae_fit(m, g->taught, NULL, NULL, NULL, g->w), g->w);
    return m;
}

void save_classifier(const ae_model *m, const char *path)
{
    size_t n = 0;
    const int32_t status = ae_save(m, 0, NULL, &n, NULL);
    expect(status == GENMOD_TOO_SMALL, "a model with weights");
    void *bytes = memory(n, 1);
    need(ae_save(m, n, bytes, &n, NULL), NULL);
    write_file(path, n, bytes);
    free(bytes);
}

ae_model *load_classifier(const char *path, genmod_workspace *w)
{
    size_t n;
    unsigned char *bytes = read_file(path, &n);
    ae_model *m = NULL;
    need(ae_new(NULL, &m, w), w);
    need(ae_load(m, n, bytes, w), w);
    free(bytes);
    return m;
}

double accuracy(const ae_model *m, const struct digits *g)
{
    int32_t *out = memory(HELD, sizeof *out);
    size_t right = 0;
    need(ae_predict(m, g->held, HELD * sizeof *out, out, g->w), g->w);
    for (size_t i = 0; i < HELD; i++)
        right += out[i] == g->p.label[g->n + i];
    free(out);
    return (double)right / HELD;
}

double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}
