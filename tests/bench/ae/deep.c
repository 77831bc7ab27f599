/* The deep autoencoder of Hinton, Salakhutdinov 2006 on MNIST's digits,
 * 784-1000-500-250-30, trained at once: 50,000 to train, the last 10,000 to
 * judge by.
 *
 *     deep folder-with-idx-files [threads] [passes] [batch] [unit]
 *         ["key=value | key=value"]
 *
 * unit: that of the hidden layers, "elu" without it; further options of the
 * model, without them "corruption=gaussian | corruption_level=0.1 | tied=1",
 * "" for none.
 *
 * Prints the loss and the time of some passes, and ends with 1 if the squared
 * error a held-out digit is above 3.2. Without a folder, in GENMOD_MNIST or as
 * an argument, it says so and ends with 77.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "digits.h"

#define BAR 3.2

struct watch {
    double passes; /* seen so far */
    time_t start;
};

static int32_t tell(const genmod_report *r, void *user)
{
    struct watch *const s = user;
    double passes = 0, loss = 0;
    need(genmod_report_get(r, AE_REPORT_EPOCHS, &passes), NULL);
    if (passes == s->passes)
        return 0;
    need(genmod_report_get(r, AE_REPORT_EPOCH_LOSS, &loss), NULL);
    s->passes = passes;
    printf("pass %3.0f: loss %.3f, %.0f s\n", passes, loss,
           difftime(time(NULL), s->start));
    return 0;
}

/* Writes the keys and values of a text over it, and their places to o, which
 * ends with a pair of NULL and has room. */
static void split(char *text, const char *o[][2])
{
    while (*text) {
        char *const value = strchr(text, '=');
        char *const end = strstr(text, " | ");
        expect(value && (!end || value < end), "key=value | key=value");
        *value = '\0';
        if (end)
            *end = '\0';
        (*o)[0] = text;
        (*o++)[1] = value + 1;
        text = end ? end + 3 : value + 1 + strlen(value + 1);
    }
}

static ae_model *fit(const char *passes, const char *batch, const char *unit,
                     char *more, struct digits *g)
{
    const size_t size = (size_t)atol(batch);
    const size_t updates = (g->n + size - 1) / size;
    char steps[32], encoder[128];
    snprintf(encoder, sizeof encoder,
             "dense 1000; %s; dense 500; %s; dense 250; %s; dense 30", unit,
             unit, unit);
    snprintf(steps, sizeof steps, "%zu", updates * (size_t)atol(passes));
    const char *o[64][2] = {
        {AE_ENCODER, encoder},       {AE_LOSS, "bce"},
        {AE_BATCH_SIZE, batch},      {AE_EPOCHS, passes},
        {AE_LEARNING_RATE, "0.001"}, {AE_SCHEDULE, "cosine"},
        {AE_SCHEDULE_STEPS, steps},  {AE_SCHEDULE_FACTOR, "0"}};
    expect(strlen(more) < 256, "fewer options");
    split(more, o + 8);
    struct watch s = {0, time(NULL)};
    ae_model *m = new_autoencoder((const char *const(*)[2])o, g->w);
    need(ae_fit(m, g->rows, NULL, tell, &s, g->w), g->w);
    return m;
}

int main(int argc, char **argv)
{
    const char *const folder = argc > 1 ? argv[1] : getenv("GENMOD_MNIST");
    char usual[] = "corruption=gaussian | corruption_level=0.1 | tied=1";
    struct digits g;
    if (!folder) {
        printf("skipped: no folder with MNIST in GENMOD_MNIST\n");
        return 77;
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    open_digits(folder, argc > 2 ? (size_t)atol(argv[2]) : 2, &g);
    ae_model *m =
        fit(argc > 3 ? argv[3] : "100", argc > 4 ? argv[4] : "128",
            argc > 5 ? argv[5] : "elu", argc > 6 ? argv[6] : usual, &g);
    const double error = held_error(m, &g);
    printf("squared error a held-out digit: %.3f; the bar is %.1f\n", error,
           BAR);
    ae_free(m);
    close_digits(&g);
    return error > BAR;
}
