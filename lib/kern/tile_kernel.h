/* Fused groups of elementwise operators. Included by set.c alone.
 *
 * An instruction is one loop over its elements. The vector holding the last
 * ones is filled up with zeros, never cut, so that an element's bits do not
 * depend on its place.
 */
#ifndef KERN_TILE_KERNEL_H
#define KERN_TILE_KERNEL_H

/* ---- loops --------------------------------------------------------------- */

/* y = f(a, p, q), with numbers of the instruction */
INLINE void map_numbers(vec (*f)(vec, vec, vec), size_t n, const REAL *a,
                        double p, double q, REAL *y)
{
    const vec vp = v_set1((REAL)p), vq = v_set1((REAL)q);
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        v_storeu(y + i, f(v_loadu(a + i), vp, vq));
    if (i < n)
        v_store_some(y + i, f(v_load_some(a + i, n - i, v_zero()), vp, vq),
                     n - i);
}

INLINE void map_two(vec (*f)(vec, vec), size_t n, const REAL *a, const REAL *b,
                    REAL *y)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        v_storeu(y + i, f(v_loadu(a + i), v_loadu(b + i)));
    if (i < n)
        v_store_some(y + i,
                     f(v_load_some(a + i, n - i, v_zero()),
                       v_load_some(b + i, n - i, v_zero())),
                     n - i);
}

INLINE void map_three(vec (*f)(vec, vec, vec), size_t n, const REAL *a,
                      const REAL *b, const REAL *c, REAL *y)
{
    size_t i = 0;

    for (; i + LANES <= n; i += LANES)
        v_storeu(y + i, f(v_loadu(a + i), v_loadu(b + i), v_loadu(c + i)));
    if (i < n)
        v_store_some(y + i,
                     f(v_load_some(a + i, n - i, v_zero()),
                       v_load_some(b + i, n - i, v_zero()),
                       v_load_some(c + i, n - i, v_zero())),
                     n - i);
}

/* ---- operators ----------------------------------------------------------- */

INLINE vec copy_of(vec a)
{
    return a;
}

INLINE vec negative(vec a)
{
    return -a;
}

INLINE vec reciprocal(vec a)
{
    return v_div(v_set1(1), a);
}

/* Two roundings: 1.5 ulp at most. */
INLINE vec reciprocal_root(vec a)
{
    return v_div(v_set1(1), v_sqrt(a));
}

/* Zeros and NaN stay what they are. */
INLINE vec sign_of(vec a)
{
    return v_blend(v_lt(v_zero(), v_abs(a)), v_copysign(v_set1(1), a), a);
}

INLINE vec leaky(vec a, vec p, vec q)
{
    (void)q;
    return v_blend(v_lt(v_zero(), a), a, v_mul(p, a));
}

INLINE vec gate(vec a, vec p, vec q)
{
    (void)q;
    return v_blend(v_lt(v_zero(), a), v_set1(1), p);
}

INLINE vec affine(vec a, vec p, vec q)
{
    return v_fma(p, a, q);
}

/* Where either is NaN, v_max() and v_min() give their second operand. */
INLINE vec greater_of(vec a, vec b)
{
    return v_blend(v_nan(a), a, v_max(a, b));
}

INLINE vec lesser_of(vec a, vec b)
{
    return v_blend(v_nan(a), a, v_min(a, b));
}

INLINE vec is_greater(vec a, vec b)
{
    return v_blend(v_lt(b, a), v_set1(1), v_zero());
}

INLINE vec is_greater_equal(vec a, vec b)
{
    return v_blend(v_le(b, a), v_set1(1), v_zero());
}

INLINE vec is_equal(vec a, vec b)
{
    return v_blend(v_eq(a, b), v_set1(1), v_zero());
}

INLINE vec select_of(vec a, vec b, vec c)
{
    return v_blend(v_eq(a, v_zero()), c, b);
}

/* ---- code ---------------------------------------------------------------- */

static void tile_sin(size_t n, const REAL *a, REAL *y)
{
    REAL other[KERN_TILE];

    map_sincos(n, a, y, other);
}

