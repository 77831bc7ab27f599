/* The modes of a column: a mixture of normals by EM (Dempster, Laird, Rubin
 * 1977), by the kernels that the mixtures of several columns are fitted with,
 * and as many of them as the criterion of Schwarz 1978 wants. */
#include <math.h>
#include <string.h>

#include "model/model.h"

#define CELLS ((size_t)4096) /* that are looked at, at most */
#define PASSES 100
#define GAIN 1e-5 /* nats a cell: fewer end a fit */
#define IN_VAIN 2 /* modes more, none better, end the search */
/* Of the column's deviation: what is narrower is a number that repeats. */
#define NARROW 1e-3
#define HALF_LN_2PI 0.91893853320467274

typedef struct fit {
    const kern_ops *f64;
    size_t n, k;
    const double *sorted;              /* [n] */
    double *panels;                    /* the same, padded to whole panels */
    double *one;                       /* [KERN_ROWS] */
    double *l;                         /* [k, KERN_ROWS] */
    double *sums;                      /* [3, k] */
    double *weight, *mean, *deviation; /* [k] each */
    double narrow;
    double likelihood;
} fit;

static double plain_ln(const kern_ops *f64, double v)
{
    f64->log(1, &v, &v);
    return v;
}

/* ---- one fit ------------------------------------------------------------- */

/* Equal shares of the cells. */
static void begin(fit *f, size_t k)
{
    f->k = k;
    for (size_t i = 0; i < k; i++) {
        const double low = f->sorted[i * (f->n - 1) / k];
        const double high = f->sorted[(i + 1) * (f->n - 1) / k];

        f->weight[i] = 1 / (double)k;
        f->mean[i] = f->sorted[(2 * i + 1) * (f->n - 1) / (2 * k)];
        f->deviation[i] =
            (high - low) / 2 > f->narrow ? (high - low) / 2 : f->narrow;
    }
}

static void look_at_panel(fit *f, const double *x, size_t m)
{
    double total[KERN_ROWS];

    for (size_t i = 0; i < f->k; i++) {
        const double s = 1 / f->deviation[i];
        const double offset = plain_ln(f->f64, f->weight[i] * s) - HALF_LN_2PI;

        f->f64->quad_diag(1, m, x, &f->mean[i], &s, offset,
                          f->l + i * KERN_ROWS);
    }
    f->f64->posterior(f->k, m, f->l, f->one, total);
    for (size_t i = 0; i < m; i++)
        f->likelihood += total[i];
    for (size_t i = 0; i < f->k; i++)
        f->f64->moments_diag(1, m, x, &f->mean[i], f->l + i * KERN_ROWS,
                             f->sums + i, f->sums + f->k + i,
                             f->sums + 2 * f->k + i);
}

/* The M-step. Modes that hold less than a cell are gone. */
static void move(fit *f)
{
    const double *const s0 = f->sums, *const s1 = s0 + f->k,
                        *const s2 = s1 + f->k;
    size_t kept = 0;

    for (size_t i = 0; i < f->k; i++) {
        const double shift = s1[i] / s0[i];
        const double variance = s2[i] / s0[i] - shift * shift;

        if (!(s0[i] >= 1))
            continue;
        f->weight[kept] = s0[i] / (double)f->n;
        f->mean[kept] = f->mean[i] + shift;
        f->deviation[kept++] =
            variance > f->narrow * f->narrow ? sqrt(variance) : f->narrow;
    }
    f->k = kept;
}

static void run(fit *f)
{
    double before = -INFINITY;

    for (int pass = 0; pass < PASSES; pass++) {
        f->likelihood = 0;
        memset(f->sums, 0, 3 * f->k * sizeof *f->sums);
        for (size_t i = 0; i < f->n; i += KERN_ROWS)
            look_at_panel(f, f->panels + i,
                          f->n - i < KERN_ROWS ? f->n - i : KERN_ROWS);
        if (f->likelihood - before < GAIN * (double)f->n)
            break;
        before = f->likelihood;
        move(f);
    }
}

static double criterion(const fit *f)
{
    return (3 * (double)f->k - 1) * plain_ln(f->f64, (double)f->n) -
           2 * f->likelihood;
}

/* ---- the search ---------------------------------------------------------- */

static int32_t open_fit(fit *f, size_t most, genmod_workspace *w)
{
    const size_t whole = (f->n + KERN_ROWS - 1) / KERN_ROWS * KERN_ROWS;

    f->panels = base_scratch(w, whole, sizeof *f->panels);
    f->one = base_scratch(w, KERN_ROWS, sizeof *f->one);
    f->l = base_scratch(w, most * KERN_ROWS, sizeof *f->l);
    f->sums = base_scratch(w, 6 * most, sizeof *f->sums);
    if (!f->panels || !f->one || !f->l || !f->sums)
        return base_status(w);
    f->weight = f->sums + 3 * most;
    f->mean = f->weight + most;
    f->deviation = f->mean + most;
    memset(f->panels, 0, whole * sizeof *f->panels);
    memcpy(f->panels, f->sorted, f->n * sizeof *f->panels);
    for (size_t i = 0; i < KERN_ROWS; i++)
        f->one[i] = 1;
    return GENMOD_OK;
}

static void search(fit *f, size_t most, double *weight, double *mean,
                   double *deviation, size_t *found)
{
    double best = INFINITY;
    int in_vain = 0;

    for (size_t k = 1; k <= most && k <= f->n && in_vain < IN_VAIN; k++) {
        begin(f, k);
        run(f);
        in_vain++;
        if (!(criterion(f) < best))
            continue;
        best = criterion(f);
        in_vain = 0;
        *found = f->k;
        memcpy(weight, f->weight, f->k * sizeof *weight);
        memcpy(mean, f->mean, f->k * sizeof *mean);
        memcpy(deviation, f->deviation, f->k * sizeof *deviation);
    }
}

/* Some cells of many, and how narrow a mode may be. */
static double *some_of(size_t n, const double *sorted, size_t some,
                       double *narrow, genmod_workspace *w)
{
    double *const x = base_scratch(w, some, sizeof *x);
    double mean = 0, square = 0;

    for (size_t i = 0; x && i < some; i++) {
        x[i] = sorted[i * (n - 1) / (some > 1 ? some - 1 : 1)];
        mean += x[i] / (double)some;
    }
    for (size_t i = 0; x && i < some; i++)
        square += (x[i] - mean) * (x[i] - mean) / (double)some;
    *narrow = square > 0 ? NARROW * sqrt(square) : NARROW;
    return x;
}

int32_t model_modes(size_t n, const double *sorted, size_t most, double *weight,
                    double *mean, double *deviation, size_t *found,
                    genmod_workspace *w)
{
    const base_mark mark = base_scratch_mark(w);
    fit f = {.f64 = kern_ops_of(base_cpu(w), GENMOD_F64),
             .n = n < CELLS ? n : CELLS};
    int32_t status;

    f.sorted = some_of(n, sorted, f.n, &f.narrow, w);
    status = f.sorted ? open_fit(&f, most, w) : base_status(w);
    *found = 0;
    if (!status)
        search(&f, most, weight, mean, deviation, found);
    base_scratch_release(w, mark);
    return status;
}
