/* Elementary functions. Included by set.c alone.
 *
 * Largest errors, in units of the last place, of all finite arguments whose
 * result is finite:
 *
 *                f32   f64
 *     exp        1.5   1.5
 *     log          1     1
 *     log1p        1     1
 *     tanh         3     3
 *     sigmoid    2.5   2.5
 *     softplus     2     2
 *     sincos       2     2
 *
 * Subnormal arguments and results are kept; infinities and NaN go as in C's
 * math.h. The vector holding the last elements is filled up, never cut, so that
 * an element's bits do not depend on its place.
 *
 * Polynomials interpolate the function's remainder at Chebyshev's nodes; the
 * reduction of exp and log is Cody and Waite's, 1980, and the log of 1 + f goes
 * by s = f / (2 + f), whose odd series converges fastest.
 */
#ifndef KERN_VMATH_KERNEL_H
#define KERN_VMATH_KERNEL_H

#include <math.h>

#if KERN_BITS == 32
#define ROUNDER 0x1.8p23f /* x + ROUNDER has the nearest integer below */
#define LOG2_E 0x1.715476p0f
#define LN2_HIGH 0x1.62e4p-1f /* 15 bits: times an exponent exact */
#define LN2_LOW 0x1.7f7d1cp-20f
#define EXP_MOST 89.0f      /* above: infinity */
#define EXP_LEAST (-104.0f) /* below: 0 */
#define EXP_NORMAL (-87.0f) /* above: a normal number */
#define SQRT_HALF 0x1.6a09e6p-1f
#define LEAST_NORMAL FLT_MIN
#define UP_SCALE 0x1p24f
#define UP_EXPONENT 24.0f
#define TANH_MOST 10.0f
#define SINCOS_MOST 1e4f
#define TWO_OVER_PI 0x1.45f306p-1f
#else
#define ROUNDER 0x1.8p52
#define LOG2_E 0x1.71547652b82fep0
#define LN2_HIGH 0x1.62e42fefa38p-1 /* 42 bits */
#define LN2_LOW 0x1.ef35793c7673p-45
#define EXP_MOST 710.0
#define EXP_LEAST (-746.0)
#define EXP_NORMAL (-708.0)
#define SQRT_HALF 0x1.6a09e667f3bcdp-1
#define LEAST_NORMAL DBL_MIN
#define UP_SCALE 0x1p54
#define UP_EXPONENT 54.0
#define TANH_MOST 20.0
#define SINCOS_MOST 0x1p19
#define TWO_OVER_PI 0x1.45f306dc9c883p-1
#endif

/* c[0] + c[1] x + … + c[n] x^n */
INLINE vec polynomial(const REAL *c, int n, vec x)
{
    vec sum = v_set1(c[n]);

    for (int i = n - 1; i >= 0; i--)
        sum = v_fma(sum, x, v_set1(c[i]));
    return sum;
}

/* x = n ln 2 + r, |r| <= ln 2 / 2. Returns e^r - 1; n in the low bits of
 * *whole less those of ROUNDER. */
INLINE vec exp_remainder(vec x, vec *whole)
{
#if KERN_BITS == 32
    static const REAL c[] = {0.5f, 0x1.5554d8p-3f, 0x1.555516p-5f,
                             0x1.12106cp-7f, 0x1.6d1606p-10f};
#else
    static const REAL c[] = {
        0x1p-1,
        0x1.5555555555556p-3,
        0x1.5555555553b6cp-5,
        0x1.1111111110918p-7,
        0x1.6c16c1794e1dcp-10,
        0x1.a01a01a83ba17p-13,
        0x1.a019b621f9d08p-16,
        0x1.71de0be2b5e96p-19,
        0x1.2894f52583578p-22,
        0x1.af3ce42b12b24p-26,
    };
#endif
    const vec t = v_fma(x, v_set1(LOG2_E), v_set1(ROUNDER));
    const vec n = v_sub(t, v_set1(ROUNDER));
    vec r = v_fnma(n, v_set1(LN2_HIGH), x);

    r = v_fnma(n, v_set1(LN2_LOW), r);
    *whole = t;
    return v_fma(v_mul(r, r), polynomial(c, sizeof c / sizeof *c - 1, r), r);
}

/* 2^n, from the `whole` of exp_remainder(); n of a normal number. */
INLINE vec power_of_two(vec whole)
{
    return v_real((v_bits(whole) - v_bits(v_set1(ROUNDER)) + BIAS)
                  << MANTISSA);
}

