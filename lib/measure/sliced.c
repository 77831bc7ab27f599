/* The sliced 2-Wasserstein distance: the mean, over directions on the sphere,
 * of the squared distance of the rows' projections, which on a line is that of
 * their sorted values. Rabin et al. 2011; Bonneel et al. 2015.
 *
 * Directions come in groups that are orthogonal within themselves, so that a
 * group covers the sphere more evenly than as many independent ones; groups are
 * independent, so that their means tell how far off the whole one may be.
 */
#include <math.h>
#include <string.h>

#include "measure/internal.h"

#define MOST_DIRECTIONS 65536
#define MOST_ROWS (UINT64_C(1) << 32)
#define GROUPS 30 /* that the standard error wants, where they can be had */
#define MOST_GROUP 64
#define FLIGHT_BYTES ((size_t)64 << 20) /* of projections at one time */

typedef struct slices {
    measure_panels pool;
    size_t m, n, group, groups;
    size_t flight; /* directions that are projected in one pass */
    uint64_t seed;
    double *theta;   /* [group, d] */
    double *line;    /* [flight, m + n] */
    double *scratch; /* [width, m + n] */
    double *panel;   /* [blocks, d * KERN_ROWS] */
    double *out;     /* [width, flight * KERN_ROWS] */
    unsigned char *pack;
    double *square;       /* [group] of each direction */
    size_t first;         /* direction of the flight's first, in its group */
    size_t count;         /* of the flight */
    size_t block, blocks; /* the panels under way */
} slices;

/* ---- directions --------------------------------------------------------- */

static double dot(size_t d, const double *a, const double *b)
{
    measure_sum s = {0};

    for (size_t c = 0; c < d; c++)
        measure_add(&s, a[c] * b[c]);
    return measure_total(&s);
}

/* Twice: after the second time they are orthogonal to rounding (Giraud et
 * al. 2005). Normals are never so near each other that nothing is left. */
static void make_orthogonal(size_t d, size_t i, double *theta)
{
    double *const v = theta + i * d;

    for (int twice = 0; twice < 2; twice++) {
        for (size_t j = 0; j < i; j++) {
            const double share = dot(d, v, theta + j * d);

            for (size_t c = 0; c < d; c++)
                v[c] -= share * theta[j * d + c];
        }
        const double length = sqrt(dot(d, v, v));
        for (size_t c = 0; c < d; c++)
            v[c] /= length;
    }
}

static void draw_group(const slices *s, size_t number)
{
    const size_t d = s->pool.d;

    for (size_t i = 0; i < s->group; i++) {
        kern_normals(s->pool.f64, s->seed, number * s->group + i,
                     MEASURE_SITE_DIRECTION, d, s->theta + i * d);
        make_orthogonal(d, i, s->theta);
    }
}

/* ---- projections -------------------------------------------------------- */

static int32_t project(size_t item, size_t slot, void *arg)
{
    const slices *const s = arg;
    const size_t d = s->pool.d;
    double *const out = s->out + slot * s->flight * KERN_ROWS;
    size_t first;
    const size_t m = measure_panel_rows(&s->pool, s->block + item, &first);

    s->pool.f64->gemm(0, 0, s->count, m, d, 1.0, s->theta + s->first * d, d,
                      s->panel + item * d * KERN_ROWS, KERN_ROWS, 0.0, out,
                      KERN_ROWS, s->pack + slot * kern_gemm_scratch());
    for (size_t i = 0; i < s->count; i++)
        memcpy(s->line + i * s->pool.n + first, out + i * KERN_ROWS,
               m * sizeof *out);
    return GENMOD_OK;
}

static int32_t project_all(slices *s, genmod_workspace *w)
{
    const size_t n = measure_panels_count(&s->pool), most = s->blocks;
    int32_t status = GENMOD_OK;

    for (s->block = 0; s->block < n && !status; s->block += most) {
        const size_t count = n - s->block < most ? n - s->block : most;

        status = base_cancelled(w);
        if (!status)
            status =
                measure_panels_read(&s->pool, s->block, count, s->panel, w);
        if (!status)
            status = base_parallel(w, count, project, s);
    }
    return status;
}

/* int (F^-1 - G^-1)^2 of two sorted samples: quantile i of one meets quantile j
 * of the other between the steps of both, counted in parts of m n. */
static double distance_on_line(size_t m, const double *x, size_t n,
                               const double *y)
{
    measure_sum s = {0};
    uint64_t at = 0;

    for (size_t i = 0, j = 0; i < m && j < n;) {
        const uint64_t of_x = (uint64_t)(i + 1) * n,
                       of_y = (uint64_t)(j + 1) * m;
        const uint64_t next = of_x < of_y ? of_x : of_y;
        const double e = x[i] - y[j];

        measure_add(&s, (double)(next - at) * (e * e));
        at = next;
        i += of_x == next;
        j += of_y == next;
    }
    return measure_total(&s) / (double)m / (double)n;
}

