/* Gaussians in closed form, from the Cholesky factors of their covariances.
 *
 * Everything is said in the axes in which q is the unit Gaussian: A = L_q^-1
 * L_p is lower triangular, p has the covariance A A^T = I + B and is off by
 * delta = L_q^-1 (mu_p - mu_q). Of a matrix I + E = L L^T,
 *
 *     G(E) = tr E - ln det(I + E) = sum_{i > k} L_ik^2 + sum_i (t_i - ln(1 +
 * t_i)), t_i = L_ii^2 - 1,
 *
 * has no negative term, and t_i is computed without the 1. So divergences keep
 * their digits where the two are near each other.
 */
#include <math.h>
#include <string.h>

#include "measure/internal.h"

double measure_log_det(const kern_ops *f64, size_t d, const double *l)
{
    measure_sum s = {0};

    for (size_t i = 0; i < d; i++)
        measure_add(&s, 2 * measure_ln(f64, l[i * d + i]));
    return measure_total(&s);
}

/* a [d, d] = L_q^-1 L_p with zeros above, t [d] = a_ii^2 - 1 */
static void whiten(const kern_ops *f64, size_t d, const double *lp,
                   const double *lq, double *a, double *t)
{
    memset(a, 0, d * d * sizeof *a);
    for (size_t i = 0; i < d; i++)
        memcpy(a + i * d, lp + i * d, (i + 1) * sizeof *a);
    kern_triangular_solve(f64, 0, d, d, lq, d, a, d);
    for (size_t i = 0; i < d; i++) {
        const double p = lp[i * d + i], q = lq[i * d + i];

        t[i] = (p - q) / q * ((p + q) / q);
    }
}

static void shift(const kern_ops *f64, size_t d, const double *mp,
                  const double *mq, const double *lq, double *delta)
{
    for (size_t i = 0; i < d; i++)
        delta[i] = mp[i] - mq[i];
    kern_triangular_solve(f64, 0, d, 1, lq, d, delta, 1);
}

static double norm(size_t d, const double *x)
{
    measure_sum s = {0};

    for (size_t i = 0; i < d; i++)
        measure_add(&s, x[i] * x[i]);
    return measure_total(&s);
}

/* G of the matrix whose factor is l, with t_i beside it. */
static double excess(const kern_ops *f64, size_t d, const double *l,
                     const double *t)
{
    measure_sum s = {0};

    for (size_t i = 0; i < d; i++) {
        measure_add(&s, norm(i, l + i * d));
        measure_add(&s, measure_excess(f64, t[i]));
    }
    return measure_total(&s);
}

size_t measure_gaussian_work(size_t d)
{
    size_t cells;

    return base_mul(d, d, &cells) && base_mul(cells + d, 2, &cells) ? cells
                                                                    : SIZE_MAX;
}

double measure_gaussian_kl(const kern_ops *f64, size_t d, const double *mp,
                           const double *lp, const double *mq, const double *lq,
                           double *work)
{
    double *const a = work, *const t = a + d * d, *const delta = t + d;

    whiten(f64, d, lp, lq, a, t);
    shift(f64, d, mp, mq, lq, delta);
    return (norm(d, delta) + excess(f64, d, a, t)) / 2;
}

double measure_gaussian_cross_entropy(const kern_ops *f64, size_t d,
                                      const double *mp, const double *lp,
                                      const double *mq, const double *lq,
                                      double *work)
{
    double *const a = work, *const t = a + d * d, *const delta = t + d;

    whiten(f64, d, lp, lq, a, t);
    shift(f64, d, mp, mq, lq, delta);
    return ((double)d * MEASURE_LN_2PI + measure_log_det(f64, d, lq) +
            norm(d * d, a) + norm(d, delta)) /
           2;
}

/* e [d, d] = u (A A^T - I), lower triangle */
static void pencil(size_t d, double u, const double *a, const double *t,
                   double *e)
{
    for (size_t i = 0; i < d; i++)
        for (size_t j = 0; j <= i; j++) {
            double s = i == j ? t[i] : 0;

            for (size_t k = 0; k < j + (i != j); k++)
                s += a[i * d + k] * a[j * d + k];
            e[i * d + j] = u * s;
        }
}

