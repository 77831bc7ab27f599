/* A host's floating-point environment and locale around public calls: each
 * leaves them as they were, and gives the same bits whatever they were. */
#ifndef GUARD_ENVIRONMENT_H
#define GUARD_ENVIRONMENT_H

#include "support/test.h"

typedef struct environment {
    int rounding, flags; /* as <fenv.h> has them; 0, 0: as at the start */
    const char *locale;
} environment;

/* What is not as the host left it; NULL where all is. */
const char *environment_difference(const environment *e);
void environment_unchanged(const environment *e, const char *name);
/* The same after a call that must have succeeded. */
void environment_good(const environment *e, const char *name, int32_t status,
                      genmod_workspace *w);
/* A parallel_for of the calling thread. */
int32_t environment_here(size_t n, genmod_task task, void *arg, void *user);

/* Makes its calls, and puts what they gave into `out`, which is zeroed. */
typedef void (*environment_play)(const environment *e, void *out);

/* Plays in several floating-point environments: `bytes` of equal bits. */
void environment_check_settings(environment_play play, size_t bytes);
/* And in a locale with a decimal comma, where the system has one. */
void environment_check_locale(environment_play play, size_t bytes);

#endif
