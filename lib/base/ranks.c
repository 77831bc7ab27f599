/* The other processes of a collective call. */
#include <assert.h>
#include <string.h>

#include "base/internal.h"

/* Kinds of meetings. */
#define MEET 1
#define AGREE 2
#define ROWS 3
#define SUM 4
#define SHARDS 5
#define GATHER 6
#define SLICES 7

/* Numbers of a part that are gathered at once, and of all parts. */
#define CHUNK ((size_t)1 << 13)
#define CHUNKS ((size_t)1 << 24)

static int alone(const genmod_workspace *w)
{
    return w->heads == NULL;
}

base_ranks base_ranks_of(const genmod_workspace *w)
{
    return w->context->ranks;
}

size_t base_parts(const genmod_workspace *w)
{
    const base_ranks r = w->context->ranks;

    return r.shards ? (size_t)(r.shards / r.size) : 1;
}

/* Where shard s of n rows begins. */
static size_t shard_first(size_t n, size_t shards, size_t s)
{
    const size_t rest = n % shards;

    return s * (n / shards) + (s < rest ? s : rest);
}

int32_t genmod_shard(int64_t n, int32_t rank, int32_t size, int32_t shards,
                     size_t *first, size_t *count)
{
    const int32_t all = shards ? shards : size;

    if (n < 0 || (uint64_t)n > SIZE_MAX || size < 1 || size > BASE_MOST_RANKS ||
        rank < 0 || rank >= size || !first || !count)
        return GENMOD_BAD_ARGUMENT;
    if (all < 1 || all > BASE_MOST_RANKS || all % size)
        return GENMOD_BAD_ARGUMENT;
    const size_t per = (size_t)(all / size);
    *first = shard_first((size_t)n, (size_t)all, (size_t)rank * per);
    *count =
        shard_first((size_t)n, (size_t)all, (size_t)(rank + 1) * per) - *first;
    return GENMOD_OK;
}

void base_part(const genmod_workspace *w, size_t total, size_t n, size_t i,
               size_t *first, size_t *count)
{
    const base_ranks r = w->context->ranks;
    const size_t s = (size_t)r.rank * base_parts(w), all = (size_t)r.shards;

    *first = 0;
    *count = n;
    if (!r.shards)
        return;
    *first = shard_first(total, all, s + i) - shard_first(total, all, s);
    *count =
        shard_first(total, all, s + i + 1) - shard_first(total, all, s + i);
}

/* ---- callbacks ----------------------------------------------------------- */

/* What a callback answered; a failure of one ends all meetings of the call. */
static int32_t answered(genmod_workspace *w, const char *name, int32_t answer)
{
    base_settle();
    if (!answer)
        return GENMOD_OK;
    w->met = 2;
    return base_fail(w, GENMOD_CALLBACK, "%s returned %i", name,
                     (int64_t)answer);
}

static int32_t allgather(genmod_workspace *w, size_t bytes, const void *in,
                         void *out)
{
    const genmod_context *const c = w->context;

    return answered(w, "allgather",
                    c->allgather(bytes, in, out, c->ranks_user));
}

int32_t base_broadcast(genmod_workspace *w, int32_t root, size_t bytes,
                       void *inout)
{
    const genmod_context *const c = w->context;

    if (alone(w) || bytes == 0)
        return GENMOD_OK;
    return answered(w, "broadcast",
                    c->broadcast(root, bytes, inout, c->ranks_user));
}

/* ---- meetings ------------------------------------------------------------ */

/* Appends to the text that is there. */
static void append(genmod_workspace *w, const char *text)
{
    const size_t at = strlen(w->text), n = strlen(text);
    const size_t room = BASE_TEXT - 1 - at;

    memcpy(w->text + at, text, n < room ? n : room);
    w->text[at + (n < room ? n : room)] = '\0';
}

/* The text of the rank that failed, on all ranks. */
static int32_t relay(genmod_workspace *w, int32_t rank, int32_t status)
{
    char text[BASE_TEXT];
    int32_t answer;

    memset(text, 0, sizeof text);
    memcpy(text, w->text, strlen(w->text));
    answer = base_broadcast(w, rank, sizeof text, text);
    if (answer)
        return answer;
    text[BASE_TEXT - 1] = '\0';
    base_fail(w, status, "rank %i: ", (int64_t)rank);
    append(w, text[0] ? text : genmod_status_name(status));
    w->met = 2;
    return status;
}

