/* Views of the caller's rows. */
#include "base/internal.h"

#include <assert.h>
#include <string.h>

#include "base/fpenv.h"

#define MOST_ROWS (UINT64_C(1) << 40)

/* Rows that a source is asked for at once when they are gathered. */
#define AT_ONCE 1024

/* Where a source writes: offsets from the stage, which is aligned. */
typedef struct stage {
    size_t weights, labels, numbers, bytes;
} stage;

static size_t type_bytes(int32_t type)
{
    return type == GENMOD_F64 ? 8 : type == GENMOD_F32 ? 4 : 1;
}

int32_t genmod_data_new(genmod_data **out, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    if (out)
        *out = NULL;
    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    if (!out)
        return base_leave(&call,
                          base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL"));
    *out = base_alloc_zero(w, 1, sizeof **out);
    if (*out) {
        (*out)->type = GENMOD_F64;
        (*out)->scale = 1.0;
    }
    return base_leave(&call, base_status(w));
}

/* What set_rows and set_source have in common. */
static int32_t check_shape(const genmod_data *x, int32_t type, size_t n,
                           size_t d, genmod_workspace *w)
{
    if (!x)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "the data view is NULL");
    if (type != GENMOD_F32 && type != GENMOD_F64 && type != GENMOD_U8)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "type is %i; it must be GENMOD_F32, GENMOD_F64 or "
                         "GENMOD_U8",
                         (int64_t)type);
    if (n < 1 || n > MOST_ROWS)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "n is %u; it must be from 1 to %u", (uint64_t)n,
                         MOST_ROWS);
    if (d < 1 || d > BASE_MOST_COLUMNS)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "d is %u; it must be from 1 to %u", (uint64_t)d,
                         (uint64_t)BASE_MOST_COLUMNS);
    return GENMOD_OK;
}

/* An empty view of d columns, with what stays when x is pointed elsewhere. */
static genmod_data anew(const genmod_data *x, size_t d)
{
    const int same = d == x->d;

    return (genmod_data){.d = d,
                         .scale = x->scale,
                         .shift = x->shift,
                         .missing = x->missing,
                         .kinds = same ? x->kinds : NULL,
                         .levels = same ? x->levels : NULL};
}

/* steps * |stride|, or SIZE_MAX. */
static size_t reach(size_t steps, int64_t stride)
{
    const uint64_t size = stride < 0 ? 0 - (uint64_t)stride : (uint64_t)stride;
    size_t product;

    if (size > SIZE_MAX || !base_mul(steps, (size_t)size, &product))
        return SIZE_MAX;
    return product;
}

static int fits_memory(size_t n, size_t d, size_t size, int64_t row_stride,
                       int64_t col_stride)
{
    size_t cells;

    return base_add(reach(n - 1, row_stride), reach(d - 1, col_stride),
                    &cells) &&
           cells < PTRDIFF_MAX / size;
}

int32_t base_data_point(genmod_data *x, int32_t type, size_t n, size_t d,
                        const void *rows, int64_t row_stride,
                        int64_t col_stride, genmod_workspace *w)
{
    const int32_t status = check_shape(x, type, n, d, w);

    if (status)
        return status;
    if (!rows)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "rows is NULL");
    if ((uintptr_t)rows % type_bytes(type))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "rows is not aligned to the %u bytes of its type",
                         (uint64_t)type_bytes(type));
    if (!fits_memory(n, d, type_bytes(type), row_stride, col_stride))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "no memory can have %u rows of %u columns with "
                         "strides %i and %i",
                         (uint64_t)n, (uint64_t)d, row_stride, col_stride);
    *x = anew(x, d);
    x->type = type;
    x->n = n;
    x->rows = rows;
    x->row_stride = row_stride;
    x->col_stride = col_stride;
    return GENMOD_OK;
}

static int32_t set_rows(genmod_data *x, int32_t type, size_t n, size_t d,
                        const void *rows, int64_t row_stride,
                        int64_t col_stride, genmod_workspace *w)
{
    const int dense = row_stride == 0 && col_stride == 0;

    return base_data_point(x, type, n, d, rows, dense ? (int64_t)d : row_stride,
                           dense ? 1 : col_stride, w);
}

