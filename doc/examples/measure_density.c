/* Divergences of two densities that the program computes: here mixtures, on a
 * line, by quadrature. */
#include <math.h>

#include "example.h"
#include "mixture.h"

/* What a callback needs to ask a mixture. */
struct line {
    gmm_model *m;
    genmod_data *x;
};

static int32_t ln(size_t n, size_t d, const double *x, double *out, void *user)
{
    const struct line *l = user;
    const int32_t status =
        genmod_data_set_rows(l->x, GENMOD_F64, n, d, x, 0, 0, NULL);
    if (status)
        return status;
    return gmm_log_density(l->m, l->x, n * sizeof *out, out, NULL);
}

int main(void)
{
    const double half[] = {0.5, 0.5}, apart[] = {-2, 2}, unit[] = {1, 1};
    const double one[] = {1}, zero[] = {0}, five[] = {5};
    struct line f = {line_mixture(2, half, apart, unit), NULL};
    struct line g = {line_mixture(1, one, zero, five), NULL};
    double h, cross, kl, back, js, error;
    need(genmod_data_new(&f.x, NULL), NULL);
    need(genmod_data_new(&g.x, NULL), NULL);

    need(genmod_density_entropy(1, NULL, NULL, ln, &f, 1e-10, GENMOD_NATS, &h,
                                NULL, NULL),
         NULL);
    need(genmod_density_cross_entropy(1, NULL, NULL, ln, &f, ln, &g, 1e-10,
                                      GENMOD_NATS, &cross, NULL, NULL),
         NULL);
    need(genmod_density_kl(1, NULL, NULL, ln, &f, ln, &g, 1e-10, GENMOD_NATS,
                           &kl, &error, NULL),
         NULL);
    expect(error <= 1e-10 && near(kl, cross - h, 3e-10),
           "three integrals that agree within their errors");

    need(genmod_density_kl(1, NULL, NULL, ln, &g, ln, &f, 1e-10, GENMOD_NATS,
                           &back, NULL, NULL),
         NULL);
    need(genmod_density_js(1, NULL, NULL, ln, &f, ln, &g, 1e-10, GENMOD_BITS,
                           &js, NULL, NULL),
         NULL);
    expect(near(kl, 0.171999, 1e-6) && near(back, 0.247828, 1e-6),
           "a divergence that has a direction");
    expect(js > 0 && js < 1, "one that has none, of less than a bit");

    genmod_data_free(g.x);
    genmod_data_free(f.x);
    gmm_free(g.m);
    gmm_free(f.m);
    return 0;
}
