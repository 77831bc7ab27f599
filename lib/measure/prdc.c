/* Precision and recall (Kynkaanniemi et al. 2019), density and coverage (Naeem
 * et al. 2020), from balls about each row that reach its k-th neighbour.
 *
 * A ball is closed: what is as far as the k-th neighbour is in it. It counts
 * its own sample's rows, k but for ties, and density is in proportion to them,
 * so that m rows that are all the same give m / (m - 1) and 1 three times.
 *
 * Errors come from batches that have a share of both samples and balls of their
 * own: their spread, over the root of their number. Leaving out rows instead
 * would give twice the error and more, because what a row changes among its
 * neighbours depends on which of them are there.
 */
#include <math.h>
#include <stdatomic.h>
#include <string.h>

#include "measure/internal.h"

#define MOST_NEIGHBOURS 1024
#define BATCH_NEIGHBOURS 10 /* rows of a batch for each neighbour */
#define BATCHES_WANTED 8    /* even if they are smaller */

#define PRECISION 0
#define RECALL 1
#define DENSITY 2
#define COVERAGE 3

/* A row's ball: l = -r^2 / 2, and the sample's own rows in it. */
typedef struct ball {
    double l, count;
} ball;

/* One sample: balls among all its rows, and among those of the row's batch. */
typedef struct sample {
    measure_panels rows;
    measure_batches batches;
    double *l, *l_batch; /* [n] of the balls */
    double *count, *count_batch;
    _Atomic unsigned char *hit; /* [n]: bit 0 lies in a ball, bit 1 in one of
                                   its batch */
} sample;

typedef struct prdc {
    size_t k, batches; /* batches: 0 if there are too few rows */
    sample x, y;
    double part[1 + MEASURE_BATCHES][4]; /* of all rows, of each batch */
} prdc;

/* ---- balls -------------------------------------------------------------- */

typedef struct nearest {
    const prdc *s;
    sample *of;
    measure_heap *heap; /* [items * MEASURE_TILE, 2] */
} nearest;

static void meet_all(measure_heap *h, size_t k, size_t m, const double *l)
{
    double least = measure_heap_least(h, k);

    for (size_t j = 0; j < m; j++)
        if (l[j] >= least) {
            measure_heap_meet(h, k, l[j]);
            least = measure_heap_least(h, k);
        }
}

/* Rows of the batch among a tile's candidates: from *i to the end that is
 * returned. */
static size_t of_batch(const measure_batches *b, size_t batch,
                       const measure_tile *t, size_t *i)
{
    *i = measure_batch_find(b, batch, t->first);
    return measure_batch_find(b, batch, t->first + t->m);
}

static void meet_batch(const nearest *s, size_t row, const measure_tile *t,
                       const double *l, measure_heap *h)
{
    const measure_batches *const b = &s->of->batches;
    size_t i;
    const size_t end = of_batch(b, b->of[row], t, &i);

    for (; i < end; i++)
        measure_heap_meet(h, s->s->k, l[(size_t)b->row[i] - t->first]);
}

static void visit_nearest(const measure_tile *t, void *arg)
{
    const nearest *const s = arg;

    for (size_t r = 0; r < t->rows; r++) {
        double *const l = t->l + r * KERN_ROWS;
        const size_t own = t->query + r - t->first; /* wraps where outside */
        measure_heap *const h = s->heap + (t->item * MEASURE_TILE + r) * 2;

        if (own < t->m)
            l[own] = NAN; /* never large enough */
        if (t->most[r] >= measure_heap_least(h, s->s->k))
            meet_all(h, s->s->k, t->m, l);
        if (s->s->batches)
            meet_batch(s, t->query + r, t, l, h + 1);
    }
}

/* -INFINITY, and no rows, where the k-th is missing. */
static ball take_ball(size_t k, measure_heap *h)
{
    const ball b = {measure_heap_least(h, k), (double)(k + h->equal)};

    h->held = h->equal = 0;
    return b;
}

static int32_t settle_nearest(const measure_tile *t, void *arg,
                              genmod_workspace *w)
{
    const nearest *const s = arg;
    sample *const a = s->of;

    for (size_t r = 0; r < t->rows; r++) {
        const size_t row = t->query + r;
        measure_heap *const h = s->heap + (t->item * MEASURE_TILE + r) * 2;
        const ball all = take_ball(s->s->k, h), own = take_ball(s->s->k, h + 1);

        if (!isfinite(all.l))
            return base_fail(w, GENMOD_BREAKDOWN,
                             "row %u of %s has no %u neighbours whose distance "
                             "has a square",
                             (uint64_t)row, a->rows.name[0], (uint64_t)s->s->k);
        a->l[row] = all.l;
        a->count[row] = all.count;
        a->l_batch[row] = own.l;
        a->count_batch[row] = own.count;
    }
    return GENMOD_OK;
}

