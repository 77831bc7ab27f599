/* The likelihoods of decoders: p(x | z) of a row from the numbers that a
 * decoder gives. Inside room `vae`.
 *
 * A row's d columns are cut into blocks, maximal runs of columns of one
 * likelihood and one number of levels; an image is one block. A block reads
 * `params` numbers of the decoder's row: as many as it has columns, a
 * categorical one `levels` a column, a column's beside each other. It may have
 * one variable and one state in the store.
 *
 * Cells come as the likelihood wants them, and densities are of these cells:
 *
 *     Bernoulli             0 or 1 (a grey in between makes it a loss, the
 *                           cross-entropy, and no density)
 *     categorical           the category's number, 0 … levels - 1
 *     Poisson, negative     the count, a whole number up to 2^24
 *       binomial
 *     discretised logistic  a multiple of 1 / (levels - 1) in [0, 1]
 *     Gaussian              z = (x - center) / scale
 *     log-normal            z = (ln x - center) / scale
 *
 * Those of the first four are probabilities of the data themselves. Those of
 * the last two are densities of z; vae_log_jacobian() makes them densities of
 * x. Natural logarithms, with all constants, in the tensors' order of columns
 * ([h, w, c] of an image).
 *
 * Whatever finite numbers a decoder gives up to +-1e4, values and gradients are
 * finite. With values as x and densities ln p, no value is off by more than a
 * few roundings of ln p and of the parameters: nothing large cancels.
 */
#ifndef VAE_LIKELIHOOD_H
#define VAE_LIKELIHOOD_H

#include "nn/nn.h"

/* Likelihoods, in the order of vae_likelihood_words. */
#define VAE_AUTO 0 /* of each column by its kind; Gaussian without a schema */
#define VAE_BERNOULLI 1            /* the decoder gives logits */
#define VAE_GAUSSIAN 2             /* … the mean */
#define VAE_LOG_NORMAL 3           /* … the mean of z */
#define VAE_CATEGORICAL 4          /* … logits of the levels */
#define VAE_DISCRETISED_LOGISTIC 5 /* … the location, in [0, 1] */
#define VAE_POISSON 6              /* … the log rate */
#define VAE_NEGATIVE_BINOMIAL 7    /* … the log mean */
#define VAE_LIKELIHOODS 8

/* "auto", "bernoulli", "gaussian", "log-normal", "categorical",
 * "discretised-logistic", "poisson", "negative-binomial" */
extern const char *const vae_likelihood_words[VAE_LIKELIHOODS];

/* Where the standard deviation of a Gaussian or log-normal block comes from. */
#define VAE_SIGMA_FIXED 0   /* sigma_value, in units of z */
#define VAE_SIGMA_LEARNED 1 /* a variable */
#define VAE_SIGMA_OPTIMAL                    \
    2 /* Rybkin, Daniilidis, Levine 2021: of \
         a minibatch; its running average elsewhere */

/* Bounds, derived in sigma.c, density.c and density_count.c. */
#define VAE_LOG_SIGMA_LEAST (-6.0)
#define VAE_SIGMA_LEAST 0x1.44e51f113d4d6p-9 /* its exp, in units of z */
#define VAE_LOG_SIGMA_MOST 80.0
#define VAE_LOG_SCALE_MOST 40.0
#define VAE_LOG_RATE_MOST 20.0
#define VAE_LOG_DISPERSION_MOST 14.0 /* and least: its negative */
#define VAE_VARIANCE_MOMENTUM 0.1    /* of the running variance */

typedef struct vae_block {
    int32_t kind;        /* VAE_BERNOULLI … */
    int32_t levels;      /* of categorical and discretised logistic; else 0 */
    int64_t first, size; /* columns */
    int64_t params_first, params; /* of the decoder's row */
    int32_t sigma;                /* VAE_SIGMA_… */
    double sigma_value;
    int32_t shared;          /* 1: one sigma or scale for all columns */
    int32_t variable, state; /* numbers in the store; -1: none */
} vae_block;

typedef struct vae_likelihood {
    nn_size size;
    int64_t d;      /* columns */
    int64_t params; /* numbers of a row that the decoder has to give */
    size_t n;       /* blocks */
    vae_block *block;
    /* What reading has to hold the data to, GENMOD_REAL …, [d] in the order of
     * the door: the schema, or what a named likelihood wants without one. A
     * discretised logistic's are GENMOD_REAL: that cells are on its grid is
     * for reading to check. Bernoulli's are GENMOD_BINARY: whether greys pass
     * is for reading to say. */
    int32_t *kinds;
} vae_likelihood;

