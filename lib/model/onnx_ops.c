/* The engine's operators as those of ONNX: a row each. */
#include "model/onnx.h"

typedef struct rule {
    const char *op; /* as ad_item names it */
    onnx_rule *translate;
    const char *as; /* the operator of ONNX, where there is one alone */
} rule;

static const rule *rule_of(const char *op);

/* ---- element by element -------------------------------------------------- */

/* Operand k: a constant as a scalar, all others in one order. */
static const char *operand(model_onnx *e, const ad_item *r, int32_t k)
{
    ad_item o;

    ad_graph_item(e->ad, r->in[k], &o);
    return base_same(o.op, "constant")
               ? onnx_scalar(e, o.p)
               : onnx_name(e, r->in[k], onnx_order(e, r));
}

static void give(model_onnx *e, ad_node y, const ad_item *r, const char *name)
{
    onnx_set(e, y, onnx_order(e, r), name);
}

static void plainly(model_onnx *e, ad_node y, const ad_item *r)
{
    const char *const a = operand(e, r, 0);
    const char *const b = r->arity > 1 ? operand(e, r, 1) : NULL;

    give(e, y, r, onnx_node(e, rule_of(r->op)->as, a, b, NULL));
}

static void compare(model_onnx *e, ad_node y, const ad_item *r)
{
    const char *const a = operand(e, r, 0), *const b = operand(e, r, 1);

    give(
        e, y, r,
        onnx_cast(e, onnx_node(e, rule_of(r->op)->as, a, b, NULL), GENMOD_F32));
}

static void choose(model_onnx *e, ad_node y, const ad_item *r)
{
    const char *const m = onnx_cast(e, operand(e, r, 0), CODEC_BOOL);
    const char *const a = operand(e, r, 1), *const b = operand(e, r, 2);

    give(e, y, r, onnx_node(e, "Where", m, a, b));
}

/* p a + q */
static void affine(model_onnx *e, ad_node y, const ad_item *r)
{
    const char *a = operand(e, r, 0);

    if (r->p == -1)
        a = onnx_node(e, "Neg", a, NULL, NULL);
    else if (r->p != 1)
        a = onnx_node(e, "Mul", a, onnx_scalar(e, r->p), NULL);
    if (r->q != 0)
        a = onnx_node(e, "Add", a, onnx_scalar(e, r->q), NULL);
    give(e, y, r, a);
}

static void rsqrt(model_onnx *e, ad_node y, const ad_item *r)
{
    const char *const root = onnx_node(e, "Sqrt", operand(e, r, 0), NULL, NULL);

    give(e, y, r, onnx_node(e, "Reciprocal", root, NULL, NULL));
}

/* e^a - 1 = tanh(a / 2) (e^a + 1), where nothing cancels */
static void exp_less_one(model_onnx *e, ad_node y, const ad_item *r)
{
    const char *const a = operand(e, r, 0);
    const char *const half = onnx_node(e, "Mul", a, onnx_scalar(e, 0.5), NULL);
    const char *const t = onnx_node(e, "Tanh", half, NULL, NULL);
    const char *const power = onnx_node(e, "Exp", a, NULL, NULL);

    give(e, y, r,
         onnx_node(e, "Mul", t,
                   onnx_node(e, "Add", power, onnx_scalar(e, 1), NULL), NULL));
}

/* u = 1 + a, rounded: ln(1 + a) = ln u + (a - (u - 1)) / u, to its last digits
 * (Higham 2002, section 1.14.1, by another correction) */
static void log_of_more(model_onnx *e, ad_node y, const ad_item *r)
{
    const char *const a = operand(e, r, 0), *const one = onnx_scalar(e, 1);
    const char *const u = onnx_node(e, "Add", a, one, NULL);
    const char *const lost =
        onnx_node(e, "Sub", a, onnx_node(e, "Sub", u, one, NULL), NULL);

    give(e, y, r,
         onnx_node(e, "Add", onnx_node(e, "Log", u, NULL, NULL),
                   onnx_node(e, "Div", lost, u, NULL), NULL));
}

