/* Philox4x32-10: Salmon, Moraes, Dror, Shaw, "Parallel random numbers: as easy
 * as 1, 2, 3", 2011, section 4.3 and table 2. */
#include "base/base.h"

#define ROUNDS 10
#define M0 UINT32_C(0xD2511F53)
#define M1 UINT32_C(0xCD9E8D57)
#define W0 UINT32_C(0x9E3779B9) /* the golden ratio */
#define W1 UINT32_C(0xBB67AE85) /* sqrt(3) - 1 */

void base_philox(const uint32_t counter[4], const uint32_t key[2],
                 uint32_t out[4])
{
    uint32_t c0 = counter[0], c1 = counter[1];
    uint32_t c2 = counter[2], c3 = counter[3];
    uint32_t k0 = key[0], k1 = key[1];

    for (int i = 0; i < ROUNDS; i++) {
        const uint64_t p0 = (uint64_t)M0 * c0, p1 = (uint64_t)M1 * c2;
        c0 = (uint32_t)(p1 >> 32) ^ c1 ^ k0;
        c1 = (uint32_t)p1;
        c2 = (uint32_t)(p0 >> 32) ^ c3 ^ k1;
        c3 = (uint32_t)p0;
        k0 += W0;
        k1 += W1;
    }
    out[0] = c0;
    out[1] = c1;
    out[2] = c2;
    out[3] = c3;
}

void base_random(uint64_t seed, uint64_t row, uint32_t site, uint32_t block,
                 uint32_t out[4])
{
    const uint32_t counter[4] = {(uint32_t)row, (uint32_t)(row >> 32), site,
                                 block};
    const uint32_t key[2] = {(uint32_t)seed, (uint32_t)(seed >> 32)};

    base_philox(counter, key, out);
}

/* An odd multiple of 2^-53: neither 0 nor 1, exact, and symmetric about 1/2. */
double base_uniform(uint32_t hi, uint32_t lo)
{
    const uint64_t bits = ((uint64_t)hi << 32 | lo) >> 11 | 1;

    return (double)bits * 0x1p-53;
}
