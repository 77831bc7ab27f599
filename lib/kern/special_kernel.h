/* Special functions, as vmath_kernel.h has the elementary ones. Included by
 * set.c alone.
 *
 * Largest errors, in units of the last place, of all finite arguments whose
 * result is finite:
 *
 *                  f32   f64
 *     expm1          2     2
 *     log1mexp       3     3
 *     erf          1.5   1.5
 *     lgamma         4     4   of x > 0
 *     polygamma  4 + n 4 + n   of x > 0, order n to 8; of order 0 in units of
 *                              the last place of max(|psi|, 1)
 *
 * Subnormal numbers, infinities and NaN go as in C's math.h, but for the two of
 * the gamma function: they are NaN below 0, and at 0 their limit from above.
 */
#ifndef KERN_SPECIAL_KERNEL_H
#define KERN_SPECIAL_KERNEL_H

#include <assert.h>

#if KERN_BITS == 32
#define LEAST_EXPM1 (-20.0f) /* below: -1 */
#define EXPM1_NEAR 0x1p-26f  /* within: x */
#define ERF_MOST 4.0f        /* above: 1 */
#define ERF_CENTRE 2.0f
#define STIRLING 0x1.acfe3ap-2f /* (ln(2 pi) - 1) / 2 */
#define POLYGAMMA_FROM 4
#define POLYGAMMA_TERMS 5
#else
#define LEAST_EXPM1 (-40.0)
#define EXPM1_NEAR 0x1p-55
#define ERF_MOST 6.0
#define ERF_CENTRE 2.5
#define STIRLING 0x1.acfe390c97d69p-2
#define POLYGAMMA_FROM 10
#define POLYGAMMA_TERMS 10
#endif

/* 2^n e^r - 1 = 2 (h p + (h - 1/2)) with h = 2^(n - 1), which is a number even
 * where 2^n is none. */
INLINE vec v_expm1(vec x)
{
    const vec in = v_min(v_set1(EXP_MOST), v_max(v_set1(LEAST_EXPM1), x));
    vec whole, half, y;
    const vec p = exp_remainder(in, &whole);

    half = power_of_two(v_sub(whole, v_set1(1)));
    y = v_fma(half, p, v_sub(half, v_set1((REAL)0.5)));
    y = v_add(y, y);
    return v_blend(v_lt(v_abs(x), v_set1(EXPM1_NEAR)), x, y);
}

/* Maechler 2012, equation (7): ln(-expm1(x)) near 0, log1p(-e^x) below. */
INLINE vec v_log1mexp(vec x)
{
    const mask near = v_lt(v_set1((REAL)-0.6931471805599453), x);

    return v_blend(near, v_log(-v_expm1(x)), v_log1p(-v_exp(x)));
}

/* erf(x) / x - 1, |x| <= 1 */
INLINE vec erf_near(vec x)
{
#if KERN_BITS == 32
    static const REAL c[] = {
        0x1.06eba8p-3f, -0x1.812746p-2f,  0x1.ce2f08p-4f, -0x1.b829c8p-6f,
        0x1.562a6p-8f,  -0x1.bccf66p-11f, 0x1.d8875p-14f, -0x1.445f48p-17f,
    };
#else
    static const REAL c[] = {
        0x1.06eba8214db69p-3,   -0x1.812746b0379e6p-2,  0x1.ce2f21a042b3p-4,
        -0x1.b82ce31284ep-6,    0x1.565bcd0dbaa38p-8,   -0x1.c02db3dac435fp-11,
        0x1.f9a321d5b8e1ep-14,  -0x1.f4d1e3183f7aep-17, 0x1.b9df224ca4b97p-20,
        -0x1.5f1ecb6f0764cp-23, 0x1.f7b4bf3b13964p-27,  -0x1.389d4f2641625p-30,
        0x1.05ffd737fb32ep-34,
    };
#endif

    return polynomial(c, sizeof c / sizeof *c - 1, v_mul(x, x));
}

/* e^(t^2) erfc(t), 1 <= t <= ERF_MOST, in s = (t - centre) / (t + centre) */
INLINE vec erf_far(vec t)
{
#if KERN_BITS == 32
    static const REAL c[] = {
        0x1.058672p-2f,   -0x1.b57034p-2f,  0x1.eeea7ep-3f,
        -0x1.437eeep-4f,  0x1.e9479cp-9f,   0x1.ca5b14p-8f,
        -0x1.bc6a68p-11f, -0x1.ec952ap-11f, 0x1.a2657cp-15f,
    };
#else
    static const REAL c[] = {
        0x1.afbb3f3b7343bp-3,   -0x1.7ca88dec217a6p-2,  0x1.01c11a735cd98p-2,
        -0x1.0011543716c8dp-3,  0x1.470ba1f67e9afp-5,   -0x1.05bb2fe5c2c65p-8,
        -0x1.5a5716ce414dp-9,   0x1.cb3b61be5412cp-11,  0x1.def2ca4513939p-13,
        -0x1.0e466b243631bp-13, -0x1.1ebe50a6833fp-15,  0x1.384dc46290ccfp-16,
        0x1.fb00f35e00f3fp-18,  -0x1.34b4f14b151b5p-19, -0x1.e74f99e12c88ep-20,
        0x1.6a65dcf43edcp-24,   0x1.9db0a73dbf868p-22,  0x1.02b7b624af7a4p-24,
        -0x1.c49522352af97p-25,
    };
#endif
    const vec centre = v_set1(ERF_CENTRE);
    const vec s = v_div(v_sub(t, centre), v_add(t, centre));

    return polynomial(c, sizeof c / sizeof *c - 1, s);
}

