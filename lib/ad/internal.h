/* Inside room `ad`: nodes, operators, and what building, differentiating and
 * compiling agree upon. */
#ifndef AD_INTERNAL_H
#define AD_INTERNAL_H

#include "ad/ad.h"

/* In the order of the table in ops.c. */
enum ad_op {
    /* leaves */
    AD_OP_CONSTANT, /* p everywhere */
    AD_OP_INPUT,    /* i[0]: number in the graph */
    AD_OP_VARIABLE, /* i[0]: number in the store */
    AD_OP_COUNT,    /* run-time length i[0] m / i[1] */
    AD_OP_IOTA,     /* i[0]: axis */
    AD_OP_UNIFORM,  /* i[0]: site */
    AD_OP_NORMAL,   /* i[0]: site */
    /* tiled: one kern_tile each, shapes of all operands equal */
    AD_OP_ADD,
    AD_OP_SUB,
    AD_OP_MUL,
    AD_OP_MAX,
    AD_OP_MIN,
    AD_OP_GREATER,
    AD_OP_GREATER_EQUAL,
    AD_OP_EQUAL,
    AD_OP_SELECT,
    AD_OP_AFFINE, /* p a + q */
    AD_OP_RECIP,
    AD_OP_SQRT,
    AD_OP_RSQRT,
    AD_OP_EXP,
    AD_OP_EXPM1,
    AD_OP_LOG,
    AD_OP_LOG1P,
    AD_OP_LOG1MEXP,
    AD_OP_TANH,
    AD_OP_SIGMOID,
    AD_OP_SOFTPLUS,
    AD_OP_ERF,
    AD_OP_LGAMMA,
    AD_OP_POLYGAMMA, /* of order p */
    AD_OP_SIN,
    AD_OP_COS,
    AD_OP_ABS,
    AD_OP_SIGN,
    AD_OP_FLOOR,
    AD_OP_LEAKY, /* slope p */
    AD_OP_GATE,  /* slope p */
    /* views: the same elements, by strides */
    AD_OP_RESHAPE,
    AD_OP_PERMUTE,   /* i[axis of the result] = axis of the operand */
    AD_OP_BROADCAST, /* ranks equal: sizes 1 are stretched */
    AD_OP_SLICE,     /* i[axis] first, i[6 + axis] step; sizes in the shape */
    AD_OP_STOP,
    AD_OP_ALL_SUM,
    /* sums: axes of mask i[0], kept as size 1 */
    AD_OP_SUM,
    /* steps of their own */
    AD_OP_PAD,      /* i[axis] before, i[6 + axis] behind */
    AD_OP_CONCAT,   /* of two, along axis i[0] */
    AD_OP_GREATEST, /* axes of mask i[0], adjacent, kept as size 1 */
    AD_OP_LEAST,
    AD_OP_LOGSUMEXP,
    AD_OP_ARGMAX,
    AD_OP_ARGMIN,
    AD_OP_MOMENTS, /* likewise, and a last axis of 2: mean, variance */
    AD_OP_MATMUL,  /* i[0] ta, i[1] tb */
    AD_OP_CONV,    /* i[0 … 6]: ad_window in its order; operands x, filter */
    AD_OP_CONV_X,  /* y, filter; sizes in the shape */
    AD_OP_CONV_F,  /* x, y; sizes in the shape */
    AD_OP_AVERAGE, /* i[0 … 5]: ad_window, i[6] count_pad, i[7] r, i[8] s */
    AD_OP_AVERAGE_X,      /* y; sizes in the shape */
    AD_OP_WINDOW_ARGMAX,  /* x; i as of an average */
    AD_OP_WINDOW_GATHER,  /* x, index */
    AD_OP_WINDOW_SCATTER, /* y, index; sizes in the shape */
    AD_OP_BILINEAR,       /* sizes in the shapes */
    AD_OP_BILINEAR_X,
    AD_OP_GATHER,  /* table, index */
    AD_OP_SCATTER, /* y, index; size in the shape */
    AD_OP_CHOLESKY,
    AD_OP_SOLVE, /* l, b; i[0] trans */
    AD_OPS
};

#define AD_INPUTS 3
#define AD_ATTRIBUTES 12

typedef struct ad_record {
    int32_t op;
    ad_node in[AD_INPUTS]; /* AD_NONE past the operator's arity */
    ad_shape shape;
    double p, q;
    int64_t i[AD_ATTRIBUTES]; /* 0 where not used: records are hashed whole */
} ad_record;

enum ad_class { AD_LEAF, AD_TILED, AD_VIEW, AD_SUMMED, AD_STEPPED };

struct ad_kernel; /* plan.h: how a step of its own runs */

typedef struct ad_operator {
    const char *name;
    int32_t class;
    int32_t arity;
    int32_t tile; /* of AD_TILED: KERN_… */
    /* dx[k] = the share of operand k in the gradient, of the operand's shape,
     * for each bit k of `wanted`; left AD_NONE where it is 0. NULL: all are. */
    void (*gradient)(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                     ad_node *dx);
    const struct ad_kernel *kernel; /* of AD_STEPPED, and of draws and iota */
} ad_operator;

extern const ad_operator ad_operators[AD_OPS];

struct ad_graph {
    genmod_workspace *w;
    int32_t status;
    size_t rows, parts;
    size_t size, room;
    ad_record *nodes;
    size_t slots; /* of the hash table, a power of two */
    ad_node *table;
    size_t inputs, sites;
    const char **input_names; /* [inputs], borrowed */
    const char **site_names;  /* [sites], borrowed; a site's number is a hash */
};

