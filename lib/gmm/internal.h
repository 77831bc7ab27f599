/* Inside room `gmm`. */
#ifndef GMM_INTERNAL_H
#define GMM_INTERNAL_H

#include <float.h>

#include "base/base.h"
#include "genmod/gmm_algebra.h"
#include "kern/kern.h"

#define GMM_MEND_NONE 0
#define GMM_MEND_RIDGE 1
#define GMM_MEND_SEED 2

/* Sites of Philox: the uses that one seed is put to. */
#define GMM_SITE_ROWS 1       /* which rows a start looks at */
#define GMM_SITE_CENTERS 2    /* k-means++ */
#define GMM_SITE_COMPONENT 3  /* of a sample */
#define GMM_SITE_NORMAL 4     /* of a sample */
#define GMM_SITE_SEED 5       /* re-seeding a component */
#define GMM_SITE_DIVERGENCE 6 /* rows of both mixtures */

/* covariance.c: a covariance type. A *unit* is one matrix: each component's, or
 * the one that all share. To add a type, add a row to the table there. */
typedef struct gmm_covariance {
    const char *name;
    int32_t triangle; /* 1: units [d, d]; 0: `width` numbers */
    int32_t shared;   /* 1: one unit for all components */
    int32_t scalar;   /* 1: a unit is one number for all columns */
    int32_t low;      /* 1: made of W and psi (factor.h), which are the state */
} gmm_covariance;

#define GMM_COVARIANCE_TYPES 5 /* rows of the table */

const gmm_covariance *gmm_covariance_of(const char *name);
/* Of the mixture of some of the columns, or given some. */
const gmm_covariance *gmm_part_covariance(const gmm_covariance *t);
size_t gmm_units(const gmm_covariance *t, size_t k);
size_t gmm_unit_size(const gmm_covariance *t, size_t d); /* doubles */
/* Variance of column c in a unit. */
double gmm_unit_variance(const gmm_covariance *t, size_t d, const double *unit,
                         size_t c);

/* params.c: what the panels of one element type are compared with. Columns are
 * centred and scaled by powers of two: x' = (x - center) * scale. */
typedef struct gmm_tables {
    const kern_ops *ops;
    kern_real *center, *scale; /* [d] */
    kern_real *mu;             /* [k, d], (mean - center) * scale, rounded */
    kern_real
        *precision; /* triangle: U [units, d, d]; else 1 / sigma [units, d] */
} gmm_tables;

/* Element i of an array of `type`, GENMOD_F32 or GENMOD_F64. */
static inline double gmm_real(int32_t type, const kern_real *at, size_t i)
{
    return type == GENMOD_F32 ? (double)((const float *)at)[i]
                              : ((const double *)at)[i];
}

static inline void gmm_set_real(int32_t type, kern_real *at, size_t i, double v)
{
    if (type == GENMOD_F32)
        ((float *)at)[i] = (float)v;
    else
        ((double *)at)[i] = v;
}

static inline double gmm_epsilon(int32_t type)
{
    return type == GENMOD_F32 ? (double)FLT_EPSILON : DBL_EPSILON;
}

/* A value of scaled column c in the data's units. */
static inline double gmm_unscaled(const gmm_tables *t, size_t c, double v)
{
    const int32_t type = t->ops->type;

    return gmm_real(type, t->center, c) + v / gmm_real(type, t->scale, c);
}

/* The parameters, and what is derived from them. One block of memory. */
typedef struct gmm_params {
    const gmm_covariance *type;
    size_t k, d, n_cov, bytes; /* bytes: of the block */
    /* The state of EM, in this order in memory: `n_state` doubles. */
    double *weights;         /* [k] */
    double *means;           /* [k, d] */
    double *covariances;     /* [units, unit size] */
    double *column_variance; /* [d] of the data; 0 while unknown */
    double *noise; /* [1 + d] weight of the noise, 0: none; sides of its box */
    size_t rank;   /* of factors; 0: there are none */
    double *loadings;     /* [k, d, rank] */
    double *uniquenesses; /* [k, d] */
    size_t n_state;
    /* Derived by gmm_params_derive(). */
    double
        *log_norm; /* [k] ln w_j + ln det U_j - d/2 ln 2 pi, scaled columns */
    double log_scale;   /* sum_c ln scale_c: to be added to a log-density */
    double pivot_floor; /* smallest share of a variance that a pivot may have */
    gmm_tables f32, f64;
} gmm_params;

/* A block with undefined state but for the noise, of which there is none; NULL
 * with status in w. */
gmm_params *gmm_params_new(const gmm_covariance *type, size_t k, size_t d,
                           genmod_workspace *w);
/* The same with factors, which are 0. */
gmm_params *gmm_params_new_rank(const gmm_covariance *type, size_t k, size_t d,
                                size_t rank, genmod_workspace *w);
