/* An own training loop that watches the game; a second opinion of where it
 * stands; a generator as a function of its codes; what the discriminator says;
 * bytes that go on. */
#include <stdlib.h>
#include <string.h>

#include "example.h"

#define N 240
#define D 3
#define Z 2
#define STEPS 9

/* Two classes of rows, each about a line of its own; numbered from `first`. */
static void make_rows(int first, double x[N][D], int32_t label[N])
{
    for (int i = 0; i < N; i++) {
        const int row = first + i;
        const double t = row * 37 % 101 / 50.0 - 1;
        label[i] = i % 2;
        x[i][0] = 2 * t;
        x[i][1] = label[i] ? 4 + t : -t;
        x[i][2] = (row * 13 % 29 - 14) / 20.0 + label[i];
    }
}

static gan_model *new_model(void)
{
    genmod_config *c = NULL;
    gan_model *m = NULL;
    need(gan_config_new(&c, NULL), NULL);
    need(genmod_config_set_i64(c, GAN_CODES, Z, NULL), NULL);
    need(genmod_config_set_i64(c, GAN_CLASSES, 2, NULL), NULL);
    need(genmod_config_set_i64(c, GAN_BATCH_SIZE, 40, NULL), NULL);
    need(genmod_config_set_i64(c, GAN_EPOCHS, 20, NULL), NULL);
    need(genmod_config_set_f64(c, GAN_PENALTY_END, 0.1, NULL), NULL);
    need(genmod_config_set_str(c, GAN_GENERATOR, "dense 16; lrelu 0.2", NULL),
         NULL);
    need(genmod_config_set_str(c, GAN_DISCRIMINATOR, "dense 16; lrelu 0.2",
                               NULL),
         NULL);
    need(gan_new(c, &m, NULL), NULL);
    need(gan_get_config(m, c, NULL), NULL);
    need(genmod_config_set_f64(c, GAN_D_LEARNING_RATE, 0.002, NULL), NULL);
    need(gan_configure(m, c, NULL), NULL);
    genmod_config_free(c);
    return m;
}

/* A start, then as many updates as one likes; the report after each. */
static void play(gan_model *m, const genmod_data *x)
{
    double d = 0, equal = 0, paired = 0;
    need(gan_start(m, x, NULL), NULL);
    for (int i = 0; i < 60; i++)
        need(gan_step(m, x, NULL), NULL);
    const genmod_report *const r = gan_report(m);
    need(genmod_report_get(r, GAN_REPORT_D_LOSS, &d), NULL);
    need(genmod_report_get(r, GAN_REPORT_D_EQUILIBRIUM, &equal), NULL);
    need(genmod_report_get(r, GAN_REPORT_D_PAIRED, &paired), NULL);
    expect(d < 2 * equal, "D's loss is near what it is at the equilibrium");
    expect(paired > 0 && paired < 1, "a probability");
}

/* A new critic and neighbours compare G's rows with some that were held out; D
 * has no part in it. */
static void probe(const gan_model *m, const genmod_data *train)
{
    static double x[N][D], found[GAN_PROBES];
    static int32_t label[N];
    genmod_data *held = NULL;
    make_rows(N, x, label);
    need(genmod_data_new(&held, NULL), NULL);
    need(genmod_data_set_rows(held, GENMOD_F64, N, D, x, 0, 0, NULL), NULL);
    need(gan_probe(m, held, train, 3, 0, 200, GAN_PROBES, found, NULL, NULL),
         NULL);
    expect(found[GAN_PROBE_ARRIVED] == 0, "sixty updates are too few");
    expect(found[GAN_PROBE_TOLD_APART] == 1, "a critic tells the rows apart");
    expect(found[GAN_PROBE_ACCURACY] > 0.5, "more often than by chance");
    genmod_data_free(held);
}

