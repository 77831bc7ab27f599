/* The Frechet distance of two samples' Gaussians, less its bias.
 *
 * With means and covariances estimated from m and n rows the squared distance
 * is a smooth function of moments, too large by c / m + c' / n and what is
 * smaller. Batches are left out in turn, one of each sample at once (Quenouille
 * 1956; Tukey 1958): from the distance of all rows, t, and the mean of those
 * without one of G batches, s,
 *
 *     G t - (G - 1) s
 *
 * lacks these terms, and the spread of the distances tells its error.
 */
#include <math.h>
#include <string.h>

#include "measure/internal.h"

#define MOST_COLUMNS 65536u
#define CHUNK 1024 /* rows that are read at once, at most */

/* Sums over rows about `center`. */
typedef struct moments {
    size_t n;
    double *sum;    /* [d] */
    double *square; /* [d, d] */
} moments;

typedef struct side {
    const char *name;
    const genmod_data *x;
    size_t n;
    measure_batches batches;
    double *center; /* [d]: the mean */
    moments all, batch;
    double *mean; /* [d] of the rows that are in */
    double *l;    /* [d, d]: l l^T is their covariance */
} side;

typedef struct frechet {
    const kern_ops *f64;
    size_t d, count, chunk; /* count: batches */
    side side[2];
    int64_t *row;    /* [chunk] */
    double *cells;   /* [chunk, d] */
    double *weights; /* [chunk] */
    double *cov, *vector, *work;
    void *pack;
    unsigned char *slots; /* [width, kern_gemm_scratch()] */
} frechet;

/* ---- moments ------------------------------------------------------------ */

typedef struct job {
    const kern_product *product;
    const double *cells;
    double *square;
    unsigned char *slots;
} job;

static int32_t multiply(size_t item, size_t slot, void *arg)
{
    const job *const j = arg;

    kern_product_item(j->product, item, j->cells, j->cells, j->square,
                      j->slots + slot * kern_gemm_scratch());
    return GENMOD_OK;
}

/* square += E^T E of `rows` rows E. */
static int32_t add_squares(const frechet *s, size_t rows, double *square,
                           genmod_workspace *w)
{
    kern_product p = {.ops = s->f64,
                      .ta = 1,
                      .m = s->d,
                      .n = s->d,
                      .k = rows,
                      .lda = s->d,
                      .ldb = s->d,
                      .ldc = s->d,
                      .alpha = 1,
                      .beta = 1};
    job j = {&p, s->cells, square, s->slots};

    kern_product_cut(&p);
    return base_parallel(w, kern_product_items(&p), multiply, &j);
}

/* Rows as differences from the center. */
static int32_t read(const frechet *s, const side *a, size_t rows,
                    const int64_t *row, genmod_workspace *w)
{
    int32_t status = base_cancelled(w);

    if (!status)
        status = measure_named(
            base_data_gather(a->x, rows, row, s->cells, s->weights, NULL, w),
            a->name, w);
    for (size_t i = 0; i < rows && !status; i++) {
        if (s->weights[i] != 1)
            return measure_refuse_weight(a->name, s->weights[i], w);
        for (size_t c = 0; c < s->d; c++)
            s->cells[i * s->d + c] -= a->center[c];
    }
    return status;
}

static int32_t add_rows(const frechet *s, const side *a, size_t rows,
                        const int64_t *row, moments *m, genmod_workspace *w)
{
    const int32_t status = read(s, a, rows, row, w);

    for (size_t i = 0; i < rows && !status; i++)
        for (size_t c = 0; c < s->d; c++)
            m->sum[c] += s->cells[i * s->d + c];
    m->n += rows;
    if (status || !m->square)
        return status;
    return add_squares(s, rows, m->square, w);
}

static void clear(size_t d, moments *m)
{
    m->n = 0;
    memset(m->sum, 0, d * sizeof *m->sum);
    if (m->square)
        memset(m->square, 0, d * d * sizeof *m->square);
}

/* Of all rows, in their order. */
static int32_t gather_whole(const frechet *s, const side *a, moments *m,
                            genmod_workspace *w)
{
    int32_t status = GENMOD_OK;

    clear(s->d, m);
    for (size_t at = 0; at < a->n && !status; at += s->chunk) {
        const size_t rows = a->n - at < s->chunk ? a->n - at : s->chunk;

        for (size_t i = 0; i < rows; i++)
            s->row[i] = (int64_t)(at + i);
        status = add_rows(s, a, rows, s->row, m, w);
    }
    return status;
}

