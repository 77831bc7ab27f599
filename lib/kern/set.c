/* One table of kernels. meson.build compiles this file once for each
 * instruction set and element type, with the set's own compiler flags and
 *
 *     KERN_SET    BASE_CPU_… of the set
 *     KERN_BITS   32 or 64
 *     KERN_TABLE  the table's name, as set.h declares it
 */
#include "kern/set.h"
#include "kern/vector.h"

#include "kern/panel_kernel.h"
#include "kern/vmath_kernel.h"
#include "kern/special_kernel.h"
#include "kern/tile_kernel.h"
#include "kern/reduce_kernel.h"
#include "kern/random_kernel.h"
#include "kern/mixture_kernel.h"
#include "kern/gemm_kernel.h"
#include "kern/pair_kernel.h"
#include "kern/conv_kernel.h"
#include "kern/train_kernel.h"
#include "kern/window_kernel.h"

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
    .conv = &conv_table,
    .exp = map_exp,
    .log = map_log,
    .log1p = map_log1p,
    .tanh = map_tanh,
    .sigmoid = map_sigmoid,
    .softplus = map_softplus,
    .sincos = map_sincos,
    .logsumexp = logsumexp,
    .sum = sum,
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
    .sum_squares = sum_squares,
    .window = &window_table,
};
