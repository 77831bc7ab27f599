/* dense, conv, deconv. */
#include "nn/internal.h"

static int is_dense(const nn_layer *l)
{
    return base_same(l->kind->word, "dense");
}

/* dense [in, out]; conv [h, w, in / groups, out]; deconv, the adjoint of a
 * convolution from its output to its input, [h, w, out / groups, in]. */
ad_shape nn_weight_shape(const nn_layer *l)
{
    const int deconv = base_same(l->kind->word, "deconv");

    if (is_dense(l))
        return ad_matrix(nn_size_elements(&l->in), l->n);
    const int64_t dim[4] = {l->k.h, l->k.w,
                            (deconv ? l->n : l->in.c) / l->groups,
                            deconv ? l->in.c : l->n};
    return ad_shape_of(4, dim);
}

static int32_t check_weight(const nn_reader *r, const nn_layer *l)
{
    const ad_shape shape = nn_weight_shape(l);
    size_t n = 1;
    int good = 1;

    for (int32_t i = 0; i < shape.rank; i++)
        good = good && base_mul(n, (size_t)shape.dim[i], &n);
    if (!good || n > (size_t)NN_ELEMENTS)
        return nn_misfit(r, l, "its weight has more than 2^40 numbers");
    return GENMOD_OK;
}

static int32_t no_image(const nn_reader *r, const nn_layer *l)
{
    return nn_misfit(r, l,
                     "its input must be an image, channels x height x "
                     "width (see reshape)");
}

static int32_t check_groups(const nn_reader *r, const nn_layer *l)
{
    char size[64];

    if (l->in.c % l->groups == 0 && l->n % l->groups == 0)
        return GENMOD_OK;
    nn_size_format(&l->in, size);
    return base_fail(r->w, GENMOD_BAD_ARGUMENT,
                     "%s: position %u: %s on %s: %i groups do not divide %i "
                     "channels in and %i out",
                     r->what, (uint64_t)l->position, l->kind->word, size,
                     l->groups, l->in.c, l->n);
}

int32_t nn_dense_shape(const nn_reader *r, nn_layer *l)
{
    l->out = (nn_size){.rank = 1, .n = l->n};
    return check_weight(r, l);
}

int32_t nn_conv_shape(const nn_reader *r, nn_layer *l)
{
    if (l->in.rank != 3)
        return no_image(r, l);
    const int64_t h = l->in.h + 2 * l->p.h - l->k.h;
    const int64_t w = l->in.w + 2 * l->p.w - l->k.w;
    if (h < 0 || w < 0)
        return nn_misfit(r, l, "its window is larger than the padded input");
    l->out = (nn_size){
        .rank = 3, .c = l->n, .h = h / l->s.h + 1, .w = w / l->s.w + 1};
    const int32_t status = check_groups(r, l);
    return status ? status : check_weight(r, l);
}

int32_t nn_deconv_shape(const nn_reader *r, nn_layer *l)
{
    if (l->in.rank != 3)
        return no_image(r, l);
    if (l->o.h >= l->s.h || l->o.w >= l->s.w)
        return nn_misfit(r, l, "its output padding must be below its stride");
    if (l->in.h > NN_ELEMENTS / l->s.h || l->in.w > NN_ELEMENTS / l->s.w)
        return nn_misfit(r, l, "its output is too large");
    const int64_t h = (l->in.h - 1) * l->s.h - 2 * l->p.h + l->k.h + l->o.h;
    const int64_t w = (l->in.w - 1) * l->s.w - 2 * l->p.w + l->k.w + l->o.w;
    if (h < 1 || w < 1)
        return nn_misfit(r, l, "its padding leaves nothing of the output");
    l->out = (nn_size){.rank = 3, .c = l->n, .h = h, .w = w};
    const int32_t status = check_groups(r, l);
    return status ? status : check_weight(r, l);
}

