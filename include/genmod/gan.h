/** @file gan.h
 * Generative adversarial networks: a generator G that makes rows of random
 * codes, and a discriminator D that tells them from those of the data, trained
 * together.
 *
 *     min over G, max over D of V(D, G) = E_x[ln D(x)] + E_z[ln(1 - D(G(z)))]
 *
 * Goodfellow et al. 2014, equation (1): where neither can gain, G's rows are
 * distributed as the data and D(x) = 1/2. Other losses play the same game by
 * other rules. The arithmetic stands in doc/math/gan.md.
 *
 * There is no gan_log_density(): G maps a code to a row, and the rows that it
 * can make have, as a rule, no density at all (fewer codes than columns), nor is
 * there a code for each row. What D knows is a ratio of densities, 1 at the end.
 */
#ifndef GENMOD_GAN_H
#define GENMOD_GAN_H

#include "base.h"
#include "data.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Generator and discriminator of rows of d columns, or of images, with codes of
 * z numbers.
 *
 * Thread-safety: calls that take it `const` may run on any number of threads,
 * each with its own workspace; the others want the model for themselves.
 */
typedef struct gan_model gan_model;

/* Option keys. Types, defaults and bounds: genmod_config_describe(), and the
 * table in doc/guide/options.md that is made from it. */
/** what options left at auto, 0 or -1 are: auto, relativistic, dcgan, wgan-gp,
 * sn-hinge, lecture */
#define GAN_PRESET "preset"
#define GAN_INPUT "input" /**< shape of a row: "784", "1x28x28"; "" from data */
#define GAN_GENERATOR "generator" /**< network text; "" for a default */
#define GAN_DISCRIMINATOR "discriminator" /**< network text; "" for a default */
#define GAN_CODES "codes"     /**< z; 0 for a default of the shape */
#define GAN_CLASSES "classes" /**< of the labels that rows are conditioned on */
#define GAN_CONDITIONING "conditioning" /**< concat, projection, classifier */
#define GAN_GENERATOR_CONDITIONING "generator_conditioning"
#define GAN_CLASSIFIER_WEIGHT "classifier_weight"
#define GAN_STANDARDISE "standardise"
#define GAN_PACKING "packing" /**< rows that D sees together */
#define GAN_DEVIATION "deviation" /**< packs whose deviation D sees; 1: none */
/** auto, minimax, non-saturating, least-squares, hinge, wasserstein,
 * relativistic */
#define GAN_LOSS "loss"
/** auto, none, r1, r2, r1-r2, unit-gradient, dragan, zero-gradient; with
 * "deviation" on the gradient of the sum of a group's logits */
#define GAN_PENALTY "penalty"
#define GAN_PENALTY_WEIGHT "penalty_weight" /**< at first; 0: by a rule */
#define GAN_PENALTY_END "penalty_end"       /**< at last; 0: by a rule */
#define GAN_AUGMENTATION "augmentation"     /**< changes by name; "": none */
#define GAN_AUGMENTATION_SHARE "augmentation_share"
#define GAN_AUGMENTATION_END "augmentation_end" /**< below 0: that share */
#define GAN_CLIP_WEIGHTS "clip_weights"     /**< of D, to [-c, c]; 0: none */
#define GAN_D_UPDATES "d_updates"           /**< a G update */
#define GAN_ORDER "order"                   /**< alternating, simultaneous */
#define GAN_UPDATES "updates"               /**< of G, where "epochs" is 0 */
#define GAN_BATCH_SIZE "batch_size"
#define GAN_EPOCHS "epochs"
#define GAN_SEED "seed"
#define GAN_WARM_START "warm_start"
#define GAN_VALIDATION "validation"
#define GAN_DIVERGENCE "divergence"
#define GAN_OPTIMISER "optimiser"         /**< adam, adamw, sgd, rmsprop */
#define GAN_LEARNING_RATE "learning_rate" /**< of G; 0: the preset's */
#define GAN_D_LEARNING_RATE "d_learning_rate" /**< 0: G's */
#define GAN_MOMENTUM "momentum"
#define GAN_NESTEROV "nesterov"
#define GAN_BETA1 "beta1"
#define GAN_BETA2 "beta2"         /**< at first */
#define GAN_BETA2_END "beta2_end" /**< at last; 0: the same */
#define GAN_EPSILON "epsilon"
#define GAN_WEIGHT_DECAY "weight_decay"
#define GAN_CLIP_NORM "clip_norm"
#define GAN_AVERAGE "average"   /**< of G's weights and running statistics */
#define GAN_SCHEDULE "schedule" /**< constant, step, cosine */
#define GAN_SCHEDULE_STEPS "schedule_steps"
#define GAN_SCHEDULE_FACTOR "schedule_factor"
#define GAN_WARMUP_STEPS "warmup_steps"

