/* What one player gains if the other stands still: a copy of the game in which
 * one of them goes on. Grnarova et al. 2019. */
#include <math.h>
#include <string.h>

#include "gan/internal.h"

/* ---- the families -------------------------------------------------------- */

/* One player moves, by its own loss and the rates of the game; all that goes by
 * a schedule but these is as training ends with it. */
static void recipe(const genmod_config *c, double out[MODEL_RECIPE])
{
    gan_recipe(c, out);
    out[GAN_R_SIMULTANEOUS] = 0;
}

static size_t only_d(const double *r, model_phase out[MODEL_PHASES])
{
    (void)r;
    out[0] = (model_phase){.players = 1u << GAN_D, .every = 1};
    return 1;
}

static size_t only_g(const double *r, model_phase out[MODEL_PHASES])
{
    (void)r;
    out[0] = (model_phase){.players = 1u << GAN_G, .every = 1};
    return 1;
}

static int32_t compile_g(const model_body *b, const double *r, size_t phase,
                         size_t rows, ad_program **out, genmod_workspace *w)
{
    return gan_compile_update(b, r, phase + GAN_G, rows, out, w);
}

static void tune(const genmod_config *c, size_t player, uint64_t n,
                 uint64_t held_out, nn_training *o)
{
    gan_tune(c, player, n, held_out, o);
    o->validation = 0;
    o->average = 0;
    o->schedule = NN_CONSTANT;
    o->beta2 = o->beta2_end > 0 ? o->beta2_end : o->beta2;
    o->beta2_end = 0;
    o->warmup = 0;
    o->divergence = INFINITY;
}

static void fill(const model_trainer *t, const ad_program *p, uint64_t step)
{
    float *const weight = model_trainer_input(t, p, "penalty");
    float *const augmented = model_trainer_input(t, p, "augmentation");

    (void)step;
    if (weight)
        *weight = (float)gan_weight_end(t);
    if (augmented)
        *augmented = (float)t->recipe[GAN_R_AUGMENTED_END];
}

static model_family family_of(int player)
{
    model_family f = gan_family;

    f.recipe = recipe;
    f.phases = player == GAN_D ? only_d : only_g;
    f.compile_update = player == GAN_D ? gan_compile_update : compile_g;
    f.tune = tune;
    f.fill = fill;
    f.tallies = NULL;
    f.note = NULL;
    f.publish = NULL;
    return f;
}

/* ---- a copy that goes on ------------------------------------------------- */

static int32_t copy_body(const model *from, const model_family *f, model *to,
                         genmod_workspace *w)
{
    model_schema s = from->body->schema;
    int32_t status;

    s.d = from->d;
    status = model_body_new(f, from->config, &s, &to->body, w);
    if (!status)
        status = model_body_seal(to->body, w);
    if (status)
        return status;
    model_body_copy(to->body, from->body);
    to->body->mean_weight = 1;
    to->d = from->d;
    to->z = from->z;
    return model_body_compile(to->body, w);
}

/* Minibatches of a pass over n rows. */
static size_t batches_of(const genmod_config *c, size_t n)
{
    const size_t batch = (size_t)base_config_i64(c, GAN_BATCH_SIZE);
    const size_t rows = n - n % (size_t)gan_multiple(c);

    return (rows + batch - 1) / batch;
}

static int32_t configure(const gan_response *r, genmod_config *c,
                         genmod_workspace *w)
{
    const size_t batches = batches_of(c, r->n);
    int32_t status =
        gan_set_number(c, GAN_SEED, gan_seed_of(r->seed, r->player), w);

    if (!status)
        status = gan_set_number(c, GAN_WARM_START, 1, w);
    if (!status) /* the other half of the rows judges */
        status = gan_set_number(c, GAN_VALIDATION, 0, w);
    return status
               ? status
               : gan_set_number(c, GAN_EPOCHS,
                                r->steps / batches + (r->steps % batches != 0),
                                w);
}

static int32_t train(const gan_response *r, model *m, genmod_workspace *w)
{
    genmod_data *view;
    int32_t status = configure(r, m->config, w);

    if (!status)
        status = base_data_of(GENMOD_F64, r->n, m->d, r->rows, NULL, &view, w);
    if (status)
        return status;
    status = model_train(m, view, NULL, NULL, NULL, w);
    genmod_data_free(view);
    return status;
}

int32_t gan_respond(gan_response *r, model **out, genmod_workspace *w)
{
    int32_t status;

    *out = NULL;
    r->family = family_of(r->player);
    status = model_make(&r->family, sizeof **out, r->m->config, out, w);
    if (!status)
        status = copy_body(r->m, &r->family, *out, w);
    return status ? status : train(r, *out, w);
}

/* ---- the value of the game ----------------------------------------------- */

static double above_0(double y)
{
    return y > 0 ? y : 0;
}

static double softplus(double y)
{
    const kern_ops *const f64 = kern_ops_of(BASE_CPU_GENERIC, GENMOD_F64);
    double t = -fabs(y);

    f64->exp(1, &t, &t);
    t += 1;
    f64->log(1, &t, &t);
    return above_0(y) + t;
}

/* D's loss of a pair of rows, negative: doc/math/gan.md. */
double gan_value(int32_t loss, double real, double fake)
{
    switch (loss) {
    case GAN_LEAST_SQUARES:
        return -((real - 1) * (real - 1) + fake * fake) / 2;
    case GAN_HINGE:
        return -above_0(1 - real) - above_0(1 + fake);
    case GAN_WASSERSTEIN:
        return real - fake;
    case GAN_RELATIVISTIC:
        return -softplus(fake - real);
    default:
        return -softplus(-real) - softplus(fake);
    }
}
