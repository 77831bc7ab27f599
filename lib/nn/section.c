/* A network cut where its weights begin: each weighted layer of the outermost
 * depth (a residual with weights inside is one) with what follows it up to the
 * next. What stands before the first belongs to it. */
#include <assert.h>

#include "nn/internal.h"

static int begins(const nn_net *net, size_t i)
{
    size_t j = i;

    while (j < i + net->layers[i].body &&
           net->layers[j].kind->role != NN_WEIGHTED)
        j++;
    return net->layers[j].kind->role == NN_WEIGHTED;
}

/* The weighted layer of section number `at`; net->n behind the last. */
static size_t find(const nn_net *net, size_t at)
{
    for (size_t i = 0; i < net->n; i += 1 + net->layers[i].body)
        if (begins(net, i) && at-- == 0)
            return i;
    return net->n;
}

size_t nn_net_sections(const nn_net *net)
{
    size_t n = 0;

    while (find(net, n) < net->n)
        n++;
    return n;
}

void nn_net_section(const nn_net *net, size_t at, nn_section *out)
{
    out->weighted = find(net, at);
    assert(out->weighted < net->n);
    out->first = at ? out->weighted : 0;
    out->end = find(net, at + 1);
    out->input = net->layers[out->first].in;
}

int32_t nn_net_section_text(const nn_net *net, size_t at, size_t cap, char *out,
                            size_t *need, genmod_workspace *w)
{
    nn_section s;

    nn_net_section(net, at, &s);
    return nn_write_run(net, s.first, s.end, cap, out, need, w);
}
