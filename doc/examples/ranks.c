/* Ranks: processes that fit one model, each from rows of its own. Here they are
 * two threads, and the communicator is a table that both see; over machines it
 * would be MPI (mpi_mixture.c) or what the host has for that. */
#define _POSIX_C_SOURCE 200809L /* barriers */

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "example.h"

#define RANKS 2
#define ROWS 3000
#define D 2
#define K 3
#define SHARDS 4

struct place {
    int32_t rank, size;
    double likelihood, means[K * D];
};

/* Who calls puts down what it brings, and looks at the others' when all have.
 * Nobody goes on before all have looked. */
static pthread_barrier_t barrier;
static const void *table[RANKS];

static void put_down(const struct place *p, const void *what)
{
    table[p->rank] = what;
    pthread_barrier_wait(&barrier);
}

static int32_t allreduce(int32_t type, size_t n, void *inout, void *user)
{
    const size_t size = type == GENMOD_F32 ? sizeof(float) : sizeof(double);
    void *sum = memory(n, size);
    put_down(user, inout);
    for (size_t i = 0; i < n; i++)
        if (type == GENMOD_F32)
            ((float *)sum)[i] =
                ((const float *)table[0])[i] + ((const float *)table[1])[i];
        else
            ((double *)sum)[i] =
                ((const double *)table[0])[i] + ((const double *)table[1])[i];
    pthread_barrier_wait(&barrier);
    memcpy(inout, sum, n * size);
    free(sum);
    return 0;
}

static int32_t broadcast(int32_t root, size_t bytes, void *inout, void *user)
{
    const struct place *p = user;
    put_down(p, inout);
    if (p->rank != root)
        memcpy(inout, table[root], bytes);
    pthread_barrier_wait(&barrier);
    return 0;
}

static int32_t allgather(size_t bytes, const void *in, void *out, void *user)
{
    put_down(user, in);
    for (size_t r = 0; r < RANKS; r++)
        memcpy((char *)out + r * bytes, table[r], bytes);
    pthread_barrier_wait(&barrier);
    return 0;
}

static genmod_context *join(struct place *p)
{
    genmod_context *c = NULL;
    need(genmod_context_new(NULL, NULL, NULL, &c), NULL);
    need(genmod_context_set_communicator(c, p->rank, p->size, allreduce,
                                         broadcast, allgather, p),
         NULL);
    need(genmod_context_set_shards(c, SHARDS), NULL);
    return c;
}

/* The rows that belong to the rank, and no others. */
static double *own_rows(const struct place *p, size_t *count)
{
    size_t first;
    need(genmod_shard(ROWS, p->rank, p->size, SHARDS, &first, count), NULL);
    double *x = memory(*count * D, sizeof *x);
    for (size_t i = 0; i < *count; i++) {
        const size_t row = first + i;
        x[i * D] = (double)(row * 7919 % 2003) / 500 + 6.0 * (double)(row % K);
        x[i * D + 1] =
            (double)(row * 104729 % 997) / 250 - 3.0 * (double)(row % K);
    }
    return x;
}

static void *work(void *arg)
{
    struct place *p = arg;
    genmod_context *context = join(p);
    genmod_workspace *w = NULL;
    genmod_config *options = NULL;
    genmod_data *data = NULL;
    gmm_model *model = NULL;
    size_t count;
    double *x = own_rows(p, &count);

    need(genmod_workspace_new(context, &w), NULL);
    need(gmm_config_new(&options, w), w);
    need(genmod_config_set_i64(options, GMM_COMPONENTS, K, w), w);
    need(genmod_data_new(&data, w), w);
    need(genmod_data_set_rows(data, GENMOD_F64, count, D, x, 0, 0, w), w);
    need(gmm_new(options, &model, w), w);
    need(gmm_fit(model, data, NULL, NULL, w), w);
    need(gmm_log_likelihood(model, data, &p->likelihood, w), w);
    need(gmm_get_params(model, GMM_MEANS, K * D, p->means, NULL, w), w);
    gmm_free(model);
    genmod_data_free(data);
    genmod_config_free(options);
    genmod_workspace_free(w);
    genmod_context_free(context);
    free(x);
    return NULL;
}

int main(void)
{
    struct place two[RANKS] = {{.rank = 0, .size = 2}, {.rank = 1, .size = 2}};
    struct place one = {.rank = 0, .size = 1};
    pthread_t other;

    expect(pthread_barrier_init(&barrier, NULL, RANKS) == 0, "a barrier");
    expect(pthread_create(&other, NULL, work, &two[1]) == 0, "a thread");
    work(&two[0]);
    pthread_join(other, NULL);
    pthread_barrier_destroy(&barrier);

    work(&one); /* its callbacks are not called */
    for (size_t r = 0; r < RANKS; r++) {
        expect(memcmp(two[r].means, one.means, sizeof one.means) == 0,
               "the bits of one rank");
        expect(two[r].likelihood == one.likelihood, "of all ranks' rows");
    }
    return EXIT_SUCCESS;
}