static int32_t gather_batch(const frechet *s, side *a, size_t batch,
                            genmod_workspace *w)
{
    const measure_batches *const b = &a->batches;
    const size_t end = b->start[batch + 1];
    int32_t status = GENMOD_OK;

    clear(s->d, &a->batch);
    for (size_t at = b->start[batch]; at < end && !status; at += s->chunk)
        status = add_rows(s, a, end - at < s->chunk ? end - at : s->chunk,
                          b->row + at, &a->batch, w);
    return status;
}

/* The mean first, so that the squares about it lose nothing. */
static int32_t gather_all(frechet *s, side *a, genmod_workspace *w)
{
    moments first = {.sum = a->mean};
    int32_t status;

    memset(a->center, 0, s->d * sizeof *a->center);
    status = gather_whole(s, a, &first, w);
    for (size_t c = 0; c < s->d; c++)
        a->center[c] = first.sum[c] / (double)a->n;
    if (!status)
        status = gather_whole(s, a, &a->all, w);
    return status;
}

/* ---- one distance ------------------------------------------------------- */

/* A factor by Cholesky where there is one, else V sqrt(e) of the eigenvalues,
 * those that rounding left below 0 as 0. */
static int take_root(const frechet *s, double *l)
{
    const size_t d = s->d;

    memcpy(l, s->cov, d * d * sizeof *l);
    if (kern_cholesky(s->f64, d, l, d, (double)d * 0x1p-52, s->pack) == d) {
        for (size_t i = 0; i < d; i++)
            memset(l + i * d + i + 1, 0, (d - i - 1) * sizeof *l);
        return 1;
    }
    if (!kern_eigen(d, s->cov, d, s->vector, l, d, s->vector + d))
        return 0;
    for (size_t i = 0; i < d * d; i++)
        l[i] *= s->vector[i % d] > 0 ? sqrt(s->vector[i % d]) : 0;
    return 1;
}

/* Mean and factor of all rows without the batch, or of all. */
static int factor(const frechet *s, side *a, int whole)
{
    const size_t d = s->d;
    const moments *const out = &a->batch;
    const double n = (double)(a->all.n - (whole ? 0 : out->n));

    for (size_t c = 0; c < d; c++)
        a->mean[c] = (a->all.sum[c] - (whole ? 0 : out->sum[c])) / n;
    for (size_t i = 0; i < d * d; i++)
        s->cov[i] = (a->all.square[i] - (whole ? 0 : out->square[i]) -
                     n * (a->mean[i / d] * a->mean[i % d])) /
                    (n - 1);
    for (size_t c = 0; c < d; c++)
        a->mean[c] += a->center[c];
    return take_root(s, a->l);
}

static int32_t distance(frechet *s, int whole, double *out, genmod_workspace *w)
{
    const side *const x = &s->side[0], *const y = &s->side[1];
    double v = NAN;

    if (factor(s, &s->side[0], whole) && factor(s, &s->side[1], whole))
        v = measure_gaussian_frechet(s->f64, s->d, x->mean, x->l, y->mean, y->l,
                                     s->pack, s->work);
    if (!isfinite(v))
        return base_fail(w, GENMOD_BREAKDOWN,
                         "the distance leaves the range of doubles");
    *out = v;
    return GENMOD_OK;
}

/* ---- the call ----------------------------------------------------------- */

static int32_t take_moments(const frechet *s, moments *m, genmod_workspace *w)
{
    m->sum = base_scratch(w, s->d, sizeof *m->sum);
    m->square = base_scratch(w, s->d, s->d * sizeof *m->square);
    return m->sum && m->square ? GENMOD_OK : base_status(w);
}

static int32_t open_side(const frechet *s, size_t i, side *a,
                         genmod_workspace *w)
{
    int32_t status =
        measure_deal(&a->batches, a->n, s->count,
                     i ? MEASURE_SITE_BATCH_Y : MEASURE_SITE_BATCH_X, w);

    if (!status)
        status = take_moments(s, &a->all, w);
    if (!status)
        status = take_moments(s, &a->batch, w);
    if (status)
        return status;
    a->center = base_scratch(w, s->d, sizeof *a->center);
    a->mean = base_scratch(w, s->d, sizeof *a->mean);
    a->l = base_scratch(w, s->d, s->d * sizeof *a->l);
    return a->center && a->mean && a->l ? GENMOD_OK : base_status(w);
}

