/* Models as ONNX graphs, in the program's own memory: for runtimes in a
 * browser, on a phone, in a database. */
#include <stdlib.h>
#include <string.h>

#include "example.h"

#define N 120
#define D 4

/* A call that writes bytes in two steps: their number, then the bytes. */
typedef int32_t writer(const void *model, const char *part, size_t cap,
                       void *out, size_t *need);

static int32_t of_mixture(const void *m, const char *part, size_t cap,
                          void *out, size_t *need)
{
    (void)part; /* a mixture is one graph */
    return gmm_export_onnx(m, GENMOD_F32, cap, out, need, NULL);
}

static int32_t of_autoencoder(const void *m, const char *part, size_t cap,
                              void *out, size_t *need)
{
    return ae_export_onnx(m, part, cap, out, need, NULL);
}

static int32_t of_variational(const void *m, const char *part, size_t cap,
                              void *out, size_t *need)
{
    return vae_export_onnx(m, part, cap, out, need, NULL);
}

static int32_t of_adversarial(const void *m, const char *part, size_t cap,
                              void *out, size_t *need)
{
    return gan_export_onnx(m, part, cap, out, need, NULL);
}

/* 1: the bytes hold this text. */
static int holds(size_t n, const uint8_t *bytes, const char *text)
{
    const size_t length = strlen(text);

    for (size_t i = 0; i + length <= n; i++)
        if (memcmp(bytes + i, text, length) == 0)
            return 1;
    return 0;
}

/* A program would now write the bytes to a file or hand them to a runtime. */
static void export(writer *write, const void *m, const char *part,
                   const char *input, const char *output)
{
    size_t n = 0;

    expect(write(m, part, 0, NULL, &n) == GENMOD_TOO_SMALL, "the size");
    uint8_t *const graph = memory(n, 1);
    need(write(m, part, n, graph, NULL), NULL);
    expect(holds(n, graph, "batch"), "any number of rows");
    expect(holds(n, graph, input) && holds(n, graph, output), "its ends");
    free(graph);
}

static void mixture(const genmod_data *rows)
{
    genmod_config *c = NULL;
    gmm_model *m = NULL;

    need(gmm_config_new(&c, NULL), NULL);
    need(genmod_config_set_i64(c, GMM_COMPONENTS, 2, NULL), NULL);
    need(gmm_new(c, &m, NULL), NULL);
    need(gmm_fit(m, rows, NULL, NULL, NULL), NULL);
    export(of_mixture, m, "", "log_density", "responsibilities");
    gmm_free(m);
    genmod_config_free(c);
}

static void autoencoder(const genmod_data *rows)
{
    genmod_config *c = NULL;
    ae_model *m = NULL;

    need(ae_config_new(&c, NULL), NULL);
    need(genmod_config_set_i64(c, AE_EPOCHS, 2, NULL), NULL);
    need(ae_new(c, &m, NULL), NULL);
    need(ae_fit(m, rows, NULL, NULL, NULL, NULL), NULL);
    export(of_autoencoder, m, "encoder", "x", "code");
    export(of_autoencoder, m, "decoder", "code", "x");
    export(of_autoencoder, m, "reconstruction", "x", "reconstruction");
    expect(ae_export_onnx(m, "classifier", 0, NULL, NULL, NULL) ==
               GENMOD_UNSUPPORTED,
           "this one has no classes");
    ae_free(m);
    genmod_config_free(c);
}

static void variational(const genmod_data *rows)
{
    genmod_config *c = NULL;
    vae_model *m = NULL;

    need(vae_config_new(&c, NULL), NULL);
    need(genmod_config_set_i64(c, VAE_EPOCHS, 2, NULL), NULL);
    need(vae_new(c, &m, NULL), NULL);
    need(vae_fit(m, rows, NULL, NULL, NULL, NULL), NULL);
    export(of_variational, m, "encoder", "x", "log_variance");
    export(of_variational, m, "decoder", "code", "x");
    vae_free(m);
    genmod_config_free(c);
}

/* Labels are an input of its graphs. */
static void adversarial(const genmod_data *rows)
{
    genmod_config *c = NULL;
    gan_model *m = NULL;

    need(gan_config_new(&c, NULL), NULL);
    need(genmod_config_set_i64(c, GAN_CLASSES, 3, NULL), NULL);
    need(genmod_config_set_i64(c, GAN_UPDATES, 4, NULL), NULL);
    need(gan_new(c, &m, NULL), NULL);
    need(gan_fit(m, rows, NULL, NULL, NULL, NULL), NULL);
    export(of_adversarial, m, "generator", "label", "x");
    export(of_adversarial, m, "discriminator", "label", "logit");
    gan_free(m);
    genmod_config_free(c);
}

/* The generator of a table with categories takes its draws as an input. */
static void table(genmod_data *rows)
{
    static const int32_t kinds[D] = {GENMOD_REAL, GENMOD_REAL, GENMOD_REAL,
                                     GENMOD_CATEGORICAL};
    static const int32_t levels[D] = {0, 0, 0, 3};
    genmod_config *c = NULL;
    gan_model *m = NULL;

    need(genmod_data_set_schema(rows, D, kinds, levels, NULL), NULL);
    need(gan_config_new(&c, NULL), NULL);
    need(genmod_config_set_i64(c, GAN_UPDATES, 4, NULL), NULL);
    need(gan_new(c, &m, NULL), NULL);
    need(gan_fit(m, rows, NULL, NULL, NULL, NULL), NULL);
    export(of_adversarial, m, "generator", "noise", "x");
    gan_free(m);
    genmod_config_free(c);
}

int main(void)
{
    static double x[N][D];
    static int32_t label[N];
    genmod_data *rows = NULL;

    for (int i = 0; i < N; i++) {
        label[i] = i % 3;
        for (int j = 0; j < D; j++)
            x[i][j] = i % 3 * 2.5 + (i * 37 % 23 + i * 17 % 19 * j) / 31.0;
    }
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_F64, N, D, x, 0, 0, NULL), NULL);
    need(genmod_data_set_labels(rows, N, label, NULL), NULL);
    mixture(rows);
    autoencoder(rows);
    variational(rows);
    adversarial(rows);
    for (int i = 0; i < N; i++)
        x[i][D - 1] = label[i];
    table(rows);
    genmod_data_free(rows);
    return 0;
}
