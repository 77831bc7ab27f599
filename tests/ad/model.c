#include "ad/model.h"

static ad_node layer(rig *r, ad_node x, const char *w, const char *b, int64_t n,
                     ad_node *wrt)
{
    const int64_t d = ad_shape_at(r->g, x)->dim[1];

    wrt[0] = rig_variable(r, w, AD_TRAINED, ad_matrix(d, n), -0.2, 0.2);
    wrt[1] = rig_variable(r, b, AD_TRAINED, ad_vector(n), -0.1, 0.1);
    return ad_add(r->g, ad_matmul(r->g, x, wrt[0], 0, 0), wrt[1]);
}

void model_encoder(rig *r)
{
    const ad_node x = rig_input(r, "x", rig_rows(r, 2, 61, 0, 0), -1, 1);
    ad_node wrt[4];
    const ad_node h = ad_tanh(r->g, layer(r, x, "w0", "b0", 83, wrt));
    const ad_node y = layer(r, h, "w1", "b1", 61, wrt + 2);

    rig_output(r, y);
    rig_output(r, ad_sum(r->g, ad_square(r->g, y), 2, 0));
}

void model_dense(rig *r, int noise)
{
    const ad_node x = rig_input(r, "x", rig_rows(r, 2, 61, 0, 0), -1, 1);
    ad_node wrt[4], d[4], in = x;

    if (noise)
        in = ad_add(r->g, x,
                    ad_scale(r->g,
                             ad_normal(r->g, "noise", *ad_shape_at(r->g, x)),
                             0.3));
    const ad_node h = ad_tanh(r->g, layer(r, in, "w0", "b0", 83, wrt));
    const ad_node y = layer(r, h, "w1", "b1", 61, wrt + 2);
    const ad_node rows =
        ad_sum(r->g, ad_square(r->g, ad_sub(r->g, y, x)), 2, 0);
    const ad_node loss = ad_mean_all(r->g, rows);
    rig_output(r, y);
    rig_output(r, rows);
    rig_output(r, loss);
    assert_ok(ad_grad(r->g, loss, AD_NONE, 4, wrt, d));
    for (int32_t k = 0; k < 4; k++)
        rig_target(r, AD_GRAD, d[k], k);
}

void model_image(rig *r)
{
    const ad_window same = {1, 1, 1, 1, 1, 1, 1}, half = {2, 2, 0, 0, 0, 0, 1};
    const ad_node x = rig_input(r, "x", rig_rows(r, 4, 9, 8, 3), -1, 1);
    const ad_node f = rig_variable(
        r, "f", AD_TRAINED, ad_shape_of(4, (int64_t[]){3, 3, 3, 6}), -0.3, 0.3);
    const ad_node running =
        rig_variable(r, "running", AD_STATE,
                     ad_shape_of(4, (int64_t[]){1, 1, 1, 6}), -0.3, 0.3);
    ad_node wrt[3] = {f}, d[3], mean, variance;
    const ad_node c = ad_normalise(r->g, ad_conv(r->g, x, f, &same), 7, 1e-5,
                                   AD_NONE, AD_NONE, &mean, &variance);
    const ad_node p = ad_max_pool(r->g, ad_leaky(r->g, c, 0.2), 2, 2, &half);
    const ad_node flat = ad_reshape(r->g, p, rig_rows(r, 2, 96, 0, 0));
    const ad_node y =
        ad_log_softmax(r->g, layer(r, flat, "w", "b", 5, wrt + 1));
    const ad_node loss = ad_neg(r->g, ad_mean_all(r->g, y));

    rig_output(r, y);
    rig_output(r, loss);
    assert_ok(ad_grad(r->g, loss, AD_NONE, 3, wrt, d));
    rig_target(r, AD_GRAD, d[0], 0);
    rig_target(r, AD_GRAD, d[1], 2);
    rig_target(r, AD_GRAD, d[2], 3);
    rig_target(
        r, AD_NEXT,
        ad_add(r->g, ad_scale(r->g, running, 0.9), ad_scale(r->g, mean, 0.1)),
        1);
}
