/* The E-step where cells are missing (Ghahramani, Jordan 1994) or noisy (Bovy,
 * Hogg, Roweis 2011). With o the columns that a row has, N the noise of these,
 * and T = S_oo + N = L L^T,
 *
 *     ln p(x_o, j) = ln w_j + ln N(x_o | mu_o, T)
 *     E[v_t] = mu_t + V^T L^-1 (x_o - mu_o),  Cov[v_t] = S_tt - V^T V
 *
 * with V = L^-1 S_ot and v the row without its noise: t are the other columns,
 * or, where there is noise, all. All in scaled columns. */
#include <math.h>
#include <string.h>

#include "gmm/bench.h"

#define LN_TWO_PI 1.8378770664093453

/* ---- patterns ------------------------------------------------------------ */

static void split(const gmm_partial *t, const gmm_block *b, size_t from,
                  size_t m, gmm_bench *w)
{
    const size_t row = t->order[b->at * KERN_ROWS + from];
    const unsigned char *const there = gmm_there(t, b->at, row);

    w->m = m;
    w->row = b->first + row;
    w->n = w->rest = 0;
    for (size_t c = 0; c < t->d; c++) {
        if (there[c])
            w->given[w->n++] = c;
        if (!there[c] || t->noise)
            w->others[w->rest++] = c;
    }
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

/* T: the same of what is seen. */
static double observed(const gmm_partial *t, const gmm_block *b, size_t unit,
                       size_t row, size_t a, size_t c)
{
    const double *const scale = b->p->f64.scale;
    const double s = covariance(b->p, unit, a, c);

    return t->noise ? s + gmm_noise_of(t, row, a, c) * scale[a] * scale[c] : s;
}

/* L of the given columns. A principal part of a positive definite matrix is so,
 * too; 0 where noise made it another. */
static int factorise(const gmm_partial *t, const gmm_block *b, size_t unit,
                     gmm_bench *w)
{
    for (size_t i = 0; i < w->n; i++)
        for (size_t c = 0; c <= i; c++)
            w->l[i * w->n + c] =
                observed(t, b, unit, w->row, w->given[i], w->given[c]);
    return w->n == 0 ||
           kern_cholesky(b->p->f64.ops, w->n, w->l, w->n, 0, w->pack) == w->n;
}

/* e <- x_o - mu_jo of a group's rows. */
static void take_rows(const gmm_partial *t, const gmm_block *b, size_t from,
                      size_t j, gmm_bench *w)
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

/* 1: T has elements beside its diagonal. */
static int is_dense(const gmm_partial *t, const gmm_block *b)
{
    return b->p->type->triangle || t->full;
}

/* e <- L^-1 e; returns ln det L. Without off-diagonals L is the deviations. */
static double whiten(const gmm_partial *t, const gmm_block *b, size_t unit,
                     gmm_bench *w)
{
    double log_det = 0;

    for (size_t a = 0; a < w->n && !is_dense(t, b); a++) {
        const size_t c = w->given[a];
        const double variance = observed(t, b, unit, w->row, c, c);
        const double inverse = 1 / sqrt(variance);

        log_det += ln(b, variance) / 2;
        for (size_t i = 0; i < w->m; i++)
            w->e[a * w->m + i] *= inverse;
    }
    if (!is_dense(t, b) || w->n == 0)
        return log_det;
    for (size_t a = 0; a < w->n; a++)
        log_det += ln(b, w->l[a * w->n + a]);
    kern_triangular_solve(b->p->f64.ops, 0, w->n, w->m, w->l, w->n, w->e, w->m);
    return log_det;
}

/* ---- densities ----------------------------------------------------------- */

/* ln p(x_o, j), less the log_scale of all columns, which is added to every
 * row's density: the missing columns' share of it goes off here. */
static int joint(const gmm_partial *t, const gmm_block *b, size_t from,
                 size_t j, double log_scale, gmm_bench *w)
{
    const uint16_t *const rows = t->order + b->at * KERN_ROWS + from;
    const size_t unit = gmm_unit_of(b->p, j);
    double offset = ln(b, b->p->weights[j]) - log_scale;

    if (is_dense(t, b) && (j == 0 || !b->p->type->shared) &&
        !factorise(t, b, unit, w))
        return 0;
    take_rows(t, b, from, j, w);
    offset -= whiten(t, b, unit, w) + (double)w->n * LN_TWO_PI / 2;
    for (size_t i = 0; i < w->m; i++) {
        double square = 0;

        for (size_t a = 0; a < w->n; a++)
            square += w->e[a * w->m + i] * w->e[a * w->m + i];
        gmm_set_real(t->type, b->l, j * KERN_ROWS + rows[i],
                     offset - square / 2);
    }
    return 1;
}

int gmm_partial_joint(gmm_partial *t, const gmm_block *b)
{
    gmm_bench *const w = &t->benches[b->slot];
    const double *const scale = b->p->f64.scale;
    size_t m;

    for (size_t from = 0; from < t->count[b->at]; from += m) {
        double log_scale = 0;

        m = gmm_group_rows(t, b->at, from);
        split(t, b, from, m, w);
        for (size_t i = 0; i < w->rest; i++)
            if (!gmm_there(t, b->at, w->row - b->first)[w->others[i]])
                log_scale += ln(b, scale[w->others[i]]);
        for (size_t j = 0; j < b->p->k; j++)
            if (!joint(t, b, from, j, log_scale, w))
                return 0;
    }
    return 1;
}

void gmm_partial_widen(const gmm_partial *t, const gmm_block *b,
                       const double *side)
{
    const uint16_t *const rows = t->order + b->at * KERN_ROWS;

    for (size_t i = 0; i < t->count[b->at]; i++) {
        const unsigned char *const there = gmm_there(t, b->at, rows[i]);
        const size_t at = b->p->k * KERN_ROWS + rows[i];
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
        const unsigned char *const there = gmm_there(t, b->at, rows[i]);

        for (size_t j = 0; j < b->p->k; j++) {
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
        for (size_t j = 0; j < b->p->k; j++) {
            const size_t at = j * KERN_ROWS + rows[i];

            gmm_set_real(t->type, share, j * KERN_ROWS + i,
                         gmm_real(t->type, b->l, at));
            gmm_set_real(t->type, b->l, at, 0);
        }
}

/* V = L^-1 S_om and c = S_mm - V^T V, its upper triangle. */
static void regress(const gmm_block *b, size_t unit, gmm_bench *w)
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

/* h [m, d] <- E[v - mu_j]: cells that are there and exact as they are. */
static void complete(const gmm_partial *t, const gmm_block *b, size_t unit,
                     gmm_bench *w)
{
    const size_t n = w->n, m = w->m, rest = w->rest, d = t->d;

    memset(w->h, 0, m * d * sizeof *w->h);
    for (size_t a = 0; a < n && !(t->noise && is_dense(t, b)); a++) {
        const size_t c = w->given[a];
        const double known = t->noise ? covariance(b->p, unit, c, c) /
                                            observed(t, b, unit, w->row, c, c)
                                      : 1;

        for (size_t i = 0; i < m; i++)
            w->h[i * d + c] = w->e[a * m + i] * known;
    }
    if (!is_dense(t, b))
        return;
    (void)whiten(t, b, unit, w);
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

/* The variance that column c has left where L is diagonal. */
static double left(const gmm_partial *t, const gmm_block *b, size_t unit,
                   const gmm_bench *w, size_t c)
{
    const double s = covariance(b->p, unit, c, c);
    double seen;

    if (!t->noise || !gmm_there(t, b->at, w->row - b->first)[c])
        return s;
    seen = observed(t, b, unit, w->row, c, c);
    return s * ((seen - s) / seen);
}

/* The covariance that is left of what was told, `mass` times. */
static void add_rest(const gmm_partial *t, const gmm_block *b, size_t j,
                     double mass, const gmm_bench *w, gmm_stats *s)
{
    const size_t d = t->d, unit = gmm_unit_of(b->p, j);

    for (size_t a = 0; a < w->rest; a++) {
        const size_t i = w->others[a];

        if (!b->p->type->triangle)
            s->s2[j * d + i] +=
                mass * (is_dense(t, b) ? w->c[a * w->rest + a]
                                       : left(t, b, unit, w, i));
        for (size_t c = a; b->p->type->triangle && c < w->rest; c++)
            s->s2[(j * d + i) * d + w->others[c]] +=
                mass * w->c[a * w->rest + c];
    }
}

/* Rows from place `from` of the order, whose missing cells are the same. */
static void add_group(const gmm_partial *t, const gmm_block *b, size_t j,
                      size_t from, gmm_bench *w, gmm_stats *s)
{
    const char *const share =
        t->share + (b->at * t->k + j) * KERN_ROWS * b->ops->bytes;
    const kern_real *const mu = gmm_tables_of(b->p, t->type)->mu;
    const size_t unit = gmm_unit_of(b->p, j), d = t->d;
    double mass = 0;

    if (is_dense(t, b)) {
        (void)factorise(t, b, unit, w); /* as for the densities */
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
    gmm_bench *const w = &t->benches[b->slot];
    size_t m;

    for (size_t from = 0; from < t->count[b->at]; from += m) {
        m = gmm_group_rows(t, b->at, from);
        split(t, b, from, m, w);
        add_group(t, b, j, from, w, s);
    }
}
