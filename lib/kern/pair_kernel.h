/* From products of rows to their distances. Included by set.c alone. */
#ifndef KERN_PAIR_KERNEL_H
#define KERN_PAIR_KERNEL_H

#include <math.h>

/* Of |x|^2 + |y|^2 rounding leaves some units in the last place; a distance
 * below this share of it has lost 20 bits of 53, or 6 of 24. */
#if KERN_BITS == 32
#define PAIR_NEAR 0x1p-6f
#else
#define PAIR_NEAR 0x1p-20
#endif

/* Not where a sum has left the range of numbers. */
INLINE mask pair_is_apart(vec l, vec both)
{
    return v_lt(l, v_mul(v_set1(PAIR_NEAR), both));
}

INLINE vec pair_sum(vec l, vec both, vec *most, vec *near)
{
    l = v_add(l, both);
    *most = v_max(l, *most);
    *near = v_blend(pair_is_apart(l, both), *near, v_set1(1));
    return l;
}

static double pair(size_t m, double a, const void *others, void *products,
                   int *is_near)
{
    const REAL *const b = others;
    REAL *const l = products;
    const vec own = v_set1((REAL)a), none = v_set1(-(REAL)INFINITY);
    vec most = none, near = v_zero();
    size_t j = 0;

    for (; j + LANES <= m; j += LANES)
        v_storeu(l + j, pair_sum(v_loadu(l + j), v_add(own, v_loadu(b + j)),
                                 &most, &near));
    if (j < m) {
        const vec both = v_add(own, v_load_some(b + j, m - j, v_zero()));
        const vec some = v_load_some(l + j, m - j, none);

        v_store_some(l + j, pair_sum(some, both, &most, &near), m - j);
    }
    *is_near = v_greatest(near) > 0;
    return (double)v_greatest(most);
}

static double mend(size_t m, double a, const void *others, const void *exact,
                   void *distances)
{
    const REAL *const b = others, *const e = exact;
    REAL *const l = distances;
    const vec own = v_set1((REAL)a), none = v_set1(-(REAL)INFINITY);
    vec most = none;

    for (size_t j = 0; j < m; j += LANES) {
        const size_t some = m - j < LANES ? m - j : LANES;
        const vec both =
            v_add(own, some < LANES ? v_load_some(b + j, some, v_zero())
                                    : v_loadu(b + j));
        const vec old =
            some < LANES ? v_load_some(l + j, some, none) : v_loadu(l + j);
        const vec new =
            some < LANES ? v_load_some(e + j, some, none) : v_loadu(e + j);
        const vec best = v_blend(pair_is_apart(old, both), old, new);

        if (some < LANES)
            v_store_some(l + j, best, some);
        else
            v_storeu(l + j, best);
        most = v_max(best, most);
    }
    return (double)v_greatest(most);
}

static int reaches(size_t m, const void *distances, const void *bounds)
{
    const REAL *const l = distances, *const t = bounds;
    const vec none = v_set1(-(REAL)INFINITY), all = v_set1((REAL)INFINITY);
    size_t j = 0;

    for (; j + LANES <= m; j += LANES)
        if (v_any(v_le(v_loadu(t + j), v_loadu(l + j))))
            return 1;
    return j < m && v_any(v_le(v_load_some(t + j, m - j, all),
                               v_load_some(l + j, m - j, none)));
}

static double greatest(size_t m, const void *numbers)
{
    const REAL *const l = numbers;
    vec most = v_set1(-(REAL)INFINITY);
    size_t j = 0;

    for (; j + LANES <= m; j += LANES)
        most = v_max(v_loadu(l + j), most);
    if (j < m)
        most = v_max(v_load_some(l + j, m - j, most), most);
    return (double)v_greatest(most);
}

#endif
