/* Kernels against the machine's peak and against OpenBLAS with its own threads.
 * Everything that stands in one row of a table was measured in turns, so that a
 * machine that changes its pace does not favour one; the medians are shown. */
#define _POSIX_C_SOURCE 200809L
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif
#ifdef BENCH_OPENBLAS
#include <cblas.h>
#endif

#include "kern/kern.h"

#define ROUNDS 15
#define SPAN 0.003 /* seconds a measurement lasts at least */

typedef void (*work)(void *arg);

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Seconds of one run. */
static double measure(work f, void *arg)
{
    size_t runs = 0;
    const double start = now();
    double end;
    do {
        f(arg);
        runs++;
        end = now();
    } while (end - start < SPAN);
    return (end - start) / (double)runs;
}

static int ascending(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double median(double *x)
{
    qsort(x, ROUNDS, sizeof *x, ascending);
    return x[ROUNDS / 2];
}

/* ---- the peak: sums that never leave their registers ----------------------
 */

#define SUMS(X) X(0) X(1) X(2) X(3) X(4) X(5) X(6) X(7) X(8) X(9) X(10) X(11)
#define LOOPS 20000
#define ADD_ALL(i) total += s##i[0];

typedef double pair __attribute__((vector_size(16)));

/* Where there is no fused multiply-add: a product and a sum that need each
 * other. */
static void peak_plain(void *arg)
{
    const pair x = {0.999, 0.998};
#define DECLARE(i) pair s##i = {0.01 * i, 0.5};
    SUMS(DECLARE)
#undef DECLARE
#define STEP(i) s##i = s##i * x + x;
    for (int i = 0; i < LOOPS; i++) {
        SUMS(STEP)
    }
#undef STEP
    double total = 0;
    SUMS(ADD_ALL)
    *(volatile double *)arg = total;
}

#if defined(__x86_64__)
__attribute__((target("avx2,fma"))) static void peak_v3(void *arg)
{
    const __m256d x = _mm256_set1_pd(0.5), y = _mm256_set1_pd(0.7);
#define DECLARE(i) __m256d s##i = _mm256_set1_pd(i);
    SUMS(DECLARE)
#undef DECLARE
#define STEP(i) s##i = _mm256_fmadd_pd(x, y, s##i);
    for (int i = 0; i < LOOPS; i++) {
        SUMS(STEP)
    }
#undef STEP
    double total = 0;
    SUMS(ADD_ALL)
    *(volatile double *)arg = total;
}

__attribute__((target("avx512f"))) static void peak_v4(void *arg)
{
    const __m512d x = _mm512_set1_pd(0.5), y = _mm512_set1_pd(0.7);
#define DECLARE(i) __m512d s##i = _mm512_set1_pd(i);
    SUMS(DECLARE)
#undef DECLARE
#define STEP(i) s##i = _mm512_fmadd_pd(x, y, s##i);
    for (int i = 0; i < LOOPS; i++) {
        SUMS(STEP)
    }
#undef STEP
    double total = 0;
    SUMS(ADD_ALL)
    *(volatile double *)arg = total;
}
#endif

/* GFLOP/s of a core in `type`; a vector holds twice as many floats. */
static double peak(int32_t cpu, int32_t type)
{
    work f = peak_plain;
    double lanes = 2, result;
#if defined(__x86_64__)
    if (cpu == BASE_CPU_X86_V3) {
        f = peak_v3;
        lanes = 4;
    } else if (cpu == BASE_CPU_X86_V4) {
        f = peak_v4;
        lanes = 8;
    }
#endif
    (void)cpu;
    const double flop = 12.0 * 2.0 * lanes * LOOPS;
    return flop / measure(f, &result) * 1e-9 * (type == GENMOD_F32 ? 2 : 1);
}

/* ---- gemm -----------------------------------------------------------------
 */

typedef struct shape {
    int32_t type;
    int ta, tb;
    size_t m, n, k;
    int large; /* 1: two threads have to pay */
} shape;

static const shape shapes[] = {
    {GENMOD_F32, 0, 0, 128, 400, 784, 1},
    {GENMOD_F32, 1, 0, 784, 400, 128, 1},
    {GENMOD_F32, 0, 1, 128, 784, 400, 1},
    {GENMOD_F32, 0, 0, 100, 200, 200, 0},
    {GENMOD_F32, 0, 0, 65536, 3, 1024, 0},
    {GENMOD_F32, 0, 0, 1024, 1024, 1024, 1},
    {GENMOD_F64, 0, 0, 1024, 32, 561, 1},
    {GENMOD_F64, 1, 0, 32, 561, 256, 0},
    {GENMOD_F64, 0, 0, 1024, 1024, 1024, 1},
};

typedef struct product {
    shape s;
    size_t lda, ldb;
    void *a, *b, *c, *pack;
    const kern_ops *ops;
    genmod_workspace *w; /* of the contract */
} product;

static void run_native(void *arg)
{
    product *const p = arg;
    p->ops->gemm(p->s.ta, p->s.tb, p->s.m, p->s.n, p->s.k, 1.0, p->a, p->lda,
                 p->b, p->ldb, 0.0, p->c, p->s.n, p->pack);
}

static void run_contract(void *arg)
{
    product *const p = arg;
    base_call call;
    genmod_workspace *const w = base_enter(&call, p->w, NULL);
    const int32_t status =
        w ? kern_gemm(w, p->s.type, p->s.ta, p->s.tb, p->s.m, p->s.n, p->s.k,
                      1.0, p->a, p->lda, p->b, p->ldb, 0.0, p->c, p->s.n)
          : GENMOD_NO_MEMORY;
    if (!w || base_leave(&call, status) != 0)
        exit(1);
}

#ifdef BENCH_OPENBLAS
static void run_openblas(void *arg)
{
    product *const p = arg;
    const CBLAS_TRANSPOSE ta = p->s.ta ? CblasTrans : CblasNoTrans;
    const CBLAS_TRANSPOSE tb = p->s.tb ? CblasTrans : CblasNoTrans;
    const blasint m = (blasint)p->s.m, n = (blasint)p->s.n;
    const blasint k = (blasint)p->s.k;
    const blasint lda = (blasint)p->lda, ldb = (blasint)p->ldb;
    if (p->s.type == GENMOD_F32)
        cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, 1.0f, p->a, lda, p->b, ldb,
                    0.0f, p->c, n);
    else
        cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, 1.0, p->a, lda, p->b, ldb,
                    0.0, p->c, n);
}
#endif