/* For what all ranks find alike: none has to be told. */
static int32_t parted(genmod_workspace *w, int32_t status)
{
    w->met = 2;
    return status;
}

/* Every rank has the library, and a communicator, that the first one has. */
static int32_t compare_builds(genmod_workspace *w)
{
    const base_head *const h = w->heads;

    for (int32_t r = 0; r < w->context->ranks.size; r++) {
        const int64_t rank = r;

        if (h[r].rank != r)
            return parted(
                w, base_fail(w, GENMOD_BAD_ARGUMENT,
                             "rank %i: the communicator has it in place %i",
                             (int64_t)h[r].rank, rank));
        if (h[r].version != h[0].version)
            return parted(w, base_fail(w, GENMOD_BAD_ARGUMENT,
                                       "rank %i: version is %i; rank 0 has %i",
                                       rank, (int64_t)h[r].version,
                                       (int64_t)h[0].version));
        if (h[r].cpu != h[0].cpu)
            return parted(
                w, base_fail(w, GENMOD_BAD_ARGUMENT,
                             "rank %i: kernels are \"%s\"; rank 0 has \"%s\"",
                             rank, base_cpu_name(h[r].cpu),
                             base_cpu_name(h[0].cpu)));
        if (h[r].shards != h[0].shards)
            return parted(w, base_fail(w, GENMOD_BAD_ARGUMENT,
                                       "rank %i: shards is %i; rank 0 has %i",
                                       rank, (int64_t)h[r].shards,
                                       (int64_t)h[0].shards));
    }
    return GENMOD_OK;
}

static int32_t compare(genmod_workspace *w)
{
    const base_head *const h = w->heads;

    for (int32_t r = 1; r < w->context->ranks.size; r++) {
        const int counts = h[r].what == ROWS || h[r].what == SLICES;

        if (h[r].what != h[0].what || (!counts && h[r].n != h[0].n))
            return parted(w,
                          base_fail(w, GENMOD_BAD_ARGUMENT,
                                    "rank %i: is in another call than rank 0",
                                    (int64_t)r));
        if (h[r].digest != h[0].digest)
            return parted(
                w, base_fail(w, GENMOD_BREAKDOWN,
                             "rank %i: its numbers differ from rank 0's; the "
                             "machines do not compute alike",
                             (int64_t)r));
    }
    return GENMOD_OK;
}

/* One call of a context at a time may meet: not a second one out of the first
 * one's progress callback. */
static int claim(genmod_workspace *w)
{
    int idle = 0;

    return atomic_compare_exchange_strong(&w->context->meeting, &idle, 1);
}

static int32_t meet(genmod_workspace *w, int32_t status, int32_t what, size_t n,
                    uint64_t digest)
{
    const base_head own = {.status = status,
                           .rank = w->context->ranks.rank,
                           .what = what,
                           .shards = w->context->ranks.shards,
                           .version = GENMOD_VERSION,
                           .cpu = base_cpu(w),
                           .n = n,
                           .digest = digest};
    int32_t most = 0, answer;

    if (alone(w) || w->met == 2)
        return status;
    if (!w->met && !claim(w))
        return base_fail(w, GENMOD_BUSY,
                         "another call of this context is with the other "
                         "ranks");
    w->met = 1;
    answer = allgather(w, sizeof own, &own, w->heads);
    for (int32_t r = 0; r < w->context->ranks.size && !answer; r++) {
        const int32_t s = w->heads[r].status;

        if (s < 0)
            return relay(w, r, s);
        most = s > most ? s : most;
    }
    if (!answer)
        answer = compare_builds(w);
    if (!answer)
        answer = compare(w);
    return answer ? answer : most;
}

int32_t base_meet(genmod_workspace *w, int32_t status)
{
    return meet(w, status, MEET, 0, 0);
}

int32_t base_part_ways(genmod_workspace *w, int32_t status)
{
    if (!w->met)
        return status;
    if (status < 0 && w->met == 1)
        status = base_meet(w, status);
    atomic_store(&w->context->meeting, 0);
    return status;
}

