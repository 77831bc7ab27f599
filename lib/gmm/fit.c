/* gmm_fit(): starts side by side, each until it comes to rest. */
#include <math.h>
#include <string.h>

#include "gmm/ranks.h"

#define STOP 1 /* progress asked for it */

typedef struct fit {
    gmm_job job;
    genmod_progress progress;
    void *user;
    size_t most;
    gmm_past before;
    int32_t warm, saved; /* saved: the model stands at a step of this fit */
    double best; /* objective of the best start that has ended; -inf before */
    double *start_means; /* [starts] */
} fit;

static int32_t poll(size_t rows, void *user)
{
    fit *const f = user;
    int32_t answer;

    base_report_set(f->job.m->report, GMM_REPORT_ROWS, (double)rows);
    answer = f->progress(f->job.m->report, f->user);
    base_settle();
    if (answer < 0)
        return base_fail(f->job.w, GENMOD_CALLBACK, "progress returned %i",
                         (int64_t)answer);
    return answer > 0 ? STOP : GENMOD_OK;
}

/* The model takes the likeliest track, unless it holds a likelier start. */
static void keep_best(fit *f)
{
    const gmm_track *best = NULL;

    for (size_t i = 0; i < f->job.n_tracks; i++) {
        const gmm_track *const t = &f->job.tracks[i];

        if (!best || t->objective > best->objective ||
            !(best->objective == best->objective))
            best = t;
    }
    if (f->best > best->objective)
        return;
    if (!f->saved && !f->warm)
        base_report_clear(f->job.m->report);
    f->saved = 1;
    gmm_job_commit(&f->job, best);
    gmm_job_publish(&f->job, best, f->before.values);
    gmm_job_count(&f->job, best->steps);
}

/* One pass for all tracks that have not ended, and their M-steps. */
static int32_t iterate(fit *f)
{
    const int32_t status = gmm_job_pass(&f->job);

    return status ? status : gmm_job_advance_all(&f->job, 0);
}

static int all_ended(const gmm_job *job)
{
    for (size_t i = 0; i < job->n_tracks; i++)
        if (!job->tracks[i].ended)
            return 0;
    return 1;
}

/* The likelihood of where the tracks stand, for those that ran out of steps. */
static int32_t settle(fit *f)
{
    int32_t status;

    if (all_ended(&f->job))
        return GENMOD_OK;
    f->job.pass.moments = 0;
    status = gmm_job_pass(&f->job);
    f->job.pass.moments = 1;
    return status;
}

static int32_t run_tracks(fit *f)
{
    gmm_job *const job = &f->job;
    int32_t status = GENMOD_OK;

    for (size_t it = 0; it < f->most && !status && !all_ended(job); it++) {
        status = iterate(f);
        if (!status)
            keep_best(f);
    }
    if (!status)
        status = settle(f);
    if (!status)
        keep_best(f);
    return status;
}

static void reset_tracks(gmm_job *job, uint64_t first, size_t count)
{
    job->n_tracks = count;
    for (size_t i = 0; i < count; i++) {
        gmm_track *const t = &job->tracks[i];

        t->steps = t->n_history = 0;
        t->mean = t->objective = t->previous = NAN;
        t->number = first + i;
        t->mended = t->converged = t->ended = 0;
    }
}

/* Starts first … first + count - 1, side by side. */
static int32_t run_starts(fit *f, uint64_t first, size_t count)
{
    gmm_job *const job = &f->job;
    const size_t held = job->n_tracks;
    int32_t status;

    reset_tracks(job, first, count);
    status = gmm_job_start(job, NULL, first, count);
    for (size_t i = 0; i < count && !status; i++)
        gmm_job_note_mends(&job->tracks[i], job->k);
    if (!status) {
        job->pass.poll = f->progress ? poll : NULL;
        job->pass.user = f;
        status = run_tracks(f);
        job->pass.poll = NULL;
    }
    if (status == STOP && !f->saved)
        keep_best(f);
    for (size_t i = 0; i < count && !status; i++) {
        f->start_means[first + i] = job->tracks[i].mean;
        if (job->tracks[i].objective > f->best)
            f->best = job->tracks[i].objective;
    }
    job->n_tracks = held;
    return status;
}

static int32_t run_cold(fit *f, size_t starts, size_t side_by_side)
{
    genmod_report *const r = f->job.m->report;
    int32_t status = gmm_job_columns(&f->job);

    for (size_t first = 0; first < starts && !status; first += side_by_side) {
        const size_t left = starts - first;

        status =
            run_starts(f, first, left < side_by_side ? left : side_by_side);
    }
    if (!status)
        base_report_put(r, GMM_REPORT_START_LOG_LIKELIHOOD, starts,
                        f->start_means);
    return status;
}

static int32_t run_warm(fit *f)
{
    int32_t status = gmm_job_resume(&f->job);

    f->job.pass.poll = f->progress ? poll : NULL;
    f->job.pass.user = f;
    return status ? status : run_tracks(f);
}

static int32_t open_fit(fit *f, gmm_model *m, const genmod_data *x,
                        size_t starts, size_t tracks, genmod_workspace *w)
{
    gmm_job *const job = &f->job;
    int32_t status = gmm_job_open(job, m, x, tracks, f->most, w);

    if (status)
        return status;
    if (f->warm)
        f->before = gmm_job_recall(job);
    f->start_means = base_scratch(w, starts, sizeof(double));
    if (!f->start_means)
        return base_status(w);
    return gmm_job_reserve(m->report, job->k, f->before.values + f->most,
                           starts, w);
}

static int32_t run_fit(gmm_model *m, const genmod_data *x,
                       genmod_progress progress, void *user,
                       genmod_workspace *w)
{
    const genmod_config *const c = m->config;
    fit f = {.best = -INFINITY,
             .progress = progress,
             .user = user,
             .most = (size_t)base_config_i64(c, GMM_MAX_ITERATIONS),
             .warm = m->params && base_config_i64(c, GMM_WARM_START)};
    const int assigned = base_same(base_config_str(c, GMM_INIT), "labels");
    const size_t starts =
        f.warm || assigned ? 1 : (size_t)base_config_i64(c, GMM_STARTS);
    const size_t tracks =
        gmm_job_side_by_side(starts, gmm_model_covariance(m), gmm_components(m),
                             base_data_columns(x));
    const double rows = base_report_number(m->report, GMM_REPORT_ROWS);
    int32_t status = open_fit(&f, m, x, starts, tracks, w);

    m->training = 1;
    if (!status)
        status = f.warm ? run_warm(&f) : run_cold(&f, starts, tracks);
    m->training = 0;
    if (status && !f.saved)
        base_report_set(m->report, GMM_REPORT_ROWS, rows);
    else if (status && base_ranks_of(w).size > 1) /* each has got elsewhere */
        base_report_set(m->report, GMM_REPORT_ROWS, (double)f.job.n);
    gmm_job_close(&f.job);
    return status == STOP ? GENMOD_OK : status;
}

int32_t gmm_fit(gmm_model *m, const genmod_data *x, genmod_progress progress,
                void *user, genmod_workspace *w)
{
    base_call call;
    int32_t status, warm;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = gmm_check_training(m, x, w);
    warm = !status && m->params && base_config_i64(m->config, GMM_WARM_START);
    if (warm)
        status = gmm_check_columns(m, x, w);
    status = gmm_agree(m, x, gmm_call("fit"), warm ? GMM_REPORT : GMM_AFRESH,
                       status, w);
    return base_leave(&call,
                      status ? status : run_fit(m, x, progress, user, w));
}
