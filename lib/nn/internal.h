/* Inside room `nn`: networks as layers, and the table of what a layer can be.
 */
#ifndef NN_INTERNAL_H
#define NN_INTERNAL_H

#include "nn/nn.h"

#define NN_LAYERS 256 /* of a network */
#define NN_DEPTH 8    /* of residuals in residuals */
/* The greatest number of a text: up to it floats count exactly, and the
 * products of three of them stay within 2^72, which base_mul() refuses. */
#define NN_MOST (INT64_C(1) << 24)
#define NN_ELEMENTS (INT64_C(1) << 40) /* of a row within, of a weight */
#define NN_NAME 128 /* bytes of a variable's or site's name */
#define NN_COPIES 4 /* of a dropout, in one graph */
/* Added to variances: PyTorch's value, so that a network moved here computes
 * what it did there. In standardised units it is a deviation of 0.003. */
#define NN_EPSILON 1e-5

typedef struct nn_kind nn_kind;

typedef struct nn_pair {
    int64_t h, w;
} nn_pair;

typedef struct nn_layer {
    const nn_kind *kind;
    size_t position; /* of its word in the text, from 1 */
    size_t body;     /* of a residual: layers inside, which lie behind it */
    nn_size in, out;
    /* what the text says */
    int64_t n;          /* outputs, factor, groups of a groupnorm */
    int64_t groups;     /* of a convolution */
    int64_t classes;    /* of a batchnorm, by nn_net_condition(); 0: none */
    nn_pair k, s, p, o; /* window, stride, padding, output padding */
    double a;           /* momentum, share, slope */
    nn_size to;         /* of a reshape */
    int32_t spectral;   /* 1: sn */
    int32_t nobias;
    int32_t first; /* NN_FIRST_… */
    int32_t bilinear;
    /* what nn_declare() adds: numbers in the store, -1: none */
    int32_t weight, bias;
    int32_t state[2]; /* mean and variance; or spectral u and v */
    int32_t borrowed; /* 1: weight and state are of the tied network */
    const char *site; /* of dropout: [NN_COPIES, NN_NAME] */
} nn_layer;

/* How first weights are drawn; the words are nn_first_words[]. */
#define NN_FIRST_AUTO 0
#define NN_FIRST_GLOROT 1
#define NN_FIRST_HE 2
#define NN_FIRST_ORTHOGONAL 3
#define NN_FIRST_ZERO 4
#define NN_FIRST_FANIN 5
#define NN_FIRSTS 6

struct nn_net {
    char what[64]; /* the argument it came from */
    nn_size in, out;
    size_t n;
    nn_layer *layers; /* [n] */
    char *sites;
};

/* ---- token.c: the text as words and marks -------------------------------- */

enum nn_mark { NN_WORD, NN_SEMICOLON, NN_OPEN, NN_CLOSE, NN_END };

#define NN_LONGEST                                            \
    64 /* bytes of a word that are looked at, and a zero byte \
        */

typedef struct nn_reader {
    const char *what, *text;
    size_t at; /* behind the token in hand */
    /* the token in hand */
    int32_t mark;
    size_t position;       /* from 1 */
    char word[NN_LONGEST]; /* of NN_WORD, cut where longer */
    genmod_workspace *w;
} nn_reader;

void nn_reader_start(nn_reader *r, const char *what, const char *text,
                     genmod_workspace *w);
void nn_reader_next(nn_reader *r);
const char *nn_reader_shown(const nn_reader *r); /* the token, for a text */
/* GENMOD_BAD_ARGUMENT: what was expected at the token in hand. */
int32_t nn_expected(const nn_reader *r, const char *what, const char *usage);
/* The first place of a character other than 0; NULL: none. */
const char *nn_find(const char *text, char ch);
/* Numbers of [at, end of string); 0 where they are none, or out of bounds. */
int nn_read_count(const char *at, int64_t least, int64_t *out);
int nn_read_pair(const char *at, int64_t least, nn_pair *out);
int nn_read_size(const char *at, nn_size *out);

