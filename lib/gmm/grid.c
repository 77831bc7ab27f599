/* Many fits in shared passes: the data are read once for all of them. */
#include <math.h>
#include <string.h>

#include "gmm/grid.h"
#include "gmm/noise.h"

/* ---- a batch ------------------------------------------------------------- */

int32_t gmm_grid_options(const gmm_grid *c, const gmm_cell *one,
                         genmod_config **out)
{
    genmod_workspace *const w = c->w;
    char digits[32];
    int32_t status = base_config_new(gmm_options, out, w);

    base_format_i64((int64_t)one->k, digits);
    if (!status)
        status = base_config_assign(*out, c->m->config, 1, w);
    if (!status)
        status = base_config_set(*out, GMM_COMPONENTS, digits, w);
    if (!status)
        status = base_config_set(*out, GMM_COVARIANCE, one->type->name, w);
    return status;
}

/* Columns are learned once for all, unless a prior or noise wants more. */
static int32_t share_columns(gmm_grid *c, gmm_job *job)
{
    const size_t bytes = job->d * sizeof(double);
    int32_t status;

    if (c->known && !job->prior && !job->side) {
        memcpy(job->center, c->center, bytes);
        memcpy(job->variance, c->variance, bytes);
        job->weight = c->weight;
        job->partial = c->partial;
        return GENMOD_OK;
    }
    status = gmm_job_columns(job);
    if (status)
        return status;
    memcpy(c->center, job->center, bytes);
    memcpy(c->variance, job->variance, bytes);
    c->weight = job->weight;
    c->partial = job->partial;
    c->known = 1;
    return GENMOD_OK;
}

static int32_t batch_open(gmm_grid *c, gmm_batch *b, uint64_t first,
                          size_t count)
{
    int32_t status;

    status = gmm_grid_options(c, b->c, &b->trial.config);
    if (!status)
        status = gmm_job_open(&b->job, &b->trial, c->x, count, c->most, c->w);
    if (!status)
        status = share_columns(c, &b->job);
    if (status)
        return status;
    for (size_t i = 0; i < count; i++)
        b->job.tracks[i].number = first + i;
    status = gmm_job_start(&b->job, NULL, first, count);
    for (size_t i = 0; i < count; i++) {
        gmm_job_note_mends(&b->job.tracks[i], b->job.k);
        if (status == GENMOD_BREAKDOWN)
            gmm_job_break(&b->job.tracks[i]);
    }
    return status == GENMOD_BREAKDOWN ? GENMOD_OK : status;
}

void gmm_grid_close(gmm_grid *c)
{
    for (size_t i = 0; i < c->n_batches; i++) {
        gmm_batch *const b = &c->batches[i];

        gmm_job_close(&b->job);
        genmod_config_free(b->trial.config);
        memset(b, 0, sizeof *b);
    }
    c->n_batches = 0;
}

/* ---- batches together ---------------------------------------------------- */

static size_t take_lanes(const gmm_grid *c, int32_t moments)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n_batches; i++) {
        const gmm_job *const job = &c->batches[i].job;

        for (size_t t = 0; t < job->n_tracks; t++)
            if (!job->tracks[t].ended)
                c->lanes[n++] =
                    (gmm_lane){.params = job->tracks[t].now,
                               .stats = moments ? job->tracks[t].stats : NULL};
    }
    return n;
}

/* One pass for all tracks that have not ended. */
static int32_t run_pass(gmm_grid *c, gmm_pass *pass)
{
    size_t n = 0;
    int32_t status;

    pass->n_lanes = take_lanes(c, pass->moments);
    status = gmm_pass_run(pass, c->w);
    for (size_t i = 0; i < c->n_batches && !status; i++) {
        gmm_job *const job = &c->batches[i].job;

        for (size_t t = 0; t < job->n_tracks; t++)
            if (!job->tracks[t].ended)
                gmm_job_note_pass(job, &job->tracks[t],
                                  c->lanes[n++].log_likelihood, pass->weight);
    }
    return status;
}

