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
    if (d < 8 && base_config_choice(c, GAN_PRESET) == GAN_AUTO_PRESET)
        return 2 * d;
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

/* How the default networks of a player look. */
typedef struct look {
    const char *before; /* of a layer's word */
    const char *norm;   /* behind all layers but D's first */
    const char *activation;
} look;

static look look_of(const genmod_config *c, int discriminator, int columns)
{
    const int32_t preset = base_config_choice(c, GAN_PRESET);
    const int plain = preset == GAN_AUTO_PRESET ||
                      preset == GAN_RELATIVISTIC_PRESET ||
                      preset == GAN_LECTURE;
    gan_settings s;
    look l = {"", "", "; lrelu 0.2"};

    gan_settle(c, &s);
    if (preset == GAN_LECTURE || (!discriminator && !plain))
        l.activation = "; relu";
    if (!plain && !discriminator)
        l.norm = "; batchnorm";
    /* Steep where columns have gaps between modes: doc/guide/gan.md has what
     * it is worth. A row's norm is its own, so rows stay independent. */
    if (preset == GAN_AUTO_PRESET && !discriminator && columns)
        l = (look){"", "; layernorm", "; relu"};
    if (preset == GAN_DCGAN && discriminator && s.penalty == GAN_NO_PENALTY)
        l.norm = "; batchnorm";
    if (preset == GAN_SN_HINGE && discriminator)
        l.before = "sn ";
    return l;
}

/* "; sn conv 32 k4 s2 p1; batchnorm; lrelu 0.2" */
static void put_layer(const look *l, const char *word, int64_t n,
                      const char *rest, int normed, char *out)
{
    if (out[0])
        nn_put(out, ROOM, "; ");
    nn_put(out, ROOM, l->before);
    nn_put_number(out, ROOM, word, n, rest);
    nn_put(out, ROOM, normed ? l->norm : "");
    nn_put(out, ROOM, l->activation);
}

static void put_dense(const look *l, int first_normed, char *out)
{
    for (int i = 0; i < 3; i++)
        put_layer(l, "dense ", WIDTH, "", i || first_normed, out);
}

/* From the smallest image up: bilinear, so that no pixel is favoured. */
static void put_generator(const look *l, const nn_size *s, char *out)
{
    const int n = halvings(s);
    const int64_t h = s->h >> n, w = s->w >> n;

    if (!n) {
        put_dense(l, 1, out);
        return;
    }
    nn_put_number(out, ROOM, "dense ", channels_at(n) * h * w, "; reshape ");
    nn_put_number(out, ROOM, "", channels_at(n), "x");
    nn_put_number(out, ROOM, "", h, "x");
    nn_put_number(out, ROOM, "", w, "");
    nn_put(out, ROOM, l->norm);
    nn_put(out, ROOM, l->activation);
    for (int i = n - 1; i >= 0; i--) {
        nn_put(out, ROOM, "; upsample 2 bilinear");
        put_layer(l, "conv ", channels_at(i), " k3 p1", 1, out);
    }
}

static void put_discriminator(const look *l, const nn_size *s, char *out)
{
    const int n = halvings(s);

    if (!n) {
        put_dense(l, 0, out);
        return;
    }
    put_layer(l, "conv ", channels_at(0), " k3 p1", 0, out);
    for (int i = 1; i <= n; i++)
        put_layer(l, "conv ", channels_at(i), " k4 s2 p1", 1, out);
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
    nn_size s = gan_row_size(b);
    const int64_t more = b->conditioning == GAN_CONCAT ? b->classes : 0;

    s.n = (s.n + more) * b->packing;
    s.c = (s.c + more) * b->packing;
    return s;
}

static int32_t parse_generator(const genmod_config *c, const gan_body *b,
                               nn_net **out, genmod_workspace *w)
{
    const nn_size row = gan_row_size(b);
    const nn_size codes = {
        .rank = 1, .n = b->base.codes.size.n + (b->by_norm ? 0 : b->classes)};
    const look l = look_of(c, 0, row.rank == 1);
    char text[ROOM] = "";

    nn_put(text, ROOM, base_config_str(c, GAN_GENERATOR));
    if (!text[0])
        put_generator(&l, &row, text);
    return complete("option \"generator\"", &codes, &row, text, out, w);
}

static int32_t parse_discriminator(const genmod_config *c, const gan_body *b,
                                   nn_net **out, genmod_workspace *w)
{
    const nn_size rows = seen(b);
    const look l = look_of(c, 1, 0);
    char text[ROOM] = "";

    nn_put(text, ROOM, base_config_str(c, GAN_DISCRIMINATOR));
    if (!text[0])
        put_discriminator(&l, &b->base.columns.size, text);
    return nn_parse("option \"discriminator\"", text, &rows, out, w);
}

/* The last layer of D, of what its text gives, and of the deviation among the
 * rows of a group. *out NULL: the text has it. */
static int32_t parse_head(const genmod_config *c, const gan_body *b,
                          const nn_net *d, nn_net **out, genmod_workspace *w)
{
    const nn_size features = {
        .rank = 1, .n = nn_size_elements(nn_net_output(d)) + (b->group > 1)};
    const look l = look_of(c, 1, 0);
    char text[ROOM] = "";

    *out = NULL;
    if (is_whole(d, 1) && b->group == 1 && b->conditioning == GAN_CONCAT)
        return GENMOD_OK;
    nn_put(text, ROOM, l.before);
    nn_put(text, ROOM, "dense 1");
    return nn_parse("option \"discriminator\"", text, &features, out, w);
}

/* The classes of an auxiliary classifier (Odena et al. 2017). */
static int32_t parse_classifier(const gan_body *b, const nn_net *d,
                                nn_net **out, genmod_workspace *w)
{
    const nn_size features = {.rank = 1,
                              .n = nn_size_elements(nn_net_output(d))};
    char text[ROOM] = "";

    *out = NULL;
    if (b->conditioning != GAN_CLASSIFIER)
        return GENMOD_OK;
    nn_put_number(text, ROOM, "dense ", b->classes, "");
    return nn_parse("option \"discriminator\"", text, &features, out, w);
}

int32_t gan_parse_networks(const genmod_config *c, const gan_body *b,
                           nn_net *out[GAN_NETS], genmod_workspace *w)
{
    int32_t status = parse_discriminator(c, b, &out[GAN_D], w);

    if (!status)
        status = parse_generator(c, b, &out[GAN_G], w);
    if (!status)
        status = parse_head(c, b, out[GAN_D], &out[GAN_HEAD], w);
    if (!status)
        status = parse_classifier(b, out[GAN_D], &out[GAN_CLASSES_NET], w);
    return status;
}
