/* A look at all rows before the first update. */
#include <math.h>
#include <string.h>

#include "model/model.h"

#define BLOCK ((size_t)1 << 16) /* cells that are looked at at once */

uint64_t model_row_number(const model_rows *r, size_t i)
{
    return r->number ? (uint64_t)r->number[i] : r->first + i;
}

void model_put_labels(const model_rows *r, float *to)
{
    for (size_t i = 0; to && r->labels && i < r->n; i++)
        to[i] = (float)r->labels[i];
}

int model_is_labelled(const model_body *b)
{
    return b->family->labelled && b->family->labelled(b);
}

size_t model_column_of(const nn_size *s, size_t i)
{
    const size_t c = s->rank == 3 ? (size_t)s->c : 1;
    const size_t pixels = (size_t)nn_size_elements(s) / c;

    return i % c * pixels + i / c;
}

/* The variance of all pixels is the mean of theirs and the variance of their
 * means; constant ones, whose scale is 1, have none. */
void model_settle_channels(const nn_columns *c)
{
    const nn_size *const s = &c->size;
    const size_t pixels = s->rank == 3 ? (size_t)(s->h * s->w) : 0;
    const size_t d = (size_t)nn_size_elements(s);

    for (size_t at = 0; pixels && at < d; at += pixels) {
        double *const center = c->center + at;
        double *const scale = c->scale + at;
        double mean = 0, variance = 0;

        for (size_t j = 0; j < pixels; j++)
            mean += center[j] / (double)pixels;
        for (size_t j = 0; j < pixels; j++)
            variance += ((scale[j] == 1 ? 0 : scale[j] * scale[j]) +
                         (center[j] - mean) * (center[j] - mean)) /
                        (double)pixels;
        for (size_t j = 0; j < pixels; j++) {
            center[j] = mean;
            scale[j] = variance > 0 ? sqrt(variance) : 1;
        }
    }
}

typedef struct survey {
    model_body *b;
    const genmod_data *x;
    size_t rows; /* of a block */
    int64_t *numbers;
    float *cells, *mask, *weights; /* mask NULL: no cell is missing */
    float *read;                   /* rows with targets; else cells */
    int32_t *labels;               /* NULL: not asked for */
    void *stage;
    double sum; /* of the weights */
} survey;

static int32_t look(survey *s, size_t first, size_t n, int learn,
                    genmod_workspace *w)
{
    const model_rows r = {.columns = &s->b->columns,
                          .n = n,
                          .first = first,
                          .x = s->cells,
                          .mask = s->mask,
                          .labels = s->labels,
                          .from = s->x};
    int32_t status;

    for (size_t i = 0; i < n; i++)
        s->numbers[i] = (int64_t)(first + i);
    status = nn_rows_read(s->x, model_body_rows(s->b), n, s->numbers, s->stage,
                          s->read, s->mask, s->weights, s->labels, w);
    if (!status && s->read != s->cells)
        model_body_split(s->b, n, s->read, s->cells, NULL);
    if (!status && s->b->family->look)
        status = s->b->family->look(s->b, &r, learn, w);
    for (size_t i = 0; i < n && !status; i++)
        s->sum += (double)s->weights[i];
    return status;
}

static int32_t open_survey(survey *s, genmod_workspace *w)
{
    s->rows = BLOCK / s->b->d ? BLOCK / s->b->d : 1;
    s->numbers = base_scratch(w, s->rows, sizeof *s->numbers);
    s->weights = base_scratch(w, s->rows, sizeof *s->weights);
    s->cells = base_scratch(w, s->rows * s->b->d, sizeof *s->cells);
    s->read = s->cells;
    if (s->b->targets)
        s->read = base_scratch(w, s->rows,
                               (s->b->d + s->b->targets) * sizeof *s->read);
    s->stage = base_scratch(w, 1, nn_rows_stage(s->x, s->rows));
    if (!s->numbers || !s->weights || !s->cells || !s->read || !s->stage)
        return base_status(w);
    if (s->b->columns.missing) {
        s->mask = base_scratch(w, s->rows * s->b->d, sizeof *s->mask);
        if (!s->mask)
            return base_status(w);
    }
    if (!model_is_labelled(s->b))
        return GENMOD_OK;
    s->labels = base_scratch(w, s->rows, sizeof *s->labels);
    return s->labels ? GENMOD_OK : base_status(w);
}

/* Rows first … first + n - 1. */
static int32_t look_at(survey *s, size_t first, size_t n, int learn,
                       genmod_workspace *w)
{
    int32_t status = GENMOD_OK;

    for (size_t i = 0; i < n && !status; i += s->rows) {
        status = base_cancelled(w);
        if (!status)
            status =
                look(s, first + i, n - i < s->rows ? n - i : s->rows, learn, w);
    }
    return status;
}

/* ---- over ranks ---------------------------------------------------------- */

/* What the family has added up of a part goes to `to` and begins anew (back 0),
 * or the sum of all parts goes back. Numbers in all. */
static size_t move_sums(model_body *b, int back, double *to)
{
    size_t at = 0, n;
    double *from;

    for (size_t i = 0;
         b->family->sums && (from = b->family->sums(b, i, &n)) != NULL; i++) {
        if (back) {
            memcpy(from, to + at, n * sizeof *to);
        } else if (to) {
            memcpy(to + at, from, n * sizeof *to);
            memset(from, 0, n * sizeof *to);
        }
        at += n;
    }
    return at;
}

/* Of each part its weight, then the family's sums. */
static int32_t look_at_parts(survey *s, int learn, size_t *total,
                             genmod_workspace *w)
{
    const size_t parts = base_parts(w), n = base_data_rows(s->x);
    double *own = NULL, *sum = NULL;
    size_t first, count, length = 0;
    int32_t status = base_all_rows(w, GENMOD_OK, n, &first, total);

    for (size_t k = 0; k < parts && !status; k++) {
        base_part(w, *total, n, k, &first, &count);
        s->sum = 0;
        status = look_at(s, first, count, learn, w);
        if (!status && k == 0) {
            length = 1 + (learn ? move_sums(s->b, 0, NULL) : 0);
            own = base_scratch(w, parts + 1, length * sizeof *own);
            if (!own)
                return base_status(w);
        }
        if (status)
            return status;
        own[k * length] = s->sum;
        if (learn)
            (void)move_sums(s->b, 0, own + k * length + 1);
    }
    if (status)
        return status;
    sum = own + parts * length;
    status = base_all_sum_shards(w, GENMOD_OK, 0, GENMOD_F64, length, own, sum);
    if (status)
        return status;
    s->sum = sum[0];
    if (learn)
        (void)move_sums(s->b, 1, sum + 1);
    return learn && s->b->family->join ? s->b->family->join(s->b, w)
                                       : GENMOD_OK;
}

int32_t model_survey(model_body *b, const genmod_data *x, int learn,
                     double *mean_weight, genmod_workspace *w)
{
    size_t n = base_data_rows(x);
    survey s = {.b = b, .x = x};
    int32_t status = open_survey(&s, w);

    if (!status)
        status = model_shares_of(w).shared ? look_at_parts(&s, learn, &n, w)
                                           : look_at(&s, 0, n, learn, w);
    if (!status)
        *mean_weight = s.sum / (double)n;
    return status;
}
