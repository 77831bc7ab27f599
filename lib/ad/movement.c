/* Operators that move elements. A row axis stays axis 0, whole. */
#include <string.h>

#include "ad/internal.h"

/* A constant of another shape; AD_NONE where x is none. */
static ad_node constant_as(ad_graph *g, ad_node x, const ad_shape *shape)
{
    double v;

    return ad_is_constant(g, x, &v) ? ad_constant(g, v, *shape) : AD_NONE;
}

/* reshape: the same elements in the same order */

/* At the planned number of rows, and so at any: both are linear in it. */
static int same_elements(const ad_shape *a, const ad_shape *b)
{
    return !a->div == !b->div && ad_elements(a) == ad_elements(b);
}

ad_node ad_reshape(ad_graph *g, ad_node a, ad_shape shape)
{
    if (a < 0)
        return AD_NONE;
    const ad_record r = ad_at(g, a);
    if (ad_shape_equal(&r.shape, &shape))
        return a;
    if (!ad_sound(&shape) || !same_elements(&r.shape, &shape))
        return ad_refuse(g, "a reshape keeps the elements of every row");
    if (r.op == AD_OP_RESHAPE)
        return ad_reshape(g, r.in[0], shape);
    const ad_node c = constant_as(g, a, &shape);
    if (c >= 0)
        return c;
    const ad_record n = ad_record_of(AD_OP_RESHAPE, a, AD_NONE, &shape);
    return ad_append(g, &n);
}

void ad_gradient_reshape(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                         ad_node *dx)
{
    (void)wanted;
    dx[0] = ad_reshape(g, dy, *ad_shape_at(g, ad_at(g, y).in[0]));
}

/* permute: y's axis i is x's axis axes[i] */

static int is_permutation(const ad_shape *s, const int32_t *axes)
{
    uint32_t seen = 0;

    for (int32_t i = 0; i < s->rank; i++) {
        if (axes[i] < 0 || axes[i] >= s->rank)
            return 0;
        seen |= 1u << axes[i];
    }
    return seen == (1u << s->rank) - 1 && !(s->div && axes[0] != 0);
}

/* The axes that are not of size 1 keep their order. */
static int moves_nothing(const ad_shape *s, const int32_t *axes)
{
    int32_t last = -1;

    for (int32_t i = 0; i < s->rank; i++) {
        if (ad_is_one(s, axes[i]))
            continue;
        if (axes[i] < last)
            return 0;
        last = axes[i];
    }
    return 1;
}

ad_node ad_permute(ad_graph *g, ad_node a, const int32_t *axes)
{
    if (a < 0)
        return AD_NONE;
    const ad_record r = ad_at(g, a);
    ad_record n = ad_record_of(AD_OP_PERMUTE, a, AD_NONE, &r.shape);

    if (!is_permutation(&r.shape, axes))
        return ad_refuse(g, "a permutation names each axis once and leaves "
                            "rows in front");
    for (int32_t i = 0; i < r.shape.rank; i++) {
        n.i[i] = axes[i];
        n.shape.dim[i] = r.shape.dim[axes[i]];
    }
    if (moves_nothing(&r.shape, axes))
        return ad_reshape(g, a, n.shape);
    if (r.op == AD_OP_PERMUTE) {
        int32_t both[AD_RANK];
        for (int32_t i = 0; i < r.shape.rank; i++)
            both[i] = (int32_t)r.i[axes[i]];
        return ad_permute(g, r.in[0], both);
    }
    const ad_node c = constant_as(g, a, &n.shape);
    return c >= 0 ? c : ad_append(g, &n);
}

void ad_gradient_permute(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                         ad_node *dx)
{
    const ad_record r = ad_at(g, y);
    int32_t back[AD_RANK];

    (void)wanted;
    for (int32_t i = 0; i < r.shape.rank; i++)
        back[r.i[i]] = i;
    dx[0] = ad_permute(g, dy, back);
}

/* broadcast: sizes 1 are stretched */

/* The same elements with axes of size 1 in front, up to `rank`. */
static ad_node deepen(ad_graph *g, ad_node a, int32_t rank)
{
    const ad_shape s = *ad_shape_at(g, a);
    const int32_t more = rank - s.rank;
    int64_t dim[AD_RANK];

    if (more == 0)
        return a;
    if (s.div)
        return ad_refuse(g, "rows cannot be broadcast along an axis in front");
    for (int32_t i = 0; i < rank; i++)
        dim[i] = i < more ? 1 : s.dim[i - more];
    return ad_reshape(g, a, ad_shape_of(rank, dim));
}

