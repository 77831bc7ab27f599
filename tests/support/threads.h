/* Threads that the system refuses. For tests linked with support_threads_dep,
 * where every pthread_create() goes through here. */
#ifndef SUPPORT_THREADS_H
#define SUPPORT_THREADS_H

#include <stddef.h>

/* The next n threads are given, the ones after them refused. */
void threads_allow(size_t n);
/* Threads asked for since threads_allow(). */
size_t threads_asked(void);

#endif
