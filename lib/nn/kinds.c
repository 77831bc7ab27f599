/* Cells by what their columns hold: which are refused, and as what the others
 * are read.
 *
 * The logarithm and its inverse are those of the generic kernels, so that rows
 * read the same on every machine. */
#include <string.h>

#include "nn/cell.h"

#define COUNT_MOST 0x1p24 /* up to it floats count exactly */

static const kern_ops *generic(void)
{
    return kern_ops_of(BASE_CPU_GENERIC, GENMOD_F64);
}

/* Neither infinite nor NaN. */
static inline int is_finite(double v)
{
    return v - v == 0;
}

/* 0 if v is one of 0, 1, … most, else 1. The sum rounds to whole numbers. */
static inline double breach_whole(double most, double v)
{
    double bad = v + 0x1p52 - 0x1p52 == v ? 0 : 1;

    bad = v < 0 ? 1 : bad;
    return v > most ? 1 : bad;
}

/* 0 if a column of the kind may hold v, else 1; most: of whole numbers. Choices
 * between doubles, so that loops of it are vectors. */
static inline double breach(int32_t kind, double most, double v)
{
    const double infinite = is_finite(v) ? 0 : 1;

    return kind == GENMOD_REAL       ? infinite
           : kind == GENMOD_POSITIVE ? v > 0 ? infinite : 1
                                     : breach_whole(most, v);
}

int32_t nn_column_kind(const nn_columns *c, size_t j)
{
    return c->kind ? c->kind[j] : GENMOD_REAL;
}

/* The largest whole number of column j. */
static double most_of(const nn_columns *c, size_t j)
{
    const int32_t kind = nn_column_kind(c, j);

    return kind == GENMOD_CATEGORICAL ? c->levels[j] - 1.0
           : kind == GENMOD_COUNT     ? COUNT_MOST
                                      : 1;
}

int nn_column_raw(const nn_columns *c, size_t j)
{
    const int32_t kind = nn_column_kind(c, j);

    return kind != GENMOD_REAL && kind != GENMOD_POSITIVE;
}

/* Mostly all are of one kind: each is like the next. */
size_t nn_column_run(const nn_columns *c, size_t first, size_t end)
{
    const int32_t *const kind = c->kind;
    size_t j = first + 1;

    if (!kind ||
        !memcmp(kind + first, kind + first + 1, (end - j) * sizeof *kind))
        return end - first;
    while (kind[j] == kind[first])
        j++;
    return j - first;
}

/* All digits of the cell: 16777217 and 0.9999999999999999 must not look like
 * what they miss. */
static int32_t refuse(const nn_columns *c, size_t j, double cell, uint64_t row,
                      genmod_workspace *w)
{
    static const char *const what[] = {
        "", "a positive number is > 0",
        "a count is a whole number from 0 to 16777216",
        "a binary cell is 0 or 1"};
    char value[32];

    base_format_f64(cell, value);
    if (nn_column_kind(c, j) == GENMOD_CATEGORICAL)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "the cell in row %u, column %u is %s; a category is "
                         "a whole number from 0 to %i",
                         row, (uint64_t)j, value, (int64_t)c->levels[j] - 1);
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "the cell in row %u, column %u is %s; %s", row,
                     (uint64_t)j, value, what[nn_column_kind(c, j)]);
}

int32_t nn_cell_check(const nn_columns *c, int missing, size_t j, double cell,
                      uint64_t row, genmod_workspace *w)
{
    if ((missing && cell != cell) ||
        breach(nn_column_kind(c, j), most_of(c, j), cell) == 0)
        return GENMOD_OK;
    if (!is_finite(cell))
        return base_fail(w, GENMOD_NON_FINITE,
                         "the cell in row %u, column %u is %g", row,
                         (uint64_t)j, cell);
    return refuse(c, j, cell, row, w);
}

/* Whether one of n cells of a kind that is written out, so that the loop has no
 * branch, is refused. levels NULL: the largest whole number is `most`. */
static inline int refused(int32_t kind, const int32_t *levels, double most,
                          int missing, size_t n, const double *cells)
{
    const double gap = missing ? 0 : 1;
    double worst = 0;

    for (size_t j = 0; j < n; j++) {
        const double v = cells[j];
        double bad = breach(kind, levels ? levels[j] - 1.0 : most, v);

        bad = v == v ? bad : gap;
        worst = bad > 0 ? 1 : worst;
    }
    return worst > 0;
}

static int refused_run(const nn_columns *c, int missing, size_t first, size_t n,
                       const double *cells)
{
    const double most = most_of(c, first);

    switch (nn_column_kind(c, first)) {
    case GENMOD_POSITIVE:
        return refused(GENMOD_POSITIVE, NULL, most, missing, n, cells);
    case GENMOD_COUNT:
    case GENMOD_BINARY:
        return refused(GENMOD_COUNT, NULL, most, missing, n, cells);
    case GENMOD_CATEGORICAL:
        return refused(GENMOD_COUNT, c->levels + first, most, missing, n,
                       cells);
    default:
        return refused(GENMOD_REAL, NULL, most, missing, n, cells);
    }
}

static inline void load(const base_view *v, int32_t type, size_t i, size_t d,
                        double *cells)
{
    const int64_t at = (int64_t)i * v->row_stride;

    for (size_t j = 0; j < d; j++)
        cells[j] = nn_cell(v, type, at + (int64_t)j * v->col_stride);
}

int nn_cells_load(const nn_columns *c, int missing, const base_view *v,
                  size_t i, double *cells)
{
    const size_t d = (size_t)nn_size_elements(&c->size);
    int bad = 0;
    size_t n;

    if (v->type == GENMOD_F64)
        load(v, GENMOD_F64, i, d, cells);
    else if (v->type == GENMOD_F32)
        load(v, GENMOD_F32, i, d, cells);
    else
        load(v, GENMOD_U8, i, d, cells);
    for (size_t j = 0; j < d; j += n) {
        n = nn_column_run(c, j, d);
        bad |= refused_run(c, missing, j, n, cells + j);
        if (nn_column_kind(c, j) == GENMOD_POSITIVE)
            generic()->log(n, cells + j, cells + j);
    }
    return bad;
}

void nn_cells_log1p(const nn_columns *c, double *cells)
{
    const size_t d = (size_t)nn_size_elements(&c->size);
    size_t n;

    for (size_t j = 0; j < d; j += n) {
        n = nn_column_run(c, j, d);
        if (nn_column_kind(c, j) == GENMOD_COUNT)
            generic()->log1p(n, cells + j, cells + j);
    }
}

double nn_cell_back(const nn_columns *c, size_t j, double y)
{
    double v = y * c->scale[j] + c->center[j];

    if (nn_column_raw(c, j))
        return y;
    if (nn_column_kind(c, j) == GENMOD_POSITIVE)
        generic()->exp(1, &v, &v);
    return v;
}
