/* Rows drawn from what a decoder gives, outside the graph and in double. A cell
 * has random numbers of its own, by (seed, row, column). */
#include "vae/draw.h"

#include <assert.h>
#include <math.h>

#include "vae/density.h"

#define SITE UINT32_C(0x76616578) /* of base_random(): "vaex" */

double vae_exp(const vae_cell *c, double x)
{
    double y;

    c->f64->exp(1, &x, &y);
    return y;
}

double vae_log(const vae_cell *c, double x)
{
    double y;

    c->f64->log(1, &x, &y);
    return y;
}

void vae_uniforms(vae_cell *c, double u[2])
{
    uint32_t bits[4];

    base_random(c->seed, c->row, SITE, c->block++, bits);
    u[0] = base_uniform(bits[0], bits[1]);
    u[1] = base_uniform(bits[2], bits[3]);
}

/* Box and Muller 1958; one of the two. */
double vae_normal(vae_cell *c)
{
    double u[2], s, cosine, angle;

    vae_uniforms(c, u);
    angle = 6.283185307179586 * u[1];
    c->f64->sincos(1, &angle, &s, &cosine);
    return sqrt(-2 * vae_log(c, u[0])) * cosine;
}

/* ---- what the store holds ------------------------------------------------ */

/* Of column j of the block. */
static double stored(const ad_store *s, const vae_block *b, int32_t index,
                     int64_t j)
{
    const void *const v = ad_store_value(s, (size_t)index);
    const size_t at = b->shared ? 0 : (size_t)j;

    return ad_store_type(s) == GENMOD_F32 ? (double)((const float *)v)[at]
                                          : ((const double *)v)[at];
}

static double at_most(double a, double most)
{
    return a < most ? a : most;
}

/* As sigma.c has it. */
static double sigma(const vae_cell *c, const ad_store *s, const vae_block *b,
                    int64_t j)
{
    double v;

    if (b->sigma == VAE_SIGMA_FIXED)
        return b->sigma_value;
    if (b->sigma == VAE_SIGMA_LEARNED)
        return VAE_SIGMA_LEAST +
               vae_exp(c, at_most(stored(s, b, b->variable, j),
                                  VAE_LOG_SIGMA_MOST));
    v = stored(s, b, b->state, j);
    return VAE_SIGMA_LEAST + sqrt(v > 0 ? v : 0);
}

/* As density.c has it: e^(least + softplus(v - least)) */
static double scale(const vae_cell *c, const ad_store *s, const vae_block *b,
                    int64_t j)
{
    const double v = stored(s, b, b->variable, j);

    return vae_exp(c, vae_least_log_scale(b->levels)) +
           vae_exp(c, at_most(v, VAE_LOG_SCALE_MOST));
}

static double log_dispersion(const ad_store *s, const vae_block *b, int64_t j)
{
    const double most = VAE_LOG_DISPERSION_MOST;
    const double v = stored(s, b, b->variable, j);

    return v > most ? most : v < -most ? -most : v;
}

/* ---- a cell -------------------------------------------------------------- */

static double draw_bernoulli(vae_cell *c, double logit)
{
    double u[2], p;

    vae_uniforms(c, u);
    c->f64->sigmoid(1, &logit, &p);
    return u[0] < p;
}

/* The first level whose cumulative probability passes u; never one of
 * probability 0. */
static double draw_categorical(vae_cell *c, int32_t levels, const float *logit)
{
    double most = (double)logit[0], sum = 0, before = 0, u[2];
    int32_t at = 0;

    for (int32_t k = 1; k < levels; k++)
        most = (double)logit[k] > most ? (double)logit[k] : most;
    for (int32_t k = 0; k < levels; k++)
        sum += vae_exp(c, (double)logit[k] - most);
    vae_uniforms(c, u);
    for (int32_t k = 0; k < levels && before <= u[0] * sum; k++) {
        const double p = vae_exp(c, (double)logit[k] - most);

        before += p;
        at = p > 0 ? k : at;
    }
    return at;
}

/* The bin that a logistic draw falls into. */
static double draw_logistic(vae_cell *c, int32_t levels, double location,
                            double width)
{
    const double last = levels - 1;
    double u[2], y;

    vae_uniforms(c, u);
    y = vae_log(c, u[0]) - vae_log(c, 1 - u[0]);
    y = (location + width * y) * last + 0.5;
    if (!(y > 0))
        return 0;
    return y < last ? (double)(int32_t)y / last : 1;
}

static double draw_cell(vae_cell *c, const ad_store *s, const vae_block *b,
                        int64_t j, const float *y)
{
    switch (b->kind) {
    case VAE_BERNOULLI:
        return draw_bernoulli(c, (double)*y);
    case VAE_CATEGORICAL:
        return draw_categorical(c, b->levels, y);
    case VAE_DISCRETISED_LOGISTIC:
        return draw_logistic(c, b->levels, (double)*y, scale(c, s, b, j));
    case VAE_POISSON:
        return vae_draw_poisson(
            c, vae_exp(c, at_most((double)*y, VAE_LOG_RATE_MOST)));
    case VAE_NEGATIVE_BINOMIAL:
        return vae_draw_negative_binomial(
            c, at_most((double)*y, VAE_LOG_RATE_MOST), log_dispersion(s, b, j));
    default:
        return (double)*y + sigma(c, s, b, j) * vae_normal(c);
    }
}

static void draw_block(const vae_block *b, const ad_store *s, vae_cell *c,
                       const float *params, float *x)
{
    const int64_t each = b->params / b->size;

    for (int64_t j = 0; j < b->size; j++) {
        c->block = (uint32_t)(b->first + j) << 16;
        x[b->first + j] =
            (float)draw_cell(c, s, b, j, params + b->params_first + j * each);
    }
}

void vae_draw_rows(const vae_likelihood *l, const ad_store *s,
                   const kern_ops *f64, uint64_t seed, uint64_t first_row,
                   size_t m, const float *params, float *x)
{
    assert(f64->type == GENMOD_F64 && l->d <= 65536);
    for (size_t row = 0; row < m; row++) {
        vae_cell c = {.f64 = f64, .seed = seed, .row = first_row + row};

        for (size_t i = 0; i < l->n; i++)
            draw_block(&l->block[i], s, &c, params + row * (size_t)l->params,
                       x + row * (size_t)l->d);
    }
}
