/* Does a generator give its training rows again? A generated row is called a
 * copy if it is nearer to its nearest training row than that one is to its
 * nearest fellow (Alaa et al. 2022: not authentic), or equal to it. Some rows
 * of an honest generator are; how many, held-out rows tell, which nobody could
 * copy. Given the training rows, each row of an honest generator and each
 * held-out one is a copy with one chance, so that Fisher's exact test holds
 * (Fisher 1935).
 */
#include <math.h>

#include "measure/internal.h"

/* The nearest candidate of each query: -r^2 / 2, and its number. */
typedef struct near {
    double l;
    size_t row;
} near;

typedef struct nearest {
    near *of; /* [items * MEASURE_TILE] */
    int own;  /* 1: a row is not its own neighbour */
    /* What becomes of a row. */
    void (*take)(size_t row, near n, void *arg);
    void *arg;
    const char *name;
} nearest;

typedef struct copies {
    measure_panels train, side[2]; /* held out, generated */
    double *fellow;                /* [train]: -r^2 / 2 to the nearest */
    size_t of;                     /* side under way */
    size_t count[2], equal[2];
} copies;

/* ---- nearest rows ------------------------------------------------------- */

/* Of equally near ones the first. */
static void visit(const measure_tile *t, void *arg)
{
    const nearest *const s = arg;

    for (size_t r = 0; r < t->rows; r++) {
        near *const n = s->of + t->item * MEASURE_TILE + r;
        const double *const l = t->l + r * KERN_ROWS;
        const size_t own = t->query + r - t->first; /* wraps where outside */

        for (size_t j = 0; t->most[r] > n->l && j < t->m; j++)
            if (l[j] > n->l && !(s->own && j == own))
                *n = (near){l[j], t->first + j};
    }
}

static int32_t settle(const measure_tile *t, void *arg, genmod_workspace *w)
{
    const nearest *const s = arg;

    for (size_t r = 0; r < t->rows; r++) {
        near *const n = s->of + t->item * MEASURE_TILE + r;

        if (!isfinite(n->l))
            return base_fail(w, GENMOD_BREAKDOWN,
                             "row %u of %s has no neighbour whose distance has "
                             "a square",
                             (uint64_t)(t->query + r), s->name);
        s->take(t->query + r, *n, s->arg);
        n->l = -(double)INFINITY;
    }
    return GENMOD_OK;
}

static int32_t find(const measure_panels *queries,
                    const measure_panels *candidates, nearest *s,
                    genmod_workspace *w)
{
    measure_walk walk = {.queries = queries,
                         .candidates = candidates,
                         .visit = visit,
                         .settle = settle,
                         .arg = s};
    const base_mark mark = base_scratch_mark(w);
    size_t rows;
    int32_t status;

    measure_walk_plan(&walk);
    rows = measure_walk_items(&walk) * MEASURE_TILE;
    s->name = queries->name[0];
    s->of = base_scratch(w, rows, sizeof *s->of);
    if (!s->of)
        return base_status(w);
    for (size_t i = 0; i < rows; i++)
        s->of[i] = (near){-(double)INFINITY, 0};
    status = measure_walk_run(&walk, w);
    base_scratch_release(w, mark);
    return status;
}

static void take_fellow(size_t row, near n, void *arg)
{
    const copies *const s = arg;

    s->fellow[row] = n.l;
}

static void take_row(size_t row, near n, void *arg)
{
    copies *const s = arg;

    (void)row;
    s->equal[s->of] += n.l == 0;
    s->count[s->of] += n.l == 0 || n.l > s->fellow[n.row];
}

/* ---- the test ----------------------------------------------------------- */

static double ln_choose(const kern_ops *f64, size_t n, size_t k)
{
    return measure_ln_factorial(f64, n) - measure_ln_factorial(f64, k) -
           measure_ln_factorial(f64, n - k);
}

/* The chance that of a + b copies a or more are among the n generated rows and
 * not among the q held-out ones. */