int32_t base_alone(genmod_workspace *w, const char *what)
{
    if (alone(w) && !w->context->ranks.shards)
        return GENMOD_OK;
    return base_fail(w, GENMOD_UNSUPPORTED,
                     "%s works on one rank without shards; there are %i ranks "
                     "and %i shards",
                     what, (int64_t)w->context->ranks.size,
                     (int64_t)w->context->ranks.shards);
}

static int32_t compare_terms(genmod_workspace *w, size_t n,
                             const base_term *terms, const uint64_t *all)
{
    for (int32_t r = 1; r < w->context->ranks.size; r++)
        for (size_t i = 0; i < n; i++) {
            const uint64_t v = all[(size_t)r * n + i];

            if (v == all[i])
                continue;
            if (terms[i].kind == BASE_HIDDEN)
                return parted(w, base_fail(w, GENMOD_BAD_ARGUMENT,
                                           "rank %i: %s differs from rank 0's",
                                           (int64_t)r, terms[i].what));
            return parted(w, base_fail(w, GENMOD_BAD_ARGUMENT,
                                       "rank %i: %s is %u; rank 0 has %u",
                                       (int64_t)r, terms[i].what, v, all[i]));
        }
    return GENMOD_OK;
}

int32_t base_agree(genmod_workspace *w, int32_t status, size_t n,
                   const base_term *terms)
{
    const base_mark mark = base_scratch_mark(w);
    uint64_t *own, *all;

    if (alone(w))
        return status;
    own = base_scratch(w, n, sizeof *own);
    all = base_scratch(w, n, (size_t)w->context->ranks.size * sizeof *all);
    if (!status && (!own || !all))
        status = base_status(w);
    status = meet(w, status, AGREE, n, 0);
    for (size_t i = 0; i < n && !status; i++)
        own[i] = terms[i].value;
    if (!status && n)
        status = allgather(w, n * sizeof *own, own, all);
    if (!status && n)
        status = compare_terms(w, n, terms, all);
    base_scratch_release(w, mark);
    return status;
}

/* The rank whose rows are not its shards', or -1. */
static int32_t unlike_shards(const genmod_workspace *w, size_t n, size_t total)
{
    const base_ranks r = w->context->ranks;

    for (int32_t i = 0; i < r.size && r.shards; i++) {
        size_t first, count = 0;

        if (genmod_shard((int64_t)total, i, r.size, r.shards, &first, &count) ||
            count != (alone(w) ? n : w->heads[i].n))
            return i;
    }
    return -1;
}

int32_t base_all_rows(genmod_workspace *w, int32_t status, size_t n,
                      size_t *first, size_t *total)
{
    const base_ranks ranks = w->context->ranks;
    int32_t odd;

    *first = 0;
    *total = n;
    status = meet(w, status, ROWS, n, 0);
    if (status)
        return status;
    for (int32_t r = 0; r < ranks.size && !alone(w); r++) {
        if (r == 0)
            *total = 0;
        if (r == ranks.rank)
            *first = *total;
        if (!base_add(*total, (size_t)w->heads[r].n, total))
            return parted(w, base_fail(w, GENMOD_BAD_ARGUMENT,
                                       "the ranks have too many rows"));
    }
    odd = unlike_shards(w, n, *total);
    if (odd >= 0)
        return parted(
            w, base_fail(w, GENMOD_BAD_ARGUMENT,
                         "rank %i: x has %u rows, which are not its shards of "
                         "%u rows; genmod_shard() says which are",
                         (int64_t)odd, w->heads[odd].n, (uint64_t)*total));
    return GENMOD_OK;
}

int32_t base_all_sum(genmod_workspace *w, int32_t status, uint64_t digest,
                     int32_t type, size_t n, void *x)
{
    const genmod_context *const c = w->context;

    status = meet(w, status, SUM, n, digest);
    if (status || alone(w) || n == 0)
        return status;
    return answered(w, "allreduce", c->allreduce(type, n, x, c->ranks_user));
}