/* In two factors, so that the product may be subnormal or overflow. */
INLINE vec v_exp(vec x)
{
    const vec in = v_min(v_set1(EXP_MOST), v_max(v_set1(EXP_LEAST), x));
    vec whole;
    const vec p = v_add(exp_remainder(in, &whole), v_set1(1));
    const uvec n = v_bits(whole) - v_bits(v_set1(ROUNDER)) + 2 * BIAS;
    const uvec half = n >> 1;

    return v_mul(v_mul(p, v_real(half << MANTISSA)),
                 v_real((n - half) << MANTISSA));
}

/* e^x for x <= 0, with 0 for subnormal results: cheaper. */
INLINE vec v_exp_below(vec x)
{
    const vec in = v_max(v_set1(EXP_NORMAL), x);
    vec whole;
    const vec p = v_add(exp_remainder(in, &whole), v_set1(1));

    return v_blend(v_lt(x, in), v_zero(), v_mul(p, power_of_two(whole)));
}

/* x = 2^e m with m in [sqrt(1/2), sqrt(2)), x normal and positive. */
INLINE vec split_exponent(vec x, vec *m)
{
    const uvec one = v_bits(v_set1(1)), integer = v_bits(v_set1(ROUNDER));
    const uvec e = ((v_bits(x) - v_bits(v_set1(SQRT_HALF)) + one) >> MANTISSA) -
                   BIAS;

    *m = v_real(v_bits(x) - (e << MANTISSA));
    return v_sub(v_real(integer + e), v_set1(ROUNDER));
}

/* e ln 2 + ln(1 + f) + low, for f of split_exponent(), low much smaller. */
INLINE vec log_parts(vec e, vec f, vec low)
{
#if KERN_BITS == 32
    static const REAL c[] = {0x1.55555cp-1f, 0x1.997bdcp-2f, 0x1.2ef516p-2f};
#else
    static const REAL c[] = {
        0x1.5555555555558p-1, 0x1.9999999995077p-2, 0x1.2492492e35998p-2,
        0x1.c71c628e9e0c9p-3, 0x1.7462cd53e5318p-3, 0x1.39fb2efe206abp-3,
        0x1.2b7fa64da1a6ap-3,
    };
#endif
    const vec s = v_div(f, v_add(f, v_set1(2)));
    const vec z = v_mul(s, s);
    const vec series = v_mul(z, polynomial(c, sizeof c / sizeof *c - 1, z));
    const vec half = v_mul(v_set1((REAL)0.5), v_mul(f, f));
    vec small = v_fma(e, v_set1(LN2_LOW), low);

    small = v_fma(s, v_add(half, series), small);
    return v_fma(e, v_set1(LN2_HIGH), v_sub(f, v_sub(half, small)));
}

/* What log does at 0, below, and at infinity, over a result for the rest. */
INLINE vec log_edges(vec x, vec y)
{
    const vec huge = v_set1((REAL)INFINITY);

    y = v_blend(v_eq(x, v_zero()), -huge, y);
    y = v_blend(v_lt(x, v_zero()), v_set1((REAL)NAN), y);
    return v_blend(v_eq(x, huge), x, y);
}

INLINE vec v_log(vec x)
{
    const mask tiny = v_lt(x, v_set1(LEAST_NORMAL));
    const vec up = v_blend(tiny, v_mul(x, v_set1(UP_SCALE)), x);
    vec m;
    vec e = split_exponent(up, &m);
    vec y;

    e = v_sub(e, v_blend(tiny, v_set1(UP_EXPONENT), v_zero()));
    y = log_parts(e, v_sub(m, v_set1(1)), v_zero());
    y = v_add(y, v_sub(x, x)); /* NaN goes through */
    return log_edges(x, y);
}

/* u = 1 + x loses low = 1 + x - u, which is exact (Knuth's two-sum), and
 * ln(u + low) = ln u + low / u. */
INLINE vec v_log1p(vec x)
{
    const vec one = v_set1(1);
    const vec u = v_add(one, x);
    const vec back = v_sub(u, one);
    const vec low = v_add(v_sub(one, v_sub(u, back)), v_sub(x, back));
    vec m;
    const vec e = split_exponent(u, &m);
    vec y = log_parts(e, v_sub(m, one), v_div(low, u));

    y = log_edges(u, v_add(y, v_sub(x, x)));
    return v_blend(v_eq(x, v_zero()), x, y);
}

/* tanh |x| = -t / (t + 2) with t = e^(-2|x|) - 1. */
INLINE vec v_tanh(vec x)
{
    const vec in = v_min(v_set1(TANH_MOST), v_abs(x));
    vec whole, power, t;
    const vec p = exp_remainder(v_mul(in, v_set1(-2)), &whole);

    power = power_of_two(whole);
    t = v_fma(power, p, v_sub(power, v_set1(1)));
    return v_copysign(v_div(t, v_add(t, v_set1(2))), x);
}

