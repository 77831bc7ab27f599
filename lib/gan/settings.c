/* What options and presets mean together. */
#include <math.h>
#include <string.h>

#include "gan/internal.h"

/* The values that published recipes have: Huang et al. 2024 (relativistic);
 * Radford et al. 2016; Gulrajani et al. 2017, algorithm 1; Miyato et al. 2018,
 * table 1 setting C; Goodfellow et al. 2014, algorithm 1. */
typedef struct published {
    int32_t loss, penalty;
    uint64_t d_updates;
    double rate, beta1, beta2;
} published;

static const published recipes[] = {
    [GAN_AUTO_PRESET] = {GAN_RELATIVISTIC, GAN_R1_R2, 1, 0, 0, 0.99},
    [GAN_RELATIVISTIC_PRESET] = {GAN_RELATIVISTIC, GAN_R1_R2, 1, 0, 0, 0.99},
    [GAN_DCGAN] = {GAN_NON_SATURATING, GAN_NO_PENALTY, 1, 2e-4, 0.5, 0.999},
    [GAN_WGAN_GP] = {GAN_WASSERSTEIN, GAN_UNIT_GRADIENT, 5, 1e-4, 0, 0.9},
    [GAN_SN_HINGE] = {GAN_HINGE, GAN_NO_PENALTY, 1, 2e-4, 0, 0.9},
    [GAN_LECTURE] = {GAN_MINIMAX, GAN_NO_PENALTY, 1, 2e-4, 0.5, 0.999},
};

#define RATE_COLUMNS 1e-3
#define RATE_IMAGES 2e-4
#define WEIGHT_ROWS 1.0       /* of r1, r2, both */
#define WEIGHT_ELSEWHERE 10.0 /* Gulrajani et al. 2017, section 4 */
#define FALL 1e-3             /* of the weight, over the schedule */

/* Without "penalty_end" the weight of columns falls to the 2 / n-th part: what
 * a cloud of n rows shows. doc/math/gan.md, section "The penalty's end". */
#define ROWS_TO_RESOLVE 2.0

static int contains(const char *text, const char *word)
{
    const size_t n = strlen(word);

    for (; strlen(text) >= n; text++)
        if (memcmp(text, word, n) == 0)
            return 1;
    return 0;
}

static double given(double v, double least, double otherwise)
{
    return v >= least ? v : otherwise;
}

static double positive(const genmod_config *c, const char *key,
                       double otherwise)
{
    const double v = base_config_f64(c, key);

    return v > 0 ? v : otherwise;
}

static void settle_penalty(const genmod_config *c, int by_rows, gan_settings *s)
{
    const int at_rows = s->penalty >= GAN_R1 && s->penalty <= GAN_R1_R2;

    s->weight = positive(c, GAN_PENALTY_WEIGHT,
                         at_rows ? WEIGHT_ROWS : WEIGHT_ELSEWHERE);
    s->weight_end = positive(c, GAN_PENALTY_END,
                             s->loss != GAN_RELATIVISTIC || !at_rows ? s->weight
                             : by_rows ? 0 /* gan_weight_end() */
                                       : FALL * s->weight);
    if (s->penalty == GAN_NO_PENALTY)
        s->weight = s->weight_end = 0;
}

void gan_settle(const genmod_config *c, gan_settings *s)
{
    const published *const r = &recipes[base_config_choice(c, GAN_PRESET)];
    const int image = contains(base_config_str(c, GAN_INPUT), "x");
    const int32_t loss = base_config_choice(c, GAN_LOSS);
    const int32_t penalty = base_config_choice(c, GAN_PENALTY);
    const int64_t updates = base_config_i64(c, GAN_D_UPDATES);

    s->loss = loss ? loss : r->loss;
    s->penalty = penalty ? penalty : r->penalty;
    s->simultaneous = base_config_choice(c, GAN_ORDER);
    s->d_updates = updates ? (uint64_t)updates : r->d_updates;
    s->rate[GAN_G] = positive(c, GAN_LEARNING_RATE,
                              r->rate > 0 ? r->rate
                              : image     ? RATE_IMAGES
                                          : RATE_COLUMNS);
    s->rate[GAN_D] = positive(c, GAN_D_LEARNING_RATE, s->rate[GAN_G]);
    s->beta1 = given(base_config_f64(c, GAN_BETA1), 0, r->beta1);
    s->beta2 = given(base_config_f64(c, GAN_BETA2), 0, r->beta2);
    s->augmentation = gan_changes(base_config_str(c, GAN_AUGMENTATION));
    s->augmented = base_config_f64(c, GAN_AUGMENTATION_SHARE);
    s->augmented_end =
        given(base_config_f64(c, GAN_AUGMENTATION_END), 0, s->augmented);
    s->beta2_end = base_config_f64(c, GAN_BETA2_END);
    s->clip = base_config_f64(c, GAN_CLIP_WEIGHTS);
    s->updates = (uint64_t)base_config_i64(c, GAN_UPDATES);
    settle_penalty(
        c, !image && base_config_choice(c, GAN_PRESET) == GAN_AUTO_PRESET, s);
}