int32_t base_all_gather(genmod_workspace *w, int32_t status, size_t bytes,
                        const void *in, void *out)
{
    status = meet(w, status, GATHER, bytes, 0);
    if (status || bytes == 0)
        return status;
    if (!alone(w))
        return allgather(w, bytes, in, out);
    memcpy(out, in, bytes);
    return GENMOD_OK;
}

int32_t base_all_slices(genmod_workspace *w, int32_t status, size_t n,
                        size_t own, size_t bytes, void *items)
{
    size_t at = 0;

    status = meet(w, status, SLICES, own, n * bytes);
    for (int32_t r = 0; r < w->context->ranks.size && !status && !alone(w);
         r++) {
        const size_t count = (size_t)w->heads[r].n;

        assert(count <= n - at);
        status =
            base_broadcast(w, r, count * bytes, (char *)items + at * bytes);
        at += count;
    }
    return status;
}

/* ---- sums over shards ---------------------------------------------------- */

static double number(int32_t type, const void *at, size_t i)
{
    return type == GENMOD_F32 ? (double)((const float *)at)[i]
                              : ((const double *)at)[i];
}

/* out [m] = sum of parts, `stride` numbers apart, in their order. */
static void add_parts(int32_t type, size_t shards, size_t m, size_t stride,
                      const void *parts, void *out)
{
    for (size_t i = 0; i < m; i++) {
        double sum = 0;

        for (size_t s = 0; s < shards; s++)
            sum += number(type, parts, s * stride + i);
        if (type == GENMOD_F32)
            ((float *)out)[i] = (float)sum;
        else
            ((double *)out)[i] = sum;
    }
}

static size_t chunk_of(const genmod_workspace *w)
{
    const size_t most = CHUNKS / (size_t)w->context->ranks.shards;

    return most < CHUNK ? most : CHUNK;
}

static int32_t gather_parts(genmod_workspace *w, int32_t type, size_t n,
                            const char *parts, char *own, char *all, char *out)
{
    const size_t bytes = type == GENMOD_F32 ? sizeof(float) : sizeof(double);
    const size_t local = base_parts(w), chunk = chunk_of(w);
    int32_t status = GENMOD_OK;

    for (size_t at = 0; at < n && !status; at += chunk) {
        const size_t m = n - at < chunk ? n - at : chunk;

        for (size_t s = 0; s < local; s++)
            memcpy(own + s * m * bytes, parts + (s * n + at) * bytes,
                   m * bytes);
        status = allgather(w, local * m * bytes, own, all);
        if (!status)
            add_parts(type, (size_t)w->context->ranks.shards, m, m, all,
                      out + at * bytes);
    }
    return status;
}

int32_t base_all_sum_shards(genmod_workspace *w, int32_t status,
                            uint64_t digest, int32_t type, size_t n,
                            const void *parts, void *out)
{
    const size_t bytes = type == GENMOD_F32 ? sizeof(float) : sizeof(double);
    const size_t shards = (size_t)w->context->ranks.shards;
    const size_t local = base_parts(w);
    const base_mark mark = base_scratch_mark(w);
    char *own, *all;

    if (!shards) {
        if (!status)
            memcpy(out, parts, n * bytes);
        return base_all_sum(w, status, digest, type, n, out);
    }
    if (alone(w)) {
        if (!status)
            add_parts(type, shards, n, n, parts, out);
        return status;
    }
    const size_t chunk = chunk_of(w), m = n < chunk ? n : chunk;
    own = base_scratch(w, local, m * bytes);
    all = base_scratch(w, shards, m * bytes);
    if (!status && (!own || !all))
        status = base_status(w);
    status = meet(w, status, SHARDS, n, digest);
    if (!status)
        status = gather_parts(w, type, n, parts, own, all, out);
    base_scratch_release(w, mark);
    return status;
}

uint64_t base_digest(uint64_t before, const void *p, size_t bytes)
{
    const unsigned char *const at = p;
    uint64_t h = before ^ UINT64_C(0x9e3779b97f4a7c15);

    for (size_t i = 0; i < bytes; i += 8) {
        uint64_t word = 0;

        memcpy(&word, at + i, bytes - i < 8 ? bytes - i : 8);
        h = (h ^ word) * UINT64_C(0xff51afd7ed558ccd);
        h ^= h >> 32;
    }
    return h;
}