ad_node ad_broadcast(ad_graph *g, ad_node a, ad_shape shape)
{
    if (a < 0)
        return AD_NONE;
    if (!ad_sound(&shape) || shape.rank < ad_shape_at(g, a)->rank)
        return ad_refuse(g, "a broadcast goes to as many axes or more");
    const ad_node c = constant_as(g, a, &shape);
    const ad_node x = deepen(g, a, shape.rank);
    if (x < 0)
        return AD_NONE;
    const ad_record r = ad_at(g, x);
    for (int32_t i = 0; i < shape.rank; i++)
        if (!ad_is_one(&r.shape, i) && !ad_same_size(&r.shape, i, &shape, i))
            return ad_refuse(g, "a broadcast stretches sizes of 1 alone");
    if (c >= 0)
        return c;
    if (ad_shape_equal(&r.shape, &shape))
        return x;
    if (r.op == AD_OP_BROADCAST)
        return ad_broadcast(g, r.in[0], shape);
    const ad_record n = ad_record_of(AD_OP_BROADCAST, x, AD_NONE, &shape);
    return ad_append(g, &n);
}

void ad_gradient_broadcast(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                           ad_node *dx)
{
    const ad_shape s = *ad_shape_at(g, ad_at(g, y).in[0]);

    (void)wanted;
    dx[0] = ad_reduce_to(g, dy, &s);
}

/* Widens `to` to what it and s have in common; 0 where that is nothing. */
static int widen(ad_shape *to, const ad_shape *s)
{
    const int32_t more = to->rank - s->rank;

    for (int32_t i = 0; i < s->rank; i++) {
        if (ad_is_one(s, i) || ad_same_size(to, i + more, s, i))
            continue;
        if (!ad_is_one(to, i + more) || (ad_is_rows(s, i) && more))
            return 0;
        to->dim[i + more] = s->dim[i];
        if (ad_is_rows(s, i)) {
            to->mul = s->mul;
            to->div = s->div;
        }
    }
    return 1;
}

int ad_align(ad_graph *g, size_t n, ad_node *x)
{
    ad_shape to = ad_scalar();

    for (size_t k = 0; k < n; k++) {
        if (x[k] < 0)
            return 0;
        if (ad_shape_at(g, x[k])->rank > to.rank)
            to.rank = ad_shape_at(g, x[k])->rank;
    }
    for (int32_t i = 0; i < to.rank; i++)
        to.dim[i] = 1;
    for (size_t k = 0; k < n; k++)
        if (!widen(&to, ad_shape_at(g, x[k]))) {
            ad_refuse(g, "the operands have no shape in common");
            return 0;
        }
    for (size_t k = 0; k < n; k++) {
        x[k] = ad_broadcast(g, x[k], to);
        if (x[k] < 0)
            return 0;
    }
    return 1;
}

/* pad with zeros, slice: each other's adjoint */

ad_node ad_pad(ad_graph *g, ad_node a, const int64_t *lo, const int64_t *hi)
{
    int64_t all = 0;

    if (a < 0)
        return AD_NONE;
    ad_record n = ad_record_of(AD_OP_PAD, a, AD_NONE, ad_shape_at(g, a));
    for (int32_t i = 0; i < n.shape.rank; i++) {
        if (lo[i] < 0 || hi[i] < 0 || lo[i] > AD_ELEMENTS ||
            hi[i] > AD_ELEMENTS ||
            (ad_is_rows(&n.shape, i) && (lo[i] || hi[i])))
            return ad_refuse(g, "padding is 0 or more, and 0 for rows");
        n.i[i] = lo[i];
        n.i[AD_RANK + i] = hi[i];
        n.shape.dim[i] += lo[i] + hi[i];
        all += lo[i] + hi[i];
    }
    if (all == 0)
        return a;
    return ad_is_zero(g, a) ? ad_constant(g, 0, n.shape) : ad_append(g, &n);
}

