/* Writes a small saved mixture of each covariance type and sums of one into a
 * folder, and small autoencoders, variational ones and adversarial networks
 * into three others: where the fuzzers start from. Run it again after a change
 * of the format. */
#include "fuzz/sums.h"
#include "genmod/ae.h"
#include "genmod/gan.h"
#include "genmod/vae.h"

#include <stdio.h>
#include <stdlib.h>

static const char *const names[] = {"full", "tied", "diagonal", "spherical",
                                    "factor"};

static int write_file(const char *folder, const char *name, const void *bytes,
                      size_t n)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s.safetensors", folder, name);
    FILE *const f = fopen(path, "wb");
    if (!f)
        return 1;
    const int good = fwrite(bytes, 1, n, f) == n;
    return fclose(f) != 0 || !good;
}

/* Rows in two heaps, without symmetry. */
static void fill(size_t n, double *x)
{
    for (size_t i = 0; i < n; i++) {
        x[2 * i] = (double)(i * i % 17) / 3 + (i % 2 ? 20 : 0);
        x[2 * i + 1] = (double)(i * 7 % 13) / 5 - (i % 2 ? 0 : 9);
    }
}

static int make(const char *folder, const char *name, const char *covariance,
                const char *inference)
{
    enum { N = 60 };
    double x[2 * N];
    unsigned char out[8192];
    size_t need;
    genmod_config *c = NULL;
    genmod_data *v = NULL;
    gmm_model *m = NULL;
    fill(N, x);
    const int failed =
        gmm_config_new(&c, NULL) ||
        genmod_config_set_i64(c, GMM_COMPONENTS, 2, NULL) ||
        genmod_config_set_str(c, GMM_COVARIANCE, covariance, NULL) ||
        genmod_config_set_str(c, GMM_INFERENCE, inference, NULL) ||
        genmod_config_set_i64(c, GMM_MAX_ITERATIONS, 3, NULL) ||
        genmod_config_set_f64(
            c, GMM_NOISE,
            covariance[0] == 'f' && inference[0] == 'e' ? 0.05 : 0, NULL) ||
        genmod_data_new(&v, NULL) ||
        genmod_data_set_rows(v, GENMOD_F64, N, 2, x, 0, 0, NULL) ||
        gmm_new(c, &m, NULL) || gmm_fit(m, v, NULL, NULL, NULL) ||
        gmm_save(m, sizeof out, out, &need, NULL) ||
        write_file(folder, name, out, need);
    gmm_free(m);
    genmod_data_free(v);
    genmod_config_free(c);
    return failed;
}

static int make_sums(const char *folder, const char *name)
{
    enum { N = 12 };
    double x[2 * N];
    unsigned char out[2048];
    size_t need;
    genmod_data *v = NULL;
    gmm_statistics *s = NULL;
    gmm_model *const m = sums_model();
    fill(N, x);
    const int failed =
        genmod_data_new(&v, NULL) ||
        genmod_data_set_rows(v, GENMOD_F64, N, 2, x, 0, 0, NULL) ||
        gmm_statistics_new(m, &s, NULL) || gmm_statistics_add(s, v, NULL) ||
        gmm_statistics_save(s, sizeof out, out, &need, NULL) ||
        write_file(folder, name, out, need);
    gmm_statistics_free(s);
    genmod_data_free(v);
    gmm_free(m);
    return failed;
}

static int make_ae(const char *folder, const char *name, const char *encoder,
                   int checkpoint)
{
    enum { N = 12 };
    double x[2 * N];
    static unsigned char out[32768];
    size_t need;
    genmod_config *c = NULL;
    genmod_data *v = NULL;
    ae_model *m = NULL;
    fill(N, x);
    const int failed =
        ae_config_new(&c, NULL) ||
        genmod_config_set_str(c, AE_ENCODER, encoder, NULL) ||
        genmod_config_set_i64(c, AE_BATCH_SIZE, 5, NULL) ||
        genmod_config_set_i64(c, AE_EPOCHS, 2, NULL) ||
        genmod_data_new(&v, NULL) ||
        genmod_data_set_rows(v, GENMOD_F64, N, 2, x, 0, 0, NULL) ||
        ae_new(c, &m, NULL) || ae_fit(m, v, NULL, NULL, NULL, NULL) ||
        (checkpoint ? ae_checkpoint : ae_save)(m, sizeof out, out, &need,
                                               NULL) ||
        write_file(folder, name, out, need);
    ae_free(m);
    genmod_data_free(v);
    genmod_config_free(c);
    return failed;
}

static const int32_t labels[12] = {0, 1, 1, 0, 1, 0, 0, 1, 0, 1, 1, 1};

/* With classes also a positive column, and labels of 2. */
static int open_rows(size_t n, const double *x, int classes, genmod_data **v)
{
    static const int32_t kinds[2] = {GENMOD_POSITIVE, GENMOD_REAL};
    return genmod_data_new(v, NULL) ||
           genmod_data_set_rows(*v, GENMOD_F64, n, 2, x, 0, 0, NULL) ||
           (classes && (genmod_data_set_schema(*v, 2, kinds, NULL, NULL) ||
                        genmod_data_set_labels(*v, n, labels, NULL)));
}

