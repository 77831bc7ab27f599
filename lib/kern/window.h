/* Windows over images, resampling, rows by index, batched factorisations:
 * serial kernels over a range of rows, in NHWC.
 */
#ifndef KERN_WINDOW_H
#define KERN_WINDOW_H

#include <stddef.h>
#include <stdint.h>

struct kern_ops;

/* x [n, h, w, c], y [n, ho, wo, c]; windows of r by s cells, as in conv.h. */
typedef struct kern_window {
    size_t h, w, c;
    size_t ho, wo;
    size_t r, s;
    size_t stride_h, stride_w;
    size_t top, left;
    int count_pad; /* averages divide by r s, else by the cells inside */
} kern_window;

/* Each works on images lo … hi - 1 and reads or writes those alone. */
/* y = averages of x, and its adjoint: x = sum over the windows of y / count. */
void kern_average(const struct kern_ops *o, const kern_window *g, size_t lo,
                  size_t hi, const void *x, void *y);
void kern_average_x(const struct kern_ops *o, const kern_window *g, size_t lo,
                    size_t hi, const void *y, void *x);
/* index [n, ho, wo, c]: where in [h w] each window's greatest cell stands, as a
 * number (h w <= 2^24 in f32); of equal ones the first, NaN before all others.
 * Padding is never chosen: a window of nothing else has -1. */
void kern_window_argmax(const struct kern_ops *o, const kern_window *g,
                        size_t lo, size_t hi, const void *x, void *index);
/* y = x at index, and its adjoint: x = 0, then x[index] += y in order. At -1, y
 * is 0 and adds nothing. */
void kern_window_gather(const struct kern_ops *o, const kern_window *g,
                        size_t lo, size_t hi, const void *x, const void *index,
                        void *y);
void kern_window_scatter(const struct kern_ops *o, const kern_window *g,
                         size_t lo, size_t hi, const void *y, const void *index,
                         void *x);
/* Bilinear resampling [h, w] -> [ho, wo], pixel centres at half integers, edges
 * repeated (align_corners = false), and its adjoint. Of `g` h, w, c, ho, wo. */
void kern_bilinear(const struct kern_ops *o, const kern_window *g, size_t lo,
                   size_t hi, const void *x, void *y);
void kern_bilinear_x(const struct kern_ops *o, const kern_window *g, size_t lo,
                     size_t hi, const void *y, void *x);

/* y[i] = table[index[i]], rows of d elements; an index outside 0 … v - 1, or
 * NaN, gives a row of NaN. i in [lo, hi). */
void kern_rows_gather(const struct kern_ops *o, size_t v, size_t d, size_t lo,
                      size_t hi, const void *table, const void *index, void *y);
/* Its adjoint, for rows lo … hi - 1 of the table: 0, then += y in the order of
 * i = 0 … n - 1. */
void kern_rows_scatter(const struct kern_ops *o, size_t n, size_t d, size_t lo,
                       size_t hi, const void *y, const void *index,
                       void *table);

/* l = lower Cholesky factor of a [n, n], zeros above; all NaN where a is not
 * positive definite. Accumulates as doubles; reads a's lower triangle; l may be
 * a. */
void kern_cholesky_one(const struct kern_ops *o, size_t n, const void *a,
                       void *l);
/* x = op(L)^-1 b, b [n, m]; trans: op(L) = L^T. Reads L's lower triangle; x may
 * be b. Accumulates as doubles. */
void kern_solve_one(const struct kern_ops *o, int trans, size_t n, size_t m,
                    const void *l, const void *b, void *x);

/* What window_kernel.h makes of these, a set and a type at a time. */
typedef struct window_ops {
    void (*average)(const kern_window *g, size_t lo, size_t hi, const void *x,
                    void *y);
    void (*average_x)(const kern_window *g, size_t lo, size_t hi, const void *y,
                      void *x);
    void (*argmax)(const kern_window *g, size_t lo, size_t hi, const void *x,
                   void *index);
    void (*gather)(const kern_window *g, size_t lo, size_t hi, const void *x,
                   const void *index, void *y);
    void (*scatter)(const kern_window *g, size_t lo, size_t hi, const void *y,
                    const void *index, void *x);
    void (*bilinear)(const kern_window *g, size_t lo, size_t hi, const void *x,
                     void *y);
    void (*bilinear_x)(const kern_window *g, size_t lo, size_t hi,
                       const void *y, void *x);
    void (*rows_gather)(size_t v, size_t d, size_t lo, size_t hi,
                        const void *table, const void *index, void *y);
    void (*rows_scatter)(size_t n, size_t d, size_t lo, size_t hi,
                         const void *y, const void *index, void *table);
} window_ops;

#endif
