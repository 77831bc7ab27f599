/* Ten lines: learn the law of some rows, and draw new ones from it. */
#include <math.h>

#include "example.h"

#define N 500
#define D 3

/* Points around a bent line in space. */
static void make_rows(double x[N][D])
{
    for (int i = 0; i < N; i++) {
        const double t = i % 250 / 125.0 - 1, u = i * 37 % 41 / 200.0;
        x[i][0] = 20 + 4 * t;
        x[i][1] = t * t + u;
        x[i][2] = sin(3 * t) - u;
    }
}

int main(void)
{
    static double x[N][D], fresh[N][D];
    make_rows(x);

    genmod_config *options = NULL;
    genmod_data *rows = NULL;
    vae_model *m = NULL;
    need(vae_config_new(&options, NULL), NULL);
    need(genmod_config_set_i64(options, VAE_EPOCHS, 200, NULL), NULL);
    need(genmod_config_set_f64(options, VAE_LEARNING_RATE, 0.01, NULL), NULL);
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_F64, N, D, x, 0, 0, NULL), NULL);
    need(vae_new(options, &m, NULL), NULL);
    need(vae_fit(m, rows, NULL, NULL, NULL, NULL), NULL);
    need(vae_sample(m, 1, 0, N, GENMOD_DRAW, NULL, GENMOD_F64, sizeof fresh,
                    fresh, NULL),
         NULL);
    vae_free(m);
    genmod_data_free(rows);
    genmod_config_free(options);

    double off = 0;
    for (int i = 0; i < N; i++) {
        const double t = (fresh[i][0] - 20) / 4;
        off += fabs(fresh[i][1] - t * t - 0.1) / N;
    }
    expect(off < 0.2, "new rows lie on the bent line");
    return 0;
}