void ad_gradient_pad(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                     ad_node *dx)
{
    const ad_record r = ad_at(g, y);
    const ad_shape s = *ad_shape_at(g, r.in[0]);
    const int64_t step[AD_RANK] = {1, 1, 1, 1, 1, 1};

    (void)wanted;
    dx[0] = ad_slice(g, dy, r.i, s.dim, step);
}

static int slice_fits(const ad_shape *s, const int64_t *first,
                      const int64_t *size, const int64_t *step)
{
    for (int32_t i = 0; i < s->rank; i++) {
        if (first[i] < 0 || size[i] < 1 || step[i] < 1 ||
            first[i] >= s->dim[i] ||
            size[i] - 1 > (s->dim[i] - 1 - first[i]) / step[i])
            return 0;
        if (ad_is_rows(s, i) &&
            (first[i] || size[i] != s->dim[i] || step[i] != 1))
            return 0;
    }
    return 1;
}

/* The record of a slice; a slice of a slice is one of the operand's. */
static ad_record slice_of(const ad_graph *g, ad_node a, const int64_t *first,
                          const int64_t *size, const int64_t *step)
{
    const ad_record r = ad_at(g, a);
    const int nested = r.op == AD_OP_SLICE;
    ad_record n =
        ad_record_of(AD_OP_SLICE, nested ? r.in[0] : a, AD_NONE, &r.shape);

    for (int32_t i = 0; i < n.shape.rank; i++) {
        const int64_t inner = nested ? r.i[AD_RANK + i] : 1;
        n.shape.dim[i] = size[i];
        n.i[i] = (nested ? r.i[i] : 0) + first[i] * inner;
        n.i[AD_RANK + i] = size[i] > 1 ? step[i] * inner : 1;
    }
    return n;
}

ad_node ad_slice(ad_graph *g, ad_node a, const int64_t *first,
                 const int64_t *size, const int64_t *step)
{
    if (a < 0)
        return AD_NONE;
    if (!slice_fits(ad_shape_at(g, a), first, size, step))
        return ad_refuse(g, "a slice lies within its operand and keeps rows");
    const ad_record n = slice_of(g, a, first, size, step);
    if (ad_shape_equal(&n.shape, ad_shape_at(g, a)))
        return a;
    const ad_node c = constant_as(g, a, &n.shape);
    return c >= 0 ? c : ad_append(g, &n);
}

/* x's axis with step - 1 zeros behind each element but the last, by way of
 * [rows, before, n, 1, behind] -> [.., n, step, ..] -> [.., n step, ..]. */
static ad_node spread(ad_graph *g, ad_node x, int32_t axis, int64_t step)
{
    const ad_shape s = *ad_shape_at(g, x);
    const int64_t n = s.dim[axis];
    int64_t before = 1, behind = 1;
    ad_shape split = s, joined = s;

    for (int32_t i = s.div ? 1 : 0; i < axis; i++)
        before *= s.dim[i];
    for (int32_t i = axis + 1; i < s.rank; i++)
        behind *= s.dim[i];
    const int32_t at = s.div ? 1 : 0;
    const int64_t dim[4] = {before, n, 1, behind};
    memcpy(split.dim + at, dim, sizeof dim);
    split.rank = at + 4;
    memset(split.dim + split.rank, 0,
           (size_t)(AD_RANK - split.rank) * sizeof *split.dim);
    int64_t lo[AD_RANK] = {0}, hi[AD_RANK] = {0};
    hi[at + 2] = step - 1;
    joined.dim[axis] = n * step;
    x = ad_pad(g, ad_reshape(g, x, split), lo, hi);
    return ad_part(g, ad_reshape(g, x, joined), axis, 0, (n - 1) * step + 1);
}

void ad_gradient_slice(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                       ad_node *dx)
{
    const ad_record r = ad_at(g, y);
    const ad_shape s = *ad_shape_at(g, r.in[0]);
    int64_t hi[AD_RANK];

    (void)wanted;
    for (int32_t i = 0; i < s.rank; i++) {
        const int64_t step = r.i[AD_RANK + i];
        hi[i] = s.dim[i] - r.i[i] - (r.shape.dim[i] - 1) * step - 1;
        if (step > 1)
            dy = spread(g, dy, i, step);
    }
    dx[0] = ad_pad(g, dy, r.i, hi);
}

