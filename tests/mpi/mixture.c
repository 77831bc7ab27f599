/* A rank of a real MPI, for run.py: a mixture over all ranks, or something that
 * goes wrong on one of them.
 *
 *     mixture fit ROWS COMPONENTS ITERATIONS SHARDS FILE   parameters to FILE
 *     mixture time ROWS COMPONENTS ITERATIONS SHARDS       seconds and bytes
 *     mixture nan | cancel | option | columns | type | shards | die
 *
 * The last ones print a line a rank, "1 -7 rank 1: …": rank, status, text. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "wire.h"

#define D ((size_t)16)

typedef struct job {
    const char *mode;
    int64_t rows, components;
    size_t first, count;
    int rank, size, odd, reads;
    double *x; /* [count, D] */
    genmod_workspace *w;
} job;

/* ---- rows -----------------------------------------------------------------
 */

static double uniform(uint64_t v)
{
    v += UINT64_C(0x9e3779b97f4a7c15);
    v = (v ^ v >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    v = (v ^ v >> 27) * UINT64_C(0x94d049bb133111eb);
    return (double)((v ^ v >> 31) >> 11) / 9007199254740992.0;
}

/* Clusters that overlap a little; a row is made of its number alone. */
static void make_row(int64_t i, int64_t clusters, double *x)
{
    const uint64_t j = (uint64_t)(i % clusters);

    for (uint64_t c = 0; c < D; c++) {
        double noise = 0;

        for (uint64_t u = 0; u < 4; u++)
            noise += uniform((uint64_t)i * 64 + c * 4 + u) - 0.5;
        x[c] = 2.5 * uniform(1000003 * j + c) + noise;
    }
}

static int32_t read_rows(size_t n, const int64_t *rows, void *x,
                         double *weights, int32_t *labels, void *user)
{
    job *const b = user;

    (void)weights, (void)labels;
    for (size_t i = 0; i < n; i++)
        memcpy((double *)x + i * D, b->x + (size_t)rows[i] * D,
               D * sizeof(double));
    if (b->odd && strcmp(b->mode, "die") == 0 && b->reads++ > 4)
        _exit(3);
    if (b->odd && strcmp(b->mode, "cancel") == 0)
        genmod_workspace_cancel(b->w);
    return 0;
}

static genmod_data *view(job *b)
{
    const int is_odd = b->odd;
    const size_t d = is_odd && !strcmp(b->mode, "columns") ? D - 1 : D;
    const int32_t type =
        is_odd && !strcmp(b->mode, "type") ? GENMOD_F32 : GENMOD_F64;
    genmod_data *x = NULL;

    b->x = malloc(b->count * D * sizeof *b->x);
    if (!b->x)
        MPI_Abort(MPI_COMM_WORLD, 1);
    for (size_t i = 0; i < b->count; i++)
        make_row((int64_t)(b->first + i), b->components, b->x + i * D);
    if (is_odd && !strcmp(b->mode, "nan"))
        b->x[b->count * D - 3] = (double)NAN;
    need(genmod_data_new(&x, NULL), NULL);
    if (!strcmp(b->mode, "fit") || !strcmp(b->mode, "time") || d != D ||
        type != GENMOD_F64)
        need(genmod_data_set_rows(x, type, b->count, d, b->x, 0, 0, NULL),
             NULL);
    else
        need(genmod_data_set_source(x, type, b->count, d, read_rows, b, NULL),
             NULL);
    return x;
}

/* ---- the fit --------------------------------------------------------------
 */

static gmm_model *model(const job *b, int64_t iterations)
{
    genmod_config *c = NULL;
    gmm_model *m = NULL;

    need(gmm_config_new(&c, NULL), NULL);
    need(genmod_config_set_i64(c, GMM_COMPONENTS, b->components, NULL), NULL);
    need(genmod_config_set_i64(c, GMM_MAX_ITERATIONS, iterations, NULL), NULL);
    need(genmod_config_set_f64(c, GMM_TOLERANCE, 0, NULL), NULL);
    if (b->odd && !strcmp(b->mode, "option"))
        need(genmod_config_set_i64(c, GMM_SEED, 5, NULL), NULL);
    need(gmm_new(c, &m, NULL), NULL);
    genmod_config_free(c);
    return m;
}

static void write_params(const gmm_model *m, const char *path)
{
    static const char *const names[] = {GMM_WEIGHTS, GMM_MEANS,
                                        GMM_COVARIANCES};
    FILE *const f = fopen(path, "wb");

    for (size_t i = 0; f && i < 3; i++) {
        size_t n = 0;
        double *v;

        (void)!gmm_get_params(m, names[i], 0, NULL, &n, NULL);
        v = malloc(n * sizeof *v);
        need(gmm_get_params(m, names[i], n, v, NULL, NULL), NULL);
        fwrite(v, sizeof *v, n, f);
        free(v);
    }
    if (!f || fclose(f))
        MPI_Abort(MPI_COMM_WORLD, 1);
}

/* The least time of an allreduce of n doubles, and of a head's allgather. */
static void time_wire(int rank, size_t n, double *room)
{
    double sums = 1e9, heads = 1e9;
    char head[40] = {0}, *const all = (char *)(room + n);

    for (int i = 0; i < 100; i++) {
        double start;

        MPI_Barrier(MPI_COMM_WORLD);
        start = MPI_Wtime();
        MPI_Allreduce(MPI_IN_PLACE, room, (int)n, MPI_DOUBLE, MPI_SUM,
                      MPI_COMM_WORLD);
        sums = least_of(sums, MPI_Wtime() - start);
        MPI_Barrier(MPI_COMM_WORLD);
        start = MPI_Wtime();
        MPI_Allgather(head, 40, MPI_BYTE, all, 40, MPI_BYTE, MPI_COMM_WORLD);
        heads = least_of(heads, MPI_Wtime() - start);
    }
    if (rank == 0)
        printf("  allreduce of %zu bytes %.2f us, head %.2f us\n", 8 * n,
               1e6 * sums, 1e6 * heads);
}

/* A step at a time, so that the start does not count. On a machine that others
 * use, too, the least times and the processor's say more than the mean. */
static void time_steps(job *b, gmm_model *m, const genmod_data *x,
                       int64_t steps, wire *t)
{
    double least = 1e9, wire_least = 1e9, start, cpu, first = processor();

    need(gmm_start(m, x, b->w), b->w);
    first = processor() - first - t->cpu;
    need(gmm_step(m, x, b->w), b->w);
    *t = (wire){.mpi = t->mpi};
    cpu = processor();
    for (int64_t i = 0; i < steps; i++) {
        const double before = t->seconds;

        MPI_Barrier(MPI_COMM_WORLD);
        start = MPI_Wtime();
        need(gmm_step(m, x, b->w), b->w);
        least = least_of(least, MPI_Wtime() - start);
        wire_least = least_of(wire_least, t->seconds - before);
    }
    cpu = processor() - cpu - t->cpu;
    if (b->rank == 0)
        printf("ranks %d: least step %.6f s, least on the wire %.6f s, "
               "computing %.6f s of processor a step, %.6f s the start; bytes "
               "a step: sums %.0f, heads %.0f\n",
               b->size, least, wire_least, cpu / (double)steps, first,
               t->sum_bytes / (double)steps, t->gather_bytes / (double)steps);
}

static void work(job *b, int64_t iterations, const char *path, wire *t)
{
    genmod_data *const x = view(b);
    gmm_model *const m = model(b, iterations);
    int32_t status;

    if (!strcmp(b->mode, "time")) {
        static const size_t sizes[] = {1, 1024, 4096, 16384, 131072, 1048576};
        double *const room = calloc(sizes[5] + 5 * 4096, sizeof *room);

        time_steps(b, m, x, iterations, t);
        for (size_t i = 0; i < 6; i++)
            time_wire(b->rank, sizes[i], room);
        free(room);
    } else {
        status = gmm_fit(m, x, NULL, NULL, b->w);
        if (path)
            need(status, b->w);
        else
            printf("%d %d %s\n", b->rank, (int)status,
                   genmod_workspace_error(b->w));
        if (path && b->rank == 0)
            write_params(m, path);
    }
    gmm_free(m);
    genmod_data_free(x);
    free(b->x);
}

int main(int argc, char **argv)
{
    const char *const mode = argc > 1 ? argv[1] : "";
    const int is_fit = argc > 6 && !strcmp(mode, "fit");
    const int is_time = argc > 5 && !strcmp(mode, "time");
    const int64_t rows = is_fit || is_time ? atoll(argv[2]) : 4000;
    const int64_t iterations = is_fit || is_time ? atoll(argv[4]) : 5;
    int32_t shards = is_fit || is_time ? (int32_t)atoi(argv[5]) : 0;
    wire t = {.seconds = 0};
    job b = {.mode = mode,
             .rows = rows,
             .components = is_fit || is_time ? atoll(argv[3]) : 3};
    genmod_context *c = NULL;

    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &b.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &b.size);
    b.odd = b.rank == 1;
    if (!strcmp(mode, "shards") && b.odd)
        shards = 12;
    need(genmod_shard(rows, b.rank, b.size, is_fit || is_time ? shards : 0,
                      &b.first, &b.count),
         NULL);
    need(genmod_context_new(NULL, NULL, NULL, &c), NULL);
    need(genmod_mpi_open(&t.mpi, MPI_COMM_WORLD, c), NULL);
    if (is_time)
        wire_open(&t, c, b.rank, b.size);
    need(genmod_context_set_shards(c, shards), NULL);
    need(genmod_workspace_new(c, &b.w), NULL);
    work(&b, iterations, is_fit ? argv[6] : NULL, &t);
    genmod_workspace_free(b.w);
    genmod_context_free(c);
    genmod_mpi_close(&t.mpi);
    MPI_Finalize();
    return 0;
}
