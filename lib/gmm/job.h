/* What gmm_start(), gmm_step() and gmm_fit() share, inside room `gmm`. */
#ifndef GMM_JOB_H
#define GMM_JOB_H

#include "genmod/gmm_learn.h"
#include "gmm/prior.h"

/* One start under way. */
typedef struct gmm_track {
    gmm_params *now, *next;
    gmm_stats *stats;
    int32_t *mend;             /* [k] of the last step */
    double *mends, *last_mend; /* [k] */
    double *history;           /* before each iteration of this call */
    size_t n_history;
    size_t steps;     /* iterations done, those of earlier calls among them */
    double mean;      /* the last log-likelihood that a pass gave */
    double objective; /* that, and the prior's share of a row */
    double previous;  /* the one before an iteration earlier */
    uint64_t number;  /* of the start */
    int32_t mended;   /* in the last step: the likelihood may fall */
    int32_t converged, ended;
    /* Of variational Bayes, variational.h. */
    double *counts;    /* [k] rows of each component */
    double *norms;     /* [k] log_norm of `now` as a plain mixture */
    double divergence; /* of the posterior from the prior; else 0 */
} gmm_track;

typedef struct gmm_variation gmm_variation;

typedef struct gmm_job {
    gmm_model *m;
    const genmod_data *x;
    const gmm_covariance *type;
    size_t n, k, d, rank; /* n: rows of all ranks */
    size_t first;         /* the number of this rank's first row among them */
    int32_t
        element; /* GENMOD_F32 or GENMOD_F64: of the rows that were summed */
    double *center, *variance; /* [d] of the data's columns */
    int32_t partial;           /* some cells are missing */
    double *side;        /* [d] of the noise's box; NULL: there is no noise */
    double weight;       /* of all rows; with center and variance */
    gmm_variation *vary; /* NULL: EM */
    double tolerance, relative;
    gmm_rules rules;
    gmm_prior *prior; /* what the rules know, to be set with the columns */
    gmm_slots slots;
    gmm_pass pass;
    size_t n_tracks;
    gmm_track *tracks;
    gmm_params *committed; /* becomes the model's */
    genmod_workspace *w;
} gmm_job;

/* Checks x against the model and makes everything for `tracks` starts that run
 * side by side with at most `history` values each; x NULL: no passes, for sums
 * of `n` rows of type `element`, which the caller sets. `warm`: for the model's
 * own d. gmm_job_close() takes anything half-built. */
int32_t gmm_job_open(gmm_job *job, gmm_model *m, const genmod_data *x,
                     size_t tracks, size_t history, genmod_workspace *w);
void gmm_job_close(gmm_job *job);
/* How many starts run side by side: from the shape alone. */
size_t gmm_job_side_by_side(size_t starts, const gmm_covariance *t, size_t k,
                            size_t d);

/* start.c: first parameters of the first `count` tracks, starts number first,
 * first + 1, …; by the option "init", or from responsibilities if `given`. */
int32_t gmm_job_start(gmm_job *job, const double *given, uint64_t first,
                      size_t count);
/* center and variance from one pass over the data, of cells that are there,
 * where some are missing. */
int32_t gmm_job_columns(gmm_job *job);
/* A column without variance gets the square of its value, or the mean of the
 * others' variances if that is less, so that a share of it is something; 1 of
 * zeros alone. type: of the rows. */
void gmm_settle_columns(int32_t type, size_t d, const double *center,
                        double *variance);

/* The noise that a fit begins with, if there is to be some. */
void gmm_job_noise(const gmm_job *job, gmm_params *p);

/* track.c. A call's arguments. */
int32_t gmm_check_training(const gmm_model *m, const genmod_data *x,
                           genmod_workspace *w);
int32_t gmm_check_columns(const gmm_model *m, const genmod_data *x,
                          genmod_workspace *w);

/* Where an earlier call left off: what the report holds of it. */
typedef struct gmm_past {
    size_t iterations, values; /* values: of the history */
} gmm_past;
/* Track 0 goes on from the model: its report, then its parameters, for which
 * the data's column variances are learned where the model lacks them. */
gmm_past gmm_job_recall(const gmm_job *job);
int32_t gmm_job_resume(gmm_job *job);

/* One pass for all tracks that have not ended, and a track's M-step. */
int32_t gmm_job_pass(gmm_job *job);
/* What a pass over rows of that weight says of a track. */
void gmm_job_note_pass(const gmm_job *job, gmm_track *t, double log_likelihood,
                       double weight);
int32_t gmm_job_advance(gmm_job *job, gmm_track *t);
/* The same for all tracks that have not ended; those at rest end. sparing: a
 * breakdown is its track's alone. */
int32_t gmm_job_advance_all(gmm_job *job, int32_t sparing);
/* The track ends as the least likely. */
void gmm_job_break(gmm_track *t);
/* The one M-step of a call, of track 0, which becomes the model's, and its line
 * of the report. rests: whether the parameters are at rest can be said. */
int32_t gmm_job_finish(gmm_job *job, gmm_past p, int rests);
/* 1 once the likelihood has come to rest; a mending may move it either way. */
int gmm_job_at_rest(const gmm_job *job, gmm_track *t);
void gmm_job_note_mends(gmm_track *t, size_t k);

/* Room in the report, so that what follows cannot fail: the model's parameters
 * become the track's, and the report says what the track has come to, and no
 * more of an earlier call than `before` values of the history. */
int32_t gmm_job_reserve(genmod_report *r, size_t k, size_t history,
                        size_t starts, genmod_workspace *w);
void gmm_job_commit(gmm_job *job, const gmm_track *t);
void gmm_job_publish(const gmm_job *job, const gmm_track *t, size_t before);
void gmm_job_count(const gmm_job *job, size_t iterations);
/* choose.c: the table of an earlier choice leaves the report. */
void gmm_choice_forget(genmod_report *r);

#endif
