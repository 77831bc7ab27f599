/* The door of room `model`: the life that all families trained on the engine
 * share. A family is a const table of what it has and does in its own way; here
 * stand the calls that make, train, copy, save and load a model of it, and run
 * its programs over the rows of a view.
 *
 *     family  options, report, networks, graphs: the table
 *     body    what options and the columns make: networks, weights, programs
 *     trainer what training needs beside the body
 *     pieces  a share of the loss that is added up by replays of its own
 *     shares  how the ranks of a collective call share rows and minibatches
 *
 * A family's public handle begins with a `model`, its body with a `model_body`.
 */
#ifndef MODEL_MODEL_H
#define MODEL_MODEL_H

#include "codec/codec.h"
#include "nn/nn.h"

#define MODEL_NETS 4
#define MODEL_PLAYERS 2   /* optimisers, each of a group of variables */
#define MODEL_PHASES 2    /* programs of an update */
#define MODEL_PROGRAMS 12 /* of const calls */
#define MODEL_ARRAYS 12
#define MODEL_RECIPE 16
#define MODEL_TEXT 1024 /* bytes of a network's text, as of an option */
#define MODEL_MOST_COLUMNS 65536 /* of a genmod_data */

typedef struct model model;
typedef struct model_body model_body;
typedef struct model_trainer model_trainer;
typedef struct model_family model_family;

/* ---- body.c -------------------------------------------------------------- */

/* What is known of a row before there are networks. */
typedef struct model_schema {
    size_t d; /* columns of the training rows; 0 where only "input" may say */
    /* [d] as genmod_data_set_schema(); kinds NULL: no schema. */
    const int32_t *kinds, *levels;
    int32_t marked; /* 1: of a body that has its family's mark, -1: of one that
                       has not; 0: it is being made, by options and data */
} model_schema;

/* Arrays of every body, and the schema's. */
#define MODEL_CENTER "columns.center"
#define MODEL_SCALE "columns.scale"
#define MODEL_KINDS "columns.kind"
#define MODEL_LEVELS "columns.levels"

/* What a file's doubles must be. */
enum { MODEL_ANY, MODEL_NOT_NEGATIVE, MODEL_POSITIVE };

/* Numbers that a body has beside its weights, a tensor of its file each. */
typedef struct model_array {
    const char *name; /* static */
    int32_t type;     /* GENMOD_F32, GENMOD_F64, CODEC_I32 */
    int32_t bound;    /* of doubles: MODEL_ANY, … */
    size_t n;
    void *data; /* once the body is sealed; zeros at first */
} model_array;

struct model_body {
    const model_family *family;
    model_schema schema; /* of a family that has them; the body's own once it is
                            sealed */
    nn_columns columns;  /* of the rows: its size is set by `declare` */
    nn_columns codes;    /* of the codes, unscaled: so is its size */
    size_t d, z;         /* elements of both */
    /* Training rows may have targets behind the columns, which const calls are
     * not given: `declare` sets how many; there is no schema then. rows:
     * columns and targets. */
    size_t targets;
    nn_columns target, rows;
    double mean_weight; /* of the training rows */
    size_t parts; /* of a minibatch, while training's programs are compiled */
    ad_store *store;
    /* Networks in the order of their declaration, and the prefix of their
     * variables. */
    size_t nets;
    nn_net *net[MODEL_NETS];
    size_t arrays;
    model_array array[MODEL_ARRAYS];
    ad_program *program[MODEL_PROGRAMS];
    size_t arena;  /* bytes for any of them, on one thread; whole cache lines */
    void *numbers; /* the arrays' memory */
};

/* For `declare`. The shape of a row from option "input", or from its columns
 * but for the targets; sets d. */
int32_t model_body_input(const genmod_config *c, const model_schema *s,
                         model_body *b, genmod_workspace *w);