/* Report entries. */
#define GAN_REPORT_LOSS "loss"
#define GAN_REPORT_EPOCH_LOSS "epoch_loss"
#define GAN_REPORT_VALIDATION_LOSS "validation_loss"
#define GAN_REPORT_BEST_LOSS "best_loss"
#define GAN_REPORT_BEST_EPOCH "best_epoch"
#define GAN_REPORT_STEPS "steps"
#define GAN_REPORT_EPOCHS "epochs"
#define GAN_REPORT_LEARNING_RATE "learning_rate"
#define GAN_REPORT_GRADIENT_NORM "gradient_norm"
#define GAN_REPORT_STOPPED_EARLY "stopped_early"
#define GAN_REPORT_PARAMETERS "parameters"
#define GAN_REPORT_OTHER_KERNELS "other_kernels"
#define GAN_REPORT_D_LOSS "d_loss"
#define GAN_REPORT_D_EQUILIBRIUM "d_equilibrium"
#define GAN_REPORT_G_LOSS "g_loss"
#define GAN_REPORT_G_EQUILIBRIUM "g_equilibrium"
#define GAN_REPORT_PENALTY "penalty"
#define GAN_REPORT_PENALTY_WEIGHT "penalty_weight"
#define GAN_REPORT_AUGMENTATION_SHARE "augmentation_share"
#define GAN_REPORT_D_REAL "d_real"
#define GAN_REPORT_D_FAKE "d_fake"
#define GAN_REPORT_D_PAIRED "d_paired"
#define GAN_REPORT_ACCURACY_REAL "accuracy_real"
#define GAN_REPORT_ACCURACY_FAKE "accuracy_fake"
#define GAN_REPORT_G_GRADIENT_NORM "g_gradient_norm"
#define GAN_REPORT_SQUARES_REAL "squared_gradient_real"
#define GAN_REPORT_SQUARES_FAKE "squared_gradient_fake"
#define GAN_REPORT_SPREAD_RATIO "spread_ratio"
#define GAN_REPORT_G_UPDATES "g_updates"
#define GAN_REPORT_D_UPDATE_RATIO "d_update_ratio"
#define GAN_REPORT_G_UPDATE_RATIO "g_update_ratio"
#define GAN_REPORT_UPDATE_RATIO_AGE "update_ratio_age"
#define GAN_REPORT_LOGITS_AGE "logits_age"
#define GAN_REPORT_CALIBRATION_AGE "calibration_age"
#define GAN_REPORT_JS_BOUND "js_bound"
#define GAN_REPORT_JS_BOUND_AGE "js_bound_age"
#define GAN_REPORT_SATURATED "saturated"
#define GAN_REPORT_DEAD "dead"
#define GAN_REPORT_COLLAPSING "collapsing"
#define GAN_REPORT_ORBITING "orbiting"
#define GAN_REPORT_OVER_FITTING "over_fitting"
#define GAN_REPORT_LOSS_HISTORY "loss_history"
#define GAN_REPORT_VALIDATION_HISTORY "validation_history"
#define GAN_REPORT_D_LOSS_HISTORY "d_loss_history"
#define GAN_REPORT_G_LOSS_HISTORY "g_loss_history"
#define GAN_REPORT_D_REAL_HISTORY "d_real_history"
#define GAN_REPORT_D_FAKE_HISTORY "d_fake_history"
#define GAN_REPORT_JS_BOUND_HISTORY "js_bound_history"

/**
 * Make a config with the defaults of a generative adversarial network.
 * @param[out] out  the config, owned by the caller; NULL after a failure
 * @param w         may be NULL
 * @retval GENMOD_BAD_ARGUMENT out is NULL
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * Since 0.2.
 */
GENMOD_CALL int32_t gan_config_new(genmod_config **out, genmod_workspace *w);

