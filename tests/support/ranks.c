/* A communicator of threads: each callback is a meeting of all at two barriers,
 * between which everyone may read what the others brought. */
#include "support/ranks.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define REDUCE 1
#define BROADCAST 2
#define GATHER 3

typedef struct brought {
    int kind;
    int32_t root;
    size_t bytes;
    const void *at;
} brought;

struct ranks {
    ranks_plan plan;
    pthread_mutex_t lock;
    pthread_cond_t turn;
    int32_t waiting, broken;
    size_t round;
    size_t calls[RANKS_MOST];
    brought table[RANKS_MOST];
    ranks_seat seats[RANKS_MOST];
    void (*act)(ranks_seat *seat);
    ranks_count count;
};

static void break_up(ranks *g)
{
    pthread_mutex_lock(&g->lock);
    g->broken = 1;
    pthread_cond_broadcast(&g->turn);
    pthread_mutex_unlock(&g->lock);
}

/* 0 once all are here, or -7 where one will not come. */
static int32_t barrier(ranks *g)
{
    int32_t answer;

    pthread_mutex_lock(&g->lock);
    const size_t round = g->round;

    if (++g->waiting == g->plan.size && !g->broken) {
        g->waiting = 0;
        g->round++;
        pthread_cond_broadcast(&g->turn);
    }
    while (g->round == round && !g->broken)
        pthread_cond_wait(&g->turn, &g->lock);
    answer = g->round == round ? -7 : 0;
    pthread_mutex_unlock(&g->lock);
    return answer;
}

static int32_t enter(ranks_seat *s, int kind, int32_t root, size_t bytes,
                     const void *at)
{
    ranks *const g = s->group;

    if (s->rank == g->plan.fail_rank &&
        g->calls[s->rank]++ >= g->plan.fail_at) {
        break_up(g);
        return -7;
    }
    g->table[s->rank] = (brought){kind, root, bytes, at};
    if (barrier(g))
        return -7;
    for (int32_t r = 1; r < g->plan.size; r++)
        if (g->table[r].kind != g->table[0].kind ||
            g->table[r].bytes != g->table[0].bytes ||
            g->table[r].root != g->table[0].root) {
            pthread_mutex_lock(&g->lock);
            g->count.mismatches++;
            pthread_mutex_unlock(&g->lock);
            break_up(g);
            return -7;
        }
    return 0;
}

static void add(int32_t type, size_t n, const ranks *g, void *sum)
{
    memset(sum, 0, n * (type == GENMOD_F32 ? sizeof(float) : sizeof(double)));
    for (int32_t r = 0; r < g->plan.size; r++)
        for (size_t i = 0; i < n; i++)
            if (type == GENMOD_F32)
                ((float *)sum)[i] += ((const float *)g->table[r].at)[i];
            else
                ((double *)sum)[i] += ((const double *)g->table[r].at)[i];
}

int32_t ranks_allreduce(int32_t type, size_t n, void *inout, void *user)
{
    ranks_seat *const s = user;
    const size_t bytes =
        n * (type == GENMOD_F32 ? sizeof(float) : sizeof(double));
    int32_t answer = enter(s, REDUCE, type, bytes, inout);
    void *sum;

    if (answer)
        return answer;
    sum = malloc(bytes);
    if (!sum)
        abort();
    add(type, n, s->group, sum);
    if (s->rank == 0) {
        s->group->count.sums++;
        s->group->count.sum_bytes += bytes;
    }
    answer = barrier(s->group);
    memcpy(inout, sum, bytes);
    free(sum);
    return answer;
}

int32_t ranks_broadcast(int32_t root, size_t bytes, void *inout, void *user)
{
    ranks_seat *const s = user;
    const int32_t answer = enter(s, BROADCAST, root, bytes, inout);

    if (answer)
        return answer;
    if (s->rank != root)
        memcpy(inout, s->group->table[root].at, bytes);
    if (s->rank == 0) {
        s->group->count.broadcasts++;
        s->group->count.broadcast_bytes += bytes;
    }
    return barrier(s->group);
}

int32_t ranks_allgather(size_t bytes, const void *in, void *out, void *user)
{
    ranks_seat *const s = user;
    const int32_t answer = enter(s, GATHER, 0, bytes, in);

    if (answer)
        return answer;
    for (int32_t r = 0; r < s->size; r++)
        memcpy((char *)out + (size_t)r * bytes, s->group->table[r].at, bytes);
    if (s->rank == 0) {
        s->group->count.gathers++;
        s->group->count.gather_bytes += bytes;
    }
    return barrier(s->group);
}

genmod_context *ranks_context(ranks_seat *s)
{
    genmod_context *c = NULL;

    if (genmod_context_new(NULL, NULL, NULL, &c) ||
        genmod_context_set_communicator(c, s->rank, s->size, ranks_allreduce,
                                        ranks_broadcast, ranks_allgather, s) ||
        genmod_context_set_shards(c, s->group->plan.shards)) {
        genmod_context_free(c);
        return NULL;
    }
    return c;
}

static void *run(void *arg)
{
    ranks_seat *const s = arg;

    s->group->act(s);
    break_up(s->group);
    return NULL;
}

ranks_count ranks_run(const ranks_plan *plan, void (*act)(ranks_seat *seat),
                      void *arg)
{
    pthread_t thread[RANKS_MOST];
    ranks g = {.plan = *plan, .act = act};

    if (pthread_mutex_init(&g.lock, NULL) || pthread_cond_init(&g.turn, NULL))
        abort();
    for (int32_t r = 0; r < plan->size; r++) {
        g.seats[r] = (ranks_seat){&g, r, plan->size, arg};
        if (pthread_create(&thread[r], NULL, run, &g.seats[r]))
            abort();
    }
    for (int32_t r = 0; r < plan->size; r++)
        pthread_join(thread[r], NULL);
    pthread_cond_destroy(&g.turn);
    pthread_mutex_destroy(&g.lock);
    return g.count;
}
