/* The host's resources: memory, its bound, threads, kernels; and what happens
 * when something goes wrong. */
#include <stdlib.h>
#include <string.h>

#include "example.h"

static void *count_alloc(size_t bytes, size_t align, void *user)
{
    /* aligned_alloc() wants a multiple of the alignment. */
    void *p = aligned_alloc(align, (bytes + align - 1) / align * align);
    if (p)
        *(size_t *)user += bytes;
    return p;
}

static void count_dealloc(void *p, size_t bytes, size_t align, void *user)
{
    (void)align;
    *(size_t *)user -= bytes;
    free(p);
}

int main(void)
{
    expect(genmod_version() >= GENMOD_VERSION, "the headers' library or later");

    size_t held = 0;
    genmod_context *c = NULL;
    genmod_workspace *w = NULL;
    need(genmod_context_new(count_alloc, count_dealloc, &held, &c), NULL);
    need(genmod_context_set_memory_limit(c, 16 << 20), NULL);
    need(genmod_context_set_threads(c, 2), NULL);
    need(genmod_context_set_kernels(c, NULL), NULL); /* the machine's best */
    expect(strlen(genmod_context_kernels(c)) > 0, "kernels with a name");
    need(genmod_workspace_new(c, &w), NULL);
    expect(genmod_context_set_threads(c, 4) == GENMOD_BUSY,
           "no change once the context is in use");
    genmod_context_free(c); /* the workspace holds it */

    /* A mistake returns a code, and the workspace has the line of text. */
    genmod_config *options = NULL;
    need(gmm_config_new(&options, w), w);
    const int32_t status = genmod_config_set_i64(options, "componets", 3, w);
    expect(status == GENMOD_BAD_ARGUMENT, "a refused option");
    expect(strcmp(genmod_status_name(status), "bad argument") == 0, "a name");
    expect(strstr(genmod_workspace_error(w), GMM_COMPONENTS) != NULL,
           "a text that names the nearest key");

    genmod_config_free(options);
    expect(held > 0, "memory from the host's allocator");
    genmod_workspace_free(w);
    expect(held == 0, "all of it given back");
    return 0;
}
