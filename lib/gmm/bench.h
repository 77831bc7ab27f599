/* What rows that are seen in part take, inside partial.c and expect.c. */
#ifndef GMM_BENCH_H
#define GMM_BENCH_H

#include "gmm/partial.h"

/* A task's scratch: the columns in two, and what is made of a pattern. */
typedef struct gmm_bench {
    size_t n, rest; /* columns that are there, those that are to be told */
    size_t *given, *others;
    double *l, *v, *c; /* [d, d]: [n, n], [n, rest], [rest, rest] are used */
    double *e;         /* [n, rows of the group] */
    double *h;         /* [rows of the group, d] */
    void *pack;
    size_t m;   /* rows of the group */
    size_t row; /* the first of them, in the round */
} gmm_bench;

struct gmm_partial {
    int32_t type, missing;    /* missing: NaN is a missing cell */
    int32_t dense;            /* 1: some lane is not diagonal */
    size_t d, k;              /* the most components of a lane */
    const genmod_data *noise; /* NULL: none */
    int32_t full;             /* 1: noise is matrices */
    void *stage;
    base_view view;       /* of the round's noise */
    unsigned char *there; /* [blocks, KERN_ROWS, d] */
    uint16_t *order;      /* [blocks, KERN_ROWS]: rows by pattern */
    size_t *count;        /* [blocks]: how many */
    char *share;          /* [blocks, k, KERN_ROWS]: in the order of `order` */
    gmm_bench *benches;   /* [width] */
};

/* [d] of a row of the block: 1, the cell is there. */
const unsigned char *gmm_there(const gmm_partial *t, size_t at, size_t row);
/* Rows of the pattern that begins at place `from` of the order. */
size_t gmm_group_rows(const gmm_partial *t, size_t at, size_t from);
/* The noise of row number `row` of the round. */
double gmm_noise_of(const gmm_partial *t, size_t row, size_t a, size_t b);

#endif
