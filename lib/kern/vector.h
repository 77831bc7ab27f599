/* Vectors of one instruction set and one element type.
 *
 * set.c is compiled once for each pair, with KERN_SET (BASE_CPU_…) and
 * KERN_BITS (32, 64) on the command line, so that REAL, vec and the v_…
 * functions mean one thing in a translation unit and nothing needs a suffix.
 * Everything here is static: no wide instruction leaves its object.
 *
 * The arithmetic is the compilers' vector extension; what it lacks (fused
 * multiply-add, minima, masks) comes from intrinsics below. On sets without a
 * fused multiply-add, v_fma() rounds twice.
 */
#ifndef KERN_VECTOR_H
#define KERN_VECTOR_H

#include <float.h>
#include <math.h>

#include "base/base.h"

#if KERN_SET == BASE_CPU_X86_V4
#include <immintrin.h>
#define VECTOR_BYTES 64
#define VECTOR_REGISTERS 32
#elif KERN_SET == BASE_CPU_X86_V3
#include <immintrin.h>
#define VECTOR_BYTES 32
#define VECTOR_REGISTERS 16
#elif KERN_SET == BASE_CPU_AARCH64
#include <arm_neon.h>
#define VECTOR_BYTES 16
#define VECTOR_REGISTERS 32
#else
#define VECTOR_BYTES 16
#define VECTOR_REGISTERS 16
#if defined(__SSE2__)
#include <emmintrin.h>
#elif defined(__aarch64__)
#include <arm_neon.h>
#endif
#endif

#if KERN_BITS == 32
#define REAL float
#define INT int32_t
#define UINT uint32_t
#define MANTISSA 23 /* bits of the fraction */
#define BIAS 127
#define LANES (VECTOR_BYTES / 4)
#else
#define REAL double
#define INT int64_t
#define UINT uint64_t
#define MANTISSA 52
#define BIAS 1023
#define LANES (VECTOR_BYTES / 8)
#endif

/* Before a loop over vectors that are to lie in registers: its bounds are
 * constants, and it comes apart. */
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

#define INLINE static inline __attribute__((always_inline, unused))

typedef REAL vec __attribute__((vector_size(VECTOR_BYTES)));
typedef INT ivec __attribute__((vector_size(VECTOR_BYTES)));
typedef UINT uvec __attribute__((vector_size(VECTOR_BYTES)));
typedef vec vec_aligned __attribute__((may_alias));
typedef vec vec_anywhere __attribute__((may_alias, aligned(sizeof(REAL))));

/* ---- memory ------------------------------------------------------------- */

/* p is a multiple of VECTOR_BYTES. */
INLINE vec v_load(const REAL *p)
{
    return *(const vec_aligned *)(const void *)p;
}

INLINE vec v_loadu(const REAL *p)
{
    return *(const vec_anywhere *)(const void *)p;
}

INLINE void v_store(REAL *p, vec a)
{
    *(vec_aligned *)(void *)p = a;
}

INLINE void v_storeu(REAL *p, vec a)
{
    *(vec_anywhere *)(void *)p = a;
}

#if KERN_SET == BASE_CPU_X86_V3
/* All bits set in lanes 0 … n - 1. */
INLINE __m256i first_lanes(size_t n)
{
#if KERN_BITS == 32
    const ivec lane = {0, 1, 2, 3, 4, 5, 6, 7};
#else
    const ivec lane = {0, 1, 2, 3};
#endif

    return (__m256i)(lane < (INT)n - (ivec){0});
}
#endif

#if KERN_SET != BASE_CPU_X86_V3 && KERN_SET != BASE_CPU_X86_V4
/* Without masks: too long to stand at every end of a loop. */
static __attribute__((noinline, unused)) vec load_each(const REAL *p, size_t n,
                                                       vec rest)
{
    for (size_t i = 0; i < n; i++)
        rest[i] = p[i];
    return rest;
}

static __attribute__((noinline, unused)) void store_each(REAL *p, vec a,
                                                         size_t n)
{
    for (size_t i = 0; i < n; i++)
        p[i] = a[i];
}
#endif

