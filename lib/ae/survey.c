/* A look at all rows before the first update. */
#include "ae/internal.h"

#define BLOCK ((size_t)1 << 16) /* cells that are looked at at once */

/* The door's column of element i of a row in the tensors' order. */
static size_t column_of(const nn_size *s, size_t i)
{
    const size_t c = s->rank == 3 ? (size_t)s->c : 1;
    const size_t pixels = (size_t)nn_size_elements(s) / c;

    return i % c * pixels + i / c;
}

int32_t ae_check_cells(const ae_body *b, size_t n, const int64_t *rows,
                       size_t first, const float *x, genmod_workspace *w)
{
    size_t i = 0;

    if (b->loss != AE_BCE)
        return GENMOD_OK;
    while (i < n * b->d && x[i] >= 0 && x[i] <= 1)
        i++;
    if (i == n * b->d)
        return GENMOD_OK;
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "the cell in row %u, column %u is %g; with loss \"bce\" "
                     "it must be from 0 to 1",
                     rows ? (uint64_t)rows[i / b->d] : first + i / b->d,
                     (uint64_t)column_of(&b->columns.size, i % b->d),
                     (double)x[i]);
}

static void widen(const ae_body *b, size_t n, const float *x)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < b->d; j++) {
            const float v = x[i * b->d + j];

            b->low[j] = v < b->low[j] ? v : b->low[j];
            b->high[j] = v > b->high[j] ? v : b->high[j];
        }
}

typedef struct survey {
    ae_body *b;
    const genmod_data *x;
    size_t rows; /* of a block */
    int64_t *numbers;
    float *cells, *weights;
    void *stage;
    double sum; /* of the weights */
} survey;

static int32_t look(survey *s, size_t first, size_t n, int extremes,
                    genmod_workspace *w)
{
    int32_t status;

    for (size_t i = 0; i < n; i++)
        s->numbers[i] = (int64_t)(first + i);
    status = nn_rows_read(s->x, &s->b->columns, n, s->numbers, s->stage,
                          s->cells, s->weights, w);
    if (!status)
        status = ae_check_cells(s->b, n, s->numbers, 0, s->cells, w);
    if (status)
        return status;
    for (size_t i = 0; i < n; i++)
        s->sum += (double)s->weights[i];
    if (extremes && first == 0)
        for (size_t j = 0; j < s->b->d; j++)
            s->b->low[j] = s->b->high[j] = s->cells[j];
    if (extremes)
        widen(s->b, n, s->cells);
    return GENMOD_OK;
}

static int32_t open_survey(survey *s, genmod_workspace *w)
{
    s->rows = BLOCK / s->b->d ? BLOCK / s->b->d : 1;
    s->numbers = base_scratch(w, s->rows, sizeof *s->numbers);
    s->weights = base_scratch(w, s->rows, sizeof *s->weights);
    s->cells = base_scratch(w, s->rows * s->b->d, sizeof *s->cells);
    s->stage = base_scratch(w, 1, nn_rows_stage(s->x, s->rows));
    return s->numbers && s->weights && s->cells && s->stage ? GENMOD_OK
                                                            : base_status(w);
}

int32_t ae_survey(ae_body *b, const genmod_data *x, int extremes,
                  double *mean_weight, genmod_workspace *w)
{
    const size_t n = base_data_rows(x);
    survey s = {.b = b, .x = x};
    int32_t status = open_survey(&s, w);

    for (size_t first = 0; first < n && !status; first += s.rows) {
        status = base_cancelled(w);
        if (!status)
            status = look(&s, first, n - first < s.rows ? n - first : s.rows,
                          extremes, w);
    }
    if (!status)
        *mean_weight = s.sum / (double)n;
    return status;
}