/* n numbers of a type; exits where memory gives out. */
static void *numbers(int32_t type, size_t n)
{
    const size_t bytes = type == GENMOD_F32 ? sizeof(float) : sizeof(double);
    void *const p = aligned_alloc(64, (n * bytes + 63) / 64 * 64);
    if (!p)
        exit(1);
    for (size_t i = 0; i < n; i++) {
        const double x = (double)(i * 7919 % 2003) / 2003.0 - 0.43;
        if (type == GENMOD_F32)
            ((float *)p)[i] = (float)x;
        else
            ((double *)p)[i] = x;
    }
    return p;
}

static genmod_workspace *workspace(const char *set, size_t threads)
{
    genmod_context *c = NULL;
    genmod_workspace *w = NULL;
    if (genmod_context_new(NULL, NULL, NULL, &c) != 0 ||
        genmod_context_set_kernels(c, set) != 0 ||
        genmod_context_set_threads(c, threads) != 0 ||
        genmod_workspace_new(c, &w) != 0)
        exit(1);
    genmod_context_free(c);
    return w;
}

static void bench_product(const shape *s, int32_t cpu, genmod_workspace *one,
                          genmod_workspace *two)
{
    product p = {.s = *s, .ops = kern_ops_of(cpu, s->type)};
    double top[ROUNDS], native[ROUNDS], single[ROUNDS], dual[ROUNDS];
    double other[ROUNDS] = {0};
    p.lda = s->ta ? s->m : s->k;
    p.ldb = s->tb ? s->k : s->n;
    p.a = numbers(s->type, s->m * s->k);
    p.b = numbers(s->type, s->n * s->k);
    p.c = numbers(s->type, s->m * s->n);
    p.pack = numbers(GENMOD_F64, kern_gemm_scratch() / sizeof(double) + 1);
    for (size_t i = 0; i < ROUNDS; i++) {
        top[i] = peak(cpu, s->type);
        native[i] = measure(run_native, &p);
        p.w = one;
        single[i] = measure(run_contract, &p);
        p.w = two;
        dual[i] = measure(run_contract, &p);
#ifdef BENCH_OPENBLAS
        other[i] = measure(run_openblas, &p);
#endif
    }
    const double gflop = 2e-9 * (double)s->m * (double)s->n * (double)s->k;
    const double best = median(top), rate = gflop / median(native);
    const double t1 = median(single), t2 = median(dual), t3 = median(other);
    printf("f%d %c%c %6zu %5zu %5zu %c| %6.1f %6.1f %4.0f%% | %6.1f %6.1f "
           "%5.2f | ",
           s->type == GENMOD_F32 ? 32 : 64, s->ta ? 'T' : 'N',
           s->tb ? 'T' : 'N', s->m, s->n, s->k, s->large ? '*' : ' ', best,
           rate, 100.0 * rate / best, gflop / t1, gflop / t2, t1 / t2);
    if (t3 > 0.0)
        printf("%6.1f %5.2f\n", gflop / t3, t3 / t2);
    else
        printf("     -     -\n");
    fflush(stdout);
    free(p.a);
    free(p.b);
    free(p.c);
    free(p.pack);
}

