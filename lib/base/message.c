/* The error text: printf's idea without its locale. */
#include <stdarg.h>
#include <string.h>

#include "base/internal.h"

#define QUOTED 200 /* bytes of an argument that a text repeats */

typedef struct writer {
    char *out;
    size_t used;
} writer;

/* What is not printable would break the one line, or a terminal. */
static void put_char(writer *o, char ch)
{
    const unsigned char u = (unsigned char)ch;

    if (o->used < BASE_TEXT - 1)
        o->out[o->used++] = u < 0x20 || u == 0x7f ? '?' : ch;
}

static void put(writer *o, const char *s, size_t n)
{
    for (size_t i = 0; i < n; i++)
        put_char(o, s[i]);
}

static void put_text(writer *o, const char *s)
{
    size_t n = 0;

    if (!s)
        s = "NULL";
    while (n < QUOTED && s[n])
        n++;
    const int cut = s[n] != '\0';
    while (cut && n && ((unsigned char)s[n] & 0xc0) == 0x80)
        n--; /* not inside a UTF-8 character */
    put(o, s, n);
    if (cut)
        put(o, "...", 3);
}

static void put_u64(writer *o, uint64_t v)
{
    char digits[20];
    size_t n = sizeof digits;

    do {
        digits[--n] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    put(o, digits + n, sizeof digits - n);
}

static void put_i64(writer *o, int64_t v)
{
    char digits[32];

    put(o, digits, base_format_i64(v, digits));
}

static void put_f64(writer *o, double v)
{
    char digits[32];

    put(o, digits, base_format_digits(v, 6, digits));
}

int32_t base_fail(genmod_workspace *w, int32_t status, const char *format, ...)
{
    char text[BASE_TEXT]; /* an argument may be the old text */
    writer o = {text, 0};
    va_list args;

    va_start(args, format);
    for (const char *f = format; *f; f++) {
        const char kind = *f == '%' ? *++f : '\0';
        if (kind == 's')
            put_text(&o, va_arg(args, const char *));
        else if (kind == 'i')
            put_i64(&o, va_arg(args, int64_t));
        else if (kind == 'u')
            put_u64(&o, va_arg(args, uint64_t));
        else if (kind == 'g')
            put_f64(&o, va_arg(args, double));
        else
            put_char(&o, *f);
    }
    va_end(args);
    text[o.used] = '\0';
    memcpy(w->text, text, o.used + 1);
    w->status = status;
    return status;
}
