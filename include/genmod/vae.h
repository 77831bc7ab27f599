/** @file vae.h
 * Variational autoencoders: an encoder that maps a row to a distribution of
 * codes, a decoder that maps a code to a distribution of rows, and a prior of
 * codes, trained together by a lower bound of the likelihood.
 *
 *     ln p(x) >= E_q(z|x)[ln p(x|z)] - KL(q(z|x) || p(z))
 *
 * Kingma, Welling 2014; Rezende, Mohamed, Wierstra 2014. Everywhere the terms
 * are sums over columns and over codes, in nats, and means over rows. So the
 * model draws new rows: a code from the prior, a row from p(x|z). The arithmetic
 * stands in doc/math/vae.md.
 */
#ifndef GENMOD_VAE_H
#define GENMOD_VAE_H

#include "base.h"
#include "data.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * A variational autoencoder of rows of d columns, or of images, with codes of z
 * numbers.
 *
 * Thread-safety: calls that take it `const` may run on any number of threads,
 * each with its own workspace; the others want the model for themselves.
 */
typedef struct vae_model vae_model;

/* Option keys. Types, defaults and bounds: genmod_config_describe(), and the
 * table in doc/guide/options.md that is made from it. */
#define VAE_INPUT "input"     /**< shape of a row: "784", "1x28x28"; "" from data */
#define VAE_ENCODER "encoder" /**< network text before the head; "" for a default */
#define VAE_DECODER "decoder" /**< network text before the head; "" the mirror image */
#define VAE_CODE "code"       /**< z; 0 for a default of the shape */
/** auto, bernoulli, gaussian, log-normal, categorical, discretised-logistic,
 * poisson, negative-binomial */
#define VAE_LIKELIHOOD "likelihood"
#define VAE_SIGMA "sigma" /**< of Gaussian columns: learned, optimal, fixed */
#define VAE_SIGMA_VALUE "sigma_value"
#define VAE_LEVELS "levels" /**< of the discretised logistic */
#define VAE_STANDARDISE "standardise"
#define VAE_MISSING "missing" /**< 1: cells may be missing */
#define VAE_HIDE "hide"       /**< share of the cells hidden in training */
#define VAE_CLASSES "classes" /**< of the labels that rows are conditioned on */
#define VAE_PRIOR "prior"     /**< normal, mixture, vamp */
#define VAE_PRIOR_COMPONENTS "prior_components"
#define VAE_CODEBOOK "codebook" /**< vectors of a VQ-VAE; 0: Gaussian codes */
#define VAE_CODEBOOK_WIDTH "codebook_width" /**< numbers of a vector */
#define VAE_CODEBOOK_DECAY "codebook_decay"
#define VAE_COMMITMENT "commitment"
#define VAE_RESTART "restart"     /**< use below which a vector starts anew */
#define VAE_OBJECTIVE "objective" /**< elbo, iwae */
#define VAE_SAMPLES "samples"     /**< of z a row, in training */
#define VAE_GRADIENT "gradient"   /**< standard, stl, dreg */
#define VAE_BETA "beta"
#define VAE_KL_WARMUP "kl_warmup" /**< passes over which beta rises from 0 */
#define VAE_FREE_BITS "free_bits"
#define VAE_CAPACITY "capacity"
#define VAE_MMD "mmd"
#define VAE_TEMPERATURE "temperature" /**< of the prior, in vae_sample() */
#define VAE_BATCH_SIZE "batch_size"
#define VAE_EPOCHS "epochs"
#define VAE_SEED "seed"
#define VAE_WARM_START "warm_start"
#define VAE_VALIDATION "validation"
#define VAE_PATIENCE "patience"
#define VAE_MIN_DELTA "min_delta"
#define VAE_DIVERGENCE "divergence"
#define VAE_OPTIMISER "optimiser" /**< adam, adamw, sgd, rmsprop */
#define VAE_LEARNING_RATE "learning_rate"
#define VAE_MOMENTUM "momentum"
#define VAE_NESTEROV "nesterov"
#define VAE_BETA1 "beta1"
#define VAE_BETA2 "beta2"
#define VAE_EPSILON "epsilon"
#define VAE_WEIGHT_DECAY "weight_decay"
#define VAE_CLIP_NORM "clip_norm"
#define VAE_AVERAGE "average"
#define VAE_SCHEDULE "schedule" /**< constant, step, cosine */
#define VAE_SCHEDULE_STEPS "schedule_steps"
#define VAE_SCHEDULE_FACTOR "schedule_factor"
#define VAE_WARMUP_STEPS "warmup_steps"

