/* First parameters. */
#include <math.h>
#include <string.h>

#include "gmm/kmeans.h"
#include "gmm/noise.h"
#include "gmm/ranks.h"
#include "gmm/survey.h"
#include "gmm/variational.h"

#define MOST_CELLS ((size_t)1 << 22) /* of the rows that k-means looks at */

/* Rough means and variances from the first rows, to centre and scale the pass.
 */
static int32_t glance(const gmm_job *job, gmm_params *p)
{
    const size_t n = job->n < KERN_ROWS ? job->n : KERN_ROWS, d = job->d;
    double *const rows = base_scratch(job->w, n * d, sizeof(double));
    void *const stage =
        base_scratch(job->w, 1, base_data_stage_bytes(job->x, n));
    double weight[KERN_ROWS];
    int64_t number[KERN_ROWS];
    int32_t status;

    if (!rows || !stage)
        return base_status(job->w);
    for (size_t i = 0; i < n; i++)
        number[i] = (int64_t)i;
    status = gmm_gather_all(job, n, number, stage, rows, weight);
    if (status)
        return status;
    for (size_t c = 0; c < d; c++) {
        double mean = 0, variance = 0;

        for (size_t i = 0; i < n; i++)
            mean += rows[i * d + c] / (double)n;
        for (size_t i = 0; i < n; i++)
            variance +=
                (rows[i * d + c] - mean) * (rows[i * d + c] - mean) / (double)n;
        p->means[c] = mean;
        p->covariances[c] = variance;
    }
    p->weights[0] = 1;
    gmm_derive_columns(p);
    return GENMOD_OK;
}

static void take_columns(gmm_job *job, const gmm_params *p, const gmm_stats *s)
{
    const gmm_tables *const t = gmm_tables_of(p, base_data_type(job->x));
    const int32_t type = t->ops->type;

    job->weight = s->s0[0];
    for (size_t c = 0; c < job->d; c++) {
        const double scale = gmm_real(type, t->scale, c);
        const double step = s->s1[c] / s->s0[0];

        job->center[c] = gmm_unscaled(t, c, gmm_real(type, t->mu, c) + step);
        job->variance[c] = (s->s2[c] / s->s0[0] - step * step) / scale / scale;
    }
}

/* A column whose deviation is within two roundings of its mean is constant: any
 * more are levels that the element type tells apart.
 * Its unit is known from its value; where that lies far from 0 for the others'
 * sake, from theirs. */
void gmm_settle_columns(int32_t type, size_t d, const double *center,
                        double *variance)
{
    const double least = DBL_MIN / DBL_EPSILON; /* a share of it is a number */
    double sum = 0;
    size_t varying = 0;

    for (size_t c = 0; c < d; c++) {
        const double noise = 2 * gmm_epsilon(type) * center[c];

        if (!(variance[c] > noise * noise))
            variance[c] = 0;
        sum += variance[c];
        varying += variance[c] > 0;
    }
    for (size_t c = 0; c < d; c++) {
        const double square = center[c] * center[c];
        const double most = varying ? sum / (double)varying : DBL_MAX;

        if (variance[c] > 0)
            continue;
        if (square >= least && square <= most)
            variance[c] = square;
        else
            variance[c] = varying ? most : 1;
    }
}

static int32_t settle_columns(gmm_job *job)
{
    for (size_t c = 0; c < job->d; c++)
        if (!isfinite(job->variance[c]) || !isfinite(job->center[c]))
            return base_fail(
                job->w, GENMOD_BREAKDOWN,
                "the variance of column %u is %g: scale the data or "
                "the weights",
                (uint64_t)c, job->variance[c]);
    gmm_settle_columns(base_data_type(job->x), job->d, job->center,
                       job->variance);
    return GENMOD_OK;
}

/* Where every cell is there: to the digits of a pass. */
static int32_t whole_columns(gmm_job *job)
{
    const gmm_covariance *const type = gmm_covariance_of("diagonal");
    gmm_params *const p = gmm_params_new(type, 1, job->d, job->w);
    gmm_stats *const s = p ? gmm_stats_new(type, 1, job->d, job->w) : NULL;
    gmm_lane lane = {.params = p, .stats = s};
    gmm_pass pass = {.x = job->x,
                     .n_lanes = 1,
                     .lanes = &lane,
                     .moments = 1,
                     .shared = 1,
                     .total = job->n,
                     .source = GMM_NEAREST};
    int32_t status = s ? GENMOD_OK : base_status(job->w);

    if (!status)
        status = glance(job, p);
    if (!status)
        status = gmm_pass_open(&pass, job->w);
    if (!status)
        status = gmm_pass_run(&pass, job->w);
    if (!status)
        take_columns(job, p, s);
    base_free(s);
    gmm_params_free(p);
    return status;
}

