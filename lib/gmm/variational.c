/* Training by variational Bayes: the prior, and the M-step. */
#include <math.h>
#include <string.h>

#include "gmm/variational.h"

/* ---- memory -------------------------------------------------------------- */

static int32_t track_new(const gmm_job *job, gmm_track *t)
{
    double *const block = base_scratch(job->w, 2 * job->k, sizeof *block);

    if (!block)
        return base_status(job->w);
    t->counts = block;
    t->norms = block + job->k;
    t->divergence = 0;
    return GENMOD_OK;
}

static int32_t arrays_new(gmm_job *job, gmm_variation *v)
{
    genmod_workspace *const w = job->w;
    const size_t k = job->k, d = job->d;
    const int triangle = job->type->triangle;

    v->root = base_scratch(w, triangle ? d : 1, d * sizeof *v->root);
    v->from_prior = base_scratch(w, k, d * sizeof *v->from_prior);
    v->unit_terms = base_scratch(w, k, sizeof *v->unit_terms);
    v->concentrations = base_scratch(w, 2 * k, sizeof(double));
    v->slots.pack = 2 * d * d * sizeof(double);
    v->slots.pack += BASE_ALIGN - 1;
    v->slots.pack -= v->slots.pack % BASE_ALIGN;
    v->slots.bytes = triangle ? v->slots.pack + kern_gemm_scratch() : 0;
    v->slots.at = base_scratch(w, base_width(w), v->slots.bytes);
    v->post = gmm_posterior_new(job->type, k, d, w);
    return v->root && v->from_prior && v->unit_terms && v->concentrations &&
                   v->slots.at && v->post
               ? GENMOD_OK
               : base_status(w);
}

static int32_t check_numbers(const gmm_job *job)
{
    const gmm_hyper *const h = &job->vary->h;
    const gmm_posterior *const held = job->m->posterior;

    if (job->type->triangle && !(h->freedom > (double)h->d - 1))
        return base_fail(job->w, GENMOD_BAD_ARGUMENT,
                         "degrees_of_freedom is %g; with %u columns it must "
                         "be > %u",
                         h->freedom, (uint64_t)h->d, (uint64_t)h->d - 1);
    if (held && (held->given_mean || held->given_covariance) && held->d != h->d)
        return base_fail(job->w, GENMOD_BAD_ARGUMENT,
                         "x has %u columns; the prior that was set has %u",
                         (uint64_t)h->d, (uint64_t)held->d);
    return GENMOD_OK;
}

/* What EM alone can do: its M-step's extras, and rows with gaps, of which the
 * bound would need a posterior, too. */
static int32_t check_alone(const gmm_job *job)
{
    const char *const other = job->prior                 ? GMM_PRIOR
                              : job->rules.hold          ? "hold_…"
                              : job->rules.shrinkage > 0 ? GMM_SHRINKAGE
                              : job->side                ? GMM_NOISE
                                                         : NULL;

    if (job->type->low)
        return base_fail(job->w, GENMOD_BAD_ARGUMENT,
                         "covariance is \"factor\"; inference is "
                         "\"variational\", which has no posterior of factors");
    if (other)
        return base_fail(job->w, GENMOD_BAD_ARGUMENT,
                         "option \"%s\" is of inference \"em\"; it is "
                         "\"variational\"",
                         other);
    if (base_data_missing(job->x) || base_data_noise(job->x))
        return base_fail(job->w, GENMOD_BAD_ARGUMENT,
                         "x %s; inference \"variational\" needs whole, exact "
                         "rows",
                         base_data_missing(job->x) ? "may have missing cells"
                                                   : "has noise");
    return GENMOD_OK;
}

int32_t gmm_vary_open(gmm_job *job)
{
    gmm_variation *v;
    int32_t status;

    if (!gmm_variational(job->m))
        return GENMOD_OK;
    v = base_scratch(job->w, 1, sizeof *v);
    if (!v)
        return base_status(job->w);
    memset(v, 0, sizeof *v);
    job->vary = v;
    v->h = gmm_hyper_of(job->m, job->type, job->d);
    v->h.ops = kern_ops_of(base_cpu(job->w), GENMOD_F64);
    status = check_alone(job);
    if (!status)
        status = check_numbers(job);
    if (!status)
        status = arrays_new(job, v);
    for (size_t t = 0; t < job->n_tracks && !status; t++)
        status = track_new(job, &job->tracks[t]);
    return status;
}

