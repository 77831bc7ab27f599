#include <string.h>

#include "measure/internal.h"

#define MIDDLE_ROWS 9

static size_t blocks_of(size_t n)
{
    return n / KERN_ROWS + (n % KERN_ROWS != 0);
}

static int32_t check(const char *name, const genmod_data *x,
                     genmod_workspace *w)
{
    if (!x)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", name);
    if (base_data_rows(x) == 0)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "%s has no rows; call a genmod_data_set function",
                         name);
    return GENMOD_OK;
}

static void add_view(measure_panels *p, const char *name, const genmod_data *x)
{
    p->x[p->views] = x;
    p->name[p->views] = name;
    p->rows[p->views] = base_data_rows(x);
    p->blocks[p->views] = blocks_of(base_data_rows(x));
    p->n += base_data_rows(x);
    p->views++;
}

static int32_t take_memory(measure_panels *p, genmod_workspace *w)
{
    size_t bytes = 0;

    for (size_t v = 0; v < p->views; v++) {
        const size_t one = base_data_stage_bytes(p->x[v], KERN_ROWS);

        bytes = one > bytes ? one : bytes;
    }
    p->stage = base_scratch(w, bytes, 1);
    p->center = base_scratch(w, p->d, sizeof *p->center);
    p->scale = base_scratch(w, p->d, sizeof *p->scale);
    if (!p->stage || !p->center || !p->scale)
        return base_status(w);
    for (size_t c = 0; c < p->d; c++) {
        p->center[c] = 0;
        p->scale[c] = 1;
    }
    return GENMOD_OK;
}

int32_t measure_check_columns(const genmod_data *x, const genmod_data *y,
                              genmod_workspace *w)
{
    if (base_data_columns(x) == base_data_columns(y))
        return GENMOD_OK;
    return base_fail(w, GENMOD_BAD_ARGUMENT, "y has %u columns; x has %u",
                     (uint64_t)base_data_columns(y),
                     (uint64_t)base_data_columns(x));
}

int32_t measure_panels_open(measure_panels *p, const char *name,
                            const genmod_data *x, genmod_workspace *w)
{
    const int32_t status = check(name, x, w);

    if (status)
        return status;
    *p = (measure_panels){.f64 = kern_ops_of(base_cpu(w), GENMOD_F64),
                          .d = base_data_columns(x)};
    add_view(p, name, x);
    return take_memory(p, w);
}

int32_t measure_check_pair(const genmod_data *x, const genmod_data *y,
                           genmod_workspace *w)
{
    int32_t status = check("x", x, w);

    if (!status)
        status = check("y", y, w);
    if (!status)
        status = measure_check_columns(x, y, w);
    return status;
}

int32_t measure_panels_open_pair(measure_panels *p, const genmod_data *x,
                                 const genmod_data *y, genmod_workspace *w)
{
    const int32_t status = measure_check_pair(x, y, w);

    if (status)
        return status;
    *p = (measure_panels){.f64 = kern_ops_of(base_cpu(w), GENMOD_F64),
                          .d = base_data_columns(x)};
    add_view(p, "x", x);
    add_view(p, "y", y);
    return take_memory(p, w);
}

size_t measure_panels_count(const measure_panels *p)
{
    return p->blocks[0] + p->blocks[1];
}

/* Which view panel g is of; *row is its first one there. */
static size_t locate(const measure_panels *p, size_t g, size_t *row)
{
    const size_t v = g >= p->blocks[0];

    *row = (v ? g - p->blocks[0] : g) * KERN_ROWS;
    return v;
}

size_t measure_panel_rows(const measure_panels *p, size_t g, size_t *first)
{
    size_t row;
    const size_t v = locate(p, g, &row);
    const size_t left = p->rows[v] - row;

    *first = (v ? p->rows[0] : 0) + row;
    return left < KERN_ROWS ? left : KERN_ROWS;
}

int32_t measure_refuse_weight(const char *name, double weight,
                              genmod_workspace *w)
{
    return base_fail(w, GENMOD_UNSUPPORTED,
                     "%s has a row of weight %g; samples are compared without "
                     "weights",
                     name, weight);
}

static int32_t refuse_weights(const char *name, const base_view *v, size_t m,
                              genmod_workspace *w)
{
    for (size_t i = 0; v->weights && i < m; i++)
        if (v->weights[i] != 1)
            return measure_refuse_weight(name, v->weights[i], w);
    return GENMOD_OK;
}

int32_t measure_named(int32_t status, const char *name, genmod_workspace *w)
{
    if (status != GENMOD_NON_FINITE)
        return status;
    return base_fail(w, status, "%s: %s", name, genmod_workspace_error(w));
}

static int32_t read_panel(const measure_panels *p, size_t g, double *out,
                          genmod_workspace *w)
{
    size_t row, first;
    const size_t m = measure_panel_rows(p, g, &first);
    const size_t v = locate(p, g, &row);
    base_view view;
    int32_t status = base_data_view(p->x[v], row, m, p->stage, &view, w);

    if (!status)
        status = refuse_weights(p->name[v], &view, m, w);
    if (!status && !p->f64->pack(&view, m, p->d, p->center, p->scale, out))
        status = measure_named(base_view_non_finite(&view, row, m, p->d, w),
                               p->name[v], w);
    return status;
}

int32_t measure_panels_read(const measure_panels *p, size_t g, size_t count,
                            double *out, genmod_workspace *w)
{
    int32_t status = GENMOD_OK;

    for (size_t i = 0; i < count && !status; i++)
        status = read_panel(p, g + i, out + i * p->d * KERN_ROWS, w);
    return status;
}

/* The median of the column's few cells, of which the sort leaves the order. */
static double middle_of(size_t n, size_t d, const double *column)
{
    double x[MIDDLE_ROWS], scratch[MIDDLE_ROWS];

    for (size_t i = 0; i < n; i++)
        x[i] = column[i * d];
    measure_sort(n, x, scratch);
    return x[n / 2];
}

/* Medians, not means: a row far away would move a mean so far that the others
 * lost digits. */
int32_t measure_walk_center(const measure_panels *x, const measure_panels *y,
                            genmod_workspace *w)
{
    const size_t all = x->rows[0], d = x->d;
    const size_t n = all < MIDDLE_ROWS ? all : MIDDLE_ROWS;
    int64_t row[MIDDLE_ROWS];
    double *cells;
    int32_t status;

    if (d < MEASURE_PRODUCTS)
        return GENMOD_OK;
    cells = base_scratch(w, n, d * sizeof *cells);
    if (!cells)
        return base_status(w);
    for (size_t i = 0; i < n; i++)
        row[i] = (int64_t)(all / n * i);
    status = measure_named(
        base_data_gather(x->x[0], n, row, cells, NULL, NULL, w), x->name[0], w);
    for (size_t c = 0; c < d && !status; c++)
        x->center[c] = middle_of(n, d, cells + c);
    if (!status && y)
        memcpy(y->center, x->center, d * sizeof *cells);
    return status;
}