/* With z = e^-|x|: 1 / (1 + z), or z / (1 + z) for x < 0. */
INLINE vec v_sigmoid(vec x)
{
    const vec z = v_exp(-v_abs(x));
    const vec top = v_blend(v_lt(x, v_zero()), z, v_set1(1));

    return v_div(top, v_add(z, v_set1(1)));
}

/* ln(1 + f), 0 <= f <= 1, as log_parts() has it, but without a split. */
INLINE vec log1p_unit(vec f)
{
#if KERN_BITS == 32
    static const REAL c[] = {
        0x1.555556p-1f, 0x1.9998d4p-2f, 0x1.24c926p-2f, 0x1.bc8cf8p-3f,
        0x1.dba26p-3f,
    };
#else
    static const REAL c[] = {
        0x1.5555555555555p-1, 0x1.999999999999cp-2, 0x1.2492492491fe8p-2,
        0x1.c71c71c77e0f7p-3, 0x1.745d1724e5b21p-3, 0x1.3b13b7c41e111p-3,
        0x1.11103f2bddc9fp-3, 0x1.e2046677f3c3bp-4, 0x1.ad46f379b315bp-4,
        0x1.9739afdde017fp-4, 0x1.0371f75936ddep-4, 0x1.37efaea22dd86p-3,
    };
#endif
    const vec s = v_div(f, v_add(f, v_set1(2)));
    const vec z = v_mul(s, s);
    const vec series = v_mul(z, polynomial(c, sizeof c / sizeof *c - 1, z));
    const vec half = v_mul(v_set1((REAL)0.5), v_mul(f, f));

    return v_sub(f, v_fnma(s, v_add(half, series), half));
}

/* ln(1 + e^x) = max(x, 0) + ln(1 + e^-|x|) */
INLINE vec v_softplus(vec x)
{
    return v_add(v_max(v_zero(), x), log1p_unit(v_exp(-v_abs(x))));
}

/* x - n pi / 2. The products with the first parts are exact. */
INLINE vec quarter_remainder(vec x, vec n)
{
#if KERN_BITS == 32
    static const REAL part[] = {0x1.92p0f, 0x1.fb4p-12f, 0x1.444p-24f,
                                0x1.68c234p-39f};
#else
    static const REAL part[] = {0x1.921fb544p0, 0x1.0b4611a6p-34,
                                0x1.3198a2e037073p-69};
#endif

    for (size_t i = 0; i < sizeof part / sizeof *part; i++)
        x = v_fnma(n, v_set1(part[i]), x);
    return x;
}

INLINE vec sin_near(vec r)
{
#if KERN_BITS == 32
    static const REAL c[] = {-0x1.555552p-3f, 0x1.110c1ap-7f, -0x1.9ac19p-13f};
#else
    static const REAL c[] = {
        -0x1.5555555555555p-3,  0x1.1111111110b89p-7,  -0x1.a01a019e79d43p-13,
        0x1.71de3789d1af9p-19,  -0x1.ae5ffdcb7c942p-26, 0x1.5e065ae1c9e7ap-33,
    };
#endif
    const vec z = v_mul(r, r);

    return v_fma(v_mul(r, z), polynomial(c, sizeof c / sizeof *c - 1, z), r);
}

/* 1 - z / 2 is rounded to w; what that loses is put back. */
INLINE vec cos_near(vec r)
{
#if KERN_BITS == 32
    static const REAL c[] = {0x1.555554p-5f, -0x1.6c12c6p-10f, 0x1.9bd218p-16f};
#else
    static const REAL c[] = {
        0x1.5555555555555p-5,   -0x1.6c16c16c16952p-10, 0x1.a01a019f49c39p-16,
        -0x1.27e4fa117c54cp-22, 0x1.1eeb624c06c04p-29,  -0x1.9078e329947b4p-37,
    };
#endif
    const vec z = v_mul(r, r), half = v_mul(z, v_set1((REAL)0.5));
    const vec w = v_sub(v_set1(1), half);
    const vec lost = v_sub(v_sub(v_set1(1), w), half);

    return v_add(w, v_fma(v_mul(z, z),
                          polynomial(c, sizeof c / sizeof *c - 1, z), lost));
}

/* sin and cos of n quarter turns and r radians; n: the low bits of `whole`. */
INLINE void turn(vec whole, vec r, vec *s, vec *c)
{
    const vec sine = sin_near(r), cosine = cos_near(r);
    const uvec quarter = v_bits(whole);
    const int top = KERN_BITS - 2; /* there bit 1 is the sign, bit 0 is 2.0 */
    const mask odd = v_lt(v_zero(), v_real((quarter & 1) << top));

    *s = v_real(v_bits(v_blend(odd, cosine, sine)) ^ ((quarter & 2) << top));
    *c = v_real(v_bits(v_blend(odd, sine, cosine)) ^
                (((quarter + 1) & 2) << top));
}

