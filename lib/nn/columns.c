/* Means and deviations of columns, in one pass over the rows. */
#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "nn/cell.h"

#define CELLS 32768 /* of a block of rows: some of it stays in an L2 cache */
#define ROUNDINGS 8 /* of a mean that a constant column's deviation may be */

/* Sums about the first row, so that a constant column has the deviation 0. */
typedef struct sums {
    const nn_columns *c;
    int missing; /* NaN is a missing cell */
    size_t d;
    size_t first;           /* of the rows */
    double total;           /* weight of the rows so far */
    double *origin;         /* [d]: the first row; NaN before the first cell */
    double *weight;         /* [d]: of the cells so far */
    double *mean, *square;  /* [d]: and sums of squared distances from it */
    double *block0;         /* [d]: the weight of a block */
    double *block, *block2; /* [d]: its mean and squares */
    double *y;              /* [rows of a block, d]; NaN: a missing cell */
} sums;

static int32_t reserve(sums *s, size_t d, size_t rows, genmod_workspace *w)
{
    double *const all = base_scratch(w, 7 * d, sizeof(double));

    s->d = d;
    s->y = base_scratch(w, rows * d, sizeof(double));
    if (!all || !s->y)
        return base_status(w);
    s->origin = all;
    s->mean = all + d;
    s->square = all + 2 * d;
    s->block = all + 3 * d;
    s->block2 = all + 4 * d;
    s->weight = all + 5 * d;
    s->block0 = all + 6 * d;
    for (size_t j = 0; j < 7 * d; j++)
        all[j] = 0;
    for (size_t j = 0; j < d && nn_columns_mixed(s->c); j++)
        s->origin[j] = NAN;
    return GENMOD_OK;
}

static inline int load_row(sums *s, const base_view *v, int32_t type, size_t i,
                           double *y)
{
    const int64_t at = (int64_t)i * v->row_stride;
    int bad = 0;

    for (size_t j = 0; j < s->d; j++) {
        const double cell = nn_cell(v, type, at + (int64_t)j * v->col_stride);

        y[j] = cell - s->origin[j];
        bad |= cell - cell != 0;
    }
    return bad;
}

/* The same where columns are told apart. */
static int load_mixed(sums *s, const base_view *v, size_t i, double *y)
{
    const int bad = nn_cells_load(s->c, s->missing, v, i, y);

    nn_cells_log1p(s->c, y);
    for (size_t j = 0; j < s->d; j++) {
        if (s->origin[j] != s->origin[j])
            s->origin[j] = y[j];
        y[j] -= s->origin[j];
    }
    return bad;
}

/* Rows of a view to y. 1 if no cell of them is refused. */
static int load(sums *s, const base_view *v, size_t n)
{
    int bad = 0;

    for (size_t i = 0; i < n; i++) {
        double *const y = s->y + i * s->d;

        bad |= nn_columns_mixed(s->c)  ? load_mixed(s, v, i, y)
               : v->type == GENMOD_F64 ? load_row(s, v, GENMOD_F64, i, y)
               : v->type == GENMOD_F32 ? load_row(s, v, GENMOD_F32, i, y)
                                       : load_row(s, v, GENMOD_U8, i, y);
    }
    return !bad;
}

static double weight_of(const base_view *v, size_t i)
{
    return v->weights ? v->weights[i] : 1;
}

/* Weight, mean and squares of a block of n rows: two passes over y. */
static void reduce(sums *s, const base_view *v, size_t n)
{
    const size_t d = s->d;
    double weight = 0;

    for (size_t j = 0; j < d; j++)
        s->block[j] = s->block2[j] = 0;
    for (size_t i = 0; i < n; i++) {
        const double a = weight_of(v, i);

        weight += a;
        for (size_t j = 0; j < d; j++)
            s->block[j] += a * s->y[i * d + j];
    }
    s->total += weight;
    for (size_t j = 0; j < d; j++) {
        s->block0[j] = weight;
        s->block[j] /= weight;
    }
    for (size_t i = 0; i < n; i++) {
        const double a = weight_of(v, i);

        for (size_t j = 0; j < d; j++) {
            const double e = s->y[i * d + j] - s->block[j];

            s->block2[j] += a * (e * e);
        }
    }
}

