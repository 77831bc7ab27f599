/* How likely rows are: a lower bound, the weights that it is made of, and an
 * estimate with its error. */
#include <math.h>

#include "mixture.h"
#include "variational.h"

#define N 500
#define KEPT 50
#define D 3
#define DRAWS 200

/* A bent surface with some noise. */
static void make_rows(double x[N][D])
{
    double e[N];
    normals(2, N, e);
    for (int i = 0; i < N; i++) {
        x[i][0] = i * 7 % 101 / 10.0;
        x[i][1] = i * 13 % 97 / 10.0;
        x[i][2] = sin(x[i][0]) * x[i][1] + 0.3 * e[i];
    }
}

static double mean_of(const double v[KEPT])
{
    double sum = 0;
    for (int i = 0; i < KEPT; i++)
        sum += v[i];
    return sum / KEPT;
}

int main(void)
{
    static double x[N][D], weights[KEPT][DRAWS];
    options o = {{VAE_CODE, "2"},        {VAE_ENCODER, "dense 32; tanh"},
                 {VAE_EPOCHS, "60"},     {VAE_LEARNING_RATE, "0.01"},
                 {VAE_BATCH_SIZE, "50"}, {NULL, NULL}};
    double elbo[KEPT], reconstruction[KEPT], kl[KEPT];
    double log_p[KEPT], error[KEPT];
    make_rows(x);
    vae_model *m = fit_vae(o, N - KEPT, D, x[KEPT], NULL);
    genmod_data *kept = view_rows(KEPT, D, x[0]);

    /* The bound and its parts, in nats a row, in the units of the data. */
    need(vae_elbo(m, kept, 1, DRAWS, sizeof elbo, elbo, reconstruction, kl,
                  NULL),
         NULL);
    for (int i = 0; i < KEPT; i++) {
        expect(kl[i] >= 0, "a divergence");
        expect(near(elbo[i], -reconstruction[i] - kl[i], 1e-9), "its parts");
    }

    /* ln p(x, z) - ln q(z|x) of each draw: their mean is a bound as well. */
    need(
        vae_log_weights(m, kept, 1, 0, DRAWS, sizeof weights, weights[0], NULL),
        NULL);
    double mean = 0;
    for (int i = 0; i < DRAWS; i++)
        mean += weights[0][i] / DRAWS;
    expect(near(mean, elbo[0], 1), "as the bound, but for the draws");

    /* ln of the mean weight is ln p(x), with an error that draws make small. */
    need(
        vae_log_likelihood(m, kept, 1, DRAWS, sizeof log_p, log_p, error, NULL),
        NULL);
    expect(mean_of(elbo) < mean_of(log_p), "a lower bound");
    for (int i = 0; i < KEPT; i++)
        expect(isfinite(log_p[i]) && error[i] >= 0, "numbers");

    genmod_data_free(kept);
    vae_free(m);
    return 0;
}