/* The network becomes the body's, and its variables the store's. */
int32_t model_body_net(model_body *b, nn_net *net, const char *prefix,
                       const nn_net *tied, genmod_workspace *w);
/* The same for one of several players: number 0 is that of model_body_net(). */
int32_t model_body_player_net(model_body *b, nn_net *net, const char *prefix,
                              size_t player, genmod_workspace *w);
/* The same for a network whose weights training leaves as they are. */
int32_t model_body_fixed_net(model_body *b, nn_net *net, const char *prefix,
                             genmod_workspace *w);
void model_body_array(model_body *b, const char *name, int32_t type,
                      int32_t bound, size_t n);
/* 1: a variable's name begins with `head` and ends with `tail`. */
int model_is_named(const char *name, const char *head, const char *tail);
/* The data of an array; NULL: the body has none of that name. */
void *model_body_find(const model_body *b, const char *name);

/* Networks parsed and declared; nothing that grows with the weights is
 * allocated. */
int32_t model_body_new(const model_family *f, const genmod_config *c,
                       const model_schema *s, model_body **out,
                       genmod_workspace *w);
void model_body_free(model_body *b);
/* Room for weights and arrays. */
int32_t model_body_seal(model_body *b, genmod_workspace *w);
/* Columns of the training rows; parts of n of them, read as `rows`. */
const nn_columns *model_body_rows(const model_body *b);
void model_body_split(const model_body *b, size_t n, const float *rows,
                      float *x, float *targets);
/* Trained numbers. */
size_t model_body_parameters(const model_body *b);
/* All values but the programs; of one configuration. */
void model_body_copy(model_body *to, const model_body *from);
/* The programs of const calls, for as many rows as fit a second-level cache, at
 * least one. */
int32_t model_body_compile(model_body *b, genmod_workspace *w);

/* ---- draft.c: a graph under construction --------------------------------- */

typedef struct model_draft {
    const model_body *b;
    ad_graph *g;
    nn_pass pass[MODEL_NETS]; /* how each network is applied */
    size_t n;                 /* targets */
    ad_target *target;
    int32_t status; /* beside the graph's */
    genmod_workspace *w;
} model_draft;

/* flags: NN_TRAIN, NN_UPDATE, or 0. */
int32_t model_draft_open(model_draft *f, const model_body *b, size_t rows,
                         int flags, genmod_workspace *w);
/* The next output of the program. */
void model_draft_output(model_draft *f, ad_node y);
/* A successor beside those of the networks. */
void model_draft_next(model_draft *f, int32_t variable, ad_node y);
/* The gradients of all variables that training moves: those of player 0. */
void model_draft_gradients(model_draft *f, ad_node loss);
void model_draft_gradients_of(model_draft *f, size_t player, ad_node loss);
/* The same for those whose names begin with `prefix` alone. */
void model_draft_gradients_in(model_draft *f, ad_node loss, const char *prefix);
/* The same, but of variables whose names begin with `prefix` that of <seed, y>:
 * what they have by way of y alone. */
void model_draft_gradients_through(model_draft *f, ad_node loss,
                                   const char *prefix, ad_node y, ad_node seed);
/* Compiles what was built, unless something failed; frees the graph. */
int32_t model_draft_close(model_draft *f, ad_program **out);

/* An input [m, …] of a size. */
ad_node model_draft_rows(const model_draft *f, const char *name,
                         const nn_size *size);
/* A row of a size, the same for all. */
ad_node model_draft_row(const model_draft *f, const char *name,
                        const nn_size *size);
/* Row weights, in units of their mean. */
ad_node model_draft_weights(const model_draft *f);
/* x in the shape of a size, whatever shape it has. */
ad_node model_draft_shaped(const model_draft *f, ad_node x,
                           const nn_size *size);

/* ---- ranks.c: over ranks --------------------------------------------------
 */

