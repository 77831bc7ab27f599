/* What pre-training gives classifiers of MNIST's digits: 10,000 to train on,
 * 2,000 to choose by, 48,000 to judge by (the sizes of Larochelle et al. 2007's
 * mnist-basic, but for the test).
 *
 *     stacked folder full|few|choose NOISE EPOCHS FINE RATE DROPOUT SEED…
 *
 * Three layers of WIDTH sigmoid units (a variable of the environment, 500
 * without it), each pre-trained for EPOCHS passes over the 10,000. `choose`:
 * with NOISE of the cells masked, then all fine-tuned on the 10,000 for FINE
 * passes at RATE, or at each of some rates with commas between, and with
 * DROPOUT, as 0.2,0.5: of the cells, and of each layer's units. `few`: the same
 * start fine-tuned on 100, 300 and 1,000 labels, each beside a random start.
 * `full`: on the 10,000, also from a plain pre-training and a random start. A
 * line a fit, with the errors on the 2,000 and the 48,000 in percent and its
 * seconds of the processor.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "autoencoder.h"

#define D 784
#define TRAIN 10000
#define CHOOSE 2000

struct study {
    struct pictures p;
    genmod_data *train, *choose, *test;
    char encoder[128]; /* in pre-training */
    char tuned[256];   /* the same with dropout */
    const char *noise, *epochs, *fine, *rate;
    genmod_workspace *w;
};

static genmod_data *view(const struct pictures *p, size_t first, size_t n)
{
    genmod_data *rows = NULL;
    need(genmod_data_new(&rows, NULL), NULL);
    need(genmod_data_set_rows(rows, GENMOD_U8, n, D, p->x + first * D, 0, 0,
                              NULL),
         NULL);
    need(genmod_data_set_scale(rows, 1.0 / 255, 0, NULL), NULL);
    need(genmod_data_set_labels(rows, n, p->label + first, NULL), NULL);
    return rows;
}