static void leaky(model_onnx *e, ad_node y, const ad_item *r)
{
    const codec_attribute alpha = {
        .name = "alpha", .real = 1, .f = (float)r->p};
    const char *const a = operand(e, r, 0);

    give(e, y, r,
         r->p == 0 ? onnx_node(e, "Relu", a, NULL, NULL)
                   : onnx_with(e, "LeakyRelu", a, NULL, 1, &alpha));
}

/* ---- movement ------------------------------------------------------------ */

/* A constant that counts rows. */
static void constant(model_onnx *e, ad_node y, const ad_item *r)
{
    onnx_set(e, y, ONNX_PLAIN,
             onnx_node(e, "Expand", onnx_scalar(e, r->p),
                       onnx_extent(e, &r->shape, ONNX_PLAIN, 0), NULL));
}

/* Run-time rows as a number. */
static void count(model_onnx *e, ad_node y, const ad_item *r)
{
    const char *const n =
        onnx_cast(e, onnx_rows(e, r->i[0], r->i[1]), GENMOD_F32);

    onnx_set(e, y, ONNX_PLAIN, onnx_reshape(e, n, 0, NULL));
}

/* An image of one cell, or of one channel, lies alike in both orders. */
static const char *elements(model_onnx *e, ad_node x)
{
    const ad_shape s = *ad_shape_at(e->ad, x);
    const onnx_value *const v = &e->value[x];

    if (s.rank == 4 && v->name[ONNX_FIRST] && !v->name[ONNX_PLAIN] &&
        (s.dim[3] == 1 || (s.dim[1] == 1 && s.dim[2] == 1)))
        return v->name[ONNX_FIRST];
    return onnx_name(e, x, ONNX_PLAIN);
}

static void reshape(model_onnx *e, ad_node y, const ad_item *r)
{
    const char *const a = elements(e, r->in[0]);

    onnx_set(
        e, y, ONNX_PLAIN,
        onnx_node(e, "Reshape", a, onnx_shape(e, &r->shape, ONNX_PLAIN), NULL));
}

static void permute(model_onnx *e, ad_node y, const ad_item *r)
{
    const codec_attribute perm = {
        .name = "perm", .n = (size_t)r->shape.rank, .ints = r->i};

    onnx_set(e, y, ONNX_PLAIN,
             onnx_with(e, "Transpose", onnx_name(e, r->in[0], ONNX_PLAIN), NULL,
                       1, &perm));
}

static void broadcast(model_onnx *e, ad_node y, const ad_item *r)
{
    const int rowed = ad_shape_at(e->ad, r->in[0])->div > 0;
    const int order = onnx_order(e, r);
    const char *const a = onnx_name(e, r->in[0], order);

    onnx_set(e, y, order,
             onnx_node(e, "Expand", a, onnx_extent(e, &r->shape, order, rowed),
                       NULL));
}

static void slice(model_onnx *e, ad_node y, const ad_item *r)
{
    const ad_shape from = *ad_shape_at(e->ad, r->in[0]);
    const int order = onnx_order(e, r);
    int64_t start[AD_RANK], end[AD_RANK], axis[AD_RANK], step[AD_RANK];
    size_t n = 0;

    for (int32_t i = 0; i < from.rank; i++) {
        if (r->shape.dim[i] == from.dim[i])
            continue;
        axis[n] = onnx_axis(order, i);
        start[n] = r->i[i];
        step[n] = r->i[AD_RANK + i];
        end[n] = start[n] + (r->shape.dim[i] - 1) * step[n] + 1;
        n++;
    }
    {
        const char *const in[5] = {
            onnx_name(e, r->in[0], order), onnx_ints(e, n, start),
            onnx_ints(e, n, end), onnx_ints(e, n, axis), onnx_ints(e, n, step)};

        onnx_set(e, y, order,
                 codec_graph_node(&e->to, "Slice", 5, in, 0, NULL, NULL));
    }
}

/* The value of its operand. */
static void alias(model_onnx *e, ad_node y, const ad_item *r)
{
    const int order = onnx_order(e, r);

    onnx_set(e, y, order, onnx_name(e, r->in[0], order));
}