/**
 * Make a model without weights. What generates or judges returns
 * GENMOD_NOT_FITTED until gan_fit(), gan_start() or gan_load().
 *
 * The networks' texts (doc/guide/networks.md) leave the last layer out: behind
 * "dense 128; lrelu 0.2" G has a layer to the row's columns, and D one to one
 * number. (Of G that is a 3 x 3 convolution where the text ends in an image of
 * the row's height and width.) A text that ends in a layer to just that is taken
 * as it is. D(x) of the losses that have a probability is its logit's sigmoid.
 *
 * @param c         its options, copied; NULL for the defaults
 * @param[out] out  the model, owned by the caller; NULL after a failure
 * @param w         may be NULL
 * @retval GENMOD_BAD_ARGUMENT out is NULL, c belongs to another family, a
 *   network or shape is wrong (the text names option, position and reason), or
 *   options cannot work together (the text says which and why)
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * Since 0.2.
 */
GENMOD_CALL int32_t gan_new(const genmod_config *c, gan_model **out,
                            genmod_workspace *w);

/**
 * Change the training options of a model, all or nothing. Another "optimiser"
 * begins anew: with moments of 0, its schedule and a pass from the start.
 * @param m  the model
 * @param c  options; those whose "when" is "structure" must equal the model's
 * @param w  may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, a structural option differs, options cannot
 *   work together, or stand for other default networks than the model's weights
 * @retval GENMOD_BUSY the model is being trained
 * Since 0.2.
 */
GENMOD_CALL int32_t gan_configure(gan_model *m, const genmod_config *c,
                                  genmod_workspace *w);

/**
 * Copy a model's options out.
 * @param c  a config of this family; overwritten
 * @retval GENMOD_BAD_ARGUMENT NULL, or c belongs to another family
 * Since 0.2.
 */
GENMOD_CALL int32_t gan_get_config(const gan_model *m, genmod_config *c,
                                   genmod_workspace *w);

/**
 * Make `to` equal to `from`: options, weights, report; what training needs to go
 * on does not come along (save and load a checkpoint for that).
 * @retval GENMOD_BAD_ARGUMENT NULL
 * @retval GENMOD_BUSY `to` is being trained
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * After a failure `to` is as it was. Since 0.2.
 */
GENMOD_CALL int32_t gan_copy(const gan_model *from, gan_model *to,
                             genmod_workspace *w);

/** The columns d of a row; 0 before they are known. Since 0.2. */
GENMOD_API size_t gan_dimension(const gan_model *m);

/** The numbers z of a code; 0 before they are known. Since 0.2. */
GENMOD_API size_t gan_code_size(const gan_model *m);

/**
 * Give the model first weights, learn the columns' means and deviations from the
 * data (an image has one of each a channel), and empty the report. Row weights
 * count in units of their mean.
 * @param m  the model; loses its weights
 * @param x  [n, d], n >= "packing" x "deviation", finite; with "classes" labels
 *   from 0 to classes - 1
 * @param w  may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, another d than "input" says, a network that
 *   does not fit, a label out of its range (the text names the row)
 * @retval GENMOD_NON_FINITE the text names row and column
 * @retval GENMOD_BUSY the model is being trained
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * @retval GENMOD_CANCELLED
 * @retval GENMOD_CALLBACK the row source ended it
 * After a failure the model is as it was. Glorot, Bengio 2010; He et al. 2015.
 * Since 0.2.
 */
GENMOD_CALL int32_t gan_start(gan_model *m, const genmod_data *x,
                              genmod_workspace *w);

/**
 * One update of D on the next minibatch and, after each "d_updates" of them, one
 * of G: against the D that has just moved, or with "order" simultaneous both from
 * one state. The order of rows is a function of ("seed", pass); rows that fill no
 * "packing" sit a pass out. D's pass over generated rows leaves G's running
 * statistics alone. At the end of a pass also what gan_fit() does there.
 *
 * @param m  a model with weights
 * @param x  [n, d]; with another n than the step before, a pass begins anew
 * @param w  may be NULL
 * @retval GENMOD_NOT_FITTED there are no weights to go on from
 * @retval GENMOD_BREAKDOWN a loss or gradient of either player is not finite, or
 *   the loss diverged; the text says where. A step that is refused changes
 *   neither player; after a divergence the model stands at the end of its last
 *   pass.
 * The rest as gan_start(). After a failure the model is as it was. After
 * gan_load() of a saved model the optimisers start anew; after one of a
 * checkpoint it goes on bit for bit. Since 0.2.
 */
