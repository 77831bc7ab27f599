/* The door of room `ad`: reverse-mode differentiation of any order over a
 * static graph, planned once, then replayed. It knows operators, not layers.
 *
 *     graph   nodes, appended by the functions below and by ad_grad(); lives
 *             while a model is built
 *     store   the model's variables in flat buffers
 *     program a graph's outputs, fused and planned; const once compiled
 *
 * Building never has to be checked step by step: a function that fails (no
 * memory; a shape that is wrong, which is a mistake of the room above) returns
 * AD_NONE, functions given AD_NONE return it, and ad_graph_status() tells.
 *
 * Shapes. Rank 0 to AD_RANK, row-major. Axis 0 may count rows: its length is
 * then m mul / div for the m rows of a replay, up to the planned number; all
 * other axes are static. An operator that would mix rows in another way than by
 * summing, or taking the extreme, over all of axis 0 is refused: what belongs
 * to one row stays in one row ([m, 2, d] to [2 m, d] by ad_reshape() joins two
 * batches, row by row).
 *
 * Numbers are of one type in a program, that of its store; indices and labels
 * are such numbers too. Images are [n, h, w, c].
 */
#ifndef AD_AD_H
#define AD_AD_H

#include "kern/kern.h"

#define AD_RANK 6
#define AD_NONE (-1)

typedef int32_t ad_node;
typedef struct ad_graph ad_graph;
typedef struct ad_store ad_store;
typedef struct ad_program ad_program;

typedef struct ad_shape {
    int32_t rank;
    int32_t mul, div;     /* div > 0: dim[0] is rows mul / div; 0: static */
    int64_t dim[AD_RANK]; /* dim[0] at the planned rows; 0 past rank */
} ad_shape;

/* ---- shape.c ------------------------------------------------------------- */

/* A static shape; the first `rank` of the sizes. */
ad_shape ad_shape_of(int32_t rank, const int64_t *dim);
ad_shape ad_scalar(void);
ad_shape ad_vector(int64_t n);
ad_shape ad_matrix(int64_t m, int64_t n);
/* The same with axis 0 counting rows: m mul / div of the graph's m. */
ad_shape ad_rows(const ad_graph *g, int32_t mul, int32_t div, int32_t rank,
                 const int64_t *rest);  /* rest: the rank - 1 sizes behind */
int64_t ad_elements(const ad_shape *s); /* at the planned number of rows */
int64_t ad_elements_at(const ad_shape *s, size_t rows);
int ad_shape_equal(const ad_shape *a, const ad_shape *b);

/* ---- store.c: variables -------------------------------------------------- */

#define AD_TRAINED 0 /* has a gradient; an optimiser moves it */
#define AD_STATE 1   /* has a successor, by programs: running means, … */

int32_t ad_store_new(int32_t type, ad_store **out, genmod_workspace *w);
void ad_store_free(ad_store *s);
/* Appends a variable; *index is its number. `name` is copied (such as
 * "encoder.0.weight", at most 127 characters); trained variables of one group
 * (0 … 31) lie together. GENMOD_NO_MEMORY, GENMOD_LIMIT. */
int32_t ad_store_add(ad_store *s, const char *name, int32_t kind, int32_t group,
                     ad_shape shape, int32_t *index, genmod_workspace *w);
/* Lays out and clears the buffers; nothing is added after. With `train` 0 there
 * are values alone; may be called again with 1. */
int32_t ad_store_seal(ad_store *s, int train, genmod_workspace *w);
int32_t ad_store_type(const ad_store *s);
size_t ad_store_count(const ad_store *s);
const char *ad_store_name(const ad_store *s, size_t i);
const ad_shape *ad_store_shape(const ad_store *s, size_t i);
int32_t ad_store_kind(const ad_store *s, size_t i);
int32_t ad_store_group(const ad_store *s, size_t i);
/* A variable's place. grad: of a trained one; next: of a state. */
void *ad_store_value(const ad_store *s, size_t i);
void *ad_store_grad(const ad_store *s, size_t i);
void *ad_store_next(const ad_store *s, size_t i);
/* The flat range of a group's trained variables, in elements of values and
 * gradients alike (states lie behind all groups). Padding between variables is
 * 0 in values and gradients, and stays so. */
