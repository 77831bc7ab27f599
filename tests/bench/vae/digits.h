/* MNIST's digits as the programs of this folder use them: 50,000 to train, the
 * last 10,000 to judge by. */
#ifndef BENCH_VAE_DIGITS_H
#define BENCH_VAE_DIGITS_H

#include "example.h"
#include "read.h"

#define D 784
#define HELD 10000

struct digits {
    struct pictures p;
    size_t n;      /* to train on */
    uint8_t *bits; /* [HELD, D]: the held-out digits, black or white */
    uint64_t seed; /* of the black and white of training */
    uint64_t pass; /* likewise: other bits in each */
    genmod_data *grey, *grey_held; /* ink 0 to 1 */
    genmod_data *bits_held;
    genmod_data *redrawn; /* training digits, black or white anew each pass */
    genmod_workspace *w;
};

void open_digits(const char *folder, size_t threads, struct digits *g);
void close_digits(struct digits *g);

/* The first n rows of bits or greys. */
genmod_data *some_bits(const struct digits *g, size_t n);
genmod_data *some_greys(const struct digits *g, size_t n);

/* key, value, …, NULL. A key may occur again: the last one counts. */
typedef const char *const *settings;
vae_model *new_vae(settings s, genmod_workspace *w);
/* Changes some of the training options. */
void set_vae(vae_model *m, settings s);

/* All arrays from a file, one after another as doubles. */
void load_weights(vae_model *m, const char *path);

double mean(size_t n, const double *x);
/* -ELBO of a row, the mean over the rows, with its parts; they may be NULL. */
double held_loss(const vae_model *m, const genmod_data *x, size_t n,
                 size_t draws, double *reconstruction, double *kl,
                 genmod_workspace *w);
/* -ln p of a row by so many draws, the mean; error: over the rows. */
double held_bound(const vae_model *m, const genmod_data *x, size_t n,
                  size_t draws, double *error, genmod_workspace *w);
/* Codes whose mean varies by more than 0.01 over the rows. */
size_t active_codes(const vae_model *m, const genmod_data *x, size_t n,
                    genmod_workspace *w);
double seconds(void);

#endif