void gan_recipe(const genmod_config *c, double out[MODEL_RECIPE])
{
    gan_settings s;

    gan_settle(c, &s);
    out[GAN_R_LOSS] = s.loss;
    out[GAN_R_PENALTY] = s.penalty;
    out[GAN_R_SIMULTANEOUS] = s.simultaneous;
    out[GAN_R_D_UPDATES] = (double)s.d_updates;
    out[GAN_R_WEIGHT] = s.weight;
    out[GAN_R_WEIGHT_END] = s.weight_end;
    out[GAN_R_CLASSIFIER] = base_config_f64(c, GAN_CLASSIFIER_WEIGHT);
    out[GAN_R_AUGMENTATION] = s.augmentation;
    out[GAN_R_AUGMENTED] = s.augmented;
    out[GAN_R_AUGMENTED_END] = s.augmented_end;
}

size_t gan_phases(const double *recipe, model_phase out[MODEL_PHASES])
{
    const uint32_t d = 1u << GAN_D, g = 1u << GAN_G;

    if (recipe[GAN_R_SIMULTANEOUS] != 0) {
        out[0] = (model_phase){.players = d | g, .every = 1};
        return 1;
    }
    out[0] = (model_phase){.players = d, .every = 1};
    out[1] =
        (model_phase){.players = g, .every = (uint64_t)recipe[GAN_R_D_UPDATES]};
    return 2;
}

int64_t gan_multiple(const genmod_config *c)
{
    return base_config_i64(c, GAN_PACKING) * base_config_i64(c, GAN_DEVIATION);
}

/* ---- length -------------------------------------------------------------- */

static uint64_t ratio_up(uint64_t a, uint64_t b)
{
    return a / b + (a % b != 0);
}

/* Minibatches of a pass. */
static uint64_t steps_of(const nn_training *o, uint64_t n, uint64_t held_out)
{
    const uint64_t kept =
        nn_split_of(o->seed, n, held_out ? 0 : o->validation).kept;
    const uint64_t rows = kept - kept % o->multiple;

    return rows ? ratio_up(rows, o->batch) : 1;
}

/* A look at a held-out row costs some sixth of a training row, so that looks
 * every so many passes cost 2 % of them. */
#define LOOKS (25.0 / 3)

static uint64_t look_every(const nn_training *o, uint64_t n, uint64_t held_out)
{
    const uint64_t kept =
        nn_split_of(o->seed, n, held_out ? 0 : o->validation).kept;
    const uint64_t held = held_out ? held_out : n - kept;

    return (uint64_t)ceil(LOOKS * (double)held / (double)kept);
}

static void tune_length(const genmod_config *c, const gan_settings *s,
                        uint64_t n, uint64_t held_out, nn_training *o)
{
    const uint64_t steps = steps_of(o, n, held_out);

    o->validate_every = look_every(o, n, held_out);
    if (!base_config_i64(c, GAN_EPOCHS))
        o->epochs = (size_t)ratio_up(s->updates * s->d_updates, steps);
    if (o->schedule_steps == 0)
        o->schedule_steps = (double)(o->epochs * steps / s->d_updates);
    if (o->schedule_steps < 1)
        o->schedule_steps = 1;
}

void gan_tune(const genmod_config *c, size_t player, uint64_t n,
              uint64_t held_out, nn_training *o)
{
    gan_settings s;

    gan_settle(c, &s);
    o->multiple = (size_t)gan_multiple(c);
    o->rate = s.rate[player];
    o->beta1 = s.beta1;
    o->beta2 = s.beta2;
    o->beta2_end = s.beta2_end;
    o->average_ramp = 1;
    tune_length(c, &s, n, held_out, o);
    if (player == GAN_G)
        return;
    o->average = 0;
    o->bound = s.clip;
    o->schedule_steps *= (double)s.d_updates;
}

