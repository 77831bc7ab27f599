/* What training reports beside losses. */
#include <math.h>

#include "gan/internal.h"

/* Tallies: what the last updates left, then sums over the pass under way. What
 * a report is made of comes from here, since an update may be taken back
 * between its phases. */
enum {
    PLAIN,
    PENALTY,
    D_REAL,
    D_FAKE,
    PAIRED,
    RIGHT_REAL,
    RIGHT_FAKE,
    SQUARES_REAL,
    SQUARES_FAKE,
    SPREAD_REAL,
    SPREAD_FAKE,
    G_LOSS,
    G_NORM,
    G_MOVED, /* 1: there is such a loss and norm */
    LASTS,
    SUM_STEPS = LASTS,
    SUM_PLAIN,
    SUM_D_REAL,
    SUM_D_FAKE,
    SUM_G_STEPS,
    SUM_G_LOSS,
    TALLIES
};

/* ---- schedules ----------------------------------------------------------- */

/* From the weight to its end by equal factors: exp and log of the generic
 * kernels, so that it is the same on every machine. */
static double weight_of(const model_trainer *t)
{
    const kern_ops *const f64 = kern_ops_of(BASE_CPU_GENERIC, GENMOD_F64);
    const double from = t->recipe[GAN_R_WEIGHT];
    const double share = gan_share(t);
    double fall = t->recipe[GAN_R_WEIGHT_END] / from;

    if (!(from > 0) || fall == 1)
        return from;
    f64->log(1, &fall, &fall);
    fall *= share;
    f64->exp(1, &fall, &fall);
    return from * fall;
}

void gan_fill(const model_trainer *t, const ad_program *p, uint64_t step)
{
    float *const weight = model_trainer_input(t, p, "penalty");

    (void)step;
    if (weight)
        *weight = (float)weight_of(t);
}

/* ---- after a replay ------------------------------------------------------ */

static const float *output(const model_trainer *t, const ad_program *p,
                           size_t i)
{
    return ad_program_output(p, i, t->arena);
}

static double sigmoid(double y)
{
    const kern_ops *const f64 = kern_ops_of(BASE_CPU_GENERIC, GENMOD_F64);

    f64->sigmoid(1, &y, &y);
    return y;
}

/* Where a row counts as one of the data: half way between the targets. */
static double threshold_of(const model_trainer *t)
{
    return t->recipe[GAN_R_LOSS] == GAN_LEAST_SQUARES ? 0.5 : 0;
}

static void note_logits(model_trainer *t, const ad_program *p, size_t m)
{
    const float *const real = output(t, p, GAN_O_REAL);
    const float *const fake = output(t, p, GAN_O_FAKE);
    const double bar = threshold_of(t);
    double *const to = t->tally;

    for (int i = D_REAL; i <= RIGHT_FAKE; i++)
        to[i] = 0;
    for (size_t i = 0; i < m; i++) {
        const double a = (double)real[i], b = (double)fake[i];

        to[D_REAL] += sigmoid(a) / (double)m;
        to[D_FAKE] += sigmoid(b) / (double)m;
        to[PAIRED] += sigmoid(a - b) / (double)m;
        to[RIGHT_REAL] += (a > bar) / (double)m;
        to[RIGHT_FAKE] += (b < bar) / (double)m;
    }
}

static void note_d(model_trainer *t, const ad_program *p, size_t m)
{
    const size_t packs = m / t->options.multiple;
    const float *const squares = output(t, p, GAN_O_SQUARES);
    const float *const spreads = output(t, p, GAN_O_SPREADS);
    double *const to = t->tally;

    note_logits(t, p, packs);
    to[PLAIN] = (double)output(t, p, GAN_O_PLAIN)[0];
    to[PENALTY] = (double)output(t, p, GAN_O_LOSS)[0] - to[PLAIN];
    to[SQUARES_REAL] = (double)squares[0];
    to[SQUARES_FAKE] = (double)squares[1];
    to[SPREAD_REAL] = (double)spreads[0];
    to[SPREAD_FAKE] = (double)spreads[1];
    to[SUM_STEPS] += 1;
    to[SUM_PLAIN] += to[PLAIN];
    to[SUM_D_REAL] += to[D_REAL];
    to[SUM_D_FAKE] += to[D_FAKE];
}

static void note_g(model_trainer *t, double loss)
{
    double *const to = t->tally;

    to[G_LOSS] = loss;
    to[G_NORM] = t->norm[GAN_G];
    to[G_MOVED] = 1;
    to[SUM_G_STEPS] += 1;
    to[SUM_G_LOSS] += loss;
}

