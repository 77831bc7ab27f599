#include "pca.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "mixture.h"

static double dot(size_t d, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < d; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Gram and Schmidt, each vector against those before it. */
static void orthonormal(size_t k, size_t d, double *v)
{
    for (size_t i = 0; i < k; i++) {
        double *a = v + i * d;
        for (size_t j = 0; j < i; j++) {
            const double c = dot(d, a, v + j * d);
            for (size_t l = 0; l < d; l++)
                a[l] -= c * v[j * d + l];
        }
        const double length = sqrt(dot(d, a, a));
        for (size_t l = 0; l < d; l++)
            a[l] /= length;
    }
}

static void multiply(size_t k, size_t d, const double *cov, const double *v,
                     double *out)
{
    for (size_t i = 0; i < k; i++)
        for (size_t l = 0; l < d; l++)
            out[i * d + l] = dot(d, cov + l * d, v + i * d);
}

static void rotate(size_t n, double *a, double *b, size_t stride, double c,
                   double s)
{
    for (size_t i = 0; i < n; i++) {
        const double x = a[i * stride], y = b[i * stride];
        a[i * stride] = c * x - s * y;
        b[i * stride] = s * x + c * y;
    }
}

/* Jacobi's method (Golub, Van Loan, 8.5): turns the axes until their k × k
 * covariance is diagonal. */
static void diagonalise(double *cov, struct pca *p)
{
    const size_t k = p->k;
    for (int sweep = 0; sweep < 12; sweep++)
        for (size_t i = 0; i < k; i++)
            for (size_t j = i + 1; j < k; j++) {
                const double off = cov[i * k + j];
                if (fabs(off) <= 1e-14 * p->total)
                    continue;
                const double h = (cov[j * k + j] - cov[i * k + i]) / (2 * off);
                const double t = (h < 0 ? -1 : 1) / (fabs(h) + hypot(h, 1));
                const double c = 1 / hypot(t, 1), s = t * c;
                rotate(k, cov + i * k, cov + j * k, 1, c, s);
                rotate(k, cov + i, cov + j, k, c, s);
                rotate(p->d, p->axes + i * p->d, p->axes + j * p->d, 1, c, s);
            }
    for (size_t i = 0; i < k; i++)
        p->value[i] = cov[i * k + i];
}

static void sort(struct pca *p)
{
    for (size_t i = 0; i < p->k; i++) {
        size_t most = i;
        for (size_t j = i + 1; j < p->k; j++)
            most = p->value[j] > p->value[most] ? j : most;
        const double v = p->value[i];
        p->value[i] = p->value[most];
        p->value[most] = v;
        if (most != i) /* a quarter turn; the sign of an axis is free */
            rotate(p->d, p->axes + i * p->d, p->axes + most * p->d, 1, 0, 1);
    }
}

/* Orthogonal iteration, then the best axes within its span (Golub, Van Loan,
 * 8.2 and 8.1.4). */
static void iterate(const double *cov, struct pca *p)
{
    const size_t k = p->k, d = p->d;
    double *next = memory(k * d, sizeof *next);
    double *inside = memory(k * k, sizeof *inside);
    for (size_t i = 0; i < k * d; i++)
        p->axes[i] = sin((double)(i + 1) * (double)(i + 1));
    orthonormal(k, d, p->axes);
    for (int round = 0; round < 20; round++) {
        multiply(k, d, cov, p->axes, next);
        orthonormal(k, d, next);
        memcpy(p->axes, next, k * d * sizeof *next);
    }
    multiply(k, d, cov, p->axes, next);
    for (size_t i = 0; i < k; i++)
        for (size_t j = 0; j < k; j++)
            inside[i * k + j] = dot(d, p->axes + i * d, next + j * d);
    diagonalise(inside, p);
    sort(p);
    free(inside);
    free(next);
}

/* The covariance is the fit of a mixture of one component. */
void fit_pca(const genmod_data *rows, size_t d, size_t k, struct pca *p)
{
    const struct recipe r = {.components = 1, .ridge = "1e-9", .iterations = 1};
    gmm_model *one = fit_mixture(&r, rows, NULL);
    double *cov = params(one, GMM_COVARIANCES);
    *p = (struct pca){.d = d, .k = k};
    p->mean = params(one, GMM_MEANS);
    p->axes = memory(k * d, sizeof *p->axes);
    p->value = memory(k, sizeof *p->value);
    for (size_t i = 0; i < d; i++)
        p->total += cov[i * d + i];
    iterate(cov, p);
    free(cov);
    gmm_free(one);
}

void pca_project(const struct pca *p, const double *x, double *z)
{
    for (size_t j = 0; j < p->k; j++)
        z[j] = dot(p->d, p->axes + j * p->d, x) -
               dot(p->d, p->axes + j * p->d, p->mean);
}

void pca_back(const struct pca *p, size_t count, const double *z, double *x)
{
    memcpy(x, p->mean, p->d * sizeof *x);
    for (size_t j = 0; j < count; j++)
        for (size_t l = 0; l < p->d; l++)
            x[l] += z[j] * p->axes[j * p->d + l];
}

double pca_residual(const struct pca *p, size_t count)
{
    double left = p->total;
    for (size_t j = 0; j < count; j++)
        left -= p->value[j];
    return left;
}

void free_pca(struct pca *p)
{
    free(p->value);
    free(p->axes);
    free(p->mean);
}
