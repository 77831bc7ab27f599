/* A rank of a real MPI, for run.py: networks that train over all ranks.
 *
 *     training train FAMILY STEPS SHARDS FILE   rank 0's checkpoint to FILE
 *     training time FAMILY STEPS SHARDS         seconds and bytes of a step
 *
 * FAMILY: denoiser, bound (a VAE), dcgan (batch norm in both players); with
 * `time` of a size that people train. */
#include <math.h>
#include <string.h>

#include "wire.h"

#define ROWS 1536
#define MOST ((size_t)1 << 26)

/* The calls of a family, and the model that is trained. */
typedef struct family {
    const char *name, *small, *large;
    size_t d[2]; /* columns, small and large */
    int32_t (*config_new)(genmod_config **, genmod_workspace *);
    int32_t (*create)(const genmod_config *, void **, genmod_workspace *);
    int32_t (*start)(void *, const genmod_data *, genmod_workspace *);
    int32_t (*step)(void *, const genmod_data *, genmod_workspace *);
    int32_t (*checkpoint)(const void *, size_t, void *, size_t *,
                          genmod_workspace *);
    void (*end)(void *);
} family;

#define FAMILY(f)                                                            \
    static int32_t f##_create(const genmod_config *c, void **out,            \
                              genmod_workspace *w)                           \
    {                                                                        \
        f##_model *m = NULL;                                                 \
        const int32_t status = f##_new(c, &m, w);                            \
        *out = m;                                                            \
        return status;                                                       \
    }                                                                        \
    static int32_t f##_begin(void *m, const genmod_data *x,                  \
                             genmod_workspace *w)                            \
    {                                                                        \
        return f##_start(m, x, w);                                           \
    }                                                                        \
    static int32_t f##_move(void *m, const genmod_data *x,                   \
                            genmod_workspace *w)                             \
    {                                                                        \
        return f##_step(m, x, w);                                            \
    }                                                                        \
    static int32_t f##_keep(const void *m, size_t cap, void *out, size_t *n, \
                            genmod_workspace *w)                             \
    {                                                                        \
        return f##_checkpoint(m, cap, out, n, w);                            \
    }                                                                        \
    static void f##_end(void *m)                                             \
    {                                                                        \
        f##_free(m);                                                         \
    }

FAMILY(ae)
FAMILY(vae)
FAMILY(gan)

#define CALLS(f) \
    f##_config_new, f##_create, f##_begin, f##_move, f##_keep, f##_end

static const family families[] = {
    {"denoiser",
     "encoder=dense 32; batchnorm; relu; dense 8 | decoder=dense 32; relu; "
     "dense 64 | "
     "corruption=gaussian | corruption_level=0.3 | batch_size=96",
     "encoder=dense 512; relu; dense 64 | decoder=dense 512; relu; "
     "dense 784 | "
     "corruption=gaussian | corruption_level=0.3 | batch_size=384",
     {64, 784},
     CALLS(ae)},
    {"bound",
     "code=5 | encoder=dense 32; relu | decoder=dense 32; relu | "
     "likelihood=gaussian | batch_size=96",
     "code=20 | encoder=dense 400; relu | decoder=dense 400; relu | "
     "likelihood=gaussian | batch_size=384",
     {64, 784},
     CALLS(vae)},
    {"dcgan",
     "input=1x8x8 | codes=6 | preset=dcgan | generator=dense 64; reshape "
     "4x4x4; batchnorm; relu; deconv 1 k4 s2 p1; tanh | discriminator=conv 4 "
     "k4 s2 p1; lrelu 0.2; conv 8 k4 s2 p1; batchnorm; lrelu 0.2; dense 1 | "
     "batch_size=96",
     "input=1x28x28 | preset=dcgan | batch_size=96",
     {64, 784},
     CALLS(gan)},
};

static const family *find(const char *name)
{
    for (size_t i = 0; i < sizeof families / sizeof *families; i++)
        if (!strcmp(name, families[i].name))
            return &families[i];
    fprintf(stderr, "no family %s\n", name);
    exit(2);
}

static void set(genmod_config *c, const char *options)
{
    char text[1000];
    char *rest = text;

    snprintf(text, sizeof text, "%s", options);
    while (rest) {
        char *const key = rest + strspn(rest, " "), *const is =
                                                        strchr(key, '=');

        rest = strchr(key, '|');
        if (rest) {
            rest[rest[-1] == ' ' ? -1 : 0] = '\0';
            rest++;
        }
        *is = '\0';
        need(genmod_config_set_str(c, key, is + 1, NULL), NULL);
    }
}

