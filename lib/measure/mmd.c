/* The maximum mean discrepancy of two samples and its permutation test, by one
 * walk over the kernel's matrix (Gretton et al. 2012, section 2.2 and 5).
 *
 * Rows of x and y are pooled. With z_b = 1 for the rows that permutation b
 * calls x, K the kernel without its diagonal and 1 a vector of ones,
 *
 *     within x:  a = z^T K z       across:  c = z^T K 1 - a
 *     within y:  1^T K 1 - a - 2 c
 *
 * so all permutations come of K times a matrix of zeros and ones, tile by tile:
 * column 0 is the data's own z, column b permutation b, the last one 1.
 */
#include <math.h>
#include <string.h>

#include "measure/internal.h"

#define MOST_PERMUTATIONS 10000
#define MOST_ROWS (UINT64_C(1) << 32) /* of both samples */
#define MEDIAN_ROWS 1000              /* that the median distance looks at */
#define GROUP 2                       /* panels of queries, at most */
#define ROUND_BYTES ((size_t)4 << 20) /* of the z of a round */

typedef struct test {
    measure_panels pool;
    measure_walk walk;
    size_t m, n, permutations, columns; /* columns: permutations + 2 */
    double width, factor;               /* factor: 1 / width^2 */
    uint64_t seed;
    size_t words;    /* of a row's bits */
    uint64_t *bits;  /* [rows, words]: bit b is z_b of the row */
    double *z;       /* [round * KERN_ROWS, columns] */
    double *kz;      /* [width, MEASURE_TILE, columns] */
    double *part;    /* [items, 2, columns]: a and a + c of a tile */
    double *within;  /* [columns] a */
    double *against; /* [columns] a + c; the last one is 1^T K 1 */
    unsigned char *pack;
    size_t column; /* that mark() fills */
} test;

/* ---- labels ------------------------------------------------------------- */

static void mark(size_t i, void *arg)
{
    test *const s = arg;

    s->bits[i * s->words + s->column / 64] |= UINT64_C(1) << s->column % 64;
}

static int32_t permute(test *s, genmod_workspace *w)
{
    memset(s->bits, 0, s->pool.n * s->words * sizeof *s->bits);
    for (size_t i = 0; i < s->m; i++)
        mark(i, s);
    for (s->column = 1; s->column <= s->permutations; s->column++) {
        const int32_t status = base_cancelled(w);

        if (status)
            return status;
        measure_choose(s->pool.n, s->m, s->seed, s->column, MEASURE_SITE_LABELS,
                       mark, s);
    }
    return GENMOD_OK;
}

static double label(const test *s, size_t row, size_t column)
{
    return (double)(s->bits[row * s->words + column / 64] >> column % 64 & 1);
}

/* z of the round's rows as doubles. */
static void prepare(size_t g, size_t count, void *arg)
{
    test *const s = arg;

    for (size_t i = 0; i < count; i++) {
        size_t first;
        const size_t m = measure_panel_rows(&s->pool, g + i, &first);

        for (size_t r = 0; r < m; r++) {
            double *const z = s->z + (i * KERN_ROWS + r) * s->columns;

            for (size_t b = 0; b + 1 < s->columns; b++)
                z[b] = label(s, first + r, b);
            z[s->columns - 1] = 1;
        }
    }
}

/* ---- the walk ----------------------------------------------------------- */

/* l becomes the kernel, without its diagonal. */
static void kernel(const test *s, const measure_tile *t)
{
    for (size_t r = 0; r < t->rows; r++) {
        double *const l = t->l + r * KERN_ROWS;
        const size_t own = t->query + r - t->first; /* wraps where outside */

        for (size_t j = 0; j < t->m; j++)
            l[j] *= s->factor;
        s->pool.f64->exp(t->m, l, l);
        if (own < t->m)
            l[own] = 0;
    }
}