static void pad(model_onnx *e, ad_node y, const ad_item *r)
{
    const int order = onnx_order(e, r);
    const int32_t n = r->shape.rank;
    int64_t wide[2 * AD_RANK];
    const char *a;

    for (int32_t i = 0; i < n; i++) {
        wide[onnx_axis(order, i)] = r->i[i];
        wide[n + onnx_axis(order, i)] = r->i[AD_RANK + i];
    }
    a = onnx_name(e, r->in[0], order);
    onnx_set(e, y, order,
             onnx_node(e, "Pad", a, onnx_ints(e, 2 * (size_t)n, wide),
                       onnx_scalar(e, 0)));
}

static void concat(model_onnx *e, ad_node y, const ad_item *r)
{
    const int order = onnx_order(e, r);
    const codec_attribute axis = {.name = "axis",
                                  .i = onnx_axis(order, (int32_t)r->i[0])};
    const char *const a = onnx_name(e, r->in[0], order);
    const char *const b = onnx_name(e, r->in[1], order);

    onnx_set(e, y, order, onnx_with(e, "Concat", a, b, 1, &axis));
}

static void gather(model_onnx *e, ad_node y, const ad_item *r)
{
    const char *const table = onnx_name(e, r->in[0], ONNX_PLAIN);
    const char *const index =
        onnx_cast(e, onnx_name(e, r->in[1], ONNX_PLAIN), CODEC_I64);

    onnx_set(e, y, ONNX_PLAIN, onnx_node(e, "Gather", table, index, NULL));
}

/* ---- reductions ---------------------------------------------------------- */

static size_t axes_of(const ad_item *r, int order, int64_t *out)
{
    size_t n = 0;

    for (int32_t i = 0; i < AD_RANK; i++)
        if (r->i[0] >> i & 1)
            out[n++] = onnx_axis(order, i);
    return n;
}

static void sum(model_onnx *e, ad_node y, const ad_item *r)
{
    const int order = onnx_order(e, r);
    int64_t axes[AD_RANK];
    const size_t n = axes_of(r, order, axes);
    const char *const a = onnx_name(e, r->in[0], order);

    onnx_set(e, y, order,
             onnx_node(e, "ReduceSum", a, onnx_ints(e, n, axes), NULL));
}

static const char *reduced(model_onnx *e, const char *op, const char *a,
                           const ad_item *r, int order)
{
    int64_t axes[AD_RANK];
    const codec_attribute with = {
        .name = "axes", .n = axes_of(r, order, axes), .ints = axes};

    return onnx_with(e, op, a, NULL, 1, &with);
}

static void reduce(model_onnx *e, ad_node y, const ad_item *r)
{
    const int order = onnx_order(e, r);

    onnx_set(e, y, order,
             reduced(e, rule_of(r->op)->as, onnx_name(e, r->in[0], order), r,
                     order));
}

static void position(model_onnx *e, ad_node y, const ad_item *r)
{
    const int order = onnx_order(e, r);
    int64_t axes[AD_RANK];
    codec_attribute axis = {.name = "axis"};
    const char *a;

    axes_of(r, order, axes);
    axis.i = axes[0];
    a = onnx_with(e, rule_of(r->op)->as, onnx_name(e, r->in[0], order), NULL, 1,
                  &axis);
    onnx_set(e, y, order, onnx_cast(e, a, GENMOD_F32));
}

/* Mean and variance about it, beside each other in a last axis. */
static void moments(model_onnx *e, ad_node y, const ad_item *r)
{
    const codec_attribute axis = {.name = "axis", .i = r->shape.rank - 1};
    const char *const x = onnx_name(e, r->in[0], ONNX_PLAIN);
    const char *const mean = reduced(e, "ReduceMean", x, r, ONNX_PLAIN);
    const char *const off = onnx_node(e, "Sub", x, mean, NULL);
    const char *const variance = reduced(
        e, "ReduceMean", onnx_node(e, "Mul", off, off, NULL), r, ONNX_PLAIN);
    ad_shape one = r->shape;
    const char *shape;

    one.dim[one.rank - 1] = 1;
    shape = onnx_shape(e, &one, ONNX_PLAIN);
    onnx_set(e, y, ONNX_PLAIN,
             onnx_with(e, "Concat", onnx_node(e, "Reshape", mean, shape, NULL),
                       onnx_node(e, "Reshape", variance, shape, NULL), 1,
                       &axis));
}

/* ---- products ------------------------------------------------------------ */

