/* Inside room `gan`. */
#ifndef GAN_INTERNAL_H
#define GAN_INTERNAL_H

#include "genmod/gan.h"
#include "measure/measure.h"
#include "model/model.h"

/* Players, networks and phases: D goes first. */
enum { GAN_D, GAN_G };

/* D's other networks, of what its first gives; either may be missing. */
enum { GAN_HEAD = 2, GAN_CLASSES_NET, GAN_NETS };

/* Choices, in the order of their options; 0 of loss and penalty is auto. */
enum {
    GAN_RELATIVISTIC_PRESET,
    GAN_DCGAN,
    GAN_WGAN_GP,
    GAN_SN_HINGE,
    GAN_LECTURE
};

enum { GAN_CONCAT, GAN_PROJECTION, GAN_CLASSIFIER };

enum {
    GAN_MINIMAX = 1,
    GAN_NON_SATURATING,
    GAN_LEAST_SQUARES,
    GAN_HINGE,
    GAN_WASSERSTEIN,
    GAN_RELATIVISTIC
};

enum {
    GAN_NO_PENALTY = 1,
    GAN_R1,
    GAN_R2,
    GAN_R1_R2,
    GAN_UNIT_GRADIENT,
    GAN_DRAGAN,
    GAN_ZERO_GRADIENT
};

/* Array of a body with classes: [classes] training rows of each. */
#define GAN_SHARES "classes.rows"

/* Sites of draws outside the graph. */
#define GAN_SITE_LABEL UINT32_C(0x67616e01)

/* Const programs. */
enum {
    GAN_CODES_OF,     /* -> z [m, z], of the rows' numbers */
    GAN_GENERATE,     /* "x" z, "label" -> rows [m, …] */
    GAN_DISCRIMINATE, /* "x" rows, "label" -> D [m / packing] */
    GAN_PROGRAMS
};

/* Outputs of the training programs, behind the loss. */
enum {
    GAN_O_LOSS,    /* D's with its penalty, or G's */
    GAN_O_PLAIN,   /* D's without */
    GAN_O_REAL,    /* D of training rows */
    GAN_O_FAKE,    /* D of generated ones */
    GAN_O_SQUARES, /* [3]: mean squared gradient of D by its rows, of training
                      rows (or of what else the penalty looks at) and of
                      generated ones, 0 where it is not known; the penalty */
    GAN_O_SPREADS, /* [2]: sum of the columns' variances, of both */
    GAN_O_G        /* G's loss, where one program moves both */
};

/* What a model trains by: options, and what a preset says where they do not. */
typedef struct gan_settings {
    int32_t loss, penalty, simultaneous;
    uint64_t d_updates;
    double weight, weight_end; /* of the penalty */
    double rate[2];            /* of D and G */
    double beta1, beta2;
    double clip; /* of D's weights; 0: none */
    uint64_t updates;
} gan_settings;

/* Places in a recipe. */
enum {
    GAN_R_LOSS,
    GAN_R_PENALTY,
    GAN_R_SIMULTANEOUS,
    GAN_R_D_UPDATES,
    GAN_R_WEIGHT,
    GAN_R_WEIGHT_END,
    GAN_R_CLASSIFIER
};

typedef struct gan_body {
    model_body base;
    int32_t standardise;
    int64_t classes;
    int32_t conditioning;
    int64_t packing, group; /* rows that D sees together; packs that share a
                               deviation, 1: none do */
    int32_t projection;     /* variable [classes, features]; -1: none */
    /* Places of D's other networks among the body's; -1: none. */
    int32_t head, classifier;
} gan_body;

struct gan_model {
    model base;
};

extern const base_option gan_options[];
extern const base_entry gan_entries[];
extern const model_family gan_family;

/* settings.c */
void gan_settle(const genmod_config *c, gan_settings *out);
int64_t gan_multiple(const genmod_config *c); /* that a minibatch is of */
int32_t gan_check_options(const genmod_config *c, genmod_workspace *w);
void gan_recipe(const genmod_config *c, double out[MODEL_RECIPE]);
size_t gan_phases(const double *recipe, model_phase out[MODEL_PHASES]);
void gan_tune(const genmod_config *c, size_t player, uint64_t n,
              uint64_t held_out, nn_training *o);
/* How much of the schedules is over, from 0 to 1. */
double gan_share(const model_trainer *t);

/* networks.c: whole networks, of the texts of the options. */
int64_t gan_codes(const genmod_config *c, const nn_size *size);
/* Sets those that there are, to be freed by the caller whatever comes out. */
int32_t gan_parse_networks(const genmod_config *c, const gan_body *b,
                           nn_net *out[GAN_NETS], genmod_workspace *w);

/* body.c */
int32_t gan_declare(const genmod_config *c, const model_schema *s,
                    model_body *b, genmod_workspace *w);
int gan_surveys(const model_body *b);
int gan_labelled(const model_body *b);
double *gan_sums(model_body *b, size_t i, size_t *n);
int32_t gan_look(model_body *b, const model_rows *r, int learn,
                 genmod_workspace *w);

