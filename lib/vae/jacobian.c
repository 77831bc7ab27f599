/* From densities of standardised cells to those of data. */
#include "vae/likelihood.h"

/* z = (x - center) / scale: ln |dz/dx| = -ln scale; with ln x in x's place, -ln
 * scale - ln x. */
static void add_column(const vae_block *b, double center, double scale,
                       double log_scale, size_t m, size_t stride,
                       const float *x, const float *mask, double *out)
{
    const int logs = b->kind == VAE_LOG_NORMAL;

    for (size_t i = 0; i < m; i++) {
        if (mask && mask[i * stride] == 0)
            continue;
        out[i] -= log_scale;
        if (logs)
            out[i] -= center + scale * (double)x[i * stride];
    }
}

void vae_log_jacobian(const vae_likelihood *l, const nn_columns *c,
                      const kern_ops *f64, size_t m, const float *x,
                      const float *mask, double *out)
{
    size_t i = 0;

    for (size_t row = 0; row < m; row++)
        out[row] = 0;
    for (int64_t j = 0; j < l->d; j++) {
        const vae_block *b;
        double log_scale;

        /* An image is one block, so that blocks go by the door's columns. */
        while (j >= l->block[i].first + l->block[i].size)
            i++;
        b = &l->block[i];
        if (!vae_block_standardised(b))
            continue;
        const int64_t at = vae_likelihood_column(l, j);
        f64->log(1, &c->scale[j], &log_scale);
        add_column(b, c->center[j], c->scale[j], log_scale, m, (size_t)l->d,
                   x + at, mask ? mask + at : NULL, out);
    }
}
