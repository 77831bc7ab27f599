/* Convolutions in NHWC: three kinds that are each other's gradients, by native
 * implicit products. Nothing is unfolded beyond a block that fits L2, and no
 * inserted zero is multiplied.
 */
#ifndef KERN_CONV_H
#define KERN_CONV_H

#include <stddef.h>
#include <stdint.h>

/* x [n, h, w, c], filter [r, s, c / groups, k], y [n, ho, wo, k]:
 *
 *     y[b, i, j, q] = sum x[b, i stride_h + u - top, j stride_w + v - left, p]
 *                         filter[u, v, p, q]
 *
 * over u, v and the channels p of q's group; x is 0 outside. What lies right
 * and below of x follows from ho and wo. */
typedef struct kern_conv {
    size_t n, h, w, c;
    size_t ho, wo, k;
    size_t r, s;
    size_t stride_h, stride_w;
    size_t top, left;
    size_t groups;
} kern_conv;

#define KERN_CONV_Y 0 /* y from x and filter */
#define KERN_CONV_X 1 /* x from y and filter: the adjoint in x */
#define KERN_CONV_F 2 /* filter from x and y: the adjoint in the filter */

#define KERN_CONV_PHASES 3

/* One convolution, cut by its shape alone into items of up to KERN_CONV_PHASES
 * phases: all items of a phase before the first of the next, in any order and
 * on any threads. Sums run in an order that the cut alone fixes, and an image's
 * bits in y and x do not depend on the images beside it. */
typedef struct kern_conv_job {
    const struct kern_ops *ops;
    kern_conv shape; /* of the sums that are taken: conv.c may turn it round */
    int kind;
    size_t items[KERN_CONV_PHASES]; /* 0: no such phase */
    size_t work;                    /* bytes between the phases, shared */
    size_t cut[8];                  /* conv.c's own */
} kern_conv_job;

/* Fills in a job; shape->n may differ between replays, `work` does not grow
 * with a smaller n. */
void kern_conv_cut(kern_conv_job *job, const struct kern_ops *ops, int kind,
                   const kern_conv *shape);
/* Bytes of scratch of a slot, whatever the shape; at most 1 MiB. */
size_t kern_conv_scratch(void);
/* Two of x, filter and y are read and the third is written whole. work: aligned
 * to 64. No allocation, no lock. */
void kern_conv_item(const kern_conv_job *job, int phase, size_t item, void *x,
                    void *filter, void *y, void *work, void *scratch);

#endif
