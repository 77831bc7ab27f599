/* The E-step where cells are missing: Ghahramani, Jordan 1994. With o the
 * columns that a row has and m the others,
 *
 *     ln p(x_o, j) = ln w_j + ln N(x_o | mu_o, S_oo)
 *     E[x_m] = mu_m + S_mo S_oo^-1 (x_o - mu_o),  Cov[x_m] = S_mm - V^T V
 *
 * with V = L^-1 S_om, S_oo = L L^T. All in scaled columns. */
#include <math.h>
#include <string.h>

#include "gmm/partial.h"

#define LN_TWO_PI 1.8378770664093453

/* A task's scratch: the columns in two, and what is made of a pattern. */
typedef struct bench {
    size_t n, rest; /* columns that are there, others */
    size_t *given, *others;
    double *l, *v, *c; /* [d, d]: [n, n], [n, rest], [rest, rest] are used */
    double *e;         /* [n, rows of the group] */
    double *h;         /* [rows of the group, d] */
    void *pack;
    size_t m; /* rows of the group */
} bench;

struct gmm_partial {
    int32_t type;
    size_t d, k;
    unsigned char *there; /* [blocks, KERN_ROWS, d] */
    uint16_t *order;      /* [blocks, KERN_ROWS]: rows by pattern */
    size_t *count;        /* [blocks]: how many */
    char *share;          /* [blocks, k, KERN_ROWS]: in the order of `order` */
    bench *benches;       /* [width] */
};

static void *scratch(size_t a, size_t b, size_t size, genmod_workspace *w)
{
    size_t cells;

    if (!base_mul(a, b, &cells))
        cells = SIZE_MAX;
    return base_scratch(w, cells, size);
}

static int32_t bench_new(bench *b, int32_t triangle, size_t d,
                         genmod_workspace *w)
{
    const size_t side = triangle ? d : 0;

    b->given = base_scratch(w, d, sizeof *b->given);
    b->others = base_scratch(w, d, sizeof *b->others);
    b->l = scratch(side, side, sizeof *b->l, w);
    b->v = scratch(side, side, sizeof *b->v, w);
    b->c = scratch(side, side, sizeof *b->c, w);
    b->e = scratch(d, KERN_ROWS, sizeof *b->e, w);
    b->h = scratch(d, KERN_ROWS, sizeof *b->h, w);
    b->pack = base_scratch(w, 1, kern_factor_scratch(side));
    return b->given && b->others && b->l && b->v && b->c && b->e && b->h &&
                   b->pack
               ? GENMOD_OK
               : base_status(w);
}

int32_t gmm_partial_new(const gmm_params *p, int32_t type, size_t blocks,
                        gmm_partial **out, genmod_workspace *w)
{
    const size_t width = base_width(w), rows = blocks * KERN_ROWS;
    gmm_partial *const t = base_scratch(w, 1, sizeof *t);
    int32_t status = t ? GENMOD_OK : base_status(w);

    if (status)
        return status;
    *t = (gmm_partial){.type = type, .d = p->d, .k = p->k};
    t->there = scratch(rows, p->d, 1, w);
    t->order = base_scratch(w, rows, sizeof *t->order);
    t->count = base_scratch(w, blocks, sizeof *t->count);
    t->share = scratch(rows, p->k, gmm_tables_of(p, type)->ops->bytes, w);
    t->benches = base_scratch(w, width, sizeof *t->benches);
    if (!t->there || !t->order || !t->count || !t->share || !t->benches)
        return base_status(w);
    for (size_t i = 0; i < width && !status; i++)
        status = bench_new(&t->benches[i], p->type->triangle, p->d, w);
    *out = t;
    return status;
}

/* ---- rows ---------------------------------------------------------------- */

static const unsigned char *there_of(const gmm_partial *t, size_t at,
                                     size_t row)
{
    return t->there + (at * KERN_ROWS + row) * t->d;
}

void gmm_partial_none(gmm_partial *t, size_t at)
{
    t->count[at] = 0;
}

int gmm_partial_any(const gmm_partial *t, size_t at, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (t->count[at + i])
            return 1;
    return 0;
}

/* As pack() of kern, in the type of the panel. */
static void set_cell(const gmm_tables *t, size_t c, double x, char *panel,
                     size_t at)
{
    if (t->ops->type == GENMOD_F32) {
        const float center = ((const float *)t->center)[c];

        ((float *)(void *)panel)[at] =
            ((float)x - center) * ((const float *)t->scale)[c];
    } else {
        ((double *)(void *)panel)[at] = (x - ((const double *)t->center)[c]) *
                                        ((const double *)t->scale)[c];
    }
}