/* Rows that follow from their number alone, in -1 … 1. */
static float *make_rows(size_t first, size_t n, size_t d)
{
    float *const x = malloc(n * d * sizeof *x);

    for (size_t i = 0; x && i < n; i++)
        for (size_t j = 0; j < d; j++)
            x[i * d + j] = (float)sin((double)((first + i) % 97) * 0.13 *
                                      (double)(j % 11 + 1)) *
                           (float)cos((double)((first + i) * 31 % 53 + j));
    return x;
}

typedef struct job {
    const family *f;
    int large;
    int64_t steps;
    int rank, size;
    genmod_workspace *w;
} job;

static void keep(const job *b, const void *m, const char *path)
{
    char *const bytes = malloc(MOST);
    size_t n = 0;
    FILE *const f = b->rank == 0 ? fopen(path, "wb") : NULL;

    need(b->f->checkpoint(m, MOST, bytes, &n, b->w), b->w);
    if (b->rank == 0 && (!f || fwrite(bytes, 1, n, f) != n || fclose(f)))
        MPI_Abort(MPI_COMM_WORLD, 1);
    free(bytes);
}

static void time_steps(const job *b, void *m, const genmod_data *x, wire *t)
{
    double least = 1e9, wire_least = 1e9, cpu;

    need(b->f->step(m, x, b->w), b->w);
    *t = (wire){.mpi = t->mpi};
    cpu = processor();
    for (int64_t i = 0; i < b->steps; i++) {
        const double before = t->seconds;
        double start;

        MPI_Barrier(MPI_COMM_WORLD);
        start = MPI_Wtime();
        need(b->f->step(m, x, b->w), b->w);
        least = least_of(least, MPI_Wtime() - start);
        wire_least = least_of(wire_least, t->seconds - before);
    }
    cpu = processor() - cpu - t->cpu;
    if (b->rank == 0)
        printf("%s, ranks %d: least step %.6f s, least on the wire %.6f s, "
               "computing %.6f s of processor a step; bytes a step: sums "
               "%.0f, gathered %.0f\n",
               b->f->name, b->size, least, wire_least, cpu / (double)b->steps,
               t->sum_bytes / (double)b->steps,
               t->gather_bytes / (double)b->steps);
}

static void work(const job *b, int32_t shards, const char *path, wire *t)
{
    const size_t d = b->f->d[b->large];
    genmod_config *c = NULL;
    genmod_data *x = NULL;
    void *m = NULL;
    size_t first, n;
    float *rows;

    need(genmod_shard(ROWS, b->rank, b->size, shards, &first, &n), NULL);
    rows = make_rows(first, n, d);
    need(b->f->config_new(&c, NULL), NULL);
    set(c, b->large ? b->f->large : b->f->small);
    need(genmod_data_new(&x, NULL), NULL);
    need(genmod_data_set_rows(x, GENMOD_F32, n, d, rows, 0, 0, NULL), NULL);
    need(b->f->create(c, &m, b->w), b->w);
    need(b->f->start(m, x, b->w), b->w);
    if (path) {
        for (int64_t i = 0; i < b->steps; i++)
            need(b->f->step(m, x, b->w), b->w);
        keep(b, m, path);
    } else {
        time_steps(b, m, x, t);
    }
    b->f->end(m);
    genmod_data_free(x);
    genmod_config_free(c);
    free(rows);
}

int main(int argc, char **argv)
{
    const int is_time = argc > 4 && !strcmp(argv[1], "time");
    wire t = {.seconds = 0};
    genmod_context *c = NULL;
    job b;

    if (!is_time && argc < 6) {
        fprintf(stderr, "training train|time FAMILY STEPS SHARDS [FILE]\n");
        return 2;
    }
    b = (job){.f = find(argv[2]), .large = is_time, .steps = atoll(argv[3])};
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &b.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &b.size);
    need(genmod_context_new(NULL, NULL, NULL, &c), NULL);
    need(genmod_mpi_open(&t.mpi, MPI_COMM_WORLD, c), NULL);
    if (is_time)
        wire_open(&t, c, b.rank, b.size);
    need(genmod_context_set_shards(c, (int32_t)atoi(argv[4])), NULL);
    need(genmod_workspace_new(c, &b.w), NULL);
    work(&b, (int32_t)atoi(argv[4]), is_time ? NULL : argv[5], &t);
    genmod_workspace_free(b.w);
    genmod_context_free(c);
    genmod_mpi_close(&t.mpi);
    MPI_Finalize();
    return 0;
}
