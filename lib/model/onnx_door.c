/* Between the rows of the file's inputs and outputs, [batch, d] as at the door
 * of the library, and what networks see. Floats where the library takes floats,
 * doubles where it takes doubles (nn/rows.c). */
#include <math.h>

#include "model/onnx.h"

/* What columns are read by, in doubles. */
typedef struct scaling {
    const nn_columns *c;
    size_t d;
    double *center, *scale, *positive; /* [d]; positive: 1 or 0 */
    int some;                          /* columns are positive */
    int wide;                          /* in doubles */
    int plain;                         /* nothing is scaled */
} scaling;

/* Whether v is 0, or a float of full precision. */
static int is_float(double v)
{
    return v == 0 || (fabs(v) >= 0x1p-126 && fabs(v) < 0x1p127);
}

static int is_raw(int32_t kind)
{
    return kind != GENMOD_REAL && kind != GENMOD_POSITIVE;
}

static int scaling_of(model_onnx *e, const nn_columns *c, scaling *s)
{
    const size_t d = (size_t)nn_size_elements(&c->size);
    double *const all = base_scratch(e->w, 3 * d, sizeof *all);

    if (!all) {
        e->to.status = base_status(e->w);
        return 0;
    }
    *s = (scaling){.c = c,
                   .d = d,
                   .center = all,
                   .scale = all + d,
                   .positive = all + 2 * d,
                   .wide = c->kind || c->missing,
                   .plain = 1};
    for (size_t j = 0; j < d; j++) {
        const int32_t kind = c->kind ? c->kind[j] : GENMOD_REAL;

        s->center[j] = is_raw(kind) ? 0 : c->center[j];
        s->scale[j] = is_raw(kind) ? 1 : c->scale[j];
        s->positive[j] = kind == GENMOD_POSITIVE;
        s->some |= kind == GENMOD_POSITIVE;
        s->wide |= !is_float(1 / s->scale[j]) || !is_float(s->center[j]);
        s->plain &= s->center[j] == 0 && s->scale[j] == 1;
    }
    return 1;
}

const char *onnx_row(model_onnx *e, size_t d, const double *v, int wide)
{
    const char *const name = codec_graph_name(&e->to, "columns");
    const int64_t shape[2] = {1, (int64_t)d};
    void *const data = base_scratch(e->w, d, sizeof *v);
    int same = 1;

    if (!data) {
        e->to.status = base_status(e->w);
        return "";
    }
    for (size_t j = 0; j < d; j++) {
        same &= v[j] == v[0];
        if (wide)
            ((double *)data)[j] = v[j];
        else
            ((float *)data)[j] = (float)v[j];
    }
    codec_graph_tensor(&e->to, name, wide ? GENMOD_F64 : GENMOD_F32,
                       same ? 0 : 2, shape, data);
    return name;
}

const char *onnx_of_some(model_onnx *e, size_t d, const double *flags,
                         const char *op, const char *a)
{
    const double one = 1;
    const char *some, *safe;
    size_t n = 0;

    for (size_t j = 0; j < d; j++)
        n += flags[j] != 0;
    if (n == 0)
        return a;
    if (n == d)
        return onnx_node(e, op, a, NULL, NULL);
    some = onnx_cast(e, onnx_row(e, d, flags, 1), CODEC_BOOL);
    safe = onnx_node(e, "Where", some, a, onnx_row(e, 1, &one, 1));
    return onnx_node(e, "Where", some, onnx_node(e, op, safe, NULL, NULL), a);
}

/* (x - center) / scale, of the logarithm of positive columns. */
static const char *scaled(model_onnx *e, const scaling *s, const char *x)
{
    double *const factor = base_scratch(e->w, s->d, sizeof *factor);

    if (!factor) {
        e->to.status = base_status(e->w);
        return "";
    }
    for (size_t j = 0; j < s->d; j++)
        factor[j] = 1 / s->scale[j];
    if (s->plain && !s->some)
        return x;
    x = s->wide ? onnx_cast(e, x, GENMOD_F64) : x;
    x = onnx_of_some(e, s->d, s->positive, "Log", x);
    x = onnx_node(e, "Sub", x, onnx_row(e, s->d, s->center, s->wide), NULL);
    x = onnx_node(e, "Mul", x, onnx_row(e, s->d, factor, s->wide), NULL);
    return s->wide ? onnx_cast(e, x, GENMOD_F32) : x;
}

static const char *unscaled(model_onnx *e, const scaling *s, const char *y)
{
    if (s->plain && !s->some)
        return y;
    y = s->wide ? onnx_cast(e, y, GENMOD_F64) : y;
    y = onnx_node(e, "Mul", y, onnx_row(e, s->d, s->scale, s->wide), NULL);
    y = onnx_node(e, "Add", y, onnx_row(e, s->d, s->center, s->wide), NULL);
    y = onnx_of_some(e, s->d, s->positive, "Exp", y);
    return s->wide ? onnx_cast(e, y, GENMOD_F32) : y;
}