static void tile_cos(size_t n, const REAL *a, REAL *y)
{
    REAL other[KERN_TILE];

    map_sincos(n, a, other, y);
}

static void tile_function(const kern_tile *t, size_t n, const REAL *a, REAL *y)
{
    switch (t->op) {
    case KERN_EXP:
        map_exp(n, a, y);
        break;
    case KERN_EXPM1:
        map(v_expm1, n, a, y);
        break;
    case KERN_LOG:
        map_log(n, a, y);
        break;
    case KERN_LOG1P:
        map_log1p(n, a, y);
        break;
    case KERN_LOG1MEXP:
        map(v_log1mexp, n, a, y);
        break;
    case KERN_TANH:
        map_tanh(n, a, y);
        break;
    case KERN_SIGMOID:
        map_sigmoid(n, a, y);
        break;
    case KERN_SOFTPLUS:
        map_softplus(n, a, y);
        break;
    case KERN_ERF:
        map(v_erf, n, a, y);
        break;
    case KERN_LGAMMA:
        map(v_lgamma, n, a, y);
        break;
    case KERN_POLYGAMMA:
        map_polygamma((int)t->p, n, a, y);
        break;
    case KERN_SIN:
        tile_sin(n, a, y);
        break;
    case KERN_COS:
        tile_cos(n, a, y);
        break;
    default:
        break;
    }
}

static void tile_one(const kern_tile *t, size_t n, const REAL *a, REAL *y)
{
    switch (t->op) {
    case KERN_COPY:
        map_short(copy_of, n, a, y);
        break;
    case KERN_NEG:
        map_short(negative, n, a, y);
        break;
    case KERN_RECIP:
        map_short(reciprocal, n, a, y);
        break;
    case KERN_SQRT:
        map_short(v_sqrt, n, a, y);
        break;
    case KERN_RSQRT:
        map_short(reciprocal_root, n, a, y);
        break;
    case KERN_ABS:
        map_short(v_abs, n, a, y);
        break;
    case KERN_SIGN:
        map_short(sign_of, n, a, y);
        break;
    case KERN_FLOOR:
        map_short(v_floor, n, a, y);
        break;
    case KERN_LEAKY:
        map_numbers(leaky, n, a, t->p, 0, y);
        break;
    case KERN_GATE:
        map_numbers(gate, n, a, t->p, 0, y);
        break;
    case KERN_AFFINE:
        map_numbers(affine, n, a, t->p, t->q, y);
        break;
    default:
        tile_function(t, n, a, y);
        break;
    }
}

static void tile_two(int op, size_t n, const REAL *a, const REAL *b, REAL *y)
{
    switch (op) {
    case KERN_ADD:
        map_two(v_add, n, a, b, y);
        break;
    case KERN_SUB:
        map_two(v_sub, n, a, b, y);
        break;
    case KERN_MUL:
        map_two(v_mul, n, a, b, y);
        break;
    case KERN_DIV:
        map_two(v_div, n, a, b, y);
        break;
    case KERN_MAX:
        map_two(greater_of, n, a, b, y);
        break;
    case KERN_MIN:
        map_two(lesser_of, n, a, b, y);
        break;
    case KERN_GREATER:
        map_two(is_greater, n, a, b, y);
        break;
    case KERN_GREATER_EQUAL:
        map_two(is_greater_equal, n, a, b, y);
        break;
    default:
        map_two(is_equal, n, a, b, y);
        break;
    }
}

static void run_code(size_t count, const kern_tile *code, size_t n,
                     void *const *reg)
{
    for (size_t i = 0; i < count; i++) {
        const kern_tile *const t = &code[i];
        const REAL *const a = reg[t->a];
        REAL *const y = reg[t->out];

        if (t->op < KERN_ADD)
            tile_one(t, n, a, y);
        else if (t->op < KERN_SELECT)
            tile_two(t->op, n, a, reg[t->b], y);
        else if (t->op == KERN_SELECT)
            map_three(select_of, n, a, reg[t->b], reg[t->c], y);
        else
            map_three(v_fma, n, a, reg[t->b], reg[t->c], y);
    }
}

#endif