/* What the options and the schema say. */
typedef struct vae_choice {
    int32_t likelihood; /* VAE_AUTO … */
    int32_t sigma;      /* VAE_SIGMA_… */
    double sigma_value; /* > 0, of VAE_SIGMA_FIXED */
    int32_t shared; /* sigma and scale of a block: 1 one, 0 one a column, -1 one
                       for an image, else one a column */
    int32_t grid;   /* levels of the discretised logistic: 256 for bytes */
    const int32_t *kinds;  /* [d] in the order of the door; NULL: no schema */
    const int32_t *levels; /* [d], read for categorical columns */
} vae_choice;

/* ---- likelihood.c -------------------------------------------------------- */

/* GENMOD_BAD_ARGUMENT, naming option or column, where a named likelihood does
 * not fit the schema, or an image's columns are not of one kind. Nothing is
 * left behind by a failure. */
int32_t vae_likelihood_plan(const vae_choice *c, const nn_size *size,
                            vae_likelihood *out, genmod_workspace *w);
void vae_likelihood_clear(vae_likelihood *l); /* takes a cleared one */
/* 1: cells of the block are standardised, and log-normal ones logarithms
 * before; 0: they are the data. */
int vae_block_standardised(const vae_block *b);
/* The place among the tensors' columns ([h, w, c]) of the door's column j. */
int64_t vae_likelihood_column(const vae_likelihood *l, int64_t j);

/* Adds "likelihood.<block>.log_sigma", ".log_scale", ".log_dispersion"
 * (trained, of the group) and ".variance" (state), [columns] or [1], and keeps
 * their numbers. */
int32_t vae_likelihood_declare(vae_likelihood *l, ad_store *s, int32_t group,
                               genmod_workspace *w);
/* First values, of the sealed store: unit sigma and running variance, greys'
 * usual scale, dispersion 1. */
void vae_likelihood_initialise(const vae_likelihood *l, ad_store *s);

/* ---- density.c, density_count.c: in the graph ---------------------------- */

typedef struct vae_rows {
    ad_node x;      /* cells [m, d] or [m, h, w, c] */
    ad_node mask;   /* of x's shape, 1: there, 0: missing (whatever x holds, NaN
                       included, is not looked at); AD_NONE: none is missing */
    ad_node weight; /* [m], > 0, of rows in the optimal sigma, which is that of
                       the weighted minibatch; AD_NONE: ones */
} vae_rows;

/* Parameters are [m k, …] with `params` numbers a row, of any shape behind the
 * first axis: k copies of each row, one after another (k samples of z), that
 * are held against the one row of x. k is read from the shape.
 *
 * With NN_TRAIN in the pass an optimal sigma is that of the minibatch, with
 * gradient through it (so a row's density depends on all rows); with NN_UPDATE
 * the running variance's successor goes into the pass, once: a second
 * application is refused. With neither, the running variance serves. */

/* ln p of each row: [m, k], sums over the cells that are there. Weights of the
 * rows are not multiplied in. */
ad_node vae_log_density(const vae_likelihood *l, nn_pass *pass, ad_node params,
                        const vae_rows *r);
/* ln p of each cell, 0 of missing ones: [m k, d] or [m k, h, w, c]. */
ad_node vae_log_density_cells(const vae_likelihood *l, nn_pass *pass,
                              ad_node params, const vae_rows *r);
/* E[x | params], in the cells' units: [m k, d] or [m k, h, w, c]. Categorical:
 * the most probable category's number; discretised logistic: the location,
 * within [0, 1]; log-normal: the mean of z, which is the median of x. */
ad_node vae_mean(const vae_likelihood *l, nn_pass *pass, ad_node params);
/* The most likely cell, the same. Densities of standardised cells are greatest
 * at their mean. */
ad_node vae_mode(const vae_likelihood *l, nn_pass *pass, ad_node params);

/* ---- jacobian.c ---------------------------------------------------------- */

/* What turns ln p of m rows of cells into that of data: out[i] = the sum, over
 * the cells that are there, of -ln scale and, of log-normal ones, of -ln x
 * besides (ln x = center + scale z). c: columns of l's size; x [m, …] in the
 * tensors' order, mask as well, NULL: all are there. */
void vae_log_jacobian(const vae_likelihood *l, const nn_columns *c,
                      const kern_ops *f64, size_t m, const float *x,
                      const float *mask, double *out);

/* ---- draw.c, draw_count.c: outside the graph ----------------------------- */

/* Rows x [m, …] of cells from params [m, params]: of row i, functions of (seed,
 * first_row + i, column, its parameters) alone, and so of no batching. Takes no
 * memory. Poisson and negative binomial draws are exact, in bounded time. d <=
 * 65536. */
void vae_draw_rows(const vae_likelihood *l, const ad_store *s,
                   const kern_ops *f64, uint64_t seed, uint64_t first_row,
                   size_t m, const float *params, float *x);

#endif
