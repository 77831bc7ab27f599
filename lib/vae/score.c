/* Bounds of the likelihood, the likelihood, and what is strange. */
#include <math.h>
#include <string.h>

#include "vae/internal.h"

/* What a row gathers over its draws. */
typedef struct sums {
    double density, ratio;   /* of ln p(x|z), of ln p(z) - ln q(z|x) */
    double most;             /* ln w so far */
    double weights, squares; /* of w / exp(most) */
    double jacobian;
    double loss; /* 1: the likelihood has no density of this row */
} sums;

/* ---- gathering ----------------------------------------------------------- */

static const vae_body *body_of(const model_panels *o)
{
    return (const vae_body *)o->body;
}

/* Greys make Bernoulli's a loss. */
static int is_grey(const vae_body *b, const float *x, const float *mask)
{
    for (size_t i = 0; i < b->likelihood.n; i++) {
        const vae_block *const k = &b->likelihood.block[i];

        if (k->kind != VAE_BERNOULLI)
            continue;
        for (int64_t j = k->first; j < k->first + k->size; j++)
            if (x[j] != 0 && x[j] != 1 && !(mask && mask[j] == 0))
                return 1;
    }
    return 0;
}

static void add_weight(sums *s, double w, int first)
{
    double scale;

    if (first || w > s->most) {
        scale = first ? 0 : vae_plain_exp(s->most - w);
        s->weights *= scale;
        s->squares *= scale * scale;
        s->most = w;
    }
    scale = vae_plain_exp(w - s->most);
    s->weights += scale;
    s->squares += scale * scale;
}

#define AT_ONCE 64 /* rows whose Jacobians are taken together */

/* ln |dz / dx| of a panel's rows, to places `stride` doubles apart. */
static void put_jacobians(const model_panels *o, const model_panel *p,
                          double *to, size_t stride)
{
    const size_t d = o->body->d;
    double some[AT_ONCE];

    for (size_t i = 0; i < p->m; i += AT_ONCE) {
        const size_t n = p->m - i < AT_ONCE ? p->m - i : AT_ONCE;

        vae_log_jacobian(&body_of(o)->likelihood, &o->body->columns,
                         vae_plain(), n, p->x + i * d,
                         p->mask ? p->mask + i * d : NULL, some);
        for (size_t j = 0; j < n; j++)
            to[(i + j) * stride] = some[j];
    }
}

static void give_sums(const model_panels *o, const model_panel *p, void *to)
{
    const float *const density = model_panel_output(p, 0);
    const float *const ratio = model_panel_output(p, 1);
    sums *const rows = to;
    const size_t d = o->body->d;

    for (size_t i = 0; i < p->m; i++) {
        const double a = (double)density[i], b = (double)ratio[i];

        rows[i].density += a;
        rows[i].ratio += b;
        add_weight(&rows[i], a + b, p->draw == 0);
        if (p->draw == 0)
            rows[i].loss = is_grey(body_of(o), p->x + i * d,
                                   p->mask ? p->mask + i * d : NULL);
    }
    if (p->draw == 0)
        put_jacobians(o, p, &rows->jacobian, sizeof *rows / sizeof(double));
}

/* [n, draws + 1] doubles, the Jacobian the last. */
static void give_weights(const model_panels *o, const model_panel *p, void *to)
{
    const float *const density = model_panel_output(p, 0);
    const float *const ratio = model_panel_output(p, 1);
    const size_t stride = o->draws + 1;
    double *const rows = to;

    for (size_t i = 0; i < p->m; i++)
        rows[i * stride + p->draw] = (double)density[i] + (double)ratio[i];
    if (p->draw == 0)
        put_jacobians(o, p, rows + o->draws, stride);
}

int32_t vae_weigh(const model *m, const genmod_data *x, size_t program,
                  const vae_encoded *codes, model_panels *o, void **results,
                  genmod_workspace *w)
{
    model_panels p = vae_panels(m, x, program);

    p.keep = 1;
    p.feeds = 2;
    p.feed[0] = (model_feed){"mean", codes->mean, m->z};
    p.feed[1] = (model_feed){"log_variance", codes->log_variance, m->z};
    p.row = o->row;
    p.seed = o->seed;
    p.first_draw = o->first_draw;
    p.draws = o->draws;
    p.give = o->give;
    return model_panels_run(&p, results, w);
}

