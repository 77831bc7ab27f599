/* Options by name: set, get, describe. */
#include <stdio.h>
#include <string.h>

#include "example.h"

/* All options of a mixture, each set to something else than its default. */
static void set_all(genmod_config *c, genmod_workspace *w)
{
    need(genmod_config_set_i64(c, GMM_COMPONENTS, 12, w), w);
    need(genmod_config_set_str(c, GMM_COVARIANCE, "tied", w), w);
    need(genmod_config_set_str(c, GMM_INIT, "random", w), w);
    need(genmod_config_set_i64(c, GMM_INIT_ROWS, 5000, w), w);
    need(genmod_config_set_i64(c, GMM_INIT_ITERATIONS, 7, w), w);
    need(genmod_config_set_i64(c, GMM_STARTS, 3, w), w);
    need(genmod_config_set_i64(c, GMM_SEED, 20240229, w), w);
    need(genmod_config_set_i64(c, GMM_WARM_START, 1, w), w);
    need(genmod_config_set_i64(c, GMM_MAX_ITERATIONS, 250, w), w);
    need(genmod_config_set_str(c, GMM_TOLERANCE, "2.5e-7", w), w);
    need(genmod_config_set_f64(c, GMM_RELATIVE_TOLERANCE, 1e-9, w), w);
    need(genmod_config_set_f64(c, GMM_RIDGE, 0.01, w), w);
    need(genmod_config_set_str(c, GMM_ON_SINGULAR, "error", w), w);
}

int main(void)
{
    genmod_workspace *w = NULL;
    genmod_config *c = NULL, *twin = NULL;
    need(genmod_workspace_new(NULL, &w), NULL);
    need(gmm_config_new(&c, w), w);
    need(gmm_config_new(&twin, w), w);
    set_all(c, w);

    int64_t k = 0;
    double tolerance = 0;
    need(genmod_config_get_i64(c, GMM_COMPONENTS, &k, w), w);
    need(genmod_config_get_f64(c, GMM_TOLERANCE, &tolerance, w), w);
    expect(k == 12 && tolerance == 2.5e-7, "the values that were set");

    /* Text holds every value without loss: a config copied key by key. */
    const char *key;
    for (size_t i = 0; (key = genmod_config_key(c, i)) != NULL; i++) {
        char text[64], again[64];
        need(genmod_config_get_str(c, key, sizeof text, text, NULL, w), w);
        need(genmod_config_set_str(twin, key, text, w), w);
        need(genmod_config_get_str(twin, key, sizeof again, again, NULL, w), w);
        expect(strcmp(text, again) == 0, "the same text from the twin");
    }

    /* What a config knows of its options; ask for the size first. */
    char bound[32], help[256];
    size_t bytes = 0;
    need(genmod_config_describe(c, GMM_COMPONENTS, "minimum", sizeof bound,
                                bound, NULL, w),
         w);
    expect(strcmp(bound, "1") == 0, "at least one component");
    expect(genmod_config_describe(c, GMM_RIDGE, "help", 0, NULL, &bytes, w) ==
               GENMOD_TOO_SMALL,
           "the size of a text");
    expect(bytes > 1 && bytes <= sizeof help, "a line of help");
    need(genmod_config_describe(c, GMM_RIDGE, "help", bytes, help, NULL, w), w);

    expect(genmod_config_set_i64(c, GMM_COMPONENTS, 0, w) ==
               GENMOD_BAD_ARGUMENT,
           "a bound that holds");
    printf("%s\n", genmod_workspace_error(w));

    genmod_config_free(twin);
    genmod_config_free(c);
    genmod_workspace_free(w);
    return 0;
}
