/* The door of room `nn`: networks from text, and their training. It knows
 * layers, optimisers and minibatches, and no family.
 */
#ifndef NN_NN_H
#define NN_NN_H

#include "ad/ad.h"

/* ---- size.c: the shape of one row ---------------------------------------- */

/* "784": rank 1, n columns. "1x28x28": rank 3, an image of channels, height,
 * width. Rows at the door are [c, h, w]; tensors inside are [m, h, w, c]. */
typedef struct nn_size {
    int32_t rank; /* 1 or 3 */
    int64_t n;    /* of rank 1 */
    int64_t c, h, w;
} nn_size;

/* `what` names the argument in error texts. */
int32_t nn_size_parse(const char *what, const char *text, nn_size *out,
                      genmod_workspace *w);
size_t nn_size_format(const nn_size *s, char *out); /* at most 64 bytes */
int64_t nn_size_elements(const nn_size *s);
int nn_size_equal(const nn_size *a, const nn_size *b);
ad_shape nn_size_rows(const ad_graph *g, const nn_size *s);

/* ---- text.c, layers.c: networks ------------------------------------------ */

/* A network is layers parted by ';':
 *
 *     dense N     conv N kK [sS] [pP] [gG]     deconv N kK [sS] [pP] [oO] [gG]
 *     batchnorm [M]        layernorm   groupnorm G      dropout P
 *     relu  lrelu [A]  elu [A]  gelu  silu  tanh  sigmoid  softplus  softmax
 *     maxpool K [sS] [pP]  avgpool K [sS] [pP]  upsample F [nearest|bilinear]
 *     flatten   reshape CxHxW
 *     residual { … }       the layers' output plus their input, of one shape
 *
 * K, S, P may be given as AxB (height, width). `dense`, `conv`, `deconv` may be
 * preceded by `sn` (spectral norm) and followed by `nobias`, `glorot`, `he`,
 * `fanin`, `orthogonal`, `zero`. A deconv turns h into
 * (h - 1) S - 2 P + K + O. `dense` on an image flattens it. N, G > 0. M is the
 * running statistics' momentum, 0.1. A is 0.01 of lrelu and 1 of elu, S of a
 * pool is K, else 1. Between an image and columns nothing moves: within a
 * network columns are [h, w, c]. Averages leave padding out. Numbers go up to
 * 2^24, layers to 256, residuals in residuals to 8. */
typedef struct nn_net nn_net;

/* Parses, and infers every layer's shape. GENMOD_BAD_ARGUMENT with the position
 * (counted from 1) and what was expected: "encoder: position 14: unknown layer
 * 'dens' (nearest: dense)". */
int32_t nn_parse(const char *what, const char *text, const nn_size *input,
                 nn_net **out, genmod_workspace *w);
void nn_net_free(nn_net *net);
const nn_size *nn_net_input(const nn_net *net);
const nn_size *nn_net_output(const nn_net *net);
/* The canonical text, which parses to the same network. Two-call. */
int32_t nn_net_text(const nn_net *net, size_t cap, char *out, size_t *need,
                    genmod_workspace *w);
/* The text of the network that goes the other way: the layers in reverse, each
 * with the shape of what it undoes; activations between them stay where they
 * were between layers, and the last layer has none. Two-call.
 * GENMOD_UNSUPPORTED with the position for what has no mirror image. */
int32_t nn_net_mirror(const nn_net *net, size_t cap, char *out, size_t *need,
                      genmod_workspace *w);
/* 1 if the network has a layer of that word, at any depth. */
int nn_net_has(const nn_net *net, const char *word);
/* The word of the last layer that changes numbers, and not just their shape;
 * NULL: none does. */
const char *nn_net_last(const nn_net *net);

/* ---- section.c ----------------------------------------------------------- */

/* A weighted layer (or a residual with weights inside) with what follows it up
 * to the next; what stands before the first belongs to it. Layers are numbered
 * as in the variables' names. */
typedef struct nn_section {
    size_t first, weighted, end;
    nn_size input;
} nn_section;

size_t nn_net_sections(const nn_net *net);
void nn_net_section(const nn_net *net, size_t at, nn_section *out);
/* Its text, a network of its input. Two-call. */
int32_t nn_net_section_text(const nn_net *net, size_t at, size_t cap, char *out,
                            size_t *need, genmod_workspace *w);

