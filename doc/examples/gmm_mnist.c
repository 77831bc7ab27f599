/* MNIST's 28 × 28 digits: principal components, a mixture in them, new digits.
 *
 *     gmm_mnist folder-with-idx-files out.png
 *
 * A Gaussian in 784 pixels has 307,720 free covariances, most of them about
 * pixels that hardly vary. The first 80 principal components carry most of the
 * variance, and 200 full covariances there are cheap. The covariance that they
 * are taken from is itself the fit of a mixture of one component.
 */
#include <stdio.h>
#include <stdlib.h>

#include "draw.h"
#include "mixture.h"
#include "pca.h"
#include "read.h"

#define D 784
#define Z 80
#define K 200
#define ROWS 40000
#define SHOWN 144

/* The components of the pixels, from bytes as they are. */
static struct pca components(const struct pictures *p, size_t n)
{
    struct pca found;
    genmod_data *rows = NULL;
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_U8, n, D, p->x, 0, 0, NULL), NULL);
    need(genmod_data_set_scale(rows, 1.0 / 255, 0, NULL), NULL);
    fit_pca(rows, D, Z, &found);
    genmod_data_free(rows);
    return found;
}

static double *project(const struct pictures *p, size_t n, const struct pca *v)
{
    double *z = memory(n * Z, sizeof *z), x[D];
    for (size_t i = 0; i < n; i++) {
        for (size_t l = 0; l < D; l++)
            x[l] = p->x[i * D + l] / 255.0;
        pca_project(v, x, z + i * Z);
    }
    return z;
}

static double *pictures_of(const double *z, size_t n, const struct pca *v)
{
    double *x = memory(n * D, sizeof *x);
    for (size_t i = 0; i < n; i++)
        pca_back(v, Z, z + i * Z, x + i * D);
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
    struct pca v = components(&p, n);
    double *z = project(&p, n, &v);

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
    double *drawn = pictures_of(fresh, SHOWN, &v);
    draw_sheet(argv[2], &p, drawn);

    free(drawn);
    free(fresh);
    gmm_free(m);
    genmod_data_free(rows);
    genmod_workspace_free(w);
    genmod_context_free(c);
    free(z);
    free_pca(&v);
    free_pictures(&p);
    return 0;
}