int32_t base_data_of(int32_t type, size_t n, size_t d, const void *rows,
                     const double *weights, genmod_data **out,
                     genmod_workspace *w)
{
    genmod_data *const x = base_alloc_zero(w, 1, sizeof *x);
    int32_t status = x ? GENMOD_OK : base_status(w);

    *out = NULL;
    if (!status) {
        x->scale = 1.0;
        status = set_rows(x, type, n, d, rows, 0, 0, w);
    }
    if (status) {
        base_free(x);
        return status;
    }
    x->weights = weights;
    *out = x;
    return GENMOD_OK;
}

int32_t genmod_data_set_rows(genmod_data *x, int32_t type, size_t n, size_t d,
                             const void *rows, int64_t row_stride,
                             int64_t col_stride, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call,
                      set_rows(x, type, n, d, rows, row_stride, col_stride, w));
}

static int32_t set_source(genmod_data *x, int32_t type, size_t n, size_t d,
                          genmod_read read, void *user, genmod_workspace *w)
{
    const int32_t status = check_shape(x, type, n, d, w);

    if (status)
        return status;
    if (!read)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "read is NULL");
    *x = anew(x, d);
    x->type = type;
    x->n = n;
    x->row_stride = (int64_t)d;
    x->col_stride = 1;
    x->read = read;
    x->user = user;
    return GENMOD_OK;
}

int32_t genmod_data_set_source(genmod_data *x, int32_t type, size_t n, size_t d,
                               genmod_read read, void *user,
                               genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, set_source(x, type, n, d, read, user, w));
}

/* Neither infinite nor NaN. */
static int is_finite(double v)
{
    return v - v == 0.0;
}

static int32_t set_scale(genmod_data *x, double scale, double shift,
                         genmod_workspace *w)
{
    if (!x)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "the data view is NULL");
    if (!is_finite(scale) || scale == 0.0)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "scale is %g; it must be finite and not 0", scale);
    if (!is_finite(shift))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "shift is %g; it must be finite", shift);
    x->scale = scale;
    x->shift = shift;
    return GENMOD_OK;
}

int32_t genmod_data_set_scale(genmod_data *x, double scale, double shift,
                              genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, set_scale(x, scale, shift, w));
}

/* Whether an array with an element a row may be set. */
static int32_t check_column(const genmod_data *x, size_t n, const void *column,
                            const char *name, genmod_workspace *w)
{
    if (!x)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "the data view is NULL");
    if (x->read)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "a row source writes its %s itself", name);
    if (n != (column ? x->n : 0))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "n is %u; with %s it must be %u", (uint64_t)n,
                         column ? name : "NULL", column ? (uint64_t)x->n : 0);
    return GENMOD_OK;
}

int32_t genmod_data_set_weights(genmod_data *x, size_t n, const double *weights,
                                genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check_column(x, n, weights, "weights", w);
    if (!status)
        x->weights = weights;
    return base_leave(&call, status);
}

int32_t genmod_data_set_labels(genmod_data *x, size_t n, const int32_t *labels,
                               genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check_column(x, n, labels, "labels", w);
    if (!status)
        x->labels = labels;
    return base_leave(&call, status);
}

void genmod_data_free(genmod_data *x)
{
    base_free(x);
}

size_t base_data_rows(const genmod_data *x)
{
    return x->n;
}

size_t base_data_columns(const genmod_data *x)
{
    return x->d;
}

int32_t base_data_type(const genmod_data *x)
{
    return x->type == GENMOD_F64 ? GENMOD_F64 : GENMOD_F32;
}

int32_t base_data_is_source(const genmod_data *x)
{
    return x->read != NULL;
}

