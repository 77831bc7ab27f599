/* Loads any bytes into a model of a trained family. What loads must save to
 * something that loads and saves to the same bytes, and may be used. */
#ifndef FUZZ_LOAD_H
#define FUZZ_LOAD_H

#include "fuzz/seal.h"
#include "model/model.h"

#include <stdlib.h>

static void expect(int holds)
{
    if (!holds)
        abort();
}

static uint8_t *save(const model *m, size_t *n)
{
    expect(model_save(m, 0, 0, NULL, n, NULL) == GENMOD_TOO_SMALL);
    uint8_t *const out = malloc(*n);
    expect(out && model_save(m, 0, *n, out, NULL, NULL) == 0);
    return out;
}

static void check_fixed_point(const model *m, model *other)
{
    size_t n, again;
    uint8_t *const bytes = save(m, &n);
    expect(model_load(other, n, bytes, NULL) == 0);
    uint8_t *const same = save(other, &again);
    expect(again == n && memcmp(bytes, same, n) == 0);
    free(bytes);
    free(same);
}

/* handle: its bytes; use: makes const calls. */
static void load_any(const model_family *f, size_t handle, size_t n,
                     const uint8_t *bytes, void (*use)(const void *m))
{
    model *m = NULL, *other = NULL;
    expect(model_new(f, handle, NULL, &m, NULL) == 0);
    expect(model_new(f, handle, NULL, &other, NULL) == 0);
    if (model_load(m, n, bytes, NULL) == 0) {
        check_fixed_point(m, other);
        use(m);
    } else {
        expect(m->d == 0);
    }
    model_free(m);
    model_free(other);
}

#endif