/* ---- net.c, initialise.c: variables and nodes ---------------------------- */

/* compose.c: appends to a text of `cap` bytes, as far as whole pieces fit. */
void nn_put(char *out, size_t cap, const char *text);
void nn_put_number(char *out, size_t cap, const char *before, int64_t v,
                   const char *after);

/* Adds the variables ("<prefix>.<layer>.weight", …; layers count from 0, those
 * in a residual after it) to the store. tied, if not NULL, is the declared
 * network of which this is the mirror image: its weights serve transposed, with
 * biases of their own; GENMOD_BAD_ARGUMENT, naming the layer, where the two do
 * not match. */
int32_t nn_declare(nn_net *net, ad_store *s, const char *prefix, int32_t group,
                   const nn_net *tied, genmod_workspace *w);
/* Before that: every batchnorm gets a scale and a bias of each of so many
 * classes, which nn_pass has (de Vries et al. 2017). Returns the
 * number of these layers. */
size_t nn_net_condition(nn_net *net, int64_t classes);
/* First values, functions of (seed, variable's name): Glorot and Bengio 2010
 * before tanh, sigmoid, softmax and nothing; He et al. 2015 before relu and its
 * kin; weights and biases within 1 / sqrt(inputs), as PyTorch begins;
 * orthogonal (Saxe et al. 2014); zero for the last layer of a residual branch;
 * other biases 0; scales 1; spectral vectors of unit length. */
int32_t nn_initialise(const nn_net *net, ad_store *s, uint64_t seed,
                      genmod_workspace *w);

/* The same for a variable that no layer has: normal draws. */
void nn_initialise_normal(ad_store *s, int32_t index, uint64_t seed,
                          double deviation, genmod_workspace *w);

/* One application of networks within a graph. */
#define NN_TRAIN 1 /* batch statistics, dropout */
#define NN_UPDATE                                               \
    2 /* and successors of running statistics, spectral vectors \
       */

typedef struct nn_pass {
    ad_graph *g;
    const ad_store *s;
    int flags;
    ad_node label;   /* [m] classes of the rows, of a network that has them */
    int32_t copy;    /* 0 … 3: keeps the dropout of two applications apart */
    size_t n, room;  /* successors so far, and places */
    ad_target *next; /* [room], the caller's */
} nn_pass;

/* An upper bound of the successors that one application adds. */
size_t nn_net_states(const nn_net *net);
/* x [m, …] of the input's size -> the output. With NN_UPDATE, which includes
 * NN_TRAIN, a second application of a network that has states is refused:
 * AD_NONE, and the graph's status says so. */
ad_node nn_apply(const nn_net *net, nn_pass *pass, ad_node x);

/* ---- rows.c: from a view to a minibatch ---------------------------------- */

/* Columns as training wants them, [c, h, w] to [h, w, c]: real ones as (x -
 * center) / scale, positive ones as (ln x - center) / scale; counts, binary
 * ones and categories as they are. Constant columns alone have scale 1. */
typedef struct nn_columns {
    nn_size size;
    double *center, *scale; /* [d] in the order of the door */
    /* [d] each, as genmod_data_set_schema(), of whoever fills them in. kind
     * NULL: all real; levels may be NULL where none is categorical. */
    const int32_t *kind, *levels;
    int32_t missing; /* 1: NaN is a missing cell, if the view lets it be */
} nn_columns;

/* One pass over all rows: weighted mean and standard deviation of each column
 * (centered sums, in double) over the cells that are there: of x in real
 * columns, of ln x in positive ones, of ln(1 + x) in counts; 0 and 1 in binary
 * and categorical ones, in those without a cell, and with standardise 0.
 * *mean_weight: of the rows. c has all but the values in its two arrays.
 * GENMOD_NON_FINITE, or GENMOD_BAD_ARGUMENT for a cell that its column's kind
 * does not have, names row and column. */
int32_t nn_columns_learn(const genmod_data *x, int standardise, nn_columns *c,
                         double *mean_weight, genmod_workspace *w);
/* Rows of given ascending numbers, as floats [n, …] in the tensors' order. mask
 * [n, …], of the same order: 1 where there is a cell, 0 where it is missing and
 * reads as 0; NULL only without c->missing. weights [n], labels [n] (-1: none)
 * may be NULL. stage: nn_rows_stage() bytes, aligned. Allocates nothing.
 * GENMOD_NON_FINITE names the first cell that is no finite float, and
 * GENMOD_BAD_ARGUMENT the first that its column's kind does not have. */
