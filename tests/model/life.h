/* What every family that the frame trains must pass: tests, whose state is a
 * `const life *`, and checks. */
#ifndef TESTS_MODEL_LIFE_H
#define TESTS_MODEL_LIFE_H

#include "model/fixture.h"

typedef struct life {
    const model_family *family;
    size_t bytes;        /* of a handle */
    const char *options; /* of the model */
    size_t passes;       /* as the options say */
    size_t updates;      /* of a pass over the view */
    /* The training rows, of memory that outlives the view. */
    genmod_data *(*view)(void);
    /* A const call for the view's rows; out has LIFE_ROOM bytes. */
    int32_t (*ask)(const void *m, const genmod_data *x, void *out,
                   genmod_workspace *w);
} life;

#define LIFE_ROOM ((size_t)1 << 15)

void *life_model(const life *f);

/* ---- run.c: training, with all checkpoints ------------------------------- */

typedef struct life_run {
    const life *f;
    void *m;
    genmod_data *v;
    fixture_bytes *at; /* before each update, and after the last */
    size_t n;
} life_run;

/* A model without weights, and the rows. */
void life_open(const life *f, life_run *r);
/* Fits it, which fills `at`. */
void life_fit(life_run *r);
void life_close(life_run *r);

/* ---- resume.c ------------------------------------------------------------ */

void fit_is_start_and_steps(void **state);
/* Every checkpoint, in a model that knows nothing: one step leads to the next
 * one, and a fit to the same end. */
void checkpoints_go_on_bit_for_bit(void **state);
void a_completed_fit_is_followed_by_more_passes(void **state);
void a_saved_model_goes_on_with_new_moments(void **state);
/* Training options that change between two steps: the counts go on. */
void life_check_changes(const life *f, size_t n, const char *const *changes);

/* ---- progress.c: with options "seed" 11 ---------------------------------- */

void progress_is_called_before_each_update_and_after_the_last(void **state);
void a_positive_answer_stops_and_keeps(void **state);
void a_negative_answer_fails_and_keeps_whole_updates(void **state);
void a_cancelled_fit_is_finished_by_the_next_warm_one(void **state);
void cancel_ends_at_the_next_update(void **state);
void in_the_middle_const_calls_work_and_others_are_busy(void **state);

/* ---- bits.c -------------------------------------------------------------- */

/* The checkpoint after so many steps; kernels may be NULL. */
fixture_bytes life_trained(const life *f, size_t steps, size_t threads,
                           const char *kernels);
/* 1, 2, 3, 7 threads. */
void life_check_threads(const life *f, size_t steps, const char *kernels);

#endif
