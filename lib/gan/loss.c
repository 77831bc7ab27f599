/* What the players make small, and what that is where neither can gain. */
#include <math.h>

#include "gan/internal.h"

#define LN2 0.6931471805599453

/* The value of a game has D's output as a logit: D(x) = sigmoid(y). softplus
 * keeps what is exact at both ends: -ln D = softplus(-y), -ln(1 - D) =
 * softplus(y). */

ad_node gan_weighted(ad_graph *g, ad_node weight, ad_node a)
{
    return ad_mean_all(g, ad_mul(g, weight, a));
}

static ad_node minus_log(ad_graph *g, ad_node y)
{
    return ad_softplus(g, ad_neg(g, y));
}

/* Equations (1) and (8) of Mao et al. 2017, with a = 0, b = c = 1. */
static ad_node half_square(ad_graph *g, ad_node y, double target)
{
    return ad_scale(g, ad_square(g, ad_shift(g, y, -target)), 0.5);
}

static ad_node hinge(ad_graph *g, ad_node y)
{
    return ad_relu(g, ad_shift(g, y, 1));
}

/* D's loss of a row, given as the parts of training and of generated rows. */
static void parts_of(ad_graph *g, int32_t loss, const gan_scores *s,
                     ad_node *real, ad_node *fake)
{
    switch (loss) {
    case GAN_LEAST_SQUARES:
        *real = half_square(g, s->real, 1);
        *fake = half_square(g, s->fake, 0);
        break;
    case GAN_HINGE: /* Lim, Ye 2017; Miyato et al. 2018, equation (16) */
        *real = hinge(g, ad_neg(g, s->real));
        *fake = hinge(g, s->fake);
        break;
    case GAN_WASSERSTEIN: /* Arjovsky et al. 2017, equation (2) */
        *real = ad_neg(g, s->real);
        *fake = s->fake;
        break;
    default: /* Goodfellow et al. 2014, equation (1) */
        *real = minus_log(g, s->real);
        *fake = ad_softplus(g, s->fake);
    }
}

/* The pairing of rows: Jolicoeur-Martineau 2019; Huang et al. 2024, (2). */
static ad_node paired(ad_graph *g, const gan_scores *s, ad_node above,
                      ad_node below)
{
    return gan_weighted(g, s->weight, minus_log(g, ad_sub(g, above, below)));
}

ad_node gan_d_loss(ad_graph *g, int32_t loss, const gan_scores *s)
{
    ad_node real, fake;

    if (loss == GAN_RELATIVISTIC)
        return paired(g, s, s->real, s->fake);
    parts_of(g, loss, s, &real, &fake);
    return ad_add(g, gan_weighted(g, s->weight, real), ad_mean_all(g, fake));
}

ad_node gan_g_loss(ad_graph *g, int32_t loss, const gan_scores *s)
{
    switch (loss) {
    case GAN_MINIMAX: /* E ln(1 - D), which vanishes where D is sure */
        return ad_neg(g, ad_mean_all(g, ad_softplus(g, s->fake)));
    case GAN_NON_SATURATING:
        return ad_mean_all(g, minus_log(g, s->fake));
    case GAN_LEAST_SQUARES:
        return ad_mean_all(g, half_square(g, s->fake, 1));
    case GAN_RELATIVISTIC:
        return paired(g, s, s->fake, s->real);
    default:
        return ad_neg(g, ad_mean_all(g, s->fake));
    }
}

double gan_d_equilibrium(int32_t loss)
{
    switch (loss) {
    case GAN_LEAST_SQUARES:
        return 0.25;
    case GAN_HINGE:
        return 2;
    case GAN_WASSERSTEIN:
        return 0;
    case GAN_RELATIVISTIC:
        return LN2;
    default:
        return 2 * LN2;
    }
}

double gan_g_equilibrium(int32_t loss)
{
    switch (loss) {
    case GAN_MINIMAX:
        return -LN2;
    case GAN_LEAST_SQUARES:
        return 0.125;
    case GAN_HINGE:
    case GAN_WASSERSTEIN:
        return NAN;
    default:
        return LN2;
    }
}