/* ---- bounds -------------------------------------------------------------- */

/* n rows of `row` doubles fit. */
static int32_t check(const model *m, const genmod_data *x, const char *name,
                     size_t row, size_t bytes, const void *out,
                     genmod_workspace *w)
{
    model_panels o = {0};
    const int32_t status = vae_check_rows(m, x, "x", w);

    if (status)
        return status;
    if (!out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", name);
    o.n = base_data_rows(x);
    if (!base_mul(row, sizeof(double), &o.row))
        o.row = SIZE_MAX;
    return model_panels_fit(&o, bytes, w);
}

/* Of the one code that a row has with a codebook, from VAE_BLAME. */
static void give_certain(const model_panels *o, const model_panel *p, void *to)
{
    const float *const reconstruction =
        model_panel_output(p, VAE_B_RECONSTRUCTION);
    const float *const kl = model_panel_output(p, VAE_B_KL);
    sums *const rows = to;

    for (size_t i = 0; i < p->m; i++) {
        rows[i].density = -(double)reconstruction[i];
        rows[i].ratio = -(double)kl[i];
    }
    put_jacobians(o, p, &rows->jacobian, sizeof *rows / sizeof(double));
}

static int32_t weigh_certain(const model *m, const genmod_data *x,
                             void **results, genmod_workspace *w)
{
    model_panels o = vae_panels(m, x, VAE_BLAME);

    o.keep = 1;
    o.row = sizeof(sums);
    o.give = give_certain;
    return model_panels_run(&o, results, w);
}

/* KL of each row in closed form, from its code. */
static double closed_kl(const vae_encoded *codes, size_t z, size_t i)
{
    const float *const mean = codes->mean + i * z;
    const float *const s = codes->log_variance + i * z;
    double kl = 0;

    for (size_t j = 0; j < z; j++) {
        const double log_variance = (double)s[j];

        kl += (double)mean[j] * (double)mean[j] +
              (vae_plain_exp(log_variance) - 1 - log_variance);
    }
    return kl / 2;
}

/* The parts of a row's bound, in the units of the data. */
static void give_bound(const vae_body *b, const vae_encoded *codes, size_t i,
                       size_t draws, const sums *s, double *elbo,
                       double *reconstruction, double *kl)
{
    const double r = -(s->density / (double)draws + s->jacobian);
    const double k = b->prior == VAE_NORMAL && !b->vectors
                         ? closed_kl(codes, b->base.z, i)
                         : -s->ratio / (double)draws;

    elbo[i] = -r - k;
    if (reconstruction)
        reconstruction[i] = r;
    if (kl)
        kl[i] = k;
}

/* The sums of each row, and its code; with a codebook one draw is all. */
static int32_t weigh(const model *m, const genmod_data *x, uint64_t seed,
                     size_t *draws, vae_encoded *codes, void **results,
                     genmod_workspace *w)
{
    model_panels o = {
        .row = sizeof(sums), .seed = seed, .draws = *draws, .give = give_sums};
    int32_t status;

    if (((const vae_body *)m->body)->vectors) {
        *draws = 1;
        return weigh_certain(m, x, results, w);
    }
    status = vae_encode_rows(m, x, codes, w);
    return status ? status : vae_weigh(m, x, VAE_WEIGH, codes, &o, results, w);
}

static int32_t elbo_of(const model *m, const genmod_data *x, uint64_t seed,
                       size_t draws, size_t bytes, double *elbo,
                       double *reconstruction, double *kl, genmod_workspace *w)
{
    vae_encoded codes = {0};
    void *results;
    int32_t status = check(m, x, "elbo", 1, bytes, elbo, w);

    if (!status)
        status = vae_check_draws(0, draws, w);
    if (!status)
        status = weigh(m, x, seed, &draws, &codes, &results, w);
    for (size_t i = 0; !status && i < base_data_rows(x); i++)
        give_bound((const vae_body *)m->body, &codes, i, draws,
                   (const sums *)results + i, elbo, reconstruction, kl);
    return status;
}

int32_t vae_elbo(const vae_model *m, const genmod_data *x, uint64_t seed,
                 size_t draws, size_t bytes, double *elbo,
                 double *reconstruction, double *kl, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, elbo_of((const model *)m, x, seed, draws, bytes,
                                     elbo, reconstruction, kl, w));
}

