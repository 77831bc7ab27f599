/* MNIST's 28 × 28 digits: principal components, a mixture in them, new digits.
 *
 *     gmm_mnist folder-with-idx-files out.png
 *
 * A Gaussian in 784 pixels has 307,720 free covariances, most of them about
 * pixels that hardly vary. The first 80 principal components carry most of the
 * variance, and 200 full covariances there are cheap. The covariance that they
 * are taken from is itself the fit of a mixture of one component.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "draw.h"
#include "mixture.h"
#include "read.h"

#define D 784
#define Z 80
#define K 200
#define ROWS 40000
#define SHOWN 144

/* The mean and the covariance of the pixels, from bytes as they are. */
static void moments(const struct pictures *p, size_t n, double **mean,
                    double **cov)
{
    genmod_data *rows = NULL;
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_U8, n, D, p->x, 0, 0, NULL), NULL);
    need(genmod_data_set_scale(rows, 1.0 / 255, 0, NULL), NULL);
    const struct recipe r = {.components = 1, .ridge = "1e-6", .iterations = 1};
    gmm_model *one = fit_mixture(&r, rows, NULL);
    *mean = params(one, GMM_MEANS);
    *cov = params(one, GMM_COVARIANCES);
    gmm_free(one);
    genmod_data_free(rows);
}

static double dot(const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < D; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Gram and Schmidt, each vector against those before it. */
static void orthonormal(double *v)
{
    for (size_t i = 0; i < Z; i++) {
        double *a = v + i * D;
        for (size_t j = 0; j < i; j++) {
            const double c = dot(a, v + j * D);
            for (size_t l = 0; l < D; l++)
                a[l] -= c * v[j * D + l];
        }
        const double length = sqrt(dot(a, a));
        for (size_t l = 0; l < D; l++)
            a[l] /= length;
    }
}

/* The leading eigenvectors [Z, D] by orthogonal iteration: the span is what
 * matters here, and 30 rounds have it. */
static double *principal(const double *cov)
{
    double *v = memory(Z * D, sizeof *v), *next = memory(Z * D, sizeof *v);
    for (size_t i = 0; i < Z * D; i++)
        v[i] = sin(12.9898 * (double)(i + 1));
    orthonormal(v);
    for (int round = 0; round < 30; round++) {
        for (size_t i = 0; i < Z; i++)
            for (size_t l = 0; l < D; l++)
                next[i * D + l] = dot(cov + l * D, v + i * D);
        orthonormal(next);
        memcpy(v, next, Z * D * sizeof *v);
    }
    free(next);
    return v;
}

static double *project(const struct pictures *p, size_t n, const double *mean,
                       const double *v)
{
    double *z = memory(n * Z, sizeof *z), x[D];
    for (size_t i = 0; i < n; i++) {
        for (size_t l = 0; l < D; l++)
            x[l] = p->x[i * D + l] / 255.0 - mean[l];
        for (size_t j = 0; j < Z; j++)
            z[i * Z + j] = dot(x, v + j * D);
    }
    return z;
}

static double *pictures_of(const double *z, size_t n, const double *mean,
                           const double *v)
{
    double *x = memory(n * D, sizeof *x);
    for (size_t i = 0; i < n; i++) {
        memcpy(x + i * D, mean, D * sizeof *x);
        for (size_t j = 0; j < Z; j++)
            for (size_t l = 0; l < D; l++)
                x[i * D + l] += z[i * Z + j] * v[j * D + l];
    }
    return x;
}

static void draw_sheet(const char *path, const struct pictures *p,
                       const double *drawn)
{
    double *real = memory(SHOWN * D, sizeof *real);
    for (size_t i = 0; i < SHOWN * D; i++)
        real[i] = p->x[i] / 255.0;
    figure *f = draw_new(2, 852, 546, "MNIST digits from a Gaussian mixture",
                         "200 full covariances in the first 80 principal "
                         "components of 40,000 pictures");
    draw_text(f, 32, 104, 13, 1, draw_ink, "Real digits");
    draw_tiles(f, 32, 118, 12, 12, 28, 28, real, 1, 1, 4);
    draw_text(f, 440, 104, 13, 1, draw_ink, "Drawn from the mixture");
    draw_tiles(f, 440, 118, 12, 12, 28, 28, drawn, 1, 1, 4);
    draw_text(f, 32, 524, 11, 0, draw_soft,
              "Data: MNIST, LeCun, Cortes and Burges");
    draw_save(f, path);
    free(real);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: gmm_mnist folder out.png\n");
        return 2;
    }
    struct pictures p;
    read_mnist(argv[1], &p);
    const size_t n = p.n < ROWS ? p.n : ROWS;
    expect(n >= K, "more pictures");
    double *mean, *cov;
    moments(&p, n, &mean, &cov);
    double *v = principal(cov), *z = project(&p, n, mean, v);

    genmod_context *c = NULL;
    genmod_workspace *w = NULL;
    need(genmod_context_new(NULL, NULL, NULL, &c), NULL);
    need(genmod_context_set_threads(c, 2), NULL);
    need(genmod_workspace_new(c, &w), NULL);
    genmod_data *rows = view_rows(n, Z, z);
    const struct recipe r = {
        .components = K, .ridge = "0.002", .iterations = 12};
    gmm_model *m = fit_mixture(&r, rows, w);
    double *fresh = memory(SHOWN * Z, sizeof *fresh);
    draw_rows(m, 28, SHOWN, fresh);
    double *drawn = pictures_of(fresh, SHOWN, mean, v);
    draw_sheet(argv[2], &p, drawn);

    free(drawn);
    free(fresh);
    gmm_free(m);
    genmod_data_free(rows);
    genmod_workspace_free(w);
    genmod_context_free(c);
    free(z);
    free(v);
    free(cov);
    free(mean);
    free_pictures(&p);
    return 0;
}
