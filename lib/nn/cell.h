/* Cells of the caller's rows, where a loop reads many of one type. */
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

#endif
