/* Mixtures made of mixtures, and what is said of many rows at once; inside room
 * `gmm`. */
#ifndef GMM_ALGEBRA_H
#define GMM_ALGEBRA_H

#include "genmod/gmm_algebra.h"
#include "gmm/internal.h"

/* algebra.c: n of the model's columns, each once; chosen [d] becomes 1 there
 * and 0 elsewhere. At most `most` of them. */
int32_t gmm_check_chosen(const gmm_model *m, size_t n, size_t most,
                         const int32_t *columns, unsigned char *chosen,
                         genmod_workspace *w);
/* `to` takes p, which is settled, and the options of `from`, but for k and the
 * covariance type, which are p's. Frees p where it fails. */
int32_t gmm_adopt(gmm_model *to, const gmm_model *from, gmm_params *p,
                  genmod_workspace *w);
/* The same of a p that was computed from mixtures, whose state is set but for
 * what is derived from it: GENMOD_BREAKDOWN where it is no mixture. */
int32_t gmm_become(gmm_model *to, const gmm_model *from, gmm_params *p,
                   genmod_workspace *w);
/* Both models; GENMOD_NOT_FITTED, GENMOD_BUSY as the public calls promise. */
int32_t gmm_check_pair(const gmm_model *from, const gmm_model *to,
                       genmod_workspace *w);

/* score.c: rows that the model can say something of. */
int32_t gmm_check_rows_in(const gmm_model *m, const genmod_data *x,
                          genmod_workspace *w);

/* blocks.c: m rows of a view, number `first` on, in a pool task. A status of
 * GENMOD_NON_FINITE says that one of their cells is not finite. */
typedef int32_t (*gmm_block_task)(const base_view *v, size_t first, size_t m,
                                  size_t slot, void *arg);
/* Slots that gmm_blocks() will use at most. */
size_t gmm_block_slots(const genmod_data *x, const genmod_workspace *w);
/* All rows of x, in blocks of KERN_ROWS anchored at the row number. */
int32_t gmm_blocks(const genmod_data *x, gmm_block_task task, void *arg,
                   genmod_workspace *w);
/* Scratch for a * b * c elements of `size` bytes. */
void *gmm_scratch(genmod_workspace *w, size_t a, size_t b, size_t c,
                  size_t size);
/* The workspace's logarithm and exponential of one number. */
double gmm_ln(const gmm_params *p, double x);
double gmm_exp(const gmm_params *p, double x);

#endif
