/* Integrals over a box of one or two dimensions: the rule of Gauss and Kronrod
 * of 7 and 15 points in each cell (Kronrod 1965; nodes and weights as in
 * QUADPACK, Piessens et al. 1983), and the cell of the largest error halved
 * until what is left is small enough.
 *
 * A side without end goes through x = t / (1 - t^2) or x = t / (1 - |t|), whose
 * ends no node touches.
 */
#include <math.h>

#include "measure/internal.h"

#define NODES 15
#define POINTS (NODES * NODES)
#define PARTS MEASURE_PARTS

/* Cells to begin with, on each axis, and the most there may be. */
static const size_t first_cells[] = {0, 16, 4}, most_cells[] = {0, 2000, 10000};

/* What a sum of a cell's terms may lose to rounding, per unit of their size:
 * each term carries a handful of roundings, and QUADPACK's 50 was never seen to
 * be too small. */
#define ROUNDING (50 * 0x1p-52)

/* Nodes from -1 to 0, and their weights: Kronrod's at all, Gauss's at every
 * other. */
static const double node[8] = {
    -0.991455371120812639206854697526329, -0.949107912342758524526189684047851,
    -0.864864423359769072789712788640926, -0.741531185599394439863864773280788,
    -0.586087235467691130294144691693325, -0.405845151377397166906606412076961,
    -0.207784955007898467600689403773245, 0};
static const double kronrod[8] = {
    0.022935322010529224963732008058970, 0.063092092629978553290700663189204,
    0.104790010322250183839876322541518, 0.140653259715525918745189590510238,
    0.169004726639267902826583426598550, 0.190350578064785409913256402421014,
    0.204432940075298892414161999234649, 0.209482141084727828012999174891714};
static const double gauss[8] = {0, 0.129484966168869693270611432679082,
                                0, 0.279705391489276667901467771423780,
                                0, 0.381830050505118944950369775488975,
                                0, 0.417959183673469387755102040816327};

typedef struct cell {
    double lower[2], upper[2]; /* of t */
    double value[PARTS], error[PARTS];
    double rank; /* the largest error; 0 once halving cannot help */
    size_t axis; /* the one to halve */
} cell;

/* The nodes of one axis of a cell: where they lie, x and dx of each. */
typedef struct axis {
    size_t n; /* 1: not there */
    double x[NODES], k[NODES], g[NODES];
} axis;

typedef struct work {
    measure_integral *q;
    cell *heap; /* the greatest rank first */
    size_t n;
    double x[2 * POINTS], y[PARTS * POINTS], size[PARTS * POINTS];
    double k[POINTS]; /* weights of y, dx and dy in them */
    axis axes[2];
} work;

/* The range of t for a range of x. */
static void t_range(double from, double to, double *lower, double *upper)
{
    const int below = isinf(from), above = isinf(to);

    *lower = below ? -1 : above ? 0 : from;
    *upper = above ? 1 : below ? 0 : to;
}

/* x(t), and dx / dt */
static double x_of(double from, double to, double t, double *slope)
{
    const double rest = 1 - fabs(t);

    *slope = 1;
    if (isfinite(from) && isfinite(to))
        return t;
    if (isinf(from) && isinf(to)) {
        const double both = rest * (1 + fabs(t));

        *slope = (1 + t * t) / (both * both);
        return t / both;
    }
    *slope = 1 / (rest * rest);
    return (isinf(from) ? to : from) + t / rest;
}

static void lay_axis(const measure_integral *q, const cell *c, size_t i,
                     axis *a)
{
    const double half = (c->upper[i] - c->lower[i]) / 2;
    const double middle = c->lower[i] + half;

    a->n = i < q->d ? NODES : 1;
    a->k[0] = a->g[0] = 1;
    for (size_t j = 0; i < q->d && j < NODES; j++) {
        const size_t at = j < 8 ? j : NODES - 1 - j;
        const double t = middle + half * (j < 8 ? node[at] : -node[at]);
        double slope;

        a->x[j] = x_of(q->lower[i], q->upper[i], t, &slope);
        a->k[j] = half * slope * kronrod[at];
        a->g[j] = half * slope * gauss[at];
    }
}