/* Report entries. */
#define VAE_REPORT_LOSS "loss"
#define VAE_REPORT_EPOCH_LOSS "epoch_loss"
#define VAE_REPORT_VALIDATION_LOSS "validation_loss"
#define VAE_REPORT_BEST_LOSS "best_loss"
#define VAE_REPORT_BEST_EPOCH "best_epoch"
#define VAE_REPORT_STEPS "steps"
#define VAE_REPORT_EPOCHS "epochs"
#define VAE_REPORT_LEARNING_RATE "learning_rate"
#define VAE_REPORT_GRADIENT_NORM "gradient_norm"
#define VAE_REPORT_STOPPED_EARLY "stopped_early"
#define VAE_REPORT_PARAMETERS "parameters"
#define VAE_REPORT_OTHER_KERNELS "other_kernels"
#define VAE_REPORT_RECONSTRUCTION "reconstruction"
#define VAE_REPORT_KL "kl"
#define VAE_REPORT_BETA "beta"
#define VAE_REPORT_ACTIVE_UNITS "active_units"
#define VAE_REPORT_COLLAPSED "collapsed"
#define VAE_REPORT_PERPLEXITY "perplexity"
#define VAE_REPORT_LOSS_HISTORY "loss_history"
#define VAE_REPORT_VALIDATION_HISTORY "validation_history"
#define VAE_REPORT_RECONSTRUCTION_HISTORY "reconstruction_history"
#define VAE_REPORT_KL_HISTORY "kl_history"
#define VAE_REPORT_KL_PER_CODE "kl_per_code"

/* What stands for a row that the decoder gives a distribution of. */
#define GENMOD_MEAN 0 /**< its mean (most probable category, median of positive) */
#define GENMOD_DRAW 1 /**< a draw from it */

/**
 * Make a config with the defaults of a variational autoencoder.
 * @param[out] out  the config, owned by the caller; NULL after a failure
 * @param w         may be NULL
 * @retval GENMOD_BAD_ARGUMENT out is NULL
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * Since 0.2.
 */
GENMOD_CALL int32_t vae_config_new(genmod_config **out, genmod_workspace *w);

/**
 * Make a model without weights. What encodes or draws returns GENMOD_NOT_FITTED
 * until vae_fit(), vae_start() or vae_load().
 *
 * The networks end in heads of the family's own, which the texts leave out:
 * "dense 400; relu" is a whole encoder, whose head is a dense layer to the 2 z
 * numbers of q(z|x), or with "codebook" to z numbers, of which each
 * "codebook_width" are replaced by the nearest vector: q(z|x) is then certain of
 * one code (van den Oord, Vinyals, Kavukcuoglu 2017). The decoder's head gives
 * what the likelihood wants: a 1 x 1 convolution where the decoder's text ends in
 * an image of the input's height and width, else a dense layer. Networks are text
 * as doc/guide/networks.md says.
 *
 * @param c         its options, copied; NULL for the defaults
 * @param[out] out  the model, owned by the caller; NULL after a failure
 * @param w         may be NULL
 * @retval GENMOD_BAD_ARGUMENT out is NULL, c belongs to another family, a
 *   network or shape is wrong (the text names option, position and reason), or
 *   options do not go together (the text says which and why)
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * Since 0.2.
 */
GENMOD_CALL int32_t vae_new(const genmod_config *c, vae_model **out,
                            genmod_workspace *w);

/**
 * Change the training options of a model, all or nothing. Another "optimiser"
 * begins anew: with moments of 0, its schedule and a pass from the start.
 * @param m  the model
 * @param c  options; those whose "when" is "structure" must equal the model's
 * @param w  may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, or a structural option differs
 * @retval GENMOD_BUSY the model is being trained
 * Since 0.2.
 */
GENMOD_CALL int32_t vae_configure(vae_model *m, const genmod_config *c,
                                  genmod_workspace *w);

/**
 * Copy a model's options out.
 * @param c  a config of this family; overwritten
 * @retval GENMOD_BAD_ARGUMENT NULL, or c belongs to another family
 * Since 0.2.
 */
