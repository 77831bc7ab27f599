/* Pools, upsampling, flatten, reshape, residual. */
#include "nn/internal.h"

/* What counts as an index in f32. */
#define CELLS (INT64_C(1) << 24)

static int is_max(const nn_layer *l)
{
    return base_same(l->kind->word, "maxpool");
}

/* Padding below the window leaves each window a cell of the input. */
int32_t nn_pool_shape(const nn_reader *r, nn_layer *l)
{
    if (l->in.rank != 3)
        return nn_misfit(r, l, "its input must be an image (see reshape)");
    if (l->p.h >= l->k.h || l->p.w >= l->k.w)
        return nn_misfit(r, l, "its padding must be below its window");
    const int64_t h = l->in.h + 2 * l->p.h - l->k.h;
    const int64_t w = l->in.w + 2 * l->p.w - l->k.w;
    if (h < 0 || w < 0)
        return nn_misfit(r, l, "its window is larger than the padded input");
    if (is_max(l) && l->in.h * l->in.w > CELLS)
        return nn_misfit(r, l, "an image has more than 2^24 cells");
    l->out = (nn_size){
        .rank = 3, .c = l->in.c, .h = h / l->s.h + 1, .w = w / l->s.w + 1};
    return GENMOD_OK;
}

/* Averages are of the cells inside: a border is not drawn towards 0. */
ad_node nn_pool_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                      ad_node x)
{
    const ad_window o = {.stride_h = l->s.h,
                         .stride_w = l->s.w,
                         .top = l->p.h,
                         .left = l->p.w,
                         .bottom = l->p.h,
                         .right = l->p.w,
                         .groups = 1};

    (void)net;
    return is_max(l) ? ad_max_pool(pass->g, x, l->k.h, l->k.w, &o)
                     : ad_average_pool(pass->g, x, l->k.h, l->k.w, &o, 0);
}

int32_t nn_pool_mirror(const nn_layer *l, nn_layer *out, const char **why)
{
    const int64_t k = l->k.h;

    if (l->k.w != k || l->s.h != k || l->s.w != k || l->p.h || l->p.w ||
        l->in.h % k || l->in.w % k) {
        *why = "its windows must be square, side by side, and cover the input";
        return -1;
    }
    nn_layer_clear(out, nn_kind_named("upsample"));
    out->n = k;
    return 1;
}

int32_t nn_upsample_shape(const nn_reader *r, nn_layer *l)
{
    if (l->in.rank != 3)
        return nn_misfit(r, l, "its input must be an image (see reshape)");
    if (l->in.h > NN_MOST / l->n || l->in.w > NN_MOST / l->n)
        return nn_misfit(r, l, "a side of its output is beyond 2^24");
    l->out.h = l->in.h * l->n;
    l->out.w = l->in.w * l->n;
    return GENMOD_OK;
}

ad_node nn_upsample_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                          ad_node x)
{
    (void)net;
    return l->bilinear ? ad_resize_bilinear(pass->g, x, l->out.h, l->out.w)
                       : ad_upsample_nearest(pass->g, x, l->n);
}

int32_t nn_upsample_mirror(const nn_layer *l, nn_layer *out, const char **why)
{
    (void)why;
    nn_layer_clear(out, nn_kind_named("avgpool"));
    out->k = (nn_pair){l->n, l->n};
    out->s = out->k;
    return 1;
}

int32_t nn_flatten_shape(const nn_reader *r, nn_layer *l)
{
    (void)r;
    l->out = (nn_size){.rank = 1, .n = nn_size_elements(&l->in)};
    return GENMOD_OK;
}

int32_t nn_reshape_shape(const nn_reader *r, nn_layer *l)
{
    char in[64], out[64];

    l->out = l->to;
    if (nn_size_elements(&l->in) == nn_size_elements(&l->out))
        return GENMOD_OK;
    nn_size_format(&l->in, in);
    nn_size_format(&l->out, out);
    return base_fail(r->w, GENMOD_BAD_ARGUMENT,
                     "%s: position %u: reshape of %s to %s: %i numbers are "
                     "not %i",
                     r->what, (uint64_t)l->position, in, out,
                     nn_size_elements(&l->in), nn_size_elements(&l->out));
}

/* Nothing moves: columns are the image's [h, w, c]. */
ad_node nn_reshape_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                         ad_node x)
{
    (void)net;
    return nn_reshape_rows(pass->g, x, &l->out);
}

int32_t nn_reshape_mirror(const nn_layer *l, nn_layer *out, const char **why)
{
    (void)why;
    if (nn_size_equal(&l->in, &l->out))
        return 0;
    if (l->in.rank == 3) {
        nn_layer_clear(out, nn_kind_named("reshape"));
        out->to = l->in;
    } else {
        nn_layer_clear(out, nn_kind_named("flatten"));
    }
    return 1;
}

int32_t nn_residual_shape(const nn_reader *r, nn_layer *l)
{
    char in[64], out[64];

    if (nn_size_equal(&l->in, &l->out))
        return GENMOD_OK;
    nn_size_format(&l->in, in);
    nn_size_format(&l->out, out);
    return base_fail(r->w, GENMOD_BAD_ARGUMENT,
                     "%s: position %u: residual turns %s into %s; the two must "
                     "be equal",
                     r->what, (uint64_t)l->position, in, out);
}

ad_node nn_residual_apply(const nn_net *net, const nn_layer *l, nn_pass *pass,
                          ad_node x)
{
    const size_t first = (size_t)(l - net->layers) + 1;

    return ad_add(pass->g, x,
                  nn_apply_run(net, first, first + l->body, pass, x));
}