/* Where the integrand is asked for; the second axis is the inner one. */
static void lay_points(work *s, const cell *c)
{
    const size_t d = s->q->d;

    lay_axis(s->q, c, 0, &s->axes[0]);
    lay_axis(s->q, c, 1, &s->axes[1]);
    for (size_t i = 0; i < s->axes[0].n; i++)
        for (size_t j = 0; j < s->axes[1].n; j++) {
            const size_t at = i * s->axes[1].n + j;

            s->x[at * d] = s->axes[0].x[i];
            if (d == 2)
                s->x[at * d + 1] = s->axes[1].x[j];
            s->k[at] = s->axes[0].k[i] * s->axes[1].k[j];
        }
}

/* |K - G| of a rule whose K is far better than its G; but where the two are far
 * apart, up to the whole variation (QUADPACK). */
static double rule_error(double difference, double variation)
{
    const double share = variation > 0 ? 200 * difference / variation : 0;
    const double grown =
        variation * (share < 1 ? share * sqrt(share) : (double)1);

    return difference > grown ? difference : grown;
}

/* One part of a cell: by Kronrod's rule on both axes, and by Gauss's on either;
 * what rounding may have cost. */
static double weigh(const work *s, cell *c, size_t part)
{
    const axis *const a = &s->axes[0], *const b = &s->axes[1];
    const size_t n = a->n * b->n, parts = s->q->parts;
    double full = 0, coarse[2] = {0}, variation = 0, size = 0, weight = 0,
           by[2];

    for (size_t at = 0; at < n; at++) {
        const size_t i = at / b->n, j = at % b->n;
        const double y = s->y[at * parts + part];

        full += s->k[at] * y;
        coarse[0] += a->g[i] * b->k[j] * y;
        coarse[1] += a->k[i] * b->g[j] * y;
        size += s->k[at] * s->size[at * parts + part];
        weight += s->k[at];
    }
    for (size_t at = 0; at < n; at++)
        variation += s->k[at] * fabs(s->y[at * parts + part] - full / weight);
    for (size_t i = 0; i < 2; i++)
        by[i] = rule_error(fabs(full - coarse[i]), variation);
    if (s->q->d == 1)
        by[1] = 0;
    c->value[part] = full;
    c->error[part] = by[0] + by[1] + ROUNDING * size;
    if (c->error[part] > c->rank) {
        c->rank = c->error[part];
        c->axis = by[1] > by[0];
    }
    return ROUNDING * size;
}

/* Half of it still has its nodes inside: the outermost lies 2^-8 of a half from
 * the end, and no rounding of t takes it there. */
static int too_narrow(const cell *c)
{
    const double lower = c->lower[c->axis], upper = c->upper[c->axis];
    const double size = fabs(lower) > fabs(upper) ? fabs(lower) : fabs(upper);

    return upper - lower <= 0x1p-42 * size;
}

/* Returns the integrand's status; a positive one is an infinite integral. */
static int32_t measure_cell(work *s, cell *c, genmod_workspace *w)
{
    measure_integral *const q = s->q;
    double rounding = 0;
    int32_t status = base_cancelled(w);

    if (status)
        return status;
    lay_points(s, c);
    status = q->f(s->axes[0].n * s->axes[1].n, s->x, s->y, s->size, q->arg, w);
    if (status)
        return status;
    c->rank = 0;
    c->axis = 0;
    for (size_t part = 0; part < q->parts; part++) {
        const double floor = weigh(s, c, part);

        if (!isfinite(c->error[part]) || !isfinite(c->value[part]))
            return base_fail(w, GENMOD_BREAKDOWN,
                             "the integral leaves the range of doubles near "
                             "x = %g",
                             s->x[0]);
        rounding = floor > rounding ? floor : rounding;
    }
    if (c->rank <= 2 * rounding || too_narrow(c))
        c->rank = 0;
    return GENMOD_OK;
}

/* ---- the heap ----------------------------------------------------------- */

static void swap(cell *a, cell *b)
{
    const cell t = *a;

    *a = *b;
    *b = t;
}

