/* What the sources of room `base` share among themselves. */
#ifndef BASE_INTERNAL_H
#define BASE_INTERNAL_H

#include <stdatomic.h>

#include "base/base.h"

#define BASE_TEXT 512 /* bytes of an error text */

typedef struct base_pool base_pool;
typedef struct base_chunk base_chunk;

/* What a rank says of itself where the ranks meet. */
typedef struct base_head {
    int32_t status, rank;
    int32_t what; /* kind of meeting */
    int32_t shards, version, cpu;
    uint64_t n, digest;
} base_head;

struct genmod_context {
    genmod_alloc alloc;
    genmod_dealloc dealloc;
    void *user;
    uint64_t limit; /* 0: none */
    _Atomic uint64_t held;
    atomic_size_t references;
    atomic_int in_use; /* a workspace was made with it */
    atomic_int cpu;    /* BASE_CPU_…, or -1 before it is asked for */
    size_t width;
    base_pool *pool; /* NULL: none */
    genmod_parallel_for run;
    void *run_user;
    base_ranks ranks;
    atomic_int meeting; /* a call is with the other ranks */
    genmod_allreduce allreduce;
    genmod_broadcast broadcast;
    genmod_allgather allgather;
    void *ranks_user;
};

struct genmod_workspace {
    genmod_context *context;
    atomic_int busy;
    atomic_int cancel;
    int32_t status;
    base_head *heads; /* [size]; NULL: no other ranks */
    int32_t met;      /* 1: this call met other ranks; 2: and will no more */
    base_chunk *first, *current; /* scratch; current is in use up to `used` */
    size_t used;
    char text[BASE_TEXT];
};

struct genmod_data {
    int32_t type; /* GENMOD_F32 … */
    size_t n, d;
    const unsigned char *rows; /* NULL: a source */
    int64_t row_stride, col_stride;
    genmod_read read;
    void *user;
    double scale, shift;
    const double *weights;
    const int32_t *labels;
    const int32_t *kinds, *levels; /* [d]; NULL: all real */
    int32_t missing;               /* 1: NaN is a missing cell */
    const genmod_data *noise;      /* of the cells; NULL: they are exact */
};

#define BASE_MOST_COLUMNS 65536u

/* data.c: genmod_data_set_rows() with strides as they are, 0 and 0 too. */
int32_t base_data_point(genmod_data *x, int32_t type, size_t n, size_t d,
                        const void *rows, int64_t row_stride,
                        int64_t col_stride, genmod_workspace *w);

/* One parallel loop, on the stack of the thread that runs it. */
typedef struct base_region {
    size_t n;
    base_task task;
    void *arg;
    atomic_size_t next;
    atomic_flag guard; /* of the two below */
    size_t failed;
    int32_t status;
} base_region;

/* memory.c: a block that holds no reference to its context, for owners that do
 * so themselves. Without text; *status says why NULL. */
void *base_take(genmod_context *c, size_t bytes, int32_t *status);
void base_give(void *p);
/* Forgets what the call took; `keep` bytes of it may stay for the next. */
void base_scratch_reset(genmod_workspace *w, size_t keep);

/* context.c */
int32_t base_context_cpu(genmod_context *c);

/* ranks.c: a call's last word: tells the others of a failure that they have not
 * heard of. */
int32_t base_part_ways(genmod_workspace *w, int32_t status);

/* cpu.c */
int32_t base_cpu_best(void);
/* BASE_CPU_… of a name, or -1. */
int32_t base_cpu_named(const char *name);
/* Whether a machine whose best set is `best` runs set `cpu`. */
int base_cpu_covers(int32_t best, int32_t cpu);

/* text.c: as base_format_f64(), rounded to n <= 17 digits. */
size_t base_format_digits(double v, int n, char *out);

/* nearest.c: "no option "key"; did you mean …": GENMOD_BAD_ARGUMENT. The table
 * is one of base_nearest(). */
int32_t base_no_key(genmod_workspace *w, const char *kind, const char *key,
                    const void *table, size_t stride, size_t n);

/* pool.c: up to `threads` threads; *out is NULL if the system gave none. */
int32_t base_pool_new(genmod_context *c, size_t threads, base_pool **out);
size_t base_pool_threads(const base_pool *p);
void base_pool_free(base_pool *p);

#endif
