#include "measure/fixture.h"

double fixture_uniform(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return ((double)(*state >> 12) + 0.5) / 4503599627370496.0;
}

double fixture_normal(uint64_t *state)
{
    const double radius = sqrt(-2 * log(fixture_uniform(state)));

    return radius * cos(6.283185307179586 * fixture_uniform(state));
}

void fixture_table(size_t n, uint64_t *state, double *p)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        p[i] = exp(3 * fixture_normal(state));
        sum += p[i];
    }
    for (size_t i = 0; i < n; i++)
        p[i] /= sum;
}
