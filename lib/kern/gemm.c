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

static size_t parts(size_t n, size_t size)
{
    return n / size + (n % size != 0);
}

static size_t smaller(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Halves a tile until there are enough of them: the columns first, since B, a
 * layer's weights, is read once for all rows of a tile; the rows where they are
 * four times as many. */
static void native_tile(kern_product *p)
{
    const size_t sliver = GEMM_SLIVER / p->ops->bytes;
    const size_t depth = smaller(p->k, TILE_WORK);
    size_t r = GEMM_ROWS, slivers = GEMM_WIDTH / GEMM_SLIVER;
    for (;;) {
        const size_t m = smaller(p->m, r), n = smaller(p->n, slivers * sliver);
        if (parts(p->m, r) >= TILES ||
            parts(p->m, r) * parts(p->n, slivers * sliver) >= TILES ||
            m * n * depth < 2 * TILE_WORK)
            break;
        if (n > sliver && 4 * n > m)
            slivers = (slivers + 1) / 2;
        else if (m > 16)
            r /= 2;
        else if (slivers > 1)
            slivers = (slivers + 1) / 2;
        else
            break;
    }
    p->rows = r;
    p->columns = slivers * sliver;
}

size_t kern_gemm_scratch(void)
{
    return GEMM_SLIVER_BYTES + GEMM_SUM_BYTES + GEMM_A_BYTES;
}

void kern_product_cut(kern_product *p)
{
    assert(p->ops && p->n <= p->ldc && (p->ta ? p->m : p->k) <= p->lda &&
           (p->tb ? p->k : p->n) <= p->ldb);
    p->blas = p->alpha != 0 && blas_wants(p);
    if (p->blas)
        blas_tile(&p->rows, &p->columns);
    else
        native_tile(p);
    p->across = parts(p->n, p->columns);
}

size_t kern_product_items(const kern_product *p)
{
    return parts(p->m, p->rows) * p->across;
}

static size_t cell(const kern_product *p, size_t ld, size_t i, size_t j)
{
    return (i * ld + j) * p->ops->bytes;
}

void kern_product_item(const kern_product *p, size_t item, const kern_real *a,
                       const kern_real *b, kern_real *c, void *scratch)
{
    const size_t i = item / p->across * p->rows;
    const size_t j = item % p->across * p->columns;
    gemm_tile t = {.m = smaller(p->m - i, p->rows),
                   .n = smaller(p->n - j, p->columns)};
    t.a = (const char *)a +
          (p->ta ? cell(p, p->lda, 0, i) : cell(p, p->lda, i, 0));
    t.b = (const char *)b +
          (p->tb ? cell(p, p->ldb, j, 0) : cell(p, p->ldb, 0, j));
    t.c = (char *)c + cell(p, p->ldc, i, j);
    if (p->blas)
        blas_gemm(p, &t);
    else
        p->ops->gemm(p->ta, p->tb, t.m, t.n, p->k, p->alpha, t.a, p->lda, t.b,
                     p->ldb, p->beta, t.c, p->ldc, scratch);
}

typedef struct job {
    const kern_product *product;
    const kern_real *a, *b;
    kern_real *c;
    char *scratch; /* one kern_gemm_scratch() a slot; NULL: none needed */
} job;

static int32_t run_item(size_t item, size_t slot, void *arg)
{
    const job *const o = arg;
    kern_product_item(o->product, item, o->a, o->b, o->c,
                      o->scratch ? o->scratch + slot * kern_gemm_scratch()
                                 : NULL);
    return GENMOD_OK;
}

int32_t kern_gemm(genmod_workspace *w, int32_t type, int ta, int tb, size_t m,
                  size_t n, size_t k, double alpha, const kern_real *a,
                  size_t lda, const kern_real *b, size_t ldb, double beta,
                  kern_real *c, size_t ldc)
{
    kern_product p = {.ops = kern_ops_of(base_cpu(w), type),
                      .ta = ta,
                      .tb = tb,
                      .m = m,
                      .n = n,
                      .k = k,
                      .lda = lda,
                      .ldb = ldb,
                      .ldc = ldc,
                      .alpha = alpha,
                      .beta = beta};
    job o = {.product = &p, .a = a, .b = b, .c = c};
    kern_product_cut(&p);
    if (m == 0 || n == 0)
        return GENMOD_OK;
    if (!p.blas) {
        o.scratch = base_scratch(w, base_width(w), kern_gemm_scratch());
        if (!o.scratch)
            return base_status(w);
    }
    return base_parallel(w, kern_product_items(&p), run_item, &o);
}
