#define _POSIX_C_SOURCE 200809L
#include "digits.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/base.h"

#define BITS_SEED 12345 /* as digits.py has it */

static genmod_data *view(size_t n, const uint8_t *x, double scale)
{
    genmod_data *rows = NULL;
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_U8, n, D, x, 0, 0, NULL), NULL);
    need(genmod_data_set_scale(rows, scale, 0, NULL), NULL);
    return rows;
}

/* digits.py's rule: bit (i, j) is 1 where a uniform number is below the ink. */
static void draw_held(struct digits *g)
{
    const uint8_t *x = g->p.x + g->n * D;
    uint32_t word[4];
    for (size_t i = 0; i < HELD; i++)
        for (uint32_t j = 0; j < D; j++) {
            base_random(BITS_SEED, i, j, 0, word);
            g->bits[i * D + j] =
                base_uniform(word[0], word[1]) < x[i * D + j] / 255.0;
        }
}

/* Four cells of each block of the stream (seed, pass). */
static int32_t redraw(size_t n, const int64_t *rows, void *x, double *weights,
                      int32_t *labels, void *user)
{
    const struct digits *g = user;
    uint8_t *to = x;
    uint32_t word[4];
    (void)weights;
    (void)labels;
    for (size_t i = 0; i < n; i++) {
        const uint8_t *ink = g->p.x + (size_t)rows[i] * D;
        for (uint32_t j = 0; j < D; j++) {
            if (j % 4 == 0)
                base_random(g->seed, (uint64_t)rows[i], (uint32_t)g->pass,
                            j / 4, word);
            *to++ = word[j % 4] / 4294967296.0 < ink[j] / 255.0;
        }
    }
    return 0;
}

void open_digits(const char *folder, size_t threads, struct digits *g)
{
    genmod_context *c = NULL;
    memset(g, 0, sizeof *g);
    read_mnist(folder, &g->p);
    expect(g->p.n > 2 * HELD, "more pictures");
    g->n = g->p.n - HELD;
    g->bits = memory(HELD * D, 1);
    draw_held(g);
    g->grey = view(g->n, g->p.x, 1 / 255.0);
    g->grey_held = view(HELD, g->p.x + g->n * D, 1 / 255.0);
    g->bits_held = view(HELD, g->bits, 1);
    need(genmod_data_new(&g->redrawn, NULL), NULL);
    need(
        genmod_data_set_source(g->redrawn, GENMOD_U8, g->n, D, redraw, g, NULL),
        NULL);
    need(genmod_context_new(NULL, NULL, NULL, &c), NULL);
    need(genmod_context_set_threads(c, threads), NULL);
    need(genmod_workspace_new(c, &g->w), NULL);
    genmod_context_free(c);
}

void close_digits(struct digits *g)
{
    genmod_workspace_free(g->w);
    genmod_data_free(g->grey);
    genmod_data_free(g->grey_held);
    genmod_data_free(g->bits_held);
    genmod_data_free(g->redrawn);
    free(g->bits);
    free_pictures(&g->p);
}

genmod_data *some_bits(const struct digits *g, size_t n)
{
    return view(n, g->bits, 1);
}

genmod_data *some_greys(const struct digits *g, size_t n)
{
    return view(n, g->p.x, 1 / 255.0);
}

static void apply(genmod_config *c, settings s)
{
    for (; *s; s += 2)
        need(genmod_config_set_str(c, s[0], s[1], NULL), NULL);
}

vae_model *new_vae(settings s, genmod_workspace *w)
{
    genmod_config *c = NULL;
    vae_model *m = NULL;
    need(vae_config_new(&c, w), w);
    apply(c, s);
    need(vae_new(c, &m, w), w);
    genmod_config_free(c);
    return m;
}

void set_vae(vae_model *m, settings s)
{
    genmod_config *c = NULL;
    need(vae_config_new(&c, NULL), NULL);
    need(vae_get_config(m, c, NULL), NULL);
    apply(c, s);
    need(vae_configure(m, c, NULL), NULL);
    genmod_config_free(c);
}

void load_weights(vae_model *m, const char *path)
{
    FILE *f = fopen(path, "rb");
    expect(f != NULL, "a file of weights");
    for (size_t i = 0; vae_params_key(m, i); i++) {
        const char *name = vae_params_key(m, i);
        size_t n = 0;
        int32_t status = vae_get_params(m, name, 0, NULL, &n, NULL);
        double *x = memory(n, sizeof *x);
        expect(status == GENMOD_TOO_SMALL && fread(x, sizeof *x, n, f) == n,
               "as many weights as the model has");
        need(vae_set_params(m, name, n, x, NULL), NULL);
        free(x);
    }
    expect(fgetc(f) == EOF, "no more weights than the model has");
    fclose(f);
}

double mean(size_t n, const double *x)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i];
    return sum / (double)n;
}

double held_loss(const vae_model *m, const genmod_data *x, size_t n,
                 size_t draws, double *reconstruction, double *kl,
                 genmod_workspace *w)
{
    double *parts = memory(3 * n, sizeof *parts);
    need(vae_elbo(m, x, 1, draws, n * sizeof *parts, parts, parts + n,
                  parts + 2 * n, w),
         w);
    const double loss = -mean(n, parts);
    if (reconstruction)
        *reconstruction = mean(n, parts + n);
    if (kl)
        *kl = mean(n, parts + 2 * n);
    free(parts);
    return loss;
}

double held_bound(const vae_model *m, const genmod_data *x, size_t n,
                  size_t draws, double *error, genmod_workspace *w)
{
    double *rows = memory(n, sizeof *rows), squares = 0;
    need(vae_log_likelihood(m, x, 1, draws, n * sizeof *rows, rows, NULL, w),
         w);
    const double bound = mean(n, rows);
    for (size_t i = 0; i < n; i++)
        squares += (rows[i] - bound) * (rows[i] - bound);
    if (error)
        *error = sqrt(squares / (double)(n - 1) / (double)n);
    free(rows);
    return -bound;
}

size_t active_codes(const vae_model *m, const genmod_data *x, size_t n,
                    genmod_workspace *w)
{
    const size_t z = vae_code_size(m);
    double *codes = memory(n * z, sizeof *codes);
    size_t active = 0;
    need(vae_encode(m, x, GENMOD_F64, n * z * sizeof *codes, codes, NULL, w),
         w);
    for (size_t j = 0; j < z; j++) {
        double sum = 0, squares = 0;
        for (size_t i = 0; i < n; i++) {
            sum += codes[i * z + j];
            squares += codes[i * z + j] * codes[i * z + j];
        }
        sum /= (double)n;
        active += squares / (double)n - sum * sum > 0.01;
    }
    free(codes);
    return active;
}

double seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}