/* An operand with its last two axes changed over, if so. */
static const char *factor(model_onnx *e, ad_node x, int turned)
{
    const ad_shape s = *ad_shape_at(e->ad, x);
    int32_t axes[AD_RANK];
    int64_t perm[AD_RANK];
    codec_attribute with = {.name = "perm", .n = (size_t)s.rank, .ints = perm};

    if (!turned)
        return onnx_name(e, x, ONNX_PLAIN);
    for (int32_t i = 0; i < s.rank; i++)
        axes[i] = i < s.rank - 2 ? i : 2 * s.rank - 3 - i;
    if (e->value[x].data)
        return onnx_turned(e, x, axes);
    for (int32_t i = 0; i < s.rank; i++)
        perm[i] = axes[i];
    return onnx_with(e, "Transpose", onnx_name(e, x, ONNX_PLAIN), NULL, 1,
                     &with);
}

static void matmul(model_onnx *e, ad_node y, const ad_item *r)
{
    const char *const a = factor(e, r->in[0], r->i[0] != 0);
    const char *const b = factor(e, r->in[1], r->i[1] != 0);

    onnx_set(e, y, ONNX_PLAIN, onnx_node(e, "MatMul", a, b, NULL));
}

/* ---- the table ----------------------------------------------------------- */

/* What is missing appears in gradients, densities and draws alone. */
static const rule rules[] = {
    {"add", plainly, "Add"},
    {"sub", plainly, "Sub"},
    {"mul", plainly, "Mul"},
    {"max", plainly, "Max"},
    {"min", plainly, "Min"},
    {"greater", compare, "Greater"},
    {"greater_equal", compare, "GreaterOrEqual"},
    {"equal", compare, "Equal"},
    {"select", choose, NULL},
    {"affine", affine, NULL},
    {"recip", plainly, "Reciprocal"},
    {"sqrt", plainly, "Sqrt"},
    {"rsqrt", rsqrt, NULL},
    {"exp", plainly, "Exp"},
    {"expm1", exp_less_one, NULL},
    {"log", plainly, "Log"},
    {"log1p", log_of_more, NULL},
    {"tanh", plainly, "Tanh"},
    {"sigmoid", plainly, "Sigmoid"},
    {"softplus", plainly, "Softplus"},
    {"erf", plainly, "Erf"},
    {"sin", plainly, "Sin"},
    {"cos", plainly, "Cos"},
    {"abs", plainly, "Abs"},
    {"sign", plainly, "Sign"},
    {"floor", plainly, "Floor"},
    {"leaky", leaky, NULL},
    {"constant", constant, NULL},
    {"count", count, NULL},
    {"reshape", reshape, NULL},
    {"permute", permute, NULL},
    {"broadcast", broadcast, NULL},
    {"slice", slice, NULL},
    {"stop", alias, NULL},
    {"all_sum", alias, NULL},
    {"pad", pad, NULL},
    {"concat", concat, NULL},
    {"gather", gather, NULL},
    {"sum", sum, NULL},
    {"greatest", reduce, "ReduceMax"},
    {"least", reduce, "ReduceMin"},
    {"logsumexp", reduce, "ReduceLogSumExp"},
    {"argmax", position, "ArgMax"},
    {"argmin", position, "ArgMin"},
    {"moments", moments, NULL},
    {"matmul", matmul, NULL},
    {"conv", onnx_conv, NULL},
    {"conv_x", onnx_conv_x, NULL},
    {"average", onnx_average, NULL},
    {"window_gather", onnx_greatest_cell, NULL},
    {"bilinear", onnx_bilinear, NULL},
    {"upsample", onnx_upsample, NULL},
};

static const rule *rule_of(const char *op)
{
    for (size_t i = 0; i < sizeof rules / sizeof *rules; i++)
        if (base_same(rules[i].op, op))
            return &rules[i];
    return NULL;
}

int32_t onnx_translate(model_onnx *e, ad_node y)
{
    const rule *o;
    ad_item r;

    onnx_item(e, y, &r);
    o = rule_of(r.op);
    if (!o)
        return base_fail(e->w, GENMOD_UNSUPPORTED,
                         "the graph has an operator that ONNX has not: %s",
                         r.op);
    o->translate(e, y, &r);
    return e->to.status;
}
