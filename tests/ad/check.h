/* Gradients of a row of the table against differences of its values, both by
 * the naive evaluator. */
#ifndef AD_CHECK_H
#define AD_CHECK_H

#include "ad/cases.h"

/* The wanted relative error of a gradient. */
#define CHECK_TOLERANCE 1e-6

typedef struct check_result {
    /* Of all orders up to the one asked for, and all operands: the greatest
     * relative difference between a gradient and the fourth-order differences,
     * and between these and the second-order ones, which bounds their own
     * error. */
    double error, own;
    double largest;                 /* of the first order's gradients */
    size_t order, operand, element; /* where the error is */
} check_result;

/* Order 1: of <s, y> with an operand s more. Order k + 1: of a projection of
 * the gradient of order k. At 4 of 6 planned rows. */
check_result check_gradients(const ad_case *c, size_t order);

/* Of any scalar: the gradients in n inputs against differences. v[k] holds the
 * value of wrt[k]; whatever else is read has been given to a naive evaluator
 * through `more` values. */
struct naive;
void check_scalar(ad_graph *g, struct naive *e, ad_node scalar, size_t n,
                  const ad_node *wrt, long double *const *v,
                  const ad_node *gradient, check_result *worst);

#endif
