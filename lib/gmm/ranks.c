/* Passes over the rows of all ranks, and what these must have in common. */
#include <string.h>

#include "gmm/ranks.h"
#include "gmm/survey.h"
#include "gmm/variational.h"

/* ---- sums ---------------------------------------------------------------- */

/* Of a lane's sums: what is used of them, and what stands beside. */
static size_t lane_numbers(const gmm_lane *lane)
{
    const size_t k = lane->params->k, d = lane->params->d;

    if (!lane->stats)
        return 1;
    return 2 + (lane->params->type->triangle ? k + k * d + k * d * (d + 1) / 2
                                             : lane->stats->size);
}

static double *move(double *own, double *packed, size_t n, int back)
{
    memcpy(back ? own : packed, back ? packed : own, n * sizeof(double));
    return packed + n;
}

static double *move_lane(gmm_lane *lane, double *at, int back)
{
    gmm_stats *const s = lane->stats;
    const size_t k = lane->params->k, d = lane->params->d;

    at = move(&lane->log_likelihood, at, 1, back);
    if (!s)
        return at;
    at = move(&s->noise, at, 1, back);
    if (!lane->params->type->triangle)
        return move(s->s0, at, s->size, back);
    at = move(s->s0, at, k, back);
    at = move(s->s1, at, k * d, back);
    for (size_t j = 0; j < k; j++)
        for (size_t a = 0; a < d; a++)
            at = move(s->s2 + (j * d + a) * d + a, at, d - a, back);
    return at;
}

static void move_all(gmm_pass *pass, double *at, int back)
{
    at = move(&pass->weight, at, 1, back);
    for (size_t i = 0; i < pass->n_lanes; i++)
        at = move_lane(&pass->lanes[i], at, back);
}

/* Sums belong together only if they are about the same parameters. What follows
 * the covariances in memory is not set where nothing but the columns is known.
 */
static uint64_t digest(const gmm_pass *pass)
{
    uint64_t h = (uint64_t)pass->source;

    for (size_t i = 0; i < pass->n_lanes; i++) {
        const gmm_params *const p = pass->lanes[i].params;

        h = base_digest(h, p->weights,
                        (p->k + p->k * p->d + p->n_cov) * sizeof *p->weights);
    }
    return h;
}

static int32_t run_parts(gmm_pass *pass, size_t n, double *own,
                         genmod_workspace *w)
{
    const size_t rows = base_data_rows(pass->x);
    int32_t status = GENMOD_OK;

    for (size_t i = 0; i < base_parts(w) && !status; i++) {
        size_t first, count;

        base_part(w, pass->total, rows, i, &first, &count);
        status = gmm_pass_rows(pass, first, count, w);
        if (!status)
            move_all(pass, own + i * n, 0);
    }
    return status;
}

int32_t gmm_pass_run(gmm_pass *pass, genmod_workspace *w)
{
    const base_ranks ranks = base_ranks_of(w);
    const base_mark mark = base_scratch_mark(w);
    double *own, *sum;
    size_t n = 1;
    int32_t status = GENMOD_OK;

    if (!pass->shared || (ranks.size == 1 && !ranks.shards))
        return gmm_pass_rows(pass, 0, base_data_rows(pass->x), w);
    for (size_t i = 0; i < pass->n_lanes; i++)
        n += lane_numbers(&pass->lanes[i]);
    own = base_scratch(w, base_parts(w), n * sizeof *own);
    sum = base_scratch(w, n, sizeof *sum);
    if (!own || !sum)
        status = base_status(w);
    if (!status)
        status = run_parts(pass, n, own, w);
    status =
        base_all_sum_shards(w, status, digest(pass), GENMOD_F64, n, own, sum);
    if (!status)
        move_all(pass, sum, 1);
    base_scratch_release(w, mark);
    return status;
}

/* ---- rows ---------------------------------------------------------------- */

