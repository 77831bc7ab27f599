/* Nodes, for rooms above. */
#include <string.h>

#include "ad/internal.h"

_Static_assert(sizeof(((ad_item *)0)->i) == sizeof(((ad_record *)0)->i),
               "an item has a record's attributes");

void ad_graph_item(const ad_graph *g, ad_node x, ad_item *out)
{
    const ad_record *const r = &g->nodes[x];
    const ad_operator *const o = &ad_operators[r->op];

    *out = (ad_item){.op = o->name,
                     .tiled = o->class == AD_TILED,
                     .arity = o->arity,
                     .shape = r->shape,
                     .p = r->p,
                     .q = r->q,
                     .variable = -1};
    memcpy(out->in, r->in, sizeof out->in);
    memcpy(out->i, r->i, sizeof out->i);
    if (r->op == AD_OP_INPUT)
        out->name = g->input_names[r->i[0]];
    if (r->op == AD_OP_VARIABLE)
        out->variable = (int32_t)r->i[0];
}
