/* A row becomes a distribution of codes, a code a distribution of rows. */
#include <math.h>
#include <string.h>

#include "mixture.h"
#include "variational.h"

#define N 400
#define D 5
#define Z 2
#define STEPS 9

/* Rows of two classes, each a line of its own. */
static void make_rows(double x[N][D], int32_t label[N])
{
    for (int i = 0; i < N; i++) {
        const double t = i * 7 % N / 200.0 - 1, u = i * 31 % 53 / 100.0;
        label[i] = i % 3 == 0;
        for (int j = 0; j < D; j++)
            x[i][j] = (label[i] ? 4 - t : t) * (j + 1) + u * (j % 2);
    }
}

/* Mean and variance of q(z|x), a draw from it, and rows of both. */
static void code(const vae_model *m, const genmod_data *x)
{
    static double mean[N][Z], log_variance[N][Z], z[N][Z], back[N][D];
    static double again[N][D];
    need(vae_encode(m, x, GENMOD_F64, sizeof mean, mean, log_variance, NULL),
         NULL);
    need(vae_encode_sample(m, x, 5, GENMOD_F64, sizeof z, z, NULL), NULL);
    for (int i = 0; i < N; i++)
        expect(fabs(z[i][0] - mean[i][0]) <= 6 * exp(log_variance[i][0] / 2),
               "within six deviations of the mean");

    genmod_data *codes = view_rows(N, Z, mean[0]);
    need(vae_decode(m, codes, GENMOD_MEAN, 0, GENMOD_F64, sizeof again, again,
                    NULL),
         NULL);
    need(vae_reconstruct(m, x, GENMOD_MEAN, 0, GENMOD_F64, sizeof back, back,
                         NULL),
         NULL);
    expect(near(back[7][3], again[7][3], 1e-4), "decode after encode");
    genmod_data_free(codes);
}

/* From row to row by way of the codes, on a line or on a sphere. */
static void walk(const vae_model *m, double x[N][D])
{
    double line[STEPS][D], sphere[STEPS][D];
    genmod_data *from = view_rows(1, D, x[3]), *to = view_rows(1, D, x[8]);
    need(vae_interpolate(m, from, to, STEPS, GENMOD_LINEAR, GENMOD_F64,
                         sizeof line, line, NULL),
         NULL);
    need(vae_interpolate(m, from, to, STEPS, GENMOD_SPHERICAL, GENMOD_F64,
                         sizeof sphere, sphere, NULL),
         NULL);
    expect(near(line[0][2], sphere[0][2], 1e-4) &&
               near(line[STEPS - 1][2], sphere[STEPS - 1][2], 1e-4),
           "two ways between the same ends");
    genmod_data_free(to);
    genmod_data_free(from);
}

static double deviation(const vae_model *m, const int32_t *labels)
{
    static double x[N][D];
    double mean = 0, square = 0;
    need(vae_sample(m, 3, 0, N, GENMOD_MEAN, labels, GENMOD_F64, sizeof x, x,
                    NULL),
         NULL);
    for (int i = 0; i < N; i++) {
        mean += x[i][0] / N;
        square += x[i][0] * x[i][0] / N;
    }
    return sqrt(square - mean * mean);
}

/* A lower temperature draws rows nearer to the middle. */
static void cool(vae_model *m, const int32_t *labels)
{
    genmod_config *c = NULL;
    const double before = deviation(m, labels);
    need(vae_config_new(&c, NULL), NULL);
    need(vae_get_config(m, c, NULL), NULL);
    need(genmod_config_set_f64(c, VAE_TEMPERATURE, 0.2, NULL), NULL);
    need(vae_configure(m, c, NULL), NULL);
    expect(deviation(m, labels) < before, "less spread");
    genmod_config_free(c);
}

int main(void)
{
    static double x[N][D];
    static int32_t label[N], ones[N];
    options plain = {{VAE_CODE, "2"},
                     {VAE_EPOCHS, "60"},
                     {VAE_BATCH_SIZE, "50"},
                     {VAE_LEARNING_RATE, "0.005"},
                     {VAE_ENCODER, "dense 16; tanh"},
                     {NULL, NULL}};
    options given = {{VAE_CODE, "1"},
                     {VAE_EPOCHS, "60"},
                     {VAE_BATCH_SIZE, "50"},
                     {VAE_LEARNING_RATE, "0.005"},
                     {VAE_ENCODER, "dense 16; tanh"},
                     {VAE_CLASSES, "2"},
                     {NULL, NULL}};
    make_rows(x, label);
    vae_model *m = fit_vae(plain, N, D, x[0], NULL);
    genmod_data *rows = view_rows(N, D, x[0]);
    expect(vae_dimension(m) == D && vae_code_size(m) == Z, "5 to 2");
    code(m, rows);
    walk(m, x);
    vae_free(m);

    /* With "classes" rows are drawn of the label that is asked for; without
     * labels, of each in its share of the training rows. */
    m = new_vae(given, NULL);
    need(genmod_data_set_labels(rows, N, label, NULL), NULL);
    need(vae_fit(m, rows, NULL, NULL, NULL, NULL), NULL);
    for (int i = 0; i < N; i++)
        ones[i] = 1;
    expect(deviation(m, ones) < deviation(m, NULL), "one class spreads less");
    cool(m, ones);
    genmod_data_free(rows);
    vae_free(m);
    return 0;
}
