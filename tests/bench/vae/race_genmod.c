/* Training steps through the public calls, for race.sh: vae_step(), and
 * ae_step() of the deep autoencoder, whole with reading the rows.
 *
 *     race_vae CASE BATCH THREADS
 *
 * Reads numbers of steps from standard input, answers with seconds. The cases
 * are those of ../train/race_torch.py.
 */
#define _POSIX_C_SOURCE 200809L
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <genmod/genmod.h>

#define BATCHES 16 /* of rows that there are */
#define MIXED 35

typedef const char *const settings[][2];

struct contest {
    size_t batch, d;
    const char *number; /* the batch as text */
    float *x;
    genmod_data *rows;
    vae_model *vae;
    ae_model *ae;
    genmod_workspace *w;
};

static void must(int32_t status, const genmod_workspace *w)
{
    if (status) {
        fprintf(stderr, "%s: %s\n", genmod_status_name(status),
                genmod_workspace_error(w));
        exit(1);
    }
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double uniform(void)
{
    static uint64_t state = 7;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (double)(state >> 11) / 9007199254740992.0;
}

static void show(struct contest *c, size_t d)
{
    c->d = d;
    c->x = calloc(BATCHES * c->batch * d, sizeof *c->x);
    must(c->x ? 0 : GENMOD_NO_MEMORY, c->w);
    must(genmod_data_new(&c->rows, c->w), c->w);
    must(genmod_data_set_rows(c->rows, GENMOD_F32, BATCHES * c->batch, d, c->x,
                              0, 0, c->w),
         c->w);
}

/* Greys, or bits of which a share is 1. */
static void pictures(struct contest *c, double share)
{
    show(c, 784);
    for (size_t i = 0; i < BATCHES * c->batch * 784; i++) {
        const double u = uniform();
        c->x[i] = share > 0 ? (float)(u < share) : (float)u;
    }
}

/* 20 real columns, 10 of 5 levels, 5 counts. */
static void table(struct contest *c)
{
    static int32_t kinds[MIXED], levels[MIXED];
    show(c, MIXED);
    for (size_t j = 0; j < MIXED; j++) {
        kinds[j] = j < 20   ? GENMOD_REAL
                   : j < 30 ? GENMOD_CATEGORICAL
                            : GENMOD_COUNT;
        levels[j] = 5;
    }
    for (size_t i = 0; i < BATCHES * c->batch * MIXED; i++) {
        const size_t j = i % MIXED;
        const double u = uniform();
        c->x[i] =
            j < 20 ? (float)(4 * u - 2) : (float)floor(j < 30 ? 5 * u : 9 * u);
    }
    must(genmod_data_set_schema(c->rows, MIXED, kinds, levels, c->w), c->w);
}

static void apply(genmod_config *o, settings s, const struct contest *c)
{
    for (size_t i = 0; s[i][0]; i++)
        must(genmod_config_set_str(o, s[i][0], s[i][1], c->w), c->w);
    must(genmod_config_set_str(o, "batch_size", c->number, c->w), c->w);
}

static void make_vae(struct contest *c, settings s)
{
    genmod_config *o = NULL;
    must(vae_config_new(&o, c->w), c->w);
    apply(o, s, c);
    must(vae_new(o, &c->vae, c->w), c->w);
    must(vae_start(c->vae, c->rows, c->w), c->w);
    genmod_config_free(o);
}

static void make_deep(struct contest *c)
{
    settings s = {{"encoder", "dense 1000; relu; dense 500; relu; dense 250; "
                              "relu; dense 30"},
                  {"loss", "bce"},
                  {NULL, NULL}};
    genmod_config *o = NULL;
    pictures(c, 0);
    must(ae_config_new(&o, c->w), c->w);
    apply(o, s, c);
    must(ae_new(o, &c->ae, c->w), c->w);
    must(ae_start(c->ae, c->rows, c->w), c->w);
    genmod_config_free(o);
}

static void make(struct contest *c, const char *name)
{
    settings dense = {{"encoder", "dense 400; relu"},
                      {"decoder", "dense 400; relu"},
                      {"code", "20"},
                      {"likelihood", "bernoulli"},
                      {NULL, NULL}};
    settings iwae = {{"encoder", "dense 200; tanh; dense 200; tanh"},
                     {"decoder", "dense 200; tanh; dense 200; tanh"},
                     {"code", "50"},
                     {"likelihood", "bernoulli"},
                     {"objective", "iwae"},
                     {"samples", "5"},
                     {NULL, NULL}};
    settings conv = {{"input", "1x28x28"},
                     {"encoder", "conv 32 k4 s2 p1; relu; conv 64 k4 s2 p1; "
                                 "relu; flatten; dense 256; relu"},
                     {"decoder", "dense 256; relu; dense 3136; relu; reshape "
                                 "64x7x7; deconv 32 k4 s2 p1; relu; deconv 1 "
                                 "k4 s2 p1"},
                     {"code", "16"},
                     {"likelihood", "bernoulli"},
                     {NULL, NULL}};
    settings mixed = {{"encoder", "dense 128; relu"},
                      {"decoder", "dense 128; relu"},
                      {"code", "8"},
                      {NULL, NULL}};
    if (!strcmp(name, "deep")) {
        make_deep(c);
        return;
    }
    if (!strcmp(name, "mixed"))
        table(c);
    else
        pictures(c, strcmp(name, "iwae") ? 0 : 0.13);
    make_vae(c, !strcmp(name, "mixed")     ? mixed
                : !strcmp(name, "iwae")    ? iwae
                : !strcmp(name, "convvae") ? conv
                                           : dense);
}

static void show_memory(void)
{
    char line[256];
    FILE *const f = fopen("/proc/self/status", "r");
    while (f && fgets(line, sizeof line, f))
        if (!strncmp(line, "VmHWM", 5) || !strncmp(line, "VmRSS", 5))
            printf("%s", line);
    if (f)
        fclose(f);
}

int main(int argc, char **argv)
{
    struct contest c = {0};
    genmod_context *context;
    char line[64];
    if (argc < 4)
        return 1;
    c.number = argv[2];
    c.batch = (size_t)atol(argv[2]);
    must(genmod_context_new(NULL, NULL, NULL, &context), NULL);
    must(genmod_context_set_threads(context, (size_t)atol(argv[3])), NULL);
    must(genmod_workspace_new(context, &c.w), NULL);
    genmod_context_free(context);
    make(&c, argv[1]);
    while (fgets(line, sizeof line, stdin)) {
        const long steps = atol(line);
        const double start = now();
        for (long i = 0; i < steps; i++)
            must(c.vae ? vae_step(c.vae, c.rows, c.w)
                       : ae_step(c.ae, c.rows, c.w),
                 c.w);
        printf("%.9f\n", now() - start);
        fflush(stdout);
    }
    show_memory();
    return 0;
}
