/* Products, factorisations and windows. */
#include "support/test.h"

#include "ad/naive.h"

/* matrices: the last two axes, the others are a batch */

static void matmul(const naive_term *t)
{
    const int32_t r = t->rank[0] - 2;
    const int ta = t->r->i[0] != 0, tb = t->r->i[1] != 0;
    const size_t m = (size_t)t->dim[r], n = (size_t)t->dim[r + 1];
    const size_t inner = (size_t)t->in[0][ta ? r : r + 1];

    for (size_t k = 0; k < t->n; k++) {
        const size_t batch = k / (m * n), i = k / n % m, j = k % n;
        const long double *const a = t->x[0] + batch * m * inner;
        const long double *const b = t->x[1] + batch * inner * n;
        long double sum = 0;
        for (size_t l = 0; l < inner; l++)
            sum += (ta ? a[l * m + i] : a[i * inner + l]) *
                   (tb ? b[j * inner + l] : b[l * n + j]);
        t->y[k] = sum;
    }
}

static void cholesky(size_t n, const long double *a, long double *l)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            long double s = a[i * n + j];
            for (size_t k = 0; k < j && k < i; k++)
                s -= l[i * n + k] * l[j * n + k];
            l[i * n + j] = j > i ? 0 : j == i ? sqrtl(s) : s / l[j * n + j];
        }
}

/* Forwards with L, or backwards with its transpose. */
static void solve(size_t n, size_t m, int trans, const long double *l,
                  const long double *b, long double *x)
{
    for (size_t c = 0; c < m; c++)
        for (size_t step = 0; step < n; step++) {
            const size_t i = trans ? n - 1 - step : step;
            long double s = b[i * m + c];
            for (size_t done = 0; done < step; done++) {
                const size_t k = trans ? n - 1 - done : done;
                s -= (trans ? l[k * n + i] : l[i * n + k]) * x[k * m + c];
            }
            x[i * m + c] = s / l[i * n + i];
        }
}

int naive_linear(const naive_term *t)
{
    const int32_t r = t->rank[0] - 2;
    const size_t n = r >= 0 ? (size_t)t->in[0][r] : 0;

    if (t->r->op == AD_OP_MATMUL)
        matmul(t);
    else if (t->r->op == AD_OP_CHOLESKY)
        for (size_t k = 0; k < t->n; k += n * n)
            cholesky(n, t->x[0] + k, t->y + k);
    else if (t->r->op == AD_OP_SOLVE) {
        const size_t m = (size_t)t->dim[r + 1];
        for (size_t k = 0; k * n * m < t->n; k++)
            solve(n, m, t->r->i[0] != 0, t->x[0] + k * n * n,
                  t->x[1] + k * n * m, t->y + k * n * m);
    } else
        return 0;
    return 1;
}

/* convolution: y[b, i, j, q] += x[b, i', j', p] f[u, v, p', q] */

typedef struct conv {
    const int64_t *x, *f, *y; /* their sizes */
    const ad_record *r;
} conv;

/* The places of one term in x, f and y; 0 where x is padding. */
static int places(const conv *c, const int64_t *y, const int64_t *f, size_t *at)
{
    const int64_t groups = c->r->i[6];
    const int64_t group = y[3] / (c->y[3] / groups);
    const int64_t x[4] = {y[0], y[1] * c->r->i[0] + f[0] - c->r->i[2],
                          y[2] * c->r->i[1] + f[1] - c->r->i[3],
                          group * c->f[2] + f[2]};

    if (x[1] < 0 || x[1] >= c->x[1] || x[2] < 0 || x[2] >= c->x[2])
        return 0;
    at[0] = naive_ravel(4, c->x, x);
    at[1] = naive_ravel(4, c->f, f);
    at[2] = naive_ravel(4, c->y, y);
    return 1;
}

/* Adds all terms to v[out], which is y, f or x by number 2, 1, 0. */
static void convolve(const conv *c, int out, const long double *const *v,
                     long double *sum)
{
    const size_t ny = (size_t)(c->y[0] * c->y[1] * c->y[2] * c->y[3]);
    const int64_t taps[4] = {c->f[0], c->f[1], c->f[2], 1};
    const size_t nf = (size_t)(c->f[0] * c->f[1] * c->f[2]);
    int64_t y[4], f[4];
    size_t at[3];

    for (size_t k = 0; k < ny; k++)
        for (size_t l = 0; l < nf; l++) {
            naive_unravel(4, c->y, k, y);
            naive_unravel(4, taps, l, f);
            f[3] = y[3];
            if (places(c, y, f, at))
                sum[at[out]] += out == 2   ? v[0][at[0]] * v[1][at[1]]
                                : out == 1 ? v[0][at[0]] * v[2][at[2]]
                                           : v[1][at[1]] * v[2][at[2]];
        }
}

static void convolution(const naive_term *t)
{
    const int op = t->r->op;
    const conv c = {
        .x = op == AD_OP_CONV_X ? t->dim : t->in[0],
        .f = op == AD_OP_CONV_F ? t->dim : t->in[1],
        .y = op == AD_OP_CONV     ? t->dim
             : op == AD_OP_CONV_X ? t->in[0]
                                  : t->in[1],
        .r = t->r,
    };
    const long double *v[3] = {t->x[0], t->x[1], NULL};

    if (op == AD_OP_CONV_X) {
        v[0] = NULL;
        v[2] = t->x[0];
    } else if (op == AD_OP_CONV_F) {
        v[1] = NULL;
        v[2] = t->x[1];
    }
    convolve(&c, op == AD_OP_CONV ? 2 : op == AD_OP_CONV_F ? 1 : 0, v, t->y);
}