void gmm_params_free(gmm_params *p);
/* Of one shape and kernel set. */
void gmm_params_copy(gmm_params *to, const gmm_params *from);
/* Checks the state as gmm_set_params() promises; the text names the element. */
int32_t gmm_params_check(const gmm_params *p, genmod_workspace *w);
/* Scratch of the pool's tasks for factorising units: made once a call, used as
 * often as there are steps. */
typedef struct gmm_slots {
    char *at;
    size_t pack, work, bytes; /* offsets: the gemm's, the factors'; of a slot */
} gmm_slots;
int32_t gmm_slots_new(const gmm_covariance *t, size_t d, size_t width,
                      gmm_slots *out, genmod_workspace *w);

/* Everything below `column_variance`. Returns the first unit that is not
 * positive definite, or the number of units if all are; without that nothing is
 * usable. */
size_t gmm_params_derive(gmm_params *p, const gmm_slots *slots,
                         genmod_workspace *w);
/* The same in three steps; gmm_derive_unit() runs in pool tasks and returns 0
 * for a unit that is not positive definite. */
void gmm_derive_columns(gmm_params *p);
int gmm_derive_unit(gmm_params *p, size_t unit, const gmm_slots *slots,
                    size_t slot);
void gmm_derive_norms(gmm_params *p);
const gmm_tables *gmm_tables_of(const gmm_params *p, int32_t type);

/* values.c: checks a state and derives the rest. GENMOD_BAD_ARGUMENT as
 * gmm_set_params(). */
int32_t gmm_params_settle(gmm_params *p, genmod_workspace *w);

/* pattern.c: the d columns of a mixture in two, those that are given and the
 * others, each ascending; and of each unit L of the given columns' covariance
 * and V = L^-1 S_go, g the given, o the others. */
typedef struct gmm_pattern {
    const gmm_params *p;
    size_t n, rest; /* given, others */
    size_t *given, *others;
    double *l, *v;   /* [units, d, d], of which [n, n] and [n, rest] are used */
    double *log_det; /* [units] sum of ln L_ii */
    void *pack;
} gmm_pattern;
/* Room for any split of the columns, in scratch. */
int32_t gmm_pattern_new(const gmm_params *p, gmm_pattern *t,
                        genmod_workspace *w);
void gmm_pattern_set(gmm_pattern *t, const unsigned char *is_given);
/* ln w_j + ln N(given; …) of component j; e [n] becomes L^-1 (given - mean). */
double gmm_pattern_weigh(const gmm_pattern *t, size_t j, const double *given,
                         double *e);
/* The others' mean in component j, given what e is of. */
void gmm_pattern_mean(const gmm_pattern *t, size_t j, const double *e,
                      double *out);
/* Logarithms [k] to shares of 1, none of them 0: a weight has to be positive.
 */
void gmm_share_out(const gmm_params *p, double *l);
/* Covariance of columns a and b of a unit; the unit of component j. */
double gmm_unit_covariance(const gmm_params *p, size_t unit, size_t a,
                           size_t b);
size_t gmm_unit_of(const gmm_params *p, size_t j);

/* posterior.c: of inference "variational", variational.h. */
typedef struct gmm_posterior gmm_posterior;
void gmm_posterior_free(gmm_posterior *p);
/* GENMOD_BAD_ARGUMENT for a prior that is none. */
int32_t gmm_posterior_check(const gmm_posterior *p, const gmm_covariance *t,
                            genmod_workspace *w);

struct gmm_model {
    genmod_config *config;
    genmod_report *report;
    gmm_params *params;       /* NULL: not fitted */
    gmm_posterior *posterior; /* NULL: none, and no prior was set */
    int32_t training;         /* 1: inside gmm_fit() */
};

/* score.c: rows of x fit as `type` in bytes at out, *need of them. */
int32_t gmm_check_rows_out(const gmm_model *m, const genmod_data *x,
                           int32_t type, size_t bytes, const void *out,
                           size_t *need, genmod_workspace *w);

extern const base_option gmm_options[];
extern const base_entry gmm_entries[];

/* model.c */
int32_t gmm_check_fitted(const gmm_model *m, genmod_workspace *w);
int32_t gmm_check_idle(const gmm_model *m, genmod_workspace *w);
const gmm_covariance *gmm_model_covariance(const gmm_model *m);
size_t gmm_model_rank(const gmm_model *m); /* 0 where there are no factors */

/* pass.c: passes over the data. */

/* Sums over the rows, in scaled columns, about the means of the lane, or about
 * the centre of the columns (0). */
typedef struct gmm_stats {
    int32_t common;  /* 1: about the centre */
    double *s0;      /* [k] sum of r */
    double *s1;      /* [k, d] sum of r e */
    double *s2;      /* [k, d, d], upper triangle, or [k, d]: sum of r e e^T */
    size_t size;     /* doubles in all, s0 first */
    double noise;    /* sum of p(noise | x) */
    int32_t weighed; /* 1: responsibilities are those of the parameters */
} gmm_stats;