GENMOD_CALL int32_t gan_step(gan_model *m, const genmod_data *x,
                             genmod_workspace *w);

/**
 * Train: gan_start(), then "epochs" passes of minibatches, or as many as make
 * "updates" of G. Held-out rows are looked at and decide nothing: a loss of D
 * says how the game stands, not how good G is.
 *
 * With "warm_start" and a model that has weights it goes on from them: a fit that
 * an error or a checkpoint interrupted makes the passes that it lacks, else as
 * many more are made, at the rates and weights that the schedules ended with.
 * Optimisers and schedules of a model that gan_save() wrote begin anew.
 *
 * @param m         the model
 * @param x         [n, d]
 * @param held_out  [., d] to look at after each pass, as many rows as D sees
 *   together at least; NULL: the share "validation" of x, if any
 * @param progress  called before each update and after the last; may be NULL
 * @param user      handed to progress, may be NULL
 * @param w         may be NULL
 * The codes are those of gan_step(); GENMOD_CALLBACK also for progress. After a
 * failure before the first update the model is as it was; after that it stands at
 * its last complete update, and the report counts them. Memory and its allocation
 * do not depend on the number of updates. Since 0.2.
 */
GENMOD_CALL int32_t gan_fit(gan_model *m, const genmod_data *x,
                            const genmod_data *held_out,
                            genmod_progress progress, void *user,
                            genmod_workspace *w);

/**
 * The report of the last training.
 *
 * loss and epoch_loss are D's with its penalty, d_loss without, g_loss G's: of
 * the last update; d_equilibrium and g_equilibrium what they are where G's rows
 * are distributed as the data and D knows no better (NaN: any number). d_real and
 * d_fake are the means of D(x) and D(G(z)), over the last minibatch or, with small
 * networks, that of logits_age updates ago; where the loss gives D no probability
 * it is sigmoid(a y + b), a and b fitted to recent logits calibration_age updates
 * ago. d_paired is the mean of sigmoid(y(x) - y(G(z))); 1/2 each at the
 * equilibrium. accuracy_real and accuracy_fake: shares on the right side of 1/2.
 * squared_gradient_real and _fake: mean of |dy/dx|^2 where the penalty looks at it.
 * spread_ratio: variance of generated rows over that of the data, summed over
 * columns. The update ratios, every 63 updates or so: length of one over weights'.
 *
 * js_bound is a lower bound of the divergence of Jensen and Shannon between
 * generated rows and the data, in nats from 0 to ln 2, by up to 512 held-out rows
 * as D tells them apart; a weak D bounds it weakly, too. Held-out rows are looked
 * at after as many passes as keep the cost of that below 2 %.
 *
 * Flags, 0 or 1, from the 400th update on: saturated, D tells both kinds apart
 * without fail; dead, D gives the same for all; collapsing, generated rows have
 * less than a fifth of the data's variance; orbiting, D is wrong as often as right,
 * in waves of some 50 to some hundred updates that do not fade; over_fitting, D
 * finds held-out rows more like generated ones than like those it is trained on.
 *
 * augmentation_share is the share of the images that had each change.
 * The histories hold means over each of the first 1,048,576 passes.
 *
 * @return lent until the next mutating call; NULL for NULL. Since 0.2.
 */
GENMOD_API const genmod_report *gan_report(const gan_model *m);

/**
 * Draw new rows: code number first + i of stream `seed`, and what G makes of it.
 * G's weights and running statistics are their averages, and none of its layers
 * looks at other rows: row i's bits depend on (seed, i) and its label alone.
 * @param m      a model with weights
 * @param seed   the stream
 * @param first  number of the first row; row first + i is the same in any call
 * @param n      rows, at least 1
 * @param labels [n] with "classes", else NULL; NULL with "classes": drawn in the
 *   shares that they had in training
 * @param type   GENMOD_F32 or GENMOD_F64
 * @param bytes  at out, at least n * d elements of that type
 * @param[out] out  [n, d]
 * @param w      may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, unknown type, n is 0, first + n passes 2^64,
 *   labels without "classes", or one out of its range
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_TOO_SMALL bytes
 * @retval GENMOD_BUSY the workspace is in another call
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * @retval GENMOD_CANCELLED
 * After a failure out is as it was. A repeated call for one row allocates
 * nothing, unless what the networks hold for it passes some 900 KB. Since 0.2.
 */
