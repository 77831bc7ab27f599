/* The network that goes the other way.
 *
 * Layers that turn the shape are undone in reverse. Those that keep it stay
 * between the two they stood between, in their order, provided that both sides
 * hold a weighted layer; so the mirror image ends in one. What stands with a
 * weighted layer for the sake of what follows it (nobias, first weights) goes
 * to the layer that comes before the same followers in the image; sn stays.
 */
#include "nn/internal.h"

typedef struct reflection {
    const nn_net *net;
    genmod_workspace *w;
    int32_t status;
} reflection;

static int carries_weight(const nn_layer *l)
{
    return l->kind->role == NN_WEIGHTED || l->kind->role == NN_NESTED;
}

/* The layers of one depth between [first, last): their numbers, how many. */
static size_t list(const nn_net *net, size_t first, size_t last, size_t *at)
{
    size_t n = 0;

    for (size_t i = first; i < last; i += 1 + net->layers[i].body)
        at[n++] = i;
    return n;
}

/* 1 where a weighted layer stands on both sides of number i of the list. */
static int is_between(const nn_net *net, const size_t *at, size_t n, size_t i)
{
    int before = 0, behind = 0;

    for (size_t j = 0; j < n; j++) {
        if (j < i)
            before |= carries_weight(&net->layers[at[j]]);
        if (j > i)
            behind |= carries_weight(&net->layers[at[j]]);
    }
    return before && behind;
}

/* The weighted layer before number i of the list; NULL: none. */
static const nn_layer *weighted_before(const nn_net *net, const size_t *at,
                                       size_t i)
{
    while (i-- > 0) {
        if (net->layers[at[i]].kind->role == NN_WEIGHTED)
            return &net->layers[at[i]];
    }
    return NULL;
}

static void refuse(reflection *m, const nn_layer *l, const char *why)
{
    if (!m->status)
        m->status =
            base_fail(m->w, GENMOD_UNSUPPORTED,
                      "%s: position %u: %s has no mirror image: %s",
                      m->net->what, (uint64_t)l->position, l->kind->word, why);
}

static void turn(reflection *m, const nn_layer *l, const nn_layer *before,
                 nn_writer *o)
{
    nn_layer undone[2];
    const char *why = "";
    const int32_t n = l->kind->mirror(l, undone, &why);

    if (n < 0) {
        refuse(m, l, why);
        return;
    }
    if (l->kind->role == NN_WEIGHTED) {
        undone[0].spectral = l->spectral;
        undone[0].nobias = before ? before->nobias : 0;
        undone[0].first = before ? before->first : NN_FIRST_AUTO;
        if (l->spectral && undone[0].first == NN_FIRST_ZERO)
            undone[0].first = NN_FIRST_AUTO;
    }
    for (int32_t i = 0; i < n; i++)
        nn_write_layer(o, &undone[i]);
}

static void reflect_run(reflection *m, size_t first, size_t last, nn_writer *o);

/* A residual of layers that only keep the shape is its own image. */
static void reflect_inside(reflection *m, const nn_layer *l, nn_writer *o)
{
    const size_t first = (size_t)(l - m->net->layers) + 1;

    nn_write_layer(o, l);
    nn_write_open(o);
    const size_t empty = o->used;
    reflect_run(m, first, first + l->body, o);
    if (o->used == empty) {
        for (size_t i = first; i < first + l->body; i++)
            nn_write_layer(o, &m->net->layers[i]);
    }
    nn_write_close(o);
}

/* The turned layers from the last to the first; behind each, what stood between
 * it and the one before. */
static void reflect_run(reflection *m, size_t first, size_t last, nn_writer *o)
{
    const nn_net *const net = m->net;
    size_t at[NN_LAYERS];
    const size_t n = list(net, first, last, at);
    size_t end = n;

    while (end > 0) {
        size_t turned = end;
        while (turned > 0 &&
               net->layers[at[turned - 1]].kind->role == NN_PASSIVE)
            turned--;
        for (size_t i = turned; i < end; i++) {
            if (is_between(net, at, n, i))
                nn_write_layer(o, &net->layers[at[i]]);
        }
        if (turned == 0)
            break;
        end = turned - 1;
        const nn_layer *const l = &net->layers[at[end]];
        if (l->kind->role == NN_NESTED)
            reflect_inside(m, l, o);
        else
            turn(m, l, weighted_before(net, at, end), o);
    }
}

static int32_t give(const nn_net *net, size_t cap, char *out, size_t *need,
                    size_t bytes, genmod_workspace *w)
{
    char *const text = base_alloc(w, bytes + 1, 1);
    reflection m = {net, w, GENMOD_OK};
    nn_writer o = {text, 0, 1};
    int32_t status;

    if (!text)
        return base_status(w);
    text[0] = '\0';
    reflect_run(&m, 0, net->n, &o);
    status = base_give_text(text, cap, out, need, w);
    base_free(text);
    return status;
}

int32_t nn_net_mirror(const nn_net *net, size_t cap, char *out, size_t *need,
                      genmod_workspace *w)
{
    reflection m = {net, w, GENMOD_OK};
    nn_writer o = {NULL, 0, 1};

    reflect_run(&m, 0, net->n, &o);
    if (m.status)
        return m.status;
    if (!o.used)
        return base_fail(w, GENMOD_UNSUPPORTED,
                         "%s: position 1: nothing has a mirror image",
                         net->what);
    return give(net, cap, out, need, o.used, w);
}
