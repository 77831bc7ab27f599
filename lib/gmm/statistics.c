/* Sums of EM's E-step that outlive a call: added to, merged, decayed, and an
 * M-step from them. */
#include <math.h>
#include <string.h>

#include "gmm/noise.h"
#include "gmm/statistics.h"

static gmm_statistics *make(const gmm_params *p, genmod_workspace *w)
{
    gmm_statistics *const s = base_alloc_zero(w, 1, sizeof *s);

    if (!s)
        return NULL;
    s->reference = gmm_params_new_rank(p->type, p->k, p->d, p->rank, w);
    s->sums = s->reference ? gmm_stats_new(p->type, p->k, p->d, w) : NULL;
    if (!s->sums) {
        gmm_statistics_free(s);
        return NULL;
    }
    gmm_params_copy(s->reference, p);
    return s;
}

int32_t gmm_check_sums(const gmm_model *m, genmod_workspace *w)
{
    const genmod_config *const c = m->config;

    if (base_same(base_config_str(c, GMM_INFERENCE), "variational"))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "inference is \"variational\"; sums are EM's");
    if (gmm_noise_wanted(c) ||
        !base_same(base_config_str(c, GMM_PRIOR), "none"))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "option \"%s\" needs all rows at once; sums are of "
                         "parts of them",
                         gmm_noise_wanted(c) ? GMM_NOISE : GMM_PRIOR);
    return GENMOD_OK;
}

int32_t gmm_statistics_new(const gmm_model *m, gmm_statistics **out,
                           genmod_workspace *w)
{
    base_call call;
    int32_t status;

    if (out)
        *out = NULL;
    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!m || !out)
        status =
            base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", m ? "out" : "m");
    else
        status = gmm_check_fitted(m, w);
    if (!status)
        status = gmm_check_sums(m, w);
    if (!status) {
        *out = make(m->params, w);
        status = *out ? GENMOD_OK : base_status(w);
    }
    return base_leave(&call, status);
}

void gmm_statistics_free(gmm_statistics *s)
{
    if (!s)
        return;
    gmm_params_free(s->reference);
    base_free(s->sums);
    base_free(s);
}

/* ---- adding -------------------------------------------------------------- */

/* A sum of nothing takes any rows. */
static int32_t check_element(const gmm_statistics *s, int32_t element,
                             genmod_workspace *w)
{
    if (s->weight > 0 && element != s->element)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "the sums are of %s rows; these are %s",
                         s->element == GENMOD_F32 ? "f32" : "f64",
                         element == GENMOD_F32 ? "f32" : "f64");
    return GENMOD_OK;
}

static void add_sums(gmm_statistics *to, int32_t element, const gmm_stats *sums,
                     double weight, double log_likelihood, double rows)
{
    to->element = element;
    to->sums->common = sums->common;
    for (size_t i = 0; i < sums->size; i++)
        to->sums->s0[i] += sums->s0[i];
    to->weight += weight;
    to->log_likelihood += log_likelihood;
    to->rows += rows;
}

static int32_t add(gmm_statistics *s, const genmod_data *x, genmod_workspace *w)
{
    const gmm_params *const p = s->reference;
    gmm_stats *const sums = gmm_stats_new(p->type, p->k, p->d, w);
    gmm_lane lane = {.params = p, .stats = sums};
    gmm_pass pass = {.x = x,
                     .n_lanes = 1,
                     .lanes = &lane,
                     .moments = 1,
                     .source = GMM_POSTERIOR};
    int32_t status = sums ? gmm_pass_open(&pass, w) : base_status(w);

    if (!status)
        status = gmm_pass_run(&pass, w);
    if (!status)
        add_sums(s, base_data_type(x), sums, pass.weight, lane.log_likelihood,
                 (double)base_data_rows(x));
    base_free(sums);
    return status;
}

static int32_t check_rows(const gmm_statistics *s, const genmod_data *x,
                          genmod_workspace *w)
{
    if (!s || !x)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", s ? "x" : "s");
    if (base_data_rows(x) == 0)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "x has no rows; call a genmod_data_set function");
    if (base_data_columns(x) != s->reference->d)
        return base_fail(
            w, GENMOD_BAD_ARGUMENT, "x has %u columns; the sums have %u",
            (uint64_t)base_data_columns(x), (uint64_t)s->reference->d);
    return check_element(s, base_data_type(x), w);
}

int32_t gmm_statistics_add(gmm_statistics *s, const genmod_data *x,
                           genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check_rows(s, x, w);
    return base_leave(&call, status ? status : add(s, x, w));
}

/* Bit for bit. */
static int same_parameters(const gmm_params *a, const gmm_params *b)
{
    return a->type == b->type && a->k == b->k && a->d == b->d &&
           a->rank == b->rank &&
           memcmp(a->weights, b->weights, a->n_state * sizeof *a->weights) == 0;
}

