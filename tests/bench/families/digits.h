/* MNIST's digits, a classifier of them to judge by, and what the programs that
 * use both share. */
#ifndef BENCH_FAMILIES_DIGITS_H
#define BENCH_FAMILIES_DIGITS_H

#include "autoencoder.h"

#define SIDE 28
#define D (SIDE * SIDE)
#define HELD 10000 /* the last digits: to judge by */
#define CLASSES 10

struct digits {
    struct pictures p;
    size_t n;                  /* to train on */
    genmod_data *train, *held; /* ink 0 to 1, labelled */
    genmod_data *taught;       /* all but the last HELD of train */
    genmod_workspace *w;
};

/* From a folder with MNIST's files, or the program ends. */
void open_digits(const char *folder, size_t threads, struct digits *g);
void close_digits(struct digits *g);

/* A view of n digits [n, D] of ink 0 to 1; they are not copied. */
genmod_data *view_ink(size_t n, const float *x);
/* Rounding and linear last layers pass the ends a little. */
void cut_ink(size_t n, float *x);

/* A whole file, or the program ends. The caller frees it. */
unsigned char *read_file(const char *path, size_t *n);
void write_file(const char *path, size_t n, const void *bytes);

/* Trains a classifier of the digits; its code is what is compared. It is taught
 * those of `taught` alone: digits that it learnt by heart have other codes, and
 * real ones that neither kept are needed to say what no difference looks like.
 */
ae_model *train_classifier(const struct digits *g, const char *passes);
void save_classifier(const ae_model *m, const char *path);
ae_model *load_classifier(const char *path, genmod_workspace *w);
/* The share of the held-out digits that it tells right. */
double accuracy(const ae_model *m, const struct digits *g);

/* Seconds of the processor since the program began. */
double seconds(void);

#endif
