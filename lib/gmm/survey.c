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

/* A survey of no rows at 1 + 5 d numbers. */
static gmm_survey survey_at(size_t d, double *at)
{
    const gmm_survey s = {.missing = 0,
                          .mean = at + 1,
                          .variance = at + 1 + d,
                          .mass = at + 1 + 2 * d,
                          .low = at + 1 + 3 * d,
                          .high = at + 1 + 4 * d};

    memset(at, 0, (1 + 5 * d) * sizeof *at);
    for (size_t c = 0; c < d; c++) {
        s.low[c] = INFINITY;
        s.high[c] = -INFINITY;
    }
    return s;
}

static int32_t add_range(const genmod_data *x, size_t first, size_t n,
                         void *stage, gmm_survey *s, genmod_workspace *w)
{
    int32_t status = GENMOD_OK;

    for (size_t at = 0; at < n && !status; at += ROWS) {
        status = base_cancelled(w);
        if (!status)
            status = add_rows(x, first + at, n - at < ROWS ? n - at : ROWS,
                              stage, s, w);
    }
    return status;
}

/* Chan, Golub, LeVeque 1983, (2.1): sums of squares about two means. */
static void merge(size_t d, const double *at, gmm_survey *s)
{
    const double *const mean = at + 1, *const square = mean + d;
    const double *const mass = square + d, *const low = mass + d;
    const double *const high = low + d;

    s->missing += at[0];
    for (size_t c = 0; c < d; c++) {
        const double all = s->mass[c] + mass[c], e = mean[c] - s->mean[c];

        if (mass[c] > 0) {
            s->mean[c] += e * (mass[c] / all);
            s->variance[c] += square[c] + e * e * (s->mass[c] * mass[c] / all);
            s->mass[c] = all;
        }
        s->low[c] = low[c] < s->low[c] ? low[c] : s->low[c];
        s->high[c] = high[c] > s->high[c] ? high[c] : s->high[c];
    }
}

/* The surveys of all parts, in their order. */
static int32_t survey_parts(const genmod_data *x, size_t total, void *stage,
                            double *room, gmm_survey *s, genmod_workspace *w)
{
    const size_t d = base_data_columns(x), n = 1 + 5 * d;
    const size_t parts = base_parts(w);
    const size_t all = parts * (size_t)base_ranks_of(w).size;
    double *const own = room + n, *const every = own + parts * n;
    int32_t status = GENMOD_OK;

    for (size_t i = 0; i < parts && !status; i++) {
        gmm_survey part = survey_at(d, own + i * n);
        size_t first, count;

        base_part(w, total, base_data_rows(x), i, &first, &count);
        status = add_range(x, first, count, stage, &part, w);
        own[i * n] = part.missing;
    }
    status = base_all_gather(w, status, parts * n * sizeof *own, own, every);
    for (size_t i = 0; i < all && !status; i++)
        merge(d, every + i * n, s);
    return status;
}

int32_t gmm_survey_run(const genmod_data *x, size_t total, gmm_survey *s,
                       genmod_workspace *w)
{
    const size_t d = base_data_columns(x), size = (size_t)base_ranks_of(w).size;
    void *const stage = base_scratch(w, 1, base_data_stage_bytes(x, ROWS));
    double *const room = base_scratch(w, 1 + base_parts(w) * (1 + size),
                                      (1 + 5 * d) * sizeof *room);
    int32_t status = GENMOD_OK;

    if (!stage || !room)
        return base_status(w);
    *s = survey_at(d, room);
    if (size == 1 && !base_ranks_of(w).shards)
        status = add_range(x, 0, total, stage, s, w);
    else
        status = survey_parts(x, total, stage, room, s, w);
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