double gan_weight_end(const model_trainer *t)
{
    const double first = t->recipe[GAN_R_WEIGHT];
    const double end = t->recipe[GAN_R_WEIGHT_END];
    const double n =
        (double)(t->shares.shared ? t->shares.total : base_data_rows(t->x));

    if (first == 0 || end > 0)
        return end;
    /* what is narrow is in the modes' deviations, and not for D to see */
    if (gan_is_split((const gan_body *)t->body))
        return first;
    return n > ROWS_TO_RESOLVE ? first * (ROWS_TO_RESOLVE / n) : first;
}

double gan_share(const model_trainer *t)
{
    const double done = (double)nn_optimiser_count(t->optimiser[GAN_D]);

    return done < t->options.schedule_steps ? done / t->options.schedule_steps
                                            : 1;
}

/* ---- what cannot work ---------------------------------------------------- */

static int32_t clash(genmod_workspace *w, const char *what, const char *why)
{
    return base_fail(w, GENMOD_BAD_ARGUMENT, "%s: %s", what, why);
}

static int is_spectral(const genmod_config *c)
{
    const char *const d = base_config_str(c, GAN_DISCRIMINATOR);

    return d[0] ? contains(d, "sn ")
                : base_config_choice(c, GAN_PRESET) == GAN_SN_HINGE;
}

int32_t gan_check_options(const genmod_config *c, genmod_workspace *w)
{
    const int64_t batch = base_config_i64(c, GAN_BATCH_SIZE);
    const int64_t multiple = gan_multiple(c);
    gan_settings s;

    gan_settle(c, &s);
    if (batch % multiple)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "option \"batch_size\" is %i; with \"packing\" %i and "
                         "\"deviation\" %i it must be a multiple of %i",
                         batch, base_config_i64(c, GAN_PACKING),
                         base_config_i64(c, GAN_DEVIATION), multiple);
    if (base_config_choice(c, GAN_CONDITIONING) != GAN_CONCAT) {
        if (!base_config_i64(c, GAN_CLASSES))
            return clash(w, "option \"conditioning\" is not concat",
                         "there are no labels; it wants \"classes\"");
        if (base_config_i64(c, GAN_PACKING) > 1)
            return clash(w, "option \"conditioning\" is not concat",
                         "rows of a pack have labels of their own; it wants "
                         "\"packing\" 1");
    }
    if (base_config_choice(c, GAN_GENERATOR_CONDITIONING) &&
        !base_config_i64(c, GAN_CLASSES))
        return clash(w, "option \"generator_conditioning\" is batchnorm",
                     "there are no labels; it wants \"classes\"");
    if (base_config_choice(c, GAN_NUMERIC) > GAN_STANDARD &&
        contains(base_config_str(c, GAN_INPUT), "x"))
        return clash(w, "option \"numeric\" is for the columns of a table",
                     "\"input\" is an image");
    if (s.simultaneous && s.d_updates > 1)
        return clash(w, "option \"order\" is simultaneous",
                     "it wants \"d_updates\" 1");
    if (s.penalty == GAN_NO_PENALTY &&
        base_config_f64(c, GAN_PENALTY_WEIGHT) > 0)
        return clash(w, "option \"penalty_weight\"",
                     "there is no penalty; it wants \"penalty\"");
    if (s.penalty != GAN_NO_PENALTY &&
        contains(base_config_str(c, GAN_DISCRIMINATOR), "batchnorm"))
        return clash(w, "option \"discriminator\" has a batchnorm",
                     "what it gives for a row depends on the others, and "
                     "\"penalty\" wants the gradient of each row alone; take "
                     "layernorm, groupnorm or none");
    if (s.loss == GAN_WASSERSTEIN && s.penalty == GAN_NO_PENALTY &&
        s.clip == 0 && !is_spectral(c))
        return clash(w, "option \"loss\" is wasserstein",
                     "nothing bounds the discriminator's slope; it wants "
                     "\"penalty\", \"clip_weights\", or sn before its layers");
    return gan_check_changes(c, w);
}