/* Merges runs of `run` rows, pairwise; rows that are alike keep their order. */
static void merge(const gmm_partial *t, size_t at, size_t n, size_t run,
                  const uint16_t *from, uint16_t *to)
{
    for (size_t lo = 0; lo < n; lo += 2 * run) {
        const size_t middle = lo + run < n ? lo + run : n;
        const size_t hi = lo + 2 * run < n ? lo + 2 * run : n;
        size_t a = lo, b = middle;

        for (size_t i = lo; i < hi; i++) {
            const int left =
                a < middle &&
                (b >= hi || memcmp(there_of(t, at, from[a]),
                                   there_of(t, at, from[b]), t->d) <= 0);

            to[i] = left ? from[a++] : from[b++];
        }
    }
}

static void sort_rows(gmm_partial *t, size_t at)
{
    uint16_t *const order = t->order + at * KERN_ROWS, other[KERN_ROWS];
    const size_t n = t->count[at];

    for (size_t run = 1; run < n; run *= 2) {
        merge(t, at, n, run, order, other);
        memcpy(order, other, n * sizeof *order);
    }
}

int gmm_partial_pack(gmm_partial *t, const gmm_block *b, const base_view *v,
                     size_t m)
{
    const gmm_tables *const tables = gmm_tables_of(b->p, b->ops->type);
    size_t n = 0;

    memset(b->panel, 0, t->d * KERN_ROWS * b->ops->bytes);
    for (size_t i = 0; i < m; i++) {
        unsigned char *const there = t->there + (b->at * KERN_ROWS + i) * t->d;
        size_t missing = 0;

        for (size_t c = 0; c < t->d; c++) {
            const double x = base_view_cell(v, i, c);

            there[c] = x == x;
            missing += x != x;
            if (x == x && x - x != 0)
                return 0;
            if (x == x)
                set_cell(tables, c, x, b->panel, c * KERN_ROWS + i);
        }
        if (missing)
            t->order[b->at * KERN_ROWS + n++] = (uint16_t)i;
    }
    t->count[b->at] = n;
    sort_rows(t, b->at);
    return 1;
}

int32_t gmm_partial_refuse(const gmm_partial *t, const base_view *v,
                           size_t first, size_t n, genmod_workspace *w)
{
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < t->d; c++) {
            const double x = base_view_cell(v, i, c);

            if (x == x && x - x != 0)
                return base_fail(w, GENMOD_NON_FINITE,
                                 "the cell in row %u, column %u is %g",
                                 (uint64_t)(first + i), (uint64_t)c, x);
        }
    return GENMOD_OK;
}

/* Rows of the pattern that begins at place `from` of the order. */
static size_t group_rows(const gmm_partial *t, size_t at, size_t from)
{
    const uint16_t *const order = t->order + at * KERN_ROWS;
    const unsigned char *const there = there_of(t, at, order[from]);
    size_t n = 1;

    while (from + n < t->count[at] &&
           memcmp(there, there_of(t, at, order[from + n]), t->d) == 0)
        n++;
    return n;
}

/* ---- patterns ------------------------------------------------------------ */

static void split(const gmm_partial *t, const gmm_block *b, size_t from,
                  size_t m, bench *w)
{
    const unsigned char *const there =
        there_of(t, b->at, t->order[b->at * KERN_ROWS + from]);

    w->m = m;
    w->n = w->rest = 0;
    for (size_t c = 0; c < t->d; c++)
        if (there[c])
            w->given[w->n++] = c;
        else
            w->others[w->rest++] = c;
}

/* Of two columns, scaled. */
static double covariance(const gmm_params *p, size_t unit, size_t a, size_t b)
{
    const double *const scale = p->f64.scale;

    return gmm_unit_covariance(p, unit, a, b) * scale[a] * scale[b];
}

static double ln(const gmm_block *b, double x)
{
    b->p->f64.ops->log(1, &x, &x);
    return x;
}

/* L of the given columns. A principal part of a positive definite matrix is so,
 * too. */
static void factorise(const gmm_block *b, size_t unit, bench *w)
{
    for (size_t i = 0; i < w->n; i++)
        for (size_t c = 0; c <= i; c++)
            w->l[i * w->n + c] =
                covariance(b->p, unit, w->given[i], w->given[c]);
    if (w->n)
        (void)kern_cholesky(b->p->f64.ops, w->n, w->l, w->n, 0, w->pack);
}

/* e <- x_o - mu_jo of a group's rows. */
static void take_rows(const gmm_partial *t, const gmm_block *b, size_t from,
                      size_t j, bench *w)
{
    const uint16_t *const rows = t->order + b->at * KERN_ROWS + from;
    const kern_real *const mu = gmm_tables_of(b->p, t->type)->mu;

    for (size_t a = 0; a < w->n; a++) {
        const size_t c = w->given[a];
        const double mean = gmm_real(t->type, mu, j * t->d + c);

        for (size_t i = 0; i < w->m; i++)
            w->e[a * w->m + i] =
                gmm_real(t->type, b->panel, c * KERN_ROWS + rows[i]) - mean;
    }
}

