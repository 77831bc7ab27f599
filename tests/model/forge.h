/* Files of models, forged: taken apart, changed, and put together with a
 * checksum that holds; and loads that are watched. */
#ifndef TESTS_MODEL_FORGE_H
#define TESTS_MODEL_FORGE_H

#include "codec/codec.h"
#include "model/fixture.h"

#define FORGE_MOST 96

/* A file taken apart. */
typedef struct forge_parts {
    codec_text texts[FORGE_MOST];
    codec_tensor tensors[FORGE_MOST];
    size_t n_texts, n_tensors;
} forge_parts;

/* The same file, changed; the caller's to free. */
fixture_bytes forge(fixture_bytes b, void (*act)(forge_parts *p, void *arg),
                    void *arg);

typedef struct forge_edit {
    const char *key, *value; /* of a text; value NULL takes it away */
    const char *part;        /* of the error */
    int32_t status;          /* 0: GENMOD_BAD_BYTES */
} forge_edit;

void forge_text(forge_parts *p, void *edit);

typedef struct forge_poke {
    const char *tensor;
    size_t at;
    double v;
    const char *part;
    unsigned char *copy; /* of the tensor's data */
} forge_poke;

void forge_number(forge_parts *p, void *poke);

/* A model, as it was made, refuses the changed file and names the change. */
typedef model *(*forge_maker)(void);
void forge_check_texts(fixture_bytes b, forge_maker make, size_t n,
                       const forge_edit *edits);
void forge_check_numbers(fixture_bytes b, forge_maker make, size_t n,
                         const forge_poke *pokes);
/* `empty`, a model without weights, refuses the file without one of its
 * tensors, or with one under another name or in another shape. Returns their
 * number. */
size_t forge_check_tensors(fixture_bytes b, model *empty);

/* ---- loads that are watched ---------------------------------------------- */

/* A model of a host that counts; what a load may take. */
typedef struct forge_scene {
    host host;
    genmod_context *context;
    genmod_workspace *w;
    model *m;
} forge_scene;

void forge_open(forge_scene *s, const model_family *f, size_t bytes);
void forge_close(forge_scene *s);
/* Loads exactly n bytes of the heap, so that reading past them is seen, and
 * fails the test if that takes more than they account for. */
int32_t forge_load(forge_scene *s, size_t n, const void *bytes);
/* Networks as large as their text is short: memory goes by the bytes. A file
 * whose edit has a `part` is also refused. */
void forge_check_memory(fixture_bytes b, const model_family *f, size_t bytes,
                        size_t n, const forge_edit *edits);
void forge_check_prefixes(fixture_bytes b, const model_family *f, size_t bytes);
void forge_check_bits(fixture_bytes b, const model_family *f, size_t bytes);

#endif
