/* Draws in float: Philox4x32-10 of many blocks at once, and Box and Muller 1958
 * on it. Included by set.c alone, for tables of float.
 *
 * Element e of (seed, row, site) comes from block e / 4 of base_random(). With
 * the block's words w, u_i = (floor(w_i / 2^9) + 1/2) 2^-23: exact, neither 0
 * nor 1, and symmetric about 1/2. Normals are, in pairs,
 *
 *     sqrt(-2 ln u_0) (cos, sin)(2 pi u_1)
 *     sqrt(-2 ln u_2) (cos, sin)(2 pi u_3)
 *
 * and so below 5.77 in magnitude, within 4 ulp of the formula: 2 pi u is taken
 * by quarter turns, which are exact, and ln by the arithmetic of log.
 */
#ifndef KERN_RANDOM_KERNEL_H
#define KERN_RANDOM_KERNEL_H

#include <string.h>

#if KERN_BITS == 32

/* A state of Philox: one block a lane, a word in the low half of the lane. What
 * stands in the upper half is never read. */
typedef uint64_t words __attribute__((vector_size(VECTOR_BYTES)));

#define BLOCKS (VECTOR_BYTES / 8) /* of a state; 2 LANES elements */

/* The product of the low halves. */
INLINE words multiply_low(words a, words b)
{
#if KERN_SET == BASE_CPU_X86_V4
    return (words)_mm512_mul_epu32((__m512i)a, (__m512i)b);
#elif KERN_SET == BASE_CPU_X86_V3
    return (words)_mm256_mul_epu32((__m256i)a, (__m256i)b);
#elif defined(__SSE2__)
    return (words)_mm_mul_epu32((__m128i)a, (__m128i)b);
#elif KERN_SET == BASE_CPU_AARCH64
    return (words)vmull_u32(vmovn_u64((uint64x2_t)a), vmovn_u64((uint64x2_t)b));
#else
    return (a & UINT32_MAX) * (b & UINT32_MAX);
#endif
}

INLINE words words_of(uint64_t a)
{
    return a - (words){0};
}

/* As base_philox(): c and the key, ten rounds. */
INLINE void philox(words c[4], uint32_t k0, uint32_t k1)
{
    const words m0 = words_of(0xD2511F53u), m1 = words_of(0xCD9E8D57u);

    for (int i = 0; i < 10; i++) {
        const words p0 = multiply_low(m0, c[0]);
        const words p1 = multiply_low(m1, c[2]);

        c[0] = (p1 >> 32) ^ c[1] ^ words_of(k0);
        c[1] = p1;
        c[2] = (p0 >> 32) ^ c[3] ^ words_of(k1);
        c[3] = p0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
}

/* The uniforms of two words a lane: a below, b above. */
INLINE vec uniforms_of(words a, words b)
{
    const uvec bits = (uvec)((a & UINT32_MAX) | b << 32);
    const vec above = v_real(bits >> 9 | v_bits(v_set1(1))); /* in [1, 2) */

    return v_sub(above, v_set1(1 - 0x1p-24f));
}

/* Blocks first … first + BLOCKS - 1: even[2 b + h] = u_2h of block b, and
 * odd[2 b + h] = u_(2h + 1). */
INLINE void uniforms(uint64_t seed, uint64_t row, uint32_t site, size_t first,
                     vec *even, vec *odd)
{
    words c[4] = {words_of(row), words_of(row >> 32), words_of(site),
                  words_of(first)};

    UNROLL
    for (int b = 0; b < BLOCKS; b++)
        c[3][b] += (uint64_t)b;
    philox(c, (uint32_t)seed, (uint32_t)(seed >> 32));
    *even = uniforms_of(c[0], c[2]);
    *odd = uniforms_of(c[1], c[3]);
}

/* even[0], odd[0], even[1], odd[1], … */
INLINE void store_pairs(float *out, vec even, vec odd)
{
#if LANES == 16
    v_storeu(out, v_mix(even, odd, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6,
                        22, 7, 23));
    v_storeu(out + LANES, v_mix(even, odd, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28,
                                13, 29, 14, 30, 15, 31));
#elif LANES == 8
    v_storeu(out, v_mix(even, odd, 0, 8, 1, 9, 2, 10, 3, 11));
    v_storeu(out + LANES, v_mix(even, odd, 4, 12, 5, 13, 6, 14, 7, 15));
#else
    v_storeu(out, v_mix(even, odd, 0, 4, 1, 5));
    v_storeu(out + LANES, v_mix(even, odd, 2, 6, 3, 7));
#endif
}

/* Replaces uniforms by normals: (radius, angle) to (cos, sin). */
INLINE void normals_of(vec *even, vec *odd)
{
    const vec quarters = v_mul(*odd, v_set1(4));
    const vec whole = v_add(quarters, v_set1(ROUNDER));
    const vec part = v_sub(quarters, v_sub(whole, v_set1(ROUNDER)));
    vec m, s, c, radius;
    const vec e = split_exponent(*even, &m);
    const vec l = log_parts(e, v_sub(m, v_set1(1)), v_zero());

    radius = v_sqrt(v_mul(v_set1(-2), l));
    turn(whole, v_mul(part, v_set1(0x1.921fb6p0f)), &s, &c);
    *even = v_mul(radius, c);
    *odd = v_mul(radius, s);
}

INLINE void draw(int normal, uint64_t seed, uint64_t row, uint32_t site,
                 size_t first, size_t n, float *out)
{
    for (size_t i = 0; i < n; i += 2 * LANES) {
        vec even, odd;

        uniforms(seed, row, site, (first + i) / 4, &even, &odd);
        if (normal)
            normals_of(&even, &odd);
        if (i + 2 * LANES <= n) {
            store_pairs(out + i, even, odd);
        } else {
            float last[2 * LANES];

            store_pairs(last, even, odd);
            memcpy(out + i, last, (n - i) * sizeof *last);
        }
    }
}

static void uniform(uint64_t seed, uint64_t row, uint32_t site, size_t first,
                    size_t n, float *out)
{
    draw(0, seed, row, site, first, n, out);
}

static void normal(uint64_t seed, uint64_t row, uint32_t site, size_t first,
                   size_t n, float *out)
{
    draw(1, seed, row, site, first, n, out);
}

#endif

#endif
