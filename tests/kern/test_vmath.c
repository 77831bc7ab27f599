#include "tables.h"

#include <float.h>

/* Of all floats, one in STRIDE is tried; the slow suite tries all. Odd, so that
 * every exponent and both ends of the fraction come up. */
#ifndef STRIDE
#define STRIDE 20011
#endif

#define BLOCK 4096

typedef void (*unary)(size_t n, const kern_real *x, kern_real *y);
typedef struct function {
    const char *name;
    int op;                           /* KERN_… */
    unary (*of)(const kern_ops *ops); /* NULL: through tile() alone */
    long double (*exact)(long double x);
    double f32_ulp, f64_ulp; /* the bounds that the kernels state */
} function;

static unary exp_of(const kern_ops *ops)
{
    return ops->exp;
}

static unary log_of(const kern_ops *ops)
{
    return ops->log;
}

static unary log1p_of(const kern_ops *ops)
{
    return ops->log1p;
}

static unary tanh_of(const kern_ops *ops)
{
    return ops->tanh;
}

static unary sigmoid_of(const kern_ops *ops)
{
    return ops->sigmoid;
}

static unary softplus_of(const kern_ops *ops)
{
    return ops->softplus;
}

static long double exact_sigmoid(long double x)
{
    return 1 / (1 + expl(-x));
}

static long double exact_softplus(long double x)
{
    return x > 0 ? x + log1pl(expl(-x)) : log1pl(expl(x));
}

static long double exact_log1mexp(long double x)
{
    return x > -0.5L ? logl(-expm1l(x)) : log1pl(-expl(x));
}

/* What the kernels make of it: NaN below 0. */
static long double exact_lgamma(long double x)
{
    return x < 0 ? (long double)NAN : lgammal(x);
}

static long double exact_rsqrt(long double x)
{
    return 1 / sqrtl(x);
}

static long double exact_recip(long double x)
{
    return 1 / x;
}

static const function functions[] = {
    {"exp", KERN_EXP, exp_of, expl, 1.5, 1.5},
    {"log", KERN_LOG, log_of, logl, 1, 1},
    {"log1p", KERN_LOG1P, log1p_of, log1pl, 1, 1},
    {"tanh", KERN_TANH, tanh_of, tanhl, 3, 3},
    {"sigmoid", KERN_SIGMOID, sigmoid_of, exact_sigmoid, 2.5, 2.5},
    {"softplus", KERN_SOFTPLUS, softplus_of, exact_softplus, 2, 2},
    {"expm1", KERN_EXPM1, NULL, expm1l, 2, 2},
    {"log1mexp", KERN_LOG1MEXP, NULL, exact_log1mexp, 3, 3},
    {"erf", KERN_ERF, NULL, erfl, 1.5, 1.5},
    {"lgamma", KERN_LGAMMA, NULL, exact_lgamma, 4, 4},
    {"sin", KERN_SIN, NULL, sinl, 2, 2},
    {"cos", KERN_COS, NULL, cosl, 2, 2},
    {"sqrt", KERN_SQRT, NULL, sqrtl, 0.5, 0.5},
    {"rsqrt", KERN_RSQRT, NULL, exact_rsqrt, 1.5, 1.5},
    {"recip", KERN_RECIP, NULL, exact_recip, 0.5, 0.5},
};

static void through_tile(const kern_ops *ops, int op, size_t n, const void *x,
                         void *y)
{
    const kern_tile code = {.op = (uint16_t)op, .out = 1, .a = 0};

    for (size_t i = 0; i < n; i += KERN_TILE) {
        void *const reg[] = {(char *)x + i * ops->bytes, at(ops, y, i)};

        ops->tile(1, &code, n - i < KERN_TILE ? n - i : KERN_TILE, reg);
    }
}

static void apply(const kern_ops *ops, const function *f, size_t n,
                  const void *x, void *y)
{
    if (f->of)
        f->of(ops)(n, x, y);
    else
        through_tile(ops, f->op, n, x, y);
}

