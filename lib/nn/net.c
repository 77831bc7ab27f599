/* A network: its parts, its variables, its nodes. */
#include <assert.h>
#include <string.h>

#include "nn/internal.h"

void nn_net_free(nn_net *net)
{
    if (!net)
        return;
    base_free(net->layers);
    base_free(net->sites);
    base_free(net);
}

const nn_size *nn_net_input(const nn_net *net)
{
    return &net->in;
}

const nn_size *nn_net_output(const nn_net *net)
{
    return &net->out;
}

int nn_net_has(const nn_net *net, const char *word)
{
    for (size_t i = 0; i < net->n; i++) {
        if (base_same(net->layers[i].kind->word, word) ||
            (net->layers[i].spectral && base_same(word, "sn")))
            return 1;
    }
    return 0;
}

const char *nn_net_last(const nn_net *net)
{
    const char *word = NULL;

    for (size_t i = 0; i < net->n; i += 1 + net->layers[i].body) {
        const char *const own = net->layers[i].kind->word;

        if (!base_same(own, "flatten") && !base_same(own, "reshape"))
            word = own;
    }
    return word;
}

size_t nn_net_states(const nn_net *net)
{
    size_t n = 0;

    for (size_t i = 0; i < net->n; i++) {
        const nn_layer *const l = &net->layers[i];
        n += 2 * (l->spectral || base_same(l->kind->word, "batchnorm"));
    }
    return n;
}

size_t nn_net_condition(nn_net *net, int64_t classes)
{
    size_t n = 0;

    for (size_t i = 0; i < net->n; i++) {
        if (!base_same(net->layers[i].kind->word, "batchnorm"))
            continue;
        net->layers[i].classes = classes;
        n++;
    }
    return n;
}

/* Returns where the zero byte stands. */
static size_t append(char *out, size_t at, const char *text)
{
    while (*text && at < NN_NAME - 1)
        out[at++] = *text++;
    out[at] = '\0';
    return at;
}

static size_t name_part(char *out, const char *prefix, size_t layer,
                        const char *part)
{
    char digits[32];
    size_t at = append(out, 0, prefix);

    base_format_i64((int64_t)layer, digits);
    at = append(out, at, ".");
    at = append(out, at, digits);
    at = append(out, at, ".");
    return append(out, at, part);
}

int32_t nn_variable(const nn_declaring *d, const char *part, int32_t kind,
                    ad_shape shape, int32_t *index)
{
    char name[NN_NAME];

    name_part(name, d->prefix, d->layer, part);
    return ad_store_add(d->s, name, kind, d->group, shape, index, d->w);
}

/* Draws are told apart by a layer's name and the number of its application. */
static int32_t name_sites(nn_net *net, const char *prefix, genmod_workspace *w)
{
    const char *const part[NN_COPIES] = {"dropout", "dropout.1", "dropout.2",
                                         "dropout.3"};
    size_t n = 0;

    for (size_t i = 0; i < net->n; i++)
        n += base_same(net->layers[i].kind->word, "dropout");
    base_free(net->sites);
    net->sites = base_alloc(w, n, (size_t)NN_COPIES * NN_NAME);
    if (!net->sites)
        return base_status(w);
    n = 0;
    for (size_t i = 0; i < net->n; i++) {
        if (!base_same(net->layers[i].kind->word, "dropout"))
            continue;
        char *const site = net->sites + n++ * NN_COPIES * NN_NAME;
        for (size_t copy = 0; copy < NN_COPIES; copy++)
            name_part(site + copy * NN_NAME, prefix, i, part[copy]);
        net->layers[i].site = site;
    }
    return GENMOD_OK;
}

int32_t nn_declare(nn_net *net, ad_store *s, const char *prefix, int32_t group,
                   const nn_net *tied, genmod_workspace *w)
{
    nn_declaring d = {.s = s, .prefix = prefix, .group = group, .w = w};
    int32_t status;

    assert(strlen(prefix) < NN_NAME - 32);
    status = name_sites(net, prefix, w);
    if (!status && tied)
        status = nn_tie(net, tied, w);
    for (size_t i = 0; !status && i < net->n; i++) {
        nn_layer *const l = &net->layers[i];
        d.layer = i;
        if (l->kind->declare)
            status = l->kind->declare(&d, l);
    }
    return status;
}

ad_node nn_reshape_rows(ad_graph *g, ad_node x, const nn_size *size)
{
    const int64_t columns[1] = {nn_size_elements(size)};
    const int64_t image[3] = {size->h, size->w, size->c};
    ad_shape to;

    if (x == AD_NONE)
        return AD_NONE;
    to = *ad_shape_at(g, x);
    to.rank = size->rank == 1 ? 2 : 4;
    memcpy(to.dim + 1, size->rank == 1 ? columns : image,
           (size_t)(to.rank - 1) * sizeof *to.dim);
    return ad_reshape(g, x, to);
}

void nn_successor(nn_pass *pass, int32_t variable, ad_node node)
{
    assert(pass->n < pass->room);
    pass->next[pass->n++] = (ad_target){AD_NEXT, node, variable};
}

ad_node nn_apply_run(const nn_net *net, size_t first, size_t last,
                     nn_pass *pass, ad_node x)
{
    for (size_t i = first; i < last; i += 1 + net->layers[i].body) {
        const nn_layer *const l = &net->layers[i];
        if (l->kind->apply)
            x = l->kind->apply(net, l, pass, x);
        else if (l->kind->with)
            x = l->kind->with(pass->g, x, l->a);
        else
            x = l->kind->one(pass->g, x);
    }
    return x;
}

/* A state has one successor. */
static int is_updated(const nn_net *net, const nn_pass *pass)
{
    for (size_t i = 0; i < net->n; i++) {
        const nn_layer *const l = &net->layers[i];
        for (size_t j = 0; j < pass->n; j++) {
            if (!l->borrowed && l->state[0] >= 0 &&
                pass->next[j].kind == AD_NEXT &&
                pass->next[j].variable == l->state[0])
                return 1;
        }
    }
    return 0;
}

ad_node nn_apply(const nn_net *net, nn_pass *pass, ad_node x)
{
    if ((pass->flags & NN_UPDATE) && is_updated(net, pass))
        return ad_refuse(pass->g, "a network's states would be updated twice");
    return nn_apply_run(net, 0, net->n, pass, x);
}
