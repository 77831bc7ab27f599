/* The thread pool. A loop is a region: its caller opens it, workers that are
 * awake join it, all draw items from one counter, and the caller closes it and
 * waits for those who joined. A worker that wakes too late finds it closed, so
 * nobody waits for a sleeper. */
#define _POSIX_C_SOURCE 200809L /* pthread_sigmask */

#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "base/fpenv.h"
#include "base/internal.h"

/* The pool's state in one word: workers inside the region, whether it is open,
 * whether the pool ends, and the region's number. */
#define INSIDE UINT64_C(0xffff)
#define OPEN UINT64_C(0x10000)
#define STOP UINT64_C(0x20000)
#define REGION 32

/* Some 100 microseconds of looking before a thread sleeps: what its sleep and
 * wake-up cost in a virtual machine, and longer than the serial parts of a
 * training step. */
#define LOOKS 2500

typedef struct worker {
    base_pool *pool;
    size_t slot;
    pthread_t thread;
} worker;

struct base_pool {
    _Atomic uint64_t state;
    atomic_int sleepers; /* workers that wait for a region */
    atomic_int waiting;  /* the caller waits for workers */
    atomic_flag claimed; /* one caller at a time */
    base_region *region;
    pthread_mutex_t lock; /* of the two conditions */
    pthread_cond_t wake, quiet;
    pid_t process; /* a forked child has no workers */
    size_t threads;
    worker workers[];
};

static void look_away(void)
{
#if defined(__x86_64__)
    _mm_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb" : : : "memory");
#endif
}

/* Keeps the failure of the lowest item, and lets nobody draw another: all items
 * below the one that failed are drawn already, so which is lowest does not
 * depend on the threads. */
static void note(base_region *r, size_t item, int32_t status)
{
    while (atomic_flag_test_and_set_explicit(&r->guard, memory_order_acquire))
        look_away();
    if (item < r->failed) {
        r->failed = item;
        r->status = status;
    }
    atomic_flag_clear_explicit(&r->guard, memory_order_release);
    atomic_store(&r->next, r->n);
}

static void draw(base_region *r, size_t slot)
{
    for (;;) {
        const size_t item = atomic_fetch_add(&r->next, 1);
        if (item >= r->n)
            return;
        const int32_t status = r->task(item, slot, r->arg);
        if (status) {
            note(r, item, status);
            return;
        }
    }
}

/* The state once it is another than that of region `seen`. */
static uint64_t await(base_pool *p, uint64_t seen)
{
    uint64_t state = 0;

    for (int i = 0; i < LOOKS; i++) {
        state = atomic_load(&p->state);
        if (state & STOP || state >> REGION != seen)
            return state;
        look_away();
    }
    pthread_mutex_lock(&p->lock);
    atomic_fetch_add(&p->sleepers, 1);
    for (;;) {
        state = atomic_load(&p->state);
        if (state & STOP || state >> REGION != seen)
            break;
        pthread_cond_wait(&p->wake, &p->lock);
    }
    atomic_fetch_sub(&p->sleepers, 1);
    pthread_mutex_unlock(&p->lock);
    return state;
}

static int join(base_pool *p, uint64_t state)
{
    const uint64_t region = state >> REGION;

    while (state & OPEN && state >> REGION == region)
        if (atomic_compare_exchange_weak(&p->state, &state, state + 1))
            return 1;
    return 0;
}

static void leave(base_pool *p)
{
    const uint64_t before = atomic_fetch_sub(&p->state, 1);

    if ((before & INSIDE) != 1 || before & OPEN || !atomic_load(&p->waiting))
        return;
    pthread_mutex_lock(&p->lock);
    pthread_cond_signal(&p->quiet);
    pthread_mutex_unlock(&p->lock);
}

static void *work(void *arg)
{
    const worker *const me = arg;
    base_pool *const p = me->pool;
    uint64_t seen = 0;

    for (;;) {
        const uint64_t state = await(p, seen);
        if (state & STOP)
            return NULL;
        seen = state >> REGION;
        if (join(p, state)) {
            fp_default();
            draw(p->region, me->slot);
            leave(p);
        }
    }
}

/* Wakes as many sleepers as there are items for them. */
static void rouse(base_pool *p, size_t items)
{
    if (atomic_load(&p->sleepers) == 0)
        return;
    pthread_mutex_lock(&p->lock);
    if (items < p->threads)
        while (items-- > 0)
            pthread_cond_signal(&p->wake);
    else
        pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
}

