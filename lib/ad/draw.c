/* Draws: functions of (seed, step, site, global row, element). None has a
 * gradient: what moves with a parameter is computed from a draw. */
#include "ad/internal.h"

static ad_node draw(ad_graph *g, int32_t op, const char *site,
                    const ad_shape *shape)
{
    ad_record r = ad_record_of(op, AD_NONE, AD_NONE, shape);

    if (g->status)
        return AD_NONE;
    r.i[0] = ad_site(g, site);
    return r.i[0] < 0 ? AD_NONE : ad_append(g, &r);
}

ad_node ad_uniform(ad_graph *g, const char *site, ad_shape shape)
{
    return draw(g, AD_OP_UNIFORM, site, &shape);
}

ad_node ad_normal(ad_graph *g, const char *site, ad_shape shape)
{
    return draw(g, AD_OP_NORMAL, site, &shape);
}

/* u < p */
ad_node ad_bernoulli(ad_graph *g, const char *site, double p, ad_shape shape)
{
    return ad_greater(g, ad_constant(g, p, shape), ad_uniform(g, site, shape));
}

/* -ln(-ln u) */
ad_node ad_gumbel(ad_graph *g, const char *site, ad_shape shape)
{
    const ad_node u = ad_uniform(g, site, shape);

    return ad_neg(g, ad_log(g, ad_neg(g, ad_log(g, u))));
}
