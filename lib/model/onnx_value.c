/* Values of the engine's graph as values of an ONNX graph. */
#include <assert.h>
#include <string.h>

#include "model/onnx.h"

static const int32_t first[4] = {0, 3, 1, 2}; /* [n, h, w, c] to [n, c, h, w] */
static const int32_t last[4] = {0, 2, 3, 1};

/* ---- reading ------------------------------------------------------------- */

int onnx_same_axis(const ad_shape *a, const ad_shape *b, int32_t i)
{
    const int rows = i == 0 && (a->div || b->div);

    if (!rows)
        return a->dim[i] == b->dim[i];
    return a->div && b->div &&
           (int64_t)a->mul * b->div == (int64_t)b->mul * a->div;
}

/* 1: the operands that are no constants give the shape when broadcast. */
static int covers(const model_onnx *e, const ad_item *r)
{
    ad_item o;

    for (int32_t i = 0; i < r->shape.rank; i++) {
        int found = 0;

        for (int32_t k = 0; k < r->arity; k++) {
            ad_graph_item(e->ad, r->in[k], &o);
            found |= !base_same(o.op, "constant") &&
                     onnx_same_axis(&o.shape, &r->shape, i);
        }
        if (!found)
            return 0;
    }
    return 1;
}

/* Of an operator element by element. */
static void read_through(const model_onnx *e, ad_item *r)
{
    const ad_item whole = *r;
    ad_item o;

    for (int32_t k = 0; k < r->arity; k++) {
        ad_graph_item(e->ad, r->in[k], &o);
        if (base_same(o.op, "broadcast"))
            r->in[k] = o.in[0];
    }
    for (int32_t k = 0; k < r->arity && !covers(e, r); k++)
        r->in[k] = whole.in[k];
}

/* [n, h, w, c] to [n, h, 1, w, 1, c], to [n, h, f, w, f, c], to an image. */
static void find_upsample(const model_onnx *e, ad_item *r)
{
    ad_item copies, cells;
    int64_t f;

    ad_graph_item(e->ad, r->in[0], &copies);
    if (r->shape.rank != 4 || !base_same(copies.op, "broadcast") ||
        copies.shape.rank != 6)
        return;
    ad_graph_item(e->ad, copies.in[0], &cells);
    f = copies.shape.dim[2];
    if (!base_same(cells.op, "reshape") || cells.shape.dim[2] != 1 ||
        cells.shape.dim[4] != 1 || copies.shape.dim[4] != f ||
        ad_shape_at(e->ad, cells.in[0])->rank != 4 ||
        r->shape.dim[1] != cells.shape.dim[1] * f ||
        r->shape.dim[2] != cells.shape.dim[3] * f ||
        r->shape.dim[3] != cells.shape.dim[5] ||
        ad_shape_at(e->ad, cells.in[0])->dim[3] != r->shape.dim[3])
        return;
    r->op = "upsample";
    r->in[0] = cells.in[0];
    r->i[0] = f;
}

void onnx_item(const model_onnx *e, ad_node y, ad_item *r)
{
    ad_graph_item(e->ad, y, r);
    if (r->tiled)
        read_through(e, r);
    else if (base_same(r->op, "reshape"))
        find_upsample(e, r);
    else if (base_same(r->op, "window_gather"))
        r->arity = 1;
}

/* ---- tensors ------------------------------------------------------------- */

static void *keep(model_onnx *e, size_t n, size_t size, const void *from)
{
    void *const to = base_scratch(e->w, n, size);

    if (!to)
        e->to.status = base_status(e->w);
    else if (from)
        memcpy(to, from, n * size);
    return to;
}

const char *onnx_ints(model_onnx *e, size_t n, const int64_t *v)
{
    const int64_t size = (int64_t)n;
    const char *const name = codec_graph_name(&e->to, "");

    codec_graph_tensor(&e->to, name, CODEC_I64, 1, &size,
                       keep(e, n, sizeof *v, v));
    return name;
}

