/* Augmentation of images that gradients go through: what D sees of rows of the
 * data and of generated ones alike, so that neither learns of the change. Zhao
 * et al. 2020, section 3; its amounts are those of the authors' code. */
#include <string.h>

#include "gan/internal.h"

typedef struct named {
    const char *word; /* first: base_nearest() reads it */
    int32_t change;
} named;

static const named words[] = {{"translation", GAN_TRANSLATION},
                              {"cutout", GAN_CUTOUT},
                              {"brightness", GAN_BRIGHTNESS},
                              {"saturation", GAN_SATURATION},
                              {"contrast", GAN_CONTRAST}};

#define WORDS (sizeof words / sizeof *words)
#define LONGEST 24 /* bytes of a word that are looked at, and a zero byte */

/* A row's draws, in (0, 1). The first WORDS decide which changes it has. */
enum {
    DOWN = WORDS,
    ACROSS,
    CUT_DOWN,
    CUT_ACROSS,
    LIGHT,
    COLOUR,
    DEPTH,
    DRAWS
};

/* ---- the option ---------------------------------------------------------- */

/* The next word of a text; returns what is behind it, NULL where there is
 * none. */
static const char *next_word(const char *text, char word[LONGEST])
{
    size_t n = 0;

    while (*text == ' ')
        text++;
    if (!*text)
        return NULL;
    for (; *text && *text != ' '; text++)
        if (n < LONGEST - 1)
            word[n++] = *text;
    word[n] = '\0';
    return text;
}

static int32_t change_of(const char *word)
{
    for (size_t i = 0; i < WORDS; i++)
        if (base_same(words[i].word, word))
            return words[i].change;
    return 0;
}

int32_t gan_changes(const char *text)
{
    char word[LONGEST];
    int32_t set = 0;

    while ((text = next_word(text, word)))
        set |= change_of(word);
    return set;
}

int32_t gan_check_changes(const genmod_config *c, genmod_workspace *w)
{
    static const char *const what = "option \"" GAN_AUGMENTATION "\"";
    const char *text = base_config_str(c, GAN_AUGMENTATION);
    const int32_t set = gan_changes(text);
    char word[LONGEST];
    nn_size size = {.rank = 1};

    while ((text = next_word(text, word)))
        if (!change_of(word))
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "%s: unknown word '%s' (nearest: %s)", what, word,
                             base_nearest(word, words, sizeof *words, WORDS));
    if (!set)
        return GENMOD_OK;
    text = base_config_str(c, GAN_INPUT);
    if (text[0] && nn_size_parse("option \"input\"", text, &size, w))
        return GENMOD_BAD_ARGUMENT;
    if (size.rank != 3)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "%s: columns have no neighbours and no light in "
                         "common; it wants an image, \"input\" such as "
                         "\"1x28x28\"",
                         what);
    if (size.c == 1 && (set & GAN_SATURATION))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "%s: saturation of one channel changes nothing; "
                         "\"input\" is %s",
                         what, text);
    return GENMOD_OK;
}

/* ---- the changes --------------------------------------------------------- */

/* Rows x [m, h, w, c] under change, and their draws u [m, DRAWS]. */
typedef struct changing {
    ad_graph *g;
    int64_t h, w, c;
    ad_node u;
} changing;

/* A draw of each row [m, 1, 1, 1]. */
static ad_node draw(const changing *o, int64_t i)
{
    const int64_t one[3] = {1, 1, 1};

    return ad_reshape(o->g, ad_part(o->g, o->u, 1, i, 1),
                      ad_rows(o->g, 1, 1, 4, one));
}

/* 1 for rows that have a change, else 0. */
static ad_node gate(const changing *o, int32_t change)
{
    const ad_node share = ad_input(o->g, "augmentation", ad_scalar());
    int64_t i = 0;

    while (words[i].change != change)
        i++;
    return ad_greater(o->g, share, draw(o, i));
}

/* One of n whole numbers from 0 on. */
static ad_node whole(const changing *o, int64_t i, int64_t n)
{
    return ad_floor(o->g, ad_scale(o->g, draw(o, i), (double)n));
}

/* A number in (-1/2, 1/2), or 0 in rows that lack the change. */
static ad_node amount(const changing *o, int32_t change, int64_t i)
{
    return ad_mul(o->g, gate(o, change), ad_shift(o->g, draw(o, i), -0.5));
}

