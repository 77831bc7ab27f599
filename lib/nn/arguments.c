/* What stands behind a layer's word. */
#include "nn/internal.h"

static int32_t bad_number(const nn_reader *r, const char *name, int64_t least,
                          const char *usage)
{
    return base_fail(r->w, GENMOD_BAD_ARGUMENT,
                     "%s: position %u: expected %s, a whole number from %i to "
                     "%i, not '%s' (%s)",
                     r->what, (uint64_t)r->position, name, least, NN_MOST,
                     nn_reader_shown(r), usage);
}

static int32_t read_real(nn_reader *r, nn_layer *l, const char *name)
{
    const nn_kind *const kind = l->kind;
    double v;

    if (r->mark != NN_WORD || !base_parse_f64(r->word, &v) ||
        !(v >= kind->least && v <= kind->most))
        return base_fail(r->w, GENMOD_BAD_ARGUMENT,
                         "%s: position %u: expected %s, a number from %g to "
                         "%g, not '%s' (%s)",
                         r->what, (uint64_t)r->position, name, kind->least,
                         kind->most, nn_reader_shown(r), kind->usage);
    l->a = v;
    nn_reader_next(r);
    return GENMOD_OK;
}

/* The arguments that have a fixed place, before the others. */
static int32_t read_fixed(nn_reader *r, nn_layer *l)
{
    const char *const grammar = l->kind->grammar;
    const char *const usage = l->kind->usage;

    if (nn_find(grammar, 'd'))
        return read_real(r, l, "P");
    if (nn_find(grammar, 'a'))
        return r->mark == NN_WORD ? read_real(r, l, "a number") : GENMOD_OK;
    if (nn_find(grammar, 'n')) {
        if (!nn_read_count(r->word, 1, &l->n))
            return bad_number(r, "a count", 1, usage);
        nn_reader_next(r);
    }
    if (nn_find(grammar, 'w')) {
        if (!nn_read_pair(r->word, 1, &l->k))
            return bad_number(r, "K or AxB", 1, usage);
        l->s = l->k;
        nn_reader_next(r);
    }
    if (nn_find(grammar, 'z')) {
        if (!nn_read_size(r->word, &l->to) || l->to.rank != 3)
            return bad_number(r, "CxHxW", 1, usage);
        nn_reader_next(r);
    }
    return GENMOD_OK;
}

/* kK, sS, pP, oO, gG: 1 if the word, which is not empty, looks like one that
 * the layer takes. */
static int is_lettered(const nn_reader *r, const nn_layer *l)
{
    const char letter = r->word[0], next = r->word[1];

    return nn_find("kspog", letter) && nn_find(l->kind->grammar, letter) &&
           next >= '0' && next <= '9';
}

static int32_t read_lettered(nn_reader *r, nn_layer *l)
{
    const char letter = r->word[0];
    const int64_t least = letter == 'p' || letter == 'o' ? 0 : 1;
    nn_pair *const place = letter == 'k'   ? &l->k
                           : letter == 's' ? &l->s
                           : letter == 'p' ? &l->p
                                           : &l->o;
    const int good = letter == 'g'
                         ? nn_read_count(r->word + 1, least, &l->groups)
                         : nn_read_pair(r->word + 1, least, place);

    return good ? GENMOD_OK
                : bad_number(r, letter == 'g' ? "gG" : "a letter and A or AxB",
                             least, l->kind->usage);
}

/* A word without a number: a letter for all of which one may stand; 0 where the
 * layer does not take it. */
static char read_flag(const nn_reader *r, nn_layer *l)
{
    if (nn_find(l->kind->grammar, 'm')) {
        l->bilinear |= base_same(r->word, "bilinear");
        return base_same(r->word, "bilinear") || base_same(r->word, "nearest")
                   ? 'm'
                   : '\0';
    }
    if (!nn_find(l->kind->grammar, 'i'))
        return '\0';
    if (base_same(r->word, "nobias")) {
        l->nobias = 1;
        return 'b';
    }
    for (int32_t i = 1; i < NN_FIRSTS; i++) {
        if (base_same(r->word, nn_first_words[i])) {
            l->first = i;
            return 'i';
        }
    }
    return '\0';
}

static int32_t unexpected(const nn_reader *r, const nn_layer *l)
{
    return base_fail(r->w, GENMOD_BAD_ARGUMENT,
                     "%s: position %u: unexpected '%s' (%s)", r->what,
                     (uint64_t)r->position, nn_reader_shown(r), l->kind->usage);
}

static int32_t read_options(nn_reader *r, nn_layer *l)
{
    char seen[8] = ""; /* k s p o g b i m, each once */

    for (size_t n = 0; r->mark == NN_WORD; n++) {
        int32_t status = GENMOD_OK;
        char letter = r->word[0];
        if (is_lettered(r, l))
            status = read_lettered(r, l);
        else
            letter = read_flag(r, l);
        if (status)
            return status;
        if (!letter)
            return unexpected(r, l);
        if (nn_find(seen, letter))
            return base_fail(r->w, GENMOD_BAD_ARGUMENT,
                             "%s: position %u: '%s' comes second to one of its "
                             "kind (%s)",
                             r->what, (uint64_t)r->position, r->word,
                             l->kind->usage);
        seen[n] = letter;
        nn_reader_next(r);
    }
    if (nn_find(l->kind->grammar, 'k') && !l->k.h)
        return nn_expected(r, "kK", l->kind->usage);
    return GENMOD_OK;
}

int32_t nn_read_arguments(nn_reader *r, nn_layer *l)
{
    const int32_t status = read_fixed(r, l);

    if (status || nn_find(l->kind->grammar, '{'))
        return status;
    return read_options(r, l);
}
