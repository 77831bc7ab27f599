/** @file data.h
 * Views of the caller's data: n rows by d columns, borrowed, never copied
 * whole.
 */
#ifndef GENMOD_DATA_H
#define GENMOD_DATA_H

#include "base.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What the cells of a column may be. */
#define GENMOD_REAL 0        /**< any finite number */
#define GENMOD_POSITIVE 1    /**< a finite number > 0 */
#define GENMOD_COUNT 2       /**< a whole number from 0 to 2^24 */
#define GENMOD_BINARY 3      /**< 0 or 1 */
#define GENMOD_CATEGORICAL 4 /**< a category's number, 0 to its levels - 1 */

/* How codes lie between two. */
#define GENMOD_LINEAR 0 /**< on the line */
/** directions along the sphere, norms along the line: Shoemake 1985; White 2016 */
#define GENMOD_SPHERICAL 1

/**
 * A view of n rows × d columns.
 *
 * Thread-safety: concurrent readers, or one writer. A view with a row source is
 * read by one call at a time.
 */
typedef struct genmod_data genmod_data;

/**
 * Gives rows of data that do not lie in memory. Called on the thread that called
 * the library. The same row number gives the same values every time.
 *
 * @param n     rows asked for, 1 to 65536
 * @param rows  [n] their numbers, 0 … , ascending
 * @param[out] x        [n, d] dense, of the view's type
 * @param[out] weights  [n] holds ones on entry; overwrite for a weighted fit
 * @param[out] labels   [n] holds -1 on entry; overwrite for a fit from labels
 * @param user  as handed to genmod_data_set_source()
 * @return 0, or a negative value to end the call with GENMOD_CALLBACK
 */
typedef int32_t (*genmod_read)(size_t n, const int64_t *rows, void *x,
                               double *weights, int32_t *labels, void *user);

/**
 * Make an empty view, of no rows.
 * @param[out] out  the view, owned by the caller; NULL after a failure
 * @param w         may be NULL
 * @retval GENMOD_BAD_ARGUMENT out is NULL
 * @retval GENMOD_NO_MEMORY
 * @retval GENMOD_LIMIT
 * Since 0.1.
 */
GENMOD_CALL int32_t genmod_data_new(genmod_data **out, genmod_workspace *w);

/**
 * Point the view at rows in memory. Allocates nothing. Weights and labels of
 * the rows before are forgotten, and their noise; scale, shift and whether cells may be missing
 * stay, and with the same d the schema does.
 *
 * @param x     the view
 * @param type  GENMOD_F32, GENMOD_F64 or GENMOD_U8
 * @param n     rows, 1 to 2^40
 * @param d     columns, 1 to 65536
 * @param rows  cell (i, j) lies at element i * row_stride + j * col_stride;
 *   borrowed: must stay until the view is re-pointed or freed
 * @param row_stride  in elements, any sign
 * @param col_stride  in elements, any sign; both 0 mean dense and row-major
 * @param w     may be NULL
 * @retval GENMOD_BAD_ARGUMENT rows is NULL or not aligned to its type, an
 *   unknown type, n or d outside its range, or an extent that no memory can have
 * After a failure the view is as it was. Since 0.1.
 */
GENMOD_CALL int32_t genmod_data_set_rows(genmod_data *x, int32_t type, size_t n,
                                         size_t d, const void *rows,
                                         int64_t row_stride, int64_t col_stride,
                                         genmod_workspace *w);

/**
 * Point the view at a tensor of DLPack, as NumPy, PyTorch, JAX, CuPy and others
 * hand them out, without a copy. As genmod_data_set_rows(), and allocates as
 * little.
 *
 * @param x       the view
 * @param tensor  a DLTensor, which a DLManagedTensor begins with, so that either's
 *   address will do; of a DLManagedTensorVersioned the address of its dl_tensor.
 *   On the CPU (device type 1), of one lane of float32, float64 or uint8, and of 1
 *   to 8 dimensions: the first counts rows, the others are columns, flattened in
 *   row-major order, as if there were a last one of size 1. Strides may be of any
 *   sign, but the columns of a row must have one: a transposed matrix does, a
 *   transposed image does not. Its shape and strides are copied. Its memory is
 *   borrowed: it must stay until the view is re-pointed or freed; the tensor
 *   remains the caller's, and its deleter is not called. Read alone.
 * @param w       may be NULL
 * @retval GENMOD_BAD_ARGUMENT x or tensor is NULL, or the tensor is not such a one;
 *   the text names the field
 * After a failure the view is as it was. DLPack 1.1. Since 1.0.
 */
GENMOD_CALL int32_t genmod_data_set_dlpack(genmod_data *x, const void *tensor,
                                           genmod_workspace *w);