#define AD_ELEMENTS (INT64_C(1) << 48) /* most of a node */

/* shape.c: rank, sizes and their product within bounds. */
int ad_sound(const ad_shape *s);
int ad_is_rows(const ad_shape *s, int32_t axis);
/* A static size 1. */
int ad_is_one(const ad_shape *s, int32_t axis);
/* Equal at any number of rows. */
int ad_same_size(const ad_shape *a, int32_t i, const ad_shape *b, int32_t j);
/* Makes an axis static. */
void ad_set_size(ad_shape *s, int32_t axis, int64_t n);

/* graph.c: a record with nothing else set. */
ad_record ad_record_of(int32_t op, ad_node a, ad_node b, const ad_shape *shape);
/* The node of that record, an old one if there is one already. */
ad_node ad_append(ad_graph *g, const ad_record *r);
/* A copy: appending may move the nodes. */
ad_record ad_at(const ad_graph *g, ad_node x);
/* 1 and *v where x is a constant. */
int ad_is_constant(const ad_graph *g, ad_node x, double *v);
int ad_is_zero(const ad_graph *g, ad_node x);
/* The number of a site of draws, or -1 (refused). */
int64_t ad_site(ad_graph *g, const char *name);
/* movement.c: broadcasts n nodes to their common shape; 0 where they have none
 * (refused) or one is AD_NONE. */
int ad_align(ad_graph *g, size_t n, ad_node *x);
/* linear.c: how many windows of r by s fit x; 0 where none does. */
int ad_windows(const ad_shape *x, const ad_window *o, int64_t r, int64_t s,
               int64_t *ho, int64_t *wo);
/* i[0 … 5] of a record; i[6], groups, is the convolutions'. */
void ad_window_in(ad_record *r, const ad_window *o);
ad_window ad_window_of(const ad_record *r);
/* simplify.c: a tiled operator of operands of one shape, with what is known at
 * once left out: constants folded, x + 0, 1 x, 0 x, -(-x), affine of affine. */
ad_node ad_tiled(ad_graph *g, int32_t op, ad_node a, ad_node b, ad_node c,
                 double p, double q);
/* grad.c: sums x over what ad_broadcast() stretched, back to `shape`. */
ad_node ad_reduce_to(ad_graph *g, ad_node x, const ad_shape *shape);

/* Gradients, beside the constructor of each operator. */
#define AD_GRADIENT(name)                                       \
    void ad_gradient_##name(ad_graph *g, ad_node y, ad_node dy, \
                            uint32_t wanted, ad_node *dx)
AD_GRADIENT(add);
AD_GRADIENT(sub);
AD_GRADIENT(mul);
AD_GRADIENT(max);
AD_GRADIENT(min);
AD_GRADIENT(select);
AD_GRADIENT(affine);
AD_GRADIENT(recip);
AD_GRADIENT(sqrt);
AD_GRADIENT(rsqrt);
AD_GRADIENT(exp);
AD_GRADIENT(expm1);
AD_GRADIENT(log);
AD_GRADIENT(log1p);
AD_GRADIENT(log1mexp);
AD_GRADIENT(tanh);
AD_GRADIENT(sigmoid);
AD_GRADIENT(softplus);
AD_GRADIENT(erf);
AD_GRADIENT(lgamma);
AD_GRADIENT(polygamma);
AD_GRADIENT(sin);
AD_GRADIENT(cos);
AD_GRADIENT(abs);
AD_GRADIENT(leaky);
AD_GRADIENT(reshape);
AD_GRADIENT(permute);
AD_GRADIENT(broadcast);
AD_GRADIENT(slice);
AD_GRADIENT(all_sum);
AD_GRADIENT(sum);
AD_GRADIENT(pad);
AD_GRADIENT(concat);
AD_GRADIENT(greatest);
AD_GRADIENT(least);
AD_GRADIENT(logsumexp);
AD_GRADIENT(moments);
AD_GRADIENT(matmul);
AD_GRADIENT(conv);
AD_GRADIENT(conv_x);
AD_GRADIENT(conv_f);
AD_GRADIENT(average);
AD_GRADIENT(average_x);
AD_GRADIENT(window_gather);
AD_GRADIENT(window_scatter);
AD_GRADIENT(bilinear);
AD_GRADIENT(bilinear_x);
AD_GRADIENT(gather);
AD_GRADIENT(scatter);
AD_GRADIENT(cholesky);
AD_GRADIENT(solve);
#undef AD_GRADIENT

/* How steps run, kernel_*.c. */
extern const struct ad_kernel ad_kernel_draw; /* uniform, normal */
extern const struct ad_kernel ad_kernel_iota;
extern const struct ad_kernel ad_kernel_pad;
extern const struct ad_kernel ad_kernel_concat;
extern const struct ad_kernel ad_kernel_all_sum; /* of several parts */
extern const struct ad_kernel ad_kernel_reduce; /* greatest … moments */
extern const struct ad_kernel ad_kernel_matmul;
extern const struct ad_kernel ad_kernel_conv;   /* the triple */
extern const struct ad_kernel ad_kernel_window; /* average … bilinear_x */
extern const struct ad_kernel ad_kernel_gather;
extern const struct ad_kernel ad_kernel_scatter;
extern const struct ad_kernel ad_kernel_cholesky;
extern const struct ad_kernel ad_kernel_solve;

#endif
