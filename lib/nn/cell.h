/* Cells of the caller's rows, where a loop reads many of one type; and what the
 * kinds of columns make of them. */
#ifndef NN_CELL_H
#define NN_CELL_H

#include "nn/nn.h"

/* As base_view_cell(): the cell at an element of a view of the type, which is
 * written out, so that the loop around it has no branch. */
static inline double nn_cell(const base_view *v, int32_t type, int64_t at)
{
    const double cell = type == GENMOD_F64   ? ((const double *)v->rows)[at]
                        : type == GENMOD_F32 ? ((const float *)v->rows)[at]
                                             : ((const uint8_t *)v->rows)[at];

    return v->scaled ? cell * v->scale + v->shift : cell;
}

/* ---- kinds.c: columns are numbered as at the door ------------------------ */

/* Whether columns are told apart; else all cells are finite numbers. */
static inline int nn_columns_mixed(const nn_columns *c)
{
    return c->kind || c->missing;
}

int32_t nn_column_kind(const nn_columns *c, size_t j);
/* Whether cells of column j are read as they are. */
int nn_column_raw(const nn_columns *c, size_t j);
/* How many columns from `first`, which is below `end`, are of its kind. */
size_t nn_column_run(const nn_columns *c, size_t first, size_t end);
/* Whether NaN is a missing cell of x: to the columns, and to whoever made the
 * view. */
static inline int nn_cells_missing(const nn_columns *c, const genmod_data *x)
{
    return c->missing && base_data_missing(x);
}

/* Refuses a cell of column j that its kind does not have: GENMOD_NON_FINITE,
 * else GENMOD_BAD_ARGUMENT that says what it must be. missing: NaN passes. */
int32_t nn_cell_check(const nn_columns *c, int missing, size_t j, double cell,
                      uint64_t row, genmod_workspace *w);
/* Row i of a view to cells [d]: the logarithm of positive columns, NaN where a
 * cell is missing. 1 if nn_cell_check() refuses one. */
int nn_cells_load(const nn_columns *c, int missing, const base_view *v,
                  size_t i, double *cells);
/* ln(1 + x) of the columns that count. */
void nn_cells_log1p(const nn_columns *c, double *cells);
/* The cell of column j that reads as y. */
double nn_cell_back(const nn_columns *c, size_t j, double y);

#endif
