/* What a layer can be: one table, and what all kinds share. */
#include <string.h>

#include "nn/internal.h"

const char *const nn_first_words[NN_FIRSTS] = {"",           "glorot", "he",
                                               "orthogonal", "zero",   "fanin"};

#define FIRST "[nobias] [glorot|he|fanin|orthogonal|zero]"

const nn_kind nn_kinds[] = {
    {.word = "dense",
     .usage = "dense N " FIRST,
     .grammar = "ni",
     .role = NN_WEIGHTED,
     .shape = nn_dense_shape,
     .declare = nn_weighted_declare,
     .apply = nn_dense_apply,
     .mirror = nn_dense_mirror},
    {.word = "conv",
     .usage = "conv N kK [sS] [pP] [gG] " FIRST,
     .grammar = "nkspgi",
     .role = NN_WEIGHTED,
     .shape = nn_conv_shape,
     .declare = nn_weighted_declare,
     .apply = nn_conv_apply,
     .mirror = nn_conv_mirror},
    {.word = "deconv",
     .usage = "deconv N kK [sS] [pP] [oO] [gG] " FIRST,
     .grammar = "nkspogi",
     .role = NN_WEIGHTED,
     .shape = nn_deconv_shape,
     .declare = nn_weighted_declare,
     .apply = nn_deconv_apply,
     .mirror = nn_deconv_mirror},
    {.word = "batchnorm",
     .usage = "batchnorm [M]",
     .grammar = "a",
     .initial = 0.1,
     .most = 1,
     .declare = nn_batchnorm_declare,
     .apply = nn_batchnorm_apply},
    {.word = "layernorm",
     .usage = "layernorm",
     .grammar = "",
     .declare = nn_norm_declare,
     .apply = nn_layernorm_apply},
    {.word = "groupnorm",
     .usage = "groupnorm G",
     .grammar = "n",
     .shape = nn_groupnorm_shape,
     .declare = nn_norm_declare,
     .apply = nn_groupnorm_apply},
    {.word = "dropout",
     .usage = "dropout P",
     .grammar = "d",
     .most = 0.999,
     .apply = nn_dropout_apply},
    {.word = "relu",
     .usage = "relu",
     .grammar = "",
     .wish = NN_WISHES_HE,
     .one = ad_relu},
    {.word = "lrelu",
     .usage = "lrelu [A]",
     .grammar = "a",
     .initial = 0.01,
     .most = 1,
     .wish = NN_WISHES_HE,
     .with = ad_leaky},
    {.word = "elu",
     .usage = "elu [A]",
     .grammar = "a",
     .initial = 1,
     .most = 1000,
     .wish = NN_WISHES_HE,
     .with = ad_elu},
    {.word = "gelu",
     .usage = "gelu",
     .grammar = "",
     .wish = NN_WISHES_HE,
     .one = ad_gelu},
    {.word = "silu",
     .usage = "silu",
     .grammar = "",
     .wish = NN_WISHES_HE,
     .one = ad_silu},
    {.word = "tanh",
     .usage = "tanh",
     .grammar = "",
     .wish = NN_WISHES_GLOROT,
     .one = ad_tanh},
    {.word = "sigmoid",
     .usage = "sigmoid",
     .grammar = "",
     .wish = NN_WISHES_GLOROT,
     .one = ad_sigmoid},
    {.word = "softplus",
     .usage = "softplus",
     .grammar = "",
     .wish = NN_WISHES_GLOROT,
     .one = ad_softplus},
    {.word = "softmax",
     .usage = "softmax",
     .grammar = "",
     .wish = NN_WISHES_GLOROT,
     .one = ad_softmax},
    {.word = "maxpool",
     .usage = "maxpool K [sS] [pP]",
     .grammar = "wsp",
     .role = NN_TURNED,
     .shape = nn_pool_shape,
     .apply = nn_pool_apply,
     .mirror = nn_pool_mirror},
    {.word = "avgpool",
     .usage = "avgpool K [sS] [pP]",
     .grammar = "wsp",
     .role = NN_TURNED,
     .shape = nn_pool_shape,
     .apply = nn_pool_apply,
     .mirror = nn_pool_mirror},
    {.word = "upsample",
     .usage = "upsample F [nearest|bilinear]",
     .grammar = "nm",
     .role = NN_TURNED,
     .shape = nn_upsample_shape,
     .apply = nn_upsample_apply,
     .mirror = nn_upsample_mirror},
    {.word = "flatten",
     .usage = "flatten",
     .grammar = "",
     .role = NN_TURNED,
     .shape = nn_flatten_shape,
     .apply = nn_reshape_apply,
     .mirror = nn_reshape_mirror},
    {.word = "reshape",
     .usage = "reshape CxHxW",
     .grammar = "z",
     .role = NN_TURNED,
     .shape = nn_reshape_shape,
     .apply = nn_reshape_apply,
     .mirror = nn_reshape_mirror},
    {.word = "residual",
     .usage = "residual { ... }",
     .grammar = "{",
     .role = NN_NESTED,
     .shape = nn_residual_shape,
     .apply = nn_residual_apply},
};

const size_t nn_kinds_count = sizeof nn_kinds / sizeof nn_kinds[0];

const nn_kind *nn_kind_named(const char *word)
{
    for (size_t i = 0; i < nn_kinds_count; i++) {
        if (base_same(nn_kinds[i].word, word))
            return &nn_kinds[i];
    }
    return NULL;
}

void nn_layer_clear(nn_layer *l, const nn_kind *kind)
{
    memset(l, 0, sizeof *l);
    l->kind = kind;
    l->a = kind->initial;
    l->groups = 1;
    l->s = (nn_pair){1, 1};
    l->weight = l->bias = -1;
    l->state[0] = l->state[1] = -1;
}

int32_t nn_misfit(const nn_reader *r, const nn_layer *l, const char *why)
{
    char size[64];

    nn_size_format(&l->in, size);
    return base_fail(r->w, GENMOD_BAD_ARGUMENT, "%s: position %u: %s on %s: %s",
                     r->what, (uint64_t)l->position, l->kind->word, size, why);
}

int64_t nn_channels(const nn_size *s)
{
    return s->rank == 1 ? s->n : s->c;
}