int32_t gmm_job_columns(gmm_job *job)
{
    gmm_survey s = {.missing = 0};
    int32_t status = GENMOD_OK;

    if (base_data_missing(job->x) || job->side)
        status = gmm_survey_run(job->x, job->n, &s, job->w);
    job->partial = s.missing > 0;
    if (!status && !job->partial)
        status = whole_columns(job);
    if (status)
        return status;
    if (job->partial) {
        memcpy(job->center, s.mean, job->d * sizeof(double));
        memcpy(job->variance, s.variance, job->d * sizeof(double));
    }
    status = settle_columns(job);
    if (status)
        return status;
    if (job->side)
        gmm_noise_sides(job->tracks[0].now,
                        base_config_f64(job->m->config, GMM_NOISE_VOLUME),
                        s.low, s.high, job->variance, job->side);
    if (job->prior)
        gmm_prior_set(job->prior, job->m->config, job->tracks[0].now->f64.ops,
                      job->k, job->d, job->variance);
    return GENMOD_OK;
}

/* One row of each of `count` equal stretches of 0 … n - 1. */
static void choose_rows(const gmm_job *job, size_t count, int64_t *number)
{
    for (size_t i = 0; i < count; i++) {
        const size_t whole = job->n / count, rest = job->n % count;
        const size_t lo = i * whole + (i < rest ? i : rest);
        const size_t width = whole + (i < rest);
        uint32_t word[4];

        base_random(job->rules.seed, i, GMM_SITE_ROWS, 0, word);
        number[i] = (int64_t)(lo + (size_t)(base_uniform(word[0], word[1]) *
                                            (double)width));
    }
}

static size_t sample_size(const gmm_job *job)
{
    const genmod_config *const c = job->m->config;
    size_t rows = (size_t)base_config_i64(c, GMM_INIT_ROWS);

    if (rows > MOST_CELLS / job->d)
        rows = MOST_CELLS / job->d;
    if (rows < 64 * job->k)
        rows = 64 * job->k;
    return rows < job->n ? rows : job->n;
}

/* The rows' unit is the root of the columns' mean variance, as a power of two.
 */
static double common_scale(const gmm_job *job)
{
    double sum = 0;
    int exponent;

    for (size_t c = 0; c < job->d; c++)
        sum += job->variance[c] / (double)job->d;
    frexp(sum, &exponent);
    return ldexp(1, -exponent / 2);
}

/* Missing cells of m rows of the sample, block b: the column's mean for now. */
static void note_gaps(const gmm_job *job, const gmm_kmeans *s, size_t b,
                      size_t m, double *rows)
{
    unsigned char *const gap = s->gap + b * s->d * KERN_ROWS;

    memset(gap, 0, s->d * KERN_ROWS);
    for (size_t i = 0; i < m; i++)
        for (size_t c = 0; c < s->d; c++) {
            double *const cell = rows + i * s->d + c;

            gap[c * KERN_ROWS + i] = *cell != *cell;
            if (*cell != *cell)
                *cell = job->center[c];
        }
}

/* m gathered rows become blocks b, b + 1, … of the sample. */
static void pack_sample(const gmm_job *job, const gmm_kmeans *s,
                        const double *scales, size_t b, size_t m, double *rows)
{
    const size_t d = job->d;

    for (size_t at = 0; at < m; at += KERN_ROWS, b++) {
        const size_t some = m - at < KERN_ROWS ? m - at : KERN_ROWS;
        const base_view v = {.rows = rows + at * d,
                             .type = GENMOD_F64,
                             .col_stride = 1,
                             .row_stride = (int64_t)d,
                             .scale = 1};

        if (s->gap)
            note_gaps(job, s, b, some, rows + at * d);
        s->ops->pack(&v, some, d, job->center, scales,
                     s->panels + b * d * KERN_ROWS);
    }
}

