/* Inside room `vae`. */
#ifndef VAE_INTERNAL_H
#define VAE_INTERNAL_H

#include "genmod/vae.h"
#include "model/model.h"
#include "vae/likelihood.h"

/* Priors, in the order of the option's choices. */
#define VAE_NORMAL 0
#define VAE_MIXTURE 1
#define VAE_VAMP 2

#define VAE_ELBO 0
#define VAE_IWAE 1

/* Gradients, in the order of the option's choices. */
#define VAE_STANDARD 0
#define VAE_STL 1
#define VAE_DREG 2

/* Sites of draws outside the graph. */
#define VAE_SITE_CODES UINT32_C(0x76616501)
#define VAE_SITE_LABEL UINT32_C(0x76616502)
#define VAE_SITE_RESAMPLE UINT32_C(0x76616503)
#define VAE_SITE_RESTART UINT32_C(0x76616504)

/* Array of a body with classes: [classes] training rows of each. */
#define VAE_SHARES "classes.rows"

/* Const programs. */
enum {
    VAE_ENCODE,     /* "x" … -> mean [m, z], log-variance [m, z]; with a
                       codebook its vectors, and -inf */
    VAE_DECODE,     /* "x" codes, "label" -> means of cells */
    VAE_GIVE,       /* the same -> the likelihood's numbers [m, params] */
    VAE_PRIOR_DRAW, /* -> centre and deviate [m, z] of a draw */
    VAE_WEIGH, /* "x" …, "mean", "log_variance" -> ln p(x|z) [m], ln p(z) -
                  ln q(z|x) [m]; of a model without a codebook */
    VAE_FILL,  /* the same, and the likelihood's numbers; of a model whose
                  cells may be missing */
    VAE_BLAME, /* "x" … -> what VAE_B_… name, z the mean code */
    VAE_PROGRAMS
};

/* Outputs of VAE_BLAME. */
enum {
    VAE_B_CELLS,          /* ln p(x_j|z) [m, …], 0 of missing cells */
    VAE_B_MOST,           /* that of the most likely cells [m, …] */
    VAE_B_RECONSTRUCTION, /* -ln p(x|z) [m] */
    VAE_B_KL              /* [m] */
};

/* Networks of a body. */
enum { VAE_ENCODER_NET, VAE_DECODER_NET };

/* Places in a recipe. */
enum {
    VAE_R_OBJECTIVE,
    VAE_R_GRADIENT,
    VAE_R_SAMPLES,
    VAE_R_HIDE,
    VAE_R_FREE_BITS,
    VAE_R_CAPACITY, /* 1: there is one */
    VAE_R_MMD
};

/* Outputs of the training programs, behind the loss. */
enum {
    VAE_O_LOSS,
    VAE_O_RECONSTRUCTION, /* -E ln p(x|z), mean over the rows */
    VAE_O_KL,             /* mean over the rows */
    VAE_O_CODES,          /* [3, z]: means over the rows of kl per code, of the
                             mean code and of its square */
    /* With a codebook: */
    VAE_O_USE,    /* [K]: weight of the codes that each vector stands for */
    VAE_O_RAW,    /* [m, z]: codes before they are quantised */
    VAE_O_WEIGHT, /* [m] */
};

/* The bounds of ln sigma^2 of q(z|x): a deviation from 5.5e-4 to 1808, whose
 * squares and their sums are floats with digits to spare. */
#define VAE_LOG_VARIANCE_MOST 15.0

typedef struct vae_body {
    model_body base;
    vae_likelihood likelihood;
    int32_t standardise, missing;
    int64_t classes;
    int32_t prior;
    int64_t components;
    /* Variables of the prior: logits [K], means and log-variances [K, z] of the
     * mixture; pseudo-inputs [K, columns] of VampPrior. */
    int32_t logits, means, log_variances, pseudo;
    /* A codebook: so many vectors (0: none) of so many numbers. Its variables:
     * vectors [K, w], running use of each [K], and of each at each of the L
     * places of a code [L, K]. */
    int64_t vectors, width;
    int32_t book, use, places;
    /* Variables of the encoder's inputs: counts as (ln(1 + x) + shift) factor.
     */
    int32_t shift, factor;
    /* Of the survey, over the cells that are there: sums of what the decoder's
     * biases start from [params], of each column the number of cells [d] and
     * the sum of their squares [d]; NULL but while a model starts. */
    double *sums;
} vae_body;

