/* What gemm.c, gemm_kernel.h and the providers of BLAS agree upon. */
#ifndef KERN_GEMM_H
#define KERN_GEMM_H

#include "kern/kern.h"

/* A native gemm works on blocks of GEMM_ROWS rows, GEMM_WIDTH bytes of columns
 * and GEMM_DEPTH of k: a sliver of B, three vectors wide, stays in L1 while all
 * rows of the block pass by it, and the block's share of A and C in L2. */
#define GEMM_ROWS 128
#define GEMM_DEPTH 224
#define GEMM_WIDTH 1152
#define GEMM_SLIVER (3 * 64) /* bytes, at most */

/* Scratch: a sliver of B, the accumulators of a block, a packed block of A. */
#define GEMM_SLIVER_BYTES (GEMM_DEPTH * GEMM_SLIVER)
#define GEMM_SUM_BYTES (GEMM_ROWS * GEMM_WIDTH)
#define GEMM_A_BYTES (GEMM_ROWS * GEMM_DEPTH * 8)

/* C = alpha op(A) op(B) + beta C, as kern_gemm(). */
typedef struct gemm_call {
    const kern_ops *ops;
    int ta, tb;
    size_t m, n, k;
    double alpha, beta;
    const void *a, *b;
    void *c;
    size_t lda, ldb, ldc;
} gemm_call;

/* ---- blas_openblas.c or blas_builtin.c, as the build chooses ------------- */

/* 1 where the provider is there and to be taken, by shape, kernel set and the
 * library's core alone. */
int blas_wants(const gemm_call *g);
/* The outputs of a tile, whatever the shape. */
void blas_tile(size_t *rows, size_t *columns);
/* One tile of a call that blas_wants(), on the calling thread. */
void blas_gemm(const gemm_call *g);

#endif
