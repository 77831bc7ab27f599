/** @file gan_table.h
 * Tables whose columns hold different things, for `gan_`.
 *
 * A view with a schema (genmod_data_set_schema()) is a table: its columns are
 * real, positive, counts, binary or categories, and so are those of all rows
 * that the model gives, which also keep within the range that each column had
 * in training. Categories, and 0 and 1, stand before the networks as ones among
 * zeros; the generator's are drawn (Jang, Gu, Poole 2017, in its
 * straight-through form), so that D sees such ones and zeros of both kinds of
 * rows. Positive cells count by their logarithm, counts by ln(1 + x), and
 * within a whole number evenly. GAN_NUMERIC says how numeric columns stand
 * there; columns that are all real have that choice, too, and up to 16 of them
 * stand by their heaps where these are separate. Nothing of it is asked of the caller but the schema: gan_fit(),
 * gan_step(), gan_discriminate() and gan_probe() take rows as they are.
 *
 * gan_sample() draws categories; gan_generate() and gan_interpolate(), whose
 * rows are functions of the code, give the most probable ones, and of numeric
 * modes the most probable mode. Of real columns alone the mode, too, follows from
 * the code, as good as at random, so that both give the same rows. The shares of
 * categories and the quantiles are those of the training rows, each of which
 * counts once: weights of rows take part in the game alone. The arithmetic
 * stands in doc/math/gan.md.
 */
#ifndef GENMOD_GAN_TABLE_H
#define GENMOD_GAN_TABLE_H

#include "gan.h"

#ifdef __cplusplus
extern "C" {
#endif

/** how networks see numeric columns: auto, standard, quantile, modes, heaps */
#define GAN_NUMERIC "numeric"
#define GAN_MODES "modes" /**< of a column at most, with numeric modes or heaps */
#define GAN_TEMPERATURE "temperature" /**< of the draws of categories */

/**
 * Draw rows of which some columns are given: those of gan_sample() that meet
 * all conditions, in their order. They are distributed as the model's rows are,
 * given the conditions; what is rare in the model takes many tries.
 * @param m      a fitted model, of a table or not
 * @param seed   of the stream that candidates are rows of
 * @param first  number of the first candidate in it: rows that gan_sample()
 *   draws by `seed` and `first`
 * @param tries  candidates at most, 1 and up; first + tries at most 2^64
 * @param conditions  how many there are, 0 and up
 * @param columns     [conditions], from 0; the same may come twice
 * @param least  [conditions], the least that the cell may be; -INFINITY: any
 * @param most   [conditions], the most; INFINITY: any. A category is asked for
 *   by both of its number
 * @param label  of all candidates, 0 and up; -1: they are drawn, in the shares
 *   that training rows had, and the only choice without "classes"
 * @param n      rows that are wanted, 1 and up
 * @param type   GENMOD_F32 or GENMOD_F64
 * @param bytes  room at out
 * @param[out] out    [n, d] of that type: *given rows, and n - *given rows of
 *   zeros
 * @param[out] given  rows that were found, n unless tries gave out before: no
 *   error. May be NULL
 * @param[out] tried  candidates that were looked at. *given / *tried is the
 *   share of the model's rows that meet the conditions, and first + *tried
 *   where to go on. May be NULL
 * @param w  may be NULL
 * @retval GENMOD_NOT_FITTED
 * @retval GENMOD_BAD_ARGUMENT NULL; tries or n 0; a column or a label that the
 *   model has not; least above most or NaN; nothing in between that the column's
 *   kind can be
 * @retval GENMOD_TOO_SMALL bytes
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * @retval GENMOD_CANCELLED
 * After a failure out, given and tried are as they were. Costs *tried passes of
 * G, and up to 4,095 more whose rows nobody asked for. Source: rejection (von
 * Neumann 1951). Since 1.0.
 */
GENMOD_CALL int32_t gan_sample_where(const gan_model *m, uint64_t seed,
                                     uint64_t first, size_t tries,
                                     size_t conditions, const int32_t *columns,
                                     const double *least, const double *most,
                                     int32_t label, size_t n, int32_t type,
                                     size_t bytes, void *out, size_t *given,
                                     size_t *tried, genmod_workspace *w);

#ifdef __cplusplus
}
#endif

#endif