/* ---- arguments.c --------------------------------------------------------- */

/* What stands behind the word of a layer, up to ';' or another mark. */
int32_t nn_read_arguments(nn_reader *r, nn_layer *l);

/* ---- tie.c --------------------------------------------------------------- */

/* nn_declare() with `tied`. */
int32_t nn_tie(nn_net *net, const nn_net *tied, genmod_workspace *w);

/* ---- layers*.c: the kinds ------------------------------------------------ */

enum nn_role {
    NN_PASSIVE, /* keeps the shape; a mirror leaves it between its neighbours */
    NN_TURNED,  /* has an opposite */
    NN_WEIGHTED, /* has an opposite, and a weight that can be tied */
    NN_NESTED
};

/* What a layer asks of the first weights of the one before it. */
enum nn_wish { NN_PASSES_ON, NN_WISHES_GLOROT, NN_WISHES_HE };

typedef struct nn_declaring {
    ad_store *s;
    const char *prefix;
    size_t layer;
    int32_t group;
    genmod_workspace *w;
} nn_declaring;

/* A layer of a kind. The letters of `grammar`, in the order of the text:
 *
 *     n N     w K, a window     a [A], a number     d P, the same, not optional
 *     z CxHxW      { layers in braces
 *     k kK   s [sS]   p [pP]   o [oO]   g [gG]
 *     i nobias and first weights, sn     m nearest or bilinear
 *
 * A function that is NULL: the shape stays, there are no variables, and `one`
 * or `with` is what it computes. */
struct nn_kind {
    const char *word; /* first: base_nearest() reads it */
    const char *usage;
    const char *grammar;
    double initial, least, most; /* of A or P */
    int32_t role, wish;
    /* Checks the arguments against l->in and sets l->out. */
    int32_t (*shape)(const nn_reader *r, nn_layer *l);
    int32_t (*declare)(const nn_declaring *d, nn_layer *l);
    ad_node (*apply)(const nn_net *net, const nn_layer *l, nn_pass *pass,
                     ad_node x);
    /* The up to two layers that undo l: their number, or -1 and why not. */
    int32_t (*mirror)(const nn_layer *l, nn_layer *out, const char **why);
    ad_node (*one)(ad_graph *g, ad_node x);
    ad_node (*with)(ad_graph *g, ad_node x, double a);
};

extern const nn_kind nn_kinds[];
extern const size_t nn_kinds_count;
extern const char *const nn_first_words[NN_FIRSTS];

const nn_kind *nn_kind_named(const char *word); /* NULL: none */
/* A layer with the arguments that a text leaves out. */
void nn_layer_clear(nn_layer *l, const nn_kind *kind);
/* "…: conv on 784: <why>" */
int32_t nn_misfit(const nn_reader *r, const nn_layer *l, const char *why);

/* Applies layers [first, last), which stand at one depth with their insides. */
ad_node nn_apply_run(const nn_net *net, size_t first, size_t last,
                     nn_pass *pass, ad_node x);
/* x with another shape of one row, its rows counted as they were. */
ad_node nn_reshape_rows(ad_graph *g, ad_node x, const nn_size *size);
int64_t nn_channels(const nn_size *s); /* of an image; else the columns */
void nn_successor(nn_pass *pass, int32_t variable, ad_node node);
/* "<prefix>.<layer>.<part>" */
int32_t nn_variable(const nn_declaring *d, const char *part, int32_t kind,
                    ad_shape shape, int32_t *index);

/* layers_weighted.c */
ad_shape nn_weight_shape(const nn_layer *l);
int32_t nn_weighted_declare(const nn_declaring *d, nn_layer *l);
int32_t nn_dense_shape(const nn_reader *r, nn_layer *l);
ad_node nn_dense_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                       ad_node x);
int32_t nn_dense_mirror(const nn_layer *l, nn_layer *out, const char **why);
int32_t nn_conv_shape(const nn_reader *r, nn_layer *l);
ad_node nn_conv_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                      ad_node x);
int32_t nn_conv_mirror(const nn_layer *l, nn_layer *out, const char **why);
int32_t nn_deconv_shape(const nn_reader *r, nn_layer *l);
ad_node nn_deconv_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                        ad_node x);
int32_t nn_deconv_mirror(const nn_layer *l, nn_layer *out, const char **why);

