/* MNIST for the autoencoders' benchmarks: all but the last 10,000 of the
 * training digits to train on, those to judge by. */
#ifndef DIGITS_H
#define DIGITS_H

#include "autoencoder.h"
#include "pca.h"

#define D 784
#define HELD 10000

struct digits {
    struct pictures p;
    size_t n;          /* to train on */
    double *held;      /* [HELD, D] ink 0 to 1 */
    double *out;       /* the same size */
    genmod_data *rows; /* the first n */
    struct pca pca;    /* of who fits one, and frees it */
    genmod_workspace *w;
};

/* From a folder with MNIST's files, or the program ends. */
void open_digits(const char *folder, size_t threads, struct digits *g);
void close_digits(struct digits *g);

/* A model of the training digits. */
ae_model *fit_digits(options o, struct digits *g);
/* Squared error a picture of the held-out ones; `out` holds the
 * reconstructions. */
double held_error(const ae_model *m, struct digits *g);

#endif
