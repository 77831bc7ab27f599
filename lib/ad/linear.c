/* Products: matrices, and the three convolutions that are each other's
 * gradients. */
#include <string.h>

#include "ad/internal.h"

/* matmul: C = op(A) op(B) over the last two axes */

/* What the rows of op(A) or op(B) count, if they do: rank 2 alone has rows in
 * its matrices; of more axes the first is a batch. */
static int matrix_rows(const ad_shape *s)
{
    return s->rank == 2 && s->div;
}

/* The shape of the product, or rank -1 where there is none. */
static ad_shape product(const ad_shape *a, const ad_shape *b, int ta, int tb)
{
    ad_shape c = *a;
    const int32_t r = a->rank - 2;
    const int32_t inner_a = ta ? r : r + 1, inner_b = tb ? r + 1 : r;

    c.rank = -1;
    if (r < 0 || b->rank != a->rank || !ad_same_size(a, inner_a, b, inner_b))
        return c;
    for (int32_t i = 0; i < r; i++)
        if (!ad_same_size(a, i, b, i))
            return c;
    /* B's rows may only be summed over. */
    if (matrix_rows(b) && !(ta && !tb))
        return c;
    if (ta && matrix_rows(a))
        c.mul = c.div = 0;
    c.dim[r] = a->dim[ta ? r + 1 : r];
    c.dim[r + 1] = b->dim[tb ? r : r + 1];
    c.rank = a->rank;
    return c;
}

ad_node ad_matmul(ad_graph *g, ad_node a, ad_node b, int ta, int tb)
{
    if (a < 0 || b < 0)
        return AD_NONE;
    const ad_shape c =
        product(ad_shape_at(g, a), ad_shape_at(g, b), ta != 0, tb != 0);
    if (c.rank < 0)
        return ad_refuse(g, "a product's operands have equal inner sizes and "
                            "batch axes, and rows in A, or in both under A^T");
    if (ad_is_zero(g, a) || ad_is_zero(g, b))
        return ad_constant(g, 0, c);
    ad_record n = ad_record_of(AD_OP_MATMUL, a, b, &c);
    n.i[0] = ta != 0;
    n.i[1] = tb != 0;
    return ad_append(g, &n);
}

/*   C = A B       dA = dC B^T     dB = A^T dC
 *   C = A B^T     dA = dC B       dB = dC^T A
 *   C = A^T B     dA = B dC^T     dB = A dC
 *   C = A^T B^T   dA = B^T dC^T   dB = dC^T A^T */
void ad_gradient_matmul(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                        ad_node *dx)
{
    const ad_record r = ad_at(g, y);
    const ad_node a = r.in[0], b = r.in[1];
    const int ta = r.i[0] != 0, tb = r.i[1] != 0;

    if (wanted & 1)
        dx[0] = ta ? ad_matmul(g, b, dy, tb, 1) : ad_matmul(g, dy, b, 0, !tb);
    if (wanted & 2)
        dx[1] = tb ? ad_matmul(g, dy, a, 1, ta) : ad_matmul(g, a, dy, !ta, 0);
}

/* conv: y = conv(x, f), linear in both */

/* ho of h. */
static int64_t windows(int64_t h, int64_t before, int64_t behind, int64_t r,
                       int64_t stride)
{
    const int64_t room = h + before + behind - r;

    return room < 0 ? 0 : room / stride + 1;
}

static int window_sound(const ad_window *o)
{
    const int64_t most = INT32_MAX;

    return o->stride_h >= 1 && o->stride_w >= 1 && o->stride_h <= most &&
           o->stride_w <= most && o->top >= 0 && o->left >= 0 &&
           o->bottom >= 0 && o->right >= 0 && o->top <= most &&
           o->left <= most && o->bottom <= most && o->right <= most;
}

int ad_windows(const ad_shape *x, const ad_window *o, int64_t r, int64_t s,
               int64_t *ho, int64_t *wo)
{
    if (x->rank != 4 || !window_sound(o) || r < 1 || s < 1)
        return 0;
    *ho = windows(x->dim[1], o->top, o->bottom, r, o->stride_h);
    *wo = windows(x->dim[2], o->left, o->right, s, o->stride_w);
    return *ho > 0 && *wo > 0;
}

void ad_window_in(ad_record *r, const ad_window *o)
{
    r->i[0] = o->stride_h;
    r->i[1] = o->stride_w;
    r->i[2] = o->top;
    r->i[3] = o->left;
    r->i[4] = o->bottom;
    r->i[5] = o->right;
}

ad_window ad_window_of(const ad_record *r)
{
    const ad_window o = {r->i[0], r->i[1], r->i[2], r->i[3],
                         r->i[4], r->i[5], r->i[6]};

    return o;
}

