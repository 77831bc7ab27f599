/* Stacked MNIST: three digits in the channels of one image, so 1000 modes that
 * a classifier of digits tells apart (Metz et al. 2017; Lin et al. 2018).
 *
 *     gan_stacked folder CLASSIFIER MINUTES THREADS OUT [RATE [UPDATES]]
 *
 * A reduced protocol: 128,000 fixed triples of the first 50,000 digits,
 * minibatches of 64, the default preset, networks of 32 and 64 channels.
 * CLASSIFIER is a file of families_classifier. As many updates as fill MINUTES
 * at the pace of the first ones, or UPDATES; none after MINUTES. Every eighth
 * of them and at the end 26,000 images are judged: how many modes have one,
 * and KL(their shares ‖ 1/1000), of which a perfect generator would have some
 * 0.019. The model goes to OUT.safetensors, 100 images to OUT.ppm.
 */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "adversarial.h"
#include "digits.h"

#define CHANNELS 3
#define TRIPLES 128000
#define MODES 1000
#define SAMPLES 26000
#define LOOKS 8
#define PACE 50   /* updates that tell the length of the others */
#define FIRST 5   /* that do not */
#define SHEET 10  /* images a side */
#define FREE 0.85 /* of the minutes, for updates: the rest is for looks */

struct study {
    struct digits g;
    ae_model *judge;
    genmod_data *rows;
    gan_model *m;
    const char *rate, *out;
    float *x; /* [SAMPLES, CHANNELS, D] */
    double began;
    long updates;
};

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* The digit in a channel of a triple: a hash of both (Steele et al. 2014). */
static size_t digit_of(const struct digits *g, uint64_t triple, uint64_t c)
{
    uint64_t z = (triple * CHANNELS + c + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return (size_t)((z ^ (z >> 31)) % g->n);
}

static int32_t read_triples(size_t n, const int64_t *rows, void *x,
                            double *weights, int32_t *labels, void *user)
{
    const struct digits *g = user;
    uint8_t *to = x;
    (void)weights;
    (void)labels;
    for (size_t i = 0; i < n; i++)
        for (size_t c = 0; c < CHANNELS; c++, to += D)
            memcpy(to, g->p.x + digit_of(g, (uint64_t)rows[i], c) * D, D);
    return 0;
}

/* Modes that have an image, and the divergence of their shares from even ones.
 */
static size_t judge(const struct study *s, double *kl)
{
    int32_t *digit = memory(SAMPLES * CHANNELS, sizeof *digit);
    double *share = memory(2 * MODES, sizeof *share), *even = share + MODES;
    genmod_data *ink = view_ink(SAMPLES * CHANNELS, s->x);
    size_t count[MODES] = {0}, modes = 0;
    need(ae_predict(s->judge, ink, SAMPLES * CHANNELS * sizeof *digit, digit,
                    s->g.w),
         s->g.w);
    for (size_t i = 0; i < SAMPLES; i++)
        count[100 * digit[3 * i] + 10 * digit[3 * i + 1] + digit[3 * i + 2]]++;
    for (size_t k = 0; k < MODES; k++) {
        modes += count[k] > 0;
        share[k] = (double)count[k] / SAMPLES;
        even[k] = 1.0 / MODES;
    }
    need(genmod_discrete_kl(MODES, share, even, GENMOD_NATS, kl, s->g.w),
         s->g.w);
    genmod_data_free(ink);
    free(share);
    free(digit);
    return modes;
}

static void judge_real(const struct study *s)
{
    double kl;
    for (size_t i = 0; i < SAMPLES * CHANNELS; i++) {
        const size_t at = digit_of(&s->g, TRIPLES + i / CHANNELS, i % CHANNELS);
        for (size_t j = 0; j < D; j++)
            s->x[i * D + j] = s->g.p.x[at * D + j] / 255.0f;
    }
    const size_t modes = judge(s, &kl);
    printf("other triples of the same digits: %zu modes, KL %.4f\n", modes, kl);
}

/* A red, a green and a blue digit each. */
static void write_sheet(const struct study *s)
{
    char path[4096];
    snprintf(path, sizeof path, "%s.ppm", s->out);
    FILE *f = fopen(path, "wb");
    expect(f != NULL, path);
    fprintf(f, "P6\n%d %d\n255\n", SHEET * SIDE, SHEET * SIDE);
    for (size_t y = 0; y < SHEET * SIDE; y++)
        for (size_t x = 0; x < SHEET * SIDE; x++)
            for (size_t c = 0; c < CHANNELS; c++) {
                const size_t image = y / SIDE * SHEET + x / SIDE;
                const size_t at = y % SIDE * SIDE + x % SIDE;
                const float ink = s->x[(image * CHANNELS + c) * D + at];
                fputc((int)(ink * 255 + 0.5f), f);
            }
    fclose(f);
}

static void write_model(const struct study *s)
{
    char path[4096];
    size_t n = 0;
    const int32_t status = gan_save(s->m, 0, NULL, &n, NULL);
    expect(status == GENMOD_TOO_SMALL, "a model with weights");
    void *bytes = memory(n, 1);
    need(gan_save(s->m, n, bytes, &n, NULL), NULL);
    snprintf(path, sizeof path, "%s.safetensors", s->out);
    write_file(path, n, bytes);
    free(bytes);
}

static void look(const struct study *s)
{
    const double begun = now();
    double kl;
    need(gan_sample(s->m, 7, 0, SAMPLES, NULL, GENMOD_F32,
                    SAMPLES * CHANNELS * D * sizeof *s->x, s->x, s->g.w),
         s->g.w);
    cut_ink(SAMPLES * CHANNELS, s->x);
    write_sheet(s);
    write_model(s);
    const size_t modes = judge(s, &kl);
    printf("%6.0f updates: %4zu modes, KL %.4f; D's loss %.3f, spread %.2f; "
           "%.1f min, %.1f of processors; this look took %.0f s\n",
           gan_number(s->m, GAN_REPORT_G_UPDATES), modes, kl,
           gan_number(s->m, GAN_REPORT_D_LOSS),
           gan_number(s->m, GAN_REPORT_SPREAD_RATIO), (now() - s->began) / 60,
           seconds() / 60, now() - begun);
}

/* A game whose schedules last so many updates, with its first weights. */
static gan_model *start(const struct study *s, long updates)
{
    char length[24];
    snprintf(length, sizeof length, "%ld", updates);
    options o = {
        {GAN_INPUT, "3x28x28"},
        {GAN_GENERATOR, "dense 128; lrelu 0.2; dense 3136; reshape 64x7x7; "
                        "lrelu 0.2; deconv 32 k4 s2 p1; lrelu 0.2; "
                        "deconv 3 k4 s2 p1"},
        {GAN_DISCRIMINATOR, "conv 32 k4 s2 p1; lrelu 0.2; conv 64 k4 s2 p1; "
                            "lrelu 0.2; dense 128; lrelu 0.2"},
        {GAN_BATCH_SIZE, "64"},
        {GAN_LEARNING_RATE, s->rate},
        {GAN_SCHEDULE_STEPS, length},
        {GAN_SEED, "1"},
        {NULL, NULL}};
    gan_model *m = new_gan(o);
    need(gan_start(m, s->rows, s->g.w), s->g.w);
    return m;
}

/* Seconds of an update, of a game that nobody wants. */
static double pace(const struct study *s)
{
    gan_model *m = start(s, 1000);
    double begun = 0;
    for (int i = 0; i < FIRST + PACE; i++) {
        if (i == FIRST)
            begun = now();
        need(gan_step(m, s->rows, s->g.w), s->g.w);
    }
    gan_free(m);
    return (now() - begun) / PACE;
}

static void play(struct study *s, double minutes)
{
    const double end = s->began + minutes * 60;
    long done = 0, looked = 0;
    s->m = start(s, s->updates);
    while (done < s->updates && now() < end) {
        need(gan_step(s->m, s->rows, s->g.w), s->g.w);
        done++;
        if (done * LOOKS / s->updates > looked) {
            look(s);
            looked = done * LOOKS / s->updates;
        }
    }
    if (done < s->updates) {
        printf("the minutes are over\n");
        look(s);
    }
}

int main(int argc, char **argv)
{
    if (argc < 6) {
        fprintf(stderr, "usage: gan_stacked folder classifier minutes threads "
                        "out [rate [updates]]\n");
        return 2;
    }
    struct study s = {
        .began = now(), .out = argv[5], .rate = argc > 6 ? argv[6] : "0"};
    setvbuf(stdout, NULL, _IOLBF, 0);
    open_digits(argv[1], (size_t)atol(argv[4]), &s.g);
    s.judge = load_classifier(argv[2], s.g.w);
    s.x = memory(SAMPLES * CHANNELS * D, sizeof *s.x);
    printf("the judge tells %.2f %% of %d held-out digits right\n",
           100 * accuracy(s.judge, &s.g), HELD);
    judge_real(&s);
    need(genmod_data_new(&s.rows, NULL), NULL);
    need(genmod_data_set_source(s.rows, GENMOD_U8, TRIPLES, CHANNELS * D,
                                read_triples, &s.g, NULL),
         NULL);
    need(genmod_data_set_scale(s.rows, 1.0 / 255, 0, NULL), NULL);
    const double update = pace(&s);
    s.updates =
        argc > 7
            ? atol(argv[7])
            : (long)(FREE * (atof(argv[3]) * 60 - now() + s.began) / update);
    printf("%.0f ms an update on %s threads, %ld updates\n", 1e3 * update,
           argv[4], s.updates);
    play(&s, atof(argv[3]));
    gan_free(s.m);
    genmod_data_free(s.rows);
    ae_free(s.judge);
    free(s.x);
    close_digits(&s.g);
    return 0;
}