static int32_t log_weights(const model *m, const genmod_data *x, uint64_t seed,
                           size_t first, size_t draws, size_t bytes,
                           double *out, genmod_workspace *w)
{
    model_panels o = {.seed = seed,
                      .first_draw = first,
                      .draws = draws,
                      .give = give_weights};
    vae_encoded codes;
    void *results;
    int32_t status = vae_check_draws(first, draws, w);

    if (!status)
        status = check(m, x, "out", draws, bytes, out, w);
    if (!status)
        status = vae_check_density(m, "", w);
    if (!status)
        status = vae_encode_rows(m, x, &codes, w);
    if (status)
        return status;
    o.row = (draws + 1) * sizeof(double);
    status = vae_weigh(m, x, VAE_WEIGH, &codes, &o, &results, w);
    for (size_t i = 0; !status && i < base_data_rows(x); i++) {
        const double *const row = (const double *)results + i * (draws + 1);

        for (size_t k = 0; k < draws; k++)
            out[i * draws + k] = row[k] + row[draws];
    }
    return status;
}

int32_t vae_log_weights(const vae_model *m, const genmod_data *x, uint64_t seed,
                        size_t first, size_t draws, size_t bytes, double *out,
                        genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, log_weights((const model *)m, x, seed, first,
                                         draws, bytes, out, w));
}

/* ---- likelihood ---------------------------------------------------------- */

static int32_t check_density(const sums *s, size_t n, genmod_workspace *w)
{
    for (size_t i = 0; i < n; i++)
        if (s[i].loss != 0)
            return base_fail(
                w, GENMOD_UNSUPPORTED,
                "row %u has cells of likelihood bernoulli that are "
                "neither 0 nor 1; of them it is a loss and no "
                "density",
                (uint64_t)i);
    return GENMOD_OK;
}

/* ln of the mean weight, and its error by the delta method: the mean's over the
 * mean. */
static void give_likelihood(const sums *s, size_t draws, double *out,
                            double *error)
{
    const double n = (double)draws, mean = s->weights / n;
    const double variance = s->squares / n - mean * mean;

    vae_plain()->log(1, &mean, out);
    *out += s->most + s->jacobian;
    if (error)
        *error = draws > 1 && variance > 0 ? sqrt(variance / (n - 1)) / mean
                 : draws > 1               ? 0
                                           : NAN;
}

static int32_t log_likelihood(const model *m, const genmod_data *x,
                              uint64_t seed, size_t draws, size_t bytes,
                              double *out, double *error, genmod_workspace *w)
{
    model_panels o = {
        .row = sizeof(sums), .seed = seed, .draws = draws, .give = give_sums};
    vae_encoded codes;
    void *results;
    size_t n;
    int32_t status = check(m, x, "out", 1, bytes, out, w);

    if (!status)
        status = vae_check_draws(0, draws, w);
    if (!status)
        status = vae_check_density(m, "", w);
    if (!status)
        status = vae_encode_rows(m, x, &codes, w);
    if (status)
        return status;
    n = base_data_rows(x);
    status = vae_weigh(m, x, VAE_WEIGH, &codes, &o, &results, w);
    if (!status)
        status = check_density(results, n, w);
    for (size_t i = 0; !status && i < n; i++)
        give_likelihood((const sums *)results + i, draws, out + i,
                        error ? error + i : NULL);
    return status;
}

int32_t vae_log_likelihood(const vae_model *m, const genmod_data *x,
                           uint64_t seed, size_t draws, size_t bytes,
                           double *out, double *error, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, log_likelihood((const model *)m, x, seed, draws,
                                            bytes, out, error, w));
}
