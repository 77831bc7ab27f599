/* k-means on a sample of the rows, inside room `gmm`. */
#ifndef GMM_KMEANS_H
#define GMM_KMEANS_H

#include "gmm/internal.h"

typedef struct gmm_kmeans {
    /* Set by the caller. */
    const kern_ops *ops; /* doubles */
    size_t rows, d, k;
    int32_t gaps; /* 1: cells may be missing; distances leave them out */
    uint64_t seed;
    /* Made by gmm_kmeans_new(); panels and weight are filled by the caller. */
    size_t blocks, candidates;
    double *panels;     /* [blocks, d, KERN_ROWS] */
    double *weight;     /* [rows] */
    unsigned char *gap; /* as panels, 1: missing, and 0 there; NULL: none */
    double *centers;    /* [k, d]: the result */
    int32_t *label;     /* [rows] */
    double *near; /* [rows] half the squared distance to the nearest centre */
    double *trial, *candidate, *partial, *sums, *masses, *mass, *ones;
    int32_t *moved;
} gmm_kmeans;

/* All memory, from the scratch of the call. */
int32_t gmm_kmeans_new(gmm_kmeans *s, genmod_workspace *w);
/* k-means++: centres of start number `start`. */
int32_t gmm_kmeans_seed(const gmm_kmeans *s, uint64_t start,
                        genmod_workspace *w);
/* Lloyd's iterations from the centres that are there. */
int32_t gmm_kmeans_run(const gmm_kmeans *s, size_t iterations,
                       genmod_workspace *w);

#endif