static int make_vae(const char *folder, const char *name, const char *prior,
                    int classes, int checkpoint)
{
    enum { N = 12 };
    double x[2 * N];
    static unsigned char out[32768];
    size_t need;
    genmod_config *c = NULL;
    genmod_data *v = NULL;
    vae_model *m = NULL;
    fill(N, x);
    for (size_t i = 0; i < N; i++)
        x[2 * i] += 1;
    const int failed =
        vae_config_new(&c, NULL) ||
        genmod_config_set_str(c, VAE_ENCODER, "dense 2; tanh", NULL) ||
        genmod_config_set_str(c, VAE_PRIOR, prior, NULL) ||
        genmod_config_set_i64(c, VAE_PRIOR_COMPONENTS, 2, NULL) ||
        genmod_config_set_i64(c, VAE_CLASSES, classes, NULL) ||
        genmod_config_set_i64(c, VAE_MISSING, classes > 0, NULL) ||
        genmod_config_set_i64(c, VAE_BATCH_SIZE, 5, NULL) ||
        genmod_config_set_i64(c, VAE_EPOCHS, 1, NULL) ||
        open_rows(N, x, classes, &v) || vae_new(c, &m, NULL) ||
        vae_fit(m, v, NULL, NULL, NULL, NULL) ||
        (checkpoint ? vae_checkpoint : vae_save)(m, sizeof out, out, &need,
                                                 NULL) ||
        write_file(folder, name, out, need);
    vae_free(m);
    genmod_data_free(v);
    genmod_config_free(c);
    return failed;
}

static int make_gan(const char *folder, const char *name, const char *networks,
                    int classes, int checkpoint)
{
    enum { N = 12 };
    double x[2 * N];
    static unsigned char out[32768];
    size_t need;
    genmod_config *c = NULL;
    genmod_data *v = NULL;
    gan_model *m = NULL;
    fill(N, x);
    const int failed =
        gan_config_new(&c, NULL) ||
        genmod_config_set_i64(c, GAN_CODES, 1, NULL) ||
        genmod_config_set_str(c, GAN_GENERATOR, networks, NULL) ||
        genmod_config_set_str(c, GAN_DISCRIMINATOR, "sn dense 2; tanh", NULL) ||
        genmod_config_set_i64(c, GAN_CLASSES, classes, NULL) ||
        genmod_config_set_i64(c, GAN_PACKING, checkpoint ? 2 : 1, NULL) ||
        genmod_config_set_i64(c, GAN_BATCH_SIZE, 4, NULL) ||
        genmod_config_set_i64(c, GAN_EPOCHS, 1, NULL) ||
        open_rows(N, x, 0, &v) ||
        (classes && genmod_data_set_labels(v, N, labels, NULL)) ||
        gan_new(c, &m, NULL) || gan_fit(m, v, NULL, NULL, NULL, NULL) ||
        (checkpoint ? gan_checkpoint : gan_save)(m, sizeof out, out, &need,
                                                 NULL) ||
        write_file(folder, name, out, need);
    gan_free(m);
    genmod_data_free(v);
    genmod_config_free(c);
    return failed;
}

/* A table: a real column and one of 17 categories. */
static int make_table(const char *folder, const char *name)
{
    enum { N = 12 };
    static const int32_t kinds[] = {GENMOD_REAL, GENMOD_CATEGORICAL};
    static const int32_t levels[] = {0, 17};
    double x[2 * N];
    static unsigned char out[32768];
    size_t need;
    genmod_config *c = NULL;
    genmod_data *v = NULL;
    gan_model *m = NULL;
    fill(N, x);
    for (size_t i = 0; i < N; i++)
        x[2 * i + 1] = (double)(i * i % 17);
    const int failed =
        gan_config_new(&c, NULL) ||
        genmod_config_set_i64(c, GAN_CODES, 1, NULL) ||
        genmod_config_set_str(c, GAN_GENERATOR, "dense 2; relu", NULL) ||
        genmod_config_set_str(c, GAN_DISCRIMINATOR, "dense 2; relu", NULL) ||
        genmod_config_set_i64(c, GAN_EPOCHS, 1, NULL) ||
        open_rows(N, x, 0, &v) ||
        genmod_data_set_schema(v, 2, kinds, levels, NULL) ||
        gan_new(c, &m, NULL) || gan_fit(m, v, NULL, NULL, NULL, NULL) ||
        gan_save(m, sizeof out, out, &need, NULL) ||
        write_file(folder, name, out, need);
    gan_free(m);
    genmod_data_free(v);
    genmod_config_free(c);
    return failed;
}

int main(int argc, char **argv)
{
    if (argc != 5)
        return EXIT_FAILURE;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (make(argv[1], names[i], names[i], "em"))
            return EXIT_FAILURE;
    return make(argv[1], "variational", "full", "variational") ||
           make_sums(argv[1], "sums") ||
           make_ae(argv[2], "saved", "dense 3; tanh; dense 1", 0) ||
           make_ae(argv[2], "checkpoint", "dense 1", 1) ||
           make_ae(argv[2], "norm", "dense 2; batchnorm; relu; dense 1", 0) ||
           make_vae(argv[3], "saved", "mixture", 2, 0) ||
           make_vae(argv[3], "vamp", "vamp", 0, 0) ||
           make_vae(argv[3], "checkpoint", "normal", 2, 1) ||
           make_gan(argv[4], "saved", "dense 2; batchnorm; tanh", 2, 0) ||
           make_gan(argv[4], "checkpoint", "dense 2; relu", 0, 1) ||
           make_table(argv[4], "table");
}
