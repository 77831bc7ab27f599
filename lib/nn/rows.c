/* Rows of the caller's as the floats that networks read, and back.
 *
 * Rows of floats and of bytes are standardised in floats; doubles, floats that
 * have a scale of their own, what overflows in between, and rows whose columns
 * are told apart, in doubles. */
#include <assert.h>
#include <math.h>
#include <string.h>

#include "nn/cell.h"

/* What a call knows of its columns. The arrays lie in the stage, behind what a
 * source takes. A float standardises as (x - center32) factor32, a byte as x
 * factor32 + center32. */
typedef struct reading {
    const nn_columns *c;
    int missing;                /* NaN is a missing cell */
    size_t d, channels, pixels; /* d = channels * pixels */
    double *factor;             /* [d]: 1 / scale */
    float *center32, *factor32; /* [d] */
    double *cells;              /* [d], in the place of these two: of a row
                                 * whose columns are told apart */
    int wide;                   /* a factor or a center is beyond floats */
    int bytes;                  /* center32 and factor32 are those of bytes */
} reading;

static size_t padded(size_t n, size_t size)
{
    return (n * size + BASE_ALIGN - 1) / BASE_ALIGN * BASE_ALIGN;
}

size_t nn_rows_stage(const genmod_data *x, size_t n)
{
    const size_t d = base_data_columns(x);
    const size_t own = padded(d, sizeof(double)) + 2 * padded(d, sizeof(float));
    size_t bytes;

    if (!base_add(base_data_stage_bytes(x, n), own, &bytes))
        return SIZE_MAX;
    return bytes;
}

/* Of a deviation: what the rounding of a column's center to a float may shift
 * rows by. */
#define OFF 0x1p-16

/* Whether v is 0, or a float of full precision. */
static int plain(double v)
{
    return v == 0 || (fabs(v) >= 0x1p-126 && fabs(v) < 0x1p127);
}

/* rows: that the stage was made for. */
static reading reading_of(const genmod_data *x, const nn_columns *c,
                          size_t rows, void *stage)
{
    const size_t d = base_data_columns(x);
    char *const factor = (char *)stage + base_data_stage_bytes(x, rows);
    char *const floats = factor + padded(d, sizeof(double));
    reading r = {.c = c,
                 .missing = nn_cells_missing(c, x),
                 .d = d,
                 .channels = c->size.rank == 3 ? (size_t)c->size.c : 1,
                 .factor = (void *)factor,
                 .center32 = (void *)floats,
                 .cells = (void *)floats,
                 .factor32 = (void *)(floats + padded(d, sizeof(float)))};

    assert((int64_t)d == nn_size_elements(&c->size));
    r.pixels = d / r.channels;
    for (size_t j = 0; j < d; j++)
        r.factor[j] = 1 / c->scale[j];
    for (size_t j = 0; j < d && !nn_columns_mixed(c); j++) {
        r.factor32[j] = (float)r.factor[j];
        r.center32[j] = (float)c->center[j];
        r.wide |= !plain(r.factor[j]) || !plain(c->center[j]) ||
                  fabs(r.center32[j] - c->center[j]) * r.factor[j] > OFF;
    }
    return r;
}

/* The view's own scale goes into the columns'. */
static void expect_bytes(reading *r, const base_view *v)
{
    for (size_t j = 0; j < r->d; j++) {
        r->center32[j] = (float)((v->shift - r->c->center[j]) * r->factor[j]);
        r->factor32[j] = (float)(v->scale * r->factor[j]);
    }
    r->bytes = 1;
}

/* 1 for an infinity or NaN; on the bits, so that loops of it are vectors. */
static int unbounded(float v)
{
    int32_t bits;

    memcpy(&bits, &v, sizeof bits);
    return (bits & 0x7fffffff) > 0x7f7fffff;
}

/* The functions below read n cells of one row, columns first …, that lie `step`
 * apart, to places `apart` apart, and say whether one became unbounded. */

static inline int read_floats(const reading *r, size_t first, size_t n,
                              const float *x, int64_t step, float *out,
                              size_t apart)
{
    const float *const center = r->center32 + first;
    const float *const factor = r->factor32 + first;
    int bad = 0;

    for (size_t j = 0; j < n; j++) {
        const float v = (x[(int64_t)j * step] - center[j]) * factor[j];

        out[j * apart] = v;
        bad |= unbounded(v);
    }
    return bad;
}

static inline int read_bytes(const reading *r, size_t first, size_t n,
                             const uint8_t *x, int64_t step, float *out,
                             size_t apart)
{
    const float *const center = r->center32 + first;
    const float *const factor = r->factor32 + first;
    int bad = 0;

    for (size_t j = 0; j < n; j++) {
        const float v = x[(int64_t)j * step] * factor[j] + center[j];

        out[j * apart] = v;
        bad |= unbounded(v);
    }
    return bad;
}