/* x [n, h, w, c], f [r, s, c / groups, k] and y [n, ho, wo, k] go together. */
static int conv_fits(const ad_shape *x, const ad_shape *f, const ad_shape *y,
                     const ad_window *o)
{
    int64_t ho, wo;

    return f->rank == 4 && y->rank == 4 && !f->div && o->groups >= 1 &&
           ad_windows(x, o, f->dim[0], f->dim[1], &ho, &wo) &&
           ad_same_size(x, 0, y, 0) && y->dim[1] == ho && y->dim[2] == wo &&
           y->dim[3] == f->dim[3] && f->dim[3] % o->groups == 0 &&
           f->dim[2] <= AD_ELEMENTS / o->groups &&
           x->dim[3] == f->dim[2] * o->groups;
}

/* The third of the triple, of shape `to`. */
static ad_node conv(ad_graph *g, int32_t op, ad_node a, ad_node b,
                    const ad_window *o, const ad_shape *to, int fits)
{
    ad_record n = ad_record_of(op, a, b, to);

    if (!fits)
        return ad_refuse(g, "a convolution's image, filter and result do not "
                            "go together");
    if (ad_is_zero(g, a) || ad_is_zero(g, b))
        return ad_constant(g, 0, *to);
    ad_window_in(&n, o);
    n.i[6] = o->groups;
    return ad_append(g, &n);
}

ad_node ad_conv(ad_graph *g, ad_node x, ad_node filter, const ad_window *o)
{
    if (x < 0 || filter < 0)
        return AD_NONE;
    const ad_shape sx = *ad_shape_at(g, x), sf = *ad_shape_at(g, filter);
    ad_shape y = sx;

    y.dim[3] = sf.dim[3];
    const int fits =
        ad_windows(&sx, o, sf.dim[0], sf.dim[1], &y.dim[1], &y.dim[2]) &&
        conv_fits(&sx, &sf, &y, o);
    return conv(g, AD_OP_CONV, x, filter, o, &y, fits);
}

ad_node ad_conv_x(ad_graph *g, ad_node y, ad_node filter, const ad_window *o,
                  int64_t h, int64_t w)
{
    if (y < 0 || filter < 0)
        return AD_NONE;
    const ad_shape sy = *ad_shape_at(g, y), sf = *ad_shape_at(g, filter);
    ad_shape x = sy;

    x.dim[1] = h;
    x.dim[2] = w;
    x.dim[3] = o->groups >= 1 && sf.dim[2] <= AD_ELEMENTS / o->groups
                   ? sf.dim[2] * o->groups
                   : 0;
    return conv(g, AD_OP_CONV_X, y, filter, o, &x,
                ad_sound(&x) && conv_fits(&x, &sf, &sy, o));
}

ad_node ad_conv_f(ad_graph *g, ad_node x, ad_node y, const ad_window *o,
                  int64_t r, int64_t s)
{
    if (x < 0 || y < 0)
        return AD_NONE;
    const ad_shape sx = *ad_shape_at(g, x), sy = *ad_shape_at(g, y);
    const int64_t c = o->groups >= 1 ? sx.dim[3] / o->groups : 0;
    const int64_t dim[4] = {r, s, c, sy.dim[3]};
    const ad_shape f = ad_shape_of(4, dim);

    return conv(g, AD_OP_CONV_F, x, y, o, &f,
                ad_sound(&f) && conv_fits(&sx, &f, &sy, o));
}

void ad_gradient_conv(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                      ad_node *dx)
{
    const ad_record n = ad_at(g, y);
    const ad_window o = ad_window_of(&n);
    const ad_shape x = *ad_shape_at(g, n.in[0]), f = *ad_shape_at(g, n.in[1]);

    if (wanted & 1)
        dx[0] = ad_conv_x(g, dy, n.in[1], &o, x.dim[1], x.dim[2]);
    if (wanted & 2)
        dx[1] = ad_conv_f(g, n.in[0], dy, &o, f.dim[0], f.dim[1]);
}

/* x = conv_x(y, f); dx of the result is `d`. */
void ad_gradient_conv_x(ad_graph *g, ad_node y, ad_node d, uint32_t wanted,
                        ad_node *dx)
{
    const ad_record n = ad_at(g, y);
    const ad_window o = ad_window_of(&n);
    const ad_shape f = *ad_shape_at(g, n.in[1]);

    if (wanted & 1)
        dx[0] = ad_conv(g, d, n.in[1], &o);
    if (wanted & 2)
        dx[1] = ad_conv_f(g, d, n.in[0], &o, f.dim[0], f.dim[1]);
}

/* f = conv_f(x, y); df of the result is `d`. */
void ad_gradient_conv_f(ad_graph *g, ad_node y, ad_node d, uint32_t wanted,
                        ad_node *dx)
{
    const ad_record n = ad_at(g, y);
    const ad_window o = ad_window_of(&n);
    const ad_shape x = *ad_shape_at(g, n.in[0]);

    if (wanted & 1)
        dx[0] = ad_conv_x(g, n.in[1], d, &o, x.dim[1], x.dim[2]);
    if (wanted & 2)
        dx[1] = ad_conv(g, n.in[0], d, &o);
}