void gmm_vary_close(gmm_job *job)
{
    if (job->vary && !job->vary->lent)
        gmm_posterior_free(job->vary->post);
}

/* ---- the prior ----------------------------------------------------------- */

static double unbiased(const gmm_job *job)
{
    return job->weight > 1 ? job->weight / (job->weight - 1) : 1;
}

/* The columns' covariance about their means, by one more pass. */
static int32_t learn_matrix(const gmm_job *job, double *out)
{
    const size_t d = job->d;
    const gmm_covariance *const type = gmm_covariance_of("full");
    gmm_params *const p = gmm_params_new(type, 1, d, job->w);
    gmm_stats *const s = p ? gmm_stats_new(type, 1, d, job->w) : NULL;
    gmm_lane lane = {.params = p, .stats = s};
    gmm_pass pass = {.x = job->x,
                     .n_lanes = 1,
                     .lanes = &lane,
                     .moments = 1,
                     .shared = 1,
                     .total = job->n,
                     .source = GMM_NEAREST};
    int32_t status = s ? GENMOD_OK : base_status(job->w);

    if (!status) {
        p->weights[0] = 1;
        memcpy(p->means, job->center, d * sizeof *p->means);
        memset(p->covariances, 0, d * d * sizeof *p->covariances);
        for (size_t c = 0; c < d; c++)
            p->covariances[c * d + c] = job->variance[c];
        gmm_derive_columns(p);
        status = gmm_pass_open(&pass, job->w);
    }
    if (!status)
        status = gmm_pass_run(&pass, job->w);
    for (size_t a = 0; a < d && !status; a++)
        for (size_t b = a; b < d; b++) {
            const double *const scale = p->f64.scale;

            out[a * d + b] = out[b * d + a] =
                s->s2[a * d + b] / s->s0[0] / (scale[a] * scale[b]);
        }
    base_free(s);
    gmm_params_free(p);
    return status;
}

/* covariance_prior times the data's covariance, as much of it as a unit has,
 * and the ridge. */
static int32_t learn_covariance(gmm_job *job, double *out)
{
    const double share =
        unbiased(job) * base_config_f64(job->m->config, GMM_COVARIANCE_PRIOR);
    const size_t d = job->d;
    const gmm_covariance *const t = job->type;
    int32_t status = GENMOD_OK;

    memset(out, 0, gmm_unit_size(t, d) * sizeof *out);
    if (t->triangle)
        status = learn_matrix(job, out);
    for (size_t i = 0; t->triangle && i < d * d; i++)
        out[i] *= share;
    for (size_t c = 0; c < d && !status; c++) {
        const double v = job->variance[c], ridge = job->rules.ridge * v;

        if (t->triangle)
            out[c * d + c] += ridge;
        else if (t->scalar)
            out[0] += (share * v + ridge) / (double)d;
        else
            out[c] = share * v + ridge;
    }
    return status;
}

static int32_t refuse_prior(const gmm_job *job)
{
    return base_fail(job->w, GENMOD_BREAKDOWN,
                     "the prior covariance is not positive definite; raise "
                     "ridge, or set one");
}

/* L and ln det of W_0^-1. */
static int32_t factorise(gmm_job *job)
{
    gmm_variation *const v = job->vary;
    const double *const s = v->post->covariance;
    const size_t d = job->d, unit = v->post->unit;
    const size_t step = job->type->triangle ? d + 1 : 1;

    v->log_det = 0;
    memcpy(v->root, s, unit * sizeof *s);
    if (job->type->triangle) {
        if (kern_cholesky(v->h.ops, d, v->root, d, 0,
                          job->slots.at + job->slots.pack) != d)
            return refuse_prior(job);
        for (size_t a = 0; a < d; a++)
            for (size_t b = a + 1; b < d; b++)
                v->root[a * d + b] = 0;
    }
    for (size_t i = 0; i < unit; i += step) {
        double ln = v->root[i];

        if (!(ln > 0) || !isfinite(ln))
            return refuse_prior(job);
        v->h.ops->log(1, &ln, &ln);
        v->log_det += (job->type->triangle ? 2 : 1) * ln;
    }
    if (job->type->scalar)
        v->log_det *= (double)d;
    return GENMOD_OK;
}