int32_t gmm_gather_all(const gmm_job *job, size_t n, int64_t *number,
                       void *stage, double *out, double *weights)
{
    const size_t end = job->first + base_data_rows(job->x);
    size_t lo = 0, hi;
    int32_t status;

    while (lo < n && (size_t)number[lo] < job->first)
        lo++;
    for (hi = lo; hi < n && (size_t)number[hi] < end; hi++)
        number[hi] -= (int64_t)job->first;
    status = gmm_gather(job->x, hi - lo, number + lo, stage, out + lo * job->d,
                        weights + lo, job->w);
    status = base_all_slices(job->w, status, n, hi - lo,
                             job->d * sizeof(double), out);
    return base_all_slices(job->w, status, n, hi - lo, sizeof(double), weights);
}

/* ---- what is alike ------------------------------------------------------- */

uint64_t gmm_call(const char *name)
{
    return base_digest(0, name, strlen(name));
}

static uint64_t option_value(const genmod_config *c, const base_option *o)
{
    if (o->type == BASE_I64)
        return (uint64_t)base_config_i64(c, o->key);
    if (o->type == BASE_F64) {
        const double v = base_config_f64(c, o->key);

        return base_digest(0, &v, sizeof v);
    }
    const char *const v = base_config_str(c, o->key);

    return base_digest(0, v, strlen(v));
}

/* Parameters, and what a report tells the next step. */
static uint64_t state_of(const gmm_model *m, int32_t goes_on)
{
    const gmm_params *const p = m->params;
    const double iterations =
        base_report_number(m->report, GMM_REPORT_ITERATIONS);
    size_t n;
    const double *const history =
        base_report_values(m->report, GMM_REPORT_HISTORY, &n);
    uint64_t h = base_digest(0, p->weights, p->n_state * sizeof *p->weights);

    if (goes_on == GMM_PARAMETERS)
        return h;
    h = base_digest(h, &iterations, sizeof iterations);
    h = base_digest(h, history, n * sizeof *history);
    if (m->posterior && m->posterior->fitted)
        h = base_digest(h, m->posterior->counts, p->k * sizeof(double));
    return h;
}

static uint64_t prior_of(const gmm_posterior *q)
{
    uint64_t h = 0;

    if (q && q->given_mean)
        h = base_digest(1, q->mean, q->d * sizeof *q->mean);
    if (q && q->given_covariance)
        h = base_digest(h, q->covariance, q->unit * sizeof *q->covariance);
    return h;
}

int32_t gmm_agree(const gmm_model *m, const genmod_data *x, uint64_t call,
                  int32_t goes_on, int32_t status, genmod_workspace *w)
{
    const base_mark mark = base_scratch_mark(w);
    base_term *terms;
    size_t n = 0;

    if (base_ranks_of(w).size == 1)
        return status;
    while (gmm_options[n].key)
        n++;
    terms = base_scratch(w, n + 7, sizeof *terms);
    if (!terms && !status)
        status = base_status(w);
    if (status)
        return base_agree(w, status, 0, NULL);
    terms[0] = (base_term){"the call", call, BASE_HIDDEN};
    terms[1] = (base_term){"columns", base_data_columns(x), BASE_SHOWN};
    terms[2] = (base_term){"type of the rows, 1 for f32 and 2 for f64,",
                           (uint64_t)base_data_type(x), BASE_SHOWN};
    terms[3] =
        (base_term){"missing", (uint64_t)base_data_missing(x), BASE_SHOWN};
    terms[4] = (base_term){
        "columns of noise",
        base_data_noise(x) ? base_data_columns(base_data_noise(x)) : 0,
        BASE_SHOWN};
    terms[5] = (base_term){"the prior that was set", prior_of(m->posterior),
                           BASE_HIDDEN};
    terms[6] = (base_term){"the model that the call goes on from",
                           goes_on ? state_of(m, goes_on) : 0, BASE_HIDDEN};
    for (size_t i = 0; i < n; i++)
        terms[7 + i] = (base_term){
            gmm_options[i].key, option_value(m->config, &gmm_options[i]),
            gmm_options[i].type == BASE_I64 ? BASE_SHOWN : BASE_HIDDEN};
    status = base_agree(w, GENMOD_OK, 7 + n, terms);
    base_scratch_release(w, mark);
    return status;
}