static int32_t run_batches(gmm_grid *c)
{
    gmm_pass pass = {.x = c->x,
                     .lanes = c->lanes,
                     .moments = 1,
                     .noise = gmm_noise_wanted(c->m->config),
                     .shared = 1,
                     .total = c->rows,
                     .source = GMM_POSTERIOR};
    int32_t status;

    pass.n_lanes = take_lanes(c, 1);
    if (!pass.n_lanes)
        return GENMOD_OK;
    status = gmm_pass_open(&pass, c->w);
    for (size_t it = 0; it < c->most && !status && take_lanes(c, 1); it++) {
        status = run_pass(c, &pass);
        for (size_t i = 0; i < c->n_batches && !status; i++)
            status = gmm_job_advance_all(&c->batches[i].job, 1);
    }
    pass.moments = 0; /* where those stand that ran out of steps */
    if (!status && take_lanes(c, 0))
        status = run_pass(c, &pass);
    return status;
}

/* The cell takes the track, arrays and all, unless it has a likelier one. */
static int32_t keep(const gmm_grid *c, gmm_cell *to, const gmm_job *job,
                    const gmm_track *t)
{
    const size_t k = job->k;
    gmm_track kept = *t;

    if (!(t->objective > (to->best ? to->track.objective : -INFINITY)))
        return GENMOD_OK;
    if (!to->best)
        to->best = gmm_params_new_rank(job->type, k, job->d, job->rank, c->w);
    if (!to->best)
        return base_status(c->w);
    gmm_params_copy(to->best, t->now);
    to->stats.common = t->stats->common;
    kept.now = to->best;
    kept.stats = &to->stats;
    kept.mends = to->track.mends;
    kept.last_mend = to->track.last_mend;
    kept.history = to->track.history;
    memcpy(kept.mends, t->mends, k * sizeof *t->mends);
    memcpy(kept.last_mend, t->last_mend, k * sizeof *t->last_mend);
    memcpy(kept.history, t->history, t->n_history * sizeof *t->history);
    to->track = kept;
    return GENMOD_OK;
}

static int32_t run_group(gmm_grid *c)
{
    int32_t status = run_batches(c);

    for (size_t i = 0; i < c->n_batches && !status; i++) {
        const gmm_job *const job = &c->batches[i].job;

        for (size_t t = 0; t < job->n_tracks && !status; t++)
            status = keep(c, c->batches[i].c, job, &job->tracks[t]);
    }
    gmm_grid_close(c);
    return status;
}

/* As many starts of as many cells together as the lanes and the memory of
 * gmm_fit()'s starts carry. */
int32_t gmm_grid_run(gmm_grid *c)
{
    const size_t d = base_data_columns(c->x);
    const int alone =
        !base_same(base_config_str(c->m->config, GMM_ON_SINGULAR), "repair");
    const base_mark mark = base_scratch_mark(c->w);
    size_t lanes = 0;
    double full = 0; /* share of the memory that is taken */
    int32_t status = GENMOD_OK;

    for (size_t i = 0; i < c->n_cells && !status; i++) {
        gmm_cell *const one = &c->cells[i];
        const size_t room =
            gmm_job_side_by_side(GMM_MOST_LANES, one->type, one->k, d);

        for (size_t first = 0; first < c->starts && !status;) {
            const size_t left = c->starts - first;
            const size_t most = alone ? 1 : room; /* one may break down */
            const size_t count = left < most ? left : most;

            if (lanes && (lanes + count > GMM_MOST_LANES ||
                          full + (double)count / (double)room > 1)) {
                status = run_group(c);
                base_scratch_release(c->w, mark);
                lanes = 0;
                full = 0;
                continue;
            }
            c->batches[c->n_batches].c = one;
            status = batch_open(c, &c->batches[c->n_batches++], first, count);
            lanes += count;
            full += (double)count / (double)room;
            first += count;
        }
    }
    return status ? status : run_group(c);
}
