/* A film strip: digits of given classes while generator and discriminator
 * learn.
 *
 *     gan_digits tests/data/digits.csv out.png
 *
 * The codes stay the same from row to row of the picture; what changes is G.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adversarial.h"
#include "draw.h"
#include "mixture.h"
#include "read.h"

#define SIDE 8
#define D (SIDE * SIDE)
#define COLUMNS 20 /* two of a class */
#define TIMES 6

static const int updates[TIMES] = {0, 75, 150, 300, 1000, 4000};

static gan_model *new_model(void)
{
    options o = {
        {GAN_GENERATOR, "dense 128; lrelu 0.2; dense 128; lrelu 0.2; "
                        "dense 64; sigmoid"},
        {GAN_DISCRIMINATOR, "dense 128; lrelu 0.2; dense 128; lrelu 0.2"},
        {GAN_CLASSES, "10"},
        {GAN_CONDITIONING, "projection"},
        {GAN_CODES, "8"},
        {GAN_STANDARDISE, "0"},
        {GAN_PENALTY_WEIGHT, "0.3"},
        {GAN_PENALTY_END, "0.03"},
        {GAN_BATCH_SIZE, "64"},
        {GAN_LEARNING_RATE, "0.002"},
        {GAN_SCHEDULE_STEPS, "4000"},
        {NULL, NULL}};
    return new_gan(o);
}

/* Plays the game and takes digits of the classes after so many updates. */
static void play(size_t n, const double *x, const int32_t *label,
                 double film[TIMES][COLUMNS][D])
{
    gan_model *m = new_model();
    genmod_data *rows = view_rows(n, D, x);
    int32_t classes[COLUMNS];
    int done = 0;
    for (int i = 0; i < COLUMNS; i++)
        classes[i] = i / 2;
    need(genmod_data_set_labels(rows, n, label, NULL), NULL);
    need(gan_start(m, rows, NULL), NULL);
    for (int i = 0; i < TIMES; i++) {
        for (; done < updates[i]; done++)
            need(gan_step(m, rows, NULL), NULL);
        need(gan_sample(m, 3, 0, COLUMNS, classes, GENMOD_F64, sizeof film[i],
                        film[i], NULL),
             NULL);
    }
    genmod_data_free(rows);
    gan_free(m);
}

/* The first two rows of each class. */
static void choose_real(const double *x, const int32_t *label,
                        double real[COLUMNS][D])
{
    for (int i = 0, at = 0; i < COLUMNS; i++, at++) {
        at = i % 2 ? at : 0;
        while (label[at] != i / 2)
            at++;
        memcpy(real[i], x + (size_t)at * D, sizeof real[i]);
    }
}

static void draw_strip(figure *f, double top, const char *text,
                       double strip[COLUMNS][D])
{
    draw_text(f, 32, top + 21, 12, 0, draw_ink, text);
    draw_tiles(f, 140, top, 1, COLUMNS, SIDE, SIDE, strip[0], 1, 4, 4);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: gan_digits digits.csv out.png\n");
        return 2;
    }
    static double film[TIMES][COLUMNS][D], real[COLUMNS][D];
    struct table t;
    size_t n;
    read_csv(argv[1], 1, &t);
    double *x = digit_halves(&t, &n);
    int32_t *label = memory(n, sizeof *label);
    for (size_t i = 0; i < n; i++)
        label[i] = t.label[2 * i];
    play(n, x, label, film);
    choose_real(x, label, real);

    figure *f =
        draw_new(2, 892, 456, "Digits to order, while the game is played",
                 "Two of each class, of the same codes throughout: each "
                 "row is what G makes of them by then");
    for (int i = 0; i < TIMES; i++) {
        char text[64];
        snprintf(text, sizeof text, "%d updates", updates[i]);
        draw_strip(f, 96 + 44.0 * i, text, film[i]);
    }
    draw_strip(f, 112 + 44.0 * TIMES, "real digits", real);
    draw_text(f, 32, 440, 11, 0, draw_soft,
              "Data: UCI Optical Recognition of Handwritten Digits, CC BY 4.0");
    draw_save(f, argv[2]);
    free(label);
    free(x);
    free_table(&t);
    return 0;
}
