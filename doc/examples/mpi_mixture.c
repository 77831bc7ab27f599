/* A mixture over the processes of an MPI, each of which streams its share of
 * the rows through a row source in bounded memory:
 *
 *     mpicc mpi_mixture.c -lgenmod -o mpi_mixture && mpirun -n 4 ./mpi_mixture
 *
 * With 12 shards 1, 2, 3, 4, 6 or 12 processes print the same digits. */
#include <stdio.h>
#include <stdlib.h>

#include <genmod/genmod.h>
#include <genmod/with_mpi.h>

#define ROWS 60000
#define D 2
#define K 3
#define SHARDS 12
#define MEMORY (16u << 20) /* bytes that the library may hold at a time */

static void need(int32_t status, const genmod_workspace *w)
{
    if (status == GENMOD_OK)
        return;
    fprintf(stderr, "%s: %s\n", genmod_status_name(status),
            genmod_workspace_error(w));
    MPI_Abort(MPI_COMM_WORLD, 1);
}

/* Row i of all rows; a program would seek in its file. */
static void make_row(int64_t i, double *row)
{
    row[0] = (double)(i * 7919 % 2003) / 500 + 6.0 * (double)(i % K);
    row[1] = (double)(i * 104729 % 997) / 250 - 3.0 * (double)(i % K);
}

/* user: the number of this rank's first row. The rows that are asked for count
 * from there. */
static int32_t read_rows(size_t n, const int64_t *rows, void *x,
                         double *weights, int32_t *labels, void *user)
{
    double *out = x;
    for (size_t i = 0; i < n; i++)
        make_row(rows[i] + (int64_t) * (size_t *)user, out + i * D);
    (void)weights; /* ones already */
    (void)labels;  /* -1 already */
    return 0;
}

static genmod_context *join(genmod_mpi *mpi)
{
    genmod_context *c = NULL;
    need(genmod_context_new(NULL, NULL, NULL, &c), NULL);
    need(genmod_context_set_memory_limit(c, MEMORY), NULL);
    need(genmod_mpi_open(mpi, MPI_COMM_WORLD, c), NULL);
    need(genmod_context_set_shards(c, SHARDS), NULL);
    return c;
}

static gmm_model *fit(const genmod_data *x, genmod_workspace *w)
{
    genmod_config *options = NULL;
    gmm_model *model = NULL;
    need(gmm_config_new(&options, w), w);
    need(genmod_config_set_i64(options, GMM_COMPONENTS, K, w), w);
    need(gmm_new(options, &model, w), w);
    genmod_config_free(options);
    need(gmm_fit(model, x, NULL, NULL, w), w);
    return model;
}

/* Every rank has the model; one of them says so. */
static void print(const gmm_model *model, double mean)
{
    double weights[K], means[K * D];
    need(gmm_get_params(model, GMM_WEIGHTS, K, weights, NULL, NULL), NULL);
    need(gmm_get_params(model, GMM_MEANS, K * D, means, NULL, NULL), NULL);
    for (size_t j = 0; j < K; j++)
        printf("weight %.17g, mean (%.17g, %.17g)\n", weights[j], means[j * D],
               means[j * D + 1]);
    printf("%.17g nats a row\n", mean);
}

int main(int argc, char **argv)
{
    int rank, size;
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &rank);
    MPI_Comm_size(MPI_COMM_WORLD, &size);

    genmod_mpi mpi;
    genmod_context *context = join(&mpi);
    genmod_workspace *w = NULL;
    need(genmod_workspace_new(context, &w), NULL);

    size_t first, count;
    need(genmod_shard(ROWS, rank, size, SHARDS, &first, &count), NULL);
    genmod_data *x = NULL;
    need(genmod_data_new(&x, w), w);
    need(genmod_data_set_source(x, GENMOD_F64, count, D, read_rows, &first, w),
         w);

    gmm_model *model = fit(x, w);
    double mean;
    need(gmm_log_likelihood(model, x, &mean, w), w); /* of all ranks' rows */
    if (rank == 0)
        print(model, mean);

    gmm_free(model);
    genmod_data_free(x);
    genmod_workspace_free(w);
    genmod_context_free(context);
    genmod_mpi_close(&mpi);
    MPI_Finalize();
    return EXIT_SUCCESS;
}
