/* What a model is made of: two networks. */
#include <string.h>

#include "gan/internal.h"

int32_t gan_declare(const genmod_config *c, const model_schema *s,
                    model_body *m, genmod_workspace *w)
{
    gan_body *const b = (gan_body *)m;
    nn_net *generator, *discriminator;
    int32_t status = model_body_input(c, s, m, w);

    if (status)
        return status;
    b->standardise = base_config_i64(c, GAN_STANDARDISE) != 0;
    b->classes = base_config_i64(c, GAN_CLASSES);
    b->packing = base_config_i64(c, GAN_PACKING);
    m->codes.size = (nn_size){.rank = 1, .n = gan_codes(c, &m->columns.size)};
    if (b->classes)
        model_body_array(m, GAN_SHARES, GENMOD_F64, MODEL_NOT_NEGATIVE,
                         (size_t)b->classes);
    status = gan_parse_networks(c, b, &generator, &discriminator, w);
    if (status)
        return status;
    status = model_body_player_net(m, discriminator, "discriminator", GAN_D, w);
    if (status) {
        nn_net_free(generator);
        return status;
    }
    return model_body_player_net(m, generator, "generator", GAN_G, w);
}

int gan_labelled(const model_body *b)
{
    return ((const gan_body *)b)->classes > 0;
}

int gan_surveys(const model_body *b)
{
    return gan_labelled(b);
}

int32_t gan_look(model_body *m, const model_rows *r, int learn,
                 genmod_workspace *w)
{
    const gan_body *const b = (const gan_body *)m;
    double *const rows = model_body_find(m, GAN_SHARES);
    const int32_t status = model_check_labels(r, b->classes, w);

    for (size_t i = 0; learn && !status && r->labels && i < r->n; i++)
        rows[r->labels[i]] += 1;
    return status;
}
