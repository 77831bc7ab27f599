/* Layers as text, in the one form that nn_parse() reads back. */
#include <string.h>

#include "nn/internal.h"

void nn_write(nn_writer *o, const char *text)
{
    const size_t n = strlen(text);

    if (o->out)
        memcpy(o->out + o->used, text, n + 1);
    o->used += n;
}

static void write_number(nn_writer *o, int64_t v)
{
    char digits[32];

    base_format_i64(v, digits);
    nn_write(o, digits);
}

static void write_pair(nn_writer *o, const char *before, const nn_pair *v)
{
    nn_write(o, before);
    write_number(o, v->h);
    if (v->w != v->h) {
        nn_write(o, "x");
        write_number(o, v->w);
    }
}

static void write_option(nn_writer *o, const char *before, const nn_pair *v,
                         const nn_pair *initial)
{
    if (v->h != initial->h || v->w != initial->w)
        write_pair(o, before, v);
}

static void write_first(nn_writer *o, const nn_layer *l)
{
    if (l->nobias)
        nn_write(o, " nobias");
    if (l->first != NN_FIRST_AUTO) {
        nn_write(o, " ");
        nn_write(o, nn_first_words[l->first]);
    }
}

static void write_real(nn_writer *o, double v)
{
    char digits[32];

    nn_write(o, " ");
    base_format_f64(v, digits);
    nn_write(o, digits);
}

static void write_size(nn_writer *o, const nn_size *s)
{
    char text[64];

    nn_write(o, " ");
    nn_size_format(s, text);
    nn_write(o, text);
}

static void write_count(nn_writer *o, const char *before, int64_t v)
{
    nn_write(o, before);
    write_number(o, v);
}

/* What one letter of the grammar stands for; nothing where it is what a text
 * leaves out. */
static void write_argument(nn_writer *o, const nn_layer *l, char letter)
{
    const nn_pair one = {1, 1}, none = {0, 0};
    const int pool = nn_find(l->kind->grammar, 'w') != NULL;

    if (letter == 'n')
        write_count(o, " ", l->n);
    else if (letter == 'w')
        write_pair(o, " ", &l->k);
    else if (letter == 'k')
        write_pair(o, " k", &l->k);
    else if (letter == 's')
        write_option(o, " s", &l->s, pool ? &l->k : &one);
    else if (letter == 'p')
        write_option(o, " p", &l->p, &none);
    else if (letter == 'o')
        write_option(o, " o", &l->o, &none);
    else if (letter == 'g' && l->groups != 1)
        write_count(o, " g", l->groups);
    else if (letter == 'd' || (letter == 'a' && l->a != l->kind->initial))
        write_real(o, l->a);
    else if (letter == 'z')
        write_size(o, &l->to);
    else if (letter == 'i')
        write_first(o, l);
    else if (letter == 'm' && l->bilinear)
        nn_write(o, " bilinear");
}

void nn_write_layer(nn_writer *o, const nn_layer *l)
{
    if (!o->open)
        nn_write(o, "; ");
    o->open = 0;
    if (l->spectral)
        nn_write(o, "sn ");
    nn_write(o, l->kind->word);
    for (const char *letter = l->kind->grammar; *letter; letter++)
        write_argument(o, l, *letter);
}

void nn_write_open(nn_writer *o)
{
    nn_write(o, " { ");
    o->open = 1;
}

void nn_write_close(nn_writer *o)
{
    nn_write(o, " }");
    o->open = 0;
}

static void write_run(const nn_net *net, size_t first, size_t last,
                      nn_writer *o)
{
    for (size_t i = first; i < last; i += 1 + net->layers[i].body) {
        const nn_layer *const l = &net->layers[i];
        nn_write_layer(o, l);
        if (l->kind->role == NN_NESTED) {
            nn_write_open(o);
            write_run(net, i + 1, i + 1 + l->body, o);
            nn_write_close(o);
        }
    }
}

int32_t nn_write_run(const nn_net *net, size_t first, size_t last, size_t cap,
                     char *out, size_t *need, genmod_workspace *w)
{
    nn_writer o = {NULL, 0, 1};
    int32_t status;

    write_run(net, first, last, &o);
    char *const text = base_alloc(w, o.used + 1, 1);
    if (!text)
        return base_status(w);
    o = (nn_writer){text, 0, 1};
    write_run(net, first, last, &o);
    status = base_give_text(text, cap, out, need, w);
    base_free(text);
    return status;
}

int32_t nn_net_text(const nn_net *net, size_t cap, char *out, size_t *need,
                    genmod_workspace *w)
{
    return nn_write_run(net, 0, net->n, cap, out, need, w);
}
