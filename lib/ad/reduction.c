/* Reductions over a mask of axes, which stay with size 1 inside. */
#include "ad/internal.h"

/* The axes of the mask that hold more than one element. */
static int axes_of(ad_graph *g, const ad_shape *s, uint32_t *axes)
{
    if (*axes >> s->rank) {
        ad_refuse(g, "a reduction is over axes of its operand");
        return 0;
    }
    for (int32_t i = 0; i < s->rank; i++)
        if (ad_is_one(s, i))
            *axes &= ~(1u << i);
    return 1;
}

static ad_shape reduced(const ad_shape *s, uint32_t axes)
{
    ad_shape t = *s;

    for (int32_t i = 0; i < s->rank; i++)
        if (axes >> i & 1)
            ad_set_size(&t, i, 1);
    return t;
}

/* Without the axes of the mask, which have size 1, unless they are kept. */
static ad_node drop(ad_graph *g, ad_node a, uint32_t axes, int keep)
{
    const ad_shape s = *ad_shape_at(g, a);
    ad_shape t = s;
    int32_t rank = 0;

    if (keep || a < 0)
        return a;
    for (int32_t i = 0; i < s.rank; i++)
        if (!(axes >> i & 1))
            t.dim[rank++] = s.dim[i];
    for (int32_t i = t.rank = rank; i < AD_RANK; i++)
        t.dim[i] = 0;
    return ad_reshape(g, a, t);
}

/* The number of elements that are reduced to one, as a factor and, where rows
 * are among them, their number as a node. */
static double count_of(ad_graph *g, ad_node a, uint32_t axes, ad_node *rows)
{
    const ad_shape s = *ad_shape_at(g, a);
    double n = 1;

    *rows = axes & 1 && s.div ? ad_count(g, a) : AD_NONE;
    for (int32_t i = 0; i < s.rank; i++)
        if (axes >> i & 1 && !ad_is_rows(&s, i))
            n *= (double)s.dim[i];
    return n;
}

/* a n or a / n, n the elements that `axes` of `like` have. */
static ad_node times_count(ad_graph *g, ad_node a, ad_node like, uint32_t axes)
{
    ad_node rows;
    const double n = count_of(g, like, axes, &rows);

    a = ad_scale(g, a, n);
    return rows < 0 ? a : ad_mul(g, a, rows);
}

static ad_node over_count(ad_graph *g, ad_node a, ad_node like, uint32_t axes)
{
    ad_node rows;
    const double n = count_of(g, like, axes, &rows);

    a = ad_scale(g, a, 1 / n);
    return rows < 0 ? a : ad_mul(g, a, ad_recip(g, rows));
}

/* sum: dx = dy, broadcast */

/* The axes of a mask along which a broadcast repeats. */
static uint32_t repeated(const ad_graph *g, const ad_record *r, uint32_t axes)
{
    const ad_shape *const from = ad_shape_at(g, r->in[0]);
    uint32_t mask = 0;

    for (int32_t i = 0; i < r->shape.rank; i++)
        if (axes >> i & 1 && ad_is_one(from, i))
            mask |= 1u << i;
    return mask;
}

static ad_node sum_kept(ad_graph *g, ad_node a, uint32_t axes)
{
    if (!axes)
        return a;
    const ad_record r = ad_at(g, a);
    const ad_shape s = reduced(&r.shape, axes);
    if (r.op == AD_OP_CONSTANT)
        return times_count(g, ad_constant(g, r.p, s), a, axes);
    if (r.op == AD_OP_SUM)
        return sum_kept(g, r.in[0], axes | (uint32_t)r.i[0]);
    const uint32_t same = r.op == AD_OP_BROADCAST ? repeated(g, &r, axes) : 0;
    if (same) {
        const ad_shape once = reduced(&r.shape, same);
        const ad_node x = ad_broadcast(g, r.in[0], once);
        return times_count(g, sum_kept(g, x, axes & ~same), a, same);
    }
    ad_record n = ad_record_of(AD_OP_SUM, a, AD_NONE, &s);
    n.i[0] = axes;
    return ad_append(g, &n);
}

ad_node ad_sum(ad_graph *g, ad_node a, uint32_t axes, int keep)
{
    uint32_t some = axes;

    if (a < 0 || !axes_of(g, ad_shape_at(g, a), &some))
        return AD_NONE;
    return drop(g, sum_kept(g, a, some), axes, keep);
}

void ad_gradient_sum(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                     ad_node *dx)
{
    (void)wanted;
    dx[0] = ad_broadcast(g, dy, *ad_shape_at(g, ad_at(g, y).in[0]));
}

