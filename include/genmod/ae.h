/** @file ae.h
 * Autoencoders: an encoder that maps a row to a code and a decoder that maps it
 * back, trained together so that the reconstruction comes close to the row.
 *
 *     minimise  E |x - g(f(x~))| + penalties of f,
 *     x~ = x, or x with noise (denoising)
 *
 * Penalties make codes sparse ("sparsity") or deaf to small changes of a row
 * ("contraction"). Hinton, Salakhutdinov 2006; Vincent et al. 2010 (denoising);
 * Ng 2011 (sparse); Rifai et al. 2011 (contractive). What it has
 * learned sits in its weights: nothing says where codes lie, so it does not
 * draw new rows. The arithmetic stands in doc/math/ae.md.
 */
#ifndef GENMOD_AE_H
#define GENMOD_AE_H

#include "base.h"
#include "data.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * An autoencoder of rows of d columns, or of images, with codes of z numbers.
 *
 * Thread-safety: calls that take it `const` may run on any number of threads,
 * each with its own workspace; the others want the model for themselves.
 */
typedef struct ae_model ae_model;

/* Option keys. Types, defaults and bounds: genmod_config_describe(), and the
 * table in doc/guide/options.md that is made from it. */
#define AE_INPUT "input"     /**< shape of a row: "784", "1x28x28"; "" from data */
#define AE_ENCODER "encoder" /**< network text; "" for a default of the shape */
#define AE_DECODER "decoder" /**< network text; "" for the encoder's mirror image */
#define AE_CODE "code"       /**< z of the default encoder */
#define AE_TIED "tied"       /**< 1: the decoder has the encoder's weights, transposed */
#define AE_LOSS "loss"       /**< squared, huber, l1, bce */
#define AE_HUBER_DELTA "huber_delta" /**< where huber turns from square to line */
#define AE_CORRUPTION "corruption"   /**< none, gaussian, masking, salt-and-pepper */
/** sd of the noise in standardised units, or share of the cells */
#define AE_CORRUPTION_LEVEL "corruption_level"
/** 0 to 1: how little the cells count that a corruption left alone */
#define AE_EMPHASIS "emphasis"
#define AE_SPARSITY "sparsity"           /**< weight of the sparse codes' penalty */
#define AE_SPARSITY_KIND "sparsity_kind" /**< kl, l1 */
#define AE_SPARSITY_TARGET "sparsity_target" /**< mean activation that kl asks for */
#define AE_CONTRACTION "contraction" /**< weight of the Jacobian's squared norm */
#define AE_CONTRACTION_PROBES "contraction_probes" /**< to estimate it; 0: exact */
#define AE_STANDARDISE "standardise" /**< 1: columns to mean 0, deviation 1 inside */
#define AE_TARGET "target"   /**< reconstruction, classes, values */
#define AE_CLASSES "classes" /**< of target classes: how many */
#define AE_VALUES "values"   /**< of target values: how many */
#define AE_HEAD "head"       /**< network text between code and outputs */
#define AE_FREEZE "freeze"   /**< 1: only the head learns */
#define AE_PRETRAIN_EPOCHS "pretrain_epochs" /**< passes a layer */
#define AE_PRETRAIN_LEARNING_RATE "pretrain_learning_rate"
#define AE_BATCH_SIZE "batch_size"
#define AE_EPOCHS "epochs"
#define AE_SEED "seed"
#define AE_WARM_START "warm_start"
#define AE_VALIDATION "validation"
#define AE_PATIENCE "patience"
#define AE_MIN_DELTA "min_delta"
#define AE_DIVERGENCE "divergence"
#define AE_OPTIMISER "optimiser" /**< adam, adamw, sgd, rmsprop */
#define AE_LEARNING_RATE "learning_rate"
#define AE_MOMENTUM "momentum"
#define AE_NESTEROV "nesterov"
#define AE_BETA1 "beta1"
#define AE_BETA2 "beta2"
#define AE_EPSILON "epsilon"
#define AE_WEIGHT_DECAY "weight_decay"
#define AE_CLIP_NORM "clip_norm"
#define AE_AVERAGE "average"
#define AE_SCHEDULE "schedule" /**< constant, step, cosine */
#define AE_SCHEDULE_STEPS "schedule_steps"
#define AE_SCHEDULE_FACTOR "schedule_factor"
#define AE_WARMUP_STEPS "warmup_steps"

