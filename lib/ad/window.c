/* Windows over images, and resampling: linear operators and their adjoints. */
#include <string.h>

#include "ad/internal.h"

static ad_node image_refused(ad_graph *g)
{
    return ad_refuse(g, "an image is [n, h, w, c] and no smaller than a window "
                        "of it");
}

/* averages: y = A x, and x = A^T y */

/* The record of either, with the attributes of a window. */
static ad_record window(int32_t op, ad_node a, ad_node b, const ad_shape *to,
                        int64_t r, int64_t s, const ad_window *o, int count_pad)
{
    ad_record n = ad_record_of(op, a, b, to);

    ad_window_in(&n, o);
    n.i[6] = count_pad != 0;
    n.i[7] = r;
    n.i[8] = s;
    return n;
}

ad_node ad_average_pool(ad_graph *g, ad_node x, int64_t r, int64_t s,
                        const ad_window *o, int count_pad)
{
    if (x < 0)
        return AD_NONE;
    ad_shape y = *ad_shape_at(g, x);
    if (!ad_windows(ad_shape_at(g, x), o, r, s, &y.dim[1], &y.dim[2]))
        return image_refused(g);
    const ad_record n =
        window(AD_OP_AVERAGE, x, AD_NONE, &y, r, s, o, count_pad);
    return ad_is_zero(g, x) ? ad_constant(g, 0, y) : ad_append(g, &n);
}

/* The same window from the other side: the result has the shape that the
 * operand of y had. */
static ad_node adjoint(ad_graph *g, int32_t op, ad_node y, ad_node dy)
{
    ad_record n = ad_at(g, y);

    n.op = op;
    n.shape = *ad_shape_at(g, n.in[0]);
    n.in[0] = dy;
    if (dy < 0)
        return AD_NONE;
    return ad_is_zero(g, dy) ? ad_constant(g, 0, n.shape) : ad_append(g, &n);
}

void ad_gradient_average(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                         ad_node *dx)
{
    (void)wanted;
    dx[0] = adjoint(g, AD_OP_AVERAGE_X, y, dy);
}

void ad_gradient_average_x(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                           ad_node *dx)
{
    (void)wanted;
    dx[0] = adjoint(g, AD_OP_AVERAGE, y, dy);
}

/* max pooling: y = x at index, and x = 0 but y at index */

ad_node ad_max_pool(ad_graph *g, ad_node x, int64_t r, int64_t s,
                    const ad_window *o)
{
    if (x < 0)
        return AD_NONE;
    ad_shape y = *ad_shape_at(g, x);
    if (!ad_windows(ad_shape_at(g, x), o, r, s, &y.dim[1], &y.dim[2]) ||
        o->top >= r || o->bottom >= r || o->left >= s || o->right >= s)
        return image_refused(g);
    const ad_record n = window(AD_OP_WINDOW_ARGMAX, x, AD_NONE, &y, r, s, o, 0);
    const ad_record at =
        ad_record_of(AD_OP_WINDOW_GATHER, x, ad_append(g, &n), &y);
    return ad_append(g, &at);
}

void ad_gradient_window_gather(ad_graph *g, ad_node y, ad_node dy,
                               uint32_t wanted, ad_node *dx)
{
    if (wanted & 1)
        dx[0] = adjoint(g, AD_OP_WINDOW_SCATTER, y, dy);
}

void ad_gradient_window_scatter(ad_graph *g, ad_node y, ad_node dy,
                                uint32_t wanted, ad_node *dx)
{
    if (wanted & 1)
        dx[0] = adjoint(g, AD_OP_WINDOW_GATHER, y, dy);
}

/* nearest: each cell factor times in either direction */

ad_node ad_upsample_nearest(ad_graph *g, ad_node x, int64_t factor)
{
    if (x < 0)
        return AD_NONE;
    const ad_shape s = *ad_shape_at(g, x);
    if (s.rank != 4 || factor < 1 || factor > INT32_MAX)
        return image_refused(g);
    ad_shape cells = s, copies, y = s;
    const int64_t dim[5] = {s.dim[1], 1, s.dim[2], 1, s.dim[3]};
    cells.rank = 6;
    memcpy(cells.dim + 1, dim, sizeof dim);
    copies = cells;
    copies.dim[2] = copies.dim[4] = factor;
    y.dim[1] *= factor;
    y.dim[2] *= factor;
    return ad_reshape(g, ad_broadcast(g, ad_reshape(g, x, cells), copies), y);
}

/* bilinear: y = B x, and x = B^T y */

ad_node ad_resize_bilinear(ad_graph *g, ad_node x, int64_t h, int64_t w)
{
    if (x < 0)
        return AD_NONE;
    ad_shape y = *ad_shape_at(g, x);
    if (y.rank != 4)
        return image_refused(g);
    if (y.dim[1] == h && y.dim[2] == w)
        return x;
    y.dim[1] = h;
    y.dim[2] = w;
    const ad_record n = ad_record_of(AD_OP_BILINEAR, x, AD_NONE, &y);
    return ad_is_zero(g, x) ? ad_constant(g, 0, y) : ad_append(g, &n);
}

void ad_gradient_bilinear(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                          ad_node *dx)
{
    (void)wanted;
    dx[0] = adjoint(g, AD_OP_BILINEAR_X, y, dy);
}

void ad_gradient_bilinear_x(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                            ad_node *dx)
{
    (void)wanted;
    dx[0] = adjoint(g, AD_OP_BILINEAR, y, dy);
}
