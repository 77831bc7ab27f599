/* Norms by ad_normalise() are the norms spelled out in sums: value, first and
 * second derivative. */
#include "support/test.h"

#include "ad/rig.h"

#define ROWS 7
#define EPS 1e-3

typedef ad_node (*norm)(ad_graph *g, ad_node x, uint32_t axes, ad_node gamma,
                        ad_node beta);

static ad_node by_moments(ad_graph *g, ad_node x, uint32_t axes, ad_node gamma,
                          ad_node beta)
{
    return ad_normalise(g, x, axes, EPS, gamma, beta, NULL, NULL);
}

static ad_node by_sums(ad_graph *g, ad_node x, uint32_t axes, ad_node gamma,
                       ad_node beta)
{
    const ad_node apart = ad_sub(g, x, ad_mean(g, x, axes, 1));
    const ad_node variance = ad_mean(g, ad_mul(g, apart, apart), axes, 1);
    const ad_node root = ad_recip(g, ad_sqrt(g, ad_shift(g, variance, EPS)));

    return ad_add(g, ad_mul(g, ad_mul(g, apart, root), gamma), beta);
}

/* Outputs: the norm, the gradient in x of a sum of what is made of it, and the
 * gradient in x of that gradient's square. */
static void add_outputs(rig *r, norm f, uint32_t axes, ad_node x, ad_node gamma,
                        ad_node beta)
{
    ad_graph *const g = r->g;
    const ad_node y = f(g, x, axes, gamma, beta);
    ad_node first, second;

    assert_ok(ad_grad(g, ad_tanh(g, y), AD_NONE, 1, &x, &first));
    assert_ok(ad_grad(g, ad_mul(g, first, first), AD_NONE, 1, &x, &second));
    rig_output(r, y);
    rig_output(r, first);
    rig_output(r, second);
}

static void compare(uint32_t axes)
{
    rig r;

    rig_open(&r, GENMOD_F64, ROWS, 2);
    const int64_t rest[] = {3, 2, 2, 3};
    const ad_node x = rig_input(&r, "x", ad_rows(r.g, 1, 1, 5, rest), -1, 2.5);
    const ad_shape channels = ad_matrix(2, 3);
    const ad_node gamma = rig_input(&r, "gamma", channels, 0.3, 1.8);
    const ad_node beta = rig_input(&r, "beta", channels, -1, 1);
    add_outputs(&r, by_moments, axes, x, gamma, beta);
    add_outputs(&r, by_sums, axes, x, gamma, beta);
    rig_compile(&r);
    rig_run(&r, ROWS, r.w);
    for (size_t k = 0; k < 3; k++) {
        const double *const a = rig_result(&r, k), *const b =
                                                       rig_result(&r, k + 3);
        const size_t n = rig_bytes(&r, k, ROWS) / sizeof *a;
        double most = 1;

        for (size_t i = 0; i < n; i++)
            most = fabs(b[i]) > most ? fabs(b[i]) : most;
        for (size_t i = 0; i < n; i++)
            assert_near(a[i], b[i], 1e-12 * most);
    }
    rig_close(&r);
}

static void batch_norm_is_its_expansion(void **state)
{
    (void)state;
    compare(1 | 2 | 4);
}

static void layer_norm_is_its_expansion(void **state)
{
    (void)state;
    compare(2 | 4 | 8 | 16);
}

static void group_norm_is_its_expansion(void **state)
{
    (void)state;
    compare(2 | 4 | 16);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(batch_norm_is_its_expansion),
        cmocka_unit_test(layer_norm_is_its_expansion),
        cmocka_unit_test(group_norm_is_its_expansion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