static double fisher(const kern_ops *f64, size_t n, size_t a, size_t q,
                     size_t b)
{
    const size_t all = a + b, most = all < n ? all : n;
    double term = 1, sum = 1, ln, p;

    for (size_t t = a; t < most; t++) { /* b - (t - a) are held out */
        term *= (double)(n - t) * (double)(all - t) /
                ((double)(t + 1) * ((double)q - (double)all + (double)t + 1));
        sum += term;
    }
    ln = ln_choose(f64, n, a) + ln_choose(f64, q, b) -
         ln_choose(f64, n + q, all) + measure_ln(f64, sum);
    f64->exp(1, &ln, &p);
    return p < 1 ? p : 1;
}

/* ---- the call ----------------------------------------------------------- */

static int32_t check(copies *s, const genmod_data *train,
                     const genmod_data *held, const genmod_data *y,
                     const double *out, genmod_workspace *w)
{
    int32_t status = measure_panels_open(&s->train, "train", train, w);

    if (!status)
        status = measure_panels_open(&s->side[0], "held", held, w);
    if (!status)
        status = measure_panels_open(&s->side[1], "y", y, w);
    for (size_t i = 0; i < 2 && !status; i++)
        if (s->side[i].d != s->train.d)
            status =
                base_fail(w, GENMOD_BAD_ARGUMENT,
                          "%s has %u columns; train has %u", s->side[i].name[0],
                          (uint64_t)s->side[i].d, (uint64_t)s->train.d);
    if (status)
        return status;
    if (!out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL");
    if (s->train.n < 2)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "train has 1 row; it must have 2 at least");
    return GENMOD_OK;
}

static int32_t run(copies *s, genmod_workspace *w)
{
    nearest n = {.own = 1, .take = take_fellow, .arg = s};
    int32_t status;

    s->fellow = base_scratch(w, s->train.n, sizeof *s->fellow);
    if (!s->fellow)
        return base_status(w);
    status = measure_walk_center(&s->train, &s->side[0], w);
    for (size_t c = 0; c < s->train.d; c++)
        s->side[1].center[c] = s->train.center[c];
    if (!status)
        status = find(&s->train, &s->train, &n, w);
    n.own = 0;
    n.take = take_row;
    for (s->of = 0; s->of < 2 && !status; s->of++)
        status = find(&s->side[s->of], &s->train, &n, w);
    return status;
}

/* Half a row is added either way, so that 0 of n has an error, too. */
static double error_of(size_t count, size_t n)
{
    const double p = ((double)count + 0.5) / ((double)n + 1);

    return sqrt(p * (1 - p) / (double)n);
}

int32_t measure_copies(const genmod_data *train, const genmod_data *held,
                       const genmod_data *y, double *out,
                       double *standard_error, double *p_value,
                       genmod_workspace *w)
{
    copies s = {0};
    int32_t status = check(&s, train, held, y, out, w);

    if (!status)
        status = run(&s, w);
    if (status)
        return status;
    const size_t n = s.side[1].n, q = s.side[0].n;
    const size_t count[3] = {s.count[1], s.count[0], s.equal[1]};
    const size_t rows[3] = {n, q, n};
    for (size_t i = 0; i < 3; i++) {
        out[i] = (double)count[i] / (double)rows[i];
        if (standard_error)
            standard_error[i] = error_of(count[i], rows[i]);
    }
    if (p_value)
        *p_value = fisher(s.train.f64, n, count[0], q, count[1]);
    return GENMOD_OK;
}

int32_t genmod_sample_copies(const genmod_data *train, const genmod_data *held,
                             const genmod_data *y, double *out,
                             double *standard_error, double *p_value,
                             genmod_workspace *w)
{
    base_call call;
    int32_t status;

    w = base_enter(&call, w, &status);
    if (!w)
        return status;
    return base_leave(
        &call, measure_copies(train, held, y, out, standard_error, p_value, w));
}