GENMOD_CALL int32_t gan_sample(const gan_model *m, uint64_t seed,
                               uint64_t first, size_t n, const int32_t *labels,
                               int32_t type, size_t bytes, void *out,
                               genmod_workspace *w);

/**
 * The codes of gan_sample(): gan_generate() makes the same rows of them.
 * @param bytes  at out, at least n * z elements of the type
 * @param[out] out  [n, z], independent N(0, 1)
 * The rest as gan_sample(). Since 0.2.
 */
GENMOD_CALL int32_t gan_sample_codes(const gan_model *m, uint64_t seed,
                                     uint64_t first, size_t n, int32_t type,
                                     size_t bytes, void *out,
                                     genmod_workspace *w);

/**
 * G of given codes: the row of each.
 * @param z     [n, z], finite; with "classes" labelled
 * @param[out] out  [n, d]
 * @retval GENMOD_BAD_ARGUMENT NULL, unknown type, z has another number of
 *   columns, a label out of its range
 * @retval GENMOD_NON_FINITE the text names row and column
 * @retval GENMOD_CALLBACK the row source ended it
 * The rest as gan_sample(). Since 0.2.
 */
GENMOD_CALL int32_t gan_generate(const gan_model *m, const genmod_data *z,
                                 int32_t type, size_t bytes, void *out,
                                 genmod_workspace *w);

/**
 * The rows between pairs of codes: G of codes that go from one to the other.
 * @param from   [n, z]
 * @param to     [n, z]
 * @param steps  rows of a path, both ends among them, 2 to 65536
 * @param path   GENMOD_LINEAR or GENMOD_SPHERICAL; codes are normal, so that what
 *   lies on the line between two is nearer to 0 than they are
 * @param bytes  at out, at least n * steps * d elements of the type
 * @param[out] out  [n, steps, d]; with "classes" of the labels of `from`
 * The rest as gan_generate(). Since 0.2.
 */
GENMOD_CALL int32_t gan_interpolate(const gan_model *m, const genmod_data *from,
                                    const genmod_data *to, size_t steps,
                                    int32_t path, int32_t type, size_t bytes,
                                    void *out, genmod_workspace *w);

/**
 * D's logit y of each row, as training left it: the losses that have a
 * probability mean D(x) = sigmoid(y), that the row is one of the data; of the
 * others only differences mean something. With "packing" the rows of a pack have
 * the one number of the pack; n is a multiple of "packing" times "deviation", and
 * rows of such a group know of each other.
 * @param m      a model with weights
 * @param x      [n, d], finite; with "classes" labelled
 * @param bytes  at out, at least n * sizeof(double)
 * @param[out] out  [n]
 * @param w      may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, x has other columns, n is no such multiple,
 *   a label out of its range
 * @retval GENMOD_NON_FINITE the text names row and column
 * @retval GENMOD_CALLBACK the row source ended it
 * The rest as gan_sample(). Since 0.2.
 */
GENMOD_CALL int32_t gan_discriminate(const gan_model *m, const genmod_data *x,
                                     size_t bytes, double *out,
                                     genmod_workspace *w);

/* Places in what gan_probe() gives. An _ERROR is a standard error, an _EXPECTED
 * what rows of the data themselves would give on average. */