size_t gan_tallies(const model_body *b)
{
    (void)b;
    return TALLIES;
}

void gan_note(model_trainer *t, const ad_program *p, size_t m)
{
    nn_status s;

    if (p == t->evaluate)
        return;
    nn_loop_status(t->loop, &s);
    if (p != t->update[0]) {
        note_g(t, (double)output(t, p, GAN_O_LOSS)[0]);
        return;
    }
    for (int i = LASTS; s.pass == (double)s.epoch && i < TALLIES; i++)
        t->tally[i] = 0;
    note_d(t, p, m);
    if (t->phases == 1)
        note_g(t, (double)output(t, p, GAN_O_G)[0]);
}

/* ---- the report ---------------------------------------------------------- */

static int is_probability(const model_trainer *t)
{
    return t->recipe[GAN_R_LOSS] == GAN_MINIMAX ||
           t->recipe[GAN_R_LOSS] == GAN_NON_SATURATING;
}

static void publish_game(model_trainer *t)
{
    genmod_report *const r = t->report;
    const double *const from = t->tally;
    const int32_t loss = (int32_t)t->recipe[GAN_R_LOSS];
    const int whole = is_probability(t);

    base_report_set(r, GAN_REPORT_D_LOSS, from[PLAIN]);
    base_report_set(r, GAN_REPORT_D_EQUILIBRIUM, gan_d_equilibrium(loss));
    base_report_set(r, GAN_REPORT_G_EQUILIBRIUM, gan_g_equilibrium(loss));
    base_report_set(r, GAN_REPORT_PENALTY, from[PENALTY]);
    base_report_set(r, GAN_REPORT_PENALTY_WEIGHT, weight_of(t));
    base_report_set(r, GAN_REPORT_D_REAL, whole ? from[D_REAL] : NAN);
    base_report_set(r, GAN_REPORT_D_FAKE, whole ? from[D_FAKE] : NAN);
    base_report_set(r, GAN_REPORT_D_PAIRED, from[PAIRED]);
    base_report_set(r, GAN_REPORT_ACCURACY_REAL, from[RIGHT_REAL]);
    base_report_set(r, GAN_REPORT_ACCURACY_FAKE, from[RIGHT_FAKE]);
    base_report_set(
        r, GAN_REPORT_SPREAD_RATIO,
        from[SPREAD_REAL] > 0 ? from[SPREAD_FAKE] / from[SPREAD_REAL] : NAN);
}

static void publish_squares(model_trainer *t)
{
    const int penalty = (int)t->recipe[GAN_R_PENALTY];

    base_report_set(t->report, GAN_REPORT_SQUARES_REAL,
                    penalty == GAN_NO_PENALTY || penalty == GAN_R2
                        ? NAN
                        : t->tally[SQUARES_REAL]);
    base_report_set(t->report, GAN_REPORT_SQUARES_FAKE,
                    penalty == GAN_R2 || penalty == GAN_R1_R2
                        ? t->tally[SQUARES_FAKE]
                        : NAN);
}

static void publish_pass(model_trainer *t)
{
    const double *const from = t->tally;
    const double steps = from[SUM_STEPS];

    model_trainer_append(t, GAN_REPORT_D_LOSS_HISTORY, from[SUM_PLAIN] / steps);
    model_trainer_append(t, GAN_REPORT_G_LOSS_HISTORY,
                         from[SUM_G_STEPS] > 0
                             ? from[SUM_G_LOSS] / from[SUM_G_STEPS]
                             : from[G_LOSS]);
    if (!is_probability(t))
        return;
    model_trainer_append(t, GAN_REPORT_D_REAL_HISTORY,
                         from[SUM_D_REAL] / steps);
    model_trainer_append(t, GAN_REPORT_D_FAKE_HISTORY,
                         from[SUM_D_FAKE] / steps);
}

void gan_publish(model_trainer *t, const nn_status *s)
{
    genmod_report *const r = t->report;

    publish_game(t);
    publish_squares(t);
    base_report_set(r, GAN_REPORT_G_UPDATES,
                    (double)nn_optimiser_count(t->optimiser[GAN_G]));
    if (t->tally[G_MOVED] != 0) {
        base_report_set(r, GAN_REPORT_G_LOSS, t->tally[G_LOSS]);
        base_report_set(r, GAN_REPORT_G_GRADIENT_NORM, t->tally[G_NORM]);
    }
    if (s->epoch_ended)
        publish_pass(t);
}