size_t nn_rows_stage(const genmod_data *x, size_t n);
int32_t nn_rows_read(const genmod_data *x, const nn_columns *c, size_t n,
                     const int64_t *rows, void *stage, float *out, float *mask,
                     float *weights, int32_t *labels, genmod_workspace *w);
/* The same for rows first … first + n - 1. */
int32_t nn_rows_run(const genmod_data *x, const nn_columns *c, size_t first,
                    size_t n, void *stage, float *out, float *mask,
                    genmod_workspace *w);
/* n rows from the tensors' order back to the door's, as the cells that read as
 * them if `back`, as `type` (GENMOD_F32, F64), dense. */
void nn_rows_write(const nn_columns *c, int back, size_t n, const float *in,
                   int32_t type, void *out);

/* ---- batches.c ----------------------------------------------------------- */

/* Number `i` of epoch `epoch`'s order of n rows: a permutation that is a
 * function of (seed, epoch), computed in place without a table: a Feistel
 * network on Philox, walked until it falls inside (Black, Rogaway 2002). */
uint64_t nn_shuffle(uint64_t seed, uint64_t epoch, uint64_t n, uint64_t i);
/* Rows of minibatch `b` of an epoch, ascending: [*m] numbers, m = size but for
 * the last. */
void nn_batch(uint64_t seed, uint64_t epoch, uint64_t n, size_t size,
              uint64_t b, size_t *m, int64_t *rows);

/* A training view of n rows of which the first `kept` of one more permutation
 * are trained on, and the rest is held out; kept = n: all are. */
typedef struct nn_split {
    uint64_t seed, n, kept;
} nn_split;

/* share: in [0, 1); at least one row is kept, and one held out if it can be. */
nn_split nn_split_of(uint64_t seed, uint64_t n, double share);
/* Rows number first … first + m - 1 of an epoch's order of the kept ones,
 * ascending. */
void nn_split_kept(const nn_split *s, uint64_t epoch, uint64_t first, size_t m,
                   int64_t *rows);
/* Rows number first … first + m - 1 of the held-out ones, ascending. */
void nn_split_held(const nn_split *s, uint64_t first, size_t m, int64_t *rows);

/* ---- training.c: options ------------------------------------------------- */

/* Rows for the option table of a trained family, and what they read as. */
#include "nn/options.h"

typedef struct nn_training {
    size_t batch, epochs;
    size_t multiple; /* that rows of a minibatch are of; 0: 1. An epoch leaves
                        out what is left over. */
    /* Parts of a minibatch that this loop picks rows for, each from as many of
     * its own; 0: 1. Rows, batch and held-out rows are then those of a part. */
    size_t parts;
    uint64_t part; /* the number of the first, among those of all ranks */
    int shared;    /* 1: with other ranks, that hear what progress answers */
    uint64_t seed;
    double validation;       /* share of the rows that are held out; 0: none */
    uint64_t validate_every; /* epochs; 0: 1 */
    int blind; /* 1: a held-out loss decides nothing. A family's that has no
                  "patience". */
    size_t patience; /* epochs without a better validation loss; 0: no end */
    uint64_t patience_from; /* epochs before which it does not count */
    double min_delta;
    double divergence; /* times the first epoch's median that end training */
    int32_t optimiser; /* NN_SGD … */
    double rate, momentum, beta1, beta2, epsilon, l2, decay;
    double beta2_end; /* once the schedule is over; 0: beta2 */
    int nesterov;
    double clip;    /* most global norm of the gradient; 0: none */
    double bound;   /* most size of a weight after an update; 0: none */
    double average; /* decay of the averaged weights; 0: none */
    /* 1: update t's decay is (t - 1) / (t + 8) at most, and running statistics
     * are averaged like the weights. */
    int average_ramp;
    int32_t schedule;                               /* NN_CONSTANT … */
    double schedule_steps, schedule_factor, warmup; /* in updates */
} nn_training;

#define NN_SGD 0
#define NN_ADAM 1
#define NN_ADAMW 2
#define NN_RMSPROP 3

