/* The programs of an update: D's phase and G's, or one for both. */
#include "gan/internal.h"

/* A training graph under construction. */
typedef struct training {
    model_draft f;
    const double *recipe;
    gan_game game;
    /* Of draws: codes, changes of both rows, levels. */
    const char *const *site;
    ad_node rows[2]; /* training and generated ones as they are */
    ad_node penalty; /* AD_NONE: none */
    ad_node told[2]; /* as gan_verdict, of training and of generated rows */
    ad_node squares[2];
    ad_node plain, d_loss, g_loss;
} training;

/* Draws of D's phase and G's. */
static const char *const sites[2][4] = {
    {"gan/d", "gan/d/augment/x", "gan/d/augment/z", "gan/d/levels"},
    {"gan/g", "gan/g/augment/x", "gan/g/augment/z", "gan/g/levels"}};
static const char *const held_sites[4] = {
    "gan/held", "gan/held/augment/x", "gan/held/augment/z", "gan/held/levels"};

static int recipe_of(const training *t, int place)
{
    return (int)t->recipe[place];
}

/* Weights of the rows that D sees together: their mean. */
static ad_node weights_of(const model_draft *f)
{
    const double share = 1 / (double)((const gan_body *)f->b)->packing;

    return ad_scale(f->g, gan_by_packs(f, model_draft_weights(f)), share);
}

static int32_t open_training(training *t, const model_body *b,
                             const double *recipe, size_t rows, int flags,
                             genmod_workspace *w)
{
    const int32_t status = model_draft_open(&t->f, b, rows, flags, w);

    if (status)
        return status;
    t->recipe = recipe;
    t->penalty = AD_NONE;
    t->rows[0] =
        gan_encode(&t->f, model_draft_rows(&t->f, "x", &b->columns.size), 1);
    t->game.label = gan_input_label(&t->f);
    t->game.of.weight = weights_of(&t->f);
    return GENMOD_OK;
}

/* Two passes where rows of one would change what D makes of the other, or where
 * the penalty wants the gradient of one alone. */
static int is_joined(const training *t)
{
    const int penalty = recipe_of(t, GAN_R_PENALTY);

    return penalty != GAN_R1 && penalty != GAN_R2 &&
           !nn_net_has(t->f.b->net[GAN_D], "batchnorm");
}

/* Rows as D sees them. */
static ad_node augmented(const training *t, int fake)
{
    return gan_augmented(t->f.g, &t->f.b->columns.size,
                         recipe_of(t, GAN_R_AUGMENTATION), t->site[1 + fake],
                         t->rows[fake]);
}

static void judge_both(training *t)
{
    gan_game *const p = &t->game;
    const ad_node x[2] = {augmented(t, 0), augmented(t, 1)};
    const int flags = t->f.pass[GAN_D].flags;
    gan_verdict v, w;

    p->x = x[0];
    p->fake = x[1];
    if (is_joined(t)) {
        gan_judge(&t->f, 2, x, p->label, &v);
        p->both = v.both;
    } else {
        p->both = AD_NONE;
        gan_judge(&t->f, 1, &x[0], p->label, &v);
        gan_set_pass(&t->f, GAN_D, flags & ~NN_UPDATE, 1);
        gan_judge(&t->f, 1, &x[1], p->label, &w);
        gan_set_pass(&t->f, GAN_D, flags, 0);
        v.y[1] = w.y[0];
        v.told[1] = w.told[0];
    }
    p->of.real = v.y[0];
    p->of.fake = v.y[1];
    t->told[0] = v.told[0];
    t->told[1] = v.told[1];
}

/* The cross-entropy of classes, with its weight, joins a loss: of rows of the
 * data (of D) and of generated ones. Odena et al. 2017, equations (2), (3). */
static ad_node with_classes(const training *t, ad_node loss, int real)
{
    ad_graph *const g = t->f.g;
    const double weight = t->recipe[GAN_R_CLASSIFIER];
    ad_node sum;

    if (((const gan_body *)t->f.b)->classifier < 0)
        return loss;
    sum = ad_mean_all(g, t->told[1]);
    if (real)
        sum = ad_add(g, sum, gan_weighted(g, t->game.of.weight, t->told[0]));
    return ad_sub(g, loss, ad_scale(g, sum, weight));
}

static void generate(training *t, const char *const site[4])
{
    t->site = site;
    t->rows[1] = gan_generated_row(&t->f, gan_draw_codes(&t->f, site[0]),
                                   t->game.label, site[3]);
}

static void set_d_loss(training *t)
{
    ad_graph *const g = t->f.g;

    t->plain = gan_d_loss(g, recipe_of(t, GAN_R_LOSS), &t->game.of);
    t->penalty =
        gan_penalty(&t->f, recipe_of(t, GAN_R_PENALTY), &t->game, t->squares);
    t->d_loss = with_classes(t, t->plain, 1);
    if (t->penalty == AD_NONE)
        return;
    t->penalty = ad_mul(g, ad_input(g, "penalty", ad_scalar()), t->penalty);
    t->d_loss = ad_add(g, t->d_loss, t->penalty);
}

