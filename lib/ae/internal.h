/* Inside room `ae`. */
#ifndef AE_INTERNAL_H
#define AE_INTERNAL_H

#include "base/base.h"
#include "genmod/ae.h"
#include "nn/nn.h"

#define AE_TEXT 1024 /* bytes of a network's text, as of an option */

/* Losses, in the order of the option's choices. */
#define AE_SQUARED 0
#define AE_HUBER 1
#define AE_L1 2
#define AE_BCE 3

/* Corruptions, in the order of the option's choices. */
#define AE_CLEAN 0
#define AE_GAUSSIAN 1
#define AE_MASKING 2
#define AE_SALT_AND_PEPPER 3

/* What a const call replays; each planned for some rows of one arena. */
enum { AE_ENCODE, AE_DECODE, AE_RECONSTRUCT, AE_SCORE, AE_PROGRAMS };

/* What the options that are fixed and the shape of a row make: networks, their
 * weights, the columns, and the programs of const calls. */
typedef struct ae_body {
    int32_t loss, corruption, standardise;
    double delta; /* of huber */
    nn_net *encoder, *decoder;
    ad_store *store;
    size_t d, z;
    nn_columns columns, codes; /* of the rows; of the codes, unscaled */
    float *low, *high;  /* [d] extremes of the columns, scaled, in the order of
                           the tensors; NULL without salt and pepper */
    void *numbers;      /* the arrays of the last two lines */
    double mean_weight; /* of the training rows */
    ad_program *programs[AE_PROGRAMS];
    size_t arena; /* bytes for any of them, on one thread; whole cache lines */
} ae_body;

/* What training needs beside the body. */
typedef struct ae_trainer {
    nn_training options; /* as of the last call */
    double level;        /* of corruption that `update` was compiled with */
    nn_optimiser *optimiser;
    nn_loop *loop;
    ad_program *update, *evaluate; /* NULL: not yet, after a checkpoint */
    double steps, epochs;          /* before this trainer, since the start */
    void *arena;
    size_t bytes; /* of the arena */
    /* In a call: */
    ae_body *body;
    genmod_report *report;
    size_t history; /* values that a history has room for */
    const genmod_data *x, *held_out;
    double held_weight; /* mean weight of the held-out rows */
    void *stage;
} ae_trainer;

struct ae_model {
    genmod_config *config;
    genmod_report *report;
    size_t d, z;         /* 0: not known yet */
    ae_body *body;       /* NULL: not fitted */
    ae_trainer *trainer; /* NULL: training starts with new moments */
    char kernels[96];    /* that computed the trainer's state */
    int32_t training;    /* 1: inside a call that trains */
};

extern const base_option ae_options[];
extern const base_entry ae_entries[];

/* options.c: what bounds of single options cannot say. */
int32_t ae_check_options(const genmod_config *c, genmod_workspace *w);
int32_t ae_loss_of(const genmod_config *c);
int32_t ae_corruption_of(const genmod_config *c);
/* The text of the default encoder; at most AE_TEXT bytes. */
void ae_default_encoder(const nn_size *input, int64_t code, char *out);

/* model.c */
int32_t ae_check_fitted(const ae_model *m, genmod_workspace *w);
int32_t ae_check_idle(const ae_model *m, genmod_workspace *w);
/* x, called `name`, is there, has rows, and d columns of what. */
int32_t ae_check_rows(const genmod_data *x, const char *name, size_t d,
                      const char *what, genmod_workspace *w);

/* body.c: networks parsed and declared. d: columns of the data, 0 where only
 * "input" may say. Nothing that grows with the weights is allocated. */
int32_t ae_body_new(const genmod_config *c, size_t d, ae_body **out,
                    genmod_workspace *w);
void ae_body_free(ae_body *b);
/* Room for weights and columns. */
int32_t ae_body_seal(ae_body *b, genmod_workspace *w);
size_t ae_body_parameters(const ae_body *b);
/* All values but the programs; of one configuration. */
void ae_body_copy(ae_body *to, const ae_body *from);

/* build.c: the graphs. */
int32_t ae_body_compile(ae_body *b, genmod_workspace *w);
/* Programs of a minibatch: "x" [m, …], "weight" [m] -> the mean loss; `update`
 * also reads "low" and "high" where there is salt and pepper, and leaves
 * gradients and successors. */
int32_t ae_compile_update(const ae_body *b, size_t rows, double level,
                          ad_program **out, genmod_workspace *w);
int32_t ae_compile_evaluate(const ae_body *b, size_t rows, ad_program **out,
                            genmod_workspace *w);

/* survey.c: looks at all rows. GENMOD_BAD_ARGUMENT naming row and column where
 * bce and a cell of [n, …] scaled rows is outside [0, 1]; rows NULL: first,
 * first
 * + 1, …. */
int32_t ae_check_cells(const ae_body *b, size_t n, const int64_t *rows,
                       size_t first, const float *x, genmod_workspace *w);
/* Cells as training wants them, and *mean_weight; extremes 1 learns low and
 * high. */
int32_t ae_survey(ae_body *b, const genmod_data *x, int extremes,
                  double *mean_weight, genmod_workspace *w);

/* panels.c: replays over the rows of x. `give` makes m rows of the result of
 * what a panel leaves, in a pool task. The results gather in scratch and go out
 * when the last row is done, so that a call that fails leaves out alone. */
typedef struct ae_panels {
    const ae_body *body;
    int program;  /* AE_ENCODE … */
    int32_t type; /* of the result's elements */
    size_t row;   /* bytes of a row of the result */
    void (*give)(const struct ae_panels *o, size_t m, const float *y, void *to);
} ae_panels;
/* GENMOD_TOO_SMALL unless out has room for all rows of x. */
int32_t ae_panels_fit(const ae_panels *o, const genmod_data *x, size_t bytes,
                      genmod_workspace *w);
int32_t ae_panels_run(const ae_panels *o, const genmod_data *x, void *out,
                      genmod_workspace *w);

/* trainer.c */
int32_t ae_trainer_new(const genmod_config *c, ae_body *b,
                       const genmod_report *report, uint64_t n,
                       uint64_t held_out, ae_trainer **out,
                       genmod_workspace *w);
void ae_trainer_free(ae_trainer *t);
/* Everything that a call needs before its first update, for those views. After
 * a failure all is as it was. */
int32_t ae_trainer_open(ae_trainer *t, const genmod_config *c, ae_body *b,
                        const genmod_data *x, const genmod_data *held_out,
                        genmod_workspace *w);
extern const nn_hooks ae_hooks; /* but for `self`, the trainer */

#endif
