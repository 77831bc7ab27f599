#include "tables.h"

#include <float.h>

#define BLOCK 2048
#define ORDERS 9 /* of polygamma whose bound is stated */

/* psi^(n)(x) of x > 0: the recurrence to 40 + n, then the asymptotic series
 * (Abramowitz, Stegun 6.4.6, 6.4.11), both in long double. */
static long double naive_polygamma(int n, long double x)
{
    static const long double bernoulli[] = {
        1 / 6.0L, -1 / 30.0L, 1 / 42.0L, -1 / 30.0L, 5 / 66.0L, -691 / 2730.0L,
    };
    long double factorial = 1, sum = 0, tail, term;

    for (int k = 2; k <= n; k++)
        factorial *= k;
    for (; x < 40 + n; x++)
        sum += factorial / powl(x, n + 1);
    if (n == 0) {
        tail = logl(x) - 1 / (2 * x);
        for (int k = 1; k <= 6; k++)
            tail -= bernoulli[k - 1] / (2 * k * powl(x, 2 * k));
        return tail - sum;
    }
    tail = factorial / n / powl(x, n) + factorial / (2 * powl(x, n + 1));
    term = factorial * (n + 1) / (2 * powl(x, n + 2));
    for (int k = 1; k <= 6; k++) {
        tail += bernoulli[k - 1] * term;
        term *= (2.0L * k + n) * (2 * k + n + 1) /
                ((2.0L * k + 1) * (2 * k + 2) * x * x);
    }
    return n % 2 ? sum + tail : -(sum + tail);
}

static void polygamma_of(const kern_ops *ops, int order, size_t n,
                         const void *x, void *y)
{
    const kern_tile code = {.op = KERN_POLYGAMMA, .out = 1, .a = 0, .p = order};

    for (size_t i = 0; i < n; i += KERN_TILE) {
        void *const reg[] = {(char *)x + i * ops->bytes, at(ops, y, i)};

        ops->tile(1, &code, n - i < KERN_TILE ? n - i : KERN_TILE, reg);
    }
}

static void the_reference_of_polygamma_is_right(void **state)
{
    /* To 22 digits, from an arithmetic of 40. */
    static const struct {
        int order;
        double x;
        long double y;
    } known[] = {
        {0, 0.3125, -3.355105576209839916329L},
        {0, 1.46875, 0.006865411470735776728139L},
        {0, 7.8125, 1.990361901530434123018L},
        {1, 0.15625, 42.29529598253985315629L},
        {1, 3.71875, 0.3082593820826414115133L},
        {2, 1.28125, -1.244728010708145250655L},
        {3, 0.65625, 33.32851196818020812584L},
        {4, 2.84375, -0.1738067260608844615852L},
        {5, 9.46875, 0.0004072724552622975989279L},
        {6, 1.59375, -28.59489003190922099386L},
        {8, 4.21875, -0.1133290544761907378499L},
        {12, 20.53125, -9.411816519931230697242e-9L},
    };

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        const long double y =
            naive_polygamma(known[i].order, (long double)known[i].x);

        assert_true(fabsl(y - known[i].y) <=
                    0x1p-60L * fmaxl(1, fabsl(known[i].y)));
    }
}

/* The distance in steps of the type near `exact`; order 0 counts those near 1
 * where psi is smaller. */
static double steps(const kern_ops *ops, int order, double y, long double exact)
{
    const int digits = ops->type == GENMOD_F32 ? FLT_MANT_DIG : DBL_MANT_DIG;
    const int least = ops->type == GENMOD_F32 ? FLT_MIN_EXP : DBL_MIN_EXP;
    const long double most = ops->type == GENMOD_F32 ? FLT_MAX : DBL_MAX;
    int e;

    if (isinf(y)) /* within twelve steps of overflow */
        return (y > 0) == (exact > 0) &&
                       fabsl(exact) > most * (1 - ldexpl(12, -digits))
                   ? 0
                   : (double)INFINITY;
    frexpl(order ? exact : fmaxl(1, fabsl(exact)), &e);
    return (double)(fabsl(y - exact) /
                    ldexpl(1, (e < least ? least : e) - digits));
}

