/* What a game makes of the simulated tables of SDGym (Xu et al. 2019, section
 * 5.1): mixtures of normals of variance 0.05 in two columns.
 *
 *     gan_sdgym grid|gridr|ring seed folder ["key=value | key=value"]
 *
 * writes means.f64 [k, 2], train.f64, test.f64 and made.f64 [10000, 2] to the
 * folder, for sdgym.py to judge. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "genmod/gan.h"

#define ROWS 10000
#define MOST 25
#define VARIANCE 0.05

/* How far the means of gridr are from those of grid: uniform from -0.5 to 0.5,
 * once and for all. */
static const double offsets[MOST][2] = {
    {0.13, -0.41},  {-0.27, 0.36}, {0.48, 0.09},   {-0.05, -0.18},
    {0.31, 0.44},   {-0.46, 0.22}, {0.17, -0.33},  {0.02, 0.49},
    {-0.38, -0.07}, {0.26, 0.15},  {-0.12, -0.45}, {0.41, -0.24},
    {-0.22, 0.03},  {0.06, 0.28},  {-0.49, -0.36}, {0.35, 0.11},
    {-0.15, 0.40},  {0.23, -0.02}, {-0.33, -0.29}, {0.45, 0.19},
    {-0.08, -0.48}, {0.11, 0.33},  {-0.42, 0.06},  {0.29, -0.14},
    {-0.19, 0.47}};

typedef struct mixture {
    size_t k;
    double mean[MOST][2];
} mixture;

static void fail(const char *what, const char *why)
{
    fprintf(stderr, "%s: %s\n", what, why);
    exit(1);
}

static void need(int32_t status, genmod_workspace *w)
{
    if (status)
        fail("gan_sdgym", genmod_workspace_error(w));
}

static mixture mixture_of(const char *name)
{
    const int moved = strcmp(name, "gridr") == 0;
    mixture m = {.k = MOST};
    for (size_t i = 0; i < MOST; i++)
        for (size_t j = 0; j < 2; j++)
            m.mean[i][j] = 2 * (double)(j ? i % 5 : i / 5) - 4 +
                           (moved ? offsets[i][j] : 0);
    if (strcmp(name, "ring") != 0)
        return m;
    m.k = 8;
    for (size_t i = 0; i < 8; i++) {
        m.mean[i][0] = cos(2 * M_PI * (double)i / 8);
        m.mean[i][1] = sin(2 * M_PI * (double)i / 8);
    }
    return m;
}

static double uniform(uint64_t *s)
{
    *s = *s * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*s >> 11) + 0.5) / 9007199254740992.0;
}

static void draw(const mixture *m, uint64_t seed, double x[ROWS][2])
{
    uint64_t s = seed * 2654435769u + 12345;
    for (size_t i = 0; i < ROWS; i++) {
        const double *const mean =
            m->mean[(size_t)(uniform(&s) * (double)m->k)];
        const double r = sqrt(-2 * VARIANCE * log(uniform(&s)));
        const double a = 2 * M_PI * uniform(&s);
        x[i][0] = mean[0] + r * cos(a);
        x[i][1] = mean[1] + r * sin(a);
    }
}

static void write(const char *folder, const char *name, size_t n,
                  const double *x)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.f64", folder, name);
    FILE *const f = fopen(path, "wb");
    if (!f || fwrite(x, sizeof *x, n, f) != n || fclose(f))
        fail(path, "cannot write it");
}

static void set_options(genmod_config *c, char *text)
{
    for (char *at = text, *end; at; at = end) {
        char *value;
        end = strstr(at, " | ");
        if (end) {
            *end = '\0';
            end += 3;
        }
        value = strchr(at, '=');
        if (!value)
            fail(at, "key=value it must be");
        *value++ = '\0';
        if (genmod_config_set_str(c, at, value, NULL))
            fail(at, value);
    }
}

int main(int argc, char **argv)
{
    static double x[ROWS][2], held[ROWS][2], made[ROWS][2];
    genmod_config *c;
    genmod_data *rows;
    genmod_workspace *w;
    gan_model *m;
    mixture law;
    struct timespec from, to;
    if (argc < 4)
        fail("gan_sdgym", "grid|gridr|ring seed folder [\"key=value | ...\"]");
    law = mixture_of(argv[1]);
    draw(&law, strtoull(argv[2], NULL, 10), x);
    draw(&law, strtoull(argv[2], NULL, 10) + 1000, held);
    need(genmod_workspace_new(NULL, &w), NULL);
    need(gan_config_new(&c, w), w);
    need(genmod_config_set_str(c, GAN_SEED, argv[2], w), w);
    if (argc > 4)
        set_options(c, argv[4]);
    need(gan_new(c, &m, w), w);
    need(genmod_data_new(&rows, w), w);
    need(genmod_data_set_rows(rows, GENMOD_F64, ROWS, 2, x, 0, 0, w), w);
    clock_gettime(CLOCK_MONOTONIC, &from);
    need(gan_fit(m, rows, NULL, NULL, NULL, w), w);
    clock_gettime(CLOCK_MONOTONIC, &to);
    need(gan_sample(m, 1, 0, ROWS, NULL, GENMOD_F64, sizeof made, made, w), w);
    printf("%s seed %s: %.0f s\n", argv[1], argv[2],
           (double)(to.tv_sec - from.tv_sec) +
               1e-9 * (double)(to.tv_nsec - from.tv_nsec));
    write(argv[3], "means", 2 * law.k, law.mean[0]);
    write(argv[3], "train", 2 * ROWS, x[0]);
    write(argv[3], "test", 2 * ROWS, held[0]);
    write(argv[3], "made", 2 * ROWS, made[0]);
    genmod_data_free(rows);
    genmod_config_free(c);
    gan_free(m);
    genmod_workspace_free(w);
    return 0;
}