/* Parts of a minibatch. Where nothing is shared there is one, of all rows. */
typedef struct model_shares {
    size_t parts, local, first; /* in all; this rank's, and its first one */
    size_t ranks;
    int exact;                /* 1: the deterministic mode */
    int shared;               /* 0: one rank, in the fast mode */
    uint64_t n, held;         /* rows of a part that training uses */
    size_t total, held_total; /* rows of all ranks */
} model_shares;

/* Without rows. */
model_shares model_shares_of(const genmod_workspace *w);
/* Opens a collective call, of arguments that are in order unless status says
 * otherwise. cold: it begins anew. */
int32_t model_agree(const model *m, const genmod_data *x,
                    const genmod_data *held_out, int cold, int32_t status,
                    genmod_workspace *w);
/* Training starts from the same numbers everywhere. */
int32_t model_agree_weights(const model_body *b, genmod_workspace *w);
/* A digest of weights, states and columns. */
uint64_t model_digest(const model_body *b);
int32_t model_share(const model *m, const genmod_data *x,
                    const genmod_data *held_out, model_shares *out,
                    genmod_workspace *w);
/* Where this rank's part number `part` begins in its rows, of `total`. */
size_t model_first_row(const model_shares *s, const genmod_data *x,
                       size_t total, size_t part, const genmod_workspace *w);

/* ---- the family -----------------------------------------------------------
 */

/* Rows as a program reads them. */
typedef struct model_rows {
    const nn_columns *columns; /* the body's, or the codes' */
    size_t n;
    const int64_t *number; /* [n]; NULL: first, first + 1, … */
    size_t first;
    const float *x;          /* [n, …], scaled, in the order of the tensors */
    const float *mask;       /* the same; NULL: no cell is missing */
    const int32_t *labels;   /* [n]; -1: unknown. NULL: nobody asks for them */
    const genmod_data *from; /* in a survey: whose rows they are; else NULL */
} model_rows;
uint64_t model_row_number(const model_rows *r, size_t i);
/* Labels as floats, for an input of a program; `to` may be NULL. */
void model_put_labels(const model_rows *r, float *to);
/* The door's column of element i of a row in the tensors' order. */
size_t model_column_of(const nn_size *s, size_t i);

/* A part of an update: a program, and the players that its gradients move. */
typedef struct model_phase {
    uint32_t players; /* bit i: player i */
    uint64_t every;   /* updates, of which the last has this phase; the first
                         phase is in all of them: 1 */
} model_phase;