static double seconds(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* Percent of the rows whose class is not the predicted one. */
static double error_of(const ae_model *m, const genmod_data *x,
                       const int32_t *label, size_t n, genmod_workspace *w)
{
    int32_t *out = memory(n, sizeof *out);
    size_t wrong = 0;
    need(ae_predict(m, x, n * sizeof *out, out, w), w);
    for (size_t i = 0; i < n; i++)
        wrong += out[i] != label[i];
    free(out);
    return 100.0 * (double)wrong / (double)n;
}

static ae_model *pretrained(const struct study *s, const char *noise,
                            const char *seed)
{
    options o = {{AE_ENCODER, s->encoder},
                 {AE_LOSS, "bce"},
                 {AE_TIED, "1"},
                 {AE_CORRUPTION, "masking"},
                 {AE_CORRUPTION_LEVEL, noise},
                 {AE_BATCH_SIZE, "20"},
                 {AE_PRETRAIN_EPOCHS, s->epochs},
                 {AE_SEED, seed},
                 {NULL, NULL}};
    const double begun = seconds();
    ae_model *m = new_autoencoder(o, s->w);
    need(ae_pretrain(m, s->train, NULL, NULL, s->w), s->w);
    printf("pre-trained, noise %s, seed %s: %.0f s\n", noise, seed,
           seconds() - begun);
    return m;
}

/* Fine-tunes on x from m's encoder, or from a random start (NULL). Few rows
 * have 150 updates of 20 rows for each of FINE, whatever their number. */
static void tune(const struct study *s, const char *what, const ae_model *m,
                 genmod_data *x, size_t n, const char *seed)
{
    char steps[32], passes[32];
    const long batch = n < TRAIN ? 20 : 100;
    const long more = n < TRAIN ? 3000 / (long)n : 1;
    snprintf(passes, sizeof passes, "%ld", more * atol(s->fine));
    snprintf(steps, sizeof steps, "%ld", atol(passes) * ((long)n / batch));
    options o = {{AE_ENCODER, s->tuned},
                 {AE_LOSS, "bce"},
                 {AE_TARGET, "classes"},
                 {AE_CLASSES, "10"},
                 {AE_BATCH_SIZE, batch == 20 ? "20" : "100"},
                 {AE_EPOCHS, passes},
                 {AE_LEARNING_RATE, s->rate},
                 {AE_SCHEDULE, "cosine"},
                 {AE_SCHEDULE_STEPS, steps},
                 {AE_SCHEDULE_FACTOR, "0"},
                 {AE_WARM_START, "1"},
                 {AE_SEED, seed},
                 {NULL, NULL}};
    const double begun = seconds();
    ae_model *c = new_autoencoder(o, s->w);
    if (m)
        need(ae_adopt(c, m, x, s->w), s->w);
    need(ae_fit(c, x, NULL, NULL, NULL, s->w), s->w);
    printf("%s, %zu labels, seed %s: %.2f on the 2,000, %.2f on the 48,000, "
           "%.0f s\n",
           what, n, seed,
           error_of(c, s->choose, s->p.label + TRAIN, CHOOSE, s->w),
           error_of(c, s->test, s->p.label + TRAIN + CHOOSE,
                    s->p.n - TRAIN - CHOOSE, s->w),
           seconds() - begun);
    ae_free(c);
}

/* The same from m at each of the rates. */
static void tune_rates(const struct study *s, const ae_model *m,
                       const char *seed)
{
    char *const rates = memory(strlen(s->rate) + 1, 1);
    strcpy(rates, s->rate);
    for (char *at = strtok(rates, ","); at; at = strtok(NULL, ",")) {
        struct study one = *s;
        one.rate = at;
        printf("rate %s: ", at);
        tune(&one, "denoising", m, s->train, TRAIN, seed);
    }
    free(rates);
}

/* The labelled rows of seed k = 0, 1, … begin at row 1,000 k. */
static void tune_few(const struct study *s, const ae_model *m, const char *seed)
{
    static const size_t labels[] = {100, 300, 1000};
    for (size_t i = 0; i < 3; i++) {
        genmod_data *x =
            view(&s->p, 1000 * (size_t)(atol(seed) % 10), labels[i]);
        tune(s, "pre-trained", m, x, labels[i], seed);
        tune(s, "random start", NULL, x, labels[i], seed);
        genmod_data_free(x);
    }
}

static void study_seed(const struct study *s, const char *mode,
                       const char *seed)
{
    ae_model *m = pretrained(s, s->noise, seed);
    if (strcmp(mode, "choose") == 0)
        tune_rates(s, m, seed);
    if (strcmp(mode, "full") == 0)
        tune(s, "denoising", m, s->train, TRAIN, seed);
    if (strcmp(mode, "few") == 0)
        tune_few(s, m, seed);
    ae_free(m);
    if (strcmp(mode, "full") != 0)
        return;
    m = pretrained(s, "0", seed);
    tune(s, "plain", m, s->train, TRAIN, seed);
    ae_free(m);
    tune(s, "random start", NULL, s->train, TRAIN, seed);
}

static void write_encoders(struct study *s, const char *width,
                           const char *dropout)
{
    double cells, units;
    expect(sscanf(dropout, "%lf,%lf", &cells, &units) == 2, "two dropouts");
    snprintf(s->encoder, sizeof s->encoder,
             "dense %s; sigmoid; dense %s; sigmoid; dense %s; sigmoid", width,
             width, width);
    snprintf(s->tuned, sizeof s->tuned,
             "dropout %g; dense %s; sigmoid; dropout %g; dense %s; sigmoid; "
             "dropout %g; dense %s; sigmoid; dropout %g",
             cells, width, units, width, units, width, units);
}

int main(int argc, char **argv)
{
    const char *const width = getenv("WIDTH") ? getenv("WIDTH") : "500";
    struct study s = {.w = NULL};
    expect(argc > 8,
           "folder full|few|choose noise epochs fine rate dropout seed…");
    setvbuf(stdout, NULL, _IOLBF, 0);
    read_mnist(argv[1], &s.p);
    expect(s.p.n > 2 * (TRAIN + CHOOSE), "more pictures");
    s.train = view(&s.p, 0, TRAIN);
    s.choose = view(&s.p, TRAIN, CHOOSE);
    s.test = view(&s.p, TRAIN + CHOOSE, s.p.n - TRAIN - CHOOSE);
    s.noise = argv[3];
    s.epochs = argv[4];
    s.fine = argv[5];
    s.rate = argv[6];
    write_encoders(&s, width, argv[7]);
    need(genmod_workspace_new(NULL, &s.w), NULL);
    for (int i = 8; i < argc; i++)
        study_seed(&s, argv[2], argv[i]);
    genmod_workspace_free(s.w);
    genmod_data_free(s.train);
    genmod_data_free(s.choose);
    genmod_data_free(s.test);
    free_pictures(&s.p);
    return 0;
}
