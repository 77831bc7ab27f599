/* Blocks, each behind a header that knows its size and its context, and the
 * scratch of a workspace. */
#include <string.h>

#include "base/internal.h"

/* A block's header fills a cache line, so that what follows is aligned. */
typedef struct header {
    genmod_context *context;
    size_t bytes; /* the header's own among them */
} header;

/* A piece of scratch: this struct in its first BASE_ALIGN bytes. */
struct base_chunk {
    base_chunk *next;
    size_t bytes; /* this struct's own among them */
};

/* Below this, many small requests share a chunk. */
#define CHUNK ((size_t)16 << 10)

_Static_assert(sizeof(header) <= BASE_ALIGN, "header");
_Static_assert(sizeof(base_chunk) <= BASE_ALIGN, "chunk");

int base_mul(size_t a, size_t b, size_t *out)
{
    if (b != 0 && a > SIZE_MAX / b)
        return 0;
    *out = a * b;
    return 1;
}

int base_add(size_t a, size_t b, size_t *out)
{
    if (a > SIZE_MAX - b)
        return 0;
    *out = a + b;
    return 1;
}

/* Counts `bytes` in, unless that passes the limit. */
static int count(genmod_context *c, uint64_t bytes)
{
    uint64_t held = atomic_load_explicit(&c->held, memory_order_relaxed);

    do {
        if (c->limit && (held > c->limit || bytes > c->limit - held))
            return 0;
    } while (!atomic_compare_exchange_weak_explicit(
        &c->held, &held, held + bytes, memory_order_relaxed,
        memory_order_relaxed));
    return 1;
}

static void discount(genmod_context *c, uint64_t bytes)
{
    atomic_fetch_sub_explicit(&c->held, bytes, memory_order_relaxed);
}

void *base_take(genmod_context *c, size_t bytes, int32_t *status)
{
    size_t total;

    *status = GENMOD_NO_MEMORY;
    if (!base_add(bytes, BASE_ALIGN, &total) || total > PTRDIFF_MAX)
        return NULL;
    if (!count(c, total)) {
        *status = GENMOD_LIMIT;
        return NULL;
    }
    unsigned char *const block = c->alloc(total, BASE_ALIGN, c->user);
    if (!block) {
        discount(c, total);
        return NULL;
    }
    *(header *)(void *)block = (header){.context = c, .bytes = total};
    *status = GENMOD_OK;
    return block + BASE_ALIGN;
}

void base_give(void *p)
{
    void *const block = (unsigned char *)p - BASE_ALIGN;
    const header h = *(const header *)block;

    discount(h.context, h.bytes);
    h.context->dealloc(block, h.bytes, BASE_ALIGN, h.context->user);
}

void base_free(void *p)
{
    if (!p)
        return;
    const void *const block = (const unsigned char *)p - BASE_ALIGN;
    genmod_context *const c = ((const header *)block)->context;

    base_give(p);
    base_context_drop(c);
}

static void *refuse(genmod_workspace *w, int32_t status, size_t bytes)
{
    if (status == GENMOD_LIMIT)
        base_fail(w, status,
                  "%u more bytes would pass the memory limit of %u bytes",
                  (uint64_t)bytes, w->context->limit);
    else
        base_fail(w, status, "the allocator has no %u bytes", (uint64_t)bytes);
    return NULL;
}

static void *refuse_product(genmod_workspace *w, size_t n, size_t size)
{
    base_fail(w, GENMOD_NO_MEMORY, "no memory can have %u times %u bytes",
              (uint64_t)n, (uint64_t)size);
    return NULL;
}

void *base_alloc(genmod_workspace *w, size_t n, size_t size)
{
    size_t bytes;
    int32_t status;

    if (!base_mul(n, size, &bytes))
        return refuse_product(w, n, size);
    void *const p = base_take(w->context, bytes, &status);
    if (!p)
        return refuse(w, status, bytes);
    base_context_hold(w->context);
    return p;
}

void *base_alloc_zero(genmod_workspace *w, size_t n, size_t size)
{
    void *const p = base_alloc(w, n, size);

    if (p)
        memset(p, 0, n * size);
    return p;
}

/* The next bytes of the current chunk, or NULL if it has too few. */
static void *bump(genmod_workspace *w, size_t bytes)
{
    base_chunk *const chunk = w->current;

    if (!chunk || chunk->bytes - w->used < bytes)
        return NULL;
    void *const p = (unsigned char *)chunk + w->used;
    w->used += bytes;
    return p;
}

/* Goes on to the chunk after the current one, or the first. */
static int advance(genmod_workspace *w)
{
    base_chunk *const next = w->current ? w->current->next : w->first;

    if (!next)
        return 0;
    w->current = next;
    w->used = BASE_ALIGN;
    return 1;
}

static int append(genmod_workspace *w, size_t bytes)
{
    int32_t status;
    const size_t room = bytes < CHUNK ? CHUNK : bytes;
    base_chunk *const fresh = base_take(w->context, room + BASE_ALIGN, &status);

    if (!fresh) {
        refuse(w, status, bytes);
        return 0;
    }
    *fresh = (base_chunk){.next = NULL, .bytes = room + BASE_ALIGN};
    *(w->current ? &w->current->next : &w->first) = fresh;
    return advance(w);
}

/* Requests walk the chunks in order, so that a call that asks for the same as
 * the one before finds the same places and takes nothing new. */
void *base_scratch(genmod_workspace *w, size_t n, size_t size)
{
    size_t bytes;

    if (!base_mul(n, size, &bytes) || bytes > PTRDIFF_MAX - 4 * BASE_ALIGN)
        return refuse_product(w, n, size);
    bytes = (bytes + BASE_ALIGN - 1) / BASE_ALIGN * BASE_ALIGN;
    for (;;) {
        void *const p = bump(w, bytes);
        if (p)
            return p;
        if (!advance(w) && !append(w, bytes))
            return NULL;
    }
}

base_mark base_scratch_mark(const genmod_workspace *w)
{
    return (base_mark){w->current, w->used};
}

void base_scratch_release(genmod_workspace *w, base_mark m)
{
    w->current = m.chunk;
    w->used = m.used;
}

void base_scratch_reset(genmod_workspace *w, size_t keep)
{
    base_chunk **link = &w->first;

    w->current = NULL;
    w->used = 0;
    while (*link) {
        base_chunk *const chunk = *link;
        if (chunk->bytes <= keep) {
            keep -= chunk->bytes;
            link = &chunk->next;
        } else {
            *link = chunk->next;
            base_give(chunk);
        }
    }
}