struct vae_model {
    model base;
};

extern const base_option vae_options[];
extern const base_entry vae_entries[];
extern const model_family vae_family;

/* options.c: what bounds of single options cannot say. */
int32_t vae_check_options(const genmod_config *c, genmod_workspace *w);
void vae_recipe(const genmod_config *c, double out[MODEL_RECIPE]);

/* networks.c: the encoder up to its 2 z numbers, the decoder up to the
 * likelihood's. `features`: what the encoder reads; `codes` what the decoder
 * does. */
int32_t vae_parse_networks(const genmod_config *c, const vae_body *b,
                           const nn_size *features, const nn_size *codes,
                           nn_net **encoder, nn_net **decoder,
                           genmod_workspace *w);
/* z of the options, for rows of a size: whole vectors of a codebook. */
int64_t vae_code_of(const genmod_config *c, const nn_size *size);

/* body.c */
int32_t vae_declare(const genmod_config *c, const model_schema *s,
                    model_body *b, genmod_workspace *w);
void vae_dispose(model_body *b);
void vae_settle(model_body *b);
int32_t vae_initialise(model_body *b, const genmod_config *c, uint64_t seed,
                       genmod_workspace *w);

/* features.c: what the encoder reads of a row. */
nn_size vae_features_size(const vae_body *b);
/* x with the mask (AD_NONE: all are there) that the encoder is to see, and the
 * label (AD_NONE: none). */
ad_node vae_features(const model_draft *f, ad_node x, ad_node mask,
                     ad_node label);
/* Inputs of a graph; AD_NONE where the model has none. */
ad_node vae_input_mask(const model_draft *f);
ad_node vae_input_label(const model_draft *f);

/* codes.c: q(z|x) and p(z). k draws of a row lie beside each other. */
typedef struct vae_codes {
    int64_t k;
    ad_node mean, log_variance; /* [m, z] */
    ad_node z;                  /* [m, k, z] */
    ad_node raw, index; /* of a codebook: what was quantised [m, z], and the
                           vectors' numbers [m, L] */
} vae_codes;
/* From what the encoder gives. */
void vae_posterior(model_draft *f, ad_node features, vae_codes *c);
/* z = mean + sigma epsilon, equation (10) of Kingma, Welling 2014. */
void vae_draw_codes(const model_draft *f, int64_t k, vae_codes *c);
/* Summed over the codes: [m, k]. stopped 1: no gradient through mean and
 * log-variance but by way of z (Roeder, Wu, Duvenaud 2017). */
ad_node vae_log_posterior(const model_draft *f, const vae_codes *c,
                          int stopped);
ad_node vae_log_prior(model_draft *f, ad_node z);
/* KL(q || N(0, 1)) of each code [m, z]: equation (24) of the same appendix B.
 * With a codebook -ln p of each vector, in equal parts among its numbers. */
ad_node vae_kl(const model_draft *f, const vae_codes *c);
/* A draw from the prior: its centre and what deviates from it, [m, z]. */
void vae_prior_draw(model_draft *f, ad_node *centre, ad_node *deviate);
/* What the decoder gives for z [m, k, z]: [m k, params]. */
ad_node vae_decoded(model_draft *f, ad_node z, ad_node label);

/* codebook.c: codes of vectors. */
int32_t vae_codebook_declare(vae_body *b, genmod_workspace *w);
/* The nearest vectors to what the encoder gives [m, z]. */
void vae_quantise(const model_draft *f, ad_node y, vae_codes *c);
/* The vectors, with the gradient of what was quantised: [m, z]. */
ad_node vae_straight(const model_draft *f, const vae_codes *c);
ad_node vae_codebook_kl(const model_draft *f, const vae_codes *c);
/* Vectors in the shares that they had at each place: [m, z]. */
ad_node vae_codebook_draw(const model_draft *f);
/* |raw - stop(vectors)|^2 of each row: [m]. */
ad_node vae_commitment(const model_draft *f, const vae_codes *c);
/* Successors of the codebook, and the outputs from VAE_O_USE on. */
void vae_codebook_follow(model_draft *f, const vae_codes *c, ad_node weight);