/* players.c: the networks in a graph. */
ad_node gan_input_label(const model_draft *f); /* AD_NONE: there are none */
ad_node gan_generated(model_draft *f, ad_node z, ad_node label);
ad_node gan_draw_codes(const model_draft *f, const char *site);
/* D of n sets of rows [m, …], in one pass. */
typedef struct gan_verdict {
    ad_node y[2];    /* [m / packing], of each set */
    ad_node both;    /* what they are parts of */
    ad_node told[2]; /* ln p of the rows' classes, of a classifier */
} gan_verdict;
void gan_judge(model_draft *f, size_t n, const ad_node *x, ad_node label,
               gan_verdict *v);
/* How the networks of a player are applied from here on. */
void gan_set_pass(model_draft *f, int player, int flags, int32_t copy);
/* [m] summed over the rows that D sees together: [m / packing]. */
ad_node gan_by_packs(const model_draft *f, ad_node a);

/* loss.c: means over rows; weight [m / packing]. */
typedef struct gan_scores {
    ad_node real, fake, weight; /* [m / packing] */
} gan_scores;
ad_node gan_weighted(ad_graph *g, ad_node weight, ad_node a);
ad_node gan_d_loss(ad_graph *g, int32_t loss, const gan_scores *s);
ad_node gan_g_loss(ad_graph *g, int32_t loss, const gan_scores *s);
/* What they are at the equilibrium; NaN: any number. */
double gan_d_equilibrium(int32_t loss);
double gan_g_equilibrium(int32_t loss);

/* penalty.c: of a minibatch's rows x and generated ones, `of` D's outputs for
 * both, and those as the one node that they are parts of (AD_NONE: they are
 * not). Without its weight; AD_NONE: there is none. squares: GAN_O_SQUARES. */
typedef struct gan_game {
    ad_node x, fake, label, both;
    gan_scores of;
} gan_game;
ad_node gan_penalty(model_draft *f, int32_t kind, const gan_game *p,
                    ad_node *squares);

/* objective.c: programs of training. */
int32_t gan_compile_update(const model_body *b, const double *recipe,
                           size_t phase, size_t rows, ad_program **out,
                           genmod_workspace *w);
int32_t gan_compile_evaluate(const model_body *b, const double *recipe,
                             size_t rows, ad_program **out,
                             genmod_workspace *w);

/* generate.c: gan_sample() inside a call. */
int32_t gan_draw(const model *m, uint64_t seed, uint64_t first, size_t n,
                 const int32_t *labels, int32_t type, size_t bytes, void *out,
                 genmod_workspace *w);

/* critic.c: a discriminator of its own, new, of rows [2 n, d] of which the
 * first n are data and the others generated. It learns by one such table for
 * `steps` updates at least, and says of the other y and softplus(y): [2 n, 2],
 * in scratch. */
typedef struct gan_critic {
    const model *m; /* whose rows they are */
    size_t n;
    uint64_t seed;
    size_t steps;
    const double *learn, *test; /* [2 n, d] */
    double *verdict;            /* [2 n, 2], out */
} gan_critic;
int32_t gan_criticise(gan_critic *c, genmod_workspace *w);
int32_t gan_set_number(genmod_config *c, const char *key, uint64_t v,
                       genmod_workspace *w);
/* A seed of an option, for the learners of a probe. */
uint64_t gan_seed_of(uint64_t seed, int which);

/* respond.c: a copy of a model without classes in which one player goes on for
 * `steps` updates at least, by n rows, as many as D sees together or more. */
typedef struct gan_response {
    const model *m;
    int player;
    size_t n;
    uint64_t seed;
    size_t steps;
    const double *rows;  /* [n, d] */
    model_family family; /* the copy's: it lives as long */
} gan_response;
/* The caller frees *out, whatever comes out, before r is gone. */
int32_t gan_respond(gan_response *r, model **out, genmod_workspace *w);
/* What D makes large, of the logits of a row of the data and a generated one,
 * without penalties. */
double gan_value(int32_t loss, double real, double fake);

/* discriminate.c: gan_discriminate() inside a call. */
int32_t gan_judge_rows(const model *m, const genmod_data *x, size_t bytes,
                       double *out, genmod_workspace *w);

/* build.c: programs of const calls. */
int32_t gan_compile(const model_body *b, size_t program, size_t rows,
                    ad_program **out, genmod_workspace *w);

/* track.c: what training reports. */
void gan_fill(const model_trainer *t, const ad_program *p, uint64_t step);
size_t gan_tallies(const model_body *b);
void gan_note(model_trainer *t, const ad_program *p, size_t m);
void gan_publish(model_trainer *t, const nn_status *s);

/* meter.c: of its part of the tallies. */
size_t gan_meter_size(void);
/* After an update of D: logits of n rows of each kind, the share that was told
 * apart, the spread ratio. */
void gan_meter_note(double *m, size_t n, const float *real, const float *fake,
                    double right, double spread);
void gan_meter_look(double *m, size_t n, const float *real, const float *fake);
/* D(x) of a logit. */
double gan_meter_probability(const double *m, double logit);
void gan_meter_publish(model_trainer *t, double *m);

#endif
