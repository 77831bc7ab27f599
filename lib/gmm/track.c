/* What the training calls do alike: an iteration, and its way into the model.
 */
#include <math.h>
#include <string.h>

#include "gmm/hold.h"
#include "gmm/job.h"
#include "gmm/noise.h"
#include "gmm/variational.h"

int32_t gmm_job_reserve(genmod_report *r, size_t k, size_t history,
                        size_t starts, genmod_workspace *w)
{
    int32_t status = base_report_reserve(r, GMM_REPORT_HISTORY, history, w);

    if (!status)
        status = base_report_reserve(r, GMM_REPORT_MENDS, k, w);
    if (!status)
        status = base_report_reserve(r, GMM_REPORT_LAST_MEND, k, w);
    if (!status)
        status =
            base_report_reserve(r, GMM_REPORT_START_LOG_LIKELIHOOD, starts, w);
    return status;
}

void gmm_job_publish(const gmm_job *job, const gmm_track *t, size_t before)
{
    genmod_report *const r = job->m->report;
    size_t n;
    const double *const old = base_report_values(r, GMM_REPORT_HISTORY, &n);

    base_report_put(r, GMM_REPORT_HISTORY, before, old);
    for (size_t i = 0; i < t->n_history; i++)
        base_report_append(r, GMM_REPORT_HISTORY, t->history[i]);
    base_report_put(r, GMM_REPORT_START_LOG_LIKELIHOOD, 0, NULL);
    gmm_choice_forget(r);
    base_report_put(r, GMM_REPORT_MENDS, job->k, t->mends);
    base_report_put(r, GMM_REPORT_LAST_MEND, job->k, t->last_mend);
    base_report_set(r, GMM_REPORT_LOG_LIKELIHOOD, t->mean);
    base_report_set(r, GMM_REPORT_OBJECTIVE, t->objective);
    base_report_set(r, GMM_REPORT_CONVERGED, t->converged);
    base_report_set(r, GMM_REPORT_FORM,
                    t->stats->common ? GMM_FORM_CENTER : GMM_FORM_MEANS);
    base_report_set(r, GMM_REPORT_BEST_START, (double)t->number);
    base_report_set(r, GMM_REPORT_PARAMETERS,
                    (double)gmm_count_parameters(job->m->config, job->type,
                                                 job->k, job->d));
    if (job->vary)
        gmm_vary_publish(job, t);
    if (!gmm_noise_wanted(job->m->config))
        return;
    base_report_set(r, GMM_REPORT_NOISE, job->m->params->noise[0]);
    base_report_set(r, GMM_REPORT_NOISE_VOLUME,
                    gmm_noise_volume(job->m->params));
}

void gmm_job_count(const gmm_job *job, size_t iterations)
{
    base_report_set(job->m->report, GMM_REPORT_ITERATIONS, (double)iterations);
    base_report_set(job->m->report, GMM_REPORT_ROWS, (double)job->n);
}

void gmm_job_commit(gmm_job *job, const gmm_track *t)
{
    gmm_params *const held = job->m->params;

    if (job->committed) {
        gmm_params_copy(job->committed, t->now);
        job->m->params = job->committed;
        job->committed = NULL;
        gmm_params_free(held);
    } else {
        gmm_params_copy(held, t->now);
    }
    if (job->vary)
        gmm_vary_commit(job, t);
}

int32_t gmm_job_advance(gmm_job *job, gmm_track *t)
{
    gmm_params *const now = t->now;
    int32_t status;

    job->rules.step = t->number << 32 | (t->steps + 1);
    if (job->vary)
        status = gmm_vary_update(job, t, now, t->next);
    else
        status = gmm_update(now, job->element, t->stats, &job->rules,
                            &job->slots, t->next, t->mend, job->w);
    if (status)
        return status;
    t->now = t->next;
    t->next = now;
    t->steps++;
    t->history[t->n_history++] = t->mean;
    t->mended = 0;
    for (size_t j = 0; j < job->k; j++) {
        t->mends[j] += t->mend[j] != GMM_MEND_NONE;
        if (t->mend[j])
            t->last_mend[j] = t->mend[j];
        t->mended |= t->mend[j] != GMM_MEND_NONE;
    }
    return GENMOD_OK;
}

int gmm_job_at_rest(const gmm_job *job, gmm_track *t)
{
    const double gain = fabs(t->objective - t->previous);

    t->previous = t->objective;
    return !t->mended &&
           (gain < job->tolerance || gain < job->relative * fabs(t->objective));
}

