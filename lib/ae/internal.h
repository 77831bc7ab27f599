/* Inside room `ae`. */
#ifndef AE_INTERNAL_H
#define AE_INTERNAL_H

#include "genmod/ae.h"
#include "model/model.h"

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

/* Kinds of sparsity, in the order of the option's choices. */
#define AE_KL 0
#define AE_ABSOLUTE 1

/* Training options that a program holds. */
enum {
    AE_LEVEL,
    AE_EMPHASISED,
    AE_SPARSE,
    AE_SPARSE_KIND,
    AE_SPARSE_TARGET,
    AE_CONTRACTIVE,
    AE_PROBES
};

/* Outputs of `update`. */
enum { AE_OUT_LOSS, AE_OUT_RECONSTRUCTION, AE_OUT_PENALTY };

/* Arrays of a body, where there is salt and pepper: [d] the extremes of the
 * columns, scaled, in the order of the tensors. */
#define AE_LOW "columns.low"
#define AE_HIGH "columns.high"

/* Targets, in the order of the option's choices. */
#define AE_ROWS 0
#define AE_LABELS 1
#define AE_NUMBERS 2

/* Const programs; the last two of models with a head instead of a decoder. */
enum {
    AE_ENCODE,
    AE_DECODE,
    AE_RECONSTRUCT,
    AE_SCORE,
    AE_OUTPUT, /* probabilities of classes, values */
    AE_CLASS,
    AE_PROGRAMS
};

/* Networks of a body. */
enum { AE_ENCODER_NET, AE_DECODER_NET, AE_HEAD_NET = AE_DECODER_NET };

typedef struct ae_body {
    model_body base;
    int32_t loss, corruption, standardise;
    double delta; /* of huber */
    int32_t target, freeze;
    size_t outputs; /* of the head */
} ae_body;

struct ae_model {
    model base;
};

extern const base_option ae_options[];
extern const base_entry ae_entries[];
extern const model_family ae_family;

/* options.c: what bounds of single options cannot say. */
int32_t ae_check_options(const genmod_config *c, genmod_workspace *w);
void ae_recipe(const genmod_config *c, double out[MODEL_RECIPE]);
/* The text of the default encoder; at most MODEL_TEXT bytes. */
void ae_default_encoder(const nn_size *input, int64_t code, char *out);

/* body.c: networks parsed and declared, the columns' extremes where there is
 * salt and pepper ("columns.low", "columns.high"). */
int32_t ae_declare(const genmod_config *c, const model_schema *s, model_body *b,
                   genmod_workspace *w);

/* build.c: the graphs. `update` also reads "low" and "high" where there is salt
 * and pepper. */
int32_t ae_compile(const model_body *b, size_t program, size_t rows,
                   ad_program **out, genmod_workspace *w);
void ae_build(model_draft *f, size_t program); /* what it compiles */
int32_t ae_compile_update(const model_body *b, const double *recipe,
                          size_t phase, size_t rows, ad_program **out,
                          genmod_workspace *w);
int32_t ae_compile_evaluate(const model_body *b, const double *recipe,
                            size_t rows, ad_program **out, genmod_workspace *w);

/* The contraction of some units of the code. */
int32_t ae_compile_piece(const model_body *b, const double *recipe, size_t rows,
                         ad_program **out, genmod_workspace *w);

/* Mean over the rows of weight * v [m]. */
ad_node ae_mean(const model_draft *f, ad_node v);

/* penalty.c: what is added to the reconstruction's loss. Refuses what the
 * networks cannot have. */
int32_t ae_check_penalties(const genmod_config *c, const model_body *b,
                           genmod_workspace *w);
/* Of the codes z of rows x, both of the pass that trains; AD_NONE: none. */
ad_node ae_penalty(model_draft *f, const double *recipe, ad_node x, ad_node z);
/* How many replays the exact contraction of a wide code takes, each of some
 * units; 0: it is in ae_penalty() whole, or there is none. */
size_t ae_pieces(const model_body *b, const double *recipe);
/* That of the units of the piece whose number is input "piece". */
ad_node ae_piece(model_draft *f, const double *recipe, ad_node x, ad_node z);

/* parts.c: for the report, reconstruction and penalty of a pass; of a model
 * that gives classes the share of held-out rows that it gives theirs. */
size_t ae_tallies(const model_body *b);
void ae_note(model_trainer *t, const ad_program *p, size_t m);
void ae_publish(model_trainer *t, const nn_status *s);

/* cells.c: what cells have to be, and their extremes. */
int ae_surveys(const model_body *b);
int32_t ae_join(model_body *b, genmod_workspace *w);
int32_t ae_look(model_body *b, const model_rows *r, int learn,
                genmod_workspace *w);
void ae_fill(const model_trainer *t, const ad_program *p, uint64_t step);

/* supervise.c: the graphs of models with a head. */
void ae_build_output(model_draft *f, size_t program);
/* The mean loss over the rows of input "x", which the encoder is given as it
 * is. hits, if not NULL: [m], 1 where the predicted class is the label. */
ad_node ae_head_loss(model_draft *f, ad_node x, ad_node *hits);
int ae_labelled(const model_body *b);

/* build.c */
ad_node ae_encoded(model_draft *f, ad_node x);
/* The loss of each cell of x given y. */
ad_node ae_losses(const model_draft *f, int32_t loss, ad_node x, ad_node y);

/* predict.c: GENMOD_UNSUPPORTED unless the model has a head (1), a decoder (0).
 */
int32_t ae_check_head(const model *m, int head, genmod_workspace *w);
/* The same unless it has a head of that target. */
int32_t ae_check_target(const model *m, int32_t target, genmod_workspace *w);

/* pretrain.c */
size_t ae_length(const model_body *b, const char *key);

#endif
