/* Entropy and Kullback-Leibler divergence of samples, from the distances of
 * each row's nearest neighbours.
 *
 * Where a row has k copies or more, its k-th distance is 0 and says nothing of
 * a density: the row then takes as many more neighbours as it needs to reach a
 * distance above 0, and is counted with their number (Wang, Kulkarni, Verdu
 * 2009 let k depend on the row).
 */
#include <math.h>

#include "measure/internal.h"

#define MOST_NEIGHBOURS 1024
#define LN_PI 1.144729885849400174143
#define EULER 0.577215664901532860607

/* Neighbours of a group's rows, and sums over all rows. */
typedef struct nearest {
    const kern_ops *f64;
    size_t k, self;  /* self: 1 if a row meets itself */
    double *heap;    /* [items * MEASURE_TILE, k]: the largest -|x - y|^2 / 2
                        below 0, least first */
    size_t *held;    /* [items * MEASURE_TILE]: of the heap */
    size_t *copies;  /* [items * MEASURE_TILE]: rows at distance 0 */
    measure_sum ln;  /* of distances */
    measure_sum psi; /* digamma of the number of neighbours */
    double psi_k;
} nearest;

/* psi(n) by its asymptotic series from 16 on, where the first term left out is
 * below 1e-16. Abramowitz, Stegun 1964, 6.3.18. */
static double digamma(const kern_ops *f64, size_t n)
{
    double sum = -EULER, z;

    if (n < 16) {
        for (size_t i = 1; i < n; i++)
            sum += 1 / (double)i;
        return sum;
    }
    z = 1 / ((double)n * (double)n);
    sum =
        z *
        (1.0 / 12 -
         z * (1.0 / 120 - z * (1.0 / 252 - z * (1.0 / 240 - z * (1.0 / 132)))));
    return measure_ln(f64, (double)n) - 0.5 / (double)n - sum;
}

/* ln of the volume of the unit ball, by V_d = V_(d - 2) 2 pi / d. */
static double ln_ball(const kern_ops *f64, size_t d)
{
    double ln = d % 2 ? MEASURE_LN_2 : 0;

    for (size_t i = d % 2 ? 3 : 2; i <= d; i += 2)
        ln += LN_PI + MEASURE_LN_2 - measure_ln(f64, (double)i);
    return ln;
}

/* One row meets m candidates. */
static void meet(nearest *s, size_t row, size_t m, const double *l)
{
    double *const heap = s->heap + row * s->k;
    size_t n = s->held[row];
    double least = n < s->k ? -(double)INFINITY : heap[0];

    for (size_t j = 0; j < m; j++) {
        if (!(l[j] > least))
            continue;
        if (l[j] == 0) {
            s->copies[row]++;
            continue;
        }
        if (n < s->k) {
            heap[n] = l[j];
            measure_heap_rise(heap, n++);
        } else {
            heap[0] = l[j];
            measure_heap_sink(n, heap);
        }
        least = n < s->k ? -(double)INFINITY : heap[0];
    }
    s->held[row] = n;
}

static void visit(const measure_tile *t, void *arg)
{
    nearest *const s = arg;

    for (size_t r = 0; r < t->rows; r++) {
        const size_t row = t->item * MEASURE_TILE + r;

        if (s->held[row] < s->k || t->most[r] > s->heap[row * s->k])
            meet(s, row, t->m, t->l + r * KERN_ROWS);
    }
}

/* ---- sums over rows ----------------------------------------------------- */

static int32_t settle_row(nearest *s, size_t row, size_t number, double *l,
                          genmod_workspace *w)
{
    double *const heap = s->heap + row * s->k;
    const size_t copies = s->copies[row] - s->self;
    const size_t rank = copies < s->k ? s->k - copies : 1;
    size_t n = s->held[row];

    if (n < rank)
        return base_fail(w, GENMOD_BREAKDOWN,
                         "row %u of x has %u neighbours at a distance that is "
                         "not 0 and has a square; it takes %u",
                         (uint64_t)number, (uint64_t)n, (uint64_t)rank);
    for (; n > rank; n--) {
        heap[0] = heap[n - 1];
        measure_heap_sink(n - 1, heap);
    }
    *l = -2 * heap[0];
    measure_add(&s->psi,
                copies < s->k ? s->psi_k : digamma(s->f64, copies + 1));
    s->held[row] = s->copies[row] = 0;
    return GENMOD_OK;
}

static int32_t settle(const measure_tile *t, void *arg, genmod_workspace *w)
{
    nearest *const s = arg;
    double square[MEASURE_TILE] = {0};
    int32_t status = GENMOD_OK;

    for (size_t r = 0; r < t->rows && !status; r++)
        status = settle_row(s, t->item * MEASURE_TILE + r, t->query + r,
                            &square[r], w);
    if (status)
        return status;
    s->f64->log(t->rows, square, square);
    for (size_t r = 0; r < t->rows; r++)
        measure_add(&s->ln, square[r] / 2);
    return GENMOD_OK;
}