#define NN_CONSTANT 0
#define NN_STEPPED 1 /* times factor every `schedule_steps` updates */
#define NN_COSINE 2  /* from 1 down to factor over `schedule_steps` updates */

void nn_training_read(const genmod_config *c, nn_training *t);
/* The rate of update number t = 0, 1, …: linear warm-up, then the schedule. */
double nn_rate(const nn_training *o, uint64_t t);
/* Of the way from `from` to `to`, both above 0, the share, by equal factors. */
double nn_between(double from, double to, double share);
/* The second moment's decay of update number t: 1 less it goes from 1 - beta2
 * to 1 - beta2_end by equal factors, over `schedule_steps` updates. */
double nn_beta2(const nn_training *o, uint64_t t);
/* a^n by squaring: within n roundings, as the rounding of a does too. */
double nn_power(double a, uint64_t n);

/* ---- optimiser.c --------------------------------------------------------- */

/* Moments, averaged weights and counter of one group of a store. */
typedef struct nn_optimiser nn_optimiser;

int32_t nn_optimiser_new(const nn_training *o, const ad_store *s, int32_t group,
                         nn_optimiser **out, genmod_workspace *w);
void nn_optimiser_free(nn_optimiser *p);
/* Takes training options that may change between updates. The kind, and whether
 * there is an average, stay as they were made. */
void nn_optimiser_tune(nn_optimiser *p, const nn_training *o);
/* The gradient's norm, over the pool. GENMOD_BREAKDOWN, naming the variable and
 * element, where it is not finite, or so large that its squares are not in the
 * store's type: nothing was changed. */
int32_t nn_optimiser_norm(const nn_optimiser *p, const ad_store *s,
                          double *norm, genmod_workspace *w);
/* One fused pass over values, gradients and moments; `norm` is for clipping. */
void nn_optimiser_update(nn_optimiser *p, ad_store *s, double norm,
                         genmod_workspace *w);
/* Averages the running statistics of its group that an update has left. */
void nn_optimiser_follow(nn_optimiser *p, const ad_store *s);
/* All that an update changes, to memory of so many bytes and back. */
size_t nn_optimiser_bytes(const nn_optimiser *p);
void nn_optimiser_keep(const nn_optimiser *p, const ad_store *s, void *to);
void nn_optimiser_return(nn_optimiser *p, ad_store *s, const void *from);
/* How far the weights are from where they were kept, over their length. */
double nn_optimiser_moved(const nn_optimiser *p, const ad_store *s,
                          const void *from);
int32_t nn_optimiser_group(const nn_optimiser *p);
uint64_t nn_optimiser_count(const nn_optimiser *p);
/* The rate of the last update; NaN before the first. */
double nn_optimiser_rate(const nn_optimiser *p);
/* The averaged weights of the group's flat range, and behind them running
 * statistics that are averaged; of the store's type; NULL without averaging:
 * after update t the mean of the weights after updates i = 1 … t, weighted by
 * average^(t - i). */
void *nn_optimiser_average(const nn_optimiser *p);
/* Its elements; 0 without averaging. What it starts from, before the first
 * update. */
size_t nn_optimiser_averaged(const nn_optimiser *p);
void nn_optimiser_put_first(const nn_optimiser *p, const ad_store *s, void *to);
/* Exchanges the group's weights and their averages; does nothing without
 * averaging and before the first update. */
void nn_optimiser_swap(nn_optimiser *p, ad_store *s, genmod_workspace *w);
/* What a checkpoint holds besides the average: the first (i = 0) and second (1)
 * moments, *n elements of the store's type, NULL where there are none; and the
 * counter. */
void *nn_optimiser_array(const nn_optimiser *p, size_t i, size_t *n);
void nn_optimiser_count_from(nn_optimiser *p, uint64_t count);

/* ---- loop.c -------------------------------------------------------------- */

/* Training of a store by one or two optimisers, with its bookkeeping: which
 * minibatch comes next, losses, the kept state, when to end. All it holds is in
 * its parts, so that a checkpoint goes on bit for bit.
 *
 * With averaging, the store holds the averaged weights whenever another one
 * than `update` looks: in `evaluate`, in progress, and after the call. So
 * evaluating, saving and using a model ask for nothing; nn_optimiser_average()
 * then holds the weights that training goes on from.
 *
 * The kept state is the one that training falls back to: that of the least
 * held-out loss or, without validation, of the last epoch's end; before either,
 * that before the first update. */
