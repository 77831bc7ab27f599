/* What training reports beside losses. */
#include <math.h>

#include "vae/internal.h"

#define ACTIVE \
    0.01 /* variance of a mean code: Burda et al. 2016, section 5.1 */

/* Tallies of the pass under way, in rows; behind the codes' 3 z figures those
 * of a codebook's K vectors, in codes. */
enum { ROWS, RECONSTRUCTION, KL, CODES };

static int64_t vectors_of(const model_body *b)
{
    return ((const vae_body *)b)->vectors;
}

static void set_scalar(const model_trainer *t, const ad_program *p,
                       const char *name, double v)
{
    float *const to = model_trainer_input(t, p, name);

    if (to)
        *to = (float)v;
}

/* With a codebook there is nothing to warm up. */
static double warmup_of(const genmod_config *c)
{
    return base_config_i64(c, VAE_CODEBOOK) ? 0
                                            : base_config_f64(c, VAE_KL_WARMUP);
}

/* How much of the warm-up is over, from 0 to 1. */
static double warmth(const model_trainer *t)
{
    const double length = warmup_of(t->config);
    nn_status s;

    nn_loop_status(t->loop, &s);
    s.pass += t->epochs;
    return s.pass < length ? s.pass / length : 1;
}

static double beta_of(const model_trainer *t)
{
    const double beta = base_config_f64(t->config, VAE_BETA);

    return t->recipe[VAE_R_CAPACITY] ? beta : beta * warmth(t);
}

void vae_fill(const model_trainer *t, const ad_program *p, uint64_t step)
{
    const double capacity = base_config_f64(t->config, VAE_CAPACITY);
    const int updating = p != t->evaluate;

    (void)step;
    set_scalar(t, p, "beta",
               updating ? beta_of(t) : base_config_f64(t->config, VAE_BETA));
    set_scalar(t, p, "capacity", updating ? capacity * warmth(t) : capacity);
    set_scalar(t, p, "commitment", base_config_f64(t->config, VAE_COMMITMENT));
    set_scalar(t, p, "decay", base_config_f64(t->config, VAE_CODEBOOK_DECAY));
}

size_t vae_tallies(const model_body *b)
{
    return CODES + 3 * b->z + (size_t)vectors_of(b);
}

static void add_use(const model_trainer *t, const ad_program *p)
{
    const float *const use = model_trainer_output(t, p, VAE_O_USE);
    double *const to = t->tally + CODES + 3 * t->body->z;

    for (int64_t k = 0; k < vectors_of(t->body); k++)
        to[k] += (double)use[k];
}

void vae_note(model_trainer *t, const ad_program *p, size_t m)
{
    const size_t n = 3 * t->body->z;
    const float *codes;
    nn_status s;

    if (p == t->evaluate)
        return;
    nn_loop_status(t->loop, &s);
    for (size_t i = 0; s.pass == (double)s.epoch && i < t->tallies; i++)
        t->tally[i] = 0;
    codes = model_trainer_output(t, p, VAE_O_CODES);
    t->tally[ROWS] += (double)m;
    t->tally[RECONSTRUCTION] +=
        (double)m * (double)*(const float *)model_trainer_output(
                        t, p, VAE_O_RECONSTRUCTION);
    t->tally[KL] += (double)m * (double)*(const float *)model_trainer_output(
                                    t, p, VAE_O_KL);
    for (size_t i = 0; i < n; i++)
        t->tally[CODES + i] += (double)m * (double)codes[i];
    if (!vectors_of(t->body))
        return;
    add_use(t, p);
    vae_restart(t, p, m);
}

size_t vae_length(const model_body *b, const char *key)
{
    return base_same(key, VAE_REPORT_KL_PER_CODE) ? b->z : 0;
}

static double count_active(const model_trainer *t)
{
    const size_t z = t->body->z;
    const double rows = t->tally[ROWS];
    const double *const means = t->tally + CODES + z, *const squares =
                                                          means + z;
    double n = 0;

    for (size_t i = 0; i < z; i++) {
        const double mean = means[i] / rows;

        n += squares[i] / rows - mean * mean > ACTIVE;
    }
    return n;
}

/* exp of the entropy of the vectors' use: so many in equal use have it. */
static double perplexity_of(const model_trainer *t)
{
    const kern_ops *const f64 = kern_ops_of(BASE_CPU_GENERIC, GENMOD_F64);
    const double *const use = t->tally + CODES + 3 * t->body->z;
    double all = 0, entropy = 0, log;

    for (int64_t k = 0; k < vectors_of(t->body); k++)
        all += use[k];
    for (int64_t k = 0; k < vectors_of(t->body); k++) {
        const double p = use[k] / all;

        if (!(p > 0))
            continue;
        f64->log(1, &p, &log);
        entropy -= p * log;
    }
    f64->exp(1, &entropy, &entropy);
    return entropy;
}

static void publish_pass(model_trainer *t)
{
    genmod_report *const r = t->report;
    const double rows = t->tally[ROWS], active = count_active(t);
    const double reconstruction = t->tally[RECONSTRUCTION] / rows;
    const double kl = t->tally[KL] / rows;

    for (size_t i = 0; i < t->body->z; i++)
        t->tally[CODES + i] /= rows;
    base_report_put(r, VAE_REPORT_KL_PER_CODE, t->body->z, t->tally + CODES);
    base_report_set(r, VAE_REPORT_RECONSTRUCTION, reconstruction);
    base_report_set(r, VAE_REPORT_KL, kl);
    base_report_set(r, VAE_REPORT_ACTIVE_UNITS, active);
    base_report_set(r, VAE_REPORT_COLLAPSED, active == 0 && warmth(t) == 1);
    if (vectors_of(t->body))
        base_report_set(r, VAE_REPORT_PERPLEXITY, perplexity_of(t));
    model_trainer_append(t, VAE_REPORT_RECONSTRUCTION_HISTORY, reconstruction);
    model_trainer_append(t, VAE_REPORT_KL_HISTORY, kl);
}

void vae_publish(model_trainer *t, const nn_status *s)
{
    if (!vectors_of(t->body))
        base_report_set(t->report, VAE_REPORT_BETA, beta_of(t));
    if (s->epoch_ended && t->tally[ROWS] > 0)
        publish_pass(t);
}

void vae_tune(const genmod_config *c, size_t player, uint64_t n,
              uint64_t held_out, nn_training *o)
{
    (void)player;
    (void)n;
    (void)held_out;
    o->patience_from = (uint64_t)ceil(warmup_of(c));
}