const char *onnx_floats(model_onnx *e, size_t n, const float *v)
{
    const int64_t size = (int64_t)n;
    const char *const name = codec_graph_name(&e->to, "");

    codec_graph_tensor(&e->to, name, GENMOD_F32, 1, &size,
                       keep(e, n, sizeof *v, v));
    return name;
}

const char *onnx_scalar(model_onnx *e, double v)
{
    const float number = (float)v;
    const char *const name = codec_graph_name(&e->to, "");

    codec_graph_tensor(&e->to, name, GENMOD_F32, 0, NULL,
                       keep(e, 1, sizeof number, &number));
    return name;
}

/* The variable that a fixed node begins with; -1: none. */
static int32_t stem_of(const model_onnx *e, ad_node y)
{
    ad_item r;

    for (ad_graph_item(e->ad, y, &r); r.arity; ad_graph_item(e->ad, y, &r))
        y = r.in[0];
    return r.variable;
}

/* A tensor of a fixed node's numbers, called as its variable, or after it where
 * they were computed from it, or stand in the file already. */
static const char *add_tensor(model_onnx *e, ad_node y, int32_t rank,
                              const int64_t *dim, const float *data)
{
    const ad_store *const s = e->f->b->store;
    const int32_t v = stem_of(e, y);
    const char *name = v < 0 ? "" : ad_store_name(s, (size_t)v);

    if (v < 0 || e->used[v] || e->value[y].data != ad_store_value(s, (size_t)v))
        name = codec_graph_name(&e->to, name);
    else
        e->used[v] = 1;
    codec_graph_tensor(&e->to, name, GENMOD_F32, rank, dim, data);
    return name;
}

/* Numbers of a shape with axes[i] of it as axis i. */
static void turn(const ad_shape *s, const int32_t *axes, const float *from,
                 float *to)
{
    const size_t n = (size_t)ad_elements(s);
    int64_t step[AD_RANK] = {0}, at[AD_RANK] = {0}, place = 0;

    for (int32_t i = 0; i < s->rank; i++) {
        step[i] = 1;
        for (int32_t k = axes[i] + 1; k < s->rank; k++)
            step[i] *= s->dim[k];
    }
    for (size_t j = 0; j < n; j++) {
        to[j] = from[place];
        for (int32_t i = s->rank - 1; i >= 0; i--) {
            place += step[i];
            if (++at[i] < s->dim[axes[i]])
                break;
            place -= step[i] * at[i];
            at[i] = 0;
        }
    }
}

const char *onnx_turned(model_onnx *e, ad_node y, const int32_t *axes)
{
    const ad_shape s = *ad_shape_at(e->ad, y);
    float *const data = keep(e, (size_t)ad_elements(&s), sizeof *data, NULL);
    int64_t dim[AD_RANK];

    if (!data)
        return "";
    for (int32_t i = 0; i < s.rank; i++)
        dim[i] = s.dim[axes[i]];
    turn(&s, axes, e->value[y].data, data);
    return add_tensor(e, y, s.rank, dim, data);
}

/* ---- orders -------------------------------------------------------------- */

int32_t onnx_axis(int order, int32_t i)
{
    return order == ONNX_FIRST ? last[i] : i;
}

void onnx_set(model_onnx *e, ad_node y, int order, const char *name)
{
    e->value[y].name[order] = name;
}

int onnx_order(const model_onnx *e, const ad_item *r)
{
    for (int32_t k = 0; k < r->arity; k++) {
        const onnx_value *const v = &e->value[r->in[k]];

        if (v->name[ONNX_FIRST] && !v->name[ONNX_PLAIN] && !v->fixed)
            return ONNX_FIRST;
    }
    return ONNX_PLAIN;
}

/* 1: the elements of an image lie alike in both orders. */
static int is_flat(const ad_shape *s)
{
    return s->dim[3] == 1 || (s->dim[1] == 1 && s->dim[2] == 1);
}

