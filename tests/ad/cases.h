/* The table of operators: a row is an operator on operands of some shapes, at a
 * point away from its kinks and ties. */
#ifndef AD_CASES_H
#define AD_CASES_H

#include "ad/internal.h"

#define CASE_OPERANDS 3

typedef struct ad_case {
    const char *name;
    int32_t op; /* whose row it is: the graph of `build` has it */
    /* Of the operands: "2m 3|4 1|" is [2 m, 3], [4, 1] and a scalar. */
    const char *shapes;
    double lo, hi; /* where the operands' values lie */
    /* The operator as a function of one or two operands, or any other. */
    ad_node (*unary)(ad_graph *g, ad_node a);
    ad_node (*binary)(ad_graph *g, ad_node a, ad_node b);
    ad_node (*build)(ad_graph *g, const ad_node *x);
} ad_case;

/* Row i of all tables, or NULL behind the last. */
const ad_case *case_at(size_t i);
/* The operands as inputs "x0", …; returns how many. */
size_t case_operands(const ad_case *c, ad_graph *g, ad_node *x);
ad_node case_build(const ad_case *c, ad_graph *g, const ad_node *x);
/* n values in (lo, hi), well apart and without symmetry; `seed` sets them off.
 */
void case_values(size_t n, double lo, double hi, unsigned seed, long double *v);

extern const ad_case cases_tiled[], cases_shape[], cases_linear[];

#endif