static int32_t find_balls(const prdc *s, sample *a, genmod_workspace *w)
{
    nearest n = {.s = s, .of = a};
    measure_walk walk = {.queries = &a->rows,
                         .candidates = &a->rows,
                         .visit = visit_nearest,
                         .settle = settle_nearest,
                         .arg = &n};
    const base_mark mark = base_scratch_mark(w);
    size_t heaps;
    double *l;
    int32_t status;

    measure_walk_plan(&walk);
    heaps = measure_walk_items(&walk) * MEASURE_TILE * 2;
    n.heap = base_scratch(w, heaps, sizeof *n.heap);
    l = base_scratch(w, heaps, s->k * sizeof *l);
    if (!n.heap || !l)
        return base_status(w);
    for (size_t i = 0; i < heaps; i++)
        n.heap[i] = (measure_heap){.l = l + i * s->k};
    status = measure_walk_run(&walk, w);
    base_scratch_release(w, mark);
    return status;
}

/* ---- rows in balls ------------------------------------------------------ */

/* Of a query: rows in its ball, and is it in one of theirs; among all rows and
 * among those of its batch. */
typedef struct touch {
    size_t held[2];
    int is_in[2];
} touch;

typedef struct cross {
    prdc *s;
    sample *x, *y; /* queries and candidates */
    touch *touch;  /* [items * MEASURE_TILE] */
} cross;

/* Mostly set already: a look costs less than a write. */
static void hit(sample *a, size_t row, int bit)
{
    const unsigned char one = (unsigned char)(1 << bit);

    if (!(atomic_load_explicit(&a->hit[row], memory_order_relaxed) & one))
        atomic_fetch_or_explicit(&a->hit[row], one, memory_order_relaxed);
}

static void touch_all(const cross *s, size_t row, const measure_tile *t,
                      double most, const double *l, touch *out)
{
    const kern_ops *const f64 = s->x->rows.f64;
    const double reach = s->x->l[row];

    out->is_in[0] = out->is_in[0] || f64->reaches(t->m, l, s->y->l + t->first);
    if (!(most >= reach))
        return;
    for (size_t j = 0; j < t->m; j++)
        if (l[j] >= reach) {
            out->held[0]++;
            hit(s->y, t->first + j, 0);
        }
}

static void touch_batch(const cross *s, size_t row, const measure_tile *t,
                        const double *l, touch *out)
{
    const measure_batches *const b = &s->y->batches;
    const double reach = s->x->l_batch[row];
    size_t i;
    const size_t end = of_batch(b, s->x->batches.of[row], t, &i);

    for (; i < end; i++) {
        const size_t y = (size_t)b->row[i];
        const double one = l[y - t->first];

        out->is_in[1] = out->is_in[1] || one >= s->y->l_batch[y];
        if (one >= reach) {
            out->held[1]++;
            hit(s->y, y, 1);
        }
    }
}

static void visit_cross(const measure_tile *t, void *arg)
{
    const cross *const s = arg;

    for (size_t r = 0; r < t->rows; r++) {
        const double *const l = t->l + r * KERN_ROWS;
        touch *const out = s->touch + t->item * MEASURE_TILE + r;

        touch_all(s, t->query + r, t, t->most[r], l, out);
        if (s->s->batches)
            touch_batch(s, t->query + r, t, l, out);
    }
}

static void add(double *part, double count, size_t held, int is_in)
{
    part[RECALL] += is_in;
    part[DENSITY] += (double)held / count;
    part[COVERAGE] += held > 0;
}

static int32_t settle_cross(const measure_tile *t, void *arg,
                            genmod_workspace *w)
{
    const cross *const c = arg;
    prdc *const s = c->s;

    (void)w;
    for (size_t r = 0; r < t->rows; r++) {
        const size_t row = t->query + r;
        touch *const got = c->touch + t->item * MEASURE_TILE + r;

        add(s->part[0], c->x->count[row], got->held[0], got->is_in[0]);
        if (s->batches)
            add(s->part[1 + c->x->batches.of[row]], c->x->count_batch[row],
                got->held[1], got->is_in[1]);
        *got = (touch){0};
    }
    return GENMOD_OK;
}