#define GAN_PROBE_ARRIVED 0    /**< 1: none of the five flags below is set */
#define GAN_PROBE_TOLD_APART 1 /**< 1: the critic tells both kinds apart */
#define GAN_PROBE_OFF 2        /**< 1: rows where the data have none */
#define GAN_PROBE_LOST 3       /**< 1: no rows where the data have some */
#define GAN_PROBE_SPREAD 4     /**< 1: another variance than the data's */
#define GAN_PROBE_COPYING 5    /**< 1: training rows are given again */
#define GAN_PROBE_ACCURACY 6   /**< of the critic; 1/2: it can only guess */
#define GAN_PROBE_ACCURACY_ERROR 7 /**< its standard error */
/** the chance of as much accuracy if both kinds are of one distribution */
#define GAN_PROBE_ACCURACY_P_VALUE 8
/** the Jensen-Shannon divergence is that at least, but for chance; nats */
#define GAN_PROBE_JS_BOUND 9
#define GAN_PROBE_PRECISION 10 /**< as genmod_sample_prdc(), 5 neighbours */
#define GAN_PROBE_RECALL 11 /**< likewise */
#define GAN_PROBE_DENSITY 12 /**< likewise */
#define GAN_PROBE_COVERAGE 13 /**< likewise */
#define GAN_PROBE_PRECISION_ERROR 14 /**< its standard error */
#define GAN_PROBE_RECALL_ERROR 15 /**< its standard error */
#define GAN_PROBE_DENSITY_ERROR 16 /**< its standard error */
#define GAN_PROBE_COVERAGE_ERROR 17 /**< its standard error */
#define GAN_PROBE_PRECISION_EXPECTED 18 /**< of the data's rows */
#define GAN_PROBE_RECALL_EXPECTED 19 /**< of the data's rows */
#define GAN_PROBE_DENSITY_EXPECTED 20 /**< of the data's rows */
#define GAN_PROBE_COVERAGE_EXPECTED 21 /**< of the data's rows */
#define GAN_PROBE_SPREAD_RATIO 22 /**< generated rows' variance over the data's */
#define GAN_PROBE_SPREAD_RATIO_ERROR 23 /**< its standard error */
#define GAN_PROBE_COPIES 24      /**< as genmod_sample_copies(); NaN: no train */
#define GAN_PROBE_COPIES_HELD 25 /**< the same of the held-out rows */
#define GAN_PROBE_COPIES_P_VALUE 26 /**< of as many by chance */
#define GAN_PROBE_VALUE 27   /**< V(D, G) of the two as they are */
#define GAN_PROBE_VALUE_D 28 /**< V(D', G): D has moved against G */
#define GAN_PROBE_VALUE_G 29 /**< V(D, G'): G has moved against D */
#define GAN_PROBE_GAP 30     /**< V(D', G) - V(D, G') */
#define GAN_PROBE_GAP_ERROR 31 /**< its standard error */
#define GAN_PROBES 32 /**< their number */

/**
 * Has the game arrived where G's rows are distributed as the data? A second
 * opinion, which D has no part in: D(x) = 1/2 is also what a dead D says.
 *
 * Held-out rows, chosen by the seed, are compared with as many generated ones,
 * numbers 0, 1, … of gan_sample() with that seed. A new critic, a dense network of
 * two layers of 64, learns to tell one half of both kinds apart, and is tested by
 * the other. Labels take no part: with "classes" both kinds are mixtures of all.
 *
 * The flags are thresholds on the other numbers. Each wants more than chance
 * explains: a generator that draws from the data's own distribution passes but
 * for some two of a hundred seeds, one for each of two tests.
 *
 *     TOLD_APART, COPYING  the p-value is below 0.01
 *     OFF         precision is below what is expected by more than 3 of its
 *                 standard errors and 0.05: a twentieth of the rows
 *     LOST        recall or coverage is, in the same way
 *     SPREAD      the ratio is outside 0.8 … 1.25 by more than 3 standard errors
 *
 * The gap asks another question, and no flag goes by it: could either player gain
 * by moving on while the other stands? It is near 0 where neither can. In copies
 * of the model one player makes `steps` updates at its rate, by the rows that the
 * critic learns by, at the penalty's last weight for so many; the values are those
 * of the other half. V is D's loss without penalty, negative: of minimax and
 * non-saturating E ln D(x) + E ln(1 - D(G(z))), nats. NaN with "classes", or where
 * half the rows are no two groups that D sees together.
 *
 * "Arrived" means that so many rows show no difference, not that there is none:
 * the critic is believed above an accuracy of 1/2 + 1.16 / sqrt(rows).
 *
 * @param m      a model with weights; not changed
 * @param x      [n, d], n >= 16, finite, without weights, of the data's
 *   distribution and not trained on
 * @param train  [., d] the rows trained on, for copies; NULL: no look at them
 * @param seed   of the choice, the codes, and the critic
 * @param rows   of either kind, an even number from 16 to n; 0: as many as there
 *   are, up to 4,096
 * @param steps  updates of the critic, of 64 rows, and of each player, up to
 *   1,000,000, rounded up to whole passes; 0: 500
 * @param cap       doubles at out
 * @param[out] out  [GAN_PROBES], in the order of the constants above; may be NULL
 *   if cap is 0
 * @param[out] need the doubles that it takes; may be NULL
 * @param w      may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, other columns, or a number outside its range
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_TOO_SMALL cap < *need; out is untouched
 * @retval GENMOD_UNSUPPORTED a row has another weight than 1
 * @retval GENMOD_NON_FINITE the text names row and column
 * @retval GENMOD_BREAKDOWN the numbers leave the range of doubles
 * @retval GENMOD_CALLBACK a row source ended it
 * The rest as gan_sample(). After a failure out is as it was. The bits are a function of model, rows and
 * numbers, whatever the threads. Cost: that of `steps` updates of a small network
 * and of each player, and O(rows^2 d), with train O(m (m + rows) d) for its m
 * rows; some 8 rows d doubles and two copies of the model. Lopez-Paz, Oquab 2017;
 * Naeem et al. 2020; Alaa et al. 2022; Grnarova et al. 2019. Since 0.2.
 */
