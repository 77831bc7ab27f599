/* The text of a network as words and marks, whatever bytes it holds. */
#include <string.h>

#include "nn/internal.h"

static int is_space(char ch)
{
    return ch == ' ' || ch == '\t' || ch == '\n' || ch == '\r';
}

static int32_t mark_of(char ch)
{
    switch (ch) {
    case ';':
        return NN_SEMICOLON;
    case '{':
        return NN_OPEN;
    case '}':
        return NN_CLOSE;
    case '\0':
        return NN_END;
    default:
        return NN_WORD;
    }
}

void nn_reader_start(nn_reader *r, const char *what, const char *text,
                     genmod_workspace *w)
{
    r->what = what;
    r->text = text;
    r->at = 0;
    r->w = w;
    nn_reader_next(r);
}

/* A cut word ends in no half character. */
static void take_word(nn_reader *r)
{
    const char *const start = r->text + r->at;
    size_t n = 0;

    while (mark_of(start[n]) == NN_WORD && !is_space(start[n]))
        n++;
    r->at += n;
    if (n >= NN_LONGEST) {
        n = NN_LONGEST - 1;
        while (n && ((unsigned char)start[n] & 0xc0) == 0x80)
            n--;
    }
    memcpy(r->word, start, n);
    r->word[n] = '\0';
}

void nn_reader_next(nn_reader *r)
{
    while (is_space(r->text[r->at]))
        r->at++;
    r->position = r->at + 1;
    r->mark = mark_of(r->text[r->at]);
    r->word[0] = '\0';
    if (r->mark == NN_WORD)
        take_word(r);
    else if (r->mark != NN_END)
        r->at++;
}

const char *nn_reader_shown(const nn_reader *r)
{
    switch (r->mark) {
    case NN_WORD:
        return r->word;
    case NN_SEMICOLON:
        return ";";
    case NN_OPEN:
        return "{";
    case NN_CLOSE:
        return "}";
    default:
        return "the end";
    }
}

int32_t nn_expected(const nn_reader *r, const char *what, const char *usage)
{
    return base_fail(r->w, GENMOD_BAD_ARGUMENT,
                     "%s: position %u: expected %s, not '%s' (%s)", r->what,
                     (uint64_t)r->position, what, nn_reader_shown(r), usage);
}

const char *nn_find(const char *text, char ch)
{
    while (*text && *text != ch)
        text++;
    return *text ? text : NULL;
}

/* Digits alone: no sign. */
static int read_digits(const char *at, size_t n, int64_t least, int64_t *out)
{
    int64_t v = 0;

    if (!n)
        return 0;
    for (size_t i = 0; i < n; i++) {
        if (at[i] < '0' || at[i] > '9')
            return 0;
        v = 10 * v + (at[i] - '0');
        if (v > NN_MOST)
            return 0;
    }
    *out = v;
    return v >= least;
}

int nn_read_count(const char *at, int64_t least, int64_t *out)
{
    return read_digits(at, strlen(at), least, out);
}

/* "A" or "AxB". */
int nn_read_pair(const char *at, int64_t least, nn_pair *out)
{
    const char *const x = nn_find(at, 'x');

    if (!read_digits(at, x ? (size_t)(x - at) : strlen(at), least, &out->h))
        return 0;
    out->w = out->h;
    return !x || nn_read_count(x + 1, least, &out->w);
}

int nn_read_size(const char *at, nn_size *out)
{
    const char *const x = nn_find(at, 'x');
    nn_pair sides;

    memset(out, 0, sizeof *out);
    out->rank = x ? 3 : 1;
    if (!x)
        return nn_read_count(at, 1, &out->n);
    if (!read_digits(at, (size_t)(x - at), 1, &out->c) ||
        !nn_find(x + 1, 'x') || !nn_read_pair(x + 1, 1, &sides))
        return 0;
    out->h = sides.h;
    out->w = sides.w;
    return 1;
}