void ad_store_range(const ad_store *s, int32_t group, size_t *first, size_t *n);
void *ad_store_values(const ad_store *s);    /* all, trained first */
void *ad_store_gradients(const ad_store *s); /* of the trained */
size_t ad_store_trained(const ad_store *s);  /* elements, padding included */
size_t ad_store_total(const ad_store *s);    /* values: trained and states */
/* Makes the successors of all states current; the successor of a state that no
 * program wrote since is its value. */
void ad_store_commit(ad_store *s);
/* Makes the values of all states their successors: after a step that is not
 * taken, and after values came from elsewhere. Both of a store with `train`. */
void ad_store_revert(ad_store *s);

/* ---- graph.c ------------------------------------------------------------- */

/* A graph for replays of up to `rows` rows, built with memory of w, which it
 * holds until it is freed. */
int32_t ad_graph_new(size_t rows, ad_graph **out, genmod_workspace *w);
void ad_graph_free(ad_graph *g);
/* 0, or why a node could not be made (the text is set). */
int32_t ad_graph_status(const ad_graph *g);
/* For rooms above, too: AD_NONE, and the status becomes GENMOD_BAD_ARGUMENT
 * with the text `why`, unless something went wrong before. */
ad_node ad_refuse(ad_graph *g, const char *why);
size_t ad_graph_rows(const ad_graph *g);
/* The graph is of one of several parts of a batch, with as many rows each, that
 * are replayed together by ad_program_share(): the shards of all ranks. Before
 * the first node; 1 unless told. Then ad_all_sum() adds over the parts, and so
 * do moments over rows; what else takes rows together takes a part's. What is
 * differentiated is the sum of the parts' losses: a gradient of what all parts
 * share (a variable) is the sum of what the parts leave. */
void ad_graph_share(ad_graph *g, size_t parts);
size_t ad_graph_parts(const ad_graph *g);
size_t ad_graph_size(const ad_graph *g); /* nodes */
/* Until the next node is made. Of AD_NONE sizes of 1, that it can be read. */
const ad_shape *ad_shape_at(const ad_graph *g, ad_node x);

/* Leaves. The same arguments give the same node. A name is not copied. */
ad_node ad_input(ad_graph *g, const char *name, ad_shape shape);
ad_node ad_variable(ad_graph *g, const ad_store *s, int32_t index);
ad_node ad_constant(ad_graph *g, double v, ad_shape shape);
ad_node ad_zeros(ad_graph *g, ad_node like);
/* The length of axis 0 of x at run time, a scalar; its gradient is 0. */
ad_node ad_count(ad_graph *g, ad_node x);
/* 0, 1, … along `axis` of the shape (not a row axis). */
ad_node ad_iota(ad_graph *g, ad_shape shape, int32_t axis);
/* Draws, functions of (seed, step, site, global row, element); site: a static
 * name such as "G/z"; the same name and shape is the same draw. With mul > 1 a
 * row's draws continue along its copies. Uniform in (0, 1). */
ad_node ad_uniform(ad_graph *g, const char *site, ad_shape shape);
ad_node ad_normal(ad_graph *g, const char *site, ad_shape shape);
ad_node ad_bernoulli(ad_graph *g, const char *site, double p, ad_shape shape);
ad_node ad_gumbel(ad_graph *g, const char *site, ad_shape shape);

/* ---- elementwise.c ------------------------------------------------------- */

/* Operands are broadcast as numpy does: ranks aligned at the last axis, sizes 1
 * stretched; a static size 1 stretches to rows. */
