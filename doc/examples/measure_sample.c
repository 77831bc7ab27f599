/* Two samples, compared without knowing what they were drawn from: 400 rows of
 * two normals, one of them moved by 1 in its first column. */
#include <math.h>

#include "example.h"

enum { n = 400, d = 2 };

/* Normals by Box and Muller from a small generator of the program's own. */
static void draw(uint64_t seed, double moved, double *x)
{
    for (int i = 0; i < n * d; i++) {
        double u[2];
        for (int j = 0; j < 2; j++) {
            seed = seed * 6364136223846793005u + 1442695040888963407u;
            u[j] = ((double)(seed >> 12) + 0.5) / 4503599627370496.0;
        }
        x[i] = sqrt(-2 * log(u[0])) * cos(6.283185307179586 * u[1]) +
               (i % d ? 0 : moved);
    }
}

int main(void)
{
    static double a[n * d], b[n * d];
    double h, kl, mmd, p, width, far, error;
    genmod_data *x = NULL, *y = NULL;
    genmod_workspace *w = NULL;
    draw(1, 0, a);
    draw(2, 1, b);
    need(genmod_workspace_new(NULL, &w), NULL);
    need(genmod_data_new(&x, w), w);
    need(genmod_data_new(&y, w), w);
    need(genmod_data_set_rows(x, GENMOD_F64, n, d, a, 0, 0, w), w);
    need(genmod_data_set_rows(y, GENMOD_F64, n, d, b, 0, 0, w), w);

    need(genmod_sample_entropy(x, 3, GENMOD_NATS, &h, w), w);
    need(genmod_sample_kl(x, y, 5, GENMOD_NATS, &kl, w), w);
    expect(near(h, 2.84, 0.3), "about ln(2 pi e) nats");
    expect(near(kl, 0.5, 0.4), "about half a nat");

    /* Are they of one distribution? Labels that are dealt out anew never set
     * them as far apart. */
    need(genmod_sample_mmd(x, y, 0, 199, 1, &mmd, &p, &width, w), w);
    expect(mmd > 0 && p == 1.0 / 200 && width > 0, "no");

    need(genmod_sample_sliced_wasserstein(x, y, 100, 1, &far, &error, w), w);
    expect(near(far, 0.5, 0.2) && error < 0.1,
           "the square of the move over the number of columns");

    genmod_data_free(y);
    genmod_data_free(x);
    genmod_workspace_free(w);
    return 0;
}
