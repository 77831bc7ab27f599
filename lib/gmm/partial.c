/* Rows that are seen in part: what of them is there, and in which order they
 * are taken. */
#include <string.h>

#include "gmm/bench.h"

static void *scratch(size_t a, size_t b, size_t size, genmod_workspace *w)
{
    size_t cells;

    if (!base_mul(a, b, &cells))
        cells = SIZE_MAX;
    return base_scratch(w, cells, size);
}

static int32_t bench_new(gmm_bench *b, int32_t dense, size_t d,
                         genmod_workspace *w)
{
    const size_t side = dense ? d : 0, square = side * side;
    double *const all = scratch(3 * side + 2 * KERN_ROWS, d, sizeof *all, w);

    b->given = scratch(d, 2, sizeof *b->given, w);
    b->pack = base_scratch(w, 1, kern_factor_scratch(side));
    if (!all || !b->given || !b->pack)
        return base_status(w);
    b->others = b->given + d;
    b->l = all;
    b->v = all + square;
    b->c = all + 2 * square;
    b->e = all + 3 * square;
    b->h = b->e + KERN_ROWS * d;
    return GENMOD_OK;
}

/* The noise view may have been pointed elsewhere since it was set. */
static int32_t check_noise(const gmm_partial *t, const genmod_data *x,
                           genmod_workspace *w)
{
    const size_t columns = base_data_columns(t->noise);

    if (base_data_rows(t->noise) != base_data_rows(x) ||
        (columns != t->d && columns != t->d * t->d))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "noise has %u rows of %u columns; x has %u of %u",
                         (uint64_t)base_data_rows(t->noise), (uint64_t)columns,
                         (uint64_t)base_data_rows(x), (uint64_t)t->d);
    return GENMOD_OK;
}

static int32_t reserve(gmm_partial *t, const kern_ops *ops, size_t lanes,
                       size_t blocks, genmod_workspace *w)
{
    const size_t width = base_width(w), rows = lanes * blocks * KERN_ROWS;
    int32_t status = GENMOD_OK;

    t->there = scratch(rows, t->d, 1, w);
    t->order = base_scratch(w, rows, sizeof *t->order);
    t->count = base_scratch(w, lanes * blocks, sizeof *t->count);
    t->share = scratch(rows, t->k, ops->bytes, w);
    t->benches = base_scratch(w, width, sizeof *t->benches);
    t->stage = base_scratch(
        w, 1,
        t->noise ? base_data_stage_bytes(t->noise, blocks * KERN_ROWS) : 0);
    if (!t->there || !t->order || !t->count || !t->share || !t->benches ||
        !t->stage)
        return base_status(w);
    for (size_t i = 0; i < width && !status; i++)
        status = bench_new(&t->benches[i], t->dense, t->d, w);
    return status;
}

int32_t gmm_partial_new(const gmm_params *p, const genmod_data *x, size_t k,
                        int triangle, size_t lanes, size_t blocks,
                        gmm_partial **out, genmod_workspace *w)
{
    const int32_t type = base_data_type(x);
    const genmod_data *const noise = base_data_noise(x);
    gmm_partial *t;
    int32_t status;

    *out = NULL;
    if (!base_data_missing(x) && !noise)
        return GENMOD_OK;
    t = base_scratch(w, 1, sizeof *t);
    if (!t)
        return base_status(w);
    *t = (gmm_partial){.type = type,
                       .missing = base_data_missing(x),
                       .d = p->d,
                       .k = k,
                       .noise = noise};
    status = noise ? check_noise(t, x, w) : GENMOD_OK;
    t->full = noise && p->d > 1 && base_data_columns(noise) == p->d * p->d;
    t->dense = triangle || t->full;
    *out = t;
    return status ? status
                  : reserve(t, gmm_tables_of(p, type)->ops, lanes, blocks, w);
}

int32_t gmm_partial_read(gmm_partial *t, size_t first, size_t n,
                         genmod_workspace *w)
{
    return t->noise ? base_data_view(t->noise, first, n, t->stage, &t->view, w)
                    : GENMOD_OK;
}

int gmm_partial_noisy(const gmm_partial *t)
{
    return t->noise != NULL;
}

/* ---- rows ---------------------------------------------------------------- */

const unsigned char *gmm_there(const gmm_partial *t, size_t at, size_t row)
{
    return t->there + (at * KERN_ROWS + row) * t->d;
}

void gmm_partial_none(gmm_partial *t, size_t at)
{
    t->count[at] = 0;
}

int gmm_partial_any(const gmm_partial *t, size_t at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (t->count[at + i])
            return 1;
    return 0;
}

/* As pack() of kern, in the type of the panel. */
static void set_cell(const gmm_tables *t, size_t c, double x, char *panel,
                     size_t at)
{
    if (t->ops->type == GENMOD_F32) {
        const float center = ((const float *)t->center)[c];

        ((float *)(void *)panel)[at] =
            ((float)x - center) * ((const float *)t->scale)[c];
    } else {
        ((double *)(void *)panel)[at] = (x - ((const double *)t->center)[c]) *
                                        ((const double *)t->scale)[c];
    }
}

