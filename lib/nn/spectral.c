/* Spectral normalisation: Miyato, Kataoka, Koyama, Yoshida 2018, algorithm 1.
 *
 * The weight counts as the matrix A [rest, last] of its last axis and all
 * others: of a dense layer W itself, of a convolution their (h w in) x out, of
 * a transposed one that of the convolution whose adjoint it is. (PyTorch takes
 * the outputs against the rest there as well; ours serves a tied pair alike.)
 * With unit vectors u [last], v [rest],
 *
 *     v = A u / |A u|,  u = A^T v / |A^T v|,  sigma = v^T A u,
 *
 * and no gradient goes through u and v. A = 0, which has no norm, is refused as
 * a start.
 */
#include <math.h>

#include "nn/internal.h"

static ad_node unit(ad_graph *g, ad_node a)
{
    return ad_stop(g, ad_div(g, a, ad_norm(g, a, 1)));
}

ad_node nn_spectral(const nn_layer *l, nn_pass *pass, ad_node weight)
{
    ad_graph *const g = pass->g;

    if (weight == AD_NONE)
        return AD_NONE;
    /* not nn_weight_shape(): a borrowed weight has the other layer's */
    const ad_shape shape = *ad_shape_at(g, weight);
    const int64_t last = shape.dim[shape.rank - 1];
    const int64_t rest = ad_elements(&shape) / last;
    const ad_node a = ad_reshape(g, weight, ad_matrix(rest, last));
    ad_node u = ad_variable(g, pass->s, l->state[0]);
    ad_node v = ad_variable(g, pass->s, l->state[1]);

    u = ad_reshape(g, u, ad_matrix(last, 1));
    v = ad_reshape(g, v, ad_matrix(rest, 1));
    if (pass->flags & NN_UPDATE) {
        v = unit(g, ad_matmul(g, a, u, 0, 0));
        u = unit(g, ad_matmul(g, a, v, 1, 0));
    }
    if ((pass->flags & NN_UPDATE) && !l->borrowed) {
        nn_successor(pass, l->state[0], ad_reshape(g, u, ad_vector(last)));
        nn_successor(pass, l->state[1], ad_reshape(g, v, ad_vector(rest)));
    }
    const ad_node sigma = ad_matmul(g, v, ad_matmul(g, a, u, 0, 0), 1, 0);
    return ad_div(g, weight, ad_reshape(g, sigma, ad_scalar()));
}

static void normalise(size_t n, double *x)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    for (size_t i = 0; i < n; i++)
        x[i] /= sqrt(sum);
}

void nn_power_iteration(size_t n, size_t m, const double *a, size_t times,
                        double *u, double *v)
{
    while (times--) {
        for (size_t i = 0; i < n; i++) {
            v[i] = 0;
            for (size_t j = 0; j < m; j++)
                v[i] += a[i * m + j] * u[j];
        }
        normalise(n, v);
        for (size_t j = 0; j < m; j++)
            u[j] = 0;
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < m; j++)
                u[j] += a[i * m + j] * v[i];
        }
        normalise(m, u);
    }
}