static int32_t declare_weight(const nn_declaring *d, nn_layer *l)
{
    const ad_shape shape = nn_weight_shape(l);
    const int64_t last = shape.dim[shape.rank - 1];
    int32_t status = nn_variable(d, "weight", AD_TRAINED, shape, &l->weight);

    if (status || !l->spectral)
        return status;
    status =
        nn_variable(d, "spectral_u", AD_STATE, ad_vector(last), &l->state[0]);
    if (!status)
        status =
            nn_variable(d, "spectral_v", AD_STATE,
                        ad_vector(ad_elements(&shape) / last), &l->state[1]);
    return status;
}

int32_t nn_weighted_declare(const nn_declaring *d, nn_layer *l)
{
    int32_t status = l->borrowed ? GENMOD_OK : declare_weight(d, l);

    if (!status && !l->nobias)
        status = nn_variable(d, "bias", AD_TRAINED, ad_vector(l->n), &l->bias);
    return status;
}

static ad_node weight_of(const nn_layer *l, nn_pass *pass)
{
    const ad_node weight = ad_variable(pass->g, pass->s, l->weight);

    return l->spectral ? nn_spectral(l, pass, weight) : weight;
}

static ad_node add_bias(const nn_layer *l, nn_pass *pass, ad_node y)
{
    if (l->bias < 0)
        return y;
    return ad_add(pass->g, y, ad_variable(pass->g, pass->s, l->bias));
}

/* y = x W + b, of a borrowed weight x W^T + b */
ad_node nn_dense_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                       ad_node x)
{
    const nn_size columns = {.rank = 1, .n = nn_size_elements(&l->in)};

    (void)net;
    if (l->in.rank == 3)
        x = nn_reshape_rows(pass->g, x, &columns);
    return add_bias(l, pass,
                    ad_matmul(pass->g, x, weight_of(l, pass), 0, l->borrowed));
}

static ad_window window_of(const nn_layer *l)
{
    return (ad_window){.stride_h = l->s.h,
                       .stride_w = l->s.w,
                       .top = l->p.h,
                       .left = l->p.w,
                       .bottom = l->p.h,
                       .right = l->p.w,
                       .groups = l->groups};
}

/* A filter serves a convolution and its adjoint as it is. */
ad_node nn_conv_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                      ad_node x)
{
    const ad_window o = window_of(l);

    (void)net;
    return add_bias(l, pass, ad_conv(pass->g, x, weight_of(l, pass), &o));
}

ad_node nn_deconv_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                        ad_node x)
{
    const ad_window o = window_of(l);

    (void)net;
    return add_bias(
        l, pass,
        ad_conv_x(pass->g, x, weight_of(l, pass), &o, l->out.h, l->out.w));
}

int32_t nn_dense_mirror(const nn_layer *l, nn_layer *out, const char **why)
{
    const int64_t n = nn_size_elements(&l->in);

    if (n > NN_MOST) {
        *why = "its input has more than 2^24 numbers";
        return -1;
    }
    nn_layer_clear(&out[0], nn_kind_named("dense"));
    out[0].n = n;
    if (l->in.rank == 1)
        return 1;
    nn_layer_clear(&out[1], nn_kind_named("reshape"));
    out[1].to = l->in;
    return 2;
}

static void undo(const nn_layer *l, const char *word, nn_layer *out)
{
    nn_layer_clear(out, nn_kind_named(word));
    out->n = l->in.c;
    out->k = l->k;
    out->s = l->s;
    out->p = l->p;
    out->groups = l->groups;
}

/* Output padding brings back the cells that the stride left out. */
int32_t nn_conv_mirror(const nn_layer *l, nn_layer *out, const char **why)
{
    (void)why;
    undo(l, "deconv", out);
    out->o.h = (l->in.h + 2 * l->p.h - l->k.h) % l->s.h;
    out->o.w = (l->in.w + 2 * l->p.w - l->k.w) % l->s.w;
    return 1;
}

/* ((h - 1) S - 2 P + K + O + 2 P - K) / S + 1 = h, since O < S. */
int32_t nn_deconv_mirror(const nn_layer *l, nn_layer *out, const char **why)
{
    (void)why;
    undo(l, "conv", out);
    return 1;
}
