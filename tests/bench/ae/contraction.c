/* What the exact contraction costs by the width of the code: the most memory
 * alive in training, and the processor's time an update.
 *
 *     ae_contraction [threads [steps [encoder]]]
 *
 * Batches of 128 rows of 784 cells; %zu in the encoder stands for the width.
 */
#define _POSIX_C_SOURCE 200809L
#include <genmod/ae.h>

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define ROWS 256
#define D 784

struct meter {
    atomic_size_t alive, peak;
};

static void *take(size_t bytes, size_t align, void *user)
{
    struct meter *const m = user;
    const size_t alive = atomic_fetch_add(&m->alive, bytes) + bytes;
    size_t peak = atomic_load(&m->peak);
    while (alive > peak &&
           !atomic_compare_exchange_weak(&m->peak, &peak, alive)) {
    }
    return aligned_alloc(align, (bytes + align - 1) / align * align);
}

static void give(void *p, size_t bytes, size_t align, void *user)
{
    struct meter *const m = user;
    (void)align;
    atomic_fetch_sub(&m->alive, bytes);
    free(p);
}

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static int32_t make(const char *encoder, const char *contraction, ae_model **m,
                    genmod_workspace *w)
{
    const char *const options[][2] = {{AE_ENCODER, encoder},
                                      {AE_CONTRACTION, contraction},
                                      {AE_BATCH_SIZE, "128"},
                                      {AE_LOSS, "bce"},
                                      {AE_LEARNING_RATE, "0.0001"}};
    genmod_config *c = NULL;
    int32_t status = ae_config_new(&c, w);
    for (size_t i = 0; i < sizeof options / sizeof *options && !status; i++)
        status = genmod_config_set_str(c, options[i][0], options[i][1], w);
    if (!status)
        status = ae_new(c, m, w);
    genmod_config_free(c);
    return status;
}

/* The median of the steps, in milliseconds. */
static int32_t train(ae_model *m, const genmod_data *x, size_t steps,
                     double *median, genmod_workspace *w)
{
    double each[64];
    int32_t status = ae_start(m, x, w);
    for (size_t i = 0; i <= steps && !status; i++) {
        const double before = now();
        status = ae_step(m, x, w);
        if (i) /* the first compiles */
            each[i - 1] = now() - before;
    }
    qsort(each, steps, sizeof *each, ascending);
    *median = each[steps / 2];
    return status;
}

static int32_t measure(const char *text, size_t z, const char *contraction,
                       size_t threads, size_t steps)
{
    static float rows[ROWS * D];
    struct meter meter = {0};
    char encoder[256];
    genmod_context *c = NULL;
    genmod_workspace *w = NULL;
    genmod_data *x = NULL;
    ae_model *m = NULL;
    double ms = 0;
    int32_t status = genmod_context_new(take, give, &meter, &c);
    if (!status)
        status = genmod_context_set_threads(c, threads);
    if (!status)
        status = genmod_workspace_new(c, &w);
    for (size_t i = 0; i < ROWS * D; i++)
        rows[i] = (float)(i * 7919 % 1009) / 1009;
    snprintf(encoder, sizeof encoder, text, z);
    if (!status)
        status = genmod_data_new(&x, w);
    if (!status)
        status = genmod_data_set_rows(x, GENMOD_F32, ROWS, D, rows, 0, 0, w);
    if (!status)
        status = make(encoder, contraction, &m, w);
    if (!status)
        status = train(m, x, steps, &ms, w);
    if (status)
        fprintf(stderr, "%s\n", genmod_workspace_error(w));
    else
        printf("| %zu | %s | %.1f | %.2f |\n", z, contraction,
               (double)meter.peak / 1048576, ms);
    fflush(stdout);
    ae_free(m);
    genmod_data_free(x);
    genmod_workspace_free(w);
    genmod_context_free(c);
    return status;
}

int main(int argc, char **argv)
{
    static const size_t widths[] = {8, 32, 128, 512};
    const size_t threads = argc > 1 ? (size_t)atol(argv[1]) : 1;
    const size_t steps = argc > 2 ? (size_t)atol(argv[2]) : 5;
    const char *const text =
        argc > 3 ? argv[3] : "dense 256; sigmoid; dense %zu; sigmoid";
    int32_t status = steps < 1 || steps > 64;
    printf("| code | contraction | peak MiB | ms an update "
           "|\n|---|---|---|---|\n");
    for (size_t i = 0; i < 4 && !status; i++)
        for (int on = 0; on < 2 && !status; on++)
            status = measure(text, widths[i], on ? "0.1" : "0", threads, steps);
    return status != 0;
}
