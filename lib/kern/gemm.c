/* The gemm contract: one product, cut into tiles by its shape alone, over the
 * pool.
 *
 * Who computes a tile. Our own kernels for AVX-512 and AVX2 do everything.
 * With AVX-512, against the SkylakeX kernels of OpenBLAS 0.3.21 called by tiles
 * on one thread, in hundredths of the peak (ours first): f32 NN 128 x 400 x 784
 * 86 to 79, TN 86 to 78, NT 81 to 47, 1024 cubed 80 to 61; f64 1024 cubed 73 to
 * 61, TN 32 x 561 x 256 72 to 72, but NN 1024 x 32 x 561 85 to 90: a tenth lost
 * at most, and a rule with one case less. With AVX2 ours reach about 90 in f32,
 * which leaves nothing to gain; the two were not compared. Below those sets,
 * and on aarch64, OpenBLAS does what fills its kernels (32 or more of m, n and
 * k), if they are for our instruction set or a later one: a version older than
 * the processor falls back to kernels of long ago (0.3.21 runs those for SSE3
 * on processors with AVX-512 that it does not know). The core that it chose
 * never changes in a process and is part of kern_blas_name(). A native tile's
 * bits do not depend on the cut; those of OpenBLAS do, so its tiles are of one
 * size.
 */
#include <assert.h>

#include "kern/gemm.h"

/* Tiles that a product is cut into if it is large enough, so that uneven
 * threads end together, and the products (m n k) a tile should keep, some
 * microseconds, beside which handing it out is cheap. */
#define TILES 16
#define TILE_WORK 262144

typedef struct job {
    const gemm_call *g;
    size_t rows, columns; /* of a tile */
    size_t across;        /* tiles side by side */
    int blas;
    char *scratch; /* one kern_gemm_scratch() a slot */
} job;

size_t kern_gemm_scratch(void)
{
    return GEMM_SLIVER_BYTES + GEMM_SUM_BYTES + GEMM_A_BYTES;
}

static size_t parts(size_t n, size_t size)
{
    return n / size + (n % size != 0);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Halves the longer side of a tile until there are enough of them. */
static void native_tile(const gemm_call *g, size_t *rows, size_t *columns)
{
    const size_t sliver = GEMM_SLIVER / g->ops->bytes;
    const size_t depth = smaller(g->k, TILE_WORK);
    size_t r = GEMM_ROWS, slivers = GEMM_WIDTH / GEMM_SLIVER;
    for (;;) {
        const size_t m = smaller(g->m, r), n = smaller(g->n, slivers * sliver);
        if (parts(g->m, r) >= TILES ||
            parts(g->m, r) * parts(g->n, slivers * sliver) >= TILES ||
            m * n * depth < 2 * TILE_WORK)
            break;
        if (m > n && r > 16)
            r /= 2;
        else if (slivers > 1)
            slivers = (slivers + 1) / 2;
        else
            break;
    }
    *rows = r;
    *columns = slivers * sliver;
}

static const char *cell(const void *p, size_t bytes, size_t ld, size_t i,
                        size_t j)
{
    return (const char *)p + (i * ld + j) * bytes;
}

static int32_t run_tile(size_t item, size_t slot, void *arg)
{
    const job *const o = arg;
    const size_t i = item / o->across * o->rows;
    const size_t j = item % o->across * o->columns;
    gemm_call g = *o->g;
    const size_t bytes = g.ops->bytes;
    g.a = g.ta ? cell(g.a, bytes, g.lda, 0, i) : cell(g.a, bytes, g.lda, i, 0);
    g.b = g.tb ? cell(g.b, bytes, g.ldb, j, 0) : cell(g.b, bytes, g.ldb, 0, j);
    g.c = (char *)g.c + (i * g.ldc + j) * bytes;
    g.m = smaller(g.m - i, o->rows);
    g.n = smaller(g.n - j, o->columns);
    if (o->blas)
        blas_gemm(&g);
    else
        g.ops->gemm(g.ta, g.tb, g.m, g.n, g.k, g.alpha, g.a, g.lda, g.b, g.ldb,
                    g.beta, g.c, g.ldc,
                    o->scratch + slot * kern_gemm_scratch());
    return 0;
}

int32_t kern_gemm(genmod_workspace *w, int32_t type, int ta, int tb, size_t m,
                  size_t n, size_t k, double alpha, const kern_real *a,
                  size_t lda, const kern_real *b, size_t ldb, double beta,
                  kern_real *c, size_t ldc)
{
    const gemm_call g = {kern_ops_of(base_cpu(w), type),
                         ta,
                         tb,
                         m,
                         n,
                         k,
                         alpha,
                         beta,
                         a,
                         b,
                         c,
                         lda,
                         ldb,
                         ldc};
    job o = {.g = &g};
    assert(g.ops && n <= ldc && (ta ? m : k) <= lda && (tb ? k : n) <= ldb);
    if (m == 0 || n == 0)
        return GENMOD_OK;
    o.blas = alpha != 0 && blas_wants(&g);
    if (o.blas) {
        blas_tile(&o.rows, &o.columns);
    } else {
        native_tile(&g, &o.rows, &o.columns);
        o.scratch = base_scratch(w, base_width(w), kern_gemm_scratch());
        if (!o.scratch)
            return base_status(w);
    }
    o.across = parts(n, o.columns);
    return base_parallel(w, parts(m, o.rows) * o.across, run_tile, &o);
}