/* *at takes its array's place; the next one begins at the return value. */
static size_t place(size_t *at, size_t from, size_t n, size_t size)
{
    size_t bytes, end;

    *at = from;
    if (!base_mul(n, size, &bytes) || !base_add(from, bytes, &end) ||
        end > SIZE_MAX - BASE_ALIGN)
        return SIZE_MAX - BASE_ALIGN;
    return (end + BASE_ALIGN - 1) / BASE_ALIGN * BASE_ALIGN;
}

/* Sizes that no memory has stay so: the allocation of them fails. */
static stage lay_out(const genmod_data *x, size_t n)
{
    stage s;
    size_t row, at;

    if (!base_mul(x->d, type_bytes(x->type), &row))
        row = SIZE_MAX;
    at = place(&s.bytes, 0, n, row);
    at = place(&s.weights, at, n, sizeof(double));
    at = place(&s.labels, at, n, sizeof(int32_t));
    s.bytes = place(&s.numbers, at, n, sizeof(int64_t));
    return s;
}

size_t base_data_stage_bytes(const genmod_data *x, size_t n)
{
    return x->read ? lay_out(x, n).bytes : 0;
}

/* rows: the weights' numbers; NULL: first, first + 1, …. */
static int32_t check_weights(size_t n, const double *weights, size_t first,
                             const int64_t *rows, genmod_workspace *w)
{
    for (size_t i = 0; i < n; i++)
        if (!(weights[i] > 0.0) || !is_finite(weights[i]))
            return base_fail(
                w, GENMOD_BAD_ARGUMENT,
                "the weight of row %u is %g; it must be finite and > 0",
                rows ? (uint64_t)rows[i] : (uint64_t)(first + i), weights[i]);
    return GENMOD_OK;
}

/* Asks the source for n rows of given numbers, and makes them a view. */
static int32_t ask(const genmod_data *x, size_t n, const int64_t *rows,
                   void *memory, base_view *v, genmod_workspace *w)
{
    const stage s = lay_out(x, n);
    unsigned char *const base = memory;
    double *const weights = (void *)(base + s.weights);
    int32_t *const labels = (void *)(base + s.labels);

    for (size_t i = 0; i < n; i++) {
        weights[i] = 1.0;
        labels[i] = -1;
    }
    const int32_t status = x->read(n, rows, base, weights, labels, x->user);
    fp_default();
    if (status < 0)
        return base_fail(w, GENMOD_CALLBACK,
                         "the row source returned %i at row %i",
                         (int64_t)status, rows[0]);
    v->rows = base;
    v->weights = weights;
    v->labels = labels;
    return check_weights(n, weights, 0, rows, w);
}

/* All of a view but where its rows lie. */
static base_view outline(const genmod_data *x)
{
    return (base_view){.type = x->type,
                       .scaled = x->scale != 1.0 || x->shift != 0.0,
                       .row_stride = x->row_stride,
                       .col_stride = x->col_stride,
                       .scale = x->scale,
                       .shift = x->shift};
}

int32_t base_data_view(const genmod_data *x, size_t first, size_t n,
                       void *stage_memory, base_view *v, genmod_workspace *w)
{
    assert(n > 0 && first < x->n && n <= x->n - first);
    *v = outline(x);
    if (x->read) {
        int64_t *const numbers =
            (void *)((unsigned char *)stage_memory + lay_out(x, n).numbers);
        for (size_t i = 0; i < n; i++)
            numbers[i] = (int64_t)(first + i);
        return ask(x, n, numbers, stage_memory, v, w);
    }
    v->rows =
        x->rows + (int64_t)first * x->row_stride * (int64_t)type_bytes(x->type);
    v->labels = x->labels ? x->labels + first : NULL;
    v->weights = x->weights ? x->weights + first : NULL;
    return x->weights ? check_weights(n, v->weights, first, NULL, w)
                      : GENMOD_OK;
}

int32_t base_data_pick(const genmod_data *x, size_t *n, const int64_t *rows,
                       void *stage_memory, base_view *v, genmod_workspace *w)
{
    size_t run = 1;

    if (x->read) {
        *v = outline(x);
        return ask(x, *n, rows, stage_memory, v, w);
    }
    while (run < *n && rows[run] == rows[0] + (int64_t)run)
        run++;
    *n = run;
    return base_data_view(x, (size_t)rows[0], run, NULL, v, w);
}

