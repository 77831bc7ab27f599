/* Protocol buffers, as far as ONNX needs them: a field is a number and a wire
 * type, then a varint, four bytes, or a length and bytes. */
#include <string.h>

#include "codec/internal.h"

#define VARINT 0
#define LENGTH 2
#define FIXED32 5

void codec_put_raw(codec_sink *s, size_t n, const void *bytes)
{
    if (s->out && n)
        memcpy(s->out + s->at, bytes, n);
    s->at += n;
}

/* Seven bits a byte, the lowest first; the high bit says that more follow. */
static void put_varint(codec_sink *s, uint64_t v)
{
    do {
        const unsigned char byte =
            (unsigned char)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));

        codec_put_raw(s, 1, &byte);
        v >>= 7;
    } while (v);
}

static void put_tag(codec_sink *s, uint32_t field, uint32_t wire)
{
    put_varint(s, (uint64_t)field << 3 | wire);
}

void codec_put_int(codec_sink *s, uint32_t field, int64_t v)
{
    put_tag(s, field, VARINT);
    put_varint(s, (uint64_t)v);
}

void codec_put_float(codec_sink *s, uint32_t field, float v)
{
    put_tag(s, field, FIXED32);
    codec_put_raw(s, sizeof v, &v);
}

void codec_put_head(codec_sink *s, uint32_t field, size_t n)
{
    put_tag(s, field, LENGTH);
    put_varint(s, n);
}

void codec_put_bytes(codec_sink *s, uint32_t field, size_t n, const void *v)
{
    codec_put_head(s, field, n);
    codec_put_raw(s, n, v);
}

void codec_put_text(codec_sink *s, uint32_t field, const char *v)
{
    codec_put_bytes(s, field, strlen(v), v);
}

void codec_put_message(codec_sink *s, uint32_t field, codec_body *body,
                       const void *arg)
{
    codec_sink size = {NULL, 0};

    body(&size, arg);
    codec_put_head(s, field, size.at);
    if (s->out)
        body(s, arg);
    else
        s->at += size.at;
}
