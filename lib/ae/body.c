/* The networks of an autoencoder. */
#include <string.h>

#include "ae/internal.h"

static int32_t parse_encoder(const genmod_config *c, const model_body *b,
                             nn_net **out, genmod_workspace *w)
{
    const char *const text = base_config_str(c, AE_ENCODER);
    char own[MODEL_TEXT];

    if (!text[0])
        ae_default_encoder(&b->columns.size, base_config_i64(c, AE_CODE), own);
    return nn_parse("option \"encoder\"", text[0] ? text : own,
                    &b->columns.size, out, w);
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

static int32_t parse_decoder(const genmod_config *c, model_body *b,
                             nn_net **out, genmod_workspace *w)
{
    const nn_net *const encoder = b->net[AE_ENCODER_NET];
    const char *text = base_config_str(c, AE_DECODER);
    char given[64], wanted[64];
    int32_t status = text[0] ? GENMOD_OK : mirror(encoder, &text, w);

    if (!status)
        status = nn_parse("option \"decoder\"", text, &b->codes.size, out, w);
    if (status)
        return status;
    if (nn_size_elements(nn_net_output(*out)) == (int64_t)b->d)
        return GENMOD_OK;
    nn_size_format(nn_net_output(*out), given);
    nn_size_format(&b->columns.size, wanted);
    nn_net_free(*out);
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "option \"decoder\": it gives %s; the input is %s", given,
                     wanted);
}

static int32_t declare_decoder(const genmod_config *c, model_body *m,
                               genmod_workspace *w)
{
    const int tied = base_config_i64(c, AE_TIED) != 0;
    nn_net *net;
    const int32_t status = parse_decoder(c, m, &net, w);

    if (status)
        return status;
    return model_body_net(m, net, "decoder",
                          tied ? m->net[AE_ENCODER_NET] : NULL, w);
}

/* What the option says, then a dense layer of the outputs. */
static int32_t declare_head(const genmod_config *c, model_body *m,
                            genmod_workspace *w)
{
    const char *const own = base_config_str(c, AE_HEAD);
    const size_t n = strlen(own);
    char *const text = base_scratch(w, n + 64, 1);
    nn_net *net;
    int32_t status;

    if (!text)
        return base_status(w);
    memcpy(text, own, n);
    memcpy(text + n, "; dense ", 9);
    base_format_i64((int64_t)((ae_body *)m)->outputs, text + n + 8);
    status = nn_parse("option \"head\"", n ? text : text + 2, &m->codes.size,
                      &net, w);
    return status ? status : model_body_net(m, net, "head", NULL, w);
}

static int32_t declare_encoder(const genmod_config *c, model_body *m,
                               genmod_workspace *w)
{
    nn_net *net;
    int32_t status = parse_encoder(c, m, &net, w);

    if (status)
        return status;
    m->codes.size = *nn_net_output(net);
    return ((ae_body *)m)->freeze ? model_body_fixed_net(m, net, "encoder", w)
                                  : model_body_net(m, net, "encoder", NULL, w);
}

static void read_target(const genmod_config *c, ae_body *b)
{
    b->target = base_config_choice(c, AE_TARGET);
    b->freeze = b->target != AE_ROWS && base_config_i64(c, AE_FREEZE) != 0;
    if (b->target == AE_LABELS)
        b->outputs = (size_t)base_config_i64(c, AE_CLASSES);
    if (b->target == AE_NUMBERS)
        b->outputs = b->base.targets = (size_t)base_config_i64(c, AE_VALUES);
}

int32_t ae_declare(const genmod_config *c, const model_schema *s, model_body *m,
                   genmod_workspace *w)
{
    ae_body *const b = (ae_body *)m;
    int32_t status;

    read_target(c, b);
    status = model_body_input(c, s, m, w);
    b->loss = base_config_choice(c, AE_LOSS);
    b->delta = base_config_f64(c, AE_HUBER_DELTA);
    b->corruption = base_config_choice(c, AE_CORRUPTION);
    b->standardise =
        b->loss != AE_BCE && base_config_i64(c, AE_STANDARDISE) != 0;
    if (b->corruption == AE_SALT_AND_PEPPER) {
        model_body_array(m, AE_LOW, GENMOD_F32, MODEL_ANY, m->d);
        model_body_array(m, AE_HIGH, GENMOD_F32, MODEL_ANY, m->d);
    }
    if (!status)
        status = declare_encoder(c, m, w);
    if (!status)
        status = b->target == AE_ROWS ? declare_decoder(c, m, w)
                                      : declare_head(c, m, w);
    if (!status && model_body_parameters(m) == 0)
        status = base_fail(w, GENMOD_BAD_ARGUMENT,
                           "option \"encoder\": the networks have no weights");
    if (!status && b->target == AE_ROWS)
        status = ae_check_penalties(c, m, w);
    return status;
}