ad_node ad_add(ad_graph *g, ad_node a, ad_node b);
ad_node ad_sub(ad_graph *g, ad_node a, ad_node b);
ad_node ad_mul(ad_graph *g, ad_node a, ad_node b);
ad_node ad_div(ad_graph *g, ad_node a, ad_node b); /* a recip(b) */
/* Of equals a has the gradient. */
ad_node ad_max(ad_graph *g, ad_node a, ad_node b);
ad_node ad_min(ad_graph *g, ad_node a, ad_node b);
ad_node ad_greater(ad_graph *g, ad_node a, ad_node b); /* 1 or 0; gradient 0 */
ad_node ad_greater_equal(ad_graph *g, ad_node a, ad_node b);
ad_node ad_equal(ad_graph *g, ad_node a, ad_node b);
ad_node ad_select(ad_graph *g, ad_node m, ad_node a, ad_node b); /* m ? a : b */
ad_node ad_neg(ad_graph *g, ad_node a);
ad_node ad_scale(ad_graph *g, ad_node a, double p); /* p a */
ad_node ad_shift(ad_graph *g, ad_node a, double q); /* a + q */
ad_node ad_recip(ad_graph *g, ad_node a);
ad_node ad_sqrt(ad_graph *g, ad_node a);
ad_node ad_rsqrt(ad_graph *g, ad_node a);
ad_node ad_exp(ad_graph *g, ad_node a);
ad_node ad_expm1(ad_graph *g, ad_node a);
ad_node ad_log(ad_graph *g, ad_node a);
ad_node ad_log1p(ad_graph *g, ad_node a);
ad_node ad_log1mexp(ad_graph *g, ad_node a); /* ln(1 - exp(a)), a < 0 */
ad_node ad_tanh(ad_graph *g, ad_node a);
ad_node ad_sigmoid(ad_graph *g, ad_node a);
ad_node ad_softplus(ad_graph *g, ad_node a);
ad_node ad_erf(ad_graph *g, ad_node a);
ad_node ad_lgamma(ad_graph *g, ad_node a);
ad_node ad_polygamma(ad_graph *g, int32_t n, ad_node a);
ad_node ad_sin(ad_graph *g, ad_node a);
ad_node ad_cos(ad_graph *g, ad_node a);
ad_node ad_abs(ad_graph *g, ad_node a);   /* gradient 0 at 0 */
ad_node ad_sign(ad_graph *g, ad_node a);  /* gradient 0 */
ad_node ad_floor(ad_graph *g, ad_node a); /* gradient 0 */
/* a > 0 ? a : slope a, and its derivative */
ad_node ad_leaky(ad_graph *g, ad_node a, double slope);
ad_node ad_gate(ad_graph *g, ad_node a, double slope);
/* The value of a; no gradient goes through, of any order. */
ad_node ad_stop(ad_graph *g, ad_node a);

/* composed.c: of the above */
ad_node ad_relu(ad_graph *g, ad_node a);
ad_node ad_elu(ad_graph *g, ad_node a, double alpha);
ad_node ad_gelu(ad_graph *g, ad_node a); /* x Phi(x), by erf */
ad_node ad_silu(ad_graph *g, ad_node a);
ad_node ad_clamp(ad_graph *g, ad_node a, double lo, double hi);
ad_node ad_square(ad_graph *g, ad_node a);
/* softplus(l) - x l, elementwise: -ln p(x) of a Bernoulli */
ad_node ad_bce_logits(ad_graph *g, ad_node logits, ad_node x);
/* |a| <= delta ? a^2 / 2 : delta (|a| - delta / 2) */
ad_node ad_huber(ad_graph *g, ad_node a, double delta);
/* Over the last axis. */
ad_node ad_softmax(ad_graph *g, ad_node a);
ad_node ad_log_softmax(ad_graph *g, ad_node a);
/* sqrt(a) where a > 0, else 0, and there with gradient 0, of any order (never
 * inf * 0) */
ad_node ad_root(ad_graph *g, ad_node a);
/* The root of the sum of squares over the axes, kept as size 1. */
ad_node ad_norm(ad_graph *g, ad_node a, uint32_t axes);
/* gamma (x - mean) rsqrt(variance + eps) + beta, moments over `axes`; gamma and
 * beta may be AD_NONE, else broadcast. The moments go out if asked for. */
