/* The translation of graphs where no public model leads to: operators that ONNX
 * has not, and those that only gradients and losses have by now. */
#include "ae/internal.h"
#include "fixture.h"

#define N 24
#define D 4

static ae_model *small(void)
{
    ae_model *const m =
        fixture_model("encoder=dense 3; tanh; dense 2 | epochs=1");
    double *const x = fixture_invent(N, D, 3);
    genmod_data *const view = fixture_view(N, D, x);
    assert_ok(ae_fit(m, view, NULL, NULL, NULL, NULL));
    genmod_data_free(view);
    free(x);
    return m;
}

typedef ad_node build(ad_graph *g, ad_node x);

/* Exports build(x) of rows x [m, 4]. */
static int32_t export(const ae_model *m, build *b, genmod_workspace *w,
                      size_t *need)
{
    base_call call;
    int32_t status;
    model_draft f;
    model_graph o = {.part = "toy", .out = {{.name = "y"}}};
    assert_non_null(base_enter(&call, w, &status));
    o.in = (model_port){.name = "x", .columns = &m->base.body->columns};
    assert_ok(model_draft_open(&f, m->base.body, 1, 0, call.w));
    model_draft_output(
        &f, b(f.g, model_draft_rows(&f, "x", &m->base.body->columns.size)));
    return base_leave(&call, model_draft_export(&f, &o, 0, NULL, need));
}

static ad_node with_lgamma(ad_graph *g, ad_node x)
{
    return ad_lgamma(g, x);
}

static ad_node with_draws(ad_graph *g, ad_node x)
{
    return ad_add(g, x, ad_normal(g, "toy", *ad_shape_at(g, x)));
}

static ad_node refused_by_the_graph(ad_graph *g, ad_node x)
{
    const int64_t none = 0;
    return ad_reshape(g, x, ad_rows(g, 1, 1, 2, &none));
}

static void an_operator_that_onnx_has_not_is_named(void **state)
{
    genmod_workspace *w = NULL;
    ae_model *const m = small();
    size_t need = 5;
    (void)state;
    assert_ok(genmod_workspace_new(NULL, &w));
    assert_status(export(m, with_lgamma, w, &need), GENMOD_UNSUPPORTED, w);
    assert_error_names(w, "lgamma");
    assert_status(export(m, with_draws, w, &need), GENMOD_UNSUPPORTED, w);
    assert_error_names(w, "normal");
    assert_status(export(m, refused_by_the_graph, w, &need),
                  GENMOD_BAD_ARGUMENT, w);
    assert_int_equal(need, 5);
    ae_free(m);
    genmod_workspace_free(w);
}

static ad_node with_everything(ad_graph *g, ad_node x)
{
    const int64_t before[2] = {0, 1}, behind[2] = {0, 2};
    ad_node mean, variance, parts[2];
    ad_node y = ad_part(g, ad_pad(g, x, before, behind), 1, 2, D);
    y = ad_select(g, ad_greater_equal(g, y, x), ad_sin(g, y), ad_cos(g, x));
    y = ad_max(g, ad_floor(g, y), ad_sign(g, ad_abs(g, x)));
    y = ad_add(g, y, ad_least(g, x, 0x2, 1));
    y = ad_sub(g, y, ad_greatest(g, x, 0x2, 1));
    y = ad_mul(g, y, ad_sqrt(g, ad_shift(g, ad_square(g, x), 1.5)));
    y = ad_add(g, y, ad_argmin(g, x, 1, 1));
    ad_moments(g, y, 0x2, &mean, &variance);
    y = ad_div(g, ad_sub(g, y, mean), ad_shift(g, variance, 1));
    parts[0] = ad_add(g, y, ad_count(g, x));
    parts[1] = ad_constant(g, 2.385, *ad_shape_at(g, x));
    return ad_concat(g, 1, 2, parts);
}

static void operators_that_no_network_has_yet_are_translated(void **state)
{
    genmod_workspace *w = NULL;
    ae_model *const m = small();
    size_t need = 0;
    (void)state;
    assert_ok(genmod_workspace_new(NULL, &w));
    assert_status(export(m, with_everything, w, &need), GENMOD_TOO_SMALL, w);
    assert_true(need > 1000);
    ae_free(m);
    genmod_workspace_free(w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_operator_that_onnx_has_not_is_named),
        cmocka_unit_test(operators_that_no_network_has_yet_are_translated)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