static void rise(cell *heap, size_t i)
{
    for (; i > 0 && heap[i].rank > heap[(i - 1) / 2].rank; i = (i - 1) / 2)
        swap(&heap[i], &heap[(i - 1) / 2]);
}

static void sink(cell *heap, size_t n, size_t i)
{
    for (;;) {
        size_t most = i;

        for (size_t child = 2 * i + 1; child < n && child <= 2 * i + 2; child++)
            if (heap[child].rank > heap[most].rank)
                most = child;
        if (most == i)
            return;
        swap(&heap[i], &heap[most]);
        i = most;
    }
}

/* ---- the integral ------------------------------------------------------- */

static void add_up(work *s)
{
    measure_integral *const q = s->q;

    for (size_t part = 0; part < q->parts; part++) {
        measure_sum value = {0}, error = {0};

        for (size_t i = 0; i < s->n; i++) {
            measure_add(&value, s->heap[i].value[part]);
            measure_add(&error, s->heap[i].error[part]);
        }
        q->value[part] = measure_total(&value);
        q->error[part] = measure_total(&error);
    }
}

static int good_enough(const measure_integral *q)
{
    for (size_t part = 0; part < q->parts; part++)
        if (q->error[part] > q->tolerance)
            return 0;
    return 1;
}

static int32_t begin(work *s, genmod_workspace *w)
{
    const measure_integral *const q = s->q;
    const size_t m = first_cells[q->d], n = q->d == 2 ? m * m : m;
    double lower[2] = {0, 0}, upper[2] = {0, 0};

    for (size_t i = 0; i < q->d; i++)
        t_range(q->lower[i], q->upper[i], &lower[i], &upper[i]);
    for (s->n = 0; s->n < n; s->n++) {
        cell *const c = &s->heap[s->n];
        const size_t at[2] = {s->n % m, s->n / m};

        for (size_t i = 0; i < q->d; i++) {
            const double step = (upper[i] - lower[i]) / (double)m;

            c->lower[i] = lower[i] + (double)at[i] * step;
            c->upper[i] = at[i] + 1 < m ? lower[i] + (double)(at[i] + 1) * step
                                        : upper[i];
        }
        const int32_t status = measure_cell(s, c, w);
        if (status)
            return status;
        rise(s->heap, s->n);
    }
    return GENMOD_OK;
}

static void account(measure_integral *q, const cell *c, double sign)
{
    for (size_t part = 0; part < q->parts; part++)
        q->error[part] += sign * c->error[part];
}

/* Halves the cell at the top. */
static int32_t halve(work *s, genmod_workspace *w)
{
    cell *const old = &s->heap[0], *const new = &s->heap[s->n];
    const size_t a = old->axis;
    const double middle = old->lower[a] + (old->upper[a] - old->lower[a]) / 2;
    int32_t status;

    account(s->q, old, -1);
    *new = *old;
    new->lower[a] = middle;
    old->upper[a] = middle;
    status = measure_cell(s, old, w);
    if (!status)
        status = measure_cell(s, new, w);
    if (status)
        return status;
    account(s->q, old, 1);
    account(s->q, new, 1);
    sink(s->heap, s->n, 0);
    rise(s->heap, s->n++);
    return GENMOD_OK;
}

static int32_t refine(work *s, genmod_workspace *w)
{
    int32_t status = begin(s, w);

    add_up(s);
    while (!status && s->n < most_cells[s->q->d] && s->heap[0].rank > 0) {
        if (good_enough(s->q)) {
            add_up(s); /* without what the running sums lost */
            if (good_enough(s->q))
                break;
        }
        status = halve(s, w);
    }
    if (!status)
        add_up(s);
    return status;
}

int32_t measure_integrate(measure_integral *q, genmod_workspace *w)
{
    work *const s = base_scratch(w, 1, sizeof *s);

    if (!s)
        return base_status(w);
    s->q = q;
    s->n = 0;
    s->heap = base_scratch(w, most_cells[q->d], sizeof *s->heap);
    return s->heap ? refine(s, w) : base_status(w);
}