static int32_t compare(size_t item, size_t slot, void *arg)
{
    const slices *const s = arg;
    double *const x = s->line + item * s->pool.n, *const y = x + s->m;
    double *const scratch = s->scratch + slot * s->pool.n;

    measure_sort(s->m, x, scratch);
    measure_sort(s->n, y, scratch);
    s->square[s->first + item] = distance_on_line(s->m, x, s->n, y);
    return GENMOD_OK;
}

static int32_t run_group(slices *s, size_t number, double *mean,
                         genmod_workspace *w)
{
    measure_sum sum = {0};
    int32_t status = GENMOD_OK;

    draw_group(s, number);
    for (s->first = 0; s->first < s->group && !status; s->first += s->count) {
        const size_t left = s->group - s->first;

        s->count = left < s->flight ? left : s->flight;
        status = project_all(s, w);
        if (!status)
            status = base_parallel(w, s->count, compare, s);
    }
    for (size_t i = 0; i < s->group; i++)
        measure_add(&sum, s->square[i]);
    *mean = measure_total(&sum) / (double)s->group;
    return status;
}

/* ---- the call ----------------------------------------------------------- */

static void plan(slices *s, size_t directions)
{
    const size_t d = s->pool.d,
                 each = FLIGHT_BYTES / sizeof(double) / s->pool.n;
    const size_t panel = d * KERN_ROWS * sizeof(double);

    s->group = directions / GROUPS;
    if (s->group > d)
        s->group = d;
    if (s->group > MOST_GROUP)
        s->group = MOST_GROUP;
    if (s->group < 1)
        s->group = 1;
    s->groups = (directions + s->group - 1) / s->group;
    s->flight = each < 1 ? 1 : each < s->group ? each : s->group;
    s->blocks = ((size_t)4 << 20) / panel;
    if (s->blocks < 1)
        s->blocks = 1;
}

/* Differences from the first row: exact near it, wherever the data are. */
static int32_t take_center(slices *s, genmod_workspace *w)
{
    const int64_t row = 0;

    return measure_named(
        base_data_gather(s->pool.x[0], 1, &row, s->pool.center, NULL, NULL, w),
        "x", w);
}

static int32_t take_memory(slices *s, genmod_workspace *w)
{
    const size_t d = s->pool.d, width = base_width(w);

    s->theta = base_scratch(w, s->group, d * sizeof(double));
    s->line = base_scratch(w, s->flight, s->pool.n * sizeof(double));
    s->scratch = base_scratch(w, width, s->pool.n * sizeof(double));
    s->panel = base_scratch(w, s->blocks, d * KERN_ROWS * sizeof(double));
    s->out = base_scratch(w, width, s->flight * KERN_ROWS * sizeof(double));
    s->pack = base_scratch(w, width, kern_gemm_scratch());
    s->square = base_scratch(w, s->group, sizeof(double));
    if (!s->theta || !s->line || !s->scratch || !s->panel || !s->out ||
        !s->pack || !s->square)
        return base_status(w);
    return GENMOD_OK;
}

static int32_t check(slices *s, const genmod_data *x, const genmod_data *y,
                     size_t directions, const double *out, genmod_workspace *w)
{
    const int32_t status = measure_panels_open_pair(&s->pool, x, y, w);

    if (status)
        return status;
    if (!out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    if (directions < 2 || directions > MOST_DIRECTIONS)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "directions is %u; it must be from 2 to %u",
                         (uint64_t)directions, (uint64_t)MOST_DIRECTIONS);
    if (s->pool.n > MOST_ROWS)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "x and y have %u rows; together they may have %u",
                         (uint64_t)s->pool.n, MOST_ROWS);
    s->m = s->pool.rows[0];
    s->n = s->pool.rows[1];
    plan(s, directions);
    return GENMOD_OK;
}

/* Mean of the groups' means, and its standard error from their spread. */
static int32_t run(slices *s, double *out, double *error, genmod_workspace *w)
{
    double mean = 0, spread = 0;
    int exponent = 0;
    int32_t status = take_memory(s, w);

    if (!status)
        status = take_center(s, w);
    for (size_t g = 0; g < s->groups && !status; g++) {
        double v = 0;

        status = run_group(s, g, &v, w);
        if (g == 0)
            exponent = measure_exponent(v);
        /* Welford 1962 */
        const double e = v - mean;
        mean += e / (double)(g + 1);
        spread += ldexp(e, -exponent) * ldexp(v - mean, -exponent);
    }
    if (!status && !isfinite(mean))
        status = base_fail(w, GENMOD_BREAKDOWN,
                           "the distance leaves the range of doubles");
    if (status)
        return status;
    *out = mean;
    if (error)
        *error =
            ldexp(sqrt(spread / (double)(s->groups - 1) / (double)s->groups),
                  exponent);
    return GENMOD_OK;
}

int32_t genmod_sample_sliced_wasserstein(const genmod_data *x,
                                         const genmod_data *y,
                                         size_t directions, uint64_t seed,
                                         double *out, double *standard_error,
                                         genmod_workspace *w)
{
    slices s = {.seed = seed};
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    status = check(&s, x, y, directions, out, w);
    if (!status)
        status = run(&s, out, standard_error, w);
    return base_leave(&call, status);
}
