/* Ranks as threads of this process, for tests that need no network. */
#ifndef SUPPORT_RANKS_H
#define SUPPORT_RANKS_H

#include <stddef.h>

#include "genmod/scale.h"

#define RANKS_MOST 8
#define RANKS_NEVER SIZE_MAX

typedef struct ranks ranks;

/* What one rank is given. Assertions belong on the test's own thread: a rank
 * leaves what it found behind `arg`. */
typedef struct ranks_seat {
    ranks *group;
    int32_t rank, size;
    void *arg;
} ranks_seat;

typedef struct ranks_plan {
    int32_t size;   /* 1 … RANKS_MOST */
    int32_t shards; /* of the contexts that ranks_context() makes */
    /* Callback number fail_at of rank fail_rank returns -7, and no other
     * callback comes back with success after it. */
    int32_t fail_rank;
    size_t fail_at;
} ranks_plan;

/* What went over the wire, by rank 0. */
typedef struct ranks_count {
    size_t sums, broadcasts, gathers;                /* calls */
    size_t sum_bytes, broadcast_bytes, gather_bytes; /* gathers: of one rank */
    int32_t mismatches; /* callbacks of different kind or size that met */
} ranks_count;

/* Runs act(seat) on a thread a rank. A rank that returns is as one that died:
 * the callbacks of the others that wait for it fail. */
ranks_count ranks_run(const ranks_plan *plan, void (*act)(ranks_seat *seat),
                      void *arg);
/* A context of the seat's rank, or NULL. */
genmod_context *ranks_context(ranks_seat *seat);
/* The callbacks; `user` is the seat. */
int32_t ranks_allreduce(int32_t type, size_t n, void *inout, void *user);
int32_t ranks_broadcast(int32_t root, size_t bytes, void *inout, void *user);
int32_t ranks_allgather(size_t bytes, const void *in, void *out, void *user);

#endif
