/* The symmetric eigenproblem: Householder tridiagonalisation and implicit QL
 * with Wilkinson's shift; Golub, Van Loan, 4th edition, 8.3. */
#include <assert.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "kern/kern.h"

#define SWEEPS 30 /* an eigenvalue takes two or three */

/* The power of two next to the largest element, so that squares neither
 * overflow nor vanish and scaling is exact; 0 if an element is not finite. */
static double scale_of(size_t n, const double *a, size_t lda)
{
    double largest = 0.0;
    int exponent;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            const double x = fabs(a[i * lda + j]);
            if (!(x <= DBL_MAX))
                return 0.0;
            if (x > largest)
                largest = x;
        }
    if (largest == 0.0)
        return 1.0;
    (void)frexp(largest, &exponent);
    return ldexp(1.0, exponent - 1);
}

/* The whole matrix from its lower triangle, so that every loop runs along
 * rows. */
static void mirror(size_t n, const double *a, size_t lda, double scale,
                   double *s, size_t lds)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j <= i; j++) {
            const double x = a[i * lda + j] / scale;
            s[i * lds + j] = x;
            s[j * lds + i] = x;
        }
}

static double dot(size_t n, const double *x, const double *y)
{
    double s = 0.0;
    for (size_t i = 0; i < n; i++)
        s += x[i] * y[i];
    return s;
}

static void add_multiple(size_t n, double factor, const double *restrict x,
                         double *restrict y)
{
    for (size_t i = 0; i < n; i++)
        y[i] += factor * x[i];
}

/* Algorithm 5.1.1: x becomes u with (I - beta u u^T) x = *alpha e_1. Returns
 * beta, 0 where x is a multiple of e_1 already. */
static double reflector(size_t n, double *x, double *alpha)
{
    const double rest = dot(n - 1, x + 1, x + 1);
    *alpha = x[0];
    if (rest == 0.0)
        return 0.0;
    const double norm = sqrt(x[0] * x[0] + rest);
    *alpha = x[0] > 0.0 ? -norm : norm;
    x[0] -= *alpha;
    return 2.0 / (x[0] * x[0] + rest);
}

/* s := H s H on the square [n, n] at s, H = I - beta u u^T: eq. (8.3.3), s - u
 * w^T - w u^T with p = beta s u, w = p - (beta p^T u / 2) u. */
static void reflect_both(size_t n, double beta, const double *u, double *s,
                         size_t lds, double *w)
{
    memset(w, 0, n * sizeof *w);
    for (size_t j = 0; j < n; j++)
        add_multiple(n, beta * u[j], s + j * lds, w);
    add_multiple(n, -0.5 * beta * dot(n, w, u), u, w);
    for (size_t j = 0; j < n; j++) {
        add_multiple(n, -u[j], w, s + j * lds);
        add_multiple(n, -w[j], u, s + j * lds);
    }
}

/* Algorithm 8.3.1. Out: diagonal d, e[k] beside d[k] and d[k + 1]; reflector k
 * in row k right of the diagonal, its beta on the diagonal. */
static void tridiagonalise(size_t n, double *s, size_t lds, double *d,
                           double *e, double *w)
{
    for (size_t k = 0; k + 1 < n; k++) {
        double *const row = s + k * lds;
        const size_t m = n - k - 1;
        d[k] = row[k];
        row[k] = reflector(m, row + k + 1, e + k);
        if (row[k] != 0.0)
            reflect_both(m, row[k], row + k + 1, s + (k + 1) * lds + k + 1, lds,
                         w);
    }
    d[n - 1] = s[(n - 1) * lds + n - 1];
    e[n - 1] = 0.0;
}

/* Q = H_0 H_1 … from the last to the first (5.1.6), over the reflectors. */
static void accumulate(size_t n, double *q, size_t ldq, double *w)
{
    q[(n - 1) * ldq + n - 1] = 1.0;
    for (size_t k = n - 1; k-- > 0;) {
        double *const row = q + k * ldq;
        const double *const u = row + k + 1;
        double *const square = q + (k + 1) * ldq + k + 1;
        const size_t m = n - k - 1;
        if (row[k] != 0.0) {
            memset(w, 0, m * sizeof *w);
            for (size_t j = 0; j < m; j++)
                add_multiple(m, u[j], square + j * ldq, w);
            for (size_t j = 0; j < m; j++)
                add_multiple(m, -row[k] * u[j], w, square + j * ldq);
        }
        memset(row + k, 0, (m + 1) * sizeof *row);
        row[k] = 1.0;
        for (size_t j = 0; j < m; j++)
            q[(k + 1 + j) * ldq + k] = 0.0;
    }
}

