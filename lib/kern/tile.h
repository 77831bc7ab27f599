/* Elementwise arithmetic as code over tiles: some hundred elements at a time,
 * so that everything between the first load and the last store stays in L1.
 *
 * A fused group of operators is a list of kern_tile, run by kern_ops.tile().
 */
#ifndef KERN_TILE_H
#define KERN_TILE_H

#include <stddef.h>
#include <stdint.h>

#define KERN_TILE 512 /* most elements of a register */
#define KERN_RUN 16   /* rows that sum_columns() sums in the table's type */

enum kern_tile_op {
    /* of a */
    KERN_COPY,
    KERN_NEG,
    KERN_RECIP,
    KERN_SQRT,
    KERN_RSQRT,
    KERN_EXP,
    KERN_EXPM1,
    KERN_LOG,
    KERN_LOG1P,
    KERN_LOG1MEXP, /* ln(1 - exp(a)), a < 0: Maechler 2012, two branches */
    KERN_TANH,
    KERN_SIGMOID,
    KERN_SOFTPLUS,
    KERN_ERF,
    KERN_LGAMMA,    /* a > 0; NaN below 0 */
    KERN_POLYGAMMA, /* of order p = 0, 1, …, 30; a > 0; NaN below 0 */
    KERN_SIN,
    KERN_COS,
    KERN_ABS,
    KERN_SIGN,  /* -1, 0, 1; of NaN, NaN */
    KERN_FLOOR,
    KERN_LEAKY,  /* a > 0 ? a : p a */
    KERN_GATE,   /* a > 0 ? 1 : p */
    KERN_AFFINE, /* p a + q, fused */
    /* of a, b */
    KERN_ADD,
    KERN_SUB,
    KERN_MUL,
    KERN_DIV,
    KERN_MAX, /* NaN if either is */
    KERN_MIN,
    KERN_GREATER,       /* a > b ? 1 : 0 */
    KERN_GREATER_EQUAL, /* a >= b ? 1 : 0 */
    KERN_EQUAL,
    /* of a, b, c */
    KERN_SELECT, /* a != 0 ? b : c */
    KERN_FMA,    /* a b + c, fused where the set can */
    KERN_TILE_OPS
};

typedef struct kern_tile {
    uint16_t op;
    uint16_t out, a, b, c; /* registers */
    double p, q;
} kern_tile;

enum kern_reduce {
    KERN_REDUCE_MAX,
    KERN_REDUCE_MIN,
    KERN_REDUCE_ARGMAX,
    KERN_REDUCE_ARGMIN,
    KERN_REDUCE_LOGSUMEXP,
    KERN_REDUCE_SUM,  /* in the fixed tree of sum() and sum_columns() */
    KERN_REDUCE_MOMENTS /* y [a, i, 2]: mean, biased variance */
};

#endif
