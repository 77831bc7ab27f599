/* A discriminator that saw nothing of the game: a network of layers that are
 * dense, whatever the players' are like, so that it does not share what these
 * are blind to. It is a model of its own, of a family that only stands here. */
#include <math.h>
#include <string.h>

#include "gan/internal.h"

#define NETWORK "dense 64; lrelu 0.2; dense 64; lrelu 0.2; dense 1"
#define BATCH 64
#define SITE_SEED UINT32_C(0x67616e02)

/* ---- the family ---------------------------------------------------------- */

static int32_t accept(const genmod_config *c, genmod_workspace *w)
{
    (void)c;
    (void)w;
    return GENMOD_OK;
}

/* Rows of the data have the target 1, generated ones -1. */
static int32_t declare(const genmod_config *c, const model_schema *s,
                       model_body *b, genmod_workspace *w)
{
    nn_size row;
    nn_net *net;
    int32_t status;

    b->targets = 1;
    status = model_body_input(c, s, b, w);
    if (status)
        return status;
    row = (nn_size){.rank = 1, .n = (int64_t)b->d};
    b->codes.size = (nn_size){.rank = 1, .n = 1};
    status = nn_parse("critic", NETWORK, &row, &net, w);
    return status ? status : model_body_net(b, net, "critic", NULL, w);
}

static int standardises(const model_body *b)
{
    (void)b;
    return 1;
}

static void settle(model_body *b)
{
    model_settle_channels(&b->columns);
}

/* y [m, 1] */
static ad_node judged(model_draft *f)
{
    const model_body *const b = f->b;
    const ad_node x = model_draft_rows(f, "x", &b->columns.size);

    return nn_apply(b->net[0], &f->pass[0],
                    model_draft_shaped(f, x, nn_net_input(b->net[0])));
}

/* The mean of -ln sigmoid(t y), t the target. */
static ad_node loss_of(model_draft *f)
{
    ad_graph *const g = f->g;
    const ad_node y = judged(f);
    const ad_node t = model_draft_rows(f, "target", &f->b->target.size);

    return ad_mean_all(g, ad_softplus(g, ad_neg(g, ad_mul(g, t, y))));
}

static int32_t compile(const model_body *b, size_t program, size_t rows,
                       ad_program **out, genmod_workspace *w)
{
    model_draft f;
    ad_node y;
    const int32_t status = model_draft_open(&f, b, rows, 0, w);

    (void)program;
    if (status)
        return status;
    y = judged(&f);
    model_draft_output(&f, y);
    model_draft_output(&f, ad_softplus(f.g, y));
    return model_draft_close(&f, out);
}

static int32_t compile_update(const model_body *b, const double *recipe,
                              size_t phase, size_t rows, ad_program **out,
                              genmod_workspace *w)
{
    model_draft f;
    ad_node loss;
    const int32_t status =
        model_draft_open(&f, b, rows, NN_TRAIN | NN_UPDATE, w);

    (void)recipe;
    (void)phase;
    if (status)
        return status;
    loss = loss_of(&f);
    model_draft_output(&f, loss);
    model_draft_gradients(&f, loss);
    return model_draft_close(&f, out);
}

static int32_t compile_evaluate(const model_body *b, const double *recipe,
                                size_t rows, ad_program **out,
                                genmod_workspace *w)
{
    model_draft f;
    const int32_t status = model_draft_open(&f, b, rows, 0, w);

    (void)recipe;
    if (status)
        return status;
    model_draft_output(&f, loss_of(&f));
    return model_draft_close(&f, out);
}

/* Adam as Kingma, Ba 2015, algorithm 1, has it, but for the rate: 500 updates
 * of 5e-3 tell a ring from a cloud about it, for which 1e-3 takes 2,000. */
static void tune(const genmod_config *c, size_t player, uint64_t n,
                 uint64_t held_out, nn_training *o)
{
    (void)c;
    (void)player;
    (void)n;
    (void)held_out;
    o->batch = BATCH;
    o->optimiser = NN_ADAM;
    o->rate = 5e-3;
    o->beta1 = 0.9;
    o->beta2 = 0.999;
    o->epsilon = 1e-8;
    o->average = 0;
    o->schedule = NN_CONSTANT;
    o->divergence = INFINITY;
}