/* Over all positive exponents, and dense where psi bends. */
static double argument(const kern_ops *ops, size_t i, uint64_t *seed)
{
    const double exponents = ops->type == GENMOD_F32 ? 127 : 1022;
    const double u = fabs(uneven(seed)), v = 1 + 0x1p-21 * uneven(seed);

    return i % 4 == 0   ? ldexp(u * v + 0.5, (int)(exponents * uneven(seed)))
           : i % 4 == 1 ? 2 * u * v
           : i % 4 == 2 ? 30 * u * v
                        : 1.46163 + 0.0009765625 * uneven(seed) * v;
}

static void polygamma_keeps_its_bound(void **state)
{
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        void *const x = elements(ops[t], BLOCK);
        void *const y = elements(ops[t], BLOCK);
        uint64_t seed = 51;

        for (size_t i = 0; i < BLOCK; i++)
            put(ops[t], x, i, argument(ops[t], i, &seed));
        for (int order = 0; order < ORDERS; order++) {
            double most = 0;

            polygamma_of(ops[t], order, BLOCK, x, y);
            for (size_t i = 0; i < BLOCK; i++) {
                const long double in = (long double)get(ops[t], x, i);

                most = fmax(most, steps(ops[t], order, get(ops[t], y, i),
                                        naive_polygamma(order, in)));
            }
            if (!(most <= 4 + order))
                fail_msg("order %d, type %d, set %d: %g ulp", order,
                         (int)ops[t]->type, (int)ops[t]->cpu, most);
        }
        free(y);
        free(x);
    }
}

static void polygamma_stays_near_for_high_orders(void **state)
{
    static const int orders[] = {12, 20, 30};
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        for (size_t o = 0; o < sizeof orders / sizeof *orders; o++) {
            double x[5], y[5];

            for (size_t i = 0; i < 5; i++)
                put(ops[t], x, i, 1.34375 + 1.71875 * (double)i);
            polygamma_of(ops[t], orders[o], 5, x, y);
            /* A rounding for each factor of the first term. */
            for (size_t i = 0; i < 5; i++) {
                const double e = (double)naive_polygamma(
                    orders[o], (long double)get(ops[t], x, i));

                assert_near(get(ops[t], y, i), e,
                            fabs(e) * 4 * orders[o] * epsilon(ops[t]));
            }
        }
    }
}

static void polygamma_has_its_limits_at_the_edges(void **state)
{
    const double inf = (double)INFINITY, nan = (double)NAN;
    const double x[] = {0.0, -0.0, inf, -inf, nan, -1.5};
    const double y[][6] = {
        {-inf, -inf, inf, nan, nan, nan},
        {inf, inf, 0, nan, nan, nan},
        {-inf, -inf, 0, nan, nan, nan},
        {inf, inf, 0, nan, nan, nan},
    };
    const kern_ops *ops[TABLES];
    const size_t n = graph_tables(ops);

    (void)state;
    for (size_t t = 0; t < n; t++) {
        for (int order = 0; order < 4; order++) {
            double in[6], out[6];

            for (size_t i = 0; i < 6; i++)
                put(ops[t], in, i, x[i]);
            polygamma_of(ops[t], order, 6, in, out);
            for (size_t i = 0; i < 6; i++) {
                const double got = get(ops[t], out, i), e = y[order][i];

                assert_true(got == e || (isnan(got) && isnan(e)));
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_reference_of_polygamma_is_right),
        cmocka_unit_test(polygamma_keeps_its_bound),
        cmocka_unit_test(polygamma_stays_near_for_high_orders),
        cmocka_unit_test(polygamma_has_its_limits_at_the_edges),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
