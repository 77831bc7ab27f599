/* Files for the tests of room `codec`, and one call of codec_open() as a public
 * function would frame it. */
#ifndef TESTS_CODEC_FILE_H
#define TESTS_CODEC_FILE_H

#include "codec/codec.h"
#include "support/test.h"

#include <string.h>

typedef struct file {
    unsigned char bytes[8192];
    size_t n;
} file;

/* A header's length, the header, and `data` bytes that differ from each other.
 * The byte behind a '^' in the header is where a fault is expected: the mark is
 * taken out and *fault, which is not touched without one, is its position. */
static inline void file_make(file *f, const char *header, size_t data,
                             uint64_t *fault)
{
    uint64_t length = 0;
    for (const char *c = header; *c; c++) {
        if (*c == '^')
            *fault = 8 + length;
        else
            f->bytes[8 + length++] = (unsigned char)*c;
    }
    for (size_t i = 0; i < 8; i++)
        f->bytes[i] = (unsigned char)(length >> 8 * i);
    for (size_t i = 0; i < data; i++)
        f->bytes[8 + length + i] = (unsigned char)(37 * i + 11);
    f->n = 8 + (size_t)length + data;
}

/* Opens exactly n bytes on the heap, so that reading past them is seen. The
 * file lives until file_close(). */
typedef struct opened {
    genmod_workspace *w;
    base_call call;
    void *bytes;
    const codec_file *file;
    int32_t status;
} opened;

static inline void file_open(opened *o, size_t n, const void *bytes,
                             int32_t need_checksum)
{
    int32_t status;
    assert_int_equal(genmod_workspace_new(NULL, &o->w), 0);
    o->bytes = malloc(n ? n : 1);
    assert_non_null(o->bytes);
    memcpy(o->bytes, bytes, n);
    o->file = NULL;
    assert_non_null(base_enter(&o->call, o->w, &status));
    o->status = codec_open(n, o->bytes, need_checksum, &o->file, o->w);
}

static inline void file_close(opened *o)
{
    assert_int_equal(base_leave(&o->call, o->status), o->status);
    genmod_workspace_free(o->w);
    free(o->bytes);
}

/* "byte <position>: <text>". */
static inline void file_expect(opened *o, int32_t status, uint64_t position,
                               const char *text)
{
    char want[256] = "byte ";
    size_t n = 5;
    n += base_format_i64((int64_t)position, want + n);
    memcpy(want + n, ": ", 3);
    strncat(want, text, sizeof want - n - 3);
    assert_string_equal(genmod_workspace_error(o->w), want);
    assert_int_equal(o->status, status);
    assert_null(o->file);
}

#endif