ad_node ad_normalise(ad_graph *g, ad_node x, uint32_t axes, double eps,
                     ad_node gamma, ad_node beta, ad_node *mean,
                     ad_node *variance);

/* ---- movement.c ---------------------------------------------------------- */

ad_node ad_reshape(ad_graph *g, ad_node a, ad_shape shape);
ad_node ad_permute(ad_graph *g, ad_node a, const int32_t *axes);
ad_node ad_broadcast(ad_graph *g, ad_node a, ad_shape shape);
/* Static axes only; lo, hi, first, step have one entry an axis. */
ad_node ad_pad(ad_graph *g, ad_node a, const int64_t *lo, const int64_t *hi);
/* Elements first, first + step, …, `size` of them. */
ad_node ad_slice(ad_graph *g, ad_node a, const int64_t *first,
                 const int64_t *size, const int64_t *step);
/* Along one axis: elements first … first + size - 1. */
ad_node ad_part(ad_graph *g, ad_node a, int32_t axis, int64_t first,
                int64_t size);
ad_node ad_concat(ad_graph *g, int32_t axis, size_t n, const ad_node *parts);

/* ---- reduction.c --------------------------------------------------------- */

/* Over the axes of a mask (bit i: axis i); keep 1 leaves them with size 1. */
ad_node ad_sum(ad_graph *g, ad_node a, uint32_t axes, int keep);
ad_node ad_mean(ad_graph *g, ad_node a, uint32_t axes, int keep);
/* Of the gradient ties share. */
ad_node ad_greatest(ad_graph *g, ad_node a, uint32_t axes, int keep);
ad_node ad_least(ad_graph *g, ad_node a, uint32_t axes, int keep);
ad_node ad_logsumexp(ad_graph *g, ad_node a, uint32_t axes, int keep);
/* Of equals the first; gradient 0. */
ad_node ad_argmax(ad_graph *g, ad_node a, int32_t axis, int keep);
ad_node ad_argmin(ad_graph *g, ad_node a, int32_t axis, int keep);
/* Mean and biased variance over the axes, each with the axes kept as size 1. */
void ad_moments(ad_graph *g, ad_node a, uint32_t axes, ad_node *mean,
                ad_node *variance);
/* All elements. */
ad_node ad_sum_all(ad_graph *g, ad_node a);
ad_node ad_mean_all(ad_graph *g, ad_node a);
/* The sum over all parts of what has no rows, its own adjoint, and the mean; of
 * one part the identity. */
ad_node ad_all_sum(ad_graph *g, ad_node a);
ad_node ad_all_mean(ad_graph *g, ad_node a);
/* As ad_count(), of all parts. */
ad_node ad_all_count(ad_graph *g, ad_node x);

/* ---- pick.c -------------------------------------------------------------- */

/* A S, S static [k, n] with a single 1 in each column: some of the k columns of
 * A [m, k]. They are taken from the second factor of a product, before what is
 * element by element: other columns are not computed. */
ad_node ad_pick(ad_graph *g, ad_node a, ad_node s);

/* ---- linear.c ------------------------------------------------------------ */

/* op(A) op(B) over the last two axes; ranks equal, batch axes equal. Of rank 2,
 * rows may count in A's first axis: op(A) [m, k] (rows out) or A^T with B of as
 * many rows (sum over rows). Of higher rank the batch axis 0 may. */
ad_node ad_matmul(ad_graph *g, ad_node a, ad_node b, int ta, int tb);

typedef struct ad_window {
    int64_t stride_h, stride_w;
    int64_t top, left, bottom, right; /* padding, >= 0 */
    int64_t groups;
} ad_window;

/* x [n, h, w, c], filter [r, s, c / groups, k] -> [n, ho, wo, k], with
 * ho = (h + top + bottom - r) / stride_h + 1 rounded down. */
