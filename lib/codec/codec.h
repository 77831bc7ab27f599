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

/* ---- record.c: what the files of all families have ---------------------- */

/* A family's options and report, and how its files speak of it. A file has the
 * texts genmod.family, .format, .version, option.<key> and report.<key>, and
 * the tensors report.<key> of the series. */
typedef struct codec_record {
    const char *family; /* "gmm" */
    const char *noun;   /* "a mixture" */
    int64_t format; /* raised by a change that an older reader takes wrongly */
    const base_option *options;
    const base_entry *entries;
    /* 1 for an entry that counts: NaN or a whole number from 0. */
    int (*counts)(const base_entry *e);
} codec_record;

/* A file being put together, in scratch. */
typedef struct codec_draft {
    codec_text *texts;
    codec_tensor *tensors;
    size_t n_texts, n_tensors;
    genmod_workspace *w;
} codec_draft;

/* Room for a record and as many texts and tensors besides, and its texts. */
int32_t codec_draft_new(const codec_record *r, size_t texts, size_t tensors,
                        const genmod_config *c, const genmod_report *report,
                        codec_draft *out, genmod_workspace *w);
/* The values are borrowed until the file is written; a number's digits are
 * not. */
void codec_draft_text(codec_draft *f, const char *key, const char *value);
int32_t codec_draft_number(codec_draft *f, const char *key, double v);
void codec_draft_tensor(codec_draft *f, const char *name, int32_t type,
                        int32_t rank, const uint64_t *shape, const void *data);
int32_t codec_draft_series(codec_draft *f, const codec_record *r,
                           const genmod_report *report);
int32_t codec_draft_write(const codec_draft *f, size_t cap, void *out,
                          size_t *need);
/* prefix and key as one name, in scratch; NULL for want of memory. */
char *codec_join(const char *prefix, const char *key, genmod_workspace *w);

/* Each of what follows gives GENMOD_BAD_BYTES with text for what is not exactly
 * as it is written (check_kind GENMOD_UNSUPPORTED for a newer format). */
int32_t codec_check_kind(const codec_file *f, const codec_record *r,
                         genmod_workspace *w);
/* With each key looked up elsewhere, the right number of them means that there
 * are no others. */
int32_t codec_check_counts(const codec_file *f, const codec_record *r,
                           size_t texts, size_t tensors, genmod_workspace *w);
int32_t codec_read_options(const codec_file *f, const codec_record *r,
                           genmod_config **out, genmod_workspace *w);
int32_t codec_read_report(const codec_file *f, const codec_record *r,
                          genmod_report **out, genmod_workspace *w);
int32_t codec_read_text(const codec_file *f, const char *key, const char **out,
                        genmod_workspace *w);
int32_t codec_read_number(const codec_file *f, const char *key, double *out,
                          genmod_workspace *w);
/* A tensor of that type and shape; NULL with text. */
const codec_tensor *codec_read_tensor(const codec_file *f, const char *name,
                                      int32_t type, int32_t rank,
                                      const uint64_t *shape,
                                      genmod_workspace *w);

/* ---- onnx.c: ONNX graphs, written only ----------------------------------- */

/* Opset 13 and the file format of that time (IR 7), which ONNX 1.8 and whatever
 * came after it read: onnx.proto and Operators.md of
 * https://github.com/onnx/onnx. */

#define CODEC_BOOL 6     /* of values in between */
#define CODEC_BATCH (-1) /* a size that is free, and called "batch" */
#define CODEC_OPERANDS 8 /* most of a node */

/* An attribute of a node: `ints` where n is not 0, else the text, else the
 * float where `real` is 1, else the int. */
typedef struct codec_attribute {
    const char *name;
    size_t n;
    const int64_t *ints;
    const char *text;
    int32_t real;
    float f;
    int64_t i;
} codec_attribute;

typedef struct codec_piece codec_piece;
typedef struct codec_list {
    codec_piece *first, *last;
} codec_list;

/* A graph being put together, in scratch. Nothing has to be checked step by
 * step: after a failure names are "", and writing says what failed. */
typedef struct codec_graph {
    genmod_workspace *w;
    int32_t status;
    int64_t names; /* that were given to values */
    codec_list nodes, tensors, inputs, outputs;
} codec_graph;

/* type: GENMOD_F32, GENMOD_F64, CODEC_I64. */
void codec_graph_input(codec_graph *g, const char *name, int32_t type,
                       int32_t rank, const int64_t *shape);
void codec_graph_output(codec_graph *g, const char *name, int32_t type,
                        int32_t rank, const int64_t *shape);
/* The name is copied, the data are borrowed until the file is written. */
void codec_graph_tensor(codec_graph *g, const char *name, int32_t type,
                        int32_t rank, const int64_t *shape, const void *data);
/* A new name, in scratch: `stem`, if that is not "", and a number. */
const char *codec_graph_name(codec_graph *g, const char *stem);
/* Appends a node of an operator; its operands stand before it. Its value is
 * called `out`, or, for NULL, by a new name, which is returned. */
const char *codec_graph_node(codec_graph *g, const char *op, size_t n,
                             const char *const *in, size_t n_attributes,
                             const codec_attribute *attributes,
                             const char *out);
int32_t codec_onnx_type(int32_t type); /* the number of a type, for Cast */
/* The file, called `name`, with texts beside the graph. Two-call, as
 * codec_write(). GENMOD_UNSUPPORTED above 2^31 - 1 bytes, which protobuf has
 * no room for. */
int32_t codec_graph_write(const codec_graph *g, const char *name,
                          size_t n_texts, const codec_text *texts, size_t cap,
                          void *out, size_t *need);

#endif