INLINE vec v_erf(vec x)
{
    const vec one = v_set1(1), t = v_abs(x);
    const vec in = v_max(one, v_min(v_set1(ERF_MOST), t));
    const vec rest = v_mul(v_exp_below(-v_mul(in, in)), erf_far(in));
    const vec far = v_copysign(v_sub(one, rest), x);
    const vec near = v_fma(x, erf_near(v_min(one, t)), x);

    return v_blend(v_lt(one, t), far, near);
}

/* ---- the gamma function -------------------------------------------------- */

/* ln Gamma(x) / ((x - 1) (x - 2)), 1/2 <= x <= 5/2, in s = (x - 9/8) /
 * (x + 9/8), which sends the poles to -1 and beyond. */
INLINE vec lgamma_near(vec x)
{
#if KERN_BITS == 32
    static const REAL c[] = {
        0x1.18fa24p-1f, -0x1.e67f3ep-2f, 0x1.0b0d5ep-3f, -0x1.4e1b7ap-3f,
        0x1.634b4cp-4f, -0x1.95ec54p-4f, 0x1.099bdcp-4f, -0x1.24f0d2p-4f,
        0x1.86407ep-5f, -0x1.a0e60cp-5f, 0x1.038e3p-4f,  -0x1.1ae112p-4f,
    };
#else
    static const REAL c[] = {
        0x1.18fa23339f753p-1,  -0x1.e67f3ec8405dbp-2, 0x1.0b0d4d5c2cbc9p-3,
        -0x1.4e1b58b559677p-3, 0x1.63560691a0991p-4,  -0x1.95fcb206e26a8p-4,
        0x1.0869902986a8bp-4,  -0x1.23552bec5a26ep-4, 0x1.a497f71e2b5f2p-5,
        -0x1.c62714692767bp-5, 0x1.5d0736de00295p-5,  -0x1.73ff7812429e5p-5,
        0x1.2a3edbdd29e1p-5,   -0x1.3aef29029e098p-5, 0x1.044bd1fe55904p-5,
        -0x1.118e4a5710c51p-5, 0x1.cf57123f29a3cp-6,  -0x1.d8a824d7747fp-6,
        0x1.930227fbc9f71p-6,  -0x1.eb6ea8e02c539p-6, 0x1.c0ed8d467bf7bp-6,
        -0x1.2d6b19ea81eeep-7, 0x1.4156398252701p-8,  -0x1.b1f9f62040e14p-5,
        0x1.a32ae05b8950bp-5,
    };
#endif
    const vec centre = v_set1((REAL)1.125);
    const vec s = v_div(v_sub(x, centre), v_add(x, centre));

    return polynomial(c, sizeof c / sizeof *c - 1, s);
}

/* x times what Stirling's formula leaves of ln Gamma(x), x >= 8, in 1 / x^2 */
INLINE vec lgamma_far(vec square)
{
#if KERN_BITS == 32
    static const REAL c[] = {
        0x1.555556p-4f,
        -0x1.6c1418p-9f,
        0x1.98f67cp-11f,
    };
#else
    static const REAL c[] = {
        0x1.5555555555555p-4,   -0x1.6c16c16c149f4p-9, 0x1.a01a017dcf9e1p-11,
        -0x1.38134d4f88969p-11, 0x1.b92c33f944339p-11, -0x1.ef8d748ae6ca6p-10,
        0x1.4bffc9d89f5aap-8,
    };
#endif

    return polynomial(c, sizeof c / sizeof *c - 1, square);
}

/* Below 1/2: ln Gamma(x + 1) - ln x. To 8: ln Gamma(x - k) + ln((x - 1) …
 * (x - k)). Above, Stirling: (x - 1/2) (ln x - 1) + ln(2 pi) / 2 - 1/2 + …: no
 * sum there cancels. */
