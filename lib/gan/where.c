/* Rows of which some columns are given. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "gan/internal.h"

#define LEAST ((size_t)256) /* candidates that are drawn at once */
#define MOST ((size_t)4096)

typedef struct search {
    const model *m;
    uint64_t seed, first;
    size_t tries, conditions;
    const int32_t *columns;
    const double *least, *most;
    int32_t label;
    size_t n;
    int32_t type;
    unsigned char *rows, *block; /* [n, d]; [MOST, d] */
    int32_t *labels;             /* [MOST]; NULL: candidates' are drawn */
    size_t given, tried;
} search;

/* ---- refusals ------------------------------------------------------------ */

/* The greatest number of a column of whole numbers from 0 on; -1: cells are
 * others. */
static double top_of(const model_schema *s, int32_t column)
{
    switch (s->kinds ? s->kinds[column] : GENMOD_REAL) {
    case GENMOD_CATEGORICAL:
        return s->levels[column] - 1.0;
    case GENMOD_BINARY:
        return 1;
    case GENMOD_COUNT:
        return GAN_COUNT_MOST;
    default:
        return -1;
    }
}

/* Whether a cell of the column's kind may be there. */
static int32_t check_range(const model *m, int32_t column, double least,
                           double most, genmod_workspace *w)
{
    const model_schema *const s = &m->body->schema;
    const double top = top_of(s, column);
    const int positive = s->kinds && s->kinds[column] == GENMOD_POSITIVE;

    if (top >= 0 &&
        ceil(least > 0 ? least : 0) > floor(most < top ? most : top))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "column %i may be from %g to %g; it holds 0 to %i, "
                         "whole numbers",
                         (int64_t)column, least, most, (int64_t)top);
    if (top < 0 &&
        (least > DBL_MAX || (positive ? most <= 0 : most < -DBL_MAX)))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "column %i may be from %g to %g; it holds %s numbers",
                         (int64_t)column, least, most,
                         positive ? "positive" : "finite");
    return GENMOD_OK;
}

static int32_t check_condition(const search *s, size_t i, genmod_workspace *w)
{
    const int32_t column = s->columns[i];
    const double least = s->least[i], most = s->most[i];

    if (column < 0 || (size_t)column >= s->m->d)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "columns has %i; the model's are 0 to %u",
                         (int64_t)column, (uint64_t)s->m->d - 1);
    if (!(least <= most))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "column %i may be from %g to %g, which no number is",
                         (int64_t)column, least, most);
    return check_range(s->m, column, least, most, w);
}

static int32_t check_label(const search *s, genmod_workspace *w)
{
    const int64_t classes = ((const gan_body *)s->m->body)->classes;

    if (s->label >= -1 && s->label < (classes ? classes : 0))
        return GENMOD_OK;
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "label is %i; the model has %i classes", (int64_t)s->label,
                     classes);
}

static int32_t check(const search *s, size_t bytes, const void *out,
                     genmod_workspace *w)
{
    int32_t status;

    if (s->m && s->tries < 1)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "tries is 0; it must be at least 1");
    status = model_check_numbers(s->m, s->first, s->tries, w);
    if (!status && s->n < 1)
        status =
            base_fail(w, GENMOD_BAD_ARGUMENT, "n is 0; it must be at least 1");
    if (!status && s->conditions && (!s->columns || !s->least || !s->most))
        status = base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL",
                           !s->columns ? "columns"
                           : !s->least ? "least"
                                       : "most");
    for (size_t i = 0; i < s->conditions && !status; i++)
        status = check_condition(s, i, w);
    if (!status)
        status = check_label(s, w);
    return status ? status
                  : model_check_out(s->n, s->m->d, s->type, bytes, out, w);
}

/* ---- rejection ----------------------------------------------------------- */

static double cell_of(const search *s, const void *row, int32_t column)
{
    return s->type == GENMOD_F32 ? (double)((const float *)row)[column]
                                 : ((const double *)row)[column];
}

static int meets_all(const search *s, const void *row)
{
    for (size_t i = 0; i < s->conditions; i++) {
        const double v = cell_of(s, row, s->columns[i]);

        if (!(v >= s->least[i] && v <= s->most[i]))
            return 0;
    }
    return 1;
}

static void take(search *s, size_t drawn)
{
    const size_t row = s->m->d * model_type_bytes(s->type);

    for (size_t i = 0; i < drawn && s->given < s->n; i++) {
        s->tried++;
        if (meets_all(s, s->block + i * row))
            memcpy(s->rows + s->given++ * row, s->block + i * row, row);
    }
}

/* About as many as are wanted still. */
static size_t count_next(const search *s)
{
    const size_t wanted = s->n - s->given, left = s->tries - s->tried;
    const size_t n = wanted < LEAST ? LEAST : wanted < MOST ? wanted : MOST;

    return n < left ? n : left;
}

static int32_t open_search(search *s, genmod_workspace *w)
{
    const size_t row = s->m->d * model_type_bytes(s->type);

    s->rows = base_scratch(w, s->n, row);
    s->block = base_scratch(w, MOST, row);
    if (!s->rows || !s->block)
        return base_status(w);
    memset(s->rows, 0, s->n * row);
    if (s->label < 0)
        return GENMOD_OK;
    s->labels = base_scratch(w, MOST, sizeof *s->labels);
    for (size_t i = 0; s->labels && i < MOST; i++)
        s->labels[i] = s->label;
    return s->labels ? GENMOD_OK : base_status(w);
}

static int32_t run(search *s, genmod_workspace *w)
{
    const size_t row = s->m->d * model_type_bytes(s->type);
    int32_t status = open_search(s, w);

    while (!status && s->given < s->n && s->tried < s->tries) {
        const base_mark mark = base_scratch_mark(w);
        const size_t n = count_next(s);

        status = gan_draw(s->m, s->seed, s->first + s->tried, n, s->labels,
                          s->type, n * row, s->block, w);
        base_scratch_release(w, mark);
        if (!status)
            take(s, n);
    }
    return status;
}

static int32_t sample_where(search *s, size_t bytes, void *out, size_t *given,
                            size_t *tried, genmod_workspace *w)
{
    int32_t status = check(s, bytes, out, w);

    if (!status)
        status = run(s, w);
    if (status)
        return status;
    memcpy(out, s->rows, s->n * s->m->d * model_type_bytes(s->type));
    if (given)
        *given = s->given;
    if (tried)
        *tried = s->tried;
    return GENMOD_OK;
}

int32_t gan_sample_where(const gan_model *m, uint64_t seed, uint64_t first,
                         size_t tries, size_t conditions,
                         const int32_t *columns, const double *least,
                         const double *most, int32_t label, size_t n,
                         int32_t type, size_t bytes, void *out, size_t *given,
                         size_t *tried, genmod_workspace *w)
{
    search s = {.m = (const model *)m,
                .seed = seed,
                .first = first,
                .tries = tries,
                .conditions = conditions,
                .columns = columns,
                .least = least,
                .most = most,
                .label = label,
                .n = n,
                .type = type};
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, sample_where(&s, bytes, out, given, tried, w));
}
