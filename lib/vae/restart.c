/* Vectors that stand for little start anew as codes of the minibatch (Dhariwal
 * et al. 2020; Zeghidour et al. 2021), with the use that an even share would
 * have given them. So does what has no use yet: the first minibatch makes the
 * codebook. */
#include <string.h>

#include "vae/internal.h"

typedef struct restart {
    const float *codes, *weight; /* [m, z], [m] */
    double all;                  /* of the weights */
    size_t m, z, width;
    uint64_t seed, step;
} restart;

/* A row in the share of its weight, and one of its places. */
static const float *draw_code(const restart *r, uint32_t vector)
{
    uint32_t bits[4];
    double left;
    size_t row = 0, place;

    base_random(r->seed, r->step, VAE_SITE_RESTART, vector, bits);
    left = base_uniform(bits[0], bits[1]) * r->all;
    while (row + 1 < r->m && left >= (double)r->weight[row])
        left -= (double)r->weight[row++];
    place =
        (size_t)(base_uniform(bits[2], bits[3]) * (double)(r->z / r->width));
    return r->codes + row * r->z + place * r->width;
}

static double sum(size_t n, const float *x)
{
    double all = 0;

    for (size_t i = 0; i < n; i++)
        all += (double)x[i];
    return all;
}

void vae_restart(const model_trainer *t, const ad_program *p, size_t m)
{
    const vae_body *const b = (const vae_body *)t->body;
    const size_t k = (size_t)b->vectors;
    float *const book = ad_store_value(b->base.store, (size_t)b->book);
    float *const use = ad_store_value(b->base.store, (size_t)b->use);
    const double even = sum(k, use) / (double)k;
    const double least = base_config_f64(t->config, VAE_RESTART) * even;
    restart r = {.codes = model_trainer_output(t, p, VAE_O_RAW),
                 .weight = model_trainer_output(t, p, VAE_O_WEIGHT),
                 .m = m,
                 .z = b->base.z,
                 .width = (size_t)b->width,
                 .seed = t->options.seed};
    nn_status s;

    nn_loop_status(t->loop, &s);
    r.step = s.step;
    r.all = sum(m, r.weight);
    for (size_t i = 0; i < k; i++) {
        if ((double)use[i] >= least)
            continue;
        memcpy(book + i * r.width, draw_code(&r, (uint32_t)i),
               r.width * sizeof *book);
        use[i] = (float)even;
    }
}
