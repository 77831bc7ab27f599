/* Weights that two networks share: weighted layers in order take those of the
 * other's in reverse. */
#include <string.h>

#include "nn/internal.h"

/* The weighted layer before number `end`; `end` where there is none. */
static size_t weighted_before(const nn_net *net, size_t end)
{
    for (size_t i = end; i > 0; i--) {
        if (net->layers[i - 1].kind->role == NN_WEIGHTED)
            return i - 1;
    }
    return end;
}

static int same_pair(const nn_pair *a, const nn_pair *b)
{
    return a->h == b->h && a->w == b->w;
}

/* Whether a is to b as a convolution to its adjoint. */
static int is_opposite(const nn_layer *a, const nn_layer *b)
{
    nn_layer undone[2];
    const char *why;

    if (b->kind->mirror(b, undone, &why) < 1 || undone[0].kind != a->kind)
        return 0;
    if (a->spectral != b->spectral || a->n != undone[0].n)
        return 0;
    if (base_same(a->kind->word, "dense"))
        return nn_size_elements(&a->in) == b->n;
    return a->in.c == b->out.c && a->groups == b->groups &&
           same_pair(&a->k, &b->k) && same_pair(&a->s, &b->s) &&
           same_pair(&a->p, &b->p);
}

static int32_t not_opposite(const nn_net *net, const nn_layer *l,
                            const nn_net *tied, genmod_workspace *w)
{
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "%s: position %u: %s is not the mirror image of its "
                     "opposite in %s, to which its weight is tied",
                     net->what, (uint64_t)l->position, l->kind->word,
                     tied->what);
}

int32_t nn_tie(nn_net *net, const nn_net *tied, genmod_workspace *w)
{
    size_t at = tied->n;

    for (size_t i = 0; i < net->n; i++) {
        nn_layer *const l = &net->layers[i];
        if (l->kind->role != NN_WEIGHTED)
            continue;
        const size_t other = weighted_before(tied, at);
        if (other == at || !is_opposite(l, &tied->layers[other]))
            return not_opposite(net, l, tied, w);
        at = other;
        l->borrowed = 1;
        l->weight = tied->layers[other].weight;
        memcpy(l->state, tied->layers[other].state, sizeof l->state);
    }
    if (weighted_before(tied, at) != at)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "%s has fewer weights than %s, to which it is tied",
                         net->what, tied->what);
    return GENMOD_OK;
}
