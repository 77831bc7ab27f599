/* Noise: Banfield, Raftery 1993; the bounding box is mclust's volume. */
#include <math.h>

#include "gmm/noise.h"

int gmm_noise_wanted(const genmod_config *c)
{
    return base_config_f64(c, GMM_NOISE) > 0;
}

size_t gmm_noise_parameters(const genmod_config *c, int32_t held)
{
    if (!gmm_noise_wanted(c))
        return 0;
    return !held + !(base_config_f64(c, GMM_NOISE_VOLUME) > 0);
}

static double ln(const gmm_params *p, double x)
{
    p->f64.ops->log(1, &x, &x);
    return x;
}

static double log_volume(const gmm_params *p, const double *side)
{
    double sum = 0;

    for (size_t c = 0; c < p->d; c++)
        sum += ln(p, side[c]);
    return sum;
}

static double exp_of(const gmm_params *p, double x)
{
    p->f64.ops->exp(1, &x, &x);
    return x;
}

/* A uniform column of that variance is sqrt(12 variance) wide. */
void gmm_noise_sides(const gmm_params *p, double volume, const double *low,
                     const double *high, const double *variance, double *side)
{
    double stretch;

    for (size_t c = 0; c < p->d; c++)
        side[c] = high[c] > low[c] ? high[c] - low[c] : sqrt(12 * variance[c]);
    if (!(volume > 0))
        return;
    stretch = exp_of(p, (ln(p, volume) - log_volume(p, side)) / (double)p->d);
    for (size_t c = 0; c < p->d; c++)
        side[c] *= stretch;
}

double gmm_noise_volume(const gmm_params *p)
{
    return exp_of(p, log_volume(p, p->noise + 1));
}

double gmm_noise_level(const gmm_params *p)
{
    const double u = p->noise[0];

    return ln(p, u) - ln(p, 1 - u) - log_volume(p, p->noise + 1) - p->log_scale;
}

double gmm_log_level(const gmm_params *p)
{
    return p->log_scale + (p->noise[0] > 0 ? ln(p, 1 - p->noise[0]) : 0);
}

double gmm_noise_joint(const gmm_block *b, const gmm_partial *t)
{
    const double *const side = b->p->noise + 1;
    const double v = gmm_noise_level(b->p);

    for (size_t i = 0; i < KERN_ROWS; i++)
        gmm_set_real(b->ops->type, b->l, b->p->k * KERN_ROWS + i, v);
    if (t)
        gmm_partial_widen(t, b, side);
    return ln(b->p, 1 - b->p->noise[0]);
}

/* Neither is ever all: a logarithm is taken of both. */
double gmm_noise_step(double noise, double others)
{
    const double u = noise / (noise + others);

    if (!(u > DBL_MIN))
        return DBL_MIN;
    return u < 1 - DBL_EPSILON ? u : 1 - DBL_EPSILON;
}
