/* Every allocation of a call is refused once, and some with all after them: an
 * error with a text, no leak, the objects as they were, and the call that
 * succeeds at last gives the bits of an undisturbed one. */
#ifndef TESTS_MODEL_WALK_H
#define TESTS_MODEL_WALK_H

#include "model/fixture.h"

#define WALK_ROOM ((size_t)1 << 15)

/* The objects of one call, and what it put out. */
typedef struct walk_stage {
    host h;
    genmod_context *own;
    genmod_workspace *w; /* of a context of its own; new for each attempt */
    genmod_config *config;
    void *model, *other;
    genmod_data *view, *codes;
    double out[WALK_ROOM / sizeof(double)];
    size_t need;
} walk_stage;

typedef struct walk_kind {
    const model_family *family;
    size_t bytes; /* of a handle */
    const char *options;
    size_t threads;
    genmod_data *(*view)(void), *(*codes)(void);
} walk_kind;

typedef struct walk_call {
    const char *name;
    int32_t (*call)(walk_stage *s);
    void (*prepare)(walk_stage *s); /* before it; may be NULL */
} walk_call;

/* A model that has made a step, of memory that the workspace's is not of. */
void walk_open(walk_stage *s, const walk_kind *k);
void walk_close(walk_stage *s);
/* The workspace of an attempt. */
void walk_enter(walk_stage *s, size_t threads);
void walk_leave(walk_stage *s);
/* Walks over the allocations of each call, for each kind; prints their numbers
 * and returns the sum. */
size_t walk_all(size_t kinds, const walk_kind *k, size_t calls,
                const walk_call *c);

/* ---- calls that all families have ---------------------------------------- */

#define WALK_SHARED 12
extern const walk_call walk_shared[WALK_SHARED];

#endif
