/* Rows of a table by number, and adding rows up by number: each other's
 * adjoint. Numbers have no gradient. */
#include <string.h>

#include "ad/internal.h"

ad_node ad_gather(ad_graph *g, ad_node table, ad_node index)
{
    if (table < 0 || index < 0)
        return AD_NONE;
    const ad_shape t = *ad_shape_at(g, table);
    ad_shape y = *ad_shape_at(g, index);
    if (t.rank != 2 || t.div || y.rank == AD_RANK)
        return ad_refuse(g, "rows are taken from a static table [v, d], by "
                            "numbers of rank 5 at most");
    y.dim[y.rank++] = t.dim[1];
    const ad_record n = ad_record_of(AD_OP_GATHER, table, index, &y);
    return ad_is_zero(g, table) ? ad_constant(g, 0, y) : ad_append(g, &n);
}

ad_node ad_scatter(ad_graph *g, ad_node y, ad_node index, int64_t v)
{
    if (y < 0 || index < 0)
        return AD_NONE;
    const ad_shape s = *ad_shape_at(g, y);
    ad_shape want = *ad_shape_at(g, index);
    if (s.rank != want.rank + 1)
        return ad_refuse(g, "a row is added for each number");
    want.rank = s.rank;
    want.dim[s.rank - 1] = s.dim[s.rank - 1];
    if (!ad_shape_equal(&s, &want))
        return ad_refuse(g, "a row is added for each number");
    const ad_shape table = ad_matrix(v, s.dim[s.rank - 1]);
    const ad_record n = ad_record_of(AD_OP_SCATTER, y, index, &table);
    return ad_is_zero(g, y) ? ad_constant(g, 0, table) : ad_append(g, &n);
}

void ad_gradient_gather(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                        ad_node *dx)
{
    const ad_record r = ad_at(g, y);

    if (wanted & 1)
        dx[0] = ad_scatter(g, dy, r.in[1], ad_shape_at(g, r.in[0])->dim[0]);
}

void ad_gradient_scatter(ad_graph *g, ad_node y, ad_node dy, uint32_t wanted,
                         ad_node *dx)
{
    if (wanted & 1)
        dx[0] = ad_gather(g, dy, ad_at(g, y).in[1]);
}