/* Merges runs of `run` rows, pairwise; rows that are alike keep their order. */
static void merge(const gmm_partial *t, size_t at, size_t n, size_t run,
                  const uint16_t *from, uint16_t *to)
{
    for (size_t lo = 0; lo < n; lo += 2 * run) {
        const size_t middle = lo + run < n ? lo + run : n;
        const size_t hi = lo + 2 * run < n ? lo + 2 * run : n;
        size_t a = lo, b = middle;

        for (size_t i = lo; i < hi; i++) {
            const int left =
                a < middle &&
                (b >= hi || memcmp(gmm_there(t, at, from[a]),
                                   gmm_there(t, at, from[b]), t->d) <= 0);

            to[i] = left ? from[a++] : from[b++];
        }
    }
}

static void sort_rows(gmm_partial *t, size_t at)
{
    uint16_t *const order = t->order + at * KERN_ROWS, other[KERN_ROWS];
    const size_t n = t->count[at];

    for (size_t run = 1; run < n; run *= 2) {
        merge(t, at, n, run, order, other);
        memcpy(order, other, n * sizeof *order);
    }
}

double gmm_noise_of(const gmm_partial *t, size_t row, size_t a, size_t b)
{
    if (!t->full)
        return a == b ? base_view_cell(&t->view, row, a) : 0;
    return base_view_cell(&t->view, row, a > b ? a * t->d + b : b * t->d + a);
}

/* The first column of a row with noise that is none, or d. */
static size_t bad_noise(const gmm_partial *t, size_t row,
                        const unsigned char *there)
{
    for (size_t a = 0; a < t->d && t->noise; a++)
        for (size_t b = t->full ? 0 : a; b <= a && there[a]; b++) {
            const double v = there[b] ? gmm_noise_of(t, row, a, b) : 0;

            if (v - v != 0 || (a == b && v < 0))
                return a;
        }
    return t->d;
}

/* Which cells of a row are there; the first column of a cell that is none and
 * may not be missing, or d. */
static size_t look(const gmm_partial *t, const base_view *v, size_t i,
                   unsigned char *there, size_t *missing)
{
    *missing = 0;
    for (size_t c = 0; c < t->d; c++) {
        const double x = base_view_cell(v, i, c);

        there[c] = x == x;
        *missing += x != x;
        if (x - x != 0 && (x == x || !t->missing))
            return c;
    }
    return t->d;
}

int gmm_partial_pack(gmm_partial *t, const gmm_block *b, const base_view *v,
                     size_t m)
{
    const gmm_tables *const tables = gmm_tables_of(b->p, b->ops->type);
    size_t n = 0;

    memset(b->panel, 0, t->d * KERN_ROWS * b->ops->bytes);
    for (size_t i = 0; i < m; i++) {
        unsigned char *const there = t->there + (b->at * KERN_ROWS + i) * t->d;
        size_t missing;

        if (look(t, v, i, there, &missing) < t->d ||
            bad_noise(t, b->first + i, there) < t->d)
            return 0;
        for (size_t c = 0; c < t->d; c++)
            if (there[c])
                set_cell(tables, c, base_view_cell(v, i, c), b->panel,
                         c * KERN_ROWS + i);
        if (missing || t->noise)
            t->order[b->at * KERN_ROWS + n++] = (uint16_t)i;
    }
    t->count[b->at] = n;
    if (!t->noise)
        sort_rows(t, b->at);
    return 1;
}

int32_t gmm_partial_refuse(const gmm_partial *t, const base_view *v,
                           size_t first, size_t n, genmod_workspace *w)
{
    unsigned char *const there = t->there; /* the round is lost anyway */
    size_t missing;

    for (size_t i = 0; i < n; i++) {
        size_t c = look(t, v, i, there, &missing);

        if (c < t->d)
            return base_fail(
                w, GENMOD_NON_FINITE, "the cell in row %u, column %u is %g",
                (uint64_t)(first + i), (uint64_t)c, base_view_cell(v, i, c));
        c = bad_noise(t, i, there);
        if (c < t->d)
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "noise of row %u, column %u is not finite, or a "
                             "variance below 0",
                             (uint64_t)(first + i), (uint64_t)c);
    }
    return GENMOD_OK;
}

size_t gmm_group_rows(const gmm_partial *t, size_t at, size_t from)
{
    const uint16_t *const order = t->order + at * KERN_ROWS;
    const unsigned char *const there = gmm_there(t, at, order[from]);
    size_t n = 1;

    while (!t->noise && from + n < t->count[at] &&
           memcmp(there, gmm_there(t, at, order[from + n]), t->d) == 0)
        n++;
    return n;
}

int32_t gmm_partial_refuse_noise(size_t first, size_t n, genmod_workspace *w)
{
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "noise is not positive semidefinite in one of rows %u to "
                     "%u",
                     (uint64_t)first, (uint64_t)(first + n - 1));
}
