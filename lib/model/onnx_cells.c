/* Numbers of a table as the caller's cells, in doubles, as the library writes
 * them. */
#include "model/onnx.h"

static const char *number(model_onnx *e, double v)
{
    return onnx_row(e, 1, &v, 1);
}

/* NaN is the most: a curve has a place for all that comes. */
static const char *held(model_onnx *e, const char *v, const char *least,
                        const char *most)
{
    const char *in = onnx_node(e, "LessOrEqual", v, most, NULL);

    v = onnx_node(e, "Where", in, v, most);
    in = onnx_node(e, "GreaterOrEqual", v, least, NULL);
    return onnx_node(e, "Where", in, v, least);
}

/* ---- curves -------------------------------------------------------------- */

/* Where the columns' curves begin among the knots, [d]; a column without one
 * reads any. */
static const char *first_knots(model_onnx *e, size_t d, const model_cells *c)
{
    int64_t *const first = base_scratch(e->w, d, sizeof *first);

    if (!first) {
        e->to.status = base_status(e->w);
        return "";
    }
    for (size_t j = 0; j < d; j++)
        first[j] =
            c->curve[j] < 0 ? 0 : c->curve[j] * ((int64_t)c->segments + 1);
    return onnx_ints(e, d, first);
}

static const char *knots_of(model_onnx *e, const model_cells *c)
{
    const char *const name = codec_graph_name(&e->to, "knots");
    const int64_t n = (int64_t)(c->curves * (c->segments + 1));

    codec_graph_tensor(&e->to, name, GENMOD_F64, 1, &n, c->knots);
    return name;
}

/* (1 - t) a + t b */
static const char *between(model_onnx *e, const char *t, const char *a,
                           const char *b)
{
    const char *const rest = onnx_node(e, "Sub", number(e, 1), t, NULL);

    a = onnx_node(e, "Mul", rest, a, NULL);
    return onnx_node(e, "Add", a, onnx_node(e, "Mul", t, b, NULL), NULL);
}

static const char *on_curve(model_onnx *e, size_t d, const model_cells *c,
                            const char *y)
{
    const double s = (double)c->segments;
    const int64_t one = 1;
    const char *const knots = knots_of(e, c);
    const char *at = onnx_node(e, "Div", y, number(e, c->reach), NULL);
    const char *low, *place, *next;

    at = onnx_node(e, "Add", at, number(e, 1), NULL);
    at = onnx_node(e, "Mul", at, number(e, s / 2), NULL);
    at = held(e, at, number(e, 0), number(e, s));
    low = onnx_node(e, "Min", onnx_node(e, "Floor", at, NULL, NULL),
                    number(e, s - 1), NULL);
    place = onnx_node(e, "Add", onnx_cast(e, low, CODEC_I64),
                      first_knots(e, d, c), NULL);
    next = onnx_node(e, "Add", place, onnx_ints(e, 1, &one), NULL);
    return between(e, onnx_node(e, "Sub", at, low, NULL),
                   onnx_node(e, "Gather", knots, place, NULL),
                   onnx_node(e, "Gather", knots, next, NULL));
}

static const char *by_curves(model_onnx *e, size_t d, const model_cells *c,
                             const char *y)
{
    double *const flags = base_scratch(e->w, d, sizeof *flags);
    const char *q;

    if (!flags) {
        e->to.status = base_status(e->w);
        return "";
    }
    for (size_t j = 0; j < d; j++)
        flags[j] = c->curve[j] >= 0;
    q = on_curve(e, d, c, y);
    if (c->curves == d)
        return q;
    return onnx_node(e, "Where",
                     onnx_cast(e, onnx_row(e, d, flags, 1), CODEC_BOOL), q, y);
}

/* ---- cells --------------------------------------------------------------- */

/* op(y, v), unless every v is one that changes nothing. */
static const char *changed(model_onnx *e, const char *op, const char *y,
                           size_t d, const double *v, double idle)
{
    size_t same = 0;

    for (size_t j = 0; j < d; j++)
        same += v[j] == idle;
    return same == d ? y : onnx_node(e, op, y, onnx_row(e, d, v, 1), NULL);
}

const char *onnx_cells(model_onnx *e, size_t d, const model_cells *c,
                       const char *y)
{
    const char *v = onnx_cast(e, y, GENMOD_F64);

    if (c->curves)
        v = by_curves(e, d, c, v);
    v = changed(e, "Mul", v, d, c->scale, 1);
    v = changed(e, "Add", v, d, c->center, 0);
    v = onnx_of_some(e, d, c->power, "Exp", v);
    v = changed(e, "Sub", v, d, c->whole, 0);
    v = onnx_of_some(e, d, c->whole, "Floor", v);
    v = held(e, v, onnx_row(e, d, c->least, 1), onnx_row(e, d, c->most, 1));
    return onnx_cast(e, v, GENMOD_F32);
}