/* The first n < LANES elements at p, then lanes of `rest`; the first n of a to
 * p. */
INLINE vec v_load_some(const REAL *p, size_t n, vec rest)
{
#if KERN_SET == BASE_CPU_X86_V4 && KERN_BITS == 32
    return (vec)_mm512_mask_loadu_ps((__m512)rest, (__mmask16)((1u << n) - 1),
                                     p);
#elif KERN_SET == BASE_CPU_X86_V4
    return (vec)_mm512_mask_loadu_pd((__m512d)rest, (__mmask8)((1u << n) - 1),
                                     p);
#elif KERN_SET == BASE_CPU_X86_V3 && KERN_BITS == 32
    const __m256i some = first_lanes(n);

    return (vec)_mm256_blendv_ps((__m256)rest, _mm256_maskload_ps(p, some),
                                 (__m256)some);
#elif KERN_SET == BASE_CPU_X86_V3
    const __m256i some = first_lanes(n);

    return (vec)_mm256_blendv_pd((__m256d)rest, _mm256_maskload_pd(p, some),
                                 (__m256d)some);
#else
    return load_each(p, n, rest);
#endif
}

INLINE void v_store_some(REAL *p, vec a, size_t n)
{
#if KERN_SET == BASE_CPU_X86_V4 && KERN_BITS == 32
    _mm512_mask_storeu_ps(p, (__mmask16)((1u << n) - 1), (__m512)a);
#elif KERN_SET == BASE_CPU_X86_V4
    _mm512_mask_storeu_pd(p, (__mmask8)((1u << n) - 1), (__m512d)a);
#elif KERN_SET == BASE_CPU_X86_V3 && KERN_BITS == 32
    _mm256_maskstore_ps(p, first_lanes(n), (__m256)a);
#elif KERN_SET == BASE_CPU_X86_V3
    _mm256_maskstore_pd(p, first_lanes(n), (__m256d)a);
#else
    store_each(p, a, n);
#endif
}

INLINE vec v_zero(void)
{
    return (vec){0};
}

INLINE vec v_set1(REAL a)
{
    return a - v_zero();
}

/* ---- arithmetic --------------------------------------------------------- */

INLINE vec v_add(vec a, vec b)
{
    return a + b;
}

INLINE vec v_sub(vec a, vec b)
{
    return a - b;
}

INLINE vec v_mul(vec a, vec b)
{
    return a * b;
}

INLINE vec v_div(vec a, vec b)
{
    return a / b;
}

/* a b + c */
INLINE vec v_fma(vec a, vec b, vec c)
{
#if KERN_SET == BASE_CPU_X86_V4 && KERN_BITS == 32
    return (vec)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif KERN_SET == BASE_CPU_X86_V4
    return (vec)_mm512_fmadd_pd((__m512d)a, (__m512d)b, (__m512d)c);
#elif KERN_SET == BASE_CPU_X86_V3 && KERN_BITS == 32
    return (vec)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif KERN_SET == BASE_CPU_X86_V3
    return (vec)_mm256_fmadd_pd((__m256d)a, (__m256d)b, (__m256d)c);
#elif KERN_SET == BASE_CPU_AARCH64 && KERN_BITS == 32
    return (vec)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#elif KERN_SET == BASE_CPU_AARCH64
    return (vec)vfmaq_f64((float64x2_t)c, (float64x2_t)a, (float64x2_t)b);
#else
    return a * b + c;
#endif
}

/* c - a b */
INLINE vec v_fnma(vec a, vec b, vec c)
{
    return v_fma(-a, b, c);
}

/* ---- bits, comparisons, choice ------------------------------------------ */

INLINE uvec v_bits(vec a)
{
    return (uvec)a;
}

INLINE vec v_real(uvec a)
{
    return (vec)a;
}

#if KERN_SET == BASE_CPU_X86_V4

