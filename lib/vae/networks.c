/* The texts of encoder and decoder, with the heads that they leave out. */
#include <string.h>

#include "vae/internal.h"

#define ROOM 2048 /* bytes of a text with its head */

int64_t vae_code_of(const genmod_config *c, const nn_size *size)
{
    const int64_t d = nn_size_elements(size);
    const int64_t z = base_config_i64(c, VAE_CODE);

    const int64_t usual = d < 32 ? (d + 1) / 2 : 16;
    const int64_t width = base_config_i64(c, VAE_CODEBOOK)
                              ? base_config_i64(c, VAE_CODEBOOK_WIDTH)
                              : 1;

    return z ? z : (usual + width - 1) / width * width;
}

/* ---- the encoder --------------------------------------------------------- */

/* Halves both sides while 8 pixels are left, doubling the channels. */
static int put_stages(char *out, int64_t h, int64_t w)
{
    int64_t channels = 32;
    int any = 0;

    for (; h >= 8 && w >= 8; h /= 2, w /= 2) {
        nn_put_number(out, ROOM, any ? "; conv " : "conv ", channels,
                      " k4 s2 p1; relu");
        channels = channels < 128 ? 2 * channels : channels;
        any = 1;
    }
    return any;
}

static void put_encoder(const genmod_config *c, const nn_size *features,
                        char *out)
{
    const char *const text = base_config_str(c, VAE_ENCODER);
    int64_t h = nn_size_elements(features);

    out[0] = '\0';
    if (text[0]) {
        nn_put(out, ROOM, text);
        return;
    }
    if (features->rank == 3 && put_stages(out, features->h, features->w))
        return;
    h = h < 64 ? 64 : h > 512 ? 512 : h;
    nn_put_number(out, ROOM, "dense ", h, "; relu; ");
    nn_put_number(out, ROOM, "dense ", h, "; relu");
}

/* ---- the decoder --------------------------------------------------------- */

/* Where the last layer of a text begins; layers in braces are part of one. */
static char *last_layer(char *text)
{
    char *at = text;
    int depth = 0;

    for (char *s = text; *s; s++) {
        depth += (*s == '{') - (*s == '}');
        if (*s == ';' && depth == 0)
            at = s + 2;
    }
    return at;
}

static int begins(const char *text, const char *word)
{
    return memcmp(text, word, strlen(word)) == 0;
}

/* "dense 784", "deconv 1 k4 s2 p1" with another number of outputs; 0: it is no
 * such layer. */
static int renumber(char *layer, int64_t dense, int64_t channels)
{
    static const char *const words[] = {"dense ", "deconv ", "conv "};
    char rest[ROOM];

    for (int i = 0; i < 3; i++) {
        const size_t n = strlen(words[i]);

        if (strlen(layer) < n || !begins(layer, words[i]))
            continue;
        layer += n;
        memcpy(rest, layer, strlen(layer) + 1);
        layer[0] = '\0';
        nn_put_number(layer, ROOM, "", i ? channels : dense,
                      rest + strcspn(rest, " "));
        return 1;
    }
    return 0;
}

/* The mirror image of encoder and code, whose last layer becomes the head. */
static int32_t put_mirror(const vae_body *b, const nn_size *features,
                          const char *encoder, int64_t z, char *out,
                          int *headed, genmod_workspace *w)
{
    const nn_size *const s = &b->base.columns.size;
    const int64_t pixels = s->rank == 3 ? s->h * s->w : 1;
    char text[ROOM];
    nn_net *net;
    char *last;
    int32_t status;

    text[0] = '\0';
    nn_put(text, ROOM, encoder);
    nn_put_number(text, ROOM, "; dense ", z, "");
    status = nn_parse("option \"encoder\"", text, features, &net, w);
    if (status)
        return status;
    status = nn_net_mirror(net, ROOM, out, NULL, w);
    nn_net_free(net);
    if (status == GENMOD_UNSUPPORTED || status == GENMOD_TOO_SMALL)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s; give option \"decoder\"",
                         genmod_workspace_error(w));
    if (status)
        return status;
    last = last_layer(out);
    if (last > out && begins(last, "reshape")) {
        last[-2] = '\0';
        last = last_layer(out);
    }
    *headed =
        renumber(last, b->likelihood.params, b->likelihood.params / pixels);
    return GENMOD_OK;
}

/* The head behind a text that gives `out`. */
static void put_head(const vae_body *b, const nn_size *out, char *text)
{
    const nn_size *const s = &b->base.columns.size;

    if (s->rank == 3 && out->rank == 3 && s->h == out->h && s->w == out->w)
        nn_put_number(text, ROOM, "; conv ",
                      b->likelihood.params / (s->h * s->w), " k1");
    else
        nn_put_number(text, ROOM, "; dense ", b->likelihood.params, "");
}

static int32_t parse_decoder(const genmod_config *c, const vae_body *b,
                             const nn_size *features, const nn_size *codes,
                             const char *encoder, nn_net **out,
                             genmod_workspace *w)
{
    const char *const given = base_config_str(c, VAE_DECODER);
    const int64_t z = nn_size_elements(codes) - b->classes;
    char text[ROOM];
    int headed = 0;
    int32_t status = GENMOD_OK;

    text[0] = '\0';
    nn_put(text, ROOM, given);
    if (!given[0])
        status = put_mirror(b, features, encoder, z, text, &headed, w);
    if (!status)
        status = nn_parse("option \"decoder\"", text, codes, out, w);
    if (status || headed)
        return status;
    put_head(b, nn_net_output(*out), text);
    nn_net_free(*out);
    *out = NULL;
    return nn_parse("option \"decoder\"", text, codes, out, w);
}

int32_t vae_parse_networks(const genmod_config *c, const vae_body *b,
                           const nn_size *features, const nn_size *codes,
                           nn_net **encoder, nn_net **decoder,
                           genmod_workspace *w)
{
    const int64_t z = nn_size_elements(codes) - b->classes;
    char text[ROOM], whole[ROOM];
    int32_t status;

    *encoder = *decoder = NULL;
    put_encoder(c, features, text);
    whole[0] = '\0';
    nn_put(whole, ROOM, text);
    nn_put_number(whole, ROOM, "; dense ", b->vectors ? z : 2 * z, "");
    status = nn_parse("option \"encoder\"", whole, features, encoder, w);
    if (!status)
        status = parse_decoder(c, b, features, codes, text, decoder, w);
    if (!status)
        return GENMOD_OK;
    nn_net_free(*encoder);
    nn_net_free(*decoder);
    *encoder = *decoder = NULL;
    return status;
}
