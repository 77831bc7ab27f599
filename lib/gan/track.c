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
    D_RATIO, /* 0: none yet */
    G_RATIO,
    RATIO_AGE,
    LASTS,
    SUM_STEPS = LASTS,
    SUM_PLAIN,
    SUM_NOTES, /* of logits */
    SUM_D_REAL,
    SUM_D_FAKE,
    SUM_G_STEPS,
    SUM_G_LOSS,
    TALLIES /* then those of the meter */
};

/* What noting the logits of an update may cost of it; picoseconds that it
 * costs, and that a row does; updates from one note to the next at most, for a
 * wave of 50 to be one. */
#define NOTE_SHARE 0.005
#define NOTE 2e6
#define NOTE_ROW 5e4
#define MOST_EVERY 8

/* ---- schedules ----------------------------------------------------------- */

static double weight_of(const model_trainer *t)
{
    const double from = t->recipe[GAN_R_WEIGHT];

    return from > 0 ? nn_between(from, gan_weight_end(t), gan_share(t)) : from;
}

static double augmented_of(const model_trainer *t)
{
    const double from = t->recipe[GAN_R_AUGMENTED];

    return from + gan_share(t) * (t->recipe[GAN_R_AUGMENTED_END] - from);
}

void gan_fill(const model_trainer *t, const ad_program *p, uint64_t step)
{
    float *const weight = model_trainer_input(t, p, "penalty");
    float *const augmented = model_trainer_input(t, p, "augmentation");

    (void)step;
    if (weight)
        *weight = (float)weight_of(t);
    if (augmented)
        *augmented = (float)augmented_of(t);
}

/* ---- after a replay ------------------------------------------------------ */

static const float *output(const model_trainer *t, const ad_program *p,
                           size_t i)
{
    return model_trainer_output(t, p, i);
}

#define CHUNK 64 /* logits at once */

static void sigmoids(size_t n, double *y)
{
    kern_ops_of(BASE_CPU_GENERIC, GENMOD_F64)->sigmoid(n, y, y);
}

static int is_probability(const model_trainer *t)
{
    return t->recipe[GAN_R_LOSS] == GAN_MINIMAX ||
           t->recipe[GAN_R_LOSS] == GAN_NON_SATURATING;
}

static double *meter_of(const model_trainer *t)
{
    return t->tally + TALLIES;
}

static void probabilities(const model_trainer *t, size_t n, double *y)
{
    if (is_probability(t))
        sigmoids(n, y);
    else
        gan_meter_probabilities(meter_of(t), n, y);
}

/* n of m logits of each kind join the means. */
static void note_chunk(model_trainer *t, size_t n, const float *real,
                       const float *fake, double m)
{
    double *const to = t->tally;
    double a[CHUNK], b[CHUNK], lead[CHUNK];

    for (size_t i = 0; i < n; i++) {
        a[i] = (double)real[i];
        b[i] = (double)fake[i];
        lead[i] = a[i] - b[i];
    }
    probabilities(t, n, a);
    probabilities(t, n, b);
    sigmoids(n, lead);
    for (size_t i = 0; i < n; i++) {
        to[D_REAL] += a[i] / m;
        to[D_FAKE] += b[i] / m;
        to[PAIRED] += lead[i] / m;
        to[RIGHT_REAL] += (a[i] > 0.5) / m;
        to[RIGHT_FAKE] += (b[i] < 0.5) / m;
    }
}

static void note_logits(model_trainer *t, const ad_program *p, size_t m)
{
    const float *const real = output(t, p, GAN_O_REAL);
    const float *const fake = output(t, p, GAN_O_FAKE);

    for (int i = D_REAL; i <= RIGHT_FAKE; i++)
        t->tally[i] = 0;
    for (size_t i = 0; i < m; i += CHUNK)
        note_chunk(t, m - i < CHUNK ? m - i : CHUNK, real + i, fake + i,
                   (double)m);
}

static int64_t packing_of(const model_trainer *t)
{
    return ((const gan_body *)t->body)->packing;
}

/* Of a replay of all parts, in picoseconds, guessed. */
static double cost_of(const model_trainer *t, size_t phase)
{
    return (double)t->shares.parts * ad_program_cost(t->update[phase]) /
           (double)t->phase[phase].every;
}

/* Beside an update of a tiny network what is made of its logits costs some
 * percent, so they are noted in one of so many updates. No clock has a say in
 * it: the report is the same on every machine. */
static int every_of(const model_trainer *t)
{
    const double rows =
        (double)(t->shares.parts * ad_program_rows(t->update[0]));
    double update = 0, every;

    for (size_t i = 0; i < t->phases; i++)
        update += cost_of(t, i);
    every = ceil((NOTE + rows * NOTE_ROW) / (NOTE_SHARE * update));
    return every < MOST_EVERY ? (int)every : MOST_EVERY;
}

/* n logits of each kind. */
static void look_at_logits(model_trainer *t, const ad_program *p, size_t n,
                           int every)
{
    double *const to = t->tally;

    note_logits(t, p, n);
    gan_meter_note(
        meter_of(t), every, n, output(t, p, GAN_O_REAL),
        output(t, p, GAN_O_FAKE), (to[RIGHT_REAL] + to[RIGHT_FAKE]) / 2,
        to[SPREAD_REAL] > 0 ? to[SPREAD_FAKE] / to[SPREAD_REAL] : -1);
    to[SUM_NOTES] += 1;
    to[SUM_D_REAL] += to[D_REAL];
    to[SUM_D_FAKE] += to[D_FAKE];
}

/* A spread that floats cannot hold says nothing, and a checkpoint holds finite
 * tallies alone. */
static double spread_of(float v)
{
    return isfinite(v) ? (double)v : 0;
}