static const char *transpose(model_onnx *e, const char *a, const int32_t *axes)
{
    const int64_t perm[4] = {axes[0], axes[1], axes[2], axes[3]};
    const codec_attribute with = {.name = "perm", .n = 4, .ints = perm};

    return onnx_with(e, "Transpose", a, NULL, 1, &with);
}

static const char *reordered(model_onnx *e, ad_node y, int order)
{
    const ad_shape s = *ad_shape_at(e->ad, y);
    const char *const other = e->value[y].name[!order];

    assert(other); /* operands are translated first */
    if (is_flat(&s))
        return onnx_node(e, "Reshape", other, onnx_shape(e, &s, order), NULL);
    return transpose(e, other, order == ONNX_FIRST ? first : last);
}

const char *onnx_name(model_onnx *e, ad_node y, int order)
{
    onnx_value *const v = &e->value[y];
    const ad_shape s = *ad_shape_at(e->ad, y);

    if (v->name[order])
        return v->name[order];
    if (!v->data)
        v->name[order] = reordered(e, y, order);
    else if (order == ONNX_FIRST)
        v->name[order] = onnx_turned(e, y, first);
    else
        v->name[order] = add_tensor(e, y, s.rank, s.dim, v->data);
    return v->name[order];
}

/* ---- shapes -------------------------------------------------------------- */

/* Sizes in an order; `rows` for those that count them. */
static size_t sizes_of(const ad_shape *s, int order, int64_t rows, int64_t *out)
{
    for (int32_t i = 0; i < s->rank; i++)
        out[onnx_axis(order, i)] = i == 0 && s->div ? rows : s->dim[i];
    return (size_t)s->rank;
}

const char *onnx_shape(model_onnx *e, const ad_shape *s, int order)
{
    int64_t v[AD_RANK];
    const size_t n = sizes_of(s, order, -1, v);

    return onnx_ints(e, n, v);
}

const char *onnx_rows(model_onnx *e, int64_t mul, int64_t div)
{
    const int64_t zero = 0, one = 1;
    const char *n = e->rows;

    if (!n) {
        n = onnx_node(e, "Shape", e->door, NULL, NULL);
        n = onnx_node(e, "Slice", n, onnx_ints(e, 1, &zero),
                      onnx_ints(e, 1, &one));
        e->rows = n;
    }
    if (mul != 1)
        n = onnx_node(e, "Mul", n, onnx_ints(e, 1, &mul), NULL);
    return div == 1 ? n : onnx_node(e, "Div", n, onnx_ints(e, 1, &div), NULL);
}

const char *onnx_extent(model_onnx *e, const ad_shape *s, int order, int rowed)
{
    const codec_attribute axis = {.name = "axis"};
    int64_t v[AD_RANK];
    const size_t n = sizes_of(s, order, 1, v);
    const char *rows;

    if (!s->div || rowed)
        return onnx_ints(e, n, v);
    rows = onnx_rows(e, s->mul, s->div);
    if (n == 1)
        return rows;
    return onnx_with(e, "Concat", rows, onnx_ints(e, n - 1, v + 1), 1, &axis);
}

/* ---- nodes --------------------------------------------------------------- */

const char *onnx_node(model_onnx *e, const char *op, const char *a,
                      const char *b, const char *c)
{
    const char *const in[3] = {a, b, c};

    return codec_graph_node(&e->to, op, !b ? 1 : !c ? 2 : 3, in, 0, NULL, NULL);
}

const char *onnx_with(model_onnx *e, const char *op, const char *a,
                      const char *b, size_t n, const codec_attribute *with)
{
    const char *const in[2] = {a, b};

    return codec_graph_node(&e->to, op, b ? 2 : 1, in, n, with, NULL);
}

const char *onnx_cast(model_onnx *e, const char *a, int32_t type)
{
    const codec_attribute to = {.name = "to", .i = codec_onnx_type(type)};

    return onnx_with(e, "Cast", a, NULL, 1, &to);
}

const char *onnx_reshape(model_onnx *e, const char *a, size_t n,
                         const int64_t *shape)
{
    return onnx_node(e, "Reshape", a, onnx_ints(e, n, shape), NULL);
}
