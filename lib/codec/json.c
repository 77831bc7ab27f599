/* The part of JSON (RFC 8259) that a header is made of. */
#include "codec/internal.h"

int32_t codec_json_fail(const codec_json *j, size_t at, const char *what)
{
    return base_fail(j->w, GENMOD_BAD_BYTES, "byte %u: %s", (uint64_t)at, what);
}

void codec_json_space(codec_json *j)
{
    for (; j->at < j->end; j->at++) {
        const unsigned char c = j->bytes[j->at];
        if (c != ' ' && c != '\t' && c != '\n' && c != '\r')
            return;
    }
}

/* The next byte, or -1 at the end. */
static int peek(const codec_json *j)
{
    return j->at < j->end ? j->bytes[j->at] : -1;
}

int32_t codec_json_take(codec_json *j, char c)
{
    codec_json_space(j);
    if (peek(j) == (unsigned char)c) {
        j->at++;
        return GENMOD_OK;
    }
    const char name[2] = {c, 0};
    return base_fail(j->w, GENMOD_BAD_BYTES, "byte %u: '%s' is missing",
                     (uint64_t)j->at, name);
}

int32_t codec_json_more(codec_json *j, char close, int *more)
{
    codec_json_space(j);
    *more = peek(j) == ',';
    return codec_json_take(j, *more ? ',' : close);
}

int32_t codec_json_u64(codec_json *j, uint64_t *v)
{
    codec_json_space(j);
    const size_t start = j->at;
    uint64_t sum = 0;
    for (int c = peek(j); c >= '0' && c <= '9'; c = peek(j)) {
        const uint64_t digit = (uint64_t)(c - '0');
        if (sum > (UINT64_MAX - digit) / 10)
            return codec_json_fail(j, start, "a number above 2^64 - 1");
        sum = 10 * sum + digit;
        j->at++;
    }
    if (j->at == start)
        return codec_json_fail(j, start, "a whole number is missing");
    if (j->bytes[start] == '0' && j->at - start > 1)
        return codec_json_fail(j, start, "a number with a leading zero");
    *v = sum;
    return GENMOD_OK;
}

/* The table of well-formed sequences in chapter 3 of the Unicode standard: only
 * the second byte has a range of its own. */
size_t codec_utf8(size_t n, const unsigned char *s)
{
    const unsigned char c = s[0];
    if (c < 0x80)
        return 1;
    if (c < 0xC2 || c > 0xF4)
        return 0;
    const size_t length = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    if (n < length)
        return 0;
    const unsigned char low = c == 0xE0 ? 0xA0 : c == 0xF0 ? 0x90 : 0x80;
    const unsigned char high = c == 0xED ? 0x9F : c == 0xF4 ? 0x8F : 0xBF;
    if (s[1] < low || s[1] > high)
        return 0;
    for (size_t i = 2; i < length; i++)
        if ((s[i] & 0xC0) != 0x80)
            return 0;
    return length;
}

/* The decoded string as it grows. */
typedef struct sink {
    char *out;
    size_t cap, bytes;
} sink;

static void put(sink *s, uint32_t byte)
{
    if (s->bytes < s->cap)
        s->out[s->bytes] = (char)(unsigned char)byte;
    s->bytes++;
}

static void put_utf8(sink *s, uint32_t c)
{
    if (c < 0x80) {
        put(s, c);
        return;
    }
    if (c < 0x800) {
        put(s, 0xC0 | c >> 6);
    } else if (c < 0x10000) {
        put(s, 0xE0 | c >> 12);
        put(s, 0x80 | (c >> 6 & 0x3F));
    } else {
        put(s, 0xF0 | c >> 18);
        put(s, 0x80 | (c >> 12 & 0x3F));
        put(s, 0x80 | (c >> 6 & 0x3F));
    }
    put(s, 0x80 | (c & 0x3F));
}

/* Four hexadecimal digits after "\u". */
static int32_t take_hex(codec_json *j, uint32_t *v)
{
    uint32_t sum = 0;
    for (int i = 0; i < 4; i++) {
        const int c = peek(j);
        uint32_t digit;
        if (c >= '0' && c <= '9')
            digit = (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (uint32_t)(c - 'a') + 10;
        else if (c >= 'A' && c <= 'F')
            digit = (uint32_t)(c - 'A') + 10;
        else
            return codec_json_fail(j, j->at, "a hexadecimal digit is missing");
        sum = sum << 4 | digit;
        j->at++;
    }
    *v = sum;
    return GENMOD_OK;
}

/* What follows "\u" at `start`: one unit, or a pair of surrogates. */
static int32_t take_unicode(codec_json *j, size_t start, sink *s)
{
    uint32_t high = 0, low = 0;
    int32_t status = take_hex(j, &high);
    if (status)
        return status;
    if (high == 0)
        return base_fail(j->w, GENMOD_UNSUPPORTED,
                         "byte %u: a zero character in a string",
                         (uint64_t)start);
    if (high < 0xD800 || high > 0xDFFF) {
        put_utf8(s, high);
        return GENMOD_OK;
    }
    const int paired = high < 0xDC00 && j->end - j->at >= 2 &&
                       j->bytes[j->at] == '\\' && j->bytes[j->at + 1] == 'u';
    if (paired) {
        j->at += 2;
        status = take_hex(j, &low);
        if (status)
            return status;
    }
    if (low < 0xDC00 || low > 0xDFFF)
        return codec_json_fail(j, start, "a surrogate without its other half");
    put_utf8(s, 0x10000 + ((high - 0xD800) << 10 | (low - 0xDC00)));
    return GENMOD_OK;
}

/* At a backslash. */
static int32_t take_escape(codec_json *j, sink *s)
{
    static const char names[] = "\"\\/bfnrt";
    static const char values[] = "\"\\/\b\f\n\r\t";
    const size_t start = j->at++;
    const int c = peek(j);
    if (c == 'u') {
        j->at++;
        return take_unicode(j, start, s);
    }
    for (size_t i = 0; names[i]; i++) {
        if (c == names[i]) {
            j->at++;
            put(s, (unsigned char)values[i]);
            return GENMOD_OK;
        }
    }
    return codec_json_fail(j, start, "an unknown escape");
}

/* At anything but a quote or a backslash. */
static int32_t take_character(codec_json *j, sink *s)
{
    if (peek(j) < 0)
        return codec_json_fail(j, j->at, "a string without its end");
    if (peek(j) < 0x20)
        return codec_json_fail(j, j->at, "a bare control character");
    const size_t length = codec_utf8(j->end - j->at, j->bytes + j->at);
    if (length == 0)
        return codec_json_fail(j, j->at, "not UTF-8");
    for (size_t i = 0; i < length; i++)
        put(s, j->bytes[j->at++]);
    return GENMOD_OK;
}

int32_t codec_json_string(codec_json *j, size_t cap, char *out, size_t *bytes)
{
    sink s = {out, cap, 0};
    int32_t status = codec_json_take(j, '"');
    while (!status && peek(j) != '"')
        status = peek(j) == '\\' ? take_escape(j, &s) : take_character(j, &s);
    if (status)
        return status;
    j->at++;
    put(&s, 0);
    *bytes = s.bytes;
    return GENMOD_OK;
}
