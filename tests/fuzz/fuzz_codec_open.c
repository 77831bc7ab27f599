/* Opens any bytes and reads whatever opens to its ends. */
#include "codec/codec.h"
#include "fuzz/fuzz.h"

static uint64_t read_all(const codec_file *f)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < codec_tensors(f); i++) {
        const codec_tensor *const t = codec_tensor_at(f, i);
        const uint8_t *const data = t->data;
        const size_t bytes =
            (size_t)codec_elements(t) * codec_type_bytes(t->type);
        for (size_t j = 0; j < bytes; j++)
            sum += data[j];
        expect(codec_find(f, t->name) == t);
    }
    for (size_t i = 0; i < codec_texts(f); i++) {
        const codec_text *const t = codec_text_at(f, i);
        expect(codec_get(f, t->key) == t->value);
        sum += strlen(t->value);
    }
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
    base_call call;
    int32_t status;
    const codec_file *f;
    volatile uint64_t sum = 0;
    expect(base_enter(&call, workspace(), &status) != NULL);
    status = codec_open(n, bytes, n % 2, &f, call.w);
    if (!status)
        sum = read_all(f);
    (void)sum;
    expect(base_leave(&call, status) == status);
    return 0;
}
