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

/* One item of a product: its corners in A, B and C, and its size. */
typedef struct gemm_tile {
    size_t m, n;
    const void *a, *b;
    void *c;
} gemm_tile;

/* ---- blas_openblas.c or blas_builtin.c, as the build chooses ------------- */

/* 1 where the provider is there and to be taken, by shape, kernel set and the
 * library's core alone. */
int blas_wants(const kern_product *p);
/* The outputs of a tile, whatever the shape. */
void blas_tile(size_t *rows, size_t *columns);
/* One tile of a product that blas_wants(), on the calling thread. */
void blas_gemm(const kern_product *p, const gemm_tile *t);

#endif