#if KERN_BITS == 32
typedef __mmask16 mask;
#define COMPARE(a, b, how) _mm512_cmp_ps_mask((__m512)(a), (__m512)(b), how)
#define BLEND(m, a, b) (vec)_mm512_mask_blend_ps(m, (__m512)(b), (__m512)(a))
#else
typedef __mmask8 mask;
#define COMPARE(a, b, how) _mm512_cmp_pd_mask((__m512d)(a), (__m512d)(b), how)
#define BLEND(m, a, b) (vec)_mm512_mask_blend_pd(m, (__m512d)(b), (__m512d)(a))
#endif

INLINE mask v_lt(vec a, vec b)
{
    return COMPARE(a, b, _CMP_LT_OQ);
}

INLINE mask v_le(vec a, vec b)
{
    return COMPARE(a, b, _CMP_LE_OQ);
}

INLINE mask v_eq(vec a, vec b)
{
    return COMPARE(a, b, _CMP_EQ_OQ);
}

INLINE mask v_nan(vec a)
{
    return COMPARE(a, a, _CMP_UNORD_Q);
}

/* m ? a : b, lane by lane */
INLINE vec v_blend(mask m, vec a, vec b)
{
    return BLEND(m, a, b);
}

INLINE int v_any(mask m)
{
    return m != 0;
}

#undef COMPARE
#undef BLEND

#else

typedef ivec mask;

INLINE mask v_lt(vec a, vec b)
{
    return (mask)(a < b);
}

INLINE mask v_le(vec a, vec b)
{
    return (mask)(a <= b);
}

INLINE mask v_eq(vec a, vec b)
{
    return (mask)(a == b);
}

INLINE mask v_nan(vec a)
{
    return (mask)(a != a);
}

INLINE vec v_blend(mask m, vec a, vec b)
{
    return v_real(((uvec)m & v_bits(a)) | (~(uvec)m & v_bits(b)));
}

INLINE int v_any(mask m)
{
#if KERN_SET == BASE_CPU_X86_V3
    return _mm256_movemask_epi8((__m256i)m) != 0;
#elif defined(__SSE2__)
    return _mm_movemask_epi8((__m128i)m) != 0;
#else
    INT any = 0;

    for (int i = 0; i < LANES; i++)
        any |= m[i];
    return any != 0;
#endif
}

#endif

/* Both give the second operand where either is NaN. */
INLINE vec v_max(vec a, vec b)
{
#if KERN_SET == BASE_CPU_X86_V4 && KERN_BITS == 32
    return (vec)_mm512_max_ps((__m512)a, (__m512)b);
#elif KERN_SET == BASE_CPU_X86_V4
    return (vec)_mm512_max_pd((__m512d)a, (__m512d)b);
#elif KERN_SET == BASE_CPU_X86_V3 && KERN_BITS == 32
    return (vec)_mm256_max_ps((__m256)a, (__m256)b);
#elif KERN_SET == BASE_CPU_X86_V3
    return (vec)_mm256_max_pd((__m256d)a, (__m256d)b);
#elif defined(__SSE2__) && KERN_BITS == 32
    return (vec)_mm_max_ps((__m128)a, (__m128)b);
#elif defined(__SSE2__)
    return (vec)_mm_max_pd((__m128d)a, (__m128d)b);
#else
    return v_blend(v_lt(b, a), a, b);
#endif
}

INLINE vec v_min(vec a, vec b)
{
#if KERN_SET == BASE_CPU_X86_V4 && KERN_BITS == 32
    return (vec)_mm512_min_ps((__m512)a, (__m512)b);
#elif KERN_SET == BASE_CPU_X86_V4
    return (vec)_mm512_min_pd((__m512d)a, (__m512d)b);
#elif KERN_SET == BASE_CPU_X86_V3 && KERN_BITS == 32
    return (vec)_mm256_min_ps((__m256)a, (__m256)b);
#elif KERN_SET == BASE_CPU_X86_V3
    return (vec)_mm256_min_pd((__m256d)a, (__m256d)b);
#elif defined(__SSE2__) && KERN_BITS == 32
    return (vec)_mm_min_ps((__m128)a, (__m128)b);
#elif defined(__SSE2__)
    return (vec)_mm_min_pd((__m128d)a, (__m128d)b);
#else
    return v_blend(v_lt(a, b), a, b);
#endif
}

