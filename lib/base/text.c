/* From numbers to text, and text on its way out. */
#include "base/internal.h"

#include <math.h>
#include <string.h>

#include "base/big.h"

#define MOST 17 /* digits that tell any two doubles apart */

/* 0.D * 10^point: one digit more than needed, and whether there are others. */
typedef struct expansion {
    char digits[MOST + 1];
    int point;
    int more;
} expansion;

/* v = m * 2^e, v > 0 and finite. */
static void split(double v, uint64_t *m, int *e)
{
    uint64_t bits;

    memcpy(&bits, &v, sizeof bits);
    const int biased = (int)(bits >> 52 & 0x7ff);
    *m = bits & ((UINT64_C(1) << 52) - 1);
    if (biased)
        *m |= UINT64_C(1) << 52;
    *e = (biased ? biased : 1) - 1075;
}

/* num / den = v / 10^point, brought into [1/10, 1). */
static int scale(double v, base_big *num, base_big *den)
{
    uint64_t m;
    int e;

    split(v, &m, &e);
    base_big_set(num, m);
    base_big_set(den, 1);
    /* floor(log10 v) or a little less: log10(2) > 1233 / 4096 */
    const int bits = (int)base_big_bits(num) + e - 1;
    int point = bits >= 0 ? bits * 1233 / 4096 : -(-bits * 1234 / 4096) - 1;
    base_big_power5(point < 0 ? num : den,
                    (unsigned)(point < 0 ? -point : point));
    const int two = e - point;
    base_big_shift(two < 0 ? den : num, (unsigned)(two < 0 ? -two : two));
    for (; base_big_compare(num, den) >= 0; point++)
        base_big_multiply(den, 10, 0);
    return point;
}

static void expand(double v, expansion *x)
{
    base_big num, den;

    x->point = scale(v, &num, &den);
    for (int i = 0; i <= MOST; i++) {
        char digit = '0';
        base_big_multiply(&num, 10, 0);
        for (; base_big_compare(&num, &den) >= 0; digit++)
            base_big_subtract(&num, &den);
        x->digits[i] = digit;
    }
    x->more = num.n != 0;
}

/* Whether the digits from number n on are more than half a unit of the one
 * before, ties to even. */
static int rounds_up(const expansion *x, int n)
{
    int rest = x->more;

    if (x->digits[n] != '5')
        return x->digits[n] > '5';
    for (int i = n + 1; i <= MOST; i++)
        rest |= x->digits[i] != '0';
    return rest || (n && (x->digits[n - 1] - '0') % 2);
}

/* The first n digits, the last of them one higher if `up`. Returns the point.
 */
static int cut(const expansion *x, int n, int up, char *digits)
{
    int i = n;

    memcpy(digits, x->digits, (size_t)n);
    if (!up)
        return x->point;
    while (i > 0 && digits[i - 1] == '9')
        digits[--i] = '0';
    if (i > 0) {
        digits[i - 1]++;
        return x->point;
    }
    digits[0] = '1'; /* 99…9 became 100…0 */
    return x->point + 1;
}

static size_t put(char *out, size_t at, const char *s, size_t n)
{
    memcpy(out + at, s, n);
    return at + n;
}

static size_t put_zeros(char *out, size_t at, int n)
{
    while (n-- > 0)
        out[at++] = '0';
    return at;
}

/* 0.D * 10^point as plain digits, or with an exponent where that is long. */
static size_t lay_out(const char *digits, int n, int point, char *out)
{
    size_t at = 0;

    while (n > 1 && digits[n - 1] == '0')
        n--;
    if (point > 16 || point < -4) {
        at = put(out, at, digits, 1);
        if (n > 1)
            out[at++] = '.';
        at = put(out, at, digits + 1, (size_t)n - 1);
        out[at++] = 'e';
        return at + base_format_i64(point - 1, out + at);
    }
    if (point <= 0) {
        at = put(out, at, "0.", 2);
        at = put_zeros(out, at, -point);
        at = put(out, at, digits, (size_t)n);
    } else if (n <= point) {
        at = put(out, at, digits, (size_t)n);
        at = put_zeros(out, at, point - n);
    } else {
        at = put(out, at, digits, (size_t)point);
        out[at++] = '.';
        at = put(out, at, digits + point, (size_t)(n - point));
    }
    out[at] = '\0';
    return at;
}

/* n digits at most that read back as v; 0 if there are none. The nearest ones
 * may fail where their neighbours do not: below a power of two doubles lie
 * closer than above it. */
static size_t try_digits(double v, const expansion *x, int n, char *out)
{
    const int nearest = rounds_up(x, n);

    for (int i = 0; i < 2; i++) {
        char digits[MOST];
        double back;
        const int point = cut(x, n, nearest ^ i, digits);
        const size_t length = lay_out(digits, n, point, out);
        if (base_parse_f64(out, &back) && back == v)
            return length;
    }
    return 0;
}

/* Signs, zeros and what is not a number; the length, or 0 if a finite positive
 * size is left to write at out + *at. */
static size_t special(double v, char *out, size_t *at)
{
    const char *const word = v == 0.0 ? "0" : v - v == 0.0 ? "" : "inf";
    const int bare = v != v; /* NaN has no sign to show */

    *at = 0;
    if (!bare && signbit(v))
        out[(*at)++] = '-';
    if (*word == '\0')
        return 0;
    memcpy(out + *at, bare ? "nan" : word, bare ? 4 : strlen(word) + 1);
    return *at + strlen(out + *at);
}

size_t base_format_f64(double v, char *out)
{
    size_t at;
    size_t length = special(v, out, &at);
    expansion x;

    if (length)
        return length;
    expand(fabs(v), &x);
    for (int n = 1; length == 0; n++)
        length = try_digits(fabs(v), &x, n, out + at);
    return at + length;
}

size_t base_format_digits(double v, int n, char *out)
{
    char digits[MOST];
    size_t at;
    const size_t length = special(v, out, &at);
    expansion x;

    if (length)
        return length;
    expand(fabs(v), &x);
    const int point = cut(&x, n, rounds_up(&x, n), digits);
    return at + lay_out(digits, n, point, out + at);
}

size_t base_format_i64(int64_t v, char *out)
{
    uint64_t size = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    char digits[20];
    size_t first = sizeof digits, at = 0;

    do {
        digits[--first] = (char)('0' + size % 10);
        size /= 10;
    } while (size);
    if (v < 0)
        out[at++] = '-';
    at = put(out, at, digits + first, sizeof digits - first);
    out[at] = '\0';
    return at;
}

int32_t base_give_text(const char *text, size_t cap, char *out, size_t *need,
                       genmod_workspace *w)
{
    const size_t bytes = strlen(text) + 1;

    if (need)
        *need = bytes;
    if (cap < bytes)
        return base_fail(w, GENMOD_TOO_SMALL,
                         "cap is %u; the text takes %u bytes", (uint64_t)cap,
                         (uint64_t)bytes);
    if (!out)
        return base_fail(w, GENMOD_BAD_ARGUMENT, "out is NULL, but cap is %u",
                         (uint64_t)cap);
    memcpy(out, text, bytes);
    return GENMOD_OK;
}

int base_same(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}