/* Arguments whose multiple of pi / 2 would not be exact. */
static void sincos_far(vec far, vec *s, vec *c)
{
    for (int i = 0; i < LANES; i++) {
        const double x = (double)far[i];

        if (fabs(x) > (double)SINCOS_MOST) {
            (*s)[i] = (REAL)sin(x);
            (*c)[i] = (REAL)cos(x);
        }
    }
}

INLINE void v_sincos(vec x, vec *s, vec *c)
{
    const vec t = v_fma(x, v_set1(TWO_OVER_PI), v_set1(ROUNDER));

    turn(t, quarter_remainder(x, v_sub(t, v_set1(ROUNDER))), s, c);
    *s = v_blend(v_eq(x, v_zero()), x, *s);
    if (v_any(v_lt(v_set1(SINCOS_MOST), v_abs(x))))
        sincos_far(x, s, c);
}

/* ---- over arrays --------------------------------------------------------- */

/* Elements from i on, LANES of them, with `fill` past the end. */
INLINE vec part_of(const REAL *x, size_t n, size_t i, REAL fill)
{
    return i + LANES <= n ? v_loadu(x + i)
                          : v_load_some(x + i, n - i, v_set1(fill));
}

/* The first n - i elements of a vector, LANES at most. */
INLINE void give_part(REAL *y, size_t n, size_t i, vec a)
{
    if (i + LANES <= n)
        v_storeu(y + i, a);
    else
        v_store_some(y + i, a, n - i);
}

/* The code of f is there once. */
INLINE void map(vec (*f)(vec), size_t n, const REAL *x, REAL *y)
{
    for (size_t i = 0; i < n; i += LANES)
        give_part(y, n, i, f(part_of(x, n, i, 0)));
}

/* The code of f is there twice, for an f that is shorter than the question
 * where the end is. */
INLINE void map_short(vec (*f)(vec), size_t n, const REAL *x, REAL *y)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        v_storeu(y + i, f(v_loadu(x + i)));
    if (i < n)
        v_store_some(y + i, f(v_load_some(x + i, n - i, v_zero())), n - i);
}

static void map_exp(size_t n, const void *x, void *y)
{
    map(v_exp, n, x, y);
}

static void map_log(size_t n, const void *x, void *y)
{
    map(v_log, n, x, y);
}

static void map_log1p(size_t n, const void *x, void *y)
{
    map(v_log1p, n, x, y);
}

static void map_tanh(size_t n, const void *x, void *y)
{
    map(v_tanh, n, x, y);
}

static void map_sigmoid(size_t n, const void *x, void *y)
{
    map(v_sigmoid, n, x, y);
}

static void map_softplus(size_t n, const void *x, void *y)
{
    map(v_softplus, n, x, y);
}

static void map_sincos(size_t n, const void *x, void *s, void *c)
{
    const REAL *const in = x;
    REAL *const sine = s, *const cosine = c;

    for (size_t i = 0; i < n; i += LANES) {
        vec vs, vc;

        v_sincos(part_of(in, n, i, 0), &vs, &vc);
        give_part(sine, n, i, vs);
        give_part(cosine, n, i, vc);
    }
}

/* ---- sums ---------------------------------------------------------------- */

#define SUM_RUN (16 * LANES) /* elements that are summed in REAL */

static double sum(size_t n, const void *elements)
{
    const REAL *const x = elements;
    double total = 0;

    for (size_t i = 0; i < n; i += SUM_RUN) {
        vec run = v_zero();

        for (size_t j = i; j < n && j < i + SUM_RUN; j += LANES)
            run = v_add(run, part_of(x, n, j, 0));
        total += (double)v_sum(run);
    }
    return total;
}

/* top + ln sum_i exp(x_i - top), top a number */
static double logsumexp_about(size_t n, const REAL *x, REAL top)
{
    double total = 0;

    for (size_t i = 0; i < n; i += SUM_RUN) {
        vec run = v_zero();

        for (size_t j = i; j < n && j < i + SUM_RUN; j += LANES)
            run = v_add(run, v_exp_below(v_sub(
                                 part_of(x, n, j, (REAL)-INFINITY),
                                 v_set1(top))));
        total += (double)v_sum(run);
    }
    return (double)top + (double)v_log(v_set1((REAL)total))[0];
}

static double logsumexp(size_t n, const void *elements)
{
    const REAL *const x = elements;
    const REAL none = (REAL)-INFINITY;
    vec most = v_set1(none);
    REAL top;

    for (size_t i = 0; i < n; i += LANES)
        most = v_max(most, part_of(x, n, i, none));
    top = v_greatest(most);
    return fabs((double)top) < INFINITY ? logsumexp_about(n, x, top)
                                        : (double)top;
}

#endif
