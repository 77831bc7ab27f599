/* The door of room `codec`: bytes in the caller's memory. safetensors
 * (https://huggingface.co/docs/safetensors): u64 little-endian header length, a
 * JSON header, the tensors' bytes.
 *
 * A file of ours has `__metadata__` entries (text to text; numbers as
 * base_format_f64) and a checksum over everything else in the first of them,
 * "genmod.checksum": CRC-64/XZ of the whole file, as 16 lower-case hexadecimal
 * digits, which count as sixteen '0' themselves.
 */
#ifndef CODEC_CODEC_H
#define CODEC_CODEC_H

#include "base/base.h"

#define CODEC_MAX_RANK 8

/* A tensor, borrowed: dense, row-major, little-endian. */
typedef struct codec_tensor {
    const char *name; /* letters, digits, '.', '_', '/' */
    int32_t type;     /* GENMOD_F32, F64, U8; CODEC_I32, CODEC_I64 */
    int32_t rank;     /* 0 … CODEC_MAX_RANK */
    uint64_t shape[CODEC_MAX_RANK];
    const void *data; /* after reading: unaligned, inside the file */
} codec_tensor;

#define CODEC_I32 4
#define CODEC_I64 5

typedef struct codec_text {
    const char *key, *value; /* UTF-8; escaped as JSON wants */
} codec_text;

/* Writes a file with the given metadata and tensors, in the given order, and
 * the checksum. Two-call: GENMOD_TOO_SMALL with *need (may be NULL). Every byte
 * of the file is determined by the arguments. GENMOD_BAD_ARGUMENT for text that
 * is not UTF-8, GENMOD_UNSUPPORTED for a header above the format's 100,000,000
 * bytes.
 *
 * The data starts at a multiple of 8, and there is no room between tensors: the
 * caller gives those of 8-byte elements first, then those of 4, then those of 1
 * (asserted), and each name and key once, the checksum's not at all. */
int32_t codec_write(size_t n_meta, const codec_text *meta, size_t n_tensors,
                    const codec_tensor *tensors, size_t cap, void *out,
                    size_t *need, genmod_workspace *w);

/* An opened file: an index over the caller's bytes. */
typedef struct codec_file codec_file;

/* Checks everything: header length, JSON, types, shapes, offsets that cover the
 * buffer without holes, no duplicate keys, nesting, the checksum (if the file
 * names one; `need_checksum` 1 refuses a file without). GENMOD_BAD_BYTES with
 * the byte's position in the text; GENMOD_UNSUPPORTED for what the format has
 * and this reader has not: other element types, more than CODEC_MAX_RANK sizes,
 * a zero character in a string. Tensors may stand in any order in the header;
 * elsewhere it is stricter than the format: exactly three members a tensor, no
 * metadata but text, only spaces behind the header. The product of the sizes
 * that are not 0, times the element's bytes, is below 2^64. Allocates from the
 * scratch of w, at most 4 n + 32 KiB; the file is gone with base_leave().
 * O(n log n). */
int32_t codec_open(size_t n, const void *bytes, int32_t need_checksum,
                   const codec_file **out, genmod_workspace *w);
size_t codec_tensors(const codec_file *f);
const codec_tensor *codec_tensor_at(const codec_file *f, size_t i);
const codec_tensor *codec_find(const codec_file *f, const char *name);
size_t codec_texts(const codec_file *f);
const codec_text *codec_text_at(const codec_file *f, size_t i);
const char *codec_get(const codec_file *f, const char *key); /* or NULL */
uint64_t codec_elements(const codec_tensor *t);
size_t codec_type_bytes(int32_t type);
/* Copies n elements of an F32 or F64 tensor as doubles. */
void codec_copy_f64(const codec_tensor *t, double *out);

#endif
