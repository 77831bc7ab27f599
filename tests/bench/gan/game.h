/* What the programs here share. */
#ifndef TESTS_BENCH_GAN_GAME_H
#define TESTS_BENCH_GAN_GAME_H

#include "genmod/gan.h"

void game_fail(const char *what, const char *why);
/* Ends the program with the workspace's text. */
void game_need(int32_t status, genmod_workspace *w);
/* "key=value | key=value" */
void game_options(genmod_config *c, const char *text, genmod_workspace *w);
double game_uniform(uint64_t *s);
double game_normal(uint64_t *s);
/* A view of rows [n, d]; they are not copied. */
genmod_data *game_view(size_t n, size_t d, const double *x);
gan_model *game_model(const char *options);
double game_number(const gan_model *m, const char *key);

#endif