static int32_t take_memory(frechet *s, genmod_workspace *w)
{
    const size_t d = s->d, factor = kern_factor_scratch(d);
    const size_t gemm = kern_gemm_scratch();

    s->row = base_scratch(w, s->chunk, sizeof *s->row);
    s->cells = base_scratch(w, s->chunk, d * sizeof *s->cells);
    s->weights = base_scratch(w, s->chunk, sizeof *s->weights);
    s->cov = base_scratch(w, d, d * sizeof *s->cov);
    s->vector = base_scratch(w, d, 3 * sizeof *s->vector);
    s->work = base_scratch(w, measure_frechet_work(d), sizeof *s->work);
    s->pack = base_scratch(w, factor > gemm ? factor : gemm, 1);
    s->slots = base_scratch(w, base_width(w), gemm);
    if (!s->row || !s->cells || !s->weights || !s->cov || !s->vector ||
        !s->work || !s->pack || !s->slots)
        return base_status(w);
    return GENMOD_OK;
}

static int32_t check(frechet *s, const double *out, genmod_workspace *w)
{
    int32_t status = measure_check_pair(s->side[0].x, s->side[1].x, w);

    if (status)
        return status;
    if (!out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    s->d = base_data_columns(s->side[0].x);
    if (s->d > MOST_COLUMNS)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "x has %u columns; it may have %u", (uint64_t)s->d,
                         (uint64_t)MOST_COLUMNS);
    s->count = MEASURE_BATCHES;
    for (size_t i = 0; i < 2; i++) {
        side *const a = &s->side[i];

        a->n = base_data_rows(a->x);
        if (a->n < 3)
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "%s has %u rows; it must have 3 at least", a->name,
                             (uint64_t)a->n);
        s->count = a->n < s->count ? a->n : s->count;
        s->chunk = a->n > s->chunk ? a->n : s->chunk;
    }
    s->chunk = s->chunk < CHUNK ? s->chunk : CHUNK;
    return GENMOD_OK;
}

/* t [0] of all rows, t [1 … count] without a batch. */
static int32_t distances(frechet *s, double *t, genmod_workspace *w)
{
    int32_t status = gather_all(s, &s->side[0], w);

    if (!status)
        status = gather_all(s, &s->side[1], w);
    if (!status)
        status = distance(s, 1, t, w);
    for (size_t b = 0; b < s->count && !status; b++) {
        for (size_t i = 0; i < 2 && !status; i++)
            status = gather_batch(s, &s->side[i], b, w);
        if (!status)
            status = distance(s, 0, t + 1 + b, w);
    }
    return status;
}

static int32_t run(frechet *s, double *t, genmod_workspace *w)
{
    int32_t status = take_memory(s, w);

    for (size_t i = 0; i < 2 && !status; i++)
        status = open_side(s, i, &s->side[i], w);
    if (!status)
        status = distances(s, t, w);
    return status;
}

int32_t genmod_sample_frechet(const genmod_data *x, const genmod_data *y,
                              double *out, double *raw, double *standard_error,
                              genmod_workspace *w)
{
    frechet s = {.side = {{.name = "x", .x = x}, {.name = "y", .x = y}}};
    double t[1 + MEASURE_BATCHES], mean = 0, spread = 0, g;
    base_call call;
    int32_t status;
    int exponent;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    s.f64 = kern_ops_of(base_cpu(w), GENMOD_F64);
    status = check(&s, out, w);
    if (!status)
        status = run(&s, t, w);
    if (status)
        return base_leave(&call, status);
    g = (double)s.count;
    for (size_t b = 1; b <= s.count; b++)
        mean += t[b] / g;
    exponent = measure_exponent(t[0]);
    for (size_t b = 1; b <= s.count; b++) {
        const double e = ldexp(t[b] - mean, -exponent);

        spread += e * e;
    }
    *out = g * t[0] - (g - 1) * mean;
    if (raw)
        *raw = t[0];
    if (standard_error)
        *standard_error = ldexp(sqrt(spread * (g - 1) / g), exponent);
    return base_leave(&call, GENMOD_OK);
}