/* x + a (x - mean): what is 0 leaves x as it is, bit for bit. */
static ad_node stretched(const changing *o, ad_node x, uint32_t axes, ad_node a)
{
    ad_graph *const g = o->g;
    const ad_node off = ad_sub(g, x, ad_mean(g, x, axes, 1));

    return ad_add(g, x, ad_mul(g, off, a));
}

/* Lines [m, n, rest], moved by s [m, 1, 1]: line i is what i + s was, 0 where
 * that is none. A product, so that each row has a way of its own. */
static ad_node moved(ad_graph *g, ad_node x, ad_node s, int64_t n)
{
    const ad_node from = ad_iota(g, ad_matrix(n, 1), 0);
    const ad_node which =
        ad_equal(g, ad_add(g, from, s), ad_iota(g, ad_vector(n), 0));

    return ad_matmul(g, which, x, 0, 0);
}

/* By up to an eighth of n lines, to either side. */
static ad_node move_lines(const changing *o, ad_node x, int64_t n, int64_t rest,
                          int64_t i)
{
    ad_graph *const g = o->g;
    const int64_t most = (n + 4) / 8;
    const int64_t lines[2] = {n, rest}, one[2] = {1, 1};
    const ad_node s =
        ad_mul(g, gate(o, GAN_TRANSLATION),
               ad_shift(g, whole(o, i, 2 * most + 1), -(double)most));

    return moved(g, ad_reshape(g, x, ad_rows(g, 1, 1, 3, lines)),
                 ad_reshape(g, s, ad_rows(g, 1, 1, 3, one)), n);
}

static ad_node translated(const changing *o, ad_node x)
{
    static const int32_t turn[4] = {0, 2, 1, 3};
    ad_graph *const g = o->g;
    const int64_t upright[3] = {o->h, o->w, o->c};
    const int64_t lying[3] = {o->w, o->h, o->c};

    x = move_lines(o, x, o->h, o->w * o->c, DOWN);
    x = ad_permute(g, ad_reshape(g, x, ad_rows(g, 1, 1, 4, upright)), turn);
    x = move_lines(o, x, o->w, o->h * o->c, ACROSS);
    return ad_permute(g, ad_reshape(g, x, ad_rows(g, 1, 1, 4, lying)), turn);
}

/* 1 for lines within a window of half of n, centred on any line; `at` counts
 * them. */
static ad_node within(const changing *o, ad_node at, int64_t n, int64_t i)
{
    ad_graph *const g = o->g;
    const int64_t size = (n + 1) / 2;
    const ad_node first =
        ad_shift(g, whole(o, i, n + 1 - size % 2), -(double)(size / 2));

    return ad_mul(g, ad_greater_equal(g, at, first),
                  ad_greater(g, ad_shift(g, first, (double)size), at));
}

static ad_node cut(const changing *o, ad_node x)
{
    ad_graph *const g = o->g;
    const int64_t down[3] = {o->h, 1, 1};
    const ad_node i = ad_iota(g, ad_shape_of(3, down), 0);
    const ad_node j = ad_iota(g, ad_matrix(o->w, 1), 0);
    const ad_node hole =
        ad_mul(g, within(o, i, o->h, CUT_DOWN), within(o, j, o->w, CUT_ACROSS));
    const ad_node gone = ad_mul(g, hole, gate(o, GAN_CUTOUT));

    return ad_mul(g, x, ad_shift(g, ad_neg(g, gone), 1));
}

ad_node gan_augmented(ad_graph *g, const nn_size *s, int32_t set,
                      const char *site, ad_node x)
{
    const int64_t draws = DRAWS;
    changing o = {.g = g, .h = s->h, .w = s->w, .c = s->c};

    if (!set)
        return x;
    o.u = ad_uniform(g, site, ad_rows(g, 1, 1, 2, &draws));
    if (set & GAN_BRIGHTNESS)
        x = ad_add(g, x, amount(&o, GAN_BRIGHTNESS, LIGHT));
    if (set & GAN_SATURATION)
        x = stretched(&o, x, 0x8,
                      ad_scale(g, amount(&o, GAN_SATURATION, COLOUR), 2));
    if (set & GAN_CONTRAST)
        x = stretched(&o, x, 0xe, amount(&o, GAN_CONTRAST, DEPTH));
    if (set & GAN_TRANSLATION)
        x = translated(&o, x);
    if (set & GAN_CUTOUT)
        x = cut(&o, x);
    return x;
}
