#include "support/threads.h"

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>

static atomic_size_t allowed = SIZE_MAX;
static atomic_size_t asked;

void threads_allow(size_t n)
{
    atomic_store(&asked, 0);
    atomic_store(&allowed, n);
}

size_t threads_asked(void)
{
    return atomic_load(&asked);
}

/* The names that the linker's --wrap gives. */
int __real_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *arg);
int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *arg);

int __wrap_pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
                          void *(*start)(void *), void *arg)
{
    if (atomic_fetch_add(&asked, 1) >= atomic_load(&allowed))
        return EAGAIN;
    return __real_pthread_create(thread, attributes, start, arg);
}
