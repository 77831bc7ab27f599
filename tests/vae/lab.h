/* The graphs of a model in double precision, with weights and rows of a test's
 * own choice. */
#ifndef TESTS_VAE_LAB_H
#define TESTS_VAE_LAB_H

#include "support/test.h"

#include "vae/internal.h"

typedef struct lab {
    genmod_workspace *w;
    genmod_config *c;
    vae_body *b;
    ad_store *s; /* the body's */
    size_t rows;
    ad_program *p;
    void *arena;
} lab;

/* options: "key=value | key=value". kinds, levels: [d] as
 * genmod_data_set_schema(), or NULL. Weights are 0. */
void lab_open(lab *l, const char *options, size_t d, const int32_t *kinds,
              const int32_t *levels);
void lab_close(lab *l);

/* Other training options. */
void lab_set(lab *l, const char *options);
/* The program of an update, or number `program` of the const ones, for so many
 * rows. */
void lab_compile_update(lab *l, size_t rows);
void lab_compile(lab *l, size_t program, size_t rows);

/* Variable number i, and how many numbers it has. */
double *lab_value(const lab *l, size_t i, size_t *n);
/* The last one whose name begins and ends so. */
size_t lab_find(const lab *l, const char *head, const char *tail);
/* Normal numbers of that deviation for all trained variables. */
void lab_invent(const lab *l, double deviation, uint64_t seed);

/* An input; nothing happens where the program does not read it. */
void lab_put(const lab *l, const char *name, size_t n, const double *v);
/* With the draws of (1, step). Inputs have to be given anew before each. */
void lab_run(const lab *l, uint64_t step);
const double *lab_output(const lab *l, size_t i);
const double *lab_gradient(const lab *l, size_t i);

#endif