/* The two forms of the sums, as option "form" of the report names them. */
#define GMM_FORM_MEANS 1  /* about each component's mean: always right */
#define GMM_FORM_CENTER 2 /* about the centre: cheaper, where few digits go */

/* Where responsibilities come from. */
#define GMM_POSTERIOR 0 /* p(j | x) of the parameters */
#define GMM_NEAREST 1   /* all to the component with the nearest mean */
#define GMM_LABELS 2    /* all to the row's label, none without one */
#define GMM_GIVEN 3     /* an array */

/* One mixture in a pass; several may share the data. */
typedef struct gmm_lane {
    const gmm_params *params;
    gmm_stats *stats;      /* NULL: the likelihood alone */
    double log_likelihood; /* out: weighted sum over the rows */
    double correction;     /* of the sum (Neumaier 1974) */
} gmm_lane;

/* Takes a block's rows first … first + m - 1 in a pool task: log-densities [m]
 * and ln p(x, j), or p(j | x) if the pass normalises, as [k, KERN_ROWS]. */
typedef void (*gmm_give)(size_t first, size_t m, const double *log_density,
                         const kern_real *l, void *arg);

typedef struct gmm_hold gmm_hold;   /* hold.h */
typedef struct gmm_prior gmm_prior; /* prior.h */
typedef struct gmm_round gmm_round;
typedef struct gmm_partial gmm_partial; /* partial.h */

typedef struct gmm_pass {
    /* Set before gmm_pass_open(). */
    const genmod_data *x;
    size_t n_lanes; /* the most that a run has */
    gmm_lane *lanes;
    int32_t moments; /* 1: some lanes have stats */
    int32_t noise;   /* 1: lanes may have noise; give's l has a line more */
    int32_t shared;  /* 1: sums are of all ranks' rows, `total` of them */
    size_t total;
    /* Set before each gmm_pass_run(). */
    int32_t source;      /* GMM_POSTERIOR … */
    const double *given; /* [n, k] */
    gmm_give give;       /* NULL: none; of lane 0 */
    void *arg;
    int32_t normalise; /* 1: give takes p(j | x); without moments */
    int32_t classify;  /* 1: max_j ln p(x, j) for ln p(x); without moments */
    int32_t (*poll)(size_t rows, void *user); /* NULL: none */
    void *user;
    /* Set by gmm_pass_run(). */
    double weight; /* sum of the row weights */
    gmm_round *round;
} gmm_pass;

/* Zeroed sums for a mixture of that shape, from base_alloc(). */
gmm_stats *gmm_stats_new(const gmm_covariance *t, size_t k, size_t d,
                         genmod_workspace *w);
/* Takes all the memory that runs need. Lanes have one d; one k where
 * responsibilities are labels or given; later runs no greater k than these. */
int32_t gmm_pass_open(gmm_pass *pass, genmod_workspace *w);
/* Zeroes the sums, reads all rows. A positive value of poll ends it with that.
 * Where it is shared, all ranks' sums come of it (ranks.c). */
int32_t gmm_pass_run(gmm_pass *pass, genmod_workspace *w);

/* l [k, KERN_ROWS] <- ln p(x, j) of m rows of a panel, but for log_scale:
 * Bishop 2006, (9.7), (2.43). */
void gmm_joint(const kern_ops *ops, const gmm_params *p, size_t m,
               const char *panel, char *l);
/* params.c: max_j ln p(x, j) of m rows, in place of ln p(x). */
void gmm_likeliest(const kern_ops *ops, size_t k, size_t m, const kern_real *l,
                   double *total);

/* sample.c: z [d] of unit normals becomes x - mu_j. */
void gmm_colour(const gmm_params *p, size_t j, double *z);

/* update.c: the M-step. next <- stats about now's means in the tables of
 * `type`; mends singular units. mend [k] says how. Spoils the stats.
 * GENMOD_BREAKDOWN where it may not mend. */
typedef struct gmm_rules {
    double ridge;
    int32_t repair; /* on_singular is "repair" */
    uint64_t seed;
    uint64_t step;          /* for the draws of a re-seeding */
    const gmm_prior *prior; /* NULL: none */
    const gmm_hold *hold;   /* NULL: nothing is held */
    double shrinkage;       /* of correlations */
    double *place; /* [k, d]: room, where means go elsewhere than their rows' */
} gmm_rules;
int32_t gmm_update(const gmm_params *now, int32_t type, gmm_stats *s,
                   const gmm_rules *rules, const gmm_slots *slots,
                   gmm_params *next, int32_t *mend, genmod_workspace *w);

#endif