GENMOD_CALL int32_t gan_probe(const gan_model *m, const genmod_data *x,
                              const genmod_data *train, uint64_t seed,
                              size_t rows, size_t steps, size_t cap,
                              double *out, size_t *need, genmod_workspace *w);

/**
 * The names of the model's arrays, one by one: "generator.0.weight", …,
 * "discriminator.0.weight", ….
 * @return text that lives as long as the weights, or NULL for i at or past their
 *   number. Since 0.2.
 */
GENMOD_API const char *gan_params_key(const gan_model *m, size_t i);

/**
 * Copy an array of the model out by name; G's are the averages that it generates
 * with. A dense weight is [in, out], a convolution's [height, width, channels
 * in, channels out].
 * @param cap       doubles at out
 * @param[out] out  row-major; may be NULL if cap is 0
 * @param[out] need the doubles that it takes; may be NULL
 * @param w         may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, or no such name
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_TOO_SMALL cap < *need; out is untouched
 * Since 0.2.
 */
GENMOD_CALL int32_t gan_get_params(const gan_model *m, const char *name,
                                   size_t cap, double *out, size_t *need,
                                   genmod_workspace *w);

/**
 * Set an array of the model by name, as floats. Training that goes on from it
 * starts with new moments and averages.
 * @param n       the array's numbers, as gan_get_params() tells them
 * @param values  [n], finite as floats
 * @param w       may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, no such name, another n, a variance < 0
 * @retval GENMOD_NON_FINITE the text names the element
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_BUSY the model is being trained
 * After a failure the model is as it was. Since 0.2.
 */
GENMOD_CALL int32_t gan_set_params(gan_model *m, const char *name, size_t n,
                                   const double *values, genmod_workspace *w);

/**
 * Write options, weights and report as a safetensors file.
 * @param cap       bytes at out
 * @param[out] out  may be NULL if cap is 0
 * @param[out] need the bytes that it takes; may be NULL
 * @param w         may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_TOO_SMALL cap < *need; out is untouched
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * Since 0.2.
 */
GENMOD_CALL int32_t gan_save(const gan_model *m, size_t cap, void *out,
                             size_t *need, genmod_workspace *w);

/**
 * The same with all that training needs to go on bit for bit: the moments of both
 * players, the weights behind the averages, counters, place in the pass. May be
 * called from progress. As gan_save(). Since 0.2.
 */
GENMOD_CALL int32_t gan_checkpoint(const gan_model *m, size_t cap, void *out,
                                   size_t *need, genmod_workspace *w);

/**
 * Take a model from bytes that gan_save() or gan_checkpoint() wrote. The bytes
 * may come from anywhere: whatever is not exactly right is refused.
 * @param m      the model; its options become those of the file
 * @param n      bytes
 * @param bytes  need not be aligned
 * @param w      may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL
 * @retval GENMOD_BAD_BYTES another family's too; the text says where and why
 * @retval GENMOD_UNSUPPORTED a newer format
 * @retval GENMOD_BUSY the model is being trained
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * After a failure the model is as it was. Since 0.2.
 */
GENMOD_CALL int32_t gan_load(gan_model *m, size_t n, const void *bytes,
                             genmod_workspace *w);

/** Free a model. NULL is allowed. Since 0.2. */
GENMOD_API void gan_free(gan_model *m);

#ifdef __cplusplus
}
#endif

#endif