INLINE vec v_abs(vec a)
{
    return v_real(v_bits(a) & ~v_bits(-v_zero()));
}

/* The magnitude of a with the sign of b. */
INLINE vec v_copysign(vec a, vec b)
{
    const uvec sign = v_bits(-v_zero());

    return v_real((v_bits(a) & ~sign) | (v_bits(b) & sign));
}

INLINE vec v_sqrt(vec a)
{
#if KERN_SET == BASE_CPU_X86_V4 && KERN_BITS == 32
    return (vec)_mm512_sqrt_ps((__m512)a);
#elif KERN_SET == BASE_CPU_X86_V4
    return (vec)_mm512_sqrt_pd((__m512d)a);
#elif KERN_SET == BASE_CPU_X86_V3 && KERN_BITS == 32
    return (vec)_mm256_sqrt_ps((__m256)a);
#elif KERN_SET == BASE_CPU_X86_V3
    return (vec)_mm256_sqrt_pd((__m256d)a);
#elif defined(__SSE2__) && KERN_BITS == 32
    return (vec)_mm_sqrt_ps((__m128)a);
#elif defined(__SSE2__)
    return (vec)_mm_sqrt_pd((__m128d)a);
#elif defined(__aarch64__) && KERN_BITS == 32
    return (vec)vsqrtq_f32((float32x4_t)a);
#elif defined(__aarch64__)
    return (vec)vsqrtq_f64((float64x2_t)a);
#else
    for (int i = 0; i < LANES; i++)
        a[i] = (REAL)sqrt((double)a[i]); /* right to the last bit in float */
    return a;
#endif
}

/* Adding 2^MANTISSA rounds a smaller magnitude to an integer; beyond it there
 * are integers alone. */
INLINE vec v_floor(vec a)
{
#if KERN_SET == BASE_CPU_X86_V4 && KERN_BITS == 32
    return (vec)_mm512_floor_ps((__m512)a);
#elif KERN_SET == BASE_CPU_X86_V4
    return (vec)_mm512_floor_pd((__m512d)a);
#elif KERN_SET == BASE_CPU_X86_V3 && KERN_BITS == 32
    return (vec)_mm256_floor_ps((__m256)a);
#elif KERN_SET == BASE_CPU_X86_V3
    return (vec)_mm256_floor_pd((__m256d)a);
#else
    const vec big = v_set1((REAL)((int64_t)1 << MANTISSA));
    const vec near = v_copysign(v_sub(v_add(v_abs(a), big), big), a);
    const vec down = v_sub(near, v_blend(v_lt(a, near), v_set1(1), v_zero()));

    return v_blend(v_lt(v_abs(a), big), v_copysign(down, a), a);
#endif
}

/* ---- lanes --------------------------------------------------------------- */

/* v_mix(x, y, lanes …): lane numbers below LANES take from x, others from y. */
#if defined(__clang__)
#define v_mix(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)
#else
#define v_mix(x, y, ...) __builtin_shuffle(x, y, (ivec){__VA_ARGS__})
#endif

/* The two ways to join x and y at distance w, w a power of two below LANES:
 * v_even_w has, where lane number l has bit w, y[l - w], else x[l];
 * v_odd_w has, where l has bit w, y[l], else x[l + w]. They transpose, and sum
 * many vectors at once. */
#if LANES == 16
#define EVEN_8(x, y) v_mix(x, y, 0, 1, 2, 3, 4, 5, 6, 7, 16, 17, 18, 19, 20, \
                           21, 22, 23)
#define ODD_8(x, y) v_mix(x, y, 8, 9, 10, 11, 12, 13, 14, 15, 24, 25, 26, 27, \
                          28, 29, 30, 31)
#define EVEN_4(x, y) v_mix(x, y, 0, 1, 2, 3, 16, 17, 18, 19, 8, 9, 10, 11, 24, \
                           25, 26, 27)
