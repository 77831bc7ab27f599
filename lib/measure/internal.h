/* What the sources of room `measure` share. */
#ifndef MEASURE_INTERNAL_H
#define MEASURE_INTERNAL_H

#include "measure/measure.h"

/* ln 2, ln 2 pi */
#define MEASURE_LN_2 0.693147180559945309417
#define MEASURE_LN_2PI 1.837877066409345483561

/* ---- sum.c -------------------------------------------------------------- */

/* A sum that carries what its additions lost (Neumaier 1974). Zeroed, it is
 * empty. */
typedef struct measure_sum {
    double total, correction;
} measure_sum;

void measure_add(measure_sum *s, double x);
double measure_total(const measure_sum *s);
/* The power of two to take out of numbers like v before they are squared, and
 * to put back behind the root; 0 where squares stay well within doubles. */
int measure_exponent(double v);

/* ---- log.c: logarithms whose leading terms are gone --------------------- */

/* |s| below which the series hold. */
#define MEASURE_NEAR 0.25
#define MEASURE_BLOCK 256

/* Our own logarithm: the C library's differs from version to version. */
double measure_ln(const kern_ops *f64, double x);
/* artanh(s) / s - 1 of z = s^2 <= MEASURE_NEAR^2 */
double measure_artanh_rest(double z);
/* t - ln(1 + t), t > -1: not negative, and all its digits where t is small */
double measure_excess(const kern_ops *f64, double t);
/* y[i] = ((1 + s) ln(1 + s) + (1 - s) ln(1 - s)) / 2 of s[i] in [0, 1]: what a
 * pair with s = |p - q| / (p + q) adds to the Jensen-Shannon divergence, for
 * each unit of (p + q) / 2. n <= MEASURE_BLOCK; y may be s. */
void measure_gap(const kern_ops *f64, size_t n, const double *s, double *y);

/* ---- quadrature.c ------------------------------------------------------- */

#define MEASURE_PARTS 3 /* integrals that are taken at once, at most */

/* y [n, parts] of x [n, d], and what each y's rounding is in proportion to. 0,
 * a negative status, or 1: the integral is infinite. */
typedef int32_t (*measure_integrand)(size_t n, const double *x, double *y,
                                     double *size, void *arg,
                                     genmod_workspace *w);

typedef struct measure_integral {
    size_t d, parts;             /* d: 1 or 2 */
    const double *lower, *upper; /* [d], may be infinite */
    double tolerance;            /* on the error of each part */
    measure_integrand f;
    void *arg;
    double value[MEASURE_PARTS], error[MEASURE_PARTS]; /* out */
} measure_integral;

/* Ends once all errors are within the tolerance, as small as rounding lets them
 * be, or out of cells. Returns the status of the integrand. Takes scratch. */
int32_t measure_integrate(measure_integral *q, genmod_workspace *w);

/* ---- panels.c: rows of one or two views, panel by panel ----------------- */

/* Panels of KERN_ROWS rows: those of the first view, then those of the second,
 * each view's last one with what is left. Rows are numbered through. */
typedef struct measure_panels {
    const kern_ops *f64;
    size_t views, d, n; /* n: rows of all views */
    const genmod_data *x[2];
    const char *name[2];
    size_t rows[2], blocks[2]; /* of a view */
    double *center, *scale;    /* [d]: zeros and ones at first */
    void *stage;
} measure_panels;

/* Checks a view. Takes scratch. */
int32_t measure_panels_open(measure_panels *p, const char *name,
                            const genmod_data *x, genmod_workspace *w);
/* The rows of x, then those of y, of as many columns. */
int32_t measure_panels_open_pair(measure_panels *p, const genmod_data *x,
                                 const genmod_data *y, genmod_workspace *w);
/* Two views x and y with rows, and as many columns. */
int32_t measure_check_pair(const genmod_data *x, const genmod_data *y,
                           genmod_workspace *w);
int32_t measure_refuse_weight(const char *name, double weight,
                              genmod_workspace *w);
int32_t measure_check_columns(const genmod_data *x, const genmod_data *y,
                              genmod_workspace *w);
size_t measure_panels_count(const measure_panels *p);
/* Rows of panel g, and the number of its first one. */
size_t measure_panel_rows(const measure_panels *p, size_t g, size_t *first);
/* out [count, d * KERN_ROWS] = panels g … g + count - 1. Refuses weights other
 * than 1 and what is not finite. On the calling thread. */
int32_t measure_panels_read(const measure_panels *p, size_t g, size_t count,
                            double *out, genmod_workspace *w);
/* Sets the center of x, and of y if it is not NULL, to the middle of x's first
 * view, where distances come of products: of some rows, the median of each
 * column. All walks of a call want the same one. Takes scratch. */