/* Several blocks at a time where every rank has to wait for the others. */
static int32_t take_sample(const gmm_job *job, gmm_kmeans *s, double scale)
{
    const size_t d = job->d, blocks = base_ranks_of(job->w).size > 1 ? 16 : 1;
    const size_t most = blocks * KERN_ROWS;
    void *const stage =
        base_scratch(job->w, 1, base_data_stage_bytes(job->x, most));
    double *const rows = base_scratch(job->w, most * d, sizeof(double));
    double *const scales = base_scratch(job->w, d, sizeof(double));
    int64_t *const number = base_scratch(job->w, s->rows, sizeof(int64_t));
    int32_t status = GENMOD_OK;

    if (!stage || !rows || !scales || !number)
        return base_status(job->w);
    for (size_t c = 0; c < d; c++)
        scales[c] = scale;
    choose_rows(job, s->rows, number);
    for (size_t first = 0; first < s->rows && !status; first += most) {
        const size_t left = s->rows - first, m = left < most ? left : most;

        status = gmm_gather_all(job, m, number + first, stage, rows,
                                s->weight + first);
        if (!status)
            pack_sample(job, s, scales, first / KERN_ROWS, m, rows);
    }
    return status;
}

void gmm_job_noise(const gmm_job *job, gmm_params *p)
{
    if (!job->side)
        return;
    p->noise[0] = base_config_f64(job->m->config, GMM_NOISE);
    memcpy(p->noise + 1, job->side, p->d * sizeof(double));
}

/* Means from centres, and the spread of all the data as every covariance. */
static void propose(const gmm_job *job, const double *centers, double scale,
                    gmm_params *p)
{
    const size_t size = gmm_unit_size(p->type, p->d);

    memset(p->covariances, 0, p->n_cov * sizeof(double));
    memcpy(p->column_variance, job->variance, p->d * sizeof(double));
    for (size_t j = 0; j < p->k; j++) {
        p->weights[j] = 1 / (double)p->k;
        for (size_t c = 0; c < p->d; c++)
            p->means[j * p->d + c] =
                job->center[c] + (centers ? centers[j * p->d + c] / scale : 0);
    }
    for (size_t u = 0; u < gmm_units(p->type, p->k); u++) {
        double *const cov = p->covariances + u * size;

        for (size_t c = 0; c < p->d; c++) {
            if (p->type->scalar)
                cov[0] += job->variance[c] / (double)p->d;
            else
                cov[p->type->triangle ? c * p->d + c : c] = job->variance[c];
            if (p->rank)
                p->uniquenesses[u * p->d + c] = job->variance[c];
        }
    }
    memset(p->loadings, 0, p->k * p->d * p->rank * sizeof(double));
    gmm_job_noise(job, p);
    p->pivot_floor = 0;
    gmm_derive_columns(p);
}

/* k different rows of the sample: steps through it by a stride that is drawn.
 */
static void random_rows(const gmm_job *job, const gmm_kmeans *s, uint64_t start)
{
    uint32_t word[4];
    size_t at;

    base_random(job->rules.seed, start, GMM_SITE_CENTERS, 0, word);
    at = (size_t)(base_uniform(word[0], word[1]) * (double)s->rows);
    for (size_t j = 0; j < s->k; j++) {
        const size_t room = (s->rows - 1) / s->k;
        const double *panel;

        base_random(job->rules.seed, start, GMM_SITE_CENTERS, 1 + (uint32_t)j,
                    word);
        if (j)
            at += 1 + (size_t)(base_uniform(word[0], word[1]) * (double)room);
        at %= s->rows;
        panel = s->panels + at / KERN_ROWS * s->d * KERN_ROWS + at % KERN_ROWS;
        for (size_t c = 0; c < s->d; c++)
            s->centers[j * s->d + c] = panel[c * KERN_ROWS];
    }
}

static int32_t propose_all(gmm_job *job, uint64_t first, size_t count)
{
    const genmod_config *const config = job->m->config;
    const char *const init = base_config_str(config, GMM_INIT);
    const double scale = common_scale(job);
    gmm_kmeans s = {.ops = job->tracks[0].now->f64.ops,
                    .rows = sample_size(job),
                    .d = job->d,
                    .k = job->k,
                    .gaps = job->partial,
                    .seed = job->rules.seed};
    int32_t status = gmm_kmeans_new(&s, job->w);

    if (!status)
        status = take_sample(job, &s, scale);
    for (size_t t = 0; t < count && !status; t++) {
        if (base_same(init, "random"))
            random_rows(job, &s, first + t);
        else
            status = gmm_kmeans_seed(&s, first + t, job->w);
        if (!status && base_same(init, "k-means"))
            status = gmm_kmeans_run(
                &s, (size_t)base_config_i64(config, GMM_INIT_ITERATIONS),
                job->w);
        propose(job, s.centers, scale, job->tracks[t].next);
    }
    return status;
}

