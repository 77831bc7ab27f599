/** @file scale.h
 * Beyond one machine: a communicator, with which the contexts of several
 * processes, the *ranks*, work on one model.
 *
 * Each rank holds rows of its own, of memory or of a row source, and makes the
 * same calls in the same order with the same options. Calls that learn from
 * rows, or give one number for all of them, are *collective*: they see the rows
 * of all ranks, rank r's after rank r - 1's, and leave the same model on each.
 * All other calls are the rank's own. What cannot be done over ranks says
 * GENMOD_UNSUPPORTED; nothing is quietly done with a rank's rows alone.
 *
 * Collective are gmm_start(), gmm_start_responsibilities(), gmm_step(),
 * gmm_fit(), gmm_choose(), gmm_log_likelihood(), gmm_aic(), gmm_bic() and
 * gmm_likelihood_gradient(), and ae_, vae_ and gan_start(), _step() and _fit(),
 * and ae_adopt(), whose "batch_size" is of all ranks' rows. Each begins by comparing library version, kernels,
 * shards, options and shape of the data over the ranks. A difference, or what
 * goes wrong on one rank (a cell that is no number, a cancel, no memory), is an
 * error on every rank: its code, and the text of the rank that it came from,
 * "rank 2: …", whose row numbers count from that rank's first. A positive answer
 * of one rank's progress callback stops all. gmm_statistics_add() sums a rank's
 * own rows: sums are there to be saved and merged by the caller.
 *
 * One call of a context at a time may be collective; a second one, out of the
 * first one's progress callback for instance, says GENMOD_BUSY and leaves the
 * first alone. A workspace that is in a call already says so, too, on its own
 * rank; one that is NULL has no communicator, and its call is the rank's own.
 *
 * The library knows no network; genmod/with_mpi.h makes a communicator of MPI.
 */
#ifndef GENMOD_SCALE_H
#define GENMOD_SCALE_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/**
 * Adds n numbers of `type` (GENMOD_F32 or GENMOD_F64) over the ranks, in place:
 * afterwards all ranks hold the same sums, bit for bit. Returns 0, or a code
 * that ends the call with GENMOD_CALLBACK. Called from the thread that called
 * the library, as all callbacks of a communicator are.
 */
typedef int32_t (*genmod_allreduce)(int32_t type, size_t n, void *inout,
                                    void *user);

/** Gives `bytes` bytes of rank `root` to all ranks. Returns as above. */
typedef int32_t (*genmod_broadcast)(int32_t root, size_t bytes, void *inout,
                                    void *user);

/**
 * Gathers `bytes` bytes of each rank, in the order of the ranks, on all of them:
 * out holds size * bytes and does not overlap `in`. Returns as above.
 */
typedef int32_t (*genmod_allgather)(size_t bytes, const void *in, void *out,
                                    void *user);

/**
 * Give the context a communicator.
 *
 * A callback that returns another value than 0 ends the call on its rank with
 * GENMOD_CALLBACK, the model as after any failure, and is not asked again in
 * that call; it is the communicator's to fail on the other ranks, too, as MPI
 * does when a process dies.
 *
 * @param c     the context, not yet in use
 * @param rank  this process, 0 to size - 1
 * @param size  how many there are, 1 to 65536; 1: there are no others, the
 *   callbacks are not called and may be NULL
 * @param a     sums
 * @param b     broadcasts
 * @param g     gathers
 * @param user  handed to all three, may be NULL; outlives the context
 * @retval GENMOD_BAD_ARGUMENT c is NULL, rank or size outside its range, a
 *   callback is NULL, or the context's shards are no multiple of size
 * @retval GENMOD_BUSY a workspace was made with c already
 * After a failure the context has what it had. Since 1.0.
 */
GENMOD_CALL int32_t genmod_context_set_communicator(
    genmod_context *c, int32_t rank, int32_t size, genmod_allreduce a,
    genmod_broadcast b, genmod_allgather g, void *user);

/**
 * Choose how sums over the ranks are made.
 *
 * With 0 each rank adds up its rows and allreduce() the ranks' sums: the fast
 * mode. Its results are those of one process up to rounding, and depend on the
 * number of ranks and on the communicator.
 *
 * With more, the deterministic mode, the rows of all ranks together are cut in
 * that many runs, the shards, at places that follow from their number alone. A
 * shard's sums are made by the rank that holds it, gathered, and added in the
 * order of the shards. So the bits are the same for every number of ranks that
 * divides `shards`, one rank among them: 12 serve 1, 2, 3, 4 and 6 ranks. It
 * costs shards times the bytes of the sums.
 *
 * @param c       the context, not yet in use
 * @param shards  0 (the default), or a multiple of the number of ranks up to
 *   65536. Each rank then has to hold the rows that genmod_shard() says.
 * @retval GENMOD_BAD_ARGUMENT c is NULL, or shards outside its range
 * @retval GENMOD_BUSY a workspace was made with c already
 * After a failure the context has what it had. Since 1.0.
 */
GENMOD_CALL int32_t genmod_context_set_shards(genmod_context *c,
                                              int32_t shards);

/**
 * The rows of n that a rank holds.
 *
 * Shard s of S is the rows s q + min(s, r) … of n = q S + r; a rank holds
 * S / size shards on end.
 *
 * @param n      rows of all ranks, >= 0
 * @param rank   0 to size - 1
 * @param size   1 to 65536
 * @param shards as in genmod_context_set_shards(); 0 for as many as ranks, which
 *   shares rows out evenly for the fast mode
 * @param[out] first  the rank's first row
 * @param[out] count  how many it holds; 0 where n < shards leaves it none
 * @retval GENMOD_BAD_ARGUMENT an argument is NULL or outside its range; nothing
 *   was written
 * Since 1.0.
 */
GENMOD_CALL int32_t genmod_shard(int64_t n, int32_t rank, int32_t size,
                                 int32_t shards, size_t *first, size_t *count);

#ifdef __cplusplus
}
#endif

#endif
