/* The memory of a training call. */
#include <math.h>
#include <string.h>

#include "gmm/factor.h"
#include "gmm/hold.h"
#include "gmm/job.h"
#include "gmm/noise.h"
#include "gmm/variational.h"

#define TRACK_BYTES ((size_t)256 << 20) /* of starts that run side by side */

static int32_t track_new(gmm_track *t, const gmm_job *job, size_t history)
{
    genmod_workspace *const w = job->w;
    const size_t k = job->k;

    memset(t, 0, sizeof *t);
    t->mean = t->objective = t->previous = NAN;
    t->mend = base_scratch(w, k, sizeof *t->mend);
    t->mends = base_scratch(w, k, sizeof *t->mends);
    t->last_mend = base_scratch(w, k, sizeof *t->last_mend);
    t->history = base_scratch(w, history, sizeof *t->history);
    if (!t->mend || !t->mends || !t->last_mend || !t->history)
        return base_status(w);
    for (size_t j = 0; j < k; j++)
        t->mends[j] = t->last_mend[j] = 0;
    t->now = gmm_params_new_rank(job->type, k, job->d, job->rank, w);
    t->next =
        t->now ? gmm_params_new_rank(job->type, k, job->d, job->rank, w) : NULL;
    t->stats = t->next ? gmm_stats_new(job->type, k, job->d, w) : NULL;
    return t->stats ? GENMOD_OK : base_status(w);
}

static int32_t check_shape(gmm_job *job)
{
    const size_t n = base_data_rows(job->x);
    int32_t status = GENMOD_OK;

    if (n == 0)
        status = base_fail(job->w, GENMOD_BAD_ARGUMENT,
                           "x has no rows; call a genmod_data_set function");
    status = base_all_rows(job->w, status, n, &job->first, &job->n);
    if (status)
        return status;
    if (job->n < job->k)
        return base_fail(job->w, GENMOD_BAD_ARGUMENT,
                         "x has %u rows; components is %u and needs as many",
                         (uint64_t)job->n, (uint64_t)job->k);
    return GENMOD_OK;
}

static int32_t set_rules(gmm_job *job)
{
    const genmod_config *const c = job->m->config;
    gmm_hold *hold = NULL;
    int32_t status;

    job->rules.ridge = base_config_f64(c, GMM_RIDGE);
    job->rules.repair =
        base_same(base_config_str(c, GMM_ON_SINGULAR), "repair");
    job->rules.seed = (uint64_t)base_config_i64(c, GMM_SEED);
    job->tolerance = base_config_f64(c, GMM_TOLERANCE);
    job->relative = base_config_f64(c, GMM_RELATIVE_TOLERANCE);
    job->rules.shrinkage = base_config_f64(c, GMM_SHRINKAGE);
    if (job->rules.shrinkage > 0 && !job->type->triangle)
        return base_fail(job->w, GENMOD_BAD_ARGUMENT,
                         "shrinkage is %g; %s covariances have no correlations",
                         job->rules.shrinkage, job->type->name);
    status = gmm_prior_new(c, job->d, job->center, &job->prior, job->w);
    job->rules.prior = job->prior;
    if (!status)
        status = gmm_hold_new(c, job->type, job->k, &hold, job->w);
    job->rules.hold = hold;
    if (!status && (job->prior || hold)) {
        job->rules.place =
            base_scratch(job->w, job->k, job->d * sizeof(double));
        status = job->rules.place ? GENMOD_OK : base_status(job->w);
    }
    return status;
}

static int32_t make_tracks(gmm_job *job, size_t tracks, size_t history)
{
    gmm_lane *lanes;
    int32_t status = GENMOD_OK;

    job->tracks = base_scratch(job->w, tracks, sizeof *job->tracks);
    lanes = base_scratch(job->w, tracks, sizeof *lanes);
    if (!job->tracks || !lanes)
        return base_status(job->w);
    memset(lanes, 0, tracks * sizeof *lanes);
    for (size_t t = 0; t < tracks && !status; t++) {
        job->n_tracks = t + 1;
        status = track_new(&job->tracks[t], job, history);
    }
    lanes[0].params = job->tracks[0].now;
    job->pass = (gmm_pass){.x = job->x,
                           .n_lanes = tracks,
                           .lanes = lanes,
                           .moments = 1,
                           .noise = job->side != NULL,
                           .shared = 1,
                           .total = job->n};
    return status || !job->x ? status : gmm_pass_open(&job->pass, job->w);
}

int32_t gmm_job_open(gmm_job *job, gmm_model *m, const genmod_data *x,
                     size_t tracks, size_t history, genmod_workspace *w)
{
    int32_t status;

    memset(job, 0, sizeof *job);
    job->m = m;
    job->x = x;
    job->w = w;
    job->type = gmm_model_covariance(m);
    job->d = x ? base_data_columns(x) : m->params->d;
    job->element = x ? base_data_type(x) : GENMOD_F64;
    job->k = gmm_components(m);
    job->rank = gmm_model_rank(m);
    status = x ? check_shape(job) : GENMOD_OK;
    if (!status && job->rank)
        status = gmm_factor_check(job->rank, job->d, w);
    job->center = base_scratch(w, job->d, sizeof(double));
    job->variance = base_scratch(w, job->d, sizeof(double));
    if (gmm_noise_wanted(m->config))
        job->side = base_scratch(w, job->d, sizeof(double));
    if (!status && (!job->center || !job->variance ||
                    (gmm_noise_wanted(m->config) && !job->side)))
        status = base_status(w);
    if (!status)
        status = set_rules(job);
    if (!status)
        status =
            gmm_slots_new(job->type, job->d, base_width(w), &job->slots, w);
    if (!status)
        status = make_tracks(job, tracks, history);
    if (!status)
        status = gmm_vary_open(job);
    if (!status) {
        job->committed =
            gmm_params_new_rank(job->type, job->k, job->d, job->rank, w);
        status = job->committed ? GENMOD_OK : base_status(w);
    }
    return status;
}

void gmm_job_close(gmm_job *job)
{
    for (size_t t = 0; t < job->n_tracks; t++) {
        gmm_params_free(job->tracks[t].now);
        gmm_params_free(job->tracks[t].next);
        base_free(job->tracks[t].stats);
    }
    gmm_params_free(job->committed);
    gmm_vary_close(job);
}

size_t gmm_job_side_by_side(size_t starts, const gmm_covariance *t, size_t k,
                            size_t d)
{
    const size_t moments = t->triangle ? d * d : d;
    const size_t bytes = (k + k * d + k * moments) * 5 * sizeof(double);
    const size_t room = TRACK_BYTES / bytes + 1;

    return starts < room ? starts : room;
}