double base_view_cell(const base_view *v, size_t i, size_t j)
{
    const int64_t at = (int64_t)i * v->row_stride + (int64_t)j * v->col_stride;
    double cell;

    if (v->type == GENMOD_F64)
        cell = ((const double *)v->rows)[at];
    else if (v->type == GENMOD_F32)
        cell = (double)((const float *)v->rows)[at];
    else
        cell = ((const uint8_t *)v->rows)[at];
    return v->scaled ? cell * v->scale + v->shift : cell;
}

static int32_t non_finite(double cell, uint64_t row, size_t column,
                          genmod_workspace *w)
{
    return base_fail(w, GENMOD_NON_FINITE,
                     "the cell in row %u, column %u is %g", row,
                     (uint64_t)column, cell);
}

int32_t base_view_non_finite(const base_view *v, size_t first, size_t n,
                             size_t d, genmod_workspace *w)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) {
            const double cell = base_view_cell(v, i, j);
            if (!is_finite(cell))
                return non_finite(cell, first + i, j, w);
        }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) {
            const double cell = base_view_cell(v, i, j);
            if (!is_finite((double)(float)cell))
                return base_fail(w, GENMOD_NON_FINITE,
                                 "the cell in row %u, column %u is %g: too "
                                 "large for a float",
                                 (uint64_t)(first + i), (uint64_t)j, cell);
        }
    assert(0);
    return GENMOD_NON_FINITE;
}

/* Row i of a view, which is row `row` of the data. */
static int32_t copy_row(const base_view *v, size_t i, int64_t row, size_t d,
                        double *out, genmod_workspace *w)
{
    for (size_t j = 0; j < d; j++) {
        out[j] = base_view_cell(v, i, j);
        if (!is_finite(out[j]))
            return non_finite(out[j], (uint64_t)row, j, w);
    }
    return GENMOD_OK;
}

static int32_t gather_source(const genmod_data *x, size_t n,
                             const int64_t *rows, void *memory, double *out,
                             double *weights, int32_t *labels,
                             genmod_workspace *w)
{
    base_view v = outline(x);
    int32_t status = ask(x, n, rows, memory, &v, w);

    for (size_t i = 0; i < n && !status; i++) {
        status = copy_row(&v, i, rows[i], x->d, out + i * x->d, w);
        if (weights)
            weights[i] = v.weights[i];
        if (labels)
            labels[i] = v.labels[i];
    }
    return status;
}

static int32_t gather_memory(const genmod_data *x, size_t n,
                             const int64_t *rows, double *out, double *weights,
                             int32_t *labels, genmod_workspace *w)
{
    int32_t status = GENMOD_OK;
    base_view v;

    for (size_t i = 0; i < n && !status; i++) {
        status = base_data_view(x, (size_t)rows[i], 1, NULL, &v, w);
        if (!status)
            status = copy_row(&v, 0, rows[i], x->d, out + i * x->d, w);
        if (weights)
            weights[i] = v.weights ? v.weights[0] : 1.0;
        if (labels)
            labels[i] = v.labels ? v.labels[0] : -1;
    }
    return status;
}

int32_t base_data_gather(const genmod_data *x, size_t n, const int64_t *rows,
                         double *out, double *weights, int32_t *labels,
                         genmod_workspace *w)
{
    int32_t status = GENMOD_OK;

    if (!x->read)
        return gather_memory(x, n, rows, out, weights, labels, w);
    void *const memory =
        base_alloc(w, 1, base_data_stage_bytes(x, n < AT_ONCE ? n : AT_ONCE));
    if (!memory)
        return base_status(w);
    for (size_t i = 0; i < n && !status; i += AT_ONCE)
        status =
            gather_source(x, n - i < AT_ONCE ? n - i : AT_ONCE, rows + i,
                          memory, out + i * x->d, weights ? weights + i : NULL,
                          labels ? labels + i : NULL, w);
    base_free(memory);
    return status;
}