int32_t measure_walk_center(const measure_panels *x, const measure_panels *y,
                            genmod_workspace *w);
/* The status, and in the text of a cell that is not finite the view's name. */
int32_t measure_named(int32_t status, const char *name, genmod_workspace *w);

/* ---- walk.c: all pairs of rows ------------------------------------------ */

#define MEASURE_TILE 32 /* queries that meet a panel at once */
#define MEASURE_PRODUCTS \
    12 /* columns from which on distances come of products */

typedef struct measure_tile {
    size_t query, rows; /* queries: number of the first, how many */
    size_t first, m;    /* candidates: the same */
    size_t panel;       /* the candidates', counted from the round's first */
    int own;            /* candidates are the queries' own panel */
    size_t slot, item;  /* item: the tile within its group */
    double *l;          /* [rows, KERN_ROWS]: -|x - y|^2 / 2; may be spoiled */
    double *most;       /* [rows]: the greatest of a row's l */
} measure_tile;

typedef struct measure_walk {
    const measure_panels *queries, *candidates;
    size_t group, round; /* panels at once at most; 0: by their size */
    int symmetric;       /* 1: both are one; panels before the query's own are
                            left out */
    int products;        /* 1: l = x y, and `most` says nothing */
    /* Candidate panels g … g + count - 1 come next; NULL: nothing to do. On the
     * calling thread. */
    void (*prepare)(size_t g, size_t count, void *arg);
    /* In a pool task. A query meets the panels in their order. */
    void (*visit)(const measure_tile *t, void *arg);
    /* All panels have met a tile (of which l, first and m say nothing). In the
     * order of tiles, on the calling thread. Returns a status. */
    int32_t (*settle)(const measure_tile *t, void *arg, genmod_workspace *w);
    void *arg;
} measure_walk;

/* Fills in group and round. */
void measure_walk_plan(measure_walk *walk);
/* Tiles of a group, at most. */
size_t measure_walk_items(const measure_walk *walk);
/* Takes scratch. Cancel is polled at every round. */
int32_t measure_walk_run(const measure_walk *walk, genmod_workspace *w);

/* ---- heap.c -------------------------------------------------------------- */

void measure_heap_sink(size_t n, double *heap);
void measure_heap_rise(double *heap, size_t i);

/* The k largest numbers that were met. Zeroed but for l, it is empty. */
typedef struct measure_heap {
    double *l; /* [k], the least first */
    size_t held, equal;
} measure_heap;

/* What a number must reach to matter. */
double measure_heap_least(const measure_heap *h, size_t k);
void measure_heap_meet(measure_heap *h, size_t k, double l);

/* ---- batches.c ----------------------------------------------------------- */

#define MEASURE_BATCHES 30 /* at most */

typedef struct measure_batches {
    size_t n, count, start[MEASURE_BATCHES + 1];
    unsigned char *of; /* [n]: each row's batch */
    int64_t *row;      /* [n]: of batch b from start[b] on, ascending */
} measure_batches;

/* Deals n rows out to `count` batches, the same way each time. Takes scratch, 9
 * bytes a row. */
int32_t measure_deal(measure_batches *b, size_t n, size_t count, uint32_t site,
                     genmod_workspace *w);
/* Where the batch's rows from number `first` on begin in `row`. */
size_t measure_batch_find(const measure_batches *b, size_t batch, size_t first);

/* ---- gamma.c ------------------------------------------------------------- */

/* ln n! */
double measure_ln_factorial(const kern_ops *f64, size_t n);
/* The chance that a sum of d squared normals is at most x. */
double measure_chi_square(const kern_ops *f64, size_t d, double x);

/* ---- sort.c ------------------------------------------------------------- */

/* Picks m of n numbers 0 … n - 1, each choice as likely: pick(i) of each, in
 * ascending order (Knuth, volume 2, 3.4.2, algorithm S). Draws from stream
 * (seed, row) at `site`. */
void measure_choose(size_t n, size_t m, uint64_t seed, uint64_t row,
                    uint32_t site, void (*pick)(size_t i, void *arg),
                    void *arg);

/* Sites of random numbers. */
#define MEASURE_SITE_LABELS 1    /* permutations */
#define MEASURE_SITE_MEDIAN 2    /* rows that the median distance looks at */
#define MEASURE_SITE_DIRECTION 3 /* of slices */
#define MEASURE_SITE_BATCH_X 4   /* batches of x */
#define MEASURE_SITE_BATCH_Y 5   /* batches of y */
#define MEASURE_SITE_EQUAL 6     /* which of equally near rows is the nearest */

#endif
