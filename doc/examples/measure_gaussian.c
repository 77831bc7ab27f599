/* Two Gaussians, compared in closed form. */
#include <math.h>

#include "example.h"

int main(void)
{
    const double mean_p[] = {0, 0}, cov_p[] = {2, 0.5, 0.5, 1};
    const double mean_q[] = {1, -1}, cov_q[] = {1, -0.3, -0.3, 2};
    double h, cross, kl, back, two, half, hellinger, frechet;
    genmod_workspace *w = NULL;
    need(genmod_workspace_new(NULL, &w), NULL);

    need(genmod_gaussian_entropy(2, cov_p, GENMOD_NATS, &h, w), w);
    need(genmod_gaussian_cross_entropy(2, mean_p, cov_p, mean_q, cov_q,
                                       GENMOD_NATS, &cross, w),
         w);
    need(genmod_gaussian_kl(2, mean_p, cov_p, mean_q, cov_q, GENMOD_NATS, &kl,
                            w),
         w);
    need(genmod_gaussian_kl(2, mean_q, cov_q, mean_p, cov_p, GENMOD_NATS, &back,
                            w),
         w);
    expect(near(kl, cross - h, 1e-14) && kl < back,
           "what a code for q wastes on p, and one for p on q");

    /* Renyi's divergence rises with its order, through KL at 1, until p^2 / q
     * has no integral. */
    need(genmod_gaussian_renyi(2, mean_p, cov_p, mean_q, cov_q, 2, GENMOD_NATS,
                               &two, w),
         w);
    need(genmod_gaussian_bhattacharyya(2, mean_p, cov_p, mean_q, cov_q,
                                       GENMOD_NATS, &half, w),
         w);
    expect(isinf(two) && 2 * half < kl, "an order of 2 and one of a half");

    /* Both of these are metrics, or squares of one. */
    need(genmod_gaussian_hellinger(2, mean_p, cov_p, mean_q, cov_q, &hellinger,
                                   w),
         w);
    need(genmod_gaussian_frechet(2, mean_p, cov_p, mean_q, cov_q, &frechet, w),
         w);
    expect(hellinger > 0 && hellinger < 1 && near(frechet, 2.5754, 1e-4),
           "a distance below 1, and a square in the data's unit");

    const double flat[] = {1, 1, 1, 1};
    expect(genmod_gaussian_entropy(2, flat, GENMOD_NATS, &h, w) ==
               GENMOD_BAD_ARGUMENT,
           "a refusal of a covariance that is not positive definite");
    genmod_workspace_free(w);
    return 0;
}
