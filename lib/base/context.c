/* The host's resources. */
#define _POSIX_C_SOURCE 200809L /* posix_memalign */

#include <stdlib.h>

#include "base/internal.h"

#ifdef _WIN32
#include <malloc.h>

/* Aligned memory has a free of its own there. */
static void *take(size_t bytes, size_t align, void *user)
{
    (void)user;
    return _aligned_malloc(bytes, align);
}

static void give(void *p, size_t bytes, size_t align, void *user)
{
    (void)bytes, (void)align, (void)user;
    _aligned_free(p);
}
#else
static void *take(size_t bytes, size_t align, void *user)
{
    void *p = NULL;

    (void)user;
    return posix_memalign(&p, align, bytes) ? NULL : p;
}

static void give(void *p, size_t bytes, size_t align, void *user)
{
    (void)bytes, (void)align, (void)user;
    free(p);
}
#endif

int32_t genmod_context_new(genmod_alloc alloc, genmod_dealloc dealloc,
                           void *user, genmod_context **out)
{
    if (!out)
        return GENMOD_BAD_ARGUMENT;
    *out = NULL;
    if (!alloc != !dealloc)
        return GENMOD_BAD_ARGUMENT;
    if (!alloc) {
        alloc = take;
        dealloc = give;
    }
    genmod_context *const c = alloc(sizeof *c, BASE_ALIGN, user);
    if (!c)
        return GENMOD_NO_MEMORY;
    c->alloc = alloc;
    c->dealloc = dealloc;
    c->user = user;
    c->limit = 0;
    atomic_init(&c->held, sizeof *c);
    atomic_init(&c->references, 1);
    atomic_init(&c->in_use, 0);
    atomic_init(&c->cpu, -1);
    c->width = 1;
    c->pool = NULL;
    c->run = NULL;
    c->run_user = NULL;
    c->ranks = (base_ranks){.size = 1};
    atomic_init(&c->meeting, 0);
    c->allreduce = NULL;
    c->broadcast = NULL;
    c->allgather = NULL;
    c->ranks_user = NULL;
    *out = c;
    return GENMOD_OK;
}

/* What a setter says before anything else. */
static int32_t settable(genmod_context *c)
{
    if (!c)
        return GENMOD_BAD_ARGUMENT;
    return atomic_load(&c->in_use) ? GENMOD_BUSY : GENMOD_OK;
}

int32_t genmod_context_set_memory_limit(genmod_context *c, uint64_t bytes)
{
    const int32_t status = settable(c);

    if (!status)
        c->limit = bytes;
    return status;
}

/* Puts one source of threads in the place of another. */
static void replace(genmod_context *c, base_pool *pool, size_t width,
                    genmod_parallel_for run, void *user)
{
    base_pool_free(c->pool);
    c->pool = pool;
    c->width = width;
    c->run = run;
    c->run_user = user;
}

int32_t genmod_context_set_threads(genmod_context *c, size_t n)
{
    base_pool *pool = NULL;
    int32_t status = settable(c);

    if (status)
        return status;
    if (n < 1 || n > 1024)
        return GENMOD_BAD_ARGUMENT;
    if (n > 1) {
        status = base_pool_new(c, n - 1, &pool);
        if (status)
            return status;
    }
    replace(c, pool, 1 + base_pool_threads(pool), NULL, NULL);
    return GENMOD_OK;
}

int32_t genmod_context_set_parallel_for(genmod_context *c, size_t width,
                                        genmod_parallel_for run, void *user)
{
    const int32_t status = settable(c);

    if (status)
        return status;
    if (width < 1 || width > 1024)
        return GENMOD_BAD_ARGUMENT;
    replace(c, NULL, run ? width : 1, run, user);
    return GENMOD_OK;
}

int32_t genmod_context_set_communicator(genmod_context *c, int32_t rank,
                                        int32_t size, genmod_allreduce a,
                                        genmod_broadcast b, genmod_allgather g,
                                        void *user)
{
    const int32_t status = settable(c);

    if (status)
        return status;
    if (size < 1 || size > BASE_MOST_RANKS || rank < 0 || rank >= size ||
        c->ranks.shards % size)
        return GENMOD_BAD_ARGUMENT;
    if (size > 1 && (!a || !b || !g))
        return GENMOD_BAD_ARGUMENT;
    c->ranks.rank = rank;
    c->ranks.size = size;
    c->allreduce = a;
    c->broadcast = b;
    c->allgather = g;
    c->ranks_user = user;
    return GENMOD_OK;
}

int32_t genmod_context_set_shards(genmod_context *c, int32_t shards)
{
    const int32_t status = settable(c);

    if (status)
        return status;
    if (shards < 0 || shards > BASE_MOST_RANKS || shards % c->ranks.size)
        return GENMOD_BAD_ARGUMENT;
    c->ranks.shards = shards;
    return GENMOD_OK;
}

int32_t genmod_context_set_kernels(genmod_context *c, const char *name)
{
    const int32_t status = settable(c);

    if (status)
        return status;
    const int32_t best = base_cpu_best();
    const int32_t cpu = name ? base_cpu_named(name) : best;
    if (cpu < 0)
        return GENMOD_BAD_ARGUMENT;
    if (!base_cpu_covers(best, cpu))
        return GENMOD_UNSUPPORTED;
    atomic_store(&c->cpu, cpu);
    return GENMOD_OK;
}

/* Asking the machine costs more than a small call, so a context that lives for
 * one call asks only if the call wants to know. */
int32_t base_context_cpu(genmod_context *c)
{
    int cpu = atomic_load_explicit(&c->cpu, memory_order_relaxed);

    if (cpu < 0) {
        cpu = base_cpu_best();
        atomic_store_explicit(&c->cpu, cpu, memory_order_relaxed);
    }
    return cpu;
}

const char *genmod_context_kernels(const genmod_context *c)
{
    const int cpu = c ? atomic_load(&c->cpu) : -1;

    return base_cpu_name(cpu < 0 ? base_cpu_best() : cpu);
}

genmod_context *base_context_hold(genmod_context *c)
{
    atomic_fetch_add_explicit(&c->references, 1, memory_order_relaxed);
    return c;
}

void base_context_drop(genmod_context *c)
{
    if (!c || atomic_fetch_sub(&c->references, 1) > 1)
        return;
    base_pool_free(c->pool);
    c->dealloc(c, sizeof *c, BASE_ALIGN, c->user);
}

void genmod_context_free(genmod_context *c)
{
    base_context_drop(c);
}
