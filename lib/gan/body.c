/* What a model is made of: two networks. */
#include <string.h>

#include "gan/internal.h"

/* Nets in the order of their places: D's first and G's are always there. */
static int32_t declare_nets(gan_body *b, nn_net *net[GAN_NETS],
                            genmod_workspace *w)
{
    static const char *const prefix[] = {"discriminator", "generator", "head",
                                         "classifier"};
    int32_t *const place[] = {NULL, NULL, &b->head, &b->classifier};
    int32_t status = GENMOD_OK;

    for (size_t i = 0; i < GAN_NETS && !status; i++) {
        nn_net *const own = net[i];

        if (!own)
            continue;
        if (place[i])
            *place[i] = (int32_t)b->base.nets;
        net[i] = NULL;
        status = model_body_player_net(&b->base, own, prefix[i],
                                       i == GAN_G ? GAN_G : GAN_D, w);
    }
    return status;
}

/* GENMOD_BAD_ARGUMENT where there is nothing that could tell G of labels. */
static int32_t condition(const gan_body *b, nn_net *net, genmod_workspace *w)
{
    if (!b->by_norm || nn_net_condition(net, b->classes))
        return GENMOD_OK;
    return base_fail(w, GENMOD_BAD_ARGUMENT,
                     "option \"generator_conditioning\" is batchnorm: the "
                     "generator has none; it wants one in \"generator\", or "
                     "\"preset\" dcgan, wgan-gp or sn-hinge");
}

static int32_t declare_networks(const genmod_config *c, gan_body *b,
                                genmod_workspace *w)
{
    nn_net *net[GAN_NETS] = {NULL};
    int32_t status = gan_parse_networks(c, b, net, w);

    if (!status)
        status = condition(b, net[GAN_G], w);
    if (!status)
        status = declare_nets(b, net, w);
    for (size_t i = 0; i < GAN_NETS; i++)
        nn_net_free(net[i]);
    if (status || b->conditioning != GAN_PROJECTION)
        return status;
    return ad_store_add(b->base.store, "projection", AD_TRAINED, GAN_D,
                        ad_matrix(b->classes, nn_size_elements(nn_net_output(
                                                  b->base.net[GAN_D]))),
                        &b->projection, w);
}

int32_t gan_declare(const genmod_config *c, const model_schema *s,
                    model_body *m, genmod_workspace *w)
{
    gan_body *const b = (gan_body *)m;
    int32_t status = model_body_input(c, s, m, w);

    if (!status)
        status = gan_table_declare(c, s, b, w);
    if (status)
        return status;
    b->standardise = base_config_i64(c, GAN_STANDARDISE) != 0;
    b->classes = base_config_i64(c, GAN_CLASSES);
    b->conditioning = base_config_choice(c, GAN_CONDITIONING);
    b->by_norm = base_config_choice(c, GAN_GENERATOR_CONDITIONING);
    b->packing = base_config_i64(c, GAN_PACKING);
    b->group = base_config_i64(c, GAN_DEVIATION);
    b->projection = b->head = b->classifier = -1;
    m->codes.size = (nn_size){.rank = 1, .n = gan_codes(c, &m->columns.size)};
    if (b->classes)
        model_body_array(m, GAN_SHARES, GENMOD_F64, MODEL_NOT_NEGATIVE,
                         (size_t)b->classes);
    return declare_networks(c, b, w);
}

int gan_labelled(const model_body *b)
{
    return ((const gan_body *)b)->classes > 0;
}

int gan_surveys(const model_body *b)
{
    return gan_labelled(b) || ((const gan_body *)b)->table.blocks;
}

int32_t gan_look(model_body *m, const model_rows *r, int learn,
                 genmod_workspace *w)
{
    gan_body *const b = (gan_body *)m;
    double *const rows = model_body_find(m, GAN_SHARES);
    const int32_t status = model_check_labels(r, b->classes, w);

    if (status || !learn)
        return status;
    for (size_t i = 0; r->labels && i < r->n; i++)
        rows[r->labels[i]] += 1;
    return b->table.blocks ? gan_learn_rows(b, r, w) : GENMOD_OK;
}

double *gan_sums(model_body *m, size_t i, size_t *n)
{
    *n = (size_t)((const gan_body *)m)->classes;
    return i == 0 && *n ? model_body_find(m, GAN_SHARES) : NULL;
}

int32_t gan_check_alone(const model_body *m, genmod_workspace *w)
{
    return ((const gan_body *)m)->table.blocks
               ? base_alone(w, "a table of kinds, or of columns by \"numeric\" "
                               "other than standard,")
               : GENMOD_OK;
}

int32_t gan_join(model_body *m, genmod_workspace *w)
{
    return gan_check_alone(m, w);
}