/* Report entries. */
#define AE_REPORT_LOSS "loss"
#define AE_REPORT_EPOCH_LOSS "epoch_loss"
#define AE_REPORT_VALIDATION_LOSS "validation_loss"
#define AE_REPORT_BEST_LOSS "best_loss"
#define AE_REPORT_BEST_EPOCH "best_epoch"
#define AE_REPORT_STEPS "steps"
#define AE_REPORT_EPOCHS "epochs"
#define AE_REPORT_LEARNING_RATE "learning_rate"
#define AE_REPORT_GRADIENT_NORM "gradient_norm"
#define AE_REPORT_STOPPED_EARLY "stopped_early"
#define AE_REPORT_PARAMETERS "parameters"
#define AE_REPORT_OTHER_KERNELS "other_kernels"
#define AE_REPORT_RECONSTRUCTION "reconstruction"
#define AE_REPORT_PENALTY "penalty"
#define AE_REPORT_ACCURACY "accuracy"
#define AE_REPORT_ACCURACY_HISTORY "accuracy_history"
#define AE_REPORT_PRETRAINED "pretrained"
#define AE_REPORT_PRETRAIN_LOSS "pretrain_loss"
#define AE_REPORT_LOSS_HISTORY "loss_history"
#define AE_REPORT_VALIDATION_HISTORY "validation_history"

/**
 * Make a config with the defaults of an autoencoder.
 * @param[out] out  the config, owned by the caller; NULL after a failure
 * @param w         may be NULL
 * @retval GENMOD_BAD_ARGUMENT out is NULL
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * Since 0.1.
 */
GENMOD_CALL int32_t ae_config_new(genmod_config **out, genmod_workspace *w);

/**
 * Make a model without weights. What encodes or decodes returns
 * GENMOD_NOT_FITTED until ae_fit(), ae_start() or ae_load().
 *
 * With "input" given, the networks are checked here; else when the first data
 * are seen. A network is text: layers parted by ';', as doc/guide/networks.md
 * says: "conv 16 k4 s2 p1; relu; dense 32". A decoder gives back as many numbers
 * as a row has; if not in the shape of an image, then its cells in the order
 * [h, w, c].
 *
 * With a "target" other than reconstruction the model has a head and no decoder,
 * and trains on the loss of its outputs alone: "decoder", "tied", "corruption",
 * "emphasis", "sparsity", "contraction" and what belongs to them do not count.
 * Classes have cross-entropy whatever "loss" says; values the "loss" given.
 *
 * @param c         its options, copied; NULL for the defaults
 * @param[out] out  the model, owned by the caller; NULL after a failure
 * @param w         may be NULL
 * @retval GENMOD_BAD_ARGUMENT out is NULL, c belongs to another family, a
 *   network or shape is wrong (the text names option, position and reason),
 *   "corruption_level" is above 1 where it is a share, "emphasis" without cells
 *   that masking or salt and pepper corrupts, "sparsity" of kind "kl" and an
 *   encoder that does not end in sigmoid or softmax, "contraction" and an
 *   encoder with batchnorm, or "loss" bce and "target" values
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * Since 0.1.
 */
GENMOD_CALL int32_t ae_new(const genmod_config *c, ae_model **out,
                           genmod_workspace *w);

/**
 * Change the training options of a model, all or nothing. Another "optimiser"
 * begins anew: with moments of 0, its schedule and a pass from the start.
 * @param m  the model
 * @param c  options; those whose "when" is "structure" must equal the model's
 * @param w  may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, a structural option differs, or as ae_new()
 * @retval GENMOD_BUSY the model is being trained
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * Since 0.1.
 */