struct model_family {
    codec_record record;
    size_t body;     /* bytes of a body */
    size_t programs; /* of const calls */
    int schema;      /* 1: the data's schema becomes the body's */
    /* A variable that a body has or not, where its options alone do not say. Of
     * a family with a schema; NULL: there is none. */
    const char *mark;
    const char *creator; /* "ae_config_new()" */
    /* What bounds of single options cannot say. */
    int32_t (*check_options)(const genmod_config *c, genmod_workspace *w);
    /* Networks and arrays, by the functions above; sets d, z, and sizes. */
    int32_t (*declare)(const genmod_config *c, const model_schema *s,
                       model_body *b, genmod_workspace *w);
    /* Frees what `declare` allocated. NULL: nothing. */
    void (*dispose)(model_body *b);
    /* 1: columns to mean 0 and deviation 1. */
    int (*standardises)(const model_body *b);
    /* Has the last word on centres and scales. NULL: none. */
    void (*settle)(model_body *b);
    /* 1: training starts with a look at all rows. NULL: never. */
    int (*surveys)(const model_body *b);
    /* 1: training reads the rows' labels, for `look` and for inputs "label" [m]
     * of its programs. NULL: never. */
    int (*labelled)(const model_body *b);
    /* Refuses cells that training cannot do with; of a survey of the training
     * rows (learn 1) also keeps what it finds. NULL: none are. */
    int32_t (*look)(model_body *b, const model_rows *r, int learn,
                    genmod_workspace *w);
    /* Over ranks: array number i of what such a survey adds up, to *n doubles
     * (NULL past the last), then what else it keeps. NULL: nothing. */
    double *(*sums)(model_body *b, size_t i, size_t *n);
    int32_t (*join)(model_body *b, genmod_workspace *w);
    /* First values of variables that are not the networks'. NULL: there are
     * none, or zeros do. */
    int32_t (*initialise)(model_body *b, const genmod_config *c, uint64_t seed,
                          genmod_workspace *w);
    /* A const program; *out stays NULL for one that the body has no use for. */
    int32_t (*compile)(const model_body *b, size_t program, size_t rows,
                       ad_program **out, genmod_workspace *w);
    /* Training options that a program holds: other ones, another program. NULL:
     * there are none. */
    void (*recipe)(const genmod_config *c, double out[MODEL_RECIPE]);
    /* How many players there are, 0 counts as 1, and the phases of an update,
     * at least one. NULL: one phase, that moves player 0. */
    size_t players;
    size_t (*phases)(const double *recipe, model_phase out[MODEL_PHASES]);
    /* Programs of a minibatch: "x" [m, …], "weight" [m], and "target" [m,
     * targets] where there are some -> the mean loss, and more outputs if the
     * family wants them; an update's, one a phase, also leave gradients and
     * successors. Of what it does not read it is given nothing. */
    int32_t (*compile_update)(const model_body *b, const double *recipe,
                              size_t phase, size_t rows, ad_program **out,
                              genmod_workspace *w);
    int32_t (*compile_evaluate)(const model_body *b, const double *recipe,
                                size_t rows, ad_program **out,
                                genmod_workspace *w);
    /* How many pieces a share of the first phase's loss has, that is added up
     * by a program of its own: pieces.c. NULL: none, like 0. Its inputs are
     * those of an update and "piece" [1], a number from 0; it leaves that
     * piece, and its gradients in the variables named `pieces_of` and so on.
     * The sum is the update's input MODEL_REST [1]. */
    size_t (*pieces)(const model_body *b, const double *recipe);
    const char *pieces_of;
    int32_t (*compile_piece)(const model_body *b, const double *recipe,
                             size_t n, ad_program **out, genmod_workspace *w);
    int draws_apart; /* 1: its draws differ from one minibatch to the next */
    /* Changes the options of training, of a player and n rows, of which or
     * beside which so many are held out. NULL: nothing. */
    void (*tune)(const genmod_config *c, size_t player, uint64_t n,
                 uint64_t held_out, nn_training *o);
    /* Inputs of a training program beside "x" and "weight". NULL: none. */
    void (*fill)(const model_trainer *t, const ad_program *p, uint64_t step);
    /* What the family counts in training, beside the loop: finite numbers; a
     * checkpoint holds them. NULL: nothing. */
    size_t (*tallies)(const model_body *b);
    /* After a replay that was taken, with its outputs in the arena: of a
     * phase, or of `evaluate`. NULL: nothing. */
    void (*note)(model_trainer *t, const ad_program *p, size_t m);
    /* Values of a series that is no history; 0: it is one. NULL: all are. */
    size_t (*length)(const model_body *b, const char *key);
    /* The family's own entries of the report, after the others. NULL: none. */
    void (*publish)(model_trainer *t, const nn_status *s);
};

/* ---- trainer.c ------------------------------------------------------------
 */

#include "model/pieces.h"

