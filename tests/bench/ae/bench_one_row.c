/* Latency of encoding one row with a workspace: p50 and p99 in microseconds. */
#define _POSIX_C_SOURCE 200809L
#include <genmod/ae.h>

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define CALLS 20000
#define ROWS 64

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return 1e6 * (double)t.tv_sec + 1e-3 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static ae_model *make(const char *input, const char *encoder, size_t d,
                      const float *rows, genmod_workspace *w)
{
    genmod_config *c = NULL;
    ae_model *m = NULL;
    genmod_data *x = NULL;
    if (ae_config_new(&c, w) || genmod_config_set_str(c, AE_INPUT, input, w) ||
        genmod_config_set_str(c, AE_ENCODER, encoder, w) || ae_new(c, &m, w) ||
        genmod_data_new(&x, w) ||
        genmod_data_set_rows(x, GENMOD_F32, ROWS, d, rows, 0, 0, w) ||
        ae_start(m, x, w))
        fprintf(stderr, "%s\n", genmod_workspace_error(w));
    genmod_config_free(c);
    genmod_data_free(x);
    return m;
}

static int measure(const char *input, const char *encoder, size_t d)
{
    static double each[CALLS];
    static float rows[ROWS * 784], code[64];
    genmod_workspace *w = NULL;
    genmod_data *x = NULL;
    int bad = genmod_workspace_new(NULL, &w) || genmod_data_new(&x, w);
    for (size_t i = 0; i < ROWS * d; i++)
        rows[i] = (float)(i * 7919 % 1009) / 1009;
    ae_model *const m = make(input, encoder, d, rows, w);
    for (size_t i = 0; i < CALLS && !bad; i++) {
        const double before = now();
        bad = genmod_data_set_rows(x, GENMOD_F32, 1, d, rows + i % ROWS * d, 0,
                                   0, w) ||
              ae_encode(m, x, GENMOD_F32, sizeof code, code, w);
        each[i] = now() - before;
    }
    if (bad)
        fprintf(stderr, "%s\n", genmod_workspace_error(w));
    qsort(each, CALLS, sizeof *each, ascending);
    printf("| %s | %s | %.2f | %.2f |\n", input, encoder, each[CALLS / 2],
           each[CALLS - CALLS / 100]);
    ae_free(m);
    genmod_data_free(x);
    genmod_workspace_free(w);
    return bad;
}

int main(void)
{
    printf("| row | encoder | p50 us | p99 us |\n|---|---|---|---|\n");
    return measure("8", "dense 16; relu; dense 2", 8) ||
           measure("64", "dense 64; relu; dense 8", 64) ||
           measure("784", "dense 400; relu; dense 20", 784) ||
           measure("1x28x28",
                   "conv 16 k4 s2 p1; relu; conv 32 k4 s2 p1; relu; dense 32",
                   784);
}