static int32_t check_merge(const gmm_statistics *to, const gmm_statistics *from,
                           genmod_workspace *w)
{
    if (!to || !from)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                         to ? "from" : "to");
    if (to == from)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "from is to");
    if (!same_parameters(to->reference, from->reference))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "from was summed under other parameters");
    return from->weight > 0 ? check_element(to, from->element, w) : GENMOD_OK;
}

int32_t gmm_statistics_merge(gmm_statistics *to, const gmm_statistics *from,
                             genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check_merge(to, from, w);
    if (!status && from->weight > 0)
        add_sums(to, from->element, from->sums, from->weight,
                 from->log_likelihood, from->rows);
    return base_leave(&call, status);
}

int32_t gmm_statistics_decay(gmm_statistics *s, double factor,
                             genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!s)
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "s is NULL");
    else if (!(factor >= 0 && factor <= 1))
        status = base_fail(w, GENMOD_BAD_ARGUMENT,
                           "factor is %g; it must lie in 0 … 1", factor);
    if (!status) {
        for (size_t i = 0; i < s->sums->size; i++)
            s->sums->s0[i] *= factor;
        s->weight *= factor;
        /* not 0 times the -inf of a row of density 0 */
        s->log_likelihood = factor > 0 ? s->log_likelihood * factor : 0;
    }
    return base_leave(&call, status);
}

/* ---- the M-step ---------------------------------------------------------- */

/* A variance is a difference of squares, and within so many of their roundings
 * it is none. */
#define ROUNDINGS 16

/* The columns' variances, where the model has known parameters and no data
 * before: of the whole mixture of sums. */
static void learn_columns(const gmm_statistics *s, double *center,
                          gmm_params *p)
{
    const gmm_tables *const t = gmm_tables_of(s->reference, s->element);
    const size_t d = p->d, step = p->type->triangle ? d * d : d;

    for (size_t c = 0; c < d; c++) {
        const double scale = gmm_real(t->ops->type, t->scale, c);
        double mean = 0, square = 0, size = 0, variance;

        for (size_t j = 0; j < p->k; j++) {
            const double mu =
                s->sums->common ? 0 : gmm_real(t->ops->type, t->mu, j * d + c);
            const double s0 = s->sums->s0[j], s1 = s->sums->s1[j * d + c];
            const double s2 =
                s->sums->s2[j * step + (p->type->triangle ? c * d + c : c)];

            mean += (s1 + mu * s0) / s->weight;
            square += (s2 + 2 * mu * s1 + mu * mu * s0) / s->weight;
            size += (s2 + 2 * fabs(mu * s1) + mu * mu * s0) / s->weight;
        }
        variance = square - mean * mean;
        if (!(variance > ROUNDINGS * gmm_epsilon(s->element) * size))
            variance = 0;
        center[c] = gmm_unscaled(t, c, mean);
        p->column_variance[c] = variance / (scale * scale);
    }
    gmm_settle_columns(s->element, d, center, p->column_variance);
}

static int32_t maximise(gmm_model *m, const gmm_statistics *s,
                        genmod_workspace *w)
{
    gmm_job job;
    gmm_past past = {0, 0};
    int32_t status = gmm_job_open(&job, m, NULL, 1, 1, w);

    if (!status) {
        past = gmm_job_recall(&job);
        status = gmm_job_reserve(m->report, job.k, past.values + 1, 0, w);
    }
    if (!status) {
        gmm_track *const t = &job.tracks[0];

        gmm_params_copy(t->now, m->params);
        if (!(t->now->column_variance[0] > 0))
            learn_columns(s, job.center, t->now);
        job.element = s->element;
        job.n = (size_t)s->rows;
        memcpy(t->stats->s0, s->sums->s0, s->sums->size * sizeof(double));
        t->stats->common = s->sums->common;
        t->mean = t->objective = s->log_likelihood / s->weight;
        status = gmm_job_finish(&job, past, 1);
    }
    gmm_job_close(&job);
    return status;
}

static int32_t check_maximise(const gmm_model *m, const gmm_statistics *s,
                              genmod_workspace *w)
{
    int32_t status;

    if (!m || !s)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", m ? "s" : "m");
    status = gmm_check_idle(m, w);
    if (!status)
        status = gmm_check_fitted(m, w);
    if (!status)
        status = gmm_check_sums(m, w);
    if (status)
        return status;
    if (!same_parameters(m->params, s->reference))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "the sums were made under other parameters");
    if (!(s->weight > 0))
        return base_fail(w, GENMOD_BAD_ARGUMENT, "the sums are of no rows");
    return GENMOD_OK;
}

int32_t gmm_maximise(gmm_model *m, const gmm_statistics *s, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check_maximise(m, s, w);
    return base_leave(&call, status ? status : maximise(m, s, w));
}
