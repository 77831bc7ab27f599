/* What the harnesses share. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "genmod/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

static inline void expect(int holds)
{
    if (!holds)
        abort();
}

/* One for all inputs: a context and a workspace of an input's own cost more
 * than to read it. */
static inline genmod_workspace *workspace(void)
{
    static genmod_workspace *w;
    if (!w)
        expect(genmod_workspace_new(NULL, &w) == 0);
    return w;
}

#endif