/* The distance of y from the exact value, in steps of the type near it. */
static double steps(const kern_ops *ops, double y, long double exact)
{
    const int digits = ops->type == GENMOD_F32 ? FLT_MANT_DIG : DBL_MANT_DIG;
    const int least = ops->type == GENMOD_F32 ? FLT_MIN_EXP : DBL_MIN_EXP;
    const long double most = ops->type == GENMOD_F32 ? FLT_MAX : DBL_MAX;
    int e;

    if (isnan(exact) || isnan(y))
        return isnan(exact) && isnan(y) ? 0 : (double)INFINITY;
    if (fabsl(exact) > most || isinf(y)) /* within half a step of overflow */
        return isinf(y) && fabsl(exact) > most * (1 - ldexpl(1, -digits)) &&
                       (y > 0) == (exact > 0)
                   ? 0
               : fabs(y) == (double)most ? 1
                                         : (double)INFINITY;
    frexpl(exact, &e);
    e = exact == 0 || e < least ? least : e;
    return (double)(fabsl(y - exact) / ldexpl(1, e - digits));
}

static double worst(const kern_ops *ops, const function *f, size_t n,
                    const void *x, const void *y)
{
    double most = 0;

    for (size_t i = 0; i < n; i++)
        most = fmax(most, steps(ops, get(ops, y, i),
                                f->exact((long double)get(ops, x, i))));
    return most;
}

/* Floats number first, first + STRIDE, …: all bit patterns of 32 bits. */
static uint64_t next_floats(uint64_t first, float *x)
{
    for (size_t i = 0; i < BLOCK; i++, first += STRIDE) {
        const uint32_t bits = (uint32_t)(first < UINT32_MAX ? first : 0);

        memcpy(x + i, &bits, sizeof bits);
    }
    return first;
}

static void check_floats(const kern_ops *ops, const function *f)
{
    float *const x = elements(ops, BLOCK), *const y = elements(ops, BLOCK);
    double most = 0;

    for (uint64_t first = 0; first <= UINT32_MAX;) {
        first = next_floats(first, x);
        apply(ops, f, BLOCK, x, y);
        most = fmax(most, worst(ops, f, BLOCK, x, y));
    }
    if (!(most <= f->f32_ulp))
        fail_msg("%s, f32, set %d: %g ulp", f->name, (int)ops->cpu, most);
    free(y);
    free(x);
}

/* Doubles over all exponents, and dense where the function bends. */
static void check_doubles(const kern_ops *ops, const function *f)
{
    double *const x = elements(ops, BLOCK), *const y = elements(ops, BLOCK);
    uint64_t seed = 17;
    double most = 0;

    for (int round = 0; round < 24; round++) {
        for (size_t i = 0; i < BLOCK; i++) {
            const double u = uneven(&seed), v = 1 + 0x1p-21 * uneven(&seed);

            x[i] = round < 8    ? ldexp(u * v, (int)(1074 * uneven(&seed)))
                   : round < 12 ? 2 * u * v
                   : round < 16 ? 40 * u * v
                   : round < 20 ? 760 * u * v
                                : 1 + u * v * 0.5;
        }
        apply(ops, f, BLOCK, x, y);
        most = fmax(most, worst(ops, f, BLOCK, x, y));
    }
    if (!(most <= f->f64_ulp))
        fail_msg("%s, f64, set %d: %g ulp", f->name, (int)ops->cpu, most);
    free(y);
    free(x);
}

static void functions_keep_their_bounds_over_all_floats(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++)
        for (size_t f = 0; f < sizeof functions / sizeof *functions; f++)
            if (ops[t]->type == GENMOD_F32)
                check_floats(ops[t], &functions[f]);
}

static void functions_keep_their_bounds_over_doubles(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++)
        for (size_t f = 0; f < sizeof functions / sizeof *functions; f++)
            if (ops[t]->type == GENMOD_F64)
                check_doubles(ops[t], &functions[f]);
}

