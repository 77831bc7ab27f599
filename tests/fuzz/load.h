/* Loads any bytes into a model of a trained family. What loads must save to
 * something that loads and saves to the same bytes, and may be used. */
#ifndef FUZZ_LOAD_H
#define FUZZ_LOAD_H

#include "fuzz/fuzz.h"
#include "model/model.h"

static uint8_t *save(const model *m, int checkpoint, size_t *n)
{
    genmod_workspace *const w = workspace();
    const int32_t status = model_save(m, checkpoint, 0, NULL, n, w);
    expect(status == GENMOD_TOO_SMALL);
    uint8_t *const out = malloc(*n);
    expect(out && model_save(m, checkpoint, *n, out, NULL, w) == 0);
    return out;
}

static void check_fixed_point(const model *m, model *other)
{
    const int checkpoint = m->trainer != NULL;
    size_t n, again;
    uint8_t *const bytes = save(m, checkpoint, &n);
    expect(model_load(other, n, bytes, workspace()) == 0);
    uint8_t *const same = save(other, checkpoint, &again);
    expect(again == n && memcmp(bytes, same, n) == 0);
    free(bytes);
    free(same);
}

/* handle: its bytes; use: makes const calls. A failed load leaves a model as it
 * was, so that one serves until something loads. */
static void load_any(const model_family *f, size_t handle, size_t n,
                     const uint8_t *bytes,
                     void (*use)(const void *m, genmod_workspace *w))
{
    static model *m, *other;
    genmod_workspace *const w = workspace();
    if (!m)
        expect(model_new(f, handle, NULL, &m, w) == 0 &&
               model_new(f, handle, NULL, &other, w) == 0);
    if (model_load(m, n, bytes, w) == 0) {
        check_fixed_point(m, other);
        use(m, w);
        model_free(m);
        model_free(other);
        m = other = NULL;
    } else {
        expect(m->d == 0 && *genmod_workspace_error(w));
    }
}

#endif
