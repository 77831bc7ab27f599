/* The players' networks, with the last layers that their texts leave out. */
#include <string.h>

#include "gan/internal.h"

#define ROOM 2048   /* bytes of a text with its last layer */
#define WIDTH 128   /* of the layers of columns */
#define LEAST 4     /* side of the smallest image */
#define CHANNELS 16 /* of the largest, doubled from one to the next */
#define MOST 128

int64_t gan_codes(const genmod_config *c, const nn_size *size)
{
    const int64_t given = base_config_i64(c, GAN_CODES);
    const int64_t d = nn_size_elements(size);

    if (given)
        return given;
    return d < 8 ? 16 : d > 32 ? 64 : 2 * d;
}

/* Halvings of both sides that leave whole ones. */
static int halvings(const nn_size *s)
{
    int64_t h = s->h, w = s->w;
    int n = 0;

    if (s->rank != 3)
        return 0;
    for (; h % 2 == 0 && w % 2 == 0 && h >= 2 * LEAST && w >= 2 * LEAST; n++) {
        h /= 2;
        w /= 2;
    }
    return n;
}

static int64_t channels_at(int level)
{
    const int64_t c = (int64_t)CHANNELS << level;

    return c < MOST ? c : MOST;
}

static void put_dense(char *out)
{
    for (int i = 0; i < 3; i++)
        nn_put_number(out, ROOM, i ? "; dense " : "dense ", WIDTH,
                      "; lrelu 0.2");
}

/* From the smallest image up: bilinear, so that no pixel is favoured. */
static void put_generator(const nn_size *s, char *out)
{
    const int n = halvings(s);
    const int64_t h = s->h >> n, w = s->w >> n;

    if (!n) {
        put_dense(out);
        return;
    }
    nn_put_number(out, ROOM, "dense ", channels_at(n) * h * w, "; reshape ");
    nn_put_number(out, ROOM, "", channels_at(n), "x");
    nn_put_number(out, ROOM, "", h, "x");
    nn_put_number(out, ROOM, "", w, "; lrelu 0.2");
    for (int i = n - 1; i >= 0; i--) {
        nn_put(out, ROOM, "; upsample 2 bilinear");
        nn_put_number(out, ROOM, "; conv ", channels_at(i),
                      " k3 p1; lrelu 0.2");
    }
}

static void put_discriminator(const nn_size *s, char *out)
{
    const int n = halvings(s);

    if (!n) {
        put_dense(out);
        return;
    }
    nn_put_number(out, ROOM, "conv ", channels_at(0), " k3 p1; lrelu 0.2");
    for (int i = 1; i <= n; i++)
        nn_put_number(out, ROOM, "; conv ", channels_at(i),
                      " k4 s2 p1; lrelu 0.2");
}

static int is_weighted(const char *word)
{
    return base_same(word, "dense") || base_same(word, "conv") ||
           base_same(word, "deconv");
}

/* A text that ends in a layer to `wanted` elements is a whole network. */
static int is_whole(const nn_net *net, int64_t wanted)
{
    return nn_size_elements(nn_net_output(net)) == wanted &&
           is_weighted(nn_net_last(net));
}

/* The last layer of G behind what gives `out`. */
static void put_last(const nn_size *row, const nn_size *out, char *text)
{
    if (row->rank == 3 && out->rank == 3 && row->h == out->h &&
        row->w == out->w)
        nn_put_number(text, ROOM, "; conv ", row->c, " k3 p1");
    else
        nn_put_number(text, ROOM, "; dense ", nn_size_elements(row), "");
}

static int32_t complete(const char *what, const nn_size *input,
                        const nn_size *row, char *text, nn_net **out,
                        genmod_workspace *w)
{
    int32_t status = nn_parse(what, text, input, out, w);

    if (status || is_whole(*out, nn_size_elements(row)))
        return status;
    put_last(row, nn_net_output(*out), text);
    nn_net_free(*out);
    *out = NULL;
    return nn_parse(what, text, input, out, w);
}

/* What D sees: rows beside each other, each with its label. */
static nn_size seen(const gan_body *b)
{
    nn_size s = b->base.columns.size;

    s.n = (s.n + b->classes) * b->packing;
    s.c = (s.c + b->classes) * b->packing;
    return s;
}

int32_t gan_parse_networks(const genmod_config *c, const gan_body *b,
                           nn_net **generator, nn_net **discriminator,
                           genmod_workspace *w)
{
    const nn_size *const row = &b->base.columns.size;
    const nn_size codes = {.rank = 1, .n = b->base.codes.size.n + b->classes};
    const nn_size rows = seen(b), one = {.rank = 1, .n = 1};
    char text[ROOM] = "";
    int32_t status;

    *generator = *discriminator = NULL;
    nn_put(text, ROOM, base_config_str(c, GAN_GENERATOR));
    if (!text[0])
        put_generator(row, text);
    status = complete("option \"generator\"", &codes, row, text, generator, w);
    text[0] = '\0';
    nn_put(text, ROOM, base_config_str(c, GAN_DISCRIMINATOR));
    if (!text[0])
        put_discriminator(row, text);
    if (!status)
        status = complete("option \"discriminator\"", &rows, &one, text,
                          discriminator, w);
    if (status) {
        nn_net_free(*generator);
        *generator = NULL;
    }
    return status;
}