/* e <- L^-1 e; returns ln det L. Without off-diagonals L is the deviations. */
static double whiten(const gmm_block *b, size_t unit, bench *w)
{
    double log_det = 0;

    for (size_t a = 0; a < w->n && !b->p->type->triangle; a++) {
        const size_t c = w->given[a];
        const double variance = covariance(b->p, unit, c, c);
        const double inverse = 1 / sqrt(variance);

        log_det += ln(b, variance) / 2;
        for (size_t i = 0; i < w->m; i++)
            w->e[a * w->m + i] *= inverse;
    }
    if (!b->p->type->triangle || w->n == 0)
        return log_det;
    for (size_t a = 0; a < w->n; a++)
        log_det += ln(b, w->l[a * w->n + a]);
    kern_triangular_solve(b->p->f64.ops, 0, w->n, w->m, w->l, w->n, w->e, w->m);
    return log_det;
}

/* ---- densities ----------------------------------------------------------- */

/* ln p(x_o, j), less the log_scale of all columns, which is added to every
 * row's density: the missing columns' share of it goes off here. */
static void joint(const gmm_partial *t, const gmm_block *b, size_t from,
                  size_t j, double log_scale, bench *w)
{
    const uint16_t *const rows = t->order + b->at * KERN_ROWS + from;
    const size_t unit = gmm_unit_of(b->p, j);
    double offset = ln(b, b->p->weights[j]) - log_scale;

    if (b->p->type->triangle && (j == 0 || !b->p->type->shared))
        factorise(b, unit, w);
    take_rows(t, b, from, j, w);
    offset -= whiten(b, unit, w) + (double)w->n * LN_TWO_PI / 2;
    for (size_t i = 0; i < w->m; i++) {
        double square = 0;

        for (size_t a = 0; a < w->n; a++)
            square += w->e[a * w->m + i] * w->e[a * w->m + i];
        gmm_set_real(t->type, b->l, j * KERN_ROWS + rows[i],
                     offset - square / 2);
    }
}

void gmm_partial_joint(gmm_partial *t, const gmm_block *b)
{
    bench *const w = &t->benches[b->slot];
    const double *const scale = b->p->f64.scale;
    size_t m;

    for (size_t from = 0; from < t->count[b->at]; from += m) {
        double log_scale = 0;

        m = group_rows(t, b->at, from);
        split(t, b, from, m, w);
        for (size_t i = 0; i < w->rest; i++)
            log_scale += ln(b, scale[w->others[i]]);
        for (size_t j = 0; j < t->k; j++)
            joint(t, b, from, j, log_scale, w);
    }
}

void gmm_partial_widen(const gmm_partial *t, const gmm_block *b,
                       const double *side)
{
    const uint16_t *const rows = t->order + b->at * KERN_ROWS;

    for (size_t i = 0; i < t->count[b->at]; i++) {
        const unsigned char *const there = there_of(t, b->at, rows[i]);
        const size_t at = t->k * KERN_ROWS + rows[i];
        double v = gmm_real(t->type, b->l, at);

        for (size_t c = 0; c < t->d; c++)
            v += there[c] ? 0 : ln(b, side[c]);
        gmm_set_real(t->type, b->l, at, v);
    }
}

void gmm_partial_distances(const gmm_partial *t, const gmm_block *b,
                           const char *metric)
{
    const uint16_t *const rows = t->order + b->at * KERN_ROWS;
    const kern_real *const mu = gmm_tables_of(b->p, t->type)->mu;

    for (size_t i = 0; i < t->count[b->at]; i++) {
        const unsigned char *const there = there_of(t, b->at, rows[i]);

        for (size_t j = 0; j < t->k; j++) {
            double sum = gmm_real(t->type, b->l, j * KERN_ROWS + rows[i]);

            for (size_t c = 0; c < t->d; c++) {
                const double e = gmm_real(t->type, mu, j * t->d + c) *
                                 gmm_real(t->type, metric, c);

                sum += there[c] ? 0 : e * e / 2;
            }
            gmm_set_real(t->type, b->l, j * KERN_ROWS + rows[i], sum);
        }
    }
}

/* ---- moments ------------------------------------------------------------- */

void gmm_partial_take(gmm_partial *t, const gmm_block *b)
{
    const uint16_t *const rows = t->order + b->at * KERN_ROWS;
    char *const share = t->share + b->at * t->k * KERN_ROWS * b->ops->bytes;

    for (size_t i = 0; i < t->count[b->at]; i++)
        for (size_t j = 0; j < t->k; j++) {
            const size_t at = j * KERN_ROWS + rows[i];

            gmm_set_real(t->type, share, j * KERN_ROWS + i,
                         gmm_real(t->type, b->l, at));
            gmm_set_real(t->type, b->l, at, 0);
        }
}