static const model_family critic_family = {
    .record = {.family = "critic",
               .noun = "a critic",
               .format = 1,
               .options = gan_options,
               .entries = gan_entries},
    .body = sizeof(model_body),
    .programs = 1,
    .creator = "gan_config_new()",
    .check_options = accept,
    .declare = declare,
    .standardises = standardises,
    .settle = settle,
    .compile = compile,
    .compile_update = compile_update,
    .compile_evaluate = compile_evaluate,
    .tune = tune,
};

/* ---- learning ------------------------------------------------------------ */

int32_t gan_set_number(genmod_config *c, const char *key, uint64_t v,
                       genmod_workspace *w)
{
    char text[32];

    base_format_i64((int64_t)v, text);
    return base_config_set(c, key, text, w);
}

/* 52 bits of the seed: an option holds no more. */
uint64_t gan_seed_of(uint64_t seed, int which)
{
    uint32_t r[4];

    base_random(seed, (uint64_t)which, SITE_SEED, 0, r);
    return (uint64_t)(r[0] >> 12) << 32 | r[1];
}

static int32_t configure(const gan_critic *c, genmod_config *to,
                         genmod_workspace *w)
{
    const size_t batches = (2 * c->n + BATCH - 1) / BATCH;
    const char *const input = base_config_str(c->m->config, GAN_INPUT);
    int32_t status = base_config_set(to, GAN_INPUT, input, w);

    if (!status)
        status =
            gan_set_number(to, GAN_SEED, gan_seed_of(c->seed, GAN_NETS), w);
    if (!status)
        status = gan_set_number(
            to, GAN_EPOCHS, c->steps / batches + (c->steps % batches != 0), w);
    return status;
}

static int32_t make(const gan_critic *c, model **out, genmod_workspace *w)
{
    genmod_config *config;
    int32_t status = base_config_new(gan_options, &config, w);

    if (!status)
        status = configure(c, config, w);
    if (!status)
        status = model_make(&critic_family, sizeof **out, config, out, w);
    genmod_config_free(config);
    return status;
}

/* The rows that it learns by, with their targets. */
static double *with_targets(const gan_critic *c, genmod_workspace *w)
{
    const size_t d = c->m->d;
    double *const x = base_scratch(w, 2 * c->n, (d + 1) * sizeof *x);

    for (size_t i = 0; x && i < 2 * c->n; i++) {
        memcpy(x + i * (d + 1), c->learn + i * d, d * sizeof *x);
        x[i * (d + 1) + d] = i < c->n ? 1 : -1;
    }
    return x;
}

static int32_t train(const gan_critic *c, model *critic, genmod_workspace *w)
{
    genmod_data *view;
    const double *const x = with_targets(c, w);
    int32_t status =
        x ? base_data_of(GENMOD_F64, 2 * c->n, c->m->d + 1, x, NULL, &view, w)
          : base_status(w);

    if (status)
        return status;
    status = model_train(critic, view, NULL, NULL, NULL, w);
    genmod_data_free(view);
    return status;
}

/* ---- judging ------------------------------------------------------------- */

static void give(const model_panels *o, const model_panel *p, void *to)
{
    (void)o;
    for (size_t i = 0; i < p->m; i++)
        for (size_t j = 0; j < 2; j++)
            ((double *)to)[2 * i + j] = (double)model_panel_output(p, j)[i];
}

static int32_t judge(gan_critic *c, const model *critic, genmod_workspace *w)
{
    model_panels o = {.body = critic->body,
                      .columns = &critic->body->columns,
                      .n = 2 * c->n,
                      .row = 2 * sizeof(double),
                      .give = give};
    genmod_data *view;
    void *results;
    int32_t status =
        base_data_of(GENMOD_F64, 2 * c->n, c->m->d, c->test, NULL, &view, w);

    if (status)
        return status;
    o.x = view;
    status = model_panels_run(&o, &results, w);
    genmod_data_free(view);
    c->verdict = results;
    return status;
}

int32_t gan_criticise(gan_critic *c, genmod_workspace *w)
{
    model *critic;
    int32_t status = make(c, &critic, w);

    if (status)
        return status;
    status = train(c, critic, w);
    if (!status)
        status = judge(c, critic, w);
    model_free(critic);
    return status;
}