/* The factor of I + E over E, t_i = L_ii^2 - 1 beside it. 0 where I + E is not
 * positive definite; NaN, of what overflowed, goes through. */
static int factor(size_t d, double *e, double *t)
{
    for (size_t i = 0; i < d; i++) {
        double *const row = e + i * d;

        for (size_t j = 0; j < i; j++) {
            const double *const other = e + j * d;
            double s = row[j];

            for (size_t k = 0; k < j; k++)
                s -= row[k] * other[k];
            row[j] = s / other[j];
        }
        t[i] = row[i];
        for (size_t k = 0; k < i; k++)
            t[i] -= row[k] * row[k];
        if (t[i] <= -1)
            return 0;
        row[i] = sqrt(1 + t[i]);
    }
    return 1;
}

/* (alpha delta^T (I + u B)^-1 delta + G(B) - G(u B) / u) / 2, u = 1 - alpha:
 * Gil, Alajaji, Linder 2013, in the axes of q. */
double measure_gaussian_renyi(const kern_ops *f64, size_t d, const double *mp,
                              const double *lp, const double *mq,
                              const double *lq, double order, double *work)
{
    double *const a = work, *const t = a + d * d, *const delta = t + d;
    double *const e = delta + d;
    const double u = 1 - order;
    double rest;

    if (order == 0)
        return 0;
    if (u == 0)
        return measure_gaussian_kl(f64, d, mp, lp, mq, lq, work);
    whiten(f64, d, lp, lq, a, t);
    shift(f64, d, mp, mq, lq, delta);
    rest = excess(f64, d, a, t);
    pencil(d, u, a, t, e);
    if (!factor(d, e, t))
        return (double)INFINITY;
    kern_triangular_solve(f64, 0, d, 1, e, d, delta, 1);
    rest += order * norm(d, delta) - excess(f64, d, e, t) / u;
    if (order > 1 && isinf(rest))
        return NAN; /* there is an integral */
    return rest <= 0 ? 0 : rest / 2;
}

static double greatest(size_t n, const double *a)
{
    double most = 0;

    for (size_t i = 0; i < n; i++)
        most = fabs(a[i]) > most ? fabs(a[i]) : most;
    return most;
}

/* The sum of the singular values of L_q^T L_p, as roots of the eigenvalues of a
 * symmetric matrix: real, whatever rounding does. work: 2 d^2 + 3 d. */
static double trace_of_root(const kern_ops *f64, size_t d, const double *lp,
                            const double *lq, void *pack, double *work)
{
    double *const c = work, *const square = c + d * d;
    double *const e = square + d * d, *const more = e + d;
    measure_sum s = {0};
    int out;

    f64->gemm(1, 0, d, d, d, 1.0, lq, d, lp, d, 0.0, c, d, pack);
    out = measure_exponent(greatest(d * d, c));
    for (size_t i = 0; i < d * d && out; i++)
        c[i] = ldexp(c[i], -out);
    f64->gemm(1, 0, d, d, d, 1.0, c, d, c, d, 0.0, square, d, pack);
    if (!kern_eigen(d, square, d, e, c, d, more))
        return NAN;
    for (size_t i = 0; i < d; i++)
        measure_add(&s, e[i] > 0 ? sqrt(e[i]) : 0);
    return ldexp(measure_total(&s), out);
}

size_t measure_frechet_work(size_t d)
{
    size_t cells;

    return base_mul(d, d, &cells) && base_mul(cells + 2 * d, 2, &cells)
               ? cells
               : SIZE_MAX;
}

double measure_gaussian_frechet(const kern_ops *f64, size_t d, const double *mp,
                                const double *lp, const double *mq,
                                const double *lq, void *pack, double *work)
{
    measure_sum s = {0};
    double v;

    for (size_t i = 0; i < d; i++)
        measure_add(&s, (mp[i] - mq[i]) * (mp[i] - mq[i]));
    measure_add(&s, norm(d * d, lp));
    measure_add(&s, norm(d * d, lq));
    measure_add(&s, -2 * trace_of_root(f64, d, lp, lq, pack, work));
    v = measure_total(&s);
    return v < 0 ? 0 : v;
}
