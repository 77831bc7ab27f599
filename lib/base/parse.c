/* From text to numbers. A decimal is D * 10^e with a whole D; what a double
 * holds exactly is rounded by the machine (Clinger 1990), the rest by long
 * division of whole numbers. */
#include <math.h>
#include <string.h>

#include "base/base.h"
#include "base/big.h"

/* A number halfway between two doubles has at most 767 digits: whatever comes
 * after them only says that the number is larger. */
#define DIGITS 800

typedef struct decimal {
    char digits[DIGITS + 1];
    size_t count;     /* 0: the number is 0 */
    int64_t exponent; /* of the last digit */
} decimal;

static int is_digit(char ch)
{
    return ch >= '0' && ch <= '9';
}

/* Past a sign; *negative says which. */
static const char *skip_sign(const char *s, int *negative)
{
    *negative = *s == '-';
    return s + (*s == '-' || *s == '+');
}

/* The whole rest of the text as an exponent, clipped far outside a double's
 * range. */
static int scan_exponent(const char *s, int64_t *exponent)
{
    int negative;
    int64_t e = 0;

    s = skip_sign(s, &negative);
    if (!is_digit(*s))
        return 0;
    for (; is_digit(*s); s++)
        if (e < INT64_C(1) << 48)
            e = e * 10 + (*s - '0');
    *exponent += negative ? -e : e;
    return *s == '\0';
}

/* The digits up to the exponent; the first character after them, or NULL if
 * there are none. */
static const char *scan_digits(const char *s, decimal *d)
{
    int some = 0, point = 0, more = 0;

    for (; is_digit(*s) || (*s == '.' && !point); s++) {
        if (*s == '.') {
            point = 1;
            continue;
        }
        some = 1;
        d->exponent -= point;
        if (d->count == DIGITS) {
            d->exponent++;
            more |= *s != '0';
        } else if (d->count || *s != '0') {
            d->digits[d->count++] = *s;
        }
    }
    while (!more && d->count && d->digits[d->count - 1] == '0') {
        d->count--;
        d->exponent++;
    }
    if (more) {
        d->digits[d->count++] = '1';
        d->exponent--;
    }
    return some ? s : NULL;
}

static int scan(const char *s, decimal *d)
{
    d->count = 0;
    d->exponent = 0;
    s = scan_digits(s, d);
    if (!s)
        return 0;
    if (*s == 'e' || *s == 'E')
        return scan_exponent(s + 1, &d->exponent);
    return *s == '\0';
}

/* One rounding of two exact numbers, where the decimal allows it. */
static int convert_exactly(const decimal *d, double *v)
{
    static const double power[] = {
        1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,  1e8,  1e9,  1e10, 1e11,
        1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22,
    };
    const int64_t e = d->exponent;
    int64_t whole = 0;

    if (d->count > 15 || e < -22 || e > 22)
        return 0;
    for (size_t i = 0; i < d->count; i++)
        whole = whole * 10 + (d->digits[i] - '0');
    *v = e < 0 ? (double)whole / power[-e] : (double)whole * power[e];
    return 1;
}

/* The double next to (q + rest) * 2^e, 2^63 <= q < 2^64, 0 <= rest < 1 and only
 * known to be 0 or not: to nearest, ties to even. */
static double assemble(uint64_t q, int rest, int e)
{
    const int top = e + 63; /* exponent of the leading bit */
    const int drop = top >= -1022 ? 11 : 11 + (-1022 - top);
    uint64_t bits;
    double v;

    if (top > 1023)
        return INFINITY;
    if (drop > 64)
        return 0.0;
    uint64_t kept = drop == 64 ? 0 : q >> drop;
    const uint64_t half = UINT64_C(1) << (drop - 1);
    const uint64_t lost = drop == 64 ? q : q & (2 * half - 1);
    if (lost > half || (lost == half && (rest || kept & 1)))
        kept++;
    /* the leading bit, and a carry out of the top, add 1 to the exponent */
    bits = kept + (top >= -1022 ? (uint64_t)(top + 1022) << 52 : 0);
    memcpy(&v, &bits, sizeof v);
    return v;
}

/* D * 10^e = (D * 5^max(e, 0)) / 5^max(-e, 0) * 2^e: 64 bits of the quotient,
 * one by one, and whether anything is left. */
static double divide(const decimal *d)
{
    const int e = (int)d->exponent;
    base_big num, den;
    uint64_t q = 0;

    base_big_set(&num, 0);
    for (size_t i = 0; i < d->count; i++) {
        if (num.n == 0)
            base_big_set(&num, (uint64_t)(d->digits[i] - '0'));
        else
            base_big_multiply(&num, 10, (uint32_t)(d->digits[i] - '0'));
    }
    base_big_set(&den, 1);
    base_big_power5(e < 0 ? &den : &num, (unsigned)(e < 0 ? -e : e));
    int two = (int)base_big_bits(&num) - (int)base_big_bits(&den);
    base_big_shift(two < 0 ? &num : &den, (unsigned)(two < 0 ? -two : two));
    if (base_big_compare(&num, &den) < 0) {
        base_big_shift(&num, 1);
        two--;
    }
    for (int i = 0; i < 64; i++) {
        q <<= 1;
        if (base_big_compare(&num, &den) >= 0) {
            base_big_subtract(&num, &den);
            q |= 1;
        }
        base_big_shift(&num, 1);
    }
    return assemble(q, num.n != 0, two + e - 63);
}

static double convert(const decimal *d)
{
    const int64_t first = d->exponent + (int64_t)d->count; /* 0.D * 10^first */
    double v;

    if (d->count == 0 || first < -325) /* 10^-325 < 2^-1075 */
        return 0.0;
    if (first > 310)
        return INFINITY;
    return convert_exactly(d, &v) ? v : divide(d);
}

int base_parse_f64(const char *s, double *v)
{
    int negative;
    decimal d;
    double size;

    s = skip_sign(s, &negative);
    if (base_same(s, "inf"))
        size = INFINITY;
    else if (base_same(s, "nan"))
        size = NAN;
    else if (scan(s, &d))
        size = convert(&d);
    else
        return 0;
    *v = negative ? -size : size;
    return 1;
}

int base_parse_i64(const char *s, int64_t *v)
{
    int negative;
    uint64_t size = 0;

    s = skip_sign(s, &negative);
    if (!is_digit(*s))
        return 0;
    const uint64_t most = (uint64_t)INT64_MAX + (uint64_t)negative;
    for (; is_digit(*s); s++) {
        const uint64_t digit = (uint64_t)(*s - '0');
        if (size > (most - digit) / 10)
            return 0;
        size = size * 10 + digit;
    }
    if (*s != '\0')
        return 0;
    /* -size by way of -size - 1, which INT64_MIN has too */
    *v = negative && size ? -(int64_t)(size - 1) - 1 : (int64_t)size;
    return 1;
}