struct model_trainer {
    nn_training options;         /* as of the last call; player 0's */
    double recipe[MODEL_RECIPE]; /* that the programs were compiled with */
    size_t players, phases;
    model_phase phase[MODEL_PHASES];
    nn_optimiser *optimiser[MODEL_PLAYERS];
    double norm[MODEL_PLAYERS]; /* of the last update's gradient */
    /* For `note`: how far the update under way moved a player's weights, over
     * their length; 0: it was not measured. */
    double moved[MODEL_PLAYERS];
    nn_loop *loop;
    /* NULL: not yet, after a checkpoint */
    ad_program *update[MODEL_PHASES], *evaluate;
    model_pieces pieces;
    /* What an update of several players changes, for a second phase that fails
     * and to see how far they moved; NULL: there is one player. */
    void *undo;
    int measures; /* 1: this update is looked at so */
    double *kept_tally;
    double steps, epochs; /* before this trainer, since the start */
    void *arena;          /* of the part that is looked at */
    size_t bytes;         /* of an arena */
    void *arenas;         /* [local] */
    model_shares shares;
    size_t program_parts; /* that the programs are for */
    /* Over ranks: what is exchanged within a replay, and its outputs; gradients
     * of the parts, in the deterministic mode. */
    void *room, *joined;
    size_t room_bytes, joined_bytes;
    float *gradients; /* [local, trained] */
    size_t gradients_n;
    size_t tallies;
    double *tally; /* [tallies] */
    /* In a call: */
    const genmod_config *config;
    model_body *body;
    genmod_report *report;
    size_t history; /* values that a history has room for */
    const genmod_data *x, *held_out;
    double held_weight; /* mean weight of the held-out rows */
    void *stage;
    ad_replay *replay; /* [local] */
    int64_t *picked; /* [batch]: rows of a part, by their number in the view */
    float *rows;     /* [batch, d + targets]; NULL: there are no targets */
    float *spare;    /* [batch, d] for programs that read a row's label alone */
    int32_t *labels; /* [m] of the rows in the arena; NULL: not asked for */
};

int32_t model_trainer_new(const genmod_config *c, model_body *b,
                          const genmod_report *report, const model_shares *s,
                          model_trainer **out, genmod_workspace *w);
void model_trainer_free(model_trainer *t);
/* Everything that a call needs before its first update, for those views. After
 * a failure all is as it was. */
int32_t model_trainer_open(model_trainer *t, const genmod_config *c,
                           model_body *b, const genmod_data *x,
                           const genmod_data *held_out, const model_shares *s,
                           genmod_workspace *w);
/* The options that training on such rows has: of a part. */
void model_training_options(const model_family *f, const genmod_config *c,
                            size_t player, const model_shares *s,
                            nn_training *out);
/* Bytes of the states in the trainer's `undo`. */
size_t model_state_bytes(const ad_store *s);

/* ---- update.c ------------------------------------------------------------ */

/* Appends to a series of the report, while there is room. */
void model_trainer_append(model_trainer *t, const char *key, double v);
/* Where an input of a training program goes; NULL: it does not read it. */
void *model_trainer_input(const model_trainer *t, const ad_program *p,
                          const char *name);
/* For `note`: output i, of all parts of a minibatch. */
const void *model_trainer_output(const model_trainer *t, const ad_program *p,
                                 size_t i);
extern const nn_hooks model_hooks; /* but for `self`, the trainer */

/* ---- survey.c: a look at all rows -----------------------------------------
 */

int model_is_labelled(const model_body *b);
/* An image has one centre and one deviation a channel: a pixel that is hardly
 * ever lit would count for hundreds of others by its own. */
void model_settle_channels(const nn_columns *c);
int32_t model_survey(model_body *b, const genmod_data *x, int learn,
                     double *mean_weight, genmod_workspace *w);

/* ---- panels.c: const calls ------------------------------------------------
 */

/* Rows that are fed to an input of a program beside those of the view. */
typedef struct model_feed {
    const char *name;
    const float *rows; /* [n, width] */
    size_t width;
} model_feed;

#define MODEL_FEEDS 4

/* Some rows of a call after a replay, in a pool task. */
typedef struct model_panel {
    size_t m;       /* rows */
    uint64_t first; /* the number of the first in the call */
    size_t draw;
    const float *x, *mask; /* [m, …] as they were read; of a call that keeps
                              them; mask NULL where none is missing */
    const float *labels;   /* [m]; NULL: they are not read */
    const ad_program *program;
    const void *arena;
} model_panel;
const float *model_panel_output(const model_panel *p, size_t i);