static void note_d(model_trainer *t, const ad_program *p, size_t m)
{
    const int every = every_of(t);
    const float *const squares = output(t, p, GAN_O_SQUARES);
    const float *const spreads = output(t, p, GAN_O_SPREADS);
    double *const to = t->tally;

    to[PLAIN] = (double)output(t, p, GAN_O_PLAIN)[0];
    to[PENALTY] = (double)squares[2];
    to[SQUARES_REAL] = (double)squares[0];
    to[SQUARES_FAKE] = (double)squares[1];
    to[SPREAD_REAL] = spread_of(spreads[0]);
    to[SPREAD_FAKE] = spread_of(spreads[1]);
    if (gan_meter_count(meter_of(t), every))
        look_at_logits(t, p, m / (size_t)packing_of(t), every);
    to[RATIO_AGE] += 1;
    if (t->moved[GAN_D] > 0) {
        to[D_RATIO] = t->moved[GAN_D];
        to[RATIO_AGE] = 0;
    }
    to[SUM_STEPS] += 1;
    to[SUM_PLAIN] += to[PLAIN];
}

static void note_g(model_trainer *t, double loss)
{
    double *const to = t->tally;

    to[G_LOSS] = loss;
    to[G_NORM] = t->norm[GAN_G];
    to[G_MOVED] = 1;
    if (t->moved[GAN_G] > 0)
        to[G_RATIO] = t->moved[GAN_G];
    to[SUM_G_STEPS] += 1;
    to[SUM_G_LOSS] += loss;
}

size_t gan_tallies(const model_body *b)
{
    (void)b;
    return TALLIES + gan_meter_size();
}

void gan_note(model_trainer *t, const ad_program *p, size_t m)
{
    nn_status s;

    if (p == t->evaluate) {
        gan_meter_look(meter_of(t), m / (size_t)packing_of(t), output(t, p, 1),
                       output(t, p, 2));
        return;
    }
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

static void publish_game(model_trainer *t)
{
    genmod_report *const r = t->report;
    const double *const from = t->tally;
    const int32_t loss = (int32_t)t->recipe[GAN_R_LOSS];

    base_report_set(r, GAN_REPORT_D_LOSS, from[PLAIN]);
    base_report_set(r, GAN_REPORT_D_EQUILIBRIUM, gan_d_equilibrium(loss));
    if (from[G_MOVED] != 0)
        base_report_set(r, GAN_REPORT_G_LOSS, from[G_LOSS]);
    base_report_set(r, GAN_REPORT_G_EQUILIBRIUM, gan_g_equilibrium(loss));
    base_report_set(r, GAN_REPORT_PENALTY, from[PENALTY]);
    base_report_set(r, GAN_REPORT_PENALTY_WEIGHT, weight_of(t));
    if (t->recipe[GAN_R_AUGMENTATION] != 0)
        base_report_set(r, GAN_REPORT_AUGMENTATION_SHARE, augmented_of(t));
    base_report_set(r, GAN_REPORT_D_REAL, from[D_REAL]);
    base_report_set(r, GAN_REPORT_D_FAKE, from[D_FAKE]);
    base_report_set(r, GAN_REPORT_D_PAIRED, from[PAIRED]);
    base_report_set(r, GAN_REPORT_ACCURACY_REAL, from[RIGHT_REAL]);
    base_report_set(r, GAN_REPORT_ACCURACY_FAKE, from[RIGHT_FAKE]);
    if (from[G_MOVED] != 0)
        base_report_set(r, GAN_REPORT_G_GRADIENT_NORM, from[G_NORM]);
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
    base_report_set(t->report, GAN_REPORT_SPREAD_RATIO,
                    t->tally[SPREAD_REAL] > 0
                        ? t->tally[SPREAD_FAKE] / t->tally[SPREAD_REAL]
                        : NAN);
}

static void publish_ratios(model_trainer *t)
{
    base_report_set(t->report, GAN_REPORT_D_UPDATE_RATIO,
                    t->tally[D_RATIO] > 0 ? t->tally[D_RATIO] : NAN);
    base_report_set(t->report, GAN_REPORT_G_UPDATE_RATIO,
                    t->tally[G_RATIO] > 0 ? t->tally[G_RATIO] : NAN);
    base_report_set(t->report, GAN_REPORT_UPDATE_RATIO_AGE,
                    t->tally[D_RATIO] > 0 ? t->tally[RATIO_AGE] : NAN);
}

static void publish_pass(model_trainer *t)
{
    const double *const from = t->tally;
    const double notes = from[SUM_NOTES];

    model_trainer_append(t, GAN_REPORT_D_LOSS_HISTORY,
                         from[SUM_PLAIN] / from[SUM_STEPS]);
    model_trainer_append(t, GAN_REPORT_G_LOSS_HISTORY,
                         from[SUM_G_STEPS] > 0
                             ? from[SUM_G_LOSS] / from[SUM_G_STEPS]
                             : from[G_LOSS]);
    model_trainer_append(t, GAN_REPORT_D_REAL_HISTORY,
                         notes > 0 ? from[SUM_D_REAL] / notes : from[D_REAL]);
    model_trainer_append(t, GAN_REPORT_D_FAKE_HISTORY,
                         notes > 0 ? from[SUM_D_FAKE] / notes : from[D_FAKE]);
}

/* In the order of the entries. */
void gan_publish(model_trainer *t, const nn_status *s)
{
    publish_game(t);
    publish_squares(t);
    base_report_set(t->report, GAN_REPORT_G_UPDATES,
                    (double)nn_optimiser_count(t->optimiser[GAN_G]));
    publish_ratios(t);
    gan_meter_publish(t, meter_of(t));
    if (s->epoch_ended)
        publish_pass(t);
}
