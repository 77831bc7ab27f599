/* What a game makes of mixtures of narrow modes: how many of them it finds, how
 * much of what it makes lies in one, and how evenly.
 *
 *     gan_modes ring|wide|grid seed ["key=value | key=value"]
 *
 * ring: 8 modes of deviation 0.01 on the unit circle; wide: the same of 0.1,
 * for short games; grid: 25 of 0.05 at the whole even numbers from -4 to 4 (Lin
 * et al. 2018, section 4.1): 100,000 rows to train on and 2,500 to judge. High
 * quality: within 3 deviations of the nearest mode, which a perfect generator
 * is in 98.89 % of rows. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "game.h"

#define ROWS 100000
#define SAMPLES 2500
#define MOST 25

typedef struct mixture {
    size_t k;
    double mean[MOST][2], deviation;
} mixture;

static mixture mixture_of(const char *name)
{
    mixture m = {0};
    if (strcmp(name, "grid") != 0) {
        m.k = 8;
        m.deviation = strcmp(name, "wide") == 0 ? 0.1 : 0.01;
        for (size_t i = 0; i < 8; i++) {
            m.mean[i][0] = cos(2 * M_PI * (double)i / 8);
            m.mean[i][1] = sin(2 * M_PI * (double)i / 8);
        }
        return m;
    }
    m.k = 25;
    m.deviation = 0.05;
    for (size_t i = 0; i < 25; i++) {
        m.mean[i][0] = 2 * (double)(i / 5) - 4;
        m.mean[i][1] = 2 * (double)(i % 5) - 4;
    }
    return m;
}

static void draw(const mixture *m, uint64_t seed, size_t n, double *x)
{
    uint64_t s = seed * 2654435769u + 12345;
    for (size_t i = 0; i < n; i++) {
        const double *const mean = m->mean[i % m->k];
        const double r = sqrt(-2 * log(game_uniform(&s)));
        const double a = 2 * M_PI * game_uniform(&s);
        x[2 * i] = mean[0] + m->deviation * r * cos(a);
        x[2 * i + 1] = mean[1] + m->deviation * r * sin(a);
    }
}

typedef struct score {
    size_t modes;
    double good, kl, least, most; /* deviations of modes over the true one */
} score;

static score judge(const mixture *m, const double *x)
{
    double count[MOST] = {0}, squares[MOST] = {0}, all = 0;
    score s = {.least = INFINITY};
    for (size_t i = 0; i < SAMPLES; i++) {
        double best = INFINITY;
        size_t at = 0;
        for (size_t j = 0; j < m->k; j++) {
            const double d =
                hypot(x[2 * i] - m->mean[j][0], x[2 * i + 1] - m->mean[j][1]);
            if (d < best) {
                best = d;
                at = j;
            }
        }
        if (best > 3 * m->deviation)
            continue;
        count[at]++;
        squares[at] += best * best / 2;
        all++;
    }
    for (size_t j = 0; j < m->k; j++) {
        const double p = count[j] / all;
        const double ratio = sqrt(squares[j] / count[j]) / m->deviation;
        s.modes += count[j] > 0;
        s.kl += p > 0 ? p * log(p * (double)m->k) : 0;
        if (count[j] > 0) {
            s.least = ratio < s.least ? ratio : s.least;
            s.most = ratio > s.most ? ratio : s.most;
        }
    }
    s.good = all / SAMPLES;
    return s;
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

int main(int argc, char **argv)
{
    if (argc < 3)
        game_fail("usage", "gan_modes ring|wide|grid seed [options]");
    const mixture m = mixture_of(argv[1]);
    double *const x = malloc(ROWS * 2 * sizeof *x);
    double *const y = malloc(SAMPLES * 2 * sizeof *y);
    genmod_context *context = NULL;
    genmod_workspace *w = NULL;
    genmod_config *c = NULL;
    genmod_data *v = NULL;
    gan_model *g = NULL;
    game_need(genmod_context_new(NULL, NULL, NULL, &context), NULL);
    game_need(
        genmod_context_set_threads(
            context, getenv("THREADS") ? (size_t)atoi(getenv("THREADS")) : 2),
        NULL);
    game_need(genmod_workspace_new(context, &w), NULL);
    draw(&m, 1 + (uint64_t)atoi(argv[2]), ROWS, x);
    game_need(genmod_data_new(&v, w), w);
    game_need(genmod_data_set_rows(v, GENMOD_F64, ROWS, 2, x, 0, 0, w), w);
    game_need(gan_config_new(&c, w), w);
    game_need(genmod_config_set_str(c, GAN_SEED, argv[2], w), w);
    if (argc > 3)
        game_options(c, argv[3], w);
    game_need(gan_new(c, &g, w), w);
    const double start = now();
    game_need(gan_fit(g, v, NULL, NULL, NULL, w), w);
    const double seconds = now() - start;
    game_need(gan_sample(g, 7, 0, SAMPLES, NULL, GENMOD_F64,
                         SAMPLES * 2 * sizeof *y, y, w),
              w);
    const score s = judge(&m, y);
    printf("%s seed %s: %zu modes, %.2f %% of high quality, reverse KL %.4f, "
           "deviations %.2f to %.2f, %.0f s  %s\n",
           argv[1], argv[2], s.modes, 100 * s.good, s.kl, s.least, s.most,
           seconds, argc > 3 ? argv[3] : "");
    gan_free(g);
    genmod_data_free(v);
    genmod_config_free(c);
    genmod_workspace_free(w);
    genmod_context_free(context);
    free(x);
    free(y);
    return 0;
}
