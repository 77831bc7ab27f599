/* Means, variances and ranges of columns of which some cells are missing. */
#include <math.h>
#include <string.h>

#include "gmm/survey.h"

#define ROWS ((size_t)1024) /* at a time */

/* A cell that is one, or one that may be missing. */
static int32_t check_cell(const genmod_data *x, double cell, uint64_t row,
                          size_t column, genmod_workspace *w)
{
    if (cell - cell == 0 || (cell != cell && base_data_missing(x)))
        return GENMOD_OK;
    return base_fail(w, GENMOD_NON_FINITE,
                     "the cell in row %u, column %u is %g", row,
                     (uint64_t)column, cell);
}

/* West 1979: weighted means and squared deviations, which lose no digits to a
 * far-off origin. */
static void add_cell(gmm_survey *s, size_t c, double x, double weight)
{
    const double e = x - s->mean[c];

    s->mass[c] += weight;
    s->mean[c] += e * (weight / s->mass[c]);
    s->variance[c] += weight * e * (x - s->mean[c]);
    s->low[c] = x < s->low[c] ? x : s->low[c];
    s->high[c] = x > s->high[c] ? x : s->high[c];
}

static int32_t add_rows(const genmod_data *x, size_t first, size_t n,
                        void *stage, gmm_survey *s, genmod_workspace *w)
{
    const size_t d = base_data_columns(x);
    base_view v;
    int32_t status = base_data_view(x, first, n, stage, &v, w);

    for (size_t i = 0; i < n && !status; i++)
        for (size_t c = 0; c < d && !status; c++) {
            const double cell = base_view_cell(&v, i, c);

            status = check_cell(x, cell, first + i, c, w);
            if (cell == cell)
                add_cell(s, c, cell, v.weights ? v.weights[i] : 1);
            else
                s->missing++;
        }
    return status;
}

static int32_t reserve(size_t d, gmm_survey *s, genmod_workspace *w)
{
    double *const all = base_scratch(w, 5 * d, sizeof *all);

    if (!all)
        return base_status(w);
    memset(all, 0, 5 * d * sizeof *all);
    *s = (gmm_survey){.mean = all,
                      .variance = all + d,
                      .mass = all + 2 * d,
                      .low = all + 3 * d,
                      .high = all + 4 * d};
    for (size_t c = 0; c < d; c++) {
        s->low[c] = INFINITY;
        s->high[c] = -INFINITY;
    }
    return GENMOD_OK;
}

int32_t gmm_survey_run(const genmod_data *x, gmm_survey *s, genmod_workspace *w)
{
    const size_t n = base_data_rows(x), d = base_data_columns(x);
    void *const stage = base_scratch(w, 1, base_data_stage_bytes(x, ROWS));
    int32_t status = stage ? reserve(d, s, w) : base_status(w);

    for (size_t first = 0; first < n && !status; first += ROWS) {
        status = base_cancelled(w);
        if (!status)
            status = add_rows(x, first, n - first < ROWS ? n - first : ROWS,
                              stage, s, w);
    }
    for (size_t c = 0; c < d && !status; c++) {
        if (!(s->mass[c] > 0))
            status =
                base_fail(w, GENMOD_BAD_ARGUMENT,
                          "column %u has no cell that is there", (uint64_t)c);
        s->variance[c] /= s->mass[c];
    }
    return status;
}

int32_t gmm_gather(const genmod_data *x, size_t n, const int64_t *rows,
                   void *stage, double *out, double *weights,
                   genmod_workspace *w)
{
    const size_t d = base_data_columns(x);
    int32_t status = GENMOD_OK;

    for (size_t at = 0, some; at < n && !status; at += some) {
        base_view v;

        some = n - at;
        status = base_data_pick(x, &some, rows + at, stage, &v, w);
        for (size_t i = 0; i < some && !status; i++) {
            weights[at + i] = v.weights ? v.weights[i] : 1;
            for (size_t c = 0; c < d && !status; c++) {
                const double cell = base_view_cell(&v, i, c);

                out[(at + i) * d + c] = cell;
                status = check_cell(x, cell, (uint64_t)rows[at + i], c, w);
            }
        }
    }
    return status;
}
