/* gmm_partial_fit(): stepwise EM. The means of the statistics so far and the
 * parameters determine each other, so a stream has no state but the parameters
 * and the number of its batches. */
#include <math.h>
#include <string.h>

#include "gmm/statistics.h"

/* The parameters as statistics of weight 1, about what the pass's are about,
 * without the ridge that the last M-step added, and with the share of the
 * correlations that it took off, but for a share of 1. */
typedef struct past_sums {
    const gmm_params *p;
    const gmm_tables *t;
    const gmm_stats *s;
    double ridge, mean_variance, shrinkage;
} past_sums;

static double scale_of(const past_sums *u, size_t c)
{
    return gmm_real(u->t->ops->type, u->t->scale, c);
}

/* The mean of a component from where its sums are about, in scaled columns. */
static double offset(const past_sums *u, size_t j, size_t c)
{
    const int32_t type = u->t->ops->type;
    const double mu =
        (u->p->means[j * u->p->d + c] - gmm_real(type, u->t->center, c)) *
        scale_of(u, c);

    return mu - (u->s->common ? 0 : gmm_real(type, u->t->mu, j * u->p->d + c));
}

static double covariance(const past_sums *u, size_t j, size_t a, size_t b)
{
    const gmm_params *const p = u->p;
    double v = gmm_unit_covariance(p, gmm_unit_of(p, j), a, b);

    if (a == b)
        v -= u->ridge *
             (p->type->scalar ? u->mean_variance : p->column_variance[a]);
    else if (u->shrinkage < 1)
        v /= 1 - u->shrinkage;
    return (a == b && v < 0 ? 0 : v) * scale_of(u, a) * scale_of(u, b);
}

/* s <- step / weight times s and 1 - step times the past. */
static void blend(const past_sums *u, gmm_stats *s, double weight, double step)
{
    const size_t d = u->p->d;
    const int triangle = u->p->type->triangle;

    for (size_t i = 0; i < s->size; i++)
        s->s0[i] *= step / weight;
    for (size_t j = 0; j < u->p->k; j++) {
        const double share = (1 - step) * u->p->weights[j];

        s->s0[j] += share;
        for (size_t a = 0; a < d; a++) {
            const double off = offset(u, j, a);

            s->s1[j * d + a] += share * off;
            if (!triangle)
                s->s2[j * d + a] +=
                    share * (covariance(u, j, a, a) + off * off);
            for (size_t b = a; triangle && b < d; b++)
                s->s2[(j * d + a) * d + b] +=
                    share * (covariance(u, j, a, b) + off * offset(u, j, b));
        }
    }
}

/* (t + delay)^-exponent, by our own logarithm and exponential. */
static double step_size(const gmm_job *job, size_t batches)
{
    const genmod_config *const c = job->m->config;
    const kern_ops *const ops = job->tracks[0].now->f64.ops;
    double v = (double)batches + base_config_f64(c, GMM_STEP_DELAY);

    ops->log(1, &v, &v);
    v *= -base_config_f64(c, GMM_STEP_EXPONENT);
    ops->exp(1, &v, &v);
    return v;
}

static void look_back(gmm_job *job, const gmm_track *t, double step)
{
    past_sums u = {.p = t->now,
                   .t = gmm_tables_of(t->now, job->element),
                   .s = t->stats,
                   .ridge = job->rules.ridge,
                   .shrinkage = job->rules.shrinkage};

    for (size_t c = 0; c < job->d; c++)
        u.mean_variance += t->now->column_variance[c] / (double)job->d;
    blend(&u, t->stats, job->pass.weight, step);
}

static int32_t begin(gmm_job *job, int32_t fresh)
{
    int32_t status;

    if (!fresh)
        return gmm_job_resume(job);
    status = gmm_job_columns(job);
    if (!status)
        status = gmm_job_start(job, NULL, 0, 1);
    if (!status)
        gmm_job_note_mends(&job->tracks[0], job->k);
    return status;
}

static int32_t partial_fit(gmm_model *m, const genmod_data *x,
                           genmod_workspace *w)
{
    const int32_t fresh = !m->params;
    gmm_job job;
    gmm_past p = {0, 0};
    int32_t status = gmm_job_open(&job, m, x, 1, 1, w);

    if (!status) {
        if (!fresh)
            p = gmm_job_recall(&job);
        status = gmm_job_reserve(m->report, job.k, p.values + 1, 0, w);
    }
    if (!status)
        status = begin(&job, fresh);
    if (!status)
        status = gmm_job_pass(&job);
    if (!status) {
        if (!fresh)
            look_back(&job, &job.tracks[0], step_size(&job, p.iterations));
        status = gmm_job_finish(&job, p, 0);
    }
    gmm_job_close(&job);
    return status;
}

int32_t gmm_partial_fit(gmm_model *m, const genmod_data *x, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = base_alone(w, "gmm_partial_fit()");
    if (!status)
        status = gmm_check_training(m, x, w);
    if (!status && m->params)
        status = gmm_check_columns(m, x, w);
    if (!status)
        status = gmm_check_sums(m, w);
    return base_leave(&call, status ? status : partial_fit(m, x, w));
}