static int32_t run_cross(const cross *c,
                         void (*visit)(const measure_tile *t, void *arg),
                         int32_t (*settle)(const measure_tile *t, void *arg,
                                           genmod_workspace *w),
                         genmod_workspace *w)
{
    cross s = *c;
    measure_walk walk = {.queries = &s.x->rows,
                         .candidates = &s.y->rows,
                         .visit = visit,
                         .settle = settle,
                         .arg = &s};
    const base_mark mark = base_scratch_mark(w);
    size_t rows;
    int32_t status;

    measure_walk_plan(&walk);
    rows = measure_walk_items(&walk) * MEASURE_TILE;
    s.touch = base_scratch(w, rows, sizeof *s.touch);
    if (!s.touch)
        return base_status(w);
    memset(s.touch, 0, rows * sizeof *s.touch);
    status = measure_walk_run(&walk, w);
    base_scratch_release(w, mark);
    return status;
}

/* Means of what was counted. */
static int32_t find_touches(prdc *s, genmod_workspace *w)
{
    const cross c = {.s = s, .x = &s->x, .y = &s->y};
    const int32_t status = run_cross(&c, visit_cross, settle_cross, w);
    double m[1 + MEASURE_BATCHES] = {0}, n[1 + MEASURE_BATCHES] = {0};

    for (size_t i = 0; i < s->x.rows.n; i++, m[0]++)
        m[s->batches ? 1 + s->x.batches.of[i] : 1]++;
    for (size_t j = 0; j < s->y.rows.n; j++, n[0]++) {
        const size_t b = s->batches ? 1 + s->y.batches.of[j] : 1;

        n[b]++;
        s->part[0][PRECISION] += s->y.hit[j] & 1;
        s->part[b][PRECISION] += s->y.hit[j] >> 1 & 1;
    }
    for (size_t b = 0; b <= s->batches; b++) {
        s->part[b][PRECISION] /= n[b];
        s->part[b][RECALL] /= m[b];
        s->part[b][DENSITY] /= n[b];
        s->part[b][COVERAGE] /= m[b];
    }
    return status;
}

/* ---- what equal distributions would give -------------------------------- */

/* A row of a sample lies in another's ball that was drawn without it. */
static void visit_own(const measure_tile *t, void *arg)
{
    const cross *const s = arg;

    for (size_t r = 0; r < t->rows; r++) {
        double *const l = t->l + r * KERN_ROWS;
        const size_t row = t->query + r, own = row - t->first;

        if (own < t->m)
            l[own] = NAN; /* never large enough */
        if (s->touch[t->item * MEASURE_TILE + r].is_in[0])
            continue;
        s->touch[t->item * MEASURE_TILE + r].is_in[0] =
            s->x->rows.f64->reaches(t->m, l, s->x->l + t->first);
    }
}

static int32_t settle_own(const measure_tile *t, void *arg, genmod_workspace *w)
{
    const cross *const c = arg;

    (void)w;
    for (size_t r = 0; r < t->rows; r++) {
        touch *const got = c->touch + t->item * MEASURE_TILE + r;

        c->s->part[0][RECALL] += got->is_in[0];
        *got = (touch){0};
    }
    return GENMOD_OK;
}

static int32_t own_share(sample *a, double *out, genmod_workspace *w)
{
    prdc s = {0};
    const cross c = {.s = &s, .x = a, .y = a};
    const int32_t status = run_cross(&c, visit_own, settle_own, w);

    *out = s.part[0][RECALL] / (double)a->rows.n;
    return status;
}

/* 1 - C(m - 1, k) / C(m + n - 1, k) */
static double equal_coverage(size_t m, size_t n, size_t k)
{
    double none = 1;

    for (size_t i = 1; i <= k; i++)
        none *= (double)(m - i) / (double)(m + n - i);
    return 1 - none;
}

static int32_t at_equality(prdc *s, double *out, genmod_workspace *w)
{
    int32_t status = own_share(&s->x, &out[PRECISION], w);

    if (!status)
        status = own_share(&s->y, &out[RECALL], w);
    out[DENSITY] = 1;
    out[COVERAGE] = equal_coverage(s->x.rows.n, s->y.rows.n, s->k);
    return status;
}

/* ---- the call ----------------------------------------------------------- */

static int32_t check_sample(const prdc *s, const sample *a, genmod_workspace *w)
{
    if (a->rows.n > s->k)
        return GENMOD_OK;
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "k is %u; %s has %u rows, so that it may be %u at most",
                     (uint64_t)s->k, a->rows.name[0], (uint64_t)a->rows.n,
                     (uint64_t)a->rows.n - 1);
}