static int32_t open_nearest(nearest *s, size_t k, size_t self,
                            const measure_walk *walk, genmod_workspace *w)
{
    const size_t rows = measure_walk_items(walk) * MEASURE_TILE;

    *s = (nearest){.f64 = walk->queries->f64, .k = k, .self = self};
    s->psi_k = digamma(s->f64, k);
    s->heap = base_scratch(w, rows * k, sizeof *s->heap);
    s->held = base_scratch(w, rows, sizeof *s->held);
    s->copies = base_scratch(w, rows, sizeof *s->copies);
    if (!s->heap || !s->held || !s->copies)
        return base_status(w);
    for (size_t i = 0; i < rows; i++)
        s->held[i] = s->copies[i] = 0;
    return GENMOD_OK;
}

/* Sums over the rows of x of the ln of their distance to the k-th neighbour
 * among the candidates, and of digamma of its number. */
static int32_t gather(const measure_panels *x, const measure_panels *candidates,
                      size_t k, double *ln, double *psi, genmod_workspace *w)
{
    measure_walk walk = {.queries = x,
                         .candidates = candidates,
                         .visit = visit,
                         .settle = settle};
    const base_mark mark = base_scratch_mark(w);
    nearest s;
    int32_t status;

    measure_walk_plan(&walk);
    walk.arg = &s;
    status = open_nearest(&s, k, x == candidates, &walk, w);
    if (!status)
        status = measure_walk_run(&walk, w);
    base_scratch_release(w, mark);
    *ln = measure_total(&s.ln);
    *psi = measure_total(&s.psi);
    return status;
}

/* ---- the public calls --------------------------------------------------- */

static int32_t check(const measure_panels *p, size_t k, size_t self,
                     int32_t unit, const double *out, genmod_workspace *w)
{
    if (!out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    if (k < 1 || k > MOST_NEIGHBOURS)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "k is %u; it must be from 1 to %u", (uint64_t)k,
                         (uint64_t)MOST_NEIGHBOURS);
    if (k + self > p->n)
        return base_fail(
            w, GENMOD_BAD_ARGUMENT,
            "k is %u; %s has %u rows, so that it may be %u at most",
            (uint64_t)k, p->name[0], (uint64_t)p->n, (uint64_t)(p->n - self));
    return measure_check_unit(unit, w);
}

static int32_t entropy(const genmod_data *x, size_t k, int32_t unit,
                       double *out, genmod_workspace *w)
{
    measure_panels p;
    double ln, psi, n;
    int32_t status = measure_panels_open(&p, "x", x, w);

    if (!status)
        status = check(&p, k, 1, unit, out, w);
    if (!status)
        status = measure_walk_center(&p, NULL, w);
    if (!status)
        status = gather(&p, &p, k, &ln, &psi, w);
    if (status)
        return status;
    n = (double)p.n;
    *out = ((double)p.d * ln / n + ln_ball(p.f64, p.d) + digamma(p.f64, p.n) -
            psi / n) /
           measure_unit(unit);
    return GENMOD_OK;
}

static int32_t kl(const genmod_data *x, const genmod_data *y, size_t k,
                  int32_t unit, double *out, genmod_workspace *w)
{
    measure_panels p, q;
    double ln[2], psi[2], n, m;
    int32_t status = measure_panels_open(&p, "x", x, w);

    if (!status)
        status = measure_panels_open(&q, "y", y, w);
    if (!status)
        status = measure_check_columns(x, y, w);
    if (!status)
        status = check(&p, k, 1, unit, out, w);
    if (!status)
        status = check(&q, k, 0, unit, out, w);
    if (!status)
        status = measure_walk_center(&p, &q, w);
    if (!status)
        status = gather(&p, &p, k, &ln[0], &psi[0], w);
    if (!status)
        status = gather(&p, &q, k, &ln[1], &psi[1], w);
    if (status)
        return status;
    n = (double)p.n;
    m = (double)q.n;
    *out = ((double)p.d * (ln[1] - ln[0]) / n + (psi[0] - psi[1]) / n +
            measure_ln(p.f64, m / (n - 1))) /
           measure_unit(unit);
    return GENMOD_OK;
}

int32_t genmod_sample_entropy(const genmod_data *x, size_t k, int32_t unit,
                              double *out, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, entropy(x, k, unit, out, w));
}

int32_t genmod_sample_kl(const genmod_data *x, const genmod_data *y, size_t k,
                         int32_t unit, double *out, genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(&call, kl(x, y, k, unit, out, w));
}