int32_t gmm_job_advance_all(gmm_job *job, int32_t sparing)
{
    int32_t status = GENMOD_OK;

    for (size_t i = 0; i < job->n_tracks && !status; i++) {
        gmm_track *const t = &job->tracks[i];

        if (t->ended)
            continue;
        if (gmm_job_at_rest(job, t)) {
            t->ended = t->converged = 1;
            continue;
        }
        status = gmm_job_advance(job, t);
        if (sparing && status == GENMOD_BREAKDOWN) {
            gmm_job_break(t);
            status = GENMOD_OK;
        }
    }
    return status;
}

void gmm_job_break(gmm_track *t)
{
    t->ended = 1;
    t->mean = t->objective = -INFINITY;
}

int32_t gmm_job_finish(gmm_job *job, gmm_past p, int rests)
{
    gmm_track *const t = &job->tracks[0];
    const int32_t status = base_meet(job->w, gmm_job_advance(job, t));

    if (status)
        return status;
    t->converged = rests && gmm_job_at_rest(job, t);
    gmm_job_commit(job, t);
    gmm_job_publish(job, t, p.values);
    gmm_job_count(job, p.iterations + 1);
    return GENMOD_OK;
}

void gmm_job_note_mends(gmm_track *t, size_t k)
{
    for (size_t j = 0; j < k; j++) {
        t->mends[j] = t->mend[j] != GMM_MEND_NONE;
        t->last_mend[j] = t->mend[j];
    }
}

/* What a share of the data's variance is must be known before a ridge, and what
 * the data are before a prior. */
int32_t gmm_job_resume(gmm_job *job)
{
    gmm_track *const t = &job->tracks[0];
    const gmm_params *const p = job->m->params;
    const int known = p->column_variance[0] > 0;
    const int quiet = job->side && !(p->noise[0] > 0);
    int32_t status;

    gmm_params_copy(t->now, p);
    if (job->vary)
        return gmm_vary_resume(job);
    if (known && !job->prior && !quiet)
        return GENMOD_OK;
    status = gmm_job_columns(job);
    if (!status && !known)
        memcpy(t->now->column_variance, job->variance, job->d * sizeof(double));
    if (!status && quiet)
        gmm_job_noise(job, t->now);
    return status;
}

gmm_past gmm_job_recall(const gmm_job *job)
{
    const genmod_report *const r = job->m->report;
    const double iterations = base_report_number(r, GMM_REPORT_ITERATIONS);
    gmm_track *const t = &job->tracks[0];
    gmm_past p = {iterations > 0 ? (size_t)iterations : 0, 0};
    size_t n;
    const double *v = base_report_values(r, GMM_REPORT_MENDS, &n);

    if (n == job->k)
        memcpy(t->mends, v, n * sizeof *v);
    v = base_report_values(r, GMM_REPORT_LAST_MEND, &n);
    if (n == job->k)
        memcpy(t->last_mend, v, n * sizeof *v);
    v = base_report_values(r, GMM_REPORT_HISTORY, &n);
    p.values = n;
    t->previous = n && !job->prior ? v[n - 1] : NAN;
    t->steps = p.iterations;
    return p;
}

void gmm_job_note_pass(const gmm_job *job, gmm_track *t, double log_likelihood,
                       double weight)
{
    t->mean = t->objective = (log_likelihood - t->divergence) / weight;
    if (job->prior)
        t->objective += gmm_prior_density(job->prior, t->now) / weight;
}

int32_t gmm_job_pass(gmm_job *job)
{
    const gmm_lane *const lane = job->pass.lanes;
    int32_t status;

    job->pass.source = GMM_POSTERIOR;
    job->pass.n_lanes = 0;
    for (size_t t = 0; t < job->n_tracks; t++)
        if (!job->tracks[t].ended)
            job->pass.lanes[job->pass.n_lanes++] = (gmm_lane){
                .params = job->tracks[t].now,
                .stats = job->pass.moments ? job->tracks[t].stats : NULL};
    status = gmm_pass_run(&job->pass, job->w);
    for (size_t t = 0, i = 0; t < job->n_tracks && !status; t++)
        if (!job->tracks[t].ended)
            gmm_job_note_pass(job, &job->tracks[t], lane[i++].log_likelihood,
                              job->pass.weight);
    return status;
}

int32_t gmm_check_columns(const gmm_model *m, const genmod_data *x,
                          genmod_workspace *w)
{
    if (base_data_columns(x) != m->params->d)
        return base_fail(
            w, GENMOD_BAD_ARGUMENT, "x has %u columns; the model has %u",
            (uint64_t)base_data_columns(x), (uint64_t)m->params->d);
    return GENMOD_OK;
}

int32_t gmm_check_training(const gmm_model *m, const genmod_data *x,
                           genmod_workspace *w)
{
    if (!m || !x)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", m ? "x" : "m");
    return gmm_check_idle(m, w);
}