/* The same of the cells that are there. A column without one has the mean 0. */
static void reduce_gaps(sums *s, const base_view *v, size_t n)
{
    const size_t d = s->d;

    for (size_t j = 0; j < d; j++)
        s->block0[j] = s->block[j] = s->block2[j] = 0;
    for (size_t i = 0; i < n; i++) {
        const double a = weight_of(v, i);

        s->total += a;
        for (size_t j = 0; j < d; j++) {
            const double y = s->y[i * d + j];

            s->block0[j] += y == y ? a : 0;
            s->block[j] += y == y ? a * y : 0;
        }
    }
    for (size_t j = 0; j < d; j++)
        s->block[j] = s->block0[j] > 0 ? s->block[j] / s->block0[j] : 0;
    for (size_t i = 0; i < n; i++) {
        const double a = weight_of(v, i);

        for (size_t j = 0; j < d; j++) {
            const double e = s->y[i * d + j] - s->block[j];

            s->block2[j] += e == e ? a * (e * e) : 0;
        }
    }
}

/* Chan, Golub, LeVeque 1979, equations (2.1a) and (2.1b), with weights. */
static void join(sums *s)
{
    for (size_t j = 0; j < s->d; j++) {
        const double apart = s->block[j] - s->mean[j];
        const double weight = s->block0[j], all = s->weight[j] + weight;
        const double share = all > 0 ? weight / all : 0;

        s->mean[j] += apart * share;
        s->square[j] += s->block2[j] + apart * apart * (s->weight[j] * share);
        s->weight[j] = all;
    }
}

/* Names the first of n rows' cells that is refused. */
static int32_t refuse(const sums *s, const base_view *v, size_t first, size_t n,
                      genmod_workspace *w)
{
    int32_t status = GENMOD_OK;

    for (size_t i = 0; i < n && !status; i++)
        for (size_t j = 0; j < s->d && !status; j++)
            status = nn_cell_check(s->c, s->missing, j, base_view_cell(v, i, j),
                                   first + i, w);
    assert(status);
    return status;
}

static int32_t add_rows(sums *s, const genmod_data *x, size_t first, size_t n,
                        void *stage, genmod_workspace *w)
{
    base_view v;
    int32_t status = base_cancelled(w);

    if (!status)
        status = base_data_view(x, first, n, stage, &v, w);
    if (status)
        return status;
    for (size_t j = 0; j < s->d && first == s->first && !nn_columns_mixed(s->c);
         j++)
        s->origin[j] = base_view_cell(&v, 0, j);
    if (!load(s, &v, n))
        return refuse(s, &v, first, n, w);
    if (s->missing)
        reduce_gaps(s, &v, n);
    else
        reduce(s, &v, n);
    join(s);
    return GENMOD_OK;
}

/* What roundings alone let column j vary by. Counts are exact, but for their
 * logarithm; ln (x (1 + e)) is ln x + e. */
static double noise_of(const sums *s, const genmod_data *x, size_t j)
{
    const int32_t kind = nn_column_kind(s->c, j);
    const double mean = fabs(s->origin[j] + s->mean[j]);
    const double eps = base_data_type(x) == GENMOD_F32 && kind != GENMOD_COUNT
                           ? 0x1p-23
                           : 0x1p-52;

    return ROUNDINGS * eps * (kind == GENMOD_POSITIVE ? mean + 1 : mean);
}

/* Whether column j is left as it is: no cell, or none that has a scale. */
static int is_bare(const sums *s, size_t j)
{
    const int32_t kind = nn_column_kind(s->c, j);

    return kind == GENMOD_BINARY || kind == GENMOD_CATEGORICAL ||
           s->weight[j] == 0;
}

/* A deviation within some roundings of the mean is none. What such a column
 * varies by is then still kept to some units. The scale 1 tells a column
 * without a deviation; one whose deviation is 1 has the number above it. */
static int32_t settle(const sums *s, const genmod_data *x, nn_columns *c,
                      genmod_workspace *w)
{
    for (size_t j = 0; j < s->d; j++) {
        const double deviation = sqrt(s->square[j] / s->weight[j]);
        const double noise = noise_of(s, x, j);

        if (is_bare(s, j))
            continue;
        if (deviation - deviation != 0)
            return base_fail(w, GENMOD_BREAKDOWN,
                             "the deviation of column %u is %g", (uint64_t)j,
                             deviation);
        c->center[j] = s->origin[j] + s->mean[j];
        c->scale[j] = deviation > noise            ? deviation
                      : deviation > 0 && noise > 1 ? noise
                                                   : 1;
        if (deviation > noise && deviation == 1)
            c->scale[j] = 1 + DBL_EPSILON;
    }
    return GENMOD_OK;
}

