/* The shape of one row. */
#include "nn/internal.h"

int32_t nn_size_parse(const char *what, const char *text, nn_size *out,
                      genmod_workspace *w)
{
    nn_size size;
    char word[NN_LONGEST];
    size_t n = 0;

    if (!text)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s is NULL", what);
    for (; n < NN_LONGEST - 1 && text[n]; n++)
        word[n] = text[n];
    word[n] = '\0';
    if (text[n] || !nn_read_size(word, &size))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "%s is \"%s\"; it must be columns, as 784, or "
                         "channels x height x width, as 1x28x28, each from 1 "
                         "to %i",
                         what, word, NN_MOST);
    if (nn_size_elements(&size) > NN_ELEMENTS)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "%s is \"%s\": more than %i numbers", what, word,
                         NN_ELEMENTS);
    *out = size;
    return GENMOD_OK;
}

size_t nn_size_format(const nn_size *s, char *out)
{
    size_t n;

    if (s->rank == 1)
        return base_format_i64(s->n, out);
    n = base_format_i64(s->c, out);
    out[n++] = 'x';
    n += base_format_i64(s->h, out + n);
    out[n++] = 'x';
    return n + base_format_i64(s->w, out + n);
}

/* INT64_MAX where the product is beyond it. */
int64_t nn_size_elements(const nn_size *s)
{
    size_t n;

    if (s->rank == 1)
        return s->n;
    if (!base_mul((size_t)s->c, (size_t)s->h, &n) ||
        !base_mul(n, (size_t)s->w, &n) || n > INT64_MAX)
        return INT64_MAX;
    return (int64_t)n;
}

int nn_size_equal(const nn_size *a, const nn_size *b)
{
    if (a->rank != b->rank)
        return 0;
    if (a->rank == 1)
        return a->n == b->n;
    return a->c == b->c && a->h == b->h && a->w == b->w;
}

ad_shape nn_size_rows(const ad_graph *g, const nn_size *s)
{
    const int64_t columns[1] = {s->n};
    const int64_t image[3] = {s->h, s->w, s->c};

    return s->rank == 1 ? ad_rows(g, 1, 1, 2, columns)
                        : ad_rows(g, 1, 1, 4, image);
}