GENMOD_CALL int32_t vae_get_config(const vae_model *m, genmod_config *c,
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
GENMOD_CALL int32_t vae_copy(const vae_model *from, vae_model *to,
                             genmod_workspace *w);

/** The columns d of a row; 0 before they are known. Since 0.2. */
GENMOD_API size_t vae_dimension(const vae_model *m);

/** The numbers z of a code; 0 before they are known. Since 0.2. */
GENMOD_API size_t vae_code_size(const vae_model *m);

/**
 * Give the model first weights, learn the columns' kinds, means and deviations
 * from the data, and empty the report. Row weights count in units of their mean.
 *
 * The data's schema becomes the model's (without one all columns are real, or
 * what the named likelihood wants). Rows that come later must have the same
 * schema, or none.
 *
 * @param m  the model; loses its weights
 * @param x  [n, d], n >= 1, finite but for missing cells, which "missing" 1 and
 *   genmod_data_set_missing() allow; with "classes" labels from 0 to classes - 1
 * @param w  may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, another d than "input" says, a network that
 *   does not fit, a likelihood that the schema or a cell does not fit, a label
 *   out of its range (the text names row and column)
 * @retval GENMOD_NON_FINITE the text names row and column
 * @retval GENMOD_BUSY the model is being trained
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * @retval GENMOD_CANCELLED
 * @retval GENMOD_CALLBACK the row source ended it
 * After a failure the model is as it was. Glorot, Bengio 2010; He et al. 2015.
 * Since 0.2.
 */
GENMOD_CALL int32_t vae_start(vae_model *m, const genmod_data *x,
                              genmod_workspace *w);

/**
 * One update on the next minibatch: the order of rows is a function of ("seed",
 * pass). At the end of a pass also what vae_fit() does there.
 *
 * @param m  a model with weights
 * @param x  [n, d]; with another n than the step before, a pass begins anew
 * @param w  may be NULL
 * @retval GENMOD_NOT_FITTED there are no weights to go on from
 * @retval GENMOD_BREAKDOWN the loss or the gradient is not finite, or the loss
 *   diverged; the text says where. A step that is refused changes nothing; after a
 *   divergence the model stands at its last kept state.
 * The rest as vae_start(). After a failure the model is as it was. After
 * vae_load() of a saved model the optimiser starts anew; after one of a
 * checkpoint it goes on bit for bit. Since 0.2.
 */
GENMOD_CALL int32_t vae_step(vae_model *m, const genmod_data *x,
                             genmod_workspace *w);

/**
 * Train: vae_start(), then "epochs" passes of minibatches, with held-out loss,
 * early stopping (which waits for the end of "kl_warmup") and best weights kept
 * if there is something to validate on.
 *
 * With "warm_start" and a model that has weights it goes on from them: a fit that
 * an error or a checkpoint interrupted makes the passes that it lacks, else
 * "epochs" more are made.
 *
 * @param m         the model
 * @param x         [n, d]
 * @param held_out  [., d] to validate on after each pass; NULL: the share
 *   "validation" of x, if any. With either, the weights of the best pass are kept.
 * @param progress  called before each update and after the last; may be NULL
 * @param user      handed to progress, may be NULL
 * @param w         may be NULL
 * The codes are those of vae_step(); GENMOD_CALLBACK also for progress. After a
 * failure before the first update the model is as it was; after that it stands at
 * its last complete update (after a divergence: its last kept state), and the
 * report counts them. Memory and its allocation do not depend on the number of
 * updates. Since 0.2.
 */
GENMOD_CALL int32_t vae_fit(vae_model *m, const genmod_data *x,
                            const genmod_data *held_out,
                            genmod_progress progress, void *user,
                            genmod_workspace *w);

/**
 * The report of the last training.
 *
 * Losses, reconstruction (-E ln p(x|z)) and kl are sums over columns and codes,
 * means over rows, of standardised cells where those are on: what the last pass
 * saw while it trained, its loss at "beta" and "capacity" as the warm-up had them;
 * validation_loss and best_loss are at the full ones. With "codebook" kl is -ln p
 * of the vectors, p their running shares at each place. kl_per_code, for the normal
 * prior, has a value a code; with "codebook" a vector's is in equal parts among
 * its numbers. active_units counts the codes whose posterior mean has a variance
 * above 0.01 over the rows (Burda et al. 2016); collapsed is 1 where, after the
 * warm-up, there are none. perplexity, with "codebook", is exp of the entropy of
 * its use over the last pass.
 * other_kernels: 1 if training went on from a checkpoint that another instruction
 * set or version of OpenBLAS wrote: its bits are then not those of an
 * uninterrupted run. The histories hold the first 1,048,576 passes.
 *
 * @return lent until the next mutating call; NULL for NULL. Since 0.2.
 */
GENMOD_API const genmod_report *vae_report(const vae_model *m);

/**
 * Mean and log-variance of q(z|x) for each row. Deterministic; row i's bits
 * depend on row i alone.
 * @param m      a model with weights
 * @param x      [n, d], as in training; with "classes" labelled
 * @param type   GENMOD_F32 or GENMOD_F64
 * @param bytes  at each of mean and log_variance, at least n * z elements of
 *   that type
 * @param[out] mean          [n, z]; with "codebook" the vectors that the row is
 *   mapped to
 * @param[out] log_variance  [n, z]; may be NULL, and must with "codebook"
 * @param w      may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, unknown type, x has another number of
 *   columns or another schema, a cell or label out of its range
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_NON_FINITE the text names row and column
 * @retval GENMOD_TOO_SMALL bytes
 * @retval GENMOD_UNSUPPORTED log_variance with "codebook"
 * @retval GENMOD_BUSY the workspace is in another call
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * @retval GENMOD_CANCELLED
 * @retval GENMOD_CALLBACK the row source ended it
 * After a failure the outputs are as they were. A repeated call for one row
 * allocates nothing, unless what the networks hold for it passes some 900 KB.
 * Since 0.2.
 */
GENMOD_CALL int32_t vae_encode(const vae_model *m, const genmod_data *x,
                               int32_t type, size_t bytes, void *mean,
                               void *log_variance, genmod_workspace *w);

/**
 * A draw from q(z|x) for each row, a function of (seed, row number); with
 * "codebook" its one code.
 * @param seed     the stream
 * @param[out] out [n, z]
 * The rest as vae_encode(). Since 0.2.
 */
GENMOD_CALL int32_t vae_encode_sample(const vae_model *m, const genmod_data *x,
                                      uint64_t seed, int32_t type, size_t bytes,
                                      void *out, genmod_workspace *w);

/**
 * A row for each code, mapped back to the data's scale.
 * @param z     [n, z], finite; with "classes" labelled
 * @param what  GENMOD_MEAN: of p(x|z); GENMOD_DRAW: a draw from it, a function
 *   of (seed, row number)
 * @param seed  not looked at for the mean
 * @param[out] out  [n, d]
 * The rest as vae_encode(). Since 0.2.
 */
GENMOD_CALL int32_t vae_decode(const vae_model *m, const genmod_data *z,
                               int32_t what, uint64_t seed, int32_t type,
                               size_t bytes, void *out, genmod_workspace *w);

/**
 * vae_decode() of the mean of q(z|x). Missing cells are filled like the others.
 * @param[out] out  [n, d]
 * The rest as vae_decode(). Since 0.2.
 */
GENMOD_CALL int32_t vae_reconstruct(const vae_model *m, const genmod_data *x,
                                    int32_t what, uint64_t seed, int32_t type,
                                    size_t bytes, void *out,
                                    genmod_workspace *w);

/**
 * Draw new rows: z from the prior (its deviations times "temperature"; with
 * "codebook" a vector for each place in their shares there), x from p(x|z).
 * @param m      a model with weights
 * @param seed   the stream
 * @param first  number of the first row; row first + i is the same in any call
 * @param n      rows, at least 1
 * @param what   GENMOD_MEAN or GENMOD_DRAW, of p(x|z)
 * @param labels [n] with "classes", else NULL; NULL with "classes": drawn in the
 *   shares that they had in training
 * @param type   GENMOD_F32 or GENMOD_F64
 * @param bytes  at out, at least n * d elements of that type
 * @param[out] out  [n, d]
 * @param w      may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, unknown type or `what`, n is 0, first + n
 *   passes 2^64, labels without "classes", or one out of its range
 * The rest as vae_encode(). Since 0.2.
 */
GENMOD_CALL int32_t vae_sample(const vae_model *m, uint64_t seed,
                               uint64_t first, size_t n, int32_t what,
                               const int32_t *labels, int32_t type,
                               size_t bytes, void *out, genmod_workspace *w);

/**
 * The rows between pairs of rows: means of p(x|z) for codes that go from the
 * mean code of one to that of the other.
 * @param from   [n, d]
 * @param to     [n, d]
 * @param steps  rows of a path, both ends among them, 2 to 65536
 * @param path   GENMOD_LINEAR or GENMOD_SPHERICAL
 * @param bytes  at out, at least n * steps * d elements of the type
 * @param[out] out  [n, steps, d]; with "classes" of the labels of `from`
 * The rest as vae_encode(). Since 0.2.
 */
GENMOD_CALL int32_t vae_interpolate(const vae_model *m, const genmod_data *from,
                                    const genmod_data *to, size_t steps,
                                    int32_t path, int32_t type, size_t bytes,
                                    void *out, genmod_workspace *w);

/**
 * Fill in missing cells: E[x_missing | x_present] by self-normalised importance
 * sampling of codes (Mattei, Frellsen 2019, equations (12) and (13)); of a
 * log-normal column exp(E[ln x | …]), as means are medians there; of a
 * categorical one the category of most weight; or, with GENMOD_DRAW, a draw
 * by importance resampling.
 * @param x      [n, d]; cells that are there come out as they went in
 * @param what   GENMOD_MEAN or GENMOD_DRAW
 * @param seed   the stream
 * @param draws  of z a row, 1 to 2^24
 * @param[out] out  [n, d]
 * @retval GENMOD_UNSUPPORTED the model has "missing" 0, or "codebook"
 * The rest as vae_encode(). O(draws) decodings a row. Since 0.2.
 */
GENMOD_CALL int32_t vae_impute(const vae_model *m, const genmod_data *x,
                               int32_t what, uint64_t seed, size_t draws,
                               int32_t type, size_t bytes, void *out,
                               genmod_workspace *w);

/**
 * The evidence lower bound of each row, and its parts, in the units of the data:
 * for densities that of the data themselves, not of standardised cells.
 * elbo = -reconstruction - kl, whatever "beta" is. With "codebook" all draws are
 * the same.
 * @param x      [n, d]
 * @param seed   the stream; row i's draws depend on (seed, i)
 * @param draws  of z a row, averaged over, 1 to 2^24
 * @param bytes  at each of the outputs, at least n * sizeof(double)
 * @param[out] elbo            [n]
 * @param[out] reconstruction  [n], -E ln p(x|z); may be NULL
 * @param[out] kl              [n]: in closed form for Gaussian codes and the
 *   normal prior, and with "codebook", else by the same draws; may be NULL
 * The rest as vae_encode(). Since 0.2.
 */
GENMOD_CALL int32_t vae_elbo(const vae_model *m, const genmod_data *x,
                             uint64_t seed, size_t draws, size_t bytes,
                             double *elbo, double *reconstruction, double *kl,
                             genmod_workspace *w);

/**
 * The importance weights themselves: ln p(x, z_k) - ln q(z_k | x), of draws
 * first … first + draws - 1 of each row, in the units of the data. Their mean is
 * an estimate of the evidence lower bound; ln of the mean of the exponentials of
 * k of them one of the bound of Burda et al. 2016, equation (8).
 * @param first  number of the first draw; first + draws at most 2^24
 * @param bytes  at out, at least n * draws * sizeof(double)
 * @param[out] out  [n, draws]
 * @retval GENMOD_UNSUPPORTED with "codebook": q(z|x) has no density
 * The rest as vae_elbo(). Since 0.2.
 */
GENMOD_CALL int32_t vae_log_weights(const vae_model *m, const genmod_data *x,
                                    uint64_t seed, size_t first, size_t draws,
                                    size_t bytes, double *out,
                                    genmod_workspace *w);

/**
 * ln p(x) of each row by importance sampling: ln of the mean of the weights of
 * vae_log_weights(), a lower bound in expectation that closes as draws grow
 * (Burda et al. 2016, theorem 1).
 * @param draws  of z a row, 1 to 2^24; 5000 is customary
 * @param[out] out    [n], in nats and in the units of the data
 * @param[out] error  [n], the standard error by the delta method, NaN of one draw;
 *   may be NULL
 * @retval GENMOD_UNSUPPORTED with "codebook", or where the likelihood is a loss
 *   (Bernoulli of cells that are not 0 or 1) and no density
 * The rest as vae_elbo(). O(draws) decodings a row. Since 0.2.
 */
GENMOD_CALL int32_t vae_log_likelihood(const vae_model *m, const genmod_data *x,
                                       uint64_t seed, size_t draws,
                                       size_t bytes, double *out, double *error,
                                       genmod_workspace *w);

/**
 * How strange each row is: -ln p(x | mean code) + kl, of standardised cells.
 * Of priors other than normal, whose KL has no closed form, ln q(z|x) - ln p(z)
 * at the mean code stands for kl. Deterministic. Larger is stranger.
 * @param bytes  at out, at least n * sizeof(double)
 * @param[out] out  [n]
 * The rest as vae_encode(). Since 0.2.
 */
GENMOD_CALL int32_t vae_anomaly(const vae_model *m, const genmod_data *x,
                                size_t bytes, double *out, genmod_workspace *w);

/**
 * Which columns make a row strange: -ln p(x_j | …) + max ln p(.|z), next to the
 * most likely value of the cell, so that columns of all kinds compare; 0 for
 * missing cells. With "missing" 1 a cell is judged by the others: ln p(x_j | …)
 * is what vae_anomaly() gains when the cell is hidden, and z the mean code
 * without it; one that is just what the others say may fall below 0. Without,
 * it is ln p(x_j | z) of the mean code of the whole row, which a cell that is far
 * off draws its way, so that others are blamed for it too.
 * @param bytes  at out, at least n * d * sizeof(double)
 * @param[out] out  [n, d]
 * The rest as vae_encode(); with "missing" 1 O(d) times vae_anomaly(). Since 0.2.
 */
GENMOD_CALL int32_t vae_anomaly_columns(const vae_model *m,
                                        const genmod_data *x, size_t bytes,
                                        double *out, genmod_workspace *w);

/**
 * From which score on a row is strange, when at most a share of the rows of x
 * may be taken for it: the least score of vae_anomaly() that at most share n of
 * them are above. (The empirical quantile of 1 - share without interpolation:
 * type 1 of Hyndman, Fan 1996.) Rows that the model was trained on score lower
 * than others: give it rows that were held out.
 *
 * @param m        a model with weights
 * @param x        [n, d]; a row counts once, whatever its weight
 * @param share    in [0, 1); 0 gives the greatest score
 * @param[out] out the score; untouched after a failure
 * @param w        may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, share, columns, or as vae_anomaly()
 * The rest as vae_anomaly(). Memory: 16 bytes a row. Since 0.2.
 */
GENMOD_CALL int32_t vae_threshold(const vae_model *m, const genmod_data *x,
                                  double share, double *out,
                                  genmod_workspace *w);

/**
 * The names of the model's arrays, one by one: "encoder.0.weight", ….
 * @return text that lives as long as the weights, or NULL for i at or past their
 *   number. Since 0.2.
 */
GENMOD_API const char *vae_params_key(const vae_model *m, size_t i);

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
 * Since 0.2.
 */
GENMOD_CALL int32_t vae_get_params(const vae_model *m, const char *name,
                                   size_t cap, double *out, size_t *need,
                                   genmod_workspace *w);

/**
 * Set an array of the model by name, as floats. Training that goes on from it
 * starts with new moments.
 * @param n       the array's numbers, as vae_get_params() tells them
 * @param values  [n], finite as floats
 * @param w       may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, no such name, another n, a variance < 0
 * @retval GENMOD_NON_FINITE the text names the element
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_BUSY the model is being trained
 * After a failure the model is as it was. Since 0.2.
 */
GENMOD_CALL int32_t vae_set_params(vae_model *m, const char *name, size_t n,
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
GENMOD_CALL int32_t vae_save(const vae_model *m, size_t cap, void *out,
                             size_t *need, genmod_workspace *w);

/**
 * The same with all that training needs to go on bit for bit: moments, averages,
 * kept state, counters, place in the pass. May be called from progress.
 * As vae_save(). Since 0.2.
 */
GENMOD_CALL int32_t vae_checkpoint(const vae_model *m, size_t cap, void *out,
                                   size_t *need, genmod_workspace *w);

/**
 * Take a model from bytes that vae_save() or vae_checkpoint() wrote. The bytes
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
GENMOD_CALL int32_t vae_load(vae_model *m, size_t n, const void *bytes,
                             genmod_workspace *w);

/** Free a model. NULL is allowed. Since 0.2. */
GENMOD_API void vae_free(vae_model *m);

#ifdef __cplusplus
}
#endif

#endif
