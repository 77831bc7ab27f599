/* How far two tables of probabilities are apart. */
#include <math.h>

#include "example.h"

int main(void)
{
    enum { n = 3 };
    const double p[n] = {0.5, 0.3, 0.2}, q[n] = {0.2, 0.3, 0.5};
    double entropy, cross, forward, js, distance;

    need(genmod_discrete_entropy(n, p, GENMOD_NATS, &entropy, NULL), NULL);
    need(genmod_discrete_cross_entropy(n, p, q, GENMOD_NATS, &cross, NULL),
         NULL);
    need(genmod_discrete_kl(n, p, q, GENMOD_NATS, &forward, NULL), NULL);
    expect(near(forward, cross - entropy, 1e-15),
           "KL, the nats that a code made for the wrong table wastes");

    need(genmod_discrete_js(n, p, q, GENMOD_BITS, &js, NULL), NULL);
    need(genmod_discrete_js_distance(n, p, q, GENMOD_BITS, &distance, NULL),
         NULL);
    expect(js > 0 && js < 1 && near(distance * distance, js, 1e-15),
           "a divergence of less than a bit, and its root");

    /* What q thinks impossible and p does not is infinitely surprising. */
    const double never[n] = {0, 0.5, 0.5};
    need(genmod_discrete_kl(n, p, never, GENMOD_NATS, &forward, NULL), NULL);
    expect(isinf(forward), "an infinite divergence, and no error");
    return 0;
}
