/* What conv.c, which cuts, and conv_kernel.h, which computes, agree upon. */
#ifndef KERN_CONV_PART_H
#define KERN_CONV_PART_H

#include "kern/gemm.h"

/* Scratch: that of a gemm, a gathered block, a block of outputs. */
#define CONV_GATHER_BYTES (GEMM_DEPTH * GEMM_WIDTH)
#define CONV_OUT_BYTES GEMM_SUM_BYTES

/* What kern_conv_job.cut holds. */
enum {
    CONV_ROWS,    /* of the product, of an item */
    CONV_COLUMNS, /* of an item; groups of an item where there are several */
    CONV_DOWN,    /* items below each other … */
    CONV_ACROSS,  /* … and side by side */
    CONV_METHOD,
    CONV_PITCH, /* between the rows of the packed filter */
    CONV_PARTS, /* KERN_CONV_F: of the sum over pixels */
    CONV_IMAGES /* of an item that scatters */
};

/* Ways to an output; conv_kernel.h says which sums they are. */
enum {
    CONV_GATHER,
    CONV_SCATTER,
    CONV_MIRROR, /* Y as the X of the mirrored filter, scattered */
    CONV_DENSE,  /* a product of the arrays as they lie */
    CONV_DEPTHWISE
};

typedef struct conv_arrays {
    void *x, *filter, *y, *work, *scratch;
} conv_arrays;

typedef void conv_run(const kern_conv_job *job, size_t item,
                      const conv_arrays *at);

struct conv_ops {
    size_t lanes;
    conv_run *y, *gather_pack, *gather_x, *scatter_pack, *mirror_pack,
        *scatter_x;
    conv_run *f, *f_add, *depthwise, *depthwise_f;
};

static inline size_t conv_parts(size_t n, size_t size)
{
    return n / size + (n % size != 0);
}

static inline size_t conv_smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Taps of r that are first + a multiple of the stride. */
static inline size_t conv_taps(size_t r, size_t first, size_t stride)
{
    return first < r ? (r - first - 1) / stride + 1 : 0;
}

#endif
