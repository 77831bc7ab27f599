/** @file with_mpi.h
 * A communicator of scale.h from an MPI_Comm, with any MPI that has mpi.h. The
 * library itself knows no MPI: all of this is compiled into the program that
 * includes it.
 *
 *     genmod_mpi mpi;
 *     status = genmod_mpi_open(&mpi, MPI_COMM_WORLD, context);
 *     … workspaces of the context, collective calls …
 *     genmod_context_free(context);
 *     genmod_mpi_close(&mpi);
 *
 * The library calls MPI only from the threads that call it, so
 * MPI_THREAD_FUNNELED is enough where all collective calls come from the main
 * thread, whatever threads the context has.
 */
#ifndef GENMOD_WITH_MPI_H
#define GENMOD_WITH_MPI_H

#include <limits.h>
#include <mpi.h>

#include "scale.h"

/**
 * What the callbacks are handed; the caller's, and to outlive the context.
 *
 * Thread-safety: as an MPI communicator: one call at a time.
 */
typedef struct genmod_mpi {
    MPI_Comm comm; /**< a duplicate, which belongs to the library */
} genmod_mpi;

/** MPI counts in int; more goes in pieces of so many numbers or bytes. */
#define GENMOD_MPI_PIECE ((size_t)1 << 28)

/** A genmod_allreduce; user is a genmod_mpi. Since 1.0. */
static inline int32_t genmod_mpi_allreduce(int32_t type, size_t n, void *inout,
                                           void *user)
{
    const genmod_mpi *const m = (const genmod_mpi *)user;
    const MPI_Datatype of = type == GENMOD_F32 ? MPI_FLOAT : MPI_DOUBLE;
    const size_t size = type == GENMOD_F32 ? sizeof(float) : sizeof(double);

    for (size_t at = 0; at < n; at += GENMOD_MPI_PIECE) {
        const size_t left = n - at;
        const size_t some = left < GENMOD_MPI_PIECE ? left : GENMOD_MPI_PIECE;

        if (MPI_Allreduce(MPI_IN_PLACE, (char *)inout + at * size, (int)some,
                          of, MPI_SUM, m->comm) != MPI_SUCCESS)
            return -1;
    }
    return 0;
}

/** A genmod_broadcast; user is a genmod_mpi. Since 1.0. */
static inline int32_t genmod_mpi_broadcast(int32_t root, size_t bytes,
                                           void *inout, void *user)
{
    const genmod_mpi *const m = (const genmod_mpi *)user;

    for (size_t at = 0; at < bytes; at += GENMOD_MPI_PIECE) {
        const size_t left = bytes - at;
        const size_t some = left < GENMOD_MPI_PIECE ? left : GENMOD_MPI_PIECE;

        if (MPI_Bcast((char *)inout + at, (int)some, MPI_BYTE, root, m->comm) !=
            MPI_SUCCESS)
            return -1;
    }
    return 0;
}

/** A genmod_allgather; user is a genmod_mpi. Since 1.0. */
static inline int32_t genmod_mpi_allgather(size_t bytes, const void *in,
                                           void *out, void *user)
{
    const genmod_mpi *const m = (const genmod_mpi *)user;

    if (bytes > INT_MAX) /* pieces would not lie where they belong */
        return -1;
    return MPI_Allgather(in, (int)bytes, MPI_BYTE, out, (int)bytes, MPI_BYTE,
                         m->comm) == MPI_SUCCESS
               ? 0
               : -1;
}

/** Let go of the duplicate; after the context. All ranks call it. Since 1.0. */
static inline void genmod_mpi_close(genmod_mpi *m)
{
    if (m->comm != MPI_COMM_NULL)
        MPI_Comm_free(&m->comm);
}

/**
 * Give a context the ranks of an MPI communicator. All of these call it.
 *
 * It works on a duplicate, so that the library's messages and the program's
 * never meet, and in which MPI reports errors instead of ending the process. A
 * rank that dies is MPI's to notice: mpirun ends the others.
 *
 * @param[out] m  holds the duplicate, for genmod_mpi_close()
 * @param comm    for example MPI_COMM_WORLD
 * @param c       the context, not yet in use
 * @retval GENMOD_CALLBACK  MPI cannot duplicate comm
 * The rest as genmod_context_set_communicator(). After a failure the context
 * has what it had, and m nothing to be closed. Since 1.0.
 */
static inline int32_t genmod_mpi_open(genmod_mpi *m, MPI_Comm comm,
                                      genmod_context *c)
{
    int rank, size;
    int32_t status = GENMOD_CALLBACK;

    if (MPI_Comm_dup(comm, &m->comm) != MPI_SUCCESS) {
        m->comm = MPI_COMM_NULL;
        return GENMOD_CALLBACK;
    }
    if (MPI_Comm_set_errhandler(m->comm, MPI_ERRORS_RETURN) == MPI_SUCCESS &&
        MPI_Comm_rank(m->comm, &rank) == MPI_SUCCESS &&
        MPI_Comm_size(m->comm, &size) == MPI_SUCCESS)
        status = genmod_context_set_communicator(
            c, rank, size, genmod_mpi_allreduce, genmod_mpi_broadcast,
            genmod_mpi_allgather, m);
    if (status)
        genmod_mpi_close(m);
    return status;
}

#endif