/* V = L^-1 S_om and c = S_mm - V^T V, its upper triangle. */
static void regress(const gmm_block *b, size_t unit, bench *w)
{
    const size_t n = w->n, rest = w->rest;

    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < rest; c++)
            w->v[i * rest + c] =
                covariance(b->p, unit, w->given[i], w->others[c]);
    if (n && rest)
        kern_triangular_solve(b->p->f64.ops, 0, n, rest, w->l, n, w->v, rest);
    for (size_t a = 0; a < rest; a++) {
        double *const row = w->c + a * rest;

        for (size_t c = a; c < rest; c++)
            row[c] = covariance(b->p, unit, w->others[a], w->others[c]);
        for (size_t i = 0; i < n; i++)
            for (size_t c = a; c < rest; c++)
                row[c] -= w->v[i * rest + a] * w->v[i * rest + c];
    }
}

/* h [m, d] <- E[x - mu_j], the cells that are there as they are. */
static void complete(const gmm_partial *t, const gmm_block *b, size_t unit,
                     bench *w)
{
    const size_t n = w->n, m = w->m, rest = w->rest, d = t->d;

    memset(w->h, 0, m * d * sizeof *w->h);
    for (size_t a = 0; a < n; a++)
        for (size_t i = 0; i < m; i++)
            w->h[i * d + w->given[a]] = w->e[a * m + i];
    if (!b->p->type->triangle)
        return;
    (void)whiten(b, unit, w);
    for (size_t i = 0; i < m; i++)
        for (size_t a = 0; a < n; a++)
            for (size_t c = 0; c < rest; c++)
                w->h[i * d + w->others[c]] +=
                    w->v[a * rest + c] * w->e[a * m + i];
}

/* Sums of a row: r e e^T, of diagonals the squares alone. */
static void add_row(const gmm_partial *t, size_t j, double r, const double *e,
                    int32_t triangle, gmm_stats *s)
{
    const size_t d = t->d;
    double *const s1 = s->s1 + j * d;

    s->s0[j] += r;
    for (size_t a = 0; a < d; a++) {
        double *const s2 = s->s2 + (triangle ? (j * d + a) * d : j * d);
        const double re = r * e[a];

        s1[a] += re;
        if (!triangle)
            s2[a] += re * e[a];
        for (size_t c = a; triangle && c < d; c++)
            s2[c] += re * e[c];
    }
}

/* The covariance that the missing cells have left, `mass` times. */
static void add_rest(const gmm_partial *t, const gmm_block *b, size_t j,
                     double mass, const bench *w, gmm_stats *s)
{
    const size_t d = t->d, unit = gmm_unit_of(b->p, j);

    for (size_t a = 0; a < w->rest; a++) {
        const size_t i = w->others[a];

        if (!b->p->type->triangle)
            s->s2[j * d + i] += mass * covariance(b->p, unit, i, i);
        for (size_t c = a; b->p->type->triangle && c < w->rest; c++)
            s->s2[(j * d + i) * d + w->others[c]] +=
                mass * w->c[a * w->rest + c];
    }
}

/* Rows from place `from` of the order, whose missing cells are the same. */
static void add_group(const gmm_partial *t, const gmm_block *b, size_t j,
                      size_t from, bench *w, gmm_stats *s)
{
    const char *const share =
        t->share + (b->at * t->k + j) * KERN_ROWS * b->ops->bytes;
    const kern_real *const mu = gmm_tables_of(b->p, t->type)->mu;
    const size_t unit = gmm_unit_of(b->p, j), d = t->d;
    double mass = 0;

    if (b->p->type->triangle) {
        factorise(b, unit, w);
        regress(b, unit, w);
    }
    take_rows(t, b, from, j, w);
    complete(t, b, unit, w);
    for (size_t i = 0; i < w->m; i++) {
        const double r = gmm_real(t->type, share, from + i);

        for (size_t c = 0; c < d && s->common; c++)
            w->h[i * d + c] += gmm_real(t->type, mu, j * d + c);
        add_row(t, j, r, w->h + i * d, b->p->type->triangle, s);
        mass += r;
    }
    add_rest(t, b, j, mass, w, s);
}

void gmm_partial_add(gmm_partial *t, const gmm_block *b, size_t j, gmm_stats *s)
{
    bench *const w = &t->benches[b->slot];
    size_t m;

    for (size_t from = 0; from < t->count[b->at]; from += m) {
        m = group_rows(t, b->at, from);
        split(t, b, from, m, w);
        add_group(t, b, j, from, w, s);
    }
}
