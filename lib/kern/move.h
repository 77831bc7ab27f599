/* Moving elements about: no arithmetic, so one version serves all sets. */
#ifndef KERN_MOVE_H
#define KERN_MOVE_H

#include <stddef.h>
#include <stdint.h>

#define KERN_RANK 6

/* A strided view of rank >= 1; strides in elements, 0 where it repeats. */
typedef struct kern_strides {
    int32_t rank;
    int64_t dim[KERN_RANK];
    int64_t stride[KERN_RANK];
} kern_strides;

/* Joins axes that lie behind one another, drops those of size 1: the same
 * elements in the same order with the least rank. */
void kern_strides_join(kern_strides *v);
/* Elements first … first + n - 1 of the view, counted row-major over its dims,
 * to `out`, dense. bytes: 4 or 8 an element. */
void kern_load(const kern_strides *v, size_t bytes, const void *x, size_t first,
               size_t n, void *out);
/* The reverse: dense elements to a view without repeats. */
void kern_store(const kern_strides *v, size_t bytes, void *x, size_t first,
                size_t n, const void *in);

#endif
