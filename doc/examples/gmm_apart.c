/* How far two mixtures are apart: drawn, bounded, and exact. */
#include <math.h>

#include "example.h"
#include "mixture.h"

int main(void)
{
    const double half[] = {0.5, 0.5}, apart[] = {-2, 2}, unit[] = {1, 1};
    const double one[] = {1}, zero[] = {0}, five[] = {5};
    double v[GMM_DIVERGENCES], back[GMM_DIVERGENCES];
    size_t need_doubles = 0;
    gmm_model *f = line_mixture(2, half, apart, unit);
    gmm_model *g = line_mixture(1, one, zero, five);

    /* How many numbers there are, for programs that do not know the header. */
    expect(gmm_divergence(f, g, 1, 0, GENMOD_NATS, 0, NULL, &need_doubles,
                          NULL) == GENMOD_TOO_SMALL &&
               need_doubles == GMM_DIVERGENCES,
           "the size of the result");

    need(gmm_divergence(f, g, 1, 10000, GENMOD_NATS, GMM_DIVERGENCES, v, NULL,
                        NULL),
         NULL);
    need(gmm_divergence(g, f, 1, 10000, GENMOD_NATS, GMM_DIVERGENCES, back,
                        NULL, NULL),
         NULL);
    expect(near(v[GMM_KL], 0.172, 5 * v[GMM_KL_ERROR]) &&
               near(back[GMM_KL], 0.248, 5 * back[GMM_KL_ERROR]),
           "a divergence in each direction, within its error");
    expect(near(v[GMM_JS], 0.0462, 5 * v[GMM_JS_ERROR]) &&
               v[GMM_KL] < v[GMM_KL_UPPER],
           "less than ln 2, and less than the bound");
    expect(v[GMM_ENTROPY_LOWER] < v[GMM_ENTROPY] &&
               v[GMM_ENTROPY] < v[GMM_ENTROPY_UPPER],
           "an entropy between its bounds");
    expect(near(v[GMM_KL], v[GMM_CROSS_ENTROPY] - v[GMM_ENTROPY], 1e-12),
           "all of the same rows");

    /* Exact, and so the same both ways. The variational approximation is quick,
     * and not always near. */
    expect(near(v[GMM_L2], back[GMM_L2], 1e-15) &&
               near(v[GMM_CAUCHY_SCHWARZ], back[GMM_CAUCHY_SCHWARZ], 1e-15),
           "two distances without chance");
    expect(near(v[GMM_KL_VARIATIONAL], 0.112, 1e-3) &&
               near(back[GMM_KL_VARIATIONAL], 3.195, 1e-3),
           "an approximation that may be far off");
    gmm_free(g);
    gmm_free(f);
    return 0;
}