GENMOD_CALL int32_t ae_configure(ae_model *m, const genmod_config *c,
                                 genmod_workspace *w);

/**
 * Copy a model's options out.
 * @param c  a config of this family; overwritten
 * @retval GENMOD_BAD_ARGUMENT NULL, or c belongs to another family
 * Since 0.1.
 */
GENMOD_CALL int32_t ae_get_config(const ae_model *m, genmod_config *c,
                                  genmod_workspace *w);

/**
 * Make `to` equal to `from`: options, weights, report; what training needs to go
 * on does not come along (save and load a checkpoint for that).
 * @retval GENMOD_BAD_ARGUMENT NULL
 * @retval GENMOD_BUSY `to` is being trained
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * After a failure `to` is as it was. Since 0.1.
 */
GENMOD_CALL int32_t ae_copy(const ae_model *from, ae_model *to,
                            genmod_workspace *w);

/** The columns d of a row; 0 before they are known. Since 0.1. */
GENMOD_API size_t ae_dimension(const ae_model *m);

/** The numbers z of a code; 0 before they are known. Since 0.1. */
GENMOD_API size_t ae_code_size(const ae_model *m);

/**
 * Give the model first weights, learn the columns' means and deviations (one
 * pass over the data; a second one for the ranges of "bce" and the extremes of
 * salt and pepper), and empty the report. Row weights count in units of their
 * mean.
 *
 * @param m  the model; loses its weights
 * @param x  [n, d], n >= 1, finite. With "target" "classes" each row has a label, 0
 *   to classes - 1; else labels are not looked at. With "values" the last "values"
 *   columns are what is predicted from the others, which ae_dimension() counts. With
 *   "loss" "bce" every cell lies in [0, 1] and columns are not standardised.
 * @param w  may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, another d than "input" says, a network that
 *   does not fit or cannot have a penalty (as ae_new()), a decoder that does not
 *   give back the input's shape, tied networks that are not mirror images, bce and
 *   a cell outside [0, 1], a label out of its range
 * @retval GENMOD_NON_FINITE the text names row and column
 * @retval GENMOD_BUSY the model is being trained
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * @retval GENMOD_CANCELLED
 * @retval GENMOD_CALLBACK the row source ended it
 * After a failure the model is as it was. Glorot, Bengio 2010; He et al. 2015.
 * Since 0.1.
 */
GENMOD_CALL int32_t ae_start(ae_model *m, const genmod_data *x,
                             genmod_workspace *w);

/**
 * One update on the next minibatch: the order of rows is a function of ("seed",
 * pass). At the end of a pass also what ae_fit() does there.
 *
 * @param m  a model with weights
 * @param x  [n, d]; with another n than the step before, a pass begins anew
 * @param w  may be NULL
 * @retval GENMOD_NOT_FITTED there are no weights to go on from
 * @retval GENMOD_BREAKDOWN the loss or the gradient is not finite, or the loss
 *   diverged; the text says where. A step that is refused changes nothing; after a
 *   divergence the model stands at its last kept state.
 * The rest as ae_start(). After a failure the model is as it was. After ae_load()
 * of a saved model the optimiser starts anew; after one of a checkpoint it goes on
 * bit for bit. Since 0.1.
 */
GENMOD_CALL int32_t ae_step(ae_model *m, const genmod_data *x,
                            genmod_workspace *w);

/**
 * Train: ae_start(), then "epochs" passes of minibatches, with held-out loss,
 * early stopping and best weights kept if there is something to validate on.
 *
 * With "warm_start" and a model that has weights it goes on from them: a fit that
 * an error or a checkpoint interrupted makes the passes that it lacks, else
 * "epochs" more are made.
 *
 * @param m         the model
 * @param x         [n, d], finite
 * @param held_out  [., d] to validate on after each pass; NULL: the share
 *   "validation" of x, if any. With either, the weights of the best pass are kept.
 * @param progress  called before each update and after the last; may be NULL
 * @param user      handed to progress, may be NULL
 * @param w         may be NULL
 * The codes are those of ae_step(); GENMOD_CALLBACK also for progress. After a
 * failure before the first update the model is as it was; after that it stands at
 * its last complete update (after a divergence: its last kept state), and the
 * report counts them. Memory and its allocation do not depend on the number of
 * updates. Since 0.1.
 */
