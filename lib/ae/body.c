/* What a model is made of: networks, weights, columns. */
#include <string.h>

#include "ae/internal.h"

#define MOST_COLUMNS 65536 /* of a genmod_data */

static int32_t parse_input(const genmod_config *c, size_t d, nn_size *out,
                           genmod_workspace *w)
{
    const char *const text = base_config_str(c, AE_INPUT);
    int32_t status;

    *out = (nn_size){.rank = 1, .n = (int64_t)d};
    if (!text[0])
        return GENMOD_OK;
    status = nn_size_parse("option \"input\"", text, out, w);
    if (status)
        return status;
    if (nn_size_elements(out) > MOST_COLUMNS)
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "option \"input\": %s has %i columns; a row may have "
                         "%i",
                         text, nn_size_elements(out), (int64_t)MOST_COLUMNS);
    if (d && (int64_t)d != nn_size_elements(out))
        return base_fail(w, GENMOD_BAD_ARGUMENT,
                         "x has %u columns; option \"input\" is %s, %i columns",
                         (uint64_t)d, text, nn_size_elements(out));
    return GENMOD_OK;
}

static int32_t parse_encoder(const genmod_config *c, ae_body *b,
                             genmod_workspace *w)
{
    const char *const text = base_config_str(c, AE_ENCODER);
    char own[AE_TEXT];

    if (!text[0])
        ae_default_encoder(&b->columns.size, base_config_i64(c, AE_CODE), own);
    return nn_parse("option \"encoder\"", text[0] ? text : own,
                    &b->columns.size, &b->encoder, w);
}

/* In scratch: an image can be longer than what it shows. */
static int32_t mirror(const nn_net *encoder, const char **out,
                      genmod_workspace *w)
{
    size_t need = 0;
    char *text;
    int32_t status = nn_net_mirror(encoder, 0, NULL, &need, w);

    if (status == GENMOD_UNSUPPORTED)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "%s; give option \"decoder\"",
                         genmod_workspace_error(w));
    if (status && status != GENMOD_TOO_SMALL)
        return status;
    text = base_scratch(w, need, 1);
    if (!text)
        return base_status(w);
    *out = text;
    return nn_net_mirror(encoder, need, text, NULL, w);
}

static int32_t parse_decoder(const genmod_config *c, ae_body *b,
                             genmod_workspace *w)
{
    const nn_size *const code = nn_net_output(b->encoder);
    const char *text = base_config_str(c, AE_DECODER);
    char given[64], wanted[64];
    int32_t status = text[0] ? GENMOD_OK : mirror(b->encoder, &text, w);

    if (!status)
        status = nn_parse("option \"decoder\"", text, code, &b->decoder, w);
    if (status)
        return status;
    b->z = (size_t)nn_size_elements(code);
    if (nn_size_elements(nn_net_output(b->decoder)) == (int64_t)b->d)
        return GENMOD_OK;
    nn_size_format(nn_net_output(b->decoder), given);
    nn_size_format(&b->columns.size, wanted);
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "option \"decoder\": it gives %s; the input is %s", given,
                     wanted);
}

static int32_t declare(const genmod_config *c, ae_body *b, genmod_workspace *w)
{
    const int tied = base_config_i64(c, AE_TIED) != 0;
    int32_t status = ad_store_new(GENMOD_F32, &b->store, w);

    if (!status)
        status = nn_declare(b->encoder, b->store, "encoder", 0, NULL, w);
    if (!status)
        status = nn_declare(b->decoder, b->store, "decoder", 0,
                            tied ? b->encoder : NULL, w);
    if (!status && ae_body_parameters(b) == 0)
        status = base_fail(w, GENMOD_BAD_ARGUMENT,
                           "option \"encoder\": the networks have no weights");
    return status;
}

static int32_t make(const genmod_config *c, size_t d, ae_body *b,
                    genmod_workspace *w)
{
    int32_t status = parse_input(c, d, &b->columns.size, w);

    if (status)
        return status;
    b->d = (size_t)nn_size_elements(&b->columns.size);
    b->loss = ae_loss_of(c);
    b->delta = base_config_f64(c, AE_HUBER_DELTA);
    b->corruption = ae_corruption_of(c);
    b->standardise =
        b->loss != AE_BCE && base_config_i64(c, AE_STANDARDISE) != 0;
    b->mean_weight = 1;
    status = parse_encoder(c, b, w);
    if (!status)
        status = parse_decoder(c, b, w);
    if (!status)
        status = declare(c, b, w);
    return status;
}

int32_t ae_body_new(const genmod_config *c, size_t d, ae_body **out,
                    genmod_workspace *w)
{
    ae_body *const b = base_alloc_zero(w, 1, sizeof *b);
    const int32_t status = b ? make(c, d, b, w) : base_status(w);

    *out = NULL;
    if (status)
        ae_body_free(b);
    else
        *out = b;
    return status;
}

void ae_body_free(ae_body *b)
{
    if (!b)
        return;
    for (size_t i = 0; i < AE_PROGRAMS; i++)
        ad_program_free(b->programs[i]);
    nn_net_free(b->encoder);
    nn_net_free(b->decoder);
    ad_store_free(b->store);
    base_free(b->numbers);
    base_free(b);
}

/* Doubles of `numbers`: centres and scales of columns and codes, and as floats
 * the extremes. */
static size_t count_numbers(const ae_body *b)
{
    return 2 * (b->d + b->z) + (b->corruption == AE_SALT_AND_PEPPER ? b->d : 0);
}

int32_t ae_body_seal(ae_body *b, genmod_workspace *w)
{
    double *at = base_alloc_zero(w, count_numbers(b), sizeof *at);

    if (!at)
        return base_status(w);
    b->numbers = at;
    b->columns.center = at;
    b->columns.scale = at += b->d;
    b->codes.size = *nn_net_output(b->encoder);
    b->codes.center = at += b->d;
    b->codes.scale = at += b->z;
    at += b->z;
    for (size_t i = 0; i < b->z; i++)
        b->codes.scale[i] = 1;
    if (b->corruption == AE_SALT_AND_PEPPER) {
        b->low = (void *)at;
        b->high = b->low + b->d;
    }
    return ad_store_seal(b->store, 0, w);
}

size_t ae_body_parameters(const ae_body *b)
{
    size_t n = 0;

    for (size_t i = 0; i < ad_store_count(b->store); i++)
        if (ad_store_kind(b->store, i) == AD_TRAINED)
            n += (size_t)ad_elements(ad_store_shape(b->store, i));
    return n;
}

void ae_body_copy(ae_body *to, const ae_body *from)
{
    memcpy(ad_store_values(to->store), ad_store_values(from->store),
           ad_store_total(from->store) * sizeof(float));
    memcpy(to->numbers, from->numbers, count_numbers(from) * sizeof(double));
    to->mean_weight = from->mean_weight;
}
