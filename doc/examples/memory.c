/* A host with little memory: an allocator of its own, a bound on what the
 * library holds, and what a call does that would pass it. */
#include <stdlib.h>

#include "example.h"

/* What is held now, and the most that was. Threads of the library's may call: a
 * host with a pool locks here. */
struct purse {
    size_t held, most;
};

static void *take(size_t bytes, size_t align, void *user)
{
    struct purse *p = user;
    void *at = aligned_alloc(align, (bytes + align - 1) / align * align);
    if (at)
        p->held += bytes;
    if (p->held > p->most)
        p->most = p->held;
    return at;
}

static void give(void *at, size_t bytes, size_t align, void *user)
{
    struct purse *p = user;
    (void)align;
    p->held -= bytes;
    free(at);
}

/* Fits eight components to rows of eight columns. */
static int32_t fit(genmod_context *c, size_t n, const double *rows)
{
    genmod_workspace *w = NULL;
    genmod_config *options = NULL;
    genmod_data *x = NULL;
    gmm_model *m = NULL;
    need(genmod_workspace_new(c, &w), NULL);
    need(gmm_config_new(&options, w), w);
    need(genmod_config_set_i64(options, GMM_COMPONENTS, 8, w), w);
    need(gmm_new(options, &m, w), w);
    need(genmod_data_new(&x, w), w);
    need(genmod_data_set_rows(x, GENMOD_F64, n, 8, rows, 0, 0, w), w);
    const int32_t status = gmm_fit(m, x, NULL, NULL, w);
    expect(status == GENMOD_OK || gmm_dimension(m) == 0,
           "a fit that had no room leaves the model as it was");
    gmm_free(m);
    genmod_data_free(x);
    genmod_config_free(options);
    genmod_workspace_free(w);
    return status;
}

static int32_t fit_within(uint64_t bound, size_t n, const double *rows)
{
    struct purse p = {0, 0};
    genmod_context *c = NULL;
    need(genmod_context_new(take, give, &p, &c), NULL);
    need(genmod_context_set_memory_limit(c, bound), NULL);
    const int32_t status = fit(c, n, rows);
    expect(bound == 0 || p.most <= bound, "never more than the bound");
    genmod_context_free(c);
    expect(p.held == 0, "all of it given back");
    return status;
}

int main(void)
{
    enum { n = 4000 };
    static double rows[n * 8];
    for (size_t i = 0; i < n * 8; i++)
        rows[i] = (double)(i * i % 1013) / 100;
    expect(fit_within(64 << 20, n, rows) == GENMOD_OK, "64 MiB will do");
    expect(fit_within(64 << 10, n, rows) == GENMOD_LIMIT, "64 KiB will not");
    return 0;
}
