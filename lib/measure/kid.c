/* The kernel distance of Binkowski et al. 2018: the squared maximum mean
 * discrepancy under k(x, y) = (x y / d + 1)^3, over all pairs.
 *
 * With a_i = mean_j k(x_i, x_j) - mean_j k(x_i, y_j), j not i, and b_j likewise
 * of y's rows, the U-statistic is mean a + mean b. Its variance has a part of
 * the rows and one of pairs (Hoeffding 1948); with e the kernel less the
 * effects of its row and column,
 *
 *     pairs = 2 var e_xx / (m (m - 1)) + 2 var e_yy / (n (n - 1))
 *             + 4 var e_xy / (m n)
 *     4 var a / m + 4 var b / n = rows + 2 pairs   in expectation,
 *
 * so that rows + pairs is the left side less pairs, and never below pairs.
 * Where the samples are of one distribution, rows are nothing and pairs all.
 */
#include <math.h>
#include <string.h>

#include "measure/internal.h"

/* Of a row: sums of the kernel against x and y, and of its squares. */
typedef struct row_sums {
    double sum[2], square[2];
} row_sums;

/* Of the rows of one sample, against its own sample and the other: sums of row
 * means, of their squares, of a (or b) and its square, of the kernel's
 * squares. */
typedef struct sample_sums {
    measure_sum mean[2], mean_square[2], square[2], gap, gap_square;
} sample_sums;

typedef struct kid {
    measure_panels pool;
    size_t m, n;
    row_sums *row; /* [items * MEASURE_TILE] */
    sample_sums of[2];
    int shifted[2]; /* base is the first gap, so that squares do not cancel */
    double base[2];
} kid;

/* Three products, not a power. */
static void kernel(const kid *s, size_t m, double *l)
{
    const double scale = 1 / (double)s->pool.d;

    for (size_t j = 0; j < m; j++) {
        const double t = l[j] * scale + 1;

        l[j] = t * t * t;
    }
}

static void visit(const measure_tile *t, void *arg)
{
    const kid *const s = arg;
    const kern_ops *const f64 = s->pool.f64;
    const size_t of = t->first >= s->m;

    for (size_t r = 0; r < t->rows; r++) {
        double *const l = t->l + r * KERN_ROWS;
        row_sums *const sums = s->row + t->item * MEASURE_TILE + r;
        const size_t own = t->query + r - t->first; /* wraps where outside */

        kernel(s, t->m, l);
        if (own < t->m)
            l[own] = 0;
        sums->sum[of] += f64->sum(t->m, l);
        sums->square[of] += f64->sum_squares(t->m, l);
    }
}

static void settle_row(kid *s, size_t of, const row_sums *r)
{
    const double count[2] = {(double)(of ? s->n : s->m) - 1,
                             (double)(of ? s->m : s->n)};
    sample_sums *const sums = &s->of[of];
    double mean[2], gap;

    for (size_t i = 0; i < 2; i++) { /* i: the own sample, the other */
        mean[i] = r->sum[of ^ i] / count[i];
        measure_add(&sums->mean[i], mean[i]);
        measure_add(&sums->mean_square[i], mean[i] * mean[i]);
        measure_add(&sums->square[i], r->square[of ^ i]);
    }
    gap = mean[0] - mean[1];
    if (!s->shifted[of])
        s->base[of] = gap;
    s->shifted[of] = 1;
    measure_add(&sums->gap, gap - s->base[of]);
    measure_add(&sums->gap_square, (gap - s->base[of]) * (gap - s->base[of]));
}

static int32_t settle(const measure_tile *t, void *arg, genmod_workspace *w)
{
    kid *const s = arg;
    row_sums *const row = s->row + t->item * MEASURE_TILE;

    (void)w;
    for (size_t r = 0; r < t->rows; r++)
        settle_row(s, t->query + r >= s->m, row + r);
    memset(row, 0, MEASURE_TILE * sizeof *row);
    return GENMOD_OK;
}

