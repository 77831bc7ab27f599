#include "support/host.h"

#include "support/test.h"

/* Before each block: what was asked for. A block is aligned to at most 64. */
typedef struct record {
    size_t bytes, align;
} record;

#define FRONT 64

_Static_assert(sizeof(record) <= FRONT, "record");

void host_init(host *h)
{
    atomic_init(&h->calls, 0);
    atomic_init(&h->blocks, 0);
    atomic_init(&h->bytes, 0);
    atomic_init(&h->peak, 0);
    h->fail_at = HOST_NEVER;
    h->mode = HOST_ONCE;
}

void host_arm(host *h, size_t fail_at, int mode)
{
    atomic_store(&h->calls, 0);
    h->fail_at = fail_at;
    h->mode = mode;
}

void *host_alloc(size_t bytes, size_t align, void *user)
{
    host *const h = user;
    const size_t number = atomic_fetch_add(&h->calls, 1);

    if (bytes == 0 || align == 0 || align > FRONT || align & (align - 1))
        abort();
    if (number == h->fail_at ||
        (h->mode == HOST_FROM_THEN_ON && number > h->fail_at))
        return NULL;
    unsigned char *const block =
        aligned_alloc(FRONT, (bytes + 2 * FRONT - 1) / FRONT * FRONT);
    if (!block)
        return NULL;
    *(record *)(void *)block = (record){bytes, align};
    /* not zero: a test sees what relies on cleared memory */
    memset(block + FRONT, 0xA5, bytes);
    atomic_fetch_add(&h->blocks, 1);
    const size_t alive = atomic_fetch_add(&h->bytes, bytes) + bytes;
    size_t peak = atomic_load(&h->peak);
    while (alive > peak &&
           !atomic_compare_exchange_weak(&h->peak, &peak, alive))
        ;
    return block + FRONT;
}

void host_dealloc(void *p, size_t bytes, size_t align, void *user)
{
    host *const h = user;
    unsigned char *const block = (unsigned char *)p - FRONT;
    const record *const r = (const void *)block;

    if (r->bytes != bytes || r->align != align)
        abort();
    atomic_fetch_sub(&h->blocks, 1);
    atomic_fetch_sub(&h->bytes, bytes);
    memset(p, 0x5A, bytes);
    free(block);
}

genmod_context *host_context(host *h)
{
    genmod_context *c = NULL;

    host_init(h);
    assert_ok(genmod_context_new(host_alloc, host_dealloc, h, &c));
    return c;
}

/* One run of `act` with that failure; its status. */
static int32_t attempt(int32_t (*act)(genmod_context *c, void *arg), void *arg,
                       size_t fail_at, int mode, size_t *calls)
{
    host h;
    genmod_context *const c = host_context(&h);
    const size_t before = atomic_load(&h.blocks);

    host_arm(&h, fail_at, mode);
    const int32_t status = act(c, arg);
    *calls = atomic_load(&h.calls);
    if (atomic_load(&h.blocks) != before)
        fail_msg("allocation %zu failed: %zu blocks are left", fail_at,
                 atomic_load(&h.blocks) - before);
    genmod_context_free(c);
    assert_int_equal(atomic_load(&h.blocks), 0);
    assert_int_equal(atomic_load(&h.bytes), 0);
    return status;
}

size_t support_alloc_walk(int32_t (*act)(genmod_context *c, void *arg),
                          void *arg)
{
    size_t n = 0, calls;

    assert_ok(attempt(act, arg, HOST_NEVER, HOST_ONCE, &calls));
    for (;; n++) {
        const int32_t status = attempt(act, arg, n, HOST_ONCE, &calls);
        if (calls <= n) {
            assert_ok(status);
            return n;
        }
        if (status != GENMOD_NO_MEMORY)
            fail_msg("allocation %zu failed once: %s", n,
                     genmod_status_name(status));
        if (attempt(act, arg, n, HOST_FROM_THEN_ON, &calls) != GENMOD_NO_MEMORY)
            fail_msg("allocations from %zu on failed without a word", n);
    }
}

void support_near(double a, double b, double tolerance, const char *file,
                  int line)
{
    if (fabs(a - b) <= tolerance || a == b)
        return;
    print_error("%.17g and %.17g differ by %.3g, more than %.3g\n", a, b,
                fabs(a - b), tolerance);
    _fail(file, line);
}

void support_status(int32_t status, int32_t expected, const genmod_workspace *w,
                    const char *file, int line)
{
    if (status == expected)
        return;
    print_error("%d (%s), not %d (%s): %s\n", (int)status,
                genmod_status_name(status), (int)expected,
                genmod_status_name(expected), genmod_workspace_error(w));
    _fail(file, line);
}

void support_contains(const char *text, const char *part, const char *file,
                      int line)
{
    if (strstr(text, part) && !strchr(text, '\n'))
        return;
    print_error("\"%s\" does not contain \"%s\" in one line\n", text, part);
    _fail(file, line);
}