/* Until no worker is inside the region, which is closed. */
static void settle(base_pool *p)
{
    for (int i = 0; i < LOOKS; i++) {
        if ((atomic_load(&p->state) & INSIDE) == 0)
            return;
        look_away();
    }
    atomic_store(&p->waiting, 1);
    pthread_mutex_lock(&p->lock);
    while (atomic_load(&p->state) & INSIDE)
        pthread_cond_wait(&p->quiet, &p->lock);
    pthread_mutex_unlock(&p->lock);
    atomic_store(&p->waiting, 0);
}

/* 0 where the pool cannot be had. */
static int run_pool(base_pool *p, base_region *r)
{
    if (p->process != getpid() || atomic_flag_test_and_set(&p->claimed))
        return 0;
    p->region = r;
    atomic_fetch_add(&p->state, (UINT64_C(1) << REGION) + OPEN);
    rouse(p, r->n - 1);
    draw(r, 0);
    atomic_fetch_and(&p->state, ~OPEN);
    settle(p);
    atomic_flag_clear(&p->claimed);
    return 1;
}

/* A slot of a region on one of the host's threads. */
static int32_t lend(size_t slot, void *arg)
{
    uint64_t fp[8];

    fp_save(fp);
    fp_default();
    draw(arg, slot);
    fp_restore(fp);
    return 0;
}

static int32_t run_host(genmod_workspace *w, base_region *r)
{
    const genmod_context *const c = w->context;
    const size_t slots = r->n < c->width ? r->n : c->width;
    const int32_t status = c->run(slots, lend, r, c->run_user);

    fp_default();
    draw(r, 0); /* what a host without free threads left, or gave up */
    if (status && !r->status)
        return base_fail(w, GENMOD_CALLBACK, "parallel_for returned %i",
                         (int64_t)status);
    return r->status;
}

static int32_t run_alone(size_t n, base_task task, void *arg)
{
    int32_t status = 0;

    for (size_t i = 0; i < n && !status; i++)
        status = task(i, 0, arg);
    return status;
}

size_t base_width(const genmod_workspace *w)
{
    return w->context->width;
}

int32_t base_parallel(genmod_workspace *w, size_t n, base_task task, void *arg)
{
    const genmod_context *const c = w->context;

    if (n > 1 && c->width > 1) {
        base_region r = {.n = n, .task = task, .arg = arg, .failed = SIZE_MAX};
        atomic_init(&r.next, 0);
        atomic_flag_clear(&r.guard);
        if (c->run)
            return run_host(w, &r);
        if (run_pool(c->pool, &r))
            return r.status;
    }
    return run_alone(n, task, arg);
}

/* As many as the system gives. */
static void add(base_pool *p, size_t threads)
{
    while (p->threads < threads) {
        worker *const next = &p->workers[p->threads];
        next->pool = p;
        next->slot = p->threads + 1;
        if (pthread_create(&next->thread, NULL, work, next))
            break;
        p->threads++;
    }
}

/* Workers take no signals: those are the host's. Windows sends threads none. */
#ifdef _WIN32
static void start(base_pool *p, size_t threads)
{
    add(p, threads);
}
#else
static void start(base_pool *p, size_t threads)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    add(p, threads);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}
#endif

int32_t base_pool_new(genmod_context *c, size_t threads, base_pool **out)
{
    int32_t status;
    base_pool *const p =
        base_take(c, sizeof *p + threads * sizeof p->workers[0], &status);

    *out = NULL;
    if (!p)
        return status;
    atomic_init(&p->state, 0);
    atomic_init(&p->sleepers, 0);
    atomic_init(&p->waiting, 0);
    atomic_flag_clear(&p->claimed);
    p->region = NULL;
    p->process = getpid();
    p->threads = 0;
    pthread_mutex_init(&p->lock, NULL);
    pthread_cond_init(&p->wake, NULL);
    pthread_cond_init(&p->quiet, NULL);
    start(p, threads);
    if (p->threads)
        *out = p;
    else
        base_pool_free(p);
    return GENMOD_OK;
}

size_t base_pool_threads(const base_pool *p)
{
    return p ? p->threads : 0;
}

static void stop(base_pool *p)
{
    atomic_fetch_or(&p->state, STOP);
    pthread_mutex_lock(&p->lock);
    pthread_cond_broadcast(&p->wake);
    pthread_mutex_unlock(&p->lock);
    for (size_t i = 0; i < p->threads; i++)
        pthread_join(p->workers[i].thread, NULL);
    pthread_cond_destroy(&p->quiet);
    pthread_cond_destroy(&p->wake);
    pthread_mutex_destroy(&p->lock);
}

/* In a forked child the lock may be taken for good, so only memory goes. */
void base_pool_free(base_pool *p)
{
    if (!p)
        return;
    if (p->process == getpid())
        stop(p);
    base_give(p);
}
