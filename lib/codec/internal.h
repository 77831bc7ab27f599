/* What the files of room `codec` share. */
#ifndef CODEC_INTERNAL_H
#define CODEC_INTERNAL_H

#include "codec/codec.h"

#define CODEC_MAX_HEADER 100000000 /* the format's own bound */
#define CODEC_METADATA "__metadata__"
#define CODEC_CHECKSUM "genmod.checksum"
#define CODEC_DIGITS 16 /* hexadecimal ones of a checksum */

/* ---- types.c ---------------------------------------------------------- */

/* The letters of a type in the header, "F64"; NULL for a type that is none. */
const char *codec_type_name(int32_t type);
/* GENMOD_UNSUPPORTED for a type that the format has and the library has not,
 * GENMOD_BAD_BYTES for letters that are none. No text. */
int32_t codec_type_of(const char *name, int32_t *type);

/* ---- checksum.c ------------------------------------------------------- */

/* The checksum of a file whose digits stand at byte `hole`; they count as
 * sixteen '0'. */
uint64_t codec_checksum(size_t n, const unsigned char *bytes, size_t hole);
/* Sixteen lower-case digits, no zero byte. */
void codec_digits(uint64_t v, unsigned char *out);

/* ---- index.c ---------------------------------------------------------- */

struct codec_file {
    const codec_tensor *tensors; /* in the order of the header */
    const codec_text *texts;
    uint32_t *tensor_order; /* their numbers, ascending by name */
    uint32_t *text_order;
    size_t n_tensors, n_texts;
};

/* Sort the numbers. Heap sort: in place, and n log n on any bytes. */
void codec_order_names(const codec_file *f);
void codec_order_keys(const codec_file *f);
/* By the place of the data; empty tensors before others at the same place. */
void codec_order_data(const codec_file *f);
/* The number of a name or key that another one with a smaller number has too,
 * or SIZE_MAX. After codec_order_…(). */
size_t codec_twin_name(const codec_file *f);
size_t codec_twin_key(const codec_file *f);

/* ---- json.c ----------------------------------------------------------- */

/* The place in a text that is read once, from front to back. */
typedef struct codec_json {
    const unsigned char *bytes; /* of the whole file: positions are absolute */
    size_t at, end;
    genmod_workspace *w;
} codec_json;

/* GENMOD_BAD_BYTES with a text that starts with the position. */
int32_t codec_json_fail(const codec_json *j, size_t at, const char *what);
void codec_json_space(codec_json *j);
/* Skips white space, then takes this byte. */
int32_t codec_json_take(codec_json *j, char c);
/* Skips white space, then takes ',' (*more = 1) or `close` (*more = 0). */
int32_t codec_json_more(codec_json *j, char close, int *more);
/* Skips white space, then takes a string. Its decoded bytes and a zero byte go
 * to out as far as cap allows; *bytes counts them all, the zero byte too. A
 * string that holds a zero character is GENMOD_UNSUPPORTED. */
int32_t codec_json_string(codec_json *j, size_t cap, char *out, size_t *bytes);
/* Skips white space, then takes a whole number: digits, no sign, no leading
 * zero, below 2^64. */
int32_t codec_json_u64(codec_json *j, uint64_t *v);
/* The bytes (1 to 4) of the UTF-8 character at s, which has n > 0 bytes; 0 for
 * what is none: overlong, a surrogate, above U+10FFFF, cut off. */
size_t codec_utf8(size_t n, const unsigned char *s);

/* ---- protobuf.c ------------------------------------------------------- */

/* Where a message goes; it is only counted where out is NULL.
 * https://protobuf.dev/programming-guides/encoding */
typedef struct codec_sink {
    unsigned char *out;
    size_t at;
} codec_sink;

/* Fields of a message, by number. */
void codec_put_int(codec_sink *s, uint32_t field, int64_t v);
void codec_put_float(codec_sink *s, uint32_t field, float v);
void codec_put_bytes(codec_sink *s, uint32_t field, size_t n, const void *v);
void codec_put_text(codec_sink *s, uint32_t field, const char *v);
/* What comes before the n bytes of a field. */
void codec_put_head(codec_sink *s, uint32_t field, size_t n);
/* A message inside: `body` writes its fields, twice, first to be counted. */
typedef void codec_body(codec_sink *s, const void *arg);
void codec_put_message(codec_sink *s, uint32_t field, codec_body *body,
                       const void *arg);
void codec_put_raw(codec_sink *s, size_t n, const void *bytes);

#endif