ad_node ad_mean(ad_graph *g, ad_node a, uint32_t axes, int keep)
{
    const ad_node sum = ad_sum(g, a, axes, 1);

    return sum < 0 ? AD_NONE : drop(g, over_count(g, sum, a, axes), axes, keep);
}

static uint32_t all_axes(const ad_graph *g, ad_node a)
{
    return (1u << ad_shape_at(g, a)->rank) - 1;
}

ad_node ad_sum_all(ad_graph *g, ad_node a)
{
    return ad_sum(g, a, all_axes(g, a), 0);
}

ad_node ad_mean_all(ad_graph *g, ad_node a)
{
    return ad_mean(g, a, all_axes(g, a), 0);
}

ad_node ad_reduce_to(ad_graph *g, ad_node x, const ad_shape *shape)
{
    uint32_t axes = 0;

    if (x < 0)
        return AD_NONE;
    const ad_shape s = *ad_shape_at(g, x);
    const int32_t more = s.rank - shape->rank;
    for (int32_t i = 0; i < s.rank; i++)
        if (i < more || !ad_same_size(&s, i, shape, i - more))
            axes |= 1u << i;
    return ad_reshape(g, ad_sum(g, x, axes, 1), *shape);
}

/* steps of their own: their axes lie together */

static int adjacent(uint32_t axes)
{
    while (!(axes & 1))
        axes >>= 1;
    return !(axes & (axes + 1));
}

/* An order of axes that brings those of the mask together: to the front where
 * axis 0, which may count rows, is one of them, else to the end. */
static uint32_t gather_axes(int32_t rank, uint32_t axes, int32_t *order)
{
    const int front = axes & 1;
    int32_t n = 0, first = 0;

    for (int pass = 0; pass < 2; pass++) {
        const int chosen = pass == 0 ? front : !front;
        if (chosen)
            first = n;
        for (int32_t i = 0; i < rank; i++)
            if ((int)(axes >> i & 1) == chosen)
                order[n++] = i;
    }
    uint32_t mask = 0;
    for (int32_t i = 0; i < rank; i++)
        if (axes >> i & 1)
            mask |= 1u << first++;
    return mask;
}

static ad_node step(ad_graph *g, int32_t op, ad_node a, uint32_t axes)
{
    const ad_shape s = reduced(ad_shape_at(g, a), axes);
    ad_record n = ad_record_of(op, a, AD_NONE, &s);

    n.i[0] = axes;
    if (op == AD_OP_MOMENTS) {
        if (s.rank == AD_RANK)
            return ad_refuse(g, "moments are of rank 5 at most");
        n.shape.dim[n.shape.rank++] = 2;
    }
    return ad_append(g, &n);
}

/* The step on axes that lie together, and the way back. */
static ad_node together(ad_graph *g, int32_t op, ad_node a, uint32_t axes)
{
    const int32_t rank = ad_shape_at(g, a)->rank;
    int32_t order[AD_RANK], back[AD_RANK];

    if (adjacent(axes))
        return step(g, op, a, axes);
    const uint32_t mask = gather_axes(rank, axes, order);
    for (int32_t i = 0; i < rank; i++)
        back[order[i]] = i;
    const ad_node y = step(g, op, ad_permute(g, a, order), mask);
    if (y < 0)
        return AD_NONE;
    if (op == AD_OP_MOMENTS) /* whose rank is 5 at most */
        back[rank] = rank;
    /* Of what was rows only a size of 1 is left, which may go anywhere. */
    return ad_permute(g, y, back);
}

static ad_node reduce(ad_graph *g, int32_t op, ad_node a, uint32_t axes,
                      int keep)
{
    uint32_t some = axes;
    double v;

    if (a < 0 || !axes_of(g, ad_shape_at(g, a), &some))
        return AD_NONE;
    if (!some)
        return drop(g, a, axes, keep);
    const ad_shape s = reduced(ad_shape_at(g, a), some);
    if (op != AD_OP_LOGSUMEXP && ad_is_constant(g, a, &v))
        return drop(g, ad_constant(g, v, s), axes, keep);
    return drop(g, together(g, op, a, some), axes, keep);
}

ad_node ad_greatest(ad_graph *g, ad_node a, uint32_t axes, int keep)
{
    return reduce(g, AD_OP_GREATEST, a, axes, keep);
}

ad_node ad_least(ad_graph *g, ad_node a, uint32_t axes, int keep)
{
    return reduce(g, AD_OP_LEAST, a, axes, keep);
}