ad_node ad_part(ad_graph *g, ad_node a, int32_t axis, int64_t first,
                int64_t size)
{
    const ad_shape s = *ad_shape_at(g, a);
    int64_t from[AD_RANK] = {0}, n[AD_RANK];
    const int64_t step[AD_RANK] = {1, 1, 1, 1, 1, 1};

    if (a < 0)
        return AD_NONE;
    if (axis < 0 || axis >= s.rank)
        return ad_refuse(g, "a part is of one of the axes");
    memcpy(n, s.dim, sizeof n);
    from[axis] = first;
    n[axis] = size;
    return ad_slice(g, a, from, n, step);
}

/* concat: b behind a */

static ad_node join(ad_graph *g, int32_t axis, ad_node a, ad_node b)
{
    if (a < 0 || b < 0)
        return AD_NONE;
    const ad_shape s = *ad_shape_at(g, a), t = *ad_shape_at(g, b);
    double u, v;

    if (s.rank != t.rank || axis < 0 || axis >= s.rank ||
        (axis == 0 && (s.div || t.div)))
        return ad_refuse(g, "parts are joined along a static axis of equal "
                            "ranks");
    for (int32_t i = 0; i < s.rank; i++)
        if (i != axis && !ad_same_size(&s, i, &t, i))
            return ad_refuse(g, "parts differ along the joined axis alone");
    ad_record n = ad_record_of(AD_OP_CONCAT, a, b, &s);
    n.i[0] = axis;
    n.shape.dim[axis] += t.dim[axis];
    if (ad_is_constant(g, a, &u) && ad_is_constant(g, b, &v) && u == v)
        return ad_constant(g, u, n.shape);
    return ad_append(g, &n);
}

ad_node ad_concat(ad_graph *g, int32_t axis, size_t n, const ad_node *parts)
{
    if (n < 1)
        return ad_refuse(g, "1 part or more is joined");
    ad_node all = parts[0];
    for (size_t k = 1; k < n; k++)
        all = join(g, axis, all, parts[k]);
    return all;
}

void ad_gradient_concat(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                        ad_node *dx)
{
    const ad_record r = ad_at(g, y);
    const int32_t axis = (int32_t)r.i[0];
    const int64_t first = ad_shape_at(g, r.in[0])->dim[axis];
    const int64_t second = ad_shape_at(g, r.in[1])->dim[axis];

    if (wanted & 1)
        dx[0] = ad_part(g, dy, axis, 0, first);
    if (wanted & 2)
        dx[1] = ad_part(g, dy, axis, first, second);
}

/* stop: no gradient, of any order, goes through */

ad_node ad_stop(ad_graph *g, ad_node a)
{
    if (a < 0)
        return AD_NONE;
    const ad_record r = ad_at(g, a);
    if (r.op == AD_OP_CONSTANT || r.op == AD_OP_STOP)
        return a;
    const ad_record n = ad_record_of(AD_OP_STOP, a, AD_NONE, &r.shape);
    return ad_append(g, &n);
}

/* the sum over all parts, its own adjoint: what each part's loss hands back to
 * the sum belongs to the operands of all */

ad_node ad_all_sum(ad_graph *g, ad_node a)
{
    double v;

    if (a < 0 || ad_is_zero(g, a))
        return a;
    if (g->parts > 1 && ad_is_constant(g, a, &v))
        return ad_constant(g, v * (double)g->parts, *ad_shape_at(g, a));
    if (g->parts > 1 && ad_shape_at(g, a)->div)
        return ad_refuse(g, "a sum over parts has no rows");
    const ad_record n =
        ad_record_of(AD_OP_ALL_SUM, a, AD_NONE, ad_shape_at(g, a));
    return ad_append(g, &n);
}

ad_node ad_all_mean(ad_graph *g, ad_node a)
{
    return g->parts == 1 ? a
                         : ad_scale(g, ad_all_sum(g, a), 1 / (double)g->parts);
}

ad_node ad_all_count(ad_graph *g, ad_node x)
{
    const ad_node n = ad_count(g, x);

    return g->parts == 1 ? n : ad_scale(g, n, (double)g->parts);
}

void ad_gradient_all_sum(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                         ad_node *dx)
{
    (void)y;
    (void)wanted;
    dx[0] = ad_all_sum(g, dy);
}
