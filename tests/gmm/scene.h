/* What ranks do with a mixture, on threads: the fit of all, or something odd on
 * one of them. */
#ifndef TESTS_GMM_SCENE_H
#define TESTS_GMM_SCENE_H

#include "gmm/fixture.h"
#include "support/ranks.h"

#define N ((size_t)2999) /* no multiple of anything */
#define D ((size_t)3)
#define ROOM ((size_t)1 << 15)
#define PARAMS ((size_t)64)

#define FIT 0
#define CHOOSE 1
#define STEPS 2
#define GRADIENT 3
#define PARTIAL 4
#define NESTED 5

/* What all ranks are to do, what one of them does otherwise, and what came of
 * it. Ranks run as threads, so they keep what they find for the test. */
typedef struct scene {
    int verb;
    int32_t shards;
    const char *options; /* "key=value key=value" */
    int32_t weighted, missing, f32, source, labelled;
    /* What is odd about rank `odd`. */
    int32_t odd;
    const char *odd_options;
    double odd_cell; /* in its last row, unless it is 0 */
    int32_t odd_columns, odd_type, odd_cancel, odd_answer;
    size_t odd_allocation; /* the one that fails; 0: none */
    /* What came of it. */
    int32_t status[RANKS_MOST];
    char text[RANKS_MOST][160];
    size_t bytes[RANKS_MOST];
    unsigned char saved[RANKS_MOST][ROOM];
    double mean[RANKS_MOST], bic[RANKS_MOST];
    double params[RANKS_MOST][PARAMS]; /* weights, means, covariances */
    size_t allocations;                /* that the odd rank asked for */
} scene;

/* Once, before the first scene. */
void scene_draw(void);
/* Zeroed, with nothing odd; free() takes it back. */
scene *scene_of(const char *options);
/* What ranks_run() runs on each rank; its `arg` is the scene. */
void scene_rank(ranks_seat *seat);
/* All ranks; callbacks must have met their like. */
void scene_run(scene *s, int32_t size, int32_t shards);

#endif
