/* Ten lines: two players learn where rows lie, and new ones lie there too. */
#include <math.h>

#include "example.h"

#define N 600
#define D 2

/* Points on a circle, with a little noise. */
static void make_rows(double x[N][D])
{
    for (int i = 0; i < N; i++) {
        const double a = i * 6.283185307179586 / N;
        const double r = 3 + (i * 37 % 41 - 20) / 200.0;
        x[i][0] = r * cos(a);
        x[i][1] = r * sin(a);
    }
}

int main(void)
{
    static double x[N][D], fresh[N][D];
    make_rows(x);

    genmod_config *options = NULL;
    genmod_data *rows = NULL;
    gan_model *m = NULL;
    need(gan_config_new(&options, NULL), NULL);
    need(genmod_config_set_i64(options, GAN_UPDATES, 1500, NULL), NULL);
    need(genmod_config_set_i64(options, GAN_BATCH_SIZE, 64, NULL), NULL);
    need(genmod_config_set_f64(options, GAN_LEARNING_RATE, 0.005, NULL), NULL);
    need(genmod_config_set_str(options, GAN_GENERATOR,
                               "dense 48; lrelu 0.2; dense 48; lrelu 0.2",
                               NULL),
         NULL);
    need(genmod_config_set_str(options, GAN_DISCRIMINATOR,
                               "dense 48; lrelu 0.2; dense 48; lrelu 0.2",
                               NULL),
         NULL);
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_F64, N, D, x, 0, 0, NULL), NULL);
    need(gan_new(options, &m, NULL), NULL);
    need(gan_fit(m, rows, NULL, NULL, NULL, NULL), NULL);
    need(gan_sample(m, 1, 0, N, NULL, GENMOD_F64, sizeof fresh, fresh, NULL),
         NULL);
    gan_free(m);
    genmod_data_free(rows);
    genmod_config_free(options);

    double off = 0;
    for (int i = 0; i < N; i++)
        off += fabs(hypot(fresh[i][0], fresh[i][1]) - 3) / N;
    expect(off < 0.5, "new rows lie on the circle");
    return 0;
}