GENMOD_CALL int32_t ae_fit(ae_model *m, const genmod_data *x,
                           const genmod_data *held_out, genmod_progress progress,
                           void *user, genmod_workspace *w);

/**
 * The report of the last training.
 *
 * Losses are sums over columns (of standardised values where those are on), means
 * over rows. epoch_loss is reconstruction, of noisy rows where there is a
 * corruption, plus penalty; validation_loss is the reconstruction of rows as they
 * are, and no penalty. other_kernels: 1 if training went on from a checkpoint that
 * another instruction set or version of OpenBLAS wrote: its bits are then not those
 * of an uninterrupted run. The histories hold the first 1,048,576 passes.
 *
 * @return lent until the next mutating call; NULL for NULL. Since 0.1.
 */
GENMOD_API const genmod_report *ae_report(const ae_model *m);

/**
 * Pre-train: ae_start(), then the encoder's layers are trained one after
 * another, each as a small autoencoder, and give it its first weights. ae_fit()
 * with "warm_start" goes on from them with the whole.
 *
 * A layer is a weighted one (dense, conv, deconv, or a residual with such
 * inside) with what follows it up to the next. Its autoencoder is that text
 * with its mirror image, the model's options, and of those "pretrain_epochs"
 * for "epochs", "pretrain_learning_rate" for "learning_rate", and for layer k =
 * 0, 1, … the seed "seed" + 1,000,003 (k + 1), less 9e15 where that is more.
 * "corruption" spoils its input. The layers above the first train on the codes
 * that the trained ones below give of clean rows, as they are ("standardise"
 * 0), and with "loss" "squared" in the place of "bce" unless the layer below
 * ends in sigmoid or softmax. The decoder's layers take the weights of the
 * mirror images if there are as many, where the shapes are the same; else they
 * begin as ae_start() has them.
 *
 * @param m         the model, of "target" "reconstruction"; loses its weights
 * @param x         [n, d] as ae_start(); labels are not looked at
 * @param progress  as ae_fit(), with the report of the layer under way, in
 * which "pretrained" is its number; > 0 ends pre-training after this update and
 * keeps the layers so far, that one too; may be NULL
 * @param user      handed to progress, may be NULL
 * @param w         may be NULL
 * @retval GENMOD_UNSUPPORTED the model has a head and no decoder: pre-train an
 *   autoencoder and ae_adopt() it
 * The rest as ae_fit(); the text names the layer, from 0. After a failure the
 * model is as it was: all layers or none. The report then tells "pretrained"
 * and "pretrain_loss". Memory: the codes of two neighbouring layers, n times
 * their widths in floats, and one layer's training. Bengio et al. 2007; Vincent
 * et al. 2010. Since 0.2.
 */
GENMOD_CALL int32_t ae_pretrain(ae_model *m, const genmod_data *x,
                                genmod_progress progress, void *user,
                                genmod_workspace *w);

/**
 * Begin with another model's encoder: ae_start(), then the encoder's weights
 * and the columns' means and deviations become those of `from`. What stands
 * behind the code (the head of a classifier, a decoder) starts afresh by
 * "seed". ae_fit() with "warm_start" goes on from there. Layers without weights
 * may differ: m may have "dropout" where from has none.
 *
 * @param m     the model; loses its weights
 * @param from  a model with weights, usually an autoencoder; may be m
 * @param x     what m will be trained on, as ae_start()
 * @param w     may be NULL
 * @retval GENMOD_BAD_ARGUMENT also where the encoders do not have the same
 * arrays in the same order, the rows not the same shape, or one standardises
 * columns and the other does not; the text names what does not fit
 * @retval GENMOD_NOT_FITTED from has no weights
 * The rest as ae_start(). After a failure the model is as it was. Since 0.2.
 */