static inline int read_wide(const reading *r, size_t first, size_t n,
                            const base_view *v, int32_t type, int64_t at,
                            float *out, size_t apart)
{
    const double *const center = r->c->center + first;
    const double *const factor = r->factor + first;
    int bad = 0;

    for (size_t j = 0; j < n; j++) {
        const double cell = nn_cell(v, type, at + (int64_t)j * v->col_stride);
        const float y = (float)((cell - center[j]) * factor[j]);

        out[j * apart] = y;
        bad |= unbounded(y);
    }
    return bad;
}

static int read_channel_wide(const reading *r, size_t first, const base_view *v,
                             int64_t at, float *out)
{
    const size_t n = r->pixels, apart = r->channels;

    if (v->type == GENMOD_F64)
        return read_wide(r, first, n, v, GENMOD_F64, at, out, apart);
    if (v->type == GENMOD_F32)
        return read_wide(r, first, n, v, GENMOD_F32, at, out, apart);
    return read_wide(r, first, n, v, GENMOD_U8, at, out, apart);
}

static int read_channel(const reading *r, size_t first, const base_view *v,
                        int64_t at, float *out)
{
    const size_t n = r->pixels, apart = r->channels;
    const int64_t step = v->col_stride;
    const int dense = step == 1 && apart == 1;
    const uint8_t *const bytes = (const uint8_t *)v->rows + at;
    const float *const floats = (const float *)v->rows + at;

    if (v->type == GENMOD_U8)
        return dense ? read_bytes(r, first, n, bytes, 1, out, 1)
                     : read_bytes(r, first, n, bytes, step, out, apart);
    return dense ? read_floats(r, first, n, floats, 1, out, 1)
                 : read_floats(r, first, n, floats, step, out, apart);
}

/* n cells, columns first … of one kind, from r->cells to `apart` places; says
 * whether one became unbounded. NaN is missing. */
static inline int put(const reading *r, size_t first, size_t n, float *out,
                      float *mask, size_t apart)
{
    const int raw = nn_column_raw(r->c, first);
    const double *const cells = r->cells + first;
    const double *const center = r->c->center + first;
    const double *const factor = r->factor + first;
    int bad = 0;

    for (size_t j = 0; j < n; j++) {
        const double x = cells[j];
        const float y = (float)(raw ? x : (x - center[j]) * factor[j]);

        out[j * apart] = x == x ? y : 0;
        bad |= (x == x) & unbounded(y);
    }
    for (size_t j = 0; j < n && mask; j++)
        mask[j * apart] = cells[j] == cells[j];
    return bad;
}

/* Row i of a view whose columns are told apart. */
static int read_mixed(const reading *r, const base_view *v, size_t i,
                      float *out, float *mask)
{
    int bad = nn_cells_load(r->c, r->missing, v, i, r->cells);
    size_t n;

    for (size_t j = 0; j < r->d && !bad; j += n) {
        const size_t channel = j / r->pixels;
        const size_t at = j % r->pixels * r->channels + channel;

        n = nn_column_run(r->c, j, (channel + 1) * r->pixels);
        bad =
            r->channels == 1
                ? put(r, j, n, out + at, mask ? mask + at : NULL, 1)
                : put(r, j, n, out + at, mask ? mask + at : NULL, r->channels);
    }
    return bad;
}

/* Names the first cell of row i of a view that is not of its kind, or no finite
 * float once standardised; `row` is the row's own number. */
static int32_t refuse(const reading *r, const base_view *v, size_t i,
                      uint64_t row, genmod_workspace *w)
{
    const int mixed = nn_columns_mixed(r->c);
    int32_t status = GENMOD_OK;

    for (size_t j = 0; j < r->d && !status; j++) {
        const double cell = base_view_cell(v, i, j);
        const double x = mixed ? r->cells[j] : cell;

        status = nn_cell_check(r->c, r->missing, j, cell, row, w);
        if (!status && x == x && !nn_column_raw(r->c, j) &&
            unbounded((float)((x - r->c->center[j]) * r->factor[j])))
            status = base_fail(w, GENMOD_NON_FINITE,
                               "the cell in row %u, column %u is %g: too large "
                               "for a float",
                               row, (uint64_t)j, cell);
    }
    assert(status);
    return status;
}