ad_node ad_conv(ad_graph *g, ad_node x, ad_node filter, const ad_window *o);
/* The adjoint in x, a transposed convolution: y [n, ho, wo, k] -> [n, h, w, c].
 * Several h and w have the same ho and wo. */
ad_node ad_conv_x(ad_graph *g, ad_node y, ad_node filter, const ad_window *o,
                  int64_t h, int64_t w);
/* The adjoint in the filter -> [r, s, c / groups, k]. */
ad_node ad_conv_f(ad_graph *g, ad_node x, ad_node y, const ad_window *o,
                  int64_t r, int64_t s);

/* ---- window.c ------------------------------------------------------------ */

ad_node ad_average_pool(ad_graph *g, ad_node x, int64_t r, int64_t s,
                        const ad_window *o, int count_pad);
ad_node ad_max_pool(ad_graph *g, ad_node x, int64_t r, int64_t s,
                    const ad_window *o);
ad_node ad_upsample_nearest(ad_graph *g, ad_node x, int64_t factor);
ad_node ad_resize_bilinear(ad_graph *g, ad_node x, int64_t h, int64_t w);

/* ---- index.c ------------------------------------------------------------- */

/* table [v, d] (static), index of any shape -> index's shape + [d]. */
ad_node ad_gather(ad_graph *g, ad_node table, ad_node index);
/* Its adjoint: rows of y [index's shape, d] added up by index -> [v, d]. */
ad_node ad_scatter(ad_graph *g, ad_node y, ad_node index, int64_t v);

/* ---- factor.c ------------------------------------------------------------ */

/* Lower factor of the last two axes [.., n, n]; NaN where not positive
 * definite. Reads both triangles; the gradient is symmetric. */
ad_node ad_cholesky(ad_graph *g, ad_node a);
/* op(L)^-1 B of the last two axes, L lower triangular. */
ad_node ad_solve(ad_graph *g, ad_node l, ad_node b, int trans);

/* ---- read.c: a graph as it was built, for who translates it ------------- */

/* A node. Operands come before it. Numbers and attributes by operator:
 *
 *     constant           p, everywhere
 *     affine             p a + q
 *     leaky              slope p
 *     count              i[0] mul, i[1] div
 *     permute            i[axis of the result] = axis of the operand
 *     slice              i[axis] first, i[6 + axis] step; sizes in the shape
 *     pad                i[axis] before, i[6 + axis] behind
 *     concat             axis i[0], of two
 *     sum … argmin       axes of mask i[0], kept as size 1
 *     moments            the same, and a last axis of 2: mean, variance
 *     matmul             i[0] ta, i[1] tb
 *     conv, conv_x       i[0 … 6] an ad_window in its order
 *     average, window_…  i[0 … 5] the same, i[6] count_pad, i[7] r, i[8] s
 */
typedef struct ad_item {
    const char *op; /* the operator's name, such as "matmul" */
    int32_t tiled;  /* 1: element by element of operands of one shape */
    int32_t arity;
    ad_node in[3];
    ad_shape shape;
    double p, q;
    int64_t i[12];
    const char *name; /* of an input; else NULL */
    int32_t variable; /* of a variable: its number in the store; else -1 */
} ad_item;
void ad_graph_item(const ad_graph *g, ad_node x, ad_item *out);

/* ---- grad.c -------------------------------------------------------------- */

/* out[i] = the gradient of <seed, y> in wrt[i], by nodes appended to the graph,
 * so that it nests; seed AD_NONE: ones. A wrt that y does not depend on gets
 * zeros. Only what leads to a wrt is built. */
int32_t ad_grad(ad_graph *g, ad_node y, ad_node seed, size_t n,
                const ad_node *wrt, ad_node *out);

/* ---- program.c, run.c ---------------------------------------------------- */

/* What a program leaves. */
#define AD_OUTPUT 0 /* in the arena, by number in the order given */
#define AD_GRAD 1   /* the gradient of a trained variable */
#define AD_NEXT 2   /* the successor of a state */