/* Replays of a program over rows, panel by panel, some at once; a row's bits do
 * not depend on its panel. Panels may be replayed more than once, with other
 * draws: their seed and number, and the rows' numbers, are those of the graph's
 * draws. `give` adds what a replay leaves to the m rows of the result at `to`.
 * The results gather in scratch, cleared at first, and go out when the last row
 * is done, so that a call that fails leaves out alone. */
typedef struct model_panels {
    model_body *body; /* is not changed */
    size_t program;
    const genmod_data *x;      /* NULL: the program reads no view */
    const nn_columns *columns; /* of x */
    int look;                  /* 1: the family looks at the cells */
    int labelled;              /* 1: x's labels are read, as in training */
    int keep;                  /* 1: `give` reads x */
    size_t n;                  /* rows */
    size_t multiple;           /* that rows of a panel are of; 0: 1 */
    size_t row;                /* bytes of a row of the result */
    int32_t type;              /* of its elements, for `give` */
    int32_t what;              /* for `give`, like `scale` */
    float scale;
    void *direct; /* [n, row] that the results go to at once; NULL: scratch */
    size_t feeds;
    model_feed feed[MODEL_FEEDS];
    uint64_t seed, first_row;
    size_t first_draw, draws; /* 0 draws count as 1 */
    int hiding; /* 1: of draw j the program sees cell j of no row */
    void (*give)(const struct model_panels *o, const model_panel *p, void *to);
} model_panels;
/* GENMOD_TOO_SMALL unless `bytes` has room for n rows. */
int32_t model_panels_fit(const model_panels *o, size_t bytes,
                         genmod_workspace *w);
/* *results: in scratch. */
int32_t model_panels_run(const model_panels *o, void **results,
                         genmod_workspace *w);
/* The same, and the results to out. */
int32_t model_panels_out(const model_panels *o, void *out, genmod_workspace *w);
/* GENMOD_BAD_ARGUMENT unless type is one of GENMOD_F32 and GENMOD_F64. */
int32_t model_check_type(int32_t type, genmod_workspace *w);
size_t model_type_bytes(int32_t type);
/* out is there, and n rows of `width` elements of a type fit. */
int32_t model_check_out(size_t n, size_t width, int32_t type, size_t bytes,
                        const void *out, genmod_workspace *w);
/* m can draw n rows of numbers first, first + 1, …. */
int32_t model_check_numbers(const model *m, uint64_t first, size_t n,
                            genmod_workspace *w);

/* ---- labels.c -------------------------------------------------------------
 */

/* GENMOD_BAD_ARGUMENT for the first label that is not from 0 to classes - 1. */
int32_t model_check_labels(const model_rows *r, int64_t classes,
                           genmod_workspace *w);
/* The same for an argument [n] of a call, which may be NULL, and must with
 * classes 0. */
int32_t model_check_given(size_t n, const int32_t *labels, int64_t classes,
                          genmod_workspace *w);
/* Classes in the shares that training rows had. */
typedef struct model_draws {
    int64_t classes;
    const double *shares; /* [classes] */
    uint64_t seed;
    uint32_t site;
} model_draws;
/* Labels of rows number first, …, as floats in scratch: those given, or drawn.
 * *out NULL: there are no classes. */
int32_t model_take_labels(const model_draws *d, uint64_t first, size_t n,
                          const int32_t *labels, float **out,
                          genmod_workspace *w);

/* ---- threshold.c -----------------------------------------------------------
 */

/* Element number k, from 0, of the values in ascending order. */
double model_ranked(size_t n, const double *values, size_t k);

/* ---- modes.c ---------------------------------------------------------------
 */