/* K is symmetric: a tile beside the diagonal's panels counts for its mirror. */
static void visit(const measure_tile *t, void *arg)
{
    const test *const s = arg;
    const size_t columns = s->columns;
    const double twice = t->own ? 1 : 2, mirror = t->own ? 0 : 1;
    double *const kz = s->kz + t->slot * MEASURE_TILE * columns;
    double *const within = s->part + t->item * 2 * columns;
    double *const against = within + columns;

    kernel(s, t);
    s->pool.f64->gemm(0, 0, t->rows, columns, t->m, 1.0, t->l, KERN_ROWS,
                      s->z + t->panel * KERN_ROWS * columns, columns, 0.0, kz,
                      columns, s->pack + t->slot * kern_gemm_scratch());
    for (size_t r = 0; r < t->rows; r++) {
        const double *const row = kz + r * columns;
        const double all = row[columns - 1];

        for (size_t b = 0; b + 1 < columns; b++) {
            const double z = label(s, t->query + r, b);

            within[b] += twice * (z * row[b]);
            against[b] += z * all + mirror * row[b];
        }
        against[columns - 1] += twice * all;
    }
}

static int32_t settle(const measure_tile *t, void *arg, genmod_workspace *w)
{
    const test *const s = arg;
    double *const part = s->part + t->item * 2 * s->columns;

    (void)w;
    for (size_t b = 0; b < s->columns; b++) {
        s->within[b] += part[b];
        s->against[b] += part[s->columns + b];
    }
    memset(part, 0, 2 * s->columns * sizeof *part);
    return GENMOD_OK;
}

/* ---- the width ---------------------------------------------------------- */

typedef struct chosen {
    size_t n;
    int64_t rows[MEDIAN_ROWS];
} chosen;

static void choose(size_t i, void *arg)
{
    chosen *const c = arg;

    c->rows[c->n++] = (int64_t)i;
}

/* The chosen rows of both views as doubles [n, d]. */
static int32_t gather(const test *s, chosen *c, double *rows,
                      genmod_workspace *w)
{
    size_t of_x = 0;
    int32_t status = GENMOD_OK;

    while (of_x < c->n && (size_t)c->rows[of_x] < s->m)
        of_x++;
    for (size_t i = of_x; i < c->n; i++)
        c->rows[i] -= (int64_t)s->m;
    if (of_x)
        status =
            base_data_gather(s->pool.x[0], of_x, c->rows, rows, NULL, NULL, w);
    status = measure_named(status, "x", w);
    if (status || of_x == c->n)
        return status;
    status = base_data_gather(s->pool.x[1], c->n - of_x, c->rows + of_x,
                              rows + of_x * s->pool.d, NULL, NULL, w);
    return measure_named(status, "y", w);
}

/* Squared distances of all pairs of n rows. */
static int32_t pairs(const test *s, size_t n, const double *rows, double *out,
                     genmod_workspace *w)
{
    for (size_t i = 1; i < n; i++) {
        const int32_t status = base_cancelled(w);

        if (status)
            return status;
        for (size_t j = 0; j < i; j++) {
            double sum = 0;

            for (size_t c = 0; c < s->pool.d; c++) {
                const double e =
                    rows[i * s->pool.d + c] - rows[j * s->pool.d + c];

                sum += e * e;
            }
            *out++ = sum;
        }
    }
    return GENMOD_OK;
}

/* The median distance of the pooled rows, or of MEDIAN_ROWS of them. Which ones
 * does not depend on what is x and what y, or the test would not be exact. */
static int32_t median(test *s, genmod_workspace *w)
{
    const size_t n = s->pool.n < MEDIAN_ROWS ? s->pool.n : MEDIAN_ROWS;
    const size_t count = n * (n - 1) / 2;
    chosen *const c = base_scratch(w, 1, sizeof *c);
    double *const rows = base_scratch(w, n, s->pool.d * sizeof *rows);
    double *const square = base_scratch(w, 2 * count, sizeof *square);
    int32_t status;

    if (!c || !rows || !square)
        return base_status(w);
    c->n = 0;
    measure_choose(s->pool.n, n, s->seed, 0, MEASURE_SITE_MEDIAN, choose, c);
    status = gather(s, c, rows, w);
    if (!status)
        status = pairs(s, n, rows, square, w);
    if (status)
        return status;
    measure_sort(count, square, square + count);
    s->width = sqrt(square[count / 2]);
    if (!(s->width > 0) || !isfinite(s->width))
        return base_fail(
            w, GENMOD_BREAKDOWN,
            "the median distance of the rows is %g, which makes no "
            "kernel; give a width",
            s->width);
    return GENMOD_OK;
}

/* ---- the call ----------------------------------------------------------- */

