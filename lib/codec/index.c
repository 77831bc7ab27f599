/* What an opened file is asked for. */
#include "codec/internal.h"

#include <string.h>

/* Below, equal or above 0 as item a comes before, with or after item b. */
typedef int (*compare)(const codec_file *f, uint32_t a, uint32_t b);

static int by_name(const codec_file *f, uint32_t a, uint32_t b)
{
    return strcmp(f->tensors[a].name, f->tensors[b].name);
}

static int by_key(const codec_file *f, uint32_t a, uint32_t b)
{
    return strcmp(f->texts[a].key, f->texts[b].key);
}

static int by_data(const codec_file *f, uint32_t a, uint32_t b)
{
    const codec_tensor *const s = &f->tensors[a], *const t = &f->tensors[b];
    const unsigned char *const p = s->data, *const q = t->data;
    if (p != q)
        return p < q ? -1 : 1;
    const int filled = codec_elements(s) > 0, other = codec_elements(t) > 0;
    return filled - other;
}

static void sink(const codec_file *f, uint32_t *at, size_t i, size_t n,
                 compare order)
{
    const uint32_t item = at[i];
    for (size_t child = 2 * i + 1; child < n; child = 2 * i + 1) {
        if (child + 1 < n && order(f, at[child], at[child + 1]) < 0)
            child++;
        if (order(f, item, at[child]) >= 0)
            break;
        at[i] = at[child];
        i = child;
    }
    at[i] = item;
}

static void sort(const codec_file *f, uint32_t *at, size_t n, compare order)
{
    for (size_t i = 0; i < n; i++)
        at[i] = (uint32_t)i;
    for (size_t i = n / 2; i-- > 0;)
        sink(f, at, i, n, order);
    for (size_t i = n; i-- > 1;) {
        const uint32_t last = at[i];
        at[i] = at[0];
        at[0] = last;
        sink(f, at, 0, i, order);
    }
}

static size_t twin(const codec_file *f, const uint32_t *at, size_t n,
                   compare order)
{
    for (size_t i = 1; i < n; i++)
        if (order(f, at[i - 1], at[i]) == 0)
            return at[i - 1] > at[i] ? at[i - 1] : at[i];
    return SIZE_MAX;
}

void codec_order_names(const codec_file *f)
{
    sort(f, f->tensor_order, f->n_tensors, by_name);
}

void codec_order_keys(const codec_file *f)
{
    sort(f, f->text_order, f->n_texts, by_key);
}

void codec_order_data(const codec_file *f)
{
    sort(f, f->tensor_order, f->n_tensors, by_data);
}

size_t codec_twin_name(const codec_file *f)
{
    return twin(f, f->tensor_order, f->n_tensors, by_name);
}

size_t codec_twin_key(const codec_file *f)
{
    return twin(f, f->text_order, f->n_texts, by_key);
}

size_t codec_tensors(const codec_file *f)
{
    return f->n_tensors;
}

const codec_tensor *codec_tensor_at(const codec_file *f, size_t i)
{
    return &f->tensors[i];
}

size_t codec_texts(const codec_file *f)
{
    return f->n_texts;
}

const codec_text *codec_text_at(const codec_file *f, size_t i)
{
    return &f->texts[i];
}

const codec_tensor *codec_find(const codec_file *f, const char *name)
{
    for (size_t low = 0, high = f->n_tensors; low < high;) {
        const size_t middle = low + (high - low) / 2;
        const codec_tensor *const t = &f->tensors[f->tensor_order[middle]];
        const int side = strcmp(name, t->name);
        if (side == 0)
            return t;
        if (side < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

const char *codec_get(const codec_file *f, const char *key)
{
    for (size_t low = 0, high = f->n_texts; low < high;) {
        const size_t middle = low + (high - low) / 2;
        const codec_text *const t = &f->texts[f->text_order[middle]];
        const int side = strcmp(key, t->key);
        if (side == 0)
            return t->value;
        if (side < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}