GENMOD_CALL int32_t ae_adopt(ae_model *m, const ae_model *from,
                             const genmod_data *x, genmod_workspace *w);

/**
 * The code of each row, without corruption or dropout. Row i's bits depend on row
 * i alone.
 * @param m      a model with weights
 * @param x      [n, d], finite
 * @param type   GENMOD_F32 or GENMOD_F64
 * @param bytes  at out, at least n * z elements of that type
 * @param[out] out  [n, z], an image code in the order [c, h, w]; untouched after
 *   a failure
 * @param w      may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, unknown type, or x has another number of columns
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_NON_FINITE the text names row and column
 * @retval GENMOD_TOO_SMALL bytes
 * @retval GENMOD_BUSY the workspace is in another call
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * @retval GENMOD_CANCELLED
 * @retval GENMOD_CALLBACK the row source ended it
 * A repeated call for one row allocates nothing, unless what the networks hold
 * for it passes some 900 KB. Since 0.1.
 */
GENMOD_CALL int32_t ae_encode(const ae_model *m, const genmod_data *x,
                              int32_t type, size_t bytes, void *out,
                              genmod_workspace *w);

/**
 * The row that the decoder makes of each code, mapped back to the data's scale;
 * with "loss" "bce" the probabilities.
 * @param z  [n, z], finite
 * @param[out] out  [n, d]
 * @retval GENMOD_UNSUPPORTED "target" is not reconstruction
 * The rest as ae_encode(). Since 0.1.
 */
GENMOD_CALL int32_t ae_decode(const ae_model *m, const genmod_data *z,
                              int32_t type, size_t bytes, void *out,
                              genmod_workspace *w);

/**
 * ae_decode() of ae_encode(), for denoising and for filling in.
 * @param[out] out  [n, d]
 * @retval GENMOD_UNSUPPORTED "target" is not reconstruction
 * The rest as ae_encode(). Since 0.1.
 */
GENMOD_CALL int32_t ae_reconstruct(const ae_model *m, const genmod_data *x,
                                   int32_t type, size_t bytes, void *out,
                                   genmod_workspace *w);

/**
 * How strange each row is: its reconstruction loss, the sum over its columns.
 * Larger is stranger.
 * @param bytes  at out, at least n * sizeof(double)
 * @param[out] out  [n]
 * @retval GENMOD_BAD_ARGUMENT also with "loss" "bce" and a cell outside [0, 1]
 * @retval GENMOD_UNSUPPORTED "target" is not reconstruction
 * The rest as ae_encode(). Since 0.1.
 */
GENMOD_CALL int32_t ae_anomaly(const ae_model *m, const genmod_data *x,
                               size_t bytes, double *out, genmod_workspace *w);

/**
 * The same for each cell: which columns make a row strange.
 * @param bytes  at out, at least n * d * sizeof(double)
 * @param[out] out  [n, d]; a row's sum is ae_anomaly() but for rounding
 * @retval GENMOD_UNSUPPORTED "target" is not reconstruction
 * The rest as ae_encode(). Since 0.1.
 */
GENMOD_CALL int32_t ae_anomaly_columns(const ae_model *m, const genmod_data *x,
                                       size_t bytes, double *out,
                                       genmod_workspace *w);

/**
 * From which score on a row is strange, when at most a share of the rows of x
 * may be taken for it: the least score of ae_anomaly() that at most share n of
 * them are above. (The empirical quantile of 1 - share without interpolation:
 * type 1 of Hyndman, Fan 1996.) Rows that the model was trained on score lower
 * than others: give it rows that were held out.
 *
 * @param m        a model with weights
 * @param x        [n, d], finite; a row counts once, whatever its weight
 * @param share    in [0, 1); 0 gives the greatest score
 * @param[out] out the score; untouched after a failure
 * @param w        may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, share, columns, or as ae_anomaly()
 * @retval GENMOD_UNSUPPORTED "target" is not reconstruction
 * The rest as ae_anomaly(). Memory: 16 bytes a row. Since 0.2.
 */