/* windows */

/* Cell (u, v) of y's window in x [n, h, w, c]; 0 where it is padding. */
static int cell(const naive_term *t, const int64_t *x, const int64_t *y,
                int64_t u, int64_t v, size_t *at)
{
    const int64_t from[4] = {y[0], y[1] * t->r->i[0] + u - t->r->i[2],
                             y[2] * t->r->i[1] + v - t->r->i[3], y[3]};

    if (from[1] < 0 || from[1] >= x[1] || from[2] < 0 || from[2] >= x[2])
        return 0;
    *at = naive_ravel(4, x, from);
    return 1;
}

static void average(const naive_term *t, int back)
{
    const int64_t *const dx = back ? t->dim : t->in[0];
    const int64_t *const dy = back ? t->in[0] : t->dim;
    const int64_t r = t->r->i[7], s = t->r->i[8];
    const size_t n = back ? t->size[0] : t->n;
    int64_t y[4];
    size_t at;

    for (size_t k = 0; k < n; k++) {
        int64_t inside = 0;
        naive_unravel(4, dy, k, y);
        for (int64_t l = 0; l < r * s; l++)
            inside += cell(t, dx, y, l / s, l % s, &at);
        const long double count = (long double)(t->r->i[6] ? r * s : inside);
        for (int64_t l = 0; l < r * s; l++) {
            if (!cell(t, dx, y, l / s, l % s, &at))
                continue;
            if (back)
                t->y[at] += t->x[0][k] / count;
            else
                t->y[k] += t->x[0][at] / count;
        }
    }
}

static void window_argmax(const naive_term *t)
{
    const int64_t r = t->r->i[7], s = t->r->i[8];
    int64_t y[4], x[4];
    size_t at, best = 0;

    for (size_t k = 0; k < t->n; k++) {
        int seen = 0;
        naive_unravel(4, t->dim, k, y);
        for (int64_t l = 0; l < r * s; l++)
            if (cell(t, t->in[0], y, l / s, l % s, &at) &&
                (!seen++ || t->x[0][at] > t->x[0][best]))
                best = at;
        naive_unravel(4, t->in[0], best, x);
        t->y[k] = (long double)(x[1] * t->in[0][2] + x[2]);
    }
}

/* Image x's element at `index` for element k of y. */
static size_t indexed(const naive_term *t, const int64_t *dx, const int64_t *dy,
                      size_t k)
{
    int64_t y[4];

    naive_unravel(4, dy, k, y);
    const int64_t cells = (int64_t)t->x[1][k];
    const int64_t x[4] = {y[0], cells / dx[2], cells % dx[2], y[3]};
    return naive_ravel(4, dx, x);
}

/* Where cell i of `to` lies between those of `from`: below, and how far. */
static long double between(int64_t from, int64_t to, int64_t i, int64_t *below,
                           int64_t *above)
{
    long double at =
        ((long double)i + 0.5L) * (long double)from / (long double)to - 0.5L;

    if (at < 0)
        at = 0;
    *below = (int64_t)at;
    *above = *below + 1 < from ? *below + 1 : *below;
    return at - (long double)*below;
}

static void bilinear(const naive_term *t, int back)
{
    const int64_t *const dx = back ? t->dim : t->in[0];
    const int64_t *const dy = back ? t->in[0] : t->dim;
    const size_t n = back ? t->size[0] : t->n;
    int64_t y[4], h[2], w[2];

    for (size_t k = 0; k < n; k++) {
        naive_unravel(4, dy, k, y);
        const long double a = between(dx[1], dy[1], y[1], &h[0], &h[1]);
        const long double b = between(dx[2], dy[2], y[2], &w[0], &w[1]);
        for (int l = 0; l < 4; l++) {
            const int64_t x[4] = {y[0], h[l / 2], w[l % 2], y[3]};
            const size_t at = naive_ravel(4, dx, x);
            const long double share = (l / 2 ? a : 1 - a) * (l % 2 ? b : 1 - b);
            if (back)
                t->y[at] += share * t->x[0][k];
            else
                t->y[k] += share * t->x[0][at];
        }
    }
}

int naive_windowed(const naive_term *t)
{
    memset(t->y, 0, t->n * sizeof *t->y);
    switch (t->r->op) {
    case AD_OP_CONV:
    case AD_OP_CONV_X:
    case AD_OP_CONV_F:
        return convolution(t), 1;
    case AD_OP_AVERAGE:
    case AD_OP_AVERAGE_X:
        return average(t, t->r->op == AD_OP_AVERAGE_X), 1;
    case AD_OP_WINDOW_ARGMAX:
        return window_argmax(t), 1;
    case AD_OP_WINDOW_GATHER:
        for (size_t k = 0; k < t->n; k++)
            t->y[k] = t->x[0][indexed(t, t->in[0], t->dim, k)];
        return 1;
    case AD_OP_WINDOW_SCATTER:
        for (size_t k = 0; k < t->size[0]; k++)
            t->y[indexed(t, t->dim, t->in[0], k)] += t->x[0][k];
        return 1;
    case AD_OP_BILINEAR:
    case AD_OP_BILINEAR_X:
        return bilinear(t, t->r->op == AD_OP_BILINEAR_X), 1;
    default:
        return 0;
    }
}
