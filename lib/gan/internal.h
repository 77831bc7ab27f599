/* Inside room `gan`. */
#ifndef GAN_INTERNAL_H
#define GAN_INTERNAL_H

#include "genmod/gan.h"
#include "genmod/gan_table.h"
#include "measure/measure.h"
#include "model/model.h"

/* Players, networks and phases: D goes first. */
enum { GAN_D, GAN_G };

/* D's other networks, of what its first gives; either may be missing. */
enum { GAN_HEAD = 2, GAN_CLASSES_NET, GAN_NETS };

/* Choices, in the order of their options; 0 of loss and penalty is auto. */
enum {
    GAN_AUTO_PRESET, /* the preset of use */
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

/* Changes of an augmentation, a bit each. */
enum {
    GAN_TRANSLATION = 1,
    GAN_CUTOUT = 2,
    GAN_BRIGHTNESS = 4,
    GAN_SATURATION = 8,
    GAN_CONTRAST = 16
};

enum { GAN_AUTO, GAN_STANDARD, GAN_QUANTILE, GAN_BY_MODES, GAN_BY_HEAPS };

/* Arrays of a table: the range of each column's training cells; cells of the
 * numeric ones between the segments of their quantiles [numeric, GAN_SEGMENTS +
 * 1], counts as ln(1 + x + u) in units of the column. */
#define GAN_LEAST "table.least"
#define GAN_MOST "table.most"
#define GAN_CELLS "table.cells"

/* Variable of a table by modes or heaps, which only the data's size may have
 * decided on. */
#define GAN_MEANS "table.means"

/* Array of a body with classes: [classes] training rows of each. */
#define GAN_SHARES "classes.rows"

/* Sites of draws outside the graph. */
#define GAN_SITE_LABEL UINT32_C(0x67616e01)

/* In the place of a site: what would be drawn, [m, numbers], is an input. */
#define GAN_NOISE "noise"
/* In the place of a site: which modes rows are in follows from their codes. */
#define GAN_OF_CODES "codes"

/* Const programs. */
enum {
    GAN_CODES_OF,     /* -> z [m, z], of the rows' numbers */
    GAN_GENERATE,     /* "x" z, "label" -> rows [m, …] */
    GAN_DRAW,         /* the same of a table, with its categories drawn */
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
    int32_t augmentation;            /* changes */
    double augmented, augmented_end; /* share of the rows */
    double weight, weight_end;       /* of the penalty */
    double rate[2];                  /* of D and G */
    double beta1, beta2, beta2_end;  /* 0: beta2 */
    double clip;                     /* of D's weights; 0: none */
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
    GAN_R_CLASSIFIER,
    GAN_R_AUGMENTATION,
    GAN_R_AUGMENTED,
    GAN_R_AUGMENTED_END
};

/* A run of columns of one kind and one number of levels. */
typedef struct gan_block {
    int32_t kind;        /* GENMOD_REAL, … */
    int64_t levels;      /* of categories, and modes; else 0 */
    int64_t first, size; /* columns */
    int64_t place;       /* among the numeric columns, of the first of it */
    int64_t at, numbers; /* of a row as networks see it */
} gan_block;

typedef struct gan_learning gan_learning;

/* How a row of columns of several kinds lies before the networks. */
typedef struct gan_table {
    int32_t encoding; /* of numeric columns: GAN_STANDARD, … */
    size_t blocks;    /* 0: rows are no table, networks see them as they are */
    gan_block *block;
    int32_t *kind;   /* [d] */
    int64_t numbers; /* of a row as networks see it */
    int64_t numeric; /* columns */
    /* Variables; -1: none. */
    int32_t shift, factor; /* [d]: of ln(1 + count) */
    int32_t offset;        /* [numbers]: ln of the shares of categories */
    int32_t reach;         /* [1]: greatest deviate of a quantile */
    int32_t knots; /* [numeric, GAN_SEGMENTS + 1]: the same in units of the
                      columns */
    int32_t means, deviations; /* [numeric, modes] */
    gan_learning *learning;    /* NULL but in a survey */
} gan_table;

#define GAN_SEGMENTS 64       /* of a quantile function */
#define GAN_NEVER (-1e4)      /* in the place of ln 0 */
#define GAN_COUNT_MOST 0x1p24 /* as genmod/data.h says */

typedef struct gan_body {
    model_body base;
    gan_table table;
    double temperature; /* of the softmax of categories */
    int32_t standardise;
    int64_t classes;
    int32_t conditioning;
    int32_t by_norm;        /* 1: G is told of labels by its batch norms */
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
double gan_weight_end(const model_trainer *t); /* of the penalty */

/* table.c: columns by what they hold. */
int32_t gan_table_declare(const genmod_config *c, const model_schema *s,
                          gan_body *b, genmod_workspace *w);
void gan_table_dispose(model_body *b);
/* A row as networks see it. */
nn_size gan_row_size(const gan_body *b);
int gan_is_numeric(const gan_block *k);
int gan_has_modes(const gan_table *t); /* columns have room for some */
int gan_is_drawn(const gan_table *t);  /* a row is no function of its code */
/* A column stands by several modes. */
int gan_is_split(const gan_body *b);

/* heaps.c: whether a deep valley of the density lies between some of n modes
 * of so many cells. */
int gan_is_separate(size_t cells, size_t n, const double *weight,
                    const double *mean, const double *deviation);

/* learn.c: what a table's rows tell before training. */
void gan_learning_free(gan_learning *l);
int32_t gan_learn_rows(gan_body *b, const model_rows *r, genmod_workspace *w);
int32_t gan_initialise(model_body *b, const genmod_config *c, uint64_t seed,
                       genmod_workspace *w);

/* cells.c: a table's rows in a graph. Of rows that are no table, x. */
/* drawn 1: what lies within a step of a column is drawn, 0: its middle. */
ad_node gan_encode(const model_draft *f, ad_node x, int drawn);
/* What G gives, as rows like those; site: of the draws of categories. */
ad_node gan_relax(const model_draft *f, ad_node y, const char *site);
/* Rows of cells [m, d] of what G gives, for gan_table_write(), in units of the
 * columns or as deviates of their quantiles; site NULL: the most probable
 * categories. */
ad_node gan_decode(const model_draft *f, ad_node y, const char *site);

/* write.c: such cells as the caller's, each valid by its column's kind. */
void gan_table_write(const gan_body *b, size_t m, const float *in, int32_t type,
                     void *out);
/* How a graph makes the same floats; its arrays lie in scratch. */
int32_t gan_table_cells(const gan_body *b, model_cells *out,
                        genmod_workspace *w);

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
int32_t gan_check_alone(const model_body *b, genmod_workspace *w);
int32_t gan_join(model_body *b, genmod_workspace *w);
int32_t gan_look(model_body *b, const model_rows *r, int learn,
                 genmod_workspace *w);

/* augment.c: the changes that a text names, and whether all its words do and
 * the rows can have them. */
int32_t gan_changes(const char *text);
int32_t gan_check_changes(const genmod_config *c, genmod_workspace *w);
/* Rows [m, h, w, c] of a size, changed: each by draws of `site` of its own, and
 * by each of the set with the chance that an input "augmentation" gives. */
ad_node gan_augmented(ad_graph *g, const nn_size *s, int32_t set,
                      const char *site, ad_node x);

/* players.c: the networks in a graph. */
ad_node gan_input_label(const model_draft *f); /* AD_NONE: there are none */
ad_node gan_input_codes(const model_draft *f); /* "x" of a const program */
ad_node gan_generated(model_draft *f, ad_node z, ad_node label);
/* The same as D sees it; site: of the draws of categories. */
ad_node gan_generated_row(model_draft *f, ad_node z, ad_node label,
                          const char *site);
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

/* penalty.c: of a minibatch's rows x and generated ones as D sees them, that
 * is, augmented, `of` D's outputs for both, and those as the one node that they
 * are parts of (AD_NONE: they are not). Without its weight; AD_NONE: there is
 * none. squares: GAN_O_SQUARES. */
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

/* build.c: programs of const calls, and how some are built. */
void gan_build_generate(model_draft *f, const char *site);
void gan_build_discriminate(model_draft *f);
int32_t gan_compile(const model_body *b, size_t program, size_t rows,
                    ad_program **out, genmod_workspace *w);

/* track.c: what training reports. */
void gan_fill(const model_trainer *t, const ad_program *p, uint64_t step);
size_t gan_tallies(const model_body *b);
void gan_note(model_trainer *t, const ad_program *p, size_t m);
void gan_publish(model_trainer *t, const nn_status *s);

/* meter.c: of its part of the tallies. */
size_t gan_meter_size(void);
/* After an update of D; 1: its logits are noted, one update in `every`. */
int gan_meter_count(double *m, int every);
/* Logits of n rows of each kind, the share that was told apart, the spread
 * ratio. */
void gan_meter_note(double *m, int every, size_t n, const float *real,
                    const float *fake, double right, double spread);
void gan_meter_look(double *m, size_t n, const float *real, const float *fake);
/* D(x) of n logits, in their place. */
void gan_meter_probabilities(const double *m, size_t n, double *logit);
void gan_meter_publish(model_trainer *t, double *m);

#endif
