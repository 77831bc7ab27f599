/* A host that counts what the library takes, and refuses it on demand. */
#ifndef SUPPORT_HOST_H
#define SUPPORT_HOST_H

#include <stdatomic.h>

#include "genmod/base.h"

#define HOST_NEVER SIZE_MAX

/* How allocations fail, once number `fail_at` comes. */
#define HOST_ONCE 0
#define HOST_FROM_THEN_ON 1

/* Any thread may allocate; the other members are set between calls. */
typedef struct host {
    atomic_size_t calls;  /* allocations asked for since host_arm() */
    atomic_size_t blocks; /* alive */
    atomic_size_t bytes;  /* alive */
    atomic_size_t peak;   /* most bytes alive at one time */
    size_t fail_at;       /* number of the allocation to fail, or HOST_NEVER */
    int mode;             /* HOST_ONCE, HOST_FROM_THEN_ON */
} host;

void host_init(host *h);
/* Counts calls from 0 again and fails number `fail_at`. */
void host_arm(host *h, size_t fail_at, int mode);
/* The callbacks; `user` is the host. What is given back is checked against
 * what was taken. */
void *host_alloc(size_t bytes, size_t align, void *user);
void host_dealloc(void *p, size_t bytes, size_t align, void *user);
/* A context on the host, which nothing was refused. */
genmod_context *host_context(host *h);

/* Runs `act` with allocation number 0, 1, 2, … failing, alone and with all
 * after it, until it takes fewer. Asserts that each failure returns
 * GENMOD_NO_MEMORY, that `act` leaves nothing behind, and that it succeeds
 * undisturbed before and after. `act` makes its own workspace of c.
 * Returns the number of allocations. */
size_t support_alloc_walk(int32_t (*act)(genmod_context *c, void *arg),
                          void *arg);

#endif
