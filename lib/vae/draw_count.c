/* Poisson and gamma draws by rejection: exact, and in a number of steps that
 * does not grow with the rate. */
#include "vae/draw.h"

#include <math.h>

#define SMALL_RATE 10    /* below: by inversion */
#define MOST_RATE 0x1p60 /* no draw comes near: a gamma one is below 10^18 */

/* The sum of probabilities passes u: with a rate below 10 a count above 128 has
 * a probability below 1e-90, and u >= 2^-53. */
static double by_inversion(vae_cell *c, double rate)
{
    double u[2], p = vae_exp(c, -rate), x = 0;

    vae_uniforms(c, u);
    while (u[0] > p && x < 128) {
        u[0] -= p;
        x++;
        p *= rate / x;
    }
    return x;
}

/* ln p(x) + ln(2 pi x) / 2, x >= 16, by Loader 2000: with v = (rate - x) / x
 * it is -x (v - ln(1 + v)) - delta(x). */
static double log_far(const vae_cell *c, double rate, double x)
{
    const double v = (rate - x) / x, q = 1 / (x * x);
    double l;

    c->f64->log1p(1, &v, &l);
    return x * (l - v) -
           (1.0 / 12 - q * (1.0 / 360 - q * (1.0 / 1260 - q / 1680))) / x;
}

/* ln p(x), x a whole number >= 0. */
static double log_poisson(const vae_cell *c, double rate, double x)
{
    static const double half_log_two_pi = 0.91893853320467274;
    double factorial = 1;

    if (x >= 16)
        return log_far(c, rate, x) - 0.5 * vae_log(c, x) - half_log_two_pi;
    for (double k = 2; k <= x; k++)
        factorial *= k;
    return x * vae_log(c, rate) - rate - vae_log(c, factorial);
}

/* Hoermann, "The transformed rejection method for generating Poisson random
 * variables", 1993, algorithm PTRS, whose letters these are. */
static double by_rejection(vae_cell *c, double rate)
{
    const double b = 0.931 + 2.53 * sqrt(rate), a = -0.059 + 0.02483 * b;
    const double inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    const double v_r = 0.9277 - 3.6224 / (b - 2);

    for (int i = 0; i < VAE_TRIES; i++) {
        double u[2], us, x;

        vae_uniforms(c, u);
        u[0] -= 0.5;
        us = 0.5 - fabs(u[0]);
        x = (2 * a / us + b) * u[0] + rate + 0.43;
        if (!(x >= 0 && x < 0x1p62) || (us < 0.013 && u[1] > us))
            continue;
        x = (double)(int64_t)x;
        if (us >= 0.07 && u[1] <= v_r)
            return x;
        if (vae_log(c, u[1] * inverse_alpha / (a / (us * us) + b)) <=
            log_poisson(c, rate, x))
            return x;
    }
    return (double)(int64_t)rate;
}

double vae_draw_poisson(vae_cell *c, double rate)
{
    if (rate < SMALL_RATE)
        return by_inversion(c, rate);
    return by_rejection(c, rate < MOST_RATE ? rate : MOST_RATE);
}

/* ln of a gamma variate of unit scale and a shape >= 1: Marsaglia and Tsang, "A
 * simple method for generating gamma variables", 2000. */
static double log_gamma_variate(vae_cell *c, double shape)
{
    const double d = shape - 1.0 / 3, scale = 1 / sqrt(9 * d);

    for (int i = 0; i < VAE_TRIES; i++) {
        const double z = vae_normal(c);
        const double root = 1 + scale * z;
        double u[2], v, log_v;

        vae_uniforms(c, u);
        if (!(root > 0))
            continue;
        v = root * root * root;
        log_v = vae_log(c, v);
        if (vae_log(c, u[0]) < 0.5 * z * z + d * (1 - v + log_v))
            return vae_log(c, d) + log_v;
    }
    return vae_log(c, d);
}

/* Poisson with a gamma rate of mean mu and shape r. Below shape 1 a variate is
 * that of r + 1 times U^(1/r), in logarithms, since it may be below all
 * numbers. */
double vae_draw_negative_binomial(vae_cell *c, double log_mean, double log_r)
{
    const double r = vae_exp(c, log_r);
    double u[2], log_rate;

    if (r >= 1) {
        log_rate = log_gamma_variate(c, r);
    } else {
        vae_uniforms(c, u);
        log_rate = log_gamma_variate(c, r + 1) + vae_log(c, u[0]) / r;
    }
    return vae_draw_poisson(c, vae_exp(c, log_rate + log_mean - log_r));
}
