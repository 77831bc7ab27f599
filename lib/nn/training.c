/* Training options, and the rate that they make. */
#include <math.h>

#include "nn/nn.h"

#define PI 3.141592653589793

/* Choices stand in the order of the numbers, but for the optimisers. */
static void read_optimiser(const genmod_config *c, nn_training *t)
{
    static const int32_t kinds[] = {NN_ADAM, NN_ADAMW, NN_SGD, NN_RMSPROP};
    const double pull = base_config_f64(c, "weight_decay");

    t->optimiser = kinds[base_config_choice(c, "optimiser")];
    t->rate = base_config_f64(c, "learning_rate");
    t->momentum = base_config_f64(c, "momentum");
    t->nesterov = base_config_i64(c, "nesterov") != 0;
    t->beta1 = base_config_f64(c, "beta1");
    t->beta2 = base_config_f64(c, "beta2");
    t->epsilon = base_config_f64(c, "epsilon");
    t->decay = t->optimiser == NN_ADAMW ? pull : 0;
    t->l2 = t->optimiser == NN_ADAMW ? 0 : pull;
    t->clip = base_config_f64(c, "clip_norm");
    t->average = base_config_f64(c, "average");
}

static void read_schedule(const genmod_config *c, nn_training *t)
{
    t->schedule = base_config_choice(c, "schedule");
    t->schedule_steps = (double)base_config_i64(c, "schedule_steps");
    t->schedule_factor = base_config_f64(c, "schedule_factor");
    t->warmup = (double)base_config_i64(c, "warmup_steps");
}

void nn_training_read(const genmod_config *c, nn_training *t)
{
    *t = (nn_training){0};
    t->batch = (size_t)base_config_i64(c, "batch_size");
    t->epochs = (size_t)base_config_i64(c, "epochs");
    t->seed = (uint64_t)base_config_i64(c, "seed");
    t->validation = base_config_f64(c, "validation");
    t->blind = !base_config_has(c, "patience");
    if (!t->blind) {
        t->patience = (size_t)base_config_i64(c, "patience");
        t->min_delta = base_config_f64(c, "min_delta");
    }
    t->divergence = base_config_f64(c, "divergence");
    read_optimiser(c, t);
    read_schedule(c, t);
}

double nn_power(double a, uint64_t n)
{
    double p = 1;

    for (; n; n >>= 1, a *= a)
        if (n & 1)
            p *= a;
    return p;
}

/* From 1 down to `least` as share goes from 0 to 1: Loshchilov, Hutter 2017,
 * equation (5). The cosine is that of the generic kernels, so that a rate is
 * the same on every machine. */
static double cosine(double share, double least)
{
    const kern_ops *const f64 = kern_ops_of(BASE_CPU_GENERIC, GENMOD_F64);
    const double angle = PI * share;
    double s, c;

    if (share >= 1)
        return least;
    f64->sincos(1, &angle, &s, &c);
    return least + (1 - least) * (1 + c) / 2;
}

double nn_rate(const nn_training *o, uint64_t t)
{
    const double past = (double)t - o->warmup;

    if (past < 0)
        return o->rate * (((double)t + 1) / o->warmup);
    if (o->schedule == NN_STEPPED)
        return o->rate * nn_power(o->schedule_factor,
                                  (uint64_t)floor(past / o->schedule_steps));
    if (o->schedule == NN_COSINE)
        return o->rate * cosine(past / o->schedule_steps, o->schedule_factor);
    return o->rate;
}

/* exp and log of the generic kernels, so that it is the same on every machine.
 */
double nn_between(double from, double to, double share)
{
    const kern_ops *const f64 = kern_ops_of(BASE_CPU_GENERIC, GENMOD_F64);
    double factor = to / from;

    if (factor == 1 || share <= 0)
        return from;
    f64->log(1, &factor, &factor);
    factor *= share < 1 ? share : 1;
    f64->exp(1, &factor, &factor);
    return from * factor;
}

double nn_beta2(const nn_training *o, uint64_t t)
{
    if (!(o->beta2_end > 0))
        return o->beta2;
    return 1 - nn_between(1 - o->beta2, 1 - o->beta2_end,
                          (double)t / o->schedule_steps);
}
