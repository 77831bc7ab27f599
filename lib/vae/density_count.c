/* Likelihoods of counts. In float the plain formulas lose whole nats: of a
 * count of a million, x ln(rate) and ln x! are 10^7 each and cancel. Loader,
 * "Fast and accurate computation of binomial probabilities", 2000, has the
 * cure: Stirling's formula of x! is worked into the rest, of which a deviance
 * is left, 0 where x is the mean, and differences delta(x) of Stirling's
 * formula.
 *
 * The log rate ends at 20: the greatest count that a float holds with all those
 * below it is 2^24 = exp(16.6), so that no maximum of a likelihood is cut off,
 * and exp(20) and its products with counts are far from overflow. Below,
 * nothing has to end: exp goes to 0.
 */
#include "vae/density.h"

#define HALF_LOG_TWO_PI 0.91893853320467274

static ad_node one(ad_graph *g)
{
    return ad_constant(g, 1, ad_scalar());
}

/* ln Gamma(z) - [(z - 1/2) ln z - z + ln(2 pi) / 2], z > 0: from 8 on by the
 * asymptotic series (Abramowitz, Stegun 6.1.41), whose next term is 1e-14. */
static ad_node stirling_error(ad_graph *g, ad_node z)
{
    static const double c[] = {-691.0 / 360360, 1.0 / 1188, -1.0 / 1680,
                               1.0 / 1260,      -1.0 / 360, 1.0 / 12};
    const ad_node bound = ad_constant(g, 8, ad_scalar());
    const ad_node low = ad_min(g, z, bound);
    const ad_node inverse = ad_recip(g, ad_max(g, z, bound));
    const ad_node square = ad_square(g, inverse);
    ad_node series = ad_constant(g, c[0], ad_scalar()), near;

    for (size_t i = 1; i < sizeof c / sizeof *c; i++)
        series = ad_shift(g, ad_mul(g, series, square), c[i]);
    near = ad_mul(g, ad_shift(g, low, -0.5), ad_log(g, low));
    near = ad_sub(g, ad_lgamma(g, low), ad_sub(g, near, low));
    return ad_select(g, ad_greater(g, z, bound), ad_mul(g, series, inverse),
                     ad_shift(g, near, -HALF_LOG_TWO_PI));
}

/* ln p(x) = x l - e^l - ln x!. With u = l - ln x and x > 0 that is
 * -x (e^u - 1 - u) - ln(2 pi x) / 2 - delta(x). */
ad_node vae_poisson(const vae_term *t)
{
    ad_graph *const g = t->g;
    const ad_node l = vae_at_most(g, t->y, VAE_LOG_RATE_MOST);
    const ad_node x = ad_max(g, t->x, one(g)), log_x = ad_log(g, x);
    const ad_node u = ad_sub(g, l, log_x);
    const ad_node deviance = ad_mul(g, x, ad_sub(g, ad_expm1(g, u), u));
    const ad_node rest =
        ad_shift(g, ad_add(g, ad_scale(g, log_x, 0.5), stirling_error(g, x)),
                 HALF_LOG_TWO_PI);

    return ad_neg(g, ad_select(g, ad_greater(g, t->x, ad_zeros(g, t->x)),
                               ad_add(g, deviance, rest), ad_exp(g, l)));
}

/* ln r, within +-14: at the upper end the variance, mu + mu^2 / r, is Poisson's
 * to within 1 % up to means of 10^4; at the lower one a count that is not 0 has
 * a probability below r (20 + 14) = 3e-5. */
ad_node vae_log_dispersion(const vae_term *t)
{
    ad_graph *const g = t->g;
    const ad_node above =
        vae_at_most(g, vae_stored(t, t->b->variable), VAE_LOG_DISPERSION_MOST);

    return ad_neg(g, vae_at_most(g, ad_neg(g, above), VAE_LOG_DISPERSION_MOST));
}

/* Mean mu = e^l, variance mu + mu^2 / r:
 *
 *     p(x) = Gamma(x + r) / (Gamma(r) x!) (r / (r + mu))^r (mu / (r + mu))^x
 *
 * With s = softplus, t = l - ln r, t_x = ln x - ln r, n = x + r and x > 0:
 *
 *     ln p = x [s(-t_x) - s(-t)] + r [s(t_x) - s(t)] - ln(2 pi n x / r) / 2
 *            + delta(n) - delta(x) - delta(r),
 *
 * and ln p(0) = -r s(t). All that depends on l are two softplus. */
ad_node vae_negative_binomial(const vae_term *t)
{
    ad_graph *const g = t->g;
    const ad_node log_r = vae_log_dispersion(t), r = ad_exp(g, log_r);
    const ad_node l = vae_at_most(g, t->y, VAE_LOG_RATE_MOST);
    const ad_node x = ad_max(g, t->x, one(g)), log_x = ad_log(g, x);
    const ad_node n = ad_add(g, x, r);
    const ad_node at = ad_sub(g, l, log_r), at_x = ad_sub(g, log_x, log_r);
    const ad_node fails = ad_softplus(g, at);
    const ad_node deviance =
        ad_add(g,
               ad_mul(g, x,
                      ad_sub(g, ad_softplus(g, ad_neg(g, at)),
                             ad_softplus(g, ad_neg(g, at_x)))),
               ad_mul(g, r, ad_sub(g, fails, ad_softplus(g, at_x))));
    const ad_node width =
        ad_scale(g, ad_sub(g, ad_add(g, ad_log(g, n), log_x), log_r), 0.5);
    const ad_node error =
        ad_sub(g, ad_sub(g, stirling_error(g, n), stirling_error(g, x)),
               stirling_error(g, r));
    const ad_node rest = ad_shift(g, ad_sub(g, error, width), -HALF_LOG_TWO_PI);

    return ad_select(g, ad_greater(g, t->x, ad_zeros(g, t->x)),
                     ad_sub(g, rest, deviance), ad_neg(g, ad_mul(g, r, fails)));
}