static int32_t check(prdc *s, const genmod_data *x, const genmod_data *y,
                     const double *out, genmod_workspace *w)
{
    int32_t status = measure_panels_open(&s->x.rows, "x", x, w);

    if (!status)
        status = measure_panels_open(&s->y.rows, "y", y, w);
    if (!status)
        status = measure_check_columns(x, y, w);
    if (status)
        return status;
    if (!out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    if (s->k < 1 || s->k > MOST_NEIGHBOURS)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "k is %u; it must be from 1 to %u", (uint64_t)s->k,
                         (uint64_t)MOST_NEIGHBOURS);
    status = check_sample(s, &s->x, w);
    if (!status)
        status = check_sample(s, &s->y, w);
    return status;
}

/* As many batches as leave each some ten rows a neighbour, but not few, as long
 * as their rows have their neighbours; 0 if there are no two. */
static size_t batches_of(const prdc *s)
{
    const size_t m = s->x.rows.n, n = s->y.rows.n, least = m < n ? m : n;
    const size_t most = least / (s->k + 2);
    size_t count = least / (BATCH_NEIGHBOURS * s->k);

    count = count < BATCHES_WANTED ? BATCHES_WANTED : count;
    count = count < MEASURE_BATCHES ? count : MEASURE_BATCHES;
    count = count < most ? count : most;
    return count < 2 ? 0 : count;
}

static int32_t take_sample(const prdc *s, sample *a, uint32_t site,
                           genmod_workspace *w)
{
    const size_t n = a->rows.n;

    a->l = base_scratch(w, n, 4 * sizeof *a->l);
    a->hit = base_scratch(w, n, sizeof *a->hit);
    if (!a->l || !a->hit)
        return base_status(w);
    a->l_batch = a->l + n;
    a->count = a->l_batch + n;
    a->count_batch = a->count + n;
    for (size_t i = 0; i < n; i++)
        atomic_init(&a->hit[i], 0);
    return s->batches ? measure_deal(&a->batches, n, s->batches, site, w)
                      : GENMOD_OK;
}

static int32_t run(prdc *s, double *expected, genmod_workspace *w)
{
    int32_t status;

    s->batches = batches_of(s);
    status = take_sample(s, &s->x, MEASURE_SITE_BATCH_X, w);
    if (!status)
        status = take_sample(s, &s->y, MEASURE_SITE_BATCH_Y, w);
    if (!status)
        status = measure_walk_center(&s->x.rows, &s->y.rows, w);
    if (!status)
        status = find_balls(s, &s->x, w);
    if (!status)
        status = find_balls(s, &s->y, w);
    if (!status)
        status = find_touches(s, w);
    if (!status && expected)
        status = at_equality(s, expected, w);
    return status;
}

/* What rows alone leave a share uncertain by, if the balls are given. Half a
 * row is added either way, so that all of n has an error, too. */
static double least_error(const prdc *s, size_t i)
{
    const double n = (double)(i == PRECISION ? s->y.rows.n : s->x.rows.n);
    const double share = (s->part[0][i] * n + 0.5) / (n + 1);

    return i == DENSITY ? 0 : sqrt(share * (1 - share) / n);
}

/* The spread of the batches over the root of their number, widened so that 1.96
 * of it hold what as many of Student's distribution do, to first order. */
static double error_of(const prdc *s, size_t i)
{
    const double b = (double)s->batches, least = least_error(s, i);
    double mean = 0, spread = 0, error;

    if (!s->batches)
        return (double)INFINITY;
    for (size_t j = 1; j <= s->batches; j++)
        mean += s->part[j][i] / b;
    for (size_t j = 1; j <= s->batches; j++)
        spread += (s->part[j][i] - mean) * (s->part[j][i] - mean);
    error = sqrt(spread / (b - 1) / b) * (1 + 1.21 / (b - 1));
    return error > least ? error : least;
}

int32_t measure_prdc(const genmod_data *x, const genmod_data *y, size_t k,
                     double *out, double *standard_error, double *expected,
                     genmod_workspace *w)
{
    prdc s = {.k = k};
    double equal[4];
    int32_t status = check(&s, x, y, out, w);

    if (!status)
        status = run(&s, expected ? equal : NULL, w);
    if (status)
        return status;
    memcpy(out, s.part[0], sizeof s.part[0]);
    for (size_t i = 0; i < 4 && standard_error; i++)
        standard_error[i] = error_of(&s, i);
    if (expected)
        memcpy(expected, equal, sizeof equal);
    return GENMOD_OK;
}

int32_t genmod_sample_prdc(const genmod_data *x, const genmod_data *y, size_t k,
                           double *out, double *standard_error,
                           double *expected, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call,
                      measure_prdc(x, y, k, out, standard_error, expected, w));
}