static int32_t take_memory(test *s, genmod_workspace *w)
{
    const size_t columns = s->columns = s->permutations + 2;
    const size_t panel = columns * KERN_ROWS * sizeof(double);
    const size_t most = ROUND_BYTES / panel + 1;

    measure_walk_plan(&s->walk);
    s->walk.group = s->walk.group < GROUP ? s->walk.group : GROUP;
    s->walk.round = s->walk.round < most ? s->walk.round : most;
    s->words = s->permutations / 64 + 1;
    s->bits = base_scratch(w, s->pool.n, s->words * sizeof *s->bits);
    s->z = base_scratch(w, s->walk.round, panel);
    s->kz =
        base_scratch(w, base_width(w) * MEASURE_TILE, columns * sizeof(double));
    s->part = base_scratch(w, measure_walk_items(&s->walk),
                           2 * columns * sizeof(double));
    s->within = base_scratch(w, 2 * columns, sizeof(double));
    s->pack = base_scratch(w, base_width(w), kern_gemm_scratch());
    if (!s->bits || !s->z || !s->kz || !s->part || !s->within || !s->pack)
        return base_status(w);
    s->against = s->within + columns;
    memset(s->within, 0, 2 * columns * sizeof(double));
    memset(s->part, 0,
           measure_walk_items(&s->walk) * 2 * columns * sizeof(double));
    return GENMOD_OK;
}

/* The U-statistic of permutation b: Gretton et al. 2012, (3). */
static double statistic(const test *s, size_t b)
{
    const double m = (double)s->m, n = (double)s->n;
    const double a = s->within[b], c = s->against[b] - a;
    const double rest = s->against[s->columns - 1] - a - 2 * c;

    return a / (m * (m - 1)) + rest / (n * (n - 1)) - 2 * c / (m * n);
}

/* The share of labellings, the data's own among them, that are as far apart. */
static double p_of(const test *s)
{
    size_t above = 1;

    for (size_t b = 1; b <= s->permutations; b++)
        above += statistic(s, b) >= statistic(s, 0);
    return (double)above / (double)(s->permutations + 1);
}

static int32_t check(test *s, const genmod_data *x, const genmod_data *y,
                     const double *out, genmod_workspace *w)
{
    int32_t status = measure_panels_open_pair(&s->pool, x, y, w);

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
    if (s->pool.n > MOST_ROWS)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "x and y have %u rows; together they may have %u",
                         (uint64_t)s->pool.n, MOST_ROWS);
    if (!(s->width >= 0) || !isfinite(s->width))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "width is %g; it must be finite and > 0, or 0 for the "
                         "median distance",
                         s->width);
    if (s->permutations > MOST_PERMUTATIONS)
        return base_fail(
            w, GENMOD_BAD_ARGUMENT, "permutations is %u; it may be %u at most",
            (uint64_t)s->permutations, (uint64_t)MOST_PERMUTATIONS);
    return GENMOD_OK;
}

static int32_t run(test *s, genmod_workspace *w)
{
    int32_t status = s->width > 0 ? GENMOD_OK : median(s, w);

    s->walk = (measure_walk){.queries = &s->pool,
                             .candidates = &s->pool,
                             .symmetric = 1,
                             .prepare = prepare,
                             .visit = visit,
                             .settle = settle,
                             .arg = s};
    if (!status)
        status = take_memory(s, w);
    if (!status)
        status = measure_walk_center(&s->pool, NULL, w);
    if (!status)
        status = permute(s, w);
    s->factor = 1 / s->width / s->width;
    if (!status)
        status = measure_walk_run(&s->walk, w);
    if (!status && !isfinite(statistic(s, 0))) /* a NaN in K is in them all */
        status = base_fail(w, GENMOD_BREAKDOWN,
                           "a row's squared distance over that of the width %g "
                           "is no number",
                           s->width);
    return status;
}

int32_t genmod_sample_mmd(const genmod_data *x, const genmod_data *y,
                          double width, size_t permutations, uint64_t seed,
                          double *out, double *p_value, double *used,
                          genmod_workspace *w)
{
    test s = {.permutations = permutations, .width = width, .seed = seed};
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
    *out = statistic(&s, 0);
    if (p_value)
        *p_value = p_of(&s);
    if (used)
        *used = s.width;
    return base_leave(&call, GENMOD_OK);
}
