/** @file exchange.h
 * Models as other programs take them: ONNX graphs, in the caller's memory.
 *
 * A graph is what a call of the library computes, written for other runtimes: from
 * rows [batch, columns] in the order and the units of the training rows to rows of
 * the same, with all scaling inside. The number of rows is free ("batch"). Weights
 * and averages are those that the model's own calls use; running statistics and
 * spectral norms are computed beforehand. The file is of opset 13 (IR 7: ONNX 1.8
 * and later), needs no other file, and names "libgenmod" and its version as its
 * producer; its metadata name family and part. The same model gives the same bytes.
 *
 * Numbers agree with the library's to some roundings of floats of the largest
 * numbers that meet in a sum, so to 1e-5 of a typical output; a runtime's operators
 * have roundings of their own.
 *
 * There is no reader: a model of the library goes through gmm_save(), ae_save(),
 * vae_save(), gan_save().
 */
#ifndef GENMOD_EXCHANGE_H
#define GENMOD_EXCHANGE_H

#include "ae.h"
#include "base.h"
#include "gan.h"
#include "gmm.h"
#include "vae.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Write a mixture as an ONNX graph: input "x" [batch, d]; outputs "log_density"
 * [batch] as gmm_log_density() and "responsibilities" [batch, k] as
 * gmm_responsibilities(), with noise or without. The graph computes in doubles;
 * cells have to be there: NaN gives NaN.
 * @param m     a model with parameters
 * @param type  GENMOD_F32 or GENMOD_F64, of the input and the outputs
 * @param cap       bytes at out
 * @param[out] out  the file's bytes; may be NULL if cap is 0
 * @param[out] need their number; may be NULL
 * @param w         may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, or another type
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_TOO_SMALL cap < *need; out is untouched
 * @retval GENMOD_UNSUPPORTED more than 2^31 - 1 bytes
 * @retval GENMOD_BUSY the workspace is in another call
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * O(k d^2), in time and bytes (k d where covariances are diagonal or spherical).
 * ONNX, Operators.md, opset 13; Bishop 2006, (9.7) and (9.13). Since 1.0.
 */
GENMOD_CALL int32_t gmm_export_onnx(const gmm_model *m, int32_t type,
                                    size_t cap, void *out, size_t *need,
                                    genmod_workspace *w);

/**
 * Write a part of an autoencoder as an ONNX graph of floats:
 *
 *     part              input             outputs
 *     "encoder"         "x" [batch, d]    "code" [batch, z]: ae_encode()
 *     "decoder"         "code"            "x": ae_decode()
 *     "reconstruction"  "x"               "reconstruction" [batch, d]:
 *                                         ae_reconstruct()
 *     "classifier"      "x"               "probabilities" [batch, classes]:
 *                                         ae_probabilities(), and "label" [batch],
 *                                         int64: ae_predict()
 *     "regressor"       "x"               "values" [batch, values]: ae_values()
 *
 * @param m     a model with weights
 * @param part  one of these
 * @param cap       bytes at out
 * @param[out] out  the file's bytes; may be NULL if cap is 0
 * @param[out] need their number; may be NULL
 * @param w         may be NULL
 * @retval GENMOD_BAD_ARGUMENT NULL, or another part (the text names them)
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_TOO_SMALL cap < *need; out is untouched
 * @retval GENMOD_UNSUPPORTED the model has no such part (option "target"), or
 *   the file has more than 2^31 - 1 bytes
 * @retval GENMOD_BUSY the workspace is in another call
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * Time, bytes, memory: proportional to the weights. May be called from progress.
 * ONNX, Operators.md, opset 13. Since 1.0.
 */
GENMOD_CALL int32_t ae_export_onnx(const ae_model *m, const char *part,
                                   size_t cap, void *out, size_t *need,
                                   genmod_workspace *w);

/**
 * Write a part of a variational autoencoder as an ONNX graph of floats:
 *
 *     part              input             outputs
 *     "encoder"         "x" [batch, d]    "mean" and "log_variance" [batch, z]:
 *                                         vae_encode(); with a codebook "mean"
 *                                         alone
 *     "decoder"         "code" [batch, z] "x" [batch, d]: vae_decode() of
 *                                         GENMOD_MEAN
 *     "reconstruction"  "x"               "reconstruction" [batch, d]:
 *                                         vae_reconstruct() of GENMOD_MEAN
 *
 * A model with classes (option "classes") has one more input, "label" [batch] of
 * int64, from 0 to classes - 1. Where the model takes missing cells, NaN is one.
 * Draws are left to the caller: mean + exp(log_variance / 2) times normal numbers.
 * @retval GENMOD_UNSUPPORTED the file has more than 2^31 - 1 bytes
 * The rest as ae_export_onnx(). Since 1.0.
 */
GENMOD_CALL int32_t vae_export_onnx(const vae_model *m, const char *part,
                                    size_t cap, void *out, size_t *need,
                                    genmod_workspace *w);

/**
 * Write a player of an adversarial network as an ONNX graph of floats:
 *
 *     part              input             outputs
 *     "generator"       "code" [batch, z] "x" [batch, d]: gan_generate()
 *     "discriminator"   "x" [batch, d]    "logit" [batch]: gan_discriminate()
 *
 * A model with classes (option "classes") has one more input, "label" [batch] of
 * int64, from 0 to classes - 1. Codes are standard normal numbers, as
 * gan_sample_codes() gives them. With options "packing" and "deviation" a batch of
 * D has to be a multiple of both together, as for gan_discriminate().
 *
 * Of a table (gan_table.h) whose categories or modes are drawn, the generator has a
 * last input "noise" [batch, numbers], as wide as a row stands before the networks.
 * Zeros give the most probable ones, as gan_generate() does; numbers of Gumbel's
 * distribution, -ln(-ln u) with u uniform in (0, 1), draw them, as gan_sample()
 * does. Cells are of their columns' kinds and ranges for any input.
 * @retval GENMOD_UNSUPPORTED the file has more than 2^31 - 1 bytes
 * The rest as ae_export_onnx(). Since 1.0.
 */
GENMOD_CALL int32_t gan_export_onnx(const gan_model *m, const char *part,
                                    size_t cap, void *out, size_t *need,
                                    genmod_workspace *w);

#ifdef __cplusplus
}
#endif

#endif
