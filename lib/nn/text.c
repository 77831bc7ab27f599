/* From text to layers: one pass, the shapes as it goes. */
#include "nn/internal.h"

typedef struct parser {
    nn_reader r;
    nn_net *net;
    size_t room; /* of net->layers */
} parser;

static int32_t read_kind(nn_reader *r, nn_layer *l, int spectral)
{
    const nn_kind *kind;

    if (r->mark != NN_WORD)
        return nn_expected(r, "a layer", "layers are parted by ';'");
    kind = nn_kind_named(r->word);
    if (!kind)
        return base_fail(r->w, GENMOD_BAD_ARGUMENT,
                         "%s: position %u: unknown layer '%s' (nearest: %s)",
                         r->what, (uint64_t)r->position, r->word,
                         base_nearest(r->word, nn_kinds, sizeof nn_kinds[0],
                                      nn_kinds_count));
    if (spectral && !nn_find(kind->grammar, 'i'))
        return nn_expected(r, "dense, conv or deconv", "behind 'sn'");
    nn_layer_clear(l, kind);
    l->spectral = spectral;
    return GENMOD_OK;
}

static int32_t read_layer(nn_reader *r, nn_layer *l)
{
    const int spectral = r->mark == NN_WORD && base_same(r->word, "sn");
    const size_t position = r->position;
    int32_t status;

    if (spectral)
        nn_reader_next(r);
    status = read_kind(r, l, spectral);
    if (status)
        return status;
    l->position = position;
    nn_reader_next(r);
    status = nn_read_arguments(r, l);
    if (!status && l->spectral && l->first == NN_FIRST_ZERO)
        status = base_fail(r->w, GENMOD_BAD_ARGUMENT,
                           "%s: position %u: 'sn' divides by the weight's "
                           "norm, so it cannot start as 'zero'",
                           r->what, (uint64_t)position);
    return status;
}

static int32_t take_shape(const nn_reader *r, nn_layer *l, const nn_size *in)
{
    int32_t status = GENMOD_OK;

    l->in = *in;
    if (l->kind->role != NN_NESTED)
        l->out = *in;
    if (l->kind->shape)
        status = l->kind->shape(r, l);
    if (!status && nn_size_elements(&l->out) > NN_ELEMENTS)
        status = nn_misfit(r, l, "its output has more than 2^40 numbers");
    return status;
}

static int32_t read_run(parser *p, size_t depth, const nn_size *in,
                        nn_size *out);

/* { layers }, of layer number `i`. */
static int32_t read_inside(parser *p, size_t i, size_t depth, const nn_size *in)
{
    nn_reader *const r = &p->r;
    nn_layer *const l = &p->net->layers[i];
    int32_t status;

    if (r->mark != NN_OPEN)
        return nn_expected(r, "'{'", l->kind->usage);
    if (depth == NN_DEPTH)
        return base_fail(r->w, GENMOD_BAD_ARGUMENT,
                         "%s: position %u: residual in more than %u others",
                         r->what, (uint64_t)l->position,
                         (uint64_t)NN_DEPTH - 1);
    nn_reader_next(r);
    status = read_run(p, depth + 1, in, &l->out);
    if (status)
        return status;
    if (r->mark != NN_CLOSE)
        return nn_expected(r, "'}' or ';'", l->kind->usage);
    nn_reader_next(r);
    l->body = p->net->n - i - 1;
    return GENMOD_OK;
}

static int32_t read_one(parser *p, size_t depth, nn_size *size)
{
    nn_net *const net = p->net;
    const size_t i = net->n;
    int32_t status;

    if (i == p->room)
        return base_fail(p->r.w, GENMOD_BAD_ARGUMENT,
                         "%s: position %u: more than %u layers", p->r.what,
                         (uint64_t)p->r.position, (uint64_t)NN_LAYERS);
    status = read_layer(&p->r, &net->layers[i]);
    if (status)
        return status;
    net->n++;
    if (net->layers[i].kind->role == NN_NESTED)
        status = read_inside(p, i, depth, size);
    if (!status)
        status = take_shape(&p->r, &net->layers[i], size);
    *size = net->layers[i].out;
    return status;
}

/* layer { ';' layer } [ ';' ], up to what cannot go on with one. */
static int32_t read_run(parser *p, size_t depth, const nn_size *in,
                        nn_size *out)
{
    nn_size size = *in;

    for (;;) {
        const int32_t status = read_one(p, depth, &size);
        if (status)
            return status;
        if (p->r.mark != NN_SEMICOLON)
            break;
        nn_reader_next(&p->r);
        if (p->r.mark == NN_END || p->r.mark == NN_CLOSE)
            break;
    }
    *out = size;
    return GENMOD_OK;
}

/* No text has more layers than marks that part them. */
static size_t most_layers(const char *text)
{
    size_t n = 1;

    for (const char *s = text; *s && n < NN_LAYERS; s++)
        n += *s == ';' || *s == '{';
    return n;
}

static int32_t read_net(nn_net *net, const char *text, genmod_workspace *w)
{
    parser p = {.net = net, .room = most_layers(text)};
    int32_t status;

    net->layers = base_alloc_zero(w, p.room, sizeof *net->layers);
    if (!net->layers)
        return base_status(w);
    nn_reader_start(&p.r, net->what, text, w);
    status = read_run(&p, 0, &net->in, &net->out);
    if (!status && p.r.mark != NN_END)
        status =
            nn_expected(&p.r, "';' or the end", "layers are parted by ';'");
    return status;
}

int32_t nn_parse(const char *what, const char *text, const nn_size *input,
                 nn_net **out, genmod_workspace *w)
{
    nn_net *net;
    int32_t status;

    *out = NULL;
    if (!text)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", what);
    net = base_alloc_zero(w, 1, sizeof *net);
    if (!net)
        return base_status(w);
    for (size_t i = 0; i < sizeof net->what - 1 && what[i]; i++)
        net->what[i] = what[i];
    net->in = *input;
    status = read_net(net, text, w);
    if (status)
        nn_net_free(net);
    else
        *out = net;
    return status;
}
