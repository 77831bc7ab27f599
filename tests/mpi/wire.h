/* What the programs of real ranks share: MPI's callbacks, timed and counted. */
#ifndef TESTS_MPI_WIRE_H
#define TESTS_MPI_WIRE_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <genmod/genmod.h>
#include <genmod/with_mpi.h>

typedef struct wire {
    genmod_mpi mpi;
    double seconds, cpu; /* inside the callbacks */
    double sum_bytes, gather_bytes, broadcast_bytes;
} wire;

static inline void need(int32_t status, const genmod_workspace *w)
{
    if (!status)
        return;
    fprintf(stderr, "%s: %s\n", genmod_status_name(status),
            genmod_workspace_error(w));
    MPI_Abort(MPI_COMM_WORLD, 1);
}

static inline double processor(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static inline int32_t wire_sum(int32_t type, size_t n, void *inout, void *user)
{
    wire *const t = user;
    const double start = MPI_Wtime(), cpu = processor();
    const int32_t status = genmod_mpi_allreduce(type, n, inout, &t->mpi);

    t->seconds += MPI_Wtime() - start;
    t->cpu += processor() - cpu;
    t->sum_bytes += (double)(n * (type == GENMOD_F32 ? 4 : 8));
    return status;
}

static inline int32_t wire_broadcast(int32_t root, size_t bytes, void *inout,
                                     void *user)
{
    wire *const t = user;
    const double start = MPI_Wtime(), cpu = processor();
    const int32_t status = genmod_mpi_broadcast(root, bytes, inout, &t->mpi);

    t->seconds += MPI_Wtime() - start;
    t->cpu += processor() - cpu;
    t->broadcast_bytes += (double)bytes;
    return status;
}

static inline int32_t wire_gather(size_t bytes, const void *in, void *out,
                                  void *user)
{
    wire *const t = user;
    const double start = MPI_Wtime(), cpu = processor();
    const int32_t status = genmod_mpi_allgather(bytes, in, out, &t->mpi);

    t->seconds += MPI_Wtime() - start;
    t->cpu += processor() - cpu;
    t->gather_bytes += (double)bytes;
    return status;
}

static inline double least_of(double a, double b)
{
    return a < b ? a : b;
}

/* The context sends by way of t, which is open. */
static inline void wire_open(wire *t, genmod_context *c, int rank, int size)
{
    need(genmod_context_set_communicator(c, rank, size, wire_sum,
                                         wire_broadcast, wire_gather, t),
         NULL);
}

#endif