GENMOD_CALL int32_t ae_threshold(const ae_model *m, const genmod_data *x,
                                 double share, double *out,
                                 genmod_workspace *w);

/**
 * The most probable class of each row; of equals the first. For models of
 * "target" "classes".
 * @param x      [n, d], finite; its labels are not looked at
 * @param bytes  at out, at least n * sizeof(int32_t)
 * @param[out] out  [n], 0 to "classes" - 1
 * @retval GENMOD_UNSUPPORTED another "target"
 * The rest as ae_encode(). Since 0.2.
 */
GENMOD_CALL int32_t ae_predict(const ae_model *m, const genmod_data *x,
                               size_t bytes, int32_t *out, genmod_workspace *w);

/**
 * The probability of each class. For models of "target" "classes".
 * @param[out] out  [n, classes]; a row's sum is 1 but for rounding
 * The rest as ae_predict(). Since 0.2.
 */
GENMOD_CALL int32_t ae_probabilities(const ae_model *m, const genmod_data *x,
                                     int32_t type, size_t bytes, void *out,
                                     genmod_workspace *w);

/**
 * The predicted values of each row, on the scale of the training rows' last
 * columns. For models of "target" "values".
 * @param x  [n, d]: rows without those columns
 * @param[out] out  [n, values]
 * The rest as ae_predict(). Since 0.2.
 */
GENMOD_CALL int32_t ae_values(const ae_model *m, const genmod_data *x,
                              int32_t type, size_t bytes, void *out,
                              genmod_workspace *w);

/**
 * The names of the model's arrays, one by one: "encoder.0.weight", ….
 * @return text that lives as long as the weights, or NULL for i at or past their
 *   number. Since 0.1.
 */
GENMOD_API const char *ae_params_key(const ae_model *m, size_t i);

/**
 * Copy an array of the model out by name. A dense weight is [in, out], a
 * convolution's [height, width, channels in, channels out].
 * @param cap       doubles at out
 * @param[out] out  row-major; may be NULL if cap is 0
 * @param[out] need the doubles that it takes; may be NULL
 * @param w         may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, or no such name
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_TOO_SMALL cap < *need; out is untouched
 * Since 0.1.
 */
GENMOD_CALL int32_t ae_get_params(const ae_model *m, const char *name,
                                  size_t cap, double *out, size_t *need,
                                  genmod_workspace *w);

/**
 * Overwrite an array of the model by name, as ae_get_params() gives it. Training
 * then goes on from it with moments of 0, as after ae_load() of a saved model;
 * the report stays.
 * @param n       doubles at values; as many as the array has
 * @param values  row-major, finite as floats, to which they are rounded
 * @param w       may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, no such name, another n, a variance < 0
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_NON_FINITE the text names the element
 * @retval GENMOD_BUSY the model is being trained
 * After a failure the model is as it was. Since 0.2.
 */
GENMOD_CALL int32_t ae_set_params(ae_model *m, const char *name, size_t n,
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
 * Since 0.1.
 */
GENMOD_CALL int32_t ae_save(const ae_model *m, size_t cap, void *out,
                            size_t *need, genmod_workspace *w);

/**
 * The same with all that training needs to go on bit for bit: moments, averages,
 * kept state, counters, place in the pass. May be called from progress.
 * As ae_save(). Since 0.1.
 */
GENMOD_CALL int32_t ae_checkpoint(const ae_model *m, size_t cap, void *out,
                                  size_t *need, genmod_workspace *w);

/**
 * Take a model from bytes that ae_save() or ae_checkpoint() wrote. The bytes may
 * come from anywhere: whatever is not exactly right is refused.
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
 * After a failure the model is as it was. Memory: proportional to n. Since 0.1.
 */
GENMOD_CALL int32_t ae_load(ae_model *m, size_t n, const void *bytes,
                            genmod_workspace *w);

/** Free a model. NULL is allowed. Since 0.1. */
GENMOD_API void ae_free(ae_model *m);

#ifdef __cplusplus
}
#endif

#endif
