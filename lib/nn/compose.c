/* Texts of networks being put together. */
#include <string.h>

#include "nn/nn.h"

void nn_put(char *out, size_t cap, const char *text)
{
    const size_t at = strlen(out), n = strlen(text);

    if (at + n < cap)
        memcpy(out + at, text, n + 1);
}

void nn_put_number(char *out, size_t cap, const char *before, int64_t v,
                   const char *after)
{
    char digits[32];

    base_format_i64(v, digits);
    nn_put(out, cap, before);
    nn_put(out, cap, digits);
    nn_put(out, cap, after);
}
