/* Whole games through the public calls, for race.sh: a turn is the updates of D
 * before one of G, and that, with reading the rows and the report.
 *
 *     race_gan CASE BATCH THREADS
 *
 * Reads numbers of turns from standard input, answers with seconds: of the
 * processor with one thread, else of the clock. At the end it says how many
 * parameters the players have, for the peers' to be compared with.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "game.h"
#include "genmod/genmod.h"

#define BATCHES 16 /* of rows that there are */

struct contest {
    const char *name, *options;
    size_t d;
    int updates; /* of D, a turn */
};

/* Radford et al. 2016 at 32 x 32, base 64, but for the last tanh: what
 * "standardise" gives is not within 1. */
#define DCGAN                                                               \
    "preset=dcgan | input=3x32x32 | codes=100 | generator=reshape "         \
    "100x1x1; deconv 256 k4 nobias; batchnorm; relu; deconv 128 k4 s2 p1 "  \
    "nobias; batchnorm; relu; deconv 64 k4 s2 p1 nobias; batchnorm; relu; " \
    "deconv 3 k4 s2 p1 | discriminator=conv 64 k4 s2 p1; lrelu 0.2; conv "  \
    "128 k4 s2 p1 nobias; batchnorm; lrelu 0.2; conv 256 k4 s2 p1 nobias; " \
    "batchnorm; lrelu 0.2; conv 1 k4"

static const struct contest contests[] = {
    {"dcgan", DCGAN, 3 * 32 * 32, 1},
    {"wgan-gp", "preset=wgan-gp", 2, 5},
    {"wgan-gp-28", "preset=wgan-gp | input=1x28x28", 784, 5},
    {"auto", "preset=auto", 2, 1},
    {"auto-28", "preset=auto | input=1x28x28", 784, 1},
};

static const struct contest *find(const char *name)
{
    for (size_t i = 0; i < sizeof contests / sizeof *contests; i++)
        if (!strcmp(contests[i].name, name))
            return &contests[i];
    game_fail(name, "no such game");
    return NULL;
}

static double now(size_t threads)
{
    struct timespec t;
    clock_gettime(threads == 1 ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC,
                  &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Numbers that a player of such a name learns. */
static size_t parameters(const gan_model *m, const char *player)
{
    size_t sum = 0, n;
    const char *key;
    for (size_t i = 0; (key = gan_params_key(m, i)); i++) {
        if (strncmp(key, player, strlen(player)) || strstr(key, ".running_"))
            continue;
        if (gan_get_params(m, key, 0, NULL, &n, NULL) == GENMOD_TOO_SMALL)
            sum += n;
    }
    return sum;
}

static void show_memory(void)
{
    char line[256];
    FILE *const f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, "VmHWM", 5))
            printf("%s", line);
    if (f)
        fclose(f);
}

static genmod_workspace *work_of(size_t threads)
{
    genmod_context *context = NULL;
    genmod_workspace *w = NULL;
    game_need(genmod_context_new(NULL, NULL, NULL, &context), NULL);
    game_need(genmod_context_set_threads(context, threads), NULL);
    game_need(genmod_workspace_new(context, &w), NULL);
    genmod_context_free(context);
    return w;
}

int main(int argc, char **argv)
{
    char line[64], options[1000];
    uint64_t s = 7;
    if (argc < 4)
        return 1;
    const struct contest *const c = find(argv[1]);
    const size_t threads = (size_t)atol(argv[3]);
    const size_t n = BATCHES * (size_t)atol(argv[2]);
    genmod_workspace *const w = work_of(threads);
    double *const x = malloc(n * c->d * sizeof *x);
    for (size_t i = 0; i < n * c->d; i++)
        x[i] = game_normal(&s);
    genmod_data *const v = game_view(n, c->d, x);
    snprintf(options, sizeof options, "%s | batch_size=%s", c->options,
             argv[2]);
    gan_model *const m = game_model(options);
    game_need(gan_start(m, v, w), w);
    while (fgets(line, sizeof line, stdin)) {
        const long steps = atol(line) * c->updates;
        const double start = now(threads);
        for (long i = 0; i < steps; i++)
            game_need(gan_step(m, v, w), w);
        printf("%.9f\n", now(threads) - start);
        fflush(stdout);
    }
    printf("parameters %zu %zu\n", parameters(m, "generator"),
           parameters(m, "discriminator") + parameters(m, "head"));
    show_memory();
    gan_free(m);
    genmod_data_free(v);
    genmod_workspace_free(w);
    free(x);
    return 0;
}
