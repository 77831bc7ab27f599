/* The provider that is OpenBLAS, and the only file that sees it.
 *
 * Its thread settings belong to the process and are not touched: a call with m
 * n k <= 262144 stays on the calling thread (interface/gemm.c:
 * SMP_THRESHOLD_MIN * GEMM_MULTITHREAD_THRESHOLD), and larger ones are not
 * made. */
#include <cblas.h>

#include "kern/gemm.h"

#define CALL_ROWS 64
#define CALL_COLUMNS 32
#define CALL_DEPTH 128

_Static_assert(CALL_ROWS *CALL_COLUMNS *CALL_DEPTH <= 262144,
               "a call of OpenBLAS has to stay on its thread");

/* Below this a side does not fill OpenBLAS's kernels. */
#define SIDE 32

/* The cores that OpenBLAS may name, with the instruction set of their kernels.
 * The version is that of the headers: the function that knows the running one
 * writes to a static buffer, which threads would share. */
typedef struct core {
    const char *core;
    int32_t cpu;
    const char *name;
} core;

#define CORE(core, cpu)                  \
    {                                    \
        core, cpu, OPENBLAS_VERSION core \
    }

static const core cores[] = {
#if defined(__x86_64__)
    CORE("Prescott", BASE_CPU_GENERIC),
    CORE("Core2", BASE_CPU_GENERIC),
    CORE("Penryn", BASE_CPU_GENERIC),
    CORE("Barcelona", BASE_CPU_GENERIC),
    CORE("Nehalem", BASE_CPU_X86_V2),
    CORE("Sandybridge", BASE_CPU_X86_V2),
    CORE("Bulldozer", BASE_CPU_X86_V2),
    CORE("Piledriver", BASE_CPU_X86_V2),
    CORE("Steamroller", BASE_CPU_X86_V2),
    CORE("Excavator", BASE_CPU_X86_V3),
    CORE("Haswell", BASE_CPU_X86_V3),
    CORE("Zen", BASE_CPU_X86_V3),
    CORE("SkylakeX", BASE_CPU_X86_V4),
    CORE("Cooperlake", BASE_CPU_X86_V4),
    CORE("SapphireRapids", BASE_CPU_X86_V4),
#elif defined(__aarch64__)
    CORE("armv8", BASE_CPU_AARCH64),
    CORE("cortexa53", BASE_CPU_AARCH64),
    CORE("cortexa57", BASE_CPU_AARCH64),
    CORE("cortexa72", BASE_CPU_AARCH64),
    CORE("cortexa73", BASE_CPU_AARCH64),
    CORE("neoversen1", BASE_CPU_AARCH64),
    CORE("neoversev1", BASE_CPU_AARCH64),
    CORE("neoversen2", BASE_CPU_AARCH64),
    CORE("thunderx2t99", BASE_CPU_AARCH64),
    CORE("tsv110", BASE_CPU_AARCH64),
    CORE("vortex", BASE_CPU_AARCH64),
#endif
    {NULL, -1, OPENBLAS_VERSION "another core"},
};

static int lower(int c)
{
    return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c;
}

/* Builds for one core write its name in capitals. */
static int same_core(const char *a, const char *b)
{
    while (*a && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

static const core *find_core(void)
{
    const char *const name = openblas_get_corename();
    const core *c = cores;
    while (c->core && !same_core(c->core, name))
        c++;
    return c;
}

const char *kern_blas_name(void)
{
    const char *const name = find_core()->name;
    return *name == ' ' ? name + 1 : name;
}

static int fits(size_t ld, size_t columns)
{
    const uint64_t most = sizeof(blasint) == 4 ? INT32_MAX : INT64_MAX;
    return ld >= columns && ld > 0 && ld <= most;
}

/* gemm.c says why. */
int blas_wants(const kern_product *p)
{
    if (p->ops->cpu == BASE_CPU_X86_V3 || p->ops->cpu == BASE_CPU_X86_V4)
        return 0;
    if (p->m < SIDE || p->n < SIDE || p->k < SIDE)
        return 0;
    if (!fits(p->lda, p->ta ? p->m : p->k) ||
        !fits(p->ldb, p->tb ? p->k : p->n) || !fits(p->ldc, p->n))
        return 0;
    return find_core()->cpu >= p->ops->cpu;
}

void blas_tile(size_t *rows, size_t *columns)
{
    *rows = CALL_ROWS;
    *columns = CALL_COLUMNS;
}

static CBLAS_TRANSPOSE how(int trans)
{
    return trans ? CblasTrans : CblasNoTrans;
}

/* The part of k from `at` on, k long. */
static void multiply_f32(const kern_product *p, const gemm_tile *t, size_t at,
                         size_t k, double beta)
{
    const float *const a = (const float *)t->a + (p->ta ? at * p->lda : at);
    const float *const b = (const float *)t->b + (p->tb ? at : at * p->ldb);
    cblas_sgemm(CblasRowMajor, how(p->ta), how(p->tb), (blasint)t->m,
                (blasint)t->n, (blasint)k, (float)p->alpha, a, (blasint)p->lda,
                b, (blasint)p->ldb, (float)beta, t->c, (blasint)p->ldc);
}

static void multiply_f64(const kern_product *p, const gemm_tile *t, size_t at,
                         size_t k, double beta)
{
    const double *const a = (const double *)t->a + (p->ta ? at * p->lda : at);
    const double *const b = (const double *)t->b + (p->tb ? at : at * p->ldb);
    cblas_dgemm(CblasRowMajor, how(p->ta), how(p->tb), (blasint)t->m,
                (blasint)t->n, (blasint)k, p->alpha, a, (blasint)p->lda, b,
                (blasint)p->ldb, beta, t->c, (blasint)p->ldc);
}

void blas_gemm(const kern_product *p, const gemm_tile *t)
{
    for (size_t at = 0; at < p->k; at += CALL_DEPTH) {
        const size_t k = p->k - at < CALL_DEPTH ? p->k - at : CALL_DEPTH;
        const double beta = at ? 1.0 : p->beta;
        if (p->ops->type == GENMOD_F32)
            multiply_f32(p, t, at, k, beta);
        else
            multiply_f64(p, t, at, k, beta);
    }
}