int32_t gmm_vary_prepare(gmm_job *job)
{
    gmm_variation *const v = job->vary;
    const gmm_posterior *const held = job->m->posterior;
    int32_t status = GENMOD_OK;

    if (v->ready)
        return GENMOD_OK;
    if (held && (held->given_mean || held->given_covariance))
        gmm_posterior_copy(v->post, held);
    v->post->fitted = 0;
    if (!v->post->given_mean)
        memcpy(v->post->mean, job->center, job->d * sizeof *job->center);
    if (!v->post->given_covariance)
        status = learn_covariance(job, v->post->covariance);
    if (!status)
        status = factorise(job);
    v->ready = !status;
    return status;
}

/* ---- the M-step ---------------------------------------------------------- */

typedef struct step {
    const gmm_job *job;
    const gmm_params *now;
    const gmm_tables *tables;
    gmm_stats *s;
    gmm_params *next;
} step;

/* (10.52), (10.60), (10.61); leaves the step from the pass's mean in s1. */
static int32_t move_item(size_t j, size_t slot, void *arg)
{
    const step *const u = arg;
    const gmm_variation *const v = u->job->vary;
    const size_t d = u->job->d;
    const gmm_tables *const t = u->tables;
    const double n = u->s->s0[j];
    double *const delta = u->s->s1 + j * d;
    double *const off = v->from_prior + j * d;

    (void)slot;
    for (size_t c = 0; c < d; c++) {
        const double about =
            u->s->common ? 0 : gmm_real(t->ops->type, t->mu, j * d + c);
        const double prior = v->post->mean[c];

        delta[c] = n > 0 ? delta[c] / n : 0;
        off[c] = n > 0 ? gmm_unscaled(t, c, about + delta[c]) - prior : 0;
        u->next->means[j * d + c] = prior + n / (v->h.precision + n) * off[c];
    }
    return GENMOD_OK;
}

/* Element (a, b) of what component j adds to W_0^-1, (10.62). */
static double scatter(const step *u, size_t j, size_t a, size_t b)
{
    const gmm_variation *const v = u->job->vary;
    const size_t d = u->job->d;
    const gmm_tables *const t = u->tables;
    const double n = u->s->s0[j], beta = v->h.precision;
    const double *const delta = u->s->s1 + j * d;
    const double *const off = v->from_prior + j * d;
    const double *const s2 =
        u->s->s2 + (u->now->type->triangle ? (j * d + a) * d + b : j * d + a);
    const double scale = gmm_real(t->ops->type, t->scale, a) *
                         gmm_real(t->ops->type, t->scale, b);

    return (*s2 - n * delta[a] * delta[b]) / scale +
           n * beta / (beta + n) * off[a] * off[b];
}

static double unit_scatter(const step *u, size_t unit, size_t a, size_t b)
{
    double sum = 0;

    if (!u->now->type->shared)
        return scatter(u, unit, a, b);
    for (size_t j = 0; j < u->now->k; j++)
        sum += scatter(u, j, a, b);
    return sum;
}

/* E[Lambda]^-1 = W^-1 / nu. */
static int32_t spread_item(size_t unit, size_t slot, void *arg)
{
    const step *const u = arg;
    const gmm_variation *const v = u->job->vary;
    const gmm_covariance *const t = u->job->type;
    const size_t d = u->job->d;
    const double *const prior = v->post->covariance;
    const double nu = gmm_freedom(&v->h, u->s->s0, unit);
    double *const out = u->next->covariances + unit * gmm_unit_size(t, d);
    double sum = 0;

    (void)slot;
    for (size_t a = 0; a < d; a++) {
        if (t->scalar)
            sum += unit_scatter(u, unit, a, a) / (double)d;
        else if (!t->triangle)
            out[a] = (prior[a] + unit_scatter(u, unit, a, a)) / nu;
        for (size_t b = a; t->triangle && b < d; b++)
            out[a * d + b] = out[b * d + a] =
                (prior[a * d + b] + unit_scatter(u, unit, a, b)) / nu;
    }
    if (t->scalar)
        out[0] = (prior[0] + sum) / nu;
    return GENMOD_OK;
}

/* E[pi_j]: sticks are independent, so that their product's mean is that of
 * their means. */