static void transpose(size_t n, double *v, size_t ldv)
{
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) {
            const double x = v[i * ldv + j];
            v[i * ldv + j] = v[j * ldv + i];
            v[j * ldv + i] = x;
        }
}

static void rotate(size_t n, double c, double s, double *restrict x,
                   double *restrict y)
{
    for (size_t i = 0; i < n; i++) {
        const double f = y[i];
        y[i] = s * x[i] + c * f;
        x[i] = c * x[i] - s * f;
    }
}

/* The end of the unreduced block that starts at l: e[m] there is lost in the
 * rounding of its neighbours, or below what a matrix of size 1 resolves. */
static size_t block_end(size_t n, size_t l, const double *d, const double *e)
{
    size_t m = l;
    for (; m + 1 < n; m++) {
        const double size = fabs(d[m]) + fabs(d[m + 1]);
        if (fabs(e[m]) <= DBL_EPSILON * size || fabs(e[m]) < DBL_MIN)
            break;
    }
    return m;
}

/* One implicit QL sweep over rows l … m of T with the shift that is the
 * eigenvalue of the leading 2-by-2 nearer to d[l] (8.3.8, mirrored): the bulge
 * is chased from the bottom to the top. The rows of v are rotated along. */
static void sweep(size_t n, size_t l, size_t m, double *d, double *e, double *v,
                  size_t ldv)
{
    const double half = (d[l + 1] - d[l]) / (2.0 * e[l]);
    const double root = hypot(half, 1.0);
    double g = d[m] - d[l] + e[l] / (half + (half < 0.0 ? -root : root));
    double s = 1.0, c = 1.0, p = 0.0;
    for (size_t i = m; i-- > l;) {
        const double f = s * e[i], b = c * e[i];
        const double r = hypot(f, g);
        e[i + 1] = r;
        if (r == 0.0) { /* the block falls apart here */
            d[i + 1] -= p;
            e[m] = 0.0;
            return;
        }
        s = f / r;
        c = g / r;
        g = d[i + 1] - p;
        const double t = (d[i] - g) * s + 2.0 * c * b;
        p = s * t;
        d[i + 1] = g + p;
        g = c * t - b;
        rotate(n, c, s, v + i * ldv, v + (i + 1) * ldv);
    }
    d[l] -= p;
    e[l] = g;
    e[m] = 0.0;
}

static int diagonalise(size_t n, double *d, double *e, double *v, size_t ldv)
{
    size_t left = SWEEPS * n;
    for (size_t l = 0; l < n; l++)
        for (;;) {
            const size_t m = block_end(n, l, d, e);
            if (m == l)
                break;
            if (left-- == 0)
                return 0;
            sweep(n, l, m, d, e, v, ldv);
        }
    return 1;
}

static void swap_rows(size_t n, double *x, double *y)
{
    for (size_t i = 0; i < n; i++) {
        const double f = x[i];
        x[i] = y[i];
        y[i] = f;
    }
}

/* By selection: n swaps of rows at most. */
static void sort(size_t n, double *d, double *v, size_t ldv)
{
    for (size_t i = 0; i + 1 < n; i++) {
        size_t least = i;
        for (size_t j = i + 1; j < n; j++)
            if (d[j] < d[least])
                least = j;
        if (least == i)
            continue;
        swap_rows(1, d + i, d + least);
        swap_rows(n, v + i * ldv, v + least * ldv);
    }
}

int kern_eigen(size_t n, const double *a, size_t lda, double *e, double *v,
               size_t ldv, double *work)
{
    assert(n <= lda && n <= ldv);
    const double scale = scale_of(n, a, lda);
    if (scale == 0.0)
        return 0;
    if (n == 0)
        return 1;
    mirror(n, a, lda, scale, v, ldv);
    tridiagonalise(n, v, ldv, e, work, work + n);
    accumulate(n, v, ldv, work + n);
    transpose(n, v, ldv); /* eigenvectors in rows while they are rotated */
    if (!diagonalise(n, e, work, v, ldv))
        return 0;
    sort(n, e, v, ldv);
    transpose(n, v, ldv);
    for (size_t i = 0; i < n; i++)
        e[i] *= scale;
    return 1;
}