#define ODD_4(x, y) v_mix(x, y, 4, 5, 6, 7, 20, 21, 22, 23, 12, 13, 14, 15, \
                          28, 29, 30, 31)
#define EVEN_2(x, y) v_mix(x, y, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, \
                           13, 28, 29)
#define ODD_2(x, y) v_mix(x, y, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, \
                          14, 15, 30, 31)
#define EVEN_1(x, y) v_mix(x, y, 0, 16, 2, 18, 4, 20, 6, 22, 8, 24, 10, 26, \
                           12, 28, 14, 30)
#define ODD_1(x, y) v_mix(x, y, 1, 17, 3, 19, 5, 21, 7, 23, 9, 25, 11, 27, 13, \
                          29, 15, 31)
#elif LANES == 8
#define EVEN_4(x, y) v_mix(x, y, 0, 1, 2, 3, 8, 9, 10, 11)
#define ODD_4(x, y) v_mix(x, y, 4, 5, 6, 7, 12, 13, 14, 15)
#define EVEN_2(x, y) v_mix(x, y, 0, 1, 8, 9, 4, 5, 12, 13)
#define ODD_2(x, y) v_mix(x, y, 2, 3, 10, 11, 6, 7, 14, 15)
#define EVEN_1(x, y) v_mix(x, y, 0, 8, 2, 10, 4, 12, 6, 14)
#define ODD_1(x, y) v_mix(x, y, 1, 9, 3, 11, 5, 13, 7, 15)
#elif LANES == 4
#define EVEN_2(x, y) v_mix(x, y, 0, 1, 4, 5)
#define ODD_2(x, y) v_mix(x, y, 2, 3, 6, 7)
#define EVEN_1(x, y) v_mix(x, y, 0, 4, 2, 6)
#define ODD_1(x, y) v_mix(x, y, 1, 5, 3, 7)
#else
#define EVEN_1(x, y) v_mix(x, y, 0, 2)
#define ODD_1(x, y) v_mix(x, y, 1, 3)
#endif

/* One level of v_transpose() and of v_sums(): a distance w. */
#define TRANSPOSE_LEVEL(w)                                                     \
    UNROLL                                                                     \
    for (int i = 0; i < LANES; i++) {                                          \
        if (!(i & w)) {                                                        \
            const vec x = a[i], y = a[i + w];                                  \
            a[i] = EVEN_##w(x, y);                                             \
            a[i + w] = ODD_##w(x, y);                                          \
        }                                                                      \
    }
#define SUM_LEVEL(w)                                                           \
    UNROLL                                                                     \
    for (int i = 0; i < w; i++)                                                \
        a[i] = EVEN_##w(a[i], a[i + w]) + ODD_##w(a[i], a[i + w]);

/* a[i] lane j <-> a[j] lane i */
INLINE void v_transpose(vec a[LANES])
{
#if LANES >= 16
    TRANSPOSE_LEVEL(8)
#endif
#if LANES >= 8
    TRANSPOSE_LEVEL(4)
#endif
#if LANES >= 4
    TRANSPOSE_LEVEL(2)
#endif
    TRANSPOSE_LEVEL(1)
}

/* Lane i of the result is the sum of the lanes of a[i]: halves first. a is
 * used up. */
INLINE vec v_sums(vec a[LANES])
{
#if LANES >= 16
    SUM_LEVEL(8)
#endif
#if LANES >= 8
    SUM_LEVEL(4)
#endif
#if LANES >= 4
    SUM_LEVEL(2)
#endif
    SUM_LEVEL(1)
    return a[0];
}

/* The sum of the lanes, in the order of v_sums(). */
INLINE REAL v_sum(vec a)
{
#if LANES >= 16
    a = a + ODD_8(a, a);
#endif
#if LANES >= 8
    a = a + ODD_4(a, a);
#endif
#if LANES >= 4
    a = a + ODD_2(a, a);
#endif
    return a[0] + a[1];
}

INLINE REAL v_greatest(vec a)
{
    REAL most = a[0];

    for (int i = 1; i < LANES; i++)
        most = a[i] > most ? a[i] : most;
    return most;
}

#endif