/* A mixture of at most `most` normals, [most] each, of a column's n > 0 finite
 * cells in ascending order; *found: how many. */
int32_t model_modes(size_t n, const double *sorted, size_t most, double *weight,
                    double *mean, double *deviation, size_t *found,
                    genmod_workspace *w);

/* ---- life.c, train.c, threshold.c, params.c, state.c: public calls
 * ---------------------
 */

struct model {
    const model_family *family;
    genmod_config *config;
    genmod_report *report;
    size_t d, z;            /* 0: not known yet */
    model_body *body;       /* NULL: not fitted */
    model_trainer *trainer; /* NULL: training starts with new moments */
    char kernels[96];       /* that computed the trainer's state */
    int32_t training;       /* 1: inside a call that trains */
};

int32_t model_check_fitted(const model *m, genmod_workspace *w);
int32_t model_check_idle(const model *m, genmod_workspace *w);
/* GENMOD_BAD_ARGUMENT where x has another schema than the body's. */
int32_t model_check_schema(const model_body *b, const genmod_data *x,
                           const char *name, genmod_workspace *w);
/* x, called `name`, is there, has rows, and d columns of what. */
int32_t model_check_rows(const genmod_data *x, const char *name, size_t d,
                         const char *what, genmod_workspace *w);

/* The calls below are a family's public ones, with their workspace entered and
 * left inside. `bytes` is that of the handle, which begins with a model. */
int32_t model_config_new(const model_family *f, genmod_config **out,
                         genmod_workspace *w);
int32_t model_new(const model_family *f, size_t bytes, const genmod_config *c,
                  model **out, genmod_workspace *w);
/* The same inside a call. */
int32_t model_make(const model_family *f, size_t bytes, const genmod_config *c,
                   model **out, genmod_workspace *w);
int32_t model_configure(model *m, const genmod_config *c, genmod_workspace *w);
int32_t model_get_config(const model *m, genmod_config *c, genmod_workspace *w);
int32_t model_copy(const model *from, model *to, genmod_workspace *w);
void model_free(model *m);

int32_t model_start(model *m, const genmod_data *x, genmod_workspace *w);
/* What a start that is not all random does to a fresh body and its report,
 * before either is the model's. */
typedef int32_t model_prime(model_body *b, genmod_report *r, void *arg,
                            genmod_workspace *w);
/* Inside a call: model_start() with a prime; the model is being trained while
 * it runs. */
int32_t model_begin(model *m, const genmod_data *x, model_prime *prime,
                    void *arg, genmod_workspace *w);
int32_t model_step(model *m, const genmod_data *x, genmod_workspace *w);
int32_t model_fit(model *m, const genmod_data *x, const genmod_data *held_out,
                  genmod_progress progress, void *user, genmod_workspace *w);
/* The same inside a call, of arguments that are in order. */
int32_t model_train(model *m, const genmod_data *x, const genmod_data *held_out,
                    genmod_progress progress, void *user, genmod_workspace *w);

/* The score that at most a share of the rows of x is above. `score` gives those
 * of all rows: a family's anomaly. */
int32_t model_threshold(const model *m, const genmod_data *x, double share,
                        double *out,
                        int32_t (*score)(const model *m, const genmod_data *x,
                                         size_t bytes, double *out,
                                         genmod_workspace *w),
                        genmod_workspace *w);

const char *model_params_key(const model *m, size_t i);
int32_t model_get_params(const model *m, const char *name, size_t cap,
                         double *out, size_t *need, genmod_workspace *w);
int32_t model_set_params(model *m, const char *name, size_t n,
                         const double *values, genmod_workspace *w);

int32_t model_save(const model *m, int checkpoint, size_t cap, void *out,
                   size_t *need, genmod_workspace *w);
int32_t model_load(model *m, size_t n, const void *bytes, genmod_workspace *w);

#include "model/export.h"
#include "model/path.h"

#endif