static void weigh(const gmm_hyper *h, const double *counts, double *alpha,
                  double *out)
{
    double total = 0, left = 1;

    gmm_concentrations(h, counts, alpha);
    for (size_t j = 0; j < h->k; j++)
        total += alpha[j];
    for (size_t j = 0; j < h->k; j++) {
        if (h->sticks) {
            const double both = alpha[j] + alpha[h->k + j];

            out[j] = left * alpha[j] / both;
            left *= alpha[h->k + j] / both;
        } else {
            out[j] = alpha[j] / total;
        }
        if (!(out[j] > DBL_MIN))
            out[j] = DBL_MIN;
    }
}

int32_t gmm_vary_update(gmm_job *job, gmm_track *t, const gmm_params *now,
                        gmm_params *next)
{
    gmm_variation *const v = job->vary;
    const int32_t type = base_data_type(job->x);
    const size_t units = gmm_units(job->type, job->k);
    step u = {.job = job,
              .now = now,
              .tables = gmm_tables_of(now, type),
              .s = t->stats,
              .next = next};
    int32_t status = base_parallel(job->w, job->k, move_item, &u);
    size_t bad;

    if (!status)
        status = base_parallel(job->w, units, spread_item, &u);
    if (status)
        return status;
    memcpy(t->counts, t->stats->s0, job->k * sizeof *t->counts);
    weigh(&v->h, t->counts, v->concentrations, next->weights);
    memcpy(next->column_variance, now->column_variance,
           job->d * sizeof(double));
    next->pivot_floor = 16 * gmm_epsilon(type);
    bad = gmm_params_derive(next, &job->slots, job->w);
    if (bad < units)
        return base_fail(job->w, GENMOD_BREAKDOWN,
                         "component %u: its covariance is singular, prior and "
                         "all; raise ridge or covariance_prior",
                         (uint64_t)bad);
    memset(t->mend, 0, job->k * sizeof *t->mend);
    return gmm_vary_settle(job, t, next);
}

/* ---- in and out of the model --------------------------------------------- */

static int32_t from_parameters(gmm_job *job, gmm_track *t)
{
    gmm_params *const now = t->now;
    gmm_lane *const lane = job->pass.lanes;
    int32_t status = gmm_job_columns(job);

    if (!status)
        status = gmm_vary_prepare(job);
    if (status)
        return status;
    memcpy(now->column_variance, job->variance, job->d * sizeof(double));
    lane[0] = (gmm_lane){.params = now, .stats = t->stats};
    job->pass.n_lanes = 1;
    job->pass.source = GMM_POSTERIOR;
    status = gmm_pass_run(&job->pass, job->w);
    if (!status)
        status = gmm_vary_update(job, t, now, t->next);
    if (!status) {
        t->now = t->next;
        t->next = now;
    }
    return status;
}

int32_t gmm_vary_resume(gmm_job *job)
{
    gmm_variation *const v = job->vary;
    gmm_track *const t = &job->tracks[0];
    int32_t status;

    if (!job->m->posterior || !job->m->posterior->fitted)
        return from_parameters(job, t);
    gmm_posterior_copy(v->post, job->m->posterior);
    memcpy(t->counts, v->post->counts, job->k * sizeof *t->counts);
    status = factorise(job);
    v->ready = !status;
    return status ? status : gmm_vary_settle(job, t, t->now);
}

void gmm_vary_commit(gmm_job *job, const gmm_track *t)
{
    gmm_variation *const v = job->vary;
    gmm_model *const m = job->m;

    if (!v->lent) {
        gmm_posterior_free(m->posterior);
        m->posterior = v->post;
        v->lent = 1;
    }
    memcpy(v->post->counts, t->counts, job->k * sizeof *t->counts);
    memcpy(m->params->log_norm, t->norms, job->k * sizeof *t->norms);
    v->post->fitted = 1;
}

void gmm_vary_publish(const gmm_job *job, const gmm_track *t)
{
    const double row = job->pass.weight / (double)job->n;
    size_t held = 0;

    for (size_t j = 0; j < job->k; j++)
        held += t->counts[j] >= row;
    base_report_set(job->m->report, GMM_REPORT_LOWER_BOUND,
                    t->mean * job->pass.weight);
    base_report_set(job->m->report, GMM_REPORT_EFFECTIVE, (double)held);
}