/* layers_norm.c */
int32_t nn_batchnorm_declare(const nn_declaring *d, nn_layer *l);
ad_node nn_batchnorm_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                           ad_node x);
int32_t nn_norm_declare(const nn_declaring *d, nn_layer *l);
ad_node nn_layernorm_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                           ad_node x);
int32_t nn_groupnorm_shape(const nn_reader *r, nn_layer *l);
ad_node nn_groupnorm_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                           ad_node x);
ad_node nn_dropout_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                         ad_node x);

/* layers_shape.c */
int32_t nn_pool_shape(const nn_reader *r, nn_layer *l);
ad_node nn_pool_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                      ad_node x);
int32_t nn_pool_mirror(const nn_layer *l, nn_layer *out, const char **why);
int32_t nn_upsample_shape(const nn_reader *r, nn_layer *l);
ad_node nn_upsample_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                          ad_node x);
int32_t nn_upsample_mirror(const nn_layer *l, nn_layer *out, const char **why);
int32_t nn_flatten_shape(const nn_reader *r, nn_layer *l);
int32_t nn_reshape_shape(const nn_reader *r, nn_layer *l);
ad_node nn_reshape_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                         ad_node x);
int32_t nn_reshape_mirror(const nn_layer *l, nn_layer *out, const char **why);
int32_t nn_residual_shape(const nn_reader *r, nn_layer *l);
ad_node nn_residual_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                          ad_node x);

/* ---- spectral.c ---------------------------------------------------------- */

/* W / sigma(W), with the successors of the pair under NN_UPDATE. */
ad_node nn_spectral(const nn_layer *l, nn_pass *pass, ad_node weight);
/* v = A u / |A u|, u = A^T v / |A^T v|, `times` times; a [n, m], u [m], v [n].
 */
void nn_power_iteration(size_t n, size_t m, const double *a, size_t times,
                        double *u, double *v);

/* ---- fill.c -------------------------------------------------------------- */

typedef struct nn_filling {
    const nn_net *net;
    ad_store *s;
    uint64_t seed;
    const kern_ops *f64;
    genmod_workspace *w;
} nn_filling;

void nn_fill(const nn_filling *f, int32_t index, double v);
void nn_fill_normal(const nn_filling *f, int32_t index, double deviation);
/* In (-bound, bound). */
void nn_fill_uniform(const nn_filling *f, int32_t index, double bound);
/* The weight as a matrix of its last axis and all others: its rows or its
 * columns, whichever are fewer, orthonormal. */
int32_t nn_fill_orthogonal(const nn_filling *f, const nn_layer *l);
/* The pair of a weight that has its values. */
int32_t nn_fill_spectral(const nn_filling *f, const nn_layer *l);

/* ---- orthogonal.c -------------------------------------------------------- */

/* Makes the n <= m rows of a [n, m] orthonormal: blocked Gram-Schmidt, each
 * block projected twice. Rows of a random matrix: they are independent. */
int32_t nn_orthonormal_rows(size_t n, size_t m, double *a, genmod_workspace *w);

/* ---- format.c: layers as text -------------------------------------------- */

typedef struct nn_writer {
    char *out; /* NULL: only counts */
    size_t used;
    int32_t open; /* 1: nothing stands before the next layer */
} nn_writer;

void nn_write(nn_writer *o, const char *text);
/* Behind "; ", but for the first; without the inside of a residual. */
void nn_write_layer(nn_writer *o, const nn_layer *l);
void nn_write_open(nn_writer *o);  /* " { " */
void nn_write_close(nn_writer *o); /* " }" */
/* The text of layers [first, last), which stand at one depth with their
 * insides. Two-call. */
int32_t nn_write_run(const nn_net *net, size_t first, size_t last, size_t cap,
                     char *out, size_t *need, genmod_workspace *w);

#endif