/* The sums of the columns' variances, of both kinds of rows: [2]. */
static ad_node spreads(ad_graph *g, const ad_node rows[2])
{
    ad_node apart[2], mean, variance;
    ad_shape s;

    if (rows[0] == AD_NONE) /* a graph that failed has no shape */
        return AD_NONE;
    s = *ad_shape_at(g, rows[0]);
    for (int32_t i = s.rank++; i > 1; i--)
        s.dim[i] = s.dim[i - 1];
    s.dim[1] = 1;
    for (int i = 0; i < 2; i++)
        apart[i] = ad_reshape(g, rows[i], s);
    ad_moments(g, ad_concat(g, 1, 2, apart), 1, &mean, &variance);
    return ad_sum(g, variance, ((UINT32_C(1) << s.rank) - 1) & ~UINT32_C(2), 0);
}

/* Three scalars as one output. */
static ad_node together(ad_graph *g, const ad_node a[3])
{
    ad_node parts[3];

    for (int i = 0; i < 3; i++)
        parts[i] = ad_reshape(g, a[i], ad_vector(1));
    return ad_concat(g, 0, 3, parts);
}

/* What track.c gathers, in the order of GAN_O_…. */
static void give_figures(training *t)
{
    ad_graph *const g = t->f.g;
    const ad_node none = ad_constant(g, 0, ad_scalar());
    const ad_node squares[3] = {t->squares[0], t->squares[1],
                                t->penalty == AD_NONE ? none : t->penalty};

    model_draft_output(&t->f, t->d_loss);
    model_draft_output(&t->f, t->plain);
    model_draft_output(&t->f, t->game.of.real);
    model_draft_output(&t->f, t->game.of.fake);
    model_draft_output(&t->f, together(g, squares));
    model_draft_output(&t->f, spreads(g, t->rows));
}

/* The running statistics of G are those of its own updates. */
static void build_d(training *t)
{
    gan_set_pass(&t->f, GAN_G, NN_TRAIN, 0);
    generate(t, sites[GAN_D]);
    t->rows[1] = ad_stop(t->f.g, t->rows[1]);
    judge_both(t);
    set_d_loss(t);
    give_figures(t);
    model_draft_gradients_of(&t->f, GAN_D, t->d_loss);
}

static void set_g_loss(training *t)
{
    t->g_loss = gan_g_loss(t->f.g, recipe_of(t, GAN_R_LOSS), &t->game.of);
    t->g_loss = with_classes(t, t->g_loss, 0);
}

static void build_g(training *t)
{
    gan_verdict v;
    ad_node fake;

    gan_set_pass(&t->f, GAN_D, NN_TRAIN, 0);
    generate(t, sites[GAN_G]);
    if (recipe_of(t, GAN_R_LOSS) == GAN_RELATIVISTIC) {
        judge_both(t);
    } else {
        fake = augmented(t, 1);
        gan_judge(&t->f, 1, &fake, t->game.label, &v);
        t->game.of.fake = v.y[0];
        t->told[1] = v.told[0];
    }
    set_g_loss(t);
    model_draft_output(&t->f, t->g_loss);
    model_draft_gradients_of(&t->f, GAN_G, t->g_loss);
}

/* Both from one state: the same rows serve both. */
static void build_both(training *t)
{
    generate(t, sites[GAN_D]);
    judge_both(t);
    set_d_loss(t);
    set_g_loss(t);
    give_figures(t);
    model_draft_output(&t->f, t->g_loss);
    model_draft_gradients_of(&t->f, GAN_D, t->d_loss);
    model_draft_gradients_of(&t->f, GAN_G, t->g_loss);
}

int32_t gan_compile_update(const model_body *b, const double *recipe,
                           size_t phase, size_t rows, ad_program **out,
                           genmod_workspace *w)
{
    training t;
    int32_t status = gan_check_alone(b, w);

    if (!status)
        status = open_training(&t, b, recipe, rows, NN_TRAIN | NN_UPDATE, w);
    if (status)
        return status;
    if (recipe_of(&t, GAN_R_SIMULTANEOUS))
        build_both(&t);
    else if (phase == 0)
        build_d(&t);
    else
        build_g(&t);
    return model_draft_close(&t.f, out);
}

int32_t gan_compile_evaluate(const model_body *b, const double *recipe,
                             size_t rows, ad_program **out, genmod_workspace *w)
{
    training t;
    const int32_t status = open_training(&t, b, recipe, rows, 0, w);

    if (status)
        return status;
    generate(&t, held_sites);
    judge_both(&t);
    model_draft_output(
        &t.f, gan_d_loss(t.f.g, recipe_of(&t, GAN_R_LOSS), &t.game.of));
    model_draft_output(&t.f, t.game.of.real);
    model_draft_output(&t.f, t.game.of.fake);
    return model_draft_close(&t.f, out);
}
