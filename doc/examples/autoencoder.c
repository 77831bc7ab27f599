#include "autoencoder.h"

#include <stdlib.h>
#include <string.h>

#include "mixture.h"

ae_model *new_autoencoder(options o, genmod_workspace *w)
{
    genmod_config *c = NULL;
    ae_model *m = NULL;
    need(ae_config_new(&c, w), w);
    for (size_t i = 0; o[i][0]; i++)
        need(genmod_config_set_str(c, o[i][0], o[i][1], w), w);
    need(ae_new(c, &m, w), w);
    genmod_config_free(c);
    return m;
}

ae_model *fit_autoencoder(options o, size_t n, size_t d, const double *x,
                          genmod_workspace *w)
{
    ae_model *m = new_autoencoder(o, w);
    genmod_data *rows = view_rows(n, d, x);
    need(ae_fit(m, rows, NULL, NULL, NULL, w), w);
    genmod_data_free(rows);
    return m;
}

void reconstruct(const ae_model *m, size_t n, size_t d, const double *x,
                 double *out)
{
    genmod_data *rows = view_rows(n, d, x);
    need(ae_reconstruct(m, rows, GENMOD_F64, n * d * sizeof *out, out, NULL),
         NULL);
    genmod_data_free(rows);
}

void encode(const ae_model *m, size_t n, size_t d, const double *x, double *out)
{
    genmod_data *rows = view_rows(n, d, x);
    need(ae_encode(m, rows, GENMOD_F64, n * ae_code_size(m) * sizeof *out, out,
                   NULL),
         NULL);
    genmod_data_free(rows);
}

void decode(const ae_model *m, size_t n, const double *z, double *out)
{
    genmod_data *codes = view_rows(n, ae_code_size(m), z);
    need(ae_decode(m, codes, GENMOD_F64, n * ae_dimension(m) * sizeof *out, out,
                   NULL),
         NULL);
    genmod_data_free(codes);
}

double mean_square(size_t n, const double *a, const double *b)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum / (double)n;
}

double *digit_halves(const struct table *t, size_t *n)
{
    const size_t half = t->n / 2, d = t->d;
    double *x = memory(2 * half * d, sizeof *x);
    for (size_t i = 0; i < 2 * half; i++)
        for (size_t j = 0; j < d; j++)
            x[(i / 2 + i % 2 * half) * d + j] = t->x[i * d + j] / 16;
    *n = half;
    return x;
}

double *some_rows(size_t count, size_t n, size_t d, const double *x)
{
    double *out = memory(count * d, sizeof *out);
    for (size_t i = 0; i < count; i++)
        memcpy(out + i * d, x + (i * 43 + 11) % n * d, d * sizeof *out);
    return out;
}

void normals(uint64_t seed, size_t n, double *out)
{
    const double one = 1, zero = 0;
    gmm_model *m = line_mixture(1, &one, &zero, &one);
    draw_rows(m, seed, n, out);
    gmm_free(m);
}
