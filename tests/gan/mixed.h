/* A table of all kinds of columns, and games for it. */
#ifndef TESTS_GAN_MIXED_H
#define TESTS_GAN_MIXED_H

#include "gan/fixture.h"

#define N 120
#define D 6

extern const int32_t mixed_kinds[D], mixed_levels[D];
/* Once they are made: two heaps in column 0, which row and column 4 tell; a
 * third of column 5 is 0. */
extern double mixed_rows[N * D];
void mixed_make_rows(void);
genmod_data *mixed_view(void);

#define SMALL                                                          \
    "codes=3 | generator=dense 6; lrelu 0.2 | discriminator=dense 6; " \
    "lrelu 0.2 | batch_size=20 | epochs=3 | seed=2 | "

/* One of each encoding: standard, quantile, modes. */
#define PLANS 3
extern const char *const mixed_plans[PLANS];
/* After one update. */
gan_model *mixed_model(const char *options);

#endif