static int same(double a, double b)
{
    return (isnan(a) && isnan(b)) || (a == b && signbit(a) == signbit(b));
}

static void functions_take_zeros_infinities_and_nan_as_math_h_does(void **state)
{
    const double inf = (double)INFINITY, nan = (double)NAN;
    const double x[] = {0.0, -0.0, inf, -inf, nan, -1.0};
    const double any = 77; /* no special value */
    const double y[][6] = {
        {1, 1, inf, 0, nan, any},         {-inf, -inf, inf, nan, nan, nan},
        {0.0, -0.0, inf, nan, nan, -inf}, {0.0, -0.0, 1, -1, nan, any},
        {0.5, 0.5, 1, 0, nan, any},       {any, any, inf, 0, nan, any},
        {0.0, -0.0, inf, -1, nan, any},   {-inf, -inf, nan, -0.0, nan, any},
        {0.0, -0.0, 1, -1, nan, any},     {inf, inf, inf, nan, nan, nan},
        {0.0, -0.0, nan, nan, nan, any},  {1, 1, nan, nan, nan, any},
        {0.0, -0.0, inf, nan, nan, nan},  {inf, -inf, 0, nan, nan, nan},
        {inf, -inf, 0, -0.0, nan, -1},
    };
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) {
            void *const in = elements(ops[t], 6), *const out =
                                                      elements(ops[t], 6);

            for (size_t i = 0; i < 6; i++)
                put(ops[t], in, i, x[i]);
            apply(ops[t], &functions[f], 6, in, out);
            for (size_t i = 0; i < 6; i++)
                assert_true(y[f][i] == any ||
                            same(get(ops[t], out, i), y[f][i]));
            free(out);
            free(in);
        }
    }
}

/* Arguments of sincos in block b: small ones, multiples of pi / 2, the rest of
 * the range that vmath_kernel.h reduces itself, and beyond. */
static void angles(const kern_ops *ops, int b, void *x)
{
    const double half_pi = 1.5707963267948966;
    const double far = b == 9 ? 1e6 : 1e4;
    uint64_t seed = 99 + (uint64_t)b;

    for (size_t i = 0; i < BLOCK; i++) {
        const double u = uneven(&seed);
        const double k = floor(6000 * uneven(&seed));

        put(ops, x, i,
            b < 3   ? 4 * u
            : b < 6 ? half_pi * k
                    : far * u * (1 + 0x1p-21 * uneven(&seed)));
    }
}

static void sincos_keeps_its_bound(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        void *const x = elements(ops[t], BLOCK),
                    *const s = elements(ops[t], BLOCK),
                    *const c = elements(ops[t], BLOCK);
        double most = 0;

        for (int b = 0; b < 10; b++) {
            angles(ops[t], b, x);
            ops[t]->sincos(BLOCK, x, s, c);
            for (size_t i = 0; i < BLOCK; i++) {
                const long double a = (long double)get(ops[t], x, i);

                most = fmax(most, steps(ops[t], get(ops[t], s, i), sinl(a)));
                most = fmax(most, steps(ops[t], get(ops[t], c, i), cosl(a)));
            }
        }
        if (!(most <= 2))
            fail_msg("sincos, type %d, set %d: %g ulp", (int)ops[t]->type,
                     (int)ops[t]->cpu, most);
        free(c);
        free(s);
        free(x);
    }
}

static void sincos_of_what_is_not_finite_is_nan(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        double x[3], s[3], c[3];

        put(ops[t], x, 0, (double)INFINITY);
        put(ops[t], x, 1, (double)NAN);
        put(ops[t], x, 2, -0.0);
        ops[t]->sincos(3, x, s, c);
        assert_true(isnan(get(ops[t], s, 0)) && isnan(get(ops[t], c, 0)));
        assert_true(isnan(get(ops[t], s, 1)) && isnan(get(ops[t], c, 1)));
        assert_true(same(get(ops[t], s, 2), -0.0) && get(ops[t], c, 2) == 1);
    }
}

