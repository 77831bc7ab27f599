/* One table of kernels. meson.build compiles this file once for each
 * instruction set and element type, with the set's own compiler flags and
 *
 *     KERN_SET    BASE_CPU_… of the set
 *     KERN_BITS   32 or 64
 *     KERN_TABLE  the table's name, as set.h declares it
 *     KERN_FAST   compile what training waits for for speed, where the rest is
 *                 compiled for size
 */
#include "kern/set.h"
#include "kern/vector.h"

#include "kern/panel_kernel.h"
#include "kern/vmath_kernel.h"
#include "kern/squares_kernel.h"
#include "kern/mixture_kernel.h"
#include "kern/moments_kernel.h"
#include "kern/pair_kernel.h"

/* What graphs are run with: kern_ops_of_graph(). */
#if KERN_BITS == 32 || KERN_SET == BASE_CPU_GENERIC
#define KERN_GRAPH
#include "kern/special_kernel.h"
#endif

#ifdef KERN_FAST
#pragma GCC optimize("O2")
#endif
#include "kern/gemm_kernel.h"
#ifdef KERN_GRAPH
#include "kern/conv_kernel.h"
#include "kern/tile_kernel.h"
#include "kern/reduce_kernel.h"
#include "kern/random_kernel.h"
#include "kern/train_kernel.h"
#include "kern/window_kernel.h"
#endif

const kern_ops KERN_TABLE = {
    .type = KERN_BITS == 32 ? GENMOD_F32 : GENMOD_F64,
    .cpu = KERN_SET,
    .bytes = sizeof(REAL),
    .pack = pack,
    .quad_full = quad_full,
    .quad_diag = quad_diag,
    .posterior = posterior,
    .moments_full = moments_full,
    .moments_diag = moments_diag,
    .moments_origin = moments_origin,
    .gemm = gemm,
    .pair = pair,
    .mend = mend,
    .reaches = reaches,
    .greatest = greatest,
    .exp = map_exp,
    .log = map_log,
    .log1p = map_log1p,
    .tanh = map_tanh,
    .sigmoid = map_sigmoid,
    .softplus = map_softplus,
    .sincos = map_sincos,
    .logsumexp = logsumexp,
    .sum = sum,
    .sum_squares = sum_squares,
#ifdef KERN_GRAPH
    .tile = run_code,
    .reduce = reduce,
    .sum_columns = sum_columns,
    .moments_part = moments_part,
#if KERN_BITS == 32
    .uniform = uniform,
    .normal = normal,
#endif
    .sgd = sgd,
    .adam = adam,
    .rmsprop = rmsprop,
    .average = average,
    .conv = &conv_table,
    .window = &window_table,
#endif
};
