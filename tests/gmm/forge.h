/* Files of mixtures and of sums with one thing changed, and a checksum that
 * holds. */
#ifndef TESTS_GMM_FORGE_H
#define TESTS_GMM_FORGE_H

#include "codec/codec.h"
#include "gmm/fixture.h"

#define FORGE_MOST 64

typedef struct forgery {
    const char *key, *value; /* of a text, there or not; value NULL: it is
                                called "another" */
    const char *tensor;      /* of doubles, if key is NULL */
    size_t at;               /* SIZE_MAX: it is called "another" */
    double v;
    const char *says;
    int32_t status; /* 0: GENMOD_BAD_BYTES */
} forgery;

static inline size_t forge_text(const forgery *f, size_t n, codec_text *texts)
{
    size_t i = 0;
    while (i < n && strcmp(texts[i].key, f->key) != 0)
        i++;
    texts[i] = f->value ? (codec_text){f->key, f->value}
                        : (codec_text){"another", texts[i].value};
    return n + (i == n);
}

/* The values that were changed, to be freed. */
static inline double *forge_number(const forgery *f, size_t n,
                                   codec_tensor *tensors)
{
    size_t i = 0;
    while (i < n && strcmp(tensors[i].name, f->tensor) != 0)
        i++;
    assert_true(i < n);
    if (f->at == SIZE_MAX) {
        tensors[i].name = "another";
        return NULL;
    }
    const size_t values = (size_t)codec_elements(&tensors[i]);
    double *const copy = fixture_take(values, sizeof *copy);
    assert_true(f->at < values);
    memcpy(copy, tensors[i].data, values * sizeof *copy);
    copy[f->at] = f->v;
    tensors[i].data = copy;
    return copy;
}

static inline fixture_bytes forged(fixture_bytes b, const forgery *f)
{
    codec_text texts[FORGE_MOST];
    codec_tensor tensors[FORGE_MOST];
    fixture_bytes out = {b.n + 1024, fixture_take(b.n + 1024, 1)};
    double *copy = NULL;
    const codec_file *file;
    base_call call;
    assert_non_null(base_enter(&call, NULL, NULL));
    assert_ok(codec_open(b.n, b.p, 1, &file, call.w));
    const size_t n = codec_tensors(file);
    size_t n_texts = codec_texts(file) - 1; /* but for the checksum */
    assert_true(n < FORGE_MOST && n_texts < FORGE_MOST);
    for (size_t i = 0; i < n; i++)
        tensors[i] = *codec_tensor_at(file, i);
    for (size_t i = 0; i < n_texts; i++)
        texts[i] = *codec_text_at(file, i + 1);
    if (f->key)
        n_texts = forge_text(f, n_texts, texts);
    else
        copy = forge_number(f, n, tensors);
    const int32_t status =
        codec_write(n_texts, texts, n, tensors, out.n, out.p, &out.n, call.w);
    assert_ok(base_leave(&call, status));
    free(copy);
    return out;
}

#endif