/* All elements that equal the extreme share its gradient. */
static void extreme(ad_graph *g, ad_node y, ad_node dy, ad_node *dx)
{
    const ad_record r = ad_at(g, y);
    const ad_node ties = ad_equal(g, r.in[0], y);
    const ad_node n = ad_sum(g, ties, (uint32_t)r.i[0], 1);
    const ad_node share = ad_div(g, dy, n);

    dx[0] = ad_select(g, ties, share, ad_zeros(g, share));
}

void ad_gradient_greatest(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                          ad_node *dx)
{
    (void)wanted;
    extreme(g, y, dy, dx);
}

void ad_gradient_least(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                       ad_node *dx)
{
    (void)wanted;
    extreme(g, y, dy, dx);
}

/* ln sum exp: dx = dy exp(x - y) */

ad_node ad_logsumexp(ad_graph *g, ad_node a, uint32_t axes, int keep)
{
    return reduce(g, AD_OP_LOGSUMEXP, a, axes, keep);
}

void ad_gradient_logsumexp(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                           ad_node *dx)
{
    const ad_node x = ad_at(g, y).in[0];

    (void)wanted;
    dx[0] = ad_mul(g, dy, ad_exp(g, ad_sub(g, x, y)));
}

/* where the extreme is: gradient 0 */

static ad_node position(ad_graph *g, int32_t op, ad_node a, int32_t axis,
                        int keep)
{
    double v;

    if (a < 0)
        return AD_NONE;
    const ad_shape s = *ad_shape_at(g, a);
    if (axis < 0 || axis >= s.rank)
        return ad_refuse(g, "a position is along one of the axes");
    const uint32_t mask = 1u << axis;
    const ad_shape t = reduced(&s, mask);
    if (ad_is_one(&s, axis) || ad_is_constant(g, a, &v))
        return drop(g, ad_constant(g, 0, t), mask, keep);
    return drop(g, step(g, op, a, mask), mask, keep);
}

ad_node ad_argmax(ad_graph *g, ad_node a, int32_t axis, int keep)
{
    return position(g, AD_OP_ARGMAX, a, axis, keep);
}

ad_node ad_argmin(ad_graph *g, ad_node a, int32_t axis, int keep)
{
    return position(g, AD_OP_ARGMIN, a, axis, keep);
}

/* moments: dx = (dmean + 2 dvariance (x - mean)) / N; of several parts with as
 * many rows, Chan, Golub, LeVeque 1979, equation (2.1): the mean of the means,
 * and of the variances and the squares by which the means are apart */

/* Entry k of the last axis, which goes. */
static ad_node entry(ad_graph *g, ad_node y, int64_t k)
{
    const int32_t last = ad_shape_at(g, y)->rank - 1;

    return drop(g, ad_part(g, y, last, k, 1), 1u << last, 0);
}

static void join_moments(ad_graph *g, ad_node *mean, ad_node *variance)
{
    const ad_node own = *mean;
    ad_node apart;

    *mean = ad_all_mean(g, own);
    apart = ad_sub(g, own, *mean);
    *variance = ad_all_mean(g, ad_add(g, *variance, ad_mul(g, apart, apart)));
}

void ad_moments(ad_graph *g, ad_node a, uint32_t axes, ad_node *mean,
                ad_node *variance)
{
    uint32_t some = axes;

    *mean = AD_NONE;
    *variance = AD_NONE;
    if (a < 0 || !axes_of(g, ad_shape_at(g, a), &some))
        return;
    if (!some) {
        *mean = a;
        *variance = ad_zeros(g, a);
        return;
    }
    const ad_node y = together(g, AD_OP_MOMENTS, a, some);
    if (y < 0)
        return;
    *mean = entry(g, y, 0);
    *variance = entry(g, y, 1);
    if (g->parts > 1 && some & 1 && ad_shape_at(g, a)->div)
        join_moments(g, mean, variance);
}

void ad_gradient_moments(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                         ad_node *dx)
{
    const ad_record r = ad_at(g, y);
    const ad_node x = r.in[0];
    const uint32_t axes = (uint32_t)r.i[0];
    const ad_node dmean = over_count(g, entry(g, dy, 0), x, axes);
    const ad_node dvar = over_count(g, entry(g, dy, 1), x, axes);
    const ad_node centred = ad_sub(g, x, entry(g, y, 0));

    (void)wanted;
    dx[0] = ad_add(g, ad_scale(g, ad_mul(g, dvar, centred), 2), dmean);
    dx[0] = ad_broadcast(g, dx[0], *ad_shape_at(g, x));
}