/* restart.c: after an update of m rows vectors of little use become codes of
 * the minibatch. */
void vae_restart(const model_trainer *t, const ad_program *p, size_t m);

/* objective.c: programs of training. */
int32_t vae_compile_update(const model_body *b, const double *recipe,
                           size_t phase, size_t rows, ad_program **out,
                           genmod_workspace *w);
int32_t vae_compile_evaluate(const model_body *b, const double *recipe,
                             size_t rows, ad_program **out,
                             genmod_workspace *w);

/* mmd.c: MMD^2 between the codes of a minibatch and N(0, 1). */
ad_node vae_mmd(const model_draft *f, const vae_codes *c, ad_node weight);

/* build.c: programs of const calls, and how some are built. */
void vae_build_encode(model_draft *f);
void vae_build_decode(model_draft *f, int means);
void vae_build_reconstruct(model_draft *f); /* the means of mean codes' rows */
int32_t vae_compile(const model_body *b, size_t program, size_t rows,
                    ad_program **out, genmod_workspace *w);

/* cells.c */
int vae_surveys(const model_body *b);
int vae_labelled(const model_body *b);
double *vae_sums(model_body *b, size_t i, size_t *n);
int32_t vae_join(model_body *b, genmod_workspace *w);
int32_t vae_look(model_body *b, const model_rows *r, int learn,
                 genmod_workspace *w);

/* track.c: what training reports. */
void vae_fill(const model_trainer *t, const ad_program *p, uint64_t step);
size_t vae_tallies(const model_body *b);
void vae_note(model_trainer *t, const ad_program *p, size_t m);
size_t vae_length(const model_body *b, const char *key);
void vae_publish(model_trainer *t, const nn_status *s);
void vae_tune(const genmod_config *c, size_t player, uint64_t n,
              uint64_t held_out, nn_training *o);

/* scalar.c */
const kern_ops *vae_plain(void); /* the generic kernels' table of doubles */
double vae_plain_exp(double x);
double vae_plain_ln(double x);

/* encode.c */
int32_t vae_check_rows(const model *m, const genmod_data *x, const char *name,
                       genmod_workspace *w);
/* GENMOD_BAD_ARGUMENT unless it is GENMOD_MEAN or GENMOD_DRAW. */
int32_t vae_check_what(int32_t what, genmod_workspace *w);
/* 1 <= draws, first + draws <= 2^24. */
int32_t vae_check_draws(size_t first, size_t draws, genmod_workspace *w);
/* GENMOD_UNSUPPORTED where q(z|x) has no density; `what` begins the text. */
int32_t vae_check_density(const model *m, const char *what,
                          genmod_workspace *w);
/* Panels that read rows of x. */
model_panels vae_panels(const model *m, const genmod_data *x, size_t program);
/* What the encoder makes of rows, in scratch. */
typedef struct vae_encoded {
    float *mean, *log_variance; /* [n, z] */
    float *labels;              /* [n]; NULL: the model has no classes */
} vae_encoded;
int32_t vae_encode_rows(const model *m, const genmod_data *x, vae_encoded *out,
                        genmod_workspace *w);

/* score.c: replays of VAE_WEIGH or VAE_FILL over the rows of x and their codes,
 * of o's row, seed, draws and give. */
int32_t vae_weigh(const model *m, const genmod_data *x, size_t program,
                  const vae_encoded *codes, model_panels *o, void **results,
                  genmod_workspace *w);

/* decode.c: the rows of codes [n, z], with labels [n] where there are classes;
 * draws are those of rows number first, …. */
int32_t vae_decode_rows(const model *m, size_t n, const float *z,
                        const float *labels, int32_t what, uint64_t seed,
                        uint64_t first, int32_t type, void *out,
                        genmod_workspace *w);
/* n rows of d elements of `type` fit bytes at out, and `what` is something. */
int32_t vae_check_out(const model *m, size_t n, int32_t what, int32_t type,
                      size_t bytes, const void *out, genmod_workspace *w);

#endif
