/* Single numbers, by the kernels that are the same on every machine. */
#include "vae/internal.h"

const kern_ops *vae_plain(void)
{
    return kern_ops_of(BASE_CPU_GENERIC, GENMOD_F64);
}

double vae_plain_exp(double x)
{
    double y;

    vae_plain()->exp(1, &x, &y);
    return y;
}

double vae_plain_ln(double x)
{
    double y;

    vae_plain()->log(1, &x, &y);
    return y;
}
