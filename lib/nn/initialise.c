/* First values: which law each variable follows. */
#include <math.h>

#include "nn/internal.h"

/* A transposed convolution spreads an input over K cells of which every S-th
 * meets in one output: its inputs are 1 / S of the window a side. */
static double fan_in(const nn_layer *l)
{
    if (base_same(l->kind->word, "dense"))
        return (double)nn_size_elements(&l->in);
    const double window = (double)l->k.h * (double)l->k.w;
    const double in = window * (double)(l->in.c / l->groups);
    return base_same(l->kind->word, "conv")
               ? in
               : in / ((double)l->s.h * (double)l->s.w);
}

static double fan_out(const nn_layer *l)
{
    if (base_same(l->kind->word, "dense"))
        return (double)l->n;
    return (double)l->k.h * (double)l->k.w * (double)(l->n / l->groups);
}

/* The innermost residual around number `at`; NULL: none. */
static const nn_layer *residual_around(const nn_net *net, size_t at)
{
    const nn_layer *around = NULL;

    for (size_t i = 0; i < at; i++) {
        if (i + net->layers[i].body >= at)
            around = &net->layers[i];
    }
    return around;
}

/* Behind the last layer that stands at one depth with number `at`. */
static size_t end_of_run(const nn_net *net, size_t at)
{
    const nn_layer *const around = residual_around(net, at);

    return around ? (size_t)(around - net->layers) + 1 + around->body : net->n;
}

/* The activation that follows, past what leaves the scale as it is. */
static const nn_layer *follower(const nn_net *net, size_t at)
{
    const size_t end = end_of_run(net, at);

    for (size_t i = at + 1; i < end; i++) {
        const nn_layer *const l = &net->layers[i];
        if (l->kind->wish != NN_PASSES_ON)
            return l;
        if (l->kind->role == NN_WEIGHTED || l->kind->role == NN_NESTED)
            return NULL;
    }
    return NULL;
}

/* He et al. 2015, equation 10, and with the slope a of equation 15. */
static double he_deviation(const nn_layer *l, const nn_layer *next)
{
    const double slope =
        next && base_same(next->kind->word, "lrelu") ? next->a : 0;

    return sqrt(2 / (1 + slope * slope) / fan_in(l));
}

/* Glorot and Bengio 2010, equation 16. */
static double glorot_bound(const nn_layer *l)
{
    return sqrt(6 / (fan_in(l) + fan_out(l)));
}

/* The law of PyTorch's layers: LeCun et al. 1998's with a third of the
 * variance, and for the bias, too. */
static void fill_fanin(const nn_filling *f, const nn_layer *l)
{
    const double bound = 1 / sqrt(fan_in(l));

    nn_fill_uniform(f, l->weight, bound);
    if (l->bias >= 0)
        nn_fill_uniform(f, l->bias, bound);
}

/* 1 if a residual's branch should end in 0 and its number `at` can see to it:
 * the last norm or weighted layer, unless a relu behind it would then let no
 * gradient through, or its weight is divided by its norm or tied. */
static int ends_branch(const nn_net *net, size_t at)
{
    const size_t end = end_of_run(net, at);

    if (!residual_around(net, at) || net->layers[at].weight < 0 ||
        net->layers[at].spectral || net->layers[at].borrowed)
        return 0;
    for (size_t i = at + 1; i < end; i += 1 + net->layers[i].body) {
        if (net->layers[i].weight >= 0 ||
            base_same(net->layers[i].kind->word, "relu"))
            return 0;
    }
    return 1;
}

static int32_t fill_weight(const nn_filling *f, const nn_layer *l)
{
    const size_t at = (size_t)(l - f->net->layers);
    const nn_layer *const next = follower(f->net, at);
    int32_t first = l->first;

    if (first == NN_FIRST_AUTO && ends_branch(f->net, at))
        first = NN_FIRST_ZERO;
    if (first == NN_FIRST_AUTO)
        first = next && next->kind->wish == NN_WISHES_HE ? NN_FIRST_HE
                                                         : NN_FIRST_GLOROT;
    if (first == NN_FIRST_ORTHOGONAL)
        return nn_fill_orthogonal(f, l);
    if (first == NN_FIRST_FANIN)
        fill_fanin(f, l);
    else if (first == NN_FIRST_HE)
        nn_fill_normal(f, l->weight, he_deviation(l, next));
    else if (first == NN_FIRST_GLOROT)
        nn_fill_uniform(f, l->weight, glorot_bound(l));
    else
        nn_fill(f, l->weight, 0);
    return GENMOD_OK;
}

static int32_t fill_layer(const nn_filling *f, const nn_layer *l)
{
    int32_t status = GENMOD_OK;

    if (l->bias >= 0)
        nn_fill(f, l->bias, 0);
    if (l->kind->role == NN_WEIGHTED) {
        if (!l->borrowed)
            status = fill_weight(f, l);
        if (!status && l->spectral && !l->borrowed)
            status = nn_fill_spectral(f, l);
        return status;
    }
    if (l->weight >= 0)
        nn_fill(f, l->weight,
                ends_branch(f->net, (size_t)(l - f->net->layers)) ? 0 : 1);
    if (l->state[0] >= 0) {
        nn_fill(f, l->state[0], 0);
        nn_fill(f, l->state[1], 1);
    }
    return status;
}

int32_t nn_initialise(const nn_net *net, ad_store *s, uint64_t seed,
                      genmod_workspace *w)
{
    const nn_filling f = {net, s, seed, kern_ops_of(base_cpu(w), GENMOD_F64),
                          w};
    int32_t status = GENMOD_OK;

    for (size_t i = 0; !status && i < net->n; i++)
        status = fill_layer(&f, &net->layers[i]);
    return status;
}

void nn_initialise_normal(ad_store *s, int32_t index, uint64_t seed,
                          double deviation, genmod_workspace *w)
{
    const nn_filling f = {NULL, s, seed, kern_ops_of(base_cpu(w), GENMOD_F64),
                          w};

    nn_fill_normal(&f, index, deviation);
}