/* Rows first … first + n - 1. */
static int32_t add_all(sums *s, const genmod_data *x, size_t first, size_t n,
                       size_t rows, void *stage, genmod_workspace *w)
{
    int32_t status = GENMOD_OK;

    s->first = first;
    for (size_t i = 0; i < n && !status; i += rows)
        status =
            add_rows(s, x, first + i, n - i < rows ? n - i : rows, stage, w);
    return status;
}

/* ---- over ranks: the sums of the parts, joined in their order ------------ */

static size_t part_length(const sums *s)
{
    return 4 * s->d + 1;
}

/* A part's sums go to `to`, and begin anew. */
static void put_part(sums *s, double *to)
{
    const size_t d = s->d;
    double *const from[] = {s->origin, s->weight, s->mean, s->square};

    for (size_t k = 0; k < 4; k++) {
        memcpy(to + k * d, from[k], d * sizeof *to);
        memset(from[k], 0, d * sizeof *to);
    }
    to[4 * d] = s->total;
    s->total = 0;
    for (size_t j = 0; j < d && nn_columns_mixed(s->c); j++)
        s->origin[j] = NAN;
}

/* A part that has no cell of a column has no origin for it. */
static void join_part(sums *s, const double *from)
{
    const size_t d = s->d;
    const double *const origin = from, *const weight = from + d;
    const double *const mean = from + 2 * d, *const square = from + 3 * d;

    for (size_t j = 0; j < d; j++) {
        if (s->weight[j] == 0 && weight[j] > 0)
            s->origin[j] = origin[j];
        s->block0[j] = weight[j];
        s->block[j] = weight[j] > 0 ? mean[j] + (origin[j] - s->origin[j]) : 0;
        s->block2[j] = square[j];
    }
    s->total += from[4 * d];
    join(s);
}

static int32_t join_parts(sums *s, double *own, genmod_workspace *w)
{
    const base_ranks r = base_ranks_of(w);
    const size_t parts = (size_t)(r.shards ? r.shards : r.size);
    const size_t length = part_length(s);
    double *const all = base_scratch(w, parts, length * sizeof *all);
    int32_t status = all ? GENMOD_OK : base_status(w);

    status = base_all_gather(w, status, base_parts(w) * length * sizeof *own,
                             own, all);
    for (size_t k = 0; k < parts && !status; k++)
        join_part(s, all + k * length);
    return status;
}

static int32_t add_parts(sums *s, const genmod_data *x, size_t rows,
                         void *stage, size_t *total, genmod_workspace *w)
{
    const size_t n = base_data_rows(x), parts = base_parts(w);
    double *const own = base_scratch(w, parts, part_length(s) * sizeof *own);
    size_t first, count;
    int32_t status =
        base_all_rows(w, own ? GENMOD_OK : base_status(w), n, &first, total);

    for (size_t k = 0; k < parts && !status; k++) {
        base_part(w, *total, n, k, &first, &count);
        status = add_all(s, x, first, count, rows, stage, w);
        if (!status)
            put_part(s, own + k * part_length(s));
    }
    return status ? status : join_parts(s, own, w);
}

int32_t nn_columns_learn(const genmod_data *x, int standardise, nn_columns *c,
                         double *mean_weight, genmod_workspace *w)
{
    const size_t d = base_data_columns(x);
    const size_t most = d < CELLS ? CELLS / d : 1;
    const base_ranks r = base_ranks_of(w);
    size_t n = base_data_rows(x);
    const size_t rows = n < most ? n : most;
    sums s = {.c = c, .missing = nn_cells_missing(c, x)};
    void *const stage = base_scratch(w, 1, base_data_stage_bytes(x, rows));
    int32_t status = stage ? reserve(&s, d, rows, w) : base_status(w);

    if (!status)
        status = r.size > 1 || r.shards ? add_parts(&s, x, rows, stage, &n, w)
                                        : add_all(&s, x, 0, n, rows, stage, w);
    for (size_t j = 0; j < d && !status; j++) {
        c->center[j] = 0;
        c->scale[j] = 1;
    }
    if (!status && standardise)
        status = settle(&s, x, c, w);
    if (!status)
        *mean_weight = s.total / (double)n;
    return status;
}