static void functions_give_an_element_the_same_bits_in_any_place(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        for (size_t f = 0; f < sizeof functions / sizeof *functions; f++) {
            void *const x = random_elements(ops[t], 70, 3 + f);
            void *const y = elements(ops[t], 70), *const z =
                                                      elements(ops[t], 70);

            apply(ops[t], &functions[f], 70, x, y);
            for (size_t first = 0; first < 35; first++) {
                const size_t m = 35 - first / 2;

                apply(ops[t], &functions[f], m, at(ops[t], x, first), z);
                assert_memory_equal(z, at(ops[t], y, first), m * ops[t]->bytes);
            }
            apply(ops[t], &functions[f], 70, x, x);
            assert_memory_equal(x, y, 70 * ops[t]->bytes);
            free(z);
            free(y);
            free(x);
        }
    }
}

static void functions_are_the_same_through_tile(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        void *const x = random_elements(ops[t], 75, 29);
        void *const y = elements(ops[t], 75), *const z = elements(ops[t], 75);

        for (size_t f = 0; functions[f].of; f++) {
            functions[f].of(ops[t])(75, x, y);
            through_tile(ops[t], functions[f].op, 75, x, z);
            assert_memory_equal(z, y, 75 * ops[t]->bytes);
        }
        free(z);
        free(y);
        free(x);
    }
}

static void sums_equal_the_definition(void **state)
{
    static const size_t sizes[] = {1, 5, 16, 255, 256, 257, 5000};
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        void *const x = random_elements(ops[t], 5000, 77);

        for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
            long double sum = 0, size = 0, exps = 0;

            for (size_t i = 0; i < sizes[s]; i++) {
                sum += (long double)get(ops[t], x, i);
                size += fabsl((long double)get(ops[t], x, i));
                exps += expl((long double)get(ops[t], x, i));
            }
            /* 16 additions and those of a vector's lanes, at most 4 deep. */
            assert_near(ops[t]->sum(sizes[s], x), (double)sum,
                        20 * epsilon(ops[t]) * (double)size);
            /* Relative error of the sum, and an ulp of log and of its sum. */
            assert_near(ops[t]->logsumexp(sizes[s], x), (double)logl(exps),
                        40 * epsilon(ops[t]));
        }
        free(x);
    }
}

static void logsumexp_does_not_overflow_and_takes_infinities(void **state)
{
    const double inf = (double)INFINITY;
    const struct {
        double x[3], y;
    } known[] = {
        {{1000, 1000 - 0.6931471805599453, -5000}, 1000.4054651081082},
        {{-inf, -3.25, -inf}, -3.25},
        {{-inf, -inf, -inf}, -inf},
        {{2, inf, -1}, inf},
        {{-2000, -2000, -2000}, -2000 + 1.0986122886681098},
    };
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
            double x[3];

            for (size_t j = 0; j < 3; j++)
                put(ops[t], x, j, known[i].x[j]);
            assert_near(ops[t]->logsumexp(3, x), known[i].y,
                        4000 * epsilon(ops[t]));
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(functions_keep_their_bounds_over_all_floats),
        cmocka_unit_test(functions_keep_their_bounds_over_doubles),
        cmocka_unit_test(
            functions_take_zeros_infinities_and_nan_as_math_h_does),
        cmocka_unit_test(sincos_keeps_its_bound),
        cmocka_unit_test(sincos_of_what_is_not_finite_is_nan),
        cmocka_unit_test(functions_give_an_element_the_same_bits_in_any_place),
        cmocka_unit_test(functions_are_the_same_through_tile),
        cmocka_unit_test(sums_equal_the_definition),
        cmocka_unit_test(logsumexp_does_not_overflow_and_takes_infinities),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