/* ---- inputs -------------------------------------------------------------- */

/* The input of the program that has this name; AD_NONE: it reads none. */
static ad_node input(const model_onnx *e, const char *name)
{
    ad_item r;

    for (size_t y = 0; y < ad_graph_size(e->ad); y++) {
        ad_graph_item(e->ad, (ad_node)y, &r);
        if (r.name && base_same(r.name, name) && e->value[y].asked)
            return (ad_node)y;
    }
    return AD_NONE;
}

/* Rows [batch, d] in the order of the door as the value of an input. */
static void give(model_onnx *e, ad_node y, const nn_size *s, const char *name)
{
    const int64_t image[4] = {-1, s->c, s->h, s->w};

    if (y == AD_NONE)
        return;
    if (s->rank == 3)
        onnx_set(e, y, ONNX_FIRST, onnx_reshape(e, name, 4, image));
    else
        onnx_set(e, y, ONNX_PLAIN, name);
}

static void enter_rows(model_onnx *e, const model_port *p)
{
    const ad_node x = input(e, "x"), mask = input(e, "mask");
    const int64_t shape[2] = {CODEC_BATCH, nn_size_elements(&p->columns->size)};
    const char *cells, *gone;
    scaling s;

    if (!scaling_of(e, p->columns, &s))
        return;
    codec_graph_input(&e->to, p->name, GENMOD_F32, 2, shape);
    e->door = p->name;
    cells = scaled(e, &s, p->name);
    if (p->columns->missing) {
        gone = onnx_node(e, "IsNaN", p->name, NULL, NULL);
        cells = onnx_node(e, "Where", gone, onnx_scalar(e, 0), cells);
        if (mask != AD_NONE)
            give(e, mask, &p->columns->size,
                 onnx_cast(e, onnx_node(e, "Not", gone, NULL, NULL),
                           GENMOD_F32));
    }
    give(e, x, &p->columns->size, cells);
}

static void enter_label(model_onnx *e)
{
    const ad_node label = input(e, "label");
    const int64_t batch = CODEC_BATCH;

    if (label == AD_NONE)
        return;
    codec_graph_input(&e->to, "label", CODEC_I64, 1, &batch);
    onnx_set(e, label, ONNX_PLAIN, onnx_cast(e, "label", GENMOD_F32));
}

static void enter_noise(model_onnx *e)
{
    const ad_node noise = input(e, "noise");
    int64_t shape[2] = {CODEC_BATCH, 0};

    if (noise == AD_NONE)
        return;
    shape[1] = ad_shape_at(e->ad, noise)->dim[1];
    codec_graph_input(&e->to, "noise", GENMOD_F32, 2, shape);
    onnx_set(e, noise, ONNX_PLAIN, "noise");
}

void onnx_enter(model_onnx *e, const model_port *p)
{
    enter_rows(e, p);
    enter_label(e);
    enter_noise(e);
}

/* ---- outputs ------------------------------------------------------------- */

/* Rows in the order of the door, [batch, …]. */
static const char *rows_of(model_onnx *e, ad_node y, const nn_size *s)
{
    const int64_t flat[2] = {-1, nn_size_elements(s)};

    if (s->rank == 3)
        return onnx_reshape(e, onnx_name(e, y, ONNX_FIRST), 2, flat);
    return onnx_name(e, y, ONNX_PLAIN);
}

void onnx_leave(model_onnx *e, ad_node y, const model_port *p)
{
    const ad_shape s = *ad_shape_at(e->ad, y);
    const char *name;
    int64_t shape[AD_RANK];
    int32_t rank = s.rank;
    scaling back;

    for (int32_t i = 0; i < rank; i++)
        shape[i] = i == 0 && s.div ? CODEC_BATCH : s.dim[i];
    if (p->columns) {
        name = rows_of(e, y, &p->columns->size);
        shape[1] = nn_size_elements(&p->columns->size);
        rank = 2;
        if (p->table)
            name = onnx_cells(e, (size_t)shape[1], p->table, name);
        else if (p->cells && scaling_of(e, p->columns, &back))
            name = unscaled(e, &back, name);
    } else {
        name = onnx_name(e, y, ONNX_PLAIN);
    }
    if (p->whole)
        name = onnx_cast(e, name, CODEC_I64);
    codec_graph_node(&e->to, "Identity", 1, &name, 0, NULL, p->name);
    codec_graph_output(&e->to, p->name, p->whole ? CODEC_I64 : GENMOD_F32, rank,
                       shape);
}
