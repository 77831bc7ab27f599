#include "codec/internal.h"

#include <assert.h>
#include <string.h>

/* Tensors are copied as they lie in memory. */
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "safetensors is little-endian");

/* Where the text goes; it is only counted where out is NULL. */
typedef struct sink {
    unsigned char *out;
    size_t at;
} sink;

static void put(sink *s, size_t n, const void *bytes)
{
    if (s->out && n)
        memcpy(s->out + s->at, bytes, n);
    s->at += n;
}

static void put_text(sink *s, const char *text)
{
    put(s, strlen(text), text);
}

static void put_u64(sink *s, uint64_t v)
{
    char digits[20];
    size_t n = 0;
    do {
        n++;
        digits[sizeof digits - n] = (char)('0' + v % 10);
        v /= 10;
    } while (v);
    put(s, n, digits + sizeof digits - n);
}

/* A character that JSON does not take as it is. */
static void put_escape(sink *s, unsigned char c)
{
    static const char names[] = "\"\\bfnrt";
    static const char values[] = "\"\\\b\f\n\r\t";
    unsigned char digits[CODEC_DIGITS];
    put_text(s, "\\");
    for (size_t i = 0; names[i]; i++) {
        if (values[i] == (char)c) {
            put(s, 1, names + i);
            return;
        }
    }
    codec_digits(c, digits);
    put_text(s, "u");
    put(s, 4, digits + CODEC_DIGITS - 4);
}

static void put_string(sink *s, const char *text)
{
    put_text(s, "\"");
    for (; *text; text++) {
        const unsigned char c = (unsigned char)*text;
        if (c < 0x20 || c == '"' || c == '\\')
            put_escape(s, c);
        else
            put(s, 1, text);
    }
    put_text(s, "\"");
}

static void put_metadata(sink *s, size_t n, const codec_text *meta,
                         size_t *hole)
{
    put_text(s, "{\"" CODEC_METADATA "\":{\"" CODEC_CHECKSUM "\":\"");
    *hole = s->at;
    put_text(s, "0000000000000000\"");
    for (size_t i = 0; i < n; i++) {
        put_text(s, ",");
        put_string(s, meta[i].key);
        put_text(s, ":");
        put_string(s, meta[i].value);
    }
    put_text(s, "}");
}

static void put_tensor(sink *s, const codec_tensor *t, uint64_t begin,
                       uint64_t end)
{
    put_text(s, ",");
    put_string(s, t->name);
    put_text(s, ":{\"dtype\":\"");
    put_text(s, codec_type_name(t->type));
    put_text(s, "\",\"shape\":[");
    for (int32_t i = 0; i < t->rank; i++) {
        if (i > 0)
            put_text(s, ",");
        put_u64(s, t->shape[i]);
    }
    put_text(s, "],\"data_offsets\":[");
    put_u64(s, begin);
    put_text(s, ",");
    put_u64(s, end);
    put_text(s, "]}");
}

static size_t tensor_bytes(const codec_tensor *t)
{
    return (size_t)codec_elements(t) * codec_type_bytes(t->type);
}

/* The header from its first brace, padded so that the data starts at a multiple
 * of 8 in the file. */
static void put_header(sink *s, size_t n_meta, const codec_text *meta,
                       size_t n_tensors, const codec_tensor *tensors,
                       size_t *hole)
{
    uint64_t begin = 0;
    put_metadata(s, n_meta, meta, hole);
    for (size_t i = 0; i < n_tensors; i++) {
        const uint64_t end = begin + tensor_bytes(&tensors[i]);
        assert(begin % codec_type_bytes(tensors[i].type) == 0);
        put_tensor(s, &tensors[i], begin, end);
        begin = end;
    }
    put_text(s, "}");
    while (s->at % 8 != 0)
        put_text(s, " ");
}

static int32_t check_text(const char *key, const char *text,
                          genmod_workspace *w)
{
    const unsigned char *const s = (const unsigned char *)text;
    const size_t n = strlen(text);
    for (size_t at = 0; at < n;) {
        const size_t length = codec_utf8(n - at, s + at);
        if (length == 0)
            return base_fail(w, GENMOD_BAD_ARGUMENT,
                             "%s: byte %u of its text is not UTF-8", key,
                             (uint64_t)at);
        at += length;
    }
    return GENMOD_OK;
}

static int32_t check(size_t n_meta, const codec_text *meta, genmod_workspace *w)
{
    for (size_t i = 0; i < n_meta; i++) {
        assert(strcmp(meta[i].key, CODEC_CHECKSUM) != 0);
        int32_t status = check_text("metadata", meta[i].key, w);
        if (!status)
            status = check_text(meta[i].key, meta[i].value, w);
        if (status)
            return status;
    }
    return GENMOD_OK;
}

int32_t codec_write(size_t n_meta, const codec_text *meta, size_t n_tensors,
                    const codec_tensor *tensors, size_t cap, void *out,
                    size_t *need, genmod_workspace *w)
{
    const int32_t status = check(n_meta, meta, w);
    if (status)
        return status;
    size_t hole, bytes;
    sink s = {NULL, 0};
    put_header(&s, n_meta, meta, n_tensors, tensors, &hole);
    const uint64_t length = s.at;
    if (length > CODEC_MAX_HEADER)
        return base_fail(w, GENMOD_UNSUPPORTED,
                         "a header of %u bytes; the format has room for %u",
                         length, (uint64_t)CODEC_MAX_HEADER);
    bytes = 8 + s.at;
    for (size_t i = 0; i < n_tensors; i++)
        bytes += tensor_bytes(&tensors[i]);
    if (need)
        *need = bytes;
    if (cap < bytes)
        return base_fail(w, GENMOD_TOO_SMALL,
                         "cap is %u; the file takes %u bytes", (uint64_t)cap,
                         (uint64_t)bytes);
    memcpy(out, &length, 8);
    s = (sink){(unsigned char *)out + 8, 0};
    put_header(&s, n_meta, meta, n_tensors, tensors, &hole);
    for (size_t i = 0; i < n_tensors; i++)
        put(&s, tensor_bytes(&tensors[i]), tensors[i].data);
    codec_digits(codec_checksum(bytes, out, 8 + hole), s.out + hole);
    return GENMOD_OK;
}