/* Rows are G of codes, which may be had, changed, and joined by paths. */
static void generate(const gan_model *m)
{
    static double rows[N][D], again[N][D], path[STEPS][D];
    static float codes[N][Z];
    static const int32_t one[N] = {0};
    genmod_data *z = NULL, *from = NULL, *to = NULL;
    need(gan_sample(m, 5, 0, N, one, GENMOD_F64, sizeof rows, rows, NULL),
         NULL);
    need(gan_sample_codes(m, 5, 0, N, GENMOD_F32, sizeof codes, codes, NULL),
         NULL);
    need(genmod_data_new(&z, NULL), NULL);
    need(genmod_data_set_rows(z, GENMOD_F32, N, Z, codes, 0, 0, NULL), NULL);
    need(genmod_data_set_labels(z, N, one, NULL), NULL);
    need(gan_generate(m, z, GENMOD_F64, sizeof again, again, NULL), NULL);
    expect(memcmp(rows, again, sizeof rows) == 0, "the same rows");

    need(genmod_data_new(&from, NULL), NULL);
    need(genmod_data_new(&to, NULL), NULL);
    need(genmod_data_set_rows(from, GENMOD_F32, 1, Z, codes[0], 0, 0, NULL),
         NULL);
    need(genmod_data_set_rows(to, GENMOD_F32, 1, Z, codes[1], 0, 0, NULL),
         NULL);
    need(genmod_data_set_labels(from, 1, one, NULL), NULL);
    need(genmod_data_set_labels(to, 1, one, NULL), NULL);
    need(gan_interpolate(m, from, to, STEPS, GENMOD_SPHERICAL, GENMOD_F64,
                         sizeof path, path, NULL),
         NULL);
    expect(path[0][0] != path[STEPS - 1][0], "from one row to another");
    genmod_data_free(from);
    genmod_data_free(to);
    genmod_data_free(z);
}

/* Each array has a name; G's are the averages that rows are made with. */
static void look_at_weights(gan_model *m)
{
    double bias[D];
    size_t arrays = 0;
    while (gan_params_key(m, arrays))
        arrays++;
    expect(arrays == 8, "two layers a player, each a weight and a bias");
    need(gan_get_params(m, "generator.2.bias", D, bias, NULL, NULL), NULL);
    bias[0] += 1;
    need(gan_set_params(m, "generator.2.bias", D, bias, NULL), NULL);
}

/* A checkpoint of both players goes on bit for bit. */
static void resume(gan_model *m, const genmod_data *x)
{
    static double logits[N], again[N];
    gan_model *other = new_model();
    size_t n = 0;
    expect(gan_checkpoint(m, 0, NULL, &n, NULL) == GENMOD_TOO_SMALL, "size");
    uint8_t *const file = memory(n, 1);
    need(gan_checkpoint(m, n, file, NULL, NULL), NULL);
    need(gan_load(other, n, file, NULL), NULL);
    need(gan_step(m, x, NULL), NULL);
    need(gan_step(other, x, NULL), NULL);
    need(gan_discriminate(m, x, sizeof logits, logits, NULL), NULL);
    need(gan_discriminate(other, x, sizeof again, again, NULL), NULL);
    expect(memcmp(logits, again, sizeof logits) == 0, "the same bits");
    need(gan_save(m, n, file, &n, NULL), NULL);
    need(gan_load(other, n, file, NULL), NULL);
    need(gan_copy(other, m, NULL), NULL);
    free(file);
    gan_free(other);
}

int main(void)
{
    static double x[N][D];
    static int32_t label[N];
    genmod_data *rows = NULL;
    gan_model *const m = new_model();
    make_rows(0, x, label);
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_F64, N, D, x, 0, 0, NULL), NULL);
    need(genmod_data_set_labels(rows, N, label, NULL), NULL);
    play(m, rows);
    probe(m, rows);
    expect(gan_dimension(m) == D && gan_code_size(m) == Z, "sizes");
    generate(m);
    resume(m, rows);
    look_at_weights(m);
    gan_free(m);
    genmod_data_free(rows);
    return 0;
}