INLINE vec v_lgamma(vec x)
{
    const vec one = v_set1(1), two = v_set1(2), half = v_set1((REAL)0.5);
    const mask low = v_lt(x, half), high = v_le(v_set1(8), x);
    const vec in = v_max(v_zero(), v_min(v_set1(8), x));
    vec at = v_blend(low, v_add(in, one), in);
    vec together = one, l, near, far, inverse;

    for (int k = 0; k < 6; k++) {
        const mask more = v_lt(v_set1((REAL)2.5), at);

        at = v_blend(more, v_sub(at, one), at);
        together = v_blend(more, v_mul(together, at), together);
    }
    l = v_log(v_blend(low, x, v_blend(high, x, together)));
    near = v_mul(v_mul(v_sub(at, one), v_sub(at, two)), lgamma_near(at));
    near = v_add(near, v_blend(low, -l, l));
    inverse = v_div(one, v_max(one, x));
    far = v_fma(inverse, lgamma_far(v_mul(inverse, inverse)), v_set1(STIRLING));
    far = v_add(v_mul(v_sub(x, half), v_sub(l, one)), far);
    near = v_blend(high, far, near);
    return v_blend(v_nan(l), l, near);
}

/* ---- its logarithm's derivatives ----------------------------------------- */

/* Of psi^(order): the asymptotic series (Abramowitz, Stegun 6.3.18, 6.4.11)
 * from POLYGAMMA_FROM + 2 order on, reached by the recurrence 6.4.6. */
typedef struct polygamma {
    int order;
    REAL factorial, before; /* of order and of order - 1 */
    REAL series[POLYGAMMA_TERMS];
} polygamma;

static polygamma polygamma_of(int order)
{
    static const double bernoulli[] = {
        1.0 / 6,       -1.0 / 30, 1.0 / 42,      -1.0 / 30,     5.0 / 66,
        -691.0 / 2730, 7.0 / 6,   -3617.0 / 510, 43867.0 / 798, -174611.0 / 330,
    };
    polygamma f = {.order = order};
    double before = 1, choose = order * (order + 1) / 2.0;

    for (int k = 2; k < order; k++)
        before *= k;
    f.before = (REAL)before;
    f.factorial = (REAL)(before * (order ? order : 1));
    for (int k = 0; k < POLYGAMMA_TERMS; k++) {
        const double j = 2 * k + 2 + order;

        f.series[k] = (REAL)(bernoulli[k] * (order ? choose : 0.5 / (k + 1)));
        choose *= j * (j + 1) / ((2 * k + 3) * (2 * k + 4));
    }
    return f;
}

/* first y^n */
INLINE vec powers(REAL first, vec y, int n)
{
    vec power = v_set1(first);

    for (int i = 0; i < n; i++)
        power = v_mul(power, y);
    return power;
}

/* sum_k n! / (x + k)^(n + 1) while x + k < from, and *x = the last x + k. Terms
 * fall, so that what a sum loses is exact (Dekker 1971). */
INLINE vec polygamma_sum(const polygamma *f, vec from, vec *x)
{
    const vec one = v_set1(1);
    vec sum = v_zero(), lost = v_zero();
    mask more = v_lt(*x, from);

    while (v_any(more)) {
        const vec term = v_blend(
            more, powers(f->factorial, v_div(one, *x), f->order + 1), v_zero());
        const vec next = v_add(sum, term);

        lost = v_add(lost, v_sub(term, v_sub(next, sum)));
        sum = next;
        *x = v_blend(more, v_add(*x, one), *x);
        more = v_lt(*x, from);
    }
    return v_blend(v_eq(sum, v_set1((REAL)INFINITY)), sum, v_add(sum, lost));
}

INLINE vec v_polygamma(const polygamma *f, vec x)
{
    const REAL from = (REAL)(POLYGAMMA_FROM + 2 * f->order);
    vec at = v_abs(v_max(v_zero(), x));
    const vec sum = polygamma_sum(f, v_set1(from), &at);
    const vec y = v_div(v_set1(1), at), z = v_mul(y, y);
    const vec series = v_mul(z, polynomial(f->series, POLYGAMMA_TERMS - 1, z));
    const vec middle = v_mul(y, v_set1((REAL)(0.5 * (f->order + !f->order))));
    vec value = v_add(middle, series);

    if (f->order == 0) {
        value = v_sub(v_sub(v_log(at), value), sum);
    } else {
        const vec first = powers(f->before, y, f->order);

        value = v_add(v_fma(first, value, first), sum);
        value = f->order % 2 ? value : -value;
    }
    return v_blend(v_lt(x, v_zero()), v_set1((REAL)NAN), value);
}

static void map_polygamma(int order, size_t n, const REAL *x, REAL *y)
{
    const polygamma f = polygamma_of(order);

    assert(order >= 0 && order <= 30);
    for (size_t i = 0; i < n; i += LANES)
        give_part(y, n, i, v_polygamma(&f, part_of(x, n, i, 0)));
}

#endif