/* var e of the kernel within a sample: the residual of an analysis of variance
 * with one effect a row, m (m - 3) / 2 degrees of freedom. */
static double within(const sample_sums *s, double m)
{
    const double mean = measure_total(&s->mean[0]) / m;
    const double rows = measure_total(&s->mean_square[0]) / m - mean * mean;
    const double all =
        measure_total(&s->square[0]) / (m * (m - 1)) - mean * mean;
    const double e =
        m > 3 ? (m - 1) / (m - 3) * (all - 2 * (m - 1) / (m - 2) * rows) : all;

    return e > 0 ? e : 0;
}

/* The same across, with effects of rows and columns. */
static double across(const kid *s)
{
    const double m = (double)s->m, n = (double)s->n;
    const sample_sums *const x = &s->of[0], *const y = &s->of[1];
    const double mean = measure_total(&x->mean[1]) / m;
    const double all = measure_total(&x->square[1]) / (m * n) + mean * mean;
    const double e = m * n / ((m - 1) * (n - 1)) *
                     (all - measure_total(&x->mean_square[1]) / m -
                      measure_total(&y->mean_square[1]) / n);

    return e > 0 ? e : 0;
}

static double gap_variance(const sample_sums *s, double m)
{
    const double sum = measure_total(&s->gap);

    return (measure_total(&s->gap_square) - sum * sum / m) / (m - 1);
}

static double variance(const kid *s)
{
    const double m = (double)s->m, n = (double)s->n;
    const double pairs = 2 * within(&s->of[0], m) / (m * (m - 1)) +
                         2 * within(&s->of[1], n) / (n * (n - 1)) +
                         4 * across(s) / (m * n);
    const double rows = 4 * gap_variance(&s->of[0], m) / m +
                        4 * gap_variance(&s->of[1], n) / n - 2 * pairs;

    return pairs + (rows > 0 ? rows : 0);
}

static double statistic(const kid *s)
{
    double sum = 0;

    for (size_t i = 0; i < 2; i++)
        sum += s->base[i] +
               measure_total(&s->of[i].gap) / (double)(i ? s->n : s->m);
    return sum;
}

static int32_t check(kid *s, const genmod_data *x, const genmod_data *y,
                     const double *out, genmod_workspace *w)
{
    const int32_t status = measure_panels_open_pair(&s->pool, x, y, w);

    if (status)
        return status;
    s->m = s->pool.rows[0];
    s->n = s->pool.rows[1];
    if (!out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    if (s->m < 2 || s->n < 2)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "%s has 1 row; it must have 2 at least",
                         s->m < 2 ? "x" : "y");
    return GENMOD_OK;
}

static int32_t run(kid *s, genmod_workspace *w)
{
    measure_walk walk = {.queries = &s->pool,
                         .candidates = &s->pool,
                         .products = 1,
                         .visit = visit,
                         .settle = settle,
                         .arg = s};
    size_t rows;

    measure_walk_plan(&walk);
    rows = measure_walk_items(&walk) * MEASURE_TILE;
    s->row = base_scratch(w, rows, sizeof *s->row);
    if (!s->row)
        return base_status(w);
    memset(s->row, 0, rows * sizeof *s->row);
    return measure_walk_run(&walk, w);
}

int32_t genmod_sample_kid(const genmod_data *x, const genmod_data *y,
                          double *out, double *standard_error,
                          genmod_workspace *w)
{
    kid s = {0};
    double v, error;
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
    v = statistic(&s);
    error = sqrt(variance(&s));
    if (!isfinite(v) || !isfinite(error))
        return base_leave(&call,
                          base_fail(w, GENMOD_BREAKDOWN,
                                    "the kernel leaves the range of doubles"));
    *out = v;
    if (standard_error)
        *standard_error = error;
    return base_leave(&call, GENMOD_OK);
}
