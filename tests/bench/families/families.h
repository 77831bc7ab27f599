/* The families of families.c: each fits its model to the training digits and
 * draws. */
#ifndef BENCH_FAMILIES_H
#define BENCH_FAMILIES_H

#include "digits.h"

#define DRAWN 10000

struct job {
    struct digits g;
    ae_model *judge;
    const char *seed, *sheets;
    double effort; /* of the passes, 1 for all */
    float *x;      /* [DRAWN, D]: what was drawn */
    struct standard *standard;
};

/* Measures what stands in x, and prints a line: its name, the seconds of the
 * processor that the fit took, and those of the drawing. */
void report(struct job *j, const char *name, double fit, double draw);
void free_standard(struct standard *s);

void run_real(struct job *j);
void run_factors(struct job *j);
void run_diagonal(struct job *j);
void run_codes(struct job *j);
void run_vae(struct job *j);
void run_gan(struct job *j);

#endif
