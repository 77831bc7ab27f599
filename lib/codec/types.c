#include "codec/internal.h"

#include <string.h>

typedef struct element {
    const char *name;
    size_t bytes; /* 0: known to the format, not to this library */
    int32_t type;
} element;

static const element types[] = {
    {"F32", 4, GENMOD_F32}, {"F64", 8, GENMOD_F64}, {"U8", 1, GENMOD_U8},
    {"I32", 4, CODEC_I32},  {"I64", 8, CODEC_I64},  {"BOOL", 0, 0},
    {"F4", 0, 0},           {"F6_E2M3", 0, 0},      {"F6_E3M2", 0, 0},
    {"F8_E4M3", 0, 0},      {"F8_E5M2", 0, 0},      {"F8_E8M0", 0, 0},
    {"F16", 0, 0},          {"BF16", 0, 0},         {"C64", 0, 0},
    {"I8", 0, 0},           {"I16", 0, 0},          {"U16", 0, 0},
    {"U32", 0, 0},          {"U64", 0, 0},
};

#define TYPES (sizeof types / sizeof types[0])

int32_t codec_type_of(const char *name, int32_t *out)
{
    for (size_t i = 0; i < TYPES; i++) {
        if (strcmp(types[i].name, name) == 0) {
            *out = types[i].type;
            return types[i].bytes ? GENMOD_OK : GENMOD_UNSUPPORTED;
        }
    }
    return GENMOD_BAD_BYTES;
}

const char *codec_type_name(int32_t type)
{
    for (size_t i = 0; i < TYPES; i++)
        if (types[i].bytes && types[i].type == type)
            return types[i].name;
    return NULL;
}

size_t codec_type_bytes(int32_t type)
{
    for (size_t i = 0; i < TYPES; i++)
        if (types[i].bytes && types[i].type == type)
            return types[i].bytes;
    return 0;
}

uint64_t codec_elements(const codec_tensor *t)
{
    uint64_t n = 1;
    for (int32_t i = 0; i < t->rank; i++)
        n *= t->shape[i];
    return n;
}

void codec_copy_f64(const codec_tensor *t, double *out)
{
    const size_t n = (size_t)codec_elements(t);
    const unsigned char *const bytes = t->data;
    if (t->type == GENMOD_F64) {
        if (n)
            memcpy(out, bytes, n * sizeof *out);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        float v;
        memcpy(&v, bytes + 4 * i, 4);
        out[i] = v;
    }
}