typedef struct nn_loop nn_loop;

typedef struct nn_hooks {
    void *self;
    /* One update on rows [parts, m] of number `step`: runs programs, checks,
     * commits; *loss is the mean over the rows. A failure leaves all as it was,
     * and the loop hands it on. */
    int32_t (*update)(void *self, uint64_t step, size_t m, const int64_t *rows,
                      double *loss, genmod_workspace *w);
    /* Mean loss of held-out rows [parts, m] without an update; `rows` are
     * numbers of the training view, or of the held-out one where there is one.
     * NULL: no validation. */
    int32_t (*evaluate)(void *self, size_t m, const int64_t *rows, double *loss,
                        genmod_workspace *w);
    /* After each update, before `progress`: writes the report. May be NULL. */
    void (*publish)(void *self);
} nn_hooks;

typedef struct nn_status {
    uint64_t step, epoch; /* updates done, epochs completed */
    double pass;  /* epochs completed, and the part of the one under way */
    uint64_t end; /* the epoch after which the training under way ends */
    double loss;  /* of the last update */
    double epoch_loss, validation_loss, best_loss; /* NaN: none yet */
    uint64_t best_epoch;
    double rate, gradient_norm;
    uint64_t looked; /* in `evaluate`: which held-out rows of a part */
    int epoch_ended; /* by the last update */
    int stopped;     /* early */
} nn_status;

/* n: rows of the training view; held_out: rows of a held-out view, 0 for a
 * share of the training rows (o->validation: the last ones of a permutation of
 * seed). The optimisers stay the caller's. For a checkpoint that is read before
 * there is a view n may be 1: nn_loop_loaded() finds the numbers. */
int32_t nn_loop_new(const nn_training *o, uint64_t n, uint64_t held_out,
                    ad_store *s, size_t optimisers,
                    nn_optimiser *const *optimiser, nn_loop **out,
                    genmod_workspace *w);
void nn_loop_free(nn_loop *l);
/* Before each call that trains: takes options, and the numbers of rows that the
 * call's views have. With other numbers or another share an epoch begins anew,
 * and no held-out loss is the least so far. The optimisers are tuned by hand.
 * After a failure (GENMOD_NO_MEMORY, …: a larger batch) all is as it was. */
int32_t nn_loop_tune(nn_loop *l, const nn_training *o, uint64_t n,
                     uint64_t held_out, genmod_workspace *w);
/* One update, and at the end of an epoch validation and what follows from it:
 * after o->epochs of them, or once patience has ended, and with validation, the
 * store takes the kept state. GENMOD_BREAKDOWN for a loss that is not finite or
 * diverged: the store is then at the kept state. Diverged is a loss above
 * o->divergence times the median size of the first epoch's losses (of 1024 of
 * them at most, and once there are 16). Allocates nothing. */
int32_t nn_loop_step(nn_loop *l, const nn_hooks *h, genmod_workspace *w);
/* Steps until o->epochs more are complete (those of a training that an error or
 * a checkpoint interrupted are completed first, and alone), early stopping,
 * progress > 0; cancel and progress are polled before each and after the last.
 * `report` is handed to progress, which may be NULL. */
int32_t nn_loop_run(nn_loop *l, const nn_hooks *h, const genmod_report *report,
                    genmod_progress progress, void *user, genmod_workspace *w);
void nn_loop_status(const nn_loop *l, nn_status *out);
void nn_loop_note_norm(nn_loop *l, double norm); /* by `update` */

/* Everything but the store that a checkpoint needs: part i's name, type, length
 * and place; 0 at or past their number. Loading writes into the places, then
 * nn_loop_loaded() checks that they make sense (GENMOD_BAD_BYTES). */
typedef struct nn_part {
    const char *name; /* "optimiser0.m", "weights0", "kept", "loop" */
    int32_t type;     /* GENMOD_F32, GENMOD_F64 */
    size_t n;
    void *data;
} nn_part;
int nn_loop_part(const nn_loop *l, size_t i, nn_part *out);
/* 1: variable i is a state of variances, as its name says: none is below 0. */
int nn_is_variance(const ad_store *s, size_t i);
int32_t nn_loop_loaded(nn_loop *l, genmod_workspace *w);

#endif