/* What is held is held from the first parameters on. */
static int32_t maximise(gmm_job *job, gmm_track *t)
{
    gmm_rules rules = job->rules;

    if (job->vary)
        return gmm_vary_update(job, t, t->next, t->now);
    rules.step = 0;
    rules.hold = NULL;
    return gmm_update(t->next, base_data_type(job->x), t->stats, &rules,
                      &job->slots, t->now, t->mend, job->w);
}

/* One M-step from the clusters, or from the proposal's own responsibilities;
 * `now` is the target, `next` the proposal. */
static int32_t from_pass(gmm_job *job, size_t count, int32_t source)
{
    int32_t status;

    for (size_t t = 0; t < count; t++) {
        job->pass.lanes[t].params = job->tracks[t].next;
        job->pass.lanes[t].stats = job->tracks[t].stats;
    }
    job->pass.n_lanes = count;
    job->pass.source = source;
    status = gmm_pass_run(&job->pass, job->w);
    for (size_t t = 0; t < count && !status; t++)
        status = maximise(job, &job->tracks[t]);
    return status;
}

static int32_t check_given(const gmm_job *job, const gmm_stats *s,
                           const double *given)
{
    for (size_t j = 0; j < job->k; j++)
        if (!(s->s0[j] > 0))
            return base_fail(job->w, GENMOD_BAD_ARGUMENT,
                             given ? "r: component %u has no responsibility "
                                     "at all"
                                   : "no row has label %u",
                             (uint64_t)j);
    return GENMOD_OK;
}

/* Twice over the data: about the common mean for the components' means, and
 * about these for the moments, so that far-off clusters lose no digits. */
static int32_t from_assignment(gmm_job *job, const double *given)
{
    gmm_track *const t = &job->tracks[0];
    int32_t status;

    propose(job, NULL, 1, t->next);
    job->pass.lanes[0].params = t->next;
    job->pass.lanes[0].stats = t->stats;
    job->pass.n_lanes = 1;
    job->pass.source = given ? GMM_GIVEN : GMM_LABELS;
    job->pass.given = given;
    status = gmm_pass_run(&job->pass, job->w);
    if (!status)
        status = check_given(job, t->stats, given);
    if (!status) {
        const gmm_tables *const tables =
            gmm_tables_of(t->next, base_data_type(job->x));

        for (size_t j = 0; j < job->k; j++)
            for (size_t c = 0; c < job->d; c++) {
                const size_t i = j * job->d + c;

                t->next->means[i] =
                    gmm_unscaled(tables, c,
                                 gmm_real(tables->ops->type, tables->mu, i) +
                                     t->stats->s1[i] / t->stats->s0[j]);
            }
        gmm_derive_columns(t->next);
        status = gmm_pass_run(&job->pass, job->w);
    }
    return status ? status : maximise(job, t);
}

/* Random rows as means need no pass: the proposal is the start. A posterior has
 * to be made of it. */
static int32_t from_rows(gmm_job *job, size_t count)
{
    for (size_t t = 0; t < count; t++) {
        gmm_track *const track = &job->tracks[t];

        gmm_params_copy(track->now, track->next);
        if (gmm_params_derive(track->now, &job->slots, job->w) !=
            gmm_units(job->type, job->k))
            return base_fail(job->w, GENMOD_BREAKDOWN,
                             "the data's variances are out of range");
        memset(track->mend, 0, job->k * sizeof *track->mend);
        if (job->vary)
            gmm_params_copy(track->next, track->now);
    }
    return job->vary ? from_pass(job, count, GMM_POSTERIOR) : GENMOD_OK;
}

int32_t gmm_job_start(gmm_job *job, const double *given, uint64_t first,
                      size_t count)
{
    const char *const init = base_config_str(job->m->config, GMM_INIT);
    int32_t status = job->vary ? gmm_vary_prepare(job) : GENMOD_OK;

    if (status)
        return status;
    if (given || base_same(init, "labels"))
        return from_assignment(job, given);
    status = propose_all(job, first, count);
    if (status)
        return status;
    return base_same(init, "random") ? from_rows(job, count)
                                     : from_pass(job, count, GMM_NEAREST);
}
