#include "model/forge.h"

fixture_bytes forge(fixture_bytes b, void (*act)(forge_parts *p, void *arg),
                    void *arg)
{
    forge_parts *const p = fixture_take(1, sizeof *p);
    fixture_bytes f = {0, NULL};
    const codec_file *file;
    base_call call;
    assert_non_null(base_enter(&call, NULL, NULL));
    assert_ok(codec_open(b.n, b.p, 1, &file, call.w));
    p->n_tensors = codec_tensors(file);
    p->n_texts = codec_texts(file) - 1;
    assert_in_range(p->n_tensors, 1, FORGE_MOST - 1);
    assert_in_range(p->n_texts, 1, FORGE_MOST - 1);
    for (size_t i = 0; i < p->n_tensors; i++)
        p->tensors[i] = *codec_tensor_at(file, i);
    for (size_t i = 0; i < p->n_texts; i++)
        p->texts[i] = *codec_text_at(file, i + 1);
    act(p, arg);
    f.n = b.n + (1 << 12);
    f.p = fixture_take(f.n, 1);
    const int32_t status = codec_write(p->n_texts, p->texts, p->n_tensors,
                                       p->tensors, f.n, f.p, &f.n, call.w);
    assert_ok(base_leave(&call, status));
    free(p);
    return f;
}

void forge_text(forge_parts *p, void *arg)
{
    const forge_edit *const e = arg;
    size_t i = 0;
    while (i < p->n_texts && strcmp(p->texts[i].key, e->key) != 0)
        i++;
    if (!e->value) {
        assert_true(i < p->n_texts);
        p->texts[i] = p->texts[--p->n_texts];
        return;
    }
    p->texts[i] = (codec_text){e->key, e->value};
    p->n_texts += i == p->n_texts;
}

void forge_number(forge_parts *p, void *arg)
{
    forge_poke *const k = arg;
    for (size_t i = 0; i < p->n_tensors; i++) {
        codec_tensor *const t = &p->tensors[i];
        if (strcmp(t->name, k->tensor) != 0)
            continue;
        const size_t size = codec_type_bytes(t->type);
        const size_t n = (size_t)codec_elements(t);
        const float narrow = (float)k->v;
        assert_true(k->at < n);
        k->copy = fixture_take(n, size);
        memcpy(k->copy, t->data, n * size);
        memcpy(k->copy + k->at * size,
               size == 4 ? (const void *)&narrow : (const void *)&k->v, size);
        t->data = k->copy;
        return;
    }
    fail_msg("the file lacks %s", k->tensor);
}

/* The load refuses, names it, and leaves the model. */
static void check_refused(fixture_bytes f, forge_maker make, const char *what,
                          const char *part, int32_t want)
{
    genmod_workspace *const w = fixture_workspace(1, NULL);
    model *const m = make();
    const fixture_bytes before = fixture_checkpoint(m);
    const int32_t status = model_load(m, f.n, f.p, w);
    if (status != (want ? want : GENMOD_BAD_BYTES))
        fail_msg("%s: %s, %s", what, genmod_status_name(status),
                 genmod_workspace_error(w));
    if (!strstr(genmod_workspace_error(w), part))
        fail_msg("%s: \"%s\" does not contain \"%s\"", what,
                 genmod_workspace_error(w), part);
    assert_true(fixture_checkpoints(m, before));
    free(before.p);
    model_free(m);
    genmod_workspace_free(w);
}

void forge_check_texts(fixture_bytes b, forge_maker make, size_t n,
                       const forge_edit *edits)
{
    for (size_t i = 0; i < n; i++) {
        forge_edit e = edits[i];
        const fixture_bytes f = forge(b, forge_text, &e);
        check_refused(f, make, e.key, e.part, e.status);
        free(f.p);
    }
}

void forge_check_numbers(fixture_bytes b, forge_maker make, size_t n,
                         const forge_poke *pokes)
{
    for (size_t i = 0; i < n; i++) {
        forge_poke k = pokes[i];
        const fixture_bytes f = forge(b, forge_number, &k);
        check_refused(f, make, k.tensor, k.part, 0);
        free(f.p);
        free(k.copy);
    }
}

