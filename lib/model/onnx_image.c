/* Operators over images, which ONNX has with their channels first. */
#include "model/onnx.h"

#define MOST 6 /* attributes of a node */

typedef struct list {
    codec_attribute a[MOST];
    size_t n;
} list;

static void add_ints(list *l, const char *name, size_t n, const int64_t *v)
{
    l->a[l->n++] = (codec_attribute){.name = name, .n = n, .ints = v};
}

static void add_int(list *l, const char *name, int64_t v)
{
    l->a[l->n++] = (codec_attribute){.name = name, .i = v};
}

static void add_text(list *l, const char *name, const char *v)
{
    l->a[l->n++] = (codec_attribute){.name = name, .text = v};
}

static void give(model_onnx *e, ad_node y, const char *op, const char *x,
                 const char *other, const list *l)
{
    onnx_set(e, y, ONNX_FIRST, onnx_with(e, op, x, other, l->n, l->a));
}

/* A filter [r, s, c / groups, k] as [k, c / groups, r, s]: what Conv makes k
 * channels of, and ConvTranspose of k channels. */
static const char *filter(model_onnx *e, ad_node x)
{
    static const int32_t axes[4] = {3, 2, 0, 1};
    static const int64_t perm[4] = {3, 2, 0, 1};
    const codec_attribute with = {.name = "perm", .n = 4, .ints = perm};

    if (e->value[x].data)
        return onnx_turned(e, x, axes);
    return onnx_with(e, "Transpose", onnx_name(e, x, ONNX_PLAIN), NULL, 1,
                     &with);
}

/* Strides and padding: i[0 … 5] of an item. */
static void add_window(list *l, const ad_item *r, const int64_t *kernel)
{
    add_ints(l, "kernel_shape", 2, kernel);
    add_ints(l, "strides", 2, r->i);
    add_ints(l, "pads", 4, r->i + 2);
}

void onnx_conv(model_onnx *e, ad_node y, const ad_item *r)
{
    const ad_shape f = *ad_shape_at(e->ad, r->in[1]);
    const char *const x = onnx_name(e, r->in[0], ONNX_FIRST);
    list l = {.n = 0};

    add_window(&l, r, f.dim);
    add_int(&l, "group", r->i[6]);
    give(e, y, "Conv", x, filter(e, r->in[1]), &l);
}

/* Of the sizes that have as many windows: h = (ho - 1) stride - top - bottom +
 * r + what output_padding says. */
void onnx_conv_x(model_onnx *e, ad_node y, const ad_item *r)
{
    const ad_shape f = *ad_shape_at(e->ad, r->in[1]);
    const ad_shape from = *ad_shape_at(e->ad, r->in[0]);
    const char *const x = onnx_name(e, r->in[0], ONNX_FIRST);
    int64_t more[2];
    list l = {.n = 0};

    for (int i = 0; i < 2; i++)
        more[i] = r->shape.dim[1 + i] - ((from.dim[1 + i] - 1) * r->i[i] -
                                         r->i[2 + i] - r->i[4 + i] + f.dim[i]);
    add_window(&l, r, f.dim);
    add_ints(&l, "output_padding", 2, more);
    add_int(&l, "group", r->i[6]);
    give(e, y, "ConvTranspose", x, filter(e, r->in[1]), &l);
}

void onnx_average(model_onnx *e, ad_node y, const ad_item *r)
{
    const char *const x = onnx_name(e, r->in[0], ONNX_FIRST);
    list l = {.n = 0};

    add_window(&l, r, r->i + 7);
    add_int(&l, "count_include_pad", r->i[6]);
    give(e, y, "AveragePool", x, NULL, &l);
}

/* The window is that of the index, which gives its cells' numbers. */
void onnx_greatest_cell(model_onnx *e, ad_node y, const ad_item *r)
{
    const char *const x = onnx_name(e, r->in[0], ONNX_FIRST);
    list l = {.n = 0};
    ad_item index;

    ad_graph_item(e->ad, r->in[1], &index);
    if (!base_same(index.op, "window_argmax") || index.in[0] != r->in[0]) {
        e->to.status = base_fail(e->w, GENMOD_UNSUPPORTED,
                                 "the graph has an operator that ONNX has not: "
                                 "%s",
                                 r->op);
        return;
    }
    add_window(&l, &index, index.i + 7);
    give(e, y, "MaxPool", x, NULL, &l);
}

/* By whole factors: others would be rounded twice. */
static void resize(model_onnx *e, ad_node y, const ad_item *r, const list *l)
{
    const ad_shape from = *ad_shape_at(e->ad, r->in[0]);
    const char *const x = onnx_name(e, r->in[0], ONNX_FIRST);
    const float up[4] = {1, 1, (float)r->shape.dim[1] / (float)from.dim[1],
                         (float)r->shape.dim[2] / (float)from.dim[2]};
    const char *const in[3] = {x, "", onnx_floats(e, 4, up)};

    onnx_set(e, y, ONNX_FIRST,
             codec_graph_node(&e->to, "Resize", 3, in, l->n, l->a, NULL));
}

/* Centres at half integers, edges repeated. */
void onnx_bilinear(model_onnx *e, ad_node y, const ad_item *r)
{
    const ad_shape from = *ad_shape_at(e->ad, r->in[0]);
    list l = {.n = 0};

    if (r->shape.dim[1] % from.dim[1] || r->shape.dim[2] % from.dim[2]) {
        e->to.status = base_fail(
            e->w, GENMOD_UNSUPPORTED,
            "an image of %i x %i is resized to %i x %i: ONNX is "
            "given whole factors",
            from.dim[1], from.dim[2], r->shape.dim[1], r->shape.dim[2]);
        return;
    }
    add_text(&l, "mode", "linear");
    add_text(&l, "coordinate_transformation_mode", "half_pixel");
    resize(e, y, r, &l);
}

void onnx_upsample(model_onnx *e, ad_node y, const ad_item *r)
{
    list l = {.n = 0};

    add_text(&l, "mode", "nearest");
    add_text(&l, "coordinate_transformation_mode", "asymmetric");
    add_text(&l, "nearest_mode", "floor");
    resize(e, y, r, &l);
}
