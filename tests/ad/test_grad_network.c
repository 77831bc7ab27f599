/* The gradient of a gradient penalty (Gulrajani et al. 2017) through a whole
 * critic: conv, layer norm, transposed conv, dense, leaky relu. */
#include "support/test.h"

#include "ad/check.h"
#include "ad/naive.h"

#define PARAMETERS 9

typedef struct critic {
    ad_graph *g;
    ad_node x;             /* [m, 4, 5, 2] */
    ad_node p[PARAMETERS]; /* filter, gamma, beta, filter, w, b, w, b, z */
} critic;

static ad_node parameter(critic *c, int k, int32_t rank, const int64_t *dim)
{
    static const char *const names[PARAMETERS] = {
        "f0", "gamma", "beta", "f1", "w0", "b0", "w1", "b1", "scale"};

    return c->p[k] = ad_input(c->g, names[k], ad_shape_of(rank, dim));
}

static ad_node dense(critic *c, int k, ad_node h, int64_t in, int64_t out)
{
    const ad_node w = parameter(c, k, 2, (const int64_t[]){in, out});
    const ad_node b = parameter(c, k + 1, 1, &out);

    return ad_add(c->g, ad_matmul(c->g, h, w, 0, 0), b);
}

/* [m, 1] */
static ad_node forward(critic *c)
{
    const ad_window down = {2, 2, 1, 1, 1, 1, 1};
    const int64_t image[3] = {4, 5, 2}, flat = 20;
    ad_graph *const g = c->g;

    c->x = ad_input(g, "x", ad_rows(g, 1, 1, 4, image));
    ad_node h = ad_conv(
        g, c->x, parameter(c, 0, 4, (const int64_t[]){3, 3, 2, 3}), &down);
    h = ad_leaky(g, h, 0.2);
    const ad_node gamma = parameter(c, 1, 1, (const int64_t[]){3});
    const ad_node beta = parameter(c, 2, 1, (const int64_t[]){3});
    h = ad_normalise(g, h, 14, 1e-5, gamma, beta, NULL, NULL);
    h = ad_conv_x(g, h, parameter(c, 3, 4, (const int64_t[]){3, 3, 1, 3}),
                  &down, 4, 5);
    h = ad_leaky(g, h, 0.2);
    h = ad_reshape(g, h, ad_rows(g, 1, 1, 2, &flat));
    h = ad_leaky(g, dense(c, 4, h, flat, 3), 0.2);
    return ad_mul(g, dense(c, 6, h, 3, 1),
                  parameter(c, 8, 1, (const int64_t[]){1}));
}

/* mean D(x) + 10 mean (|dD/dx| - 1)^2 */
static ad_node loss(critic *c)
{
    ad_graph *const g = c->g;
    const ad_node d = forward(c);
    ad_node dx = AD_NONE;

    ad_grad(g, d, AD_NONE, 1, &c->x, &dx);
    const ad_node e = ad_shift(g, ad_norm(g, dx, 14), -1);
    return ad_add(g, ad_mean_all(g, d),
                  ad_scale(g, ad_mean_all(g, ad_square(g, e)), 10));
}

static void penalty_gradients_equal_differences(void **state)
{
    genmod_workspace *w = NULL;
    critic c = {.g = NULL};
    long double *v[PARAMETERS + 1];
    ad_node wrt[PARAMETERS + 1], d[PARAMETERS + 1];
    check_result r = {.error = 0};

    (void)state;
    assert_ok(genmod_workspace_new(NULL, &w));
    assert_ok(ad_graph_new(4, &c.g, w));
    const ad_node l = loss(&c);
    memcpy(wrt, c.p, sizeof c.p);
    wrt[PARAMETERS] = c.x;
    assert_ok(ad_grad(c.g, l, AD_NONE, PARAMETERS + 1, wrt, d));
    naive *const e = naive_new(c.g, 2);
    for (unsigned k = 0; k <= PARAMETERS; k++) {
        const size_t n = naive_count(e, wrt[k]);
        v[k] = malloc(n * sizeof *v[k]);
        assert_non_null(v[k]);
        case_values(n, -0.9, 1.1, k, v[k]);
        naive_give(e, wrt[k], v[k]);
    }
    check_scalar(c.g, e, l, PARAMETERS + 1, wrt, v, d, &r);
    if (!(r.error <= CHECK_TOLERANCE) || !(r.own <= CHECK_TOLERANCE))
        fail_msg("parameter %zu, element %zu: off by %g; the differences by %g",
                 r.operand, r.element, r.error, r.own);
    assert_true(r.largest > 0.1);
    for (size_t k = 0; k <= PARAMETERS; k++)
        free(v[k]);
    naive_free(e);
    ad_graph_free(c.g);
    genmod_workspace_free(w);
}

/* Weights that the input's gradient does not pass get theirs from the value
 * alone: the last bias none of the penalty's. */
static void what_the_penalty_does_not_see_is_0(void **state)
{
    genmod_workspace *w = NULL;
    critic c = {.g = NULL};
    ad_node dx = AD_NONE, d = AD_NONE;

    (void)state;
    assert_ok(genmod_workspace_new(NULL, &w));
    assert_ok(ad_graph_new(4, &c.g, w));
    const ad_node y = forward(&c);
    assert_ok(ad_grad(c.g, y, AD_NONE, 1, &c.x, &dx));
    assert_ok(ad_grad(c.g, ad_norm(c.g, dx, 14), AD_NONE, 1, &c.p[7], &d));
    assert_true(ad_is_zero(c.g, d));
    ad_graph_free(c.g);
    genmod_workspace_free(w);
}

static int32_t build(genmod_context *context, void *arg)
{
    genmod_workspace *w = NULL;
    critic c = {.g = NULL};
    ad_node d[PARAMETERS];
    int32_t status = genmod_workspace_new(context, &w);

    (void)arg;
    if (!status)
        status = ad_graph_new(4, &c.g, w);
    if (!status) {
        const ad_node l = loss(&c);
        const ad_node noisy =
            ad_add(c.g, l, ad_mean_all(c.g, ad_gumbel(c.g, "n", ad_vector(3))));
        ad_grad(c.g, noisy, AD_NONE, PARAMETERS, c.p, d);
        status = ad_graph_status(c.g);
    }
    ad_graph_free(c.g);
    genmod_workspace_free(w);
    return status;
}

static void every_allocation_may_fail(void **state)
{
    (void)state;
    assert_true(support_alloc_walk(build, NULL) >= 9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(penalty_gradients_equal_differences),
        cmocka_unit_test(what_the_penalty_does_not_see_is_0),
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