/**
 * Let the view ask a callback for its rows. As genmod_data_set_rows().
 * @param read  not NULL
 * @param user  handed to read, may be NULL
 * Since 0.1.
 */
GENMOD_CALL int32_t genmod_data_set_source(genmod_data *x, int32_t type,
                                           size_t n, size_t d, genmod_read read,
                                           void *user, genmod_workspace *w);

/**
 * Read every cell as scale * cell + shift: 1.0 / 255 and 0 for pixels.
 * @param scale  finite, not 0; 1 at first
 * @param shift  finite; 0 at first
 * @retval GENMOD_BAD_ARGUMENT outside these ranges; the view is as it was
 * Since 0.1.
 */
GENMOD_CALL int32_t genmod_data_set_scale(genmod_data *x, double scale,
                                          double shift, genmod_workspace *w);

/**
 * Say what the columns hold. Calls that tell kinds of columns apart say so
 * (`vae_`, `gan_`); to others all columns are real. A cell is scaled and shifted before
 * it is looked at; one that is not of its column's kind is refused by the call
 * that reads it. Takes views of memory and of row sources alike.
 * @param d       the view's number of columns
 * @param kinds   [d], GENMOD_REAL to GENMOD_CATEGORICAL; borrowed like the
 *   rows; NULL (d = 0) for real columns, as at first
 * @param levels  [d], the numbers of categories of categorical columns, 2 to
 *   65536, not looked at elsewhere; borrowed; NULL if no column is categorical
 * @param w       may be NULL
 * @retval GENMOD_BAD_ARGUMENT another d, or a kind or a number of categories
 *   outside its range; the view is as it was
 * Stays until the view is pointed at rows of another number of columns.
 * Since 0.2.
 */
GENMOD_CALL int32_t genmod_data_set_schema(genmod_data *x, size_t d,
                                           const int32_t *kinds,
                                           const int32_t *levels,
                                           genmod_workspace *w);

/**
 * Let NaN stand for a missing cell, of any column's kind. Calls that can do
 * without some cells say so (`gmm_`, `vae_`); others go on refusing NaN. An infinity
 * never is a missing cell.
 * @param allowed  1, or 0 as at first
 * @param w        may be NULL
 * @retval GENMOD_BAD_ARGUMENT allowed is neither; the view is as it was
 * Since 0.2.
 */
GENMOD_CALL int32_t genmod_data_set_missing(genmod_data *x, int32_t allowed,
                                            genmod_workspace *w);

/**
 * Say how exactly the cells are known: row i of x is a draw from the distribution
 * that is sought, and Gaussian noise of mean 0 and row i's own covariance on top
 * of it. Calls that take it into account say so (`gmm_`); to others cells are
 * exact.
 * @param x      the view
 * @param noise  as many rows as x; of d columns, the noise's variances, or of
 *   d * d, its covariances, row-major (the lower triangle is read), positive
 *   semidefinite; in x's units, squared, after x's scale. What stands at a missing
 *   cell of x is not looked at. Borrowed: must stay, and keep its shape, until x is
 *   re-pointed or freed. May have a row source. NULL for exact cells, as at first
 * @param w      may be NULL
 * @retval GENMOD_BAD_ARGUMENT x is NULL, noise is x or has other rows or columns;
 *   the view is as it was
 * Its values are checked when a call reads them. Since 0.2.
 */
GENMOD_CALL int32_t genmod_data_set_noise(genmod_data *x,
                                          const genmod_data *noise,
                                          genmod_workspace *w);

/**
 * Weigh the rows: a weight of 2 counts like the row twice. Rows of floats are
 * summed in floats: keep the mean weight within 1e-25 … 1e25, or take weights
 * times a power of two, which changes no fit.
 * @param n        the view's number of rows
 * @param weights  [n], finite, > 0; borrowed like the rows; NULL (n = 0) for
 *   equal ones. Values are checked when a call reads them.
 * @retval GENMOD_BAD_ARGUMENT another n, or the view has a row source (which
 *   writes the weights itself)
 * Since 0.1.
 */
GENMOD_CALL int32_t genmod_data_set_weights(genmod_data *x, size_t n,
                                            const double *weights,
                                            genmod_workspace *w);

/**
 * Give each row a label.
 * @param n       the view's number of rows
 * @param labels  [n], 0 … ; -1 for unknown; borrowed; NULL (n = 0) for none
 * @retval GENMOD_BAD_ARGUMENT as genmod_data_set_weights()
 * Since 0.1.
 */
GENMOD_CALL int32_t genmod_data_set_labels(genmod_data *x, size_t n,
                                           const int32_t *labels,
                                           genmod_workspace *w);

/** Free a view; what it borrowed stays. NULL is allowed. Since 0.1. */
GENMOD_API void genmod_data_free(genmod_data *x);

#ifdef __cplusplus
}
#endif

#endif
