/* The programs of an update: D's phase and G's, or one for both. */
#include "gan/internal.h"

/* A training graph under construction. */
typedef struct training {
    model_draft f;
    const double *recipe;
    gan_game game;
    ad_node penalty; /* AD_NONE: none */
    ad_node squares[2];
    ad_node plain, d_loss, g_loss;
} training;

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
    t->game.x = model_draft_rows(&t->f, "x", &b->columns.size);
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

static void judge_both(training *t)
{
    gan_game *const p = &t->game;
    nn_pass *const pass = &t->f.pass[GAN_D];
    const ad_node x[2] = {p->x, p->fake};
    const int flags = pass->flags;
    ad_node y[2];

    p->both = AD_NONE;
    if (is_joined(t)) {
        p->both = gan_judge(&t->f, 2, x, p->label, y);
    } else {
        gan_judge(&t->f, 1, &x[0], p->label, &y[0]);
        pass->flags &= ~NN_UPDATE;
        pass->copy = 1;
        gan_judge(&t->f, 1, &x[1], p->label, &y[1]);
        pass->flags = flags;
        pass->copy = 0;
    }
    p->of.real = y[0];
    p->of.fake = y[1];
}

static void generate(training *t, const char *site)
{
    t->game.fake =
        gan_generated(&t->f, gan_draw_codes(&t->f, site), t->game.label);
}

static void set_d_loss(training *t)
{
    ad_graph *const g = t->f.g;

    t->plain = gan_d_loss(g, recipe_of(t, GAN_R_LOSS), &t->game.of);
    t->penalty =
        gan_penalty(&t->f, recipe_of(t, GAN_R_PENALTY), &t->game, t->squares);
    t->d_loss = t->plain;
    if (t->penalty != AD_NONE)
        t->d_loss =
            ad_add(g, t->plain,
                   ad_mul(g, ad_input(g, "penalty", ad_scalar()), t->penalty));
}

/* The sum of the columns' variances. */
static ad_node spread(ad_graph *g, ad_node x)
{
    ad_node mean, variance;

    ad_moments(g, x, 1, &mean, &variance);
    return ad_sum_all(g, variance);
}

/* Two scalars as one output. */
static ad_node pair(ad_graph *g, ad_node a, ad_node b)
{
    const ad_node parts[2] = {ad_reshape(g, a, ad_vector(1)),
                              ad_reshape(g, b, ad_vector(1))};

    return ad_concat(g, 0, 2, parts);
}

/* What track.c gathers, in the order of GAN_O_…. */
static void give_figures(training *t)
{
    ad_graph *const g = t->f.g;

    model_draft_output(&t->f, t->d_loss);
    model_draft_output(&t->f, t->plain);
    model_draft_output(&t->f, t->game.of.real);
    model_draft_output(&t->f, t->game.of.fake);
    model_draft_output(&t->f, pair(g, t->squares[0], t->squares[1]));
    model_draft_output(&t->f,
                       pair(g, spread(g, t->game.x), spread(g, t->game.fake)));
}

/* The running statistics of G are those of its own updates. */
static void build_d(training *t)
{
    t->f.pass[GAN_G].flags = NN_TRAIN;
    generate(t, "gan/d");
    t->game.fake = ad_stop(t->f.g, t->game.fake);
    judge_both(t);
    set_d_loss(t);
    give_figures(t);
    model_draft_gradients_of(&t->f, GAN_D, t->d_loss);
}

static void build_g(training *t)
{
    t->f.pass[GAN_D].flags = NN_TRAIN;
    generate(t, "gan/g");
    if (recipe_of(t, GAN_R_LOSS) == GAN_RELATIVISTIC)
        judge_both(t);
    else
        gan_judge(&t->f, 1, &t->game.fake, t->game.label, &t->game.of.fake);
    t->g_loss = gan_g_loss(t->f.g, recipe_of(t, GAN_R_LOSS), &t->game.of);
    model_draft_output(&t->f, t->g_loss);
    model_draft_gradients_of(&t->f, GAN_G, t->g_loss);
}

/* Both from one state: the same rows serve both. */
static void build_both(training *t)
{
    generate(t, "gan/d");
    judge_both(t);
    set_d_loss(t);
    t->g_loss = gan_g_loss(t->f.g, recipe_of(t, GAN_R_LOSS), &t->game.of);
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
    const int32_t status =
        open_training(&t, b, recipe, rows, NN_TRAIN | NN_UPDATE, w);

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
    generate(&t, "gan/held");
    judge_both(&t);
    model_draft_output(
        &t.f, gan_d_loss(t.f.g, recipe_of(&t, GAN_R_LOSS), &t.game.of));
    model_draft_output(&t.f, t.game.of.real);
    model_draft_output(&t.f, t.game.of.fake);
    return model_draft_close(&t.f, out);
}
