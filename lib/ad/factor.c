/* Cholesky factors and triangular systems over the last two axes. */
#include "ad/internal.h"

static int is_square(const ad_shape *s)
{
    return s->rank >= 2 && !(s->rank == 2 && s->div) &&
           s->dim[s->rank - 1] == s->dim[s->rank - 2];
}

static ad_node transpose(ad_graph *g, ad_node a)
{
    const int32_t rank = ad_shape_at(g, a)->rank;
    int32_t axes[AD_RANK];

    for (int32_t i = 0; i < rank; i++)
        axes[i] = i;
    axes[rank - 2] = rank - 1;
    axes[rank - 1] = rank - 2;
    return ad_permute(g, a, axes);
}

static ad_node symmetric(ad_graph *g, ad_node a)
{
    return ad_scale(g, ad_add(g, a, transpose(g, a)), 0.5);
}

/* a with its upper triangle cut off and its diagonal times `diagonal`. */
static ad_node lower(ad_graph *g, ad_node a, double diagonal)
{
    const ad_shape s = *ad_shape_at(g, a);
    const ad_shape one = ad_matrix(s.dim[s.rank - 2], s.dim[s.rank - 1]);
    const ad_node i = ad_iota(g, one, 0), j = ad_iota(g, one, 1);
    const ad_node below = ad_greater(g, i, j), on = ad_equal(g, i, j);

    return ad_mul(g, a, ad_add(g, below, ad_scale(g, on, diagonal)));
}

/* Cholesky: A = L L^T. Murray 2016, "Differentiation of the Cholesky
 * decomposition", eq. 10: dA = L^-T Phi(L^T dL) L^-1, made symmetric, where Phi
 * takes the lower triangle and half of the diagonal */

ad_node ad_cholesky(ad_graph *g, ad_node a)
{
    if (a < 0)
        return AD_NONE;
    const ad_shape s = *ad_shape_at(g, a);
    if (!is_square(&s))
        return ad_refuse(g, "a factorisation is of square matrices");
    const ad_node both = symmetric(g, a);
    const ad_record n = ad_record_of(AD_OP_CHOLESKY, both, AD_NONE, &s);
    return ad_append(g, &n);
}

void ad_gradient_cholesky(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                          ad_node *dx)
{
    const ad_node phi = lower(g, ad_matmul(g, y, dy, 1, 0), 0.5);
    const ad_node left = ad_solve(g, y, phi, 1);
    const ad_node s = ad_solve(g, y, transpose(g, left), 1);

    (void)wanted;
    dx[0] = symmetric(g, s);
}

/* X = op(L)^-1 B: dB = op(L)^-T dX; dL = -dB X^T, or -X dB^T where op
 * transposes, of which L has the lower triangle */

static int solve_fits(const ad_shape *l, const ad_shape *b)
{
    if (!is_square(l) || b->rank != l->rank ||
        b->dim[b->rank - 2] != l->dim[l->rank - 1])
        return 0;
    for (int32_t i = 0; i < b->rank - 2; i++)
        if (!ad_same_size(l, i, b, i))
            return 0;
    return !(b->rank == 2 && b->div);
}

ad_node ad_solve(ad_graph *g, ad_node l, ad_node b, int trans)
{
    if (l < 0 || b < 0)
        return AD_NONE;
    const ad_shape s = *ad_shape_at(g, b);
    if (!solve_fits(ad_shape_at(g, l), &s))
        return ad_refuse(g, "a system has a square matrix and as many rows on "
                            "its right-hand side");
    if (ad_is_zero(g, b))
        return b;
    ad_record n = ad_record_of(AD_OP_SOLVE, l, b, &s);
    n.i[0] = trans != 0;
    return ad_append(g, &n);
}

void ad_gradient_solve(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                       ad_node *dx)
{
    const ad_record r = ad_at(g, y);
    const int trans = r.i[0] != 0;
    const ad_node db = ad_solve(g, r.in[0], dy, !trans);

    if (wanted & 2)
        dx[1] = db;
    if (wanted & 1)
        dx[0] = ad_neg(g, lower(g,
                                trans ? ad_matmul(g, y, db, 0, 1)
                                      : ad_matmul(g, db, y, 0, 1),
                                1));
}
