#include "codes.h"

#include <stdlib.h>

#include "autoencoder.h"
#include "mixture.h"

static double *rows_of(const ae_model *m, size_t n, size_t d, const double *z)
{
    double *x = memory(n * d, sizeof *x);
    decode(m, n, z, x);
    return x;
}

/* Codes of the fitted rows have a law that EM can learn. */
static double *draw_codes(const ae_model *m, size_t n, size_t d,
                          const double *train)
{
    double *z = memory(n * CODE, sizeof *z);
    encode(m, n, d, train, z);
    genmod_data *rows = view_rows(n, CODE, z);
    const struct recipe r = {.components = 20, .ridge = "0.01"};
    gmm_model *mixture = fit_mixture(&r, rows, NULL);
    draw_rows(mixture, 8, n, z);
    gmm_free(mixture);
    genmod_data_free(rows);
    return z;
}

void fit_codes(const struct table *t, struct codes *c)
{
    const size_t d = t->d;
    size_t n;
    double *train = digit_halves(t, &n), *kept = train + n * d;
    options o = {{AE_ENCODER, "dense 128; relu; dense 64; relu; dense 8"},
                 {AE_STANDARDISE, "0"},
                 {AE_EPOCHS, "150"},
                 {AE_BATCH_SIZE, "64"},
                 {AE_SCHEDULE, "cosine"},
                 {AE_SCHEDULE_STEPS, "2250"},
                 {NULL, NULL}};
    ae_model *m = fit_autoencoder(o, n, d, train, NULL);
    *c = (struct codes){.n = n, .d = d};
    c->kept = memory(n * CODE, sizeof *c->kept);
    c->noise = memory(n * CODE, sizeof *c->noise);
    encode(m, n, d, kept, c->kept);
    normals(31, n * CODE, c->noise);
    c->mixture = draw_codes(m, n, d, train);
    c->from_kept = rows_of(m, n, d, c->kept);
    c->from_noise = rows_of(m, n, d, c->noise);
    c->from_mixture = rows_of(m, n, d, c->mixture);
    ae_free(m);
    free(train);
}

void free_codes(struct codes *c)
{
    free(c->from_mixture);
    free(c->from_noise);
    free(c->from_kept);
    free(c->mixture);
    free(c->noise);
    free(c->kept);
}