/* Row i of a view whose columns are all real. 1 if one became unbounded. */
static int read_real(const reading *r, const base_view *v, size_t i, float *out)
{
    const int64_t at = (int64_t)i * v->row_stride;
    const int narrow = !r->wide && (v->type == GENMOD_U8 ||
                                    (v->type == GENMOD_F32 && !v->scaled));
    int bad = !narrow;

    for (size_t c = 0; c < r->channels && !bad; c++) {
        const size_t first = c * r->pixels;

        bad = read_channel(r, first, v, at + (int64_t)first * v->col_stride,
                           out + c);
    }
    if (!bad)
        return 0;
    bad = 0;
    for (size_t c = 0; c < r->channels; c++) {
        const size_t first = c * r->pixels;

        bad |= read_channel_wide(r, first, v,
                                 at + (int64_t)first * v->col_stride, out + c);
    }
    return bad;
}

/* Row i of a view, number `row` of the data. */
static int32_t read_row(const reading *r, const base_view *v, size_t i,
                        uint64_t row, float *out, float *mask,
                        genmod_workspace *w)
{
    const int mixed = nn_columns_mixed(r->c);
    const int bad =
        mixed ? read_mixed(r, v, i, out, mask) : read_real(r, v, i, out);

    for (size_t j = 0; j < r->d && mask && !mixed; j++)
        mask[j] = 1;
    return bad ? refuse(r, v, i, row, w) : GENMOD_OK;
}

static int32_t read_weight(double weight, uint64_t row, float *out,
                           genmod_workspace *w)
{
    *out = (float)weight;
    if (!unbounded(*out))
        return GENMOD_OK;
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "the weight of row %u is %g: too large for a float", row,
                     weight);
}

/* Where rows go; NULL: what nobody asks for. */
typedef struct output {
    float *cells, *mask, *weights;
    int32_t *labels;
} output;

static output output_at(const output *o, size_t d, size_t i)
{
    return (output){.cells = o->cells + i * d,
                    .mask = o->mask ? o->mask + i * d : NULL,
                    .weights = o->weights ? o->weights + i : NULL,
                    .labels = o->labels ? o->labels + i : NULL};
}

/* The n rows of a view, of given numbers; NULL: first, first + 1, …. */
static int32_t read_view(reading *r, const base_view *v, size_t n, size_t first,
                         const int64_t *rows, const output *o,
                         genmod_workspace *w)
{
    int32_t status = GENMOD_OK;

    if (v->type == GENMOD_U8 && !r->bytes && !nn_columns_mixed(r->c))
        expect_bytes(r, v);
    for (size_t i = 0; i < n && !status; i++) {
        const uint64_t row = rows ? (uint64_t)rows[i] : first + i;
        const output to = output_at(o, r->d, i);

        status = read_row(r, v, i, row, to.cells, to.mask, w);
        if (to.weights && !status)
            status =
                read_weight(v->weights ? v->weights[i] : 1, row, to.weights, w);
        if (to.labels)
            *to.labels = v->labels ? v->labels[i] : -1;
    }
    return status;
}

int32_t nn_rows_read(const genmod_data *x, const nn_columns *c, size_t n,
                     const int64_t *rows, void *stage, float *out, float *mask,
                     float *weights, int32_t *labels, genmod_workspace *w)
{
    const output all = {out, mask, weights, labels};
    reading r = reading_of(x, c, n, stage);
    int32_t status = GENMOD_OK;
    size_t some;

    assert(mask || !c->missing);
    for (size_t i = 0; i < n && !status; i += some) {
        const output to = output_at(&all, r.d, i);
        base_view v;

        some = n - i;
        status = base_data_pick(x, &some, rows + i, stage, &v, w);
        if (!status)
            status = read_view(&r, &v, some, 0, rows + i, &to, w);
    }
    return status;
}

int32_t nn_rows_run(const genmod_data *x, const nn_columns *c, size_t first,
                    size_t n, void *stage, float *out, float *mask,
                    genmod_workspace *w)
{
    const output to = {.cells = out, .mask = mask};
    reading r = reading_of(x, c, n, stage);
    base_view v;
    const int32_t status = base_data_view(x, first, n, stage, &v, w);

    assert(mask || !c->missing);
    return status ? status : read_view(&r, &v, n, first, NULL, &to, w);
}

void nn_rows_write(const nn_columns *c, int back, size_t n, const float *in,
                   int32_t type, void *out)
{
    const size_t d = (size_t)nn_size_elements(&c->size);
    const size_t channels = c->size.rank == 3 ? (size_t)c->size.c : 1;
    float *const floats = out;
    double *const doubles = out;

    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < d; j++) {
            const size_t pixel = j % (d / channels), k = j / (d / channels);
            const float y = in[i * d + pixel * channels + k];
            const double v = !back     ? y
                             : c->kind ? nn_cell_back(c, j, y)
                                       : y * c->scale[j] + c->center[j];

            if (type == GENMOD_F32)
                floats[i * d + j] = (float)v;
            else
                doubles[i * d + j] = v;
        }
}
