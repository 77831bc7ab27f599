/* Two samples by nearest neighbours (Schilling 1986; Henze 1988; Lopez-Paz,
 * Oquab 2017): how many rows have their nearest neighbour in their own sample.
 *
 * The graph of nearest neighbours does not know whose a row is. If both samples
 * are of one distribution, the labels lie on it by chance, which gives the
 * statistic's mean and variance exactly: they follow from how often two edges
 * share rows.
 */
#include <math.h>
#include <string.h>

#include "measure/internal.h"

#define MOST_ROWS (UINT64_C(1) << 32)

typedef struct near {
    double l;
    size_t row;
} near;

typedef struct two {
    measure_panels pool;
    double m, n;
    near *near;      /* [items * MEASURE_TILE] */
    uint32_t *to;    /* [rows] the nearest neighbour */
    uint32_t *times; /* [rows] that a row is it */
} two;

/* Of equally near rows the one with the greater number of these: copies must
 * not prefer x because it comes first. */
static uint64_t lot(size_t row)
{
    uint32_t bits[4];

    base_random(0, row, MEASURE_SITE_EQUAL, 0, bits);
    return (uint64_t)bits[0] << 32 | bits[1];
}

static void visit(const measure_tile *t, void *arg)
{
    const two *const s = arg;

    for (size_t r = 0; r < t->rows; r++) {
        near *const n = s->near + t->item * MEASURE_TILE + r;
        const double *const l = t->l + r * KERN_ROWS;
        const size_t own = t->query + r - t->first; /* wraps where outside */

        for (size_t j = 0; t->most[r] >= n->l && j < t->m; j++) {
            if (!(l[j] >= n->l) || j == own)
                continue;
            if (l[j] > n->l || lot(t->first + j) > lot(n->row))
                *n = (near){l[j], t->first + j};
        }
    }
}

static int32_t settle(const measure_tile *t, void *arg, genmod_workspace *w)
{
    const two *const s = arg;

    for (size_t r = 0; r < t->rows; r++) {
        near *const n = s->near + t->item * MEASURE_TILE + r;

        if (!isfinite(n->l))
            return base_fail(w, GENMOD_BREAKDOWN,
                             "row %u of x and y has no neighbour whose "
                             "distance has a square",
                             (uint64_t)(t->query + r));
        s->to[t->query + r] = (uint32_t)n->row;
        s->times[n->row]++;
        n->l = -(double)INFINITY;
    }
    return GENMOD_OK;
}

/* Pairs of edges i -> to[i], in order: mutual ones, and those that share one
 * row. */
static void count_pairs(const two *s, double *mutual, double *shared)
{
    *mutual = *shared = 0;
    for (size_t i = 0; i < s->pool.n; i++) {
        const double times = (double)s->times[i];

        *mutual += s->to[s->to[i]] == i;
        *shared += times * (times - 1);
    }
    *shared += 2 * ((double)s->pool.n - *mutual);
}

/* The chance that `rows` given rows are of one sample. */
static double alike(const two *s, double rows)
{
    double x = 1, y = 1;

    for (double i = 0; i < rows; i++) {
        x *= (s->m - i) / (s->m + s->n - i);
        y *= (s->n - i) / (s->m + s->n - i);
    }
    return x + y;
}

/* Of the number of rows whose nearest neighbour is of their own sample, if
 * labels lie by chance. */
static void moments(const two *s, double *mean, double *variance)
{
    const double m = s->m, n = s->n, all = m + n;
    const double apart = alike(s, 4) + 2 * m * (m - 1) / all / (all - 1) * n *
                                           (n - 1) / (all - 2) / (all - 3);
    double mutual, shared;

    count_pairs(s, &mutual, &shared);
    *mean = all * alike(s, 2);
    /* About the squared mean, all^2 alike^2, with all^2 as the number of all
     * pairs of edges. */
    const double square = alike(s, 2) * alike(s, 2);
    *variance = (all + mutual) * (alike(s, 2) - square) +
                shared * (alike(s, 3) - square) +
                (all * (all - 1) - mutual - shared) * (apart - square);
}

static int32_t check(two *s, const genmod_data *x, const genmod_data *y,
                     const double *out, genmod_workspace *w)
{
    const int32_t status = measure_panels_open_pair(&s->pool, x, y, w);

    if (status)
        return status;
    s->m = (double)s->pool.rows[0];
    s->n = (double)s->pool.rows[1];
    if (!out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    if (s->m < 2 || s->n < 2)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "%s has 1 row; it must have 2 at least",
                         s->m < 2 ? "x" : "y");
    if (s->pool.n > MOST_ROWS)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "x and y have %u rows; together they may have %u",
                         (uint64_t)s->pool.n, MOST_ROWS);
    return GENMOD_OK;
}

static int32_t run(two *s, genmod_workspace *w)
{
    measure_walk walk = {.queries = &s->pool,
                         .candidates = &s->pool,
                         .visit = visit,
                         .settle = settle,
                         .arg = s};
    size_t rows;
    int32_t status;

    measure_walk_plan(&walk);
    rows = measure_walk_items(&walk) * MEASURE_TILE;
    s->near = base_scratch(w, rows, sizeof *s->near);
    s->to = base_scratch(w, s->pool.n, 2 * sizeof *s->to);
    if (!s->near || !s->to)
        return base_status(w);
    s->times = s->to + s->pool.n;
    memset(s->times, 0, s->pool.n * sizeof *s->times);
    for (size_t i = 0; i < rows; i++)
        s->near[i] = (near){-(double)INFINITY, 0};
    status = measure_walk_center(&s->pool, NULL, w);
    if (!status)
        status = measure_walk_run(&walk, w);
    return status;
}

static double own_rows(const two *s)
{
    const size_t m = s->pool.rows[0];
    double sum = 0;

    for (size_t i = 0; i < s->pool.n; i++)
        sum += (i < m) == (s->to[i] < m);
    return sum;
}

int32_t genmod_sample_nearest(const genmod_data *x, const genmod_data *y,
                              double *out, double *standard_error,
                              double *expected, double *p_value,
                              genmod_workspace *w)
{
    two s = {0};
    double mean, variance, own, all;
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check(&s, x, y, out, w);
    if (!status)
        status = run(&s, w);
    if (status)
        return base_leave(&call, status);
    moments(&s, &mean, &variance);
    variance = variance > 0 ? variance : 0;
    own = own_rows(&s);
    all = s.m + s.n;
    *out = own / all;
    if (standard_error)
        *standard_error = sqrt(variance) / all;
    if (expected)
        *expected = mean / all;
    /* Half a row for continuity. */
    if (p_value)
        *p_value = variance > 0
                       ? measure_normal_tail(s.pool.f64, (own - 0.5 - mean) /
                                                             sqrt(variance))
                       : 1;
    return base_leave(&call, GENMOD_OK);
}