/* ---- maps and mixtures ----------------------------------------------------
 */

#define COUNT 4096
#define COLUMNS 32

typedef struct mixture {
    const kern_ops *ops;
    void *x, *y, *panel, *mu, *u, *r;
    double *s0, *s1, *s2;
} mixture;

static void run_exp(void *arg)
{
    mixture *const p = arg;
    p->ops->exp(COUNT, p->x, p->y);
}

static void run_log(void *arg)
{
    mixture *const p = arg;
    p->ops->log(COUNT, p->u, p->y);
}

static void run_quad(void *arg)
{
    mixture *const p = arg;
    p->ops->quad_full(COLUMNS, KERN_ROWS, p->panel, p->mu, p->x, 0.37, p->y);
}

static void run_moments(void *arg)
{
    mixture *const p = arg;
    p->ops->moments_full(COLUMNS, KERN_ROWS, p->panel, p->mu, p->r, 0, COLUMNS,
                         p->s0, p->s1, p->s2);
}

static void positive(int32_t type, void *p, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (type == GENMOD_F32)
            ((float *)p)[i] += 1.0f;
        else
            ((double *)p)[i] += 1.0;
}

static void bench_mixture(int32_t cpu, int32_t type)
{
    mixture p = {.ops = kern_ops_of(cpu, type)};
    double top[ROUNDS], exps[ROUNDS], logs[ROUNDS], quads[ROUNDS];
    double moments[ROUNDS];
    const double gflop = 1e-9 * KERN_ROWS * COLUMNS * (COLUMNS + 1.0);
    void *const all[] = {p.x = numbers(type, COUNT),
                         p.y = numbers(type, COUNT),
                         p.u = numbers(type, COUNT),
                         p.panel = numbers(type, COLUMNS * KERN_ROWS),
                         p.mu = numbers(type, COLUMNS),
                         p.r = numbers(type, KERN_ROWS),
                         p.s0 = numbers(GENMOD_F64, 1),
                         p.s1 = numbers(GENMOD_F64, COLUMNS),
                         p.s2 = numbers(GENMOD_F64, COLUMNS * COLUMNS)};
    positive(type, p.u, COUNT);
    for (size_t i = 0; i < ROUNDS; i++) {
        top[i] = peak(cpu, type);
        exps[i] = measure(run_exp, &p);
        logs[i] = measure(run_log, &p);
        quads[i] = measure(run_quad, &p);
        moments[i] = measure(run_moments, &p);
    }
    const double best = median(top);
    const double quad = gflop / median(quads), sum = gflop / median(moments);
    printf("f%d | exp %5.2f ns  log %5.2f ns | quad_full %6.1f GFLOP/s %3.0f%%"
           "  moments_full %6.1f GFLOP/s %3.0f%%\n",
           type == GENMOD_F32 ? 32 : 64, 1e9 * median(exps) / COUNT,
           1e9 * median(logs) / COUNT, quad, 100.0 * quad / best, sum,
           100.0 * sum / best);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++)
        free(all[i]);
}

/* The argument, if there is one, is a kernel set: "x86-64-v3". */
int main(int argc, char **argv)
{
    const char *const set = argc > 1 ? argv[1] : NULL;
    genmod_workspace *const one = workspace(set, 1);
    genmod_workspace *const two = workspace(set, 2);
    base_call call;
    genmod_workspace *const w = base_enter(&call, one, NULL);
    if (!w)
        return 1;
    const int32_t cpu = base_cpu(w);
    if (base_leave(&call, 0) != 0)
        return 1;
    printf("kernels %s, blas %s; GFLOP/s\n", base_cpu_name(cpu),
           kern_blas_name());
    printf("                          |  one core: serial    | contract, "
           "threads    | OpenBLAS's own\n");
    printf("                          |  peak  kernel share  |  one    two   "
           "ratio  | threads ours/it\n");
    for (size_t i = 0; i < sizeof shapes / sizeof *shapes; i++)
        bench_product(shapes + i, cpu, one, two);
    printf("* large: two threads shall give 1.7 or more\n\n"
           "d = %d, %d rows\n",
           COLUMNS, KERN_ROWS);
    bench_mixture(cpu, GENMOD_F32);
    bench_mixture(cpu, GENMOD_F64);
    genmod_workspace_free(one);
    genmod_workspace_free(two);
    return 0;
}
