/* Variational Bayes, inside room `gmm`: Bishop 2006, section 10.2.
 *
 *     q(pi) prod_j q(mu_j | Lambda_j) q(Lambda_j),  q(mu_j | Lambda_j) =
 *     N(mu_j | m_j, (beta_j Lambda_j)^-1)
 *
 * q(Lambda) of a unit: a Wishart density W(W, nu) of matrices, d Gamma
 * densities G(nu / 2, w_c / 2) of variances by column, one G(d nu / 2, d w / 2)
 * of one variance; w is W^-1, written as nu times the unit, so that the
 * parameters of the mixture are the posterior's means: m_j, and the inverse of
 * E[Lambda].
 */
#ifndef GMM_VARIATIONAL_H
#define GMM_VARIATIONAL_H

#include "gmm/job.h"

/* What the posterior has besides the parameters. One block of memory. */
struct gmm_posterior {
    size_t k, d, unit; /* unit: doubles of a covariance unit */
    int32_t given_mean, given_covariance; /* by gmm_set_prior() */
    int32_t fitted;     /* `counts` belong to the model's parameters */
    double *mean;       /* [d] m_0 */
    double *covariance; /* [unit] W_0^-1 */
    double *counts;     /* [k] N_j, the rows that belong to each component */
};

gmm_posterior *gmm_posterior_new(const gmm_covariance *t, size_t k, size_t d,
                                 genmod_workspace *w);
/* Of one shape. */
void gmm_posterior_copy(gmm_posterior *to, const gmm_posterior *from);

/* The prior's numbers, as the options say. */
typedef struct gmm_hyper {
    const gmm_covariance *type;
    const kern_ops *ops; /* doubles */
    size_t k, d;
    int32_t sticks; /* 1: stick-breaking (Sethuraman 1994), 0: Dirichlet */
    double concentration, precision, freedom; /* of each stick or component */
} gmm_hyper;

int32_t gmm_variational(const gmm_model *m);
gmm_hyper gmm_hyper_of(const gmm_model *m, const gmm_covariance *t, size_t d);
/* (10.58) and Blei, Jordan 2006, (18) and (19): out [k], or [2, k]. The last
 * stick is all that is left: its second number is 0. */
void gmm_concentrations(const gmm_hyper *h, const double *counts, double *out);
/* (10.60), (10.63); of the unit that all share N is the number of rows. */
double gmm_mean_precision(const gmm_hyper *h, const double *counts, size_t j);
double gmm_freedom(const gmm_hyper *h, const double *counts, size_t unit);

/* A training call's side of it. */
struct gmm_variation {
    gmm_hyper h;
    gmm_posterior *post;    /* its prior is this call's; becomes the model's */
    int32_t lent;           /* it has */
    int32_t ready;          /* the prior is there */
    double *root;           /* L of W_0^-1 = L L^T, [d, d], or W_0^-1 */
    double log_det;         /* ln det W_0^-1 */
    double *from_prior;     /* [k, d] of a step: means of the rows less m_0 */
    double *unit_terms;     /* [units] of the divergence */
    double *concentrations; /* [2, k] */
    gmm_slots slots;        /* [width] of two matrices and a gemm's scratch */
};

/* job->vary, where the model's option "inference" wants it. */
int32_t gmm_vary_open(gmm_job *job);
void gmm_vary_close(gmm_job *job);
/* The prior, from the data what is not given. Once a job. */
int32_t gmm_vary_prepare(gmm_job *job);
/* The M-step: next and the track's counts from its stats about now's means. */
int32_t gmm_vary_update(gmm_job *job, gmm_track *t, const gmm_params *now,
                        gmm_params *next);
/* Track 0 goes on from the model's posterior; without one, from that which the
 * responsibilities of its parameters make. */
int32_t gmm_vary_resume(gmm_job *job);
/* What the model's parameters lack that the track has. */
void gmm_vary_commit(gmm_job *job, const gmm_track *t);

void gmm_vary_publish(const gmm_job *job, const gmm_track *t);

/* evidence.c: makes a track's parameters fit for the E-step: log_norm becomes
 * what (10.46) adds to the quadratic form, and `divergence` KL(q || p) of all
 * but the assignments, so that the pass's log-likelihood less it is the whole
 * lower bound. */
int32_t gmm_vary_settle(gmm_job *job, gmm_track *t, gmm_params *p);

/* 1 and the size where the name is one of the posterior's. */
int gmm_posterior_size(const gmm_model *m, const char *name, size_t *n);
void gmm_posterior_give(const gmm_model *m, const char *name, double *out);

#endif
