/* Elementwise operators, by the C library's long doubles. */
#include "support/test.h"

#include "ad/naive.h"

/* B_2, B_4, … */
static const long double bernoulli[] = {
    1.0L / 6,       -1.0L / 30,      1.0L / 42, -1.0L / 30,
    5.0L / 66,      -691.0L / 2730,  7.0L / 6,  -3617.0L / 510,
    43867.0L / 798, -174611.0L / 330};

/* Abramowitz, Stegun 6.4.6 up to x >= 40, then 6.4.11 (6.3.18 for n = 0). */
static long double polygamma(int n, long double x)
{
    const long double sign = n % 2 ? 1 : -1;
    const long double factorial = tgammal(n + 1.0L);
    long double sum = 0;

    for (; x < 40; x++)
        sum += sign * factorial / powl(x, n + 1);
    sum += n == 0 ? logl(x) : sign * tgammal(n) / powl(x, n);
    sum += sign * factorial / (2 * powl(x, n + 1));
    for (int k = 1; k <= 10; k++)
        sum += sign * bernoulli[k - 1] * tgammal(2 * k + n) /
               tgammal(2 * k + 1) / powl(x, 2 * k + n);
    return sum;
}

static long double of_one(const ad_record *r, long double a)
{
    switch (r->op) {
    case AD_OP_AFFINE:
        return (long double)r->p * a + (long double)r->q;
    case AD_OP_RECIP:
        return 1 / a;
    case AD_OP_SQRT:
        return sqrtl(a);
    case AD_OP_RSQRT:
        return 1 / sqrtl(a);
    case AD_OP_EXP:
        return expl(a);
    case AD_OP_EXPM1:
        return expm1l(a);
    case AD_OP_LOG:
        return logl(a);
    case AD_OP_LOG1P:
        return log1pl(a);
    case AD_OP_LOG1MEXP:
        return logl(-expm1l(a));
    case AD_OP_TANH:
        return tanhl(a);
    case AD_OP_SIGMOID:
        return a > 0 ? 1 / (1 + expl(-a)) : expl(a) / (1 + expl(a));
    case AD_OP_SOFTPLUS:
        return (a > 0 ? a : 0) + log1pl(expl(-fabsl(a)));
    case AD_OP_ERF:
        return erfl(a);
    case AD_OP_LGAMMA:
        return lgammal(a);
    case AD_OP_POLYGAMMA:
        return polygamma((int)r->p, a);
    case AD_OP_SIN:
        return sinl(a);
    case AD_OP_COS:
        return cosl(a);
    case AD_OP_ABS:
        return fabsl(a);
    case AD_OP_SIGN:
        return (a > 0) - (a < 0);
    case AD_OP_FLOOR:
        return floorl(a);
    case AD_OP_LEAKY:
        return a > 0 ? a : (long double)r->p * a;
    default: /* gate */
        return a > 0 ? 1 : (long double)r->p;
    }
}

static long double of_more(const ad_record *r, long double a, long double b,
                           long double c)
{
    switch (r->op) {
    case AD_OP_ADD:
        return a + b;
    case AD_OP_SUB:
        return a - b;
    case AD_OP_MUL:
        return a * b;
    case AD_OP_MAX:
        return a > b ? a : b;
    case AD_OP_MIN:
        return a < b ? a : b;
    case AD_OP_GREATER:
        return a > b;
    case AD_OP_GREATER_EQUAL:
        return a >= b;
    case AD_OP_EQUAL:
        return a == b;
    default: /* select */
        return a != 0 ? b : c;
    }
}

int naive_tiled(const naive_term *t)
{
    const ad_operator *const o = &ad_operators[t->r->op];

    if (o->class != AD_TILED)
        return 0;
    for (size_t k = 0; k < t->n; k++)
        t->y[k] = o->arity == 1 ? of_one(t->r, t->x[0][k])
                                : of_more(t->r, t->x[0][k], t->x[1][k],
                                          o->arity == 3 ? t->x[2][k] : 0);
    return 1;
}