typedef struct ad_target {
    int32_t kind;
    ad_node node;
    int32_t variable; /* of AD_GRAD and AD_NEXT */
} ad_target;

/* Fuses, orders and plans. The graph may be freed after. */
int32_t ad_compile(const ad_graph *g, const ad_store *s, size_t n,
                   const ad_target *targets, ad_program **out,
                   genmod_workspace *w);
void ad_program_free(ad_program *p);
/* Bytes of the arena for a replay on `width` threads (base_width()). */
size_t ad_program_bytes(const ad_program *p, size_t width);
size_t ad_program_rows(const ad_program *p); /* planned */
/* An input by name (-1: the program does not read it), and where its values go:
 * dense. It may be overwritten by the replay: fill it before each. */
int32_t ad_program_find(const ad_program *p, const char *name);
void *ad_program_input(const ad_program *p, int32_t input, void *arena);
/* Output number i of the AD_OUTPUT targets, valid until the next replay. */
const void *ad_program_output(const ad_program *p, size_t i, const void *arena);

typedef struct ad_replay {
    size_t rows;         /* 1 … planned; m mul / div must be whole */
    uint64_t seed, step; /* of draws */
    uint64_t first_row;  /* the global number of row 0 */
    void *arena;         /* aligned to 64 */
    size_t width;        /* that the arena was made for */
    /* Where gradients go, laid out as the store's from that number on; NULL:
     * there. */
    void *gradients;
    size_t first_gradient;
} ad_replay;

/* Runs all steps: over the pool of w, or, with w NULL, on the calling thread
 * (which may be a pool task: many replays at once on arenas of width 1).
 * Allocates nothing and cannot fail. Bits do not depend on the threads; of
 * outputs whose axis 0 counts rows, a row's do not depend on the other rows
 * where no operator sums over rows. */
void ad_program_run(const ad_program *p, const ad_store *s, const ad_replay *r,
                    genmod_workspace *w);

/* ---- share.c: parts of a batch, over ranks ------------------------------- */

/* Replays of this rank's parts of a batch, base_parts(w) of them, of equal
 * rows: in step with each other and with those of the other ranks, whom they
 * meet at each sum over parts; so its bits are those of base_all_sum_shards().
 * States' successors have to be the same of all parts. `room` is for what is
 * exchanged: so many bytes. GENMOD_CALLBACK, or what another rank failed with:
 * the outputs then mean nothing. */
size_t ad_program_room(const ad_program *p, const genmod_workspace *w);
int32_t ad_program_share(const ad_program *p, const ad_store *s,
                         const ad_replay *r, void *room, genmod_workspace *w);
/* The outputs of all parts, on every rank: of rows, one part's after another's;
 * of others the mean. */
size_t ad_program_join_bytes(const ad_program *p, const genmod_workspace *w);
int32_t ad_program_join(const ad_program *p, const ad_replay *r, void *room,
                        genmod_workspace *w);
const void *ad_program_joined(const ad_program *p, size_t i, const void *room,
                              size_t local, size_t parts);

/* The plan as text: a line a step (number, operator, shape, bytes, items,
 * fused code), with a line before the first of each region that says how its
 * steps run ("by panels of 32 rows", "side by side"), then the arena.
 * Two-call. */
int32_t ad_program_dump(const ad_program *p, size_t cap, char *out,
                        size_t *need, genmod_workspace *w);
/* Picoseconds that one thread takes for a replay of all rows that were planned,
 * roughly: counted, so the same on every machine. */
double ad_program_cost(const ad_program *p);
/* For measurements: steps, what each is ("matmul", "fused", …), and the same
 * replay with a call before each step and one after the last. */
size_t ad_program_steps(const ad_program *p);
const char *ad_program_step(const ad_program *p, size_t i);
void ad_program_trace(const ad_program *p, const ad_store *s,
                      const ad_replay *r, void (*mark)(size_t step, void *user),
                      void *user, genmod_workspace *w);

#endif
