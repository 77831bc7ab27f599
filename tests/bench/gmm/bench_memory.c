/* Peak of the resident set of a fit fed by a row source.
 *
 *     bench_memory N        n rows of 8 columns, 8 full covariances
 *
 * Prints the peak in KiB. */
#include <genmod/gmm.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>

#define D 8
#define K 8

static double uniform(uint64_t *s)
{
    uint64_t z = *s += 0x9E3779B97F4A7C15u;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9u;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBu;
    return (double)((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
}

static int32_t give(size_t n, const int64_t *rows, void *x, double *weights,
                    int32_t *labels, void *user)
{
    (void)weights;
    (void)labels;
    (void)user;
    for (size_t i = 0; i < n; i++) {
        uint64_t s = (uint64_t)rows[i] * 0xD1342543DE82EF95u;
        for (size_t c = 0; c < D; c++)
            ((double *)x)[i * D + c] =
                uniform(&s) + (rows[i] % K == (int64_t)c ? 1 : 0);
    }
    return 0;
}

int main(int argc, char **argv)
{
    genmod_context *c = NULL;
    genmod_workspace *w = NULL;
    genmod_config *options = NULL;
    genmod_data *x = NULL;
    gmm_model *m = NULL;
    struct rusage usage;
    double l = 0;
    if (argc != 2)
        return 2;
    const size_t n = strtoul(argv[1], NULL, 10);
    if (genmod_context_new(NULL, NULL, NULL, &c) ||
        genmod_context_set_threads(c, 2) || genmod_workspace_new(c, &w) ||
        gmm_config_new(&options, w) ||
        genmod_config_set_i64(options, GMM_COMPONENTS, K, w) ||
        genmod_config_set_i64(options, GMM_MAX_ITERATIONS, 3, w) ||
        genmod_config_set_f64(options, GMM_TOLERANCE, 0, w) ||
        gmm_new(options, &m, w) || genmod_data_new(&x, w) ||
        genmod_data_set_source(x, GENMOD_F64, n, D, give, NULL, w) ||
        gmm_fit(m, x, NULL, NULL, w) || gmm_log_likelihood(m, x, &l, w)) {
        fprintf(stderr, "%s\n", genmod_workspace_error(w));
        return 1;
    }
    getrusage(RUSAGE_SELF, &usage);
    printf("%ld\n", usage.ru_maxrss);
    gmm_free(m);
    genmod_data_free(x);
    genmod_config_free(options);
    genmod_workspace_free(w);
    genmod_context_free(c);
    return 0;
}
