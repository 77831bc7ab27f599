/* The provider of a build without BLAS: it wants nothing. */
#include <assert.h>

#include "kern/gemm.h"

int blas_wants(const kern_product *p)
{
    (void)p;
    return 0;
}

void blas_tile(size_t *rows, size_t *columns)
{
    *rows = *columns = 1;
}

void blas_gemm(const kern_product *p, const gemm_tile *t)
{
    (void)p;
    (void)t;
    assert(0); /* blas_wants() is 0 */
}

const char *kern_blas_name(void)
{
    return "builtin";
}