static void drop_tensor(forge_parts *p, void *arg)
{
    const size_t i = *(const size_t *)arg;
    p->n_tensors--;
    for (size_t k = i; k < p->n_tensors; k++)
        p->tensors[k] = p->tensors[k + 1];
}

static void rename_tensor(forge_parts *p, void *arg)
{
    p->tensors[*(const size_t *)arg].name = "another";
}

static void flatten_tensor(forge_parts *p, void *arg)
{
    codec_tensor *const t = &p->tensors[*(const size_t *)arg];
    t->shape[t->rank++] = 1;
}

static void count_tensors(forge_parts *p, void *arg)
{
    *(size_t *)arg = p->n_tensors;
}

size_t forge_check_tensors(fixture_bytes b, model *empty)
{
    static void (*const acts[])(forge_parts * p, void *arg) = {
        drop_tensor, rename_tensor, flatten_tensor};
    size_t n = 0;
    free(forge(b, count_tensors, &n).p);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < 3; k++) {
            const fixture_bytes f = forge(b, acts[k], &i);
            assert_status(model_load(empty, f.n, f.p, NULL), GENMOD_BAD_BYTES,
                          NULL);
            assert_int_equal(empty->d, 0);
            free(f.p);
        }
    return n;
}

void forge_open(forge_scene *s, const model_family *f, size_t bytes)
{
    s->context = host_context(&s->host);
    assert_ok(genmod_workspace_new(s->context, &s->w));
    assert_ok(model_new(f, bytes, NULL, &s->m, s->w));
}

void forge_close(forge_scene *s)
{
    model_free(s->m);
    genmod_workspace_free(s->w);
    genmod_context_free(s->context);
    assert_int_equal(atomic_load(&s->host.blocks), 0);
}

/* The programs of a small network, and the graphs that they come from, are the
 * constant: 2^18 bytes each. */
int32_t forge_load(forge_scene *s, size_t n, const void *bytes)
{
    void *const exact = fixture_take(n, 1);
    memcpy(exact, bytes, n);
    const size_t before = atomic_load(&s->host.bytes);
    atomic_store(&s->host.peak, before);
    const int32_t status = model_load(s->m, n, exact, s->w);
    const size_t taken = atomic_load(&s->host.peak) - before;
    if (taken > 8 * n + (s->m->family->programs << 18))
        fail_msg("loading %zu bytes took %zu", n, taken);
    free(exact);
    return status;
}

void forge_check_memory(fixture_bytes b, const model_family *f, size_t bytes,
                        size_t n, const forge_edit *edits)
{
    forge_scene s;
    forge_open(&s, f, bytes);
    for (size_t i = 0; i < n; i++) {
        forge_edit e = edits[i];
        const fixture_bytes forged = forge(b, forge_text, &e);
        const int32_t status = forge_load(&s, forged.n, forged.p);
        if (e.part && status != GENMOD_BAD_BYTES)
            fail_msg("%s \"%s\": %s", e.key, e.value,
                     genmod_status_name(status));
        free(forged.p);
    }
    forge_close(&s);
}

void forge_check_prefixes(fixture_bytes b, const model_family *f, size_t bytes)
{
    forge_scene s;
    forge_open(&s, f, bytes);
    for (size_t n = 0; n < b.n; n += n < 6000 ? 1 : 7)
        assert_status(forge_load(&s, n, b.p), GENMOD_BAD_BYTES, s.w);
    assert_int_equal(s.m->d, 0);
    assert_ok(forge_load(&s, b.n, b.p));
    forge_close(&s);
}

void forge_check_bits(fixture_bytes b, const model_family *f, size_t bytes)
{
    unsigned char *const p = b.p;
    forge_scene s;
    forge_open(&s, f, bytes);
    for (size_t i = 0; i < 8 * b.n; i++) {
        p[i / 8] ^= (unsigned char)(1u << i % 8);
        assert_true(forge_load(&s, b.n, b.p) < 0);
        p[i / 8] ^= (unsigned char)(1u << i % 8);
    }
    assert_int_equal(s.m->d, 0);
    assert_ok(forge_load(&s, b.n, b.p));
    forge_close(&s);
}
